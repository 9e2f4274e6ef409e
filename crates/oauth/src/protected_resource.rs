//! Protected resource metadata: what a client can find out about the API of an organization, and which server gives tokens for it.
//!
//! RFC 9728. The resource is the organization's whole API, `UserInfo` included. The document lies where §3.1 puts it, and challenges lead to
//! it (§5.1). Not supported: signed metadata (§2.2), which nobody asks for.

use crate::Issuer;
use crate::dpop::challenge_algorithms;
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use serde_json::{Value, json};

/// This room.
pub const ROOM: Room = Room {
    name: "protected_resource",
    title: "OAuth 2.0 Protected Resource Metadata",
    source: "RFC 9728",
    status: Status::Final,
    support: "one document for the API of each organization, named in challenges",
    visits: &[(Endpoint::Metadata, Stage::Respond), (Endpoint::Userinfo, Stage::Respond)],
    metadata,
};

/// What comes before the path of a resource in the address of its document (§3.1).
pub const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The resource identifier of an organization's API.
pub fn identifier(issuer: &Issuer) -> String {
    issuer.endpoint("").trim_end_matches('/').to_owned()
}

/// The document (§2). `scopes` are those clients can ask for.
pub fn document(issuer: &Issuer, scopes: &[String], binds_to_certificates: bool) -> Value {
    let algorithms = challenge_algorithms();
    let algorithms: Vec<&str> = algorithms.split(' ').collect();
    json!({
        "resource": identifier(issuer),
        "authorization_servers": [issuer.as_str()],
        "jwks_uri": issuer.endpoint(".well-known/jwks.json"),
        "scopes_supported": scopes,
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": algorithms,
        "tls_client_certificate_bound_access_tokens": binds_to_certificates,
    })
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    // RFC 9728 §4.
    document.set("protected_resources", vec![identifier(facts.issuer)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_the_resource_it_was_found_for_and_its_server() {
        let issuer = Issuer::of_org("https://id.example", "acme");
        let document = document(&issuer, &["openid".to_owned()], false);
        assert_eq!(document["resource"], "https://id.example/orgs/acme/api/v1");
        assert_eq!(document["authorization_servers"], json!(["https://id.example/orgs/acme"]));
        assert_eq!(document["scopes_supported"], json!(["openid"]));
        assert!(document["dpop_signing_alg_values_supported"].as_array().unwrap().contains(&json!("ES256")));
    }
}

//! What clients say of themselves (RFC 7591, OpenID Connect Dynamic Client Registration, Client ID Metadata Documents).

use crate::Target;
use crate::input::{choice, seed, words};
use jose::json::parse_strict_object;
use kernel::Scopes;
use oauth::ClientMetadata;
use oauth::client::AuthMethod;
use oauth::client_id_metadata::{Rules, client_id, judge};
use oauth::registration::{MEMBERS, check, read, show};
use serde_json::{Map, Value, json};
use url::Url;

/// `r` and the body of a registration, or `c` and a document found at [`ADDRESS`].
pub const TARGET: Target = Target {
    name: "client_metadata",
    words: || {
        let names: Vec<&str> = MEMBERS.iter().map(|member| member.name).collect();
        let values = [
            "client_id",
            "client_secret",
            "client_name#de",
            "logo_uri#fr",
            "native",
            "web",
            "none",
            "client_secret_post",
            "private_key_jwt",
            "tls_client_auth",
            "self_signed_tls_client_auth",
            "authorization_code",
            "refresh_token",
            "implicit",
            "client_credentials",
            "code id_token",
            "code",
            "id_token token",
            "pairwise",
            "public",
            "ES256",
            "RS256",
            "HS256",
            "RSA-OAEP-256",
            "ECDH-ES",
            "A256GCM",
            "fapi2_security",
            "fapi2_message_signing",
            "fapi1_advanced",
            "fapi_ciba",
            "poll",
            "ping",
            "push",
            "keys",
            "kty",
            "EC",
            "crv",
            "https://app.example/cb",
            "http://127.0.0.1/",
            "javascript:alert(1)",
            "com.example.app:/cb",
            "CN=bank",
            "urn:openid:params:grant-type:ciba",
            "urn:ietf:params:oauth:grant-type:token-exchange",
            ADDRESS,
        ];
        words(&[&names[..], &values].concat())
    },
    seeds,
    try_out,
};

const ADDRESS: &str = "https://app.example/client.json";
/// RFC 7591 §3.1, the second example.
const MODULUS: &str = "nj3YJwsLUFl9BmpAbkOswCNVx17Eh9wMO-_AReZwBqfaWFcfGHrZXsIV2VMCNVNU8Tpb4obUaSXcRcQ-VMsfQPJm9IzgtRdAY8NN8Xb7PEcYyklBjvTtuPbpzIaqyiUepzUXNDFuAOOkrIol3WmflPUUgMKULBN0EUd1fpOD70pRM0rlp_gg_WNUKoW1V-3keYUJoXH9NztEDm_D2MQXj9eGOJJ8yPgGL8PAZMLe2R7jb9TxOCPDED7tY_TU4nFPlxptw59A42mldEmViXsKQt60s1SLboazxFKveqXC_jpLUt22OC6GUG63p-REw-ZOr3r845z50wMuzifQrMI9bQ";

fn seeds() -> Vec<Vec<u8>> {
    let key = json!({ "keys": [{ "e": "AQAB", "n": MODULUS, "kty": "RSA", "kid": "a" }] });
    let registrations = [
        json!({
            "redirect_uris": ["https://client.example.org/callback", "https://client.example.org/callback2"], "client_name": "My Example Client",
            "client_name#ja-Jpan-JP": "\u{30AF}\u{30E9}", "token_endpoint_auth_method": "client_secret_basic",
            "logo_uri": "https://client.example.org/logo.png", "jwks_uri": "https://client.example.org/my_public_keys.jwks", "example_extension_parameter": "x"
        }),
        json!({
            "redirect_uris": ["https://client.example.org/callback"], "client_name": "My Example Client", "policy_uri": "https://client.example.org/policy.html",
            "jwks": key, "contacts": ["ops@client.example.org"], "tos_uri": "https://client.example.org/tos", "software_id": "4NRB1", "software_version": "1.0",
            "default_max_age": 60, "require_auth_time": true, "default_acr_values": ["1", "2"], "subject_type": "pairwise",
            "post_logout_redirect_uris": ["https://client.example.org/"], "frontchannel_logout_uri": "https://client.example.org/out",
            "backchannel_logout_uri": "https://client.example.org/back", "backchannel_logout_session_required": true,
            "initiate_login_uri": "https://client.example.org/in", "request_uris": ["https://client.example.org/r#abc"]
        }),
        json!({
            "client_name": "App", "redirect_uris": ["com.example.app:/cb", "http://127.0.0.1/cb", "http://[::1]:8080/cb"], "application_type": "native",
            "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"], "scope": "openid email"
        }),
        json!({
            "redirect_uris": ["https://client.example.org/callback"], "grant_types": ["authorization_code", "implicit"],
            "response_types": ["code", "id_token code", "id_token"], "id_token_signed_response_alg": "ES256", "jwks": key,
            "id_token_encrypted_response_alg": "RSA-OAEP-256", "id_token_encrypted_response_enc": "A256GCM", "userinfo_signed_response_alg": "PS256",
            "request_object_encryption_alg": "ECDH-ES", "request_object_encryption_enc": "A128GCM", "authorization_signed_response_alg": "ES256"
        }),
        json!({
            "redirect_uris": ["https://bank.example/cb"], "token_endpoint_auth_method": "tls_client_auth", "fapi_profile": "fapi2_security",
            "tls_client_auth_subject_dn": "CN=bank\\, Ltd,O=Bank,C=DE", "tls_client_certificate_bound_access_tokens": true,
            "jwks_uri": "https://bank.example/jwks", "authorization_details_types": ["payment"], "id_token_signed_response_alg": "ES256"
        }),
        json!({
            "redirect_uris": ["https://bank.example/cb"], "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "PS256", "jwks": key,
            "grant_types": ["urn:openid:params:grant-type:ciba"], "response_types": [], "backchannel_token_delivery_mode": "ping",
            "backchannel_client_notification_endpoint": "https://bank.example/told", "backchannel_authentication_request_signing_alg": "PS256"
        }),
    ];
    let documents = [
        json!({ "client_id": ADDRESS, "client_name": "App", "redirect_uris": ["https://app.example/cb", "http://localhost:9/cb"], "scope": "openid files x" }),
        json!({ "client_id": ADDRESS, "redirect_uris": ["https://app.example/cb", "javascript:alert(1)"], "token_endpoint_auth_method": "private_key_jwt", "jwks": key }),
    ];
    let registrations = registrations.iter().map(|body| seed(b'r', &[&body.to_string()]));
    registrations.chain(documents.iter().map(|document| seed(b'c', &[&document.to_string()]))).collect()
}

fn try_out(input: &[u8]) -> bool {
    let Some((letter @ (b'r' | b'c'), rest)) = choice(input) else { return false };
    let Ok(document) = parse_strict_object(rest) else { return false };
    if letter == b'c' { try_document(&document) } else { try_registration(&document) }
}

fn registered(document: &Map<String, Value>, before: &ClientMetadata) -> Option<ClientMetadata> {
    let mut metadata = before.clone();
    let mut problems = read(document, &mut metadata);
    problems.extend(check(&metadata));
    problems.is_empty().then_some(metadata)
}

fn try_registration(document: &Map<String, Value>) -> bool {
    let fresh = ClientMetadata::new("c");
    let Some(metadata) = registered(document, &fresh) else { return false };
    assert_sound(&metadata);
    let shown = show(&metadata);
    assert_eq!(registered(&shown, &fresh).as_ref(), Some(&metadata), "what is shown of a client makes another one: {shown:?}");
    // RFC 7592 §2.2: an update takes the place of everything.
    let other = json!({ "redirect_uris": ["https://other.example/"], "client_name": "x", "logo_uri": "https://other.example/l", "default_max_age": 1 });
    let other = registered(other.as_object().expect("an object"), &fresh).expect("it is good");
    assert_eq!(registered(&shown, &other).as_ref(), Some(&metadata), "something of what was there before stays: {shown:?}");
    let stored = serde_json::to_value(&metadata).expect("it can be stored");
    assert_eq!(serde_json::from_value(stored).ok().as_ref(), Some(&metadata), "it is another one after it was stored");
    let strong = metadata.clone().strengthened();
    assert_eq!(strong.clone().strengthened(), strong, "a rule makes a difference twice");
    assert!(strong.redirect_uris == metadata.redirect_uris && strong.grant_types == metadata.grant_types);
    true
}

fn try_document(document: &Map<String, Value>) -> bool {
    let address = client_id(ADDRESS).expect("it is good");
    let rules = Rules { allowed_scopes: ["files"].into_iter().collect::<Scopes>(), ..Rules::default() };
    let Ok(described) = judge(&address, document, &rules) else { return false };
    let metadata = &described.metadata;
    assert_sound(metadata);
    assert_eq!(metadata.client_id.as_str(), ADDRESS);
    assert!(!document.contains_key("client_secret"), "anyone can read it");
    assert!(matches!(metadata.token_endpoint_auth_method, AuthMethod::None | AuthMethod::PrivateKeyJwt));
    assert!(!metadata.scopes.iter().any(|scope| described.dropped_scopes.has(scope)));
    assert!(!metadata.redirect_uris.is_empty());
    let mut shown = show(metadata);
    shown.insert("client_id".to_owned(), json!(ADDRESS));
    let again = judge(&address, &shown, &rules).expect("what is shown of a client is good");
    assert_eq!(&again.metadata, metadata, "what is shown of a client makes another one: {shown:?}");
    assert!(again.dropped_redirect_uris.is_empty() && again.dropped_scopes.is_empty());
    let elsewhere = Url::parse("https://app.example/other.json").expect("an address");
    assert!(judge(&elsewhere, document, &rules).is_err(), "it describes a client of another name");
    true
}

/// Where answers go, read once more.
fn assert_sound(metadata: &ClientMetadata) {
    for uri in metadata.redirect_uris.iter().chain(&metadata.post_logout_redirect_uris) {
        let url = Url::parse(uri).expect("it is an address");
        let lower = uri.to_ascii_lowercase();
        assert!(
            !["javascript:", "data:", "vbscript:", "file:", "blob:", "about:"].iter().any(|scheme| lower.starts_with(scheme)),
            "{uri}"
        );
        assert!(url.fragment().is_none() && !uri.contains('#') && !uri.contains('*'), "{uri}");
        assert!(url.username().is_empty() && url.password().is_none(), "{uri}");
        assert!(uri.bytes().all(|octet| octet.is_ascii_graphic()), "{uri}");
        let is_loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        assert!(url.scheme() == "https" || (url.scheme() == "http" && is_loopback) || url.scheme().contains('.'), "{uri}");
    }
    for uri in [&metadata.logo_uri, &metadata.client_uri, &metadata.policy_uri, &metadata.tos_uri].into_iter().flatten() {
        assert!(matches!(Url::parse(uri).expect("it is an address").scheme(), "http" | "https"), "{uri}");
    }
}

//! Proof of possession: the keys a token is bound to, and the keys the sender of a request showed.
//!
//! RFC 7800 §3.1 (`cnf`), RFC 9449 §6.1 (`jkt`), RFC 8705 §3.1 (`x5t#S256`). A token bound to a key is worth nothing without it. What the
//! client is registered for decides which bindings it must have; a DPoP proof that it sends without having to binds as well. Both
//! bindings at once are possible, and then both are demanded.

use crate::pipeline::{Endpoint, Room, Stage, Status, no_metadata};
use crate::{ClientMetadata, ErrorCode, ProtocolError};
use serde::{Deserialize, Serialize};

/// This room.
pub const ROOM: Room = Room {
    name: "confirmation",
    title: "Proof-of-Possession Key Semantics for JWTs",
    source: "RFC 7800",
    status: Status::Final,
    support: "cnf with jkt and x5t#S256, in tokens and in introspection",
    visits: &[
        (Endpoint::Token, Stage::Decide),
        (Endpoint::Userinfo, Stage::Authenticate),
        (Endpoint::Introspection, Stage::Respond),
        (Endpoint::BackchannelAuthentication, Stage::Decide),
    ],
    metadata: no_metadata,
};

/// Keys by their thumbprints: `cnf` of a token, or what a request showed. A member this version doesn't know makes it unreadable, for
/// a binding that is overlooked is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// SHA-256 thumbprint of the key of the DPoP proofs (RFC 9449 §6.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jkt: Option<String>,
    /// SHA-256 of the client's certificate (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256", default, skip_serializing_if = "Option::is_none")]
    pub x5t_s256: Option<String>,
}

impl Confirmation {
    /// Whether it names no key: a bearer token.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
    /// Whether every key it names is among those `shown`.
    pub fn is_met_by(&self, shown: &Self) -> bool {
        let is_met = |wanted: &Option<String>, shown: &Option<String>| wanted.is_none() || wanted == shown;
        is_met(&self.jkt, &shown.jkt) && is_met(&self.x5t_s256, &shown.x5t_s256)
    }
    /// How a token bound to it is sent (RFC 9449 §5: `DPoP`; RFC 8705 leaves certificate-bound ones `Bearer`).
    pub const fn token_type(&self) -> &'static str {
        if self.jkt.is_some() { "DPoP" } else { "Bearer" }
    }

    /// What the tokens of `client` are bound to, if a request showed `shown`.
    ///
    /// # Errors
    /// If the client must show a key that it didn't (RFC 9449 §5.2, RFC 8705 §3.4), or its profile wants one (FAPI 2.0 §5.3.2.1).
    pub fn of_tokens(client: &ClientMetadata, shown: Self) -> Result<Self, ProtocolError> {
        if client.dpop_bound_access_tokens && shown.jkt.is_none() {
            return Err(ProtocolError::new(ErrorCode::InvalidDpopProof, "This client must prove that it holds a key (DPoP)."));
        }
        let is_certified = client.tls_client_certificate_bound_access_tokens;
        if is_certified && shown.x5t_s256.is_none() {
            return Err(ProtocolError::invalid_request("This client must use its TLS certificate here."));
        }
        let binding = Self { x5t_s256: shown.x5t_s256.filter(|_| is_certified), ..shown };
        client.profile().check_binding(&binding)?;
        Ok(binding)
    }
}

/// What a refresh token demands of whoever uses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// The keys its first tokens were bound to.
    cnf: Confirmation,
    /// Whether other keys of the same kinds will do. A client that proves who it is may change keys, for its refresh tokens are bound
    /// to the client already; a public client never (RFC 9449 §5, RFC 8705 §4).
    may_change: bool,
}

impl Constraint {
    /// Of a grant whose tokens are bound to `cnf`; `None` if they aren't.
    pub fn new(cnf: &Confirmation, is_confidential: bool) -> Option<Self> {
        (!cnf.is_empty()).then(|| Self { cnf: cnf.clone(), may_change: is_confidential })
    }
    /// Whether a request that showed these keys may go on. What was bound once is never issued unbound.
    pub fn is_met_by(&self, shown: &Confirmation) -> bool {
        if self.may_change {
            let is_kept = |then: &Option<String>, now: &Option<String>| then.is_none() || now.is_some();
            is_kept(&self.cnf.jkt, &shown.jkt) && is_kept(&self.cnf.x5t_s256, &shown.x5t_s256)
        } else {
            self.cnf.is_met_by(shown)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keys(jkt: Option<&str>, x5t: Option<&str>) -> Confirmation {
        Confirmation { jkt: jkt.map(str::to_owned), x5t_s256: x5t.map(str::to_owned) }
    }

    #[test]
    fn it_is_written_as_rfc_9449_and_rfc_8705_show_it() {
        // RFC 9449 §6.1, RFC 8705 §3.1.
        let dpop = json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"});
        let mtls = json!({"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"});
        for json in [dpop, mtls] {
            let read: Confirmation = serde_json::from_value(json.clone()).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), json);
        }
        assert!(serde_json::from_value::<Confirmation>(json!({"jkt": "a", "kid": "b"})).is_err(), "a binding nobody would check");
    }

    #[test]
    fn every_key_that_is_named_must_be_shown() {
        for (bound, shown, is_met) in [
            (keys(None, None), keys(None, None), true),
            (keys(None, None), keys(Some("a"), Some("c")), true),
            (keys(Some("a"), None), keys(Some("a"), None), true),
            (keys(Some("a"), None), keys(Some("b"), None), false),
            (keys(Some("a"), None), keys(None, Some("a")), false),
            (keys(None, Some("c")), keys(None, Some("c")), true),
            (keys(None, Some("c")), keys(Some("c"), None), false),
            (keys(Some("a"), Some("c")), keys(Some("a"), None), false),
            (keys(Some("a"), Some("c")), keys(Some("a"), Some("c")), true),
        ] {
            assert_eq!(bound.is_met_by(&shown), is_met, "{bound:?} {shown:?}");
        }
    }

    #[test]
    fn a_client_shows_what_it_is_registered_for() {
        let plain = ClientMetadata::new("c");
        let dpop = ClientMetadata { dpop_bound_access_tokens: true, ..plain.clone() };
        let mtls = ClientMetadata { tls_client_certificate_bound_access_tokens: true, ..plain.clone() };
        let of = |client: &ClientMetadata, shown| Confirmation::of_tokens(client, shown).map_err(|error| error.code);
        assert_eq!(of(&plain, keys(None, Some("c"))), Ok(keys(None, None)), "a certificate nobody asked for binds nothing");
        assert_eq!(of(&plain, keys(Some("a"), None)), Ok(keys(Some("a"), None)), "a proof always binds");
        assert_eq!(of(&dpop, keys(None, Some("c"))), Err(ErrorCode::InvalidDpopProof));
        assert_eq!(of(&mtls, keys(Some("a"), None)), Err(ErrorCode::InvalidRequest));
        assert_eq!(of(&mtls, keys(Some("a"), Some("c"))), Ok(keys(Some("a"), Some("c"))));
    }

    #[test]
    fn a_public_client_keeps_its_key_and_a_confidential_one_only_the_kind() {
        let (proof, certificate) = (keys(Some("a"), None), keys(None, Some("a")));
        for (first, shown, by_public, by_confidential) in [
            (&proof, keys(Some("a"), None), true, true),
            (&proof, keys(Some("b"), None), false, true),
            (&proof, keys(None, Some("a")), false, false),
            (&certificate, keys(None, Some("a")), true, true),
            (&certificate, keys(None, Some("b")), false, true),
            (&certificate, keys(Some("a"), None), false, false),
            (&certificate, keys(None, None), false, false),
        ] {
            let of = |is_confidential| Constraint::new(first, is_confidential).unwrap().is_met_by(&shown);
            assert_eq!((of(false), of(true)), (by_public, by_confidential), "{first:?} {shown:?}");
        }
        let public = Constraint::new(&proof, false).unwrap();
        assert_eq!(Constraint::new(&keys(None, None), false), None);
        let stored = serde_json::to_value(&public).unwrap();
        assert_eq!(stored, json!({"cnf": {"jkt": "a"}, "may_change": false}));
    }

    #[test]
    fn only_a_key_of_proofs_changes_the_token_type() {
        assert_eq!(keys(Some("a"), Some("c")).token_type(), "DPoP");
        assert_eq!(keys(None, Some("c")).token_type(), "Bearer");
    }
}

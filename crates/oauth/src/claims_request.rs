//! The `claims` parameter: asking for single claims.
//!
//! OpenID Connect Core §5.5. Supported: both members, `essential`, `value`, `values`. Claims this server doesn't know are
//! ignored, as §5.5 wants. Not supported: aggregated and distributed claims (§5.6.2).

use crate::metadata::{Document, Facts};
use crate::person::scope_of;
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{Params, ProtocolError};
use jose::json::parse_strict_object;
use kernel::Scopes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// This room.
pub const ROOM: Room = Room {
    name: "claims_request",
    title: "The claims request parameter",
    source: "OpenID Connect Core 1.0 §5.5",
    status: Status::Final,
    support: "userinfo and id_token; essential, value, values",
    visits: &[
        (Endpoint::Authorization, Stage::Parse),
        (Endpoint::PushedAuthorization, Stage::Parse),
        (Endpoint::Token, Stage::Issue),
        (Endpoint::Userinfo, Stage::Respond),
    ],
    metadata,
};

const MAX_BYTES: usize = 8 * 1024;
const MAX_CLAIMS: usize = 64;
const MAX_VALUES: usize = 32;

/// The claims asked for, by where they are wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimsRequest {
    /// From `UserInfo`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: BTreeMap<String, Wish>,
    /// In the ID token.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: BTreeMap<String, Wish>,
}

/// How one claim is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// The client can't do well without it.
    pub essential: bool,
    /// The values that would do, in order of preference; empty if any does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

impl ClaimsRequest {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }
    /// Whether the answer may be about this subject: the client named no other (§5.5.1), in either place.
    pub fn accepts_subject(&self, sub: &str) -> bool {
        self.subjects().all(|wish| wish.accepts(&Value::from(sub)))
    }
    /// Whether the client named a subject.
    pub fn names_subject(&self) -> bool {
        self.subjects().any(|wish| !wish.values.is_empty())
    }
    /// Without the claims that only scopes outside of these open: asking by name gets a client no more than it is registered for.
    #[must_use]
    pub fn within(self, registered: &Scopes) -> Self {
        Self { userinfo: wishes_within(self.userinfo, registered), id_token: wishes_within(self.id_token, registered) }
    }
    /// The scopes that would open what is asked for: people are asked about those.
    pub fn scopes(&self) -> Scopes {
        self.userinfo.keys().chain(self.id_token.keys()).filter_map(|name| scope_of(name)).collect()
    }
    fn subjects(&self) -> impl Iterator<Item = &Wish> {
        [&self.id_token, &self.userinfo].into_iter().filter_map(|wishes| wishes.get("sub"))
    }
    /// The `acr` values asked for, and whether one of them is a must (§5.5.1.1).
    pub fn acr(&self) -> Option<(Vec<String>, bool)> {
        let wish = self.id_token.get("acr")?;
        let values = wish.values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        Some((values, wish.essential && !wish.values.is_empty()))
    }
}

/// The wishes that no scope outside of these opens. A client may have been deprived of a scope since it asked.
pub fn wishes_within(mut wishes: BTreeMap<String, Wish>, registered: &Scopes) -> BTreeMap<String, Wish> {
    wishes.retain(|name, _| scope_of(name).is_none_or(|scope| registered.has(scope)));
    wishes
}

impl Wish {
    /// Whether a value would do.
    pub fn accepts(&self, value: &Value) -> bool {
        self.values.is_empty() || self.values.contains(value)
    }
}

/// The `claims` parameter.
///
/// # Errors
/// `invalid_request` if it isn't the JSON of §5.5, or too large.
pub fn parse(params: &Params) -> Result<ClaimsRequest, ProtocolError> {
    let Some(text) = params.one("claims")? else { return Ok(ClaimsRequest::default()) };
    if text.len() > MAX_BYTES {
        return Err(refused());
    }
    let members = parse_strict_object(text.as_bytes()).map_err(|_| refused())?;
    Ok(ClaimsRequest { userinfo: wishes(&members, "userinfo")?, id_token: wishes(&members, "id_token")? })
}

fn wishes(members: &Map<String, Value>, name: &str) -> Result<BTreeMap<String, Wish>, ProtocolError> {
    let claims = match members.get(name) {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(claims)) if claims.len() <= MAX_CLAIMS => claims,
        Some(_) => return Err(refused()),
    };
    claims.iter().map(|(claim, wish)| Ok((claim.clone(), read(wish)?))).collect()
}

fn read(wish: &Value) -> Result<Wish, ProtocolError> {
    let members = match wish {
        Value::Null => return Ok(Wish::default()),
        Value::Object(members) => members,
        _ => return Err(refused()),
    };
    let essential = match members.get("essential") {
        None => false,
        Some(Value::Bool(essential)) => *essential,
        Some(_) => return Err(refused()),
    };
    let values = match (members.get("value"), members.get("values")) {
        (Some(value), None) => vec![value.clone()],
        (None, Some(Value::Array(values))) if values.len() <= MAX_VALUES => values.clone(),
        (None, None) => Vec::new(),
        _ => return Err(refused()),
    };
    Ok(Wish { essential, values })
}

fn refused() -> ProtocolError {
    ProtocolError::invalid_request("The claims parameter is not understood.")
}

fn metadata(_: &Facts<'_>, document: &mut Document) {
    document.set_openid("claims_parameter_supported", true);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(json: &str) -> Result<ClaimsRequest, ProtocolError> {
        parse(&Params::collect([("claims", json)]).unwrap())
    }

    #[test]
    fn the_example_of_core_5_5_parses() {
        let request = parsed(
            r#"{"userinfo":{"given_name":{"essential":true},"nickname":null,"email":{"essential":true},
               "email_verified":{"essential":true},"picture":null,"http://example.info/claims/groups":null},
               "id_token":{"auth_time":{"essential":true},"acr":{"values":["urn:mace:incommon:iap:silver"]}}}"#,
        )
        .unwrap();
        assert!(request.userinfo["given_name"].essential && !request.userinfo["nickname"].essential);
        assert!(request.id_token["auth_time"].essential);
        assert_eq!(request.acr(), Some((vec!["urn:mace:incommon:iap:silver".to_owned()], false)));
    }

    #[test]
    fn subject_and_essential_acr_are_found() {
        let request = parsed(r#"{"id_token":{"sub":{"value":"u1"},"acr":{"essential":true,"value":"phr"}}}"#).unwrap();
        assert!(request.names_subject() && request.accepts_subject("u1") && !request.accepts_subject("u2"));
        assert_eq!(request.acr(), Some((vec!["phr".to_owned()], true)));
    }

    #[test]
    fn a_subject_may_be_named_in_either_place_and_by_several_values() {
        for (json, accepted, refused) in [
            (r#"{"userinfo":{"sub":{"value":"u1"}}}"#, &["u1"][..], &["u2", ""][..]),
            (r#"{"id_token":{"sub":{"values":["u1","u2"]}}}"#, &["u1", "u2"], &["u3"]),
            (r#"{"id_token":{"sub":{"value":"u1"}},"userinfo":{"sub":{"value":"u2"}}}"#, &[], &["u1", "u2"]),
            (r#"{"id_token":{"sub":{"value":1}}}"#, &[], &["1"]),
            (r#"{"id_token":{"sub":null},"userinfo":{"sub":{"essential":true}}}"#, &["anyone"], &[]),
        ] {
            let request = parsed(json).unwrap();
            assert!(accepted.iter().all(|sub| request.accepts_subject(sub)), "{json}");
            assert!(!refused.iter().any(|sub| request.accepts_subject(sub)), "{json}");
        }
        assert!(!parsed(r#"{"id_token":{"sub":null}}"#).unwrap().names_subject());
    }

    #[test]
    fn anything_else_is_refused() {
        let many = format!("{{\"userinfo\":{{{}}}}}", (0..65).map(|n| format!("\"c{n}\":null")).collect::<Vec<_>>().join(","));
        for json in [
            "[]",
            "x",
            "{\"userinfo\":[]}",
            "{\"userinfo\":{\"name\":true}}",
            "{\"userinfo\":{\"name\":{\"essential\":1}}}",
            "{\"userinfo\":{\"name\":{\"value\":1,\"values\":[1]}}}",
            "{\"userinfo\":{\"name\":{\"values\":1}}}",
            "{\"userinfo\":{},\"userinfo\":{}}",
            &many,
            &format!("{{\"x\":\"{}\"}}", "y".repeat(9000)),
        ] {
            assert!(parsed(json).is_err(), "{json}");
        }
        assert!(parsed("{\"other\":1}").unwrap().is_empty());
    }

    #[test]
    fn asking_by_name_gets_no_more_than_the_scopes_a_client_is_registered_for() {
        let request = parsed(r#"{"userinfo":{"email":null,"name":null,"x":null},"id_token":{"phone_number":null,"sub":null}}"#);
        let request = request.unwrap();
        assert_eq!(request.scopes().to_string(), "email phone profile");
        let within = request.within(&Scopes::parse("openid email").unwrap());
        assert_eq!(within.userinfo.keys().collect::<Vec<_>>(), ["email", "x"]);
        assert_eq!(within.id_token.keys().collect::<Vec<_>>(), ["sub"]);
        assert_eq!(within.scopes().to_string(), "email");
    }

    #[test]
    fn what_is_stored_reads_back() {
        let request = parsed(r#"{"userinfo":{"name":null},"id_token":{"acr":{"essential":true,"values":["phr"]}}}"#).unwrap();
        let json = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<ClaimsRequest>(&json).unwrap(), request);
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn any_text_parses_or_is_refused(text in "[^\0]{1,300}") {
            let _ = parsed(&text);
        }
    }
}

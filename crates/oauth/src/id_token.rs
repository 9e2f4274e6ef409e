//! ID tokens, and the hints they later serve as.
//!
//! OpenID Connect Core §2, §3.1.3.6, §3.1.3.7, §5.5. Profile and contact claims are not in the ID token of the code flow; they come
//! from `UserInfo` (§5.4), unless the `claims` parameter asks for them here. Encrypted ID tokens are signed first (§2). Not supported:
//! `none`, signatures with the client's secret.

use crate::access_token::Audience;
use crate::grant::{Issuance, SettledPlan};
use crate::metadata::{Document, Facts};
use crate::person::Person;
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ClientMetadata, Issuer, ProtocolError, custom_claims};
use jose::alg::Algorithm;
use jose::claims::{Audience as ReadAudience, issuer as check_issuer, required_text, text, time};
use jose::jwe::{ContentEncryption, KeyManagement};
use jose::jwks::Jwks;
use jose::jws::{self, Policy};
use kernel::{ClientId, Secret, SessionId};
use serde::Serialize;
use serde_json::{Map, Value};

/// This room.
pub const ROOM: Room = Room {
    name: "id_token",
    title: "ID tokens",
    source: "OpenID Connect Core 1.0 §2",
    status: Status::Final,
    support: "signed, or signed and encrypted, with at_hash, c_hash and s_hash; hints may be expired",
    visits: &[(Endpoint::Authorization, Stage::Check), (Endpoint::Token, Stage::Issue), (Endpoint::EndSession, Stage::Check)],
    metadata,
};

/// The `typ` of an ID token.
pub const TYP: &str = "JWT";

/// The claims of an ID token.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    amr: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    s_hash: Option<String>,
    #[serde(rename = "urn:openid:params:jwt:claim:rt_hash", skip_serializing_if = "Option::is_none")]
    rt_hash: Option<String>,
    #[serde(rename = "urn:openid:params:jwt:claim:auth_req_id", skip_serializing_if = "Option::is_none")]
    auth_req_id: Option<String>,
    /// About the person, and the client's own.
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// What comes beside an ID token and is bound to it by a hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct Companions<'a> {
    /// The access token (`at_hash`).
    pub access_token: Option<&'a Secret>,
    /// The code (`c_hash`).
    pub code: Option<&'a Secret>,
    /// The request's state (`s_hash`, FAPI 1.0 Advanced §5.2.2.1).
    pub state: Option<&'a str>,
    /// The refresh token of a push (`rt_hash`, CIBA Core §10.3.1).
    pub refresh_token: Option<&'a Secret>,
    /// Which request a push answers (CIBA Core §10.3.1).
    pub auth_req_id: Option<&'a Secret>,
}

impl Claims {
    /// The claims of the ID token a settled plan leads to; `None` if the grant is not an OpenID Connect one.
    ///
    /// `algorithm` is that of the key it will be signed with. `person` is needed only if the `claims` parameter asked for something
    /// here ([`SettledPlan`]'s `claims.id_token`), or if the client is told here what people hold.
    pub fn of(
        plan: &SettledPlan,
        issuance: &Issuance<'_>,
        companions: Companions<'_>,
        algorithm: Algorithm,
        person: Option<&Person>,
    ) -> Option<Self> {
        if !plan.is_openid {
            return None;
        }
        let authentication = plan.authentication.as_ref();
        let hash = |value: Option<&Secret>| value.map(|value| algorithm.half_hash(value.expose()));
        Some(Self {
            iss: issuance.issuer.to_string(),
            sub: issuance.sub.to_owned(),
            aud: Audience::One(plan.client_id.to_string()),
            exp: issuance.now.plus(plan.id_token_lifetime).as_secs(),
            iat: issuance.now.as_secs(),
            auth_time: authentication.map(|authentication| authentication.at.as_secs()),
            nonce: plan.nonce.clone(),
            acr: authentication.map(|authentication| authentication.acr.clone()),
            amr: authentication.map(|authentication| authentication.amr.clone()).unwrap_or_default(),
            sid: plan.session.clone(),
            at_hash: hash(companions.access_token),
            c_hash: hash(companions.code),
            s_hash: companions.state.map(|state| algorithm.half_hash(state)),
            more: more(plan, issuance.client, person),
            rt_hash: hash(companions.refresh_token),
            auth_req_id: companions.auth_req_id.map(|id| id.expose().to_owned()),
        })
    }
    /// With the organization the person acts for, if there is one.
    #[must_use]
    pub fn with_organization(mut self, organization: Option<Value>) -> Self {
        self.more.extend(organization.map(|organization| ("organization".to_owned(), organization)));
        self
    }
}

fn more(plan: &SettledPlan, client: &ClientMetadata, person: Option<&Person>) -> Map<String, Value> {
    let mut claims = custom_claims::of(client);
    if let Some(person) = person {
        claims.extend(person.requested(&plan.claims.id_token));
        claims.extend(person.held.claims());
    }
    claims
}

/// What a verified `id_token_hint` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Whom it was about.
    pub subject: String,
    /// The clients it was for.
    pub clients: Vec<ClientId>,
    /// The session it came from.
    pub session: Option<SessionId>,
}

/// Verify an `id_token_hint`: an ID token this issuer signed with one of its `keys`, current or kept. It may have expired
/// (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2).
///
/// # Errors
/// `invalid_request`.
pub fn check_hint(hint: &Secret, keys: &Jwks, issuer: &Issuer) -> Result<Hint, ProtocolError> {
    let refused = || ProtocolError::invalid_request("The id_token_hint is not valid.");
    let verified = jws::verify_with_set(hint.expose(), keys, &Algorithm::ASYMMETRIC, &Policy::typ(&[TYP]));
    let claims = verified.map_err(|_| refused())?.claims;
    check_issuer(&claims, issuer.as_str()).map_err(|_| refused())?;
    // Every ID token says when it was made and when it ends; a signed UserInfo answer, which is no ID token, doesn't.
    for name in ["exp", "iat"] {
        time(&claims, name).ok().flatten().ok_or_else(refused)?;
    }
    let audience = ReadAudience::of(&claims).map_err(|_| refused())?;
    Ok(Hint {
        subject: required_text(&claims, "sub").map_err(|_| refused())?.to_owned(),
        clients: audience.values().iter().map(|client| ClientId::from(*client)).collect(),
        session: text(&claims, "sid").map_err(|_| refused())?.map(SessionId::from),
    })
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    document.set_openid("id_token_signing_alg_values_supported", facts.signing_algorithms());
    document.set_openid("id_token_encryption_alg_values_supported", KeyManagement::ASYMMETRIC.map(KeyManagement::name).to_vec());
    document.set_openid("id_token_encryption_enc_values_supported", ContentEncryption::ALL.map(ContentEncryption::name).to_vec());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims_request::Wish;
    use crate::grant::tests_support::{issuance, settled, settled_for_client};
    use crate::person::Held;
    use crate::private_key_jwt::tests::{issuer, key, keys};
    use serde_json::json;
    use std::collections::BTreeMap;

    fn claims(plan: &SettledPlan, person: Option<&Person>) -> Option<Value> {
        let access_token = Secret::new("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
        let companions = Companions { access_token: Some(&access_token), ..Companions::default() };
        let claims =
            Claims::of(plan, &issuance(&issuer(), &ClientMetadata::new("c"), "u1"), companions, Algorithm::RS256, person)?;
        Some(serde_json::to_value(claims).unwrap())
    }
    fn person() -> Person {
        Person { name: Some("Ada".into()), email: Some("ada@acme.example".into()), ..Person::default() }
    }

    #[test]
    fn an_id_token_says_who_signed_in_when_how_and_for_whom_and_nothing_else() {
        let expected = json!({
            "iss": "https://id.example/orgs/acme", "sub": "u1", "aud": "c", "exp": 1_800_003_600, "iat": 1_800_000_000,
            "auth_time": 1_799_999_000, "nonce": "n", "acr": "urn:lumoauth:acr:1fa", "amr": ["pwd"], "sid": "s1",
            "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
        });
        assert_eq!(claims(&settled("openid email profile"), Some(&person())).unwrap(), expected);
    }

    #[test]
    fn claims_asked_for_by_name_are_added_and_protected_ones_stay() {
        let mut plan = settled("openid");
        let wishes = ["name", "iss", "sub", "nonce", "unknown"].map(|name| (name.to_owned(), Wish::default()));
        plan.edit(|plan| plan.claims.id_token = BTreeMap::from(wishes));
        let token = claims(&plan, Some(&person())).unwrap();
        assert_eq!((&token["name"], &token["sub"], &token["nonce"]), (&json!("Ada"), &json!("u1"), &json!("n")));
        assert!(token.get("email").is_none() && token.get("unknown").is_none());
    }

    #[test]
    fn what_a_person_holds_and_the_clients_own_claims_stand_beside_the_protocols() {
        let mut client = ClientMetadata::new("c");
        client.custom_claims = BTreeMap::from(["plan", "sub", "nonce", "email"].map(|name| (name.to_owned(), json!("evil"))));
        let person = Person { held: Held { groups: Some(vec!["staff".into()]), ..Held::default() }, ..person() };
        let (issuer, plan) = (issuer(), settled("openid email"));
        let issuance = issuance(&issuer, &client, "u1");
        let token = Claims::of(&plan, &issuance, Companions::default(), Algorithm::RS256, Some(&person)).unwrap();
        let token = serde_json::to_value(token).unwrap();
        assert_eq!((&token["plan"], &token["groups"]), (&json!("evil"), &json!(["staff"])));
        assert_eq!((&token["sub"], &token["nonce"], token.get("email")), (&json!("u1"), &json!("n"), None));
    }

    #[test]
    fn a_claim_wanted_with_another_value_is_left_out() {
        let mut plan = settled("openid");
        let wish = Wish { essential: true, values: vec![json!("Grace")] };
        plan.edit(|plan| plan.claims.id_token = BTreeMap::from([("name".to_owned(), wish)]));
        assert!(claims(&plan, Some(&person())).unwrap().get("name").is_none());
    }

    #[test]
    fn without_openid_there_is_none() {
        assert_eq!(claims(&settled("email"), None), None);
        assert_eq!(claims(&settled_for_client("reports"), None), None);
    }

    #[test]
    fn code_and_state_are_bound_by_their_hashes() {
        let code = Secret::new("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk");
        let companions = Companions { access_token: None, code: Some(&code), state: Some("s"), ..Companions::default() };
        let (issuer, client) = (issuer(), ClientMetadata::new("c"));
        let issuance = issuance(&issuer, &client, "u1");
        let claims = Claims::of(&settled("openid"), &issuance, companions, Algorithm::RS256, None).unwrap();
        assert_eq!(claims.c_hash.as_deref(), Some("LDktKdoQak3Pk0cnXxCltA"));
        assert!(claims.s_hash.is_some() && claims.at_hash.is_none());
    }

    #[test]
    fn a_hint_may_be_expired_but_must_be_ours() {
        let key = key();
        let keys = keys(&key);
        let old = json!({"iss": issuer().as_str(), "sub": "u1", "aud": "c", "sid": "s1", "exp": 1, "iat": 0});
        let sign = |typ: &str, claims: &Value| Secret::new(jws::sign(&key, typ, claims).unwrap());
        let hint = check_hint(&sign(TYP, &old), &keys, &issuer()).unwrap();
        assert_eq!((hint.subject.as_str(), hint.clients, hint.session), ("u1", vec!["c".into()], Some("s1".into())));
        let mut foreign = old.clone();
        foreign["iss"] = json!("https://id.example/orgs/other");
        for refused in [sign(TYP, &foreign), sign("at+jwt", &old), Secret::new("x.y.z")] {
            assert!(check_hint(&refused, &keys, &issuer()).is_err());
        }
        for name in ["sub", "aud", "exp", "iat"] {
            let mut without = old.clone();
            without.as_object_mut().unwrap().remove(name);
            assert!(check_hint(&sign(TYP, &without), &keys, &issuer()).is_err(), "{name}");
        }
        let mut modified = sign(TYP, &old).expose().to_owned();
        modified.truncate(modified.len() - 4);
        assert!(check_hint(&Secret::new(modified), &keys, &issuer()).is_err());
    }
}

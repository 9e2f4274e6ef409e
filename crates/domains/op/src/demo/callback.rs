//! Back from the provider: check that the answer belongs to the question, then turn the code into a person.

use super::memory::{Memory, Pending, Trouble, Visitor};
use super::provider::Provider;
use super::{REASON, issuer, post_logout_redirect_uri, refuse_outside_development};
use flow::{Answer, Cx, Operation, Platform, Prep, Prepare, Reads, Route, Surface, Verdict};
use jose::digest::constant_time_eq;
use jose::random::token;
use kernel::{Access, Fault, Secret, Silent};
use serde_json::{Map, Value};
use signin::page::see_other;

flow::input! {
    /// The authorization response (RFC 6749 §4.1.2).
    #[derive(Clone, Debug, Default)]
    pub struct AuthorizationResponse {
        /// The code.
        query "code" => code: Option<Secret>,
        /// What the application sent along.
        query "state" => state: Option<String>,
        /// Who answers (RFC 9207).
        query "iss" => iss: Option<String>,
        /// Why there is no code.
        query "error" => error: Option<String>,
        /// The same for people.
        query "error_description" => error_description: Option<String>,
    }
}

/// Come back from the provider.
#[derive(Clone)]
pub struct Callback(Option<Memory>);

impl Prepare<Callback> for AuthorizationResponse {
    async fn prepare(self, prep: &Prep) -> Result<Callback, Fault> {
        let services = prep.services();
        refuse_outside_development(services)?;
        Ok(Callback(match Memory::recall(&services.master_keys, &prep.request, prep.now) {
            // A link somebody else made signs nobody out.
            Some(Memory::SignedIn(_)) => None,
            Some(Memory::SigningIn(pending)) => {
                Some(self.conclude(&pending, prep).await.map_or_else(Memory::Failed, Memory::SignedIn))
            }
            Some(Memory::Failed(_)) | None => {
                let hint = "This browser has no sign-in under way, or it took too long. Please try again.";
                Some(Memory::Failed(Trouble::new("login_expired", hint)))
            }
        }))
    }
}

impl Operation for Callback {
    const ID: &'static str = "demo.callback";
    const SUMMARY: &'static str = "Where the provider sends visitors of the demo application back to.";
    const ROUTE: Route = Route::get("/dev/app/callback");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Public(REASON);
    type Scope = Platform;
    type Mode = Reads;
    type Input = AuthorizationResponse;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<Platform, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let services = cx.services();
        let home = see_other(post_logout_redirect_uri(&services.base_url));
        let answer = match self.0 {
            Some(memory) => home.cookie(memory.cookie(&services.master_keys, &*services.rng, cx.now)?),
            None => home,
        };
        Ok(Verdict::Done(answer, Silent))
    }
}

impl AuthorizationResponse {
    async fn conclude(self, pending: &Pending, prep: &Prep) -> Result<Visitor, Trouble> {
        let issuer = issuer(prep.services());
        let code = self.code(pending, issuer.as_str())?;
        let provider = Provider { prep, issuer };
        let tokens = provider.exchange(&code, &pending.verifier).await?;
        let id_token = provider.verified(&tokens, &pending.nonce).await?;
        let claims = provider.userinfo(&tokens.access_token, &id_token).await?;
        Ok(visitor(&claims, tokens.id_token.expose(), token(prep.rng(), 24)))
    }

    /// The code, if this is the answer to what the browser asked, from the provider it was sent to.
    fn code(self, pending: &Pending, issuer: &str) -> Result<Secret, Trouble> {
        if !constant_time_eq(self.state.unwrap_or_default().as_bytes(), pending.state.as_bytes()) {
            return Err(Trouble::new("state_mismatch", "The answer belongs to another sign-in."));
        }
        if self.iss.as_deref() != Some(issuer) {
            return Err(Trouble::new("issuer_mismatch", "The answer is from another provider."));
        }
        if let Some(error) = self.error {
            return Err(Trouble::new(&error, &self.error_description.unwrap_or_default()));
        }
        self.code.ok_or_else(|| Trouble::new("invalid_response", "The answer holds neither a code nor an error."))
    }
}

/// The claims that are shown first.
const FIRST: [&str; 8] = ["sub", "email", "email_verified", "name", "given_name", "family_name", "preferred_username", "tenant"];
/// Bytes of claims and ID token that still fit into a cookie once sealed (RFC 6265 §6.1: 4096 in all).
pub(super) const ROOM: usize = 2400;

fn visitor(claims: &Map<String, Value>, id_token: &str, csrf: String) -> Visitor {
    let shown = shown(claims, ROOM.saturating_sub(id_token.len()));
    Visitor { name: name(claims), claims: shown, id_token: id_token.to_owned(), csrf }
}

/// What to call somebody.
pub(super) fn name(claims: &Map<String, Value>) -> String {
    let name = ["name", "email", "sub"].iter().find_map(|name| claims.get(*name)?.as_str());
    name.unwrap_or_default().chars().take(64).collect()
}

/// The claims to show, those people look for first, as far as there is room for so many bytes.
pub(super) fn shown(claims: &Map<String, Value>, mut room: usize) -> Vec<(String, String)> {
    let first = FIRST.iter().filter_map(|name| Some((*name, claims.get(*name)?)));
    let rest = claims.iter().map(|(name, value)| (name.as_str(), value)).filter(|(name, _)| !FIRST.contains(name));
    let mut shown = Vec::new();
    for (name, value) in first.chain(rest) {
        let value = text(value);
        // Quotes, comma and brackets of JSON come on top.
        let length = name.len() + value.len() + 8;
        if length <= room {
            room -= length;
            shown.push((name.to_owned(), value));
        }
    }
    shown
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jose::random::SystemRng;
    use jose::seal::{MasterKey, MasterKeys};
    use kernel::Timestamp;
    use serde_json::json;

    const ISSUER: &str = "http://localhost:8080/orgs/acme-corp";

    fn pending() -> Pending {
        Pending { state: "s1".to_owned(), nonce: "n1".to_owned(), verifier: "v1".to_owned() }
    }
    fn outcome(state: &str, iss: Option<&str>, code: Option<&str>, error: Option<&str>) -> String {
        let response = AuthorizationResponse {
            code: code.map(Secret::new),
            state: Some(state.to_owned()),
            iss: iss.map(str::to_owned),
            error: error.map(str::to_owned),
            error_description: None,
        };
        response.code(&pending(), ISSUER).map_or_else(|trouble| trouble.code, |code| code.expose().to_owned())
    }

    #[test]
    fn only_the_answer_to_this_browsers_question_from_the_right_provider_counts() {
        for (state, iss, code, error, expected) in [
            ("s1", Some(ISSUER), Some("c1"), None, "c1"),
            ("s2", Some(ISSUER), Some("c1"), None, "state_mismatch"),
            ("", Some(ISSUER), Some("c1"), None, "state_mismatch"),
            ("s2", Some(ISSUER), None, Some("access_denied"), "state_mismatch"),
            ("s1", None, Some("c1"), None, "issuer_mismatch"),
            ("s1", Some("http://localhost:8080/orgs/evil"), Some("c1"), None, "issuer_mismatch"),
            ("s1", Some(ISSUER), None, Some("access_denied"), "access_denied"),
            ("s1", Some(ISSUER), Some("c1"), Some("access_denied"), "access_denied"),
            ("s1", Some(ISSUER), None, None, "invalid_response"),
        ] {
            assert_eq!(outcome(state, iss, code, error), expected, "{state} {iss:?} {code:?} {error:?}");
        }
    }

    #[test]
    fn claims_are_shown_in_order_as_far_as_a_cookie_holds_them() {
        let claims = json!({
            "aaa": "x".repeat(5000), "email": "ada@acme.example", "email_verified": true, "sub": "u1", "zoneinfo": "Europe/Paris"
        });
        let visitor = visitor(claims.as_object().unwrap(), &"t".repeat(1100), "c".to_owned());
        let names: Vec<&str> = visitor.claims.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["sub", "email", "email_verified", "zoneinfo"]);
        assert_eq!(visitor.claims[2].1, "true");
        assert_eq!(visitor.name, "ada@acme.example");
    }

    #[test]
    fn whatever_the_claims_the_cookie_is_one_that_browsers_keep() {
        let claims: Map<String, Value> = (0..500).map(|n| (format!("c{n}"), json!("wörter\n"))).collect();
        let keys = MasterKeys::single(MasterKey::from_bytes(&[1; 32]));
        for length in [300, 1200, 2400] {
            let visitor = visitor(&claims, &"t".repeat(length), "c".repeat(32));
            let cookie = Memory::SignedIn(visitor).cookie(&keys, &SystemRng, Timestamp::from_secs(1_800_000_000)).unwrap();
            assert!(cookie.value.expose().len() < 4000, "{length}");
        }
    }
}

//! `UserInfo`: claims about whoever an access token stands for (OpenID Connect Core §5.3).
//!
//! The token may stand in the header or, for POST, in the form (RFC 6750 §2.2), so the operation reads it itself.

mod answer;
mod request;

pub use answer::ClaimsAnswer;
pub use request::UserInfoRequest;

use crate::access_tokens::{Verified, find_alive};
use crate::clients::Client;
use crate::person::{COMPANY_SCOPE, acting_for, find_person, held};
use crate::wrapping::Wrapping;
use answer::about_agent;
use flow::{Catalogue, Cx, OneOrg, Operation, Reads, Route, Surface, Verdict};
use identity::guard::invalid_token;
use identity::step_up;
use kernel::{Access, CompanyId, Denial, Fault, Limit, Silent, Timestamp};
use oauth::Issuer;
use oauth::claims_request::{Wish, wishes_within};
use oauth::grant::Subject;
use oauth::pairwise::Subjects;
use oauth::person::{Person, Telling, scope_of};
use oauth::scope::BUILT_IN;
use oauth::userinfo::{about_client, about_person, as_jwt, check};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<UserInfo>()
}

/// Who does this token stand for?
#[derive(Clone, Debug)]
pub struct UserInfo {
    token: Arc<Verified>,
    client: Arc<Client>,
    subjects: Subjects,
    wrapping: Option<Wrapping>,
    issuer: Issuer,
}

/// RFC 6750 §3.1.
const UNKNOWN_TOKEN: Denial = Denial::unauthenticated("invalid_token", "The access token is not valid here.");
/// RFC 6750 §3.1.
const NO_SCOPE: Denial = Denial::forbidden("insufficient_scope", "The access token lacks the scope openid.");

/// RFC 9470 §3.
const WEAK_SIGN_IN: Denial =
    Denial::unauthenticated("insufficient_user_authentication", "A more recent or stronger sign-in is needed for this.");

impl Operation for UserInfo {
    const ID: &'static str = "oauth.userinfo";
    const SUMMARY: &'static str = "Claims about whoever the access token stands for.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/oauth/userinfo");
    const ALSO: &'static [Route] = &[Route::post("/orgs/{org}/api/v1/oauth/userinfo")];
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = Access::Public("the access token may stand in the form, so the operation proves it itself");
    const LIMIT: Limit = Limit::Token;
    const DENIALS: &'static [Denial] = &[UNKNOWN_TOKEN, NO_SCOPE, WEAK_SIGN_IN];
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = UserInfoRequest;
    type Output = ClaimsAnswer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<ClaimsAnswer, Silent>, Fault> {
        let dead = || invalid_token("it was revoked, or its person may not enter");
        let alive = find_alive(&mut cx.tx, &self.token).await?.ok_or_else(dead)?;
        let tenant = cx.org().slug().to_owned();
        let mut claims = match (alive.user, &self.client.agent) {
            (Some(user), _) => {
                check(&Subject::User(user.clone()), &self.token.claims.scope)?;
                let wishes = serde_json::from_str(&alive.userinfo_claims).map_err(Fault::internal)?;
                let wishes = wishes_within(wishes, &self.client.metadata.scopes);
                self.check_sign_in(cx, &wishes)?;
                let person = find_person(&mut cx.tx, &user).await?.ok_or_else(dead)?;
                let (scopes, sub) = (&self.token.claims.scope, self.subjects.of_user(&user));
                let telling = Telling::at_userinfo(&self.client.metadata, scopes);
                let person = Person { held: held(&mut cx.tx, &user, telling).await?, ..person };
                let mut claims = about_person(&person, scopes, &wishes, &sub, &tenant);
                let company = self.token.claims.organization().filter(|_| scopes.has(COMPANY_SCOPE)).map(CompanyId::from);
                let organization = acting_for(&mut cx.tx, &user, company.as_ref()).await?;
                claims.extend(organization.map(|organization| (COMPANY_SCOPE.to_owned(), organization)));
                claims
            }
            (None, Some(agent)) => about_agent(agent, &tenant),
            (None, None) => about_client(&self.client.metadata, &tenant),
        };
        if let Some(act) = &self.token.claims.act {
            claims.insert("act".to_owned(), serde_json::to_value(act).map_err(Fault::internal)?);
        }
        let is_jwt = self.wrapping.is_some();
        let claims = if is_jwt { as_jwt(claims, &self.issuer, self.client.id()) } else { claims };
        Ok(Verdict::Done(ClaimsAnswer { claims, wrapping: self.wrapping }, Silent))
    }
}

impl UserInfo {
    /// Whether the person signed in as the rules for what is told want it, be it asked for by a scope or by the name of a claim. A token that
    /// doesn't say how they did is as good as the weakest and oldest sign-in.
    fn check_sign_in(&self, cx: &Cx<OneOrg, Reads>, wishes: &BTreeMap<String, Wish>) -> Result<(), Fault> {
        let claims = &self.token.claims;
        let opened = claims.scope.iter().filter(|scope| BUILT_IN.contains(scope));
        let asked = step_up::asked_for(cx.org(), opened.chain(wishes.keys().filter_map(|name| scope_of(name))));
        let at = Timestamp::from_secs(claims.auth_time.unwrap_or_default());
        asked.check(claims.acr.as_deref().unwrap_or_default(), at, cx.now)
    }
}

//! What another issuer says about a person, for a token (RFC 7523 §2.1, ID-JAG).

use super::{Issued, Token, Tokens};
use crate::clients::Recency;
use crate::clients::{RemoteKeys, issuer};
use crate::families::{self, NewFamily};
use flow::{Cx, OneOrg, Prep, SingleUse, Verdict, Writes};
use identity::settings::{AssertionIssuer, AssertionSubject, Settings};
use identity::users::{EmailKey, User, find_user, find_user_by_email};
use jose::alg::Algorithm;
use jose::jwks::Jwks;
use kernel::{FamilyId, Fault, Scopes, UserId};
use oauth::client_authentication::AuthenticatedClient;
use oauth::jwt_bearer::{Assertion, Facts, Refused, Request, Trust, check, check_client, claimed_issuer, decide};
use std::sync::Arc;

/// An assertion that holds, if it wasn't used before: the runner claims that.
#[derive(Clone)]
pub(super) struct Asserted {
    assertion: Assertion,
    subject: AssertionSubject,
    scopes: Scopes,
}

impl Asserted {
    /// # Errors
    /// 400 `unauthorized_client`, or `invalid_grant` with what is wrong.
    pub(super) async fn read(prep: &Prep, request: &Request, client: &AuthenticatedClient) -> Result<Self, Fault> {
        check_client(client)?;
        let (org, name) = (prep.organization()?, client.client_id().as_str());
        let settings = Settings::of(org);
        let claimed = claimed_issuer(&request.assertion).ok_or(Refused::Signature)?;
        let known = settings.oauth.assertion_issuers.iter().find(|known| known.is(&claimed) && known.lets(name));
        let known = known.ok_or(Refused::Untrusted)?;
        let algorithms: Vec<Algorithm> = known.algorithms.iter().map(|algorithm| algorithm.0).collect();
        let trust = Trust {
            issuer: &claimed,
            algorithms: &algorithms,
            takes_assertions: known.assertions,
            takes_id_jag: known.identity_assertions && settings.authentication.xaa_resource_enabled,
        };
        let here = issuer(prep.services(), org);
        let with = |keys: Option<Arc<Jwks>>| {
            let keys = keys.ok_or(Refused::UnknownKey)?;
            check(&request.assertion, &trust, &keys, &here, name, prep.now)
        };
        let assertion = match with(keys(prep, known, Recency::Any).await?) {
            Err(Refused::UnknownKey) => with(keys(prep, known, Recency::Again).await?),
            outcome => outcome,
        }?;
        let value = format!("{} {}", assertion.issuer, assertion.jti);
        let expires_at = assertion.expires_at;
        prep.uses_up(SingleUse { kind: "assertion", value, expires_at, signed_at: None, fault: Refused::Replay.into() });
        Ok(Self { assertion, subject: known.subject, scopes: known.all_scopes() })
    }

    /// Whom it is about, if they may enter.
    async fn find(&self, cx: &mut Cx<OneOrg, Writes>) -> Result<Option<UserId>, Fault> {
        let user = match (self.subject, &self.assertion.email) {
            (AssertionSubject::UserId, _) => find_user(&mut cx.tx, &UserId::from(self.assertion.subject.as_str())).await?,
            // Whoever merely claimed the address here is not the one whom the issuer means.
            (AssertionSubject::Email, Some(email)) => {
                find_user_by_email(&mut cx.tx, &EmailKey::of(email)).await?.filter(|user| user.email_verified)
            }
            (AssertionSubject::Email, None) => None,
        };
        Ok(user.filter(User::may_enter).map(|user| user.id))
    }
}

async fn keys(prep: &Prep, known: &AssertionIssuer, recency: Recency) -> Result<Option<Arc<Jwks>>, Fault> {
    if let Some(keys) = &known.jwks {
        return Ok(keys.read().map(Arc::new));
    }
    let (Some(issuer), Some(uri)) = (&known.issuer, &known.jwks_uri) else { return Ok(None) };
    let room = prep.services().rooms.find::<RemoteKeys>()?;
    let org = prep.organization()?.id();
    Ok(room.of(prep.services(), org, issuer.as_str(), uri.as_str(), prep.now, recency).await)
}

pub(super) async fn run(token: &Token, request: &Request, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Issued, Tokens>, Fault> {
    let asserted = token.asserted.as_ref().ok_or_else(|| Fault::internal("a grant without its assertion"))?;
    let user = asserted.find(cx).await?;
    let family = FamilyId::new(cx.now, cx.rng());
    let facts = Facts { assertion: &asserted.assertion, user: user.as_ref(), scopes: &asserted.scopes, family: &family };
    let plan = decide(request, &facts, &token.authenticated)?.settle(&[])?;
    let Some(user) = &user else { return Err(Fault::internal("a plan about nobody")) };
    let new = NewFamily {
        id: &family,
        client: &plan.client_id,
        user,
        session: None,
        scopes: &plan.scopes,
        resources: None,
        claims: &plan.claims,
        expires_at: cx.now.plus(plan.access_token_lifetime),
    };
    families::begin(&mut cx.tx, &new, cx.now).await?;
    let issued = Issued::new(token, token.mint.begin(cx, plan).await?);
    let plan = issued.plan();
    let event = Tokens::Asserted {
        client: plan.client_id.clone(),
        subject: plan.subject.sub().to_owned(),
        issuer: asserted.assertion.issuer.clone(),
        assertion: asserted.assertion.jti.clone(),
        is_id_jag: asserted.assertion.is_id_jag,
        jti: issued.jti().to_owned(),
        scopes: plan.scopes.clone(),
        family: plan.family.clone(),
    };
    Ok(Verdict::Done(issued, event))
}

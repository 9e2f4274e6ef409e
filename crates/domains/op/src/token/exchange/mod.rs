//! One token for another (RFC 8693).
//!
//! The tokens are looked at twice: while the request is prepared, for what they say themselves, and in the transaction, for what may have
//! happened to them since. A token about a person begins a family of its own; which tokens it descends from is written down beside it, and
//! it ends with any of them.

mod caller;
mod origins;
mod presented;
mod subject;

pub(crate) use caller::{by_token, speaks_for_itself};
pub(super) use presented::Presented;

use super::{Issued, Token, Tokens};
use crate::access_tokens::find_alive;
use crate::clients::issuer;
use crate::families::{self, NewFamily};
use crate::mint::Vouched;
use crate::policy::Policy;
use flow::{Cx, OneOrg, Verdict, Writes};
use identity::settings::Settings;
use identity::users::find_user;
use kernel::{FamilyId, Fault};
use oauth::grant::{SettledPlan, Subject, TokenPlan};
use oauth::id_jag::Target;
use oauth::token_exchange::{ActorFacts, Caller, Exchanged, Facts, Manner, Refused, Request, TokenType, Wanted, decide};
use origins::Origin;
use subject::Loaded;

pub(super) async fn run(token: &Token, request: &Request, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Issued, Tokens>, Fault> {
    let presented = token.exchange.as_ref().ok_or_else(|| Fault::internal("an exchange without its tokens"))?;
    let actor = match actor(presented, cx).await? {
        Some(Dead) => return Ok(refused(token, request, None, Refused::Protocol(dead_actor()))),
        Some(Alive(actor)) => Some(*actor),
        None => None,
    };
    let subject = presented.subject.load(token, &presented.shown, cx).await?;
    let family = FamilyId::new(cx.now, cx.rng());
    let target = target(token, request, cx);
    let facts = Facts {
        subject: subject.as_ref().map(|loaded| &loaded.facts),
        caller: Caller {
            client: &token.authenticated,
            agent: token.client().agent.as_ref().map(|agent| &agent.id),
            actor,
            is_authenticated: presented.is_authenticated,
            shown: &presented.shown,
        },
        allowed: Policy::of(cx.org()).token_exchange(),
        target: target.as_ref(),
        issuer: &issuer(cx.services(), cx.org()),
        family: &family,
        now: cx.now,
    };
    match (decide(request, &facts), &subject) {
        (Ok(exchanged), Some(subject)) if exchanged.manner == Manner::Vouching => {
            let target = target.clone().ok_or_else(|| Fault::internal("an assertion for nobody"))?;
            vouch(token, request, subject, exchanged.plan, target, cx).await
        }
        (Ok(exchanged), Some(subject)) => issue(token, presented, subject, exchanged, cx).await,
        (Ok(_), None) => Err(Fault::internal("an exchange of nothing")),
        (Err(why), _) => Ok(refused(token, request, subject.as_ref(), why)),
    }
}

/// The server an identity assertion is wanted for, if the organization vouches there for people of this client.
fn target(token: &Token, request: &Request, cx: &Cx<OneOrg, Writes>) -> Option<Target> {
    let Wanted::IdentityAssertion { audience } = &request.wanted else { return None };
    let settings = Settings::of(cx.org());
    let listed = settings.oauth.identity_audiences.iter().filter(|_| settings.authentication.xaa_idp_enabled);
    listed.into_iter().find_map(|known| {
        let client_id = known.name_of(audience, token.client().id().as_str())?.to_owned();
        Some(Target { issuer: audience.clone(), client_id, scopes: known.all_scopes() })
    })
}

/// An identity assertion: nothing is begun here, for it opens nothing here.
async fn vouch(
    token: &Token,
    request: &Request,
    subject: &Loaded,
    plan: TokenPlan,
    target: Target,
    cx: &mut Cx<OneOrg, Writes>,
) -> Result<Verdict<Issued, Tokens>, Fault> {
    let email = match &plan.subject {
        Subject::User(user) if subject.facts.scopes.has("email") => {
            find_user(&mut cx.tx, user).await?.filter(|user| user.email_verified).map(|user| user.email)
        }
        _ => None,
    };
    let batch = token.mint.about_nobody(cx, plan.settle(&[])?);
    let vouched = Vouched { target, resources: request.resources.clone(), email };
    let issued = Issued::new(token, batch).of_type(TokenType::IdJag).vouching(vouched);
    let event = exchange_event(&issued, subject, Manner::Vouching);
    Ok(Verdict::Done(issued, event))
}

async fn issue(
    token: &Token,
    presented: &Presented,
    subject: &Loaded,
    exchanged: Exchanged,
    cx: &mut Cx<OneOrg, Writes>,
) -> Result<Verdict<Issued, Tokens>, Fault> {
    let Exchanged { plan, manner } = exchanged;
    let plan = plan.settle(&[])?;
    begin_family(&plan, subject, cx).await?;
    let batch = token.mint.begin(cx, plan).await?;
    let ends = cx.now.plus(batch.plan().access_token_lifetime);
    let origins = subject.origins.iter().cloned().chain(presented.actor.as_ref().map(|(actor, _)| Origin::of(actor))).collect();
    let name = batch.plan().family.as_ref().map_or(batch.jti(), FamilyId::as_str).to_owned();
    origins::insert(&mut cx.tx, &name, origins, ends).await?;
    let issued = Issued::new(token, batch).of_type(TokenType::AccessToken);
    let event = exchange_event(&issued, subject, manner);
    Ok(Verdict::Done(issued, event))
}

/// A family of its own, which ends with its only token.
async fn begin_family(plan: &SettledPlan, subject: &Loaded, cx: &mut Cx<OneOrg, Writes>) -> Result<(), Fault> {
    let (Some(family), Subject::User(user)) = (&plan.family, &plan.subject) else { return Ok(()) };
    let family = NewFamily {
        id: family,
        client: &plan.client_id,
        user,
        session: subject.session.as_ref(),
        scopes: &plan.scopes,
        resources: None,
        claims: &plan.claims,
        expires_at: cx.now.plus(plan.access_token_lifetime),
    };
    Ok(families::begin(&mut cx.tx, &family, cx.now).await?)
}

fn exchange_event(issued: &Issued, subject: &Loaded, manner: Manner) -> Tokens {
    let plan = issued.plan();
    Tokens::Exchanged {
        client: plan.client_id.clone(),
        manner: manner.as_str(),
        subject: plan.subject.sub().to_owned(),
        actors: plan.act.as_ref().map(|act| act.chain().collect::<Vec<_>>().join(" ")),
        from: subject.facts.client_id.to_string(),
        jti: issued.jti().to_owned(),
        scopes: plan.scopes.clone(),
        audience: plan.audience.join(" "),
        family: plan.family.clone(),
    }
}

fn refused(token: &Token, request: &Request, subject: Option<&Loaded>, why: Refused) -> Verdict<Issued, Tokens> {
    let event = Tokens::ExchangeRefused {
        client: token.client().id().clone(),
        reason: why.code(),
        subject: subject.map(|subject| subject.facts.subject.sub().to_owned()),
        from: subject.map(|subject| subject.facts.client_id.to_string()),
        subject_token_type: request.subject.token_type.as_str(),
    };
    Verdict::Refused(why.into(), event)
}

fn dead_actor() -> oauth::ProtocolError {
    oauth::ProtocolError::invalid_grant("The actor token is not valid or has ended.")
}

enum Actor {
    Alive(Box<ActorFacts>),
    Dead,
}
use Actor::{Alive, Dead};

async fn actor(presented: &Presented, cx: &mut Cx<OneOrg, Writes>) -> Result<Option<Actor>, Fault> {
    let Some((actor, client)) = &presented.actor else { return Ok(None) };
    let Some(alive) = find_alive(&mut cx.tx, actor).await? else { return Ok(Some(Dead)) };
    let claims = &actor.claims;
    // What an agent lost since then is not in its tokens either.
    let scopes = claims.scope.intersection(&client.metadata.scopes);
    Ok(Some(Alive(Box::new(ActorFacts {
        subject: alive.user.map_or_else(|| Subject::Client(claims.client_id.clone()), Subject::User),
        client_id: claims.client_id.clone(),
        scopes,
        act: claims.act.clone(),
        confirmation: claims.cnf.clone(),
        expires_at: actor.expires_at(),
    }))))
}

//! A client replaces its registration (RFC 7592 §2.2).

use super::document::{Document, STATEMENT};
use super::manage::{PLACE, load};
use super::policy::Mode;
use super::register::{end_of_secret, without_a_way_back};
use super::registrar::{Registrar, not_allowed};
use super::rows::{self, Registered};
use super::view::RegistrationAnswer;
use super::{SelfRegistration, statement};
use crate::clients::{
    NewSecret, Outside, SECRET_PURPOSE, StoredClient, is_secret_of, load_for_update, new_secret, set_secret, update,
};
use crate::keys;
use crate::policy::Policy;
use flow::{Cx, OneOrg, Operation, Prep, Prepare, Route, Surface, Verdict, Writes};
use identity::guard::invalid_token;
use identity::secret;
use kernel::{Access, ClientId, Denial, Fault, Secret};
use oauth::ClientMetadata;
use oauth::fapi::FapiProfile;
use oauth::registration::{Problem, check, read, refusal};
use serde_json::{Map, Value};

/// Replace what is registered of a client.
#[derive(Clone)]
pub struct UpdateRegistration {
    client: ClientId,
    registered: Registered,
    before: ClientMetadata,
    after: ClientMetadata,
    statement: Option<String>,
    outside: Outside,
    policy: Policy,
}

impl Prepare<UpdateRegistration> for Document {
    async fn prepare(self, prep: &Prep) -> Result<UpdateRegistration, Fault> {
        let org = prep.organization()?;
        let proven = rows::prove(prep.services(), org, &prep.request).await?;
        let policy = Policy::of(org);
        if policy.registration().mode(prep.services().is_dev) == Mode::Off {
            return Err(not_allowed());
        }
        self.check_update(proven.client.as_str())?;
        if let Some(secret) = self.client_secret()?
            && !is_secret_of(prep.services(), org, &proven.client, &secret, prep.now).await?
        {
            return Err(Fault::invalid("invalid_request", "The client_secret must be the client's."));
        }
        let before = prep.read(|mut tx| {
            let client = proven.client.clone();
            async move {
                let stored = load_for_update(&mut tx, client.as_str()).await;
                (tx, Ok(stored))
            }
        });
        let before = before.await??.metadata;
        let document = statement::believed(prep.services(), policy.registration(), &self, prep.now).await?;
        let registrar = Registrar::of_registered(prep, &proven.registered).await?;
        let after = replaced(&before, &document, &registrar, &policy)?;
        let outside = Outside::look(prep.services(), Some(&before), &after).await.map_err(|problems| refusal(&problems))?;
        keys::ready_for(prep.services(), prep.organization()?, &after).await?;
        let statement = document.get(STATEMENT).and_then(Value::as_str).map(str::to_owned);
        let (client, registered) = (proven.client, proven.registered);
        Ok(UpdateRegistration { client, registered, before, after, statement, outside, policy })
    }
}

/// What is registered once the update has taken its place. Of the scopes a client keeps what it has, or asks for less, or for what
/// whoever registered it may have.
fn replaced(
    before: &ClientMetadata,
    document: &Map<String, Value>,
    registrar: &Registrar,
    policy: &Policy,
) -> Result<ClientMetadata, Fault> {
    let mut after = before.clone();
    let mut problems = read(document, &mut after);
    if document.get("scope").is_none_or(Value::is_null) {
        after.scopes = before.scopes.clone();
    }
    let mut bounds = registrar.bounds(policy);
    let allowed = bounds.scopes.take().unwrap_or_default();
    bounds.scopes = Some(allowed.union(&before.scopes));
    problems.extend(bounds.keep_within(&mut after, true));
    if before.fapi_profile != FapiProfile::None && after.fapi_profile != before.fapi_profile {
        // A client may submit to a profile; only an administrator releases it.
        after.fapi_profile = before.fapi_profile;
        if document.get("fapi_profile").is_some_and(|asked| !asked.is_null()) {
            problems.push(Problem::new("fapi_profile", "can only be changed by an administrator"));
        }
    }
    problems.extend(check(&after));
    problems.extend(without_a_way_back(&after));
    if problems.is_empty() { Ok(after) } else { Err(refusal(&problems)) }
}

impl Operation for UpdateRegistration {
    const ID: &'static str = "clients.update_registration";
    const SUMMARY: &'static str = "Replace what is registered of a client. What is left out gets its default; the token changes.";
    const ROUTE: Route = Route::put(PLACE);
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = Access::Registered;
    const DENIALS: &'static [Denial] = &[crate::clients::CHANGED_MEANWHILE];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Document;
    type Output = RegistrationAnswer<200>;
    type Event = SelfRegistration;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, SelfRegistration>, Fault> {
        let token = rows::new_token(cx.rng());
        let (proven, new) = (&self.registered.token_hash, rows::hash_of(cx.services(), &token));
        let statement = self.statement.as_deref();
        if !rows::claim_update(&mut cx.tx, &self.client, proven, &new, statement, cx.now).await? {
            return Err(invalid_token("its token was changed, or it was removed, just now"));
        }
        let mut client = load(&mut cx.tx, &self.client).await?;
        if client.metadata != self.before {
            return Err(crate::clients::CHANGED_MEANWHILE.into());
        }
        self.outside.must_cover(Some(&self.before), &self.after)?;
        client.metadata = self.after;
        let secret = renew_secret(cx, &mut client, &self.before, &self.policy).await?;
        update(&mut cx.tx, &client.metadata, cx.now).await?;
        let event = SelfRegistration::Updated { client: self.client, scopes: client.metadata.scopes.clone() };
        let answer = RegistrationAnswer::new(cx.services(), cx.org(), &client, statement).with(secret, Some(token));
        Ok(Verdict::Done(answer, event))
    }
}

/// Give the client a secret if it needs one from now on, or its own has ended; take it away if it needs none any more.
async fn renew_secret(
    cx: &mut Cx<OneOrg, Writes>,
    client: &mut StoredClient,
    before: &ClientMetadata,
    policy: &Policy,
) -> Result<Option<Secret>, Fault> {
    let had = before.token_endpoint_auth_method.is_secret() && client.secret_expires_at.is_none_or(|end| cx.now < end);
    match (had, client.metadata.token_endpoint_auth_method.is_secret()) {
        (true, true) => Ok(None),
        (_, false) => {
            client.secret_expires_at = None;
            set_secret(&mut cx.tx, &client.metadata.client_id, NewSecret::default(), cx.now).await?;
            Ok(None)
        }
        (false, true) => {
            let secret = new_secret(cx.rng());
            client.secret_expires_at = end_of_secret(policy, cx.now);
            let hash = secret::hash(cx.services(), SECRET_PURPOSE, &secret);
            let new = NewSecret { hash: Some(&hash), expires_at: client.secret_expires_at, previous_until: None };
            set_secret(&mut cx.tx, &client.metadata.client_id, new, cx.now).await?;
            Ok(Some(secret))
        }
    }
}

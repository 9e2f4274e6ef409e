//! Registering a client by protocol (RFC 7591 §3, OpenID Connect Dynamic Client Registration §3).

use super::document::{Document, STATEMENT};
use super::registrar::{Registrar, not_allowed};
use super::view::RegistrationAnswer;
use super::{SelfRegistration, rows, statement, tokens};
use crate::clients::admin::must_hold;
use crate::clients::{CLIENT_PREFIX, Outside, SECRET_PURPOSE, blank, expire_secret, insert, new_secret, profile_of};
use crate::keys;
use crate::policy::Policy;
use flow::{Cx, OneOrg, Operation, Prep, Prepare, Route, Surface, Verdict, Writes};
use identity::guard::invalid_token;
use identity::permissions::CLIENTS_REGISTER;
use identity::secret;
use kernel::{Access, ClientId, Denial, Fault, Limit, Timestamp};
use oauth::ClientMetadata;
use oauth::registration::{Problem, check, read, refusal};
use std::time::Duration;

/// Register a client: everything about it is known to be good, but for what only the transaction can say.
#[derive(Clone)]
pub struct Register {
    registrar: Registrar,
    metadata: ClientMetadata,
    statement: Option<String>,
    outside: Outside,
    policy: Policy,
}

impl Prepare<Register> for Document {
    async fn prepare(self, prep: &Prep) -> Result<Register, Fault> {
        let policy = Policy::of(prep.organization()?);
        let registrar = Registrar::of(prep, &policy).await?;
        let document = statement::believed(prep.services(), policy.registration(), &self, prep.now).await?;
        let mut metadata = blank(ClientId::from(""));
        metadata.organization_profile = profile_of(prep.organization()?);
        let mut problems = read(&document, &mut metadata);
        let scopes_said = document.get("scope").is_some_and(|scope| !scope.is_null());
        problems.extend(registrar.bounds(&policy).keep_within(&mut metadata, scopes_said));
        problems.extend(check(&metadata));
        problems.extend(without_a_way_back(&metadata));
        if !problems.is_empty() {
            return Err(refusal(&problems));
        }
        let outside = Outside::look(prep.services(), None, &metadata).await.map_err(|problems| refusal(&problems))?;
        keys::ready_for(prep.services(), prep.organization()?, &metadata).await?;
        let statement = document.get(STATEMENT).and_then(|text| text.as_str()).map(str::to_owned);
        Ok(Register { registrar, metadata, statement, outside, policy })
    }
}

/// Grants that go through the browser need an address to come back to (RFC 7591 §2).
pub(super) fn without_a_way_back(metadata: &ClientMetadata) -> Option<Problem> {
    let needs_one = !metadata.response_types.is_empty() && metadata.redirect_uris.is_empty();
    needs_one.then(|| Problem::new("redirect_uris", "must hold at least one address"))
}

impl Operation for Register {
    const ID: &'static str = "clients.register";
    const SUMMARY: &'static str = "Register a client. Its secret and its registration access token are shown once.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/connect/register");
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = Access::Registration(CLIENTS_REGISTER);
    const LIMIT: Limit = Limit::Credential;
    const DENIALS: &'static [Denial] = &[crate::clients::CHANGED_MEANWHILE];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Document;
    type Output = RegistrationAnswer<201>;
    type Event = SelfRegistration;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, SelfRegistration>, Fault> {
        self.admit(cx).await?;
        let mut metadata = self.metadata;
        metadata.client_id = ClientId::from(format!("{CLIENT_PREFIX}{}", jose::random::token(cx.rng(), 16)));
        self.outside.must_cover(None, &metadata)?;
        let secret = metadata.token_endpoint_auth_method.is_secret().then(|| new_secret(cx.rng()));
        let hash = secret.as_ref().map(|secret| secret::hash(cx.services(), SECRET_PURPOSE, secret));
        let mut client = insert(&mut cx.tx, &metadata, hash.as_ref().map(<[u8; 32]>::as_slice), None, cx.now).await?;
        if secret.is_some() {
            client.secret_expires_at = end_of_secret(&self.policy, cx.now);
            expire_secret(&mut cx.tx, &metadata.client_id, client.secret_expires_at).await?;
        }
        let token = rows::new_token(cx.rng());
        let hash = rows::hash_of(cx.services(), &token);
        let statement = self.statement.as_deref();
        rows::insert(&mut cx.tx, &metadata.client_id, &self.registrar, &hash, statement, cx.now).await?;
        let event = SelfRegistration::Registered {
            client: metadata.client_id,
            name: Some(metadata.client_name).filter(|name| !name.is_empty()),
            scopes: metadata.scopes,
            registered_by: self.registrar.as_str(),
            initial_access_token: self.registrar.token_id().map(str::to_owned),
        };
        let answer = RegistrationAnswer::new(cx.services(), cx.org(), &client, statement).with(secret, Some(token));
        Ok(Verdict::Done(answer, event))
    }
}

/// When a secret ends that is given out now.
pub(super) fn end_of_secret(policy: &Policy, now: Timestamp) -> Option<Timestamp> {
    policy.registration().secret_lifetime.map(|seconds| now.plus(Duration::from_secs(u64::from(seconds))))
}

impl Register {
    /// Claim the initial access token, or what takes its place.
    async fn admit(&self, cx: &mut Cx<OneOrg, Writes>) -> Result<(), Fault> {
        match &self.registrar {
            Registrar::Token { id, .. } => {
                let is_good = tokens::claim_use(&mut cx.tx, id, cx.now).await?;
                is_good.then_some(()).ok_or_else(|| invalid_token("the initial access token was used up, revoked or has ended"))
            }
            Registrar::Permitted => must_hold(cx, &[&self.metadata.scopes]).await,
            Registrar::Anyone => {
                let most = i64::from(self.policy.registration().max_clients);
                let is_full = rows::count_of_anyone(&mut cx.tx).await? >= most;
                if is_full { Err(not_allowed().because("as many clients as may be are registered by anyone")) } else { Ok(()) }
            }
        }
    }
}

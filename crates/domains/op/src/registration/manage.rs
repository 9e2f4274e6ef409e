//! The client configuration endpoint: a client reads and removes its registration (RFC 7592 §2.1, §2.3).

use super::SelfRegistration;
use super::rows::{self, Registered};
use super::view::RegistrationAnswer;
use crate::clients::{StoredClient, delete, load_for_update};
use crate::families;
use flow::{Cx, NoContent, NoInput, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Verdict, Writes};
use identity::guard::invalid_token;
use kernel::{Access, ClientId, Fault, Secret, Silent};
use store::{Mode, Tx};

/// Where a registration is.
pub(super) const PLACE: &str = "/orgs/{org}/api/v1/connect/register/{clientId}";

/// Show a client its registration.
#[derive(Clone)]
pub struct ShowRegistration {
    client: ClientId,
    registered: Registered,
    token: Secret,
}

/// Remove a client, by its own wish.
#[derive(Clone)]
pub struct DeleteRegistration {
    client: ClientId,
    registered: Registered,
}

impl Prepare<ShowRegistration> for NoInput {
    async fn prepare(self, prep: &Prep) -> Result<ShowRegistration, Fault> {
        let proven = rows::prove(prep.services(), prep.organization()?, &prep.request).await?;
        Ok(ShowRegistration { client: proven.client, registered: proven.registered, token: proven.token })
    }
}

impl Prepare<DeleteRegistration> for NoInput {
    async fn prepare(self, prep: &Prep) -> Result<DeleteRegistration, Fault> {
        let proven = rows::prove(prep.services(), prep.organization()?, &prep.request).await?;
        Ok(DeleteRegistration { client: proven.client, registered: proven.registered })
    }
}

impl Operation for ShowRegistration {
    const ID: &'static str = "clients.show_registration";
    const SUMMARY: &'static str = "What is registered of a client, for the client itself.";
    const ROUTE: Route = Route::get(PLACE);
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = Access::Registered;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = NoInput;
    type Output = RegistrationAnswer<200>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let client = load(&mut cx.tx, &self.client).await?;
        let statement = self.registered.software_statement.as_deref();
        let answer = RegistrationAnswer::new(cx.services(), cx.org(), &client, statement);
        Ok(Verdict::Done(answer.with(None, Some(self.token)), Silent))
    }
}

impl Operation for DeleteRegistration {
    const ID: &'static str = "clients.deregister";
    const SUMMARY: &'static str = "Remove a client, by its own wish. Everything issued to it is void.";
    const ROUTE: Route = Route::delete(PLACE);
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = Access::Registered;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = NoInput;
    type Output = NoContent;
    type Event = SelfRegistration;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<NoContent, SelfRegistration>, Fault> {
        if !rows::claim_deletion(&mut cx.tx, &self.client, &self.registered.token_hash).await? {
            return Err(invalid_token("its token was changed, or it was removed, just now"));
        }
        families::revoke_of_client(&mut cx.tx, &self.client, "client_deleted", cx.now).await?;
        delete(&mut cx.tx, &self.client).await?;
        Ok(Verdict::Done(NoContent, SelfRegistration::Removed { client: self.client }))
    }
}

/// The client, which may have been removed since its token was proven.
pub(super) async fn load<M: Mode>(tx: &mut Tx<OneOrg, M>, client: &ClientId) -> Result<StoredClient, Fault> {
    load_for_update(tx, client.as_str()).await.map_err(|fault| match fault.kind {
        kernel::FaultKind::NotFound => invalid_token("the client was removed just now"),
        _ => fault,
    })
}

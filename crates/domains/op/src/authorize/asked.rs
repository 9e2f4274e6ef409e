//! What is asked, and by whom.

use super::deliver::WayBack;
use super::object::{self, Effective, Resolved};
use super::pushed::{self, Pushed};
use crate::clients::{self, Client, Reach, Unusable, issuer};
use crate::policy::Policy;
use crate::{keys, subjects};
use flow::{Cx, OneOrg, Prep, Writes};
use kernel::{Fault, SessionId, TransactionId};
use oauth::authorization_request::{self as rules, AuthorizationRequest, ReturnAddress};
use oauth::jar::{self, Once, Presented};
use oauth::pairwise::Subjects;
use oauth::pipeline::Endpoint;
use oauth::{ErrorCode, Params, ProtocolError, id_token, par, rar, response_type};
use signin::transaction::{self, Display};
use std::sync::Arc;

/// What the parameters of a request lead to.
#[derive(Clone)]
pub enum Found {
    /// A request in them.
    Asked(Asked),
    /// A request that was pushed before. Whatever stands beside the reference counts for nothing (RFC 9126 §4).
    Pushed(Pushed),
}

impl Found {
    /// Read the parameters.
    ///
    /// # Errors
    /// For a page: no such client, no registered way back, or a reference to nothing.
    pub(super) async fn read(prep: &Prep, params: &Params) -> Result<Self, Fault> {
        let id = rules::client_id(params)?;
        let reach = Reach::Anywhere(prep.request.peer.ip);
        let client = clients::find_current(prep.services(), prep.organization()?, &id, prep.now, reach).await?;
        let client = client
            .map_err(Unusable::shown)?
            .ok_or_else(|| Fault::invalid("unknown_client", "There is no such application here."))?;
        match jar::present(params) {
            Ok(Presented::Pushed(handle)) => pushed::find(prep, client, handle).await.map(Self::Pushed),
            presented => Asked::read(prep, client, params, presented).await.map(Self::Asked),
        }
    }
    /// The way its answer goes.
    ///
    /// # Errors
    /// As [`WayBack::to`].
    pub(super) async fn way_back(&self, prep: &Prep) -> Result<WayBack, Fault> {
        let client = self.client().clone();
        match self {
            Self::Pushed(pushed) => WayBack::of(prep, client, pushed.request()).await,
            Self::Asked(Asked { request: Ok(request), .. }) => WayBack::of(prep, client, request).await,
            Self::Asked(asked) => WayBack::to(prep, client, asked.return_address.clone()).await,
        }
    }
    /// Who asks.
    pub(super) fn client(&self) -> &Arc<Client> {
        match self {
            Self::Asked(asked) => &asked.client,
            Self::Pushed(pushed) => pushed.client(),
        }
    }
}

/// A request of a known client with a registered way back.
#[derive(Clone)]
pub struct Asked {
    pub(super) client: Arc<Client>,
    pub(super) return_address: ReturnAddress,
    /// Or what the client is told is wrong with it.
    pub(super) request: Result<AuthorizationRequest, ProtocolError>,
    once: Option<Once>,
}

impl Asked {
    async fn read(
        prep: &Prep,
        client: Arc<Client>,
        outer: &Params,
        presented: Result<Presented<'_>, ProtocolError>,
    ) -> Result<Self, Fault> {
        if !client.is_active() {
            return Err(Fault::invalid("unauthorized_client", "This client is switched off."));
        }
        let must_be_pushed = Policy::of(prep.organization()?).requires_pushed_requests();
        let allowed = presented.clone().and_then(|shape| par::check_optional(&client.metadata, must_be_pushed).map(|()| shape));
        let Resolved { object, effective } = match allowed {
            Ok(shape) => object::resolve(prep, &client, outer, shape, Endpoint::Authorization).await?,
            Err(error) => Resolved { object: presented.ok().and_then(Presented::object).map(Arc::from), effective: Err(error) },
        };
        match effective {
            Ok(Effective { params, once, is_signed }) => {
                let return_address = return_address(&params, &client)?;
                let request = judge(prep, &client, &params, return_address.clone()).await?;
                let request = request.map(|request| AuthorizationRequest { is_signed, ..request });
                Ok(Self { client, return_address, request, once })
            }
            Err(error) => {
                let address = jar::address(outer, object.as_deref()).ok_or_else(|| Fault::from(error.clone()))?;
                let return_address = return_address(&address, &client)?;
                Ok(Self { client, return_address, request: Err(error), once: None })
            }
        }
    }

    /// The request, if it may be used now, or what the client is told.
    ///
    /// # Errors
    /// Our own failures.
    pub(super) async fn claim(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Result<AuthorizationRequest, ProtocolError>, Fault> {
        let Ok(request) = self.request else { return Ok(self.request) };
        let claimed = object::claim(cx, self.client.id(), self.once.as_ref(), Endpoint::Authorization).await?;
        Ok(claimed.map(|()| request))
    }
}

fn return_address(params: &Params, client: &Client) -> Result<ReturnAddress, Fault> {
    rules::return_address(params, &client.metadata).map_err(|error| no_way_back(&error))
}

/// Whether a client may make a request, once it is known where the answer goes.
///
/// # Errors
/// Our own failures; what is wrong with the request is inside.
pub(crate) async fn judge(
    prep: &Prep,
    client: &Client,
    params: &Params,
    return_address: ReturnAddress,
) -> Result<Result<AuthorizationRequest, ProtocolError>, Fault> {
    let offered = Policy::of(prep.organization()?);
    match rules::parse(params, &client.metadata, offered.response_types(), return_address) {
        Ok(request) => {
            match rar::check(&request.authorization_details, offered.authorization_details_types(), &client.metadata) {
                Ok(()) => with_hint(prep, request).await,
                Err(error) => Ok(Err(error)),
            }
        }
        Err(error) => Ok(Err(error)),
    }
}

fn no_way_back(error: &ProtocolError) -> Fault {
    let code = if error.code == ErrorCode::InvalidRequest { "unregistered_redirect_uri" } else { error.code.code() };
    Fault::invalid(code, error.description().to_owned())
}

/// Put the subject of the hint, once it is verified, in place of the hint.
async fn with_hint(prep: &Prep, mut request: AuthorizationRequest) -> Result<Result<AuthorizationRequest, ProtocolError>, Fault> {
    let Some(hint) = request.id_token_hint.take() else { return Ok(Ok(request)) };
    let org = prep.organization()?;
    let keys = keys::of(prep.services(), org).await?;
    Ok(id_token::check_hint(&hint, keys.verifying(), &issuer(prep.services(), org)).map(|hint| {
        request.hinted_subject = Some(hint.subject);
        request
    }))
}

/// A stored request.
#[derive(Clone)]
pub struct Waiting {
    pub(super) id: TransactionId,
    pub(super) handle: String,
    pub(super) client: Arc<Client>,
    /// How the client knows people.
    pub(super) subjects: Subjects,
    pub(super) request: AuthorizationRequest,
    /// What is wrong with it by the rules of now.
    pub(super) problem: Option<ProtocolError>,
    pub(super) display: Display,
    /// The session in which the person signed in for this very request.
    pub(super) session: Option<SessionId>,
    /// The session whose account the person chose to go on with.
    pub(super) chosen: Option<SessionId>,
}

/// The stored request behind a handle.
///
/// # Errors
/// For a page: it was answered, its time is over, or it never was.
pub(super) async fn waiting(prep: &Prep, handle: &str) -> Result<Waiting, Fault> {
    let (services, now) = (prep.services(), prep.now);
    let found = prep.read(move |mut tx| async move {
        let found = transaction::find(&mut tx, services, handle, now).await;
        (tx, found)
    });
    let found = found.await?.ok_or_else(expired)?;
    let client = clients::find(services, prep.organization()?, &found.client_id).await?;
    let client = client.filter(|client| client.is_active()).ok_or_else(expired)?;
    let request = serde_json::from_value(found.request).map_err(Fault::internal)?;
    let request = still_allowed(&Policy::of(prep.organization()?), &client, request).ok_or_else(expired)?;
    let problem = check_again(&Policy::of(prep.organization()?), &client, &request).err();
    let subjects = subjects::of(services, prep.organization()?, &client).await?;
    let (id, display, session, chosen) = (found.id, found.display, found.session_id, found.chosen_session_id);
    Ok(Waiting { id, handle: handle.to_owned(), client, subjects, request, problem, display, session, chosen })
}

/// What is left of a stored request, for registration and settings may have changed since then; `None` if nothing is.
pub(super) fn still_allowed(policy: &Policy, client: &Client, mut request: AuthorizationRequest) -> Option<AuthorizationRequest> {
    request.scopes = request.scopes.intersection(&client.metadata.scopes);
    request.claims = request.claims.within(&client.metadata.scopes);
    let way_back = &request.return_address.redirect_uri;
    let has_way_back = oauth::redirect_uri::is_registered(&client.metadata.redirect_uris, way_back)
        && client.metadata.profile().allows_redirect_uri(way_back, client.metadata.application_type);
    let is_type_allowed = response_type::check_allowed(request.response_type, &client.metadata, policy.response_types()).is_ok();
    let details = &request.authorization_details;
    let are_details_allowed = rar::check(details, policy.authorization_details_types(), &client.metadata).is_ok();
    let is_something = !request.scopes.is_empty() || !details.is_empty();
    (is_something && has_way_back && is_type_allowed && are_details_allowed).then_some(request)
}

/// Whether a stored request is one that its client may still make.
///
/// # Errors
/// What the client is told.
pub(super) fn check_again(policy: &Policy, client: &Client, request: &AuthorizationRequest) -> Result<(), ProtocolError> {
    rules::check_again(request, &client.metadata, policy.requires_pushed_requests(), policy.requires_signed_requests())
}

/// What the person is told about a request that waits no longer.
pub(super) fn expired() -> Fault {
    Fault::invalid(
        "expired",
        "This sign-in has expired or was finished before. Please go back to the application and start again.",
    )
}

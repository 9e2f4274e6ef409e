//! Whom a client means.

use crate::clients::{Client, Recency, issuer};
use crate::{keys, subjects};
use flow::Prep;
use identity::users::{self, User};
use kernel::{Fault, UserId};
use oauth::ciba::{Hint, Named, login_hint_token};
use oauth::pairwise::Subjects;
use oauth::{ProtocolError, id_token};
use store::{Mode, OneOrg, Tx};

/// What a hint leads to.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The person, if there is one who can be asked.
    pub(super) user: Option<UserId>,
    /// How they were named.
    pub(super) identifier: String,
}

/// The person a hint names; `None` if there is nobody, or they may not sign in.
///
/// # Errors
/// As the hint's own checks say; our own failures.
pub(super) async fn find(prep: &Prep, client: &Client, hint: &Hint) -> Result<Found, Fault> {
    let (services, org) = (prep.services(), prep.organization()?);
    let named = match hint {
        Hint::Login(login) => Named::Login(login.clone()),
        Hint::LoginToken(token) => {
            let keys = client.keys(services, org, prep.now, Recency::Any).await;
            login_hint_token(token, &client.metadata, keys.as_deref(), &issuer(services, org), prep.now)?
        }
        Hint::IdToken(token) => {
            let keys = keys::of(services, org).await?;
            let hint = id_token::check_hint(token, keys.verifying(), &issuer(services, org))?;
            if !hint.clients.contains(client.id()) {
                return Err(ProtocolError::invalid_request("The id_token_hint is not this client's.").into());
            }
            Named::Subject(hint.subject)
        }
    };
    let (Named::Login(identifier) | Named::Subject(identifier)) = &named;
    let (identifier, subjects) = (identifier.clone(), &subjects::of(services, org, client).await?);
    let user = services.store.read(store::OneOrg::new(org.clone()), move |mut tx| {
        let named = named.clone();
        async move {
            let user = match &named {
                Named::Login(login) => users::find_user_by_login(&mut tx, login).await,
                Named::Subject(sub) => find_by_subject(&mut tx, subjects, sub).await,
            };
            (tx, user)
        }
    });
    let user = user.await??.filter(User::may_enter).map(|user| user.id);
    Ok(Found { user, identifier })
}

/// The person whom this client knows by that `sub`.
async fn find_by_subject<M: Mode>(tx: &mut Tx<OneOrg, M>, subjects: &Subjects, sub: &str) -> Result<Option<User>, Fault> {
    match subjects::find_user(tx, subjects, sub).await? {
        Some(user) => users::find_user(tx, &user).await,
        None => Ok(None),
    }
}

//! Whom a client means.

use crate::clients::{Client, Recency, issuer};
use crate::{keys, subjects};
use flow::Prep;
use identity::users::{self, User};
use kernel::{Fault, UserId};
use oauth::ciba::{Hint, Named, login_hint_token, unknown_user};
use oauth::pairwise::Subjects;
use oauth::{ProtocolError, id_token};

/// The person a hint names, if they can be asked.
///
/// # Errors
/// `unknown_user_id` if there is nobody, or they may not sign in; as the hint's own checks say; our own failures.
pub(super) async fn find(prep: &Prep, client: &Client, hint: &Hint) -> Result<UserId, Fault> {
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
    let named = match named {
        // A pairwise identifier leads back to nobody.
        Named::Subject(_) if !matches!(subjects::of(services, org, client).await?, Subjects::Public) => {
            return Err(unknown_user().into());
        }
        named => named,
    };
    let org = org.clone();
    let user = services.store.read(store::OneOrg::new(org), move |mut tx| {
        let named = named.clone();
        async move {
            let user = match &named {
                Named::Login(login) => users::find_user_by_login(&mut tx, login).await,
                Named::Subject(sub) => users::find_user(&mut tx, &UserId::from(sub.as_str())).await,
            };
            (tx, user)
        }
    });
    let user = user.await??.filter(User::may_enter).ok_or_else(unknown_user)?;
    Ok(user.id)
}

//! The accounts of a browser: one is current, others wait beside it. Which one is current is changed here, and any is signed out of.
//! (Choosing one on behalf of an application is the OpenID provider's business.)

mod change;
mod show;

pub use change::{SignOutAccount, SwitchAccount};
pub use show::ShowAccounts;

use flow::{Catalogue, Cx, Mode, OneOrg};
use identity::sessions::{self, Kept, Session};
use identity::users;
use kernel::{Actor, Fault};
use pages::KnownAccount;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<ShowAccounts>().mount::<SwitchAccount>().mount::<SignOutAccount>()
}

/// The accounts signed in to in the browser that asks.
#[derive(Debug)]
pub struct Accounts {
    /// The one that acts.
    pub current: Option<Session>,
    /// Those that wait.
    pub kept: Vec<Kept>,
}

impl Accounts {
    /// Those of the browser that asks.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn of<M: Mode>(cx: &mut Cx<OneOrg, M>) -> Result<Self, Fault> {
        let current = match &cx.actor {
            Actor::Session { session, .. } => sessions::find(&mut cx.tx, session, cx.now).await?,
            _ => None,
        };
        Ok(Self { current, kept: sessions::list_kept(cx).await? })
    }

    /// What pages show of them, the current one first.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn known<M: Mode>(&self, cx: &mut Cx<OneOrg, M>) -> Result<Vec<KnownAccount>, Fault> {
        let mut known = Vec::new();
        for session in self.current.iter().chain(self.kept.iter().map(|kept| &kept.session)) {
            let user = users::load_user(&mut cx.tx, &session.user).await?;
            known.push(KnownAccount { id: user.id.to_string(), name: user.name, login: user.email });
        }
        Ok(known)
    }
}

//! What every page of the console has around it.

use crate::view::Content;
use flow::{Incoming, OneOrg};
use identity::{permissions, sessions, users};
use kernel::{Actor, Fault, Permission};
use pages::{Brand, Console, NavItem, Shell, Words};
use signin::page::Page;
use std::collections::HashSet;
use store::{Mode, Tx};

macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident $label:literal at $path:literal needs $permission:ident;)*) => {
        /// The sections, in order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Section { $($(#[$doc])* $name),* }

        impl Section {
            const ALL: [Self; [$($label),*].len()] = [$(Self::$name),*];

            /// What it is called.
            pub(crate) fn label(self) -> &'static str {
                match self { $(Self::$name => $label),* }
            }
            /// Where it is, below the organization.
            pub(crate) fn path(self) -> &'static str {
                match self { $(Self::$name => $path),* }
            }
            fn needs(self) -> Permission {
                match self { $(Self::$name => permissions::$permission),* }
            }
        }
    };
}

sections! {
    /// Numbers at a glance.
    Overview "Overview" at "portal" needs USERS_READ;
    /// People.
    Users "Users" at "portal/users" needs USERS_READ;
    /// People who were asked to join.
    Invitations "Invitations" at "portal/invitations" needs USERS_READ;
    /// People together.
    Groups "Groups" at "portal/groups" needs GROUPS_READ;
    /// What people may be given.
    Roles "Roles" at "portal/roles" needs ROLES_READ;
    /// Who is signed in.
    Sessions "Sessions" at "portal/sessions" needs SESSIONS_READ;
    /// Clients.
    Applications "Applications" at "portal/applications" needs CLIENTS_READ;
    /// Signing keys.
    Keys "Signing keys" at "portal/keys" needs KEYS_READ;
    /// What administrators decide.
    Settings "Settings" at "portal/settings" needs SETTINGS_READ;
    /// The log.
    AuditLog "Audit log" at "portal/audit-log" needs AUDIT_READ;
}

/// A page within its frame. The reader sees the sections they may enter.
pub(crate) async fn frame<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    actor: &Actor,
    request: &Incoming,
    page: &Page,
    content: Content,
) -> Result<Console, Fault> {
    let user = actor.user().cloned().ok_or_else(sessions::session_required)?;
    let held: HashSet<String> = permissions::effective(tx, &user).await?.into_iter().map(|permission| permission.slug).collect();
    let account = users::load_user(tx, &user).await?.email;
    let entered = Section::ALL.into_iter().filter(|section| held.contains(section.needs().slug));
    let nav = entered.map(|section| NavItem {
        label: section.label(),
        href: page.path(section.path()),
        is_current: section == content.section,
    });
    let news = request.query_pairs()?.into_iter().find(|(name, _)| name == "news");
    let brand: Brand = page.shell().brand;
    Ok(Console {
        nav: nav.collect(),
        account,
        account_url: page.path("account"),
        sign_out: page.form("signout"),
        back: content.back,
        title: content.title,
        lead: content.lead,
        news: news.and_then(|(_, name)| News::parse(&name)).map(|news| news.text().to_owned()),
        blocks: content.blocks,
        shell: Shell::new(Words::choose(Some("en"), None), brand),
    })
}

/// What a form leaves behind for the page that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Something was made.
    Created,
    /// Something was changed.
    Saved,
    /// Something is gone.
    Deleted,
    /// A mail is on its way.
    Sent,
    /// A session, or all of them.
    Ended,
}

impl News {
    const ALL: [Self; 5] = [Self::Created, Self::Saved, Self::Deleted, Self::Sent, Self::Ended];

    /// Its name in an address.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Saved => "saved",
            Self::Deleted => "deleted",
            Self::Sent => "sent",
            Self::Ended => "ended",
        }
    }
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|news| news.as_str() == text)
    }
    fn text(self) -> &'static str {
        match self {
            Self::Created => "Created.",
            Self::Saved => "Saved.",
            Self::Deleted => "Deleted.",
            Self::Sent => "The mail is on its way.",
            Self::Ended => "Ended.",
        }
    }
}

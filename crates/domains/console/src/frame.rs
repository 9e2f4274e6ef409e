//! What every page of the console has around it.

use crate::view::Content;
use flow::{Incoming, OneOrg};
use identity::{permissions, sessions, users};
use kernel::{Actor, Fault, Permission};
use pages::{Brand, Console, ConsoleWords, NavItem, Shell};
use signin::page::Page;
use std::collections::HashSet;
use store::{Mode, Tx};

macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident $label:ident at $path:literal needs $permission:ident;)*) => {
        /// The sections, in order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Section { $($(#[$doc])* $name),* }

        impl Section {
            const ALL: [Self; [$($path),*].len()] = [$(Self::$name),*];

            /// What it is called.
            pub(crate) fn label(self, words: &'static ConsoleWords) -> &'static str {
                match self { $(Self::$name => words.sections.$label),* }
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
    Overview overview at "portal" needs USERS_READ;
    /// What happened on which day.
    Figures figures at "portal/figures" needs ANALYTICS_READ;
    /// People.
    Users users at "portal/users" needs USERS_READ;
    /// People who were asked to join.
    Invitations invitations at "portal/invitations" needs USERS_READ;
    /// People together.
    Groups groups at "portal/groups" needs GROUPS_READ;
    /// What people may be given.
    Roles roles at "portal/roles" needs ROLES_READ;
    /// Organizations of customers.
    Companies companies at "portal/customers" needs COMPANIES_READ;
    /// Who is signed in.
    Sessions sessions at "portal/sessions" needs SESSIONS_READ;
    /// Clients.
    Applications applications at "portal/applications" needs CLIENTS_READ;
    /// Permits to register applications.
    Permits permits at "portal/registration" needs CLIENTS_READ;
    /// What programs call the API with.
    ApiKeys api_keys at "portal/api-keys" needs API_KEYS_READ;
    /// Signing keys.
    Keys keys at "portal/keys" needs KEYS_READ;
    /// What mails say.
    Templates templates at "portal/mails" needs SETTINGS_READ;
    /// What administrators decide.
    Settings settings at "portal/settings" needs SETTINGS_READ;
    /// The log.
    AuditLog audit_log at "portal/audit-log" needs AUDIT_READ;
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
    let words = page.words();
    let w = &words.console;
    let nav = entered.map(|section| NavItem {
        label: section.label(w),
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
        news: news.and_then(|(_, name)| News::parse(&name)).map(|news| news.text(w).to_owned()),
        blocks: content.blocks,
        shell: Shell::new(words, brand),
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
    fn text(self, words: &'static ConsoleWords) -> &'static str {
        let news = &words.news;
        match self {
            Self::Created => news.created,
            Self::Saved => news.saved,
            Self::Deleted => news.deleted,
            Self::Sent => news.sent,
            Self::Ended => news.ended,
        }
    }
}

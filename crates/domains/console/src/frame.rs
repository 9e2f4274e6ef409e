//! What every page of the console has around it.

use crate::view::Content;
use flow::{Cx, Mode, OneOrg};
use identity::{permissions, sessions, users};
use kernel::{Fault, Permission};
use pages::{Brand, Console, NavItem, Shell, Words};
use signin::page::Page;
use std::collections::HashSet;

/// The sections, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Numbers at a glance.
    Overview,
    /// People.
    Users,
    /// What people may be given.
    Roles,
    /// Clients.
    Applications,
    /// Signing keys.
    Keys,
    /// The log.
    AuditLog,
}

const SECTIONS: [(Section, &str, &str, Permission); 6] = [
    (Section::Overview, "Overview", "portal", permissions::USERS_READ),
    (Section::Users, "Users", "portal/users", permissions::USERS_READ),
    (Section::Roles, "Roles", "portal/roles", permissions::ROLES_READ),
    (Section::Applications, "Applications", "portal/applications", permissions::CLIENTS_READ),
    (Section::Keys, "Signing keys", "portal/keys", permissions::KEYS_READ),
    (Section::AuditLog, "Audit log", "portal/audit-log", permissions::AUDIT_READ),
];

/// A page within its frame. The reader sees the sections they may enter.
pub(crate) async fn frame<M: Mode>(cx: &mut Cx<OneOrg, M>, page: &Page, content: Content) -> Result<Console, Fault> {
    let user = cx.actor.user().cloned().ok_or_else(sessions::session_required)?;
    let held: HashSet<String> =
        permissions::effective(&mut cx.tx, &user).await?.into_iter().map(|permission| permission.slug).collect();
    let account = users::load_user(&mut cx.tx, &user).await?.email;
    let entered = SECTIONS.iter().filter(|(.., needs)| held.contains(needs.slug));
    let nav = entered.map(|(section, label, path, _)| NavItem {
        label,
        href: page.path(path),
        is_current: *section == content.section,
    });
    let news = cx.request.query_pairs()?.into_iter().find(|(name, _)| name == "news");
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
}

impl News {
    const ALL: [Self; 4] = [Self::Created, Self::Saved, Self::Deleted, Self::Sent];

    /// Its name in an address.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Saved => "saved",
            Self::Deleted => "deleted",
            Self::Sent => "sent",
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
        }
    }
}

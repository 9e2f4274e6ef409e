//! Invitations: colleagues asked to join, and what became of it.

mod new;

use crate::action::{Done, Submit, Then, acts};
use crate::ask::{answer, given, items, ready, text};
use crate::audit::pager;
use crate::form::{button, page_of};
use crate::frame::{News, Section};
use crate::users::moment;
use crate::view::{Content, Page, View, words};
use flow::{Catalogue, Cx, OneOrg, Parameter, Parse, Prep, Reads, Route};
use identity::admin_invitations::{InviteUser, InviteUsers, ListUserInvitations, ResendUserInvitation, RevokeUserInvitation};
use identity::permissions::USERS_READ;
use kernel::{Fault, Permission};
use new::{NewInvitation, one, outcome, several};
use pages::{Action, Block, Cell, ConsoleWords, Link, Narrow, Search, Table};
use serde_json::Value;
use signin::page::Page as Surroundings;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<Page<Invitations>>()
        .mount::<Page<NewInvitation>>()
        .mount::<Submit<InviteOne>>()
        .mount::<Submit<InviteSeveral>>()
        .mount::<Submit<SendAgain>>()
        .mount::<Submit<TakeBack>>()
}

fn to_list(done: &Done<'_>, news: News) -> Then {
    Then::Go(done.path("invitations"), news)
}

acts! {
    in Invitations;
    /// Invite somebody.
    InviteOne = "console.invite", "/orgs/{org}/portal/invitations", InviteUser, asking one, |done| to_list(done, News::Sent);
    /// Invite several.
    InviteSeveral = "console.invite_several", "/orgs/{org}/portal/invitations/several", InviteUsers, asking several, |done| outcome(done);
    /// Send an invitation again.
    SendAgain = "console.resend_invitation", "/orgs/{org}/portal/invitations/{invitationId}/resend", ResendUserInvitation, |done| to_list(done, News::Sent);
    /// Take an invitation back.
    TakeBack = "console.revoke_invitation", "/orgs/{org}/portal/invitations/{invitationId}/revoke", RevokeUserInvitation, |done| to_list(done, News::Saved);
}

const FILTERS: [&str; 3] = ["search", "status", "page"];

/// The list.
struct Invitations;

impl View for Invitations {
    const ID: &'static str = "console.invitations";
    const SUMMARY: &'static str = "The console: invitations.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/invitations");
    const NEEDS: Permission = USERS_READ;
    type Asked = ListUserInvitations;

    fn parameters() -> Vec<Parameter> {
        ListUserInvitations::parameters().into_iter().filter(|known| FILTERS.contains(&known.name)).collect()
    }

    async fn ask(prep: &Prep) -> Result<ListUserInvitations, Fault> {
        let query = given(prep, &FILTERS)?;
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ready(prep, &query).await
    }

    async fn show(list: ListUserInvitations, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let action = format!("/orgs/{}/portal/invitations", cx.org().slug());
        let found = answer(cx, list).await?;
        let (page, sent) = (page_of(cx), cx.request.query_pairs()?);
        let find = |name: &str| sent.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default();
        let (i, t) = (&w.invitations, &w.things);
        let choices = vec![
            ("", t.anything),
            ("pending", i.waiting),
            ("accepted", i.accepted),
            ("revoked", i.revoked),
            ("expired", i.expired),
        ];
        let state = Narrow { field: "status", label: t.state, value: find("status"), choices };
        let table = Table {
            id: "invitations",
            title: i.all.to_owned(),
            columns: vec![t.email, t.roles, t.state, i.sent, i.until, i.again, i.back],
            rows: items(&found, "data").iter().map(|invitation| row(w, &page, invitation)).collect(),
            empty: i.none.to_owned(),
            search: Some(Search {
                narrowed: vec![state],
                ..Search::of(action.clone(), "search", i.search).with_value(find("search"))
            }),
            pager: pager(w, &action, &sent, &found),
            create: Some(Link { text: i.invite.to_owned(), href: format!("{action}/new") }),
        };
        Ok(Content::new(Section::Invitations, w.sections.invitations, vec![Block::Table(table)]).with_lead(i.lead))
    }
}

fn row(w: &ConsoleWords, page: &Surroundings, invitation: &Value) -> Vec<Cell> {
    let i = &w.invitations;
    let (id, email) = (text(invitation, "id"), text(invitation, "email"));
    let roles: Vec<String> = items(invitation, "roles").iter().map(|role| text(role, "name")).collect();
    let state = match text(invitation, "status").as_str() {
        "pending" => Cell::text(i.waiting),
        "accepted" => Cell::Good(i.accepted.to_owned()),
        "expired" => Cell::Warn(i.expired.to_owned()),
        _ => Cell::Warn(i.revoked.to_owned()),
    };
    let mut cells = vec![
        Cell::text(email.clone()),
        Cell::text(roles.join(", ")),
        state,
        moment(invitation, "sentAt"),
        moment(invitation, "expiresAt"),
    ];
    if text(invitation, "status") == "pending" {
        let path = format!("portal/invitations/{id}");
        let own = |action: Action| Action { id: format!("{}-{id}", action.id), ..action };
        let again = button::<SendAgain>(page, &format!("{path}/resend"), i.again, &email);
        let back = button::<TakeBack>(page, &format!("{path}/revoke"), i.back, &email);
        cells.extend([Cell::Act(own(again)), Cell::Act(own(Action { is_danger: true, ..back }))]);
    } else {
        cells.extend([Cell::Nothing, Cell::Nothing]);
    }
    cells
}

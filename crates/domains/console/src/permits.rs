//! Initial access tokens: permits for programs to register themselves as applications.

use crate::action::{Done, Submit, Then, acts, segment};
use crate::ask::{answer, items, ready, text};
use crate::form::{Asking, button, form_of, page_of};
use crate::frame::{News, Section};
use crate::users::moment;
use crate::view::{Content, Page, View, words};
use flow::{Catalogue, Cx, OneOrg, Prep, Reads, Route};
use identity::permissions::CLIENTS_READ;
use kernel::{Fault, Permission};
use op::registration::{CreateInitialToken, ListInitialTokens, RevokeInitialToken};
use pages::{Action, Block, Cell, ConsoleWords, Table};
use serde_json::Value;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<Page<Permits>>().mount::<Submit<MakePermit>>().mount::<Submit<RevokePermit>>()
}

fn new_permit(words: &'static ConsoleWords) -> Asking {
    let (w, t) = (&words.permits, &words.things);
    let fields = [
        ("name", t.name),
        ("maxUses", w.most),
        ("expiresAt", w.end),
        ("redirectHosts", w.hosts),
        ("scopes", words.applications.scopes),
    ];
    Asking::of(w.new, &fields).with_hint(w.new_hint).with_button(w.new_button)
}

acts! {
    in Permits;
    /// Make a permit.
    MakePermit = "console.create_permit", "/orgs/{org}/portal/registration", CreateInitialToken, asking new_permit, |done| shown_once(done);
    /// Revoke a permit.
    RevokePermit = "console.revoke_permit", "/orgs/{org}/portal/registration/{tokenId}/revoke", RevokeInitialToken, |done| Then::Go(done.path("registration"), News::Ended);
}

fn shown_once(done: &Done<'_>) -> Then {
    let (w, data) = (done.words, done.answer.get("data").unwrap_or(&Value::Null));
    let secret = ["token", "secret"].into_iter().map(|name| text(data, name)).find(|secret| !secret.is_empty());
    let values = vec![(text(data, "name"), secret.unwrap_or_default())];
    let block = Block::Secret { title: w.permits.made.to_owned(), hint: w.things.shown_once.to_owned(), values };
    let content = Content::new(Section::Permits, w.permits.made, vec![block]);
    Then::Show(Box::new(content.with_back(w.sections.permits, done.path("registration"))))
}

/// The list.
struct Permits;

impl View for Permits {
    const ID: &'static str = "console.permits";
    const SUMMARY: &'static str = "The console: initial access tokens.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/registration");
    const NEEDS: Permission = CLIENTS_READ;
    type Asked = ListInitialTokens;

    async fn ask(prep: &Prep) -> Result<ListInitialTokens, Fault> {
        ready(prep, &[]).await
    }

    async fn show(list: ListInitialTokens, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let (p, t) = (&w.permits, &w.things);
        let found = answer(cx, list).await?;
        let page = page_of(cx);
        let row = |permit: &Value| {
            let (id, name) = (text(permit, "id"), text(permit, "name"));
            let revoke = button::<RevokePermit>(&page, &format!("portal/registration/{}/revoke", segment(&id)), p.revoke, &name);
            let uses = match text(permit, "maxUses") {
                most if most.is_empty() => text(permit, "uses"),
                most => format!("{} / {most}", text(permit, "uses")),
            };
            vec![
                Cell::text(name),
                Cell::text(uses),
                moment(permit, "createdAt"),
                moment(permit, "expiresAt"),
                moment(permit, "lastUsedAt"),
                Cell::Act(Action { id: format!("{}-{id}", revoke.id), is_danger: true, ..revoke }),
            ]
        };
        let table = Table {
            id: "permits",
            title: p.all.to_owned(),
            columns: vec![t.name, p.uses, t.made, p.end, p.last_used, p.revoke],
            rows: items(&found, "data").iter().map(row).collect(),
            empty: p.none.to_owned(),
            ..Table::default()
        };
        let form = form_of::<MakePermit>(&page, "portal/registration", &Value::Null, &new_permit(w));
        let blocks = vec![Block::Table(table), Block::Entry(form)];
        Ok(Content::new(Section::Permits, w.sections.permits, blocks).with_lead(p.lead))
    }
}

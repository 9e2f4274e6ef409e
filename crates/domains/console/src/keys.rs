//! Signing keys, and their succession.

use crate::action::{Submit, Then, acts};
use crate::ask::{answer, items, ready, text};
use crate::form::{button, page_of};
use crate::frame::{News, Section};
use crate::users::moment;
use crate::view::{Content, Page, View, words};
use flow::{Catalogue, Cx, OneOrg, Prep, Reads, Route};
use identity::permissions::KEYS_READ;
use kernel::{Fault, Permission};
use op::keys::{ListKeys, RotateKeys};
use pages::{Block, Cell, Table};

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<Page<Keys>>().mount::<Submit<Rotate>>()
}

acts! {
    in Keys;
    /// Publish the next keys, or bring them into use.
    Rotate = "console.rotate_keys", "/orgs/{org}/portal/keys/rotate", RotateKeys, |done| Then::Go(done.path("keys"), News::Saved);
}

/// The list.
struct Keys;

impl View for Keys {
    const ID: &'static str = "console.keys";
    const SUMMARY: &'static str = "The console: signing keys.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/keys");
    const NEEDS: Permission = KEYS_READ;
    type Asked = ListKeys;

    async fn ask(prep: &Prep) -> Result<ListKeys, Fault> {
        ready(prep, &[]).await
    }

    async fn show(list: ListKeys, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let found = answer(cx, list).await?;
        let k = &w.keys;
        let rows = items(&found, "data").iter().map(|key| {
            let state = text(key, "state");
            let state = match state.as_str() {
                "active" => Cell::Good(k.active.to_owned()),
                "next" => Cell::text(k.next),
                "retired" => Cell::text(k.retired),
                _ => Cell::text(state),
            };
            vec![Cell::Code(text(key, "kid")), Cell::text(text(key, "kind")), state, moment(key, "createdAt")]
        });
        let table = Table {
            id: "keys",
            title: k.all.to_owned(),
            columns: vec![k.key, k.kind, w.things.state, w.things.made],
            rows: rows.collect(),
            empty: k.none.to_owned(),
            ..Table::default()
        };
        let rotate = button::<Rotate>(&page_of(cx), "portal/keys/rotate", k.rotate, w.sections.keys);
        let blocks = vec![Block::Table(table), Block::Actions { title: k.succession.to_owned(), actions: vec![rotate] }];
        Ok(Content::new(Section::Keys, w.sections.keys, blocks).with_lead(k.lead))
    }
}

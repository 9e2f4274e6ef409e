//! API keys: seen, made and revoked.

mod new;
mod scopes;

use crate::action::{Submit, Then, acts, segment};
use crate::ask::{answer, given, items, ready, text};
use crate::audit::pager;
use crate::form::{button, page_of};
use crate::frame::{News, Section};
use crate::users::moment;
use crate::view::{Content, Page, View, words};
use flow::{Catalogue, Cx, OneOrg, Parameter, Parse, Prep, Reads, Route};
use identity::admin_api_keys::{CreateApiKey, ListApiKeys, RevokeApiKey, ShowApiKey};
use identity::permissions::{API_KEYS_READ, API_KEYS_WRITE};
use kernel::{Fault, Permission};
use new::{NewKey, asking, shown_once};
use pages::{Action, Block, Cell, ConsoleWords, Link, Search, Table, said_with};
use serde_json::Value;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<Page<Keys>>()
        .mount::<Page<NewKey>>()
        .mount::<Page<Key>>()
        .mount::<Page<Revocation>>()
        .mount::<Submit<MakeKey>>()
        .mount::<Submit<RevokeKey>>()
}

acts! {
    in ApiKeys;
    /// Make an API key.
    MakeKey = "console.create_api_key", "/orgs/{org}/portal/api-keys", CreateApiKey, asking asking, |done| shown_once(done);
    /// Revoke an API key.
    RevokeKey = "console.revoke_api_key", "/orgs/{org}/portal/api-keys/{keyId}/revoke", RevokeApiKey, |done| Then::Go(done.path("api-keys"), News::Ended);
}

const FILTERS: [&str; 2] = ["search", "page"];

/// The list.
struct Keys;

impl View for Keys {
    const ID: &'static str = "console.api_keys";
    const SUMMARY: &'static str = "The console: API keys.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/api-keys");
    const NEEDS: Permission = API_KEYS_READ;
    type Asked = ListApiKeys;

    fn parameters() -> Vec<Parameter> {
        ListApiKeys::parameters().into_iter().filter(|known| FILTERS.contains(&known.name)).collect()
    }

    async fn ask(prep: &Prep) -> Result<ListApiKeys, Fault> {
        let query = given(prep, &FILTERS)?;
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ready(prep, &query).await
    }

    async fn show(list: ListApiKeys, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let action = format!("/orgs/{}/portal/api-keys", cx.org().slug());
        let found = answer(cx, list).await?;
        let sent = cx.request.query_pairs()?;
        let search = sent.iter().find(|(name, _)| name == "search").map(|(_, value)| value.clone()).unwrap_or_default();
        let (k, t) = (&w.api_keys, &w.things);
        let row = |key: &Value| {
            let href = format!("{action}/{}", segment(&text(key, "id")));
            vec![
                Cell::link(text(key, "name"), href),
                Cell::text(text(key, "userEmail")),
                Cell::text(scopes::in_words(w, key)),
                moment(key, "createdAt"),
                end(w, key),
                state(w, key),
            ]
        };
        let table = Table {
            id: "api-keys",
            title: k.all.to_owned(),
            columns: vec![t.name, k.acts_for, k.allows, t.made, k.until, t.state],
            rows: items(&found, "data").iter().map(row).collect(),
            empty: k.none.to_owned(),
            search: Some(Search::of(action.clone(), "search", k.search).with_value(search)),
            pager: pager(w, &action, &sent, &found),
            create: Some(Link { text: k.new.to_owned(), href: format!("{action}/new") }),
        };
        Ok(Content::new(Section::ApiKeys, w.sections.api_keys, vec![Block::Table(table)]).with_lead(k.lead))
    }
}

fn end(w: &ConsoleWords, key: &Value) -> Cell {
    match moment(key, "expiresAt") {
        Cell::Nothing => Cell::text(w.api_keys.never),
        moment => moment,
    }
}

fn state(w: &ConsoleWords, key: &Value) -> Cell {
    match text(key, "status").as_str() {
        "active" => Cell::Good(w.things.active.to_owned()),
        "expired" => Cell::Warn(w.api_keys.expired.to_owned()),
        _ => Cell::Warn(w.things.inactive.to_owned()),
    }
}

fn facts(w: &ConsoleWords, key: &Value) -> Block {
    let (k, t) = (&w.api_keys, &w.things);
    let facts = [
        (k.acts_for, Cell::text(text(key, "userEmail"))),
        (k.allows, Cell::text(scopes::in_words(w, key))),
        (k.begins, Cell::Code(format!("{}{}.", identity::api_keys::PREFIX, text(key, "id")))),
        (t.made, moment(key, "createdAt")),
        (k.until, end(w, key)),
        (t.state, state(w, key)),
    ];
    let facts = facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
    Block::Facts { title: t.glance.to_owned(), facts }
}

/// One key.
struct Key;

impl View for Key {
    const ID: &'static str = "console.api_key";
    const SUMMARY: &'static str = "The console: an API key.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/api-keys/{keyId}");
    const NEEDS: Permission = API_KEYS_READ;
    type Asked = ShowApiKey;

    async fn ask(prep: &Prep) -> Result<ShowApiKey, Fault> {
        ready(prep, &[]).await
    }

    async fn show(show: ShowApiKey, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let all = format!("/orgs/{}/portal/api-keys", cx.org().slug());
        let found = answer(cx, show).await?;
        let key = found.get("data").cloned().unwrap_or_default();
        let href = format!("{all}/{}/revoke", segment(&text(&key, "id")));
        let ways = vec![Link { text: w.api_keys.revoke.to_owned(), href }];
        let blocks = vec![facts(w, &key), Block::Ways { title: w.things.removal.to_owned(), ways }];
        Ok(Content::new(Section::ApiKeys, text(&key, "name"), blocks).with_back(w.sections.api_keys, all))
    }
}

/// Whether a key is really to be revoked.
struct Revocation;

impl View for Revocation {
    const ID: &'static str = "console.api_key_revocation";
    const SUMMARY: &'static str = "The console: the question whether an API key is to be revoked.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/api-keys/{keyId}/revoke");
    const NEEDS: Permission = API_KEYS_WRITE;
    type Asked = ShowApiKey;

    async fn ask(prep: &Prep) -> Result<ShowApiKey, Fault> {
        ready(prep, &[]).await
    }

    async fn show(show: ShowApiKey, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let k = &w.api_keys;
        let all = format!("/orgs/{}/portal/api-keys", cx.org().slug());
        let found = answer(cx, show).await?;
        let key = found.get("data").cloned().unwrap_or_default();
        let (id, name) = (segment(&text(&key, "id")), text(&key, "name"));
        let revoke = button::<RevokeKey>(&page_of(cx), &format!("portal/api-keys/{id}/revoke"), k.revoke, &name);
        let actions = vec![Action { is_danger: true, ..revoke }];
        let blocks = vec![facts(w, &key), Block::Actions { title: w.things.removal.to_owned(), actions }];
        Ok(Content::new(Section::ApiKeys, said_with(k.revoke_title, &[&name]), blocks)
            .with_lead(k.revoke_hint)
            .with_back(name, format!("{all}/{id}")))
    }
}

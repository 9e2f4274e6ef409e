//! Applications: clients, registered and changed.

use crate::action::{Done, Submit, Then, acts, segment};
use crate::ask::{answer, given, is, items, ready, text};
use crate::audit::pager;
use crate::form::{Asking, button, form_of, page_of};
use crate::frame::{News, Section};
use crate::users::moment;
use crate::view::{Content, Page, View, words};
use flow::{Catalogue, Cx, OneOrg, Prep, Reads, Route};
use identity::permissions::{CLIENTS_READ, CLIENTS_WRITE};
use kernel::{Fault, Permission};
use op::clients::admin::{
    CreateClient, DeleteClient, DisableClient, EnableClient, ListClients, RotateClientSecret, ShowClient, UpdateClient,
};
use pages::{Action, Block, Cell, ConsoleWords, Link, Search, Table};
use serde_json::Value;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<Page<Applications>>()
        .mount::<Page<NewApplication>>()
        .mount::<Page<Application>>()
        .mount::<Submit<Register>>()
        .mount::<Submit<Change>>()
        .mount::<Submit<NewSecret>>()
        .mount::<Submit<SwitchOff>>()
        .mount::<Submit<SwitchOn>>()
        .mount::<Submit<Remove>>()
}

fn new_application(words: &'static ConsoleWords) -> Asking {
    let (w, t) = (&words.applications, &words.things);
    let fields = [
        ("name", t.name),
        ("redirectUris", w.redirect_uris),
        ("postLogoutRedirectUris", w.after_sign_out),
        ("isPublic", w.is_public),
        ("grantTypes", w.grants),
        ("scopes", w.scopes),
    ];
    Asking::of(w.new_title, &fields).with_hint(t.lines).with_button(w.new_button)
}

fn changed_application(words: &'static ConsoleWords) -> Asking {
    let (w, t) = (&words.applications, &words.things);
    let fields = [
        ("name", t.name),
        ("redirectUris", w.redirect_uris),
        ("postLogoutRedirectUris", w.after_sign_out),
        ("grantTypes", w.grants),
        ("scopes", w.scopes),
        ("logoUri", w.logo),
        ("policyUri", w.policy),
        ("tosUri", w.terms),
        ("accessTokenLifetime", w.access_life),
        ("refreshTokenLifetime", w.refresh_life),
        ("firstParty", w.first_party),
        ("alwaysAskConsent", w.always_ask),
    ];
    Asking::of(w.settings, &fields).with_hint(t.lines).with_changes_only()
}

acts! {
    in Applications;
    /// Register an application.
    Register = "console.create_client", "/orgs/{org}/portal/applications", CreateClient, asking new_application, |done| shown_once(done, done.words.applications.registered);
    /// Change an application.
    Change = "console.change_client", "/orgs/{org}/portal/applications/{clientId}", UpdateClient, asking changed_application, |done| to_application(done);
    /// Give an application a new secret.
    NewSecret = "console.rotate_client_secret", "/orgs/{org}/portal/applications/{clientId}/secret", RotateClientSecret, |done| shown_once(done, done.words.applications.a_new_secret);
    /// Switch an application off.
    SwitchOff = "console.disable_client", "/orgs/{org}/portal/applications/{clientId}/disable", DisableClient, |done| to_application(done);
    /// Switch an application on.
    SwitchOn = "console.enable_client", "/orgs/{org}/portal/applications/{clientId}/enable", EnableClient, |done| to_application(done);
    /// Remove an application.
    Remove = "console.delete_client", "/orgs/{org}/portal/applications/{clientId}/delete", DeleteClient, |done| Then::Go(done.path("applications"), News::Deleted);
}

fn to_application(done: &Done<'_>) -> Then {
    Then::Go(done.about("applications", "clientId"), News::Saved)
}

/// A secret is in the answer, and never again.
fn shown_once(done: &Done<'_>, title: &str) -> Then {
    let w = &done.words.applications;
    let data = done.answer.get("data").unwrap_or(done.answer);
    let client_id = text(data, "clientId");
    let client_id =
        if client_id.is_empty() { done.request.path_param("clientId").unwrap_or_default().to_owned() } else { client_id };
    let secret = ["clientSecret", "secret"].into_iter().map(|name| text(data, name)).find(|secret| !secret.is_empty());
    let mut values = vec![("client_id".to_owned(), client_id.clone())];
    let hint = if let Some(secret) = secret {
        values.push(("client_secret".to_owned(), secret));
        done.words.things.shown_once
    } else {
        w.no_secret
    };
    let block = Block::Secret { title: w.needs.to_owned(), hint: hint.to_owned(), values };
    let back = done.path(&format!("applications/{}", segment(&client_id)));
    Then::Show(Box::new(Content::new(Section::Applications, title, vec![block]).with_back(w.to_application, back)))
}

/// The list.
struct Applications;

impl View for Applications {
    const ID: &'static str = "console.applications";
    const SUMMARY: &'static str = "The console: applications.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/applications");
    const NEEDS: Permission = CLIENTS_READ;
    type Asked = ListClients;

    async fn ask(prep: &Prep) -> Result<ListClients, Fault> {
        let query = given(prep, &["search", "page"])?;
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ready(prep, &query).await
    }

    async fn show(list: ListClients, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let action = format!("/orgs/{}/portal/applications", cx.org().slug());
        let found = answer(cx, list).await?;
        let sent = cx.request.query_pairs()?;
        let search = sent.iter().find(|(name, _)| name == "search").map(|(_, value)| value.clone()).unwrap_or_default();
        let row = |client: &Value| {
            let id = text(client, "clientId");
            let name = [text(client, "name"), id.clone()].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
            let kind = if is(client, "isPublic") { w.applications.in_browser } else { w.applications.on_server };
            vec![Cell::link(name, format!("{action}/{}", segment(&id))), Cell::Code(id), Cell::text(kind), state(w, client)]
        };
        let table = Table {
            id: "applications",
            title: w.applications.all.to_owned(),
            columns: vec![w.things.name, "client_id", w.applications.runs, w.things.state],
            rows: items(&found, "data").iter().map(row).collect(),
            empty: w.applications.none.to_owned(),
            search: Some(Search::of(action.clone(), "search", w.applications.search).with_value(search)),
            pager: pager(w, &action, &sent, &found),
            create: Some(Link { text: w.applications.new.to_owned(), href: format!("{action}/new") }),
        };
        Ok(Content::new(Section::Applications, w.sections.applications, vec![Block::Table(table)]).with_lead(w.applications.lead))
    }
}

fn state(w: &ConsoleWords, client: &Value) -> Cell {
    if is(client, "isActive") { Cell::Good(w.things.on.to_owned()) } else { Cell::Warn(w.things.off.to_owned()) }
}

/// The form for a new application.
struct NewApplication;

impl View for NewApplication {
    const ID: &'static str = "console.new_application";
    const SUMMARY: &'static str = "The console: the form for a new application.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/applications/new");
    const NEEDS: Permission = CLIENTS_WRITE;
    type Asked = ();

    async fn ask(_: &Prep) -> Result<(), Fault> {
        Ok(())
    }

    async fn show((): (), cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let back = format!("/orgs/{}/portal/applications", cx.org().slug());
        let form = form_of::<Register>(&page_of(cx), "portal/applications", &Value::Null, &new_application(w));
        Ok(Content::new(Section::Applications, w.applications.new, vec![Block::Entry(form)])
            .with_back(w.sections.applications, back))
    }
}

/// One application.
struct Application;

impl View for Application {
    const ID: &'static str = "console.application";
    const SUMMARY: &'static str = "The console: an application.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/applications/{clientId}");
    const NEEDS: Permission = CLIENTS_READ;
    type Asked = ShowClient;

    async fn ask(prep: &Prep) -> Result<ShowClient, Fault> {
        ready(prep, &[]).await
    }

    async fn show(show: ShowClient, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let back = format!("/orgs/{}/portal/applications", cx.org().slug());
        let issuer = cx.issuer();
        let found = answer(cx, show).await?;
        let client = found.get("data").cloned().unwrap_or_default();
        let facts = [
            ("client_id", Cell::Code(text(&client, "clientId"))),
            (w.applications.issuer, Cell::Code(issuer)),
            (w.things.state, state(w, &client)),
            (w.applications.registered, moment(&client, "createdAt")),
        ];
        let facts = facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
        let page = page_of(cx);
        let (id, name) = (text(&client, "clientId"), text(&client, "name"));
        let path = format!("portal/applications/{}", segment(&id));
        let form = form_of::<Change>(&page, &path, &client, &changed_application(w));
        let mut actions = Vec::new();
        if !is(&client, "isPublic") {
            actions.push(button::<NewSecret>(&page, &format!("{path}/secret"), w.applications.new_secret, &name));
        }
        actions.push(if is(&client, "isActive") {
            button::<SwitchOff>(&page, &format!("{path}/disable"), w.applications.switch_off, &name)
        } else {
            button::<SwitchOn>(&page, &format!("{path}/enable"), w.applications.switch_on, &name)
        });
        let delete = button::<Remove>(&page, &format!("{path}/delete"), w.applications.delete, &name);
        let blocks = vec![
            Block::Facts { title: w.things.glance.to_owned(), facts },
            Block::Entry(form),
            Block::Actions { title: w.things.access.to_owned(), actions },
            Block::Actions { title: w.things.removal.to_owned(), actions: vec![Action { is_danger: true, ..delete }] },
        ];
        Ok(Content::new(Section::Applications, name, blocks).with_back(w.sections.applications, back))
    }
}

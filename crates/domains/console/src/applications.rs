//! Applications: clients, registered and changed.

use crate::action::{Done, Submit, Then, acts, segment};
use crate::ask::{answer, given, is, items, ready, text};
use crate::audit::pager;
use crate::form::{Asking, button, form_of, page_of};
use crate::frame::{News, Section};
use crate::users::moment;
use crate::view::{Content, Page, View};
use flow::{Catalogue, Cx, OneOrg, Prep, Reads, Route};
use identity::permissions::{CLIENTS_READ, CLIENTS_WRITE};
use kernel::{Fault, Permission};
use op::clients::admin::{
    CreateClient, DeleteClient, DisableClient, EnableClient, ListClients, RotateClientSecret, ShowClient, UpdateClient,
};
use pages::{Action, Block, Cell, Link, Search, Table};
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

const HINT: &str = "Lists are written one entry to a line.";

fn new_application() -> Asking {
    let fields = [
        ("name", "Name"),
        ("redirectUris", "Redirect URIs"),
        ("postLogoutRedirectUris", "Addresses after sign-out"),
        ("isPublic", "Runs in a browser or on a device"),
        ("grantTypes", "Grants"),
        ("scopes", "Scopes"),
    ];
    Asking::of("What is it?", &fields).with_hint(HINT).with_button("Register application")
}

fn changed_application() -> Asking {
    let fields = [
        ("name", "Name"),
        ("redirectUris", "Redirect URIs"),
        ("postLogoutRedirectUris", "Addresses after sign-out"),
        ("grantTypes", "Grants"),
        ("scopes", "Scopes"),
        ("logoUri", "Logo"),
        ("policyUri", "Privacy policy"),
        ("tosUri", "Terms"),
        ("accessTokenLifetime", "Life of access tokens, in seconds"),
        ("refreshTokenLifetime", "Life of refresh tokens, in seconds"),
        ("firstParty", "The organization's own"),
        ("alwaysAskConsent", "Ask for consent each time"),
    ];
    Asking::of("Settings", &fields).with_hint(HINT).with_changes_only()
}

acts! {
    in Applications;
    /// Register an application.
    Register = "console.create_client", "/orgs/{org}/portal/applications", CreateClient, asking new_application(), |done| shown_once(done, "Registered");
    /// Change an application.
    Change = "console.change_client", "/orgs/{org}/portal/applications/{clientId}", UpdateClient, asking changed_application(), |done| to_application(done);
    /// Give an application a new secret.
    NewSecret = "console.rotate_client_secret", "/orgs/{org}/portal/applications/{clientId}/secret", RotateClientSecret, |done| shown_once(done, "A new secret");
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
    let data = done.answer.get("data").unwrap_or(done.answer);
    let client_id = text(data, "clientId");
    let client_id =
        if client_id.is_empty() { done.request.path_param("clientId").unwrap_or_default().to_owned() } else { client_id };
    let secret = ["clientSecret", "secret"].into_iter().map(|name| text(data, name)).find(|secret| !secret.is_empty());
    let mut values = vec![("client_id".to_owned(), client_id.clone())];
    let hint = if let Some(secret) = secret {
        values.push(("client_secret".to_owned(), secret));
        "Keep the secret now: it is shown this once."
    } else {
        "It has no secret."
    };
    let block = Block::Secret { title: "What the application needs".to_owned(), hint: hint.to_owned(), values };
    let back = done.path(&format!("applications/{}", segment(&client_id)));
    Then::Show(Box::new(Content::new(Section::Applications, title, vec![block]).with_back("To the application", back)))
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
        let action = format!("/orgs/{}/portal/applications", cx.org().slug());
        let found = answer(cx, list).await?;
        let sent = cx.request.query_pairs()?;
        let search = sent.iter().find(|(name, _)| name == "search").map(|(_, value)| value.clone()).unwrap_or_default();
        let row = |client: &Value| {
            let id = text(client, "clientId");
            let name = [text(client, "name"), id.clone()].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
            let kind = if is(client, "isPublic") { "in a browser or on a device" } else { "on a server" };
            vec![Cell::link(name, format!("{action}/{}", segment(&id))), Cell::Code(id), Cell::text(kind), state(client)]
        };
        let table = Table {
            id: "applications",
            title: "All applications".to_owned(),
            columns: vec!["Name", "client_id", "Where it runs", "State"],
            rows: items(&found, "data").iter().map(row).collect(),
            empty: "No application fits.".to_owned(),
            search: Some(Search::of(action.clone(), "search", "Name or client_id").with_value(search)),
            pager: pager(&action, &sent, &found),
            create: Some(Link { text: "New application".to_owned(), href: format!("{action}/new") }),
        };
        let lead = "What people sign in to, and programs that act for themselves.";
        Ok(Content::new(Section::Applications, "Applications", vec![Block::Table(table)]).with_lead(lead))
    }
}

fn state(client: &Value) -> Cell {
    if is(client, "isActive") { Cell::Good("on".to_owned()) } else { Cell::Warn("off".to_owned()) }
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
        let back = format!("/orgs/{}/portal/applications", cx.org().slug());
        let form = form_of::<Register>(&page_of(cx), "portal/applications", &Value::Null, &new_application());
        Ok(Content::new(Section::Applications, "New application", vec![Block::Entry(form)]).with_back("Applications", back))
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
        let back = format!("/orgs/{}/portal/applications", cx.org().slug());
        let issuer = cx.issuer();
        let found = answer(cx, show).await?;
        let client = found.get("data").cloned().unwrap_or_default();
        let facts = [
            ("client_id", Cell::Code(text(&client, "clientId"))),
            ("Issuer", Cell::Code(issuer)),
            ("State", state(&client)),
            ("Registered", moment(&client, "createdAt")),
        ];
        let facts = facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
        let page = page_of(cx);
        let (id, name) = (text(&client, "clientId"), text(&client, "name"));
        let path = format!("portal/applications/{}", segment(&id));
        let form = form_of::<Change>(&page, &path, &client, &changed_application());
        let mut actions = Vec::new();
        if !is(&client, "isPublic") {
            actions.push(button::<NewSecret>(&page, &format!("{path}/secret"), "New secret", &name));
        }
        actions.push(if is(&client, "isActive") {
            button::<SwitchOff>(&page, &format!("{path}/disable"), "Switch off", &name)
        } else {
            button::<SwitchOn>(&page, &format!("{path}/enable"), "Switch on", &name)
        });
        let delete = button::<Remove>(&page, &format!("{path}/delete"), "Delete this application", &name);
        let blocks = vec![
            Block::Facts { title: "At a glance".to_owned(), facts },
            Block::Entry(form),
            Block::Actions { title: "Access".to_owned(), actions },
            Block::Actions { title: "Removal".to_owned(), actions: vec![Action { is_danger: true, ..delete }] },
        ];
        Ok(Content::new(Section::Applications, name, blocks).with_back("Applications", back))
    }
}

//! Sessions: who is signed in, from where, and an end to it.

use crate::action::{Submit, Then, acts, segment};
use crate::ask::{answer, given, items, ready, text};
use crate::audit::pager;
use crate::form::{Asking, button, form_of, page_of};
use crate::frame::{News, Section};
use crate::users::moment;
use crate::view::{Content, Page, View, words};
use flow::{Catalogue, Cx, OneOrg, Parameter, Parse, Prep, Reads, Route};
use identity::admin_sessions::{EndEverySession, EndOneSession, ListSessions};
use identity::permissions::SESSIONS_READ;
use kernel::{Fault, Permission};
use pages::{Action, Block, Cell, ConsoleWords, Search, Table};
use serde_json::Value;
use signin::account::device;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<Page<Sessions>>().mount::<Submit<End>>().mount::<Submit<EndAll>>()
}

fn everybody(words: &'static ConsoleWords) -> Asking {
    let w = &words.sessions;
    Asking::of(w.everybody, &[("confirm", w.confirm)]).with_hint(w.everybody_hint).with_button(w.end_all).with_danger()
}

acts! {
    in Sessions;
    /// End a session.
    End = "console.end_session", "/orgs/{org}/portal/sessions/{sessionId}/end", EndOneSession, |done| Then::Go(done.path("sessions"), News::Ended);
    /// End every session.
    EndAll = "console.end_all_sessions", "/orgs/{org}/portal/sessions/end-all", EndEverySession, asking everybody, |done| Then::Go(done.path("sessions"), News::Ended);
}

const FILTERS: [&str; 3] = ["userId", "ipAddress", "page"];

/// The list.
struct Sessions;

impl View for Sessions {
    const ID: &'static str = "console.sessions";
    const SUMMARY: &'static str = "The console: sessions.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/sessions");
    const NEEDS: Permission = SESSIONS_READ;
    type Asked = ListSessions;

    fn parameters() -> Vec<Parameter> {
        ListSessions::parameters().into_iter().filter(|known| FILTERS.contains(&known.name)).collect()
    }

    async fn ask(prep: &Prep) -> Result<ListSessions, Fault> {
        let query = given(prep, &FILTERS)?;
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ready(prep, &query).await
    }

    async fn show(list: ListSessions, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let portal = format!("/orgs/{}/portal", cx.org().slug());
        let action = format!("{portal}/sessions");
        let found = answer(cx, list).await?;
        let (page, sent) = (page_of(cx), cx.request.query_pairs()?);
        let whose = sent.iter().find(|(name, _)| name == "userId").map(|(_, value)| value.clone()).unwrap_or_default();
        let row = |session: &Value| {
            let (number, email) = (text(session, "id"), text(session, "userEmail"));
            let end = button::<End>(&page, &format!("portal/sessions/{}/end", segment(&number)), w.sessions.end, &email);
            vec![
                Cell::link(email, format!("{portal}/users/{}", segment(&text(session, "userId")))),
                Cell::text(text(session, "ipAddress")),
                Cell::text(device(Some(&text(session, "userAgent")))),
                moment(session, "createdAt"),
                moment(session, "lastActivityAt"),
                Cell::Act(Action { id: format!("{}-{number}", end.id), ..end }),
            ]
        };
        let s = &w.sessions;
        let table = Table {
            id: "sessions",
            title: s.now.to_owned(),
            columns: vec![w.things.who, s.from, s.with, s.since, s.last_seen, s.end],
            rows: items(&found, "data").iter().map(row).collect(),
            empty: s.none.to_owned(),
            search: Some(Search::of(action.clone(), "userId", s.search).with_value(whose)),
            pager: pager(w, &action, &sent, &found),
            create: None,
        };
        let end_all = form_of::<EndAll>(&page, "portal/sessions/end-all", &Value::Null, &everybody(w));
        Ok(Content::new(Section::Sessions, w.sections.sessions, vec![Block::Table(table), Block::Entry(end_all)])
            .with_lead(s.lead))
    }
}

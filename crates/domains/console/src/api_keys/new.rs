//! Making a key, and showing it once.

use super::MakeKey;
use super::scopes;
use crate::action::{Done, Then};
use crate::ask::text;
use crate::form::{Asking, form_of, page_of};
use crate::frame::Section;
use crate::view::{Content, View, words};
use flow::{Cx, OneOrg, Prep, Reads, Route};
use identity::admin_api_keys::{KeyScope, grantable};
use identity::permissions::API_KEYS_WRITE;
use kernel::{Fault, Permission};
use pages::{Block, ConsoleWords};
use serde_json::{Value, json};

/// For how long a key works if nothing else is said.
const DAYS: u32 = 90;

pub(super) fn asking(words: &'static ConsoleWords) -> Asking {
    asking_for(words, &KeyScope::all())
}

fn asking_for(words: &'static ConsoleWords, choices: &[KeyScope]) -> Asking {
    let (w, t) = (&words.api_keys, &words.things);
    let fields = [("name", t.name), ("expiresInDays", w.days), ("scopes", w.allows)];
    let asking = Asking::of(w.new_title, &fields).with_hint(w.new_hint).with_button(w.new_button);
    asking.with_boxes("scopes", scopes::boxes(words, choices))
}

/// The key is in the answer, and never again.
pub(super) fn shown_once(done: &Done<'_>) -> Then {
    let (w, data) = (done.words, done.answer.get("data").unwrap_or(&Value::Null));
    let values = vec![(text(data, "name"), text(data, "secret"))];
    let block = Block::Secret { title: w.api_keys.sent.to_owned(), hint: w.things.shown_once.to_owned(), values };
    let content = Content::new(Section::ApiKeys, w.api_keys.made, vec![block]);
    Then::Show(Box::new(content.with_back(w.sections.api_keys, done.path("api-keys"))))
}

/// The form for a new key, with a box for whatever its reader may give away.
pub(super) struct NewKey;

impl View for NewKey {
    const ID: &'static str = "console.new_api_key";
    const SUMMARY: &'static str = "The console: the form for a new API key.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/api-keys/new");
    const NEEDS: Permission = API_KEYS_WRITE;
    type Asked = ();

    async fn ask(_: &Prep) -> Result<(), Fault> {
        Ok(())
    }

    async fn show((): (), cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let back = format!("/orgs/{}/portal/api-keys", cx.org().slug());
        let choices = grantable(&mut cx.tx, &cx.actor).await?;
        let known = json!({ "expiresInDays": DAYS });
        let form = form_of::<MakeKey>(&page_of(cx), "portal/api-keys", &known, &asking_for(w, &choices));
        Ok(Content::new(Section::ApiKeys, w.api_keys.new, vec![Block::Entry(form)]).with_back(w.sections.api_keys, back))
    }
}

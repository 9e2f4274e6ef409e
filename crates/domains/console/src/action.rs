//! A form of the console: an operation of the API, with its fields from the form.

use crate::ask::encoded;
use crate::form::{Asking, as_json, form_again};
use crate::frame::{News, Section, frame};
use crate::view::{self, Content};
use flow::{
    Answer, Body, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Reply, Route, Surface, Verdict, Writes,
};
use identity::browser;
use kernel::{Access, Fault, FaultKind, Limit, Permission, Secret};
use pages::fields::CSRF;
use pages::{Block, ConsoleWords};
use serde_json::Value;
use signin::page::{Page, see_other};
use std::marker::PhantomData;

/// A form of the console.
pub trait Act: Send + Sync + 'static {
    /// `console.create_user`.
    const ID: &'static str;
    /// Where the form goes. Placeholders are called as the operation calls them.
    const ROUTE: Route;
    /// The section its page belongs to.
    const SECTION: Section;
    /// What it does.
    type Operation: Operation<Scope = OneOrg, Mode = Writes>;

    /// What it asks for; nothing for a button.
    fn asks(_: &'static ConsoleWords) -> Option<Asking> {
        None
    }
    /// What follows when it was done; `answer` is what the API would have said.
    fn then(done: &Done<'_>) -> Then;
}

/// What was done.
pub struct Done<'a> {
    /// The organization's slug.
    pub org: &'a str,
    /// The request.
    pub request: &'a Incoming,
    /// The answer of the API.
    pub answer: &'a Value,
    /// The reader's language.
    pub words: &'static ConsoleWords,
}

impl Done<'_> {
    /// A page of the console: `users/u1`.
    pub fn path(&self, page: &str) -> String {
        format!("/orgs/{}/portal/{page}", self.org)
    }
    /// What the form sent along under this name.
    pub fn sent(&self, name: &str) -> Option<String> {
        let sent = pairs(self.request).ok()?;
        sent.into_iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value)
    }
    /// The page of the console that this was about: a placeholder of the path.
    pub fn about(&self, section: &str, placeholder: &str) -> String {
        let id = self.request.path_param(placeholder).unwrap_or_default();
        self.path(&format!("{section}/{}", segment(id)))
    }
}

/// A value as one segment of a path.
pub(crate) fn segment(value: &str) -> String {
    percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// What follows.
pub enum Then {
    /// The browser goes there.
    Go(String, News),
    /// This page is shown at once: it holds something that is shown only now.
    Show(Box<Content>),
}

/// The fields of a form as the operation's own input.
pub struct Submitted<A: Act> {
    csrf: Secret,
    input: <A::Operation as Operation>::Input,
    act: PhantomData<A>,
}

impl<A: Act> Parse for Submitted<A> {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let sent = pairs(incoming)?;
        let csrf = sent.iter().find(|(name, _)| name == CSRF).map(|(_, value)| Secret::new(value.as_str()));
        let parameters = <A::Operation as Operation>::Input::parameters();
        let is_query = |name: &str| parameters.iter().any(|known| known.name == name && known.source == flow::Source::Query);
        let (query, fields): (Vec<_>, Vec<_>) =
            sent.into_iter().filter(|(name, _)| name != CSRF).partition(|(name, _)| is_query(name));
        let query: Vec<(&str, &str)> =
            query.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut inner = Incoming { query: encoded(&query), body: Vec::new(), ..incoming.clone() };
        if !fields.is_empty() {
            inner.body = as_json(&fields, &parameters).to_string().into_bytes();
            inner.headers.retain(|(name, _)| name != "content-type");
            inner.headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let input = <A::Operation as Operation>::Input::parse(&inner)?;
        Ok(Self { csrf: csrf.unwrap_or_default(), input, act: PhantomData })
    }
    fn parameters() -> Vec<Parameter> {
        let csrf = Parameter {
            name: CSRF,
            source: flow::Source::Body,
            is_required: true,
            schema: serde_json::json!({ "type": "string" }),
            description: "The anti-forgery token.",
        };
        // What the API takes from the address, a form sends along.
        let sent = |parameter: Parameter| match parameter.source {
            flow::Source::Query => Parameter { source: flow::Source::Body, ..parameter },
            _ => parameter,
        };
        std::iter::once(csrf).chain(<A::Operation as Operation>::Input::parameters().into_iter().map(sent)).collect()
    }
}

/// The fields of a form.
fn pairs(incoming: &Incoming) -> Result<Vec<(String, String)>, Fault> {
    let text = std::str::from_utf8(&incoming.body).unwrap_or_default();
    Incoming { query: text.to_owned(), ..Incoming::default() }.query_pairs()
}

impl<A: Act> Prepare<Submit<A>> for Submitted<A> {
    async fn prepare(self, prep: &Prep) -> Result<Submit<A>, Fault> {
        browser::check_csrf(prep.services(), prep.organization()?, &prep.request, &self.csrf)?;
        self.input.prepare(prep).await.map(Submit)
    }
}

/// The form as an operation.
pub struct Submit<A: Act>(A::Operation);

impl<A: Act> Clone for Submit<A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<A: Act> Operation for Submit<A> {
    const ID: &'static str = A::ID;
    const SUMMARY: &'static str = A::Operation::SUMMARY;
    const ROUTE: Route = A::ROUTE;
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = at_console(A::Operation::ACCESS);
    const LIMIT: Limit = A::Operation::LIMIT;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Submitted<A>;
    type Output = Answer;
    type Event = <A::Operation as Operation>::Event;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Self::Event>, Fault> {
        Ok(match self.0.run(cx).await? {
            Verdict::Done(output, event) => Verdict::Done(follow::<A>(cx, output.reply()?).await?, event),
            Verdict::RefusedWith(output, event) => Verdict::RefusedWith(follow::<A>(cx, output.reply()?).await?, event),
            Verdict::Refused(fault, event) => Verdict::Refused(fault, event),
            Verdict::RefusedAgain(fault, why) => Verdict::RefusedAgain(fault, why),
        })
    }

    async fn refused(prep: &Prep, fault: &Fault) -> Option<Answer> {
        // Where it can't be shown, the usual page says what was wrong.
        again::<A>(prep, fault).await.unwrap_or_default()
    }
}

/// The form once more, with what was typed and what is wrong: nobody types it twice. Only a form of ours comes back.
async fn again<A: Act>(prep: &Prep, fault: &Fault) -> Result<Option<Answer>, Fault> {
    let status = match fault.kind {
        FaultKind::Invalid => 400,
        FaultKind::Conflict => 409,
        FaultKind::Unprocessable => 422,
        _ => return Ok(None),
    };
    let org = prep.organization()?.clone();
    let page = Page::new(prep.services(), &org, &prep.request, None);
    let words = &page.words().console;
    let Some(asking) = A::asks(words) else { return Ok(None) };
    let sent = pairs(&prep.request)?;
    let csrf = sent.iter().find(|(name, _)| name == CSRF).map(|(_, value)| Secret::new(value.as_str()));
    browser::check_csrf(prep.services(), &org, &prep.request, &csrf.unwrap_or_default())?;
    let own = format!("/orgs/{}/", org.slug());
    let path = prep.request.path.strip_prefix(&own).unwrap_or_default();
    let form = form_again::<A>(&page, path, &sent, fault, &asking);
    let back = page.path(A::SECTION.path());
    let content = Content::new(A::SECTION, form.title.clone(), vec![Block::Entry(form)]).with_back(A::SECTION.label(words), back);
    let work = |mut tx| {
        let (page, content) = (&page, content.clone());
        async move {
            let framed = frame(&mut tx, &prep.actor, &prep.request, page, content).await;
            (tx, framed)
        }
    };
    let framed = prep.services().store.read(OneOrg::new(org.clone()), work).await??;
    Ok(Some(page.show(status, framed.html(), framed.policy())))
}

/// The door of an operation of the API, as the console has it.
const fn at_console(access: Access) -> Access {
    const NOBODY: Permission = Permission { slug: "", scope: "", writes: true };
    match access {
        Access::Permission(permission) => Access::Console(permission),
        _ => Access::Console(NOBODY),
    }
}

async fn follow<A: Act>(cx: &mut Cx<OneOrg, Writes>, answer: Answer) -> Result<Answer, Fault> {
    let answer = match &answer.body {
        Body::Json(text) => serde_json::from_str(text).map_err(Fault::internal)?,
        _ => Value::Null,
    };
    let request = cx.request.clone();
    let org = cx.org().slug().to_owned();
    let words = crate::view::words(cx);
    match A::then(&Done { org: &org, request: &request, answer: &answer, words }) {
        Then::Go(path, news) => {
            let mark = if path.contains('?') { '&' } else { '?' };
            Ok(see_other(format!("{path}{mark}news={}", news.as_str())))
        }
        Then::Show(content) => view::answer(cx, *content).await,
    }
}

/// Declare the forms of a section: id, where each goes, the operation behind it, what it asks for (nothing for a button), and what
/// follows.
macro_rules! acts {
    (in $section:ident; $($(#[$doc:meta])* $name:ident = $id:expr, $route:expr, $operation:ty, $(asking $asking:expr,)? |$done:ident| $then:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl $crate::action::Act for $name {
            const ID: &'static str = $id;
            const ROUTE: flow::Route = flow::Route::post($route);
            const SECTION: $crate::frame::Section = $crate::frame::Section::$section;
            type Operation = $operation;

            $(fn asks(words: &'static pages::ConsoleWords) -> Option<$crate::form::Asking> {
                let asking: fn(&'static pages::ConsoleWords) -> $crate::form::Asking = $asking;
                Some(asking(words))
            })?
            fn then($done: &$crate::action::Done<'_>) -> $crate::action::Then {
                $then
            }
        }
    )*};
}
pub(crate) use acts;

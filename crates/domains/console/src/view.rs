//! A page of the console: what it asks of the API, and how it shows the answers.

use crate::frame::{Section, frame};
use flow::{Answer, Cx, Incoming, Mode, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Permission, Silent};
use pages::{Block, ConsoleWords, Link};
use std::marker::PhantomData;

/// A page of the console.
pub trait View: Send + Sync + 'static {
    /// `console.users`.
    const ID: &'static str;
    /// One sentence.
    const SUMMARY: &'static str;
    /// Where it is.
    const ROUTE: Route;
    /// Other places that lead here: where its forms go to, for somebody who comes back from signing in.
    const ALSO: &'static [Route] = &[];
    /// What its reader must hold.
    const NEEDS: Permission;
    /// The operations it asks.
    type Asked: Clone + Send + Sync + 'static;

    /// What its address takes.
    fn parameters() -> Vec<Parameter> {
        Vec::new()
    }
    /// Get the operations ready.
    ///
    /// # Errors
    /// Whatever they refuse.
    fn ask(prep: &Prep) -> impl Future<Output = Result<Self::Asked, Fault>> + Send;
    /// Ask them, and put the page together.
    ///
    /// # Errors
    /// Whatever they refuse.
    fn show(asked: Self::Asked, cx: &mut Cx<OneOrg, Reads>) -> impl Future<Output = Result<Content, Fault>> + Send;
}

/// What is on a page, within the frame all pages share.
#[derive(Clone)]
pub struct Content {
    /// The section it belongs to.
    pub section: Section,
    /// The page it belongs to.
    pub back: Option<Link>,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub lead: Option<String>,
    /// Its parts.
    pub blocks: Vec<Block>,
}

impl Content {
    /// A page of a section.
    pub fn new(section: Section, title: impl Into<String>, blocks: Vec<Block>) -> Self {
        Self { section, back: None, title: title.into(), lead: None, blocks }
    }
    /// The same with a sentence about it.
    #[must_use]
    pub fn with_lead(mut self, lead: impl Into<String>) -> Self {
        self.lead = Some(lead.into());
        self
    }
    /// The same with a way back.
    #[must_use]
    pub fn with_back(mut self, text: impl Into<String>, href: impl Into<String>) -> Self {
        self.back = Some(Link { text: text.into(), href: href.into() });
        self
    }
}

/// The page as a request.
pub struct Visit<V>(PhantomData<V>);

impl<V: View> Parse for Visit<V> {
    fn parse(_: &Incoming) -> Result<Self, Fault> {
        Ok(Self(PhantomData))
    }
    fn parameters() -> Vec<Parameter> {
        V::parameters()
    }
}

impl<V: View> Prepare<Page<V>> for Visit<V> {
    async fn prepare(self, prep: &Prep) -> Result<Page<V>, Fault> {
        V::ask(prep).await.map(Page)
    }
}

/// The page as an operation.
pub struct Page<V: View>(V::Asked);

impl<V: View> Clone for Page<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V: View> Operation for Page<V> {
    const ID: &'static str = V::ID;
    const SUMMARY: &'static str = V::SUMMARY;
    const ROUTE: Route = V::ROUTE;
    const ALSO: &'static [Route] = V::ALSO;
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Console(V::NEEDS);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Visit<V>;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let content = V::show(self.0, cx).await?;
        Ok(Verdict::Done(answer(cx, content).await?, Silent))
    }
}

/// The console in the reader's language.
pub(crate) fn words<M: Mode>(cx: &Cx<OneOrg, M>) -> &'static ConsoleWords {
    &signin::page::Page::of(cx).words().console
}

/// The page around its content.
pub(crate) async fn answer<M: Mode>(cx: &mut Cx<OneOrg, M>, content: Content) -> Result<Answer, Fault> {
    let page = signin::page::Page::of(cx);
    let console = frame(&mut cx.tx, &cx.actor, &cx.request, &page, content).await?;
    let (html, policy) = (console.html(), console.policy());
    Ok(page.show(200, html, policy))
}

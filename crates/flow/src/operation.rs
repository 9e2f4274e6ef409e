//! One endpoint, one value.

use crate::{Answer, Cx, Parse, Prep, Reply};
use kernel::{Access, Denial, Event, Fault, Limit, Loud};
use store::{OneOrg, Org, Platform, Scope};

/// An endpoint. The implementing type holds what one call needs, already known to be good; everything about the endpoint that
/// documentation, runner and tests need is declared beside it.
pub trait Operation: Clone + Send + Sync + 'static {
    /// `users.block`.
    const ID: &'static str;
    /// One sentence for the API reference.
    const SUMMARY: &'static str;
    /// Where it is.
    const ROUTE: Route;
    /// Other places where the same thing is found.
    const ALSO: &'static [Route] = &[];
    /// How its answers and errors look.
    const SURFACE: Surface;
    /// Who may call it.
    const ACCESS: Access;
    /// Its rate class.
    const LIMIT: Limit = Limit::Standard;
    /// The no's of its own: states in which it can't be done. What every operation refuses for its route, access rule and input
    /// goes without saying.
    const DENIALS: &'static [Denial] = &[];
    /// One organization's data, or the platform's.
    type Scope: ResolveScope;
    /// What it does to the data: [`Reads`](store::Reads), [`SensitiveReads`] or [`Writes`](store::Writes).
    type Mode: Mode;
    /// What it takes. Often the operation itself.
    type Input: Parse + Prepare<Self>;
    /// What it answers.
    type Output: Reply;
    /// What it records.
    type Event: Event + Audits<Self::Mode>;

    /// Do it, inside the transaction. There is no way to reach anything but the database from here, so it may be run again.
    ///
    /// # Errors
    /// A [`Fault`] means that nothing is kept. To say no and keep effects, return [`Verdict::Refused`].
    fn run(
        self,
        cx: &mut Cx<Self::Scope, Self::Mode>,
    ) -> impl Future<Output = Result<Verdict<Self::Output, Self::Event>, Fault>> + Send;

    /// How a refusal looks where it isn't what its surface makes of it: a form, shown again with what is wrong. By then the refusal
    /// has been recorded and nothing was kept.
    fn refused(_: &Prep, _: &Fault) -> impl Future<Output = Option<Answer>> + Send {
        async { None }
    }
}

/// How an operation ended. (`Err(Fault)` is the third ending: nothing is kept.)
#[must_use]
#[derive(Debug)]
pub enum Verdict<T, E> {
    /// It worked; effects and event commit together.
    Done(T, E),
    /// The caller is told no, yet effects and event are kept: code replay, wrong password.
    Refused(Fault, E),
    /// The same, but the caller is told in the operation's own words: a form shown again with what is wrong.
    RefusedWith(T, E),
    /// The caller is told no and effects are kept, without an event, for the log said so a moment ago. The reason says why that is enough.
    RefusedAgain(Fault, &'static str),
}

/// What happens between parsing and the transaction: calls to others, hashing, checks against a read view.
pub trait Prepare<O>: Sized + Send {
    /// Turn the parsed input into the operation.
    fn prepare(self, prep: &Prep) -> impl Future<Output = Result<O, Fault>> + Send;
}

/// Most operations are their own input: nothing to prepare.
impl<O: Send> Prepare<O> for O {
    async fn prepare(self, _: &Prep) -> Result<O, Fault> {
        Ok(self)
    }
}

/// What an operation does to the data.
pub trait Mode: crate::runner::Execute + Send + Sync + 'static {
    /// The transaction it gets.
    type Tx: store::Mode;
    /// Whether it changes anything.
    const WRITES: bool;
    /// Whether every call is recorded.
    const RECORDED: bool;
}

/// A read that is recorded: exports, other people's data.
#[derive(Debug)]
pub struct SensitiveReads;

impl Mode for store::Reads {
    type Tx = store::Reads;
    const WRITES: bool = false;
    const RECORDED: bool = false;
}
impl Mode for SensitiveReads {
    type Tx = store::Reads;
    const WRITES: bool = false;
    const RECORDED: bool = true;
}
impl Mode for store::Writes {
    type Tx = store::Writes;
    const WRITES: bool = true;
    const RECORDED: bool = true;
}

/// Which events go with which mode: only plain reads may be silent. A writing operation that records nothing doesn't compile:
///
/// ```compile_fail
/// # use flow::{Audits, Writes};
/// fn writes_with<E: Audits<Writes>>() {}
/// writes_with::<kernel::Silent>();
/// ```
pub trait Audits<M: Mode>: Event {}

impl<E: Event> Audits<store::Reads> for E {}
impl<E: Loud> Audits<SensitiveReads> for E {}
impl<E: Loud> Audits<store::Writes> for E {}

/// A scope an operation can ask for.
pub trait ResolveScope: Scope {
    /// From the organization of the request, if it has one.
    ///
    /// # Errors
    /// If the operation needs an organization and the request names none.
    fn resolve(org: Option<Org>) -> Result<Self, Fault>;
}
impl ResolveScope for OneOrg {
    fn resolve(org: Option<Org>) -> Result<Self, Fault> {
        org.map(OneOrg::new)
            .ok_or_else(|| Fault::unauthenticated("unauthorized", "Please authenticate with a token or an API key."))
    }
}
impl ResolveScope for Platform {
    fn resolve(_: Option<Org>) -> Result<Self, Fault> {
        Ok(Self)
    }
}

/// How answers and errors look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Surface {
    /// The JSON API.
    Api,
    /// OAuth endpoints (RFC 6749 §5.2).
    OAuth,
    /// Pages for people.
    Page,
}

/// HTTP methods in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// GET (and HEAD).
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl Method {
    /// `GET`, …
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A method and a path with `{placeholders}`; `{org}` is the organization's slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path.
    pub path: &'static str,
}

impl Route {
    /// `GET path`
    pub const fn get(path: &'static str) -> Self {
        Self { method: Method::Get, path }
    }
    /// `POST path`
    pub const fn post(path: &'static str) -> Self {
        Self { method: Method::Post, path }
    }
    /// `PUT path`
    pub const fn put(path: &'static str) -> Self {
        Self { method: Method::Put, path }
    }
    /// `PATCH path`
    pub const fn patch(path: &'static str) -> Self {
        Self { method: Method::Patch, path }
    }
    /// `DELETE path`
    pub const fn delete(path: &'static str) -> Self {
        Self { method: Method::Delete, path }
    }
    /// Whether the path names the organization.
    pub fn names_org(&self) -> bool {
        self.path.contains("{org}")
    }
}

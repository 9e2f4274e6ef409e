//! Whatever a test does in a transaction of its own.

use crate::{
    Answer, Body, BoxFuture, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Reply, ReplyDoc, Route, Services, Surface,
    Verdict, Writes, act,
};
use kernel::{Access, Actor, Fault};
use std::sync::Arc;
use store::Org;

/// Do something in a writing transaction of an organization. It is recorded as `tests.played`.
///
/// # Errors
/// Whatever `work` says, and nothing of it is kept then.
pub async fn play<T, F>(services: &Arc<Services>, org: &Org, work: F) -> Result<T, Fault>
where
    T: Send + 'static,
    F: for<'a> Fn(&'a mut Cx<OneOrg, Writes>) -> BoxFuture<'a, Result<T, Fault>> + Send + Sync + 'static,
{
    act(services, Some(org.clone()), Actor::Operator, Play(Arc::new(work))).await.map(|given| given.0)
}

type Work<T> = Arc<dyn for<'a> Fn(&'a mut Cx<OneOrg, Writes>) -> BoxFuture<'a, Result<T, Fault>> + Send + Sync>;

struct Play<T>(Work<T>);

impl<T> Clone for Play<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// What it came to.
struct Given<T>(T);
impl<T: Send + 'static> Reply for Given<T> {
    fn reply(self) -> Result<Answer, Fault> {
        Ok(Answer::new(204, Body::Empty))
    }
    fn doc(_: &mut schemars::SchemaGenerator) -> ReplyDoc {
        ReplyDoc { status: 204, content_type: None, schema: None }
    }
}

kernel::events! {
    /// A test did something.
    enum Played {
        /// Something.
        Played = "tests.played", Info { };
    }
}

impl<T: Send + 'static> Parse for Play<T> {
    fn parse(_: &Incoming) -> Result<Self, Fault> {
        Err(Fault::internal("never served"))
    }
    fn parameters() -> Vec<Parameter> {
        Vec::new()
    }
}

impl<T: Send + 'static> Operation for Play<T> {
    const ID: &'static str = "tests.play";
    const SUMMARY: &'static str = "Play.";
    const ROUTE: Route = Route::post("/tests");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Operator;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Given<T>;
    type Event = Played;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Given<T>, Played>, Fault> {
        Ok(Verdict::Done(Given((self.0)(cx).await?), Played::Played {}))
    }
}

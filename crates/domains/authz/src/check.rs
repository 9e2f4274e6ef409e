//! May they?

use crate::asked::{Many, One};
use crate::subject::Subject;
use flow::{Cx, Incoming, Json, Operation, Parameter, Parse, Route, Surface, Verdict};
use kernel::{Access, Denial, Fault, Limit, Silent};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};
use store::{OneOrg, Reads};

/// Check one permission.
#[derive(Clone, Debug)]
pub struct CheckPermission(One);
/// Check whether at least one of several permissions is held.
#[derive(Clone, Debug)]
pub struct CheckAnyPermission(Many);
/// Check whether all of several permissions are held.
#[derive(Clone, Debug)]
pub struct CheckAllPermissions(Many);
/// Check several permissions one by one.
#[derive(Clone, Debug)]
pub struct CheckPermissions(Many);

/// Whom an answer is about, and what came with the question.
#[derive(Debug, Serialize, JsonSchema)]
struct About {
    /// `user` or `agent`.
    subject_type: &'static str,
    /// Their id.
    subject_id: String,
    /// A user's id once more.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    /// As it was sent.
    context: Map<String, Value>,
}

/// The answer about one permission.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Checked {
    allowed: bool,
    permission: String,
    #[serde(flatten)]
    about: About,
}

/// The answer about several permissions together.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CheckedTogether {
    allowed: bool,
    permissions: Vec<String>,
    #[serde(flatten)]
    about: About,
}

/// The answer about several permissions one by one.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CheckedEach {
    /// By slug.
    results: BTreeMap<String, bool>,
    #[serde(flatten)]
    about: About,
}

impl About {
    fn of(subject: &Subject, context: Map<String, Value>) -> Self {
        Self { subject_type: subject.kind(), subject_id: subject.id(), user_id: subject.user_id(), context }
    }
}

macro_rules! parse_as {
    ($($operation:ident($asked:ident)),*) => {$(
        impl Parse for $operation {
            fn parse(incoming: &Incoming) -> Result<Self, Fault> {
                $asked::parse(incoming).map(Self)
            }
            fn parameters() -> Vec<Parameter> {
                $asked::parameters()
            }
        }
    )*};
}
parse_as!(CheckPermission(One), CheckAnyPermission(Many), CheckAllPermissions(Many), CheckPermissions(Many));

impl Operation for CheckPermission {
    const ID: &'static str = "authz.check";
    const SUMMARY: &'static str = "Check whether the caller, or another subject, holds a permission.";
    const ROUTE: Route = Route::post("/api/v1/authz/check");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::TokenOrKey;
    const LIMIT: Limit = Limit::Token;
    const DENIALS: &'static [Denial] = crate::subject::DENIALS;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Checked>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Json<Checked>, Silent>, Fault> {
        let One { permission, context, subject } = self.0;
        let subject = Subject::resolve(cx, subject.as_ref()).await?;
        let allowed = subject.holds(&mut cx.tx, &permission).await?;
        Ok(Verdict::Done(Json(Checked { allowed, permission, about: About::of(&subject, context) }), Silent))
    }
}

impl Operation for CheckAnyPermission {
    const ID: &'static str = "authz.check_any";
    const SUMMARY: &'static str = "Check whether the caller, or another subject, holds at least one of several permissions.";
    const ROUTE: Route = Route::post("/api/v1/authz/check-any");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::TokenOrKey;
    const LIMIT: Limit = Limit::Token;
    const DENIALS: &'static [Denial] = crate::subject::DENIALS;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<CheckedTogether>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Json<CheckedTogether>, Silent>, Fault> {
        together(cx, self.0, |held| held.contains(&true)).await
    }
}

impl Operation for CheckAllPermissions {
    const ID: &'static str = "authz.check_all";
    const SUMMARY: &'static str = "Check whether the caller, or another subject, holds all of several permissions.";
    const ROUTE: Route = Route::post("/api/v1/authz/check-all");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::TokenOrKey;
    const LIMIT: Limit = Limit::Token;
    const DENIALS: &'static [Denial] = crate::subject::DENIALS;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<CheckedTogether>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Json<CheckedTogether>, Silent>, Fault> {
        together(cx, self.0, |held| !held.contains(&false)).await
    }
}

impl Operation for CheckPermissions {
    const ID: &'static str = "authz.check_bulk";
    const SUMMARY: &'static str = "Check up to 100 permissions of the caller, or another subject, one by one.";
    const ROUTE: Route = Route::post("/api/v1/authz/check-bulk");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::TokenOrKey;
    const LIMIT: Limit = Limit::Token;
    const DENIALS: &'static [Denial] = crate::subject::DENIALS;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<CheckedEach>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Json<CheckedEach>, Silent>, Fault> {
        let Many { permissions, context, subject } = self.0;
        let subject = Subject::resolve(cx, subject.as_ref()).await?;
        let held = held(cx, &subject).await?;
        let results = permissions.into_iter().map(|slug| (slug.clone(), held.contains(&slug))).collect();
        Ok(Verdict::Done(Json(CheckedEach { results, about: About::of(&subject, context) }), Silent))
    }
}

async fn together(
    cx: &mut Cx<OneOrg, Reads>,
    asked: Many,
    decide: fn(&[bool]) -> bool,
) -> Result<Verdict<Json<CheckedTogether>, Silent>, Fault> {
    let Many { permissions, context, subject } = asked;
    let subject = Subject::resolve(cx, subject.as_ref()).await?;
    let held = held(cx, &subject).await?;
    let each: Vec<bool> = permissions.iter().map(|slug| held.contains(slug)).collect();
    let allowed = decide(&each);
    Ok(Verdict::Done(Json(CheckedTogether { allowed, permissions, about: About::of(&subject, context) }), Silent))
}

async fn held(cx: &mut Cx<OneOrg, Reads>, subject: &Subject) -> Result<HashSet<String>, Fault> {
    Ok(subject.permissions(&mut cx.tx).await?.into_iter().map(|permission| permission.slug).collect())
}

//! The modules of a FAPI plan as a list: each with its name in the conformance suite and the variants it belongs to.
#![allow(clippy::print_stdout, reason = "a variant that fails says how far it came")]

pub mod pushing;

use crate::plan::{Bound, Plan, Proof, Variant};
use std::pin::Pin;

/// What a module does on the server of its plan.
pub type Walk = for<'a> fn(&'a Plan) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// A module.
#[derive(Clone, Copy)]
pub struct Module {
    /// As the suite calls it.
    pub name: &'static str,
    /// To which variants it belongs.
    pub when: fn(&Variant) -> bool,
    /// With codes.
    pub walk: Walk,
    /// The same for clients on their own, if the plan for client credentials has it.
    pub alone: Option<Walk>,
}

/// To every variant.
pub const ALWAYS: fn(&Variant) -> bool = |_| true;
/// Where requests are signed.
pub const SIGNED: fn(&Variant) -> bool = |variant| variant.is_signed;
/// Where clients ask who the person is.
pub const OIDC: fn(&Variant) -> bool = |variant| variant.is_openid;
/// Where tokens are bound to keys.
pub const DPOP: fn(&Variant) -> bool = |variant| variant.bound == Bound::Dpop;
/// Where clients prove themselves by assertions.
pub const PKJWT: fn(&Variant) -> bool = |variant| variant.proof == Proof::PrivateKeyJwt;
/// Where they do by certificates.
pub const MTLS: fn(&Variant) -> bool = |variant| variant.proof == Proof::Mtls;
/// Where requests are pushed.
pub const PUSHED: fn(&Variant) -> bool = |variant| variant.is_pushed;
/// Where they are not.
pub const BY_VALUE: fn(&Variant) -> bool = |variant| !variant.is_pushed;
/// Where they are, by clients with assertions.
pub const PUSHED_PKJWT: fn(&Variant) -> bool = |variant| variant.is_pushed && variant.proof == Proof::PrivateKeyJwt;
/// Where answers are no JWTs.
pub const PLAIN: fn(&Variant) -> bool = |variant| !variant.is_jarm;

/// How a bad request object is refused.
pub const INVALID_OBJECT: [&str; 1] = ["invalid_request_object"];
/// How a request is refused whose object may be bad.
pub const INVALID: [&str; 2] = ["invalid_request", "invalid_request_object"];
/// How a client is refused.
pub const INVALID_CLIENT: [&str; 2] = ["invalid_client", "invalid_request"];
/// How a code or a refresh token is refused.
pub const INVALID_GRANT: [&str; 1] = ["invalid_grant"];

/// All modules of a variant, on one server.
pub async fn walk(modules: &[Module], variant: Variant) {
    let plan = Plan::start(variant).await;
    for module in modules.iter().filter(|module| (module.when)(&variant)) {
        println!("{} in {variant:?}", module.name);
        (module.walk)(&plan).await;
    }
}

/// All modules of a variant that clients walk on their own.
pub async fn walk_alone(modules: &[Module], variant: Variant) {
    let plan = Plan::start(variant).await;
    let alone = modules.iter().filter(|module| (module.when)(&variant)).filter_map(|module| Some((module.name, module.alone?)));
    for (name, walk) in alone {
        println!("{name} (client credentials) in {variant:?}");
        walk(&plan).await;
    }
}

/// Asserts that the list holds so many modules, each once.
///
/// # Panics
/// If not.
pub fn assert_whole(modules: &[Module], count: usize) {
    let mut names: Vec<&str> = modules.iter().map(|module| module.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!((modules.len(), names.len()), (count, count));
}

/// The list: a module's name, its variants, the function that walks it, and `cc` if `client_credentials` has one of the same name.
#[macro_export]
macro_rules! fapi_modules {
    ($($name:literal $when:ident $place:ident::$run:ident $($cc:ident)?),* $(,)?) => {
        const MODULES: &[$crate::fapi_modules::Module] = &[$($crate::fapi_modules::Module {
            name: $name,
            when: $when,
            walk: |plan| Box::pin($place::$run(plan)),
            alone: $crate::fapi_modules!(alone $run $($cc)?),
        }),*];
    };
    (alone $run:ident) => { None };
    (alone $run:ident cc) => { Some(|plan| Box::pin(client_credentials::$run(plan))) };
}

//! How SAML links that name no provider look in the published API.

use crate::identities::Provider;
use schemars::JsonSchema;
use serde::Serialize;

/// The links that name no provider.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LegacyReport {
    /// How many SAML identity providers there are.
    pub(super) idp_count: usize,
    /// Whether nobody can tell where these users come from: they are refused until they are relinked.
    pub(super) ambiguous: bool,
    /// The users.
    pub(super) users: Vec<LegacyUser>,
    /// The identity providers.
    pub(super) idps: Vec<Idp>,
}

/// A user whose link names no provider.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LegacyUser {
    pub(super) user_id: String,
    pub(super) email: String,
    pub(super) name_id: String,
    /// Providers that vouch for the user's address.
    pub(super) candidate_idp_ids: Vec<i64>,
    /// The only one of them.
    pub(super) suggested_idp_id: Option<i64>,
}

/// A SAML identity provider.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Idp {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) enabled: bool,
    pub(super) email_domains: Vec<String>,
}

impl From<Provider> for Idp {
    fn from(provider: Provider) -> Self {
        let email_domains = provider.email_domains.split_whitespace().map(str::to_owned).collect();
        Self { id: provider.number, name: provider.name, enabled: provider.is_enabled, email_domains }
    }
}

/// What came, or would come, of it.
#[expect(clippy::struct_field_names, reason = "the fields of the published contract")]
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Relinked {
    pub(super) dry_run: bool,
    pub(super) idp_id: i64,
    pub(super) relinked: Vec<RelinkedUser>,
    pub(super) skipped: Vec<SkippedUser>,
}

/// A user whose link has, or would get, a provider.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RelinkedUser {
    pub(super) user_id: String,
    pub(super) email: String,
    pub(super) name_id: String,
}

/// A user whose link stays as it is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SkippedUser {
    pub(super) user_id: String,
    /// `not_legacy`, `not_outranked`, `already_linked`, or `limit_reached` where it takes another request.
    pub(super) reason: &'static str,
}

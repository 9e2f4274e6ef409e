//! Clients as the published API shows them.

use crate::clients::StoredClient;
use identity::envelope::ShownOnce;
use kernel::Timestamp;
use oauth::ClientMetadata;
use oauth::registration::MEMBERS;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A client. Lists leave out the detail.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the published contract")]
pub struct ClientView {
    /// Its number.
    pub id: i64,
    /// Its identifier.
    pub client_id: String,
    /// What people see.
    pub name: String,
    /// Whether it can keep a secret.
    pub is_confidential: bool,
    /// Whether it can't.
    pub is_public: bool,
    /// Whether it may be used at all.
    pub is_active: bool,
    /// Whether it must use PKCE.
    pub requires_pkce: bool,
    /// When it was registered.
    pub created_at: String,
    /// Everything else.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub detail: Option<ClientDetail>,
}

/// What only the view of a single client shows.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, as administrators know them")]
pub struct ClientDetail {
    /// Everything of its metadata that is set.
    #[serde(flatten)]
    pub members: MembersView,
    /// What the `aud` of its assertions may be.
    pub assertion_audience: Value,
    /// When its secret ends, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_expires_at: Option<String>,
    /// `jwt` or `opaque`.
    pub access_token_format: Value,
    /// Seconds an access token lives.
    pub access_token_lifetime: u64,
    /// Seconds a refresh token and all that follow it live.
    pub refresh_token_lifetime: u64,
    /// Seconds an ID token lives.
    pub id_token_lifetime: u64,
    /// Seconds an authorization code lives.
    pub authorization_code_lifetime: u64,
    /// Whether refresh tokens change with each use.
    pub refresh_token_rotation: Value,
    /// Seconds for which a rotated refresh token gets the same answer again.
    pub refresh_token_grace: u32,
    /// Whether people are asked for consent only if it asks for that.
    pub first_party: bool,
    /// Whether people are asked at every request.
    pub always_ask_consent: bool,
    /// How a requested resource is compared with those.
    pub audience_match: Value,
    /// How far it may go in exchanging tokens.
    pub token_exchange: Value,
    /// Resource servers it is itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_uris: Vec<String>,
    /// The only agent or client that may act with access tokens issued to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_act: Option<String>,
    /// Whether `UserInfo` and ID tokens tell it the person's roles.
    pub includes_roles: bool,
    /// Whether `UserInfo` and ID tokens tell it the person's groups.
    pub includes_groups: bool,
    /// Whether `UserInfo` and ID tokens tell it the person's permissions.
    pub includes_permissions: bool,
    /// Claims with fixed values that its tokens carry besides.
    pub custom_claims: Map<String, Value>,
}

impl ClientView {
    /// As a list shows it.
    pub fn listed(client: &StoredClient) -> Self {
        let metadata = &client.metadata;
        Self {
            id: client.number,
            client_id: metadata.client_id.to_string(),
            name: metadata.client_name.clone(),
            is_confidential: !metadata.is_public(),
            is_public: metadata.is_public(),
            is_active: metadata.is_active,
            requires_pkce: metadata.must_use_pkce(),
            created_at: client.created_at.to_iso(),
            detail: None,
        }
    }
    /// With everything.
    pub fn detailed(client: &StoredClient) -> Self {
        Self { detail: Some(ClientDetail::of(client)), ..Self::listed(client) }
    }
}

impl ClientDetail {
    fn of(client: &StoredClient) -> Self {
        let metadata = &client.metadata.clone().strengthened();
        let lifetimes = &metadata.lifetimes;
        Self {
            members: MembersView::of(metadata),
            assertion_audience: named(metadata.assertion_audience),
            secret_expires_at: client.secret_expires_at.map(Timestamp::to_iso),
            access_token_format: named(metadata.access_token_format),
            access_token_lifetime: lifetimes.access_token().as_secs(),
            refresh_token_lifetime: lifetimes.refresh_token().as_secs(),
            id_token_lifetime: lifetimes.id_token().as_secs(),
            authorization_code_lifetime: lifetimes.code().as_secs(),
            refresh_token_rotation: named(metadata.refresh_token_rotation),
            refresh_token_grace: metadata.refresh_token_grace,
            first_party: metadata.first_party,
            always_ask_consent: metadata.always_ask_consent,
            audience_match: named(metadata.audience_match),
            token_exchange: named(metadata.token_exchange),
            resource_uris: metadata.resource_uris.clone(),
            may_act: metadata.may_act.clone(),
            includes_roles: metadata.includes_roles,
            includes_groups: metadata.includes_groups,
            includes_permissions: metadata.includes_permissions,
            custom_claims: metadata.custom_claims.clone().into_iter().collect(),
        }
    }
}

/// The members of client metadata, by their names in the admin API.
#[derive(Clone, Debug, Serialize)]
pub struct MembersView(Map<String, Value>);

impl MembersView {
    fn of(metadata: &ClientMetadata) -> Self {
        let shown = MEMBERS.iter().filter(|member| member.name != NAME).map(|member| match member.name {
            SCOPE => (member.admin_name, metadata.scopes.iter().collect()),
            _ => (member.admin_name, member.show(metadata)),
        });
        Self(shown.filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

impl JsonSchema for MembersView {
    fn schema_name() -> Cow<'static, str> {
        "ClientMembers".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let properties = MEMBERS.iter().filter(|member| member.name != NAME).map(|member| {
            let mut schema = member.schema();
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("description".to_owned(), member.description.trim().into());
            }
            (member.admin_name.to_owned(), schema)
        });
        json_schema!({ "type": "object", "properties": properties.collect::<Map<String, Value>>() })
    }
}

/// Shown as `name` beside the detail.
const NAME: &str = "client_name";
/// Shown as a list.
const SCOPE: &str = "scope";

/// The name a value has on the wire.
fn named(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// A client that was just registered, with its secret.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NewClientView {
    /// The client.
    #[serde(flatten)]
    pub client: ClientView,
    /// Its secret, shown this once.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub secret: Option<ShownOnce>,
}

//! Provisioning: what others may do here, and what is done elsewhere.

use super::sealed::SealedSecret;
use super::section::section;
use super::setting::{Setting, Taking};
use super::values::{Certificate, Fixed, Line, Sentence, WebUrl, choices};
use jose::digest::sha256;
use jose::encoding::base64url;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

choices! {
    /// What becomes of somebody who is deprovisioned.
    Deprovisioning {
        /// The account is kept as deleted.
        SoftDelete = "soft_delete",
        /// The account is deactivated.
        Deactivate = "deactivate",
        /// The account is deleted.
        HardDelete = "hard_delete",
    }
    /// How this server signs in at the other one.
    OutboundAuth {
        /// With a token.
        Bearer = "bearer",
        /// With a name and a password.
        Basic = "basic",
        /// With a token it asks for as a client.
        OAuth2 = "oauth2",
    }
    /// How often everything is compared.
    BatchInterval {
        /// Every hour.
        Hourly = "hourly",
        /// Every day.
        Daily = "daily",
        /// Every week.
        Weekly = "weekly",
    }
}

section! {
    /// Attributes that others don't change.
    pub struct ProtectedAttributes {
        /// The e-mail address.
        email: bool = false,
        /// The names.
        name: bool = false,
        /// Whether the account is active.
        active: bool = false,
        /// The roles.
        roles: bool = true,
        /// The permissions.
        permissions: bool = true,
    }
}

/// A token to be set and never shown: only its hash is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHash(String);

impl TokenHash {
    /// Whether it is the hash of this token.
    pub fn is_of(&self, token: &str) -> bool {
        jose::digest::constant_time_eq(self.0.as_bytes(), hash(token).as_bytes())
    }
}

fn hash(token: &str) -> String {
    base64url(sha256(token.as_bytes()))
}

impl Setting for TokenHash {
    fn schema() -> Value {
        json!({ "type": "object", "readOnly": true })
    }
    fn shown_schema() -> Value {
        super::sealed::redacted_schema()
    }
    fn take(sent: &Value, before: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        match before {
            Some(before) if *sent == before.show() => Some(before.clone()),
            None if !taking.is_for_good() => Some(Self(String::new())),
            _ => taking.refuse("is set by the server: send bearer_token"),
        }
    }
    fn store(&self) -> Value {
        json!(self.0)
    }
    fn load(stored: &Value) -> Option<Self> {
        stored.as_str().map(|hash| Self(hash.to_owned()))
    }
    fn show(&self) -> Value {
        json!({ "configured": true, "redacted": true })
    }
}

/// A token on its way to becoming a hash. It is never kept and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct NewToken(String);

impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewToken")
    }
}

impl Setting for NewToken {
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 32, "maxLength": 512, "format": "password", "writeOnly": true })
    }
    fn shown_schema() -> Value {
        json!({ "type": "null" })
    }
    fn take(sent: &Value, _: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        let is_token = |text: &str| (32..=512).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
        match sent.as_str() {
            Some(text) if is_token(text) => Some(Self(text.to_owned())),
            _ => taking.refuse("must be 32 to 512 visible ASCII characters"),
        }
    }
    fn store(&self) -> Value {
        Value::Null
    }
    fn load(_: &Value) -> Option<Self> {
        None
    }
    fn show(&self) -> Value {
        Value::Null
    }
}

section! {
    /// What others may do here.
    pub struct Inbound {
        /// Whether they may do anything.
        enabled: bool = false,
        /// A new token for them. It is kept as a hash and never shown.
        bearer_token: Option<NewToken> = None,
        /// Whether a token is set.
        bearer_token_hash: Option<TokenHash> = None,
        /// The last characters of the token.
        bearer_token_preview: Fixed<Option<Line>> = Fixed(None),
        /// When it was set.
        token_created_at: Fixed<Option<Line>> = Fixed(None),
        /// Whether they may make accounts.
        allow_user_creation: bool = true,
        /// Whether they may change accounts.
        allow_user_updates: bool = true,
        /// Whether they may delete accounts.
        allow_user_deletion: bool = true,
        /// Whether they may make, change and delete groups.
        allow_group_operations: bool = true,
        /// Attributes they don't change.
        protected_attributes: ProtectedAttributes = ProtectedAttributes::default(),
        /// Their attributes, and what they are called here.
        attribute_mapping: BTreeMap<String, Line> = BTreeMap::new(),
        /// Whether new accounts may be used at once.
        auto_activate_users: bool = true,
        /// What becomes of somebody who is deprovisioned.
        deprovisioning_action: Deprovisioning = Deprovisioning::Deactivate,
    }
    settled by settle_inbound
}

fn settle_inbound(taken: &mut Inbound, sent: &Map<String, Value>, before: &Inbound, taking: &mut Taking<'_>) {
    if let Some(NewToken(token)) = taken.bearer_token.take() {
        let last: String = token.chars().skip(token.chars().count().saturating_sub(4)).collect();
        taken.bearer_token_hash = Some(TokenHash(hash(&token)));
        taken.bearer_token_preview = Fixed(Line::parse(&format!("…{last}")).ok());
        taken.token_created_at = Fixed(Line::parse(&taking.now().to_iso()).ok());
    } else if sent.contains_key("bearer_token_hash") && taken.bearer_token_hash.is_none() {
        taken.bearer_token_preview = Fixed(None);
        taken.token_created_at = Fixed(None);
    }
    if taken.enabled && !before.enabled && taken.bearer_token_hash.is_none() {
        taking.refuse_member("bearer_token", "is needed before others can be let in");
    }
}

section! {
    /// What is done elsewhere.
    pub struct Outbound {
        /// Whether anything is.
        enabled: bool = false,
        /// The other server.
        endpoint_url: Option<WebUrl> = None,
        /// The token for it.
        bearer_token: Option<SealedSecret> = None,
        /// How this server signs in there.
        auth_type: OutboundAuth = OutboundAuth::Bearer,
        /// The name to sign in with.
        basic_username: Option<Line> = None,
        /// The password to sign in with.
        basic_password: Option<SealedSecret> = None,
        /// The client to ask for tokens as.
        oauth2_client_id: Option<Line> = None,
        /// Its secret.
        oauth2_client_secret: Option<SealedSecret> = None,
        /// Where tokens are asked for.
        oauth2_token_url: Option<WebUrl> = None,
        /// With which scope.
        oauth2_scope: Option<Line> = None,
        /// A certificate to trust besides the usual ones.
        tls_certificate: Option<Certificate> = None,
        /// Connections are always verified.
        verify_tls: Fixed<bool> = Fixed(true),
        /// Whether new people are made there.
        push_user_creates: bool = true,
        /// Whether changes are made there.
        push_user_updates: bool = true,
        /// Whether people are deleted there.
        push_user_deletes: bool = false,
        /// Whether groups are kept the same there.
        push_group_changes: bool = false,
        /// Whether people are brought up to date there when they sign in.
        sync_on_login: bool = false,
        /// Whether everything is compared now and then.
        batch_sync_enabled: bool = false,
        /// How often.
        batch_sync_interval: BatchInterval = BatchInterval::Daily,
        /// Attributes here, and what they are called there.
        attribute_mapping: BTreeMap<String, Line> = BTreeMap::new(),
        /// When something was sent last.
        last_sync_at: Fixed<Option<Line>> = Fixed(None),
        /// What became of it.
        last_sync_status: Fixed<Option<Line>> = Fixed(None),
        /// What was wrong.
        last_sync_error: Fixed<Option<Sentence>> = Fixed(None),
        /// When everything was compared last.
        last_batch_sync_at: Fixed<Option<Line>> = Fixed(None),
        /// What became of it.
        last_batch_sync_status: Fixed<Option<Line>> = Fixed(None),
        /// What was wrong.
        last_batch_sync_error: Fixed<Option<Sentence>> = Fixed(None),
        /// How much was done.
        last_batch_sync_counts: Fixed<Option<Line>> = Fixed(None),
    }
    settled by settle_outbound
}

fn settle_outbound(taken: &mut Outbound, _: &Map<String, Value>, before: &Outbound, taking: &mut Taking<'_>) {
    if taken.enabled && taken.endpoint_url.is_none() {
        taking.refuse_member("endpoint_url", "is needed before anything can be sent");
    }
    // Who may change the settings was not told the secrets: they go to no other server than the one they were set for.
    let secrets = [
        ("bearer_token", &taken.bearer_token, &before.bearer_token, taken.endpoint_url != before.endpoint_url),
        ("basic_password", &taken.basic_password, &before.basic_password, taken.endpoint_url != before.endpoint_url),
        (
            "oauth2_client_secret",
            &taken.oauth2_client_secret,
            &before.oauth2_client_secret,
            taken.oauth2_token_url != before.oauth2_token_url,
        ),
    ];
    let moved: Vec<&str> = secrets
        .into_iter()
        .filter(|(_, is, was, is_elsewhere)| is.is_some() && is == was && *is_elsewhere)
        .map(|(name, ..)| name)
        .collect();
    for name in moved {
        taking.refuse_member(name, "must be sent again for another server");
    }
}

section! {
    /// Provisioning settings (SCIM, RFC 7644).
    pub struct Scim {
        /// What others may do here.
        inbound: Inbound = Inbound::default(),
        /// What is done elsewhere.
        outbound: Outbound = Outbound::default(),
    }
}

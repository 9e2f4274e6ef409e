//! The organization's policy for registration, as administrators see and set it.

use super::initial_tokens::Host;
use super::policy::{Mode, RegistrationPolicy, TrustedIssuer, harmless};
use flow::{Cx, Field, Json, NoInput, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Text, Verdict, Writes};
use identity::change::Change;
use identity::envelope::One;
use identity::permissions::{SETTINGS_READ, SETTINGS_WRITE};
use jose::jwks::Jwks;
use kernel::{Access, Fault, Scopes, Silent};
use oauth::registration::{GRANT_TYPES, Member};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use store::{Topic, args, org_sql};

const PLACE: &str = "/orgs/{org}/api/v1/admin/settings/client-registration";

flow::input! {
    /// Say who may register clients, and which. What is left out stays.
    #[derive(Clone, Debug)]
    pub struct UpdatePolicy {
        /// `off`, `permission`, `token` or `open`.
        body "mode" => mode: Option<ModeField>,
        /// Scopes that clients registered without a permission may get.
        body "scopes" => scopes: Option<Scopes>,
        /// Grants that clients registered by anyone may use.
        body "grant_types" => grant_types: Option<Vec<Grant>>,
        /// Types of authorization details that clients registered without a permission may ask for.
        body "authorization_details_types" => authorization_details_types: Option<Vec<Text<1, 200>>>,
        /// Hosts their redirect URIs may lead to; any, if none is named.
        body "redirect_hosts" => redirect_hosts: Option<Vec<Host>>,
        /// How many clients anyone may have registered.
        body "max_clients" => max_clients: Option<u32>,
        /// Seconds a secret lives that is given to a client, an hour at least; for ever if null.
        body "secret_lifetime" => secret_lifetime: Change<u32>,
        /// Whether only what carries a software statement is taken.
        body "requires_software_statement" => requires_software_statement: Option<bool>,
        /// Whose software statements are believed: objects of `issuer` and either `jwks` or `jwks_uri`.
        body "trusted_issuers" => trusted_issuers: Option<Vec<Issuer>>,
    }
}

/// Show who may register clients.
#[derive(Clone, Copy, Debug)]
pub struct ShowPolicy;

impl Prepare<ShowPolicy> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<ShowPolicy, Fault> {
        Ok(ShowPolicy)
    }
}

kernel::events! {
    /// What setting the policy records.
    pub enum PolicyChange {
        /// Who may register clients by protocol, or which, was changed.
        Changed = "settings.client_registration_changed", Warning { public mode: &'static str };
    }
}

/// The policy as it holds, with the mode that comes of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PolicyView {
    /// Who may register.
    mode: Mode,
    /// Scopes that clients registered without a permission may get.
    scopes: Vec<String>,
    /// Everything else.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl PolicyView {
    fn of(policy: &RegistrationPolicy, is_dev: bool) -> Result<Self, Fault> {
        let mut rest = match serde_json::to_value(policy).map_err(Fault::internal)? {
            Value::Object(rest) => rest,
            _ => Map::new(),
        };
        rest.retain(|name, _| name != "mode" && name != "scopes");
        let scopes = policy.scopes().iter().map(str::to_owned).collect();
        Ok(Self { mode: policy.mode(is_dev), scopes, rest })
    }
}

impl Operation for ShowPolicy {
    const ID: &'static str = "settings.show_client_registration";
    const SUMMARY: &'static str = "Who may register clients by protocol, and which.";
    const ROUTE: Route = Route::get(PLACE);
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SETTINGS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = NoInput;
    type Output = Json<One<PolicyView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let settings = serde_json::from_str(cx.org().settings()).map_err(Fault::internal)?;
        let data = PolicyView::of(&RegistrationPolicy::read(&settings), cx.services().is_dev)?;
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}

impl Operation for UpdatePolicy {
    const ID: &'static str = "settings.update_client_registration";
    const SUMMARY: &'static str = "Say who may register clients by protocol, and which. What is left out stays as it is.";
    const ROUTE: Route = Route::put(PLACE);
    const ALSO: &'static [Route] = &[Route::patch(PLACE)];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SETTINGS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<One<PolicyView>>;
    type Event = PolicyChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, PolicyChange>, Fault> {
        let read = org_sql!("SELECT settings AS a FROM organizations WHERE id = :org");
        let (text,) = cx.tx.fetch_one::<(String,)>(read, &[]).await?;
        let settings: Value = serde_json::from_str(&text).map_err(Fault::internal)?;
        let mut policy = RegistrationPolicy::read(&settings);
        self.apply(&mut policy)?;
        let settings = put_into(settings, &policy)?;
        let write = org_sql!("UPDATE organizations SET settings = :settings, updated_at = :now WHERE id = :org");
        cx.tx.execute(write, args! { settings: settings.to_string(), now: cx.now }).await?;
        let org = cx.org().id().clone();
        cx.tx.touch(Topic::Organization(org));
        let is_dev = cx.services().is_dev;
        let event = PolicyChange::Changed { mode: policy.mode(is_dev).as_str() };
        Ok(Verdict::Done(Json(One { data: PolicyView::of(&policy, is_dev)? }), event))
    }
}

impl UpdatePolicy {
    fn apply(self, policy: &mut RegistrationPolicy) -> Result<(), Fault> {
        if let Some(ModeField(mode)) = self.mode {
            policy.mode = Some(mode);
        }
        if let Some(scopes) = self.scopes {
            if harmless(&scopes) != scopes {
                return Err(Fault::fields(vec![("scopes".to_owned(), "must not open administration".to_owned())]));
            }
            policy.scopes = scopes;
        }
        if let Some(grants) = self.grant_types {
            policy.grant_types = grants.into_iter().map(|grant| grant.0).collect();
        }
        if let Some(types) = self.authorization_details_types {
            policy.authorization_details_types = types.into_iter().map(Text::into_string).collect();
        }
        if let Some(hosts) = self.redirect_hosts {
            policy.redirect_hosts = hosts.into_iter().map(|host| host.0).collect();
        }
        policy.max_clients = self.max_clients.unwrap_or(policy.max_clients);
        if matches!(self.secret_lifetime, Change::Set(seconds) if seconds < 3600) {
            return Err(Fault::fields(vec![("secret_lifetime".to_owned(), "must be 3600 at least".to_owned())]));
        }
        self.secret_lifetime.apply(&mut policy.secret_lifetime, |seconds| seconds);
        policy.requires_software_statement = self.requires_software_statement.unwrap_or(policy.requires_software_statement);
        if let Some(issuers) = self.trusted_issuers {
            policy.trusted_issuers = issuers.into_iter().map(|issuer| issuer.0).collect();
        }
        Ok(())
    }
}

/// The settings with this policy in them, and the published switch as the mode has it.
fn put_into(settings: Value, policy: &RegistrationPolicy) -> Result<Value, Fault> {
    let Value::Object(mut settings) = settings else { return Err(Fault::internal("the settings are no object")) };
    let member = |settings: &mut Map<String, Value>, name: &str, inner: &str, value: Value| {
        let place = settings.entry(name.to_owned()).or_insert_with(|| json!({}));
        if let Value::Object(place) = place {
            place.insert(inner.to_owned(), value);
        } else {
            *place = json!({ inner: value });
        }
    };
    member(&mut settings, "oauth", "registration", serde_json::to_value(policy).map_err(Fault::internal)?);
    if let Some(mode) = policy.mode {
        let is_on = Value::from(mode != Mode::Off);
        member(&mut settings, "authentication", "dynamic_client_registration_enabled", is_on);
    }
    Ok(Value::Object(settings))
}

/// A mode by its name.
#[derive(Clone, Copy, Debug)]
pub struct ModeField(Mode);

impl Field for ModeField {
    fn schema() -> Value {
        json!({ "type": "string", "enum": Mode::ALL.map(Mode::as_str) })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let known = Mode::ALL.into_iter().find(|mode| mode.as_str() == text);
        known.map(Self).ok_or_else(|| format!("must be one of {}", Mode::ALL.map(Mode::as_str).join(", ")))
    }
}

/// A grant a client can be registered for.
#[derive(Clone, Debug)]
pub struct Grant(String);

impl Field for Grant {
    fn schema() -> Value {
        json!({ "type": "string", "enum": GRANT_TYPES })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let is_known = GRANT_TYPES.contains(&text);
        if is_known { Ok(Self(text.to_owned())) } else { Err(format!("must be among {}", GRANT_TYPES.join(", "))) }
    }
}

/// A trusted publisher.
#[derive(Clone, Debug)]
pub struct Issuer(TrustedIssuer);

impl Field for Issuer {
    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": { "issuer": { "type": "string" }, "jwks": { "type": "object" }, "jwks_uri": { "type": "string" } },
            "required": ["issuer"]
        })
    }
    fn from_text(_: &str) -> Result<Self, String> {
        Err("must be objects".to_owned())
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        let of_shape = || "must be objects of issuer and either jwks or jwks_uri".to_owned();
        let issuer: TrustedIssuer = serde_json::from_value(value.clone()).map_err(|_| of_shape())?;
        let is_named = (1..=2048).contains(&issuer.issuer.len());
        let good = match (&issuer.jwks, &issuer.jwks_uri) {
            (Some(keys), None) => Jwks::from_value(keys).map_err(|error| error.to_string()).map(|_| ()),
            (None, Some(uri)) => address(uri),
            _ => Err(of_shape()),
        };
        if is_named { good.map(|()| Self(issuer)) } else { Err(of_shape()) }
    }
}

/// What a client's own `jwks_uri` may be.
fn address(uri: &str) -> Result<(), String> {
    let member = Member::find("jwks_uri").ok_or_else(|| "can't be set".to_owned())?;
    member.set(&mut oauth::ClientMetadata::new(""), &Value::from(uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_shares_the_settings_with_others_and_sets_the_published_switch() {
        let before = json!({ "branding": { "logo_url": "x" }, "oauth": { "response_types": ["code"] }, "authentication": { "mfa_required": true } });
        let policy = RegistrationPolicy { mode: Some(Mode::Token), ..RegistrationPolicy::default() };
        let after = put_into(before, &policy).unwrap();
        assert_eq!(after["branding"]["logo_url"], "x");
        assert_eq!(after["oauth"]["response_types"], json!(["code"]));
        assert_eq!(after["authentication"], json!({ "mfa_required": true, "dynamic_client_registration_enabled": true }));
        assert_eq!(RegistrationPolicy::read(&after), policy);
        let off = put_into(after, &RegistrationPolicy { mode: Some(Mode::Off), ..policy }).unwrap();
        assert_eq!(RegistrationPolicy::read(&off).mode(true), Mode::Off);
        assert!(put_into(json!([]), &RegistrationPolicy::default()).is_err());
        assert_eq!(
            put_into(json!({ "oauth": 1 }), &RegistrationPolicy::default()).unwrap()["oauth"]["registration"]["max_clients"],
            10_000
        );
    }

    #[test]
    fn a_publisher_has_keys_in_one_way() {
        for bad in [
            json!("https://trust.example"),
            json!({ "issuer": "https://trust.example" }),
            json!({ "issuer": "", "jwks_uri": "https://trust.example/keys" }),
            json!({ "issuer": "i", "jwks_uri": "http://trust.example/keys" }),
            json!({ "issuer": "i", "jwks_uri": "https://trust.example/keys", "jwks": { "keys": [] } }),
            json!({ "issuer": "i", "jwks": { "keys": [{ "kty": "oct", "k": "AAAA" }] } }),
            json!({ "issuer": "i", "jwks_uri": "https://trust.example/keys", "more": 1 }),
        ] {
            assert!(Issuer::from_json(&bad).is_err(), "{bad}");
        }
        assert!(Issuer::from_json(&json!({ "issuer": "i", "jwks_uri": "https://trust.example/keys" })).is_ok());
    }
}

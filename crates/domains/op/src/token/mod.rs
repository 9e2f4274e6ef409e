//! The token endpoint: authenticate → load → decide → settle → issue.
//!
//! The guard authenticated the client before anything here runs. Each grant loads its facts and asks its room in `oauth` for a decision;
//! what must be used once is claimed by one conditional statement each; and only after the commit is anything signed.

mod assertion;
mod client_credentials;
mod code;
mod decoupled;
pub(crate) mod exchange;
mod issue;
mod refresh;
mod settle;

pub(crate) use code::PURPOSE as CODE_PURPOSE;
pub use issue::Issued;
pub(crate) use refresh::PURPOSE as REFRESH_PURPOSE;
pub(crate) use refresh::{insert as insert_refresh_token, is_standing, new_credential as new_refresh_token};
pub(crate) use settle::claim;

use crate::clients::{Client, authenticate};
use crate::mint::Mint;
use crate::policy::Policy;
use crate::{families, params, possession};
use flow::{
    Catalogue, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Route, Source, Surface, Verdict, Writes,
};
use kernel::{Access, ClientId, FamilyId, Fault, Limit, Scopes};
use oauth::Params;
use oauth::client_authentication::AuthenticatedClient;
use oauth::grant::{self, Grant, Refusal, UserGrant};
use oauth::rar;
use store::Org;

/// A token request: its parameters, not looked at yet.
#[derive(Clone, Debug)]
pub struct TokenRequest(Params);

impl Parse for TokenRequest {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        Ok(Self(params::of_body(incoming)?.unique()?))
    }
    fn parameters() -> Vec<Parameter> {
        [
            ("grant_type", true, "`authorization_code`, `refresh_token`, `client_credentials`, or the URN of another grant."),
            ("code", false, "The authorization code."),
            ("redirect_uri", false, "The redirect URI of the authorization request."),
            ("code_verifier", false, "The PKCE verifier."),
            ("refresh_token", false, "The refresh token."),
            ("device_code", false, "The device code (RFC 8628)."),
            ("auth_req_id", false, "The handle of a backchannel authentication request (CIBA)."),
            ("assertion", false, "What another issuer says about somebody (RFC 7523)."),
            ("subject_token", false, "The token to be exchanged (RFC 8693)."),
            ("subject_token_type", false, "What kind of token that is."),
            ("actor_token", false, "The token of whoever is to act."),
            ("actor_token_type", false, "What kind of token that is."),
            ("requested_token_type", false, "What kind of token is wanted in exchange."),
            ("audience", false, "For whom, by a name; `resource` decides."),
            ("scope", false, "The granted scopes or fewer."),
            ("resource", false, "Resource servers the tokens are for (RFC 8707)."),
            ("authorization_details", false, "The granted authorization details or less (RFC 9396)."),
            ("client_id", false, "Who asks, unless the Authorization header says so."),
            ("client_secret", false, "The client's secret, unless the Authorization header carries it."),
            ("client_assertion_type", false, "The kind of assertion (RFC 7523)."),
            ("client_assertion", false, "An assertion signed with the client's private key."),
        ]
        .map(|(name, is_required, description)| parameter(name, is_required, description))
        .into()
    }
}

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<Token>()
}

/// A text parameter of the body.
pub(crate) fn parameter(name: &'static str, is_required: bool, description: &'static str) -> Parameter {
    let schema = serde_json::json!({ "type": "string", "maxLength": oauth::params::MAX_VALUE });
    Parameter { name, source: Source::Body, is_required, schema, description }
}

/// A client asks for tokens.
#[derive(Clone)]
pub struct Token {
    grant: Grant,
    /// The client as proven.
    authenticated: AuthenticatedClient,
    mint: Mint,
    /// The tokens of an exchange.
    exchange: Option<exchange::Presented>,
    /// What another issuer says.
    asserted: Option<assertion::Asserted>,
    /// For the client's next proof of possession.
    next_nonce: Option<String>,
}

impl Prepare<Token> for TokenRequest {
    async fn prepare(self, prep: &Prep) -> Result<Token, Fault> {
        let (services, org) = (prep.services(), prep.organization()?);
        let grant = grant::parse(&self.0)?;
        let by_token = exchange::speaks_for_itself(&prep.request)?;
        let (client, authenticated) = match &by_token {
            Some(request) => {
                let caller = exchange::by_token(services, org, request, prep.now).await?;
                (caller.client, caller.authenticated)
            }
            None => authenticate(services, org, &prep.request, prep.now).await?.claimed_by_runner()?,
        };
        let shown = possession::shown_by_client(prep, &client.metadata)?;
        let authenticated = authenticated.showing(shown.clone())?;
        if let Some(asked) = grant.authorization_details() {
            rar::check(asked, Policy::of(org).authorization_details_types(), &client.metadata)?;
        }
        let exchange = match &grant {
            Grant::TokenExchange(request) => {
                Some(exchange::Presented::read(prep, request, &authenticated, by_token.is_none(), shown).await?)
            }
            _ => None,
        };
        let asserted = match &grant {
            Grant::JwtBearer(request) => Some(assertion::Asserted::read(prep, request, &authenticated).await?),
            _ => None,
        };
        let next_nonce = possession::next_nonce(prep)?;
        Ok(Token { grant, authenticated, mint: Mint::open(services, org, client).await?, exchange, asserted, next_nonce })
    }
}

kernel::events! {
    /// What the token endpoint records.
    pub enum Tokens {
        /// Tokens were issued.
        Issued = "tokens.issued", Info {
            about client: ClientId, public grant: &'static str, public subject: String, public jti: String, public scopes: Scopes,
            public family: Option<FamilyId>
        };
        /// A client asked for the tokens of a request nobody has decided about yet.
        Pending = "tokens.pending", Info { about client: ClientId, public grant: &'static str };
        /// A token was exchanged for another one.
        Exchanged = "tokens.exchanged", Info {
            about client: ClientId, public manner: &'static str, public subject: String, public actors: Option<String>, public from: String,
            public jti: String, public scopes: Scopes, public audience: String, public family: Option<FamilyId>
        };
        /// Tokens were issued for what another issuer says about somebody.
        Asserted = "tokens.asserted", Info {
            about client: ClientId, public subject: String, public issuer: String, public assertion: String, public is_id_jag: bool,
            public jti: String, public scopes: Scopes, public family: Option<FamilyId>
        };
        /// A token was not exchanged.
        ExchangeRefused = "tokens.exchange_refused", Warning {
            about client: ClientId, public reason: &'static str, public subject: Option<String>, public from: Option<String>,
            public subject_token_type: &'static str
        };
        /// A rotated refresh token came again within its grace period and got the same answer.
        Repeated = "tokens.repeated", Info { about client: ClientId, public jti: String, public family: FamilyId };
        /// An authorization code was used a second time: everything it led to was revoked.
        CodeReused = "oauth.security.code_reuse_detected", Error { about client: ClientId, public family: FamilyId };
        /// A refresh token was used after its successor: every token of its grant was revoked.
        RefreshTokenReused = "oauth.security.refresh_token_reuse_detected", Error {
            about client: ClientId, public family: FamilyId
        };
    }
}

impl Operation for Token {
    const ID: &'static str = "oauth.token";
    const SUMMARY: &'static str = "Exchange a grant for tokens (RFC 6749 §3.2).";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/oauth/token");
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = Access::Client;
    const LIMIT: Limit = Limit::Token;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = TokenRequest;
    type Output = Issued;
    type Event = Tokens;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Issued, Tokens>, Fault> {
        match &self.grant {
            Grant::ClientCredentials(request) => client_credentials::run(&self, request, cx),
            Grant::AuthorizationCode(request) => code::run(&self, request, cx).await,
            Grant::RefreshToken(request) => refresh::run(&self, request, cx).await,
            Grant::Decoupled(request) => decoupled::run(&self, request, cx).await,
            Grant::TokenExchange(request) => exchange::run(&self, request, cx).await,
            Grant::JwtBearer(request) => assertion::run(&self, request, cx).await,
            Grant::Unsupported(_) => Err(grant::unsupported().into()),
        }
    }
}

/// What is left of a grant now: scopes and details that the client was deprived of since then are gone, and details of a type that the
/// organization has given up.
fn still_allowed(token: &Token, org: &Org, grant: UserGrant) -> UserGrant {
    let (client, policy) = (&token.client().metadata, Policy::of(org));
    let authorization_details = rar::still_allowed(&grant.authorization_details, policy.authorization_details_types(), client);
    UserGrant { scopes: grant.scopes.intersection(&client.scopes), authorization_details, ..grant }
}

impl Token {
    /// The client as stored, with what only this server knows of it.
    fn client(&self) -> &Client {
        self.mint.client()
    }

    /// The end of a grant that is refused. Where somebody used a single-use thing again, every token of its family is revoked, and
    /// that is kept although the answer is no.
    async fn refuse(
        &self,
        refusal: Refusal,
        cx: &mut Cx<OneOrg, Writes>,
        event: impl FnOnce(ClientId, FamilyId) -> Tokens,
    ) -> Result<Verdict<Issued, Tokens>, Fault> {
        let Some(family) = refusal.revoke.clone() else { return Err(refusal.into()) };
        families::revoke(&mut cx.tx, &family, "reuse", cx.now).await?;
        Ok(Verdict::Refused(refusal.into(), event(self.client().id().clone(), family)))
    }
}

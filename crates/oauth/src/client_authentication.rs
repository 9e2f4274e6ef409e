//! Client authentication: who calls the token, introspection and revocation endpoints.
//!
//! RFC 6749 §2.3, OpenID Connect Core §9, RFC 7523, RFC 8705. Supported: `client_secret_basic`, `client_secret_post`,
//! `private_key_jwt`, `tls_client_auth`, `self_signed_tls_client_auth`, and `none` for public clients. A client registered for one of the two secret methods may use the other: the published SDKs send
//! the secret in the form whatever the client says. Every other deviation is `invalid_client`, always in the same words.
//! Not supported: `client_secret_jwt`.

use crate::claim::{Claim, Claimed, Key};
use crate::client::AuthMethod;
use crate::confirmation::Confirmation;
use crate::metadata::{Document, Facts as MetadataFacts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::private_key_jwt::{self, ASSERTION_TYPE, Refused};
use crate::{ClientMetadata, Issuer, Params, ProtocolError, access_token, mtls};
use jose::digest::{constant_time_eq, sha256};
use jose::encoding::decode_base64;
use jose::jwks::Jwks;
use kernel::{ClientId, Secret, Timestamp};
use std::sync::Arc;

/// This room.
pub const ROOM: Room = Room {
    name: "client_authentication",
    title: "Client authentication",
    source: "RFC 6749 §2.3, OpenID Connect Core 1.0 §9",
    status: Status::Final,
    support: "client_secret_basic, client_secret_post, private_key_jwt, none",
    visits: &[
        (Endpoint::PushedAuthorization, Stage::Authenticate),
        (Endpoint::Token, Stage::Authenticate),
        (Endpoint::Introspection, Stage::Authenticate),
        (Endpoint::Revocation, Stage::Authenticate),
        (Endpoint::DeviceAuthorization, Stage::Authenticate),
        (Endpoint::BackchannelAuthentication, Stage::Authenticate),
    ],
    metadata,
};

const METHODS: [AuthMethod; 4] =
    [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost, AuthMethod::PrivateKeyJwt, AuthMethod::None];
const MAX_HEADER: usize = 8 * 1024;

/// What a request shows as proof, not yet checked.
#[derive(Clone, Debug)]
pub struct Presented {
    client_id: ClientId,
    credential: Credential,
}

#[derive(Clone, Debug)]
enum Credential {
    Basic(Secret),
    Post(Secret),
    Assertion(Secret),
    Nothing,
}

impl Presented {
    /// Whom it claims to be: the client to load.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }
    /// Whether the client's keys are needed to check it.
    pub fn needs_keys(&self, client: &ClientMetadata) -> bool {
        match self.credential {
            Credential::Assertion(_) => true,
            Credential::Nothing => client.token_endpoint_auth_method == AuthMethod::SelfSignedTlsClientAuth,
            Credential::Basic(_) | Credential::Post(_) => false,
        }
    }
    /// The secret it shows, if that is its proof: whoever keeps secrets only as keyed hashes compares it there.
    pub fn secret(&self) -> Option<&Secret> {
        match &self.credential {
            Credential::Basic(secret) | Credential::Post(secret) => Some(secret),
            Credential::Assertion(_) | Credential::Nothing => None,
        }
    }
    fn method(&self) -> AuthMethod {
        match self.credential {
            Credential::Basic(_) => AuthMethod::ClientSecretBasic,
            Credential::Post(_) => AuthMethod::ClientSecretPost,
            Credential::Assertion(_) => AuthMethod::PrivateKeyJwt,
            Credential::Nothing => AuthMethod::None,
        }
    }
}

/// Find out how the request authenticates. `authorization` is the header as sent; schemes other than `Basic` are somebody
/// else's.
///
/// # Errors
/// `invalid_request` for none (a public client must say who it is) or two methods at once, `invalid_client` for one that can't be read.
pub fn present(authorization: Option<&str>, params: &Params) -> Result<Presented, ProtocolError> {
    let basic = authorization.map(read_basic).transpose()?.flatten();
    let client_id = params.one("client_id")?.map(ClientId::from);
    let secret = params.secret("client_secret")?;
    let assertion = read_assertion(params)?;
    match (basic, secret, assertion) {
        (Some((id, secret)), None, None) => {
            if client_id.is_some_and(|stated| stated != id) {
                return Err(ProtocolError::invalid_client());
            }
            let credential = if secret.expose().is_empty() { Credential::Nothing } else { Credential::Basic(secret) };
            Ok(Presented { client_id: id, credential })
        }
        (None, None, Some(assertion)) => {
            let claimed = private_key_jwt::claimed_client(assertion.expose());
            let client_id = client_id.or(claimed).ok_or_else(ProtocolError::invalid_client)?;
            Ok(Presented { client_id, credential: Credential::Assertion(assertion) })
        }
        (None, secret, None) => {
            let missing = || ProtocolError::invalid_request("Missing required parameter: client_id");
            let credential = secret.map_or(Credential::Nothing, Credential::Post);
            Ok(Presented { client_id: client_id.ok_or_else(missing)?, credential })
        }
        _ => Err(ProtocolError::invalid_request("The request uses more than one client authentication method.")),
    }
}

/// What the check depends on.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The client of that id in this organization.
    pub client: Option<&'a Arc<ClientMetadata>>,
    /// SHA-256 of its secret.
    pub secret_digest: Option<&'a [u8]>,
    /// Its public keys, if [`Presented::needs_keys`].
    pub keys: Option<&'a Jwks>,
    /// The certificate of the connection.
    pub certificate: Option<mtls::Shown<'a>>,
    /// This organization's issuer.
    pub issuer: &'a Issuer,
    /// Now.
    pub now: Timestamp,
}

/// Check the proof.
///
/// # Errors
/// [`Failure`], which the caller learns as `invalid_client` whatever the reason.
pub fn verify(presented: &Presented, facts: &Facts<'_>) -> Result<Proven, Failure> {
    // Compared first and always, so that a missing client takes as long as a wrong secret.
    let is_secret_right = match &presented.credential {
        Credential::Basic(secret) | Credential::Post(secret) => {
            constant_time_eq(&sha256(secret.expose().as_bytes()), facts.secret_digest.unwrap_or(&[0; 32]))
                && facts.secret_digest.is_some()
        }
        Credential::Assertion(_) | Credential::Nothing => false,
    };
    let metadata = facts.client.filter(|client| client.is_active).ok_or(Failure::UnknownClient)?;
    let registered = metadata.token_endpoint_auth_method;
    // A certificate is part of the connection: a request that carries nothing else may mean it.
    let used = match presented.method() {
        AuthMethod::None if registered.is_certificate() => registered,
        used => used,
    };
    if registered != used && !(registered.is_secret() && used.is_secret()) {
        return Err(Failure::Method);
    }
    if !metadata.profile().allows_method(used) {
        return Err(Failure::Profile);
    }
    let assertion = match &presented.credential {
        Credential::Basic(_) | Credential::Post(_) if is_secret_right => None,
        Credential::Basic(_) | Credential::Post(_) => return Err(Failure::Secret),
        Credential::Assertion(assertion) => {
            let keys = facts.keys.ok_or(Failure::Assertion(Refused::UnknownKey))?;
            let good = private_key_jwt::check(assertion.expose(), metadata, keys, facts.issuer, facts.now);
            let good = good.map_err(Failure::Assertion)?;
            Some(Key::Assertion { client_id: metadata.client_id.clone(), jti: good.jti, expires_at: good.expires_at })
        }
        Credential::Nothing => {
            check_certificate(registered, metadata, facts).map_err(Failure::Certificate)?;
            None
        }
    };
    let client = AuthenticatedClient { metadata: Arc::clone(metadata), method: used, confirmation: Confirmation::default() };
    Ok(Proven { client, assertion })
}

fn check_certificate(method: AuthMethod, client: &ClientMetadata, facts: &Facts<'_>) -> Result<(), mtls::Refused> {
    match method {
        AuthMethod::TlsClientAuth => mtls::check_issued(facts.certificate, client),
        AuthMethod::SelfSignedTlsClientAuth => {
            let keys = facts.keys.ok_or(mtls::Refused::UnknownKey)?;
            mtls::check_own(facts.certificate, keys, facts.now)
        }
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost | AuthMethod::PrivateKeyJwt | AuthMethod::None => Ok(()),
    }
}

/// Why authentication failed, for the log. The caller only ever learns `invalid_client`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No such client, or it is switched off.
    #[error("unknown or inactive client")]
    UnknownClient,
    /// Not the method it registered.
    #[error("not the registered authentication method")]
    Method,
    /// A method that the FAPI profile of the client or its organization rules out.
    #[error("a method that its FAPI profile rules out")]
    Profile,
    /// The wrong secret.
    #[error("wrong secret")]
    Secret,
    /// The assertion. With [`Refused::UnknownKey`], fetching the client's keys again may help.
    #[error("assertion: {0}")]
    Assertion(Refused),
    /// The certificate. With [`mtls::Refused::UnknownKey`], fetching the client's keys again may help.
    #[error("certificate: {0}")]
    Certificate(mtls::Refused),
    /// The assertion was used before.
    #[error("the assertion was used before")]
    Replay,
}

impl From<Failure> for ProtocolError {
    fn from(_: Failure) -> Self {
        Self::invalid_client()
    }
}

impl From<Failure> for kernel::Fault {
    fn from(failure: Failure) -> Self {
        Self::from(ProtocolError::invalid_client()).because(failure)
    }
}

/// A proof that holds, if its assertion (where there is one) is used for the first time.
#[derive(Debug)]
#[must_use]
pub struct Proven {
    client: AuthenticatedClient,
    assertion: Option<Key>,
}

impl Proven {
    /// What has to be claimed.
    pub fn claim(&self) -> Option<Claim> {
        self.assertion.clone().map(Claim::new)
    }
    /// The authenticated client, once the claim (where there is one) succeeded.
    ///
    /// # Errors
    /// [`Failure::Replay`] if the proof of the claim is missing or another's.
    pub fn settle(self, claimed: Option<&Claimed>) -> Result<AuthenticatedClient, Failure> {
        if self.assertion.as_ref() == claimed.map(Claimed::key) { Ok(self.client) } else { Err(Failure::Replay) }
    }
}

/// A client that proved who it is, or a public one that said so. Only [`Proven::settle`] makes one, and
/// [`AuthenticatedClient::by_own_token`] where that will do.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient {
    metadata: Arc<ClientMetadata>,
    method: AuthMethod,
    confirmation: Confirmation,
}

impl AuthenticatedClient {
    /// The client that an access token of its own, verified and alive, stands for: where that is proof enough (RFC 8693 §2.1). `None` if the
    /// token is another's, is about a person, or is used by somebody else.
    pub fn by_own_token(metadata: &Arc<ClientMetadata>, token: &access_token::Claims) -> Option<Self> {
        let is_own = token.client_id == metadata.client_id && token.is_about_client() && token.act.is_none();
        let client = || Self {
            metadata: Arc::clone(metadata),
            method: metadata.token_endpoint_auth_method,
            confirmation: Confirmation::default(),
        };
        (is_own && metadata.is_active).then(client)
    }
    /// The same client in a request that showed these keys: every token it leads to is bound to them, as far as the client's
    /// registration has it.
    ///
    /// # Errors
    /// If the client must show a key that it didn't.
    pub fn showing(self, shown: Confirmation) -> Result<Self, ProtocolError> {
        let confirmation = Confirmation::of_tokens(&self.metadata, shown)?;
        Ok(Self { confirmation, ..self })
    }
    /// What tokens that this request leads to are bound to.
    pub fn confirmation(&self) -> &Confirmation {
        &self.confirmation
    }
    /// Its facts.
    pub fn metadata(&self) -> &Arc<ClientMetadata> {
        &self.metadata
    }
    /// Its id.
    pub fn client_id(&self) -> &ClientId {
        &self.metadata.client_id
    }
    /// How it proved it.
    pub fn method(&self) -> AuthMethod {
        self.method
    }
    /// Whether it proved anything at all.
    pub fn is_confidential(&self) -> bool {
        self.method != AuthMethod::None && !self.metadata.is_public()
    }
}

/// RFC 6749 §2.3.1: both parts are form-encoded before they are joined and base64-encoded.
fn read_basic(header: &str) -> Result<Option<(ClientId, Secret)>, ProtocolError> {
    let Some((scheme, encoded)) = header.split_once(' ') else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let read = || {
        let joined = String::from_utf8(decode_base64(encoded.trim()).ok()?).ok()?;
        let (id, secret) = joined.split_once(':')?;
        Some((form_decoded(id)?, form_decoded(secret)?)).filter(|(id, secret)| !id.is_empty() && !secret.contains('\0'))
    };
    if header.len() > MAX_HEADER {
        return Err(ProtocolError::invalid_client());
    }
    let (id, secret) = read().ok_or_else(ProtocolError::invalid_client)?;
    Ok(Some((ClientId::from(id), Secret::new(secret))))
}

/// One form-encoded value; `None` if it is not UTF-8 behind the encoding.
fn form_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                u8::try_from(digit(rest.next()?)? * 16 + digit(rest.next()?)?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn read_assertion(params: &Params) -> Result<Option<Secret>, ProtocolError> {
    match (params.one("client_assertion_type")?, params.secret("client_assertion")?) {
        (None, None) => Ok(None),
        (Some(ASSERTION_TYPE), Some(assertion)) => Ok(Some(assertion)),
        (Some(_), Some(_)) => Err(ProtocolError::invalid_client()),
        (None, Some(_)) => Err(ProtocolError::invalid_request("Missing required parameter: client_assertion_type")),
        (Some(_), None) => Err(ProtocolError::invalid_request("Missing required parameter: client_assertion")),
    }
}

fn metadata(_: &MetadataFacts<'_>, document: &mut Document) {
    let names = METHODS.map(AuthMethod::as_str);
    document.add("token_endpoint_auth_methods_supported", names);
    document.add("revocation_endpoint_auth_methods_supported", names);
    let confidential = METHODS.iter().filter(|method| **method != AuthMethod::None).map(|method| method.as_str());
    document.add("introspection_endpoint_auth_methods_supported", confidential);
}

#[cfg(test)]
pub(crate) mod tests;

//! The members of client metadata: one table for registration by protocol and for the admin API.

use super::kinds::{
    EncryptionAlg, EncryptionEnc, Flag, HttpsUri, Kind, Line, List, LongLine, MaybeOneOf, Name, OneOf, PublicKeys, RequestUris,
    ScopeList, Seconds, Signing, WebUri,
};
use crate::ClientMetadata;
use crate::client::{ApplicationType, AuthMethod, DeliveryMode, SubjectType};
use crate::fapi::FapiProfile;
use jose::alg::Algorithm;
use kernel::ClientId;
use serde_json::Value;

/// A member of client metadata.
#[derive(Debug)]
pub struct Member {
    /// Its registered name (IANA "OAuth Dynamic Client Registration Metadata").
    pub name: &'static str,
    /// Its name in the admin API.
    pub admin_name: &'static str,
    /// What it says, for documentation.
    pub description: &'static str,
    schema: fn() -> Value,
    read: fn(&Value, &mut ClientMetadata) -> Result<(), String>,
    clear: fn(&mut ClientMetadata, ClientMetadata),
    show: fn(&ClientMetadata) -> Value,
}

impl Member {
    /// The member with this registered name.
    pub fn find(name: &str) -> Option<&'static Self> {
        MEMBERS.iter().find(|member| member.name == name)
    }
    /// JSON schema of its value.
    pub fn schema(&self) -> Value {
        (self.schema)()
    }
    /// Set it from JSON; null empties it.
    ///
    /// # Errors
    /// What is wrong with the value, for whoever registers.
    pub fn set(&self, metadata: &mut ClientMetadata, value: &Value) -> Result<(), String> {
        if value.is_null() {
            self.clear(metadata);
            return Ok(());
        }
        (self.read)(value, metadata)
    }
    /// Give it the value it has where nobody says anything.
    pub fn clear(&self, metadata: &mut ClientMetadata) {
        (self.clear)(metadata, default());
    }
    /// Its value as JSON; null if there is none.
    pub fn show(&self, metadata: &ClientMetadata) -> Value {
        (self.show)(metadata)
    }
    /// Whether it has the value it has where nobody says anything.
    pub fn is_default(&self, metadata: &ClientMetadata) -> bool {
        self.show(metadata) == self.show(&default())
    }
}

fn default() -> ClientMetadata {
    ClientMetadata::new(ClientId::from(""))
}

macro_rules! members {
    ($($(#[doc = $doc:literal])* $name:literal, $admin:literal => $field:ident : $kind:ty;)*) => {
        /// Every member, in the order in which they are read: what another one depends on comes before it.
        pub static MEMBERS: &[Member] = &[$(Member {
            name: $name,
            admin_name: $admin,
            description: concat!($($doc, "\n"),*),
            schema: <$kind as Kind>::schema,
            read: |value, metadata| {
                metadata.$field = <$kind as Kind>::read(value, &metadata.$field)?;
                Ok(())
            },
            clear: |metadata, default| metadata.$field = <$kind as Kind>::clear(&metadata.$field, default.$field),
            show: |metadata| <$kind as Kind>::show(&metadata.$field),
        }),*];
    };
}

members! {
    /// What people see.
    "client_name", "name" => client_name: Name;
    /// `web` or `native`.
    "application_type", "applicationType" => application_type: OneOf<ApplicationType>;
    /// Where answers may go: exact addresses, `https` or loopback `http`, or a private-use scheme for native applications.
    "redirect_uris", "redirectUris" => redirect_uris: List;
    /// Grants it may use.
    "grant_types", "grantTypes" => grant_types: List;
    /// Response types it may use.
    "response_types", "responseTypes" => response_types: List;
    /// Scopes it may ask for.
    "scope", "scopes" => scopes: ScopeList;
    /// How it proves who it is.
    "token_endpoint_auth_method", "tokenEndpointAuthMethod" => token_endpoint_auth_method: OneOf<AuthMethod>;
    /// The one algorithm of its assertions.
    "token_endpoint_auth_signing_alg", "tokenEndpointAuthSigningAlg" => token_endpoint_auth_signing_alg: Signing;
    /// Its public keys, a JWK set.
    "jwks", "jwks" => jwks: PublicKeys;
    /// Where its public keys are.
    "jwks_uri", "jwksUri" => jwks_uri: WebUri;
    /// Whom to ask about it.
    "contacts", "contacts" => contacts: List;
    /// Its home page.
    "client_uri", "clientUri" => client_uri: WebUri;
    /// Its logo, shown when people sign in and consent.
    "logo_uri", "logoUri" => logo_uri: WebUri;
    /// Its privacy policy, shown likewise.
    "policy_uri", "policyUri" => policy_uri: WebUri;
    /// Its terms, shown likewise.
    "tos_uri", "tosUri" => tos_uri: WebUri;
    /// The software it is an instance of.
    "software_id", "softwareId" => software_id: Line;
    /// The version of that software.
    "software_version", "softwareVersion" => software_version: Line;
    /// `public`: every client knows a person by the same `sub`. `pairwise`: by another one in each sector.
    "subject_type", "subjectType" => subject_type: OneOf<SubjectType>;
    /// A list of the redirect URIs that make up one sector.
    "sector_identifier_uri", "sectorIdentifierUri" => sector_identifier_uri: WebUri;
    /// The algorithm of its ID tokens.
    "id_token_signed_response_alg", "idTokenSignedResponseAlg" => id_token_signed_response_alg: OneOf<Algorithm>;
    /// How the key of its encrypted ID tokens reaches it.
    "id_token_encrypted_response_alg", "idTokenEncryptedResponseAlg" => id_token_encryption: EncryptionAlg;
    /// How its ID tokens are encrypted.
    "id_token_encrypted_response_enc", "idTokenEncryptedResponseEnc" => id_token_encryption: EncryptionEnc;
    /// The algorithm that signs its `UserInfo` answers; plain JSON without.
    "userinfo_signed_response_alg", "userinfoSignedResponseAlg" => userinfo_signed_response_alg: Signing;
    /// How the key of its encrypted `UserInfo` answers reaches it.
    "userinfo_encrypted_response_alg", "userinfoEncryptedResponseAlg" => userinfo_encryption: EncryptionAlg;
    /// How its `UserInfo` answers are encrypted.
    "userinfo_encrypted_response_enc", "userinfoEncryptedResponseEnc" => userinfo_encryption: EncryptionEnc;
    /// The algorithm that signs what introspection tells it.
    "introspection_signed_response_alg", "introspectionSignedResponseAlg" => introspection_signed_response_alg: Signing;
    /// How the key of encrypted introspection answers reaches it.
    "introspection_encrypted_response_alg", "introspectionEncryptedResponseAlg" => introspection_encryption: EncryptionAlg;
    /// How introspection answers are encrypted.
    "introspection_encrypted_response_enc", "introspectionEncryptedResponseEnc" => introspection_encryption: EncryptionEnc;
    /// The algorithm that signs its authorization responses.
    "authorization_signed_response_alg", "authorizationSignedResponseAlg" => authorization_signed_response_alg: Signing;
    /// How the key of its encrypted authorization responses reaches it.
    "authorization_encrypted_response_alg", "authorizationEncryptedResponseAlg" => authorization_encryption: EncryptionAlg;
    /// How its authorization responses are encrypted.
    "authorization_encrypted_response_enc", "authorizationEncryptedResponseEnc" => authorization_encryption: EncryptionEnc;
    /// The one algorithm of its request objects.
    "request_object_signing_alg", "requestObjectSigningAlg" => request_object_signing_alg: Signing;
    /// How it sends us the key of its encrypted request objects.
    "request_object_encryption_alg", "requestObjectEncryptionAlg" => request_object_encryption: EncryptionAlg;
    /// How it encrypts its request objects.
    "request_object_encryption_enc", "requestObjectEncryptionEnc" => request_object_encryption: EncryptionEnc;
    /// Where its request objects may be fetched from.
    "request_uris", "requestUris" => request_uris: RequestUris;
    /// Whether its requests must be signed request objects.
    "require_signed_request_object", "requireSignedRequestObject" => require_signed_request_object: Flag;
    /// Whether its requests must be pushed.
    "require_pushed_authorization_requests", "requirePushedAuthorizationRequests" => require_pushed_authorization_requests: Flag;
    /// The FAPI profile it is under: `fapi2_security`, `fapi2_message_signing`, `fapi1_advanced`, `fapi_ciba` or `none`.
    "fapi_profile", "fapiProfile" => fapi_profile: OneOf<FapiProfile>;
    /// Whether its tokens must be bound to a key it proves.
    "dpop_bound_access_tokens", "dpopBoundAccessTokens" => dpop_bound_access_tokens: Flag;
    /// Whether its tokens must be bound to its certificate.
    "tls_client_certificate_bound_access_tokens", "tlsClientCertificateBoundAccessTokens" =>
        tls_client_certificate_bound_access_tokens: Flag;
    /// The subject of its certificates, as RFC 4514 writes it: for `tls_client_auth` this or one of the four below.
    "tls_client_auth_subject_dn", "tlsClientAuthSubjectDn" => tls_client_auth_subject_dn: LongLine;
    /// A DNS name in its certificates.
    "tls_client_auth_san_dns", "tlsClientAuthSanDns" => tls_client_auth_san_dns: LongLine;
    /// A URI in its certificates.
    "tls_client_auth_san_uri", "tlsClientAuthSanUri" => tls_client_auth_san_uri: LongLine;
    /// An IP address in its certificates.
    "tls_client_auth_san_ip", "tlsClientAuthSanIp" => tls_client_auth_san_ip: LongLine;
    /// An e-mail address in its certificates.
    "tls_client_auth_san_email", "tlsClientAuthSanEmail" => tls_client_auth_san_email: LongLine;
    /// Types of authorization details it may ask for.
    "authorization_details_types", "authorizationDetailsTypes" => authorization_details_types: List;
    /// `max_age` for requests that carry none.
    "default_max_age", "defaultMaxAge" => default_max_age: Seconds;
    /// Whether its ID tokens always carry `auth_time`.
    "require_auth_time", "requireAuthTime" => require_auth_time: Flag;
    /// `acr_values` for requests that carry none.
    "default_acr_values", "defaultAcrValues" => default_acr_values: List;
    /// Where a sign-in can be begun from outside.
    "initiate_login_uri", "initiateLoginUri" => initiate_login_uri: HttpsUri;
    /// Where people may go after signing out.
    "post_logout_redirect_uris", "postLogoutRedirectUris" => post_logout_redirect_uris: List;
    /// Loaded in a frame when people sign out.
    "frontchannel_logout_uri", "frontchannelLogoutUri" => frontchannel_logout_uri: WebUri;
    /// Whether that address gets `iss` and `sid`.
    "frontchannel_logout_session_required", "frontchannelLogoutSessionRequired" => frontchannel_logout_session_required: Flag;
    /// Where logout tokens are sent.
    "backchannel_logout_uri", "backchannelLogoutUri" => backchannel_logout_uri: WebUri;
    /// Whether logout tokens must name the session.
    "backchannel_logout_session_required", "backchannelLogoutSessionRequired" => backchannel_logout_session_required: Flag;
    /// `poll`, `ping` or `push`: how it learns what came of a backchannel authentication request.
    "backchannel_token_delivery_mode", "backchannelTokenDeliveryMode" => backchannel_token_delivery_mode: MaybeOneOf<DeliveryMode>;
    /// Where it is told, for ping and push.
    "backchannel_client_notification_endpoint", "backchannelClientNotificationEndpoint" =>
        backchannel_client_notification_endpoint: WebUri;
    /// The one algorithm of its backchannel authentication requests, which must then be signed.
    "backchannel_authentication_request_signing_alg", "backchannelAuthenticationRequestSigningAlg" =>
        backchannel_authentication_request_signing_alg: Signing;
    /// Whether it sends the code by which a person lets it ask them.
    "backchannel_user_code_parameter", "backchannelUserCodeParameter" => backchannel_user_code_parameter: Flag;
    /// Resource servers its tokens may be for (RFC 8707).
    "audience_uris", "audienceUris" => audience_uris: List;
}

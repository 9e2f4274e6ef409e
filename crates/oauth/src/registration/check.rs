//! The rules that members of client metadata obey together.

use super::Problem;
use super::kinds::MAX_ENTRIES;
use crate::client::{ApplicationType, AuthMethod, ClientType, DeliveryMode, Encryption, SubjectType};
use crate::grant::{AUTHORIZATION_CODE, CIBA, CLIENT_CREDENTIALS, DEVICE_CODE, IMPLICIT, REFRESH_TOKEN};
use crate::redirect_uri::check_registration;
use crate::{ClientMetadata, ResponseType, fapi, jwt_bearer, mtls, token_exchange};
use jose::alg::Algorithm;
use jose::jwe::KeyManagement;
use jose::jwks::Jwks;
use std::collections::BTreeSet;
use url::Url;

/// The grants a client can be registered for.
pub const GRANT_TYPES: [&str; 8] = [
    AUTHORIZATION_CODE,
    REFRESH_TOKEN,
    CLIENT_CREDENTIALS,
    IMPLICIT,
    DEVICE_CODE,
    CIBA,
    token_exchange::GRANT_TYPE,
    jwt_bearer::GRANT_TYPE,
];
/// What this server can sign with for clients.
pub const SIGNING_ALGORITHMS: [Algorithm; 9] = Algorithm::ASYMMETRIC;

/// Everything that is wrong with what is to be registered.
pub fn check(metadata: &ClientMetadata) -> Vec<Problem> {
    let mut problems = Vec::new();
    let rules =
        [addresses, flows, credentials, certificates, algorithms, sector, logout, backchannel, audiences, exchanges, fapi::check];
    for rule in rules {
        rule(metadata, &mut |member, message| problems.push(Problem::new(member, message)));
    }
    problems
}

type Complain<'a> = dyn FnMut(&'static str, String) + 'a;

fn addresses(metadata: &ClientMetadata, complain: &mut Complain<'_>) {
    for (member, uris) in
        [("redirect_uris", &metadata.redirect_uris), ("post_logout_redirect_uris", &metadata.post_logout_redirect_uris)]
    {
        if uris.len() > MAX_ENTRIES {
            complain(member, format!("must have at most {MAX_ENTRIES} entries"));
        }
        let refused = |uri: &String| Some((shortened(uri), check_registration(uri, metadata.application_type).err()?));
        if let Some((uri, why)) = uris.iter().find_map(refused) {
            complain(member, format!("{uri}: {why}"));
        }
    }
    // OpenID Connect Dynamic Client Registration §2, application_type: tokens in a fragment never travel unprotected.
    let is_exposed = |uri: &String| uri.starts_with("http:");
    if is_web(metadata) && metadata.may_use_grant(IMPLICIT) && metadata.redirect_uris.iter().any(is_exposed) {
        complain("redirect_uris", "must use https for a web client with the implicit grant".to_owned());
    }
}

fn flows(metadata: &ClientMetadata, complain: &mut Complain<'_>) {
    if !metadata.grant_types.iter().all(|grant| GRANT_TYPES.contains(&grant.as_str())) {
        complain("grant_types", format!("must be among {}", GRANT_TYPES.join(", ")));
    }
    if metadata.is_public() && metadata.may_use_grant(CLIENT_CREDENTIALS) {
        complain("grant_types", "must not hold client_credentials for a public client".to_owned());
    }
    for grant in [token_exchange::GRANT_TYPE, jwt_bearer::GRANT_TYPE] {
        if metadata.is_public() && metadata.may_use_grant(grant) {
            complain("grant_types", format!("must not hold {grant} for a public client"));
        }
    }
    for text in &metadata.response_types {
        let Some(response_type) = ResponseType::parse(text) else {
            complain("response_types", format!("must be among {}", ResponseType::ALL.map(ResponseType::as_str).join(", ")));
            break;
        };
        if let Some(grant) = grants_of(response_type).into_iter().find(|grant| !metadata.may_use_grant(grant)) {
            complain("grant_types", format!("must hold {grant} for the response type {text}"));
        }
    }
}

/// The grants a response type needs (RFC 7591 §2.1).
pub(super) fn grants_of(response_type: ResponseType) -> Vec<&'static str> {
    let needed = [(response_type.has_code(), AUTHORIZATION_CODE), (response_type.has_tokens(), IMPLICIT)];
    needed.into_iter().filter_map(|(is_needed, grant)| is_needed.then_some(grant)).collect()
}

fn credentials(metadata: &ClientMetadata, complain: &mut Complain<'_>) {
    if (metadata.client_type == ClientType::Public) != (metadata.token_endpoint_auth_method == AuthMethod::None) {
        let message = "must be none for a public client and another for a confidential one";
        complain("token_endpoint_auth_method", message.to_owned());
    }
    if let Some(Err(error)) = metadata.jwks.as_ref().map(Jwks::from_value) {
        complain("jwks", error.to_string());
    }
    if metadata.jwks.is_some() && metadata.jwks_uri.is_some() {
        complain("jwks_uri", "must not be there beside jwks".to_owned());
    }
    let needs = [
        (metadata.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt, "private_key_jwt"),
        (metadata.token_endpoint_auth_method == AuthMethod::SelfSignedTlsClientAuth, "self_signed_tls_client_auth"),
        (metadata.require_signed_request_object, "signed request objects"),
        (metadata.backchannel_authentication_request_signing_alg.is_some(), "signed backchannel authentication requests"),
        (encryptions(metadata).any(|(_, encryption)| encryption.is_some()), "encryption"),
    ];
    let has_keys = metadata.jwks.is_some() || metadata.jwks_uri.is_some();
    if let Some((_, what)) = needs.iter().find(|(is_needed, _)| *is_needed && !has_keys) {
        complain("jwks", format!("or jwks_uri is required for {what}"));
    }
}

/// RFC 8705 §2.1.2: exactly one subject for `tls_client_auth`, and none for whoever has no use for it.
fn certificates(metadata: &ClientMetadata, complain: &mut Complain<'_>) {
    let registered = mtls::registered(metadata);
    let is_needed = metadata.token_endpoint_auth_method == AuthMethod::TlsClientAuth;
    match registered.first() {
        None if is_needed => {
            let message = "or one of the tls_client_auth_san_ members is required for tls_client_auth";
            complain("tls_client_auth_subject_dn", message.to_owned());
        }
        Some((member, _)) if !is_needed => complain(member, "is for clients that use tls_client_auth".to_owned()),
        _ => {}
    }
    if let Some((member, _)) = registered.get(1) {
        complain(member, "must not be there beside another subject of certificates".to_owned());
    }
    for (member, text) in registered {
        if mtls::Subject::parse(member, text).is_none() {
            complain(member, "is not well formed".to_owned());
        }
    }
}

/// What is encrypted to the client's keys.
fn encryptions(metadata: &ClientMetadata) -> impl Iterator<Item = (&'static str, Option<Encryption>)> {
    [
        ("id_token_encrypted_response_alg", metadata.id_token_encryption),
        ("userinfo_encrypted_response_alg", metadata.userinfo_encryption),
        ("introspection_encrypted_response_alg", metadata.introspection_encryption),
        ("authorization_encrypted_response_alg", metadata.authorization_encryption),
    ]
    .into_iter()
}

fn algorithms(metadata: &ClientMetadata, complain: &mut Complain<'_>) {
    let signed_here = [
        ("id_token_signed_response_alg", Some(metadata.id_token_signed_response_alg)),
        ("userinfo_signed_response_alg", metadata.userinfo_signed_response_alg),
        ("introspection_signed_response_alg", metadata.introspection_signed_response_alg),
        ("authorization_signed_response_alg", metadata.authorization_signed_response_alg),
    ];
    for (member, algorithm) in signed_here {
        if algorithm.is_some_and(|algorithm| !SIGNING_ALGORITHMS.contains(&algorithm)) {
            complain(member, format!("must be {}", SIGNING_ALGORITHMS.map(Algorithm::name).join(", ")));
        }
    }
    let by_the_client = [
        ("token_endpoint_auth_signing_alg", metadata.token_endpoint_auth_signing_alg),
        ("request_object_signing_alg", metadata.request_object_signing_alg),
        ("backchannel_authentication_request_signing_alg", metadata.backchannel_authentication_request_signing_alg),
    ];
    for (member, algorithm) in by_the_client {
        if algorithm.is_some_and(Algorithm::is_symmetric) {
            complain(member, "must be an algorithm with a public key".to_owned());
        }
    }
    let to_us = ("request_object_encryption_alg", metadata.request_object_encryption);
    for (member, encryption) in encryptions(metadata).chain([to_us]) {
        if encryption.is_some_and(|encryption| encryption.alg == KeyManagement::Direct) {
            complain(member, "must be an algorithm with a public key".to_owned());
        }
    }
}

/// OpenID Connect Core §8.1: without a sector of its own, a client's sector is the one host of its redirect URIs.
fn sector(metadata: &ClientMetadata, complain: &mut Complain<'_>) {
    let hosts: BTreeSet<Option<String>> =
        metadata.redirect_uris.iter().map(|uri| Url::parse(uri).ok()?.host_str().map(str::to_owned)).collect();
    let has_sector = metadata.sector_identifier_uri.is_some();
    if metadata.subject_type == SubjectType::Pairwise && !has_sector && hosts.len() > 1 {
        complain("sector_identifier_uri", "is required for pairwise subjects where redirect_uris name several hosts".to_owned());
    }
}

/// OpenID Connect Front-Channel Logout §2: what is framed must belong to the client, as its redirect URIs show.
fn logout(metadata: &ClientMetadata, complain: &mut Complain<'_>) {
    let Some(uri) = &metadata.frontchannel_logout_uri else { return };
    let origin = |uri: &str| Url::parse(uri).map(|url| url.origin()).ok();
    if !metadata.redirect_uris.iter().any(|known| origin(known) == origin(uri)) {
        complain("frontchannel_logout_uri", "must have scheme, host and port of a redirect URI".to_owned());
    }
}

/// CIBA Core §4: a client says how it is answered, and where, and can keep a secret.
fn backchannel(metadata: &ClientMetadata, complain: &mut Complain<'_>) {
    let mode = metadata.backchannel_token_delivery_mode;
    if metadata.may_use_grant(CIBA) {
        if metadata.is_public() {
            complain("grant_types", format!("must not hold {CIBA} for a public client"));
        }
        if mode.is_none() {
            complain("backchannel_token_delivery_mode", format!("is required for the grant {CIBA}"));
        }
    }
    let is_told = matches!(mode, Some(DeliveryMode::Ping | DeliveryMode::Push));
    if is_told && metadata.backchannel_client_notification_endpoint.is_none() {
        complain("backchannel_client_notification_endpoint", "is required for ping and push".to_owned());
    }
}

fn audiences(metadata: &ClientMetadata, complain: &mut Complain<'_>) {
    if metadata.audience_uris.len() > MAX_ENTRIES || !metadata.audience_uris.iter().all(|uri| is_audience(uri)) {
        complain("audience_uris", format!("must be at most {MAX_ENTRIES} absolute URIs without fragment"));
    }
}

/// What is said about exchanging tokens (RFC 8693).
fn exchanges(metadata: &ClientMetadata, complain: &mut Complain<'_>) {
    if metadata.resource_uris.len() > MAX_ENTRIES || !metadata.resource_uris.iter().all(|uri| is_audience(uri)) {
        complain("resourceUris", format!("must be at most {MAX_ENTRIES} absolute URIs without fragment"));
    }
    if metadata
        .may_act
        .as_ref()
        .is_some_and(|sub| sub.is_empty() || sub.len() > 255 || !sub.bytes().all(|c| c.is_ascii_graphic()))
    {
        complain("mayAct", "must be the id of an agent or a client".to_owned());
    }
}

fn is_audience(uri: &str) -> bool {
    uri.len() <= 2048 && !uri.contains('#') && uri.bytes().all(|c| c.is_ascii_graphic()) && Url::parse(uri).is_ok()
}

fn is_web(metadata: &ClientMetadata) -> bool {
    metadata.application_type == ApplicationType::Web
}

fn shortened(uri: &str) -> String {
    uri.chars().filter(|c| !c.is_control()).take(100).collect()
}

//! Software statements: believed if the organization trusts who signed them.

use super::document::Document;
use super::policy::{RegistrationPolicy, TrustedIssuer};
use crate::clients::fetch;
use flow::Services;
use jose::jwks::Jwks;
use kernel::{Fault, Timestamp};
use oauth::registration::{StatementError, issuer_of, verify_statement, with_statement};
use serde_json::{Map, Value};

/// The request with what its software statement says, if it has one.
///
/// # Errors
/// `invalid_software_statement`.
pub(super) async fn believed(
    services: &Services,
    policy: &RegistrationPolicy,
    document: &Document,
    now: Timestamp,
) -> Result<Map<String, Value>, Fault> {
    let Some(statement) = document.statement()? else {
        return if policy.requires_software_statement { Err(StatementError::Missing.into()) } else { Ok(document.0.clone()) };
    };
    let issuer = issuer_of(statement)?;
    let trusted = policy.trusted_issuers.iter().find(|trusted| trusted.issuer == issuer).ok_or(StatementError::Untrusted)?;
    let keys = keys(services, trusted).await.ok_or(StatementError::Signature)?;
    let claims = verify_statement(statement, &issuer, &keys, now)?;
    Ok(with_statement(document.0.clone(), claims))
}

async fn keys(services: &Services, trusted: &TrustedIssuer) -> Option<Jwks> {
    match (&trusted.jwks, &trusted.jwks_uri) {
        (Some(keys), _) => Jwks::from_value(keys).ok(),
        (None, Some(uri)) => {
            let fetched = fetch(services, uri, "application/jwk-set+json, application/json").await.ok()?;
            Jwks::parse(&fetched.body).ok()
        }
        (None, None) => None,
    }
}

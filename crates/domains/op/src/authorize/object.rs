//! Request objects: from what was sent to the parameters that count.

use super::reference;
use crate::clients::{Client, Recency, issuer};
use crate::keys;
use crate::policy::Policy;
use flow::{Cx, OneOrg, Prep, Writes};
use jose::digest::sha256;
use jose::encoding::base64url;
use kernel::{ClientId, Fault};
use oauth::jar::{self as rules, Checked, Facts, Once, Presented, Refused};
use oauth::pipeline::Endpoint;
use oauth::{Params, ProtocolError};
use std::sync::Arc;

/// The parameters of a request, wherever they stood.
pub(crate) struct Effective {
    /// Those that count.
    pub(crate) params: Params,
    /// What must not have been used before.
    pub(crate) once: Option<Once>,
    /// Whether the client signed them.
    pub(crate) is_signed: bool,
}

/// What a request comes to.
pub(crate) struct Resolved {
    /// The object in it, or where it pointed, good or not.
    pub(crate) object: Option<Arc<str>>,
    /// The parameters that count, or what the client is told.
    pub(crate) effective: Result<Effective, ProtocolError>,
}

/// Find the parameters that count. An object that lies elsewhere is fetched.
///
/// # Errors
/// Our own failures; what is wrong with the request is inside.
pub(crate) async fn resolve(
    prep: &Prep,
    client: &Client,
    outer: &Params,
    presented: Presented<'_>,
    endpoint: Endpoint,
) -> Result<Resolved, Fault> {
    let is_signing_required = Policy::of(prep.organization()?).requires_signed_requests();
    let (object, is_reference) = match presented {
        Presented::Plain => {
            let params = rules::check_optional(&client.metadata, is_signing_required).map(|()| outer.clone());
            return Ok(Resolved {
                object: None,
                effective: params.map(|params| Effective { params, once: None, is_signed: false }),
            });
        }
        Presented::Object(object) => (Arc::from(object), false),
        Presented::Reference(uri) => match reference::fetch(prep, client, uri).await? {
            Ok(object) => (object, true),
            Err(error) => return Ok(Resolved { object: None, effective: Err(error) }),
        },
        Presented::Pushed(_) => return Err(Fault::internal("a pushed request is none to be read")),
    };
    let is_secret = rules::is_encrypted(&object);
    let object = match decrypted(prep, object).await? {
        Ok(object) => object,
        Err(refused) => return Ok(Resolved { object: None, effective: Err(refused.at(endpoint)) }),
    };
    let told = |refused: Refused| if is_reference { refused.by_reference() } else { refused.at(endpoint) };
    let checked = check(prep, client, &object, is_signing_required, endpoint).await?;
    // What somebody else's client encrypted for us stays unread until its signature shows that it is this client's.
    let readable = (checked.is_ok() || !is_secret).then_some(object);
    let effective = checked.map_err(told).and_then(|checked| {
        let params = rules::merge(outer, &checked, endpoint)?;
        Ok(Effective { params, once: checked.once, is_signed: true })
    });
    Ok(Resolved { object: readable, effective })
}

/// The signed object, without what it was wrapped in.
async fn decrypted(prep: &Prep, object: Arc<str>) -> Result<Result<Arc<str>, Refused>, Fault> {
    if !rules::is_encrypted(&object) {
        return Ok(Ok(object));
    }
    let keys = keys::of(prep.services(), prep.organization()?).await?;
    Ok(rules::decrypt(&object, keys.decrypting()).map(Arc::from))
}

async fn check(
    prep: &Prep,
    client: &Client,
    object: &str,
    is_signing_required: bool,
    endpoint: Endpoint,
) -> Result<Result<Checked, Refused>, Fault> {
    let (services, org, now) = (prep.services(), prep.organization()?, prep.now);
    let issuer = issuer(services, org);
    let keys = client.keys(services, org, now, Recency::Any).await;
    let facts = Facts { client: &client.metadata, keys: keys.as_deref(), issuer: &issuer, endpoint, is_signing_required, now };
    let checked = rules::check(object, &facts);
    if !matches!(checked, Err(Refused::UnknownKey)) {
        return Ok(checked);
    }
    let keys = client.keys(services, org, now, Recency::Again).await;
    Ok(rules::check(object, &Facts { keys: keys.as_deref(), ..facts }))
}

/// Claim an object that is for one use.
///
/// # Errors
/// Our own failures; that it was used before is inside.
pub(crate) async fn claim(
    cx: &mut Cx<OneOrg, Writes>,
    client: &ClientId,
    once: Option<&Once>,
    endpoint: Endpoint,
) -> Result<Result<(), ProtocolError>, Fault> {
    let Some(Once { jti, until }) = once else { return Ok(Ok(())) };
    let org = cx.org().id().clone();
    let value = base64url(sha256(format!("{client} {jti}").as_bytes()));
    let is_first = cx.tx.claim_single_use(&org, "request_object", &value, *until).await?;
    Ok(if is_first { Ok(()) } else { Err(Refused::Replay.at(endpoint)) })
}

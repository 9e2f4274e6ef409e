//! What a registration says lies elsewhere: key sets and sectors. Both are looked at before anything is stored, so that what is
//! registered works, and by the guarded client, for strangers choose the addresses.

use flow::{Fetched, Outbound, OutboundFault, Services};
use jose::jwks::Jwks;
use kernel::{Denial, Fault};
use oauth::ClientMetadata;
use oauth::registration::{Problem, check_sector};
use std::time::Duration;
use url::Url;

const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 256 * 1024;

/// What was looked at and found good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outside {
    jwks_uri: Option<String>,
    /// The sector's address and the redirect URIs it was asked for.
    sector: Option<(String, Vec<String>)>,
}

/// Two changed it at once.
pub(crate) const CHANGED_MEANWHILE: Denial =
    Denial::conflict("clients.changed_meanwhile", "Somebody else changed this client just now. Please try again.");

impl Outside {
    /// Look at what `after` names and `before` didn't.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) async fn look(
        services: &Services,
        before: Option<&ClientMetadata>,
        after: &ClientMetadata,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let (keys, sector) = (new_keys(before, after), new_sector(before, after));
        if let Some(uri) = keys {
            match fetch(services, uri, "application/jwk-set+json, application/json").await {
                Err(why) => problems.push(Problem::new("jwks_uri", why)),
                Ok(fetched) => {
                    let checked = Jwks::parse(&fetched.body);
                    problems.extend(checked.err().map(|error| Problem::new("jwks_uri", format!("leads to no key set: {error}"))));
                }
            }
        }
        if let Some(uri) = sector {
            match fetch(services, uri, "application/json").await {
                Err(why) => problems.push(Problem::new("sector_identifier_uri", why)),
                Ok(fetched) => problems.extend(check_sector(&fetched.body, &after.redirect_uris).err()),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self { jwks_uri: keys.map(str::to_owned), sector: sector.map(|uri| (uri.to_owned(), after.redirect_uris.clone())) })
    }

    /// Whether everything `after` names has been looked at, now or before.
    ///
    /// # Errors
    /// 409 if the client was changed by somebody else in between.
    pub(crate) fn must_cover(&self, before: Option<&ClientMetadata>, after: &ClientMetadata) -> Result<(), Fault> {
        let keys = new_keys(before, after).is_none_or(|uri| self.jwks_uri.as_deref() == Some(uri));
        let sector = new_sector(before, after).is_none_or(|uri| {
            self.sector.as_ref().is_some_and(|(looked_at, uris)| looked_at == uri && *uris == after.redirect_uris)
        });
        if keys && sector {
            return Ok(());
        }
        Err(CHANGED_MEANWHILE.into())
    }
}

fn new_keys<'a>(before: Option<&ClientMetadata>, after: &'a ClientMetadata) -> Option<&'a str> {
    let uri = after.jwks_uri.as_deref()?;
    let is_known = before.is_some_and(|before| before.jwks_uri.as_deref() == Some(uri));
    (!is_known).then_some(uri)
}

fn new_sector<'a>(before: Option<&ClientMetadata>, after: &'a ClientMetadata) -> Option<&'a str> {
    let uri = after.sector_identifier_uri.as_deref()?;
    let is_known = before.is_some_and(|before| {
        before.sector_identifier_uri.as_deref() == Some(uri) && before.redirect_uris == after.redirect_uris
    });
    (!is_known).then_some(uri)
}

/// Fetch a document; otherwise say why not, in words for whoever registers.
pub(crate) async fn fetch(services: &Services, uri: &str, accept: &str) -> Result<Fetched, String> {
    let url = Url::parse(uri).map_err(|_| "must be an absolute URI".to_owned())?;
    match fetch_by(&services.outbound, &url, accept, MAX_BYTES).await {
        Ok(fetched) if fetched.status == 200 => Ok(fetched),
        Ok(fetched) => Err(format!("answered with status {}", fetched.status)),
        Err(FetchFault::TooLarge) => Err(format!("answered with more than {MAX_BYTES} bytes")),
        // Strangers don't learn which names lead into networks they can't see.
        Err(FetchFault::Blocked | FetchFault::Failed) => Err("could not be fetched".to_owned()),
    }
}

/// Why there is no document.
pub(crate) enum FetchFault {
    /// The operator, or the guard against private networks, says no.
    Blocked,
    /// It is too large.
    TooLarge,
    /// Anything else.
    Failed,
}

/// The client for addresses that strangers choose. On a development server they may lie on the machine itself.
pub(super) fn outbound_for_strangers(services: &Services) -> Outbound {
    if services.is_dev { services.outbound.clone() } else { services.outbound.public_only() }
}

/// Fetch a document of at most so many bytes, whatever its status.
pub(super) async fn fetch_by(outbound: &Outbound, url: &Url, accept: &str, max: usize) -> Result<Fetched, FetchFault> {
    outbound.within(TIMEOUT, max).get(url, accept).await.map_err(|fault| {
        tracing::info!(%fault, "a document of a registration could not be fetched");
        match fault {
            OutboundFault::Blocked { .. } => FetchFault::Blocked,
            OutboundFault::TooLarge { .. } => FetchFault::TooLarge,
            _ => FetchFault::Failed,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(jwks_uri: &str, sector: &str, redirect_uri: &str) -> ClientMetadata {
        ClientMetadata {
            jwks_uri: Some(jwks_uri.to_owned()),
            sector_identifier_uri: Some(sector.to_owned()),
            redirect_uris: vec![redirect_uri.to_owned()],
            ..ClientMetadata::new("c")
        }
    }

    #[test]
    fn what_was_not_looked_at_is_not_stored() {
        let (before, nothing) = (client("k", "s", "r"), Outside::default());
        assert!(nothing.must_cover(Some(&before), &before).is_ok());
        for after in [client("k2", "s", "r"), client("k", "s2", "r"), client("k", "s", "r2")] {
            assert_eq!(nothing.must_cover(Some(&before), &after).unwrap_err().code, "clients.changed_meanwhile");
        }
        assert!(nothing.must_cover(None, &before).is_err());
        let looked = Outside { jwks_uri: Some("k2".into()), sector: Some(("s".into(), vec!["r2".into()])) };
        assert!(looked.must_cover(Some(&before), &client("k2", "s", "r2")).is_ok());
        assert!(looked.must_cover(Some(&before), &client("k2", "s", "r3")).is_err());
    }
}

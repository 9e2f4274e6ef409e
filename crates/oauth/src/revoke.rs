//! Token revocation.
//!
//! RFC 7009. The answer is 200 with `{}` whether or not there was such a token. A refresh token takes its whole family with it,
//! access tokens included; an access token goes alone. Another client's token is left alone, silently. Public clients may
//! revoke with their `client_id`.

use crate::client_authentication::AuthenticatedClient;
use crate::metadata::{Document, Facts as MetadataFacts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ErrorCode, Params, ProtocolError};
use kernel::{ClientId, FamilyId, Secret};

/// This room.
pub const ROOM: Room = Room {
    name: "revoke",
    title: "Token Revocation",
    source: "RFC 7009",
    status: Status::Final,
    support: "access tokens, and refresh tokens with their family",
    visits: &[(Endpoint::Revocation, Stage::Parse), (Endpoint::Revocation, Stage::Decide)],
    metadata,
};

/// A revocation request. The hint is checked and then not needed: a token says by its form what it is.
#[derive(Clone, Debug)]
pub struct Request {
    /// The token.
    pub token: Secret,
}

/// Read the parameters.
///
/// # Errors
/// `unsupported_token_type` for a hint that names no kind of token there is.
pub fn parse(params: &Params) -> Result<Request, ProtocolError> {
    params.check_unique()?;
    if !matches!(params.one("token_type_hint")?, None | Some("access_token" | "refresh_token")) {
        return Err(ProtocolError::new(ErrorCode::UnsupportedTokenType, "The token_type_hint is not supported."));
    }
    Ok(Request { token: Secret::new(params.required("token")?) })
}

/// A token of this organization that was found and whose secret or signature was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// An access token.
    Access {
        /// Who holds it.
        client_id: ClientId,
        /// Its id.
        jti: String,
    },
    /// A refresh token.
    Refresh {
        /// Who holds it.
        client_id: ClientId,
        /// Its family.
        family: FamilyId,
    },
}

/// What is to be done. The answer is the same for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing.
    Nothing,
    /// Revoke this access token.
    RevokeAccess {
        /// Its id.
        jti: String,
    },
    /// Revoke every token of this family.
    RevokeFamily(FamilyId),
}

/// Decide.
pub fn decide(caller: &AuthenticatedClient, found: Option<Found>) -> Decision {
    match found {
        Some(Found::Access { client_id, jti }) if client_id == *caller.client_id() => Decision::RevokeAccess { jti },
        Some(Found::Refresh { client_id, family }) if client_id == *caller.client_id() => Decision::RevokeFamily(family),
        _ => Decision::Nothing,
    }
}

fn metadata(facts: &MetadataFacts<'_>, document: &mut Document) {
    document.set("revocation_endpoint", facts.issuer.endpoint("oauth/revoke"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClientMetadata;
    use crate::client_authentication::tests::authenticated;

    #[test]
    fn a_token_is_revoked_by_its_own_client_only() {
        let access = |client: &str| Found::Access { client_id: client.into(), jti: "j1".into() };
        let refresh = |client: &str| Found::Refresh { client_id: client.into(), family: "f1".into() };
        let caller = authenticated(ClientMetadata::new("c"));
        assert_eq!(decide(&caller, Some(access("c"))), Decision::RevokeAccess { jti: "j1".into() });
        assert_eq!(decide(&caller, Some(refresh("c"))), Decision::RevokeFamily("f1".into()));
        for nothing in [None, Some(access("d")), Some(refresh("d"))] {
            assert_eq!(decide(&caller, nothing), Decision::Nothing);
        }
    }

    #[test]
    fn a_wrong_hint_is_harmless_and_an_unknown_one_is_refused() {
        let run = |hint| parse(&Params::collect([("token", "x"), ("token_type_hint", hint)]).unwrap());
        assert!(run("access_token").is_ok() && run("refresh_token").is_ok() && run("").is_ok());
        assert_eq!(run("id_token").unwrap_err().code, ErrorCode::UnsupportedTokenType);
        assert_eq!(parse(&Params::default()).unwrap_err().code, ErrorCode::InvalidRequest);
    }
}

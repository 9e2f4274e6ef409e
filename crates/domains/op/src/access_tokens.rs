//! Access tokens that come back: whether they are ours, and whether they are still alive.
//!
//! The signature of a token is checked once; what it says is then kept in memory under the SHA-256 of the token. Everything that can
//! change is checked every time: its end, the key, the organization, the client, the person, its family, its own revocation.

use crate::clients::{self, Client, issuer};
use crate::keys;
use flow::Services;
use identity::guard::invalid_token;
use jose::digest::sha256;
use jose::encoding::{base64url, decode_base64url};
use jose::jws::Header;
use kernel::{FamilyId, Fault, OrgId, Secret, SessionId, Timestamp, TokenId, UserId};
use oauth::access_token::{self, Claims};
use oauth::protected_resource;
use quick_cache::sync::Cache;
use std::sync::Arc;
use store::{Mode, OneOrg, Org, StoreError, Tx, args, org_sql, rows};

/// What an opaque token begins with. The rest is its claims, sealed: only this server can read them.
const OPAQUE_PREFIX: &str = "oat_";
const OPAQUE_CONTEXT: &str = "access tokens";
const MAX_LENGTH: usize = 16 * 1024;

/// Tokens whose signature was found good.
pub struct AccessTokens(Cache<[u8; 32], Arc<Verified>>);

impl Default for AccessTokens {
    fn default() -> Self {
        Self(Cache::new(16_384))
    }
}

/// A token of this organization that hasn't ended by itself.
#[derive(Debug)]
pub struct Verified {
    /// What it says.
    pub claims: Claims,
    /// All tokens of its grant; `None` for a client's own token.
    pub family: Option<FamilyId>,
    org: OrgId,
    issued_at_ms: i64,
    /// The key that signed it; `None` if it is sealed.
    kid: Option<String>,
}

impl Verified {
    /// When it ends.
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_secs(self.claims.exp)
    }
    /// Whether it was issued before `moment`, to the millisecond.
    pub fn is_before(&self, moment: Timestamp) -> bool {
        self.issued_at_ms < moment.as_micros().div_euclid(1000)
    }
}

/// The `jti` of a token: the family (if there is one) and an id of its own. Either part says when it was made.
pub(crate) fn jti(family: Option<&FamilyId>, id: &TokenId) -> String {
    family.map_or_else(|| id.to_string(), |family| format!("{family}.{id}"))
}

/// An opaque token with these claims.
pub(crate) fn seal(services: &Services, claims: &Claims) -> Result<Secret, Fault> {
    let claims = serde_json::to_vec(claims).map_err(Fault::internal)?;
    let sealed = services.master_keys.seal(OPAQUE_CONTEXT, &claims, &*services.rng);
    Ok(Secret::new(format!("{OPAQUE_PREFIX}{}", base64url(sealed))))
}

/// What the token says, if it is one of this organization and hasn't ended.
///
/// # Errors
/// 401 `invalid_token`, or our own failures.
pub async fn verify(services: &Services, org: &Org, token: &Secret, now: Timestamp) -> Result<Arc<Verified>, Fault> {
    let token = token.expose();
    if token.len() > MAX_LENGTH {
        return Err(invalid_token("the token is too long"));
    }
    let room = services.rooms.find::<AccessTokens>()?;
    let digest = sha256(token.as_bytes());
    let keys = keys::of(services, org).await?;
    if let Some(known) = room.0.get(&digest) {
        let is_signer_good = known.kid.as_deref().is_none_or(|kid| keys.knows(kid));
        if known.org == *org.id() && is_signer_good {
            return if known.expires_at() > now { Ok(known) } else { Err(invalid_token("the token has expired")) };
        }
    }
    let issuer = issuer(services, org);
    let (claims, kid) = if let Some(sealed) = token.strip_prefix(OPAQUE_PREFIX) {
        (open(services, sealed)?, None)
    } else {
        let claims = access_token::verify(token, keys.verifying(), &issuer, now);
        let claims = claims.map_err(|_| invalid_token("the signature, issuer, type or time is not right"))?;
        (claims, Header::parse(token).ok().and_then(|header| header.kid))
    };
    let verified = Arc::new(assemble(claims, org, kid)?);
    if verified.claims.iss != issuer.as_str() || verified.expires_at() <= now {
        return Err(invalid_token("the token is another organization's or has expired"));
    }
    room.0.insert(digest, verified.clone());
    Ok(verified)
}

fn open(services: &Services, sealed: &str) -> Result<Claims, Fault> {
    let refused = || invalid_token("not an opaque token of this server");
    let sealed = decode_base64url(sealed).map_err(|_| refused())?;
    let claims = services.master_keys.open(OPAQUE_CONTEXT, &sealed).map_err(|_| refused())?;
    serde_json::from_slice(&claims).map_err(Fault::internal)
}

/// Whether only this server can read it.
pub(crate) fn is_opaque(token: &Secret) -> bool {
    token.expose().starts_with(OPAQUE_PREFIX)
}

/// The issuer an opaque token is from; `None` if it isn't one.
pub(crate) fn claimed_issuer(services: &Services, token: &str) -> Option<String> {
    open(services, token.strip_prefix(OPAQUE_PREFIX)?).ok().map(|claims| claims.iss)
}

fn assemble(claims: Claims, org: &Org, kid: Option<String>) -> Result<Verified, Fault> {
    let (family, id) = match claims.jti.split_once('.') {
        Some((family, id)) => (Some(FamilyId::from(family)), id),
        None => (None, claims.jti.as_str()),
    };
    let issued_at_ms = made_at(id).ok_or_else(|| invalid_token("the jti is not one of ours"))?;
    Ok(Verified { family, org: org.id().clone(), issued_at_ms, kid, claims })
}

/// The milliseconds in a UUIDv7 (RFC 9562 §5.7).
fn made_at(id: &str) -> Option<i64> {
    let (high, low) = (id.get(..8)?, id.get(9..13)?);
    i64::from_str_radix(&format!("{high}{low}"), 16).ok()
}

/// What the database says of a living token.
#[derive(Clone, Debug, Default)]
pub struct Alive {
    /// The person it is about; `None` if it is about the client itself. The token may know them by another name.
    pub user: Option<UserId>,
    /// Their address.
    pub email: Option<String>,
    /// The session it was granted in.
    pub session: Option<SessionId>,
    /// The single claims that `UserInfo` was asked for then, as JSON.
    pub userinfo_claims: String,
}

rows! {
    struct AliveRow { id: UserId, email: String, tokens_not_before: Timestamp, session_id: Option<SessionId>, userinfo_claims: String }
}

/// The client a token belongs to, if neither client nor organization voids the token.
///
/// # Errors
/// Whatever the database says.
pub async fn living_client(services: &Services, org: &Org, token: &Verified) -> Result<Option<Arc<Client>>, Fault> {
    if token.is_before(org.tokens_not_before()) {
        return Ok(None);
    }
    let client = clients::find(services, org, &token.claims.client_id).await?;
    Ok(client
        .filter(|client| client.is_active() && !token.is_before(client.tokens_not_before) && !token.is_before(client.created_at)))
}

/// Whether a token is meant for this organization's own API, and not for other resource servers alone: by the name of its client, which is
/// what a token for nobody in particular says, by that of the agent behind it, or by what the API is called as a resource (RFC 9728).
pub fn is_for_api(services: &Services, org: &Org, token: &Verified, client: &Client) -> bool {
    let api = protected_resource::identifier(&issuer(services, org));
    let agent = client.agent.as_ref().map(|agent| agent.id.as_str());
    let is_us = |name: &str| name == client.id().as_str() || Some(name) == agent || name == api;
    token.claims.aud.values().iter().any(|name| is_us(name))
}

/// Whether the token is alive as far as the database knows: not revoked, nor its family, nor any token it was exchanged from, and its
/// person may still enter. One statement of point reads.
///
/// # Errors
/// Whatever the database says.
pub async fn find_alive<M: Mode>(tx: &mut Tx<OneOrg, M>, token: &Verified) -> Result<Option<Alive>, StoreError> {
    let Some(family) = &token.family else {
        let sql = org_sql!(
            "SELECT jti AS a FROM revoked_tokens WHERE org_id = :org AND jti = :jti \
             UNION ALL SELECT r.jti AS a FROM token_origins o \
             JOIN revoked_tokens r ON r.org_id = o.org_id AND r.jti = o.origin_jti \
             WHERE o.org_id = :org AND o.token = :jti LIMIT 1"
        );
        let revoked = tx.fetch_optional::<(String,)>(sql, args! { jti: &token.claims.jti }).await?;
        return Ok(revoked.is_none().then(Alive::default));
    };
    let sql = org_sql!(
        "SELECT u.id, u.email, u.tokens_not_before, f.session_id, f.userinfo_claims FROM grant_families f \
         JOIN users u ON u.org_id = f.org_id AND u.id = f.user_id AND u.is_active = 1 AND u.is_blocked = 0 \
         WHERE f.org_id = :org AND f.id = :family AND f.client_id = :client AND f.revoked_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM revoked_tokens r WHERE r.org_id = :org AND r.jti = :jti) \
         AND NOT EXISTS (SELECT 1 FROM token_origins o \
             LEFT JOIN revoked_tokens r ON r.org_id = o.org_id AND r.jti = o.origin_jti \
             LEFT JOIN grant_families p ON p.org_id = o.org_id AND p.id = o.origin_family_id \
             LEFT JOIN clients c ON c.org_id = p.org_id AND c.id = p.client_id \
             LEFT JOIN agents a ON a.org_id = c.org_id AND a.id = c.agent_id \
             WHERE o.org_id = :org AND o.token = :family AND (r.jti IS NOT NULL OR (o.origin_family_id IS NOT NULL \
                 AND (p.id IS NULL OR p.revoked_at IS NOT NULL OR c.id IS NULL OR c.is_active = 0 OR a.status <> 'active'))))"
    );
    let values = args! { family: family, client: &token.claims.client_id, jti: &token.claims.jti };
    let row = tx.fetch_optional::<AliveRow>(sql, values).await?;
    Ok(row.filter(|row| !token.is_before(row.tokens_not_before)).map(|row| Alive {
        user: Some(row.id),
        email: Some(row.email),
        session: row.session_id,
        userinfo_claims: row.userinfo_claims,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ones;
    impl kernel::Rng for Ones {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xFF);
        }
    }

    #[test]
    fn a_token_id_says_when_it_was_made() {
        let now = Timestamp::from_micros(1_763_864_000_123_456);
        let id = TokenId::new(now, &Ones);
        assert_eq!(made_at(id.as_str()), Some(1_763_864_000_123));
        for bad in ["", "0199", "zzzzzzzz-zzzz-7000", "é€é€é€é€é"] {
            assert_eq!(made_at(bad), None, "{bad}");
        }
    }
}

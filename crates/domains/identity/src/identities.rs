//! Accounts elsewhere by which people sign in: which account of which provider belongs to whom.
//!
//! An account elsewhere belongs to one user. It is found by provider and subject together: two providers may well name two
//! people alike, so nothing is ever found by the subject alone, nor by an address that came along with it.

use kernel::{Denial, Fault, Timestamp, UserId};
use store::{Mode, OneOrg, Tx, Writes, args, org_sql, rows};

/// What kind of provider an account is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A SAML identity provider; the subject is a `NameID`.
    Saml,
    /// A directory; the subject is a distinguished name.
    Ldap,
    /// A social or OpenID Connect provider; the subject is its `sub`.
    Social,
}

impl Kind {
    /// As requests and the log say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Saml => "saml",
            Self::Ldap => "ldap",
            Self::Social => "social",
        }
    }
    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Saml, Self::Ldap, Self::Social].into_iter().find(|kind| kind.as_str() == text)
    }
    /// What subjects are compared by: directories don't tell capitals apart.
    fn key(self, subject: &str) -> String {
        if self == Self::Ldap { subject.to_lowercase() } else { subject.to_owned() }
    }
}

/// The provider of links from before links named theirs. Such a link tells nobody apart once there are several providers.
pub const NO_PROVIDER: i64 = 0;

rows! {
    /// A provider an organization takes people from.
    #[derive(Clone, Debug)]
    pub struct Provider {
        /// Its number.
        pub number: i64,
        /// Its name for people.
        pub name: String,
        /// Whether people may come from it.
        pub is_enabled: bool,
        /// The domains of the addresses it vouches for, with spaces between.
        pub email_domains: String,
    }

    /// An account elsewhere that belongs to a user.
    #[derive(Clone, Debug)]
    pub struct Link {
        /// `saml`, `ldap` or `social`.
        pub kind: String,
        /// The provider's number, or [`NO_PROVIDER`].
        pub provider: i64,
        /// The provider's name for people.
        pub provider_name: Option<String>,
        /// Who they are there.
        pub subject: String,
        /// Whether this is the only way for them to sign in.
        pub is_exclusive: bool,
    }

    /// A link that names no provider, and whose it is.
    #[derive(Clone, Debug)]
    pub struct Unassigned {
        /// Whose it is.
        pub user_id: UserId,
        /// Their address.
        pub email: String,
        /// Who they are wherever they come from.
        pub subject: String,
    }
}

impl Provider {
    /// Whether it vouches for addresses of this one's domain.
    pub fn claims(&self, email: &str) -> bool {
        let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain).to_lowercase();
        self.email_domains.split(' ').any(|claimed| !claimed.is_empty() && claimed.eq_ignore_ascii_case(&domain))
    }
}

/// The provider of that kind and number.
///
/// # Errors
/// 404 `identity_providers.not_found`.
pub async fn load_provider<M: Mode>(tx: &mut Tx<OneOrg, M>, kind: Kind, number: i64) -> Result<Provider, Fault> {
    let sql = org_sql!(
        "SELECT number, name, is_enabled, email_domains FROM identity_providers
         WHERE org_id = :org AND kind = :kind AND number = :number"
    );
    let found = tx.fetch_optional(sql, args! { kind: kind.as_str(), number: number }).await?;
    found.ok_or_else(|| Fault::not_found("identity_providers.not_found", "There is no such identity provider."))
}

/// The providers of a kind, the oldest first.
pub async fn list_providers<M: Mode>(tx: &mut Tx<OneOrg, M>, kind: Kind) -> Result<Vec<Provider>, Fault> {
    let sql = org_sql!(
        "SELECT number, name, is_enabled, email_domains FROM identity_providers
         WHERE org_id = :org AND kind = :kind ORDER BY number"
    );
    Ok(tx.fetch_all(sql, args! { kind: kind.as_str() }).await?)
}

/// The accounts elsewhere of a user.
pub async fn list_of_user<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<Link>, Fault> {
    let sql = org_sql!(
        "SELECT i.kind, i.provider, p.name AS provider_name, i.subject, i.is_exclusive FROM identities i
         LEFT JOIN identity_providers p ON p.org_id = i.org_id AND p.kind = i.kind AND p.number = i.provider
         WHERE i.org_id = :org AND i.user_id = :user ORDER BY i.kind, i.provider, i.subject_key"
    );
    Ok(tx.fetch_all(sql, args! { user: user }).await?)
}

/// Whom an account elsewhere belongs to.
pub async fn find_user<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    kind: Kind,
    provider: i64,
    subject: &str,
) -> Result<Option<UserId>, Fault> {
    let sql = org_sql!(
        "SELECT user_id AS a FROM identities
         WHERE org_id = :org AND kind = :kind AND provider = :provider AND subject_key = :key"
    );
    let values = args! { kind: kind.as_str(), provider: provider, key: kind.key(subject) };
    Ok(tx.fetch_optional::<(UserId,)>(sql, values).await?.map(|(user,)| user))
}

/// An account elsewhere that is to belong to somebody.
#[derive(Clone, Debug)]
pub struct NewLink<'a> {
    /// What kind of provider it is at.
    pub kind: Kind,
    /// The provider's number.
    pub provider: i64,
    /// Who they are there.
    pub subject: &'a str,
    /// Whether it becomes the only way for them to sign in.
    pub is_exclusive: bool,
}

/// Let an account elsewhere belong to a user, in place of the one of that kind they had.
///
/// # Errors
/// 409 `identities.taken` if it belongs to somebody else.
pub async fn link(tx: &mut Tx<OneOrg, Writes>, user: &UserId, new: &NewLink<'_>, now: Timestamp) -> Result<(), Fault> {
    unlink(tx, user, new.kind).await?;
    let sql = org_sql!(
        "INSERT INTO identities (org_id, kind, provider, subject_key, subject, user_id, is_exclusive, linked_at)
         VALUES (:org, :kind, :provider, :key, :subject, :user, :is_exclusive, :now)
         ON CONFLICT (org_id, kind, provider, subject_key) DO NOTHING"
    );
    let values = args! {
        kind: new.kind.as_str(),
        provider: new.provider,
        key: new.kind.key(new.subject),
        subject: new.subject,
        user: user,
        is_exclusive: new.is_exclusive,
        now: now,
    };
    if tx.execute(sql, values).await? == 1 { Ok(()) } else { Err(taken()) }
}

/// Let no account of this kind belong to a user any more; returns how many did.
pub async fn unlink(tx: &mut Tx<OneOrg, Writes>, user: &UserId, kind: Kind) -> Result<u64, Fault> {
    let sql = org_sql!("DELETE FROM identities WHERE org_id = :org AND user_id = :user AND kind = :kind");
    Ok(tx.execute(sql, args! { user: user, kind: kind.as_str() }).await?)
}

/// The SAML links that name no provider, in the order of their subjects.
pub async fn list_unassigned<M: Mode>(tx: &mut Tx<OneOrg, M>) -> Result<Vec<Unassigned>, Fault> {
    let sql = org_sql!(
        "SELECT i.user_id, u.email, i.subject FROM identities i
         JOIN users u ON u.org_id = i.org_id AND u.id = i.user_id
         WHERE i.org_id = :org AND i.kind = 'saml' AND i.provider = 0 ORDER BY i.subject_key"
    );
    Ok(tx.fetch_all(sql, &[]).await?)
}

/// What callers are told about an account elsewhere that belongs to somebody else.
/// The account elsewhere is another user's.
pub const TAKEN: Denial = Denial::conflict("identities.taken", "That account elsewhere belongs to another user already.");

fn taken() -> Fault {
    TAKEN.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_vouches_for_its_own_domains_and_no_others() {
        let provider =
            |domains: &str| Provider { number: 1, name: "Corp".to_owned(), is_enabled: true, email_domains: domains.to_owned() };
        let corp = provider("corp.example eu.corp.example");
        for (email, is_claimed) in [
            ("ada@corp.example", true),
            ("ada@CORP.example", true),
            ("ada@eu.corp.example", true),
            ("ada@us.corp.example", false),
            ("ada@notcorp.example", false),
            ("ada@corp.example.evil.example", false),
            ("corp.example", false),
            ("ada@", false),
        ] {
            assert_eq!(corp.claims(email), is_claimed, "{email}");
        }
        assert!(!provider("").claims("ada@"));
    }

    #[test]
    fn directories_do_not_tell_capitals_apart_and_others_do() {
        assert_eq!(Kind::Ldap.key("CN=Ada,DC=Corp"), Kind::Ldap.key("cn=ada,dc=corp"));
        assert_ne!(Kind::Saml.key("Ada"), Kind::Saml.key("ada"));
        assert_eq!(Kind::parse("saml"), Some(Kind::Saml));
        assert_eq!(Kind::parse("SAML"), None);
    }
}

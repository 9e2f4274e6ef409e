//! JSON Web Encryption in compact form (RFC 7516).
//!
//! Left out on purpose: `RSA1_5` (an oracle waiting to be asked), `PBES2` (work factors chosen by strangers), `zip` (lengths
//! that leak, bombs that grow) and plain AES key wrap, which no one here shares keys for.

mod agreement;
mod content;
mod header;
mod key;

pub use content::ContentEncryption;
pub use header::{Header, KeyManagement};
pub use key::{DecryptionKey, EncryptionKey};

use crate::encoding::{append_base64url, base64url, decode_base64url};
use header::Parts;
use kernel::Rng;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// The longest token read, in bytes. Encrypted tokens nest signed ones, so it is more than a JWS may have.
const MAX_LENGTH: usize = 64 * 1024;

/// Members with which a token is read differently from how it is made here: agreed keys are derived for parties without names
/// (RFC 7518 §4.6.1), nothing is compressed, and there are no extensions.
const READ_DIFFERENTLY: [&str; 4] = ["apu", "apv", "zip", "crit"];

/// Encrypt `plaintext` to `recipient`.
///
/// `members` go into the protected header, such as `cty: "JWT"` for a nested token (RFC 7519 §5.2). `alg`, `enc`, `kid` and `epk` are
/// set here whatever `members` say.
///
/// # Errors
/// [`JweError::Member`] if `members` hold what changes how the token is to be read: nobody could open it then.
pub fn encrypt(
    recipient: &EncryptionKey,
    encryption: ContentEncryption,
    members: &Map<String, Value>,
    plaintext: &[u8],
    rng: &dyn Rng,
) -> Result<String, JweError> {
    if READ_DIFFERENTLY.iter().any(|name| members.contains_key(*name)) {
        return Err(JweError::Member);
    }
    let delivery = recipient.deliver(encryption, rng)?;
    let mut members = members.clone();
    members.insert("alg".to_owned(), recipient.algorithm().name().into());
    members.insert("enc".to_owned(), encryption.name().into());
    for (name, value) in [("kid", recipient.kid().map(Value::from)), ("epk", delivery.ephemeral)] {
        match value {
            Some(value) => members.insert(name.to_owned(), value),
            None => members.remove(name),
        };
    }
    let header = base64url(Value::Object(members).to_string());
    let sealed = encryption.seal(&delivery.content_key, header.as_bytes(), plaintext, rng)?;
    let mut token = header;
    for part in [&delivery.encrypted_key, &sealed.iv, &sealed.ciphertext, &sealed.tag] {
        token.push('.');
        append_base64url(&mut token, part);
    }
    Ok(token)
}

/// Decrypt `token` with `key`, if its `enc` is one of `allowed`.
///
/// The header's `alg` must be the key's. Whatever goes wrong after that is one error, so that nobody can use the answers as an
/// oracle (RFC 7516 §11.5).
pub fn decrypt(token: &str, key: &DecryptionKey, allowed: &[ContentEncryption]) -> Result<Decrypted, JweError> {
    let parts = Parts::split(token)?;
    let header = Header::decode(parts.header)?;
    if header.algorithm != key.algorithm() || !allowed.contains(&header.encryption) {
        return Err(JweError::Algorithm);
    }
    let decode = |part| decode_base64url(part).map_err(|_| JweError::Malformed);
    let encrypted_key = decode(parts.encrypted_key)?;
    let (iv, ciphertext, tag) = (decode(parts.iv)?, decode(parts.ciphertext)?, decode(parts.tag)?);
    let content_key = key.receive(&header, &encrypted_key)?;
    let plaintext = header.encryption.open(&content_key, parts.header.as_bytes(), &iv, ciphertext, &tag)?;
    Ok(Decrypted { header, plaintext })
}

/// What was inside.
#[derive(Debug)]
pub struct Decrypted {
    /// The protected header.
    pub header: Header,
    /// The plaintext; for a nested token a JWS still to be verified.
    pub plaintext: Zeroizing<Vec<u8>>,
}

/// Why there is no token, or no plaintext. It never quotes either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JweError {
    /// Not five base64url parts, too long, or no well-formed header.
    #[error("the token is not a well-formed JWE")]
    Malformed,
    /// `crit` or `zip`: extensions this program doesn't support.
    #[error("the token demands an extension that is not supported")]
    Critical,
    /// `alg` or `enc` is unknown, not allowed here, or not the key's.
    #[error("the token's alg or enc is not acceptable here")]
    Algorithm,
    /// A header was wanted that says something untrue of the token.
    #[error("the header can't hold that member")]
    Member,
    /// The key does not fit the algorithm.
    #[error("the key can't be used with the algorithm")]
    Key,
    /// It doesn't decrypt. There is deliberately no closer reason.
    #[error("the token can't be decrypted")]
    Decryption,
    /// The crypto library failed for a reason of its own.
    #[error("the crypto library failed")]
    Library,
}

impl JweError {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "jwe.malformed",
            Self::Critical => "jwe.critical",
            Self::Algorithm => "jwe.algorithm",
            Self::Member => "jwe.member",
            Self::Key => "jwe.key",
            Self::Decryption => "jwe.decryption",
            Self::Library => "jwe.library",
        }
    }
}

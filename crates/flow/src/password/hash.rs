//! Password hashes: our own and those brought along from elsewhere.

use super::Password;
use super::phc::{Digest, compose, number, numbers};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use kernel::{Fault, Secret};
use pbkdf2::{pbkdf2_hmac, sha2};
use std::fmt;
use std::str::FromStr;

/// A stored password hash with parameters known to be affordable.
///
/// New hashes are Argon2id (RFC 9106) with 19 MiB, two passes and one lane, 16 bytes of salt and 32 of output, the first
/// choice of the OWASP Password Storage Cheat Sheet. Imported ones are understood as
///
/// | form | bounds |
/// |---|---|
/// | `$argon2id$`, `$argon2i$`, `$argon2d$` (PHC) | memory 256 MiB; memory × passes 1 GiB |
/// | `$2a$`, `$2b$`, `$2y$`, `$2x$` (bcrypt) | cost 14 |
/// | `$scrypt$ln=…,r=…,p=…` (PHC) | memory 128·N·r 256 MiB; N·r·p 2²¹ |
/// | `$pbkdf2-sha256$`, `$pbkdf2-sha512$` (PHC or Passlib), `pbkdf2_sha256$` (Django) | 2,000,000 iterations, over all blocks of output |
///
/// so that checking one takes about a second and 256 MiB at worst. bcrypt reads at most 72 bytes of a password, and a `$2x$`
/// hash of a password outside ASCII never matches (its author's software hashed other bytes).
#[derive(Clone)]
pub struct PasswordHash {
    text: Secret,
    scheme: Scheme,
}

#[derive(Clone)]
enum Scheme {
    Argon2 { algorithm: Algorithm, version: Version, params: Params, digest: Digest },
    Bcrypt,
    Scrypt { params: scrypt::Params, digest: Digest },
    Pbkdf2 { hash: Sha2, iterations: u32, digest: Digest },
}

#[derive(Clone, Copy)]
enum Sha2 {
    Sha256,
    Sha512,
}

/// Why a text is not accepted as a password hash. It never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashRefused {
    /// None of the known forms.
    #[error("not a password hash of a known form (argon2, bcrypt, scrypt, pbkdf2)")]
    Unknown,
    /// A known form, but not well formed.
    #[error("a damaged {0} hash")]
    Malformed(&'static str),
    /// Checking it would cost more time or memory than we are willing to spend on a sign-in.
    #[error("a {0} hash with parameters beyond what this server spends on one sign-in")]
    TooExpensive(&'static str),
}

impl PasswordHash {
    /// Recognize a stored or imported hash.
    pub fn parse(text: &str) -> Result<Self, HashRefused> {
        if text.len() > 512 {
            return Err(HashRefused::Unknown);
        }
        let segments: Vec<&str> = text.split('$').collect();
        let scheme = match segments.as_slice() {
            ["", name @ ("argon2id" | "argon2i" | "argon2d"), version, params, salt, output] => {
                argon2(name, version, params, Digest::from_phc(salt, output))?
            }
            // Version 1.0 (0x10) was written without saying so.
            ["", name @ ("argon2id" | "argon2i" | "argon2d"), params, salt, output] => {
                argon2(name, "v=16", params, Digest::from_phc(salt, output))?
            }
            ["", "2a" | "2b" | "2x" | "2y", ..] => bcrypt(text)?,
            ["", "scrypt", params, salt, output] => scrypt(params, Digest::from_phc(salt, output))?,
            ["", name @ ("pbkdf2-sha256" | "pbkdf2-sha512"), params, salt, output] => {
                let hash = if *name == "pbkdf2-sha256" { Sha2::Sha256 } else { Sha2::Sha512 };
                match number(params) {
                    Some(iterations) => pbkdf2(hash, iterations, Digest::from_passlib(salt, output))?,
                    None => pbkdf2_phc(hash, params, Digest::from_phc(salt, output))?,
                }
            }
            ["pbkdf2_sha256", iterations, salt, output] => {
                let iterations = number(iterations).ok_or(HashRefused::Malformed("pbkdf2"))?;
                pbkdf2(Sha2::Sha256, iterations, Digest::from_django(salt, output))?
            }
            _ => return Err(HashRefused::Unknown),
        };
        Ok(Self { text: Secret::new(text), scheme })
    }
    /// The text to store.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }
    /// Whether it was made otherwise than we make hashes today: hash the password again when it next is at hand. That also
    /// holds for costlier hashes, since a different cost tells an attacker which accounts exist.
    pub fn needs_rehash(&self) -> bool {
        !matches!(&self.scheme, Scheme::Argon2 { algorithm: Algorithm::Argon2id, version: Version::V0x13, params, digest }
            if (params.m_cost(), params.t_cost(), params.p_cost()) == (Params::DEFAULT_M_COST, Params::DEFAULT_T_COST, Params::DEFAULT_P_COST)
                && digest.salt.len() == 16 && digest.output.len() == 32)
    }
    /// Hash a password as we do today. Takes some 20 ms of CPU.
    pub(crate) fn compute(password: &Password, salt: [u8; 16], memory: &mut Memory) -> Result<Self, Fault> {
        let mut output = vec![0; 32];
        memory.argon2(&Argon2::default(), password, &salt, &mut output).map_err(Fault::internal)?;
        let params = Params::default();
        let numbers = format!("v=19$m={},t={},p={}", params.m_cost(), params.t_cost(), params.p_cost());
        let text = compose("argon2id", &numbers, &salt, &output).into();
        let digest = Digest { salt: salt.to_vec(), output };
        Ok(Self { text, scheme: Scheme::Argon2 { algorithm: Algorithm::Argon2id, version: Version::V0x13, params, digest } })
    }
    /// Whether it is the hash of `password`.
    pub(crate) fn matches(&self, password: &Password, memory: &mut Memory) -> Result<bool, Fault> {
        let bytes = password.expose().as_bytes();
        let computed_like = |digest: &Digest| vec![0; digest.output.len()];
        let (digest, computed) = match &self.scheme {
            Scheme::Bcrypt => return bcrypt::verify(bytes, self.expose()).map_err(Fault::internal),
            Scheme::Argon2 { algorithm, version, params, digest } => {
                let mut computed = computed_like(digest);
                let argon2 = Argon2::new(*algorithm, *version, params.clone());
                memory.argon2(&argon2, password, &digest.salt, &mut computed).map_err(Fault::internal)?;
                (digest, computed)
            }
            Scheme::Scrypt { params, digest } => {
                let mut computed = computed_like(digest);
                scrypt::scrypt(bytes, &digest.salt, params, &mut computed).map_err(Fault::internal)?;
                (digest, computed)
            }
            Scheme::Pbkdf2 { hash, iterations, digest } => {
                let mut computed = computed_like(digest);
                match hash {
                    Sha2::Sha256 => pbkdf2_hmac::<sha2::Sha256>(bytes, &digest.salt, *iterations, &mut computed),
                    Sha2::Sha512 => pbkdf2_hmac::<sha2::Sha512>(bytes, &digest.salt, *iterations, &mut computed),
                }
                (digest, computed)
            }
        };
        Ok(jose::digest::constant_time_eq(&computed, &digest.output))
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.scheme {
            Scheme::Argon2 { algorithm, .. } => algorithm.as_str(),
            Scheme::Bcrypt => "bcrypt",
            Scheme::Scrypt { .. } => "scrypt",
            Scheme::Pbkdf2 { .. } => "pbkdf2",
        };
        write!(f, "PasswordHash({name})")
    }
}

/// The working memory of Argon2, kept from one hash to the next so that none waits for 19 MiB of fresh pages.
#[derive(Default)]
pub(crate) struct Memory(Vec<Block>);

impl Memory {
    /// Whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    fn argon2(&mut self, argon2: &Argon2<'_>, password: &Password, salt: &[u8], output: &mut [u8]) -> argon2::Result<()> {
        let kept = Params::DEFAULT.block_count();
        let password = password.expose().as_bytes();
        if argon2.params().block_count() > kept {
            return argon2.hash_password_into(password, salt, output);
        }
        self.0.resize(kept, Block::new());
        argon2.hash_password_into_with_memory(password, salt, output, &mut self.0)
    }
}

fn argon2(name: &str, version: &str, params: &str, digest: Option<Digest>) -> Result<Scheme, HashRefused> {
    const MAX_KIB: u32 = 256 * 1024;
    const MAX_KIB_PASSES: u32 = 1024 * 1024;
    let malformed = HashRefused::Malformed("argon2");
    let algorithm = Algorithm::new(name).map_err(|_| malformed)?;
    let version = match version {
        "v=16" => Version::V0x10,
        "v=19" => Version::V0x13,
        _ => return Err(malformed),
    };
    let [memory, passes, lanes] = numbers(params, ["m", "t", "p"]).ok_or(malformed)?;
    let digest = digest.filter(|digest| digest.salt.len() >= argon2::MIN_SALT_LEN).ok_or(malformed)?;
    if memory > MAX_KIB || memory.saturating_mul(passes) > MAX_KIB_PASSES || lanes > 255 {
        return Err(HashRefused::TooExpensive("argon2"));
    }
    let params = Params::new(memory, passes, lanes, Some(digest.output.len())).map_err(|_| malformed)?;
    Ok(Scheme::Argon2 { algorithm, version, params, digest })
}

fn bcrypt(text: &str) -> Result<Scheme, HashRefused> {
    let parts = bcrypt::HashParts::from_str(text).map_err(|_| HashRefused::Malformed("bcrypt"))?;
    match parts.get_cost() {
        4..=14 => Ok(Scheme::Bcrypt),
        0..4 => Err(HashRefused::Malformed("bcrypt")),
        _ => Err(HashRefused::TooExpensive("bcrypt")),
    }
}

fn scrypt(params: &str, digest: Option<Digest>) -> Result<Scheme, HashRefused> {
    const MAX_BYTES: u64 = 256 * 1024 * 1024;
    const MAX_WORK: u64 = 1 << 21;
    let malformed = HashRefused::Malformed("scrypt");
    let [log_n, r, p] = numbers(params, ["ln", "r", "p"]).ok_or(malformed)?;
    let digest = digest.ok_or(malformed)?;
    let n = 1_u64.checked_shl(log_n).filter(|n| *n > 1).ok_or(malformed)?;
    let bytes = n.saturating_mul(u64::from(r)).saturating_mul(128);
    let work = n.saturating_mul(u64::from(r)).saturating_mul(u64::from(p));
    if bytes > MAX_BYTES || work > MAX_WORK || p > 16 {
        return Err(HashRefused::TooExpensive("scrypt"));
    }
    let log_n = u8::try_from(log_n).map_err(|_| malformed)?;
    let params = scrypt::Params::new(log_n, r, p).map_err(|_| malformed)?;
    Ok(Scheme::Scrypt { params, digest })
}

fn pbkdf2_phc(hash: Sha2, params: &str, digest: Option<Digest>) -> Result<Scheme, HashRefused> {
    let malformed = HashRefused::Malformed("pbkdf2");
    let digest = digest.ok_or(malformed)?;
    let [iterations, length] = match numbers(params, ["i", "l"]) {
        Some(both) => both,
        None => [numbers(params, ["i"]).map(|[iterations]| iterations).ok_or(malformed)?, 0],
    };
    let says_its_length = length == 0 || usize::try_from(length).is_ok_and(|length| length == digest.output.len());
    if says_its_length { pbkdf2(hash, iterations, Some(digest)) } else { Err(malformed) }
}

fn pbkdf2(hash: Sha2, iterations: u32, digest: Option<Digest>) -> Result<Scheme, HashRefused> {
    const MAX_ITERATIONS: u32 = 2_000_000;
    let digest = digest.ok_or(HashRefused::Malformed("pbkdf2"))?;
    // Every block of output takes all the iterations again (RFC 8018 §5.2).
    let block = match hash {
        Sha2::Sha256 => 32,
        Sha2::Sha512 => 64,
    };
    let blocks = if digest.output.len() > block { 2 } else { 1 };
    match iterations.saturating_mul(blocks) {
        0 => Err(HashRefused::Malformed("pbkdf2")),
        1..=MAX_ITERATIONS => Ok(Scheme::Pbkdf2 { hash, iterations, digest }),
        _ => Err(HashRefused::TooExpensive("pbkdf2")),
    }
}

#[cfg(test)]
mod tests;

//! Kinds of values that members of client metadata have: how each is read, shown and emptied.

use crate::client::{ApplicationType, Encryption};
use crate::redirect_uri::check_registration;
use crate::text::is_deceptive;
use jose::alg::Algorithm;
use jose::jwe::{ContentEncryption, KeyManagement};
use jose::jwks::Jwks;
use kernel::Scopes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::marker::PhantomData;

/// Most entries of a list.
pub(super) const MAX_ENTRIES: usize = 100;
/// Most characters of an address.
const MAX_URI: usize = 2048;
/// Most characters of a whole `scope`.
const MAX_SCOPE: usize = 4096;
/// Most characters of a key set as JSON text.
const MAX_JWKS: usize = 64 * 1024;
/// What content is encrypted with where only `…_alg` is said (OpenID Connect Dynamic Client Registration §2).
const DEFAULT_ENC: ContentEncryption = ContentEncryption::A128CbcHs256;

/// A kind of value. `Stored` is what [`ClientMetadata`](crate::ClientMetadata) keeps.
pub(super) trait Kind {
    type Stored;
    /// Its JSON schema.
    fn schema() -> Value;
    /// Read it; `before` is what is stored now. The error says what is wrong, for whoever registers.
    fn read(value: &Value, before: &Self::Stored) -> Result<Self::Stored, String>;
    /// As the wire shows it; null if there is none.
    fn show(stored: &Self::Stored) -> Value;
    /// What is stored when the member is left out or null.
    fn clear(before: &Self::Stored, default: Self::Stored) -> Self::Stored;
}

/// For kinds that are emptied by taking the default, and shown as serde has it.
macro_rules! plain {
    () => {
        fn show(stored: &Self::Stored) -> Value {
            serde_json::to_value(stored).unwrap_or_default()
        }
        fn clear(_: &Self::Stored, default: Self::Stored) -> Self::Stored {
            default
        }
    };
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "must be a string".to_owned())
}

/// Text people read: 1 to `MAX` characters that can be seen.
fn line<const MAX: usize>(value: &Value) -> Result<String, String> {
    let text = text(value)?;
    match text.chars().count() {
        0 => Err("must not be empty".to_owned()),
        length if length > MAX => Err(format!("must have at most {MAX} characters")),
        _ if text.chars().any(is_deceptive) => Err("must not contain characters that can't be seen".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

fn list<T>(value: &Value, entry: impl Fn(&Value) -> Result<T, String>) -> Result<Vec<T>, String> {
    let entries = value.as_array().ok_or_else(|| "must be a list".to_owned())?;
    if entries.len() > MAX_ENTRIES {
        return Err(format!("must have at most {MAX_ENTRIES} entries"));
    }
    entries.iter().map(entry).collect()
}

fn short(value: &Value) -> Result<String, String> {
    text(value).map_err(|_| "must be a list of strings".to_owned()).and_then(|text| {
        let fits = (1..=MAX_URI).contains(&text.len()) && !text.chars().any(is_deceptive);
        if fits { Ok(text.to_owned()) } else { Err(format!("must hold strings of 1 to {MAX_URI} characters")) }
    })
}

/// A name for people that may be missing, which is stored as an empty one.
pub(super) struct Name;
impl Kind for Name {
    type Stored = String;
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": 200 })
    }
    fn read(value: &Value, _: &String) -> Result<String, String> {
        line::<200>(value)
    }
    plain!();
}

/// A short text.
pub(super) struct Line;
impl Kind for Line {
    type Stored = Option<String>;
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": 255 })
    }
    fn read(value: &Value, _: &Self::Stored) -> Result<Self::Stored, String> {
        line::<255>(value).map(Some)
    }
    plain!();
}

/// The same, as long as names in certificates can be.
pub(super) struct LongLine;
impl Kind for LongLine {
    type Stored = Option<String>;
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": 1024 })
    }
    fn read(value: &Value, _: &Self::Stored) -> Result<Self::Stored, String> {
        line::<1024>(value).map(Some)
    }
    plain!();
}

/// A list of short texts that a rule of [`super::check`] judges.
pub(super) struct List;
impl Kind for List {
    type Stored = Vec<String>;
    fn schema() -> Value {
        json!({ "type": "array", "items": { "type": "string" }, "maxItems": MAX_ENTRIES })
    }
    fn read(value: &Value, _: &Self::Stored) -> Result<Self::Stored, String> {
        list(value, short)
    }
    plain!();
}

/// An address on the web: `https`, or `http` on this machine.
pub(super) struct WebUri;
impl Kind for WebUri {
    type Stored = Option<String>;
    fn schema() -> Value {
        json!({ "type": "string", "format": "uri", "maxLength": MAX_URI })
    }
    fn read(value: &Value, _: &Self::Stored) -> Result<Self::Stored, String> {
        let uri = text(value)?;
        check_registration(uri, ApplicationType::Web).map_err(|why| why.to_string())?;
        Ok(Some(uri.to_owned()))
    }
    plain!();
}

/// An address that `https` alone will do for (OpenID Connect Core §4: `initiate_login_uri`).
pub(super) struct HttpsUri;
impl Kind for HttpsUri {
    type Stored = Option<String>;
    fn schema() -> Value {
        json!({ "type": "string", "format": "uri", "pattern": "^https://", "maxLength": MAX_URI })
    }
    fn read(value: &Value, before: &Self::Stored) -> Result<Self::Stored, String> {
        match text(value)? {
            uri if uri.starts_with("https://") => WebUri::read(value, before),
            _ => Err("must use https".to_owned()),
        }
    }
    plain!();
}

/// Addresses request objects are fetched from. They may end in a fragment, the hash of what is there (OpenID Connect Core §6.2).
pub(super) struct RequestUris;
impl Kind for RequestUris {
    type Stored = Vec<String>;
    fn schema() -> Value {
        List::schema()
    }
    fn read(value: &Value, _: &Self::Stored) -> Result<Self::Stored, String> {
        list(value, |entry| {
            let uri = short(entry)?;
            let (place, hash) = uri.split_once('#').unwrap_or((&uri, ""));
            let is_hash = hash.len() <= 256 && hash.bytes().all(|c| c.is_ascii_graphic() && c != b'#');
            if !is_hash {
                return Err("must hold addresses with at most one fragment, of at most 256 characters".to_owned());
            }
            check_registration(place, ApplicationType::Web).map_err(|why| why.to_string())?;
            Ok(uri)
        })
    }
    plain!();
}

/// Scopes: text as RFC 7591 §2 has it, or a list.
pub(super) struct ScopeList;
impl Kind for ScopeList {
    type Stored = Scopes;
    fn schema() -> Value {
        json!({ "oneOf": [{ "type": "array", "items": { "type": "string" } }, { "type": "string" }] })
    }
    fn read(value: &Value, _: &Scopes) -> Result<Scopes, String> {
        let text = match value {
            Value::Array(_) => list(value, short)?.join(" "),
            _ => text(value)?.to_owned(),
        };
        let scopes = if text.len() > MAX_SCOPE { None } else { Scopes::parse(&text) };
        scopes.ok_or_else(|| format!("must be scopes of RFC 6749 §3.3, with at most {MAX_SCOPE} characters in all"))
    }
    plain!();
}

/// Yes or no.
pub(super) struct Flag;
impl Kind for Flag {
    type Stored = bool;
    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
    fn read(value: &Value, _: &bool) -> Result<bool, String> {
        value.as_bool().ok_or_else(|| "must be true or false".to_owned())
    }
    plain!();
}

/// A number of seconds.
pub(super) struct Seconds;
impl Kind for Seconds {
    type Stored = Option<u32>;
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
    }
    fn read(value: &Value, _: &Self::Stored) -> Result<Self::Stored, String> {
        let seconds = value.as_u64().and_then(|seconds| u32::try_from(seconds).ok());
        seconds.map(Some).ok_or_else(|| "must be a whole number of seconds".to_owned())
    }
    plain!();
}

/// One of the names an enumeration has on the wire.
pub(super) struct OneOf<T>(PhantomData<T>);
impl<T: Serialize + DeserializeOwned> Kind for OneOf<T> {
    type Stored = T;
    fn schema() -> Value {
        json!({ "type": "string" })
    }
    fn read(value: &Value, _: &T) -> Result<T, String> {
        named(value)
    }
    plain!();
}

/// The same, or none.
pub(super) struct MaybeOneOf<T>(PhantomData<T>);
impl<T: Serialize + DeserializeOwned> Kind for MaybeOneOf<T> {
    type Stored = Option<T>;
    fn schema() -> Value {
        json!({ "type": "string" })
    }
    fn read(value: &Value, _: &Self::Stored) -> Result<Self::Stored, String> {
        named(value).map(Some)
    }
    plain!();
}

fn named<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    let known = text(value).ok().and_then(|text| serde_json::from_value(Value::from(text)).ok());
    known.ok_or_else(|| "is not one of the values supported here".to_owned())
}

/// An algorithm that signs.
pub(super) type Signing = MaybeOneOf<Algorithm>;

/// A set of public keys (RFC 7517 §5).
pub(super) struct PublicKeys;
impl Kind for PublicKeys {
    type Stored = Option<Value>;
    fn schema() -> Value {
        json!({ "type": "object" })
    }
    fn read(value: &Value, _: &Self::Stored) -> Result<Self::Stored, String> {
        if value.to_string().len() > MAX_JWKS {
            return Err("is too large".to_owned());
        }
        Jwks::from_value(value).map_err(|error| error.to_string())?;
        Ok(Some(value.clone()))
    }
    plain!();
}

/// How the content key reaches the client: the `…_encrypted_response_alg` of a pair.
pub(super) struct EncryptionAlg;
impl Kind for EncryptionAlg {
    type Stored = Option<Encryption>;
    fn schema() -> Value {
        json!({ "type": "string" })
    }
    fn read(value: &Value, before: &Self::Stored) -> Result<Self::Stored, String> {
        let alg: KeyManagement = named(value)?;
        Ok(Some(Encryption { alg, enc: before.map_or(DEFAULT_ENC, |before| before.enc) }))
    }
    fn show(stored: &Self::Stored) -> Value {
        stored.map(|stored| stored.alg).and_then(|alg| serde_json::to_value(alg).ok()).unwrap_or_default()
    }
    fn clear(_: &Self::Stored, default: Self::Stored) -> Self::Stored {
        default
    }
}

/// How the content is encrypted: the `…_encrypted_response_enc` of a pair. It means nothing without the other.
pub(super) struct EncryptionEnc;
impl Kind for EncryptionEnc {
    type Stored = Option<Encryption>;
    fn schema() -> Value {
        json!({ "type": "string" })
    }
    fn read(value: &Value, before: &Self::Stored) -> Result<Self::Stored, String> {
        let enc: ContentEncryption = named(value)?;
        let before = before.ok_or_else(|| "needs the alg that belongs to it".to_owned())?;
        Ok(Some(Encryption { enc, ..before }))
    }
    fn show(stored: &Self::Stored) -> Value {
        stored.map(|stored| stored.enc).and_then(|enc| serde_json::to_value(enc).ok()).unwrap_or_default()
    }
    fn clear(before: &Self::Stored, _: Self::Stored) -> Self::Stored {
        before.map(|before| Encryption { enc: DEFAULT_ENC, ..before })
    }
}

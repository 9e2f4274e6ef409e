//! Signed notes (C2SP `signed-note`): text with Ed25519 signature lines below it.

use jose::alg::Algorithm;
use jose::digest::sha256;
use jose::encoding::{base64, base64url, decode_base64, decode_base64url, hex};
use jose::jwk::Jwk;
use jose::key::{SigningKey, VerifyingKey};
use serde_json::{Value, json};
use std::fmt;

/// Why a note or a key isn't one, or can't be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteFault {
    /// The text is no signed note.
    #[error("not a signed note")]
    Malformed,
    /// The text is no verifier key for Ed25519.
    #[error("not a verifier key")]
    Key,
    /// None of its signatures is by the key.
    #[error("the note is not signed by this key")]
    Unsigned,
    /// A signature claims to be by the key and isn't.
    #[error("the note's signature is wrong")]
    Signature,
    /// The key could not sign.
    #[error("the note could not be signed")]
    Signing,
}

/// The public key of a log, with its name. As text it is a vkey: `<name>+<id in hex>+<base64 of 0x01 and the key>`.
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    public: [u8; 32],
    key: VerifyingKey,
}

impl VerifierKey {
    /// From a name and the 32 bytes of RFC 8032 §5.1.5. A name is not empty and has neither spaces nor `+`.
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, NoteFault> {
        if !is_name(name) {
            return Err(NoteFault::Key);
        }
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(public)});
        let jwk = Jwk::from_value(&jwk).map_err(|_| NoteFault::Key)?;
        let key = VerifyingKey::new(&jwk, Algorithm::EdDSA).map_err(|_| NoteFault::Key)?;
        Ok(Self { name: name.to_owned(), id: key_id(name, &public), public, key })
    }
    /// Read a vkey. A key id that doesn't belong to name and key is refused, as is any second spelling.
    pub fn parse(text: &str) -> Result<Self, NoteFault> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(material)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteFault::Key);
        };
        let material = decode_base64(material).map_err(|_| NoteFault::Key)?;
        let public = material.strip_prefix(&[ED25519]).and_then(|public| public.try_into().ok()).ok_or(NoteFault::Key)?;
        let key = Self::new(name, public)?;
        if key.to_string() == text { Ok(key) } else { Err(NoteFault::Key) }
    }
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let material = [&[ED25519], self.public.as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, hex(self.id), base64(material))
    }
}
impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

/// An Ed25519 private key that signs notes under a name.
#[derive(Debug)]
pub struct Signer<'a> {
    key: &'a SigningKey,
    verifier: VerifierKey,
}

impl<'a> Signer<'a> {
    /// A signer; refused unless the key is for `EdDSA` and the name is a name.
    pub fn new(name: &str, key: &'a SigningKey) -> Result<Self, NoteFault> {
        let public = serde_json::to_value(key.public()).map_err(|_| NoteFault::Key)?;
        let is_ed25519 = public.get("crv").and_then(Value::as_str) == Some("Ed25519");
        let x = public.get("x").and_then(Value::as_str).filter(|_| is_ed25519).ok_or(NoteFault::Key)?;
        let x = decode_base64url(x).map_err(|_| NoteFault::Key)?.try_into().map_err(|_| NoteFault::Key)?;
        Ok(Self { key, verifier: VerifierKey::new(name, x)? })
    }
    /// The key that verifies what it signs.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }
    /// Sign `text`, which must end in a newline and hold no other control characters. The answer is the whole note.
    pub fn sign(&self, text: &str) -> Result<String, NoteFault> {
        if !is_text(text) {
            return Err(NoteFault::Malformed);
        }
        let signature = self.key.sign(text.as_bytes()).map_err(|_| NoteFault::Signing)?;
        let blob = base64([self.verifier.id.as_slice(), &signature].concat());
        Ok(format!("{text}\n{DASH}{} {blob}\n", self.verifier.name))
    }
}

/// A note taken apart. Nothing in it is to be believed before [`Note::open`] has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    text: &'a str,
    signatures: Vec<Signature<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Signature<'a> {
    name: &'a str,
    id: [u8; 4],
    bytes: Vec<u8>,
}

impl<'a> Note<'a> {
    /// Take a note apart.
    pub fn parse(note: &'a str) -> Result<Self, NoteFault> {
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(NoteFault::Malformed)?;
        let text = note.get(..=text.len()).filter(|text| is_text(text)).ok_or(NoteFault::Malformed)?;
        let lines = signatures.strip_suffix('\n').ok_or(NoteFault::Malformed)?.split('\n');
        let signatures: Vec<_> = lines.map(Signature::parse).collect::<Option<_>>().ok_or(NoteFault::Malformed)?;
        if signatures.len() > SIGNATURES_LIMIT {
            return Err(NoteFault::Malformed);
        }
        Ok(Self { text, signatures })
    }
    /// The text, if `key` signed it. Signatures by other keys are passed over; every one by this key must be right.
    pub fn open(&self, key: &VerifierKey) -> Result<&'a str, NoteFault> {
        let mut by_key =
            self.signatures.iter().filter(|signature| signature.name == key.name && signature.id == key.id).peekable();
        if by_key.peek().is_none() {
            return Err(NoteFault::Unsigned);
        }
        if by_key.all(|signature| key.key.verify(self.text.as_bytes(), &signature.bytes)) {
            Ok(self.text)
        } else {
            Err(NoteFault::Signature)
        }
    }
    /// How many signatures it carries.
    pub fn signature_count(&self) -> usize {
        self.signatures.len()
    }
}

impl<'a> Signature<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, blob) = line.strip_prefix(DASH)?.split_once(' ')?;
        let blob = decode_base64(blob).ok()?;
        let (id, bytes) = blob.split_first_chunk::<4>()?;
        (is_name(name) && !bytes.is_empty()).then(|| Self { name, id: *id, bytes: bytes.to_vec() })
    }
}

/// The signature type of plain Ed25519 signatures.
const ED25519: u8 = 1;
/// An em dash and a space begin a signature line.
const DASH: &str = "\u{2014} ";
/// More signatures than any note needs; readers must accept at least 16.
const SIGNATURES_LIMIT: usize = 64;

fn key_id(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let [a, b, c, d, ..] = sha256(&[name.as_bytes(), b"\n", &[ED25519], public].concat());
    [a, b, c, d]
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

fn is_text(text: &str) -> bool {
    text.ends_with('\n') && !text.contains(|c: char| c < ' ' && c != '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of golang.org/x/mod/sumdb/note.
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const PETER_SEED: &str = "gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM=";
    const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const PETER_LINE: &str =
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const ENOCH_LINE: &str =
        "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

    fn open<'a>(note: &'a str, vkey: &str) -> Result<&'a str, NoteFault> {
        Note::parse(note)?.open(&VerifierKey::parse(vkey)?)
    }

    #[test]
    fn the_example_of_the_c2sp_specification_verifies() {
        let note = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
        assert_eq!(
            open(note, "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
            Ok("This is an example message.\n")
        );
    }

    #[test]
    fn signing_gives_the_note_of_the_go_vector() {
        let pkcs8 = [
            [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20].as_slice(),
            &decode_base64(PETER_SEED).unwrap(),
        ]
        .concat();
        let key = SigningKey::from_pkcs8(Algorithm::EdDSA, "peter", &pkcs8).unwrap();
        let signer = Signer::new("PeterNeumann", &key).unwrap();
        assert_eq!(signer.verifier().to_string(), PETER);
        assert_eq!(signer.sign(TEXT).unwrap(), format!("{TEXT}\n{PETER_LINE}"));
        assert_eq!(signer.sign("abc"), Err(NoteFault::Malformed));
        assert_eq!(signer.sign("a\tbc\n"), Err(NoteFault::Malformed));
        assert_eq!(Signer::new("Peter Neumann", &key).err(), Some(NoteFault::Key));
        let other = SigningKey::generate(Algorithm::ES256, "p").unwrap();
        assert_eq!(Signer::new("PeterNeumann", &other).err(), Some(NoteFault::Key));
    }

    #[test]
    fn a_note_with_several_signatures_opens_with_each_key() {
        let note = format!("{TEXT}\n{PETER_LINE}{ENOCH_LINE}");
        assert_eq!(open(&note, PETER), Ok(TEXT));
        assert_eq!(open(&note, ENOCH), Ok(TEXT));
        assert_eq!(Note::parse(&note).unwrap().signature_count(), 2);
        assert_eq!(open(&format!("{TEXT}\n{ENOCH_LINE}"), PETER), Err(NoteFault::Unsigned));
        assert_eq!(
            open(&format!("{TEXT}\n{}", PETER_LINE.replace("PeterNeumann", "CarmenSandiego")), PETER),
            Err(NoteFault::Unsigned)
        );
        assert_eq!(open(&format!("{TEXT}\n{}", PETER_LINE.replace("x08g", "xxxx")), PETER), Err(NoteFault::Unsigned));
    }

    #[test]
    fn every_signature_by_the_key_must_be_right() {
        let wrong = PETER_LINE.replace("SffcvI", "SffcvJ");
        assert_eq!(open(&format!("{TEXT}\n{wrong}"), PETER), Err(NoteFault::Signature));
        assert_eq!(open(&format!("{TEXT}\n{PETER_LINE}{wrong}"), PETER), Err(NoteFault::Signature));
        assert_eq!(open(&format!("Now {TEXT}\n{PETER_LINE}"), PETER), Err(NoteFault::Signature));
    }

    #[test]
    fn what_is_no_note_is_refused() {
        let without_newline = PETER_LINE.trim_end();
        for note in [
            TEXT.to_owned(),
            format!("{TEXT}\n"),
            format!("{TEXT}\n{without_newline}"),
            format!("\u{1}{TEXT}\n{PETER_LINE}"),
            format!("{TEXT}\n— Bad Name {}", PETER_LINE.rsplit(' ').next().unwrap()),
            format!("{TEXT}\n{PETER_LINE}Unexpected line.\n"),
            format!("{TEXT}\n{}", PETER_LINE.replace("— ", "- ")),
            format!("{TEXT}\n{}", PETER_LINE.replace('\n', "\r\n")),
            format!("{TEXT}\n{}", PETER_LINE.repeat(65)),
            format!("{TEXT}\n— PeterNeumann x08gow==\n"),
            format!("\n{PETER_LINE}"),
        ] {
            assert_eq!(Note::parse(&note), Err(NoteFault::Malformed), "{note}");
        }
    }

    #[test]
    fn a_vkey_has_one_spelling() {
        for vkey in [PETER, ENOCH] {
            assert_eq!(VerifierKey::parse(vkey).unwrap().to_string(), vkey);
        }
        for vkey in [
            "",
            "PeterNeumann",
            "PeterNeumann+c74f20a3",
            "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "Peterneumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TX",
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            " PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ] {
            assert_eq!(VerifierKey::parse(vkey).err(), Some(NoteFault::Key), "{vkey}");
        }
    }
}

//! Checkpoints (C2SP `tlog-checkpoint`): a signed statement of how large a log is and what its root is.

use crate::hash::{Hash, from_base64};
use crate::merkle::empty_root;
use crate::note::{Note, NoteFault, Signer, VerifierKey};
use jose::encoding::base64;
use kernel::Timestamp;
use std::fmt::Write;

/// The head of a log at some size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: [`origin`]. It is also the name of the key that signs.
    pub origin: String,
    /// How many leaves the log had.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// Further lines, none of them empty. Ours has one: `timestamp <microseconds since the Unix epoch>`.
    pub extensions: Vec<String>,
}

/// Why a checkpoint can't be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointFault {
    /// The note around it is not right.
    #[error(transparent)]
    Note(#[from] NoteFault),
    /// The text of the note is no checkpoint.
    #[error("not a checkpoint")]
    Malformed,
}

/// The origin of the log of an issuer: `lumoauth/` and the issuer without its scheme. Spaces, control characters and `+`,
/// which key names can't hold, are percent-encoded.
pub fn origin(issuer: &str) -> String {
    let place = issuer.strip_prefix("https://").or_else(|| issuer.strip_prefix("http://")).unwrap_or(issuer);
    let mut origin = "lumoauth/".to_owned();
    for character in place.trim_end_matches('/').chars() {
        if character == '+' || character.is_whitespace() || character.is_control() {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a String can't fail.
                let _ = write!(origin, "%{byte:02X}");
            }
        } else {
            origin.push(character);
        }
    }
    origin
}

impl Checkpoint {
    /// The head of a log as it was at a time.
    pub fn new(origin: impl Into<String>, size: u64, root: Hash, at: Timestamp) -> Self {
        Self { origin: origin.into(), size, root, extensions: vec![format!("{TIMESTAMP}{}", at.as_micros())] }
    }
    /// When it was signed, if it says so.
    pub fn at(&self) -> Option<Timestamp> {
        let micros = self.extensions.iter().find_map(|line| line.strip_prefix(TIMESTAMP))?;
        micros.parse().ok().map(Timestamp::from_micros)
    }
    /// The text that is signed.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, base64(self.root));
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
    /// Read [`Checkpoint::text`] back. Anything it would write differently is refused.
    pub fn parse(text: &str) -> Result<Self, CheckpointFault> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointFault::Malformed)?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointFault::Malformed);
        };
        let checkpoint = Self {
            origin: origin.to_owned(),
            size: size.parse().map_err(|_| CheckpointFault::Malformed)?,
            root: from_base64(root).ok_or(CheckpointFault::Malformed)?,
            extensions: lines.map(str::to_owned).collect(),
        };
        let is_whole = !origin.is_empty() && checkpoint.extensions.iter().all(|line| !line.is_empty());
        let is_plausible = checkpoint.size > 0 || checkpoint.root == empty_root();
        if is_whole && is_plausible && checkpoint.text() == text { Ok(checkpoint) } else { Err(CheckpointFault::Malformed) }
    }
    /// Sign it. The answer is the note to publish.
    pub fn sign(&self, signer: &Signer<'_>) -> Result<String, CheckpointFault> {
        let text = self.text();
        Self::parse(&text)?;
        Ok(signer.sign(&text)?)
    }
    /// The checkpoint inside a note, if `key` signed it.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, CheckpointFault> {
        Self::parse(Note::parse(note)?.open(key)?)
    }
}

const TIMESTAMP: &str = "timestamp ";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::leaf_hash;
    use jose::alg::Algorithm;
    use jose::key::SigningKey;

    #[test]
    fn the_text_is_that_of_the_go_vector() {
        let text = "go.sum database tree\n123456789012\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n";
        let checkpoint = Checkpoint {
            origin: "go.sum database tree".into(),
            size: 123_456_789_012,
            root: leaf_hash(b"hello world"),
            extensions: vec![],
        };
        assert_eq!(checkpoint.text(), text);
        assert_eq!(Checkpoint::parse(text), Ok(checkpoint));
    }

    #[test]
    fn the_example_of_the_c2sp_specification_reads() {
        let note = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
        assert!(Note::parse(note).is_ok());
        let (text, _) = note.split_once("\n\n").unwrap();
        assert_eq!(Checkpoint::parse(&format!("{text}\n")).unwrap().size, 20_852_163);
    }

    #[test]
    fn a_signed_checkpoint_opens_with_its_key_alone() {
        let key = SigningKey::generate(Algorithm::EdDSA, "log").unwrap();
        let signer = Signer::new("lumoauth/id.example.com", &key).unwrap();
        let checkpoint = Checkpoint::new("lumoauth/id.example.com", 3, [7; 32], Timestamp::from_micros(1_763_864_000_000_001));
        let note = checkpoint.sign(&signer).unwrap();
        assert!(note.contains("\ntimestamp 1763864000000001\n\n— lumoauth/id.example.com "));
        let opened = Checkpoint::open(&note, signer.verifier()).unwrap();
        assert_eq!(opened.at(), Some(Timestamp::from_micros(1_763_864_000_000_001)));
        assert_eq!(opened, checkpoint);
        let other = SigningKey::generate(Algorithm::EdDSA, "log").unwrap();
        let other = Signer::new("lumoauth/id.example.com", &other).unwrap();
        assert_eq!(Checkpoint::open(&note, other.verifier()), Err(CheckpointFault::Note(NoteFault::Unsigned)));
        let larger = note.replace("\n3\n", "\n4\n");
        assert_eq!(Checkpoint::open(&larger, signer.verifier()), Err(CheckpointFault::Note(NoteFault::Signature)));
        let broken = Checkpoint { origin: "two\nlines".into(), ..checkpoint };
        assert_eq!(broken.sign(&signer), Err(CheckpointFault::Malformed));
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        let root = "TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=";
        for text in [
            format!("log\n12\n{root}"),
            format!("\n12\n{root}\n"),
            format!("log\n012\n{root}\n"),
            format!("log\n+12\n{root}\n"),
            format!("log\n-12\n{root}\n"),
            format!("log\n0x12\n{root}\n"),
            format!("log\n99999999999999999999\n{root}\n"),
            format!("log\n0\n{root}\n"),
            format!("log\n12\n{root}\n\n"),
            format!("log\n12\n{root}\n\nmore\n"),
            "log\n12\nAAAA\n".into(),
            "log\n12\n".into(),
            String::new(),
        ] {
            assert_eq!(Checkpoint::parse(&text), Err(CheckpointFault::Malformed), "{text}");
        }
    }

    #[test]
    fn an_origin_is_an_issuer_without_scheme() {
        assert_eq!(origin("https://id.example.com/orgs/acme/"), "lumoauth/id.example.com/orgs/acme");
        assert_eq!(origin("http://localhost:8080/orgs/a+b c"), "lumoauth/localhost:8080/orgs/a%2Bb%20c");
    }
}

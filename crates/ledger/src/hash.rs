//! Hashes as the tree uses them.

use jose::encoding::decode_base64;

/// A SHA-256 hash: of a leaf, of a node, or of the whole tree.
pub type Hash = [u8; 32];

/// The hash behind padded base64 (RFC 4648 §4); `None` for anything but the one spelling of 32 bytes.
pub fn from_base64(text: &str) -> Option<Hash> {
    decode_base64(text).ok()?.try_into().ok()
}

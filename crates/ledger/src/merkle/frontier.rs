//! The growing edge of a tree: all that is needed to append and to know the root.

use super::{Hash, SIZE_LIMIT, TILE_HEIGHT, empty_root, node_hash};
use crate::hash::from_base64;
use jose::encoding::base64;
use serde::{Deserialize, Serialize};

/// The size of a tree and the roots of the complete subtrees along its right edge, largest first: one for every set bit of
/// the size. Appending costs O(log n) hashes at worst, two on average.
///
/// In JSON it is `{"size":n,"edge":["<base64>",…]}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Frontier {
    size: u64,
    edge: Vec<Hash>,
}

/// The root of a complete subtree of 2^`level` leaves, `index` such subtrees from the left. A store keeps those whose level
/// is a multiple of 8 above 0; level 0 are the leaf hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// 0, 8, 16, …
    pub level: u8,
    /// Counted in subtrees of this level.
    pub index: u64,
    /// Its root.
    pub hash: Hash,
}

/// Something that is not a frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the edge of a tree of that size")]
pub struct FrontierFault;

impl Frontier {
    /// A frontier from its parts; refused unless there is one hash for every set bit of the size.
    pub fn new(size: u64, edge: Vec<Hash>) -> Result<Self, FrontierFault> {
        let wanted = usize::try_from(size.count_ones()).map_err(|_| FrontierFault)?;
        if edge.len() == wanted && size <= SIZE_LIMIT { Ok(Self { size, edge }) } else { Err(FrontierFault) }
    }
    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }
    /// The roots along the right edge, largest subtree first.
    pub fn edge(&self) -> &[Hash] {
        &self.edge
    }

    /// Append a leaf's hash. The answer lists the subtrees it completed that a store keeps; most of the time there is none.
    pub fn append(&mut self, leaf: Hash) -> Vec<Node> {
        let mut kept = Vec::new();
        let mut hash = leaf;
        let mut level = 0;
        let mut index = self.size;
        while index % 2 == 1
            && let Some(left) = self.edge.pop()
        {
            hash = node_hash(&left, &hash);
            level += 1;
            index /= 2;
            if level % TILE_HEIGHT == 0 {
                kept.push(Node { level, index, hash });
            }
        }
        self.edge.push(hash);
        self.size += 1;
        kept
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let mut from_right = self.edge.iter().rev();
        let Some(last) = from_right.next() else { return empty_root() };
        from_right.fold(*last, |right, left| node_hash(left, &right))
    }

    /// The size as 8 bytes, most significant first, then the hashes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend(self.edge.iter().flatten());
        bytes
    }
    /// Read [`Frontier::to_bytes`] back.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierFault> {
        let (size, hashes) = bytes.split_first_chunk::<8>().ok_or(FrontierFault)?;
        let (hashes, rest) = hashes.as_chunks::<32>();
        if rest.is_empty() { Self::new(u64::from_be_bytes(*size), hashes.to_vec()) } else { Err(FrontierFault) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    size: u64,
    edge: Vec<String>,
}

impl From<Frontier> for Written {
    fn from(frontier: Frontier) -> Self {
        Self { size: frontier.size, edge: frontier.edge.iter().map(base64).collect() }
    }
}
impl TryFrom<Written> for Frontier {
    type Error = FrontierFault;

    fn try_from(written: Written) -> Result<Self, FrontierFault> {
        let edge: Option<Vec<Hash>> = written.edge.iter().map(|hash| from_base64(hash)).collect();
        Self::new(written.size, edge.ok_or(FrontierFault)?)
    }
}

//! Building proofs from stored hashes: first say which hashes are needed, then, once the caller has read them, build.

use super::{Hash, TILE_HEIGHT, TILE_WIDTH, node_hash, root_of, split_point};
use std::collections::BTreeMap;

/// The largest tree this code handles. At a million events a second it lasts a hundred thousand years.
pub const SIZE_LIMIT: u64 = 1 << 62;

/// A run of stored hashes of one level. It never crosses a tile, so `count` is at most 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// 0 for leaf hashes, 8, 16, … for stored nodes.
    pub level: u8,
    /// The first index wanted.
    pub start: u64,
    /// How many.
    pub count: u64,
}

/// Nothing can be proven: the index or the earlier size lies outside the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("outside the tree")]
pub struct Impossible;

/// The caller's answer lacks a hash that the plan asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored hash at level {level}, index {index} is missing")]
pub struct MissingHash {
    /// Its level.
    pub level: u8,
    /// Its index.
    pub index: u64,
}

/// What to read, and how to make an answer of it: one hash for each of some spans of leaves.
///
/// Read the hashes of every [`Range`] in [`Plan::ranges`], in that order, and give them to [`Plan::build`]. A plan reads two
/// tiles per stored level at most: half a dozen short reads in a tree of ten million leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    spans: Vec<Span>,
    ranges: Vec<Range>,
}

/// The leaves from `start` up to but not including `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: u64,
    end: u64,
}

impl Plan {
    /// For the inclusion proof of leaf `index` in the tree of `size` leaves (RFC 6962 §2.1.1).
    pub fn inclusion(index: u64, size: u64) -> Result<Self, Impossible> {
        Self::path(index, size, 1)
    }

    /// For the inclusion proof of a whole tile of 256 leaf hashes. It is verified as the inclusion of leaf `tile` in a tree of
    /// `size.div_ceil(256)` leaves, where each leaf is the root of a tile; the tree's root is the same.
    pub fn tile_inclusion(tile: u64, size: u64) -> Result<Self, Impossible> {
        Self::path(tile.checked_mul(TILE_WIDTH).ok_or(Impossible)?, size, TILE_WIDTH)
    }

    /// For the proof that the tree of `old` leaves is a prefix of the tree of `new` leaves (RFC 6962 §2.1.2). The proof is
    /// empty when they have the same size and when the old one has no leaves.
    pub fn consistency(old: u64, new: u64) -> Result<Self, Impossible> {
        if old > new || new > SIZE_LIMIT {
            return Err(Impossible);
        }
        let mut spans = Vec::new();
        let (mut start, mut end) = (0, new);
        if old == 0 {
            end = 0;
        }
        while old < end {
            let middle = start + split_point(end - start);
            if old <= middle {
                spans.push(Span { start: middle, end });
                end = middle;
            } else {
                spans.push(Span { start, end: middle });
                start = middle;
            }
        }
        // The old tree itself needs no proof; part of it does.
        if start > 0 {
            spans.push(Span { start, end });
        }
        spans.reverse();
        Ok(Self::of(spans))
    }

    /// For the edge of the tree of `size` leaves: `Frontier::new(size, plan.build(..)?)`. This restores a lost frontier.
    pub fn frontier(size: u64) -> Result<Self, Impossible> {
        if size > SIZE_LIMIT {
            return Err(Impossible);
        }
        Ok(Self::of(Span { start: 0, end: size }.complete_subtrees().map(|(level, index)| Span::of(level, index)).collect()))
    }

    /// The stored hashes to read.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// The proof (or edge), from the hashes of every range in order.
    pub fn build(&self, hashes: &[Vec<Hash>]) -> Result<Vec<Hash>, MissingHash> {
        let stored = Stored { ranges: &self.ranges, hashes };
        self.spans.iter().map(|span| stored.root(*span)).collect()
    }

    fn path(index: u64, size: u64, width: u64) -> Result<Self, Impossible> {
        if index >= size || size > SIZE_LIMIT {
            return Err(Impossible);
        }
        let mut spans = Vec::new();
        let (mut start, mut end) = (0, size);
        while end - start > width {
            let middle = start + split_point(end - start);
            if index < middle {
                spans.push(Span { start: middle, end });
                end = middle;
            } else {
                spans.push(Span { start, end: middle });
                start = middle;
            }
        }
        spans.reverse();
        Ok(Self::of(spans))
    }

    fn of(spans: Vec<Span>) -> Self {
        // What is needed of one tile is read in one go.
        let mut tiles: BTreeMap<(u8, u64), (u64, u64)> = BTreeMap::new();
        for (level, index) in spans.iter().flat_map(|span| span.complete_subtrees()) {
            let needed = stored_below(level, index);
            let end = needed.start + needed.count;
            let tile = tiles.entry((needed.level, needed.start / TILE_WIDTH)).or_insert((needed.start, end));
            *tile = (tile.0.min(needed.start), tile.1.max(end));
        }
        let ranges = tiles.into_iter().map(|((level, _), (start, end))| Range { level, start, count: end - start }).collect();
        Self { spans, ranges }
    }
}

impl Span {
    fn of(level: u32, index: u64) -> Self {
        Self { start: index << level, end: (index + 1) << level }
    }
    /// The complete subtrees that make up the span, from left to right, as (level, index). RFC 6962 only ever cuts spans whose
    /// start is a multiple of a power of two that is not below their length, so they grow smaller to the right.
    fn complete_subtrees(self) -> impl Iterator<Item = (u32, u64)> {
        let mut start = self.start;
        std::iter::from_fn(move || {
            let level = (self.end - start).checked_ilog2()?;
            let index = start >> level;
            start += 1 << level;
            Some((level, index))
        })
    }
}

/// The stored hashes under the complete subtree (level, index): between 1 and 128 of them.
fn stored_below(level: u32, index: u64) -> Range {
    let height = level % u32::from(TILE_HEIGHT);
    let stored = u8::try_from(level - height).unwrap_or(u8::MAX);
    Range { level: stored, start: index << height, count: 1 << height }
}

struct Stored<'a> {
    ranges: &'a [Range],
    hashes: &'a [Vec<Hash>],
}

impl Stored<'_> {
    fn root(&self, span: Span) -> Result<Hash, MissingHash> {
        let subtrees: Vec<Hash> =
            span.complete_subtrees().map(|(level, index)| self.subtree(stored_below(level, index))).collect::<Result<_, _>>()?;
        let mut from_right = subtrees.into_iter().rev();
        let last = from_right.next().unwrap_or_else(super::empty_root);
        Ok(from_right.fold(last, |right, left| node_hash(&left, &right)))
    }
    fn subtree(&self, range: Range) -> Result<Hash, MissingHash> {
        let hashes: Vec<Hash> =
            (range.start..range.start + range.count).map(|index| self.hash(range.level, index)).collect::<Result<_, _>>()?;
        Ok(root_of(&hashes))
    }
    fn hash(&self, level: u8, index: u64) -> Result<Hash, MissingHash> {
        let holds = |range: &&Range| range.level == level && (range.start..range.start + range.count).contains(&index);
        self.ranges
            .iter()
            .zip(self.hashes)
            .find(|(range, _)| holds(range))
            .and_then(|(range, hashes)| hashes.get(usize::try_from(index - range.start).ok()?))
            .copied()
            .ok_or(MissingHash { level, index })
    }
}

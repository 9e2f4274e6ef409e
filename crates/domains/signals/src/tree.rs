//! Proofs from the stored hashes of an organization's log.

use kernel::Fault;
use ledger::merkle::{Hash, Plan, Range, TILE_HEIGHT, TILE_WIDTH, node_hash};
use std::collections::HashMap;
use store::{Mode, OneOrg, StoreError, Tx, args, org_sql};

/// The tree of the log's first `size` entries. What was read once is kept, so that many proofs cost few reads.
///
/// A hash that is missing counts as zeros: what is built on it proves nothing, and whoever verifies it will say so.
#[derive(Debug)]
pub(crate) struct Tree {
    size: u64,
    /// Stored hashes by level and tile.
    tiles: HashMap<(u8, u64), Vec<Hash>>,
    /// Roots of subtrees by level and index.
    roots: HashMap<(u32, u64), Hash>,
}

impl Tree {
    /// The tree of the first `size` entries.
    pub(crate) fn new(size: u64) -> Self {
        Self { size, tiles: HashMap::new(), roots: HashMap::new() }
    }

    /// The root.
    pub(crate) async fn root<M: Mode>(&mut self, tx: &mut Tx<OneOrg, M>) -> Result<Hash, Fault> {
        if self.size == 0 {
            return Ok(ledger::merkle::empty_root());
        }
        let plan = Plan::frontier(self.size).map_err(Fault::internal)?;
        self.read(tx, plan.ranges()).await?;
        let height = self.size.saturating_sub(1).checked_ilog2().map_or(0, |log| log + 1);
        Ok(self.node(height, 0))
    }

    /// The inclusion proof of an entry (RFC 6962 §2.1.1).
    pub(crate) async fn inclusion<M: Mode>(&mut self, tx: &mut Tx<OneOrg, M>, index: u64) -> Result<Vec<Hash>, Fault> {
        let plan = Plan::inclusion(index, self.size).map_err(Fault::internal)?;
        self.read(tx, plan.ranges()).await?;
        Ok(self.path(0, index))
    }

    /// The inclusion proof of 256 entries at once ([`Plan::tile_inclusion`]).
    pub(crate) async fn tile_inclusion<M: Mode>(&mut self, tx: &mut Tx<OneOrg, M>, tile: u64) -> Result<Vec<Hash>, Fault> {
        let plan = Plan::tile_inclusion(tile, self.size).map_err(Fault::internal)?;
        self.read(tx, plan.ranges()).await?;
        Ok(self.path(u32::from(TILE_HEIGHT), tile))
    }

    /// The proof that the first `old` entries are still the same (RFC 6962 §2.1.2).
    pub(crate) async fn consistency<M: Mode>(&mut self, tx: &mut Tx<OneOrg, M>, old: u64) -> Result<Vec<Hash>, Fault> {
        let plan = Plan::consistency(old, self.size).map_err(Fault::internal)?;
        self.read(tx, plan.ranges()).await?;
        let stored = |range: &Range| -> Vec<Hash> {
            (range.start..range.start + range.count).map(|index| self.stored(range.level, index)).collect()
        };
        plan.build(&plan.ranges().iter().map(stored).collect::<Vec<_>>()).map_err(Fault::internal)
    }

    /// The roots of the siblings on the way up from (level, index).
    fn path(&mut self, level: u32, index: u64) -> Vec<Hash> {
        let (mut level, mut index) = (level, index);
        let mut path = Vec::new();
        while self.size.saturating_sub(1) >> level > 0 {
            let sibling = index ^ 1;
            if sibling << level < self.size {
                path.push(self.node(level, sibling));
            }
            level += 1;
            index /= 2;
        }
        path
    }

    /// The root of subtree (level, index), or of as much of it as there is.
    fn node(&mut self, level: u32, index: u64) -> Hash {
        let is_complete = (index + 1) << level <= self.size;
        if let Some(stored) = u8::try_from(level).ok().filter(|stored| is_complete && stored % TILE_HEIGHT == 0) {
            return self.stored(stored, index);
        }
        if let Some(known) = self.roots.get(&(level, index)) {
            return *known;
        }
        let (below, left) = (level - 1, index * 2);
        let mut hash = self.node(below, left);
        if (left + 1) << below < self.size {
            hash = node_hash(&hash, &self.node(below, left + 1));
        }
        self.roots.insert((level, index), hash);
        hash
    }

    fn stored(&self, level: u8, index: u64) -> Hash {
        let tile = self.tiles.get(&(level, index / TILE_WIDTH));
        let place = usize::try_from(index % TILE_WIDTH).unwrap_or_default();
        tile.and_then(|tile| tile.get(place)).copied().unwrap_or_default()
    }

    /// Read the tiles that hold these ranges, as far as they aren't known.
    async fn read<M: Mode>(&mut self, tx: &mut Tx<OneOrg, M>, ranges: &[Range]) -> Result<(), StoreError> {
        for range in ranges {
            let tile = range.start / TILE_WIDTH;
            if !self.tiles.contains_key(&(range.level, tile)) {
                let end = ((tile + 1) * TILE_WIDTH).min(self.size >> range.level);
                let hashes = read_hashes(tx, range.level, tile * TILE_WIDTH, end).await?;
                self.tiles.insert((range.level, tile), hashes);
            }
        }
        Ok(())
    }
}

/// The stored hashes of one level with `start <= index < end`; zeros where there is none.
pub(crate) async fn read_hashes<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    level: u8,
    start: u64,
    end: u64,
) -> Result<Vec<Hash>, StoreError> {
    let number = |index: u64| i64::try_from(index).unwrap_or(i64::MAX);
    let rows: Vec<(i64, Vec<u8>)> = if level == 0 {
        let sql =
            org_sql!("SELECT idx AS a, leaf_hash AS b FROM log_entries WHERE org_id = :org AND idx >= :start AND idx < :end");
        tx.fetch_all(sql, args! { start: number(start), end: number(end) }).await?
    } else {
        let sql = org_sql!(
            "SELECT idx AS a, hash AS b FROM log_nodes WHERE org_id = :org AND level = :level AND idx >= :start AND idx < :end"
        );
        tx.fetch_all(sql, args! { level: u32::from(level), start: number(start), end: number(end) }).await?
    };
    let mut hashes = vec![Hash::default(); usize::try_from(end.saturating_sub(start)).unwrap_or_default()];
    for (index, hash) in rows {
        let place = u64::try_from(index).ok().and_then(|index| usize::try_from(index.checked_sub(start)?).ok());
        if let (Some(slot), Ok(hash)) = (place.and_then(|place| hashes.get_mut(place)), Hash::try_from(hash)) {
            *slot = hash;
        }
    }
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::merkle::{Frontier, leaf_hash, verify_inclusion};

    /// A tree with everything read, and its root.
    fn tree(size: u64) -> (Tree, Frontier) {
        let mut frontier = Frontier::default();
        let mut tree = Tree::new(size);
        for index in 0..size {
            let leaf = leaf_hash(&index.to_be_bytes());
            tree.tiles.entry((0, index / TILE_WIDTH)).or_default().push(leaf);
            for node in frontier.append(leaf) {
                tree.tiles.entry((node.level, node.index / TILE_WIDTH)).or_default().push(node.hash);
            }
        }
        (tree, frontier)
    }

    #[test]
    fn every_path_leads_to_the_root() {
        for size in [1, 2, 3, 7, 8, 255, 256, 257, 511, 513, 1000] {
            let (mut tree, frontier) = tree(size);
            for index in (0..size).step_by(usize::try_from(size / 60 + 1).unwrap()).chain([size - 1]) {
                let leaf = leaf_hash(&index.to_be_bytes());
                verify_inclusion(&leaf, index, size, &tree.path(0, index), &frontier.root()).unwrap();
            }
            let height = (size - 1).checked_ilog2().map_or(0, |log| log + 1);
            assert_eq!(tree.node(height, 0), frontier.root(), "{size}");
        }
    }

    #[test]
    fn a_path_crosses_stored_levels() {
        let size = 66_000;
        let (mut tree, frontier) = tree(size);
        for index in [0_u64, 255, 256, 65_535, 65_536, 65_999] {
            let leaf = leaf_hash(&index.to_be_bytes());
            verify_inclusion(&leaf, index, size, &tree.path(0, index), &frontier.root()).unwrap();
        }
        let tile = 65_536 / TILE_WIDTH;
        let root = tree.node(8, tile);
        verify_inclusion(&root, tile, size.div_ceil(TILE_WIDTH), &tree.path(8, tile), &frontier.root()).unwrap();
    }

    #[test]
    fn a_missing_hash_proves_nothing() {
        let (mut tree, frontier) = tree(300);
        tree.tiles.get_mut(&(0, 1)).unwrap().truncate(3);
        let leaf = leaf_hash(&256_u64.to_be_bytes());
        assert!(verify_inclusion(&leaf, 256, 300, &tree.path(0, 256), &frontier.root()).is_err());
    }
}

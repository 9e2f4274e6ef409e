use super::*;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash, mem_backed_tree::MemoryBackedTree};
use jose::encoding::{decode_hex, hex};
use proptest::prelude::*;

/// Inputs, roots and proofs of the reference implementation (google/certificate-transparency, `merkle_tree_test.cc`, and
/// transparency-dev/merkle, `reference_test.go`).
const INPUTS: [&str; 8] = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const INCLUSION: [(u64, u64, &[&str]); 7] = [
    (0, 1, &[]),
    (0, 2, &["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"]),
    (1, 2, &["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"]),
    (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        &[
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
    (
        0,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        &[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
];
const CONSISTENCY: [(u64, u64, &[&str]); 4] = [
    (1, 1, &[]),
    (
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
    (
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
];

/// What a store would keep of a tree.
#[derive(Default)]
struct Tree {
    leaves: Vec<Hash>,
    nodes: Vec<Node>,
    frontiers: Vec<Frontier>,
}

impl Tree {
    fn of(inputs: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut tree = Self { frontiers: vec![Frontier::default()], ..Self::default() };
        let mut frontier = Frontier::default();
        for input in inputs {
            let hash = leaf_hash(&input);
            tree.leaves.push(hash);
            tree.nodes.extend(frontier.append(hash));
            tree.frontiers.push(frontier.clone());
        }
        tree
    }
    fn numbered(size: u64) -> Self {
        Self::of((0..size).map(|number| number.to_be_bytes().to_vec()))
    }
    fn root(&self, size: u64) -> Hash {
        self.frontiers[usize::try_from(size).unwrap()].root()
    }
    fn read(&self, range: Range) -> Vec<Hash> {
        (range.start..range.start + range.count)
            .map(|index| match range.level {
                0 => self.leaves[usize::try_from(index).unwrap()],
                level => self.nodes.iter().find(|node| (node.level, node.index) == (level, index)).unwrap().hash,
            })
            .collect()
    }
    fn build(&self, plan: &Plan) -> Vec<Hash> {
        let hashes: Vec<_> = plan.ranges().iter().map(|range| self.read(*range)).collect();
        plan.build(&hashes).unwrap()
    }
    fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        self.build(&Plan::inclusion(index, size).unwrap())
    }
    fn consistency(&self, old: u64, new: u64) -> Vec<Hash> {
        self.build(&Plan::consistency(old, new).unwrap())
    }
}

fn reference_tree() -> Tree {
    Tree::of(INPUTS.iter().map(|input| decode_hex(input).unwrap()))
}

#[test]
fn roots_match_the_reference_implementation() {
    let tree = reference_tree();
    assert_eq!(hex(tree.root(0)), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size, root) in (1..).zip(ROOTS) {
        assert_eq!(hex(tree.root(size)), root, "{size} leaves");
    }
}

#[test]
fn proofs_match_the_reference_implementation() {
    let tree = reference_tree();
    for (index, size, proof) in INCLUSION {
        assert_eq!(tree.inclusion(index, size).iter().map(hex).collect::<Vec<_>>(), proof, "leaf {index} of {size}");
    }
    for (old, new, proof) in CONSISTENCY {
        assert_eq!(tree.consistency(old, new).iter().map(hex).collect::<Vec<_>>(), proof, "{old} to {new}");
    }
}

#[test]
fn every_leaf_of_every_small_tree_is_provably_there_and_nowhere_else() {
    let tree = Tree::numbered(40);
    for size in 1..=40 {
        let root = tree.root(size);
        for index in 0..size {
            let proof = tree.inclusion(index, size);
            let leaf = tree.read(Range { level: 0, start: index, count: 1 })[0];
            assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()), "leaf {index} of {size}");
            for elsewhere in (0..size).filter(|elsewhere| *elsewhere != index) {
                assert!(verify_inclusion(&leaf, elsewhere, size, &proof, &root).is_err(), "{index} as {elsewhere} of {size}");
            }
            assert_eq!(verify_inclusion(&leaf, size, size, &proof, &root), Err(ProofFault::Outside));
        }
    }
}

#[test]
fn every_pair_of_small_trees_is_provably_consistent() {
    let tree = Tree::numbered(40);
    for new in 0..=40 {
        for old in 0..=new {
            let proof = tree.consistency(old, new);
            let check = |old_root, new_root| verify_consistency(old, &old_root, new, &new_root, &proof);
            assert_eq!(check(tree.root(old), tree.root(new)), Ok(()), "{old} to {new}");
            assert!(check([9; 32], tree.root(new)).is_err(), "{old} to {new}");
            if old > 0 {
                assert!(check(tree.root(old), [9; 32]).is_err(), "{old} to {new}");
            }
        }
    }
}

#[test]
fn a_damaged_proof_proves_nothing() {
    let tree = Tree::numbered(300);
    let leaf = tree.leaves[70];
    let (inclusion, consistency) = (tree.inclusion(70, 300), tree.consistency(70, 300));
    for (proof, check) in [
        (
            inclusion,
            Box::new(|proof: &[Hash]| verify_inclusion(&leaf, 70, 300, proof, &tree.root(300))) as Box<dyn Fn(&[Hash]) -> _>,
        ),
        (consistency, Box::new(|proof: &[Hash]| verify_consistency(70, &tree.root(70), 300, &tree.root(300), proof))),
    ] {
        assert_eq!(check(&proof), Ok(()));
        assert_eq!(check(&[]), Err(ProofFault::Length));
        assert_eq!(check(&proof[1..]), Err(ProofFault::Length));
        assert_eq!(check(&proof[..proof.len() - 1]), Err(ProofFault::Length));
        assert_eq!(check(&[&proof[..], &[[0; 32]]].concat()), Err(ProofFault::Length));
        for place in 0..proof.len() {
            let mut changed = proof.clone();
            changed[place][31] ^= 1;
            assert_eq!(check(&changed), Err(ProofFault::Root), "hash {place}");
        }
    }
}

#[test]
fn nothing_outside_the_tree_can_be_planned_or_verified() {
    assert_eq!(Plan::inclusion(3, 3), Err(Impossible));
    assert_eq!(Plan::inclusion(0, 0), Err(Impossible));
    assert_eq!(Plan::inclusion(0, SIZE_LIMIT + 1), Err(Impossible));
    assert_eq!(Plan::tile_inclusion(1, 256), Err(Impossible));
    assert_eq!(Plan::tile_inclusion(u64::MAX, u64::MAX), Err(Impossible));
    assert_eq!(Plan::consistency(4, 3), Err(Impossible));
    assert_eq!(Plan::frontier(SIZE_LIMIT + 1), Err(Impossible));
    assert_eq!(verify_consistency(4, &[0; 32], 3, &[0; 32], &[]), Err(ProofFault::Outside));
    assert_eq!(verify_consistency(0, &empty_root(), 3, &[0; 32], &[[0; 32]]), Err(ProofFault::Length));
    assert!(Plan::inclusion(SIZE_LIMIT - 1, SIZE_LIMIT).is_ok());
    let endless = vec![[0; 32]; 100];
    assert_eq!(verify_inclusion(&[0; 32], u64::MAX - 1, u64::MAX, &endless, &[0; 32]), Err(ProofFault::Length));
    assert_eq!(verify_consistency(u64::MAX - 1, &[0; 32], u64::MAX, &[0; 32], &endless), Err(ProofFault::Length));
}

#[test]
fn the_frontier_says_which_subtrees_are_complete() {
    let tree = Tree::numbered(600);
    assert_eq!(tree.nodes.iter().map(|node| (node.level, node.index)).collect::<Vec<_>>(), [(8, 0), (8, 1)]);
    assert_eq!(tree.nodes[1].hash, root_of(&tree.leaves[256..512]));
    let mut frontier = Frontier::new(65_535, vec![[1; 32]; 16]).unwrap();
    let kept: Vec<_> = frontier.append([1; 32]).iter().map(|node| (node.level, node.index)).collect();
    assert_eq!(kept, [(8, 255), (16, 0)]);
    assert_eq!((frontier.size(), frontier.edge().len()), (65_536, 1));
}

#[test]
fn a_frontier_survives_storage_and_a_damaged_one_is_refused() {
    let tree = Tree::numbered(300);
    let frontier = &tree.frontiers[300];
    assert_eq!(Frontier::from_bytes(&frontier.to_bytes()).as_ref(), Ok(frontier));
    let json = serde_json::to_string(frontier).unwrap();
    assert_eq!(&serde_json::from_str::<Frontier>(&json).unwrap(), frontier);
    assert_eq!(
        Frontier::new(300, tree.build(&Plan::frontier(300).unwrap())).as_ref(),
        Ok(frontier),
        "rebuilt from stored hashes"
    );
    let bytes = frontier.to_bytes();
    for damaged in [&bytes[..7], &bytes[..bytes.len() - 1], &bytes[..bytes.len() - 32], &[&bytes[..], &[0]].concat()] {
        assert_eq!(Frontier::from_bytes(damaged), Err(FrontierFault));
    }
    assert!(serde_json::from_str::<Frontier>(&json.replace("300", "301")).is_err());
    assert!(serde_json::from_str::<Frontier>(r#"{"size":1,"edge":["AAAA"]}"#).is_err());
    assert_eq!(Frontier::from_bytes(&0_u64.to_be_bytes()), Ok(Frontier::default()));
}

#[test]
fn a_plan_reads_few_ranges_and_notices_missing_answers() {
    let plan = Plan::inclusion(4_999_999, 10_000_000).unwrap();
    assert!(plan.ranges().len() <= 6, "{:?}", plan.ranges());
    assert!(plan.ranges().iter().all(|range| range.count <= 256), "{:?}", plan.ranges());
    let tree = Tree::numbered(20);
    let plan = Plan::inclusion(3, 20).unwrap();
    assert_eq!(plan.build(&[]), Err(MissingHash { level: 0, index: 2 }));
    let mut hashes: Vec<_> = plan.ranges().iter().map(|range| tree.read(*range)).collect();
    hashes[0].pop();
    assert_eq!(plan.build(&hashes), Err(MissingHash { level: 0, index: 19 }));
}

#[test]
fn a_whole_tile_is_provable_as_one_leaf_of_a_smaller_tree() {
    for size in [1, 255, 256, 257, 511, 512, 513, 700, 1024, 1025, 1500] {
        let tree = Tree::numbered(size);
        let tiles = size.div_ceil(256);
        for tile in 0..tiles {
            let start = tile * 256;
            let leaves = tree.read(Range { level: 0, start, count: (size - start).min(256) });
            let proof = tree.build(&Plan::tile_inclusion(tile, size).unwrap());
            assert_eq!(verify_inclusion(&root_of(&leaves), tile, tiles, &proof, &tree.root(size)), Ok(()), "{tile} of {size}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn roots_and_proofs_agree_with_an_independent_implementation(
        (size, index, old) in (1_u64..700).prop_flat_map(|size| (Just(size), 0..size, 1..=size)),
    ) {
        let tree = Tree::numbered(size);
        let mut oracle = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
        for number in 0..size {
            oracle.push(number.to_be_bytes().to_vec());
        }
        prop_assert_eq!(oracle.root().as_bytes().to_vec(), tree.root(size).to_vec());

        let inclusion = tree.inclusion(index, size);
        let place = usize::try_from(index).unwrap();
        prop_assert_eq!(oracle.prove_inclusion(place).as_bytes().to_vec(), inclusion.concat());
        prop_assert_eq!(verify_inclusion(&tree.leaves[place], index, size, &inclusion, &tree.root(size)), Ok(()));
        let root = RootHash::<sha2::Sha256>::new(tree.root(size).into(), size);
        let proof = InclusionProof::try_from_bytes(inclusion.concat()).unwrap();
        prop_assert!(root.verify_inclusion(&index.to_be_bytes(), index, &proof).is_ok());

        let consistency = tree.consistency(old, size);
        prop_assert_eq!(oracle.prove_consistency(usize::try_from(size - old).unwrap()).as_bytes().to_vec(), consistency.concat());
        prop_assert_eq!(verify_consistency(old, &tree.root(old), size, &tree.root(size), &consistency), Ok(()));
        let old_root = RootHash::<sha2::Sha256>::new(tree.root(old).into(), old);
        let proof = ConsistencyProof::try_from_bytes(consistency.concat()).unwrap();
        prop_assert!(root.verify_consistency(&old_root, &proof).is_ok());
    }
}

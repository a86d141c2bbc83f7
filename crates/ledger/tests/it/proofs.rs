//! Law “Never edited”: whoever holds a receipt or an old checkpoint can check the log against it.

use bihuan_ledger::tree::{
    Edge, Nodes, consistency_holds, consistency_path, empty_root, inclusion_holds, inclusion_path, root_at,
};
use bihuan_ledger::{Digest, Error, Ledger, Receipt, ReceiptVerdict, leaf_hash, node_hash, verify_receipt};
use proptest::prelude::*;

use crate::support::Place;

/// The leaves of the vectors that certificate transparency logs test with.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

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

struct Plain(Vec<Digest>);

impl Nodes for Plain {
    type Error = std::convert::Infallible;

    fn subtree(&self, level: u32, index: u64) -> Result<Digest, Self::Error> {
        if level == 0 {
            return Ok(self.0[usize::try_from(index).unwrap()]);
        }
        Ok(node_hash(
            &self.subtree(level - 1, index * 2)?,
            &self.subtree(level - 1, index * 2 + 1)?,
        ))
    }
}

#[test]
fn roots_agree_with_the_known_vectors_of_rfc_6962() {
    assert_eq!(
        empty_root().hex(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    let leaves = Plain(LEAVES.iter().map(|leaf| leaf_hash(leaf)).collect());
    let mut edge = Edge::default();
    for (i, root) in ROOTS.iter().enumerate() {
        edge.push(leaves.0[i], |_, _, _| {});
        assert_eq!(edge.root().hex(), *root);
        assert_eq!(root_at(&leaves, i as u64 + 1).unwrap().hex(), *root);
    }
}

#[test]
fn proofs_agree_with_the_known_vectors_of_rfc_6962() {
    let leaves = Plain(LEAVES.iter().map(|leaf| leaf_hash(leaf)).collect());
    let hex = |path: Vec<Digest>| {
        path.iter()
            .map(|step| step.hex()[..8].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        hex(inclusion_path(&leaves, 5, 8).unwrap()),
        ["bc1a0643", "ca854ea1", "d37ee418"]
    );
    assert_eq!(hex(inclusion_path(&leaves, 2, 3).unwrap()), ["fac54203"]);
    assert_eq!(
        hex(consistency_path(&leaves, 1, 8).unwrap()),
        ["96a296d2", "5f083f0a", "6b47aaf2"]
    );
    assert_eq!(
        hex(consistency_path(&leaves, 6, 8).unwrap()),
        ["0ebc5d34", "ca854ea1", "d37ee418"]
    );
}

fn leaves(n: u64) -> Plain {
    Plain((0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect())
}

proptest! {
    #[test]
    fn every_entry_is_provable_in_every_tree(size in 1u64..300, seq in 0u64..300, wrong in 0usize..9) {
        let seq = seq % size;
        let tree = leaves(size);
        let (root, mut path) = (root_at(&tree, size).unwrap(), inclusion_path(&tree, seq, size).unwrap());
        prop_assert!(inclusion_holds(&tree.0[seq as usize], seq, size, &path, &root));
        prop_assert!(!inclusion_holds(&Digest::of(b""), seq, size, &path, &root));
        if let Some(step) = path.get_mut(wrong) {
            *step = Digest::of(b"forged");
            prop_assert!(!inclusion_holds(&tree.0[seq as usize], seq, size, &path, &root));
        }
    }

    #[test]
    fn every_tree_is_provably_the_beginning_of_every_later_one(new in 1u64..300, old in 0u64..300, wrong in 0usize..9) {
        let old = old % (new + 1);
        let tree = leaves(new);
        let (old_root, new_root) = (root_at(&tree, old).unwrap(), root_at(&tree, new).unwrap());
        let mut path = consistency_path(&tree, old, new).unwrap();
        prop_assert!(consistency_holds(old, &old_root, new, &new_root, &path));
        if old > 0 && old < new {
            prop_assert!(!consistency_holds(old, &Digest::of(b""), new, &new_root, &path));
            prop_assert!(!consistency_holds(old, &old_root, new, &Digest::of(b""), &path));
        }
        if let Some(step) = path.get_mut(wrong) {
            *step = Digest::of(b"forged");
            prop_assert!(!consistency_holds(old, &old_root, new, &new_root, &path));
        }
    }

    #[test]
    fn no_path_of_any_shape_makes_the_checks_stumble(
        seq in any::<u64>(), size in any::<u64>(), steps in prop::collection::vec(any::<u8>(), 0..70)
    ) {
        let path: Vec<Digest> = steps.iter().map(|step| Digest([*step; 32])).collect();
        let hash = Digest::of(b"");
        prop_assert!(!inclusion_holds(&hash, seq, size, &path, &Digest([1; 32])));
        prop_assert!(!consistency_holds(seq, &hash, size, &Digest([1; 32]), &path));
    }
}

/// A log long enough for stored nodes of level 8 and more than one of them.
fn long_ledger(place: &Place) -> Ledger {
    place.with_groups(&[1, 255, 300, 44, 1, 1, 200])
}

#[test]
fn a_receipt_holds_against_its_checkpoint_and_no_other_entry() {
    let place = Place::new();
    let ledger = long_ledger(&place);
    let reader = ledger.reader().unwrap();
    for seq in [0, 1, 255, 256, 511, 600, 601, 801] {
        let receipt = reader.receipt(seq).unwrap();
        let text = serde_json::to_string(&receipt).unwrap();
        let receipt: Receipt = serde_json::from_str(&text).unwrap();
        assert_eq!(
            verify_receipt(&receipt, ledger.public_key()),
            ReceiptVerdict::Holds,
            "{seq}"
        );
        let other = Receipt {
            leaf: Digest::of(b"other"),
            ..receipt.clone()
        };
        assert_eq!(
            verify_receipt(&other, ledger.public_key()),
            ReceiptVerdict::NotIncluded
        );
        let mut unsigned = receipt.clone();
        unsigned.checkpoint.size += 1;
        assert_eq!(
            verify_receipt(&unsigned, ledger.public_key()),
            ReceiptVerdict::NotSigned
        );
    }
    assert!(matches!(
        reader.receipt(802),
        Err(Error::NoEntry { seq: 802, size: 802 })
    ));
    assert!(matches!(reader.receipt(u64::MAX), Err(Error::NoEntry { .. })));
}

#[test]
fn stored_proofs_hold_between_any_two_checkpoints() {
    let place = Place::new();
    let ledger = long_ledger(&place);
    let reader = ledger.reader().unwrap();
    let sizes = [0, 1, 2, 255, 256, 257, 512, 556, 601, 801, 802];
    for old in sizes {
        for new in sizes.into_iter().filter(|new| *new >= old) {
            let path = reader.consistency_proof(old, new).unwrap();
            let roots = (reader.root_at(old).unwrap(), reader.root_at(new).unwrap());
            assert!(
                consistency_holds(old, &roots.0, new, &roots.1, &path),
                "{old} {new}"
            );
        }
    }
    assert!(matches!(
        reader.consistency_proof(0, 803),
        Err(Error::NoEntry { .. })
    ));
    assert!(matches!(reader.inclusion_proof(5, 5), Err(Error::NoEntry { .. })));
    assert_eq!(reader.head().unwrap().root, reader.root_at(802).unwrap());
}

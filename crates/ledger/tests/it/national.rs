//! Checkpoints in the national suite: the same log, SM3 and SM2 alone.

use bihuan_ledger::{
    BackupPlan, Digest, NationalCheckpoint, NationalKey, NationalVerdict, RestorePlan, backup,
    national_checkpoint, restore, verify_national,
};

use crate::support::{Place, at, group};

#[test]
fn a_national_checkpoint_is_held_against_the_log_as_it_grows_and_finds_what_was_changed() {
    let place = Place::new();
    let ledger = place.with_groups(&[3, 4]);
    let (checkpoint, key) = national_checkpoint(&ledger, at(50)).unwrap();
    let text = checkpoint.to_string();
    assert!(text.contains("\nalg sm3 sm2\n"), "{text}");
    // As somebody kept them, on paper or in a file.
    let (read, read_key): (NationalCheckpoint, NationalKey) =
        (text.parse().unwrap(), key.to_string().parse().unwrap());
    assert_eq!((&read, &read_key), (&checkpoint, &key));
    group(&mut ledger.writer().unwrap(), 60, 5);
    let verdict = |checkpoint, key| verify_national(&ledger.reader().unwrap(), checkpoint, key).unwrap();
    assert_eq!(verdict(&read, &read_key), NationalVerdict::Holds);
    let (again, same) = national_checkpoint(&ledger, at(51)).unwrap();
    assert_eq!((again.size, &same), (12, &key), "the key stays");
    let (_, other) = national_checkpoint(&Place::new().ledger(), at(50)).unwrap();
    assert_eq!(verdict(&read, &other), NationalVerdict::NotSigned);
    let forged: NationalCheckpoint = text.replace("\n7\n", "\n6\n").parse().unwrap();
    assert_eq!(verdict(&forged, &key), NationalVerdict::NotSigned);
    // Whoever could forge SHA-256 and Ed25519 would still be found.
    place.sql("UPDATE entries SET entry = replace(entry, '\"n\":1', '\"n\":9') WHERE seq = 1");
    assert_eq!(verdict(&read, &key), NationalVerdict::Other);
    place.sql("DELETE FROM entries WHERE seq >= 5; DELETE FROM checkpoints WHERE size > 3");
    assert_eq!(verdict(&read, &key), NationalVerdict::Shorter);
}

#[test]
fn the_key_of_the_national_suite_goes_with_the_other_keys_and_nothing_reads_as_what_it_is_not() {
    let place = Place::new();
    let ledger = place.with_groups(&[2]);
    let (checkpoint, key) = national_checkpoint(&ledger, at(50)).unwrap();
    let beside = |name: &str| place.data().join("..").join(name);
    let (to, keys, again) = (beside("backup"), beside("keys"), beside("again"));
    let plan = BackupPlan {
        from: &place.data(),
        to: &to,
        keys: Some(&keys),
        previous: None,
    };
    backup(&plan, at(51), &mut |_| {}).unwrap();
    assert!(!to.join("log.sm2.key").exists() && keys.join("log.sm2.key").exists());
    let plan = RestorePlan {
        backup: &to,
        keys: &keys,
        to: &again,
        kept: Vec::new(),
        faults: false,
    };
    restore(&plan, at(52), &mut |_| {}).unwrap().finish().unwrap();
    let restored = bihuan_ledger::Ledger::open(&again).unwrap();
    assert_eq!(national_checkpoint(&restored, at(53)).unwrap().1, key);
    let reader = restored.reader().unwrap();
    assert_eq!(
        verify_national(&reader, &checkpoint, &key).unwrap(),
        NationalVerdict::Holds
    );
    let head = reader.head().unwrap().to_string();
    for text in [
        "",
        "\n\n",
        "a\n1\n\n— a",
        &head,
        &checkpoint.to_string().replace("sm3 sm2", "sm3 sm9"),
    ] {
        assert!(text.parse::<NationalCheckpoint>().is_err(), "{text:?}");
    }
    assert!(
        checkpoint
            .to_string()
            .parse::<bihuan_ledger::Checkpoint>()
            .is_err()
    );
    for text in [
        "",
        "a+b",
        "a+00+AAAA",
        &ledger.public_key().to_string(),
        &key.to_string().replace("jiaocheng", "x"),
    ] {
        assert!(text.parse::<NationalKey>().is_err(), "{text:?}");
    }
    std::fs::write(again.join("log.sm2.key"), "00".repeat(32)).unwrap();
    assert!(national_checkpoint(&restored, at(54)).is_err());
    assert_ne!(
        Digest(checkpoint.root),
        reader.root_at(2).unwrap(),
        "another hash, another root"
    );
}

//! Two Bihuan witness each other's logs: growth is cosigned, a fork is refused and kept as evidence.

use bihuan_ledger::{
    BackupPlan, Checkpoint, FaultKind, Known, Ledger, NotCosigned, RestorePlan, Witness, WitnessRequest,
    backup, restore, verify,
};

use crate::support::{Place, at, group};

/// A city that witnesses, with its own log and key.
fn city(place: &Place) -> Ledger {
    Ledger::create_with(&place.data(), "yuncheng.example", [9; 32], at(0)).unwrap()
}

/// Asks, and keeps what was answered.
fn ask(log: &Ledger, witness: &mut Witness, key: &Ledger) -> Result<u64, NotCosigned> {
    let desk = Witness::open(log)?;
    let request = desk.request(&*log.reader()?, key.public_key(), None)?;
    // As it travels.
    let request: WitnessRequest = request.to_string().parse()?;
    let answer = witness.cosign(&request, at(50))?.to_string();
    Ok(desk.keep(&format!("{answer}\n"))?.checkpoint.size)
}

#[test]
fn a_log_that_grows_is_cosigned_again_and_again_and_verification_says_by_whom() {
    let (county, witness) = (Place::new(), Place::new());
    let (log, city) = (county.with_groups(&[3]), city(&witness));
    let mut desk = Witness::open(&city).unwrap();
    assert!(matches!(
        ask(&log, &mut desk, &city),
        Err(NotCosigned::Unknown { .. })
    ));
    desk.trust(log.public_key()).unwrap();
    assert_eq!(ask(&log, &mut desk, &city).unwrap(), 3);
    assert_eq!(
        ask(&log, &mut desk, &city).unwrap(),
        3,
        "the same again is harmless"
    );
    group(&mut log.writer().unwrap(), 9, 300);
    assert_eq!(ask(&log, &mut desk, &city).unwrap(), 303);
    let report = county.verify();
    assert!(report.sound(), "{report:?}");
    assert_eq!(
        report.cosigned.into_iter().collect::<Vec<_>>(),
        [("yuncheng.example".to_owned(), 303)]
    );
    let note = Witness::open(&log).unwrap().note().unwrap().unwrap();
    insta::assert_snapshot!(note.lines().filter(|line| !line.starts_with("— jiaocheng")).collect::<Vec<_>>().join("\n"), @r"
    jiaocheng.example
    303
    RfhAqYSqZ2P2YJympRxrQWVNr1uPZ46ni5+ZUWVp/CA=
    time 2020-09-13T12:35:40.000000Z
    epoch 0
    alg sha256 ed25519

    — yuncheng.example XduV8wAAAABfXhu4LIQbl7M1WHs/rs+4ho3APEjp4qghYoKxJFfL4WRNv+OmJtbT6LyP7Y9jHfo6fim7eK0Fi2oDBg7d70ry0Gg8DA==
    ");
    assert_eq!(
        note.parse::<Checkpoint>().unwrap(),
        log.reader().unwrap().head().unwrap(),
        "others pass the line over"
    );
    // A witness that has seen more than the log noted says from where to ask.
    group(&mut log.writer().unwrap(), 10, 1);
    let own = Witness::open(&log).unwrap();
    let reader = log.reader().unwrap();
    let from = |old| own.request(&reader, city.public_key(), Some(old)).unwrap();
    assert!(matches!(
        desk.cosign(&from(3), at(51)),
        Err(NotCosigned::Conflict { seen: 303 })
    ));
    desk.cosign(&from(303), at(51)).unwrap();
}

#[test]
fn a_fork_is_refused_and_kept_as_evidence_and_an_old_checkpoint_is_not() {
    let witness = Place::new();
    let city = city(&witness);
    let mut desk = Witness::open(&city).unwrap();
    let shown = Place::new();
    let log = shown.with_groups(&[3, 2]);
    desk.trust(log.public_key()).unwrap();
    ask(&log, &mut desk, &city).unwrap();
    // Other histories under the same name and key: of the same size, longer, shorter.
    for (n, groups) in [vec![2, 3], vec![3, 1, 4], vec![3]].into_iter().enumerate() {
        let hidden = Place::new();
        let fork = hidden.with_groups(&groups);
        let own = Witness::open(&fork).unwrap();
        let reader = fork.reader().unwrap();
        let size = reader.head().unwrap().size;
        let request = own
            .request(&reader, city.public_key(), Some(size.min(5)))
            .unwrap();
        let refused = desk.cosign(&request, at(60)).unwrap_err();
        match n {
            0 => assert!(
                matches!(refused, NotCosigned::Forked { seen: 5, .. }),
                "{refused:?}"
            ),
            1 => assert!(
                matches!(
                    refused,
                    NotCosigned::NotShown {
                        seen: 5,
                        shown: 8,
                        ..
                    }
                ),
                "{refused:?}"
            ),
            // An old checkpoint is no proof against anybody.
            _ => assert!(
                matches!(refused, NotCosigned::Conflict { seen: 5 }),
                "{refused:?}"
            ),
        }
        let known = desk.witnessed().unwrap();
        assert_eq!(known[0].refused.len(), (n + 1).min(2));
        let (seen, other) = known[0].refused.last().unwrap();
        assert!(
            seen.signed_by(log.public_key()) && other.signed_by(log.public_key()),
            "both are signed by the log"
        );
        assert_eq!((seen.size, other.size), (5, if n == 0 { 5 } else { 8 }));
    }
    // The honest log goes on; somebody else's signature is nobody's.
    group(&mut log.writer().unwrap(), 70, 1);
    ask(&log, &mut desk, &city).unwrap();
    let mut request = Witness::open(&log)
        .unwrap()
        .request(&log.reader().unwrap(), city.public_key(), None)
        .unwrap();
    request.checkpoint.size += 1;
    assert!(matches!(
        desk.cosign(&request, at(61)),
        Err(NotCosigned::NotSigned { .. })
    ));
}

#[test]
fn cosignatures_show_a_log_cut_off_and_travel_with_its_backup() {
    let (county, witness) = (Place::new(), Place::new());
    let (log, city) = (county.with_groups(&[3, 2]), city(&witness));
    let mut desk = Witness::open(&city).unwrap();
    desk.trust(log.public_key()).unwrap();
    ask(&log, &mut desk, &city).unwrap();
    let place = |name: &str| county.data().join("..").join(name);
    let (to, keys, again) = (place("backup"), place("keys"), place("again"));
    let plan = BackupPlan {
        from: &county.data(),
        to: &to,
        keys: Some(&keys),
        previous: None,
    };
    assert_eq!(
        backup(&plan, at(80), &mut |_| {}).unwrap().report.cosigned.len(),
        1
    );
    let plan = RestorePlan {
        backup: &to,
        keys: &keys,
        to: &again,
        kept: Vec::new(),
        faults: false,
    };
    restore(&plan, at(81), &mut |_| {}).unwrap().finish().unwrap();
    let restored = Ledger::open(&again).unwrap();
    assert_eq!(
        ask(&restored, &mut desk, &city).unwrap(),
        6,
        "nothing was lost, so that the witness goes along"
    );
    let report = verify(&again, &Known::default(), &mut |_| {}).unwrap();
    assert!(report.sound(), "{report:?}");
    // The old directory without its last group is whole in itself; what the witness saw is beside it.
    drop(log);
    county.sql("DELETE FROM entries WHERE seq >= 3; DELETE FROM checkpoints WHERE size > 3");
    assert_eq!(county.verify().first().unwrap().kind, FaultKind::Forked);
    let other = rusqlite::Connection::open(to.join("witness.sqlite")).unwrap();
    other
        .execute(
            "UPDATE witnesses SET public_key = ?1",
            [restored.public_key().to_string()],
        )
        .unwrap();
    drop(other);
    let report = verify(&to, &Known::default(), &mut |_| {}).unwrap();
    assert_eq!(report.first().unwrap().kind, FaultKind::Cosignature);
}

#[test]
fn no_text_makes_the_desk_stumble() {
    for text in [
        "",
        "old",
        "old 1",
        "old x\n\n",
        "old 1\n\n",
        "old 1\nAA==\n\nx",
        "— a",
        "— a AAAA",
        "— ",
    ] {
        assert!(text.parse::<WitnessRequest>().is_err(), "{text:?}");
        assert!(text.parse::<bihuan_ledger::Cosignature>().is_err(), "{text:?}");
    }
    let long = format!(
        "old 0\n{}\n",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n".repeat(1000)
    );
    assert!(long.parse::<WitnessRequest>().is_err());
}

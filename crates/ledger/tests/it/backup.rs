//! Backup and restoration: made beside a writer, verified, a new epoch that names what it lost, and nothing erased comes back.

use std::fs;
use std::path::{Path, PathBuf};

use bihuan_ledger::{
    Actor, BackupMade, BackupPlan, Checkpoint, Error, FaultKind, Known, Ledger, Report, RestorePlan,
    Restored, backup, erasure_list, export_bundle, read_erasures, restore, verify, verify_bundle,
};
use bihuan_messages::Lang;
use serde_json::json;

use crate::forgery::Kept;
use crate::support::{Place, at, event, group};

/// Where backups go, beside the data directory.
struct Shelf<'p>(&'p Place);

impl Shelf<'_> {
    fn at(&self, name: &str) -> PathBuf {
        self.0.data().join("..").join(name)
    }

    /// A backup under `name`, its keys under `name.keys`.
    fn backup(&self, name: &str) -> BackupMade {
        let (data, to, keys) = (self.0.data(), self.at(name), self.at(&format!("{name}.keys")));
        let plan = BackupPlan {
            from: &data,
            to: &to,
            keys: Some(&keys),
            previous: None,
        };
        backup(&plan, at(100), &mut |_| {}).unwrap()
    }

    fn restore(&self, name: &str, to: &str, kept: Vec<Checkpoint>) -> Result<Restored, Error> {
        let (from, keys, to) = (self.at(name), self.at(&format!("{name}.keys")), self.at(to));
        let plan = RestorePlan {
            backup: &from,
            keys: &keys,
            to: &to,
            kept,
            faults: false,
        };
        restore(&plan, at(200), &mut |_| {})
    }

    fn verify(&self, name: &str, known: &Known) -> Report {
        verify(&self.at(name), known, &mut |_| {}).unwrap()
    }
}

/// Two cases with a text and a file each.
fn ledger(place: &Place) -> Ledger {
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    for n in 1..=2 {
        let subject = format!("case/{n}");
        let file = ledger
            .stage_blob(format!("photo of {subject}").as_bytes())
            .unwrap();
        let mut batch = writer.begin(at(n)).unwrap();
        let title = batch.seal(&subject, &format!("第{n}件的标题")).unwrap();
        batch.put_blob(&subject, &file).unwrap();
        batch
            .append(&event(
                &subject,
                "case.opened",
                json!({ "title": title, "file": file.id() }),
            ))
            .unwrap();
        batch.remember(&format!("key{n}"), "{}").unwrap();
        batch.commit().unwrap();
    }
    drop(writer);
    ledger
}

#[test]
fn a_backup_made_beside_a_busy_writer_is_whole_and_restores_to_the_same_log() {
    let place = Place::new();
    let ledger = ledger(&place);
    let shelf = Shelf(&place);
    let stop = std::sync::atomic::AtomicBool::new(false);
    let writer = ledger.writer().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = writer;
            for minute in 3.. {
                group(&mut writer, minute, 4);
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    return;
                }
            }
        });
        for n in 0..4 {
            let made = shelf.backup(&format!("backup{n}"));
            assert!(made.report.sound(), "{:?}", made.report);
            assert_eq!(
                (made.report.size, made.manifest.files),
                (made.manifest.checkpoint.size, 2)
            );
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let restored = shelf.restore("backup3", "again", Vec::new()).unwrap();
    let (from, head) = (restored.from.clone(), restored.head.clone());
    assert!(
        matches!(Ledger::open(&shelf.at("again")), Err(Error::NoLedger { .. })),
        "not there before its time"
    );
    restored.finish().unwrap();
    assert_eq!((head.epoch, head.size), (1, from.size + 1));
    let again = Ledger::open(&shelf.at("again")).unwrap();
    let reader = again.reader().unwrap();
    assert_eq!(reader.root_at(from.size).unwrap(), from.root);
    assert_eq!(
        reader.entries(0, 2).unwrap(),
        ledger.reader().unwrap().entries(0, 2).unwrap()
    );
    assert_eq!(reader.command_answer("key1").unwrap().as_deref(), Some("{}"));
    let mut writer = again.writer().unwrap();
    assert_eq!(
        group(&mut writer, 300, 1).checkpoint.epoch,
        1,
        "the epoch goes on"
    );
    let known = Known {
        checkpoints: vec![from],
        ..Known::default()
    };
    let report = shelf.verify("again", &known);
    assert!(
        report.sound() && report.counts.sealed_opened == 2 && report.counts.blobs_whole == 2,
        "{report:?}"
    );
}

#[test]
fn a_backup_without_keys_gives_nothing_away_and_one_with_old_pages_neither() {
    let place = Place::new();
    let ledger = ledger(&place);
    let mut writer = ledger.writer().unwrap();
    let batch = writer.begin(at(5)).unwrap();
    batch
        .connection()
        .execute_batch("CREATE TABLE case_views(title TEXT); INSERT INTO case_views VALUES ('第1件的标题')")
        .unwrap();
    batch.commit().unwrap();
    let (data, to) = (place.data(), Shelf(&place).at("backup"));
    let plan = BackupPlan {
        from: &data,
        to: &to,
        keys: None,
        previous: None,
    };
    let made = backup(&plan, at(6), &mut |_| {}).unwrap();
    assert_eq!(
        (made.keys, made.report.counts.sealed_closed, made.report.sound()),
        (None, 2, true)
    );
    assert!(!holds(&to, "标题".as_bytes()), "read models stay behind");
    assert!(!to.join("keys.bin").exists() && !to.join("log.key").exists());
    let next = Shelf(&place).at("next");
    let plan = BackupPlan {
        to: &next,
        previous: Some(&to),
        ..plan
    };
    assert!(backup(&plan, at(7), &mut |_| {}).unwrap().report.sound());
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let links = |file: PathBuf| fs::metadata(file).unwrap().nlink();
        assert!(
            files(&next.join("blobs"))
                .into_iter()
                .all(|file| links(file) == 2),
            "linked, not copied"
        );
    }
}

#[test]
fn what_came_after_the_backup_is_reported_as_lost_and_a_rewritten_log_as_forged() {
    let place = Place::new();
    let ledger = ledger(&place);
    let shelf = Shelf(&place);
    shelf.backup("backup");
    let before = ledger.reader().unwrap().receipt(1).unwrap();
    let mut writer = ledger.writer().unwrap();
    group(&mut writer, 10, 3);
    let after = ledger.reader().unwrap().receipt(3).unwrap();
    // The same two entries restored, and others written over the same places.
    let kept = after.checkpoint.clone();
    let restored = shelf.restore("backup", "again", vec![kept.clone()]).unwrap();
    assert_eq!(restored.lost, Some(kept));
    restored.finish().unwrap();
    let again = Ledger::open(&shelf.at("again")).unwrap();
    let mut writer = again.writer().unwrap();
    group(&mut writer, 20, 5);
    let known = |receipt: &bihuan_ledger::Receipt| Known {
        receipts: vec![receipt.clone()],
        checkpoints: vec![receipt.checkpoint.clone()],
        ..Known::default()
    };
    assert!(shelf.verify("again", &known(&before)).sound());
    let report = shelf.verify("again", &known(&after));
    assert!(
        report.faults.iter().all(|fault| fault.kind == FaultKind::Lost),
        "{report:?}"
    );
    let told: Vec<String> = report
        .faults
        .iter()
        .map(|fault| fault.line().text(Lang::En))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    Entries 2 to 4: the checkpoint kept outside (epoch 0, size 5) is later than the backup from which the log was restored: 2 entries were kept, what came after is lost, not forged.
    At entry 3: acknowledged with a receipt in epoch 0, and later than the backup from which the log was restored: 2 entries were kept. It is lost, not forged; enter it again.
    ");
    let mut out = Vec::new();
    export_bundle(&again.reader().unwrap(), &mut out, &mut |_| {}).unwrap();
    let bundle = String::from_utf8(out).unwrap();
    assert!(
        verify_bundle(&mut bundle.as_bytes(), &known(&before), &mut |_| {})
            .unwrap()
            .sound()
    );
    let texts = [
        after.checkpoint.to_string(),
        serde_json::to_string(&after).unwrap(),
    ];
    let said = Kept::new(&place, &texts).said(&bundle);
    assert!(said.is_none_or(|said| said.matches("LOST, not forged").count() == 2));
    // Without the entry that begins the epoch, or with one that names something else, the same log is a forgery.
    let forged = [
        bundle.replace("\"size\":2}", "\"size\":1}"),
        bundle.replace("\"epoch\":1,", "\"epoch\":2,"),
        bundle
            .lines()
            .filter(|line| !line.contains("log.restored"))
            .map(|line| format!("{line}\n"))
            .collect(),
    ];
    for text in forged {
        assert_ne!(text, bundle);
        let report = verify_bundle(&mut text.as_bytes(), &known(&after), &mut |_| {}).unwrap();
        assert!(
            report.faults.iter().any(|fault| fault.kind != FaultKind::Lost),
            "{report:?}"
        );
        assert_ne!(Kept::new(&place, &[]).python(&text), Some(0));
    }
}

#[test]
fn each_restoration_has_an_epoch_of_its_own() {
    let place = Place::new();
    let ledger = ledger(&place);
    let shelf = Shelf(&place);
    shelf.backup("backup");
    let first = shelf.restore("backup", "first", Vec::new()).unwrap();
    let kept = first.head.clone();
    first.finish().unwrap();
    let second = shelf.restore("backup", "second", vec![kept.clone()]).unwrap();
    assert_eq!((second.head.epoch, second.lost.as_ref()), (2, Some(&kept)));
    second.finish().unwrap();
    let known = Known {
        checkpoints: vec![kept, ledger.reader().unwrap().head().unwrap()],
        ..Known::default()
    };
    let report = shelf.verify("second", &known);
    let kinds: Vec<FaultKind> = report.faults.iter().map(|fault| fault.kind).collect();
    assert_eq!(
        kinds,
        [FaultKind::Lost],
        "the first restoration's head, and nothing of the old log"
    );
}

#[test]
fn what_is_erased_is_not_in_later_backups_and_does_not_come_back_from_earlier_ones() {
    let place = Place::new();
    let ledger = ledger(&place);
    let shelf = Shelf(&place);
    shelf.backup("before");
    let secrets = {
        let connection = rusqlite::Connection::open(place.data().join("ledger.sqlite")).unwrap();
        let ciphertext: Vec<u8> = connection
            .query_row("SELECT box FROM sealed WHERE slot = 0", [], |row| row.get(0))
            .unwrap();
        let key = fs::read(place.data().join("keys.bin")).unwrap()[64..96].to_vec();
        let blob = fs::read(&files(&place.data().join("blobs"))[0]).unwrap();
        let other = fs::read(&files(&place.data().join("blobs"))[1]).unwrap();
        assert!(holds(&shelf.at("before"), &ciphertext) && holds(&shelf.at("before.keys"), &key));
        (ciphertext, key, [blob, other])
    };
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(10)).unwrap();
    let erased = batch.erase("case/1", &Actor::default()).unwrap();
    batch.commit().unwrap();
    drop(writer);
    let gone = secrets
        .2
        .iter()
        .find(|blob| erased.blobs[0].0 == bihuan_ledger::Digest::of(blob))
        .unwrap();
    shelf.backup("after");
    for name in ["after", "after.keys"] {
        for part in [&secrets.0, &secrets.1, gone] {
            assert!(!holds(&shelf.at(name), part), "{name}");
        }
    }
    // The earlier backup with the list of today, from wherever the list is had.
    let list = shelf.at("erasures.json");
    fs::write(&list, erasure_list(&ledger.reader().unwrap()).unwrap()).unwrap();
    for (n, list) in [list, shelf.at("after"), place.data()].iter().enumerate() {
        let erasures = read_erasures(list, "jiaocheng.example").unwrap();
        assert_eq!(erasures.len(), 1);
        let restored = shelf.restore("before", &format!("again{n}"), Vec::new()).unwrap();
        let again = Ledger::open(restored.dir()).unwrap();
        assert_eq!(
            again.reader().unwrap().erasures().unwrap(),
            [],
            "the backup knew nothing of it"
        );
        let mut writer = again.writer().unwrap();
        let mut batch = writer.begin(at(300)).unwrap();
        for erasure in &erasures {
            batch.erase(&erasure.subject, &Actor::default()).unwrap();
        }
        assert_eq!(batch.commit().unwrap().erasure_pending, None);
        drop((writer, again));
        restored.finish().unwrap();
        for part in [&secrets.0, &secrets.1, gone] {
            assert!(!holds(&shelf.at(&format!("again{n}")), part), "{n}");
        }
        let report = shelf.verify(&format!("again{n}"), &Known::default());
        assert!(report.sound() && report.counts.sealed_erased == 1, "{report:?}");
    }
    assert!(matches!(
        read_erasures(&shelf.at("before.keys"), "x"),
        Err(Error::NotAList { .. })
    ));
    assert!(matches!(
        read_erasures(&shelf.at("after"), "other.example"),
        Err(Error::NotAList { .. })
    ));
}

#[test]
fn a_backup_that_is_unfinished_changed_or_of_other_keys_is_refused_and_leaves_nothing_behind() {
    let place = Place::new();
    let _ledger = ledger(&place);
    let shelf = Shelf(&place);
    let mut told = Vec::new();
    let mut tell = |name: &str, damage: &dyn Fn(&Path, &Path)| {
        let (from, keys) = (shelf.at(name), shelf.at(&format!("{name}.keys")));
        shelf.backup(name);
        damage(&from, &keys);
        let to = format!("{name}-again");
        let error = shelf.restore(name, &to, Vec::new()).unwrap_err();
        let left = fs::read_dir(shelf.at(&to)).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{name}");
        let text = error.message().text(Lang::En);
        let text = text.replace(&place.data().join("..").display().to_string(), "SHELF");
        told.push(format!("{name}: {}", without_digests(&text)));
    };
    tell("unfinished", &|from, _| {
        fs::remove_file(from.join("backup.json")).unwrap()
    });
    tell("entry", &|from, _| {
        let file = from.join("ledger.sqlite");
        let bytes = fs::read(&file).unwrap();
        let altered = String::from_utf8_lossy(&bytes).contains("case.opened");
        assert!(altered);
        rusqlite::Connection::open(file)
            .unwrap()
            .execute(
                "UPDATE entries SET entry = replace(entry, 'opened', 'closed') WHERE seq = 1",
                [],
            )
            .unwrap();
    });
    tell("attachment", &|from, _| {
        fs::remove_dir_all(from.join("blobs")).unwrap()
    });
    tell("no-keys", &|_, keys| {
        fs::remove_file(keys.join("keys.bin")).unwrap()
    });
    tell("no-log-key", &|_, keys| {
        fs::remove_file(keys.join("log.key")).unwrap()
    });
    tell("other-keys", &|_, keys| {
        fs::write(keys.join("keys.bin"), b"bihuan keys 1").unwrap()
    });
    insta::assert_snapshot!(told.join("\n"), @r"
    unfinished: `SHELF/unfinished` holds no finished backup (`backup.json` is missing or cannot be read). Take another backup, or make one again with `bihuan backup`.
    entry: The backup `SHELF/entry` does not verify; faults: 1, the first: Entry 1 (stream `case/2`, type `case.closed`): its content was changed: it hashes to sha256:…, recorded was sha256:…. Take another backup, or, if there is none, restore it all the same with `--with-faults`.
    attachment: The backup `SHELF/attachment` does not verify; faults: 2, the first: Entry 0 (stream `case/1`, type `case.opened`): The file of attachment `blob:sha256:…` is missing. Put it back from the backup of `blobs`. Take another backup, or, if there is none, restore it all the same with `--with-faults`.
    no-keys: The key file `SHELF/no-keys.keys/keys.bin` is missing. Put it back from the backup of keys, which is kept apart.
    no-log-key: The key file `SHELF/no-log-key.keys/log.key` is missing. Put it back from the backup of keys, which is kept apart.
    other-keys: The key file `SHELF/other-keys.keys/keys.bin` does not belong to this ledger or is damaged. Put back the key file of this ledger.
    ");
    assert!(matches!(
        shelf.restore("entry", "data", Vec::new()),
        Err(Error::Occupied { .. })
    ));
    let (data, inside) = (place.data(), place.data().join("backup"));
    let plan = BackupPlan {
        from: &data,
        to: &inside,
        keys: None,
        previous: None,
    };
    assert!(matches!(
        backup(&plan, at(9), &mut |_| {}),
        Err(Error::Inside { .. })
    ));
    assert!(matches!(
        backup(
            &BackupPlan {
                to: &shelf.at("entry"),
                ..plan
            },
            at(9),
            &mut |_| {}
        ),
        Err(Error::Occupied { .. })
    ));
}

fn without_digests(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + "sha256:…" + part.trim_start_matches(|c: char| c.is_ascii_hexdigit())
    })
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path))
        } else {
            all.push(path)
        }
    }
    all.sort();
    all
}

fn holds(dir: &Path, part: &[u8]) -> bool {
    files(dir).iter().any(|file| {
        fs::read(file)
            .unwrap()
            .windows(part.len())
            .any(|window| window == part)
    })
}

//! Whatever file is given: one clear message, an exit code that means something, never a panic.

use std::fs;
use std::path::{Path, PathBuf};

use super::run::bihuan;

/// A folder with every kind of file that should not be there, by name.
fn bad_files(dir: &Path) -> Vec<PathBuf> {
    let text = "清河县2021年工作要点\n今年，全县将新建农村公厕1200座。";
    let gbk: Vec<u8> = vec![0xD6, 0xD0, 0xB9, 0xFA, 0xA1, 0xA3];
    let utf16: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("empty.txt", Vec::new()),
        ("blank.txt", b" \n\t\n".to_vec()),
        (
            "binary.txt",
            (0..4096u32)
                .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
                .collect(),
        ),
        ("picture.txt", b"\x89PNG\r\n\x1a\n0000".to_vec()),
        ("cut.txt", text.as_bytes()[..text.len() - 2].to_vec()),
        ("gbk.txt", gbk),
        ("utf16.txt", utf16),
    ];
    files
        .into_iter()
        .map(|(name, bytes)| {
            let path = dir.join(name);
            fs::write(&path, bytes).unwrap();
            path
        })
        .collect()
}

/// The file's name; the folder itself has one that changes.
fn name(file: &Path, dir: &Path) -> String {
    file.strip_prefix(dir).unwrap().display().to_string()
}

/// A file of 200 MB that takes no room on the disk.
fn huge(dir: &Path, name: &str) -> PathBuf {
    let path = dir.join(name);
    fs::File::create(&path)
        .unwrap()
        .set_len(200 * 1024 * 1024)
        .unwrap();
    path
}

#[test]
fn reading_says_what_each_bad_file_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = bad_files(dir.path());
    files.retain(|file| !file.ends_with("gbk.txt") && !file.ends_with("utf16.txt"));
    files.push(huge(dir.path(), "huge.txt"));
    files.push(dir.path().join("absent.txt"));
    files.push(dir.path().to_owned());
    let mut text = String::new();
    for file in &files {
        let run = bihuan(["read".as_ref(), file.as_os_str()]);
        text.push_str(&format!(
            "$ {}\n{}\n",
            name(file, dir.path()),
            run.shown(dir.path())
        ));
    }
    insta::assert_snapshot!("read_bad_files", text);
}

#[test]
fn gbk_and_utf16_are_read() {
    let dir = tempfile::tempdir().unwrap();
    bad_files(dir.path());
    let gbk = bihuan(["read", &dir.path().join("gbk.txt").display().to_string()]);
    assert_eq!(gbk.code, 0);
    assert!(
        gbk.err.contains("GB18030"),
        "a guess is said to be one: {}",
        gbk.err
    );
    let utf16 = bihuan(["read", &dir.path().join("utf16.txt").display().to_string()]);
    assert_eq!((utf16.code, utf16.err.as_str()), (0, ""));
    assert!(utf16.out.contains("1200"), "{}", utf16.out);
}

#[test]
fn good_files_are_read_although_a_bad_one_stands_among_them() {
    let dir = tempfile::tempdir().unwrap();
    let good = dir.path().join("good.txt");
    fs::write(
        &good,
        "清河县2021年工作要点\n\n今年，全县将新建农村公厕1200座，6月底前完成东大街改造工程。",
    )
    .unwrap();
    let bad = dir.path().join("empty.txt");
    fs::write(&bad, "").unwrap();
    let run = bihuan([
        "read",
        "--json",
        &bad.display().to_string(),
        &good.display().to_string(),
    ]);
    assert_eq!(run.code, 2);
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(json["documents"].as_array().unwrap().len(), 1);
    assert_eq!(
        json["documents"][0]["articles"][0]["title"],
        "清河县2021年工作要点"
    );
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
}

#[test]
fn checking_packs_says_what_each_bad_file_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut text = String::new();
    let mut kinds = bad_files(dir.path());
    kinds.push(huge(dir.path(), "huge.txt"));
    for file in kinds {
        let pack = dir.path().join("pack");
        fs::create_dir_all(&pack).unwrap();
        fs::copy(&file, pack.join("pack.toml")).unwrap();
        let run = bihuan(["check".as_ref(), pack.as_os_str()]);
        assert!(run.code == 1 || run.code == 2, "{}", file.display());
        // The wording of a finding is the checker's own affair; here it counts that there is one, with its place.
        let first = run
            .out
            .lines()
            .next()
            .map(|line| line.chars().take(9).collect::<String>())
            .unwrap_or_default();
        let err = run.err.replace(&dir.path().display().to_string(), "PLACE");
        text.push_str(&format!(
            "$ {}\nexit {}\n{first}\n{err}\n",
            name(&file, dir.path()),
            run.code
        ));
        fs::remove_dir_all(&pack).unwrap();
    }
    let empty = dir.path().join("nothing");
    fs::create_dir(&empty).unwrap();
    text.push_str(&format!(
        "$ nothing\n{}\n",
        bihuan(["check".as_ref(), empty.as_os_str()]).shown(dir.path())
    ));
    insta::assert_snapshot!("check_bad_files", text);
}

#[test]
fn a_data_directory_that_is_none_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    let mut text = String::new();
    for words in [
        vec!["verify", "--data", &data],
        vec!["serve", "--data", &data, "--listen", "127.0.0.1:0"],
        vec!["rebuild", "--data", &data],
        vec!["user", "list", "--data", &data],
        vec!["export", "annual-target", "--data", &data],
        vec!["report", "list", "--data", &data],
        vec!["verify", "--data", "/nowhere/at/all"],
    ] {
        let run = bihuan(&words);
        assert_eq!(run.code, 2, "{words:?}");
        text.push_str(&format!("$ {}\n{}\n", words[0], run.shown(dir.path())));
    }
    insta::assert_snapshot!("no_data_directory", text);
}

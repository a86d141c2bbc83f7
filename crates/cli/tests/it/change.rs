//! A rule changes: watched while it is written, compared, replayed, adopted.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::run::{bihuan, root};

/// A copy of a pack of the house, to be changed.
fn copy(pack: &str, dir: &Path) -> PathBuf {
    let to = dir.join(pack);
    fs::create_dir(&to).unwrap();
    for entry in fs::read_dir(root().join("packs").join(pack)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
    to
}

/// The intake pack with a change in one of its files.
fn changed(dir: &Path, from: &str, to: &str) -> PathBuf {
    let pack = copy("intake", dir);
    let file = pack.join("instruction.toml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(&file, text.replacen(from, to, 1)).unwrap();
    pack
}

fn limit() -> (String, String) {
    let text = fs::read_to_string(root().join("packs/intake/instruction.toml")).unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("clock = { limit = \""))
        .unwrap();
    let old = line.split('"').nth(1).unwrap();
    (
        format!("limit = \"{old}\""),
        "limit = \"9 working days\"".to_owned(),
    )
}

#[test]
fn two_versions_of_a_pack_are_compared_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = limit();
    let pack = changed(dir.path(), &from, &to).display().to_string();
    let run = bihuan(["mechanism", "diff", "packs/intake", &pack]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(
        run.out.contains("影响在办件") && run.out.contains("9个工作日"),
        "{}",
        run.out
    );
    assert!(
        !run.out.contains("新版没有机制"),
        "only what was given is compared: {}",
        run.out
    );
    let same = bihuan(["mechanism", "diff", "packs/intake", "packs/intake"]);
    assert_eq!((same.code, same.out.trim()), (0, "两个版本没有差别。"));
    let json = bihuan(["mechanism", "diff", "packs/intake", &pack, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["mechanisms"][0]["mechanism"], "instruction");
    assert_eq!(json["mechanisms"][0]["changes"][0]["concerns"], "open_cases");
}

#[test]
fn a_new_version_is_replayed_confirmed_and_adopted_and_an_unsound_one_never() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data").display().to_string();
    let init = [
        "init",
        "--data",
        &data,
        "--division",
        "141122",
        "--name",
        "交城县",
        "--admin",
        "ducha",
    ];
    assert_eq!(bihuan(init).code, 0);
    let (from, to) = limit();
    let pack = changed(dir.path(), &from, &to).display().to_string();
    let adopt = |pack: &str, more: &[&str]| {
        let words = ["pack", "adopt", pack, "--data", &data, "--as", "ducha"];
        bihuan(words.into_iter().chain(more.iter().copied()))
    };
    let replayed = bihuan(["mechanism", "diff", &data, &pack]);
    assert_eq!(replayed.code, 0, "{}{}", replayed.out, replayed.err);
    assert!(replayed.out.contains("按新规，0件在办将超期"), "{}", replayed.out);
    // Nobody says yes.
    let run = adopt(&pack, &[]);
    assert_eq!(run.code, 2, "{}", run.out);
    assert!(run.err.contains("没有改变"), "{}", run.err);
    let run = adopt(&pack, &["--yes", "--migrate", "recount"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains("已采用：intake"), "{}", run.out);
    let again = bihuan(["mechanism", "diff", &data, &pack]);
    assert_eq!(again.out.trim(), "两个版本没有差别。");

    let file = Path::new(&pack).join("instruction.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("kind = \"work\"", "kind = \"worc\"")).unwrap();
    let run = adopt(&pack, &["--yes"]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(
        run.out.contains("instruction.toml") && run.out.contains("没有采用"),
        "{}",
        run.out
    );
    let verified = bihuan(["verify", "--data", &data, "--views"]);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
}

#[test]
fn a_new_year_is_adopted_and_what_it_moves_is_listed() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data").display().to_string();
    let words = [
        "init",
        "--data",
        &data,
        "--division",
        "141122",
        "--name",
        "交城县",
        "--admin",
        "ducha",
    ];
    assert_eq!(bihuan(words).code, 0);
    let file = dir.path().join("2027.json").display().to_string();
    let notice = |days: &str| {
        let text = format!(
            r#"{{"year":2027,"number":"国办发明电〔2026〕9号","issued":"2026-11-20","days":[{days}]}}"#
        );
        fs::write(&file, text).unwrap();
    };
    let import = |more: &[&str]| {
        let words = ["calendar", "import", &file, "--data", &data, "--as", "ducha"];
        bihuan(words.into_iter().chain(more.iter().copied()))
    };
    // A make-up workday on a Tuesday, 30 February, and no notice at all.
    notice(r#"{"date":"2027-02-09","kind":"make_up_workday","name":"春节"}"#);
    let run = import(&["--yes"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("2027-02-09"), "{}", run.err);
    notice(r#"{"date":"2027-02-30","kind":"holiday","name":"春节"}"#);
    assert_eq!(import(&["--yes"]).code, 2);
    fs::write(&file, "2027").unwrap();
    assert_eq!(import(&["--yes"]).code, 2);
    notice(
        r#"{"date":"2027-02-05","kind":"holiday","name":"春节"},{"date":"2027-02-07","kind":"make_up_workday","name":"春节"}"#,
    );
    // Nobody says yes.
    let run = import(&[]);
    assert_eq!(run.code, 2, "{}", run.out);
    assert!(
        run.out.contains("2027年2月5日 改为休息") && run.out.contains("2027年2月7日 改为上班"),
        "{}",
        run.out
    );
    let run = import(&["--yes"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains("已采用日历"), "{}", run.out);
    let run = import(&["--yes"]);
    assert!(
        run.code == 0 && run.out.contains("早已采用"),
        "{}{}",
        run.out,
        run.err
    );
    let json: serde_json::Value = serde_json::from_str(&import(&["--yes", "--json"]).out).unwrap();
    assert_eq!(json["adopted"], false);
}

#[test]
fn a_pack_on_a_calendar_of_its_own_is_checked_played_and_adopted_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let (from, _) = limit();
    let to = format!("{} on calendar flood\"", from.trim_end_matches('"'));
    let pack = changed(dir.path(), &from, &to);
    let head = pack.join("pack.toml");
    let pack = pack.display().to_string();
    // No log is at hand that knows the calendar.
    let run = bihuan(["check", &pack]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(
        run.out.contains("M0189") && run.out.contains("flood") && run.out.contains("cn"),
        "{}",
        run.out
    );
    let declared = "\n[[calendar]]\nid = \"flood\"\nlabel = { zh = \"汛期日历\", en = \"flood season\" }\n";
    let text = fs::read_to_string(&head).unwrap();
    fs::write(&head, format!("{text}{declared}")).unwrap();
    let run = bihuan(["check", &pack]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let run = bihuan(["scenario", &pack]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let data = dir.path().join("data").display().to_string();
    let words = [
        "init",
        "--data",
        &data,
        "--division",
        "141122",
        "--name",
        "交城县",
        "--admin",
        "ducha",
    ];
    assert_eq!(bihuan(words).code, 0);
    let run = bihuan(["pack", "adopt", &pack, "--data", &data, "--as", "ducha", "--yes"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    // The calendar is in force: a notice can be added to it.
    let file = dir.path().join("flood.json").display().to_string();
    let notice = r#"{"year":2027,"number":"交防汛〔2027〕1号","issued":"2027-06-01","days":[{"date":"2027-07-10","kind":"make_up_workday","name":"主汛期值班"}]}"#;
    fs::write(&file, notice).unwrap();
    let run = bihuan([
        "calendar", "import", &file, "--on", "flood", "--data", &data, "--as", "ducha", "--yes",
    ]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains("2027年7月10日 改为上班"), "{}", run.out);
}

#[test]
fn a_watched_pack_tells_at_once_what_broke_and_what_was_mended() {
    let dir = tempfile::tempdir().unwrap();
    let pack = dir.path().join("own");
    fs::create_dir(&pack).unwrap();
    let head = "language = 1\n\n[pack]\nid = \"own\"\nlabel = { zh = \"自建包\", en = \"Own\" }\nrequires = [\"base\"]\n";
    fs::write(pack.join("pack.toml"), head).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_bihuan"))
        .args(["check", "--watch"])
        .arg(&pack)
        .env_remove("BIHUAN_LANG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let (send, lines) = mpsc::channel();
    std::thread::spawn(move || {
        out.lines()
            .map_while(Result::ok)
            .try_for_each(|line| send.send(line))
    });
    // Far longer than it takes: only so that a failing test ends.
    let wait_for = |what: &str| loop {
        let line = lines.recv_timeout(Duration::from_secs(300));
        let line = line.unwrap_or_else(|_| panic!("`{what}` never came"));
        if line.contains(what) {
            return line;
        }
    };
    wait_for("Ctrl-C");
    fs::write(pack.join("pack.toml"), head.replace("base", "bese")).unwrap();
    wait_for("M0020");
    fs::write(pack.join("pack.toml"), head).unwrap();
    let mended = wait_for("M0020");
    assert!(mended.contains("已改好"), "{mended}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_schemas_for_editors_are_those_in_the_docs() {
    for name in ["mechanism", "pack", "scenario", "scheme", "org"] {
        let run = bihuan(["schema", name]);
        assert_eq!(run.code, 0, "{}", run.err);
        assert_eq!(
            run.out,
            fs::read_to_string(root().join(format!("docs/schema/{name}.schema.json"))).unwrap()
        );
    }
    assert_eq!(bihuan(["schema", "nothing"]).code, 2);
}

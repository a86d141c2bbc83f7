//! Packs and files that mean no good, given to the binary as it is shipped: all faults at once, every limit by its name, one
//! clear message, an exit code of the contract (1 faults found, 2 could not run), never a panic and never a signal.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::run::{Run, bihuan};

const HEAD: &str = "language = 1\n\n[pack]\nid = \"own\"\nlabel = { zh = \"自建包\", en = \"Own\" }\nrequires = [\"base\"]\n";

/// A pack of these files in a folder of its own.
fn pack(dir: &Path, name: &str, files: &[(&str, Vec<u8>)]) -> PathBuf {
    let folder = dir.join(name);
    fs::create_dir(&folder).unwrap();
    for (file, bytes) in files {
        fs::write(folder.join(file), bytes).unwrap();
    }
    folder
}

fn check(pack: &Path) -> (Run, Value) {
    let run = bihuan(["check".as_ref(), "--json".as_ref(), pack.as_os_str()]);
    let json = serde_json::from_str(&run.out).unwrap_or(Value::Null);
    (run, json)
}

fn codes(json: &Value) -> Vec<&str> {
    let findings = json["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    findings
        .iter()
        .filter_map(|finding| finding["code"].as_str())
        .collect()
}

#[test]
fn a_pack_with_a_hundred_faults_gives_a_hundred_findings() {
    let dir = tempfile::tempdir().unwrap();
    let mut text = HEAD.to_owned();
    for n in 0..100 {
        write!(text, "\n[[register]]\nid = \"r{n}\"\nlabel = {{ zh = \"名册\", en = \"R\" }}\ntitle = \"name\"\nkeeper = \"nobody{n}\"\n").unwrap();
        write!(text, "[[register.field]]\nid = \"name\"\ndatum = \"n{n}\"\n[[datum]]\nid = \"n{n}\"\nlabel = {{ zh = \"名\", en = \"N\" }}\ntype = \"text\"\nowner = \"handler\"\nof = \"case\"\nvalid = \"case\"\n").unwrap();
    }
    let own = pack(dir.path(), "own", &[("pack.toml", text.into_bytes())]);
    let (run, json) = check(&own);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let unknown = codes(&json).into_iter().filter(|code| *code == "M0113").count();
    assert_eq!(unknown, 100, "{:?}", codes(&json));
    let told = bihuan(["check".as_ref(), own.as_os_str()]);
    assert_eq!(told.code, 1);
    for n in [0, 57, 99] {
        assert!(
            told.out.contains(&format!("`nobody{n}`")),
            "each is told on the terminal, too"
        );
    }
}

#[test]
fn packs_that_require_each_other_are_told_so_and_checking_ends() {
    let dir = tempfile::tempdir().unwrap();
    let head = |id: &str, required: &str| {
        let text = HEAD
            .replace("\"own\"", &format!("\"{id}\""))
            .replace("\"base\"", &format!("\"{required}\""));
        vec![("pack.toml", text.into_bytes())]
    };
    let both = dir.path().join("both");
    fs::create_dir(&both).unwrap();
    pack(&both, "one", &head("one", "two"));
    pack(&both, "two", &head("two", "three"));
    pack(&both, "three", &head("three", "one"));
    let (run, json) = check(&both);
    assert!(
        run.code == 1 && codes(&json).contains(&"M0024"),
        "{} {:?}",
        run.code,
        codes(&json)
    );
    let itself = pack(dir.path(), "own", &head("own", "own"));
    let (run, json) = check(&itself);
    assert!(
        run.code == 1 && codes(&json).contains(&"M0024"),
        "{} {:?}",
        run.code,
        codes(&json)
    );
    let nobody = pack(dir.path(), "orphan", &head("orphan", "nowhere"));
    let (run, json) = check(&nobody);
    assert!(
        run.code == 1 && codes(&json).contains(&"M0020"),
        "{} {:?}",
        run.code,
        codes(&json)
    );
}

/// A copy of a shipped pack with one text for another in one file.
fn changed(dir: &Path, name: &str, file: &str, from: &str, to: &str) -> PathBuf {
    let folder = dir.join(name);
    fs::create_dir(&folder).unwrap();
    let mut hit = false;
    for entry in fs::read_dir(super::run::root().join("packs/intake")).unwrap() {
        let path = entry.unwrap().path();
        let own = path.file_name().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let text = if own == file {
            hit = text.contains(from);
            text.replacen(from, to, 1)
        } else {
            text
        };
        fs::write(folder.join(own), text).unwrap();
    }
    assert!(hit, "{from}");
    folder
}

#[test]
fn hostile_expressions_are_refused_with_the_limit_named() {
    let dir = tempfile::tempdir().unwrap();
    let deep = format!("{}true{}", "(".repeat(400), ")".repeat(400));
    let nots = format!("{}true", "!".repeat(900));
    let long = format!("1 == 1{}", " && 1 == 1".repeat(5_000));
    let wide = format!("1 == 1{}", " || 1 == 1".repeat(90));
    let huge = "99999999999999999999999999999999999999 == 1".to_owned();
    for (name, condition) in [
        ("deep", deep),
        ("nots", nots),
        ("long", long),
        ("wide", wide),
        ("huge", huge),
    ] {
        let text = fs::read_to_string(super::run::root().join("packs/intake/instruction.toml")).unwrap();
        let line = text
            .lines()
            .find(|line| line.starts_with("when = ") || line.starts_with("condition = "));
        let line = line.unwrap_or_else(|| panic!("no expression in the file"));
        let key = line.split(" = ").next().unwrap();
        let pack = changed(
            dir.path(),
            name,
            "instruction.toml",
            line,
            &format!("{key} = '{condition}'"),
        );
        let (run, json) = check(&pack);
        assert_eq!(run.code, 1, "{name}: {}{}", run.out, run.err);
        assert!(!codes(&json).is_empty(), "{name}");
        assert!(run.err.is_empty(), "{name}: {}", run.err);
    }
}

#[test]
fn files_that_nest_without_end_are_refused_and_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let depth = 100_000;
    for (name, text) in [
        (
            "arrays",
            format!("{HEAD}\nx = {}{}\n", "[".repeat(depth), "]".repeat(depth)),
        ),
        ("open", format!("{HEAD}\nx = {}", "[".repeat(depth))),
        (
            "tables",
            format!("{HEAD}\nx = {}1{}\n", "{a=".repeat(depth), "}".repeat(depth)),
        ),
        ("keys", format!("{HEAD}\n{}x = 1\n", "a.".repeat(depth))),
        ("headers", format!("{HEAD}\n[{}x]\n", "a.".repeat(depth))),
    ] {
        let own = pack(dir.path(), name, &[("pack.toml", text.into_bytes())]);
        let (run, json) = check(&own);
        assert!(run.code == 1, "{name}: {}", run.err);
        assert!(
            !codes(&json).is_empty() && run.err.is_empty(),
            "{name}: {}",
            run.err
        );
    }
}

#[test]
fn a_file_of_fifty_megabytes_is_refused_by_its_size() {
    let dir = tempfile::tempdir().unwrap();
    let line = b"# fifty megabytes of nothing in particular, line by line\n";
    let big = line.repeat((50 << 20) / line.len());
    let own = pack(
        dir.path(),
        "own",
        &[("pack.toml", HEAD.as_bytes().to_vec()), ("big.toml", big)],
    );
    let (run, json) = check(&own);
    assert_eq!(run.code, 1, "{}", run.err);
    assert_eq!(codes(&json), ["M0002"], "one finding, not one a line");
    assert!(
        run.out.len() < 20_000,
        "and the file is not printed: {} bytes",
        run.out.len()
    );
}

#[test]
fn what_is_no_text_is_said_to_be_none() {
    let dir = tempfile::tempdir().unwrap();
    let bad = [HEAD.as_bytes(), b"# \xff\xfe\xfa \x80\n\x00"].concat();
    let own = pack(dir.path(), "own", &[("pack.toml", bad)]);
    let run = bihuan(["check".as_ref(), own.as_os_str()]);
    assert!([1, 2].contains(&run.code), "{} {}", run.code, run.err);
    let said = format!("{}{}", run.out, run.err);
    assert!(said.contains("pack.toml") && said.len() < 4_000, "{said}");
}

/// Files that nobody should give to a program, by kind.
fn strange(dir: &Path) -> Vec<PathBuf> {
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    bomb.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default())
        .unwrap();
    for _ in 0..300 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    let noise: Vec<u8> = (0..65_536u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("empty.csv", Vec::new()),
        ("noise.csv", noise.clone()),
        ("noise.xlsx", [b"PK\x03\x04".as_slice(), &noise].concat()),
        ("bomb.xlsx", bomb),
        ("nul.csv", vec![0; 10_000]),
        ("program.csv", [b"MZ\x90\x00".as_slice(), &noise].concat()),
        ("oneline.csv", vec![b'a'; 8 << 20]),
    ];
    let mut paths: Vec<PathBuf> = files
        .into_iter()
        .map(|(name, bytes)| {
            let path = dir.join(name);
            fs::write(&path, bytes).unwrap();
            path
        })
        .collect();
    let huge = dir.join("huge.csv");
    fs::File::create(&huge).unwrap().set_len(200 << 20).unwrap();
    paths.extend([huge, dir.join("absent.csv"), dir.to_owned()]);
    paths
}

#[test]
fn strange_files_given_to_any_command_get_one_clear_message() {
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
    let odd = dir.path().join("odd");
    fs::create_dir(&odd).unwrap();
    for file in strange(&odd) {
        let path = file.display().to_string();
        // Every command that takes a file; what each makes of a line without an end is its own affair.
        let commands: [(&str, Vec<&str>); 4] = [
            ("read", vec!["read", &path]),
            ("check", vec!["check", &path]),
            ("scenario", vec!["scenario", &path]),
            (
                "import",
                vec![
                    "import",
                    &path,
                    "--data",
                    &data,
                    "--mechanism",
                    "instruction",
                    "--as",
                    "ducha",
                ],
            ),
        ];
        for (name, words) in commands {
            if name == "read" && path.ends_with("oneline.csv") {
                continue;
            }
            let run = bihuan(&words);
            assert!(
                [1, 2].contains(&run.code),
                "{name} {path}: {} {}",
                run.code,
                run.out
            );
            let said = run.err.lines().filter(|line| !line.trim().is_empty()).count();
            let clear = said == 1 || said == 0 && !run.out.trim().is_empty();
            assert!(clear, "{name} {path}:\n{}\n{}", run.out, run.err);
        }
    }
    let verified = bihuan(["verify", "--data", &data, "--views"]);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
}

//! A data directory from its making on: accounts, export, verification, tampering, a second server.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::run::bihuan;

pub(crate) fn init(dir: &Path) -> String {
    let data = dir.join("data").display().to_string();
    let run = bihuan([
        "init",
        "--data",
        &data,
        "--division",
        "141122",
        "--name",
        "交城县",
        "--admin",
        "ducha",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    data
}

#[test]
fn a_new_directory_has_an_account_whose_password_is_shown_once() {
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
    let run = bihuan(words);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!((run.code, lines.len()), (0, 5), "{}{}", run.out, run.err);
    assert!(
        lines[1].contains("141122.bihuan+"),
        "the key to note down: {}",
        lines[1]
    );
    assert!(
        lines[3].chars().filter(char::is_ascii_alphanumeric).count() >= 16,
        "a password: {}",
        lines[3]
    );
    let again = bihuan(words);
    assert_eq!(again.code, 2, "a directory that is not empty is left alone");
    let list = bihuan(["user", "list", "--data", &data]);
    assert!(
        list.out.contains("ducha") && list.out.contains("supervision.supervisor"),
        "{}",
        list.out
    );
}

#[test]
fn an_account_is_added_with_its_unit_and_post_and_can_get_another_password() {
    let dir = tempfile::tempdir().unwrap();
    let data = init(dir.path());
    let add = [
        "user", "add", "zhujian", "--data", &data, "--name", "样例", "--unit", "housing",
    ];
    assert_eq!(bihuan(add).code, 2, "the unit is not there and has no name");
    let run = bihuan(add.iter().chain(&["--unit-name", "住建局"]));
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(bihuan(add).code, 2, "there is such an account");
    let run = bihuan(["user", "password", "zhujian", "--data", &data]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(bihuan(["user", "password", "nobody", "--data", &data]).code, 2);
    let list = bihuan(["user", "list", "--json", "--data", &data]);
    let json: serde_json::Value = serde_json::from_str(&list.out).unwrap();
    assert_eq!(json["accounts"][1]["posts"][0], "housing.clerk");
}

#[test]
fn what_was_made_verifies_and_what_was_altered_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let data = init(dir.path());
    let run = bihuan(["verify", "--data", &data, "--views", "--json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (&json["ledgers"][0]["sound"], &json["ledgers"][0]["views_equal"]),
        (&true.into(), &true.into())
    );

    // One letter of one entry, as a person with the file and a tool would change it.
    let database = Path::new(&data).join("ledger.sqlite");
    let bytes = fs::read(&database).unwrap();
    let (old, new) = ("supervision.head".as_bytes(), "supervision.heap".as_bytes());
    let mut altered = bytes.clone();
    let places: Vec<usize> = bytes
        .windows(old.len())
        .enumerate()
        .filter(|(_, w)| *w == old)
        .map(|(n, _)| n)
        .collect();
    assert!(!places.is_empty());
    for place in places {
        altered[place..place + new.len()].copy_from_slice(new);
    }
    fs::write(&database, altered).unwrap();
    let run = bihuan(["verify", "--data", &data]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.out.contains("post.put"), "{}", run.out);
}

#[test]
fn a_ledger_without_cases_exports_its_header() {
    let dir = tempfile::tempdir().unwrap();
    let data = init(dir.path());
    let run = bihuan(["export", "annual-target", "--data", &data]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("目标"), "{}", run.out);
    let unknown = bihuan(["export", "annual-targets", "--data", &data]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("annual-target"), "{}", unknown.err);
    let file = dir.path().join("out.xlsx").display().to_string();
    let run = bihuan([
        "export",
        "annual-target",
        "--data",
        &data,
        "--format",
        "xlsx",
        "-o",
        &file,
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(fs::read(&file).unwrap().starts_with(b"PK"));
}

/// A server, ended with the test.
pub(crate) struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn serve(data: &str) -> (Server, u16) {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let child = Command::new(env!("CARGO_BIN_EXE_bihuan"))
        .args(["serve", "--data", data, "--listen", &format!("127.0.0.1:{port}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let server = Server(child);
    let started = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() || !Path::new(data).join("lock").exists()
    {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "the server did not start"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    (server, port)
}

#[test]
fn beside_a_running_server_one_verifies_but_no_second_one_starts() {
    let dir = tempfile::tempdir().unwrap();
    let data = init(dir.path());
    let (_server, port) = serve(&data);
    let busy = bihuan(["serve", "--data", &data, "--listen", &format!("127.0.0.1:{port}")]);
    assert_eq!(busy.code, 2);
    assert!(busy.err.contains("--listen 127.0.0.1:"), "{}", busy.err);
    // The first one holds the lease as soon as it has opened the log.
    let started = Instant::now();
    loop {
        let second = bihuan(["rebuild", "--data", &data]);
        if second.code == 2 {
            break;
        }
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "the lease was never taken"
        );
    }
    assert_eq!(
        bihuan(["serve", "--data", &data, "--listen", "127.0.0.1:0"]).code,
        2
    );
    let run = bihuan(["verify", "--data", &data, "--views"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}

/// A line of what the server says on its standard error that holds `words`.
#[cfg(unix)]
fn line_with(said: &mut impl std::io::BufRead, words: &str) -> String {
    let mut all = String::new();
    loop {
        let mut line = String::new();
        assert!(
            said.read_line(&mut line).unwrap() > 0,
            "it ended without “{words}”: {all}"
        );
        if line.contains(words) {
            return line;
        }
        all.push_str(&line);
    }
}

#[test]
#[cfg(unix)]
fn a_hangup_reads_the_settings_again_and_a_fault_in_them_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = init(dir.path());
    let mut child = Command::new(env!("CARGO_BIN_EXE_bihuan"))
        .args([
            "serve",
            "--data",
            &data,
            "--listen",
            "127.0.0.1:0",
            "--lang",
            "zh",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut said = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut server = Server(child);
    line_with(&mut out, "http://127.0.0.1:");
    let settings = Path::new(&data).join("bihuan.toml");
    let hang_up = |server: &Server| {
        let pid = server.0.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-HUP", &pid])
                .status()
                .unwrap()
                .success()
        );
    };
    let robot = "[[robot]]\nname = \"督查群\"\nkind = \"wecom\"\nurl = \"https://example.gov.cn/hook\"\n";
    for (text, words) in [
        (robot, "设置（bihuan.toml）已重新读取"),
        ("[[robot]]\nkind = 7\n", "仍按原来的办："),
        (robot, "已重新读取"),
    ] {
        fs::write(&settings, text).unwrap();
        hang_up(&server);
        line_with(&mut said, words);
        assert!(server.0.try_wait().unwrap().is_none(), "it runs on");
    }
}

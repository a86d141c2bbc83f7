//! Backup and restoration as an office does them: beside the running server, keys apart, a drill, and what was lost told.

use std::fs;
use std::path::Path;

use super::data::{init, serve};
use super::run::bihuan;

fn holds(dir: &Path, part: &[u8]) -> bool {
    fs::read_dir(dir).unwrap().any(|item| {
        let path = item.unwrap().path();
        if path.is_dir() {
            return holds(&path, part);
        }
        fs::read(&path)
            .unwrap()
            .windows(part.len())
            .any(|window| window == part)
    })
}

#[test]
fn a_county_office_backs_up_beside_its_server_and_restores_without_what_it_erased() {
    let dir = tempfile::tempdir().unwrap();
    let data = init(dir.path());
    let at = |name: &str| dir.path().join(name).display().to_string();
    let add = [
        "user",
        "add",
        "zhujian",
        "--data",
        &data,
        "--name",
        "样某",
        "--unit",
        "housing",
        "--unit-name",
        "住建局",
    ];
    assert_eq!(bihuan(add).code, 0);
    {
        let (_server, _) = serve(&data);
        let run = bihuan([
            "backup",
            "--data",
            &data,
            "--to",
            &at("monday"),
            "--keys",
            &at("safe"),
        ]);
        insta::assert_snapshot!(shown(&run.shown(dir.path())), @r"
        exit 0
        --- out
        已备份 PLACE/data：PLACE/monday（27 条，附件 0 个，0 字节）
        备份已逐条核验，完好。
        密钥备份：PLACE/safe
        账号与密钥放在一起（只有密码的散列值，没有登录状态）。
        --- err
        注意：有密钥和备份两样，就能读出全部密封内容、以本日志的名义签名。密钥须与备份分开保管；有人被擦除之后，请销毁更早的密钥备份。
        ");
        let run = bihuan([
            "backup",
            "--data",
            &data,
            "--to",
            &at("tuesday"),
            "--previous",
            &at("monday"),
            "--lang",
            "en",
        ]);
        insta::assert_snapshot!(shown(&run.shown(dir.path())), @r"
        exit 0
        --- out
        Backed up PLACE/data: PLACE/tuesday (27 entries, 0 attachments of 0 bytes)
        The copy was verified entry by entry: whole.
        --- err
        Mind: the keys were not backed up. If they are lost, sealed texts, names and attachments can never be opened again and the log cannot go on. Back them up with --keys and keep them apart.
        ");
        let run = bihuan(["verify", "--data", &at("monday")]);
        assert_eq!(run.code, 0, "a backup is verified like a directory: {}", run.out);
        let again = bihuan(["backup", "--data", &data, "--to", &at("monday")]);
        assert_eq!(again.code, 2, "nothing is written over a backup");
    }
    let kept = at("kept.json");
    fs::write(&kept, bihuan(["log", "receipt", "3", "--data", &data]).out).unwrap();
    assert_eq!(
        bihuan([
            "erase",
            "person/p002",
            "--reason",
            "period_over",
            "--data",
            &data,
            "--yes"
        ])
        .code,
        0
    );
    let lost = at("lost.txt");
    fs::write(&lost, bihuan(["log", "head", "--data", &data]).out).unwrap();
    let list = at("erasures.json");
    fs::write(&list, bihuan(["log", "erasures", "--data", &data]).out).unwrap();
    let bundle = at("log.jsonl");
    assert_eq!(bihuan(["log", "export", "--data", &data, "-o", &bundle]).code, 0);
    assert_eq!(bihuan(["verify", "--bundle", &bundle, "--kept", &lost]).code, 0);

    let new = at("new");
    let from = [
        "restore",
        "--from",
        &at("monday"),
        "--keys",
        &at("safe"),
        "--data",
        &new,
    ];
    let run = bihuan(from.iter().chain(&["--erasures", &list, "--kept", &lost]));
    insta::assert_snapshot!(shown(&run.shown(dir.path())), @r"
    exit 0
    --- out
    已恢复到 PLACE/new：保留 27 条（截至 INSTANT 日志进入第 1 期，读模型已重建。
    已知丢失 2 条，自第 27 条起。请凭回执和纸面记录补录。
    已按清单重新擦除 1 项。
    下一步：bihuan verify --data PLACE/new --views，再 bihuan serve --data PLACE/new
    --- err
    ");
    assert!(!dir.path().join("new/restoring").exists());
    let run = bihuan(["verify", "--data", &new, "--views", "--kept", &kept]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let run = bihuan(["verify", "--data", &new, "--kept", &lost, "--lang", "en"]);
    assert_eq!(run.code, 1);
    assert!(run.out.contains("is lost, not forged"), "{}", run.out);
    let users = bihuan(["user", "list", "--data", &new]).out;
    assert!(users.contains("zhujian") && users.contains("ducha"), "{users}");
    let ciphertext: Vec<u8> = fs::read(dir.path().join("safe/keys.bin")).unwrap()[64..].to_vec();
    assert!(!holds(Path::new(&new), &ciphertext), "one of the keys is gone");
    let (_server, _) = serve(&new);

    let again = bihuan(from);
    assert_eq!(
        again.code, 2,
        "nothing is restored over a directory: {}",
        again.err
    );
    let no_backup = bihuan([
        "restore",
        "--from",
        &data,
        "--keys",
        &at("safe"),
        "--data",
        &at("none"),
    ]);
    assert_eq!(no_backup.code, 2);
    assert!(no_backup.err.contains("backup.json"), "{}", no_backup.err);
}

/// Without what differs from run to run: instants, sizes.
fn shown(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive([' ', '（', '，', '\n']) {
        let instant = word.len() > 20 && word.starts_with("20") && word.contains('T');
        out.push_str(if instant { "INSTANT " } else { word });
    }
    out
}

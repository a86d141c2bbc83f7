//! A bulletin on the command line: drafted, listed, given out in its forms, computed again; and what cannot be done, in words.

use std::fs;

use serde_json::Value;

use super::data::init;
use super::run::{Run, bihuan};

/// `bihuan report …` on a data directory.
pub(crate) fn report(data: &str, words: &[&str]) -> Run {
    bihuan(["report"].iter().chain(words).chain(&["--data", data]))
}

/// `bihuan report draft` for the days of a month that is over.
fn drafted(data: &str) -> Run {
    report(
        data,
        &[
            "draft",
            "--from",
            "2026-03-01",
            "--to",
            "2026-03-31",
            "--as",
            "ducha",
        ],
    )
}

pub(crate) fn refused(run: &Run, what: &str) {
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{}{}", run.out, run.err);
    assert!(run.err.contains(what), "{}", run.err);
}

#[test]
fn a_bulletin_is_drafted_listed_given_out_in_every_form_and_computed_again() {
    let dir = tempfile::tempdir().unwrap();
    let data = init(dir.path());
    let run = drafted(&data);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.contains("supervision-") && run.out.contains("签发"),
        "{}",
        run.out
    );
    let list = report(&data, &["list"]);
    let number = list.out.split_whitespace().next().unwrap().to_owned();
    assert!(
        number.contains('〔') && list.out.contains("待签发"),
        "{}",
        list.out
    );
    let json: Value = serde_json::from_str(&report(&data, &["list", "--json"]).out).unwrap();
    let id = json["bulletins"][0]["draft"]["bulletin"].as_str().unwrap();
    // By its printed number or its code.
    let file = |format: &str| dir.path().join(format!("1.{format}")).display().to_string();
    for (format, name, begins) in [
        ("docx", number.as_str(), &b"PK"[..]),
        ("xlsx", id, b"PK"),
        ("json", id, b"{"),
    ] {
        let path = file(format);
        let run = report(&data, &["bulletin", name, "--format", format, "-o", &path]);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{format}");
        assert!(run.out.contains(&path), "{}", run.out);
        assert!(fs::read(&path).unwrap().starts_with(begins), "{format}");
    }
    // What is text may go to the terminal, and nothing else stands beside it.
    let run = report(&data, &["bulletin", &number, "--format", "json"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(run.out.as_bytes(), fs::read(file("json")).unwrap());
    let run = report(&data, &["bulletin", &number, "--format", "html", "--lang", "en"]);
    assert!(run.out.contains("<html lang=\"en\""), "{}", run.out);
    // The log gives the same again: all there are, and the one that is the file in somebody's hand.
    let json: Value = serde_json::from_str(&report(&data, &["verify", "--json"]).out).unwrap();
    assert_eq!(json["bulletins"][0]["holds"], true);
    let run = report(&data, &["verify", &file("json")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains(id) && run.out.contains("一致"), "{}", run.out);
    // A file with one letter changed is none of ours.
    let altered = fs::read_to_string(file("json"))
        .unwrap()
        .replacen("2026", "2025", 1);
    fs::write(file("other"), altered).unwrap();
    let run = report(&data, &["verify", &file("other")]);
    assert_eq!(run.code, 1, "{}", run.out);
    assert!(run.out.contains("不一致"), "{}", run.out);
}

#[test]
fn a_bulletin_that_is_not_there_or_cannot_be_made_is_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let data = init(dir.path());
    assert!(report(&data, &["list"]).out.contains("还没有通报"));
    refused(
        &report(&data, &["bulletin", "第9号", "--format", "json"]),
        "没有“第9号”这份通报；现有：—",
    );
    assert_eq!(drafted(&data).code, 0);
    refused(&report(&data, &["bulletin", "第9号", "--format", "json"]), "〔");
    refused(
        &report(&data, &["bulletin", "9", "--format", "word"]),
        "docx pdf html xlsx json",
    );
    refused(&report(&data, &["bulletin"]), "<NUMBER>");
    let place = dir.path().join("没有").display().to_string();
    refused(&report(&place, &["bulletin", "9", "--format", "json"]), "没有");
    refused(
        &report(
            &data,
            &[
                "draft",
                "--from",
                "2026-03-31",
                "--to",
                "2026-03-01",
                "--as",
                "ducha",
            ],
        ),
        "不成立",
    );
    refused(
        &report(
            &data,
            &["draft", "--from", "三月", "--to", "2026-03-01", "--as", "ducha"],
        ),
        "YYYY-MM-DD",
    );
    refused(
        &report(
            &data,
            &[
                "draft",
                "--from",
                "2026-03-01",
                "--to",
                "2026-03-31",
                "--as",
                "nobody",
            ],
        ),
        "nobody",
    );
    let run = report(&data, &["verify", "第9号"]);
    assert_eq!(run.code, 1, "{}", run.err);
    let json: Value = serde_json::from_str(&report(&data, &["verify", "第9号", "--json"]).out).unwrap();
    assert_eq!(json["unknown"], "第9号");
}

//! Help and mistakes on the command line, in both languages.

use super::run::bihuan;

const COMMANDS: [&str; 51] = [
    "",
    "demo",
    "init",
    "serve",
    "read",
    "check",
    "scenario",
    "mechanism",
    "mechanism list",
    "mechanism show",
    "mechanism burden",
    "mechanism diff",
    "schema",
    "pack",
    "pack adopt",
    "import",
    "export",
    "report",
    "report list",
    "report draft",
    "report bulletin",
    "report verify",
    "report process",
    "verify",
    "witness",
    "witness trust",
    "witness request",
    "witness cosign",
    "witness keep",
    "witness list",
    "log",
    "log export",
    "log head",
    "log receipt",
    "log erasures",
    "backup",
    "restore",
    "rebuild",
    "calendar",
    "calendar import",
    "user",
    "user list",
    "user add",
    "user password",
    "custodian",
    "custodian key",
    "custodian register",
    "custodian open",
    "erase",
    "mine",
    "bench",
];

fn all_help(lang: &str) -> String {
    let mut text = String::new();
    for command in COMMANDS {
        let words = command.split_whitespace().chain(["--help", "--lang", lang]);
        let run = bihuan(words);
        assert_eq!(run.code, 0, "{command}: {}", run.err);
        assert!(!run.out.contains('⟦'), "{command} lacks a text: {}", run.out);
        text.push_str(&format!("$ bihuan {command} --help\n{}\n", run.out));
    }
    text
}

#[test]
fn every_command_has_help_with_an_example_in_chinese() {
    insta::assert_snapshot!("help_zh", all_help("zh"));
}

#[test]
fn every_command_has_help_with_an_example_in_english() {
    insta::assert_snapshot!("help_en", all_help("en"));
}

#[test]
fn every_command_that_there_is_stands_in_these_tests() {
    let listed = bihuan(["--help", "--lang", "en"]).out;
    let commands = listed
        .lines()
        .skip_while(|line| !line.starts_with("Commands"))
        .skip(1);
    for line in commands.take_while(|line| line.starts_with("  ")) {
        let name = line.split_whitespace().next().unwrap();
        assert!(COMMANDS.contains(&name), "`{name}` is not snapshotted");
    }
}

#[test]
fn mistakes_on_the_command_line_are_answered_with_what_would_be_right() {
    let mut text = String::new();
    for words in [
        vec!["reed"],
        vec!["read"],
        vec!["read", "--yeer", "2020", "x"],
        vec!["read", "--year", "x", "x"],
        vec!["init", "--data", "x"],
        vec![
            "init",
            "--data",
            "x",
            "--division",
            "12",
            "--name",
            "x",
            "--admin",
            "x",
        ],
        vec!["export", "m", "--data", "x", "--format", "pdf"],
        vec!["serve", "--data", "x", "--listen", "nowhere"],
        vec!["--lang", "fr", "read"],
        vec!["user"],
    ] {
        for lang in ["zh", "en"] {
            let run = bihuan(["--lang", lang].iter().chain(&words));
            assert_eq!(run.code, 2, "{words:?}");
            text.push_str(&format!(
                "$ bihuan {} ({lang})\n{}{}\n",
                words.join(" "),
                run.out,
                run.err
            ));
        }
    }
    insta::assert_snapshot!("mistakes", text);
}

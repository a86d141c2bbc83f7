//! Mail to people: only who asked for it and showed that the address is his, as often as he chose, over a locked way, without
//! a word of a case; what is not taken is tried again or given up, and the outbox says why.

use std::path::Path;

use bihuan_domain::id::PackId;
use bihuan_domain::mechanism::Emergency;
use bihuan_domain::org::Actor;
use bihuan_engine::notices::{Channels, Digest, Kind, Rhythm, explain};
use bihuan_engine::{Accounts, Engine, Notices};
use bihuan_messages::Lang;
use jiff::civil::{date, time};
use serde_json::json;

use crate::county::{County, pack_files};
use crate::mail_server::{Begins, Server, authority};

const LOGIN: &str = "housing.clerk";
const ADDRESS: &str = "li@example.gov.cn";

fn settings(dir: &Path, server: &Server, security: &str) {
    let (port, authority) = (server.port, authority());
    let text = format!(
        "address = \"https://bihuan.example\"\ncertificates = \"{}\"\n[mail]\nserver = \"localhost\"\nport = {port}\nsecurity = \"{security}\"\nlogin = \"bihuan\"\npassword = \"S3CRET\"\nfrom = \"bihuan@example.gov.cn\"\nname = \"样县闭环\"\n",
        authority.display()
    );
    std::fs::write(dir.join("bihuan.toml"), text).unwrap();
}

/// The clerk of housing has an account here, an address that is his, and mail as it happens.
fn notices(dir: &Path, server: &Server, security: &str, choose: impl FnOnce(&mut Channels)) -> Notices {
    settings(dir, server, security);
    let accounts = Accounts::open(dir).unwrap();
    let person = "p.housing.clerk".into();
    accounts.put_hashed(LOGIN, &person, "x").unwrap();
    let at = jiff::Timestamp::UNIX_EPOCH;
    if let Some(code) = accounts.name_address(LOGIN, ADDRESS, at).unwrap() {
        assert!(accounts.confirm_address(LOGIN, &code, at).unwrap());
    }
    let mut channels = Channels {
        by_mail: true,
        ..Channels::default()
    };
    channels.rhythm.digest = Digest::AtOnce;
    choose(&mut channels);
    accounts.choose_channels(LOGIN, &channels).unwrap();
    Notices::open(dir).unwrap()
}

fn open(county: &mut County, title: &str) {
    let order = json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing", "title": title,
        "values": { "leader": "county.leader" } });
    county.order("supervision.dispatcher", order).unwrap();
}

fn round(county: &County, notices: &Notices) {
    notices.follow(&county.engine).unwrap();
    notices.go_round(&county.engine).unwrap();
}

fn fault(notices: &Notices) -> Option<(String, String)> {
    notices.outbox(1).unwrap()[0].fault.clone()
}

#[test]
fn mail_comes_over_a_locked_way_with_numbers_and_a_link_and_no_word_of_the_case() {
    for (begins, security) in [(Begins::Tls, "tls"), (Begins::Starttls, "starttls")] {
        let dir = tempfile::tempdir().unwrap();
        let mut county = County::hastily(&dir.path().join("data"));
        let server = Server::new(begins);
        let notices = notices(dir.path(), &server, security, |_| {});
        round(&county, &notices);
        open(&mut county, "机密标题");
        round(&county, &notices);
        assert_eq!(fault(&notices), None, "{security}");
        let (letter, text) = (server.letters()[0].clone(), server.text(0));
        for line in [
            "\r\nTo: li@example.gov.cn\r\n",
            "<bihuan@example.gov.cn>\r\n",
            "\r\nSubject: =?UTF-8?B?",
            "\r\nAuto-Submitted: auto-generated\r\n",
        ] {
            assert!(letter.contains(line), "{line}: {letter}");
        }
        assert!(
            text.contains("新到1件")
                && text.contains("https://bihuan.example/cases/")
                && text.contains("https://bihuan.example/account/notices"),
            "{text}"
        );
        assert!(!text.contains("机密标题") && !text.contains("样本"), "{text}");
        // Nothing but the greeting and STARTTLS went over the open way.
        let heard = server.heard();
        let auth = heard
            .iter()
            .position(|said| said.starts_with("AUTH PLAIN "))
            .unwrap();
        let locked = heard.iter().position(|said| said == "STARTTLS");
        assert!(locked.is_none_or(|locked| locked < auth), "{heard:?}");
    }
}

#[test]
fn a_server_that_offers_no_lock_learns_no_password() {
    for (begins, code) in [(Begins::Plain, "no_starttls"), (Begins::Injected, "injected")] {
        let dir = tempfile::tempdir().unwrap();
        let mut county = County::hastily(&dir.path().join("data"));
        let server = Server::new(begins);
        let notices = notices(dir.path(), &server, "starttls", |_| {});
        round(&county, &notices);
        open(&mut county, "一件");
        round(&county, &notices);
        assert_eq!(fault(&notices).unwrap().0, code);
        assert!(
            !server.heard().iter().any(|said| said.starts_with("AUTH")),
            "{:?}",
            server.heard()
        );
    }
}

#[test]
fn a_server_whose_certificate_nobody_trusts_gets_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let server = Server::new(Begins::Tls);
    drop(notices(dir.path(), &server, "tls", |_| {}));
    let file = dir.path().join("bihuan.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let without: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("certificates"))
        .collect();
    std::fs::write(&file, without.join("\n")).unwrap();
    let notices = Notices::open(dir.path()).unwrap();
    round(&county, &notices);
    open(&mut county, "一件");
    round(&county, &notices);
    assert_eq!(fault(&notices).unwrap().0, "tls");
    assert!(server.heard().is_empty());
}

#[test]
fn a_server_that_only_knows_login_is_signed_in_to_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let server = Server::new(Begins::Tls);
    server.says(&[("EHLO", "250-mail.example\r\n250 AUTH LOGIN")]);
    let notices = notices(dir.path(), &server, "tls", |_| {});
    round(&county, &notices);
    open(&mut county, "一件");
    round(&county, &notices);
    assert_eq!(fault(&notices), None);
    let heard = server.heard();
    assert!(
        heard.contains(&"YmlodWFu".to_owned()) && heard.contains(&"UzNDUkVU".to_owned()),
        "{heard:?}"
    );
}

#[test]
fn every_answer_that_is_no_yes_is_explained_and_only_a_final_no_ends_the_trying() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let server = Server::new(Begins::Tls);
    let notices = notices(dir.path(), &server, "tls", |_| {});
    round(&county, &notices);
    open(&mut county, "一件");
    let tries = [
        ("", "554 5.7.1 go away", "connect 554 5.7.1"),
        ("EHLO", "502 what", "hello 502"),
        ("AUTH", "535 5.7.8 wrong for bihuan", "auth 535 5.7.8"),
        ("MAIL", "451 4.3.0 later", "from 451 4.3.0"),
        ("RCPT", "450 4.2.0 grey", "to 450 4.2.0"),
        ("DATA", "421 4.3.2 closing", "data 421 4.3.2"),
    ];
    for (hour, (command, answer, said)) in tries.into_iter().enumerate() {
        server.says(&[(command, answer)]);
        // Each wait is longer than the one before.
        let hours = [10, 11, 13, 16, 33, 57][hour];
        county.at(date(2026, 3, 3).at(0, 0, 0, 0) + jiff::Span::new().hours(hours));
        round(&county, &notices);
        assert_eq!(fault(&notices), Some(("smtp".to_owned(), said.to_owned())));
        for lang in [Lang::Zh, Lang::En] {
            let words = explain(lang, "smtp", said);
            let code = said.split_once(' ').unwrap().1;
            assert!(
                words.contains(code) && !words.contains("smtp_") && !words.contains("notify."),
                "{words}"
            );
        }
        assert!(notices.outbox(1).unwrap()[0].next.is_some(), "{said}");
    }
    server.says(&[("RCPT", "550 5.1.1 <li@example.gov.cn> unknown")]);
    county.at(date(2026, 3, 6).at(10, 0, 0, 0));
    open(&mut county, "又一件");
    round(&county, &notices);
    let outbox = notices.outbox(1).unwrap();
    assert!(outbox[0].next.is_none() && outbox[0].tries == 1, "{outbox:?}");
    assert_eq!(fault(&notices).unwrap().1, "to 550 5.1.1");
    assert!(server.letters().is_empty());
}

#[test]
fn a_letter_goes_out_once_under_one_name_however_often_it_was_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let server = Server::new(Begins::Tls);
    let notices = notices(dir.path(), &server, "tls", |_| {});
    round(&county, &notices);
    open(&mut county, "一件");
    server.says(&[("taken", "452 4.3.1 full")]);
    round(&county, &notices);
    server.says(&[]);
    county.at(date(2026, 3, 2).at(14, 0, 0, 0));
    round(&county, &notices);
    round(&county, &notices);
    assert_eq!(server.letters().len(), 1);
    assert_eq!(fault(&notices), None);
}

#[test]
fn a_person_is_told_as_often_as_he_chose_and_not_what_he_has_seen() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let server = Server::new(Begins::Tls);
    let notices = notices(dir.path(), &server, "tls", |channels| {
        channels.rhythm = Rhythm {
            digest: Digest::Daily,
            quiet: (time(18, 0, 0, 0), time(9, 0, 0, 0)),
            ..Rhythm::of_people()
        };
    });
    round(&county, &notices);
    open(&mut county, "看过的");
    round(&county, &notices);
    let seen = notices.of(&"p.housing.clerk".into(), 0, 1).unwrap().rows[0]
        .about
        .case()
        .unwrap();
    notices
        .seen(&"p.housing.clerk".into(), seen, county.engine.now())
        .unwrap();
    open(&mut county, "没看过的");
    // The day's letter has gone (or there was none to send); nothing in the quiet hours; one in the morning.
    let so_far = server.letters().len();
    for (day, hour, minute) in [(2, 20, 0), (3, 8, 45)] {
        county.at(date(2026, 3, day).at(hour, minute, 0, 0));
        round(&county, &notices);
        assert_eq!(server.letters().len(), so_far, "{day} {hour}:{minute}");
    }
    county.at(date(2026, 3, 3).at(9, 0, 0, 0));
    round(&county, &notices);
    assert_eq!(server.letters().len(), so_far + 1);
    assert!(server.text(so_far).contains("新到1件"), "{}", server.text(so_far));
}

#[test]
fn what_a_person_does_not_want_by_mail_does_not_come_and_nobody_gets_any_without_asking() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let server = Server::new(Begins::Tls);
    let notices = notices(dir.path(), &server, "tls", |channels| {
        channels.kinds = [Kind::Breach].into();
    });
    // Another account names an address and never shows that it is its own.
    let accounts = Accounts::open(dir.path()).unwrap();
    accounts
        .put_hashed("county.leader", &"p.county.leader".into(), "x")
        .unwrap();
    let at = jiff::Timestamp::UNIX_EPOCH;
    accounts
        .name_address("county.leader", "somebody@example.gov.cn", at)
        .unwrap();
    let wants = Channels {
        by_mail: true,
        ..Channels::default()
    };
    accounts.choose_channels("county.leader", &wants).unwrap();
    round(&county, &notices);
    open(&mut county, "一件");
    round(&county, &notices);
    assert!(server.letters().is_empty());
    county.at(date(2026, 3, 9).at(10, 0, 0, 0));
    county.engine.catch_up().unwrap();
    round(&county, &notices);
    assert_eq!(server.letters().len(), 1);
    assert!(server.text(0).contains("已超时限"), "{}", server.text(0));
}

#[test]
fn only_what_its_mechanism_calls_an_emergency_comes_at_night() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let server = Server::new(Begins::Tls);
    let notices = notices(dir.path(), &server, "tls", |_| {});
    round(&county, &notices);
    county.at(date(2026, 3, 2).at(23, 0, 0, 0));
    // A clock of twenty-four hours, of a mechanism that is no emergency's.
    open(&mut county, "夜里的平常事");
    round(&county, &notices);
    let told = notices.of(&"p.housing.clerk".into(), 0, 1).unwrap().rows;
    assert!(!told[0].urgent);
    assert!(server.letters().is_empty());
    let packs = county.engine.mechanisms();
    assert!(
        packs
            .all()
            .all(|mechanism| mechanism.emergency == Emergency::Never),
        "none of these packs is for emergencies"
    );
}

#[test]
fn what_its_mechanism_calls_an_emergency_is_told_in_the_night_it_happens() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    // The same rule as above, whose file now says that it is an emergency's and by what right.
    let mut files = pack_files("a-projects");
    let file = files.get_mut("three-plus-24.toml").unwrap();
    *file = file.replacen(
        "\ntitle = ",
        "\nscene = \"emergency\"\ncites = { zh = \"测试用的应急场景\", en = \"an emergency for the test\" }\ntitle = ",
        1,
    );
    let pack = Engine::adopt_pack(&PackId::new("a-projects"), files);
    county
        .engine
        .change(&Actor::system(), "scene", vec![pack])
        .unwrap();
    let server = Server::new(Begins::Tls);
    let notices = notices(dir.path(), &server, "tls", |channels| {
        channels.rhythm.digest = Digest::Daily;
    });
    round(&county, &notices);
    county.at(date(2026, 3, 2).at(23, 0, 0, 0));
    open(&mut county, "夜里的急事");
    round(&county, &notices);
    let told = notices.of(&"p.housing.clerk".into(), 0, 1).unwrap().rows;
    assert!(
        told[0].urgent,
        "a clock of natural hours, in a mechanism that is an emergency's"
    );
    assert_eq!(
        server.letters().len(),
        1,
        "neither the night nor the daily digest holds it back"
    );
}

#[test]
fn of_a_mechanism_that_names_them_only_the_emergencies_are_told_in_the_night() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let mut files = pack_files("a-projects");
    let file = files.get_mut("three-plus-24.toml").unwrap();
    let said = "\nemergency_by = \"circle\"\nemergencies = [\"restricted\"]\ncites = { zh = \"测试\", en = \"a test\" }\ntitle = ";
    let field = "\n[[field]]\nid = \"circle\"\n\n[[field]]\nid = \"reply\"\n";
    *file = file
        .replacen("\ntitle = ", said, 1)
        .replacen("\n[[field]]\nid = \"reply\"\n", field, 1);
    let pack = Engine::adopt_pack(&PackId::new("a-projects"), files);
    county
        .engine
        .change(&Actor::system(), "emergencies", vec![pack])
        .unwrap();
    let server = Server::new(Begins::Tls);
    let notices = notices(dir.path(), &server, "tls", |_| {});
    round(&county, &notices);
    county.at(date(2026, 3, 2).at(23, 0, 0, 0));
    for (circle, letters) in [("open", 0), ("restricted", 1)] {
        let order = json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing", "title": circle,
            "values": { "leader": "county.leader", "circle": circle } });
        county.order("supervision.dispatcher", order).unwrap();
        round(&county, &notices);
        let told = notices.of(&"p.housing.clerk".into(), 0, 1).unwrap().rows;
        assert_eq!(told[0].urgent, letters == 1, "{circle}");
        assert_eq!(server.letters().len(), letters, "{circle}");
    }
}

#[test]
fn an_address_must_be_shown_to_be_ones_own_with_the_code_that_was_sent_there() {
    let dir = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(dir.path()).unwrap();
    let at = |minutes: i64| jiff::Timestamp::from_second(1_700_000_000 + minutes * 60).unwrap();
    let code = accounts.name_address(LOGIN, ADDRESS, at(0)).unwrap().unwrap();
    assert_eq!(
        accounts.name_address(LOGIN, ADDRESS, at(1)).unwrap(),
        None,
        "not one letter after the other"
    );
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert!(!accounts.confirm_address(LOGIN, wrong, at(1)).unwrap());
    assert!(
        !accounts.confirm_address(LOGIN, &code, at(31)).unwrap(),
        "too late"
    );
    assert!(accounts.confirm_address(LOGIN, &code, at(2)).unwrap());
    assert!(!accounts.confirm_address(LOGIN, &code, at(2)).unwrap(), "once");
    let second = accounts.name_address(LOGIN, ADDRESS, at(10)).unwrap().unwrap();
    let wrong = if second == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert!(!accounts.confirm_address(LOGIN, wrong, at(10)).unwrap());
    }
    assert!(
        !accounts.confirm_address(LOGIN, &second, at(10)).unwrap(),
        "five wrong ones are enough"
    );
    assert!(!accounts.channels(LOGIN).unwrap().1.unwrap().confirmed);
}

//! Groups outside: one message instead of a storm, quiet at night, no word of a case, tried again until it arrives.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bihuan_engine::{Notices, Settings};
use bihuan_messages::Lang;
use jiff::civil::date;
use serde_json::json;

use crate::county::County;

/// A chat tool that writes down what it is sent and answers what it is told to.
struct Tool {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    answer: Arc<Mutex<&'static str>>,
}

const TAKEN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 13\r\nconnection: close\r\n\r\n{\"errcode\":0}";
const REFUSED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 17\r\nconnection: close\r\n\r\n{\"errcode\":93000}";
const BROKEN: &str = "HTTP/1.1 500 Oops\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const ELSEWHERE: &str = "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

impl Tool {
    fn new() -> Tool {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tool = Tool {
            port: listener.local_addr().unwrap().port(),
            heard: Arc::default(),
            answer: Arc::new(Mutex::new(TAKEN)),
        };
        let (heard, answer) = (tool.heard.clone(), tool.answer.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    let line = line.trim().to_ascii_lowercase();
                    if let Some(n) = line.strip_prefix("content-length: ") {
                        length = n.parse().unwrap();
                    }
                    if line.is_empty() {
                        break;
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                heard.lock().unwrap().push(String::from_utf8(body).unwrap());
                stream.write_all(answer.lock().unwrap().as_bytes()).unwrap();
            }
        });
        tool
    }

    fn answers(&self, answer: &'static str) {
        *self.answer.lock().unwrap() = answer;
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn notices(dir: &Path, tool: &Tool, more: &str) -> Notices {
    let port = tool.port;
    let text = format!(
        "address = \"https://bihuan.example\"\n[[robot]]\nname = \"住建群\"\nkind = \"wecom\"\nunit = \"housing\"\nurl = \"http://127.0.0.1:{port}/send?key=k\"\n{more}\n"
    );
    std::fs::write(dir.join("bihuan.toml"), text).unwrap();
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

#[test]
fn a_machine_asleep_for_a_week_gives_a_group_one_message_of_each_sort_and_not_a_storm() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let tool = Tool::new();
    let notices = notices(dir.path(), &tool, "");
    round(&county, &notices);
    for n in 0..60 {
        open(&mut county, &format!("机密标题{n}"));
    }
    county.at(date(2026, 3, 9).at(9, 0, 0, 0));
    county.engine.catch_up().unwrap();
    round(&county, &notices);
    round(&county, &notices);
    let heard = tool.heard();
    assert_eq!(heard.len(), 2, "{heard:#?}");
    assert!(
        heard[0].contains("超期情况") && heard[0].contains("已超时限60件"),
        "{}",
        heard[0]
    );
    assert!(heard[1].contains("新到60件"), "{}", heard[1]);
    for text in &heard {
        assert!(!text.contains("机密标题") && !text.contains("样本"), "{text}");
        assert!(
            text.contains("https://bihuan.example/cases/") && text.contains("另有"),
            "{text}"
        );
        assert!(text.len() < 2_048, "{}", text.len());
    }
    let outbox = notices.outbox(10).unwrap();
    assert_eq!(outbox.len(), 2);
    assert!(
        outbox
            .iter()
            .all(|sent| sent.next.is_none() && sent.fault.is_none() && sent.tries == 1)
    );
    county.verify();
}

#[test]
fn nothing_is_said_at_night_or_on_days_off_and_all_of_it_in_the_morning() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let tool = Tool::new();
    let notices = notices(dir.path(), &tool, "");
    round(&county, &notices);
    // Friday night, the weekend, Monday before and after the office opens.
    county.at(date(2026, 3, 6).at(22, 30, 0, 0));
    open(&mut county, "夜里");
    for quiet in [(6, 23), (7, 10), (8, 15), (9, 6), (9, 8)] {
        county.at(date(2026, 3, quiet.0).at(quiet.1, 0, 0, 0));
        round(&county, &notices);
        assert_eq!(tool.heard(), [""; 0], "{quiet:?}");
    }
    county.at(date(2026, 3, 9).at(8, 30, 0, 0));
    round(&county, &notices);
    assert_eq!(tool.heard().len(), 1);
}

#[test]
fn other_units_matters_are_not_told_to_a_units_group() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let tool = Tool::new();
    let notices = notices(dir.path(), &tool, "");
    round(&county, &notices);
    let order = json!({ "type": "open", "mechanism": "three-plus-24", "owner": "water", "title": "别处的事",
        "values": { "leader": "county.leader" } });
    county.order("supervision.dispatcher", order).unwrap();
    round(&county, &notices);
    assert_eq!(tool.heard(), [""; 0]);
}

#[test]
fn what_is_not_taken_is_tried_again_and_the_outbox_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let tool = Tool::new();
    let notices = notices(dir.path(), &tool, "");
    round(&county, &notices);
    open(&mut county, "一件");
    let codes = [
        (BROKEN, "status", "500"),
        (REFUSED, "tool", "93000"),
        (ELSEWHERE, "redirected", "302"),
    ];
    for (n, (answer, code, said)) in codes.into_iter().enumerate() {
        tool.answers(answer);
        county.at(date(2026, 3, 2).at(10 + i8::try_from(n).unwrap(), 0, 0, 0));
        round(&county, &notices);
        round(&county, &notices);
        let outbox = notices.outbox(10).unwrap();
        assert_eq!(outbox.len(), 1);
        assert_eq!(outbox[0].fault, Some((code.to_owned(), said.to_owned())));
        assert!(
            outbox[0].next.is_some() && outbox[0].tries == u32::try_from(n + 1).unwrap(),
            "{outbox:?}"
        );
    }
    tool.answers(TAKEN);
    county.at(date(2026, 3, 2).at(14, 0, 0, 0));
    round(&county, &notices);
    let outbox = notices.outbox(10).unwrap();
    assert!(
        outbox[0].next.is_none() && outbox[0].fault.is_none(),
        "{outbox:?}"
    );
    let heard = tool.heard();
    assert!(
        heard.iter().all(|text| *text == heard[0]),
        "the same message each time: {heard:#?}"
    );
}

#[test]
fn what_nobody_takes_is_given_up_after_a_day_and_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let tool = Tool::new();
    tool.answers(BROKEN);
    let notices = notices(dir.path(), &tool, "");
    round(&county, &notices);
    open(&mut county, "一件");
    for hours in 0..40 {
        county.at(date(2026, 3, 2).at(10, 0, 0, 0) + jiff::Span::new().hours(hours));
        round(&county, &notices);
    }
    let outbox = notices.outbox(10).unwrap();
    let first = outbox.last().unwrap();
    assert!(
        first.next.is_none() && first.fault.is_some() && first.tries == 7,
        "{first:?}"
    );
}

#[test]
fn a_message_is_written_down_once_however_often_the_server_starts_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let tool = Tool::new();
    round(&county, &notices(dir.path(), &tool, ""));
    open(&mut county, "一件");
    for _ in 0..3 {
        // Each time the crash comes between writing down and sending.
        let again = notices(dir.path(), &tool, "");
        again.follow(&county.engine).unwrap();
        again.write_down(&county.engine).unwrap();
    }
    let last = notices(dir.path(), &tool, "");
    round(&county, &last);
    assert_eq!((tool.heard().len(), last.outbox(10).unwrap().len()), (1, 1));
}

#[test]
fn settings_that_would_write_where_nobody_should_are_refused_without_repeating_them() {
    let robot = |url: &str| {
        let said = Settings::parse(&format!(
            "[[robot]]\nname = \"甲\"\nkind = \"wecom\"\nurl = \"{url}\"\nsecret = \"S3CRET\""
        ));
        said.map_err(|faults| {
            faults
                .iter()
                .map(|fault| fault.text(Lang::Zh))
                .collect::<String>()
        })
    };
    for wrong in [
        "http://chat.example/send?key=K3Y",
        "ftp://chat.example/K3Y",
        "https://user:K3Y@chat.example/",
        "/K3Y",
    ] {
        let why = robot(wrong).unwrap_err();
        assert!(
            why.contains("第 4 行") && !why.contains("K3Y") && !why.contains("S3CRET"),
            "{why}"
        );
    }
    assert!(robot("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=K3Y").is_ok());
    assert!(robot("http://127.0.0.1:9/").is_ok());
    let shown = format!("{:?}", robot("https://chat.example/?key=K3Y").unwrap());
    assert!(!shown.contains("K3Y") && !shown.contains("S3CRET"), "{shown}");
}

#[test]
fn every_fault_of_the_settings_is_said_in_both_languages_with_its_line_and_how_to_mend_it() {
    let faulty = r#"adress = "https://bihuan.example"
address = "bihuan.example"

[[robot]]
name = "一"
kind = "slack"
url = "https://chat.example/K3Y"
quiet = "22:00"
emergencies = "S3CRET"

[[robot]]
name = "一"
kind = "wecom"

[mail]
server = "smtp://mail.example"
port = 70000
security = "none"
login = "bihuan"
from = "bihuan"
domains = ["@example.gov.cn"]
"#;
    let faults = Settings::parse(faulty).unwrap_err();
    let said = |lang| {
        let lines: Vec<String> = faults.iter().map(|fault| fault.text(lang)).collect();
        lines.join("\n")
    };
    let both = format!("{}\n\n{}", said(Lang::Zh), said(Lang::En));
    assert!(!both.contains("K3Y") && !both.contains("S3CRET"), "{both}");
    insta::assert_snapshot!(both);
    let torn = Settings::parse("[mail\nserver = \"S3CRET\"").unwrap_err();
    let torn = torn[0].text(Lang::Zh);
    assert!(torn.contains("第 1 行") && !torn.contains("S3CRET"), "{torn}");
}

#[test]
fn settings_are_read_again_without_a_restart_and_faulty_ones_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let tool = Tool::new();
    let notices = notices(dir.path(), &tool, "");
    let file = dir.path().join("bihuan.toml");
    let former = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, "robot = 1").unwrap();
    let why = notices
        .read_settings_again()
        .unwrap_err()
        .message()
        .text(Lang::Zh);
    assert!(why.contains("第 1 行") && why.contains("双方括号"), "{why}");
    assert_eq!(notices.settings().robots.len(), 1);
    assert!(Notices::open(dir.path()).is_err());
    std::fs::write(&file, former.replace("住建群", "水利群")).unwrap();
    notices.read_settings_again().unwrap();
    assert_eq!(notices.settings().robots[0].name, "水利群");
}

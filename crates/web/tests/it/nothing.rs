//! Rates without a base: in a county in which nothing has happened no page of the accounts prints a rate of nought, and no page
//! anywhere prints what is no number.

use axum::http::StatusCode;

use crate::browser::{Browser, Page};
use crate::county::County;

/// What a person reads of a page: its text without marks, styles and scripts.
fn read(page: &Page) -> String {
    let mut text = String::new();
    let mut rest = page.text.as_str();
    while let Some((before, mark)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        let end = ["style", "script"].iter().find(|name| mark.starts_with(**name));
        let after = match end {
            Some(name) => mark.split_once(&format!("</{name}>")),
            None => mark.split_once('>'),
        };
        rest = after.map_or("", |(_, after)| after);
    }
    text + rest
}

/// Words on a page that are no number, or a rate of nought.
fn odd(text: &str) -> Vec<String> {
    let no_number = ["NaN", "Infinity", "inf", "∞", "undefined"];
    text.split(|c: char| c.is_whitespace() || "（）()，,；;：:、。<>".contains(c))
        .filter(|word| {
            let rate = word.strip_suffix('%').or_else(|| word.strip_suffix('％'));
            let nought = rate.is_some_and(|rate| {
                rate.contains('0') && rate.chars().all(|c| matches!(c, '0' | '.' | '-' | '−'))
            });
            nought || no_number.contains(&word.trim_end_matches('%'))
        })
        .map(str::to_owned)
        .collect()
}

#[test]
fn what_is_no_number_is_seen_where_it_stands() {
    assert_eq!(
        odd("按时率 0% 办结率 NaN%（0.0%） −0.00%"),
        ["0%", "NaN%", "0.0%", "−0.00%"]
    );
    assert_eq!(
        odd("10% 100% 0.5% 0 件 2.0% 无数据 information"),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn where_nothing_has_happened_no_page_prints_a_rate() {
    let county = County::of_every_pack();
    let mechanisms = county.engine.mechanisms();
    let mut addresses: Vec<String> = [
        "/",
        "/board",
        "/burden",
        "/audit",
        "/bulletins",
        "/meetings",
        "/assessments",
        "/ledgers/all",
        "/ledgers/all/charts",
    ]
    .map(str::to_owned)
    .into();
    let (mut indicators, mut schemes) = (0, 0);
    // A rate that is to be nought is printed as its target, once on each page that tells of it.
    let mut wanted = Vec::new();
    for mechanism in mechanisms.all() {
        addresses.push(format!("/mechanisms/{}", mechanism.id));
        addresses.push(format!("/mechanisms/{}/process", mechanism.id));
        addresses.push(format!("/ledgers/{}/charts", mechanism.id));
        for indicator in &mechanism.indicators {
            addresses.push(format!(
                "/mechanisms/{}/indicators/{}",
                mechanism.id, indicator.id
            ));
            indicators += 1;
            if indicator.unit == "%" && indicator.target.is_some_and(|target| target.is_zero()) {
                wanted.push(format!("/mechanisms/{}: 0%", mechanism.id));
                wanted.push(format!(
                    "/mechanisms/{}/indicators/{}: 0%",
                    mechanism.id, indicator.id
                ));
            }
        }
    }
    for scheme in mechanisms.schemes() {
        addresses.push(format!("/assessments/{}", scheme.id));
        schemes += 1;
    }
    assert!(indicators > 100 && schemes >= 2, "{indicators} {schemes}");
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    let mut found = Vec::new();
    for address in addresses {
        let page = browser.get(&address).await;
        if page.status != StatusCode::OK {
            found.push(format!("{address}: {}", page.status));
        }
        found.extend(
            odd(&read(&page))
                .into_iter()
                .map(|word| format!("{address}: {word}")),
        );
    }
    assert_eq!(found, wanted);
}

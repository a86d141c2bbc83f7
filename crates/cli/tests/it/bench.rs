//! `bihuan bench` over a real server: what it reports, not how fast it is.

use serde_json::Value;

use crate::run::bihuan;

#[test]
fn pages_over_http_are_read_by_all_clients_and_every_open_stream_hears_of_a_change() {
    let dir = tempfile::tempdir().unwrap();
    let results = dir.path().join("results.json");
    let words = [
        "bench", "--quick", "--only", "http", "--cases", "60", "--lang", "en", "--json",
    ];
    let run = bihuan(
        words
            .iter()
            .map(std::ffi::OsStr::new)
            .chain([results.as_os_str()]),
    );
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let told: Value = serde_json::from_slice(&std::fs::read(&results).unwrap()).unwrap();
    let http = &told["http"];
    assert_eq!(
        (&http["cases"], &http["clients"]),
        (&60.into(), &32.into()),
        "{told}"
    );
    for page in ["desk", "ledger", "case", "sign_in"] {
        for figure in ["p50_ms", "p99_ms"] {
            assert!(
                above_zero(&http["pages"][page][figure]),
                "{page} {figure}: {told}"
            );
        }
    }
    for figure in [
        &http["per_second"],
        &http["sign_in_per_second"],
        &http["first_ms"]["case"],
    ] {
        assert!(above_zero(figure), "{told}");
    }
    assert_eq!(http["streams"]["n"], 200, "{told}");
    assert!(above_zero(&http["streams"]["told_ms"]), "{told}");
    assert!(run.out.contains("200 idle event streams"), "{}", run.out);
}

fn above_zero(figure: &Value) -> bool {
    let digits = figure.as_str().unwrap_or_default();
    digits.chars().any(|c| c.is_ascii_digit() && c != '0')
}

//! What holds for every page: both languages, safe headers, small, old browsers.

use axum::http::StatusCode;

use crate::browser::Browser;
use crate::county::County;

fn addresses(case: u64) -> Vec<String> {
    let fixed = [
        "/",
        "/sign-in",
        "/ledgers",
        "/ledgers/all",
        "/ledgers/three-plus-24",
        "/ledgers/three-plus-24?open=yes&colour=red&q=x&sort=owner&page=2",
        "/ledgers/three-plus-24?group=owner&cols=owner&cols=f.leader&open_on=2026-03-02&among=1",
        "/ledgers/all/charts",
        "/ledgers/three-plus-24/charts",
        "/ledgers/three-plus-24/pipeline",
        "/ledgers/three-plus-24/gantt",
        "/ledgers/three-plus-24/new",
        "/board",
        "/calendar",
        "/search",
        "/search?q=%E8%B7%AF",
        "/org",
        "/reading",
        "/imports",
        "/bulletins",
        "/burden",
        "/meetings",
        "/registers",
        "/ledgers/pipeline/new",
        "/mechanisms",
        "/mechanisms/three-plus-24",
        "/mechanisms/key-task",
        "/assessments",
        "/assessments/annual-assessment",
        "/assessments/annual-assessment?period=2019",
        "/assessments/annual-assessment?period=%E4%BB%8A%E5%B9%B4",
        "/registers/projects",
        "/q",
        "/q/sample/u/housing",
        "/codes/units/county",
        "/campaigns",
        "/grid",
        "/log",
        "/log/0",
        "/account/notices",
        "/admin",
        "/admin/packs",
        "/admin/custodians",
        "/admin/erasures",
        "/admin/accounts",
        "/admin/audit",
        "/admin/audit?kind=pack.adopted&before=5",
        "/account",
        "/account/second",
        "/nowhere",
    ];
    fixed
        .iter()
        .map(|path| (*path).to_owned())
        .chain([format!("/cases/{case}"), "/cases/9999".to_owned()])
        .collect()
}

#[tokio::test]
async fn every_page_is_whole_in_both_languages() {
    let county = County::new();
    let case = county.matter("厂区道路被占").0;
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    for lang in ["en", "zh"] {
        let page = browser.get(&format!("/?lang={lang}")).await;
        assert_eq!(
            page.path, "/",
            "the choice is remembered and the address stays clean"
        );
        for path in addresses(case) {
            let page = browser.get(&path).await;
            let expected = if ["/nowhere", "/cases/9999"].contains(&path.as_str()) {
                404
            } else {
                200
            };
            assert_eq!(page.status.as_u16(), expected, "{path}: {}", page.text);
            assert!(
                !page.has("⟦"),
                "{lang} {path} lacks a text: {}",
                page.text.split('⟦').nth(1).unwrap()
            );
            let tag = if lang == "en" {
                "lang=\"en\""
            } else {
                "lang=\"zh-CN\""
            };
            let html = page
                .text
                .split("<html")
                .nth(1)
                .unwrap()
                .split('>')
                .next()
                .unwrap();
            assert!(html.contains(tag), "{path}: {html}");
        }
    }
}

#[tokio::test]
async fn every_page_is_small_and_needs_nothing_from_outside() {
    let county = County::new();
    let case = county.matter("厂区道路被占").0;
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    for path in addresses(case) {
        let page = browser.get(&path).await;
        assert!(
            page.bytes.len() < 100_000,
            "{path} has {} bytes",
            page.bytes.len()
        );
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        for part in ["src=\"http", "href=\"http", "<style", " style=\"", " onclick="] {
            assert!(!page.has(part), "{path} has {part}");
        }
    }
    let css = browser.get("/assets/app.css").await;
    let js = browser.get("/assets/app.js").await;
    assert!(css.bytes.len() + js.bytes.len() < 100_000);
}

/// Styles and scripts stay within Chromium 86, the browsers that such offices have.
#[tokio::test]
async fn styles_and_scripts_stay_within_chromium_86() {
    let county = County::new();
    let mut browser = Browser::new(&county);
    let mut css = browser.get("/assets/app.css").await;
    assert_eq!(css.status, StatusCode::OK);
    css.text.push_str(&browser.get("/assets/phone.css").await.text);
    let newer = [
        ":has(",
        ":is(",
        ":where(",
        "@container",
        "@layer",
        "@property",
        "aspect-ratio",
        "accent-color",
        "color-mix(",
        "inset:",
        "dvh",
        "svh",
        "text-wrap",
        "subgrid",
        "overflow: clip",
        "@scope",
        "light-dark(",
        " & ",
        "rem(",
        "round(",
        "backdrop-filter",
        "scrollbar-gutter",
        "translate:",
        "rotate:",
        "scale:",
        "@starting-style",
        "inline-size",
    ];
    for feature in newer {
        assert!(
            !css.has(feature),
            "app.css uses `{feature}`, which Chromium 86 does not know"
        );
    }
    let mut js = browser.get("/assets/app.js").await;
    for other in ["/assets/phone.js", "/q/sw.js"] {
        js.text.push_str(&browser.get(other).await.text);
    }
    for feature in [
        ".at(",
        "structuredClone",
        "Object.hasOwn",
        ".findLast",
        "Array.fromAsync",
        "static {",
        ".toSorted",
        "#private",
        "top-level",
        ".replaceChildren",
    ] {
        assert!(
            !js.has(feature),
            "app.js uses `{feature}`, which Chromium 86 does not know"
        );
    }
}

#[tokio::test]
async fn what_is_the_same_for_everybody_is_sent_small_and_pages_never_are() {
    let county = County::new();
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get("/").await;
    let of = |name: &str| {
        let mut quoted = page.text.split('"');
        let start = format!("/assets/{name}");
        quoted.find(|text| text.starts_with(&start)).unwrap().to_owned()
    };
    let (style, script) = (of("app.css"), of("app.js"));
    for address in [style.as_str(), script.as_str(), "/api/openapi.json"] {
        let whole = clerk.get(address).await;
        assert!(whole.headers.get("content-encoding").is_none(), "{address}");
        clerk.headers.push(("accept-encoding", "br, gzip".to_owned()));
        let small = clerk.get(address).await;
        clerk.headers.pop();
        assert_eq!(small.headers["content-encoding"], "gzip", "{address}");
        assert_eq!(small.headers["vary"], "accept-encoding");
        assert!(small.bytes.len() * 2 < whole.bytes.len(), "{address}");
        assert_eq!(small.headers["content-type"], whole.headers["content-type"]);
    }
    clerk.headers.push(("accept-encoding", "gzip".to_owned()));
    for address in [
        "/",
        "/search?q=%E8%B7%AF",
        "/account",
        "/api/v1/cases",
        "/nowhere",
    ] {
        assert!(
            clerk.get(address).await.headers.get("content-encoding").is_none(),
            "{address}"
        );
    }
}

//! The frame around every page: head, navigation, post, language, the demo's clock.

use bihuan_domain::calendar::local;
use bihuan_engine::notices::UNREAD_MAX;
use bihuan_messages::{Lang, t, tf};
use maud::{DOCTYPE, Markup, html};

use crate::assets;
use crate::pages::{demo, offers_administration};
use crate::session::Visitor;
use crate::show;

/// Which entry of the navigation a page stands under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nav {
    /// My desk (待办).
    Desk,
    /// Ledgers (台账) and cases.
    Ledgers,
    /// Deadlines by day (日历).
    Calendar,
    /// Reading of documents (读文件).
    Reading,
    /// Import (导入).
    Imports,
    /// Bulletins (通报).
    Bulletins,
    /// Assessment (考核).
    Assessments,
    /// Mechanisms and registers (机制).
    Mechanisms,
    /// Administration (管理).
    Admin,
    /// The log (日志).
    Log,
    /// Search (查找).
    Search,
    /// None of them.
    Other,
}

/// Entry, address, text, and who is offered it; `None` for everybody.
type Entry = (Nav, &'static str, &'static str, Option<fn(&Visitor) -> bool>);

const ENTRIES: [Entry; 11] = [
    (Nav::Desk, "/", "web.nav_desk", None),
    (Nav::Ledgers, "/ledgers", "web.nav_ledgers", None),
    (Nav::Calendar, "/calendar", "find.nav_calendar", None),
    (
        Nav::Reading,
        "/reading",
        "web.nav_reading",
        Some(Visitor::administers),
    ),
    (
        Nav::Imports,
        "/imports",
        "web.nav_imports",
        Some(Visitor::administers),
    ),
    (Nav::Bulletins, "/bulletins", "web.nav_bulletins", None),
    (Nav::Assessments, "/assessments", "assess.p_nav", None),
    (Nav::Mechanisms, "/mechanisms", "web.nav_mechanisms", None),
    (Nav::Log, "/log", "web.nav_log", None),
    (Nav::Search, "/search", "find.nav_search", None),
    (Nav::Admin, "/admin", "admin.title", Some(offers_administration)),
];

/// A page for a signed-in visitor.
pub fn page(visitor: &Visitor, title: &str, current: Nav, body: &Markup) -> Markup {
    framed(visitor, title, current, false, body)
}

/// The same over the whole width of the screen, for what stands side by side.
pub fn wide_page(visitor: &Visitor, title: &str, current: Nav, body: &Markup) -> Markup {
    framed(visitor, title, current, true, body)
}

fn framed(visitor: &Visitor, title: &str, current: Nav, wide: bool, body: &Markup) -> Markup {
    let lang = visitor.lang;
    let place = visitor.world.name.get(lang);
    shell(
        lang,
        &format!("{title} · {place}"),
        &html! {
            a .skip href="#main" { (t(lang, "web.skip")) }
            header .top {
                div .top-line {
                    a .brand href="/" { (mark()) span .brand-name { (t(lang, "web.brand")) } span .brand-place { (place) } }
                    div .who {
                        (post_choice(visitor))
                        (unread(visitor))
                        a href="/account" { (t(lang, "account.short")) }
                        a .lang href=(other_language(visitor)) lang=(other(lang).tag()) { (t(other(lang), "web.this_language")) }
                        form .inline method="post" action="/sign-out" data-person=(visitor.person) data-unsent=(t(lang, "phone.unsent")) {
                            (csrf(visitor))
                            button .link type="submit" { (t(lang, "web.sign_out")) }
                        }
                    }
                }
                nav .main aria-label=(t(lang, "web.nav")) {
                    @for (nav, href, key, offered) in ENTRIES {
                        @if offered.is_none_or(|offered| offered(visitor)) {
                            a href=(href) aria-current=[(nav == current).then_some("page")] { (t(lang, key)) }
                        }
                    }
                }
            }
            (demo_bar(visitor))
            (demo::bar(visitor))
            main #main .is-wide[wide] tabindex="-1" { (body) }
            (foot(lang))
        },
    )
}

/// The way to the notices, with how many are unread.
fn unread(visitor: &Visitor) -> Markup {
    let lang = visitor.lang;
    let counted = visitor
        .notices()
        .and_then(|notices| Ok(notices.unread(&visitor.person)?));
    // A count that cannot be read must not take the page with it.
    let unread = counted.unwrap_or_default();
    html! {
        a .notices-link href="/notifications" {
            (t(lang, "notify.short"))
            @if unread > 0 {
                " " span .count aria-hidden="true" {
                    @if unread > UNREAD_MAX { (UNREAD_MAX) "+" } @else { (unread) }
                }
                span .sr { (tf(lang, if unread == 1 { "notify.unread_1" } else { "notify.unread" }, &[("n", &unread)])) }
            }
        }
    }
}

/// A page that fills a screen on the wall: no navigation, a way back for who stands at it. Without scripts the browser
/// loads it anew every minute.
pub fn screen(visitor: &Visitor, title: &str, body: &Markup) -> Markup {
    let lang = visitor.lang;
    html! {
        (DOCTYPE)
        html .wall lang=(lang.tag()) {
            head {
                (head(&format!("{title} · {}", visitor.world.name.get(lang))))
                noscript { meta http-equiv="refresh" content="60"; }
            }
            body {
                main #main { (body) }
                footer .wall-foot { a href="/" { (t(lang, "find.board_leave")) } " " a .lang href=(other_language(visitor)) lang=(other(lang).tag()) { (t(other(lang), "web.this_language")) } }
            }
        }
    }
}

/// What the scripts of the phone pages say, by the end of their keys.
const PHONE_WORDS: [&str; 23] = [
    "outbox",
    "waiting",
    "sending",
    "sent",
    "receipt",
    "refused",
    "mend",
    "discard",
    "discard_sure",
    "sign_in",
    "held",
    "other",
    "kept",
    "back",
    "already",
    "home",
    "again",
    "photo_gone",
    "no_room",
    "offline",
    "stays",
    "draft",
    "resume",
];

/// A page for the phone: one column, the navigation of the desk left away, the way to send within reach of a thumb.
pub fn phone(visitor: &Visitor, title: &str, body: &Markup) -> Markup {
    let lang = visitor.lang;
    let place = visitor.world.name.get(lang);
    let words: serde_json::Map<String, serde_json::Value> = PHONE_WORDS
        .iter()
        .map(|word| ((*word).to_owned(), t(lang, &format!("phone.w_{word}")).into()))
        .collect();
    let words = serde_json::Value::Object(words).to_string();
    html! {
        (DOCTYPE)
        html lang=(lang.tag()) class="phone" {
            head {
                (head(&format!("{title} · {place}")))
                link rel="stylesheet" href=(assets::url("phone.css"));
                script type="module" src=(assets::url("phone.js")) {}
            }
            body data-person=(visitor.person) data-post=(visitor.post) data-place=(visitor.place()) data-words=(words) {
                a .skip href="#main" { (t(lang, "web.skip")) }
                header .phone-top {
                    a .brand href="/q" { (mark()) span .brand-name { (t(lang, "phone.title")) } }
                    span .brand-place { (place) }
                }
                p #signal .signal-lost hidden role="status" { (t(lang, "phone.w_offline")) }
                (demo::bar(visitor))
                main #main tabindex="-1" { (body) }
                footer .phone-foot {
                    (post_choice(visitor))
                    a href="/" { (t(lang, "phone.desk")) } " "
                    a .lang href=(other_language(visitor)) lang=(other(lang).tag()) { (t(other(lang), "web.this_language")) } " "
                    form .inline method="post" action="/sign-out" data-person=(visitor.person) data-unsent=(t(lang, "phone.unsent")) { (csrf(visitor)) button .link type="submit" { (t(lang, "web.sign_out")) } }
                }
            }
        }
    }
}

/// A page for nobody in particular: sign-in, errors.
pub fn plain(lang: Lang, title: &str, body: &Markup) -> Markup {
    shell(
        lang,
        &format!("{title} · {}", t(lang, "web.brand")),
        &html! {
            header .top .bare {
                div .top-line {
                    a .brand href="/" { (mark()) span .brand-name { (t(lang, "web.brand")) } }
                    div .who { a .lang href={ "?lang=" (code(other(lang))) } lang=(other(lang).tag()) { (t(other(lang), "web.this_language")) } }
                }
            }
            main #main tabindex="-1" { (body) }
            (foot(lang))
        },
    )
}

/// The session's token; stands in every form that changes something.
pub fn csrf(visitor: &Visitor) -> Markup {
    html! { input type="hidden" name="csrf" value=(visitor.session.csrf); }
}

/// The heading of a page with what stands beside it.
pub fn heading(over: Option<&str>, title: &Markup, aside: &Markup) -> Markup {
    html! {
        div .heading {
            div { @if let Some(over) = over { p .over { (over) } } h1 { (title) } }
            div .heading-aside { (aside) }
        }
    }
}

fn shell(lang: Lang, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head { (head(title)) }
            body { (body) }
        }
    }
}

fn head(title: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        title { (title) }
        link rel="icon" href=(assets::url("icon.svg")) type="image/svg+xml";
        link rel="stylesheet" href=(assets::url("app.css"));
        script type="module" src=(assets::url("app.js")) {}
    }
}

fn foot(lang: Lang) -> Markup {
    html! { footer .foot { p { (t(lang, "web.foot")) } p { a href="/api/openapi.json" { (t(lang, "web.foot_api")) } } } }
}

/// The sign of the house: a loop that is closed by its last stroke.
fn mark() -> Markup {
    html! {
        svg .mark viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false" {
            path d="M22.5 6.2A12 12 0 1 0 28 16" fill="none" stroke="currentColor" stroke-width="3.2" {}
            path d="M11 16.2l4 4L27.4 7.6" fill="none" stroke="currentColor" stroke-width="3.2" {}
        }
    }
}

fn other(lang: Lang) -> Lang {
    match lang {
        Lang::Zh => Lang::En,
        Lang::En => Lang::Zh,
    }
}

fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "zh",
        Lang::En => "en",
    }
}

/// This page in the other language.
fn other_language(visitor: &Visitor) -> String {
    let join = if visitor.here.contains('?') { '&' } else { '?' };
    format!("{}{join}lang={}", visitor.here, code(other(visitor.lang)))
}

fn post_choice(visitor: &Visitor) -> Markup {
    let lang = visitor.lang;
    let name = |post| show::post_name(&visitor.world, post, lang);
    html! {
        @if visitor.posts.len() < 2 {
            span .post { (name(&visitor.post)) }
        } @else {
            form .inline .post-choice method="post" action="/post" data-autosubmit {
                (csrf(visitor))
                input type="hidden" name="next" value=(visitor.here);
                label { span .sr { (t(lang, "web.post")) }
                    select name="post" {
                        @for post in visitor.posts.iter() {
                            option value=(post) selected[*post == visitor.post] { (name(post)) }
                        }
                    }
                }
                button .link type="submit" { (t(lang, "web.post_switch")) }
            }
        }
    }
}

/// The demo's clock, with the buttons that move it.
fn demo_bar(visitor: &Visitor) -> Markup {
    let lang = visitor.lang;
    let demo = visitor
        .jurisdiction()
        .and_then(|jurisdiction| jurisdiction.demo.as_ref());
    let moment = local(visitor.now);
    html! {
        @if demo.is_some() {
            form .demo method="post" action="/demo/clock" aria-label=(t(lang, "find.demo_clock")) {
                (csrf(visitor))
                input type="hidden" name="next" value=(visitor.here);
                span .demo-time {
                    span .tag { (t(lang, "web.demo")) } " "
                    (show::day_of_week(moment.date(), lang)) " "
                    span .num { (format!("{}:{:02}", moment.hour(), moment.minute())) }
                }
                span { a href="/demo/tour/1" { (t(lang, "demo.tour")) } " · " a href="/demo/walks" { (t(lang, "demo.walks")) } }
                span .demo-buttons {
                    button name="by" value="hour" { (t(lang, "web.demo_hour")) }
                    button name="by" value="day" { (t(lang, "web.demo_day")) }
                    button name="by" value="week" { (t(lang, "web.demo_week")) }
                }
            }
        }
    }
}

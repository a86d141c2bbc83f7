//! Sending notices (消息外发): robots and mail as they are set up, a test message, settings read again, and the outbox with what
//! did not arrive and why. Addresses and secrets are never shown.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bihuan_engine::access::Task;
use bihuan_engine::notices::{Message, Receiver, Robot, explain};
use bihuan_engine::{Error, Settings};
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::body::Posted;
use crate::components::summary::Problem;
use crate::layout::{self, Nav};
use crate::place::Query;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Messages of the outbox that are shown.
const SHOWN: u32 = 50;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/admin/robots", get(index).post(test))
}

/// The least that sets up a robot, as `bihuan.toml` has it; `docs/notifications.md` has the rest.
const EXAMPLE: &str = r#"address = "https://bihuan.example.gov.cn"

[[robot]]
name = "Office"
kind = "wecom"   # wecom, dingtalk, feishu, json
url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=KEY"
unit = "housing"
digest = "daily" # daily, hourly
"#;

#[derive(Default, Deserialize)]
struct Asked {
    /// The robot that was tested, and how that ended: empty where it arrived.
    #[serde(default)]
    tested: String,
    #[serde(default)]
    fault: String,
}

async fn index(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor.must(Task::ManageAccounts)?;
    visitor.work(move |visitor| page(visitor, &asked, None)).await
}

async fn test(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor.must(Task::ManageAccounts)?;
    visitor
        .work(move |visitor| {
            let notices = visitor.notices()?;
            if sent.get("act") == "reread" {
                return match notices.read_settings_again() {
                    Ok(_) => Ok(Redirect::to("/admin/robots?tested=settings").into_response()),
                    Err(Error::Settings(why)) => {
                        let problem = Problem::at("settings", why.text(visitor.lang));
                        let page = page(visitor, &Asked::default(), Some(&problem))?;
                        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
                    }
                    Err(error) => Err(error.into()),
                };
            }
            // By its place in the list: a name need not be fit for an address.
            let at = sent
                .get("robot")
                .parse::<usize>()
                .map_err(|_| Trouble::bad("robot"))?;
            let settings = notices.settings();
            let robot = settings.robots.get(at).ok_or_else(Trouble::not_found)?;
            let fault = match notices.test(robot, visitor.world.name.get(robot.lang)) {
                Ok(()) => String::new(),
                Err(why) => format!("&fault={}", why.code),
            };
            Ok(Redirect::to(&format!("/admin/robots?tested={at}{fault}")).into_response())
        })
        .await
}

fn page(visitor: &Visitor, asked: &Asked, fault: Option<&Problem>) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let notices = visitor.notices()?;
    let settings = notices.settings();
    let robots = &settings.robots;
    let outbox = notices.outbox(SHOWN)?;
    let title = t(lang, "notify.robots");
    let tested = asked.tested.parse::<usize>().ok().and_then(|at| robots.get(at));
    let body = html! {
        (layout::heading(Some(t(lang, "admin.title")), &html! { (title) }, &html! {}))
        p .lead { (t(lang, "notify.robots_lead")) }
        @if let Some(fault) = fault {
            div .summary role="alert" tabindex="-1" data-focus {
                p .summary-title { (t(lang, "notify.reread_failed")) }
                @for line in fault.text.lines() { p { (show::text(line)) } }
            }
        }
        @if asked.tested == "settings" {
            p .notice role="status" { (tf(lang, "notify.reread_done", &[("n", &robots.len()), ("mail", &mail(visitor, &settings))])) }
        }
        form .actions method="post" action="/admin/robots" {
            (layout::csrf(visitor))
            button #settings type="submit" name="act" value="reread" { (t(lang, "notify.reread")) }
        }
        section {
            h2 { (t(lang, "notify.mail")) }
            p { (show::text(&mail(visitor, &settings))) (if lang == bihuan_messages::Lang::Zh { "。" } else { "." }) }
            @if settings.mail.is_some() { p .quiet { (t(lang, "notify.mail_try")) } }
        }
        section { h2 { (t(lang, "notify.group_robots")) } }
        @if let Some(robot) = tested {
            p .notice role="status" {
                @if asked.fault.is_empty() { (tf(lang, "notify.robot_tested", &[("name", &robot.name)])) }
                @else { (tf(lang, "notify.robot_failed", &[("name", &robot.name), ("why", &explain(lang, &asked.fault, ""))])) }
            }
        }
        @if robots.is_empty() {
            div .empty {
                p { (t(lang, "notify.robots_none")) }
                p .quiet { (t(lang, "notify.robots_how")) }
                pre tabindex="0" { code { (EXAMPLE) } }
            }
        } @else {
            (listed(visitor, robots))
            p .quiet { (t(lang, "notify.robots_how")) }
        }
        section {
            h2 { (t(lang, "notify.outbox")) }
            @if outbox.is_empty() { p .quiet { (t(lang, "notify.outbox_empty")) } }
            @else { (messages(visitor, &outbox)?) }
        }
    };
    Ok(layout::page(visitor, title, Nav::Admin, &body))
}

/// Through which server mail goes out.
fn mail(visitor: &Visitor, settings: &Settings) -> String {
    match &settings.mail {
        Some(mail) => tf(
            visitor.lang,
            "notify.mail_set",
            &[
                ("server", &mail.server),
                ("port", &mail.port),
                ("from", &mail.from),
            ],
        ),
        None => t(visitor.lang, "notify.mail_unset").to_owned(),
    }
}

fn listed(visitor: &Visitor, robots: &[Robot]) -> Markup {
    let lang = visitor.lang;
    let unit = |robot: &Robot| match &robot.unit {
        Some(unit) => {
            let known = visitor.world.org.units.get(unit);
            known.map_or_else(|| unit.to_string(), |unit| unit.name.get(lang).to_owned())
        }
        None => t(lang, "notify.robot_all").to_owned(),
    };
    html! {
        table .ledger {
            thead { tr {
                @for key in ["robot_name", "robot_kind", "robot_host", "robot_unit", "robot_when"] {
                    th scope="col" { (t(lang, &format!("notify.{key}"))) }
                }
                th scope="col" { span .sr { (t(lang, "notify.robot_test")) } }
            } }
            tbody { @for (at, robot) in robots.iter().enumerate() { tr {
                td data-label=(t(lang, "notify.robot_name")) { (show::text(&robot.name)) }
                td data-label=(t(lang, "notify.robot_kind")) { (t(lang, &format!("notify.kind_{}", robot.kind.name()))) }
                td data-label=(t(lang, "notify.robot_host")) { (show::text(&robot.host())) }
                td data-label=(t(lang, "notify.robot_unit")) { (unit(robot)) }
                td data-label=(t(lang, "notify.robot_when")) { (t(lang, &format!("notify.often_{}", robot.rhythm.digest.name()))) }
                td { form .inline method="post" action="/admin/robots" {
                    (layout::csrf(visitor))
                    button .link type="submit" name="robot" value=(at)
                        aria-label=(tf(lang, "notify.robot_test_of", &[("name", &robot.name)])) { (t(lang, "notify.robot_test")) }
                } }
            } } }
        }
    }
}

fn messages(visitor: &Visitor, outbox: &[Message]) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let to = |message: &Message| match &message.to {
        Receiver::Robot(name) => name.clone(),
        Receiver::Person(person) => tf(lang, "notify.outbox_to_mail", &[("who", &show.person(person))]),
    };
    let state = |message: &Message| {
        let why = message
            .fault
            .as_ref()
            .map(|(code, said)| explain(lang, code, said))
            .unwrap_or_default();
        match (message.next, message.fault.is_some()) {
            (None, false) => t(lang, "notify.outbox_sent").to_owned(),
            (None, true) => tf(
                lang,
                "notify.outbox_given_up",
                &[("n", &message.tries), ("why", &why)],
            ),
            (Some(_), false) => t(lang, "notify.outbox_waits").to_owned(),
            (Some(next), true) => {
                let when = show::moment_text(next, lang);
                tf(
                    lang,
                    "notify.outbox_again",
                    &[("n", &message.tries), ("when", &when), ("why", &why)],
                )
            }
        }
    };
    Ok(html! {
        table .ledger {
            thead { tr { @for key in ["outbox_made", "outbox_to", "outbox_n", "outbox_state"] {
                th scope="col" { (t(lang, &format!("notify.{key}"))) }
            } } }
            tbody { @for message in outbox { tr {
                td data-label=(t(lang, "notify.outbox_made")) { (show::moment(message.made, lang)) }
                td data-label=(t(lang, "notify.outbox_to")) { (show::text(&to(message))) }
                td data-label=(t(lang, "notify.outbox_n")) { span .num { (message.notices) } }
                td data-label=(t(lang, "notify.outbox_state")) { (state(message)) }
            } } }
        }
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_on_the_page_is_one_that_the_program_takes() {
        assert_eq!(
            bihuan_engine::Settings::parse(super::EXAMPLE)
                .unwrap()
                .robots
                .len(),
            1
        );
    }
}

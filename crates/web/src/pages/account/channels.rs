//! How I am told (消息方式): the mail address, shown to be one's own by a code; how often, when not, of what; and whether the
//! robots of one's unit speak of it.

use std::collections::BTreeSet;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bihuan_engine::notices::{Channels, Digest, Kind, explain};
use bihuan_engine::{Accounts, MailAddress};
use bihuan_messages::{t, tf};
use jiff::Timestamp;
use jiff::civil::Time;
use maud::{Markup, html};

use crate::Web;
use crate::body::{Posted, Sent};
use crate::components::summary::{Problem, at_field, summary};
use crate::layout::{self, Nav};
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/account/notices", get(index).post(change))
}

/// The part of the account's page.
pub(super) fn section(visitor: &Visitor, accounts: &Accounts) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let (channels, address) = accounts.channels(&visitor.session.login)?;
    let how = match address {
        Some(mail) if mail.confirmed && channels.by_mail => {
            tf(lang, "notify.channels_mailed", &[("address", &mail.address)])
        }
        _ => t(lang, "notify.channels_page_only").to_owned(),
    };
    Ok(html! {
        section #channels {
            h2 { (t(lang, "notify.channels")) }
            p { (show::text(&tf(lang, "notify.channels_now", &[("how", &how)]))) }
            p .actions { a .button href="/account/notices" { (t(lang, "notify.channels_change")) } }
        }
    })
}

async fn index(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor.work(|visitor| page(visitor, &[])).await
}

async fn change(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let accounts = visitor.accounts()?;
            let (login, now) = (&visitor.session.login, Timestamp::now());
            let problem = match sent.get("act") {
                "address" => name_address(visitor, &accounts, sent.get("address").trim())?,
                "confirm" if accounts.confirm_address(login, sent.get("code"), now)? => None,
                "confirm" => Some(Problem::at("code", t(visitor.lang, "notify.address_wrong"))),
                "forget" => {
                    accounts.forget_address(login)?;
                    None
                }
                "choose" => match chosen(visitor, &sent) {
                    Ok(channels) => {
                        accounts.choose_channels(login, &channels)?;
                        return Ok(Redirect::to("/account/notices?done=choose").into_response());
                    }
                    Err(problem) => Some(problem),
                },
                _ => return Err(Trouble::bad("act")),
            };
            match problem {
                None => Ok(Redirect::to("/account/notices").into_response()),
                Some(problem) => {
                    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(visitor, &[problem])?).into_response())
                }
            }
        })
        .await
}

/// Notes the address and sends the code there.
fn name_address(visitor: &Visitor, accounts: &Accounts, address: &str) -> Result<Option<Problem>, Trouble> {
    let lang = visitor.lang;
    let notices = visitor.notices()?;
    let settings = notices.settings();
    let refused = |key: &str| Ok(Some(Problem::at("address", t(lang, key))));
    let Some(mail) = &settings.mail else {
        return refused("notify.by_mail_off");
    };
    if !mail.may_write_to(address) {
        return refused("notify.address_unfit");
    }
    let Some(code) = accounts.name_address(&visitor.session.login, address, Timestamp::now())? else {
        return refused("notify.address_soon");
    };
    let place = visitor.world.name.get(lang);
    let subject = tf(lang, "notify.code_subject", &[("place", &place), ("code", &code)]);
    let text = tf(lang, "notify.code_text", &[("place", &place), ("code", &code)]);
    Ok(notices.write_letter(address, &subject, &text).err().map(|why| {
        let why = explain(lang, why.code, &why.said);
        Problem::at("address", tf(lang, "notify.address_failed", &[("why", &why)]))
    }))
}

/// The choices that were sent; letters come in the language in which they were made.
fn chosen(visitor: &Visitor, sent: &Sent) -> Result<Channels, Problem> {
    let lang = visitor.lang;
    let mut channels = Channels {
        by_mail: sent.filled("by_mail").is_some(),
        by_robot: sent.filled("by_robot").is_some(),
        kinds: BTreeSet::new(),
        lang,
        ..Channels::default()
    };
    for kind in Kind::ALL {
        if sent.filled(&format!("kind_{}", kind.name())).is_some() {
            channels.kinds.insert(kind);
        }
    }
    if channels.by_mail && channels.kinds.is_empty() {
        return Err(Problem::at("kind_work", t(lang, "notify.kinds_none")));
    }
    if let Some(digest) = Digest::parse(sent.get("often")) {
        channels.rhythm.digest = digest;
    }
    let time = |name: &str| {
        let time = sent.get(name).parse::<Time>();
        time.map_err(|_| Problem::at(name, t(lang, "notify.quiet_unfit")))
    };
    channels.rhythm.quiet = (time("from")?, time("to")?);
    channels.rhythm.days_off = sent.filled("days_off").is_some();
    Ok(channels)
}

fn page(visitor: &Visitor, problems: &[Problem]) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let (channels, address) = visitor.accounts()?.channels(&visitor.session.login)?;
    let done = visitor.here.ends_with("done=choose");
    let title = t(lang, "notify.channels");
    let settings = visitor.notices()?.settings();
    let body = html! {
        (layout::heading(Some(t(lang, "account.title")), &html! { (title) }, &html! { a href="/notifications" { (t(lang, "notify.title")) } }))
        (summary(lang, problems))
        @if done { p .notice role="status" { (t(lang, "notify.channels_done")) } }
        p .lead { (t(lang, "notify.channels_lead")) }
        @match &settings.mail {
            Some(mail) => (address_part(visitor, address.as_ref(), &mail.domains, problems)),
            None => p .quiet { (t(lang, "notify.by_mail_off")) },
        }
        (choices(visitor, &channels, address.as_ref().is_some_and(|mail| mail.confirmed), settings.mail.is_some(), problems))
    };
    Ok(layout::page(visitor, title, Nav::Other, &body))
}

fn address_part(
    visitor: &Visitor,
    address: Option<&MailAddress>,
    domains: &[String],
    problems: &[Problem],
) -> Markup {
    let lang = visitor.lang;
    let waits = address.filter(|mail| !mail.confirmed);
    let wrong = |field: &str| {
        problems
            .iter()
            .any(|problem| problem.field.as_deref() == Some(field))
    };
    html! {
        section #mail {
            h2 { (t(lang, "notify.address")) }
            @if let Some(mail) = address {
                @let key = if mail.confirmed { "notify.address_confirmed" } else { "notify.address_waits" };
                p { (show::text(&tf(lang, key, &[("address", &mail.address)]))) }
            }
            @if let Some(mail) = waits {
                @if !wrong("address") { p .notice role="status" { (show::text(&tf(lang, "notify.address_sent", &[("address", &mail.address)]))) } }
                form .stack method="post" action="/account/notices" {
                    (layout::csrf(visitor))
                    div .field .has-error[wrong("code")] {
                        label for="code" { (t(lang, "notify.code")) }
                        (at_field(problems, "code"))
                        input #code name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required;
                    }
                    div .actions { button .primary type="submit" name="act" value="confirm" { (t(lang, "notify.code_take")) } }
                }
            }
            form .stack method="post" action="/account/notices" {
                (layout::csrf(visitor))
                div .field .has-error[wrong("address")] {
                    label for="address" { (t(lang, "notify.address")) }
                    p .help { (t(lang, "notify.address_help")) @if !domains.is_empty() { " " (tf(lang, "notify.address_domains", &[("domains", &domains.join(", "))])) } }
                    (at_field(problems, "address"))
                    input #address name="address" type="text" inputmode="email" autocomplete="email" autocapitalize="none" spellcheck="false" required
                        value=(address.map_or("", |mail| mail.address.as_str()));
                }
                div .actions { button type="submit" name="act" value="address" { (t(lang, "notify.address_send")) } }
            }
            @if address.is_some() {
                form .inline method="post" action="/account/notices" {
                    (layout::csrf(visitor))
                    button .link type="submit" name="act" value="forget" { (t(lang, "notify.address_forget")) }
                }
            }
        }
    }
}

fn choices(
    visitor: &Visitor,
    channels: &Channels,
    confirmed: bool,
    mail: bool,
    problems: &[Problem],
) -> Markup {
    let lang = visitor.lang;
    let wrong = |field: &str| {
        problems
            .iter()
            .any(|problem| problem.field.as_deref() == Some(field))
    };
    let tick = |name: &str, on: bool, text: &str| {
        html! { label .choice { input #(name) type="checkbox" name=(name) value="1" checked[on]; span { (text) } } }
    };
    let hour = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
    let (from, to) = channels.rhythm.quiet;
    html! {
        section #choices {
            h2 { (t(lang, "notify.mail")) }
            form .stack method="post" action="/account/notices" {
                (layout::csrf(visitor))
                div {
                    div .choices { (tick("by_mail", channels.by_mail, t(lang, "notify.by_mail"))) }
                    @if mail && !confirmed { p .quiet { (t(lang, "notify.by_mail_needs")) } }
                }
                fieldset .choices {
                    legend { (t(lang, "notify.often")) }
                    @for digest in Digest::ALL {
                        label .choice {
                            input type="radio" name="often" value=(digest.name()) checked[digest == channels.rhythm.digest];
                            span { (t(lang, &format!("notify.often_{}", digest.name()))) }
                        }
                    }
                }
                fieldset .choices {
                    legend { (t(lang, "notify.kinds")) }
                    @for kind in Kind::ALL {
                        (tick(&format!("kind_{}", kind.name()), channels.kinds.contains(&kind), t(lang, &format!("notify.kind_{}", kind.name()))))
                    }
                }
                @for (name, at, key) in [("from", from, "notify.quiet_from"), ("to", to, "notify.quiet_to")] {
                    div .field .has-error[wrong(name)] {
                        label for=(name) { (t(lang, key)) }
                        (at_field(problems, name))
                        input id=(name) name=(name) type="time" required value=(hour(at));
                    }
                }
                p .quiet { (t(lang, "notify.quiet_help")) " " (t(lang, "notify.emergencies_help")) }
                div .choices { (tick("days_off", channels.rhythm.days_off, t(lang, "notify.days_off"))) }
                div {
                    div .choices { (tick("by_robot", channels.by_robot, t(lang, "notify.by_robot"))) }
                    p .quiet { (t(lang, "notify.by_robot_help")) }
                }
                div .actions { button .primary type="submit" name="act" value="choose" { (t(lang, "notify.save")) } }
            }
        }
    }
}

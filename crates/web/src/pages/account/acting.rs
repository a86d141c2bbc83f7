//! Acting for somebody during leave (代岗): a colleague of the unit serves a post for some days. He signs in as himself and acts
//! in that post; it ends by itself. Who administers accounts arranges it for whoever cannot.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bihuan_domain::calendar::date_of;
use bihuan_domain::id::{PersonId, PostId};
use bihuan_domain::org::Appointment;
use bihuan_engine::access::Task;
use bihuan_engine::people::{self, Leave};
use bihuan_messages::{t, tf};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::body::{Posted, Sent};
use crate::components::summary::{Problem, at_field, summary};
use crate::form::fresh_key;
use crate::layout::{self, Nav};
use crate::place::Query;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/account/acting", get(index).post(arrange))
}

/// The part of the account's page: who acts for me, for whom I act, and the way to arrange it.
pub(super) fn section(show: &Show<'_>) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    html! {
        section #acting {
            h2 { (t(lang, "account.acting")) }
            p .quiet { (t(lang, "account.acting_lead")) }
            (list(show, &visitor.person, false))
            p .actions { a .button href="/account/acting" { (t(lang, "account.acting_arrange")) } }
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// For whom it is arranged; for oneself where empty.
    of: String,
}

/// Whose leave it is: one's own, or somebody's whose accounts one administers.
fn absent(visitor: &Visitor, of: &str) -> Result<PersonId, Trouble> {
    if of.is_empty() || of == visitor.person.as_str() {
        return Ok(visitor.person.clone());
    }
    visitor.must(Task::ManageAccounts)?;
    let known = visitor.world.org.persons.keys().find(|id| id.as_str() == of);
    known.cloned().ok_or_else(Trouble::not_found)
}

async fn index(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let absent = absent(visitor, &asked.of)?;
            page(visitor, &absent, None, &[])
        })
        .await
}

async fn arrange(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let absent = absent(visitor, sent.get("of"))?;
            let done = match sent.get("end") {
                "" => arranged(visitor, &absent, &sent),
                deputy => {
                    let (deputy, post) = (PersonId::from(deputy), PostId::from(sent.get("post")));
                    let (engine, actor) = (&visitor.engine, visitor.actor());
                    people::end_acting(engine, &actor, sent.get("key"), &absent, (&deputy, &post))
                        .map_err(Trouble::from)
                        .map_err(|trouble| (trouble.status, Problem::from_trouble(&trouble, visitor.lang)))
                }
            };
            Ok(match done {
                Ok(()) if absent == visitor.person => Redirect::to("/account/acting").into_response(),
                Ok(()) => Redirect::to(&format!("/account/acting?of={}", show::percent(absent.as_str())))
                    .into_response(),
                Err((status, problem)) => {
                    (status, page(visitor, &absent, Some(&sent), &[problem])?).into_response()
                }
            })
        })
        .await
}

fn arranged(visitor: &Visitor, absent: &PersonId, sent: &Sent) -> Result<(), (StatusCode, Problem)> {
    let day = |name: &str| {
        let missing = || Problem::at(name, t(visitor.lang, "report.p_day_needed"));
        let day = sent.get(name).trim().parse::<Date>();
        day.map_err(|_| (StatusCode::UNPROCESSABLE_ENTITY, missing()))
    };
    let leave = Leave {
        absent: absent.clone(),
        post: sent.get("post").into(),
        deputy: sent.get("deputy").into(),
        from: day("from")?,
        to: day("to")?,
    };
    people::let_act(&visitor.engine, &visitor.actor(), sent.get("key"), &leave).map_err(|failure| {
        let trouble = Trouble::from(failure);
        let mut problem = Problem::from_trouble(&trouble, visitor.lang);
        let field = match trouble.code.as_str() {
            "acting_not_own" => Some("post"),
            "acting_who" => Some("deputy"),
            "acting_days" => Some("to"),
            _ => None,
        };
        problem.field = field.map(str::to_owned);
        (trouble.status, problem)
    })
}

fn page(
    visitor: &Visitor,
    absent: &PersonId,
    sent: Option<&Sent>,
    problems: &[Problem],
) -> Result<Markup, Trouble> {
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let lang = visitor.lang;
    let others = *absent != visitor.person;
    let body = html! {
        (layout::heading(Some(t(lang, "account.title")), &html! { (t(lang, "account.acting")) }, &html! {}))
        (summary(lang, problems))
        p .lead { (t(lang, "account.acting_lead")) }
        @if others { p .notice { (tf(lang, "account.acting_for_whom", &[("name", &show.person(absent))])) } }
        (list(&show, absent, true))
        (form(&show, absent, sent, problems))
    };
    Ok(layout::page(
        visitor,
        t(lang, "account.acting"),
        Nav::Other,
        &body,
    ))
}

/// What is arranged: who acts for this person, and for whom he acts.
fn list(show: &Show<'_>, of: &PersonId, buttons: bool) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let concerns = |one: &&Appointment| one.person == *of || one.acting_for.as_ref() == Some(of);
    let all: Vec<&Appointment> = people::acting(&visitor.world, date_of(visitor.now))
        .filter(concerns)
        .collect();
    html! {
        @if !all.is_empty() {
            ul .plain-list { @for one in all {
                @let away = one.acting_for.as_ref().map(|person| show.person(person)).unwrap_or_default();
                li {
                    (tf(lang, "account.acting_line", &[("deputy", &show.person(&one.person)), ("absent", &away), ("post", &show.post(&one.post))])) " "
                    span .quiet { (show::date(one.valid.from, lang)) @if let Some(to) = one.valid.to { " – " (show::date(to, lang)) } }
                    @if buttons && one.acting_for.as_ref() == Some(of) {
                        " " form .inline method="post" action="/account/acting" {
                            (layout::csrf(visitor))
                            input type="hidden" name="key" value=(fresh_key());
                            input type="hidden" name="of" value=(of);
                            input type="hidden" name="post" value=(one.post);
                            button .link type="submit" name="end" value=(one.person) { (t(lang, "account.acting_end")) }
                        }
                    }
                }
            } }
        }
    }
}

fn form(show: &Show<'_>, absent: &PersonId, sent: Option<&Sent>, problems: &[Problem]) -> Markup {
    let visitor = show.visitor;
    let (lang, world) = (visitor.lang, &visitor.world);
    let today = date_of(visitor.now);
    let own =
        |one: &&Appointment| one.person == *absent && one.acting_for.is_none() && one.valid.covers(today);
    let posts: Vec<&PostId> = world
        .org
        .appointments
        .iter()
        .filter(own)
        .map(|one| &one.post)
        .collect();
    let among: Vec<PersonId> = {
        let all = posts.iter().flat_map(|post| people::deputies(world, post, today));
        let all: std::collections::BTreeSet<PersonId> = all.filter(|person| person != absent).collect();
        all.into_iter().collect()
    };
    let was = |name: &str| sent.map(|sent| sent.get(name)).unwrap_or_default();
    let key = sent.map(|sent| sent.get("key")).filter(|key| !key.is_empty());
    let day = |name: &str, label: &str| {
        html! {
            div .field {
                label for=(name) { (t(lang, label)) }
                (at_field(problems, name))
                input id=(name) type="date" name=(name) required min=(today) value=(if was(name).is_empty() { today.to_string() } else { was(name).to_owned() });
            }
        }
    };
    if posts.is_empty() || among.is_empty() {
        let why = if posts.is_empty() {
            "account.acting_no_post"
        } else {
            "account.acting_nobody"
        };
        return html! { div .empty { p { (t(lang, why)) } } };
    }
    html! {
        section { h2 { (t(lang, "account.acting_arrange")) }
            form .stack method="post" action="/account/acting" {
                (layout::csrf(visitor))
                input type="hidden" name="key" value=(key.map_or_else(fresh_key, str::to_owned));
                input type="hidden" name="of" value=(absent);
                div .field {
                    label for="post" { (t(lang, "account.acting_post")) }
                    (at_field(problems, "post"))
                    select #post name="post" required { @for post in &posts {
                        option value=(post) selected[was("post") == post.as_str()] { (show.post(post)) }
                    } }
                }
                div .field {
                    label for="deputy" { (t(lang, "account.acting_deputy")) }
                    p .help { (t(lang, "account.acting_deputy_help")) }
                    (at_field(problems, "deputy"))
                    select #deputy name="deputy" required {
                        option value="" { (t(lang, "web.choose")) }
                        @for person in &among {
                            option value=(person) selected[was("deputy") == person.as_str()] { (called(show, person)) }
                        }
                    }
                }
                (day("from", "account.acting_from"))
                (day("to", "account.acting_to"))
                div .actions {
                    button .primary type="submit" { (t(lang, "account.acting_do")) }
                    a href="/account#acting" { (t(lang, "account.acting_back")) }
                }
            }
        }
    }
}

/// A person with the posts that he serves today.
fn called(show: &Show<'_>, person: &PersonId) -> String {
    let visitor = show.visitor;
    let posts = visitor.world.org.posts_held(person, date_of(visitor.now));
    let posts: Vec<String> = posts.map(|post| show.post(post)).collect();
    format!(
        "{} · {}",
        show.person(person),
        posts.join(t(visitor.lang, "web.list_comma"))
    )
}

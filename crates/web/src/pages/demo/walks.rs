//! The guided walks: each with what is done and what is next, one click for the next step on its page and one to have it
//! done; the bar that goes along on every page while one walks.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_messages::{Lang, t, tf};
use jiff::Timestamp;
use maud::{Markup, html};

use crate::apart::apart;
use crate::body::Sent;
use crate::components::summary::{Problem, summary};
use crate::frame::lang_of;
use crate::layout::{self, Nav};
use crate::pages::{back_to, sign_in};
use crate::session::{Visitor, WALK, cookie, set_cookie};
use crate::trouble::Trouble;
use crate::{DemoInfo, DemoStep, DemoWalk, Guide, Jurisdiction, Web, show};

/// How long a walk goes along, in seconds.
const WALK_SECONDS: u32 = 24 * 3600;

/// The walks of every sample jurisdiction, for anybody.
pub(super) async fn page(
    State(web): State<Web>,
    headers: HeaderMap,
    visitor: Result<Visitor, Trouble>,
) -> Result<Markup, Trouble> {
    apart(move || view(&web, &headers, visitor.ok().as_ref(), &[])).await?
}

/// Does a step: signs in where it is done, or has it done; or leaves the walk.
pub(super) async fn step(
    State(web): State<Web>,
    headers: HeaderMap,
    visitor: Result<Visitor, Trouble>,
    sent: Sent,
) -> Result<Response, Trouble> {
    let visitor = visitor.ok();
    apart(move || take(&web, &headers, visitor.as_ref(), &sent)).await?
}

fn guide(place: &Jurisdiction) -> Option<(&DemoInfo, &Arc<dyn Guide>)> {
    let demo = place.demo.as_ref()?;
    Some((demo, demo.guide.as_ref()?))
}

fn take(web: &Web, headers: &HeaderMap, visitor: Option<&Visitor>, sent: &Sent) -> Result<Response, Trouble> {
    let next = back_to(sent.get("next"));
    if sent.get("do") == "leave" {
        let mut response = Redirect::to(next).into_response();
        set_cookie(headers, response.headers_mut(), WALK, "", 0);
        return Ok(response);
    }
    // It signs people in and acts for them: whoever has not the accounts' password gets nothing of it.
    let place = web.jurisdiction(sent.get("jurisdiction")).and_then(|place| {
        let password = &place.demo.as_ref()?.password;
        (sent.get("password") == password).then_some(place)
    });
    let place = place.ok_or_else(|| Trouble::sign_in("/demo/walks"))?;
    let number = sent.get("walk");
    let (_, guide) = guide(place).ok_or_else(Trouble::not_found)?;
    let walk = guide.walk(number)?.ok_or_else(Trouble::not_found)?;
    let index: usize = sent
        .get("step")
        .parse()
        .map_err(|_| Trouble::bad(sent.get("step")))?;
    let step = walk.steps.get(index).ok_or_else(Trouble::not_found)?;
    if sent.get("do") == "play" || step.who.is_none() {
        if let (false, Err(why)) = (step.done, guide.play(number, index)?) {
            let problem = Problem {
                field: None,
                text: format!("{number} {}：{why}", step.act.get(lang_of(headers))),
                allowed: Vec::new(),
            };
            let page = view(web, headers, visitor, &[problem])?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
        let mut response = Redirect::to(next).into_response();
        set_cookie(headers, response.headers_mut(), WALK, number, WALK_SECONDS);
        return Ok(response);
    }
    if !step.done {
        guide.reach(step.at)?;
    }
    // The day may have opened the case that the step is about.
    let walk = guide.walk(number)?.unwrap_or(walk);
    let step = walk.steps.get(index).ok_or_else(Trouble::not_found)?;
    let Some(who) = &step.who else {
        return Err(Trouble::not_found());
    };
    let secret = place
        .accounts
        .sign_in(
            &who.login,
            sent.get("password"),
            &sign_in::agent_of(headers),
            Timestamp::now(),
        )
        .map_err(|_| Trouble::forbidden())?;
    let mut response = Redirect::to(&address(&walk, step, index)).into_response();
    sign_in::enter(headers, &mut response, &place.slug, &secret, who.post.as_str());
    set_cookie(headers, response.headers_mut(), WALK, number, WALK_SECONDS);
    Ok(response)
}

/// Where a step is done, with its form filled; where it was done, once it is.
fn address(walk: &DemoWalk, step: &DemoStep, index: usize) -> String {
    match &step.page {
        Some((page, _)) if step.done => page.clone(),
        Some((page, part)) => {
            let join = if page.contains('?') { '&' } else { '?' };
            format!("{page}{join}fill={}.{index}{part}", walk.number)
        }
        None => format!("/demo/walks#{}", walk.number),
    }
}

fn view(
    web: &Web,
    headers: &HeaderMap,
    visitor: Option<&Visitor>,
    problems: &[Problem],
) -> Result<Markup, Trouble> {
    let lang = lang_of(headers);
    let mut places = Vec::new();
    for place in web.jurisdictions() {
        if let Some(demo) = &place.demo {
            let walks = demo.guide.as_ref().map(|guide| guide.walks()).transpose()?;
            places.push((place, demo, walks.unwrap_or_default()));
        }
    }
    if places.is_empty() {
        return Err(Trouble::not_found());
    }
    let current = cookie(headers, WALK).unwrap_or_default();
    let title = t(lang, "demo.walks_title");
    let body = html! {
        (layout::heading(None, &html! { (title) }, &html! {}))
        (summary(lang, problems))
        p .lead { (t(lang, "demo.walks_lead")) }
        p .quiet { (t(lang, "demo.walks_clock")) }
        @for (place, demo, walks) in &places {
            section {
            h2 { (tf(lang, "demo.walks_here", &[
                ("place", &place.engine.world().name.get(lang)),
                ("n", &walks.len()),
            ])) " " span .quiet .walk-now { (show::moment_text(place.engine.now(), lang)) } }
            @if walks.is_empty() { p { (t(lang, "demo.walk_none")) } }
            @for walk in walks { (one(&Scene { place, demo, walk, lang, next: &format!("/demo/walks#{}", walk.number) }, current)) }
            }
        }
    };
    Ok(match visitor {
        Some(visitor) => layout::page(visitor, title, Nav::Other, &body),
        None => layout::plain(lang, title, &body),
    })
}

/// A walk as it is shown.
struct Scene<'a> {
    place: &'a Jurisdiction,
    demo: &'a DemoInfo,
    walk: &'a DemoWalk,
    lang: Lang,
    /// Where having a step done leads back to.
    next: &'a str,
}

fn one(scene: &Scene<'_>, current: &str) -> Markup {
    let (walk, lang) = (scene.walk, scene.lang);
    let (done, all) = (walk.done(), walk.steps.len());
    let next = walk.next().map(|(n, _)| n);
    let begun = done > 0 && done < all;
    html! {
        details .walk id=(walk.number) open[begun || current == walk.number] {
            summary {
                strong { (walk.number) " " (walk.mechanism.get(lang)) }
                span .walk-course { (walk.course.get(lang)) }
                span .tag .is-done[done == all] {
                    @if done == all { "✓ " (t(lang, "demo.walk_over")) }
                    @else { (tf(lang, "demo.walk_steps", &[("done", &done), ("all", &all)])) }
                }
            }
            ol .walk-steps { @for (n, step) in walk.steps.iter().enumerate() { (item(scene, n, step, next == Some(n))) } }
        }
    }
}

fn item(scene: &Scene<'_>, n: usize, step: &DemoStep, is_next: bool) -> Markup {
    let lang = scene.lang;
    html! {
        li .is-done[step.done] .is-next[is_next] aria-current=[is_next.then_some("step")] {
            span .walk-mark aria-hidden="true" { @if step.done { "✓" } @else { (n + 1) } }
            div {
                p .walk-act {
                    strong { (step.act.get(lang)) }
                    @if step.done { span .sr { " " (t(lang, "demo.walk_done")) } }
                    @if let Some(stage) = &step.lands { span .quiet { " → " (stage.get(lang)) } }
                    @if let (false, true, Some(_), Some(_)) = (is_next, step.done, &step.who, &step.page) {
                        " " (press(scene, n, "go", t(lang, "demo.walk_look"), "link"))
                    }
                }
                p .quiet {
                    @match &step.who { Some(who) => { (who.what.get(lang)) }, None => { (t(lang, "demo.walk_system")) } }
                    " · " (show::moment_text(step.at, lang))
                }
                @if is_next {
                    @if !step.values.is_empty() || step.files > 0 {
                        dl .walk-values {
                            @for (field, value) in &step.values { dt { (field.get(lang)) } dd { (value) } }
                            @if step.files > 0 { dt { (t(lang, "demo.walk_evidence")) } dd { (tf(lang, "demo.walk_files", &[("n", &step.files)])) } }
                        }
                    }
                    (buttons(scene, n, step))
                }
            }
        }
    }
}

/// The one click that moves the clock, signs in and opens the filled form, and the one that has it done.
fn buttons(scene: &Scene<'_>, n: usize, step: &DemoStep) -> Markup {
    let lang = scene.lang;
    let later = step.at > scene.place.engine.now();
    let at = show::moment_text(step.at, lang);
    let label = match &step.who {
        Some(who) if later => tf(
            lang,
            "demo.walk_go_later",
            &[("who", &who.what.get(lang)), ("at", &at)],
        ),
        Some(who) => tf(lang, "demo.walk_go", &[("who", &who.what.get(lang))]),
        None if later => tf(lang, "demo.walk_let_later", &[("at", &at)]),
        None => t(lang, "demo.walk_let").to_owned(),
    };
    html! {
        div .walk-buttons {
            (press(scene, n, "go", &label, "primary"))
            @if step.who.is_some() { (press(scene, n, "play", t(lang, "demo.walk_play"), "plain")) }
        }
    }
}

fn press(scene: &Scene<'_>, n: usize, what: &str, label: &str, class: &str) -> Markup {
    html! {
        form .inline method="post" action="/demo/walks" {
            input type="hidden" name="jurisdiction" value=(scene.place.slug);
            input type="hidden" name="walk" value=(scene.walk.number);
            input type="hidden" name="step" value=(n);
            input type="hidden" name="next" value=(scene.next);
            input type="hidden" name="password" value=(scene.demo.password);
            button class=(class) type="submit" name="do" value=(what) { (label) }
        }
    }
}

/// What goes along on every page while one walks: which step is next, and its two buttons.
pub(super) fn bar(visitor: &Visitor) -> Markup {
    let lang = visitor.lang;
    let place = visitor.jurisdiction();
    let known = place.and_then(|place| Some((place, guide(place)?)));
    let (Some(number), Some((place, (demo, guide)))) = (&visitor.walk, known) else {
        return html! {};
    };
    let walk = match guide.walk(number) {
        Ok(Some(walk)) => walk,
        Ok(None) => return html! {},
        Err(failure) => {
            tracing::error!(?failure, "a guided walk could not be read");
            return html! {};
        }
    };
    let scene = Scene {
        place,
        demo,
        walk: &walk,
        lang,
        next: &visitor.here,
    };
    html! {
        aside .walk-bar aria-label=(t(lang, "demo.walks")) {
            p {
                a href={ "/demo/walks#" (walk.number) } { strong { (t(lang, "demo.walks")) " " (walk.number) } }
                " " span .tag { (tf(lang, "demo.walk_steps", &[("done", &walk.done()), ("all", &walk.steps.len())])) }
                @match walk.next() {
                    Some((_, step)) => {
                        " " (t(lang, "demo.walk_next")) strong { (step.act.get(lang)) }
                    },
                    None => { " " (t(lang, "demo.walk_over_note")) },
                }
            }
            @match walk.next() {
                Some((n, _)) if visitor.here.contains(&format!("fill={number}.{n}")) => { span .quiet { (t(lang, "demo.walk_filled")) } },
                Some((n, step)) => { (buttons(&scene, n, step)) },
                None => {},
            }
            (press(&scene, 0, "leave", t(lang, "demo.walk_leave"), "link"))
        }
    }
}

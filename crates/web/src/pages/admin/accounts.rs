//! Accounts (账户管理): who can sign in, on which posts; somebody new with a first password, a new password for who forgot
//! it, the second step taken off for who lost his telephone, an account taken away. Each act stands in the log.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bihuan_domain::calendar::date_of;
use bihuan_domain::id::PostId;
use bihuan_engine::access::Task;
use bihuan_engine::{Account, password, people};
use bihuan_messages::{t, tf};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::body::Posted;
use crate::components::pager::pager;
use crate::components::summary::{Problem, at_field, summary};
use crate::layout::{self, Nav};
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Accounts on a page.
const PAGE: usize = 50;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin/accounts", get(index).post(add))
        .route("/admin/accounts/{login}", post(change))
}

/// What is looked for, and typed.
#[derive(Clone, Default, Deserialize)]
struct Asked {
    /// Part of a sign-in name, a person's or a post's.
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: u64,
    #[serde(skip)]
    login: String,
    #[serde(skip)]
    name: String,
    #[serde(skip)]
    post: String,
}

/// A password that was just made, for whom: shown once.
struct Handed {
    login: String,
    password: String,
}

async fn index(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor.must(Task::ManageAccounts)?;
    visitor
        .work(move |visitor| page(visitor, &asked, &[], None))
        .await
}

async fn add(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor.must(Task::ManageAccounts)?;
    visitor
        .work(move |visitor| {
            let lang = visitor.lang;
            let accounts = visitor.accounts()?;
            let asked = Asked {
                login: sent.get("login").trim().to_owned(),
                name: sent.get("name").trim().to_owned(),
                post: sent.get("post").to_owned(),
                ..Asked::default()
            };
            let mut problems = Vec::new();
            if !is_login(&asked.login) {
                problems.push(Problem::at("login", t(lang, "admin.account_login_bad")));
            } else if accounts.all()?.iter().any(|account| account.login == asked.login) {
                problems.push(Problem::at("login", t(lang, "admin.account_login_taken")));
            }
            if asked.name.is_empty() {
                problems.push(Problem::at("name", t(lang, "admin.account_name_missing")));
            }
            let mut status = StatusCode::UNPROCESSABLE_ENTITY;
            if problems.is_empty() {
                let post = PostId::from(asked.post.as_str());
                match people::appoint(&visitor.engine, &visitor.actor(), &asked.name, &post) {
                    Ok(person) => {
                        let password = password()?;
                        accounts.put_handed(&asked.login, &person, &password)?;
                        let handed = Handed {
                            login: asked.login,
                            password,
                        };
                        return Ok(page(visitor, &Asked::default(), &[], Some(&handed))?.into_response());
                    }
                    Err(failure) => {
                        let trouble = Trouble::from(failure);
                        status = trouble.status;
                        let mut problem = Problem::from_trouble(&trouble, lang);
                        let field = if trouble.code == "no_such_post" {
                            "post"
                        } else {
                            "name"
                        };
                        problem.field = Some(field.to_owned());
                        problems.push(problem);
                    }
                }
            }
            Ok((status, page(visitor, &asked, &problems, None)?).into_response())
        })
        .await
}

async fn change(Path(login): Path<String>, Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor.must(Task::ManageAccounts)?;
    visitor
        .work(move |visitor| {
            let accounts = visitor.accounts()?;
            let known = accounts.all()?.into_iter().find(|account| account.login == login);
            let account = known.ok_or_else(Trouble::not_found)?;
            let refused = |text: &str| {
                let problem = Problem {
                    field: None,
                    text: t(visitor.lang, text).to_owned(),
                    allowed: Vec::new(),
                };
                let page = page(visitor, &Asked::default(), &[problem], None)?;
                Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
            };
            // Nobody locks himself out, and nobody hands himself a password without knowing his own.
            if account.login == visitor.session.login {
                return refused("admin.account_own");
            }
            let mut handed = None;
            let act = match sent.get("act") {
                "reset" => {
                    let password = password()?;
                    accounts.put_handed(&login, &account.person, &password)?;
                    handed = Some(Handed { login, password });
                    "password_reset"
                }
                "unlock" => {
                    accounts.unlock(&login)?;
                    "unlocked"
                }
                "second_off" => {
                    accounts.stop_second(&login)?;
                    "second_off"
                }
                "remove" if sent.get("sure") != "yes" => return refused("admin.account_sure_missing"),
                "remove" => {
                    accounts.remove(&login)?;
                    "removed"
                }
                other => return Err(Trouble::bad(format!("act `{other}`"))),
            };
            people::account_changed(&visitor.engine, &visitor.actor(), &account.person, act)?;
            match handed {
                Some(handed) => Ok(page(visitor, &Asked::default(), &[], Some(&handed))?.into_response()),
                None => Ok(Redirect::to("/admin/accounts").into_response()),
            }
        })
        .await
}

/// Small letters, digits, dots and dashes, beginning with a letter: what everybody can type everywhere.
fn is_login(login: &str) -> bool {
    let mut letters = login.chars();
    letters.next().is_some_and(|first| first.is_ascii_lowercase())
        && login.len() <= 40
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
}

fn page(
    visitor: &Visitor,
    asked: &Asked,
    problems: &[Problem],
    handed: Option<&Handed>,
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let sought = asked.q.trim().to_lowercase();
    let mut rows: Vec<(Account, String, Vec<String>)> = Vec::new();
    for account in visitor.accounts()?.all()? {
        let name = show.person(&account.person);
        let held = visitor
            .world
            .org
            .posts_held(&account.person, date_of(visitor.now));
        let posts: Vec<String> = held.map(|post| show.post(post)).collect();
        let holds = |text: &String| text.to_lowercase().contains(&sought);
        if holds(&account.login) || holds(&name) || posts.iter().any(holds) {
            rows.push((account, name, posts));
        }
    }
    let number = asked.page.max(1);
    let total = rows.len();
    let skip = usize::try_from(number - 1)
        .unwrap_or(usize::MAX)
        .saturating_mul(PAGE);
    let shown: Vec<_> = rows.into_iter().skip(skip).take(PAGE).collect();
    let body = html! {
        (layout::heading(Some(t(lang, "admin.title")), &html! { (t(lang, "admin.accounts")) }, &html! {}))
        p .lead { (t(lang, "admin.accounts_lead")) }
        (summary(lang, problems))
        @if let Some(handed) = handed {
            div .notice role="status" {
                p { strong { (tf(lang, "admin.account_handed", &[("login", &handed.login)])) } }
                p { code .secret { (handed.password) } }
                p { (t(lang, "admin.account_handed_lead")) }
            }
        }
        (new_form(&show, asked, problems))
        form .search method="get" action="/admin/accounts" role="search" {
            label .sr for="q" { (t(lang, "admin.account_find")) }
            input #q name="q" type="search" value=(asked.q) maxlength="60" placeholder=(t(lang, "admin.account_find"));
            button type="submit" { (t(lang, "find.nav_search")) }
        }
        @if shown.is_empty() { div .empty { p { (t(lang, "admin.account_none")) } } }
        @else { (table(visitor, &shown)) }
        (pager(lang, number, PAGE as u64, total as u64, |page| format!("/admin/accounts?q={}&page={page}", show::percent(&asked.q))))
    };
    Ok(layout::page(
        visitor,
        t(lang, "admin.accounts"),
        Nav::Admin,
        &body,
    ))
}

fn table(visitor: &Visitor, rows: &[(Account, String, Vec<String>)]) -> Markup {
    let lang = visitor.lang;
    let heads = [
        "web.login",
        "account.name",
        "account.posts",
        "admin.account_state",
        "admin.account_last",
        "admin.account_do",
    ]
    .map(|key| t(lang, key));
    html! {
        div .scroll tabindex="0" role="region" aria-label=(t(lang, "admin.accounts")) { table .ledger {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { @for (account, name, posts) in rows { tr {
                td data-label=(heads[0]) { code { (account.login) } }
                td data-label=(heads[1]) { (show::text(name)) }
                td data-label=(heads[2]) {
                    @for post in posts { div { (post) } }
                    @if posts.is_empty() { span .quiet { (t(lang, "admin.account_no_post")) } }
                }
                td data-label=(heads[3]) { (state(visitor, account)) }
                td data-label=(heads[4]) {
                    @match account.signed_in { Some(at) => { (show::moment(at, lang)) }, None => { (t(lang, "admin.account_never")) } }
                }
                td data-label=(heads[5]) { (acts(visitor, account)) }
            } } }
        } }
    }
}

fn state(visitor: &Visitor, account: &Account) -> Markup {
    let lang = visitor.lang;
    let locked = account.locked_until.filter(|until| *until > Timestamp::now());
    html! {
        @if let Some(until) = locked { div .wrong { (tf(lang, "admin.account_locked", &[("until", &show::moment_text(until, lang))])) } }
        @if account.must_change { div { (t(lang, "admin.account_waits")) } }
        @if account.second { div { (t(lang, "account.second")) } }
    }
}

fn acts(visitor: &Visitor, account: &Account) -> Markup {
    let lang = visitor.lang;
    if account.login == visitor.session.login {
        return html! { a href="/account" { (t(lang, "account.title")) } };
    }
    let locked = account.locked_until.is_some_and(|until| until > Timestamp::now());
    html! {
        details {
            summary { (t(lang, "admin.account_do")) }
            p { a href={ "/account/acting?of=" (show::percent(account.person.as_str())) } { (t(lang, "account.acting_arrange")) } }
            form .stack method="post" action={ "/admin/accounts/" (show::percent(&account.login)) } {
                (layout::csrf(visitor))
                button type="submit" name="act" value="reset" { (t(lang, "admin.account_reset")) }
                @if locked { button type="submit" name="act" value="unlock" { (t(lang, "admin.account_unlock")) } }
                @if account.second { button type="submit" name="act" value="second_off" { (t(lang, "admin.account_second_off")) } }
                label .choice { input type="checkbox" name="sure" value="yes"; span { (t(lang, "admin.account_sure")) } }
                button type="submit" name="act" value="remove" { (t(lang, "admin.account_remove")) }
            }
        }
    }
}

/// Somebody new: a name, a post, a name to sign in with.
fn new_form(show: &Show<'_>, asked: &Asked, problems: &[Problem]) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let today = date_of(visitor.now);
    let org = &visitor.world.org;
    let at = |field: &str| {
        problems
            .iter()
            .any(|problem| problem.field.as_deref() == Some(field))
    };
    let mut posts: Vec<(String, &PostId)> = org
        .posts
        .values()
        .filter(|post| post.valid.covers(today))
        .map(|post| (show.post(&post.id), &post.id))
        .collect();
    posts.sort();
    html! {
        details open[!problems.is_empty() && !asked.login.is_empty()] {
            summary { (t(lang, "admin.account_new")) }
            form .stack method="post" action="/admin/accounts" {
                (layout::csrf(visitor))
                div .field .has-error[at("name")] {
                    label for="name" { (t(lang, "account.name")) }
                    p .help #name-help { (t(lang, "admin.account_name_help")) }
                    (at_field(problems, "name"))
                    input #name name="name" required maxlength="60" autocomplete="off" aria-describedby="name-help" value=(asked.name);
                }
                div .field .has-error[at("post")] {
                    label for="post" { (t(lang, "web.post")) }
                    (at_field(problems, "post"))
                    select #post name="post" required {
                        option value="" { (t(lang, "admin.account_post_choose")) }
                        @for (name, id) in &posts { option value=(id) selected[id.as_str() == asked.post] { (name) } }
                    }
                }
                div .field .has-error[at("login")] {
                    label for="login" { (t(lang, "web.login")) }
                    p .help #login-help { (t(lang, "admin.account_login_help")) }
                    (at_field(problems, "login"))
                    input #login name="login" required maxlength="40" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="login-help" value=(asked.login);
                }
                div .actions { button .primary type="submit" { (t(lang, "admin.account_make")) } }
            }
        }
    }
}

//! Who asks: the session's person on a chosen post, with what that person may see, in the chosen language.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use bihuan_domain::calendar::date_of;
use bihuan_domain::id::{Code, PersonId, PostId, UnitId};
use bihuan_domain::org::Actor;
use bihuan_domain::world::World;
use bihuan_engine::access::{self, Sight, Task};
use bihuan_engine::views::Views;
use bihuan_engine::{Accounts, Engine, Mechanisms, Notices, Session};
use bihuan_messages::{Lang, t};
use jiff::Timestamp;

use crate::apart::apart;
use crate::body::Sent;
use crate::form::fresh_key;
use crate::frame::lang_of;
use crate::trouble::Trouble;
use crate::{Jurisdiction, Web};

/// The cookie of the session: `slug.secret`.
pub(crate) const SESSION: &str = "bihuan";

/// The cookie of the chosen post.
pub(crate) const POST: &str = "post";

/// The cookie of the guided walk that is being walked: its number.
pub(crate) const WALK: &str = "walk";

/// What is open to somebody whose password must be changed first.
const ALWAYS: [&str; 3] = ["/account", "/account/password", "/sign-out"];

/// Who asks, as every handler sees it. Cheap to clone.
#[derive(Clone)]
pub struct Visitor {
    web: Web,
    slug: Arc<str>,
    /// The session.
    pub session: Arc<Session>,
    /// The person.
    pub person: PersonId,
    /// The posts that the person holds today.
    pub posts: Arc<Vec<PostId>>,
    /// The post in which the person acts.
    pub post: PostId,
    /// The language.
    pub lang: Lang,
    /// What the person may see.
    pub sight: Arc<Sight>,
    /// The engine.
    pub engine: Engine,
    /// Org, registers, calendars as of the request.
    pub world: Arc<World>,
    /// The mechanisms as of the request.
    pub mechanisms: Arc<Mechanisms>,
    /// The instant of the request.
    pub now: Timestamp,
    /// The path asked for, with its query.
    pub here: Arc<str>,
    /// Whether the request came with a token of the API rather than a cookie.
    pub by_token: bool,
    /// Whether it only asks. Commands wait for the writer, who likes to have many at once; what asks is worked on in turn.
    asks: bool,
    /// The guided walk of the demo that is being walked.
    pub walk: Option<Arc<str>>,
}

impl Visitor {
    /// The jurisdiction; its world stands in [`Visitor::world`].
    pub fn jurisdiction(&self) -> Option<&Jurisdiction> {
        self.web.jurisdiction(&self.slug)
    }

    /// The accounts of the jurisdiction.
    ///
    /// # Errors
    ///
    /// [`Trouble::not_found`], if the jurisdiction is none.
    pub(crate) fn accounts(&self) -> Result<Arc<Accounts>, Trouble> {
        let place = self.jurisdiction().ok_or_else(Trouble::not_found)?;
        Ok(place.accounts.clone())
    }

    /// What people of the jurisdiction are told.
    ///
    /// # Errors
    ///
    /// [`Trouble::not_found`], if the jurisdiction is none.
    pub(crate) fn notices(&self) -> Result<Arc<Notices>, Trouble> {
        let place = self.jurisdiction().ok_or_else(Trouble::not_found)?;
        Ok(place.notices.clone())
    }

    /// The server's own state.
    pub fn web(&self) -> &Web {
        &self.web
    }

    /// The actor of commands from this session.
    pub fn actor(&self) -> Actor {
        Actor {
            person: self.person.clone(),
            post: self.post.clone(),
            on_behalf_of: None,
            session: Some(Code::new(&self.session.id)),
        }
    }

    /// The actor when recording for a unit without accounts (代录).
    pub fn actor_for(&self, unit: Option<UnitId>) -> Actor {
        Actor {
            on_behalf_of: unit,
            ..self.actor()
        }
    }

    /// A text of the catalogue in the visitor's language.
    pub fn t(&self, key: &str) -> &'static str {
        t(self.lang, key)
    }

    /// A reader of lists and the log.
    ///
    /// # Errors
    ///
    /// A fault, if the database cannot be opened.
    pub fn views(&self) -> Result<Views, Trouble> {
        Ok(self.engine.views()?)
    }

    /// Whether the chosen post may do a task of administration.
    pub fn may(&self, task: Task<'_>) -> bool {
        access::may(&self.world, &self.post, task)
    }

    /// Refuses a visitor whose post may not do a task of administration.
    ///
    /// # Errors
    ///
    /// [`Trouble::forbidden`].
    pub fn must(&self, task: Task<'_>) -> Result<(), Trouble> {
        if self.may(task) {
            Ok(())
        } else {
            Err(Trouble::forbidden())
        }
    }

    /// The short name of the jurisdiction.
    pub fn place(&self) -> &str {
        &self.slug
    }

    /// Whether the chosen post may administer: read documents into ledgers, import, draft bulletins.
    pub fn administers(&self) -> bool {
        self.may(Task::Run)
    }

    /// What a step of a guided walk types into the form of a page; `fill` is the walk's number and the step, `M03.4`.
    ///
    /// # Errors
    ///
    /// Faults of the log or the disk.
    pub fn filled(&self, fill: &str) -> Result<Option<Sent>, Trouble> {
        let demo = self.jurisdiction().and_then(|place| place.demo.as_ref());
        let guide = demo.and_then(|demo| demo.guide.as_ref());
        let step = fill
            .split_once('.')
            .and_then(|(number, step)| Some((number, step.parse().ok()?)));
        let (Some(guide), Some((number, step))) = (guide, step) else {
            return Ok(None);
        };
        let mut fields = guide.typed(number, step)?;
        if fields.is_empty() {
            return Ok(None);
        }
        fields.push(("key".to_owned(), fresh_key()));
        Ok(Some(Sent {
            fields,
            files: Vec::new(),
        }))
    }

    /// Refuses a visitor whose post may not administer.
    ///
    /// # Errors
    ///
    /// [`Trouble::forbidden`].
    pub fn must_administer(&self) -> Result<(), Trouble> {
        self.must(Task::Run)
    }

    /// Runs blocking work (the database, the disk) off the threads that answer requests.
    ///
    /// # Errors
    ///
    /// Those of `work`; a fault if it ends in a defect.
    pub async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Visitor) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let visitor = self.clone();
        let limits = self.asks.then(|| self.web.limits());
        let _turn = match limits {
            Some(limits) => limits.turn().await,
            None => None,
        };
        apart(move || work(&visitor)).await?
    }
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Trouble> {
        let here = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        // A form that was sent cannot be sent again by following a link: after signing in one starts at the desk.
        let next = if parts.method == Method::GET { here } else { "/" };
        let bearer = bearer(&parts.headers);
        let by_token = bearer.is_some();
        let secret = bearer
            .or_else(|| cookie(&parts.headers, SESSION))
            .ok_or_else(|| Trouble::sign_in(next))?;
        let (slug, secret) = secret.split_once('.').ok_or_else(|| Trouble::sign_in(next))?;
        let jurisdiction = web.jurisdiction(slug).ok_or_else(|| Trouble::sign_in(next))?;
        let engine = jurisdiction.engine.clone();
        let now = engine.now();
        // Sessions live by the wall clock: moving the demo's clock must not end them.
        let session = jurisdiction.accounts.session(secret, Timestamp::now())?;
        let session = session.ok_or_else(|| Trouble::sign_in(next))?;
        if session.read_only && !matches!(parts.method, Method::GET | Method::HEAD) {
            return Err(Trouble::new(axum::http::StatusCode::FORBIDDEN, "read_only"));
        }
        // Whoever has a password from somebody else changes it before anything else.
        if session.must_change && !ALWAYS.contains(&parts.uri.path()) {
            let mut trouble = Trouble::new(axum::http::StatusCode::FORBIDDEN, "must_change");
            trouble.instead = Some("/account".to_owned());
            return Err(trouble);
        }
        let world = engine.world();
        let person = session.person.clone();
        let posts: Vec<PostId> = world.org.posts_held(&person, date_of(now)).cloned().collect();
        let wanted = header_text(&parts.headers, "x-bihuan-post").or_else(|| cookie(&parts.headers, POST));
        let post = posts
            .iter()
            .find(|post| Some(post.as_str()) == wanted)
            .or_else(|| posts.first())
            .cloned()
            .ok_or_else(|| Trouble::new(axum::http::StatusCode::FORBIDDEN, "no_post"))?;
        Ok(Visitor {
            web: web.clone(),
            slug: slug.into(),
            person: person.clone(),
            sight: Arc::new(access::sight(&world, &person, now)),
            session: Arc::new(session),
            posts: Arc::new(posts),
            post,
            lang: lang_of(&parts.headers),
            mechanisms: engine.mechanisms(),
            engine,
            world,
            now,
            here: here.into(),
            asks: matches!(parts.method, Method::GET | Method::HEAD),
            by_token,
            walk: cookie(&parts.headers, WALK)
                .filter(|walk| !walk.is_empty())
                .map(Arc::from),
        })
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    header_text(headers, "authorization")?
        .strip_prefix("Bearer ")
        .map(str::trim)
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Sets a cookie that scripts cannot read and other sites cannot use in forms; `seconds` of 0 removes it.
pub(crate) fn set_cookie(asked: &HeaderMap, answer: &mut HeaderMap, name: &str, value: &str, seconds: u32) {
    let secure = match header_text(asked, "x-forwarded-proto") {
        Some("https") => "; Secure",
        _ => "",
    };
    let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    if let Ok(line) = HeaderValue::from_str(&line) {
        answer.append(header::SET_COOKIE, line);
    }
}

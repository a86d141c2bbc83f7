//! The pages and the JSON API of Bihuan, on the engine. It shows and asks; what may happen the engine decides.
//!
//! Server-rendered and whole without scripts; `assets/app.js` only makes it quicker. One file under `pages/` is one page,
//! handler and view together; `layout` is the frame around them, `session` says who asks, `form` and `show` are how
//! values come in and go out. Errors are [`trouble::Trouble`], dressed as a page or as problem details in one place.

mod apart;
mod api;
mod assets;
pub mod body;
pub mod components;
pub mod form;
mod frame;
mod guide;
mod held;
pub mod layout;
mod limits;
pub mod pages;
mod place;
pub mod session;
pub mod show;
pub mod trouble;

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use bihuan_engine::{Accounts, CommonSignIn, Engine, Notices};
use bihuan_messages::Label;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use guide::{DemoActor, DemoStep, DemoWalk, Guide};

/// Largest request, in bytes: one file of the greatest size with its form around it.
pub const BODY_BYTES_MAX: usize = 64 << 20;

/// Everything that is served.
pub struct App {
    /// The jurisdictions, in the order in which the sign-in page offers them.
    pub jurisdictions: Vec<Jurisdiction>,
}

/// A body that owns a log, with its accounts.
pub struct Jurisdiction {
    /// Short name in addresses and cookies: letters, digits and `-`.
    pub slug: String,
    /// Its engine.
    pub engine: Engine,
    /// Its accounts.
    pub accounts: Arc<Accounts>,
    /// What its people are told.
    pub notices: Arc<Notices>,
    /// What the demo shows; `None` in earnest.
    pub demo: Option<DemoInfo>,
}

/// What the sign-in page of a demo shows: accounts at one click, with their common password.
#[derive(Clone, Debug)]
pub struct DemoInfo {
    /// The accounts to show.
    pub accounts: Vec<DemoAccount>,
    /// Their password.
    pub password: String,
    /// Whose history this is and which report it follows.
    pub notes: Label,
    /// Who knows the guided walks through its mechanisms, where there are any.
    pub guide: Option<Arc<dyn Guide>>,
}

/// An account of the demo.
#[derive(Clone, Debug)]
pub struct DemoAccount {
    /// Sign-in name.
    pub login: String,
    /// What this person does, in a few words.
    pub what: Label,
}

/// What every handler is given.
#[derive(Clone)]
pub struct Web(Arc<Inner>);

struct Inner {
    app: App,
    /// Becomes true when the server shuts down, so that open event streams end.
    closing: watch::Sender<bool>,
    /// Ledgers that were uploaded and not yet imported.
    drafts: pages::Drafts,
    /// Packs that were sent and not yet adopted.
    proposals: pages::Proposals,
    /// Who asks too much.
    limits: limits::Limits,
    /// Forms of people who have gone to another system to say who they are.
    waiting: held::Waiting,
    /// Sign-ins by way of another system, by jurisdiction.
    common: BTreeMap<String, Arc<CommonSignIn>>,
}

impl Web {
    fn new(app: App) -> Web {
        let slugs = app.jurisdictions.iter().map(|place| place.slug.clone());
        let common = slugs.map(|slug| (slug, Arc::default())).collect();
        Web(Arc::new(Inner {
            app,
            common,
            closing: watch::channel(false).0,
            drafts: pages::Drafts::default(),
            proposals: pages::Proposals::default(),
            limits: limits::Limits::default(),
            waiting: held::Waiting::default(),
        }))
    }

    /// The jurisdictions.
    pub fn jurisdictions(&self) -> &[Jurisdiction] {
        &self.0.app.jurisdictions
    }

    /// A jurisdiction by its short name.
    pub fn jurisdiction(&self, slug: &str) -> Option<&Jurisdiction> {
        self.0
            .app
            .jurisdictions
            .iter()
            .find(|jurisdiction| jurisdiction.slug == slug)
    }

    pub(crate) fn drafts(&self) -> &pages::Drafts {
        &self.0.drafts
    }

    pub(crate) fn proposals(&self) -> &pages::Proposals {
        &self.0.proposals
    }

    /// Sign-ins by way of another system.
    pub(crate) fn common(&self, slug: &str) -> Option<Arc<CommonSignIn>> {
        self.0.common.get(slug).cloned()
    }

    pub(crate) fn waiting(&self) -> &held::Waiting {
        &self.0.waiting
    }

    pub(crate) fn limits(&self) -> &limits::Limits {
        &self.0.limits
    }

    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }
}

/// Every page and the API.
pub fn router(app: App) -> Router {
    routes(Web::new(app))
}

fn routes(web: Web) -> Router {
    Router::new()
        .merge(pages::routes())
        .merge(api::routes())
        .merge(assets::routes())
        .fallback(async || trouble::Trouble::not_found())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(axum::middleware::from_fn_with_state(web.clone(), limits::in_turn))
        .layer(axum::middleware::from_fn_with_state(web.clone(), frame::frame))
        .with_state(web)
}

/// Serves until `shutdown` is ready; requests under way are finished, event streams are ended.
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(
    app: App,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let web = Web::new(app);
    let closing = web.0.closing.clone();
    let ended = async move {
        shutdown.await;
        closing.send_replace(true);
    };
    let service = routes(web).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(ended).await
}

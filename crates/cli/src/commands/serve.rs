//! `bihuan serve`: pages and API over one or several data directories, until it is told to stop.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bihuan_engine::time::SystemTime;
use bihuan_engine::{Accounts, Engine, Notices};
use bihuan_web::{App, Jurisdiction};
use tokio::net::TcpListener;

use super::places;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

/// How often timers are looked at.
pub(crate) const TIMERS: Duration = Duration::from_secs(20);

/// How often the log is looked at for what people are to be told.
const FOLLOWED: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    log_to_stderr();
    let runtime = runtime()?;
    let hangup = Hangup::heeded(&runtime);
    // The address first: whoever cannot listen should not take the lease of a log.
    let listener = runtime.block_on(bind(args.listen))?;
    let mut jurisdictions = Vec::new();
    for dir in places::ledgers(&args.data)? {
        let (engine, opening) = Engine::open(&dir, Arc::new(SystemTime))?;
        if opening.rebuilt {
            term.remark("cli.serve_rebuilt", &[("data", &dir.display())]);
        }
        let late = engine.catch_up()?;
        if late.events > 0 {
            term.remark("cli.serve_caught_up", &[("n", &late.events)]);
        }
        engine.run_timers(TIMERS);
        let name = engine.world().name.get(term.lang).to_owned();
        term.say(
            "cli.serve_open",
            &[
                ("name", &name),
                ("data", &dir.display()),
                ("entries", &opening.entries),
            ],
        );
        let accounts = Arc::new(Accounts::open(&dir)?);
        let notices = followed(&engine)?;
        engine.put_lists_in_order();
        jurisdictions.push(Jurisdiction {
            slug: slug(&dir, &engine),
            engine,
            accounts,
            notices,
            demo: None,
        });
    }
    let address = listener
        .local_addr()
        .map_err(|error| listening(args.listen, &error))?;
    let told = jurisdictions
        .iter()
        .map(|place| (place.slug.clone(), place.notices.clone()));
    hangup.reads_again(&runtime, told.collect(), *term);
    term.say("cli.serve_ready", &[("address", &address)]);
    serve(&runtime, App { jurisdictions }, listener, args.listen)?;
    term.say("cli.serve_ended", &[]);
    Ok(Exit::Fine)
}

/// The notices of an engine, made from its log while it runs.
pub(crate) fn followed(engine: &Engine) -> Result<Arc<Notices>, Trouble> {
    let notices = Arc::new(Notices::open(engine.ledger().dir())?);
    notices.run(engine, FOLLOWED);
    Ok(notices)
}

/// Serves until Ctrl-C or a polite signal.
pub(crate) fn serve(
    runtime: &tokio::runtime::Runtime,
    app: App,
    listener: TcpListener,
    asked: SocketAddr,
) -> Result<(), Trouble> {
    runtime
        .block_on(bihuan_web::serve(app, listener, stop()))
        .map_err(|error| listening(asked, &error))
}

/// Takes the address.
///
/// # Errors
///
/// A busy port, with the next free one as a suggestion; an address that is not this machine's.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, Trouble> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            for port in (1..=100).filter_map(|step| address.port().checked_add(step)) {
                let next = SocketAddr::new(address.ip(), port);
                if TcpListener::bind(next).await.is_ok() {
                    return Err(Trouble::new("cli.port_busy")
                        .with("address", address)
                        .with("next", next));
                }
            }
            Err(listening(address, &error))
        }
        Err(error) => Err(listening(address, &error)),
    }
}

/// A runtime for the server.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Trouble> {
    tokio::runtime::Runtime::new().map_err(|error| Trouble::new("cli.no_runtime").with("said", error))
}

/// Log lines go to standard error; `BIHUAN_LOG` says how many (`info`, `debug`, `bihuan_web=debug` …).
pub(crate) fn log_to_stderr() {
    let filter = std::env::var("BIHUAN_LOG").unwrap_or_else(|_| "warn".to_owned());
    let filter = tracing_subscriber::EnvFilter::try_new(filter)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    // A second subscriber can only come from a test in the same process; the first one stays.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}

fn listening(address: SocketAddr, error: &std::io::Error) -> Trouble {
    Trouble::new("cli.cannot_listen")
        .with("address", address)
        .with("said", error)
}

async fn stop() {
    let polite = async {
        #[cfg(unix)]
        if let Ok(mut term) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            term.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = polite => {}
    }
}

/// SIGHUP, by which a service manager asks for the settings to be read again (`systemctl reload`), as the button does.
struct Hangup {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangup {
    /// Heeded from now on, so that none that comes while logs are still being opened ends the server. In a terminal it
    /// means what it always means: the window was closed.
    fn heeded(runtime: &tokio::runtime::Runtime) -> Hangup {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let _inside = runtime.enter();
            let apart = !std::io::stdin().is_terminal();
            let signal = apart.then(|| signal(SignalKind::hangup()).ok()).flatten();
            Hangup { signal }
        }
        #[cfg(not(unix))]
        {
            let _ = runtime;
            Hangup {}
        }
    }

    /// Reads the settings of these places again at each one, and says what came of it.
    #[cfg_attr(not(unix), expect(unused_variables, reason = "there is no such signal"))]
    fn reads_again(self, runtime: &tokio::runtime::Runtime, places: Vec<(String, Arc<Notices>)>, term: Term) {
        #[cfg(unix)]
        if let Some(mut signal) = self.signal {
            runtime.spawn(async move {
                while signal.recv().await.is_some() {
                    for (place, notices) in &places {
                        match notices.read_settings_again() {
                            Ok(_) => term.remark("cli.serve_reread", &[("place", place)]),
                            Err(error) => {
                                let said = error.message().text(term.lang);
                                term.remark("cli.serve_reread_failed", &[("place", place), ("said", &said)]);
                            }
                        }
                    }
                }
            });
        }
    }
}

/// The short name in addresses: the directory's where it can stand there, else the division code.
fn slug(dir: &Path, engine: &Engine) -> String {
    let name = dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let fits = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    match engine.world().division.as_ref() {
        Some(division) if !fits => division.to_string(),
        _ if fits => name.to_owned(),
        _ => "bihuan".to_owned(),
    }
}

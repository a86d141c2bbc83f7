//! `bihuan demo`: two sample jurisdictions, ready to click.

mod guide;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use bihuan_sim::demo::{self, Built};
use bihuan_web::{App, DemoAccount, DemoInfo, Jurisdiction};
use jiff::Timestamp;

use super::serve::{self, TIMERS};
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

/// The password of every account of the demo.
const PASSWORD: &str = "bihuan-demo";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Only build the samples: the demo lets another process do it, whose memory is gone when it ends.
    #[arg(long, hide = true)]
    build_only: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    serve::log_to_stderr();
    if let (true, Some(dir)) = (args.build_only, &args.data) {
        let hash = bihuan_engine::hash_password(PASSWORD)?;
        demo::both(dir, &hash, Timestamp::now())?;
        return Ok(Exit::Fine);
    }
    let started = Instant::now();
    let runtime = serve::runtime()?;
    let listener = runtime.block_on(serve::bind(args.listen))?;
    let address = listener.local_addr().unwrap_or(args.listen);
    // Dropped last, when the engines have let go of their files.
    let temporary;
    let dir = match &args.data {
        Some(dir) => dir.clone(),
        None => {
            temporary = tempfile::Builder::new()
                .prefix("bihuan-demo-")
                .tempdir()
                .map_err(|error| Trouble::file(&std::env::temp_dir())(error))?;
            temporary.path().to_owned()
        }
    };
    let bar = term.progress("cli.demo_building", None);
    let built = prepare(&dir);
    bar.finish_and_clear();
    let built = built?;
    for sample in &built {
        sample.engine.run_timers(TIMERS);
        introduce(sample, term)?;
    }
    term.line("");
    if args.data.is_none() {
        term.say("cli.demo_temporary", &[("data", &dir.display())]);
    }
    if let Some(folder) = bihuan_sim::custodians::folder(&dir) {
        term.say("cli.demo_custodian", &[("path", &folder.display())]);
    }
    term.say("cli.demo_clock", &[]);
    let seconds = started.elapsed().as_millis();
    let seconds = format!("{}.{:02}", seconds / 1000, seconds % 1000 / 10);
    term.say("cli.demo_ready", &[("address", &address), ("seconds", &seconds)]);
    let jurisdictions = built.into_iter().map(jurisdiction).collect::<Result<_, _>>()?;
    serve::serve(&runtime, App { jurisdictions }, listener, args.listen)?;
    term.say("cli.serve_ended", &[]);
    Ok(Exit::Fine)
}

/// A demo that was built before, or a new one.
fn prepare(dir: &Path) -> Result<Vec<Built>, Trouble> {
    let before = demo::reopen(dir)?;
    if !before.is_empty() {
        return Ok(before);
    }
    let program = std::env::current_exe().map_err(Trouble::file(dir))?;
    let built = std::process::Command::new(&program)
        .args(["demo", "--build-only", "--data"])
        .arg(dir)
        .status()
        .map_err(Trouble::file(&program))?;
    if !built.success() {
        return Err(Trouble::new("cli.demo_not_built"));
    }
    Ok(demo::reopen(dir)?)
}

fn introduce(sample: &Built, term: &Term) -> Result<(), Trouble> {
    let views = sample.engine.views()?;
    let cases = views.counts(&bihuan_engine::views::Filter::default())?.total;
    let entries = views.log().head()?.size;
    let name = sample.engine.world().name.get(term.lang).to_owned();
    let follows = sample.follows.get(term.lang);
    term.say(
        "cli.demo_place",
        &[
            ("name", &name),
            ("cases", &cases),
            ("entries", &entries),
            ("follows", &follows),
        ],
    );
    term.say("cli.demo_accounts", &[("password", &PASSWORD)]);
    for account in &sample.people {
        let login = format!("{:<16}", account.login);
        term.say(
            "cli.demo_account",
            &[("login", &login), ("what", &account.what.get(term.lang))],
        );
    }
    if let Some((script, what, why)) = sample.outcome.refused.first() {
        let first = format!("{script}, {what}: {why}");
        term.remark(
            "cli.demo_refused",
            &[("n", &sample.outcome.refused.len()), ("first", &first)],
        );
    }
    Ok(())
}

fn jurisdiction(sample: Built) -> Result<Jurisdiction, Trouble> {
    let accounts = sample
        .people
        .iter()
        .map(|account| DemoAccount {
            login: account.login.clone(),
            what: account.what.clone(),
        })
        .collect();
    let guide = guide::Guide::of(&sample);
    Ok(Jurisdiction {
        slug: sample.slug.to_owned(),
        notices: serve::followed(&sample.engine)?,
        engine: sample.engine,
        accounts: sample.accounts,
        demo: Some(DemoInfo {
            accounts,
            password: PASSWORD.to_owned(),
            notes: sample.follows,
            guide: Some(Arc::new(guide)),
        }),
    })
}

//! `bihuan report`: bulletins of a data directory.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use bihuan_domain::calendar::date_of;
use bihuan_domain::id::BulletinId;
use bihuan_domain::world::Bulletin;
use bihuan_engine::Engine;
use bihuan_engine::access::Task;
use bihuan_engine::assessment;
use bihuan_engine::audit;
use bihuan_engine::bulletin::{self, Drafting, Scope, UnitOrder};
use bihuan_engine::burden;
use jiff::civil::Date;
use serde_json::json;

use super::office;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    List {
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[arg(long)]
        json: bool,
    },
    Draft {
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[arg(long, value_name = "YYYY-MM-DD")]
        from: Date,
        #[arg(long, value_name = "YYYY-MM-DD")]
        to: Date,
        #[arg(long = "as", value_name = "LOGIN")]
        login: String,
    },
    Bulletin {
        #[arg(value_name = "NUMBER")]
        number: String,
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[arg(long, value_enum, default_value = "docx", hide_possible_values = true)]
        format: Format,
        #[arg(long, value_name = "URL")]
        links: Option<String>,
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    Verify {
        #[arg(value_name = "NUMBER|FILE")]
        which: Option<String>,
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[arg(long)]
        json: bool,
    },
    Assess(super::assess::Args),
    Burden {
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[arg(long, value_name = "YYYY-MM-DD")]
        from: Date,
        #[arg(long, value_name = "YYYY-MM-DD")]
        to: Date,
        #[arg(long)]
        json: bool,
    },
    Audit {
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[arg(long, value_name = "YYYY-MM-DD")]
        from: Date,
        #[arg(long, value_name = "YYYY-MM-DD")]
        to: Date,
        #[arg(long)]
        json: bool,
    },
    Process(super::process::Args),
}

/// As what a bulletin is given.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    Docx,
    Pdf,
    Html,
    Xlsx,
    Json,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    match &args.what {
        What::List { data, json } => {
            let world = office::open(data)?.world();
            if *json {
                let list: Vec<_> = world.bulletins.values().collect();
                term.json(&json!({ "bulletins": list }));
            } else if world.bulletins.is_empty() {
                term.say("cli.report_none", &[]);
            }
            for bulletin in world.bulletins.values().filter(|_| !json) {
                let state = match (&bulletin.signed, &bulletin.issued) {
                    (_, Some(_)) => "cli.report_issued",
                    (Some(_), None) => "cli.report_signed",
                    (None, None) => "cli.report_drafted",
                };
                let state = bihuan_messages::t(term.lang, state);
                let draft = &bulletin.draft;
                let number = called(bulletin);
                term.say(
                    "cli.report_row",
                    &[
                        ("id", &number),
                        ("from", &draft.from),
                        ("to", &draft.to),
                        ("state", &state),
                    ],
                );
            }
            Ok(Exit::Fine)
        }
        What::Draft {
            data,
            from,
            to,
            login,
        } => {
            let engine = office::open(data)?;
            let actor = office::acting_as(&engine, login, Task::Run)?;
            let scope = Scope {
                from: *from,
                to: *to,
                mechanisms: Vec::new(),
                order: UnitOrder::default(),
                sections: Vec::new(),
            };
            let drafting = Drafting {
                scope,
                signer: None,
                remarks: Vec::new(),
            };
            let key = format!("cli/{from}/{to}/{}", engine.now().as_second());
            let id = bulletin::draft(&engine, &actor, &key, drafting)?;
            let world = engine.world();
            let signer = world
                .bulletins
                .get(&id)
                .and_then(|b| world.org.posts.get(&b.draft.signer));
            let signer = signer
                .map(|post| post.name.get(term.lang).to_owned())
                .unwrap_or_default();
            term.say("cli.report_draft_done", &[("id", &id), ("signer", &signer)]);
            Ok(Exit::Fine)
        }
        What::Bulletin {
            number,
            data,
            format,
            links,
            output,
        } => given(data, number, *format, links.as_deref(), output.as_deref(), term),
        What::Burden { data, from, to, json } => asked(data, *from, *to, *json, term),
        What::Audit { data, from, to, json } => signs(data, *from, *to, *json, term),
        What::Assess(args) => super::assess::run(args, term),
        What::Process(args) => super::process::run(args, term),
        What::Verify { which, data, json } => {
            let engine = office::open(data)?;
            let world = engine.world();
            let mut papers: Vec<usize> = Vec::new();
            let ids = match which {
                None => {
                    papers.extend(0..world.papers.len());
                    world.bulletins.keys().cloned().collect()
                }
                Some(which) => match (meant(&engine, which)?, paper_meant(&engine, which)?) {
                    (Some(id), _) => vec![id],
                    (None, Some(paper)) => {
                        papers.push(paper);
                        Vec::new()
                    }
                    (None, None) => {
                        if *json {
                            term.json(&json!({ "bulletins": [], "unknown": which }));
                        } else {
                            term.say("cli.report_unknown", &[("what", which)]);
                        }
                        return Ok(Exit::Faults);
                    }
                },
            };
            let (mut exit, mut all) = (Exit::Fine, Vec::new());
            for id in ids {
                let found = bulletin::verify(&engine, &id)?;
                if !found.holds() {
                    exit = Exit::Faults;
                }
                if *json {
                    all.push(json!({ "bulletin": id, "holds": found.holds(), "recheck": found }));
                } else if found.holds() {
                    term.say("cli.report_holds", &[("id", &id)]);
                } else {
                    let first = found
                        .differences
                        .first()
                        .map(|d| format!("{}: {} ≠ {}", d.at, d.stored, d.recomputed));
                    let what = first.unwrap_or_else(|| found.root.clone());
                    term.say("cli.report_fails", &[("id", &id), ("what", &what)]);
                }
            }
            let mut rechecked = Vec::new();
            for (event, _, at) in papers.into_iter().filter_map(|place| world.papers.get(place)) {
                let found = assessment::recheck(&engine, event, date_of(*at))?;
                let id = format!("{} {} {}", event.scheme, event.period, event.paper);
                if !found.holds() {
                    exit = Exit::Faults;
                }
                if *json {
                    rechecked.push(json!({ "paper": event, "holds": found.holds(), "recheck": found }));
                } else if found.holds() {
                    term.say("cli.report_holds", &[("id", &id)]);
                } else {
                    term.say("cli.report_fails", &[("id", &id), ("what", &event.log.root)]);
                }
            }
            if *json {
                term.json(&json!({ "bulletins": all, "papers": rechecked }));
            }
            Ok(exit)
        }
    }
}

/// Bulletins that are named to whoever asks for one that is not there.
const KNOWN_MAX: usize = 10;

/// How people call a bulletin: by its printed number, where it has one.
fn called(bulletin: &Bulletin) -> &str {
    let draft = &bulletin.draft;
    let number = draft.number.as_ref();
    number.map_or(draft.bulletin.as_str(), |number| number.text.as_str())
}

/// A bulletin as a file: the wording and figures that were stored, in the form that is asked for.
fn given(
    data: &Path,
    number: &str,
    format: Format,
    links: Option<&str>,
    output: Option<&Path>,
    term: &Term,
) -> Result<Exit, Trouble> {
    let text = matches!(format, Format::Html | Format::Json);
    if output.is_none() && !text && std::io::stdout().is_terminal() {
        return Err(Trouble::new("cli.report_needs_file"));
    }
    let engine = office::open(data)?;
    let Some(id) = named(&engine, number) else {
        let world = engine.world();
        let known: Vec<&str> = world
            .bulletins
            .values()
            .rev()
            .map(called)
            .take(KNOWN_MAX)
            .collect();
        let known = if known.is_empty() {
            "—".to_owned()
        } else {
            known.join(" ")
        };
        return Err(Trouble::new("cli.report_no_bulletin")
            .with("what", number)
            .with("known", known));
    };
    let (bulletin, content) = bulletin::load(&engine, &id)?;
    let content = content.ok_or_else(|| Trouble::new("report.refuse_content_erased"))?;
    let bytes = match format {
        Format::Docx => bulletin::docx(&bulletin, &content, term.lang, links)?,
        Format::Pdf => bulletin::pdf(&bulletin, &content, term.lang, links)?,
        Format::Xlsx => bulletin::xlsx(&content, term.lang)?,
        Format::Json => bulletin::file(&engine, &id)?,
        Format::Html => {
            let document = bulletin::official(&bulletin, &content, term.lang);
            bihuan_report::html::page(&document, term.lang).into_bytes()
        }
    };
    match output {
        Some(path) => {
            std::fs::write(path, bytes).map_err(Trouble::file(path))?;
            term.say("cli.report_given", &[("id", &id), ("path", &path.display())]);
        }
        None => term.raw(&bytes),
    }
    Ok(Exit::Fine)
}

/// What was asked of people, by week, unit and mechanism.
fn asked(data: &Path, from: Date, to: Date, json: bool, term: &Term) -> Result<Exit, Trouble> {
    if from > to || (to - from).get_days() > burden::DAYS_MAX {
        return Err(Trouble::new("burden.p_long")
            .with("max", burden::DAYS_MAX)
            .with("from", from)
            .with("to", to));
    }
    let engine = office::open(data)?;
    let (world, mechanisms, views) = (engine.world(), engine.mechanisms(), engine.views()?);
    let size = views.log().head().map_err(bihuan_engine::Error::from)?.size;
    let part = burden::Part::default();
    let found = burden::count(views.log(), &world, &mechanisms, (from, to), size, &part)?;
    if json {
        term.json(&json!({ "from": from, "to": to, "burden": found }));
        return Ok(Exit::Fine);
    }
    let say = |key: &str, what: &str, asked: &burden::Asked| {
        term.say(
            key,
            &[
                ("from", &from),
                ("to", &to),
                ("what", &what),
                ("occasions", &asked.occasions),
                ("typed", &asked.typed),
                ("confirmed", &asked.confirmed),
                ("filled", &asked.filled),
                ("files", &asked.files),
                ("time", &burden::spoken(asked, term.lang)),
            ],
        );
    };
    say("burden.cli_head", "", &found.whole);
    for (week, asked) in &found.weeks {
        say("burden.cli_line", &week.to_string(), asked);
    }
    for (id, asked) in &found.mechanisms {
        let known = mechanisms.current(id);
        let name = known
            .as_ref()
            .map_or(id.as_str(), |known| known.label.get(term.lang));
        say("burden.cli_line", name, asked);
    }
    for (id, asked) in &found.units {
        let unit = world.org.units.get(id);
        let name = unit.map_or(id.as_str(), |unit| unit.name.get(term.lang));
        say("burden.cli_line", name, asked);
    }
    if found.small.0 > 0 {
        let name = bihuan_messages::tf(term.lang, "burden.p_small", &[("n", &found.small.0)]);
        say("burden.cli_line", &name, &found.small.1);
    }
    Ok(Exit::Fine)
}

/// The signs of the gaming audit: whoever has the data directory is the office.
fn signs(data: &Path, from: Date, to: Date, json: bool, term: &Term) -> Result<Exit, Trouble> {
    let engine = office::open(data)?;
    let found = audit::audit(&engine, from, to)?;
    if json {
        term.json(&json!({ "audit": found }));
        return Ok(Exit::Fine);
    }
    let judged = &found.judged;
    term.say(
        "audit.cli_head",
        &[
            ("from", &from),
            ("to", &to),
            ("asked", &judged.asked),
            ("n", &judged.signs.len()),
        ],
    );
    let (world, mechanisms) = (engine.world(), engine.mechanisms());
    for sign in &judged.signs {
        let place = &sign.place;
        let unit = world.org.units.get(&place.unit);
        let unit = unit.map_or(place.unit.as_str(), |unit| unit.name.get(term.lang));
        let known = mechanisms.current(&place.mechanism);
        let mechanism = known
            .as_ref()
            .map_or(place.mechanism.as_str(), |known| known.label.get(term.lang));
        let key = format!("audit.d_{}", place.detector.name());
        term.say(
            "audit.cli_sign",
            &[
                ("what", &bihuan_messages::t(term.lang, &key)),
                ("unit", &unit),
                ("mechanism", &mechanism),
                ("k", &sign.share.k),
                ("n", &sign.share.n),
                ("base", &format!("{}/{}", sign.base.0, sign.base.1)),
                ("once", &sign.once_in),
                ("cases", &sign.share.cases),
            ],
        );
    }
    Ok(Exit::Fine)
}

/// The bulletin that a number or a code means.
fn named(engine: &Engine, which: &str) -> Option<BulletinId> {
    let world = engine.world();
    let named = world.bulletins.values().find(|bulletin| {
        let number = bulletin.draft.number.as_ref();
        bulletin.draft.bulletin.as_str() == which || number.is_some_and(|number| number.text == which)
    });
    named.map(|bulletin| bulletin.draft.bulletin.clone())
}

/// The bulletin that a number, a code or a file means: a file only where it is byte for byte what the ledger gives out.
fn meant(engine: &Engine, which: &str) -> Result<Option<BulletinId>, Trouble> {
    if let Some(id) = named(engine, which) {
        return Ok(Some(id));
    }
    let path = Path::new(which);
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(Trouble::file(path))?;
    Ok(bulletin::of_file(engine, &bytes)?)
}

/// The issued paper of an assessment that a file is.
fn paper_meant(engine: &Engine, which: &str) -> Result<Option<usize>, Trouble> {
    let path = Path::new(which);
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(Trouble::file(path))?;
    Ok(assessment::paper_of_file(engine, &bytes)?)
}

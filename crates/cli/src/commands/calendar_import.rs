//! `bihuan calendar import`: a new year's notice, or a county's own days and hours, is adopted as an event; every open
//! deadline that moves is listed, before anything is written and as it was done.

use std::path::PathBuf;

use bihuan_domain::calendar::{Calendar, CalendarId, YearNotice};
use bihuan_domain::clock::{date_label, moment_label};
use bihuan_engine::access::{self, Task};
use bihuan_engine::calendars::{Deadline, MovedDeadline};
use bihuan_messages::t;
use serde_json::json;

use super::{office, pack};
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[arg(long = "as", value_name = "LOGIN")]
    login: String,
    #[arg(long, value_name = "CALENDAR", default_value = "cn")]
    on: String,
    #[arg(long)]
    yes: bool,
    #[arg(long)]
    json: bool,
}

/// What a file holds: a whole calendar (name, office hours by season, notices), or notices to be added to one.
enum Content {
    Calendar(Box<Calendar>),
    Notices(Vec<YearNotice>),
}

pub(crate) fn run(args: &Import, term: &Term) -> Result<Exit, Trouble> {
    let text = std::fs::read_to_string(&args.file).map_err(Trouble::file(&args.file))?;
    let content = read(&text, args)?;
    let engine = office::open(&args.data)?;
    let actor = office::acting_as(&engine, &args.login, Task::AdoptPacks)?;
    if !access::may(&engine.world(), &actor.post, Task::AdoptPacks) {
        return Err(Trouble::new("cli.calendar_not_allowed").with("login", &args.login));
    }
    let (calendar, days) = match &content {
        Content::Calendar(calendar) => (calendar.as_ref().clone(), Vec::new()),
        Content::Notices(notices) => engine
            .calendar_with(&CalendarId::new(args.on.as_str()), notices)
            .map_err(|unfit| Trouble::about(&args.file, unfit.message()))?,
    };
    let known = engine.world().calendars.get(calendar.id()) == Some(&calendar);
    let moved = engine.moved_by(&calendar)?;
    if !args.json {
        if let Content::Notices(notices) = &content {
            for notice in notices {
                term.say(
                    "cli.calendar_notice",
                    &[("number", &notice.number), ("year", &notice.year)],
                );
            }
        }
        for day in &days {
            let key = if calendar.is_working(*day) {
                "cli.calendar_becomes_work"
            } else {
                "cli.calendar_becomes_off"
            };
            term.say(key, &[("date", &date_label(*day).get(term.lang))]);
        }
        tell(&moved, term);
    }
    if known && moved.is_empty() {
        if args.json {
            term.json(&json!({ "adopted": false, "days": days, "moved": moved }));
        } else {
            term.say("cli.calendar_known", &[]);
        }
        return Ok(Exit::Fine);
    }
    if !args.yes && !pack::confirmed(term, "cli.calendar_confirm") {
        return Err(Trouble::new("cli.pack_not_confirmed"));
    }
    let key = format!("calendar-import/{}", calendar.digest());
    let moved = engine.adopt_calendar(&actor, &key, calendar.clone())?;
    if args.json {
        let digest = calendar.digest();
        term.json(&json!({
            "adopted": true, "calendar": calendar.id(), "digest": digest, "days": days, "moved": moved,
        }));
    } else {
        term.say(
            "cli.calendar_adopted",
            &[("id", calendar.id()), ("n", &moved.len())],
        );
    }
    Ok(Exit::Fine)
}

fn read(text: &str, args: &Import) -> Result<Content, Trouble> {
    let broken = |error: serde_json::Error| {
        Trouble::new("cli.calendar_unreadable")
            .with("path", args.file.display())
            .with("said", error)
    };
    let value: serde_json::Value = serde_json::from_str(text).map_err(broken)?;
    let has = |key: &str| value.get(key).is_some();
    if has("seasons") {
        return serde_json::from_value(value)
            .map(Content::Calendar)
            .map_err(broken);
    }
    let notices = match value.get("notices") {
        Some(notices) => notices.clone(),
        None if value.is_array() => value,
        None => serde_json::Value::Array(vec![value]),
    };
    serde_json::from_value(notices)
        .map(Content::Notices)
        .map_err(broken)
}

/// The deadlines that move, case by case.
fn tell(moved: &[MovedDeadline], term: &Term) {
    for deadline in moved {
        let clock = match (deadline.of, deadline.clock.as_str()) {
            (Deadline::Rung, _) => "cli.calendar_clock_rung",
            (Deadline::LookBack, _) => "cli.calendar_clock_look_back",
            (_, "case") => "cli.calendar_clock_case",
            (_, "stage") => "cli.calendar_clock_stage",
            (_, "progress") => "cli.calendar_clock_progress",
            (_, "lookback") => "cli.calendar_clock_looking",
            _ => "cli.calendar_clock_request",
        };
        let case = deadline
            .number
            .clone()
            .unwrap_or_else(|| deadline.case.to_string());
        term.say(
            "cli.calendar_moved",
            &[
                ("case", &case),
                (
                    "title",
                    &deadline
                        .title
                        .as_deref()
                        .unwrap_or(t(term.lang, "cli.calendar_erased")),
                ),
                ("clock", &t(term.lang, clock)),
                ("was", &moment_label(deadline.was).get(term.lang)),
                ("is", &moment_label(deadline.is).get(term.lang)),
            ],
        );
    }
    let cases: std::collections::BTreeSet<_> = moved.iter().map(|deadline| deadline.case).collect();
    if moved.is_empty() {
        term.say("cli.calendar_moves_nothing", &[]);
    } else {
        term.say(
            "cli.calendar_moves",
            &[("n", &moved.len()), ("cases", &cases.len())],
        );
    }
}

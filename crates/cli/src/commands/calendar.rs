//! `bihuan calendar`: the years whose notices this program knows, and what they say.

use bihuan_domain::calendar::{Calendar, DayKind};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;

use super::calendar_import;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[arg(long, value_name = "Y", value_parser = clap::value_parser!(i16).range(1949..=2999))]
    year: Option<i16>,
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Import(calendar_import::Import),
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    if let Some(What::Import(import)) = &args.what {
        return calendar_import::run(import, term);
    }
    let calendar = Calendar::statutory();
    if let Some(year) = args.year.filter(|year| !calendar.is_published(*year)) {
        let last = calendar.last_published_year();
        return Err(Trouble::new("cli.calendar_unknown")
            .with("year", year)
            .with("last", last));
    }
    if args.json {
        let notices: Vec<_> = calendar
            .notices()
            .iter()
            .filter(|notice| args.year.is_none_or(|year| notice.year == year))
            .collect();
        term.json(&json!({ "calendar": calendar.id(), "notices": notices, "digest": calendar.digest() }));
        return Ok(Exit::Fine);
    }
    for notice in calendar
        .notices()
        .iter()
        .filter(|notice| args.year.is_none_or(|year| notice.year == year))
    {
        let count = |kind: DayKind| notice.days.iter().filter(|day| day.kind == kind).count();
        term.say(
            "cli.calendar_row",
            &[
                ("year", &notice.year),
                ("number", &notice.number),
                ("off", &count(DayKind::Holiday)),
                ("work", &count(DayKind::MakeUpWorkday)),
                ("working", &working_days(&calendar, notice.year)),
            ],
        );
        for day in notice.days.iter().filter(|_| args.year.is_some()) {
            let key = if day.kind.is_working() {
                "cli.calendar_day_work"
            } else {
                "cli.calendar_day_off"
            };
            term.say(key, &[("date", &day.date), ("name", &day.name)]);
        }
    }
    Ok(Exit::Fine)
}

fn working_days(calendar: &Calendar, year: i16) -> usize {
    let Ok(first) = Date::new(year, 1, 1) else {
        return 0;
    };
    (0..366)
        .map(|n| first.saturating_add(n.days()))
        .filter(|day| day.year() == year && calendar.is_working(*day))
        .count()
}

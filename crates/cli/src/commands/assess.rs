//! `bihuan report assess`: scores of units from the log, every point with its entries, offline from a slice as well.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use bihuan_domain::assessment::{Assessment, Counted, Empty, Outcome, Sheet, Thing};
use bihuan_domain::id::{Code, UnitId};
use bihuan_engine::assessment::{self, Change, Run};
use bihuan_ledger::Ledger;
use bihuan_messages::t;
use serde_json::json;

use super::places;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR", required_unless_present = "slice")]
    data: Option<PathBuf>,
    #[arg(long, value_name = "SCHEME")]
    scheme: Option<String>,
    #[arg(long, value_name = "PERIOD")]
    period: Option<String>,
    #[arg(long, value_name = "UNIT")]
    explain: Option<UnitIdArg>,
    #[arg(long, value_name = "FILE", requires = "explain")]
    export: Option<PathBuf>,
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "scheme", "period", "explain", "export"])]
    slice: Option<PathBuf>,
    #[arg(long, value_name = "SEQ[:/FIELD=VALUE]", conflicts_with = "export")]
    what_if: Option<String>,
    #[arg(long)]
    json: bool,
}

/// A unit's code on the command line.
#[derive(Clone, Debug)]
struct UnitIdArg(UnitId);

impl From<&str> for UnitIdArg {
    fn from(code: &str) -> Self {
        UnitIdArg(UnitId::new(code))
    }
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let change = args.what_if.as_deref().map(Change::parse).transpose();
    let change = change.map_err(bihuan_engine::Failure::from)?;
    if let Some(file) = &args.slice {
        let text = std::fs::read_to_string(file).map_err(Trouble::file(file))?;
        let slice = assessment::read_slice(&text, None)?;
        if let Some(change) = change {
            let after = assessment::read_slice(&text, Some(change))?;
            moved(
                &slice.run.assessment,
                &after.run.assessment,
                Some(&slice.unit),
                args.json,
                term,
            );
        } else if args.json {
            term.line(assessment::sheet_json(&slice.run.explain(&slice.unit)?)?);
        } else {
            term.say(
                "assess.slice_holds",
                &[
                    ("n", &slice.entries),
                    ("size", &slice.run.head.size),
                    ("key", &slice.public_key),
                ],
            );
            sheet(&slice.run, &slice.unit, term)?;
        }
        return Ok(Exit::Fine);
    }
    let dir = args
        .data
        .as_deref()
        .map(places::one_ledger)
        .transpose()?
        .unwrap_or_default();
    let ledger = Ledger::open(&dir)?;
    let log = ledger.reader()?;
    let (scheme, period) = (args.scheme.as_deref(), args.period.as_deref());
    let run = assessment::of_log(&log, None, scheme, period, None)?;
    let unit = args.explain.as_ref().map(|unit| &unit.0);
    if let Some(change) = change {
        let (size, scheme) = (Some(run.head.size), Some(run.scheme.id.as_str()));
        let after = assessment::of_log(&log, size, scheme, Some(&run.span.name), Some(change))?;
        moved(&run.assessment, &after.assessment, unit, args.json, term);
        return Ok(Exit::Fine);
    }
    match (unit, &args.export) {
        (Some(unit), Some(file)) => {
            let out = File::create(file).map_err(Trouble::file(file))?;
            let written = assessment::export(&log, &run, unit, &mut BufWriter::new(out))?;
            term.say("assess.exported", &[("n", &written), ("file", &file.display())]);
        }
        (Some(unit), None) if args.json => term.line(assessment::sheet_json(&run.explain(unit)?)?),
        (Some(unit), None) => sheet(&run, unit, term)?,
        (None, _) if args.json => term.json(&json!({
            "scheme": run.scheme.id,
            "definition": run.scheme.digest,
            "period": run.span.name,
            "log": run.head,
            "assessment": run.assessment,
        })),
        (None, _) => table(&run, term),
    }
    Ok(Exit::Fine)
}

fn table(run: &Run, term: &Term) {
    let label = |code: &Code| {
        let grades = run.scheme.grades.iter().find(|grade| grade.id == *code);
        grades.map_or_else(|| code.to_string(), |grade| grade.label.get(term.lang).to_owned())
    };
    let scheme = run.scheme.label.get(term.lang);
    term.say(
        "assess.of",
        &[
            ("scheme", &scheme),
            ("period", &run.span.name),
            ("size", &run.head.size),
        ],
    );
    for (class, standings) in &run.assessment.classes {
        let known = run.scheme.class(class);
        term.line(known.map_or(class.as_str(), |class| class.label.get(term.lang)));
        for one in standings {
            let place = one.place.map(|place| place.to_string()).unwrap_or_else(dash);
            let total = one.total.map(|total| total.to_string());
            let total = total.unwrap_or_else(|| t(term.lang, "assess.no_total").to_owned());
            let grade = one.grade.as_ref().map(label).unwrap_or_else(dash);
            term.line(format!("  {place:>3}  {}  {total}  {grade}", one.unit));
        }
    }
    for apart in &run.assessment.apart {
        if let Err(failure) = run.sheet(&apart.unit) {
            term.line(format!("  {}", failure.text(term.lang)));
        }
    }
    for item in &run.assessment.silent {
        term.say("assess.silent", &[("item", &name(run, item, term))]);
    }
    if run.assessment.unattributed > 0 {
        term.say("assess.unattributed", &[("n", &run.assessment.unattributed)]);
    }
}

/// One unit's sheet, each case and row with the entries behind it.
fn sheet(run: &Run, unit: &UnitId, term: &Term) -> Result<(), Trouble> {
    let traced = run.explain(unit)?;
    let sheet: &Sheet = run.sheet(unit)?;
    let total = number(sheet.total, term);
    term.say(
        "assess.sheet",
        &[("unit", unit), ("period", &run.span.name), ("total", &total)],
    );
    for absorbed in &sheet.absorbed {
        term.say("assess.absorbed", &[("unit", absorbed)]);
    }
    let entries = |counted: &[Counted]| {
        for one in counted {
            let known = traced.events.iter().find(|(thing, _)| *thing == one.thing);
            let seqs: Vec<String> = known
                .map(|(_, events)| events.iter().map(|event| event.seq.to_string()).collect())
                .unwrap_or_default();
            let thing = match &one.thing {
                Thing::Case { case } => format!("case/{case}"),
                Thing::Row { register, row } => format!("{register}/{row}"),
            };
            term.say(
                "assess.counted",
                &[
                    ("thing", &thing),
                    ("value", &one.value),
                    ("entries", &seqs.join(" ")),
                ],
            );
        }
    };
    for line in &sheet.lines {
        let how = match line.outcome {
            Outcome::Computed => "assess.computed",
            Outcome::Nothing(Empty::Full) => "assess.nothing_full",
            Outcome::Nothing(Empty::Zero) => "assess.nothing_zero",
            Outcome::Nothing(Empty::Spread) => "assess.nothing_spread",
            Outcome::Nothing(Empty::Unscored) => "assess.nothing_unscored",
            Outcome::Faulty => "assess.faulty",
        };
        term.say(
            "assess.line",
            &[
                ("item", &name(run, &line.item, term)),
                ("points", &number(line.points, term)),
                ("weight", &line.weight.normalize()),
                ("value", &line.value),
                ("base", &line.base),
                ("how", &t(term.lang, how)),
            ],
        );
        entries(&line.counted);
    }
    let signed = [
        ("assess.plus", &sheet.additions),
        ("assess.minus", &sheet.deductions),
    ];
    for (key, lines) in signed {
        for line in lines {
            let item = name(run, &line.item, term);
            term.say(key, &[("item", &item), ("points", &number(line.points, term))]);
            entries(&line.counted);
        }
    }
    for veto in &sheet.vetoes {
        term.say("assess.veto", &[("item", &name(run, &veto.item, term))]);
        entries(&veto.counted);
    }
    Ok(())
}

fn moved(before: &Assessment, after: &Assessment, unit: Option<&UnitId>, as_json: bool, term: &Term) {
    // A slice knows one unit; its place among the others cannot move in it.
    let mut moves = assessment::moves(before, after, unit.is_none());
    moves.retain(|one| unit.is_none_or(|unit| one.unit == *unit));
    if as_json {
        term.json(&json!({ "moves": moves }));
        return;
    }
    if moves.is_empty() {
        term.say("assess.nothing_moves", &[]);
    }
    for one in moves {
        let text = |side: Option<String>| side.unwrap_or_else(dash);
        term.say(
            "assess.move",
            &[
                ("unit", &one.unit),
                ("item", &one.item),
                ("before", &text(one.before)),
                ("after", &text(one.after)),
            ],
        );
    }
}

fn name(run: &Run, code: &Code, term: &Term) -> String {
    let scheme = &run.scheme;
    let items = scheme.items.iter().map(|one| (&one.id, &one.label));
    let adjusted = scheme
        .additions
        .iter()
        .chain(&scheme.deductions)
        .map(|one| (&one.id, &one.label));
    let vetoes = scheme.vetoes.iter().map(|one| (&one.id, &one.label));
    let mut all = items.chain(adjusted).chain(vetoes);
    all.find(|(id, _)| *id == code)
        .map_or_else(|| code.to_string(), |(_, label)| label.get(term.lang).to_owned())
}

fn number(number: Option<impl std::fmt::Display>, term: &Term) -> String {
    number.map_or_else(
        || t(term.lang, "assess.no_total").to_owned(),
        |number| number.to_string(),
    )
}

fn dash() -> String {
    "–".to_owned()
}

//! A mechanism file as it says it.

use bihuan_domain::mechanism::{Direction, Period, RequestKind, Risk, SourceKind, StageKind};
use rust_decimal::Decimal;

pub(crate) use super::ast::{
    ChildrenAst, ClosingAst, EmergenciesAst, FigureAst, IndicatorAst, JoinAst, LookBackAst, MechanismAst,
    OpenAst, ProgressAst, Reasons, RenamedAst, RequestAst, Scene, StageAst, StepAst, WayAst,
};
use super::limit;
use super::opening::{EachAst, each, on_row, owner, schedule, sets};
use super::parts::{
    FieldAst, choices, clock, field, ladder, need_cadence, need_rule, role, rule, share_of, unknown_word,
    word,
};
use crate::read::{Kind, Node, Sink, Sp, Table, text};

/// Reads a mechanism file.
pub(crate) fn read(root: &Node, sink: &mut Sink<'_>) -> Option<MechanismAst> {
    let mut file = Table::of(root, "file", sink)?;
    super::language(&mut file, sink);
    let mut head = file.need_table("mechanism", sink)?;
    let id = head.need_code("id", sink);
    let number = head
        .need_text("number", sink)
        .map(|n| n.value)
        .unwrap_or_default();
    let label = head.need_label("label", sink);
    let purpose = head.need_label("purpose", sink);
    let source = head.need_label("source", sink);
    let risk = head
        .code("risk", sink)
        .and_then(|w| word(w, "risk", RISKS, sink))
        .map_or(Risk::Ordinary, |r| r.value);
    let scene = head
        .code("scene", sink)
        .and_then(|w| word(w, "scene", SCENES, sink));
    let emergencies = EmergenciesAst::read(&mut head, sink);
    let cites = head.label("cites", sink);
    let title = head.need_code("title", sink);
    let columns = head.codes("columns", sink);
    let default_ladder = head.code("ladder", sink);
    let exit = head.code("exit", sink);
    let span = head.span;
    head.finish(sink);
    let numbering = file.table("numbering", sink).and_then(|mut table| {
        let series = table.need_code("series", sink);
        let template = table.need_text("template", sink);
        table.finish(sink);
        Some((series?, template?))
    });
    let (requests, requests_named) = requests(&mut file, sink);
    let ast = MechanismAst {
        span,
        id: id?,
        number,
        label,
        purpose,
        source,
        risk,
        scene: scene.map_or(Scene::Ordinary, |scene| scene.value),
        emergencies,
        cites,
        title,
        columns,
        ladder: default_ladder,
        exit,
        numbering,
        open: file.need_table("open", sink).map(|table| open(table, sink)),
        roles: file
            .tables("role", "[[role]]", sink)
            .into_iter()
            .filter_map(|t| role(t, sink))
            .collect(),
        fields: fields(&mut file, sink),
        clock: file.table("clock", sink).map(|table| clock(table, sink)),
        stages: file
            .tables("stage", "[[stage]]", sink)
            .into_iter()
            .filter_map(|t| stage(t, sink))
            .collect(),
        ladders: file
            .tables("ladder", "[[ladder]]", sink)
            .into_iter()
            .filter_map(|t| ladder(t, sink))
            .collect(),
        closing: file.need_table("closing", sink).map(|table| closing(table, sink)),
        requests,
        requests_named,
        progress: file.table("progress", sink).map(|table| progress(table, sink)),
        children: file.table("children", sink).map(|table| children(table, sink)),
        renamed: renamed(&mut file, sink),
        figures: file
            .tables("figure", "[[figure]]", sink)
            .into_iter()
            .filter_map(|t| figure(t, sink))
            .collect(),
        indicators: file
            .tables("indicator", "[[indicator]]", sink)
            .into_iter()
            .filter_map(|t| indicator(t, false, sink))
            .collect(),
    };
    file.finish(sink);
    Some(ast)
}

/// Reads `[[field]]`.
pub(crate) fn fields(table: &mut Table<'_>, sink: &mut Sink<'_>) -> Vec<FieldAst> {
    let mut found = Vec::new();
    for mut one in table.tables("field", "[[field]]", sink) {
        let ast = field(&mut one, sink);
        one.finish(sink);
        found.extend(ast);
    }
    found
}

const RISKS: &[(&str, Risk)] = &[("ordinary", Risk::Ordinary), ("major", Risk::Major)];
const SCENES: &[(&str, Scene)] = &[
    ("ordinary", Scene::Ordinary),
    ("emergency", Scene::Emergency),
    ("security", Scene::Security),
];
const SOURCES: &[(&str, SourceKind)] = &[
    ("person", SourceKind::Person),
    ("document", SourceKind::Document),
    ("instruction", SourceKind::Instruction),
    ("meeting", SourceKind::Meeting),
    ("superior", SourceKind::Superior),
    ("import", SourceKind::Import),
    ("schedule", SourceKind::Schedule),
    ("finding", SourceKind::Finding),
    ("warning", SourceKind::Warning),
    ("parent", SourceKind::Parent),
];
const KINDS: &[(&str, StageKind)] = &[
    ("work", StageKind::Work),
    ("decide", StageKind::Decide),
    ("wait", StageKind::Wait),
    ("verify", StageKind::Verify),
    ("parked", StageKind::Parked),
    ("closed", StageKind::Closed),
    ("void", StageKind::Void),
];
const QUALIFIERS: &[(&str, &str)] = &[("over", "over"), ("about", "about"), ("under", "under")];

/// Reads `[renamed]`: `stages = { former = "present" }`, `fields` likewise.
fn renamed(file: &mut Table<'_>, sink: &mut Sink<'_>) -> RenamedAst {
    let Some(mut table) = file.table("renamed", sink) else {
        return RenamedAst::default();
    };
    let mut pairs = |key: &'static str, sink: &mut Sink<'_>| -> Vec<(String, Sp<String>)> {
        let Some(pairs) = table.table(key, sink) else {
            return Vec::new();
        };
        let entries = pairs.entries().iter();
        entries
            .filter_map(|(was, _, node)| Some((was.clone(), text(node, key, sink)?)))
            .collect()
    };
    let ast = RenamedAst {
        stages: pairs("stages", sink),
        fields: pairs("fields", sink),
    };
    table.finish(sink);
    ast
}

fn open(mut table: Table<'_>, sink: &mut Sink<'_>) -> OpenAst {
    let by = table.codes("by", sink);
    let from = table
        .codes("from", sink)
        .into_iter()
        .filter_map(|w| word(w, "from", SOURCES, sink))
        .collect();
    let stage = table.need_code("stage", sink);
    let stages = table.codes("stages", sink);
    let owners = table.codes("owners", sink);
    let unique = table.codes("unique", sink);
    let schedule = table.table("schedule", sink).map(|table| schedule(table, sink));
    let on = table.table("on", sink).map(|table| on_row(table, sink));
    let span = table.span;
    table.finish(sink);
    OpenAst {
        span,
        by,
        from,
        stage,
        stages,
        owners,
        unique,
        schedule,
        on,
    }
}

fn stage(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<StageAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    // A stage of an unknown kind stays a stage, so that what leads to it is not reported, too.
    let kind = table
        .need_code("kind", sink)
        .and_then(|found| word(found, "kind", KINDS, sink))
        .unwrap_or_else(|| Sp::new(table.span, StageKind::Work));
    let holder = table.code("holder", sink);
    let clock = table.table("clock", sink).map(|table| clock(table, sink));
    let exit = table.code("exit", sink);
    let rework = table.code("rework", sink);
    let steps = table
        .tables("step", "[[stage.step]]", sink)
        .into_iter()
        .filter_map(|t| step(t, sink))
        .collect();
    table.finish(sink);
    Some(StageAst {
        id: id?,
        label,
        kind,
        holder,
        clock,
        exit,
        rework,
        steps,
    })
}

fn step(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<StepAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let by = table.codes("by", sink);
    let needs = table.codes("needs", sink);
    let takes = table.codes("takes", sink);
    let evidence = table
        .number("evidence", (0, 20), sink)
        .and_then(|n| u8::try_from(n.value).ok())
        .unwrap_or(0);
    let when = table.text("when", sink);
    let says = table.label("says", sink);
    let help = table.label("help", sink);
    let adds = table.code("adds", sink);
    let to = table.need_code("to", sink);
    table.finish(sink);
    Some(StepAst {
        id: id?,
        label,
        by,
        needs,
        takes,
        evidence,
        when,
        says,
        help,
        adds,
        to,
    })
}

fn closing(mut table: Table<'_>, sink: &mut Sink<'_>) -> ClosingAst {
    let when = table.need_text("when", sink);
    let says = table.need_label("says", sink);
    let mut verify = Vec::new();
    if let Some(mut ways) = table.need_table("verify", sink) {
        for (key, risk) in [("ordinary", Risk::Ordinary), ("major", Risk::Major)] {
            if let Some(one) = ways.table(key, sink) {
                verify.extend(way(one, sink).map(|way| (risk, way)));
            }
        }
        ways.finish(sink);
    }
    let look_back = table.table("look_back", sink).map(|table| look_back(table, sink));
    let span = table.span;
    table.finish(sink);
    ClosingAst {
        span,
        when,
        says,
        verify,
        look_back,
    }
}

fn way(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<Sp<WayAst>> {
    let name = table.need_code("way", sink);
    let found = name.and_then(|name| match name.value.as_str() {
        "drawn" => {
            let function = table.need_code("function", sink);
            let post = table.need_code("post", sink);
            Some(WayAst::Drawn {
                function: function?,
                post: post?,
            })
        }
        "office" => table.need_code("office", sink).map(WayAst::Office),
        "requester" => Some(WayAst::Requester),
        "record" => Some(WayAst::Record),
        "self" => Some(WayAst::Own),
        _ => {
            unknown_word(
                sink,
                &name,
                "way",
                &["drawn", "office", "requester", "record", "self"],
            );
            None
        }
    });
    let span = table.span;
    if found.is_some() {
        table.finish(sink);
    }
    found.map(|way| Sp::new(span, way))
}

fn look_back(mut table: Table<'_>, sink: &mut Sink<'_>) -> LookBackAst {
    let share = table.need_text("share", sink).and_then(|found| {
        let share = share_of(&found.value).filter(|(num, den)| *num > 0 && num <= den);
        if share.is_none() {
            sink.error("M0015", found.span, |m| m.with("found", found.as_str()));
        }
        share.map(|share| Sp::new(found.span, share))
    });
    let ast = LookBackAst {
        span: table.span,
        share,
        after: need_rule(&mut table, "after", sink),
        by: table.need_code("by", sink),
        limit: need_rule(&mut table, "limit", sink),
        ladder: table.code("ladder", sink),
        redo: table.need_code("redo", sink),
    };
    table.finish(sink);
    ast
}

/// The kinds of side moves under their keys.
pub(crate) const REQUESTS: &[(&str, RequestKind)] = &[
    ("return", RequestKind::Return),
    ("extension", RequestKind::Extension),
    ("suspension", RequestKind::Suspension),
    ("hand_up", RequestKind::HandUp),
    ("void", RequestKind::Void),
];

/// Reads `[request]`: tables of its own, or the names of shared ones.
#[allow(clippy::type_complexity, reason = "two lists, used once")]
fn requests(file: &mut Table<'_>, sink: &mut Sink<'_>) -> (Vec<RequestAst>, Vec<(RequestKind, Sp<String>)>) {
    let (mut own, mut named) = (Vec::new(), Vec::new());
    let Some(mut table) = file.table("request", sink) else {
        return (own, named);
    };
    for (key, kind) in REQUESTS {
        if matches!(table.get(key).map(|node| &node.kind), Some(Kind::Text(_))) {
            named.extend(table.code(key, sink).map(|name| (*kind, name)));
        } else if let Some(one) = table.table(key, sink) {
            own.push(request(one, *kind, sink));
        }
    }
    table.finish(sink);
    (own, named)
}

/// Reads the rest of a side move.
pub(crate) fn request(mut table: Table<'_>, kind: RequestKind, sink: &mut Sink<'_>) -> RequestAst {
    let reasons = match table.get("reasons").map(|node| (node, &node.kind)) {
        Some((node, Kind::Text(name))) => Reasons::Named(Sp::new(node.span, name.clone())),
        Some(_) => Reasons::Listed(choices(&mut table, "reasons", sink)),
        None => Reasons::Listed(Vec::new()),
    };
    let ast = RequestAst {
        span: table.span,
        kind,
        by: table.codes("by", sink),
        approver: table.need_code("approver", sink),
        limit: need_rule(&mut table, "limit", sink),
        ladder: table.code("ladder", sink),
        cap: table.number("cap", (0, 20), sink),
        at_most: rule(&mut table, "at_most", sink),
        reasons,
        to: table.code("to", sink),
    };
    table.finish(sink);
    ast
}

fn progress(mut table: Table<'_>, sink: &mut Sink<'_>) -> ProgressAst {
    let ast = ProgressAst {
        span: table.span,
        label: table.need_label("label", sink),
        every: need_cadence(&mut table, "every", sink),
        by: table.need_code("by", sink),
        ladder: table.code("ladder", sink),
        datum: table.code("datum", sink),
    };
    table.finish(sink);
    ast
}

fn children(mut table: Table<'_>, sink: &mut Sink<'_>) -> ChildrenAst {
    let join = table.need_text("join", sink).and_then(|found| {
        let join = match found.value.as_str() {
            "all" => Some(JoinAst::All),
            "any" => Some(JoinAst::Any),
            other => other
                .strip_prefix("at least ")
                .and_then(|n| n.parse().ok())
                .map(JoinAst::Quorum),
        };
        if join.is_none() {
            unknown_word(sink, &found, "join", &["all", "any", "at least 2"]);
        }
        join.map(|join| Sp::new(found.span, join))
    });
    let each = table.text("each", sink).and_then(|found| each(found, sink));
    let ast = ChildrenAst {
        span: table.span,
        mechanism: table.need_code("mechanism", sink),
        // What says more about rows means something only where there are rows.
        filter: if of_rows(&each) {
            table.text("where", sink)
        } else {
            None
        },
        owner: if of_rows(&each) {
            table.text("owner", sink).and_then(|found| owner(found, sink))
        } else {
            None
        },
        sets: if of_rows(&each) {
            sets(&mut table, sink)
        } else {
            Vec::new()
        },
        each,
        join,
        stage: table.need_code("stage", sink),
        then: table.need_code("then", sink),
    };
    table.finish(sink);
    ast
}

fn of_rows(each: &Option<Sp<EachAst>>) -> bool {
    matches!(each.as_ref().map(|each| &each.value), Some(EachAst::Register(_)))
}

const DIRECTIONS: &[(&str, Direction)] = &[
    ("up", Direction::Up),
    ("down", Direction::Down),
    ("none", Direction::None),
];
const PERIODS: &[(&str, Period)] = &[
    ("month", Period::Month),
    ("quarter", Period::Quarter),
    ("half_year", Period::HalfYear),
    ("year", Period::Year),
    ("always", Period::Always),
];

/// Reads an indicator; `shared` where a pack declares it for all.
pub(crate) fn indicator(mut table: Table<'_>, shared: bool, sink: &mut Sink<'_>) -> Option<IndicatorAst> {
    let common = if shared { None } else { table.code("common", sink) };
    let target = table.text("target", sink).and_then(|found| {
        let number = printed_number(&found.value);
        if number.is_none() {
            sink.error("M0016", found.span, |m| m.with("found", found.as_str()));
        }
        number
    });
    let period = table
        .code("period", sink)
        .and_then(|found| word(found, "period", PERIODS, sink))
        .map_or(Period::Always, |found| found.value);
    let span = table.span;
    if let Some(common) = common {
        // What it counts is said where it is shared, and only there: one name, one formula.
        let id = table.code("id", sink).unwrap_or_else(|| common.clone());
        table.finish(sink);
        return Some(IndicatorAst {
            span,
            id,
            common: Some(common),
            label: bihuan_messages::Label::default(),
            says: bihuan_messages::Label::default(),
            value: None,
            base: None,
            unit: String::new(),
            target,
            direction: Direction::None,
            period,
            dated: None,
            whose: None,
        });
    }
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let says = table.need_label("says", sink);
    let value = table.need_text("value", sink);
    let base = table.text("base", sink);
    let unit = table
        .need_text("unit", sink)
        .map(|unit| unit.value)
        .unwrap_or_default();
    let direction = table
        .code("direction", sink)
        .and_then(|found| word(found, "direction", DIRECTIONS, sink))
        .map_or(Direction::None, |found| found.value);
    let (dated, whose) = (table.code("dated", sink), table.code("whose", sink));
    table.finish(sink);
    Some(IndicatorAst {
        span,
        id: id?,
        common: None,
        label,
        says,
        value,
        base,
        unit,
        target,
        direction,
        period,
        dated,
        whose,
    })
}

fn figure(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<FigureAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let value = table.text("value", sink);
    let base = table.text("base", sink);
    let unit = table
        .need_text("unit", sink)
        .map(|unit| unit.value)
        .unwrap_or_default();
    let printed = table.need_text("printed", sink).and_then(|found| {
        let number = printed_number(&found.value);
        if number.is_none() {
            sink.error("M0016", found.span, |m| m.with("found", found.as_str()));
        }
        number.map(|number| Sp::new(found.span, number))
    });
    let qualifier = table
        .code("qualifier", sink)
        .and_then(|found| word(found, "qualifier", QUALIFIERS, sink));
    let document = table
        .need_text("document", sink)
        .map(|found| found.value)
        .unwrap_or_default();
    let as_of = table.text("as_of", sink).and_then(|found| {
        let date = limit::date(&found.value);
        if date.is_none() {
            sink.error("M0017", found.span, |m| m.with("found", found.as_str()));
        }
        date
    });
    let anomaly = table.label("anomaly", sink);
    let quote = table.text("quote", sink).map(|found| found.value);
    let indicator = table.code("indicator", sink);
    table.finish(sink);
    Some(FigureAst {
        id: id?,
        label,
        value,
        base,
        printed,
        unit,
        qualifier,
        document,
        as_of,
        anomaly,
        quote,
        indicator,
    })
}

/// Reads `248亿`, `2.9亿`, `34`, `61`: the printed number in base units.
pub(crate) fn printed_number(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let (digits, factor) = if let Some(rest) = text.strip_suffix('亿') {
        (rest, Decimal::from(100_000_000))
    } else if let Some(rest) = text.strip_suffix('万') {
        (rest, Decimal::from(10_000))
    } else {
        (text, Decimal::ONE)
    };
    if digits.is_empty()
        || digits.len() > 20
        || !digits.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-')
    {
        return None;
    }
    digits
        .parse::<Decimal>()
        .ok()?
        .checked_mul(factor)
        .map(|n| n.normalize())
}

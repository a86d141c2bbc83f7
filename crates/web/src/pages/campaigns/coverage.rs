//! The figures of a campaign: each row of its register with the case that was opened for it and what was found there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bihuan_domain::expr::{self, NoCase};
use bihuan_domain::id::{CaseId, Code, RegisterId, RowId};
use bihuan_domain::mechanism::{Each, Field, Mechanism, RegisterSpec};
use bihuan_domain::value::{Type, Value};
use bihuan_engine::views::{CaseRow, Filter, Sort};
use bihuan_messages::t;

use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Groups that are worth a table; beyond it a field tells rows apart one by one.
const GROUPS_MAX: usize = 30;

/// How far the inspection of a row has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// Nothing was opened for it yet.
    NotOpened,
    /// It was assigned and not inspected yet.
    Assigned,
    /// Inspected; what follows is open.
    Inspected,
    /// Inspected and closed.
    Closed,
    /// Called off.
    Void,
}

impl Stand {
    /// Whether somebody has been there.
    pub(super) fn is_seen(self) -> bool {
        matches!(self, Stand::Inspected | Stand::Closed)
    }

    /// The key of its name.
    pub(super) fn key(self) -> &'static str {
        match self {
            Stand::NotOpened => "phone.s_none",
            Stand::Assigned => "phone.s_assigned",
            Stand::Inspected => "phone.s_inspected",
            Stand::Closed => "phone.s_closed",
            Stand::Void => "phone.s_void",
        }
    }
}

/// A row of the register.
pub(super) struct Row {
    pub(super) id: RowId,
    pub(super) name: String,
    pub(super) group: String,
    pub(super) stand: Stand,
    pub(super) case: Option<CaseId>,
    /// Whether the visitor may open that case.
    pub(super) may_be_seen: bool,
    /// Where it stands, while it is open.
    pub(super) stage: Option<String>,
    /// Findings that became cases, and how many of them are closed.
    pub(super) found: u64,
    pub(super) closed: u64,
    /// Those of the findings that the visitor may open.
    pub(super) findings: Vec<CaseRow>,
}

/// What is added up over rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) due: u64,
    pub(super) seen: u64,
    pub(super) found: u64,
    pub(super) closed: u64,
}

impl Sums {
    fn add(&mut self, row: &Row) {
        // What was called off is not due.
        self.due += u64::from(row.stand != Stand::Void);
        self.seen += u64::from(row.stand.is_seen());
        self.found += row.found;
        self.closed += row.closed;
    }
}

/// Rows that have something in common.
pub(super) struct Group {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) sums: Sums,
}

/// A campaign over a register.
pub(super) struct Coverage {
    /// The register's name and code.
    pub(super) register: String,
    pub(super) register_id: RegisterId,
    pub(super) rows: Vec<Row>,
    pub(super) groups: Vec<Group>,
    /// By which field rows may be told apart: code and name.
    pub(super) choices: Vec<(String, String)>,
    /// By which they are.
    pub(super) by: String,
    /// Whether findings become cases.
    pub(super) finds: bool,
}

impl Coverage {
    /// All rows together.
    pub(super) fn total(&self) -> Sums {
        let mut sums = Sums::default();
        self.rows.iter().for_each(|row| sums.add(row));
        sums
    }

    /// The name of the field by which rows are told apart.
    pub(super) fn by_name(&self) -> &str {
        let chosen = self.choices.iter().find(|(code, _)| *code == self.by);
        chosen.map_or("", |(_, name)| name)
    }

    /// Computes it; `None` where the mechanism goes over no register.
    pub(super) fn of(
        show: &Show<'_>,
        mechanism: &Mechanism,
        campaign: CaseId,
        by: &str,
    ) -> Result<Option<Coverage>, Trouble> {
        let visitor = show.visitor;
        let Some(children) = &mechanism.children else {
            return Ok(None);
        };
        let Some(Each::Register { register, filter, .. }) = &children.each else {
            return Ok(None);
        };
        let Some(spec) = visitor.mechanisms.register(register) else {
            return Ok(None);
        };
        let part = visitor.mechanisms.current(&children.mechanism);
        let parts = of_parent(show, campaign, false)?;
        let seen: BTreeSet<CaseId> = of_parent(show, campaign, true)?
            .into_iter()
            .map(|case| case.id)
            .collect();
        let parts: BTreeMap<CaseId, CaseRow> = parts.into_iter().map(|case| (case.id, case)).collect();
        let finding = part
            .as_ref()
            .and_then(|part| part.children.as_ref())
            .map(|children| &children.mechanism);
        let found = match finding {
            Some(finding) => Found::of(show, finding, parts.keys().copied().collect())?,
            None => Found::default(),
        };
        let scope = NoCase::new(visitor.now).with_registers(&visitor.world.registers);
        let fields = grouping(show, spec);
        let chosen = fields
            .iter()
            .find(|field| field.id.as_str() == by)
            .or(fields.first())
            .copied();
        let mut rows = Vec::new();
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for (id, values) in visitor.world.registers.rows(register) {
            let key = Code::new(format!("part/{campaign}/{id}"));
            let case = show.views.by_key(&children.mechanism, &key)?;
            let case = case.and_then(|case| parts.get(&case));
            // Whether a row belongs to the campaign is the filter's; a row with a case belongs to it whatever it says now.
            let belongs = case.is_some()
                || filter
                    .as_ref()
                    .is_none_or(|filter| matches!(expr::holds_for(filter, &scope, values), Ok(true)));
            if !belongs {
                continue;
            }
            let (group, group_name) = match chosen.and_then(|field| Some((field, values.get(&field.id)?))) {
                Some((field, value)) => (code_of(value), name_of(show, field, value)),
                None => ("-".to_owned(), t(visitor.lang, "phone.group_none").to_owned()),
            };
            names.entry(group.clone()).or_insert(group_name);
            let first = part.as_ref().map(|part| &part.open.stage);
            let stand = match case {
                None => Stand::NotOpened,
                Some(case) if case.kind == "void" => Stand::Void,
                Some(case) if !case.open => Stand::Closed,
                Some(case) if Some(&case.stage) == first => Stand::Assigned,
                Some(_) => Stand::Inspected,
            };
            let of_case = case.and_then(|case| found.by_part.get(&case.id));
            rows.push(Row {
                id: id.clone(),
                name: show.row_name(Some(spec), id, values),
                group,
                stand,
                case: case.map(|case| case.id),
                may_be_seen: case.is_some_and(|case| seen.contains(&case.id)),
                stage: case
                    .filter(|case| case.open)
                    .map(|case| show::stage_name(part.as_deref(), &case.stage, visitor.lang).to_owned()),
                found: of_case.map_or(0, |found| found.all),
                closed: of_case.map_or(0, |found| found.closed),
                findings: of_case.map(|found| found.seen.clone()).unwrap_or_default(),
            });
        }
        let mut groups: BTreeMap<&str, Sums> = BTreeMap::new();
        for row in &rows {
            groups.entry(&row.group).or_default().add(row);
        }
        let name = |code: &str| names.get(code).cloned().unwrap_or_else(|| code.to_owned());
        let groups = groups
            .into_iter()
            .map(|(code, sums)| Group {
                code: code.to_owned(),
                name: name(code),
                sums,
            })
            .collect();
        Ok(Some(Coverage {
            register: spec.label.get(visitor.lang).to_owned(),
            register_id: register.clone(),
            rows,
            groups,
            choices: fields
                .iter()
                .map(|field| (field.id.to_string(), field.label.get(visitor.lang).to_owned()))
                .collect(),
            by: chosen.map(|field| field.id.to_string()).unwrap_or_default(),
            finds: finding.is_some(),
        }))
    }
}

/// The parts of a case: all of them, or those that the visitor may see.
fn of_parent(show: &Show<'_>, parent: CaseId, seen: bool) -> Result<Vec<CaseRow>, Trouble> {
    let mut filter = Filter {
        parent: Some(parent),
        ..Filter::default()
    };
    if seen {
        filter.visible_to = show.visitor.sight.as_ref().clone();
    }
    Ok(show.views.cases(&filter, Sort::Oldest, 0, u64::MAX)?.rows)
}

/// Findings by the part in which they were found.
#[derive(Default)]
struct Found {
    by_part: BTreeMap<CaseId, OfPart>,
}

#[derive(Default)]
struct OfPart {
    all: u64,
    closed: u64,
    seen: Vec<CaseRow>,
}

impl Found {
    fn of(
        show: &Show<'_>,
        finding: &bihuan_domain::id::MechanismId,
        parts: BTreeSet<CaseId>,
    ) -> Result<Found, Trouble> {
        let parents: BTreeMap<CaseId, CaseId> = show
            .views
            .parents(finding)?
            .into_iter()
            .filter(|(_, parent)| parts.contains(parent))
            .collect();
        let mut found = Found::default();
        let mut filter = Filter {
            mechanisms: vec![finding.clone()],
            among: Some(Arc::new(parents.keys().copied().collect())),
            ..Filter::default()
        };
        for case in show.views.cases(&filter, Sort::Oldest, 0, u64::MAX)?.rows {
            if let Some(part) = parents.get(&case.id).filter(|_| case.kind != "void") {
                let part = found.by_part.entry(*part).or_default();
                part.all += 1;
                part.closed += u64::from(!case.open);
            }
        }
        filter.visible_to = show.visitor.sight.as_ref().clone();
        for case in show.views.cases(&filter, Sort::Urgency, 0, u64::MAX)?.rows {
            if let Some(part) = parents.get(&case.id).and_then(|part| found.by_part.get_mut(part)) {
                part.seen.push(case);
            }
        }
        Ok(found)
    }
}

/// The fields by which rows fall into a few groups: units and rows first, then choices.
fn grouping<'a>(show: &Show<'_>, spec: &'a RegisterSpec) -> Vec<&'a Field> {
    let registers = &show.visitor.world.registers;
    let total = registers.count(&spec.id);
    let few = |field: &&Field| {
        let mut codes = BTreeSet::new();
        for (_, row) in registers.rows(&spec.id) {
            codes.extend(row.get(&field.id).map(code_of));
            if codes.len() > GROUPS_MAX {
                return false;
            }
        }
        codes.len() > 1 && codes.len() < total
    };
    let open = |field: &&Field| !field.sensitive;
    let places = spec
        .fields
        .iter()
        .filter(|field| matches!(field.ty, Type::Unit | Type::Row(_)));
    let choices = spec
        .fields
        .iter()
        .filter(|field| matches!(field.ty, Type::Choice(_) | Type::Bool));
    places.chain(choices).filter(open).filter(few).collect()
}

fn code_of(value: &Value) -> String {
    match value {
        Value::Unit(unit) => unit.to_string(),
        Value::Row(row) => row.row.to_string(),
        Value::Code(code) => code.to_string(),
        Value::Bool(answer) => answer.to_string(),
        _ => "-".to_owned(),
    }
}

/// The name of a group.
fn name_of(show: &Show<'_>, field: &Field, value: &Value) -> String {
    let lang = show.visitor.lang;
    match value {
        Value::Unit(unit) => show.unit(unit),
        Value::Row(row) => show.row(row),
        Value::Bool(answer) => t(lang, if *answer { "web.yes" } else { "web.no" }).to_owned(),
        other => {
            let code = code_of(other);
            let label = field.choices.iter().find(|(known, _)| known.as_str() == code);
            label.map_or(code.clone(), |(_, label)| label.get(lang).to_owned())
        }
    }
}

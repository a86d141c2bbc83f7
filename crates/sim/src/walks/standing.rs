//! How far a walk has come: which of its acts the log holds already, whoever did them and from which page.

use std::collections::BTreeMap;

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::State;
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::{BulletinId, CaseId, DocumentId, MechanismId, RegisterId};
use bihuan_domain::value::Value;
use bihuan_domain::world::Bulletin;
use bihuan_engine::views::{CaseView, Filter, Sort, Views};
use bihuan_engine::{Engine, Failure, bulletin};
use bihuan_mechanism::scenario::{Plain, Told};
use bihuan_mechanism::{Input, from_text};
use jiff::Timestamp;

use super::course::Course;
use crate::history::Tale;

/// Where a walk stands.
pub(super) struct Standing {
    /// The course with what it has brought about, moved to its time.
    pub(super) tale: Tale,
    /// Which acts are done.
    pub(super) done: Vec<bool>,
    /// When the case that the bulletin is to count was closed.
    pub(super) closed: Option<Timestamp>,
    /// The first bulletin that counts it.
    pub(super) bulletin: Option<(BulletinId, Bulletin)>,
}

/// In seconds.
const WEEK: i64 = 7 * 24 * 3600;
/// A walk whose hour is over by no more than this begins at once, and not in a week.
const STILL_IN_TIME: i64 = 2 * 3600;

/// How many of the youngest cases of a mechanism are looked through for one of the walk.
const LOOKED_THROUGH: u64 = 60;

impl Standing {
    /// Whether every act is done.
    pub(super) fn is_walked(&self) -> bool {
        self.done.iter().all(|done| *done)
    }

    /// The case that the bulletin is to count.
    pub(super) fn case(&self, course: &Course) -> Option<CaseId> {
        self.tale.cases.get(&course.main).copied()
    }
}

/// Reads from the log how far a walk has come; what lies before `from` belongs to history.
pub(super) fn of(
    engine: &Engine,
    views: &Views,
    course: &Course,
    from: Timestamp,
) -> Result<Standing, Failure> {
    let mut tracer = Tracer {
        engine,
        views,
        course,
        from,
        tale: course.tale.clone(),
        seen: BTreeMap::new(),
    };
    tracer.rows();
    tracer.bind()?;
    tracer.shift()?;
    let done = tracer.done()?;
    let main = tracer.tale.cases.get(&course.main).copied();
    let state = main.map(|case| views.state(case)).transpose()?.flatten();
    let closed = state.and_then(|state| state.closed).map(|closed| closed.at);
    let bulletin = match (main, closed) {
        (Some(case), Some(closed)) if done.iter().all(|done| *done) => counting(engine, case, closed)?,
        _ => None,
    };
    Ok(Standing {
        tale: tracer.tale,
        done,
        closed,
        bulletin,
    })
}

/// The first bulletin in which the closing of a case counts.
fn counting(
    engine: &Engine,
    case: CaseId,
    closed: Timestamp,
) -> Result<Option<(BulletinId, Bulletin)>, Failure> {
    let world = engine.world();
    let day = date_of(closed);
    let mut later: Vec<_> = world
        .bulletins
        .iter()
        .filter(|(_, one)| one.drafted_at >= closed && one.draft.from <= day && day <= one.draft.to)
        .collect();
    // What is issued already comes first: a draft beside it changes nothing.
    later.sort_by_key(|(_, one)| (one.issued.is_none(), one.drafted_at));
    for (id, one) in later {
        let (_, content) = bulletin::load(engine, id)?;
        let counts = content.is_some_and(|content| {
            let mut counts = content.figures.counts.iter();
            counts.any(|count| count.id.as_str() == "closed" && count.cases.has(case))
        });
        if counts {
            return Ok(Some((id.clone(), one.clone())));
        }
    }
    Ok(None)
}

struct Tracer<'a> {
    engine: &'a Engine,
    views: &'a Views,
    course: &'a Course,
    from: Timestamp,
    tale: Tale,
    /// Cases that were looked at.
    seen: BTreeMap<CaseId, CaseView>,
}

impl Tracer<'_> {
    /// Rows that the packs do not bring get ids of the walk's own.
    fn rows(&mut self) {
        let world = self.engine.world();
        let acts = std::sync::Arc::clone(&self.tale.acts);
        for act in acts.iter().filter(|act| act.action == "row") {
            if let (Some(register), Some(row)) = (act.text("register"), act.text("row"))
                && world
                    .registers
                    .row(&RegisterId::from(register), &row.into())
                    .is_none()
            {
                self.tale.own_row(&register.into(), row);
            }
        }
    }

    /// Finds the cases that have come about.
    fn bind(&mut self) -> Result<(), Failure> {
        let acts = std::sync::Arc::clone(&self.tale.acts);
        for act in acts.iter() {
            if !self.tale.cases.contains_key(&act.case)
                && let Some(case) = self.opened_by(act)?
            {
                self.tale.cases.insert(act.case.clone(), case);
            }
            self.children(act)?;
        }
        Ok(())
    }

    fn opened_by(&self, act: &Told) -> Result<Option<CaseId>, Failure> {
        let key = match act.action.as_str() {
            "open" => format!("{}-{}", self.tale.name, act.case),
            "row" if act.case_said => {
                let (Some(register), Some(row)) = (act.text("register"), act.text("row")) else {
                    return Ok(None);
                };
                self.tale.row_here(&register.into(), row).to_string()
            }
            "accept" => return self.accepted(act),
            "wait" => return self.scheduled(act),
            _ => return Ok(None),
        };
        let mechanisms = self.engine.mechanisms();
        let Some(mechanism) = self.course.mechanism_of(&act.case, &mechanisms) else {
            return Ok(None);
        };
        let owner = act.text("owner").map(|owner| self.tale.twin.unit(&owner.into()));
        let mut alike = None;
        for state in self.youngest(&mechanism.id)? {
            let mine = state
                .source
                .key
                .as_ref()
                .is_some_and(|own| match act.action.as_str() {
                    "row" => own.as_str().contains(&key),
                    _ => own.as_str() == key,
                });
            if mine {
                return Ok(Some(state.id));
            }
            // Opened from a page without the walk's key: the like of it that is nobody else's.
            let taken = self.tale.cases.values().any(|case| *case == state.id);
            let by_hand = act.action == "open" && !state.opened_by.is_system() && state.source.key.is_none();
            if by_hand && !taken && state.opened_at >= self.from && Some(&state.owner) == owner.as_ref() {
                alike = Some(state.id);
            }
        }
        Ok(alike)
    }

    fn youngest(&self, mechanism: &MechanismId) -> Result<Vec<State>, Failure> {
        let filter = Filter {
            mechanisms: vec![mechanism.clone()],
            ..Filter::default()
        };
        let rows = self.views.cases(&filter, Sort::Newest, 0, LOOKED_THROUGH)?.rows;
        let mut states = Vec::new();
        for row in rows {
            states.extend(self.views.state(row.id)?);
        }
        Ok(states)
    }

    fn accepted(&self, act: &Told) -> Result<Option<CaseId>, Failure> {
        let Some(document) = act.text("text").map(document) else {
            return Ok(None);
        };
        let mut found = None;
        let mechanism = std::slice::from_ref(&self.tale.mechanism);
        let words = act.text("words").unwrap_or_default();
        self.views
            .for_each_state(mechanism, Some(document.as_str()), |state, title| {
                if found.is_none() && title.is_some_and(|title| title.contains(words)) {
                    found = Some(state.id);
                }
            })?;
        Ok(found)
    }

    /// The case that its day opened.
    fn scheduled(&self, act: &Told) -> Result<Option<CaseId>, Failure> {
        // The day is that of the acts before it.
        let mut moved = self.tale.clone();
        moved.weeks = self.weeks()?;
        let day = date_of(moved.moment(act));
        let youngest = self.youngest(&self.tale.mechanism)?;
        let mine = youngest.into_iter().find(|state| {
            state.opened_by.is_system() && state.opened_at >= self.from && date_of(state.opened_at) == day
        });
        Ok(mine.map(|state| state.id))
    }

    /// Parts that a step has opened, of those that the scenario says whose they are.
    fn children(&mut self, act: &Told) -> Result<(), Failure> {
        let names = act.texts("children");
        let (Some(case), false) = (self.tale.cases.get(&act.case), names.is_empty()) else {
            return Ok(());
        };
        if act.action != "step" {
            return Ok(());
        }
        let Some(state) = self.views.state(*case)? else {
            return Ok(());
        };
        let acts = std::sync::Arc::clone(&self.tale.acts);
        for name in names {
            // A place may have other parts than the scenario: they are known by who owns them.
            let of_name = acts.iter().filter(|act| act.case == name);
            let Some(owner) = of_name.into_iter().find_map(|act| act.owner.as_deref()) else {
                continue;
            };
            let owner = self.tale.twin.unit(&owner.into());
            for child in state.children.keys() {
                let taken = self.tale.cases.values().any(|case| case == child);
                let owned = self
                    .views
                    .state(*child)?
                    .is_some_and(|child| child.owner == owner);
                if owned && !taken {
                    self.tale.cases.entry(name.to_owned()).or_insert(*child);
                }
            }
        }
        Ok(())
    }

    /// By how many weeks the walk is later than its scenario: as its first case was opened, or from now on.
    fn weeks(&self) -> Result<i64, Failure> {
        let span = |from: Timestamp, to: Timestamp| to.as_second().saturating_sub(from.as_second());
        Ok(match self.first_opened()? {
            Some((act, opened)) => span(act, opened).div_euclid(WEEK),
            None => {
                let rows = self.tale.acts.iter().take_while(|act| self.stands_alone(act));
                let next = self.tale.acts.get(rows.count()).or(self.tale.acts.first());
                let next = next.map_or(Timestamp::UNIX_EPOCH, |act| act.at);
                let late = span(next, self.engine.now()).saturating_sub(STILL_IN_TIME);
                late.saturating_add(WEEK - 1).div_euclid(WEEK)
            }
        })
    }

    /// A row or a document that is there without a case of its own.
    fn stands_alone(&self, act: &Told) -> bool {
        match act.action.as_str() {
            "row" => self.row_is_there(act),
            "document" => self.has_document(act),
            _ => false,
        }
    }

    /// The first case of the walk: when it is opened in the scenario, and when it was.
    fn first_opened(&self) -> Result<Option<(Timestamp, Timestamp)>, Failure> {
        for act in self.tale.acts.iter() {
            let opens = matches!(act.action.as_str(), "open" | "accept" | "row");
            if let Some(case) = self.tale.cases.get(&act.case).filter(|_| opens)
                && let Some(state) = self.views.state(*case)?
            {
                return Ok(Some((act.at, state.opened_at)));
            }
        }
        Ok(None)
    }

    fn shift(&mut self) -> Result<(), Failure> {
        if !self.course.at_once {
            self.tale.weeks = self.weeks()?;
            return Ok(());
        }
        let begins = match self.first_opened()? {
            Some((act, opened)) => opened.duration_since(act),
            None => {
                let first = self.tale.acts.first().map_or(Timestamp::UNIX_EPOCH, |act| act.at);
                self.engine.now().duration_since(first)
            }
        };
        self.tale.minutes = begins.as_mins();
        Ok(())
    }

    fn row_is_there(&self, act: &Told) -> bool {
        let (Some(register), Some(row)) = (act.text("register"), act.text("row")) else {
            return false;
        };
        let here = self.tale.row_here(&register.into(), row);
        let world = self.engine.world();
        let Some(values) = world.registers.row(&register.into(), &here) else {
            return false;
        };
        // The first time it is enough that the row is there; a correction is seen by its figures.
        let acts = self.tale.acts.iter();
        let again = acts
            .take_while(|before| !std::ptr::eq(*before, act))
            .any(|before| before.text("register") == Some(register) && before.text("row") == Some(row));
        if here.as_str() != row && !again {
            return true;
        }
        let mechanisms = self.engine.mechanisms();
        let Some(spec) = mechanisms.register(&register.into()) else {
            return false;
        };
        act.table("values").iter().all(|(name, plain)| {
            let field = spec.fields.iter().find(|field| field.id.as_str() == name);
            let (Some(field), Plain::Text(text)) = (field, plain) else {
                return true;
            };
            match (from_text(text, &field.ty), values.get(&field.id)) {
                (Ok(Input::Value(Value::Dec(wanted))), Some(Value::Dec(is))) => wanted == *is,
                (Ok(Input::Value(Value::Code(wanted))), is) => {
                    matches!(is, Some(Value::Code(is)) if *is == wanted)
                }
                _ => true,
            }
        })
    }

    /// A result counts for an act if it was computed on its day or later.
    fn is_computed(&self, act: &Told) -> bool {
        let (Some(register), Some(period)) = (act.text("register"), act.text("period")) else {
            return false;
        };
        let day = date_of(self.tale.moment(act));
        let (world, register) = (self.engine.world(), RegisterId::from(register));
        let mut rows = world.registers.rows(&register);
        rows.any(|(id, row)| {
            let on = row.get("computed_on");
            id.as_str().starts_with(period) && matches!(on, Some(Value::Date(on)) if *on >= day)
        })
    }

    fn has_document(&self, act: &Told) -> bool {
        let text = act.text("text").unwrap_or_default();
        self.engine.world().documents.contains_key(&document(text))
    }

    /// Which acts are done: of each case its events are looked through in order.
    fn done(&mut self) -> Result<Vec<bool>, Failure> {
        let mut at: BTreeMap<CaseId, usize> = BTreeMap::new();
        let acts = std::sync::Arc::clone(&self.tale.acts);
        let mut done = Vec::with_capacity(acts.len());
        for act in acts.iter() {
            let case = self.tale.cases.get(&act.case).copied();
            done.push(match (act.action.as_str(), case) {
                ("row", _) => self.row_is_there(act),
                ("compute", _) => self.is_computed(act),
                ("document", _) => self.has_document(act),
                ("open" | "accept" | "wait", case) => case.is_some(),
                (_, None) => false,
                ("others", Some(case)) => {
                    let state = self.views.state(case)?;
                    state.is_some_and(|state| {
                        !state.children.is_empty() && state.children.values().all(|kind| !kind.is_open())
                    })
                }
                (_, Some(case)) => {
                    if !self.seen.contains_key(&case) {
                        self.seen.extend(self.views.case(case)?.map(|view| (case, view)));
                    }
                    let from = at.entry(case).or_default();
                    let events = self.seen.get(&case).map_or(&[][..], |view| &view.timeline);
                    let found = events.iter().skip(*from).position(|entry| is(act, &entry.event));
                    if let Some(found) = found {
                        *from = from.saturating_add(found).saturating_add(1);
                    }
                    found.is_some()
                }
            });
        }
        Ok(done)
    }
}

/// Whether an event is what an act brings about.
fn is(act: &Told, event: &CaseEvent) -> bool {
    match (act.action.as_str(), event) {
        ("step", CaseEvent::Moved(moved)) => Some(moved.step.as_str()) == act.text("step"),
        ("note", CaseEvent::Noted(_))
        | ("request", CaseEvent::Requested(_))
        | ("decide", CaseEvent::Decided(_))
        | ("answer", CaseEvent::Answered(_))
        | ("reassign", CaseEvent::Reassigned(_))
        | ("amend", CaseEvent::Amended(_))
        | ("remind", CaseEvent::Reminded(_))
        | ("resume", CaseEvent::Resumed(_)) => true,
        ("verify", CaseEvent::Closed(_)) | ("look_back", CaseEvent::LookBackPassed(_)) => {
            act.text("pass") != Some("false")
        }
        ("verify", CaseEvent::Failed(_)) | ("look_back", CaseEvent::Reopened(_)) => {
            act.text("pass") == Some("false")
        }
        _ => false,
    }
}

/// The document that a text becomes.
pub(super) fn document(text: &str) -> DocumentId {
    bihuan_engine::documents::id_of(text)
}

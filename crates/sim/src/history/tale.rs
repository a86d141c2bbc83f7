//! Playing a scenario of a pack in a sample jurisdiction, moved to its posts and its time, as far as is wanted.

mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_domain::calendar::{instant, local};
use bihuan_domain::case::State;
use bihuan_domain::id::{CaseId, MechanismId, PostId, RegisterId, RowId, UnitId};
use bihuan_domain::mechanism::{Mechanism, RequestKind, SourceKind, Units};
use bihuan_domain::org::Actor;
use bihuan_domain::value::Type;
use bihuan_engine::views::{Filter, Sort, Views};
use bihuan_engine::{Engine, Failure, OpenOrder, Order, SourceOrder};
use bihuan_mechanism::scenario::{Plain, Told};
use jiff::ToSpan;
use jiff::civil::DateTime;
use serde_json::Value as Json;

use super::{Scene, acting};
use crate::people::{as_actor, on_post};
use crate::twin::Twin;

/// A scenario on its way.
#[derive(Clone, Debug)]
pub struct Tale {
    /// Its name: unique, letters, digits and `-`; part of every key.
    pub name: String,
    /// The mechanism it is about.
    pub mechanism: MechanismId,
    /// What is done; steps that are refused are left out.
    pub acts: Arc<[Told]>,
    /// How many weeks later.
    pub weeks: i64,
    /// How many minutes later beside the weeks: for what begins at once, whatever the weekday.
    pub(crate) minutes: i64,
    /// How many of the acts are played.
    pub stop: usize,
    /// Where the packs' units and posts are found.
    pub(crate) twin: Arc<Twin>,
    /// Index of the next act.
    pub(crate) next: usize,
    pub(super) sent: usize,
    /// Cases by their names in the scenario.
    pub cases: BTreeMap<String, CaseId>,
    /// Rows that the tale writes or takes in the place of the scenario's.
    rows: BTreeMap<(RegisterId, String), RowId>,
    /// How often another row was taken because a case was open for the first.
    swapped: usize,
}

/// How many other rows are tried.
const SWAPS_MAX: usize = 6;

impl Tale {
    /// A tale of which nothing has been told yet.
    pub(crate) fn new(
        name: String,
        mechanism: MechanismId,
        acts: Arc<[Told]>,
        twin: Arc<Twin>,
        weeks: i64,
        stop: usize,
    ) -> Self {
        Tale {
            name,
            mechanism,
            acts,
            weeks,
            minutes: 0,
            stop,
            twin,
            next: 0,
            sent: 0,
            cases: BTreeMap::new(),
            rows: BTreeMap::new(),
            swapped: 0,
        }
    }

    /// When the next act is due; `None` where the tale is over.
    pub(super) fn due(&self) -> Option<DateTime> {
        let act = self.acts.get(self.next).filter(|_| self.next < self.stop)?;
        Some(self.moved(local(act.at)))
    }

    /// How many files its acts bring.
    pub(super) fn files(&self) -> usize {
        let played = self.acts.iter().take(self.stop);
        let files = played.map(|act| {
            let values = act.table("values");
            let named = values
                .values()
                .filter(|value| matches!(value, Plain::Text(text) if is_file(text)));
            usize::try_from(act.number("evidence").unwrap_or(0))
                .unwrap_or(0)
                .saturating_add(named.count())
        });
        files.sum()
    }

    /// When an act is due.
    pub(crate) fn moment(&self, act: &Told) -> jiff::Timestamp {
        instant(self.moved(local(act.at)))
    }

    fn moved(&self, at: DateTime) -> DateTime {
        at.saturating_add(self.weeks.weeks())
            .saturating_add(self.minutes.minutes())
    }

    /// Keeps what an act brought about.
    pub(super) fn told(&mut self, act: usize, case: Option<CaseId>) {
        let Some(act) = self.acts.get(act) else { return };
        // Where a row opens several, the first is meant only if the scenario says so; others are found by their steps.
        let children = act.texts("children");
        let first = children.first().is_none_or(|first| *first == act.case);
        if matches!(act.action.as_str(), "open" | "wait") || act.action == "row" && act.case_said && first {
            self.cases.extend(case.map(|case| (act.case.clone(), case)));
        }
    }

    /// Takes other rows than those for which a case is open already; `false` where that is of no use.
    pub(super) fn swap(&mut self, scene: &Scene, act: usize) -> bool {
        let Some(act) = self.acts.get(act) else {
            return false;
        };
        let id: MechanismId = act
            .text("mechanism")
            .map_or(self.mechanism.clone(), MechanismId::from);
        let Some(mechanism) = scene.mechanisms.current(&id) else {
            return false;
        };
        self.swapped = self.swapped.saturating_add(1);
        let mut any = false;
        for field in &mechanism.open.unique {
            let (Some(Plain::Text(row)), Some(Type::Row(register))) = (
                act.table("values").get(field.as_str()).cloned(),
                mechanism.field(field).map(|field| field.ty.clone()),
            ) else {
                continue;
            };
            let rows: Vec<&RowId> = scene.world.registers.rows(&register).map(|(id, _)| id).collect();
            let place = rows.iter().position(|id| id.as_str() == row).unwrap_or(0);
            let other = place.saturating_add(self.swapped.saturating_mul(3));
            if let Some(other) = rows.get(other.checked_rem(rows.len()).unwrap_or(0)) {
                let other = (*other).clone();
                self.rows.insert((register, row), other);
                any = true;
            }
        }
        any && self.swapped <= SWAPS_MAX
    }

    /// The next act as a command; `None` where there is nothing to do but to let time pass.
    ///
    /// # Errors
    ///
    /// Faults of the log.
    pub(crate) fn order(
        &mut self,
        index: usize,
        scene: &Scene,
        at: DateTime,
        engine: &Engine,
        views: &Views,
    ) -> Result<Result<Option<(Actor, Order)>, String>, Failure> {
        let acts = Arc::clone(&self.acts);
        let Some(act) = acts.get(index) else {
            return Ok(Ok(None));
        };
        let order = match act.action.as_str() {
            "open" => self.open(act, scene, at),
            "wait" => self.scheduled(act, scene, at),
            "row" => self.row(act, scene, at),
            "compute" => self.compute(act, scene, at),
            _ => {
                let Some(state) = self.case_of(act, scene, engine, views)? else {
                    return Ok(Err(format!("no case {}", act.case)));
                };
                return self
                    .on_case(act, &state, scene, at, engine)
                    .map(|order| match order {
                        Some(order) => Ok(Some(order)),
                        None => Err(format!("nobody {}", act.by.clone().unwrap_or_default())),
                    });
            }
        };
        Ok(Ok(order))
    }

    fn open(&self, act: &Told, scene: &Scene, at: DateTime) -> Option<(Actor, Order)> {
        let id: MechanismId = act
            .text("mechanism")
            .map_or(self.mechanism.clone(), MechanismId::from);
        let mechanism = scene.mechanisms.current(&id)?;
        let kind = act.text("from").map_or(SourceKind::Person, source);
        let open = OpenOrder {
            mechanism: id,
            owner: self.twin.unit(&UnitId::from(act.text("owner")?)),
            supporting: act
                .texts("supporting")
                .into_iter()
                .map(|unit| self.twin.unit(&UnitId::from(unit)))
                .collect(),
            title: sample(act.text("title").unwrap_or(&mechanism.label.zh)),
            risk: (act.text("risk") == Some("major")).then_some(bihuan_domain::mechanism::Risk::Major),
            values: self.values(&act.table("values"), &mechanism.fields),
            source: Some(self.source(kind, act)),
            parent: act.text("parent").and_then(|name| self.cases.get(name).copied()),
            stage: act.text("stage").map(Into::into),
            papers: Vec::new(),
        };
        let actor = self.seat(act.by.as_deref()?, scene, at)?;
        Some((actor, Order::Open(open)))
    }

    fn source(&self, kind: SourceKind, act: &Told) -> SourceOrder {
        SourceOrder {
            kind,
            document: None,
            at: Vec::new(),
            quote: None,
            key: Some(format!("{}-{}", self.name, act.case).as_str().into()),
        }
    }

    /// What a schedule would open: in history none runs, so it is opened in its name.
    fn scheduled(&self, act: &Told, scene: &Scene, at: DateTime) -> Option<(Actor, Order)> {
        if self.cases.contains_key(&act.case) {
            return None;
        }
        let mechanism = scene.mechanisms.current(&self.mechanism)?;
        let schedule = mechanism.open.schedule.as_ref()?;
        let org = &scene.world.org;
        let owner = match (&act.owner, &schedule.units) {
            (Some(owner), _) => self.twin.unit(&UnitId::from(owner.as_str())),
            (None, Units::Function(function)) => org.with_function(function, at.date()).next()?.id.clone(),
            (None, Units::Kind(kind)) => org.units.values().find(|unit| unit.kind == *kind)?.id.clone(),
        };
        let name = org.units.get(&owner).map_or("", |unit| unit.name.zh.as_str());
        let date = format!("{}年{}月{}日", at.year(), at.month(), at.day());
        let title = schedule.title.zh.replace("{date}", &date).replace("{unit}", name);
        let open = OpenOrder {
            mechanism: self.mechanism.clone(),
            owner,
            supporting: Default::default(),
            title: sample(&title),
            risk: None,
            values: BTreeMap::new(),
            source: Some(self.source(SourceKind::Schedule, act)),
            parent: None,
            stage: None,
            papers: Vec::new(),
        };
        Some((Actor::system(), Order::Open(open)))
    }

    fn row(&mut self, act: &Told, scene: &Scene, at: DateTime) -> Option<(Actor, Order)> {
        let register = RegisterId::from(act.text("register")?);
        let row = act.text("row")?;
        let spec = scene.mechanisms.register(&register)?.clone();
        // A row of the packs is corrected; one of the scenario's own gets a code of its own.
        if scene.world.registers.row(&register, &row.into()).is_none() {
            self.own_row(&register, row);
        }
        let id = self.row_here(&register, row);
        let actor = match &act.by {
            Some(by) => self.seat(by, scene, at)?,
            None => Actor::system(),
        };
        let mut values = self.values(&act.table("values"), &spec.fields);
        if let Some(Json::String(title)) = values.get_mut(&spec.title) {
            *title = sample(title);
        }
        Some((
            actor,
            Order::Row {
                register,
                row: Some(id),
                values,
            },
        ))
    }

    fn compute(&self, act: &Told, scene: &Scene, at: DateTime) -> Option<(Actor, Order)> {
        let order = Order::Compute {
            register: RegisterId::from(act.text("register")?),
            period: act.text("period")?.to_owned(),
        };
        Some((self.seat(act.by.as_deref()?, scene, at)?, order))
    }

    fn on_case(
        &self,
        act: &Told,
        state: &State,
        scene: &Scene,
        at: DateTime,
        engine: &Engine,
    ) -> Result<Option<(Actor, Order)>, Failure> {
        let Some(mechanism) = scene.mechanisms.by_digest(&state.mechanism.digest) else {
            return Ok(None);
        };
        let case = state.id;
        let note = act.text("note").map(str::to_owned);
        let mut values = self.values(&act.table("values"), &mechanism.fields);
        for field in mechanism.fields.iter().filter(|field| field.ty == Type::File) {
            if let Some(value) = values.get_mut(&field.id) {
                let ready = scene.files.borrow_mut().pop();
                *value = Json::String(match ready {
                    Some(token) => token,
                    None => {
                        acting::sample_file(engine, &format!("{}-{}-{}", self.name, self.next, field.id))?
                    }
                });
            }
        }
        let mut evidence = Vec::new();
        for n in 0..act.number("evidence").unwrap_or(0) {
            let ready = scene.files.borrow_mut().pop();
            evidence.push(match ready {
                Some(token) => token,
                None => acting::sample_file(engine, &format!("{}-{}-{n}", self.name, self.next))?,
            });
        }
        let by = || self.seat(act.by.as_deref()?, scene, at);
        let pass = act.text("pass") != Some("false");
        let (actor, order) = match act.action.as_str() {
            "step" => {
                let name = act.text("step").unwrap_or_default();
                let step = mechanism
                    .stage(&state.stage)
                    .and_then(|stage| stage.steps.iter().find(|step| step.id.as_str() == name));
                let holders =
                    step.is_none_or(|step| step.by.is_empty() || step.by.contains(&state.holder.role));
                let fields = step
                    .and_then(|step| mechanism.registers.get(step.adds.as_ref()?))
                    .map_or(&[][..], |register| &register.fields);
                let order = Order::Step {
                    case,
                    step: name.into(),
                    row: self.values(&act.table("row"), fields),
                    values,
                    note,
                    evidence,
                };
                let others = || {
                    let roles = step.map_or(&[][..], |step| &step.by);
                    roles
                        .iter()
                        .find_map(|role| acting::in_role(scene, &mechanism, state, role, at))
                };
                let actor = match holders {
                    true => holder(state, scene, at),
                    false => others().or_else(by),
                };
                (actor, order)
            }
            "note" => (
                state
                    .progress_by
                    .as_ref()
                    .and_then(|by| on_post(&scene.world.org, &by.post, at.date()))
                    .or_else(by),
                Order::Note {
                    case,
                    values,
                    note,
                    evidence,
                },
            ),
            "verify" => (
                holder(state, scene, at),
                Order::Verify {
                    case,
                    pass,
                    values,
                    note,
                    evidence,
                },
            ),
            "look_back" => {
                let by = state.look_back.as_ref().and_then(|look| look.by.as_ref());
                let order = Order::LookBack {
                    case,
                    pass,
                    note,
                    evidence,
                };
                (
                    by.and_then(|by| on_post(&scene.world.org, &by.post, at.date())),
                    order,
                )
            }
            "request" => {
                let order = Order::Request {
                    case,
                    request: request(act.text("kind").unwrap_or_default()),
                    reason: act.text("reason").map(bihuan_domain::id::Code::new),
                    note,
                    until: act
                        .text("until")
                        .and_then(|day| day.parse::<jiff::civil::Date>().ok())
                        .map(|day| day.saturating_add(self.weeks.weeks())),
                    unit: act.text("unit").map(|unit| self.twin.unit(&unit.into())),
                };
                (by(), order)
            }
            "decide" => {
                let Some((number, asked)) = state.requests.iter().next() else {
                    return Ok(None);
                };
                let order = Order::Decide {
                    case,
                    number: *number,
                    grant: act.text("grant") != Some("false"),
                    note,
                    unit: act.text("unit").map(|unit| self.twin.unit(&unit.into())),
                };
                (on_post(&scene.world.org, &asked.approver.post, at.date()), order)
            }
            "answer" => {
                let clock = bihuan_domain::id::Code::new(act.text("clock").unwrap_or("stage"));
                (by(), Order::Answer { case, clock, note })
            }
            "reassign" => {
                let owner = self.twin.unit(&act.text("owner").unwrap_or_default().into());
                let order = Order::Reassign {
                    case,
                    owner,
                    reason: note,
                };
                (by(), order)
            }
            "amend" => (
                by(),
                Order::Amend {
                    case,
                    values,
                    title: None,
                    reason: bihuan_domain::id::Code::new("correction"),
                },
            ),
            "remind" => (by(), Order::Remind { case, note }),
            "resume" => (by(), Order::Resume { case }),
            _ => (None, Order::Remind { case, note }),
        };
        Ok(actor.map(|actor| (actor, order)))
    }

    /// The case that an act is about: one that has its name, or one that has come about for it and has none yet.
    fn case_of(
        &mut self,
        act: &Told,
        scene: &Scene,
        engine: &Engine,
        views: &Views,
    ) -> Result<Option<State>, Failure> {
        if let Some(case) = self.cases.get(&act.case) {
            return Ok(views.state(*case)?);
        }
        let takes = |state: &State, mechanism: &Mechanism| match act.action.as_str() {
            "step" => mechanism.stage(&state.stage).is_some_and(|stage| {
                stage
                    .steps
                    .iter()
                    .any(|step| Some(step.id.as_str()) == act.text("step"))
            }),
            _ => state.is_open(),
        };
        let known: Vec<CaseId> = self.cases.values().copied().collect();
        let mut looked: Vec<CaseId> = Vec::new();
        for case in &known {
            if let Some(state) = views.state(*case)? {
                looked.extend(state.children.keys());
            }
        }
        looked.sort_unstable();
        let mut written: Vec<(RegisterId, RowId)> = Vec::new();
        for ((register, _), row) in &self.rows {
            written.push((register.clone(), row.clone()));
        }
        let world = engine.world();
        for case in &known {
            let opens = scene
                .mechanisms
                .all()
                .filter_map(|mechanism| mechanism.open.on.as_ref());
            for on in opens {
                let rows = world.registers.rows_of_case(&on.register, *case);
                written.extend(rows.map(|(row, _)| (on.register.clone(), row.clone())));
            }
        }
        // Cases that rows of the tale opened bear the row in their key.
        let mut by_rows: Vec<CaseId> = Vec::new();
        for (register, row) in &written {
            let opened_by = scene.mechanisms.all().filter(|mechanism| {
                mechanism
                    .open
                    .on
                    .as_ref()
                    .is_some_and(|on| on.register == *register)
            });
            for mechanism in opened_by {
                let filter = Filter {
                    mechanisms: vec![mechanism.id.clone()],
                    ..Filter::default()
                };
                for found in views.cases(&filter, Sort::Newest, 0, 40)?.rows {
                    let state = views.state(found.id)?;
                    let mine = state.and_then(|state| state.source.key);
                    if mine.is_some_and(|key| key.as_str().contains(row.as_str())) {
                        by_rows.push(found.id);
                    }
                }
            }
        }
        by_rows.sort_unstable();
        // Parts of the tale's cases come before what else a row has opened.
        looked.extend(by_rows);
        for case in looked.into_iter().filter(|case| !known.contains(case)) {
            let Some(state) = views.state(case)? else { continue };
            let Some(mechanism) = scene.mechanisms.by_digest(&state.mechanism.digest) else {
                continue;
            };
            if takes(&state, &mechanism) {
                self.cases.insert(act.case.clone(), case);
                return Ok(Some(state));
            }
        }
        Ok(None)
    }

    pub(crate) fn seat(&self, post: &str, scene: &Scene, at: DateTime) -> Option<Actor> {
        on_post(&scene.world.org, &self.twin.post(&PostId::from(post)), at.date())
    }

    /// A row of the scenario that is written here under an id of the tale's own.
    pub(crate) fn own_row(&mut self, register: &RegisterId, row: &str) {
        let own = RowId::from(format!("{row}-{}", self.name).as_str());
        self.rows.entry((register.clone(), row.to_owned())).or_insert(own);
    }

    /// The id of a scenario's row here.
    pub(crate) fn row_here(&self, register: &RegisterId, row: &str) -> RowId {
        let here = self.rows.get(&(register.clone(), row.to_owned()));
        here.cloned().unwrap_or_else(|| row.into())
    }
}

/// Whether a text is the name of a file.
fn is_file(text: &str) -> bool {
    let extension = text.rsplit_once('.').map_or("", |(_, extension)| extension);
    (3..=4).contains(&extension.len()) && extension.chars().all(|c| c.is_ascii_lowercase())
}

/// A title that says that it is a sample.
pub(crate) fn sample(title: &str) -> String {
    match title.contains('样') {
        true => title.to_owned(),
        false => format!("{title}（样例）"),
    }
}

/// Whose move it is: the person that the lot named, where one was drawn.
fn holder(state: &State, scene: &Scene, at: DateTime) -> Option<Actor> {
    let drawn = state
        .verification
        .as_ref()
        .and_then(|verification| verification.drawn.as_ref())
        .filter(|seat| seat.post == state.holder.post);
    match drawn {
        Some(seat) => Some(as_actor(&seat.person, &seat.post)),
        None => on_post(&scene.world.org, &state.holder.post, at.date()),
    }
}

fn source(name: &str) -> SourceKind {
    serde_json::from_value(Json::String(name.to_owned())).unwrap_or(SourceKind::Person)
}

fn request(name: &str) -> RequestKind {
    serde_json::from_value(Json::String(name.to_owned())).unwrap_or(RequestKind::Extension)
}

//! What people do in the simulated year.

use std::collections::BTreeMap;

use bihuan_domain::calendar::{CalendarId, DayKind, NoticeDay, YearNotice};
use bihuan_domain::case::{Duty, DutyKind, State};
use bihuan_domain::event::{Relieved, WorldEvent};
use bihuan_domain::id::{CaseId, FieldId};
use bihuan_domain::mechanism::{Field, Mechanism, RequestKind, StageKind};
use bihuan_domain::org::{Actor, Appointment, Person, Validity};
use bihuan_domain::value::Type;
use bihuan_engine::{Engine, Failure, Order, WorldChange};
use jiff::ToSpan;
use serde_json::{Value as Json, json};

use crate::county::{County, OWNERS};
use crate::play::{Check, Year};

/// No more open cases than people could carry.
const OPEN_MAX: usize = 6;
/// What is done in one turn of work.
const ACTS: usize = 4;

impl Year {
    /// One of the cases that ask for something.
    fn one(&mut self) -> Option<CaseId> {
        let asks = |state: &&State| state.is_open() || state.look_back.is_some();
        let cases: Vec<CaseId> = self.cases.values().filter(asks).map(|state| state.id).collect();
        self.rng.pick(&cases).copied()
    }

    fn definition(&self, state: &State) -> std::sync::Arc<Mechanism> {
        self.county()
            .engine
            .mechanisms()
            .by_digest(&state.mechanism.digest)
            .unwrap()
    }

    pub(crate) fn work(&mut self) -> Check {
        for _ in 0..ACTS {
            self.act()?;
            self.look()?;
        }
        Ok(())
    }

    fn act(&mut self) -> Check {
        let Some(id) = self.one() else { return self.open() };
        let state = self.cases[&id].clone();
        let mut duties: Vec<Duty> = state.duties();
        if self.rng.chance(3, 4) {
            // Mostly what brings the case on.
            let on = |kind: &DutyKind| {
                matches!(
                    kind,
                    DutyKind::Move { .. } | DutyKind::LookBack | DutyKind::Decide { .. }
                )
            };
            duties.retain(|duty| on(&duty.kind));
        }
        let Some(duty) = self.rng.pick(&duties).cloned() else {
            return Ok(());
        };
        let Some(person) = duty
            .person
            .clone()
            .or_else(|| self.county().serving(&duty.holder.post))
        else {
            return Ok(());
        };
        if self
            .leave
            .get(&person)
            .is_some_and(|until| *until >= self.today())
        {
            return Ok(());
        }
        let actor = Actor {
            person,
            post: duty.holder.post.clone(),
            on_behalf_of: None,
            session: None,
        };
        match self.for_duty(&state, &duty) {
            Some(order) => self.order(&actor, order),
            None => Ok(()),
        }
    }

    fn for_duty(&mut self, state: &State, duty: &Duty) -> Option<Order> {
        let mechanism = self.definition(state);
        let case = state.id;
        let json = match &duty.kind {
            DutyKind::Move {
                stage: StageKind::Verify,
            } => {
                let pass = self.rng.chance(3, 4);
                json!({ "type": "verify", "case": case, "pass": pass, "note": "现场看过" })
            }
            DutyKind::Move { .. } if state.suspended_until.is_some() => {
                json!({ "type": "resume", "case": case })
            }
            DutyKind::Move { .. } => {
                let stage = mechanism.stage(&state.stage)?;
                let step = self.rng.pick(&stage.steps)?;
                let mut values = BTreeMap::new();
                for id in step.needs.iter().chain(&step.takes) {
                    if let Some(field) = mechanism.field(id) {
                        values.insert(id.clone(), self.value(field));
                    }
                }
                json!({ "type": "step", "case": case, "step": step.id, "values": values, "note": "办理情况" })
            }
            DutyKind::Decide { request, .. } => {
                let (grant, unit) = (self.rng.chance(2, 3), self.owner());
                json!({ "type": "decide", "case": case, "number": request, "grant": grant, "unit": unit, "note": "研究过" })
            }
            DutyKind::Progress => json!({ "type": "note", "case": case, "note": "进展正常" }),
            DutyKind::Answer { clock, .. } => {
                json!({ "type": "answer", "case": case, "clock": clock, "note": "马上办" })
            }
            DutyKind::LookBack => {
                let pass = self.rng.chance(2, 3);
                json!({ "type": "look_back", "case": case, "pass": pass, "note": "回头看过" })
            }
        };
        Some(serde_json::from_value(json).unwrap())
    }

    fn owner(&mut self) -> &'static str {
        self.rng.pick(&OWNERS).copied().unwrap_or("water")
    }

    fn value(&mut self, field: &Field) -> Json {
        let today = self.today();
        match &field.ty {
            Type::Bool => json!(self.rng.chance(4, 5)),
            Type::Int | Type::Decimal | Type::Money | Type::Duration => json!(self.rng.between(1, 90)),
            Type::Date => json!(today.saturating_add(self.rng.between(-3, 40).days()).to_string()),
            Type::Choice(codes) => self.rng.pick(codes).map_or(Json::Null, |code| json!(code)),
            Type::Unit => json!(self.owner()),
            Type::Post => json!("county.leader"),
            Type::Text => json!("样本"),
            Type::List(inner) if **inner == Type::Unit => json!([self.owner()]),
            _ => Json::Null,
        }
    }

    pub(crate) fn open(&mut self) -> Check {
        if self.cases.values().filter(|state| state.is_open()).count() >= OPEN_MAX {
            return Ok(());
        }
        let mechanisms: Vec<_> = self.county().engine.mechanisms().all().cloned().collect();
        let Some(mechanism) = self.rng.pick(&mechanisms).cloned() else {
            return Ok(());
        };
        let mut values: BTreeMap<FieldId, Json> = BTreeMap::new();
        for field in mechanism
            .fields
            .iter()
            .filter(|field| field.id != mechanism.title)
        {
            if field.required || field.ty == Type::Date && self.rng.chance(1, 3) {
                values.insert(field.id.clone(), self.value(field));
            }
        }
        let owner = self.owner();
        let risk = if self.rng.chance(1, 2) {
            "major"
        } else {
            "ordinary"
        };
        let open = json!({ "type": "open", "mechanism": mechanism.id, "owner": owner, "title": "样本事项",
            "risk": risk, "values": values });
        let Some(actor) = self.county().actor("supervision.dispatcher") else {
            return Ok(());
        };
        self.order(&actor, serde_json::from_value(open).unwrap())
    }

    pub(crate) fn ask(&mut self) -> Check {
        let Some(id) = self.one() else { return Ok(()) };
        let state = self.cases[&id].clone();
        let mechanism = self.definition(&state);
        // Most often for a standstill: it is the one that the clocks must bear.
        let kinds = [
            RequestKind::Suspension,
            RequestKind::Suspension,
            RequestKind::Suspension,
            RequestKind::Extension,
            RequestKind::Extension,
            RequestKind::Return,
            RequestKind::HandUp,
            RequestKind::Void,
        ];
        let Some(kind) = self.rng.pick(&kinds).copied() else {
            return Ok(());
        };
        let reasons = mechanism
            .requests
            .get(&kind)
            .map_or(Vec::new(), |spec| spec.reasons.clone());
        let reason = self.rng.pick(&reasons).map(|(code, _)| code.clone());
        let until = self.today().saturating_add(self.rng.between(1, 25).days());
        let unit = self.owner();
        let order = json!({ "type": "request", "case": id, "request": kind, "reason": reason, "note": "理由",
            "until": until.to_string(), "unit": unit });
        let asker = match kind {
            RequestKind::HandUp => format!("{}.head", state.owner),
            RequestKind::Void => "supervision.dispatcher".to_owned(),
            _ if self.rng.chance(1, 4) => format!("{}.head", state.owner),
            _ => format!("{}.clerk", state.owner),
        };
        match self.county().actor(&asker) {
            Some(actor) => self.order(&actor, serde_json::from_value(order).unwrap()),
            None => Ok(()),
        }
    }

    pub(crate) fn dispatch(&mut self) -> Check {
        let Some(id) = self.one() else { return Ok(()) };
        let day = self
            .today()
            .saturating_add(self.rng.between(2, 30).days())
            .to_string();
        let owner = self.owner();
        let order = match self.rng.below(3) {
            0 => json!({ "type": "remind", "case": id, "note": "请抓紧" }),
            1 => json!({ "type": "reassign", "case": id, "owner": owner, "reason": "职责调整" }),
            _ => json!({ "type": "amend", "case": id, "reason": "correction", "values": { "due": day } }),
        };
        match self.county().actor("supervision.dispatcher") {
            Some(actor) => self.order(&actor, serde_json::from_value(order).unwrap()),
            None => Ok(()),
        }
    }

    /// Anybody tries what waits for somebody else.
    pub(crate) fn stranger(&mut self) -> Check {
        let Some(id) = self.one() else { return Ok(()) };
        let state = self.cases[&id].clone();
        let duties = state.duties();
        let Some(duty) = self.rng.pick(&duties).cloned() else {
            return Ok(());
        };
        let Some(order) = self.for_duty(&state, &duty) else {
            return Ok(());
        };
        let posts: Vec<_> = self.county().engine.world().org.posts.keys().cloned().collect();
        let post = self.rng.pick(&posts).map_or(String::new(), ToString::to_string);
        match self.county().actor(&post) {
            Some(actor) => self.order(&actor, order),
            None => Ok(()),
        }
    }

    /// The same key again gets the same answer, and nothing is done again.
    pub(crate) fn twice(&mut self) -> Check {
        let done = std::mem::take(&mut self.acknowledged);
        let one = self.rng.pick(&done).cloned();
        self.acknowledged = done;
        let Some(one) = one else { return Ok(()) };
        let (before, count) = (self.size(), self.acknowledged.len());
        match self.submit_as(&one.actor, one.submission)? {
            Ok(()) => {}
            Err(failure) => return Err(format!("law 8: what was acknowledged is now refused: {failure}")),
        }
        let again = self.acknowledged.split_off(count);
        if self.size() != before || again.iter().any(|again| again.entries != one.entries) {
            return Err("law 8: a command that came twice was done twice".to_owned());
        }
        Ok(())
    }

    /// A command that names an older state of its case is a conflict.
    pub(crate) fn too_late(&mut self) -> Check {
        let Some(id) = self.one() else { return Ok(()) };
        let state = self.cases[&id].clone();
        let Some(actor) = self.county().actor("supervision.dispatcher") else {
            return Ok(());
        };
        let order = json!({ "type": "remind", "case": id, "note": "请抓紧" });
        let mut submission = bihuan_engine::Submission::new(
            format!("late-{}-{}", id, state.seq),
            serde_json::from_value(order).unwrap(),
        );
        submission.expected = Some(state.seq.saturating_sub(1));
        match self.submit_as(&actor, submission)? {
            Err(Failure::Refused(refusal)) if refusal.code == "conflict" => Ok(()),
            other => Err(format!(
                "a command for an older state was not a conflict: {other:?}"
            )),
        }
    }

    pub(crate) fn rules(&mut self) -> Check {
        let files = County::other_rules(self.rng.below(16) + 5, self.rng.below(9) + 2);
        let way = self.rng.below(3);
        let Some(actor) = self.county().actor("supervision.head") else {
            return Ok(());
        };
        let engine = self.county().engine.clone();
        let fault = |failure: Failure| format!("new rules: {failure}");
        engine
            .preview(&files)
            .map_err(|error| format!("preview: {error}"))?;
        let key = format!("rules-{}", self.size());
        engine.adopt(&actor, &key, &files).map_err(fault)?;
        if way > 0 {
            let mechanisms = engine
                .mechanisms()
                .all()
                .map(|mechanism| mechanism.id.clone())
                .collect();
            engine.migrate(&actor, &mechanisms, way == 2).map_err(fault)?;
        }
        Ok(())
    }

    /// Days to come become other ones; every open deadline that moves is listed, and no other moves.
    pub(crate) fn calendar(&mut self) -> Check {
        let engine = self.county().engine.clone();
        let (world, cn) = (engine.world(), CalendarId::statutory());
        let known = world.calendars.get(&cn).unwrap();
        let first = self.today().saturating_add(self.rng.between(0, 9).days());
        let days = self.rng.between(1, 4);
        let mut named = Vec::new();
        for day in (0..days).map(|n| first.saturating_add(n.days())) {
            if day.year() != self.today().year() {
                continue;
            }
            let weekend = matches!(
                day.weekday(),
                jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday
            );
            let kind = match (weekend, known.is_working(day)) {
                (false, true) => DayKind::Holiday,
                (false, false) => DayKind::Workday,
                (true, true) => DayKind::Weekend,
                (true, false) => DayKind::MakeUpWorkday,
            };
            named.push(NoticeDay {
                date: day,
                kind,
                name: "防汛".into(),
                statutory: false,
            });
        }
        self.notices += 1;
        let notice = YearNotice {
            year: self.today().year(),
            number: format!("样政发〔{}〕{}号", self.today().year(), self.notices),
            issued: self.today(),
            days: named,
        };
        let (calendar, _) = engine
            .calendar_with(&cn, &[notice])
            .map_err(|unfit| format!("calendar: {unfit}"))?;
        let Some(actor) = self.county().actor("supervision.head") else {
            return Ok(());
        };
        let key = format!("calendar-{}", self.notices);
        let moved = engine
            .adopt_calendar(&actor, &key, calendar.clone())
            .map_err(|failure| format!("calendar: {failure}"))?;
        self.calendar_changed = self.now();
        self.look()?;
        for deadline in &moved {
            let state = &self.cases[&deadline.case];
            let clock = state.clock(deadline.clock.as_str()).map(|clock| clock.due);
            let rung = state
                .clock(deadline.clock.as_str())
                .and_then(|clock| clock.rung.as_ref())
                .map(|rung| rung.until);
            let lot = state.look_back.as_ref().map(|look_back| look_back.due);
            if ![clock, rung, lot].contains(&Some(deadline.is)) {
                return Err(format!(
                    "law 3: a deadline was listed as moved and is not: {deadline:?}"
                ));
            }
        }
        let left = engine
            .moved_by(&calendar)
            .map_err(|error| format!("calendar: {error}"))?;
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!(
                "law 3: deadlines were left on the old calendar: {left:?}"
            ))
        }
    }

    /// Somebody goes on leave for a while, or leaves his post to another for good.
    pub(crate) fn personnel(&mut self) -> Check {
        let engine = self.county().engine.clone();
        let posts: Vec<_> = engine.world().org.posts.keys().cloned().collect();
        let Some(post) = self.rng.pick(&posts).cloned() else {
            return Ok(());
        };
        let Some(person) = self.county().serving(&post) else {
            return Ok(());
        };
        if self.rng.chance(2, 3) {
            let until = self.today().saturating_add(self.rng.between(3, 40).days());
            self.leave.insert(person, until);
            return Ok(());
        }
        let today = self.today();
        let name = format!("p-{}", self.size());
        let (sealed, draft) = Engine::seal("样本 接任").unwrap();
        let successor = WorldChange {
            event: WorldEvent::PersonPut(Person {
                id: name.as_str().into(),
                name: sealed,
            }),
            texts: vec![(format!("person/{name}"), draft)],
            files: Vec::new(),
        };
        let relieved = WorldEvent::Relieved(Relieved {
            person,
            post: post.clone(),
            last: today.yesterday().unwrap(),
        });
        let appointed = WorldEvent::Appointed(Appointment {
            person: name.as_str().into(),
            post,
            valid: Validity::since(today),
            acting_for: None,
        });
        let changes = vec![relieved.into(), successor, appointed.into()];
        engine
            .change(&Actor::system(), &format!("personnel-{name}"), changes)
            .map(|_| ())
            .map_err(|failure| format!("personnel: {failure}"))
    }
}

//! Opening cases and writing rows in a running scenario.

use std::collections::BTreeSet;
use std::sync::Arc;

use bihuan_diagnostics::Span;
use bihuan_domain::calendar::date_of;
use bihuan_domain::case::{Context, Meta, Opener, State, decide, unique_key};
use bihuan_domain::command::{self, Command};
use bihuan_domain::event::{CaseEvent, Number, RowPut, Source};
use bihuan_domain::id::{CaseId, UnitId};
use bihuan_domain::mechanism::{Mechanism, Risk};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;

use super::When;
use super::command::{read_values, source, text, texts};
use super::run::{Kin, Live, Run, Stopped};
use crate::check::unknown;
use crate::input::seal;
use crate::read::{Sink, Sp};
use crate::syntax::scenario::FIRST_CASE;

impl Run<'_> {
    pub(super) fn open(&mut self, step: &When, sink: &mut Sink<'_>) -> Result<(), Stopped> {
        let actor = self.actor(step, sink)?;
        let named = text(step, "mechanism");
        let id = named
            .as_ref()
            .map_or(self.scenario.mechanism.clone(), |named| named.value.clone());
        let Some(mechanism) = self.loaded.mechanism(&id.as_str().into()).cloned() else {
            let found = named.unwrap_or_else(|| Sp::new(step.span, id.clone()));
            let known: Vec<String> = self
                .loaded
                .packs
                .iter()
                .flat_map(|pack| &pack.mechanisms)
                .map(|mechanism| mechanism.id.as_str().to_owned())
                .collect();
            unknown(sink, "M0307", &found, known.iter().map(String::as_str));
            return Err(Stopped::Unclear);
        };
        let Some(owner) = text(step, "owner") else {
            sink.error("M0004", step.span, |m| {
                m.with("key", "owner").with("table", "[[when]]")
            });
            return Err(Stopped::Unclear);
        };
        let parent = match text(step, "parent") {
            Some(name) => Some(self.case(&name, sink)?),
            None => None,
        };
        let title = text(step, "title").map(|title| title.value).unwrap_or_default();
        let mut values = read_values(step, "values", &mechanism.fields, sink)?;
        values
            .entry(mechanism.title.clone())
            .or_insert(bihuan_domain::value::Value::Sealed(seal(&title)));
        let open = command::Open {
            mechanism: mechanism.id.clone(),
            owner: UnitId::new(owner.as_str()),
            supporting: texts(step, "supporting").into_iter().map(UnitId::new).collect(),
            title: seal(&title),
            risk: text(step, "risk").map(|risk| {
                if risk.value == "major" {
                    Risk::Major
                } else {
                    Risk::Ordinary
                }
            }),
            source: Source {
                kind: source(text(step, "from").as_ref().map_or("person", |from| from.as_str())),
                document: None,
                at: Vec::new(),
                quote: None,
                key: None,
            },
            parent,
            values,
            stage: text(step, "stage").map(|stage| stage.value.as_str().into()),
            since: None,
            papers: Vec::new(),
        };
        self.open_as(&step.case.value, &actor, mechanism, open, step.span, sink)
            .map_err(|refusal| Stopped::Refused(Box::new(refusal)))
    }

    /// Opens a case under a name.
    pub(super) fn open_as(
        &mut self,
        name: &str,
        actor: &Actor,
        mechanism: Arc<Mechanism>,
        open: command::Open,
        span: Span,
        sink: &mut Sink<'_>,
    ) -> Result<(), Refusal> {
        if let Some(matter) = unique_key(&mechanism, &open.values)
            && let Some((_, known)) = self.cases.iter().find(|(_, live)| {
                live.state.is_open()
                    && live.mechanism.id == mechanism.id
                    && live.state.unique.as_ref() == Some(&matter)
            })
        {
            return Err(Refusal::new("already_open_for").with("case", known.name.as_str()));
        }
        let id = self.next_id();
        let opener = Opener {
            id,
            number: self.number(&mechanism),
        };
        let recent = BTreeSet::new();
        let context = Context {
            now: self.now,
            actor,
            mechanism: &mechanism,
            world: &self.world,
            recent: &recent,
            opener: Some(&opener),
            family: &Kin(&self.cases),
        };
        let decision = decide(&context, None, &Command::Open(Box::new(open)))?;
        if let Some(number) = &opener.number {
            self.counters
                .insert((number.series.clone(), number.year), number.n);
        }
        if let Some(CaseEvent::Opened(opened)) = decision.events.first() {
            let meta = Meta {
                seq: self.seq.saturating_add(1),
                at: self.now,
                actor: actor.clone(),
            };
            let state = State::open(opened, &meta);
            let live = Live {
                name: name.to_owned(),
                mechanism,
                state,
                events: Vec::new(),
            };
            self.cases.insert(id, live);
        }
        self.carry_out(id, actor, decision, span, sink);
        Ok(())
    }

    /// The id of the case that is opened next.
    pub(super) fn next_id(&self) -> CaseId {
        let open = u64::try_from(self.cases.len()).unwrap_or(u64::MAX);
        CaseId(FIRST_CASE.0.saturating_add(open))
    }

    fn number(&self, mechanism: &Mechanism) -> Option<Number> {
        let numbering = mechanism.numbering.as_ref()?;
        let year = date_of(self.now).year();
        let n = self
            .counters
            .get(&(numbering.series.clone(), year))
            .copied()
            .unwrap_or(0)
            .saturating_add(1);
        let text = numbering
            .template
            .replace("{year}", &year.to_string())
            .replace("{n}", &n.to_string());
        Some(Number {
            series: numbering.series.clone(),
            year,
            n,
            text,
        })
    }

    pub(super) fn put_row(&mut self, step: &When, sink: &mut Sink<'_>) -> Result<(), Stopped> {
        let (Some(register), Some(row)) = (text(step, "register"), text(step, "row")) else {
            sink.error("M0004", step.span, |m| {
                m.with("key", "register, row").with("table", "[[when]]")
            });
            return Err(Stopped::Unclear);
        };
        let specs = || self.loaded.packs.iter().flat_map(|pack| &pack.registers);
        let Some(spec) = specs().find(|spec| spec.id.as_str() == register.value) else {
            unknown(sink, "M0307", &register, specs().map(|spec| spec.id.as_str()));
            return Err(Stopped::Unclear);
        };
        // A row that is there already keeps what the step does not say.
        let mut values = self
            .world
            .registers
            .row(&spec.id, &row.as_str().into())
            .cloned()
            .unwrap_or_default();
        values.extend(read_values(step, "values", &spec.fields, sink)?);
        let put = RowPut {
            register: spec.id.clone(),
            row: row.as_str().into(),
            values,
        };
        let actor = match &step.by {
            None => Actor::system(),
            Some(_) => {
                let actor = self.actor(step, sink)?;
                bihuan_domain::case::writes(
                    &self.world,
                    bihuan_domain::calendar::date_of(self.now),
                    &actor,
                    spec,
                )
                .map_err(|refusal| Stopped::Refused(Box::new(refusal)))?;
                actor
            }
        };
        self.write_row(put, &actor, step.span, sink)
            .map_err(|refusal| Stopped::Refused(Box::new(refusal)))
    }
}

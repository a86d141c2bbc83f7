//! Computing an assessment in a scenario: the scheme of a register over the cases and rows that there are.

use std::convert::Infallible;

use bihuan_domain::assessment::{about_case, facts_of, is_of_period, result_rows, score};
use bihuan_domain::calendar::date_of;
use bihuan_domain::event::{RowPut, RowRemoved, WorldEvent};
use bihuan_domain::refusal::Refusal;

use super::When;
use super::command::text;
use super::run::{Run, Stopped};
use crate::check::unknown;
use crate::read::Sink;

impl Run<'_> {
    /// Computes the scheme of a register for a period and puts its rows in the place of those before.
    pub(super) fn compute(&mut self, step: &When, sink: &mut Sink<'_>) -> Result<(), Stopped> {
        let (Some(register), Some(period)) = (text(step, "register"), text(step, "period")) else {
            sink.error("M0004", step.span, |m| {
                m.with("key", "register, period").with("table", "[[when]]")
            });
            return Err(Stopped::Unclear);
        };
        let specs = || self.loaded.packs.iter().flat_map(|pack| &pack.registers);
        let Some(spec) = specs().find(|spec| spec.id.as_str() == register.value) else {
            unknown(sink, "M0307", &register, specs().map(|spec| spec.id.as_str()));
            return Err(Stopped::Unclear);
        };
        let refused = |refusal| Stopped::Refused(Box::new(refusal));
        let today = date_of(self.now);
        let actor = self.actor(step, sink)?;
        bihuan_domain::case::keeps(&self.world, today, &actor, spec).map_err(refused)?;
        let schemes = self.loaded.packs.iter().flat_map(|pack| &pack.schemes);
        let scheme = schemes
            .clone()
            .find(|scheme| spec.computed.as_ref() == Some(&scheme.id))
            .ok_or_else(|| refused(Refusal::new("not_computed").with("register", &spec.label)))?;
        let Ok(span) = bihuan_domain::assessment::Span::parse(&period.value, scheme.period) else {
            sink.error("M0309", period.span, |m| m.with("found", period.as_str()));
            return Err(Stopped::Unclear);
        };
        let states = self.cases.values().map(|live| &live.state);
        let about = |id| Ok(self.cases.get(&id).map(|live| about_case(&live.state)));
        let facts = match facts_of::<Infallible>(scheme, &self.world, states, about) {
            Ok(facts) => facts,
            Err(never) => match never {},
        };
        let rows = result_rows(&span, &score(scheme, &self.world.org, &facts, &span), today);
        let gone: Vec<_> = self
            .world
            .registers
            .rows(&spec.id)
            .map(|(row, _)| row.clone())
            .filter(|row| is_of_period(row, &span) && !rows.iter().any(|(_, new, _)| new == row))
            .collect();
        for row in gone {
            let removed = RowRemoved {
                register: spec.id.clone(),
                row,
            };
            self.world
                .evolve(WorldEvent::RowRemoved(removed), &actor, self.now);
        }
        for (_, row, values) in rows {
            let put = RowPut {
                register: spec.id.clone(),
                row,
                values,
            };
            self.write_row(put, &actor, step.span, sink)
                .map_err(|refusal| Stopped::Refused(Box::new(refusal)))?;
        }
        Ok(())
    }
}

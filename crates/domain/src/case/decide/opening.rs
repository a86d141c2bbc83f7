//! Opening a case: one owner, one holder and a running clock from the first event on.

use super::{Decision, Effect, check_needed, check_values};
use crate::case::bring;
use crate::case::context::{Context, Subject};
use crate::command::Open;
use crate::event::{CaseEvent, Opened};
use crate::mechanism::Risk;
use crate::refusal::Refusal;

/// What a scan is kept as. Anything else is not a picture of a paper.
const SCANS: [&str; 3] = ["application/pdf", "image/jpeg", "image/png"];

/// Most scans with one opening; a longer paper is one PDF.
const PAPERS_MAX: usize = 20;

pub(super) fn open(ctx: &Context<'_>, open: &Open) -> Result<Decision, Refusal> {
    let opener = ctx.opener.ok_or_else(|| Refusal::new("no_such_case"))?;
    let mechanism = ctx.mechanism;
    let rules = &mechanism.open;
    if !rules.from.contains(&open.source.kind) {
        return Err(Refusal::new("source_not_allowed").with("mechanism", &mechanism.label));
    }
    let day = ctx.today();
    let Some(owner) = ctx.world.org.unit_on(&open.owner, day) else {
        return Err(Refusal::new("no_such_unit").with("unit", open.owner.as_str()));
    };
    if !rules.owners.is_empty() && !rules.owners.contains(&owner.kind) {
        return Err(Refusal::new("owner_kind").with("unit", &owner.name));
    }
    if open.supporting.contains(&owner.id) {
        return Err(Refusal::new("lead_is_supporting").with("unit", &owner.name));
    }
    for unit in &open.supporting {
        if ctx.world.org.unit_on(unit, day).is_none() {
            return Err(Refusal::new("no_such_unit").with("unit", unit.as_str()));
        }
    }
    if open.papers.len() > PAPERS_MAX {
        return Err(Refusal::new("papers_many").with("n", PAPERS_MAX.to_string()));
    }
    if let Some(other) = open
        .papers
        .iter()
        .find(|file| !SCANS.contains(&file.media.as_str()))
    {
        return Err(Refusal::new("paper_kind").with("found", other.media.as_str()));
    }
    check_values(ctx, &open.values)?;
    let required = mechanism
        .fields
        .iter()
        .filter(|field| field.required && field.id != mechanism.title);
    check_needed(ctx, required.map(|field| &field.id), &open.values)?;
    let risk: Risk = open.risk.unwrap_or(rules.risk);
    let subject = Subject {
        owner: &owner.id,
        opened_by: ctx.actor,
        values: &open.values,
        risk,
        parent: open.parent,
        state: None,
    };
    let stage = open.stage.as_ref().unwrap_or(&rules.stage);
    if *stage != rules.stage && !rules.stages.contains(stage) {
        return Err(Refusal::new("not_opened_there").with("stage", stage.as_str()));
    }
    if !ctx.actor.is_system() {
        ctx.one_of(&rules.by, &subject)?;
    }
    // A schedule that fires late does not shorten anybody's memory: the clocks count from when it was due.
    let since = open.since.filter(|since| *since <= ctx.now).unwrap_or(ctx.now);
    let placement = ctx.place(stage, &subject, since)?;
    let clock = match &mechanism.clock {
        Some(spec) => Some(ctx.start(spec, &subject, since)?),
        None => None,
    };
    let progress = ctx.progress(&subject, ctx.now)?;
    let opened = Opened {
        case: opener.id,
        mechanism: mechanism.reference(),
        number: opener.number.clone(),
        title: open.title.clone(),
        owner: owner.id.clone(),
        supporting: open.supporting.clone(),
        risk,
        source: open.source.clone(),
        parent: open.parent,
        values: open.values.clone(),
        placement,
        clock,
        progress,
        unique: bring::unique_key(mechanism, &open.values),
        papers: open.papers.clone(),
    };
    let mut effects: Vec<Effect> = open
        .parent
        .map(|parent| Effect::ChildAdded {
            parent,
            child: opener.id,
        })
        .into_iter()
        .collect();
    let parts = bring::children(ctx, subject, opener.id, &open.title, stage);
    effects.extend(parts.into_iter().map(|part| Effect::Opens(Box::new(part))));
    Ok(Decision {
        events: vec![CaseEvent::Opened(Box::new(opened))],
        effects,
    })
}

//! Who sees the clocks of leaders (领导环节的时限给谁看): a setting of the jurisdiction, recorded as an event.
//!
//! Clocks of leaders run whatever is set, warn, breach and climb like any other, and bulletins count them. What is set is whether
//! units see them on pages, in lists and in the API. The log itself stays whole: whoever may read an entry can prove it, and
//! an entry says when a clock began and until when it ran.

use std::collections::BTreeSet;

use bihuan_domain::event::{CaseEvent, SettingSet, WorldEvent};
use bihuan_domain::id::{Code, UnitId};
use bihuan_domain::org::Actor;
use bihuan_domain::world::World;
use serde_json::json;

use crate::access::Sight;
use crate::engine::Engine;
use crate::error::Failure;
use crate::views::CaseView;

/// The key of the setting.
pub const SETTING: &str = "leader_clocks";

/// Who sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seen {
    /// Everybody who sees the case.
    #[default]
    Everybody,
    /// Who sees every case of the place: supervision, dispatch and the leaders themselves.
    Office,
}

impl Seen {
    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Seen::Everybody => "everybody",
            Seen::Office => "office",
        }
    }

    /// The one with this name.
    pub fn parse(name: &str) -> Option<Seen> {
        [Seen::Everybody, Seen::Office]
            .into_iter()
            .find(|seen| seen.name() == name)
    }

    /// What is set; everybody where nothing is.
    pub fn of(world: &World) -> Seen {
        let set = world.settings.get(SETTING).and_then(|value| value.as_str());
        set.and_then(Seen::parse).unwrap_or_default()
    }
}

/// Sets who sees them. Nothing is recorded where it is set so already.
///
/// # Errors
///
/// Faults of the log. Whether the actor may is the caller's question to the access policy.
pub fn set(engine: &Engine, actor: &Actor, key: &str, seen: Seen) -> Result<(), Failure> {
    if Seen::of(&engine.world()) == seen {
        return Ok(());
    }
    let event = WorldEvent::SettingSet(SettingSet {
        key: Code::new(SETTING),
        value: json!(seen.name()),
    });
    engine.change(actor, key, vec![event.into()])?;
    Ok(())
}

/// The units whose clocks are kept from units: none where everybody sees them.
pub(crate) fn kept_back(world: &World) -> BTreeSet<UnitId> {
    if Seen::of(world) == Seen::Everybody {
        return BTreeSet::new();
    }
    let leads = Code::new("leadership");
    let units = world.org.units.values();
    units
        .filter(|unit| unit.functions.contains(&leads))
        .map(|unit| unit.id.clone())
        .collect()
}

/// Takes out of a case what this sight is not shown: running and past clocks of leaders, rungs that wait for one, and what
/// the course says of them. The clock of the whole case stays.
pub fn keep_back(sight: &Sight, case: &mut CaseView) {
    if !sight.keeps_any_back() {
        return;
    }
    let state = &mut case.state;
    let (stage_hidden, requests) = (sight.keeps_back(&state.holder.unit), state.requests.clone());
    state.clocks.retain(|key, _| match key.as_str() {
        "case" => true,
        "stage" | "progress" => !stage_hidden,
        other => {
            let number = other.strip_prefix("request/").and_then(|n| n.parse::<u32>().ok());
            let asked = number.and_then(|number| requests.get(&number));
            asked.is_none_or(|request| !sight.keeps_back(&request.approver.unit))
        }
    });
    for clock in state.clocks.values_mut() {
        if clock
            .rung
            .as_ref()
            .is_some_and(|rung| sight.keeps_back(&rung.to.unit))
        {
            clock.rung = None;
        }
    }
    state
        .past
        .retain(|past| past.clock.as_str() == "case" || !sight.keeps_back(&past.holder.unit));
    // The colour that stays after lateness stays for what is still shown.
    state.was_late =
        state.past.iter().any(|past| past.late) || state.clocks.values().any(|clock| clock.breached);
    let tenures = &state.tenures;
    case.timeline.retain(|entry| {
        let (clock, to) = match &entry.event {
            CaseEvent::Warned(e) => (&e.clock, None),
            CaseEvent::Breached(e) => (&e.clock, None),
            CaseEvent::Escalated(e) => (&e.clock, Some(&e.to.unit)),
            CaseEvent::Exhausted(e) => (&e.clock, None),
            _ => return true,
        };
        let held = tenures
            .iter()
            .rfind(|tenure| tenure.from <= entry.at && tenure.to.is_none_or(|to| entry.at <= to));
        let of_leader = held.is_some_and(|tenure| sight.keeps_back(&tenure.holder.unit));
        let climbs_to_leader = to.is_some_and(|unit| sight.keeps_back(unit));
        !climbs_to_leader && (clock.as_str() == "case" || !of_leader)
    });
}

//! Scenarios (情景): given an org and rows, when somebody does something at a time, then this is how the case stands.
//!
//! They run on the kernel itself (`decide`, `evolve`, ticks in the order of due times) with an in-memory world and a
//! simulated clock; draws take their lot from a beacon that follows from the scenario's name.

mod bring;
mod command;
mod compute;
mod expect;
mod laws;
mod open;
mod rehearsal;
mod run;
mod told;
mod world;

use std::collections::BTreeMap;

use bihuan_diagnostics::{Diagnostic, Span};
use bihuan_domain::id::{Code, PostId, UnitId};
use bihuan_domain::org::{Appointment, Person, Post, Unit};
use bihuan_domain::world::World;
use bihuan_messages::Label;
use jiff::Timestamp;

use crate::pack::Loaded;
use crate::read::{Node, Sp};
pub use told::{Plain, Told};

pub use rehearsal::Rehearsal;

/// A scenario as its file says it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Code.
    pub id: String,
    /// Name.
    pub label: Label,
    /// The file.
    pub file: String,
    /// The mechanism it is about.
    pub mechanism: String,
    /// The document's figures that it reproduces, by code.
    pub reproduces: Vec<String>,
    /// The text of the file, for places inside expressions.
    pub(crate) text: String,
    pub(crate) mechanism_span: Span,
    pub(crate) reproduces_spans: Vec<Span>,
    pub(crate) rows: bool,
    /// From which day schedules run; the day of the first step where absent.
    pub(crate) adopted: Option<jiff::civil::Date>,
    pub(crate) steps: Vec<When>,
}

/// A step: at a time, by a post, something is done, and then something is expected.
#[derive(Clone, Debug)]
pub(crate) struct When {
    pub(crate) span: Span,
    pub(crate) at: Sp<Timestamp>,
    pub(crate) by: Option<Sp<String>>,
    pub(crate) person: Option<Sp<String>>,
    pub(crate) on_behalf_of: Option<Sp<String>>,
    pub(crate) case: Sp<String>,
    /// Whether the step names its case; `case` is `a` where it does not.
    pub(crate) case_said: bool,
    pub(crate) action: Sp<String>,
    /// The other keys of the step.
    pub(crate) keys: BTreeMap<String, Node>,
    pub(crate) then: Option<Then>,
}

/// What is expected after a step.
#[derive(Clone, Debug)]
pub(crate) struct Then {
    pub(crate) span: Span,
    pub(crate) stage: Option<Sp<String>>,
    pub(crate) holder: Option<Sp<String>>,
    pub(crate) owner: Option<Sp<String>>,
    pub(crate) colour: Option<Sp<String>>,
    pub(crate) due: Option<Sp<String>>,
    pub(crate) refused: Option<Sp<String>>,
    pub(crate) flags: Vec<(&'static str, Sp<bool>)>,
    pub(crate) round: Option<Sp<u32>>,
    pub(crate) events: Option<(Span, Vec<Sp<String>>)>,
    pub(crate) expect: Vec<Sp<String>>,
    pub(crate) figures: Vec<(Sp<String>, Sp<String>)>,
}

/// An org tree in which scenarios play (and from which a demo may start).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrgTree {
    /// Public name of the jurisdiction.
    pub name: Label,
    /// Division code.
    pub division: Option<Code>,
    /// The root unit.
    pub root: Option<UnitId>,
    /// The post of last resort.
    pub last_resort: Option<PostId>,
    /// Units.
    pub units: Vec<Unit>,
    /// Posts; a name that is empty takes the label of its kind.
    pub posts: Vec<Post>,
    /// Persons.
    pub persons: Vec<Person>,
    /// Appointments.
    pub appointments: Vec<Appointment>,
}

/// How a scenario came out.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The scenario's code.
    pub id: String,
    /// Its name.
    pub label: Label,
    /// Its file.
    pub file: String,
    /// The mechanism.
    pub mechanism: String,
    /// What was found; nothing where everything came out as expected.
    pub findings: Vec<Diagnostic>,
    /// What happened, in order.
    pub story: Vec<Happened>,
    /// Figures that were reproduced: code, computed value as text, and whether the print agrees with it.
    pub figures: Vec<(String, String, bool)>,
}

/// An event of the story of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// The case's name in the scenario.
    pub case: String,
    /// The stable name of the event, such as `clock.breached`.
    pub event: String,
    /// The stage after it.
    pub stage: String,
    /// The holder's post after it.
    pub holder: String,
}

impl Outcome {
    /// Whether everything came out as expected.
    pub fn passed(&self) -> bool {
        !bihuan_diagnostics::any_error(&self.findings)
    }
}

/// Runs every scenario of every pack. Pure: the same files give the same outcomes.
pub fn run_all(loaded: &Loaded) -> Vec<Outcome> {
    // Making a world seals thousands of sample values; the scenarios of a pack begin in copies of one.
    let mut worlds: BTreeMap<(&str, bool), World> = BTreeMap::new();
    let scenarios = loaded.packs.iter().flat_map(|pack| &pack.scenarios);
    scenarios
        .map(|scenario| {
            let home = run::home(scenario, loaded);
            let key = (home.map_or("", |pack| pack.id.as_str()), scenario.rows);
            let world = worlds
                .entry(key)
                .or_insert_with(|| world::make(loaded, home, scenario.rows));
            run::run(scenario, loaded, world.clone())
        })
        .collect()
}

/// Runs one scenario among loaded packs.
pub fn run(scenario: &Scenario, loaded: &Loaded) -> Outcome {
    let world = world::make(loaded, run::home(scenario, loaded), scenario.rows);
    run::run(scenario, loaded, world)
}

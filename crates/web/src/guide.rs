//! Guided walks as the demo shows them: whoever plays the demo says how far each has come and does its steps.

use bihuan_domain::id::PostId;
use bihuan_engine::Failure;
use bihuan_messages::Label;
use jiff::Timestamp;

/// Who knows the walks of a sample jurisdiction.
pub trait Guide: Send + Sync + std::fmt::Debug {
    /// All walks as they stand.
    ///
    /// # Errors
    ///
    /// Faults of the log.
    fn walks(&self) -> Result<Vec<DemoWalk>, Failure>;

    /// One walk by its number.
    ///
    /// # Errors
    ///
    /// Faults of the log.
    fn walk(&self, number: &str) -> Result<Option<DemoWalk>, Failure>;

    /// Moves the demo's clock forward to `at`, unless that is over.
    ///
    /// # Errors
    ///
    /// Faults of the log.
    fn reach(&self, at: Timestamp) -> Result<(), Failure>;

    /// Does a step in the name of whose act it is; says why where a rule refuses it.
    ///
    /// # Errors
    ///
    /// Faults of the log.
    fn play(&self, number: &str, step: usize) -> Result<Result<(), String>, Failure>;

    /// What is typed into the form of a step, by the names of the form, sample files among it.
    ///
    /// # Errors
    ///
    /// Faults of the log or the disk.
    fn typed(&self, number: &str, step: usize) -> Result<Vec<(String, String)>, Failure>;
}

/// A guided walk as it stands.
#[derive(Clone, Debug)]
pub struct DemoWalk {
    /// The mechanism's number.
    pub number: String,
    /// The mechanism.
    pub mechanism: Label,
    /// The course in one sentence.
    pub course: Label,
    /// What is to be done, in order.
    pub steps: Vec<DemoStep>,
}

impl DemoWalk {
    /// The step that is next, with its place from 0; `None` where all are done.
    pub fn next(&self) -> Option<(usize, &DemoStep)> {
        self.steps.iter().enumerate().find(|(_, step)| !step.done)
    }

    /// How many steps are done.
    pub fn done(&self) -> usize {
        self.steps.iter().filter(|step| step.done).count()
    }
}

/// A step of a guided walk.
#[derive(Clone, Debug)]
pub struct DemoStep {
    /// When, by the demo's clock; a suggestion.
    pub at: Timestamp,
    /// Who acts; `None` where a day comes or the demo acts for many.
    pub who: Option<DemoActor>,
    /// What is done.
    pub act: Label,
    /// What is filled in: the field and the value in words.
    pub values: Vec<(Label, String)>,
    /// How many files it wants.
    pub files: u32,
    /// The stage to which it leads.
    pub lands: Option<Label>,
    /// Whether it is done.
    pub done: bool,
    /// Where it is done or seen, as path with query, and the part of that page; `None` where there is no page for it,
    /// or none yet.
    pub page: Option<(String, String)>,
}

/// An account of the demo as an actor of a walk.
#[derive(Clone, Debug)]
pub struct DemoActor {
    /// Sign-in name.
    pub login: String,
    /// The post that acts.
    pub post: PostId,
    /// What this person does, in a few words.
    pub what: Label,
}

//! Scenarios (given, when, then) over a simulated clock.

/// A scenario as its file says it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file.
    pub file: String,
}

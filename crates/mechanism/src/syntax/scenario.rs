//! Scenario files.

use crate::read::{Node, Sink};
use crate::scenario::Scenario;

pub(crate) fn read(_node: &Node, path: &str, _sink: &mut Sink<'_>) -> Option<Scenario> {
    Some(Scenario { file: path.to_owned() })
}

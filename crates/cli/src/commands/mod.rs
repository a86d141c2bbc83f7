//! The commands, one file each, and what several of them need.

pub(crate) mod init;
mod places;
pub(crate) mod read;
pub(crate) mod verify;

use crate::args::Order;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

/// Runs a command.
pub(crate) fn run(order: Order, term: &Term) -> Result<Exit, Trouble> {
    match order {
        Order::Init(args) => init::run(&args, term),
        Order::Read(args) => read::run(&args, term),
        Order::Verify(args) => verify::run(&args, term),
    }
}

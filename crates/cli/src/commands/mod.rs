//! The commands, one file each, and what several of them need.

mod assess;
pub(crate) mod backup;
pub(crate) mod bench;
pub(crate) mod calendar;
mod calendar_import;
pub(crate) mod check;
pub(crate) mod custodian;
pub(crate) mod demo;
pub(crate) mod erase;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod init;
mod kept;
pub(crate) mod log;
pub(crate) mod mechanism;
pub(crate) mod mine;
mod office;
pub(crate) mod pack;
mod packs;
mod places;
mod process;
mod proposal;
pub(crate) mod read;
pub(crate) mod rebuild;
pub(crate) mod report;
pub(crate) mod restore;
pub(crate) mod scenario;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod user;
pub(crate) mod verify;
pub(crate) mod witness;

use crate::args::Order;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

/// Runs a command.
pub(crate) fn run(order: Order, term: &Term) -> Result<Exit, Trouble> {
    match order {
        Order::Demo(args) => demo::run(&args, term),
        Order::Init(args) => init::run(&args, term),
        Order::Serve(args) => serve::run(&args, term),
        Order::Read(args) => read::run(&args, term),
        Order::Check(args) => check::run(&args, term),
        Order::Scenario(args) => scenario::run(&args, term),
        Order::Mechanism(args) => mechanism::run(&args, term),
        Order::Schema(args) => schema::run(&args, term),
        Order::Pack(args) => pack::run(&args, term),
        Order::Import(args) => import::run(&args, term),
        Order::Export(args) => export::run(&args, term),
        Order::Report(args) => report::run(&args, term),
        Order::Verify(args) => verify::run(&args, term),
        Order::Witness(args) => witness::run(&args, term),
        Order::Log(args) => log::run(&args, term),
        Order::Backup(args) => backup::run(&args, term),
        Order::Restore(args) => restore::run(&args, term),
        Order::Rebuild(args) => rebuild::run(&args, term),
        Order::Calendar(args) => calendar::run(&args, term),
        Order::User(args) => user::run(&args, term),
        Order::Custodian(args) => custodian::run(&args, term),
        Order::Erase(args) => erase::run(&args, term),
        Order::Mine(args) => mine::run(&args, term),
        Order::Bench(args) => bench::run(&args, term),
    }
}

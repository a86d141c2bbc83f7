//! The words of the command line. Their help stands in the catalogue (area `cli`), see `help.rs`.

use bihuan_messages::Lang;
use clap::{Parser, Subcommand};

use crate::commands;
use crate::help::lang_values;

/// `bihuan`.
#[derive(Debug, Parser)]
#[command(name = "bihuan", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// The language of what is printed; read before parsing, kept here so that clap knows it.
    #[arg(long, global = true, value_name = "zh|en", value_parser = lang_values(), hide_possible_values = true)]
    lang: Option<Lang>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Order,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Order {
    Demo(commands::demo::Args),
    Init(commands::init::Args),
    Serve(commands::serve::Args),
    Read(commands::read::Args),
    Check(commands::check::Args),
    Scenario(commands::scenario::Args),
    Mechanism(commands::mechanism::Args),
    Schema(commands::schema::Args),
    Pack(commands::pack::Args),
    Import(commands::import::Args),
    Export(commands::export::Args),
    Report(commands::report::Args),
    Verify(commands::verify::Args),
    Witness(commands::witness::Args),
    Log(commands::log::Args),
    Backup(commands::backup::Args),
    Restore(commands::restore::Args),
    Rebuild(commands::rebuild::Args),
    Calendar(commands::calendar::Args),
    User(commands::user::Args),
    Custodian(commands::custodian::Args),
    Erase(commands::erase::Args),
    Mine(commands::mine::Args),
    Bench(commands::bench::Args),
}

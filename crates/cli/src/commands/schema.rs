//! `bihuan schema`: JSON Schemas of mechanism, pack, scenario, scheme and org files, for editors.

use bihuan_mechanism::schema::{File, schema};
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "mechanism|pack|scenario|scheme|org", value_parser = files(), hide_possible_values = true)]
    file: File,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    // Our own plain data always serialises.
    term.line(serde_json::to_string_pretty(&schema(args.file)).unwrap_or_default());
    Ok(Exit::Fine)
}

fn files() -> impl TypedValueParser<Value = File> {
    PossibleValuesParser::new(File::ALL.map(File::name)).map(|name| {
        let named = File::ALL.into_iter().find(|file| file.name() == name);
        named.unwrap_or(File::Mechanism)
    })
}

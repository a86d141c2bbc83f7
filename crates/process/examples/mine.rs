//! `bihuan mine FILE --json` without the rest of the house, for measuring: `mine FILE` gives the same figures.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example talks to the terminal and reads a file"
)]

use std::error::Error;

use bihuan_process::{Charged, Figures, Options, Told, read};

fn main() -> Result<(), Box<dyn Error>> {
    // As the program is called: `mine FILE --json`.
    let mut words = std::env::args().skip(1);
    let file = words.find(|word| word != "mine" && word != "--json");
    let bytes = std::fs::read(file.ok_or("a file is missing")?)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let options = Options {
        threads,
        ..Options::default()
    };
    let read = read(&bytes, &options).map_err(|error| error.message().text(bihuan_messages::Lang::En))?;
    let figures = Figures::of(&read.log, Charged::Doer, threads);
    println!(
        "{}",
        serde_json::json!({ "figures": Told::new(&read.log, &figures), "left_out": { "rows": read.faults.total } })
    );
    Ok(())
}

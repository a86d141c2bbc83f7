//! Prints the `bihuan read --json` form of the files given, for trying the reader by hand.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a program, not the library"
)]

fn main() {
    let mut documents = Vec::new();
    for path in std::env::args().skip(1) {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("{path}: {error}");
                std::process::exit(2);
            }
        };
        match bihuan_reader::decode(&bytes) {
            Ok(decoded) => {
                documents.push(bihuan_reader::read(
                    &path,
                    &decoded.text,
                    &bihuan_reader::Options::default(),
                ));
            }
            Err(unreadable) => {
                eprintln!("{path}: {}", unreadable.message().text(bihuan_messages::Lang::En));
                std::process::exit(1);
            }
        }
    }
    match serde_json::to_string_pretty(&serde_json::json!({ "documents": documents })) {
        Ok(json) => println!("{json}"),
        Err(error) => eprintln!("{error}"),
    }
}

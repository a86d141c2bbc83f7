//! Reads each file given as often as it takes to fill so many megabytes (first argument) and prints how fast it was and how
//! much memory it took beside the text: `cargo run --release -p bihuan-reader --example weigh -- 10 page.txt`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::float_arithmetic,
    reason = "a program, not the library"
)]

use std::time::Instant;

/// The most memory that this process ever had, in bytes (Linux).
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

fn main() {
    let mut args = std::env::args().skip(1);
    let megabytes: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(10);
    let mut page = String::new();
    for path in args {
        page.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
        page.push('\n');
    }
    if page.trim().is_empty() {
        println!("name files with text");
        return;
    }
    let mut text = String::with_capacity(megabytes * 1_000_000 + page.len());
    while text.len() < megabytes * 1_000_000 {
        text.push_str(&page);
    }
    let before = peak();
    let started = Instant::now();
    let document = bihuan_reader::read("page", &text, &bihuan_reader::Options::default());
    let seconds = started.elapsed().as_secs_f64();
    let read = peak();
    let mut counted = Counted(0);
    let written = serde_json::to_writer(&mut counted, &document).is_ok();
    let size = text.len() as f64;
    let rows: usize = document.articles.iter().map(|a| a.commitments.len()).sum();
    println!(
        "{:.1} MB, {} articles, {rows} rows: {:.2} s, {:.1} MB/s; memory {:.1} times the text, {:.1} with JSON ({:.1} times, {written})",
        size / 1e6,
        document.articles.len(),
        seconds,
        size / 1e6 / seconds,
        (read - before) as f64 / size,
        (peak() - before) as f64 / size,
        counted.0 as f64 / size,
    );
}

/// Counts what is written and keeps nothing.
struct Counted(usize);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

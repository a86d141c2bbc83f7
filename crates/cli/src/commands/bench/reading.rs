//! How fast page texts are read.

use std::path::Path;
use std::time::Instant;

use bihuan_reader::Options;
use serde_json::{Value, json};

use super::hundredths;
use crate::commands::read::read_text;
use crate::term::Term;
use crate::trouble::Trouble;

/// Characters of a made-up page; a newspaper's has about as many.
const PAGE: usize = 20_000;

pub(super) fn speed(page: Option<&Path>, characters: usize, term: &Term) -> Result<Value, Trouble> {
    let pages: Vec<String> = match page {
        Some(path) => {
            let text = read_text(path)?;
            let times = characters.div_ceil(text.chars().count().max(1));
            vec![text; times]
        }
        None => (0..characters.div_ceil(PAGE))
            .map(|n| bihuan_sim::workload::page(u64::try_from(n).unwrap_or(0), PAGE))
            .collect(),
    };
    let bar = term.progress("cli.bench_reading", u64::try_from(pages.len()).ok());
    let started = Instant::now();
    let (mut bytes, mut commitments) = (0usize, 0usize);
    for text in &pages {
        let document = bihuan_reader::read("bench", text, &Options::default());
        bytes = bytes.saturating_add(text.len());
        commitments = commitments.saturating_add(
            document
                .articles
                .iter()
                .map(|article| article.commitments.len())
                .sum(),
        );
        bar.inc(1);
    }
    let micros = started.elapsed().as_micros().max(1);
    bar.finish_and_clear();
    let bytes = u128::try_from(bytes).unwrap_or(0);
    // Bytes per microsecond are megabytes per second.
    let rate = hundredths(bytes.saturating_mul(100).checked_div(micros).unwrap_or(0));
    let mb = hundredths(bytes.saturating_mul(100) / 1_000_000);
    term.say("cli.bench_line_read", &[("rate", &rate), ("mb", &mb)]);
    Ok(json!({ "mb_per_second": rate, "mb": mb, "pages": pages.len(), "commitments": commitments }))
}

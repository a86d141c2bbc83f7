//! Reading beside a Chinese segmenter on the same text in one run: `cargo run --release` in this folder.
//!
//! The segmenter only cuts words; reading finds articles, figures, rows and checks. Time is that of the thread's processor
//! where the system tells it, so that a busy machine matters less. Each size is also read ten times over: the rate must hold.

use std::time::Instant;

const PAGES: &[&str] = &[
    include_str!("../../tests/pages/gold/t1_torn_county.txt"),
    include_str!("../../tests/pages/gold/t2_work_report.txt"),
    include_str!("../../tests/pages/gold/h2_work_report_pdf.txt"),
    include_str!("../../tests/pages/gold/h6_tour_torn.txt"),
    include_str!("../../tests/pages/gold/u4_speech_faults.txt"),
    include_str!("../../tests/pages/torn.txt"),
];

/// Seconds of processor time of this thread, or of the clock.
fn seconds(since: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|line| line.split(' ').next().and_then(|n| n.parse::<f64>().ok()));
    nanos.map_or_else(|| since.elapsed().as_secs_f64(), |n| n / 1e9)
}

fn main() {
    let began = Instant::now();
    let jieba = jieba_rs::Jieba::new();
    let page = PAGES.join("\n\n\n\n");
    for times in [1usize, 70, 700] {
        let text = page.repeat(times);
        let mb = text.len() as f64 / 1e6;
        let start = seconds(began);
        let document = bihuan_reader::read("compare", &text, &bihuan_reader::Options::default());
        let read = seconds(began) - start;
        let start = seconds(began);
        let words = jieba.cut(&text, false).len();
        let cut = seconds(began) - start;
        let start = seconds(began);
        let words_hmm = jieba.cut(&text, true).len();
        let cut_hmm = seconds(began) - start;
        let rows: usize = document.articles.iter().map(|a| a.commitments.len()).sum();
        println!(
            "{mb:.2} MB: read {:.1} MB/s ({rows} rows, {} stretches); segmenter {:.1} MB/s ({words} words), with HMM {:.1} MB/s ({words_hmm} words); reading takes {:.2} of it, {:.2} with HMM",
            mb / read, document.coverage.len(), mb / cut, mb / cut_hmm, read / cut, read / cut_hmm
        );
    }
}

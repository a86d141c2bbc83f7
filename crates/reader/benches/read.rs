//! Speed of reading, in bytes of UTF-8 per second.

use divan::Bencher;
use divan::counter::BytesCount;

fn main() {
    divan::main();
}

const REPORT: &str = include_str!("../tests/pages/report.txt");
const TORN: &str = include_str!("../tests/pages/torn.txt");

#[divan::bench(args = [1, 100])]
fn read_report(bencher: Bencher, times: usize) {
    let text = REPORT.repeat(times);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| bihuan_reader::read("bench", &text, &bihuan_reader::Options::default()));
}

#[divan::bench(args = [1, 100])]
fn read_torn_page(bencher: Bencher, times: usize) {
    let text = TORN.repeat(times);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| bihuan_reader::read("bench", &text, &bihuan_reader::Options::default()));
}

#[divan::bench]
fn decode_gbk(bencher: Bencher) {
    let (bytes, _, _) = encoding_rs::GB18030.encode(REPORT);
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench(|| bihuan_reader::decode(&bytes));
}

//! How fast undertakings are followed over 200 documents, by index and (the reference) by comparing every pair.
//! Both must link the same sayings, nearly all of them to the best row.

#![allow(
    clippy::indexing_slicing,
    reason = "a benchmark stops where something is wrong"
)]

use bihuan_reader::threads::{Index, PROPOSED_FROM, Saying};

fn main() {
    let all = sayings();
    let known = Index::of(all.clone());
    let of = |best: fn(&Index, &[Said], usize) -> Option<u32>| -> Vec<Option<u32>> {
        (0..all.len())
            .step_by(37)
            .map(|n| best(&known, &all, n))
            .collect()
    };
    let (index, pairs) = (of(by_index), of(by_pairs));
    let same = index.iter().zip(&pairs).filter(|(a, b)| a == b).count();
    assert!(
        index.iter().zip(&pairs).all(|(a, b)| a.is_some() == b.is_some()),
        "the same sayings are linked"
    );
    // All names are made of the same few words, so that the bounds of the index are reached.
    assert!(
        same * 100 >= pairs.len() * 95,
        "{same} of {} links are the best",
        pairs.len()
    );
    divan::main();
}

type Said = (usize, bool, Saying);

/// 200 documents of 40 sayings each; every other document promises, the others report.
fn sayings() -> Vec<Said> {
    const PLACES: [&str; 10] = [
        "东关镇",
        "西河乡",
        "北山镇",
        "南川乡",
        "开发区",
        "城关镇",
        "柳林乡",
        "石门镇",
        "青龙镇",
        "白塔乡",
    ];
    const WORKS: [&str; 12] = [
        "污水处理厂扩建",
        "集中供水管网改造",
        "中心卫生院门诊楼",
        "寄宿制小学食堂",
        "河堤加固",
        "高标准农田",
        "养老服务中心",
        "旅游公路",
        "便民市场",
        "文化广场",
        "冷链仓库",
        "光伏电站",
    ];
    const ENDS: [&str; 4] = [
        "项目，年底前完工",
        "工程，总投资三千万元",
        "一期工程已竣工投用",
        "二期工程正在加快建设",
    ];
    let mut out = Vec::new();
    for document in 0..200usize {
        for n in 0..40usize {
            let k = document * 31 + n * 7;
            let (place, work) = (PLACES[k % 10], WORKS[(k / 3) % 12]);
            let promised = document % 2 == 0;
            let end = ENDS[(k + if promised { 0 } else { 2 }) % 4];
            let text = format!(
                "{}{place}第{}村{work}{end}",
                if promised { "实施" } else { "" },
                k % 97
            );
            out.push((
                document,
                promised,
                Saying {
                    text,
                    ..Saying::default()
                },
            ));
        }
    }
    out
}

fn points(index: &Index, rows: impl Iterator<Item = usize>, later: usize) -> Option<u32> {
    rows.filter_map(|row| index.likeness(row, later))
        .map(|likeness| likeness.points)
        .filter(|points| *points >= PROPOSED_FROM)
        .max()
}

fn by_index(index: &Index, _: &[Said], later: usize) -> Option<u32> {
    points(index, index.candidates(later).into_iter(), later)
}

fn by_pairs(index: &Index, all: &[Said], later: usize) -> Option<u32> {
    let document = all[later].0;
    let rows = (0..later).filter(|row| all[*row].1 && all[*row].0 < document);
    points(index, rows, later)
}

/// All links of all documents.
#[divan::bench(sample_count = 5)]
fn links_by_index(bencher: divan::Bencher<'_, '_>) {
    let all = sayings();
    bencher.bench_local(|| {
        let index = Index::of(all.clone());
        (0..all.len()).filter_map(|n| by_index(&index, &all, n)).count()
    });
}

/// The links of one saying in a hundred; a hundred times this is the whole.
#[divan::bench(sample_count = 5)]
fn links_by_all_pairs_a_hundredth(bencher: divan::Bencher<'_, '_>) {
    let all = sayings();
    let index = Index::of(all.clone());
    bencher.bench_local(|| {
        (0..all.len())
            .step_by(100)
            .filter_map(|n| by_pairs(&index, &all, n))
            .count()
    });
}

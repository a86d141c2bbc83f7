//! The gaming audit on counties whose units really work: every case is opened, signed for, reported, approved, accepted and
//! verified through the engine. In a county one unit may work for the figures; honest ones differ by chance.

use std::collections::BTreeMap;

use bihuan_domain::id::{CaseId, PackId};
use bihuan_domain::org::Actor;
use bihuan_engine::Engine;
use bihuan_engine::audit::{self, Detector, Judged};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, date};
use serde_json::json;

use crate::county::County;

const UNITS: [&str; 5] = ["housing", "water", "development", "statistics", "audit"];
/// Matters of each unit.
const EACH: u64 = 14;
/// The unit that works for the figures.
const GAMER: &str = "water";

/// Chance from a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// What happens to a matter.
struct Matter {
    unit: &'static str,
    /// Whether its own unit opened it.
    own: bool,
    opened: DateTime,
    due: Date,
    ended: DateTime,
    void: bool,
}

/// At so many thousandths of the time from opening to the limit.
fn part(opened: DateTime, due: Date, thousandths: u64) -> DateTime {
    let end = due.at(18, 30, 0, 0);
    let minutes = opened.duration_until(end).as_mins();
    opened + (minutes * i64::try_from(thousandths).unwrap() / 1_000).minutes()
}

fn matter(unit: &'static str, n: u64, chance: &mut Chance) -> Matter {
    let own = n % 2 == 1;
    // Each on another day: an honest unit finds what it finds.
    let opened = date(2026, 3, 2).at(9, 0, 0, 0) + i64::try_from(n / 2).unwrap().days();
    let due = opened.date() + i64::try_from(10 + chance.below(8)).unwrap().days();
    Matter {
        unit,
        own,
        opened,
        due,
        ended: part(opened, due, 200 + chance.below(760)),
        void: chance.below(25) == 0,
    }
}

fn matters(seed: u64, gamed: Option<Detector>) -> Vec<Matter> {
    let mut chance = Chance(seed.wrapping_add(0x9E37_79B9));
    let mut all = Vec::new();
    for unit in UNITS {
        for n in 0..EACH {
            let mut one = matter(unit, n, &mut chance);
            if unit == GAMER {
                game(&mut one, n, gamed, &mut chance);
            }
            all.push(one);
        }
    }
    all
}

fn game(one: &mut Matter, n: u64, gamed: Option<Detector>, chance: &mut Chance) {
    match gamed {
        Some(Detector::JustBefore) => {
            one.ended = part(one.opened, one.due, 920 + chance.below(70));
            one.void = false;
        }
        // What would be late is declared a part of something else.
        Some(Detector::Merged) if n.is_multiple_of(2) => {
            one.ended = part(one.opened, one.due, 930 + chance.below(60));
            one.void = true;
        }
        // One matter is written down as several and all are done at once.
        Some(Detector::Split) if one.own => {
            one.opened = date(2026, 3, 4).at(10, 0, 0, 0);
            one.due = date(2026, 3, 18);
            one.ended = date(2026, 3, 9).at(15, 0, 0, 0);
            one.void = false;
        }
        _ => {}
    }
}

/// The pack of these stories, with units that may open matters for themselves.
fn pack() -> BTreeMap<String, String> {
    let shipped = include_str!("bulletin_pack/instruction.toml");
    let opened = "by = [\"dispatcher\", \"supervision\"]";
    assert!(shipped.contains(opened));
    let instruction = shipped.replacen(opened, "by = [\"dispatcher\", \"supervision\", \"handler\"]", 1);
    let pack = include_str!("bulletin_pack/pack.toml").to_owned();
    [("instruction.toml", instruction), ("pack.toml", pack)]
        .map(|(name, text)| (name.to_owned(), text))
        .into()
}

/// Lives through March and is audited in April.
fn lived(matters: &[Matter]) -> Judged {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let adopted = Engine::adopt_pack(&PackId::new("intake"), pack());
    county
        .engine
        .change(&Actor::system(), "intake", vec![adopted])
        .unwrap();
    let mut moments: Vec<(DateTime, bool, usize)> = Vec::new();
    for (at, one) in matters.iter().enumerate() {
        moments.push((one.opened, false, at));
        moments.push((one.ended, true, at));
    }
    moments.sort();
    let mut cases: BTreeMap<usize, CaseId> = BTreeMap::new();
    for (moment, ends, at) in moments {
        let one = &matters[at];
        county.at(moment);
        county.engine.catch_up().unwrap();
        if ends {
            end(&mut county, one, cases[&at], at);
        } else {
            cases.insert(at, open(&mut county, one, at));
        }
    }
    county.at(date(2026, 4, 1).at(9, 0, 0, 0));
    audit::audit(&county.engine, date(2026, 3, 1), date(2026, 3, 31))
        .unwrap()
        .judged
}

fn open(county: &mut County, one: &Matter, at: usize) -> CaseId {
    let post = if one.own {
        format!("{}.clerk", one.unit)
    } else {
        "supervision.dispatcher".to_owned()
    };
    let opened = county.order(
        &post,
        json!({ "type": "open", "mechanism": "instruction", "owner": one.unit, "title": format!("事项{at}"),
            "values": { "leader": "county.leader", "instructed_on": one.opened.date(), "due": one.due, "matter": format!("事项{at}") } }),
    );
    let case = opened.unwrap().case.unwrap();
    let clerk = format!("{}.clerk", one.unit);
    county
        .order(
            &clerk,
            json!({ "type": "step", "case": case, "step": "sign", "values": {} }),
        )
        .unwrap();
    case
}

fn end(county: &mut County, one: &Matter, case: CaseId, at: usize) {
    let (clerk, head) = (format!("{}.clerk", one.unit), format!("{}.head", one.unit));
    if one.void {
        let asked = json!({ "type": "request", "case": case, "request": "void", "reason": "duplicate", "note": "并入另一件" });
        // Dispatch asks for it, at the unit’s wish.
        county.order("supervision.dispatcher", asked).unwrap();
        county
            .order(
                "supervision.head",
                json!({ "type": "decide", "case": case, "number": 1, "grant": true }),
            )
            .unwrap();
        return;
    }
    let file = county
        .engine
        .upload("现场.txt", format!("现场记录{at}").as_bytes())
        .unwrap();
    for (post, step, values, evidence) in [
        (
            clerk.as_str(),
            "report",
            json!({ "result": "已完成" }),
            vec![file],
        ),
        (&head, "approve", json!({}), vec![]),
        ("county.leader", "accept", json!({ "accepted": true }), vec![]),
    ] {
        let order =
            json!({ "type": "step", "case": case, "step": step, "values": values, "evidence": evidence });
        county.order(post, order).unwrap();
    }
    county
        .order(
            "supervision.supervisor",
            json!({ "type": "verify", "case": case, "pass": true, "note": "核查" }),
        )
        .unwrap();
}

#[test]
fn units_that_really_work_honestly_show_no_sign() {
    for seed in 0..4 {
        let judged = lived(&matters(seed, None));
        assert!(judged.asked >= 20, "{} groups were compared", judged.asked);
        assert!(judged.signs.is_empty(), "seed {seed}: {:#?}", judged.signs);
    }
}

#[test]
fn a_unit_that_waits_merges_or_splits_is_found_for_that_and_nobody_else_is() {
    for detector in [Detector::JustBefore, Detector::Merged, Detector::Split] {
        for seed in 0..2 {
            let judged = lived(&matters(seed, Some(detector)));
            assert!(
                !judged.signs.is_empty(),
                "{detector:?} was not found, seed {seed}"
            );
            for sign in &judged.signs {
                let found = (sign.place.detector, sign.place.unit.as_str());
                assert_eq!(found, (detector, GAMER), "seed {seed}: {:?}", sign.share);
            }
        }
    }
}

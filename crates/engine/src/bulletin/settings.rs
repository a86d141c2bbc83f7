//! What the jurisdiction sets for its bulletins, with what holds where nothing is set; and the periods.

use bihuan_domain::calendar::date_of;
use bihuan_domain::clock::{Limit, Rule, due_at};
use bihuan_domain::event::Number;
use bihuan_domain::id::{Code, PostId};
use bihuan_domain::mechanism::{BulletinSpan, Chair, SignatureRung};
use bihuan_domain::org::Unit;
use bihuan_domain::world::World;
use bihuan_messages::{Label, Lang, t, tf};
use jiff::Timestamp;
use jiff::civil::Date;

use super::Preset;
use super::wording::Frame;

/// The setting that names the post that signs.
pub const SIGNER: &str = "bulletin.signer";
/// The template of the number, with `{year}` and `{n}`.
const NUMBER: &str = "bulletin.number";
/// Labels: the red head, the signing office, the addressee.
const ISSUER: &str = "bulletin.issuer";
const SIGNATURE: &str = "bulletin.signature";
const ADDRESSEE: &str = "bulletin.addressee";

/// The series of numbers; it starts anew each year.
pub(super) const SERIES: &str = "bulletin.supervision";

/// Posts that may sign: heads and leaders of the supervising, dispatching and leading units. The one that is set stands
/// first, then leaders, then heads.
pub fn signers(world: &World, now: Timestamp) -> Vec<PostId> {
    let day = date_of(now);
    let set = world
        .settings
        .get(SIGNER)
        .and_then(|value| value.as_str())
        .map(PostId::from);
    let mut posts: Vec<(u8, PostId)> = Vec::new();
    for post in world.org.posts.values().filter(|post| post.valid.covers(day)) {
        let Some(unit) = world.org.units.get(&post.unit) else {
            continue;
        };
        let signs = ["supervision", "dispatch", "leadership"]
            .iter()
            .any(|f| unit.functions.contains(&Code::new(f)));
        let rank = match post.kind.as_str() {
            _ if set.as_ref() == Some(&post.id) => 0,
            "leader" if signs => 1,
            "head" if signs => 2,
            _ => continue,
        };
        posts.push((rank, post.id.clone()));
    }
    posts.sort();
    posts.into_iter().map(|(_, post)| post).collect()
}

/// The period of a preset that holds `day`.
pub fn preset(preset: Preset, day: Date) -> (Date, Date) {
    let span = match preset {
        Preset::Week => BulletinSpan::Week,
        Preset::HalfMonth => BulletinSpan::HalfMonth,
        Preset::Month => BulletinSpan::Month,
    };
    span.around(day)
}

/// The next number of the year.
pub(super) fn next_number(world: &World, now: Timestamp) -> Number {
    let year = date_of(now).year();
    let given = world
        .bulletins
        .values()
        .filter_map(|bulletin| bulletin.draft.number.as_ref());
    let last = given
        .filter(|number| number.series.as_str() == SERIES && number.year == year)
        .map(|number| number.n);
    let n = last.max().unwrap_or(0).saturating_add(1);
    let set = world
        .settings
        .get(NUMBER)
        .and_then(|value| value.as_str())
        .map(str::to_owned);
    let template = set.unwrap_or_else(|| {
        let short: String = world.name.zh.chars().take(1).collect();
        t(Lang::Zh, "report.b_number").replace("{short}", &short)
    });
    let text = template
        .replace("{year}", &year.to_string())
        .replace("{n}", &n.to_string());
    Number {
        series: Code::new(SERIES),
        year,
        n,
        text,
    }
}

/// How long a signer has for a bulletin that the office drafted: two working days.
pub(super) fn signature_rule() -> Rule {
    Rule::new(Limit::WorkingDays(2))
}

/// Who is told of an overdue signature where no template says it: the head of the supervising office, then the leader.
pub(super) fn signature_ladder() -> Vec<SignatureRung> {
    let rung = |function: &str, post: &str, key: &str, days| SignatureRung {
        to: Chair {
            function: Code::new(function),
            post: Code::new(post),
        },
        label: super::figures::both(key),
        limit: Rule::new(Limit::WorkingDays(days)),
    };
    vec![
        rung("supervision", "head", "report.b_rung_notice", 2),
        rung("leadership", "leader", "report.b_rung_report", 3),
    ]
}

/// When a signature is due.
pub(super) fn signature_due(rule: &Rule, world: &World, now: Timestamp) -> Timestamp {
    due_at(rule, now, &[], &world.calendars)
        .ok()
        .flatten()
        .unwrap_or(now)
}

/// Head, signature and addressee.
pub(super) fn frame(world: &World, signer: PostId, remarks: Vec<String>, title: Option<Label>) -> Frame {
    let office = placed_office(world);
    let head = |lang| tf(lang, "report.b_head", &[("office", &office.get(lang))]);
    let head = Label::new(head(Lang::Zh), head(Lang::En));
    Frame {
        issuer: label(world, ISSUER).unwrap_or(head),
        signature: label(world, SIGNATURE).unwrap_or(office),
        addressee: label(world, ADDRESSEE).unwrap_or_else(|| super::figures::both("report.b_addressee")),
        signer,
        remarks,
        title,
    }
}

/// The office that signs, as it is set, else the supervising one with its place.
pub(crate) fn office_name(world: &World) -> Label {
    label(world, SIGNATURE).unwrap_or_else(|| placed_office(world))
}

fn placed_office(world: &World) -> Label {
    office(world).map_or_else(|| world.name.clone(), |unit| placed(&unit.name, &world.name))
}

/// An office with its place before it, where its name does not say it: 交城县政府督查室.
fn placed(office: &Label, place: &Label) -> Label {
    let with = |lang, key| {
        tf(
            lang,
            key,
            &[("office", &office.get(lang)), ("place", &place.get(lang))],
        )
    };
    let zh = if office.zh.starts_with(&place.zh) {
        office.zh.clone()
    } else {
        with(Lang::Zh, "report.b_placed")
    };
    let en = if office.en.contains(&place.en) {
        office.en.clone()
    } else {
        with(Lang::En, "report.b_placed")
    };
    Label::new(zh, en)
}

fn office(world: &World) -> Option<&Unit> {
    world
        .org
        .units
        .values()
        .find(|unit| unit.functions.contains(&Code::new("supervision")))
}

fn label(world: &World, key: &str) -> Option<Label> {
    serde_json::from_value(world.settings.get(key)?.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_presets_are_the_countys_cadence() {
        assert_eq!(
            preset(Preset::Week, date(2026, 11, 22)),
            (date(2026, 11, 16), date(2026, 11, 22))
        );
        assert_eq!(
            preset(Preset::HalfMonth, date(2026, 2, 15)),
            (date(2026, 2, 1), date(2026, 2, 15))
        );
        assert_eq!(
            preset(Preset::HalfMonth, date(2026, 2, 16)),
            (date(2026, 2, 16), date(2026, 2, 28))
        );
        assert_eq!(
            preset(Preset::Month, date(2024, 2, 3)),
            (date(2024, 2, 1), date(2024, 2, 29))
        );
    }
}

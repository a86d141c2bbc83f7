//! Jiaocheng county (交城县): nine months as the reports of January and September 2020 tell them.
//!
//! Totals are the reported ones, because the rows of the packs are; what the reports do not say is a marked sample.

mod intake;
mod org;
mod plans;
mod projects;

use bihuan_engine::Error;
use bihuan_messages::Label;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, date};

use crate::demo::{Account, Sample};
use crate::history::Script;
use crate::shift::Shift;

/// The plenum that set the year's targets, the first day of this history.
const FIRST: Date = date(2020, 1, 6);
/// The last day that the report of September tells of, and the last that it reports.
const LAST: Date = date(2020, 9, 15);

/// Mechanisms whose cases are those that the reports tell of.
const OWN_HISTORY: [&str; 9] = [
    "contracting",
    "pipeline",
    "three-plus-24",
    "annual-target",
    "conference-instruction",
    "key-task",
    "instruction",
    "meeting-decision",
    "superior-assignment",
];

/// The county: what it is founded with, and its history moved so that it ends in the week before `today`.
///
/// # Errors
///
/// If a name cannot be sealed.
pub(crate) fn sample(today: Date) -> Result<Sample, Error> {
    let shift = Shift::to_end_by(LAST, today);
    let founding = org::found(shift.day(FIRST).saturating_sub(31.days()))?;
    Ok(Sample {
        slug: "jiaocheng",
        founding,
        shift,
        first: shift.day(FIRST).at(8, 0, 0, 0),
        follows: Label::new(
            format!(
                "重点项目和包联台账依据2020年9月的报道，年度目标依据2020年1月的展望；日期整体后移{}周。人名、金额拆分和未具名项目均为样例。",
                shift.weeks()
            ),
            format!(
                "Projects follow the report of September 2020, targets the outlook of January 2020; all dates are {} weeks later. People, split amounts and unnamed projects are samples.",
                shift.weeks()
            ),
        ),
        packs: |_| true,
        names: org::NAMES,
        rename: projects::rename,
        scripts,
        tales: |mechanism| !OWN_HISTORY.contains(&mechanism),
        accounts: accounts(),
    })
}

fn scripts(sample: &Scenery<'_>) -> Vec<Script> {
    let mut all = projects::pipeline(sample);
    all.extend(projects::contracting(sample));
    all.extend(plans::targets(sample));
    all.extend(plans::conference(sample));
    all.extend(intake::matters(sample));
    all.extend(intake::instructions(sample));
    all.extend(intake::decisions(sample));
    all.extend(intake::assignments(sample));
    all
}

pub(crate) use crate::demo::Scenery;

/// At this hour of a day of the report, moved into the demo's time.
fn at(scenery: &Scenery<'_>, day: Date, hour: i8, minute: i8) -> DateTime {
    scenery.shift.day(day).at(hour, minute, 0, 0)
}

fn accounts() -> Vec<Account> {
    let account = |login: &str, post: &str, zh: &str, en: &str| Account {
        login: login.to_owned(),
        post: post.into(),
        what: Label::new(zh, en),
    };
    vec![
        account(
            "ducha",
            "supervision.supervisor",
            "督查室：立项、读文件、导入、通报",
            "Supervision: files matters, reads documents, imports, bulletins",
        ),
        account(
            "duchazhuren",
            "supervision.head",
            "督查室主任：升级事项、审定",
            "Head of supervision: escalations",
        ),
        account(
            "zhengfuban",
            "office.dispatcher",
            "政府办交办岗：交办、改派、核查任务",
            "Government office: dispatches and verifies tasks",
        ),
        account(
            "xianzhang",
            "141122.leader-01",
            "县长：批示、签发通报",
            "County head: instructions, signs bulletins",
        ),
        account(
            "fagai",
            "development.clerk",
            "发改局承办岗",
            "Development and reform: clerk",
        ),
        account(
            "fagaijuzhang",
            "development.head",
            "发改局局长：审签",
            "Development and reform: head",
        ),
        account(
            "zhujian",
            "housing.clerk",
            "住建局承办岗",
            "Housing bureau: clerk",
        ),
        account(
            "tianning",
            "141122100.clerk",
            "天宁镇承办岗",
            "Tianning town: clerk",
        ),
        account("kaifaqu", "zone.clerk", "开发区承办岗", "Development zone: clerk"),
        account(
            "nongye",
            "agriculture.clerk",
            "农业农村局承办岗",
            "Agriculture bureau: clerk",
        ),
        account(
            "hecha",
            "development.verifier",
            "发改局核查岗（年度目标、项目投产）",
            "Verifier of targets and production",
        ),
        account(
            "hecha1",
            "finance.verifier",
            "核查岗（抽签，财政局）",
            "Verifier by lot, finance",
        ),
        account(
            "hecha2",
            "civil-affairs.verifier",
            "核查岗（抽签，民政局）",
            "Verifier by lot, civil affairs",
        ),
        account(
            "hecha3",
            "labour.verifier",
            "核查岗（抽签，人社局）",
            "Verifier by lot, labour",
        ),
        account(
            "hecha4",
            "audit.verifier",
            "核查岗（抽签，审计局）",
            "Verifier by lot, audit",
        ),
    ]
}

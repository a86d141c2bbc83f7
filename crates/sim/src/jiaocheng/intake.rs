//! What came in day by day: major matters of projects (M03), leaders' instructions, meeting decisions, assignments from
//! above. All of it is a sample: the reports tell of the mechanisms, not of single matters.

use bihuan_domain::id::PostId;
use bihuan_domain::mechanism::{RequestKind, Risk, SourceKind};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::json;

use super::org::{self, SUPERVISION};
use super::plans::order;
use super::{Scenery, at};
use crate::history::{Act, Script};
use crate::rng::Rng;

/// Matters of projects, with the owner and the hours that report, opinion and reply took.
const MATTERS: [(&str, &str, [i64; 3]); 12] = [
    ("征地补偿争议致施工受阻", "natural", [6, 20, 18]),
    ("供电增容手续滞后", "energy", [20, 22, 10]),
    ("施工便道占用集体土地", "141122100", [5, 8, 20]),
    ("设备进口延误影响投产", "zone", [22, 30, 12]),
    ("地下管线与设计不符", "housing", [4, 6, 16]),
    ("环评批复未下达", "ecology", [23, 10, 22]),
    ("项目资金缺口", "finance", [10, 23, 40]),
    ("施工扰民引发上访", "petition", [3, 5, 8]),
    ("林地使用审批未办结", "forestry", [12, 14, 20]),
    ("汛期基坑积水", "water", [2, 3, 5]),
    ("拆迁户协议未签", "141122101", [30, 20, 22]),
    ("消防验收条件不足", "fire", [8, 12, 0]),
];

/// The matters of M03, one every sixteen days. The last one came in yesterday and waits for its reply.
pub(super) fn matters(scenery: &Scenery<'_>) -> Vec<Script> {
    let mut scripts = Vec::new();
    for (n, (title, owner, hours)) in MATTERS.iter().enumerate() {
        let days = i64::try_from(n).unwrap_or(0).saturating_mul(16);
        let fresh = hours.contains(&0);
        let opened = match fresh {
            true => scenery.now.saturating_sub(21.hours()),
            false => at(scenery, date(2020, 3, 4).saturating_add(days.days()), 9, 30),
        };
        let mut open = order(
            "three-plus-24",
            owner,
            &format!("{title}（样例）"),
            SourceKind::Person,
            &format!("matter-{n}"),
        );
        open.values.insert(
            "leader".into(),
            json!(org::leader(n.saturating_add(5) % org::LEADER_COUNT)),
        );
        let mut script = Script::new(format!("matter-{n}"), &supervisor(), open, opened);
        script.by_hour = true;
        let mut when = opened;
        for (hours, stage) in hours
            .iter()
            .zip(["opinion", "reply", "acceptance"])
            .filter(|(hours, _)| **hours > 0)
        {
            when = when.saturating_add(hours.hours());
            script = script.then(when, Act::Reach(stage.into()));
        }
        if !fresh {
            script = script.then(when.saturating_add(5.hours()), Act::Close);
        }
        scripts.push(script);
    }
    scripts
}

const INSTRUCTIONS: [(&str, &str); 24] = [
    ("城区主要路段积水点整治", "housing"),
    ("企业用工缺口摸底", "labour"),
    ("农村饮水水质复检", "water"),
    ("校园周边食品经营检查", "market"),
    ("背街小巷路灯修复", "housing"),
    ("拖欠农民工工资线索核查", "labour"),
    ("露天矿山复绿进度", "natural"),
    ("集贸市场占道经营", "141122100"),
    ("乡镇卫生院药品配备", "health"),
    ("秸秆禁烧责任落实", "agriculture"),
    ("县道塌方路段抢修", "transport"),
    ("老旧小区加装电梯试点", "housing"),
    ("河道采砂举报核实", "water"),
    ("企业安全生产“回头看”", "emergency"),
    ("困难群众临时救助发放", "civil-affairs"),
    ("政务大厅窗口排队时间", "approval"),
    ("特色农产品展销筹备", "commerce"),
    ("文物保护单位消防", "culture"),
    ("散乱污企业复燃核查", "ecology"),
    ("乡村公益岗位清查", "rural"),
    ("高考考点周边噪声", "police"),
    ("冬季供热管网检修", "energy"),
    ("撂荒地复耕", "141122104"),
    ("惠企资金兑现", "finance"),
];

/// Written instructions of leaders: three a month, most of them closed. The youngest are on their way.
pub(super) fn instructions(scenery: &Scenery<'_>) -> Vec<Script> {
    let mut rng = Rng::new(11);
    let mut scripts = Vec::new();
    for (n, (title, owner)) in INSTRUCTIONS.iter().enumerate() {
        let days = i64::try_from(n).unwrap_or(0).saturating_mul(10);
        // The newest three came in these days, whatever day it is.
        let day = match n.checked_sub(21) {
            Some(fresh) => scenery.back(5usize.saturating_sub(fresh.saturating_mul(2))),
            None => scenery
                .shift
                .day(weekday(date(2020, 1, 20).saturating_add(days.days()))),
        };
        let name = format!("instruction-{n:02}");
        let mut open = order(
            "instruction",
            owner,
            &format!("{title}（样例）"),
            SourceKind::Instruction,
            &name,
        );
        open.values.insert("leader".into(), json!(org::leader(n % 6)));
        open.values.insert("instructed_on".into(), json!(day.to_string()));
        open.risk = (n % 8 == 3).then_some(Risk::Major);
        let mut script = Script::new(name, &supervisor(), open, day.at(9, 0, 0, 0))
            .then(day.at(11, 0, 0, 0), Act::Reach("handling".into()));
        script.by_hour = n >= 21;
        script.verify_days = rng.between(1, 2);
        // Every seventh is answered late; two fail their first verification; the newest three still lie with their units.
        let late = n % 7 == 4;
        let takes = if late {
            rng.between(14, 19)
        } else {
            rng.between(4, 8)
        };
        if n == 6 || n == 15 {
            script.verdicts = vec![false];
        }
        if n == 13 {
            script = script.then(
                day.saturating_add(2.days()).at(10, 0, 0, 0),
                Act::Ask {
                    what: RequestKind::Extension,
                    days: 12,
                    reason: None,
                    unit: None,
                    grant: Some(true),
                },
            );
        }
        if n == 22 {
            // A dispute that waits for its adjudicator.
            script = script.then(
                scenery.back(1).at(16, 0, 0, 0),
                Act::Ask {
                    what: RequestKind::Return,
                    days: 0,
                    reason: None,
                    unit: Some("natural".into()),
                    grant: None,
                },
            );
        } else if n < 21 {
            script = script.then(day.saturating_add(takes.days()).at(15, 0, 0, 0), Act::Close);
        }
        scripts.push(script);
    }
    scripts
}

const DECISIONS: [(&str, &str); 16] = [
    ("县城雨污分流改造方案", "housing"),
    ("农村公厕改造资金拨付", "agriculture"),
    ("开发区标准厂房建设", "zone"),
    ("撤并行政村资产清查", "civil-affairs"),
    ("城乡公交一体化", "transport"),
    ("中小学教师招聘", "education"),
    ("智慧停车特许经营", "commerce"),
    ("生态环境监控平台验收", "ecology"),
    ("粮食储备库维修", "development"),
    ("旅游公路沿线绿化", "forestry"),
    ("惠民演出采购", "culture"),
    ("第七次人口普查两员选聘", "statistics"),
    ("脱贫攻坚普查配合", "rural"),
    ("重点企业环保限产预案", "industry"),
    ("行政审批事项承接", "approval"),
    ("冬季清洁取暖补贴", "energy"),
];

/// Decisions of meetings: two a month, told to the meeting when done.
pub(super) fn decisions(scenery: &Scenery<'_>) -> Vec<Script> {
    let mut scripts = Vec::new();
    for (n, (title, owner)) in DECISIONS.iter().enumerate() {
        let days = i64::try_from(n).unwrap_or(0).saturating_mul(15);
        let day = weekday(date(2020, 1, 16).saturating_add(days.days()));
        let name = format!("decision-{n:02}");
        let mut open = order(
            "meeting-decision",
            owner,
            &format!("{title}（样例）"),
            SourceKind::Meeting,
            &name,
        );
        let meeting = format!("第{}次政府常务会议（样例）", n.saturating_add(41));
        open.values.insert("meeting".into(), json!(meeting));
        open.values
            .insert("held_on".into(), json!(scenery.shift.day(day).to_string()));
        open.values
            .insert("item".into(), json!((n % 4).saturating_add(1).to_string()));
        let mut script = Script::new(name, &supervisor(), open, at(scenery, day, 9, 0))
            .then(at(scenery, day, 11, 0), Act::Reach("handling".into()));
        let takes = if n % 6 == 2 { 55 } else { 24 };
        if n < 13 {
            script = script.then(at(scenery, day.saturating_add(takes.days()), 10, 0), Act::Close);
        }
        script.reports = n != 14;
        scripts.push(script);
    }
    scripts
}

const ASSIGNMENTS: [(&str, &str); 12] = [
    ("省级环保督察反馈问题整改", "ecology"),
    ("国务院大督查线索核查", "approval"),
    ("市级重点信访积案化解", "petition"),
    ("全省安全生产专项整治", "emergency"),
    ("耕地保护督察问题整改", "natural"),
    ("拖欠民营企业账款清理", "finance"),
    ("农村乱占耕地建房摸排", "natural"),
    ("防汛抗旱物资自查", "water"),
    ("教育经费投入核查", "education"),
    ("违建别墅清查回头看", "housing"),
    ("扶贫资产确权登记", "rural"),
    ("汾河流域入河排污口整治", "ecology"),
];

/// Assignments of superiors, each with the superior's limit and an earlier one of the county's own.
pub(super) fn assignments(scenery: &Scenery<'_>) -> Vec<Script> {
    let mut scripts = Vec::new();
    for (n, (title, owner)) in ASSIGNMENTS.iter().enumerate() {
        let days = i64::try_from(n).unwrap_or(0).saturating_mul(20);
        let day = weekday(date(2020, 2, 5).saturating_add(days.days()));
        let name = format!("assignment-{n:02}");
        let mut open = order(
            "superior-assignment",
            owner,
            &format!("{title}（样例）"),
            SourceKind::Superior,
            &name,
        );
        let superior = if n % 2 == 0 {
            "省政府办公厅"
        } else {
            "吕梁市政府督查室"
        };
        let own = scenery.shift.day(day.saturating_add(14.days()));
        let theirs = scenery.shift.day(day.saturating_add(20.days()));
        open.values.insert("superior".into(), json!(superior));
        open.values.insert(
            "document_number".into(),
            json!(format!("样例文〔2020〕{}号", n.saturating_add(11))),
        );
        open.values.insert("due".into(), json!(own.to_string()));
        open.values
            .insert("superior_due".into(), json!(theirs.to_string()));
        let mut script = Script::new(name, &supervisor(), open, at(scenery, day, 9, 0))
            .then(at(scenery, day, 10, 30), Act::Reach("handling".into()));
        let takes = if n == 3 || n == 8 { 22 } else { 9 };
        if n < 11 {
            script = script.then(at(scenery, day.saturating_add(takes.days()), 9, 0), Act::Close);
        }
        scripts.push(script);
    }
    scripts
}

fn supervisor() -> PostId {
    PostId::from(format!("{SUPERVISION}.supervisor"))
}

/// The day itself or the Monday after it: nothing comes in at a weekend.
fn weekday(day: Date) -> Date {
    match day.weekday() {
        jiff::civil::Weekday::Saturday => day.saturating_add(2.days()),
        jiff::civil::Weekday::Sunday => day.saturating_add(1.day()),
        _ => day,
    }
}

//! Yuncheng city (运城市): what its own organs had to follow up after the rainstorm of July 2024, and before it.
//!
//! A small ledger: the mechanisms of the city's work safety, floods and charity come with packs of their own.

use bihuan_domain::id::PostId;
use bihuan_domain::mechanism::SourceKind;
use bihuan_engine::{Error, OpenOrder, SourceOrder};
use bihuan_messages::Label;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::json;

use crate::demo::{Account, Sample, Scenery};
use crate::founding::Founding;
use crate::history::{Act, Script};
use crate::people::sample_name;
use crate::shift::Shift;
use crate::twin::Names;

/// The first day of this history.
const FIRST: Date = date(2024, 2, 19);
/// The last day that the report tells of.
const LAST: Date = date(2024, 7, 19);
/// The city itself.
const CITY: &str = "140800";

/// The district in which the city has its seat.
const SEAT: &str = "140802";

/// Code, kind, name, English name, functions.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const UNITS: &[Row] = &[
    ("weather", "vertical", "市气象局", "Meteorological Bureau", &[]),
    (
        "city-management",
        "department",
        "市城市管理局",
        "City Management Bureau",
        &[],
    ),
    (
        "traffic-police",
        "department",
        "市公安局交警支队",
        "Traffic Police",
        &["public-security"],
    ),
    (
        "water",
        "department",
        "市水务局",
        "Water Bureau",
        &["verification"],
    ),
    (
        "housing",
        "department",
        "市住房和城乡建设局",
        "Housing and Construction Bureau",
        &["housing"],
    ),
    (
        "emergency",
        "department",
        "市应急管理局",
        "Emergency Management Bureau",
        &["emergency"],
    ),
    (
        "publicity",
        "department",
        "市委宣传部",
        "Publicity Department",
        &["publicity"],
    ),
    (
        "development",
        "department",
        "市发展和改革委员会",
        "Development and Reform Commission",
        &["development"],
    ),
    (
        "industry",
        "department",
        "市工业和信息化局",
        "Industry and Information Bureau",
        &[],
    ),
    (
        "culture",
        "department",
        "市文物局",
        "Cultural Relics Bureau",
        &["culture"],
    ),
    (
        "civil-affairs",
        "department",
        "市民政局",
        "Civil Affairs Bureau",
        &["civil-affairs", "verification"],
    ),
    (
        "ecology",
        "department",
        "市生态环境局",
        "Ecology and Environment Bureau",
        &["ecology"],
    ),
    (
        "finance",
        "department",
        "市财政局",
        "Finance Bureau",
        &["finance", "verification"],
    ),
    (
        "audit",
        "department",
        "市审计局",
        "Audit Bureau",
        &["verification"],
    ),
    // It has no code in GB/T 2260; ours is a local one.
    (
        "140800-zone",
        "zone",
        "运城经济技术开发区管委会",
        "Economic and Technological Zone Committee",
        &[],
    ),
];

/// The counties, districts and county-level cities: governments of their own, below the city, with logs of their own.
const COUNTIES: &[(&str, &str, &str)] = &[
    ("140802", "盐湖区", "Yanhu District"),
    ("140821", "临猗县", "Linyi County"),
    ("140822", "万荣县", "Wanrong County"),
    ("140823", "闻喜县", "Wenxi County"),
    ("140824", "稷山县", "Jishan County"),
    ("140825", "新绛县", "Xinjiang County"),
    ("140826", "绛县", "Jiang County"),
    ("140827", "垣曲县", "Yuanqu County"),
    ("140828", "夏县", "Xia County"),
    ("140829", "平陆县", "Pinglu County"),
    ("140830", "芮城县", "Ruicheng County"),
    ("140881", "永济市", "Yongji City"),
    ("140882", "河津市", "Hejin City"),
];

/// What the packs' standard county is here. Townships are the districts' own affair; two stand in for places.
const NAMES: Names = Names {
    units: &[
        ("county", CITY),
        ("deputy", CITY),
        ("supervision-office", "supervision"),
        ("dispatch-office", "office"),
        ("city-mgmt", "city-management"),
        ("water-bureau", "water"),
        ("met", "weather"),
        ("yanhu", "140802"),
        ("zone", "140800-zone"),
    ],
    posts: &[
        ("county-leader", "140800.leader-01"),
        ("deputy-leader", "140800.leader-02"),
    ],
    serves: &[],
    called: &[
        ("tianning", "盐湖区解州镇（样例）", "Xiezhou town (sample)"),
        (
            "xiying",
            "永济市城西街道（样例）",
            "Chengxi sub-district (sample)",
        ),
        ("public-security", "市公安局", "Public Security Bureau"),
        ("market", "市市场监督管理局", "Market Regulation Bureau"),
        ("fire", "市消防救援支队", "Fire and Rescue Brigade"),
        ("discipline", "市纪委监委", "Discipline Commission"),
        ("organisation", "市委组织部", "Organisation Department"),
        (
            "approval",
            "市行政审批服务管理局",
            "Administrative Approval Bureau",
        ),
        ("rural", "市乡村振兴局", "Rural Revitalisation Bureau"),
        ("education", "市教育局", "Education Bureau"),
        ("flood-office", "市防汛抗旱指挥部办公室", "Flood Headquarters"),
        (
            "workers-union",
            "市总工会职工举报保管室",
            "Custodian of workers' reports",
        ),
        ("media-centre", "市融媒体中心", "Media Centre"),
        ("union", "市总工会", "Federation of Trade Unions"),
        ("disabled", "市残联", "Disabled Persons' Federation"),
        ("store", "国药控股定点药房", "Sinopharm pharmacy"),
        ("ent-huaxin", "样例化肥企业01", "Sample fertiliser plant 01"),
        (
            "ent-jianhua",
            "样例建材企业02",
            "Sample building materials plant 02",
        ),
        ("ent-lihu", "样例玻璃企业03", "Sample glass works 03"),
        ("ent-hengtong", "样例液化气站04", "Sample gas station 04"),
    ],
};

/// The city, with its history moved so that it ends in the week before `today`.
pub(crate) fn sample(today: Date) -> Result<Sample, Error> {
    let shift = Shift::to_end_by(LAST, today);
    Ok(Sample {
        slug: "yuncheng",
        founding: found(shift.day(FIRST).saturating_sub(31.days()))?,
        shift,
        first: shift.day(FIRST).at(8, 0, 0, 0),
        follows: Label::new(
            format!(
                "依据2024年7月19日前后的报道（7月17日暴雨、18日专题会）；日期整体后移{}周。人名和未具名事项为样例。",
                shift.weeks()
            ),
            format!(
                "Follows the report of about 19 July 2024 (rainstorm of the 17th, meeting of the 18th); all dates are {} weeks later. People and unnamed matters are samples.",
                shift.weeks()
            ),
        ),
        packs: |pack| {
            matches!(
                pack,
                "base" | "intake" | "c-safety" | "e-emergency" | "i-services"
            )
        },
        names: NAMES,
        rename: |_, _| None,
        scripts,
        tales: |mechanism| !matches!(mechanism, "instruction" | "meeting-decision"),
        accounts: accounts(),
    })
}

fn found(from: Date) -> Result<Founding, Error> {
    let name = Label::new("运城市", "Yuncheng City");
    let mut f = Founding::new(CITY, CITY, name.clone(), "supervision.supervisor", from);
    let mut people = 60usize;
    let mut seated =
        |f: &mut Founding, unit: &str, code: &str, kind: &str, zh: &str, en: &str| -> Result<(), Error> {
            let post = f.post(unit, code, kind, Label::new(zh, en));
            let person = f.person(&sample_name(people))?;
            people = people.saturating_add(1);
            f.appoint(&person, &post);
            Ok(())
        };
    f.unit(CITY, "county", name, None, &["leadership"]);
    seated(&mut f, CITY, "leader-01", "leader", "市长", "Mayor")?;
    seated(
        &mut f,
        CITY,
        "leader-02",
        "leader",
        "副市长（应急）",
        "Vice mayor (emergencies)",
    )?;
    seated(
        &mut f,
        CITY,
        "leader-03",
        "leader",
        "副市长（生态环境）",
        "Vice mayor (environment)",
    )?;
    f.unit(
        "supervision",
        "office",
        Label::new("市政府督查室", "Supervision Office"),
        Some(CITY),
        &["supervision"],
    );
    seated(&mut f, "supervision", "head", "head", "主任", "Head")?;
    seated(
        &mut f,
        "supervision",
        "supervisor",
        "supervisor",
        "督查岗",
        "supervision clerk",
    )?;
    f.unit(
        "office",
        "office",
        Label::new("市政府办公室", "Government Office"),
        Some(CITY),
        &["dispatch"],
    );
    seated(&mut f, "office", "head", "head", "主任", "Head")?;
    seated(
        &mut f,
        "office",
        "dispatcher",
        "dispatcher",
        "交办岗",
        "dispatching clerk",
    )?;
    for (id, kind, zh, en, functions) in UNITS {
        f.unit(id, kind, Label::new(*zh, *en), Some(CITY), functions);
        seated(&mut f, id, "head", "head", "局长（主任）", "Director")?;
        seated(&mut f, id, "clerk", "clerk", "承办岗", "handling clerk")?;
        if functions.contains(&"verification") {
            seated(&mut f, id, "verifier", "verifier", "核查岗", "verifier")?;
        }
    }
    for (id, zh, en) in COUNTIES {
        f.unit(id, "district", Label::new(*zh, *en), Some(CITY), &[]);
        let head = Label::new("政府办主任", "Head of its government office");
        let clerk = Label::new("政府办承办岗", "Clerk of its government office");
        for (kind, name) in [("head", head), ("clerk", clerk)] {
            let post = f.post(id, kind, kind, name);
            // Of the districts only the city's seat takes part in what the packs tell.
            if *id == SEAT {
                let person = f.person(&sample_name(people))?;
                people = people.saturating_add(1);
                f.appoint(&person, &post);
            }
        }
    }
    Ok(f)
}

/// What the meeting of 18 July asked for, as headings; the report names the duties, the limits are samples.
const AFTER_THE_RAIN: &[(&str, &str)] = &[
    ("暴雨预警发布与叫应机制", "weather"),
    ("城区排涝响应复盘问题整改", "city-management"),
    ("积水路段交通管制预案", "traffic-police"),
    ("城区河渠行洪能力核查", "water"),
    ("下穿立交排水设施改造", "housing"),
    ("部门信息共享和联动机制", "emergency"),
    ("灾情信息首发机制", "publicity"),
    ("开发区易涝点位整治", "140800-zone"),
];

/// Earlier decisions and instructions of the year: samples in the fields that the report covers.
const EARLIER: &[(&str, &str)] = &[
    ("治本攻坚三年行动任务清单", "emergency"),
    ("有限空间作业企业摸底", "emergency"),
    ("钢铁铝加工企业监测系统接入", "emergency"),
    ("新绛县大气点位整改督办", "ecology"),
    ("古建筑群防汛预案修订", "culture"),
    ("汛前排水管网清淤", "city-management"),
    ("夏季用电保供", "development"),
    ("残疾人就业基地扶持", "civil-affairs"),
    ("环卫工人防暑物资", "city-management"),
    ("工业企业技改资金申报", "industry"),
];

fn scripts(scenery: &Scenery<'_>) -> Vec<Script> {
    let opener = PostId::from("supervision.supervisor");
    let mut all = Vec::new();
    for (n, (title, owner)) in EARLIER.iter().enumerate() {
        let day = scenery
            .shift
            .day(date(2024, 2, 20).saturating_add(i64::try_from(n).unwrap_or(0).saturating_mul(14).days()));
        let name = format!("decision-{n:02}");
        let mut open = order(
            "meeting-decision",
            owner,
            &format!("{title}（样例）"),
            SourceKind::Meeting,
            &name,
        );
        open.values.insert(
            "meeting".into(),
            json!(format!("第{}次市政府常务会议（样例）", n.saturating_add(60))),
        );
        open.values.insert("held_on".into(), json!(day.to_string()));
        open.values
            .insert("item".into(), json!((n % 3).saturating_add(1).to_string()));
        let mut script = Script::new(name, &opener, open, day.at(9, 0, 0, 0))
            .then(day.at(11, 0, 0, 0), Act::Reach("handling".into()));
        let takes = if n == 3 { 58 } else { 25 };
        if n < 8 {
            script = script.then(day.saturating_add(takes.days()).at(10, 0, 0, 0), Act::Close);
        }
        script.reports = n != 8;
        all.push(script);
    }
    for (n, (title, owner)) in AFTER_THE_RAIN.iter().enumerate() {
        let day = scenery.shift.day(date(2024, 7, 18));
        let name = format!("rain-{n}");
        let mut open = order("instruction", owner, title, SourceKind::Instruction, &name);
        open.values
            .insert("leader".into(), json!(format!("{CITY}.leader-02")));
        open.values.insert("instructed_on".into(), json!(day.to_string()));
        let mut script = Script::new(name, &opener, open, day.at(16, 30, 0, 0));
        script.by_hour = true;
        if n != 4 {
            script = script.then(
                day.saturating_add(1.day()).at(9, 0, 0, 0),
                Act::Reach("handling".into()),
            );
        }
        all.push(script);
    }
    all
}

fn order(mechanism: &str, owner: &str, title: &str, kind: SourceKind, key: &str) -> OpenOrder {
    OpenOrder {
        stage: None,
        papers: Vec::new(),
        mechanism: mechanism.into(),
        owner: owner.into(),
        supporting: Default::default(),
        title: title.to_owned(),
        risk: None,
        values: Default::default(),
        source: Some(SourceOrder {
            kind,
            document: None,
            at: Vec::new(),
            quote: None,
            key: Some(key.into()),
        }),
        parent: None,
    }
}

fn accounts() -> Vec<Account> {
    let account = |login: &str, post: &str, zh: &str, en: &str| Account {
        login: login.to_owned(),
        post: post.into(),
        what: Label::new(zh, en),
    };
    vec![
        account(
            "yc-ducha",
            "supervision.supervisor",
            "市政府督查室：立项、核查",
            "Supervision: files and verifies matters",
        ),
        account(
            "yc-zhengfuban",
            "office.dispatcher",
            "市政府办交办岗",
            "Government office: dispatches",
        ),
        account(
            "yc-fushizhang",
            "140800.leader-02",
            "副市长：批示、阅示",
            "Vice mayor: instructions",
        ),
        account(
            "yc-yingji",
            "emergency.clerk",
            "市应急管理局承办岗",
            "Emergency management: clerk",
        ),
        account(
            "yc-chengguan",
            "city-management.clerk",
            "市城市管理局承办岗",
            "City management: clerk",
        ),
        account(
            "yc-chengguanjuzhang",
            "city-management.head",
            "市城市管理局局长",
            "City management: head",
        ),
    ]
}

//! Jiaocheng's units and posts as the reports of 2020 name them; the people are samples.

use bihuan_engine::Error;
use bihuan_messages::Label;
use jiff::civil::Date;

use crate::founding::Founding;
use crate::people::sample_name;
use crate::twin::Names;

/// The county itself, whose posts are its leaders.
pub(super) const COUNTY: &str = "141122";
/// The supervision office.
pub(super) const SUPERVISION: &str = "supervision";
/// The development zone.
pub(super) const ZONE: &str = "zone";

/// Code, kind, name, English name, functions.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

/// Offices, departments, vertically managed units, zone. The first twenty-one departments contract projects.
pub(super) const UNITS: &[Row] = &[
    (
        "development",
        "department",
        "发展和改革局",
        "Development and Reform Bureau",
        &["development"],
    ),
    (
        "industry",
        "department",
        "工业和信息化局",
        "Industry and Information Bureau",
        &[],
    ),
    (
        "housing",
        "department",
        "住房和城乡建设管理局",
        "Housing and Construction Bureau",
        &["housing"],
    ),
    (
        "natural",
        "department",
        "自然资源局",
        "Natural Resources Bureau",
        &[],
    ),
    ("transport", "department", "交通运输局", "Transport Bureau", &[]),
    ("water", "department", "水利局", "Water Bureau", &[]),
    (
        "agriculture",
        "department",
        "农业农村局",
        "Agriculture and Rural Affairs Bureau",
        &[],
    ),
    (
        "rural",
        "department",
        "扶贫开发办公室",
        "Poverty Alleviation Office",
        &["rural"],
    ),
    (
        "education",
        "department",
        "教育科技局",
        "Education and Science Bureau",
        &[],
    ),
    (
        "health",
        "department",
        "卫生健康和体育局",
        "Health and Sports Bureau",
        &[],
    ),
    (
        "culture",
        "department",
        "文化和旅游局",
        "Culture and Tourism Bureau",
        &["culture"],
    ),
    (
        "finance",
        "department",
        "财政局",
        "Finance Bureau",
        &["finance", "verification"],
    ),
    (
        "approval",
        "department",
        "行政审批服务管理局",
        "Administrative Approval Bureau",
        &["approval"],
    ),
    (
        "emergency",
        "department",
        "应急管理局",
        "Emergency Management Bureau",
        &["emergency"],
    ),
    (
        "civil-affairs",
        "department",
        "民政局",
        "Civil Affairs Bureau",
        &["civil-affairs", "verification"],
    ),
    (
        "labour",
        "department",
        "人力资源和社会保障局",
        "Human Resources Bureau",
        &["verification"],
    ),
    ("energy", "department", "能源局", "Energy Bureau", &[]),
    ("forestry", "department", "林业局", "Forestry Bureau", &[]),
    (
        "commerce",
        "department",
        "商务和投资促进局",
        "Commerce and Investment Bureau",
        &[],
    ),
    (
        "police",
        "department",
        "公安局",
        "Public Security Bureau",
        &["public-security"],
    ),
    ("audit", "department", "审计局", "Audit Bureau", &["verification"]),
    ("justice", "department", "司法局", "Justice Bureau", &[]),
    ("petition", "department", "信访局", "Petition Bureau", &[]),
    (
        "veterans",
        "department",
        "退役军人事务局",
        "Veterans Affairs Bureau",
        &[],
    ),
    ("statistics", "department", "统计局", "Statistics Bureau", &[]),
    (
        "publicity",
        "department",
        "县委宣传部",
        "Publicity Department",
        &["publicity"],
    ),
    (
        "organisation",
        "department",
        "县委组织部",
        "Organisation Department",
        &["organisation"],
    ),
    (
        "market",
        "vertical",
        "市场监督管理局",
        "Market Regulation Bureau",
        &["market-regulation"],
    ),
    (
        "ecology",
        "vertical",
        "生态环境局交城分局",
        "Ecology and Environment Branch",
        &["ecology"],
    ),
    ("tax", "vertical", "税务局", "Tax Bureau", &[]),
    (
        "fire",
        "vertical",
        "消防救援大队",
        "Fire and Rescue Brigade",
        &["fire"],
    ),
    (
        "zone",
        "zone",
        "交城经济开发区管委会",
        "Development Zone Committee",
        &[],
    ),
];

/// The townships as they were in 2020, before two were merged and 洪相 became a town.
pub(super) const TOWNSHIPS: &[(&str, &str, &str)] = &[
    ("141122100", "天宁镇", "Tianning Town"),
    ("141122101", "夏家营镇", "Xiajiaying Town"),
    ("141122102", "西营镇", "Xiying Town"),
    ("141122103", "水峪贯镇", "Shuiyuguan Town"),
    ("141122104", "西社镇", "Xishe Town"),
    ("141122105", "庞泉沟镇", "Pangquangou Town"),
    ("141122-hongxiang", "洪相乡", "Hongxiang Township"),
    ("141122202", "东坡底乡", "Dongpodi Township"),
    ("141122-lingdi", "岭底乡", "Lingdi Township"),
    ("141122-huili", "会立乡", "Huili Township"),
];

/// The posts of the twenty-four county leaders, the head of government first: escalations reach the first.
const LEADERS: [(&str, &str); 24] = [
    ("县长", "County head"),
    ("县委书记", "Party secretary"),
    ("县人大常委会主任", "Chair of the People's Congress"),
    ("县政协主席", "Chair of the CPPCC"),
    ("县委副书记", "Deputy Party secretary"),
    ("常务副县长", "Executive deputy county head"),
    ("县纪委书记", "Discipline secretary"),
    ("县委组织部部长", "Head of organisation"),
    ("县委宣传部部长", "Head of publicity"),
    ("县委政法委书记", "Political and legal secretary"),
    ("县委统战部部长", "Head of united front work"),
    ("县委办公室主任", "Head of the Party office"),
    ("副县长（工业）", "Deputy county head (industry)"),
    ("副县长（农业）", "Deputy county head (agriculture)"),
    ("副县长（城建）", "Deputy county head (construction)"),
    ("副县长（教科文卫）", "Deputy county head (education and health)"),
    ("副县长、公安局局长", "Deputy county head (public security)"),
    (
        "县人大常委会副主任一",
        "Deputy chair of the People's Congress, first",
    ),
    (
        "县人大常委会副主任二",
        "Deputy chair of the People's Congress, second",
    ),
    (
        "县人大常委会副主任三",
        "Deputy chair of the People's Congress, third",
    ),
    ("县政协副主席一", "Deputy chair of the CPPCC, first"),
    ("县政协副主席二", "Deputy chair of the CPPCC, second"),
    ("县政协副主席三", "Deputy chair of the CPPCC, third"),
    ("县人武部部长", "Head of the armed forces department"),
];

/// What the packs' standard county is here.
pub(super) const NAMES: Names = Names {
    units: &[
        ("county", COUNTY),
        ("deputy", COUNTY),
        ("supervision-office", SUPERVISION),
        ("dispatch-office", "office"),
        ("public-security", "police"),
        ("natural-resources", "natural"),
        ("water-bureau", "water"),
        ("petition-office", "petition"),
        ("tianning", "141122100"),
        ("xiying", "141122102"),
        ("pangquangou", "141122105"),
        ("yanhu", "141122101"),
        ("longmen", "141122100-longmen"),
    ],
    posts: &[
        ("county-leader", "141122.leader-01"),
        ("deputy-leader", "141122.leader-06"),
    ],
    serves: &[("141122100-longmen", "township-liaison")],
    called: &[
        ("traffic-police", "公安局交警大队", "Traffic Police"),
        ("met", "气象局", "Meteorological Bureau"),
        ("flood-office", "县防汛抗旱指挥部办公室", "Flood Headquarters"),
        ("guandi", "文物保护管理所（样例）", "Keeper of monuments (sample)"),
        ("charity", "县慈善总会", "Charity Federation"),
        ("store", "定点药房（样例）", "Appointed pharmacy (sample)"),
    ],
};

/// How many leaders contract projects.
pub(super) const LEADER_COUNT: usize = LEADERS.len();
/// How many departments contract projects.
pub(super) const DEPARTMENT_COUNT: usize = 21;

/// The code of the `n`th leader's post, from 0.
pub(super) fn leader(n: usize) -> String {
    format!("{COUNTY}.leader-{:02}", n.saturating_add(1))
}

/// What the `n`th leader's post is called.
pub(super) fn leader_name(n: usize) -> Option<String> {
    LEADERS.get(n).map(|(zh, _)| (*zh).to_owned())
}

/// Founds the county with its offices, posts and sample people.
pub(super) fn found(from: Date) -> Result<Founding, Error> {
    let name = Label::new("交城县", "Jiaocheng County");
    let last_resort = format!("{SUPERVISION}.supervisor");
    let mut f = Founding::new(COUNTY, "141122", name.clone(), &last_resort, from);
    let mut people = 0usize;
    let mut seat = |f: &mut Founding, posts: &[bihuan_domain::id::PostId]| -> Result<(), Error> {
        let person = f.person(&sample_name(people))?;
        people = people.saturating_add(1);
        posts.iter().for_each(|post| f.appoint(&person, post));
        Ok(())
    };
    f.unit(COUNTY, "county", name, None, &["leadership"]);
    for (n, (zh, en)) in LEADERS.iter().enumerate() {
        let code = format!("leader-{:02}", n.saturating_add(1));
        let post = f.post(COUNTY, &code, "leader", Label::new(*zh, *en));
        seat(&mut f, &[post])?;
    }
    let office = Label::new("政府督查室", "Supervision Office");
    f.unit(SUPERVISION, "office", office, Some(COUNTY), &["supervision"]);
    let head = f.post(SUPERVISION, "head", "head", Label::new("主任", "Head"));
    seat(&mut f, &[head])?;
    let supervisor = f.post(
        SUPERVISION,
        "supervisor",
        "supervisor",
        Label::new("督查岗", "supervision clerk"),
    );
    seat(&mut f, &[supervisor])?;
    let office = Label::new("县政府办公室", "Government Office");
    f.unit("office", "office", office, Some(COUNTY), &["dispatch"]);
    let head = f.post("office", "head", "head", Label::new("主任", "Head"));
    seat(&mut f, &[head])?;
    // Who dispatches and who supervises are two people: whoever sent a reply out does not verify it.
    let dispatcher = f.post(
        "office",
        "dispatcher",
        "dispatcher",
        Label::new("交办岗", "dispatching clerk"),
    );
    seat(&mut f, &[dispatcher])?;
    let clerk = f.post("office", "clerk", "clerk", Label::new("承办岗", "handling clerk"));
    seat(&mut f, &[clerk])?;
    let townships = TOWNSHIPS
        .iter()
        .map(|(id, zh, en)| (*id, "township", *zh, *en, &[][..]));
    for (id, kind, zh, en, functions) in UNITS.iter().copied().chain(townships) {
        f.unit(id, kind, Label::new(zh, en), Some(COUNTY), functions);
        let head = match kind {
            "township" => Label::new("镇长（乡长）", "Head of the township"),
            "zone" => Label::new("主任", "Director"),
            _ => Label::new("局长（主任）", "Director"),
        };
        let head = f.post(id, "head", "head", head);
        seat(&mut f, &[head])?;
        let clerk = f.post(id, "clerk", "clerk", Label::new("承办岗", "handling clerk"));
        seat(&mut f, &[clerk])?;
        // The verifier of the year's plan and of production sits in the bureau that leads both.
        if functions.contains(&"verification") || functions.contains(&"development") {
            let post = f.post(id, "verifier", "verifier", Label::new("核查岗", "verifier"));
            seat(&mut f, &[post])?;
        }
    }
    Ok(f)
}

//! Writes a sample bulletin (DOCX, HTML, with the feature `pdf` PDF, too) and a sample ledger (XLSX, CSV) into a directory, to be looked at.
//!
//! `cargo run -p bihuan-report --example sample -- DIRECTORY`

use std::{env, error::Error, fs, path::PathBuf};

#[cfg(feature = "pdf")]
#[path = "../tests/it/typefaces.rs"]
mod typefaces;

use bihuan_messages::Lang;
use bihuan_report::official::{
    Align, Annex, Block, Document, Figure, Level, PrintedBy, Span, Table, TableColumn,
};
use bihuan_report::table::{Cell, Column, Kind, Sheet};
use bihuan_report::{csv, docx, html, xlsx};
use jiff::civil::date;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(
        env::args()
            .nth(1)
            .ok_or("name a directory to write the samples to")?,
    );
    fs::create_dir_all(&directory)?;
    let issued = bulletin();
    let draft = Document {
        draft: true,
        number: None,
        date: None,
        printed_by: None,
        ..bulletin()
    };
    let report = Document {
        secrecy: Some("秘密★1年".into()),
        urgency: Some("特急".into()),
        signer: Some("张三".into()),
        issuer: "督查通报".into(),
        body: full_pages(),
        annexes: Vec::new(),
        ..bulletin()
    };
    fs::write(directory.join("bulletin.docx"), docx::render(&issued, Lang::Zh)?)?;
    fs::write(directory.join("draft.docx"), docx::render(&draft, Lang::Zh)?)?;
    fs::write(directory.join("grid.docx"), docx::render(&report, Lang::Zh)?)?;
    #[cfg(feature = "pdf")]
    for (name, document) in [("bulletin", &issued), ("draft", &draft), ("grid", &report)] {
        let file = bihuan_report::pdf::render(document, typefaces::typefaces(), Lang::Zh)?;
        fs::write(directory.join(format!("{name}.pdf")), file)?;
    }
    fs::write(directory.join("bulletin.html"), html::page(&issued, Lang::Zh))?;
    fs::write(
        directory.join("ledger.xlsx"),
        xlsx::render(&[ledger()], Lang::Zh)?,
    )?;
    fs::write(directory.join("ledger.csv"), csv::render(&ledger())?)?;
    Ok(())
}

/// A half-month bulletin on key projects, with everything that the form knows.
fn bulletin() -> Document {
    Document {
        issuer: "交城县人民政府督查室文件".into(),
        number: Some("交督通〔2020〕17号".into()),
        title: "关于2020年8月下半月全县重点项目推进和“3+24小时”办理情况的通报".into(),
        addressee: "各乡镇人民政府，县直及条管各有关单位".into(),
        body: text(),
        annexes: vec![
            Annex { title: "进展缓慢项目明细表".into(), body: vec![Block::Table(slow_projects())] },
            Annex { title: "本期指标口径和计算办法".into(), body: definitions() },
        ],
        signature: "交城县人民政府督查室".into(),
        date: Some(date(2020, 9, 1)),
        copies_to: ["县委办公室", "县人大常委会办公室", "县政协办公室", "县纪委监委", "县委组织部", "县发展和改革局"]
            .map(String::from)
            .to_vec(),
        printed_by: Some(PrintedBy { office: "交城县人民政府办公室".into(), date: date(2020, 9, 1) }),
        provenance: Some(
            "（本通报所列数字均据督办台账计算，截至2020年8月31日18时；台账第18342条，校验值 9f2c41d8 a07be653。\
             电子版中点击数字可查看所对应的事项。）"
                .into(),
        ),
        link_base: Some("https://bihuan.example".into()),
        ..Document::default()
    }
}

fn text() -> Vec<Block> {
    vec![
        Block::Paragraph(vec![
            "按照“一周一小结、半月一通报、一月一调度”的要求，督查室对全县".into(),
            Span::linked("87", "/cases?register=projects"),
            "个重点项目8月下半月的推进情况，以及项目单位提请事项按“3+24小时”机制办理的情况逐项核对。现通报如下。".into(),
        ]),
        Block::heading(Level::First, "总体情况"),
        Block::Figures(vec![
            figure("重点项目", "87个", "总投资248亿元", "/cases?register=projects"),
            figure("已开工复工", "57个", "续建23个、新开34个", "/cases?stage=started"),
            figure("按时办结率", "91.2%", "52/57件", "/cases?indicator=on-time"),
            figure("超期未结", "5件", "其中两次通报2件", "/cases?overdue"),
        ]),
        Block::Paragraph(vec![
            "截至8月31日，全县重点项目总投资".into(),
            Span::linked("248亿元", "/cases?register=projects"),
            "，年度计划投资31亿元。其中产业类32个、172亿元，基础设施类34个、42亿元，社会事业类21个、34亿元；开发区承担\
             35个，占总投资的61%。续建的23个项目全部复工；新建的64个项目开工34个，开工率53%。"
                .into(),
        ]),
        Block::Table(by_kind()),
        Block::heading(Level::First, "“3+24小时”办理情况"),
        Block::heading(Level::Second, "按时办结的情况"),
        Block::paragraph(
            "本期应办结57件，按时办结52件。单位上报、领导批示、部门答复三个环节的按时率分别为98.2%、94.7%和91.2%，全部环节\
             夜间、周末均计时。",
        ),
        Block::heading(Level::Second, "超期未结的事项"),
        Block::heading(Level::Third, "土地手续类"),
        Block::paragraph(
            "磁窑河片区基础设施项目用地报批，答复环节应于8月24日16时前完成，至今未答复，当前环节责任岗位为县自然资源局审批股。",
        ),
        Block::heading(Level::Fourth, "原因"),
        Block::paragraph("勘测定界成果与权属登记不一致，正在复测。"),
        Block::heading(Level::Fourth, "下一步"),
        Block::paragraph("9月4日前完成复测并答复；逾期提交县政府专题会议研究。"),
        Block::heading(Level::Third, "征地拆迁类"),
        Block::Paragraph(vec![
            Span::bold("本项与上期表述相同，未说明原因。"),
            "西社镇道路改造剩余3户未签约，请责任单位在下一期通报前说明进展和原因。".into(),
        ]),
        Block::heading(Level::First, "有关要求"),
        Block::paragraph(
            "各责任单位要对照附件逐项倒排工期，9月8日前在督办台账中更新进展并上传佐证；办结事项由项目单位确认、督查室按比例抽查，\
             承办人不得核实自己办理的事项。对连续两期进展缓慢且未说明原因的，提请县政府约谈。",
        ),
    ]
}

fn figure(label: &str, value: &str, note: &str, link: &str) -> Figure {
    Figure {
        label: label.into(),
        value: vec![Span::linked(value, link)],
        note: note.into(),
    }
}

fn by_kind() -> Table {
    let row = |cells: [&str; 5]| cells.map(|c| vec![Span::plain(c)]).to_vec();
    Table {
        caption: "重点项目分类情况".into(),
        columns: vec![
            TableColumn::new("类别", Align::Left),
            TableColumn::new("项目数（个）", Align::Right),
            TableColumn::new("总投资（亿元）", Align::Right),
            TableColumn::new("已开工（个）", Align::Right),
            TableColumn::new("超期（件）", Align::Right),
        ],
        rows: vec![
            row(["产业类", "32", "172.0", "20", "1"]),
            row(["基础设施类", "34", "42.0", "24", "3"]),
            row(["社会事业类", "21", "34.0", "13", "1"]),
            ["合计", "87", "248.0", "57", "5"]
                .map(|c| vec![Span::bold(c)])
                .to_vec(),
        ],
        note: "开工数含续建复工23个。".into(),
    }
}

fn slow_projects() -> Table {
    let names = [
        "磁窑河片区基础设施",
        "西社镇道路改造",
        "县医院传染病区",
        "夏家营热力管网",
        "天宁镇幼儿园迁建",
    ];
    Table {
        caption: String::new(),
        columns: vec![
            TableColumn::new("序号", Align::Center),
            TableColumn::new("项目", Align::Left),
            TableColumn::new("责任单位", Align::Left),
            TableColumn::new("应完成", Align::Center),
            TableColumn::new("超期（天）", Align::Right),
            TableColumn::new("原因和当前环节", Align::Left),
        ],
        rows: names
            .iter()
            .zip(1_u32..)
            .map(|(name, n)| {
                [
                    n.to_string(),
                    format!("{name}（样例）"),
                    if n % 2 == 0 {
                        "县交通运输局".into()
                    } else {
                        "县住房和城乡建设管理局".into()
                    },
                    format!("8月{}日", 10 + n * 3),
                    (21 - n * 3).to_string(),
                    "前期手续未办齐，等待勘测定界复测结果；当前环节在县自然资源局审批股。".into(),
                ]
                .map(|c| vec![Span::plain(c)])
                .to_vec()
            })
            .collect(),
        note: "“样例”为演示数据。".into(),
    }
}

fn definitions() -> Vec<Block> {
    vec![
        Block::heading(Level::First, "按时办结率"),
        Block::paragraph(
            "本期到期事项中，在期限内经核实办结的件数与到期件数之比。暂停计时须经其他岗位批准，暂停时间单列。",
        ),
        Block::heading(Level::First, "开工率"),
        Block::paragraph("新建项目中已取得施工许可并现场核实的个数与新建项目总数之比；续建项目不计入分母。"),
    ]
}

/// Paragraphs of exactly 28-character lines, to count lines and characters on a full page.
fn full_pages() -> Vec<Block> {
    let line = "督查事项逐条登记逐级交办逐项核实逐月通报有始有终件件落实";
    vec![Block::paragraph(line.repeat(60))]
}

fn ledger() -> Sheet {
    let kinds = ["产业类", "基础设施类", "社会事业类"];
    Sheet {
        title: "重点项目台账".into(),
        notes: vec![
            "截至：2020-08-31 18:00".into(),
            "筛选：在办，全部类别".into(),
            "查询：/cases?register=projects".into(),
        ],
        as_of: Some(date(2020, 8, 31).at(18, 0, 0, 0)),
        columns: vec![
            Column::new("编号", Kind::Text),
            Column::new("项目名称", Kind::Text),
            Column::new("类别", Kind::Text),
            Column::new("总投资（元）", Kind::Money),
            Column::new("完成（%）", Kind::Decimal(1)),
            Column::new("延期次数", Kind::Integer),
            Column::new("应办结", Kind::Date),
            Column::new("最近更新", Kind::DateTime),
        ],
        rows: (1_i64..=87)
            .map(|n| {
                let kind = kinds
                    .iter()
                    .cycle()
                    .nth(usize::try_from(n).unwrap_or(0))
                    .copied()
                    .unwrap_or_default();
                vec![
                    Cell::Text(format!("XM-{n:03}")),
                    Cell::Text(if n == 7 {
                        "=1+1（文字，不计算）".into()
                    } else {
                        format!("{kind}项目{n}（样例）")
                    }),
                    kind.into(),
                    Cell::Money(2_480_000_000_000 / 87 * n),
                    Cell::Decimal(rust_decimal::Decimal::new(n * 11, 1)),
                    Cell::Integer(n % 3),
                    date(2020, 9, 1).into(),
                    if n % 5 == 0 {
                        "—".into()
                    } else {
                        date(2020, 8, 28).at(9, 30, 0, 0).into()
                    },
                ]
            })
            .collect(),
    }
}

//! What is still to be done is judged clause by clause: pages of many kinds with their rows, and pages of history with
//! none.

use bihuan_reader::{ArticleKind, Commitment, Options, Value, read};

/// Every row of a page: quote, value with unit, due date and owner.
fn rows(text: &str) -> Vec<String> {
    let document = read("page.txt", text, &Options::default());
    let news = document
        .articles
        .iter()
        .filter(|a| a.kind != ArticleKind::Caption);
    news.flat_map(|a| a.commitments.iter().map(line)).collect()
}

fn line(row: &Commitment) -> String {
    let value = match row.value {
        Some(Value::One(n)) => format!("{} {}", n.normalize(), row.unit.as_deref().unwrap_or("")),
        Some(Value::Range(a, b)) => {
            format!(
                "{}~{} {}",
                a.normalize(),
                b.normalize(),
                row.unit.as_deref().unwrap_or("")
            )
        }
        None => "-".to_owned(),
    };
    let due = row.due.map_or("-".to_owned(), |d| d.to_string());
    format!(
        "{} | {value} | {due} | {}",
        row.quote,
        row.owner.as_deref().unwrap_or("-")
    )
}

#[test]
fn an_outlook_under_a_dateline_gives_its_rows() {
    let page = include_str!("../pages/plans/outlook.txt");
    assert_eq!(
        rows(page),
        [
            "年内新培育规上企业8户 | 8 户 | 2026-12-31 | -",
            "力争高新技术企业突破20户 | 20 户 | 2026-12-31 | -",
            "完成县城污水处理厂二期工程 | - | 2026-12-31 | -",
            "日处理能力达到3万立方米 | 30000 立方米 | 2026-12-31 | -",
            "新建高标准农田2.5万亩 | 25000 亩 | 2026-12-31 | -",
            "打造10个产业园区 | 10 个 | 2026-12-31 | -",
            "6月底前完成老旧小区改造12个 | 12 个 | 2026-06-30 | 住建局",
            "新建农村公厕300座 | 300 座 | 2026-12-31 | -",
            "全年送戏下乡120场 | 120 场 | 2026-12-31 | -",
        ]
    );
}

#[test]
fn a_plenum_looks_back_without_rows_and_ahead_into_the_year_it_names() {
    let page = include_str!("../pages/plans/plenum.txt");
    assert_eq!(
        rows(page),
        [
            "抓好重大项目建设 | - | 2026-12-31 | -",
            "年内开工云岭西站综合枢纽 | - | 2026-12-31 | -",
            "建成城市快速路二期 | - | 2026-12-31 | -",
            "培育壮大先进制造业集群 | - | 2026-12-31 | -",
            "新增专精特新企业30家 | 30 家 | 2026-12-31 | -",
            "新建普惠幼儿园6所 | 6 所 | 2026-12-31 | -",
            "10月底前完成市二院门诊楼主体工程 | - | 2026-10-31 | -",
            "淘汰国三及以下柴油货车1200辆 | 1200 辆 | 2026-12-31 | -",
        ]
    );
}

#[test]
fn orders_of_a_dispatch_carry_who_is_ordered_and_until_when() {
    let page = include_str!("../pages/plans/flood.txt");
    assert_eq!(
        rows(page),
        [
            "立即组织转移低洼地带群众 | - | - | -",
            "加密水库巡查频次 | - | - | 水利部门",
            "每2小时报送一次水情 | 1 次 | - | 水利部门",
            "对3处塌方路段实行封闭管制 | 3 处 | - | 交通部门",
            "7月12日前抢通县道X205线 | - | - | 交通部门",
            "备足排水泵车10台 | 10 台 | - | 住建部门",
            "对城区17处易涝点逐一落实专人值守 | 17 处 | - | 住建部门",
            "全力抢修受损线路 | - | - | 电力、通信企业",
            "严格落实24小时值班值守和领导带班制度 | 24 小时 | - | -",
        ]
    );
}

#[test]
fn a_tour_of_firms_gives_what_was_asked_on_the_spot() {
    let page = include_str!("../pages/plans/tour.txt");
    assert_eq!(
        rows(page),
        [
            "5月10日前完成专线改造 | - | - | 县供电公司",
            "在一周内制定帮办代办清单 | - | - | 开发区管委会",
            "组织银企对接会不少于4场 | 4 场 | - | 县金融办",
            "帮助企业融资2亿元以上 | 200000000 元 | - | 县金融办",
        ]
    );
}

#[test]
fn announced_measures_are_read_item_by_item() {
    let page = include_str!("../pages/plans/measures.txt");
    assert_eq!(
        rows(page),
        [
            "成立物业矛盾调解委员会 | - | - | -",
            "每周五下午接待来访居民 | - | - | -",
            "选聘物业监督员58名 | 58 名 | - | -",
            "对辖区29个小区开展季度考评 | 29 个 | - | -",
            "公开收费标准 | - | - | -",
            "所有小区7月底前设立公示栏 | - | - | -",
            "建立红黑榜制度 | - | - | -",
            "连续两次排名末位的物业公司清退出辖区 | 2 次 | - | -",
            "力争年内物业投诉量下降30% | 30 % | - | 街道党工委",
        ]
    );
}

#[test]
fn a_narrow_column_gives_the_plan_and_leaves_last_years_deeds() {
    let page = include_str!("../pages/plans/narrow.txt");
    assert_eq!(
        rows(page),
        [
            "建设“口袋公园”30个 | 30 个 | 2025-12-31 | -",
            "新增城市绿地面积45公顷 | 45 公顷 | 2025-12-31 | -",
            "对汾滨公园、盐湖广场等6处老旧公园进行提升改造 | 6 处 | 2025-10-31 | 市园林局",
            "更换照明设施800套 | 800 套 | 2025-10-31 | 市园林局",
            "增设健身步道5公里 | 5 公里 | 2025-10-31 | 市园林局",
            "所有项目10月底前完工 | - | 2025-10-31 | 市园林局",
            "在城区主干道补植行道树4200株 | 4200 株 | 2025-12-31 | -",
            "打造精品花街3条 | 3 条 | 2025-12-31 | -",
        ]
    );
}

#[test]
fn what_a_document_states_is_to_be_done() {
    let page = include_str!("../pages/plans/scheme.txt");
    assert_eq!(
        rows(page),
        [
            "全面完成学科类培训机构压减工作 | - | 2024-06-30 | -",
            "压减率达到95% | 95 % | 2024-06-30 | -",
            "建立校外培训资金监管平台 | - | 2024-06-30 | -",
            "预收费监管实现全覆盖 | - | 2024-06-30 | -",
            "各县（市、区）每学期开展联合执法不少于2次 | 2 次 | - | 各县（市、区）",
            "严禁在职教师有偿补课 | - | - | -",
            "按时开放课后服务 | - | - | 学校",
            "服务时间每天不少于2小时 | 2 小时 | - | 学校",
        ]
    );
}

#[test]
fn deeds_of_the_past_give_no_rows_even_with_words_of_demand() {
    let page = include_str!("../pages/plans/bank.txt");
    assert_eq!(rows(page), Vec::<String>::new());
}

#[test]
fn a_year_of_finished_works_gives_no_rows() {
    let page = include_str!("../pages/plans/roads.txt");
    assert_eq!(rows(page), Vec::<String>::new());
}

#[test]
fn aims_and_listed_tasks_are_due_in_the_year_they_are_for() {
    let page = include_str!("../pages/plans/economy.txt");
    assert_eq!(
        rows(page),
        [
            "地区生产总值增长6.5%左右 | 6.5 % | 2026-12-31 | -",
            "固定资产投资增长8% | 8 % | 2026-12-31 | -",
            "社会消费品零售总额增长6% | 6 % | 2026-12-31 | -",
            "单位GDP能耗下降3% | 3 % | 2026-12-31 | -",
            "全年实施市级重点工程150项 | 150 项 | 2026-12-31 | -",
            "一季度开工率达到60%以上 | 60 % | 2026-03-31 | -",
            "建成智能工厂12个 | 12 个 | 2026-12-31 | -",
            "推动云峰铝业扩能改造项目6月底前投产 | - | 2026-06-30 | -",
            "举办消费促进活动80场 | 80 场 | 2026-12-31 | -",
            "发放消费券3000万元 | 30000000 元 | 2026-12-31 | -",
            "确保完成保交房项目19个 | 19 个 | 2026-12-31 | -",
        ]
    );
}

#[test]
fn promised_works_are_read_from_the_lines_of_a_list() {
    let page = include_str!("../pages/plans/promises.txt");
    assert_eq!(
        rows(page),
        [
            "新增公办学位3000个 | 3000 个 | 2026-12-31 | -",
            "建成启用崇文路小学 | - | 2026-12-31 | -",
            "改造老旧小区22个 | 22 个 | 2026-12-31 | -",
            "惠及居民6800户 | 6800 户 | 2026-12-31 | -",
            "新建社区养老食堂15个 | 15 个 | 2026-12-31 | -",
            "托育中心4个 | 4 个 | 2026-12-31 | -",
            "覆盖率达90% | 90 % | 2026-12-31 | -",
            "开展职业技能培训1.5万人次 | 15000 人次 | 2026-12-31 | -",
            "建设智慧停车场8处 | 8 处 | 2026-12-31 | -",
            "新增停车泊位2600个 | 2600 个 | 2026-12-31 | -",
            "新建改建公共厕所30座 | 30 座 | 2026-12-31 | -",
            "铺设燃气管道45公里 | 45 公里 | 2026-12-31 | -",
            "10月底前完成庭院管网更新改造 | - | 2026-10-31 | -",
            "安装高空抛物监控探头1200个 | 1200 个 | 2026-12-31 | -",
            "办好“崇阳之夏”群众文化活动 | - | 2026-12-31 | -",
            "演出不少于60场 | 60 场 | 2026-12-31 | -",
        ]
    );
}

#[test]
fn a_page_of_plan_and_history_keeps_them_apart() {
    let page = include_str!("../pages/plans/spring.txt");
    assert_eq!(
        rows(page),
        [
            "落实粮食播种面积62万亩 | 620000 亩 | - | -",
            "推广优质小麦品种18万亩 | 180000 亩 | - | -",
            "力争粮食总产稳定在4.5亿斤以上 | 450000000 斤 | - | -",
            "抓好春耕备耕 | - | - | 各乡镇",
            "3月底前完成小麦返青水肥管理 | - | - | 各乡镇",
            "组织农技人员150名下沉一线 | 150 名 | - | 农业农村局",
            "举办培训班40期 | 40 期 | - | 农业农村局",
            "储备化肥1.6万吨 | 16000 吨 | - | 供销社",
        ]
    );
}

#[test]
fn who_leads_is_named_in_a_bracket_before_the_next_task() {
    let page = "2026年清河县政府工作报告任务\n一、工业\n推进园区扩容，新建标准厂房12万平方米。（牵头单位：县工信局）\
        新增规上企业9家，技改投资增长8%。（牵头单位：县科技局；配合单位：县财政局）实施攻关项目6个。\n";
    let found = rows(page);
    assert!(
        found.contains(&"新建标准厂房12万平方米 | 120000 平方米 | 2026-12-31 | 县工信局".to_owned()),
        "{found:?}"
    );
    assert!(
        found.contains(&"新增规上企业9家 | 9 家 | 2026-12-31 | 县科技局".to_owned()),
        "{found:?}"
    );
    assert!(
        found.iter().any(|row| row.starts_with("实施攻关项目6个")),
        "{found:?}"
    );
}

#[test]
fn the_spirit_of_a_report_and_its_shortcomings_are_no_tasks_and_a_question_is_answered_by_them() {
    let page = "本报讯 今年工作的总体要求是：全面深化改革开放，推动科技自立自强，统筹城乡发展。也要看到，22家企业订单下滑，\
        商品房销售面积下降9.3%。下半年怎么干？县发改局透露，新开工项目18个，帮扶22家企业稳住订单。";
    let found: Vec<String> = rows(page)
        .iter()
        .map(|row| row.split(" |").next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(found, ["新开工项目18个", "帮扶22家企业稳住订单"]);
}

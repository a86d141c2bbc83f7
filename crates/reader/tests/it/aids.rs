//! What helps a person behind the reading: who should own a row, numbers that contradict one another, faults that are none.

use bihuan_reader::{
    Commitment, Document, Options, OwnerReason, differences, named_unit, read, unit_in_charge,
};
use proptest::prelude::*;

fn page(text: &str) -> Document {
    read("page.txt", text, &Options::default())
}

fn rows(text: &str) -> Vec<Commitment> {
    page(text)
        .articles
        .into_iter()
        .flat_map(|a| a.commitments)
        .collect()
}

#[test]
fn the_unit_that_the_text_names_owns_the_row() {
    let rows = rows("本报讯 会议要求，县水利局要于5月底前完成12座水库除险加固，县城投公司要新建停车场3处。");
    let named = |register: &[&str], row: &Commitment| named_unit(register, row.owner.as_deref().unwrap());
    let register = ["县教育局", "县水利局", "县城市建设投资公司"];
    assert_eq!(named(&register, &rows[0]), Some((1, OwnerReason::Named)));
    assert_eq!(
        named(&register, &rows[1]),
        Some((2, OwnerReason::PartlyNamed)),
        "城投公司 is short for it"
    );
    for name in ["县文旅集团", "县审计局", "各乡镇"] {
        assert_eq!(
            named_unit(&register, name),
            None,
            "a name that fits none is a question for a person"
        );
    }
    let offices = ["清河县水利局", "清河县教育局"];
    assert_eq!(named(&offices, &rows[0]), Some((0, OwnerReason::PartlyNamed)));
}

#[test]
fn the_usual_short_forms_of_names_are_known() {
    let register = [
        "住房和城乡建设管理局",
        "发展和改革局",
        "市场监督管理局",
        "交城县文化和旅游局",
        "人力资源和社会保障局",
        "国有资产监督管理委员会",
    ];
    for (name, place) in [
        ("县住建局", 0),
        ("县住房和城乡建设局", 0),
        ("发改局", 1),
        ("县市场监管局", 2),
        ("文旅局", 3),
        ("县人社局", 4),
        ("国资委", 5),
    ] {
        assert_eq!(
            named_unit(&register, name),
            Some((place, OwnerReason::PartlyNamed)),
            "{name}"
        );
    }
    assert_eq!(named_unit(&register, "县市政管理局"), None);
    assert_eq!(
        named_unit(&["县卫生健康局", "市卫生健康局"], "卫健局"),
        None,
        "two fit alike"
    );
}

#[test]
fn where_no_unit_is_named_the_words_of_the_row_tell_whose_field_it_is() {
    let rows = rows("清河县2025年工作要点\n今年，改造老旧小区12个，新增幼儿园学位600个，办好各项实事。");
    let register = ["县教育局", "县住建局"];
    assert_eq!(
        unit_in_charge(&register, &rows[0].quote),
        Some((1, OwnerReason::Field("老旧小区".to_owned())))
    );
    assert_eq!(unit_in_charge(&register, &rows[1].quote).unwrap().0, 0);
    assert_eq!(
        unit_in_charge(&["县教育局", "市教育局"], &rows[1].quote),
        None,
        "two that fit alike are none"
    );
}

#[test]
fn the_longest_word_tells_and_a_bureau_goes_before_the_units_named_after_it() {
    let register = ["县公安局交警大队", "县公安局", "县农业农村局", "县交通运输局"];
    let field = |words: &str| unit_in_charge(&register, words).map(|(place, reason)| (place, reason.key()));
    assert_eq!(field("新建农村公路80公里"), Some((3, "reader.owner_field")));
    assert_eq!(field("打击电信诈骗"), Some((1, "reader.owner_field")));
    assert_eq!(
        named_unit(&register, "公安局"),
        Some((1, OwnerReason::PartlyNamed))
    );
    assert_eq!(field("办好各项实事"), None);
}

#[test]
fn one_undertaking_with_two_numbers_is_pointed_out() {
    let plan = page(
        "清河县2025年工作计划\n今年，改造城镇老旧小区18个。\n力争早日完工。\n在民生方面，改造城镇老旧小区20个。",
    );
    let faults: Vec<_> = plan
        .articles
        .iter()
        .flat_map(|a| &a.checks)
        .filter(|c| !c.holds)
        .collect();
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].statement.contains("18个≠20个"),
        "{}",
        faults[0].statement
    );
    let other = page("清河县2025年城建计划\n今年，改造城镇老旧小区22个。");
    let between = differences(&[&plan, &other]);
    assert!(between.iter().any(|d| d.first.0 == 0 && d.second.0 == 1));
}

#[test]
fn what_each_unit_and_each_year_has_to_do_is_no_contradiction() {
    let text = "清河县2025年工作计划\n青山镇要新建农村公厕120座。柳泉镇要新建农村公厕80座。到2027年，新建农村公厕900座。";
    assert!(
        page(text)
            .articles
            .iter()
            .all(|a| a.checks.iter().all(|c| c.holds))
    );
}

#[test]
fn rates_are_held_against_the_numbers_they_follow_from() {
    let checks = |text: &str| -> Vec<(String, bool)> {
        let all = page(&format!("本报讯 {text}")).articles;
        all.into_iter()
            .flat_map(|a| a.checks)
            .map(|c| (c.statement, c.holds))
            .collect()
    };
    assert_eq!(
        checks("全县排查隐患400条，已整改380条，整改率95%。"),
        [("380/400=95%".to_owned(), true)]
    );
    assert_eq!(
        checks("全县排查隐患400条，已整改380条，整改率98%。"),
        [("380/400=95%≠98%".to_owned(), false)]
    );
    assert_eq!(
        checks("规上企业达到120家，比上年增加20家，增长25%。"),
        [("20/(120-20)=20%≠25%".to_owned(), false)]
    );
    assert_eq!(checks("走访群众400户，满意率98%，整改问题380条。"), []);
    assert_eq!(
        checks("生产总值达到120亿元，比上年增加20亿元，增长6%。"),
        [],
        "output grows at constant prices"
    );
}

/// Sentences whose numbers have nothing to do with one another.
fn clause() -> impl Strategy<Value = String> {
    let shape = prop::sample::select(vec![
        "全县有企业A家，规上企业B家",
        "走访农户A户，收集意见B条，满意率C%",
        "举办培训A期，培训B人次，合格率C%",
        "生产总值完成A亿元，增长C%",
        "完成投资A亿元，占年度计划的C%",
        "建成公路A公里、桥梁B座",
        "其中贫困户A户，脱贫B户",
        "选派干部A名，帮扶B个村，覆盖率C%",
        "抽检样品A批次，不合格B批次",
        "从A个村选出B名代表",
        "共有学校A所，教师B名，学生C名",
        "提出意见A条，分为三类",
        "参训人员A人，优秀B人，到课率C%",
        "发放补助资金A万元，惠及群众B人，人均增收C元",
        "今年新建公厕A座，年底前再建B座",
        "比上年提高C个百分点，高于全省平均水平B个百分点",
        "由A名干部包联B户",
        "每亩补助A元，流转土地B亩",
        "累计改造管网A公里，惠及居民B户",
        "第三产业占比C%，拉动增长A个百分点",
        "争取资金A亿元，是去年的C倍",
        "共办理事项A件，群众好评B件",
        "报名志愿者A人，参加活动B人次，发放手册C份",
        "由A名村干部和B名网格员轮流值守",
        "原有门店A家，又开了B家，另有摊位C个",
        "每车装货A吨，日均发车B车，平均油耗C升",
        "剩下的A户由邻村B户代管",
        "接待游客A人次，旅游收入B万元，人均消费C元",
        "一期投资A亿元，二期面积B平方米，占地C亩",
        "新增床位A张，撤销站点B个，保留C个",
        "合同A份，履约B份，违约金C万元",
        "受理投诉A起，涉及企业B家、商户C户",
        "A名教师走访B名家长，平均教龄C年",
        "售价由A元起，最贵的B元，优惠C%",
    ]);
    (shape, 1u32..5000, 1u32..5000, 1u32..100).prop_map(|(shape, a, b, c)| {
        shape
            .replace('A', &a.to_string())
            .replace('B', &b.to_string())
            .replace('C', &c.to_string())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn numbers_that_claim_nothing_of_one_another_are_never_called_wrong(
        clauses in prop::collection::vec((clause(), prop::sample::select(vec!["，", "；", "。"])), 1..12)
    ) {
        let text: String = clauses.into_iter().map(|(c, mark)| c + mark).collect();
        let document = page(&format!("本报讯 去年，{text}"));
        for check in document.articles.iter().flat_map(|a| &a.checks) {
            prop_assert!(check.holds, "{} in {text}", check.statement);
        }
    }
}

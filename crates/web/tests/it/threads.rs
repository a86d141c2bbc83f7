//! One undertaking over many documents: the page shows where it began and where it stands, the rest is a click away.

use crate::browser::{Browser, escape};
use crate::county::County;

#[tokio::test]
async fn an_undertaking_of_many_documents_shows_its_promise_and_its_newest_places_until_all_are_asked_for() {
    let county = County::new();
    let mut supervisor = Browser::signed_in(&county, "office.supervisor").await;
    for month in 1..=14 {
        let text = if month == 1 {
            "工作要点\n（2026年1月5日）\n\n完成柳湾农贸市场建设，投资1700万元，2026年底前完成。".to_owned()
        } else {
            format!(
                "工作简报第{month}期\n（2026年2月{month}日）\n\n柳湾农贸市场建设已经完成第{month}道工序。青口农贸市场建设已经竣工。"
            )
        };
        let csrf = supervisor.get("/reading").await.hidden("csrf");
        let name = format!("简报{month:02}");
        let fields = [
            ("csrf", csrf.as_str()),
            ("text", text.as_str()),
            ("name", name.as_str()),
        ];
        let page = supervisor.upload("/reading", &fields, &[]).await;
        assert!(page.status.is_success(), "{}", page.text);
    }
    let page = supervisor.get("/reading/threads").await;
    let places = |text: &str| text.matches("class=\"quote\"").count();
    assert_eq!(places(&page.text), 9, "{}", page.text);
    assert!(page.has("中间还有 5 处，全部展开") && page.has("简报01") && page.has("简报14"));
    let link = page.text.split("中间还有").next().unwrap();
    let link = link.rsplit("href=\"").next().unwrap().split('"').next().unwrap();
    let whole = supervisor.get(&link.replace("&amp;", "&")).await;
    assert_eq!(places(&whole.text), 14, "{}", whole.text);
    assert!(whole.has("返回全部事项") && !whole.has("中间还有"));
    assert!(
        !whole.has("青口农贸市场建设已经竣工"),
        "the other market is another undertaking"
    );
    let none = supervisor
        .get(&format!("/reading/threads?whole={}", escape("没有~1-2")))
        .await;
    assert!(none.status.is_success() && !none.has("class=\"quote\""));
}

//! A clerk brings a ledger in through the pages, without scripts.

use axum::http::StatusCode;

use crate::browser::{Browser, Page};
use crate::county::County;

const SHEET: &str = "样县2026年重点任务台账,,,,\n序号,重点任务,牵头单位,配合单位,完成时限\n1,改造老旧小区,住建局,水利局,2026-06-30\n2,整治河道,水利局,,6月底\n3,清查档案,\"档案馆、统计局\",,2026-05-01\n4,统计培训,统计局,,长期坚持\n";

async fn upload(browser: &mut Browser, name: &str, bytes: &[u8]) -> Page {
    let csrf = browser.get("/imports").await.hidden("csrf");
    browser
        .upload("/imports", &[("csrf", &csrf)], &[("file", name, bytes)])
        .await
}

/// Sends the form of the columns as the page proposes it, with some fields changed.
async fn matched(browser: &mut Browser, page: &Page, ledger: &str, changes: &[(&str, &str)]) -> Page {
    let page = browser
        .get(&format!(
            "{}?ledger={ledger}",
            page.path.split('?').next().unwrap()
        ))
        .await;
    let form = page.form("columns");
    let mut fields: Vec<(String, String)> = ["csrf", "table", "ledger"]
        .iter()
        .map(|name| ((*name).to_owned(), form.hidden(name)))
        .collect();
    for part in form.text.split("<select name=\"").skip(1) {
        let name = part.split('"').next().unwrap().to_owned();
        let options = part.split("</select>").next().unwrap();
        let chosen = options
            .split("<option value=\"")
            .find(|option| option.contains("\" selected"))
            .unwrap_or("");
        fields.push((name, chosen.split('"').next().unwrap().to_owned()));
    }
    for name in ["name", "year"] {
        let value = form
            .text
            .split(&format!("name=\"{name}\""))
            .nth(1)
            .unwrap()
            .split('>')
            .next()
            .unwrap();
        let value = value
            .split("value=\"")
            .nth(1)
            .map(|v| v.split('"').next().unwrap())
            .unwrap_or("");
        fields.push((name.to_owned(), value.to_owned()));
    }
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    browser.post(page.path.split('?').next().unwrap(), &fields).await
}

#[tokio::test]
async fn a_ledger_is_matched_previewed_imported_and_nothing_is_doubled() {
    let county = County::new();
    let mut browser = Browser::signed_in(&county, "office.dispatcher").await;
    let page = upload(&mut browser, "台账.csv", SHEET.as_bytes()).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(
        page.has("重点任务") && page.has("改造老旧小区"),
        "headers with samples"
    );
    let preview = matched(&mut browser, &page, "annual-target", &[]).await;
    assert!(preview.path.ends_with("/preview"), "{}", preview.text);
    assert!(
        preview.has("将新立 2 件") && preview.has("2 行有错"),
        "{}",
        preview.text
    );
    assert!(
        preview.has("档案馆、统计局") && preview.has("应只有一个牵头单位"),
        "what was found, what was expected"
    );
    assert!(
        preview.has("长期坚持") && preview.has("住房和城乡建设局"),
        "abbreviations are shown"
    );
    assert!(
        !browser.get("/ledgers/annual-target").await.has("整治河道"),
        "a preview writes nothing"
    );

    let (act, csrf) = (
        preview.path.replace("/preview", "/import"),
        preview.hidden("csrf"),
    );
    let done = browser.post(&act, &[("csrf", &csrf)]).await;
    assert!(
        done.has("已新立 2 件") && done.has("改造老旧小区"),
        "{}",
        done.text
    );
    assert!(browser.get("/ledgers/annual-target").await.has("整治河道"));
    let size = county.engine.beacon().size;
    let again = browser.post(&act, &[("csrf", &csrf)]).await;
    assert!(
        again.has("已新立 2 件"),
        "the second click shows the same outcome"
    );
    assert_eq!(county.engine.beacon().size, size);

    let csv = browser.get(&done.path.replace("/result", "/errors.csv")).await;
    assert!(
        csv.headers["content-disposition"]
            .to_str()
            .unwrap()
            .contains("attachment")
    );
    let mended = csv
        .text
        .replace("档案馆、统计局", "档案馆")
        .replace("长期坚持", "2026-12-31");
    let page = upload(&mut browser, "改正.csv", mended.as_bytes()).await;
    let preview = matched(&mut browser, &page, "annual-target", &[]).await;
    assert!(
        preview.has("将新立 2 件") && preview.has("0 行有错"),
        "{}",
        preview.text
    );
}

#[tokio::test]
async fn the_next_sheet_of_the_same_shape_is_matched_by_itself() {
    let county = County::new();
    let mut browser = Browser::signed_in(&county, "office.dispatcher").await;
    let sheet = "甲列,乙列,丙列\n修路工程,水利局,2026-05-01\n";
    let page = upload(&mut browser, "一.csv", sheet.as_bytes()).await;
    let refused = matched(
        &mut browser,
        &page,
        "annual-target",
        &[("c0", "title"), ("c1", "-"), ("c2", "due")],
    )
    .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.has("没有一列对应责任单位"), "{}", refused.text);
    let changes = [("c0", "title"), ("c1", "owner"), ("c2", "due")];
    let preview = matched(&mut browser, &page, "annual-target", &changes).await;
    let csrf = preview.hidden("csrf");
    browser
        .post(&preview.path.replace("/preview", "/import"), &[("csrf", &csrf)])
        .await;
    let page = upload(&mut browser, "二.csv", sheet.replace("修路", "修桥").as_bytes()).await;
    assert!(
        page.has("按上次导入同样表头的台账对应") && page.has("annual-target\" selected"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn files_that_are_no_ledgers_and_people_who_may_not_are_told_so() {
    let county = County::new();
    let mut browser = Browser::signed_in(&county, "office.dispatcher").await;
    for (name, bytes, says) in [
        ("a.xlsx", b"".as_slice(), "空"),
        ("a.xlsx", b"\x89PNG\r\n\x1a\n0000".as_slice(), "PNG"),
        ("a.xls", b"<html><table></table></html>".as_slice(), "HTML"),
        ("a.xlsx", b"PK\x03\x04cut".as_slice(), "已损坏"),
        ("a.csv", "一段没有表格的话。".as_bytes(), "没有找到台账"),
    ] {
        let page = upload(&mut browser, name, bytes).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(page.has(says), "{says}: {}", page.text);
    }
    assert_eq!(
        browser.get("/imports/0123456789").await.status,
        StatusCode::NOT_FOUND
    );
    let page = upload(&mut browser, "台账.csv", SHEET.as_bytes()).await;
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    assert_eq!(clerk.get("/imports").await.status, StatusCode::FORBIDDEN);
    assert_eq!(clerk.get(&page.path).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get(&page.path).await.status, StatusCode::OK);
    browser.sign_in("office.supervisor").await;
    assert_eq!(
        browser.get(&page.path).await.status,
        StatusCode::NOT_FOUND,
        "a draft is its sender's own"
    );
}

#[tokio::test]
async fn rows_and_columns_that_were_hidden_are_pointed_out_and_the_clerk_says_whether_they_come_in() {
    let county = County::new();
    let mut clerk = Browser::signed_in(&county, "office.dispatcher").await;
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let rows = [
        ["序号", "重点任务", "牵头单位", "完成时限"],
        ["1", "改造老旧小区", "住建局", "2026-06-30"],
        ["2", "去年办结的一件", "住建局", "2026-03-31"],
        ["3", "整治河道", "水利局", "2026-06-30"],
    ];
    for (row, cells) in rows.iter().enumerate() {
        for (column, text) in cells.iter().enumerate() {
            let (row, column) = (u32::try_from(row).unwrap(), u16::try_from(column).unwrap());
            sheet.write(row, column, *text).unwrap();
        }
    }
    sheet.set_row_hidden(2).unwrap();
    sheet.set_column_hidden(3).unwrap();
    let bytes = book.save_to_buffer().unwrap();

    let page = upload(&mut clerk, "台账.xlsx", &bytes).await;
    assert!(page.has("其中1行在表格里是隐藏的"), "{}", page.text);
    assert!(
        page.has("有 1 列是隐藏的（完成时限），已照样读入"),
        "{}",
        page.text
    );
    let preview = matched(&mut clerk, &page, "annual-target", &[]).await;
    assert!(preview.has("将新立 3 件"), "{}", preview.text);
    let preview = matched(&mut clerk, &page, "annual-target", &[("only-shown", "yes")]).await;
    assert!(preview.has("将新立 2 件"), "{}", preview.text);
    // Whoever looks at the columns again finds what he said.
    let again = clerk.get(page.path.split('?').next().unwrap()).await;
    assert!(again.text.contains("value=\"yes\" checked"), "{}", again.text);
}

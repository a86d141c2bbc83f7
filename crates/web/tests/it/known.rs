//! Asked once: what was given and is still valid is confirmed with one click; later it is last known; and nobody is shown
//! what he may not see.

use axum::http::StatusCode;
use jiff::civil::date;

use crate::browser::{Browser, Page};
use crate::county::County;

pub(crate) fn county() -> County {
    let county = County::of_own_pack(
        "devices",
        &[
            ("pack.toml", PACK),
            ("check.toml", CHECK),
            ("devices.csv", DEVICES),
        ],
    );
    let keeper = serde_json::json!({ "type": "row", "register": "known_devices", "row": "d1",
        "values": { "name": "一号锅炉", "capacity": "12.5", "material": "metal" } });
    county.order("office.supervisor", "row-d1", keeper);
    let other = serde_json::json!({ "type": "row", "register": "known_devices", "row": "d2",
        "values": { "name": "二号锅炉", "capacity": "3" } });
    county.order("office.supervisor", "row-d2", other);
    county
}

/// A check of a device of the housing bureau, with the pressure that was read and who tends it.
fn check(county: &County, unit: &str, device: &str, pressure: &str) {
    let order = serde_json::json!({ "type": "open", "mechanism": "device-check", "owner": unit,
        "title": format!("检查{device}"),
        "values": { "device": device, "capacity": "12.5", "pressure": pressure, "tender": "王师傅" } });
    county.order(
        &format!("{unit}.clerk"),
        &format!("check-{unit}-{device}-{pressure}"),
        order,
    );
}

/// The opening form after the device was chosen and what is known was asked for.
async fn asked(browser: &mut Browser, device: &str, owner: &str) -> Page {
    let page = browser.get("/ledgers/device-check/new").await;
    let (csrf, key) = (page.hidden("csrf"), page.hidden("key"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", &key),
        ("look", "1"),
        ("owner", owner),
        ("f.matter", "再查一次"),
        ("f.device", device),
    ];
    browser.post("/ledgers/device-check/new", &fields).await
}

async fn sent(browser: &mut Browser, page: &Page, owner: &str, more: &[(&str, &str)]) -> Page {
    let (csrf, key) = (page.hidden("csrf"), page.hidden("key"));
    let mut fields = vec![
        ("csrf", csrf.as_str()),
        ("key", &key),
        ("owner", owner),
        ("f.matter", "再查一次"),
        ("f.device", "d1"),
    ];
    fields.extend(more);
    browser.post("/ledgers/device-check/new", &fields).await
}

#[tokio::test]
async fn what_the_register_holds_is_shown_with_its_source_and_confirmed_with_one_click() {
    let county = county();
    let mut browser = Browser::signed_in(&county, "housing.clerk").await;
    let plain = browser.get("/ledgers/device-check/new").await;
    assert!(!plain.has("已经掌握"), "nothing is known before the device is");
    let page = asked(&mut browser, "d1", "housing").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.has("再查一次"), "what was typed stays");
    assert!(
        page.has("已经掌握") && page.has("12.5") && page.has("一号锅炉"),
        "{}",
        page.text
    );
    let refused = sent(
        &mut browser,
        &page,
        "housing",
        &[("t.f.capacity", &page.hidden("t.f.capacity"))],
    )
    .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.has("“额定容量”已经掌握"), "{}", refused.text);
    let tag = page.hidden("t.f.capacity");
    let opened = sent(
        &mut browser,
        &page,
        "housing",
        &[("t.f.capacity", &tag), ("k.f.capacity", "same")],
    )
    .await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text);
    assert!(
        opened.path.starts_with("/cases/") && opened.has("12.5"),
        "{}",
        opened.text
    );
}

#[tokio::test]
async fn a_value_that_changed_meanwhile_is_not_confirmed_unseen() {
    let county = county();
    let mut browser = Browser::signed_in(&county, "housing.clerk").await;
    let page = asked(&mut browser, "d1", "housing").await;
    let tag = page.hidden("t.f.capacity");
    let newer = serde_json::json!({ "type": "row", "register": "known_devices", "row": "d1", "values": { "capacity": "20" } });
    county.order("office.supervisor", "row-d1-again", newer);
    let answer = sent(
        &mut browser,
        &page,
        "housing",
        &[("t.f.capacity", &tag), ("k.f.capacity", "same")],
    )
    .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.has("刚刚有了新的内容") && answer.has("20"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn what_an_earlier_case_about_the_same_device_gave_is_known_within_its_validity_and_last_known_after_it()
 {
    let county = county();
    check(&county, "housing", "d1", "0.8");
    check(&county, "housing", "d2", "0.3");
    let mut browser = Browser::signed_in(&county, "housing.clerk").await;
    let page = asked(&mut browser, "d1", "housing").await;
    let known = page.form("new-pressure");
    assert!(
        known.has("0.8") && known.has("/cases/1"),
        "the same device, not another: {}",
        known.text
    );
    assert!(page.has("有效期至2026年4月1日"), "{}", page.text);
    county
        .time
        .set(bihuan_domain::calendar::instant(date(2026, 4, 2).at(9, 0, 0, 0)));
    let mut browser = Browser::signed_in(&county, "housing.clerk").await;
    let late = asked(&mut browser, "d1", "housing").await;
    assert!(
        late.has("is-stale") && late.has("仍是这样") && late.has("2026年4月1日有效期满"),
        "{}",
        late.text
    );
    let capacity = late.hidden("t.f.capacity");
    let pressure = late.hidden("t.f.pressure");
    let changed = sent(
        &mut browser,
        &late,
        "housing",
        &[
            ("t.f.capacity", &capacity),
            ("k.f.capacity", "same"),
            ("t.f.pressure", &pressure),
            ("k.f.pressure", "changed"),
            ("f.pressure", "0.6"),
        ],
    )
    .await;
    assert!(
        changed.path.starts_with("/cases/") && changed.has("0.6"),
        "{}",
        changed.text
    );
}

#[tokio::test]
async fn a_sensitive_value_of_a_case_that_one_may_not_see_stays_there() {
    let county = county();
    check(&county, "water", "d1", "0.8");
    let mut stranger = Browser::signed_in(&county, "housing.clerk").await;
    let page = asked(&mut stranger, "d1", "housing").await;
    assert!(
        page.form("new-pressure").has("其他单位办理的事项"),
        "a plain figure is known to all"
    );
    assert!(!page.has("王师傅"), "a name is not: {}", page.text);
    let mut own = Browser::signed_in(&county, "water.clerk").await;
    let page = asked(&mut own, "d1", "water").await;
    assert!(page.has("王师傅"), "{}", page.text);
}

#[tokio::test]
async fn a_step_does_not_ask_again_for_what_the_register_knows() {
    let county = county();
    let order = serde_json::json!({ "type": "open", "mechanism": "device-check", "owner": "housing", "title": "查一号锅炉",
        "values": { "device": "d1", "capacity": "12.5" } });
    let case = county.order("housing.clerk", "open-step", order);
    let mut browser = Browser::signed_in(&county, "housing.clerk").await;
    let page = browser.get(&format!("/cases/{case}")).await;
    let form = page.form("act-step-report");
    assert!(
        form.has("已经掌握") && form.has("金属"),
        "the register knows the material: {}",
        form.text
    );
    let fields: Vec<(&str, String)> = ["csrf", "key", "seq", "act", "t.f.material"]
        .into_iter()
        .map(|name| (name, form.hidden(name)))
        .collect();
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    fields.push(("f.measure", "已检查"));
    let address = format!("/cases/{case}/act");
    let refused = browser.post(&address, &fields).await;
    assert!(refused.has("“材质”已经掌握"), "{}", refused.text);
    fields.push(("k.f.material", "same"));
    let done = browser.post(&address, &fields).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert!(done.has("督查核查"), "{}", done.text);
}

const DEVICES: &str = "id,name\n";

const PACK: &str = r#"language = 1

[pack]
id = "devices"
label = { zh = "设备", en = "Devices" }
requires = ["base"]

[[datum]]
id = "device-name"
label = { zh = "设备名称", en = "Name of the device" }
type = "text"
owner = "supervision"
of = "boiler"
valid = "always"

[[datum]]
id = "device-capacity"
label = { zh = "额定容量", en = "Capacity" }
type = "decimal"
unit = { zh = "吨", en = "t" }
owner = "supervision"
of = "case"
valid = "always"

[[datum]]
id = "device-material"
label = { zh = "材质", en = "Material" }
type = "choice"
choices = [
  { code = "metal", label = { zh = "金属", en = "metal" } },
  { code = "other", label = { zh = "其他", en = "other" } },
]
owner = "supervision"
of = "case"
valid = "always"

[[datum]]
id = "device-pressure"
label = { zh = "工作压力", en = "Pressure" }
type = "decimal"
unit = { zh = "MPa", en = "MPa" }
owner = "handler"
of = "boiler"
valid = "30 days"

[[datum]]
id = "device-tender"
label = { zh = "司炉人", en = "Who tends it" }
type = "text"
sensitive = true
owner = "handler"
of = "boiler"
valid = "always"

[[datum]]
id = "checked-device"
label = { zh = "设备", en = "Device" }
type = "row:known_devices"
owner = "handler"
of = "case"
valid = "case"

[[register]]
id = "known_devices"
label = { zh = "设备名册", en = "Register of devices" }
title = "name"
keeper = "supervision"

  [[register.field]]
  id = "name"
  datum = "device-name"
  required = true

  [[register.field]]
  id = "capacity"
  datum = "device-capacity"

  [[register.field]]
  id = "material"
  datum = "device-material"
"#;

const CHECK: &str = r#"language = 1

[mechanism]
id = "device-check"
number = "T02"
label = { zh = "设备检查", en = "Device check" }
purpose = { zh = "检查设备。", en = "Checks of devices." }
source = { zh = "测试", en = "Test" }
title = "matter"
columns = ["matter", "device"]
ladder = "county"
exit = "parked"

[open]
by = ["handler", "dispatcher"]
from = ["person"]
stage = "doing"

[[field]]
id = "matter"
datum = "matter"
required = true

[[field]]
id = "device"
datum = "checked-device"
required = true

[[field]]
id = "capacity"
datum = "device-capacity"
required = true

[[field]]
id = "pressure"
datum = "device-pressure"

[[field]]
id = "tender"
datum = "device-tender"

[[field]]
id = "material"
datum = "device-material"

[[field]]
id = "measure"
datum = "measure"

[[stage]]
id = "doing"
label = { zh = "检查", en = "Checking" }
kind = "work"
holder = "handler"
clock = { limit = "15 working days" }

[[stage.step]]
id = "report"
label = { zh = "报告", en = "Report" }
needs = ["material", "measure"]
to = "verification"

[[stage]]
id = "verification"
label = { zh = "督查核查", en = "Verified by supervision" }
kind = "verify"
clock = { limit = "5 working days", ladder = "leadership" }
rework = "doing"

[closing]
when = "has(measure)"
says = { zh = "措施已写明", en = "the measure is stated" }

[closing.verify]
ordinary = { way = "office", office = "supervision" }
"#;

//! The derivation as it is read and as it is stored.

use jiff::Timestamp;
use jiff::civil::date;

use crate::calendar::{Calendars, instant};
use crate::clock::*;

/// `2024-05-06 09:00` as a clock on a wall in China.
fn at(text: &str) -> Timestamp {
    instant(text.replace(' ', "T").parse().unwrap())
}

fn pause(from: &str, to: &str) -> Pause {
    Pause {
        from: at(from),
        to: Some(at(to)),
        reason: "补正材料".to_owned(),
    }
}

fn working_days(n: u32) -> Rule {
    Rule::new(Limit::WorkingDays(n))
}

#[test]
fn rules_and_derivations_have_a_stable_stored_form() {
    let rule = Rule::new(Limit::WorkingDays(7)).rolled(Roll::NextWorkingDay);
    let stored = serde_json::to_string(&rule).unwrap();
    assert_eq!(
        stored,
        r#"{"limit":{"working_days":7},"calendar":"cn","roll":"next_working_day"}"#
    );
    assert_eq!(
        serde_json::from_str::<Rule>(r#"{"limit":{"working_days":7},"roll":"next_working_day"}"#).unwrap(),
        rule
    );
    assert_eq!(
        serde_json::to_string(&Limit::Until(date(2024, 6, 30))).unwrap(),
        r#"{"until":"2024-06-30"}"#
    );
    assert_eq!(
        serde_json::to_string(&Limit::EndOfMonth).unwrap(),
        r#""end_of_month""#
    );
    for (limit, stored, zh, en) in [
        (
            Limit::EndOfQuarter,
            r#""end_of_quarter""#,
            "季末前",
            "by the end of the quarter",
        ),
        (
            Limit::EndOfYear,
            r#""end_of_year""#,
            "年底前",
            "by the end of the year",
        ),
    ] {
        assert_eq!(serde_json::to_string(&limit).unwrap(), stored);
        assert_eq!(limit.label(), Label::new(zh, en));
    }
    let due = due(
        &rule,
        at("2024-04-28 09:00"),
        &[pause("2024-05-07 09:00", "2024-05-07 11:00")],
        &Calendars::statutory(),
    )
    .unwrap();
    let stored = serde_json::to_string(&due).unwrap();
    assert_eq!(serde_json::from_str::<Due>(&stored).unwrap(), due);
}

#[test]
fn a_derivation_can_be_read_aloud_in_both_languages() {
    let pauses = [pause("2024-05-07 10:00", "2024-05-09 10:00")];
    let due = due(
        &working_days(7),
        at("2024-04-26 09:00"),
        &pauses,
        &Calendars::statutory(),
    )
    .unwrap();
    insta::assert_snapshot!(due.derivation.text(Lang::Zh), @r"
    2024年4月26日 9:00 起计，当日不计、次日起算，时限7个工作日
    2024年4月27日 周末1天不计
    2024年4月28日（星期日） 劳动节调休上班，计1个工作日（国办发明电〔2023〕7号）
    2024年4月29日至30日 计2个工作日
    2024年5月1日至5日 劳动节 5天不计（国办发明电〔2023〕7号）
    2024年5月6日 计1个工作日
    2024年5月7日 10:00 至 2024年5月9日 10:00 暂停（补正材料），扣除工作时间15小时
    2024年5月7日至10日 计4个工作日
    2024年5月11日（星期六） 劳动节调休上班，计1个工作日（国办发明电〔2023〕7号）
    到期：2024年5月11日（星期六） 18:30
    ");
    insta::assert_snapshot!(due.derivation.text(Lang::En), @r"
    From 26 April 2024 9:00, counted from the next day, limit 7 working days
    27 April 2024: weekend, not counted: 1
    Sunday 28 April 2024: worked in exchange for Labour Day, counted as a working day (国办发明电〔2023〕7号)
    29–30 April 2024: working days counted: 2
    1–5 May 2024: Labour Day, days not counted: 5 (国办发明电〔2023〕7号)
    6 May 2024: working days counted: 1
    7 May 2024 10:00 to 9 May 2024 10:00: paused (补正材料), 15 h of working time taken out
    7–10 May 2024: working days counted: 4
    Saturday 11 May 2024: worked in exchange for Labour Day, counted as a working day (国办发明电〔2023〕7号)
    Due: Saturday 11 May 2024 18:30
    ");
}

#[test]
fn a_moved_end_and_a_clock_that_stands_still_say_so() {
    let half = Rule::new(Limit::HalfMonth).rolled(Roll::WorkdayBefore);
    let moved = due(&half, at("2021-02-01 09:00"), &[], &Calendars::statutory()).unwrap();
    insta::assert_snapshot!(moved.derivation.text(Lang::Zh), @r"
    2021年2月1日 9:00 起计，时限半月内（15日、月末）
    2021年2月11日至15日 春节 5天不计（国办发明电〔2020〕27号）
    期限末日 2021年2月15日（星期一） 休息，提前到 2021年2月10日（星期三） 18:00
    到期：2021年2月10日（星期三） 18:00
    ");
    let open = [Pause {
        from: at("2024-03-12 10:00"),
        to: None,
        reason: "补正材料".into(),
    }];
    let still = due(
        &Rule::new(Limit::Hours(48)),
        at("2024-03-11 09:00"),
        &open,
        &Calendars::statutory(),
    )
    .unwrap();
    insta::assert_snapshot!(still.derivation.text(Lang::En), @r"
    From 11 March 2024 9:00, limit 48 hours
    Paused since 12 March 2024 10:00 (补正材料)
    The clock stands still; the due time is worked out again once it runs
    ");
}

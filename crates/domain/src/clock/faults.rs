//! The classic faults of deadline arithmetic, each with the case in which it shows.

use jiff::Timestamp;
use jiff::civil::date;

use super::*;
use crate::calendar::{
    Calendar, DayKind, LastDayEnds, MonthDay, NoticeDay, OfficeHours, Season, YearNotice, instant, local,
};

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

/// When it is due, as a clock on a wall in China: `2024-05-11 18:30`.
fn due_when(rule: &Rule, start: &str, pauses: &[Pause]) -> String {
    due_on(rule, start, pauses, &Calendars::statutory())
}

fn due_on(rule: &Rule, start: &str, pauses: &[Pause], calendars: &Calendars) -> String {
    match due(rule, at(start), pauses, calendars).unwrap().at {
        Some(at) => local(at).strftime("%Y-%m-%d %H:%M").to_string(),
        None => "standing still".to_owned(),
    }
}

fn working_days(n: u32) -> Rule {
    Rule::new(Limit::WorkingDays(n))
}

#[test]
fn a_make_up_saturday_counts() {
    assert_eq!(
        due_when(&working_days(5), "2024-05-06 09:00", &[]),
        "2024-05-11 18:30"
    );
}

#[test]
fn the_day_of_the_start_does_not_count_however_early_it_is() {
    assert_eq!(
        due_when(&working_days(1), "2024-03-11 08:00", &[]),
        "2024-03-12 18:00"
    );
    assert_eq!(
        due_when(&working_days(1), "2024-03-11 23:59", &[]),
        "2024-03-12 18:00"
    );
    assert_eq!(
        due_when(&working_days(1), "2024-03-09 10:00", &[]),
        "2024-03-11 18:00"
    );
}

#[test]
fn the_extended_spring_festival_of_2020_is_left_out_and_its_cancelled_make_up_day_too() {
    assert_eq!(
        due_when(&working_days(1), "2020-01-23 10:00", &[]),
        "2020-02-03 18:00"
    );
    let mut before = Calendar::statutory();
    before = rebuilt_without(&before, "国办发明电〔2020〕1号");
    let mut calendars = Calendars::default();
    calendars.insert(before.clone());
    assert_eq!(
        due_on(&working_days(1), "2020-01-23 10:00", &[], &calendars),
        "2020-01-31 18:00"
    );
    assert_eq!(
        due_on(&working_days(2), "2020-01-23 10:00", &[], &calendars),
        "2020-02-01 18:00"
    );
}

#[test]
fn a_holiday_announced_after_the_clock_started_moves_the_end_and_says_which_days_changed() {
    let mut calendar = Calendar::statutory();
    let mut calendars = Calendars::default();
    calendars.insert(calendar.clone());
    assert_eq!(
        due_on(&working_days(3), "2027-02-03 10:00", &[], &calendars),
        "2027-02-08 18:00"
    );
    let holiday = |day| NoticeDay {
        date: date(2027, 2, day),
        kind: DayKind::Holiday,
        name: "春节".into(),
        statutory: false,
    };
    let changed = calendar
        .adopt_year(YearNotice {
            year: 2027,
            number: "国办发明电〔2026〕9号".into(),
            issued: date(2026, 11, 20),
            days: (5..=11).map(holiday).collect(),
        })
        .unwrap();
    assert_eq!(changed.len(), 7);
    calendars.insert(calendar);
    assert_eq!(
        due_on(&working_days(3), "2027-02-03 10:00", &[], &calendars),
        "2027-02-15 18:00"
    );
}

#[test]
fn a_working_day_is_not_24_business_hours() {
    assert_eq!(
        due_when(&working_days(1), "2024-03-11 10:00", &[]),
        "2024-03-12 18:00"
    );
    // 24 hours of office time are more than three days of it.
    assert_eq!(
        due_when(&Rule::new(Limit::WorkingHours(24)), "2024-03-11 08:00", &[]),
        "2024-03-14 09:30"
    );
    assert_eq!(
        due_when(&Rule::new(Limit::Hours(24)), "2024-03-11 08:00", &[]),
        "2024-03-12 08:00"
    );
}

#[test]
fn urgent_hours_run_through_the_holiday() {
    assert_eq!(
        due_when(&Rule::new(Limit::Hours(3)), "2024-10-01 23:00", &[]),
        "2024-10-02 02:00"
    );
    assert_eq!(
        due_when(&Rule::new(Limit::Minutes(90)), "2024-02-28 23:00", &[]),
        "2024-02-29 00:30"
    );
}

#[test]
fn office_hours_change_with_the_season() {
    assert_eq!(
        due_when(&Rule::new(Limit::WorkingHours(5)), "2024-04-30 14:30", &[]),
        "2024-05-06 09:30"
    );
    assert_eq!(
        due_when(&Rule::new(Limit::WorkingHours(5)), "2024-09-30 12:00", &[]),
        "2024-10-08 09:30"
    );
    assert_eq!(
        due_when(&Rule::new(Limit::WorkingHours(8)), "2024-05-06 08:00", &[]),
        "2024-05-07 08:30"
    );
}

#[test]
fn nothing_on_working_days_is_due_at_midnight() {
    for hour in 0..24 * 60 {
        let start = Timestamp::from_second(at("2024-04-20 00:30").as_second() + hour * 3600).unwrap();
        for rule in [
            working_days(1),
            working_days(2),
            Rule::new(Limit::WorkingHours(3)),
        ] {
            let moment = local(
                due(&rule, start, &[], &Calendars::statutory())
                    .unwrap()
                    .at
                    .unwrap(),
            );
            assert!(
                (8..=18).contains(&moment.hour()),
                "{rule:?} from {start} is due at {moment}"
            );
        }
    }
}

#[test]
fn a_calendar_may_end_its_days_at_midnight() {
    let mut calendars = Calendars::default();
    calendars.insert(Calendar::statutory().with_last_day_ends(LastDayEnds::Midnight));
    let due = due(&working_days(5), at("2024-05-06 09:00"), &[], &calendars).unwrap();
    assert_eq!(due.at, Some(at("2024-05-12 00:00")));
    assert_eq!(
        due.day,
        Some(date(2024, 5, 11)),
        "24:00 belongs to the day that ends"
    );
    assert!(
        due.derivation
            .text(Lang::Zh)
            .ends_with("到期：2024年5月11日（星期六） 24:00")
    );
}

#[test]
fn the_target_is_not_breached_while_the_clock_is_paused() {
    let open = Pause {
        from: at("2024-03-12 10:00"),
        to: None,
        reason: "补正材料".into(),
    };
    assert_eq!(
        due_when(&working_days(3), "2024-03-11 09:00", std::slice::from_ref(&open)),
        "standing still"
    );
    let closed = Pause {
        to: Some(at("2024-06-12 10:00")),
        ..open.clone()
    };
    assert_eq!(
        due_when(&working_days(3), "2024-03-11 09:00", &[closed]),
        "2024-06-14 18:30"
    );
    // A pause that begins when the time is already up changes nothing.
    let late = Pause {
        from: at("2024-03-14 18:00"),
        ..open
    };
    assert_eq!(
        due_when(&working_days(3), "2024-03-11 09:00", &[late]),
        "2024-03-14 18:00"
    );
}

#[test]
fn a_pause_of_two_working_days_shifts_by_two_working_days() {
    let pauses = [pause("2024-03-12 10:00", "2024-03-14 10:00")];
    assert_eq!(
        due_when(&working_days(3), "2024-03-11 09:00", &pauses),
        "2024-03-18 18:00"
    );
}

#[test]
fn overlapping_pauses_are_taken_out_once() {
    let once = [pause("2024-03-12 08:00", "2024-03-13 18:00")];
    let twice = [
        pause("2024-03-12 08:00", "2024-03-13 10:00"),
        pause("2024-03-12 15:00", "2024-03-13 18:00"),
    ];
    let rule = working_days(3);
    assert_eq!(
        due_when(&rule, "2024-03-11 09:00", &once),
        due_when(&rule, "2024-03-11 09:00", &twice)
    );
    let told = due(&rule, at("2024-03-11 09:00"), &twice, &Calendars::statutory())
        .unwrap()
        .derivation;
    assert_eq!(told.paused_seconds(), 2 * 27_000);
}

#[test]
fn a_pause_over_a_weekend_takes_nothing_out() {
    let pauses = [pause("2024-03-15 18:00", "2024-03-18 08:00")];
    assert_eq!(
        due_when(&working_days(3), "2024-03-14 09:00", &pauses),
        "2024-03-19 18:00"
    );
    assert_eq!(
        due_when(&Rule::new(Limit::Days(5)), "2024-03-14 09:00", &pauses),
        "2024-03-21 23:00"
    );
}

#[test]
fn paused_time_is_not_lost_when_the_rule_changes() {
    // Three working days became ten; the same start and pauses, so the day and a half still count.
    let pauses = [pause("2024-03-12 14:30", "2024-03-14 08:00")];
    assert_eq!(
        due_when(&working_days(3), "2024-03-11 09:00", &pauses),
        "2024-03-18 11:30"
    );
    assert_eq!(
        due_when(&working_days(10), "2024-03-11 09:00", &pauses),
        "2024-03-27 11:30"
    );
}

#[test]
fn the_time_between_closing_and_reopening_is_not_counted() {
    let closed = [pause("2024-03-13 18:00", "2024-03-25 08:00")];
    assert_eq!(
        due_when(&working_days(5), "2024-03-11 09:00", &closed),
        "2024-03-27 18:00"
    );
    let used = elapsed(
        &working_days(5),
        at("2024-03-12 00:00"),
        at("2024-03-25 09:00"),
        &closed,
        &Calendars::statutory(),
    );
    assert_eq!(used, Ok(2 * 450 + 60));
}

#[test]
fn month_ends_keep_to_the_month() {
    let month = Rule::new(Limit::EndOfMonth);
    assert_eq!(due_when(&month, "2024-02-01 09:00", &[]), "2024-02-29 18:00");
    assert_eq!(due_when(&month, "2023-02-01 09:00", &[]), "2023-02-28 18:00");
    // 30 June 2024 is a Sunday: the day itself, or moved.
    assert_eq!(due_when(&month, "2024-06-03 09:00", &[]), "2024-07-01 00:00");
    assert_eq!(
        due_when(
            &month.clone().rolled(Roll::WorkdayBefore),
            "2024-06-03 09:00",
            &[]
        ),
        "2024-06-28 18:30"
    );
    assert_eq!(
        due_when(
            &month.clone().rolled(Roll::NextWorkingDay),
            "2024-06-03 09:00",
            &[]
        ),
        "2024-07-01 18:30"
    );
}

#[test]
fn a_month_end_that_is_over_gives_the_next_one() {
    let month = Rule::new(Limit::EndOfMonth).rolled(Roll::WorkdayBefore);
    assert_eq!(due_when(&month, "2024-06-29 09:00", &[]), "2024-07-31 18:30");
    assert_eq!(due_when(&month, "2024-07-31 18:30", &[]), "2024-08-30 18:30");
}

#[test]
fn a_quarter_ends_with_its_third_month_and_a_year_with_december() {
    let quarter = Rule::new(Limit::EndOfQuarter);
    assert_eq!(due_when(&quarter, "2024-01-01 09:00", &[]), "2024-04-01 00:00");
    assert_eq!(
        due_when(
            &quarter.clone().rolled(Roll::WorkdayBefore),
            "2024-02-05 09:00",
            &[]
        ),
        "2024-03-29 18:00"
    );
    // The quarter whose moved end is over gives the next one.
    assert_eq!(
        due_when(&quarter.rolled(Roll::WorkdayBefore), "2024-03-30 09:00", &[]),
        "2024-06-28 18:30"
    );
    let year = Rule::new(Limit::EndOfYear);
    assert_eq!(due_when(&year, "2024-01-02 09:00", &[]), "2024-12-31 18:00");
    assert_eq!(due_when(&year, "2024-12-31 18:00", &[]), "2025-12-31 18:00");
}

#[test]
fn half_months_move_to_the_working_day_before() {
    let half = Rule::new(Limit::HalfMonth).rolled(Roll::WorkdayBefore);
    // 15 September 2024 is Mid-Autumn; Saturday the 14th is worked.
    assert_eq!(due_when(&half, "2024-09-02 09:00", &[]), "2024-09-14 18:30");
    assert_eq!(due_when(&half, "2024-09-15 09:00", &[]), "2024-09-30 18:30");
    // 15 February 2021 lies in the Spring Festival.
    assert_eq!(due_when(&half, "2021-02-01 09:00", &[]), "2021-02-10 18:00");
    assert_eq!(due_when(&half, "2021-02-11 09:00", &[]), "2021-02-26 18:00");
}

#[test]
fn a_fixed_day_moves_by_what_was_paused() {
    let rule = Rule::new(Limit::Until(date(2024, 6, 28)));
    assert_eq!(due_when(&rule, "2024-06-03 09:00", &[]), "2024-06-28 18:30");
    let pauses = [pause("2024-06-10 09:00", "2024-06-12 09:00")];
    assert_eq!(due_when(&rule, "2024-06-03 09:00", &pauses), "2024-06-30 18:30");
    assert_eq!(
        due_when(&rule.rolled(Roll::NextWorkingDay), "2024-06-03 09:00", &pauses),
        "2024-07-01 18:30"
    );
}

#[test]
fn natural_days_may_move_off_a_holiday() {
    let days = Rule::new(Limit::Days(15));
    assert_eq!(due_when(&days, "2024-09-20 10:00", &[]), "2024-10-05 10:00");
    assert_eq!(
        due_when(
            &days.clone().rolled(Roll::NextWorkingDay),
            "2024-09-20 10:00",
            &[]
        ),
        "2024-10-08 18:00"
    );
    assert_eq!(
        due_when(&days.rolled(Roll::WorkdayBefore), "2024-09-20 10:00", &[]),
        "2024-09-30 18:30"
    );
    // Hours move to the opening of the next working day; never to before the start.
    let hours = Rule::new(Limit::Hours(24));
    assert_eq!(
        due_when(
            &hours.clone().rolled(Roll::NextWorkingDay),
            "2024-09-30 10:00",
            &[]
        ),
        "2024-10-08 08:00"
    );
    assert_eq!(
        due_when(&hours.rolled(Roll::WorkdayBefore), "2024-10-02 10:00", &[]),
        "2024-10-03 10:00"
    );
}

#[test]
fn beyond_the_last_published_year_the_derivation_says_so() {
    let due = due(
        &working_days(5),
        at("2026-12-29 09:00"),
        &[],
        &Calendars::statutory(),
    )
    .unwrap();
    assert_eq!(due.derivation.beyond_published().collect::<Vec<_>>(), [2027]);
    assert!(due.derivation.text(Lang::Zh).contains("2027年的放假安排没有录入"));
    let within = super::due(
        &working_days(5),
        at("2026-11-02 09:00"),
        &[],
        &Calendars::statutory(),
    )
    .unwrap();
    assert_eq!(within.derivation.beyond_published().count(), 0);
    // A fixed day in an unpublished year says so too, because its closing hour depends on it.
    let fixed = Rule::new(Limit::Until(date(2028, 5, 1)));
    let due = super::due(&fixed, at("2026-11-02 09:00"), &[], &Calendars::statutory()).unwrap();
    assert_eq!(due.derivation.beyond_published().collect::<Vec<_>>(), [2028]);
}

#[test]
fn absurd_limits_and_dates_outside_are_refused_with_a_reason() {
    let calendars = Calendars::statutory();
    let said = |rule: &Rule, start| due(rule, at(start), &[], &calendars).unwrap_err().to_string();
    let now = "2024-05-06 09:00";
    assert_eq!(
        said(&Rule::new(Limit::Hours(0)), now),
        "时限“0小时”等于没有时间：最少为 1"
    );
    assert_eq!(
        said(&Rule::new(Limit::WorkingDays(25_001)), now),
        "时限“25001个工作日”过长：最多 25000，约合一百年"
    );
    assert_eq!(
        said(&working_days(1).on(CalendarId::new("jc")), now),
        "没有名为“jc”的工作日历：请先导入，或改用 cn（国家法定工作日历）"
    );
    assert_eq!(
        said(&working_days(1), "1949-10-01 15:00"),
        "日期 1949-10-01 不在可计时的范围内：应在 1992 年至 2999 年之间"
    );
    assert!(
        due(
            &Rule::new(Limit::Until(date(9999, 1, 1))),
            at(now),
            &[],
            &calendars
        )
        .is_err()
    );
    assert!(
        fraction(
            at(now),
            at("2024-05-08 18:30"),
            &working_days(2),
            &calendars,
            3,
            2
        )
        .is_err()
    );
    assert!(due(&working_days(25_000), at(now), &[], &calendars).is_ok());
}

#[test]
fn a_county_keeps_its_own_hours_and_days_on_its_own_calendar() {
    let time = |hour, minute| jiff::civil::time(hour, minute, 0, 0);
    let all_year = Season {
        from: MonthDay::new(1, 1).unwrap(),
        to: MonthDay::new(12, 31).unwrap(),
        hours: vec![OfficeHours {
            from: time(9, 0),
            to: time(17, 0),
        }],
    };
    let mut county =
        Calendar::statutory().named(CalendarId::new("jiaocheng"), Label::new("交城县", "Jiaocheng"));
    county = county.with_seasons(vec![all_year]).unwrap();
    let fair = NoticeDay {
        date: date(2024, 3, 12),
        kind: DayKind::Holiday,
        name: "庙会".into(),
        statutory: false,
    };
    county
        .adopt_year(YearNotice {
            year: 2024,
            number: "交政办发〔2024〕3号".into(),
            issued: date(2024, 3, 1),
            days: vec![fair],
        })
        .unwrap();
    let mut calendars = Calendars::statutory();
    calendars.insert(county);
    let rule = working_days(1).on(CalendarId::new("jiaocheng"));
    assert_eq!(
        due_on(&rule, "2024-03-11 10:00", &[], &calendars),
        "2024-03-13 17:00"
    );
    assert_eq!(
        due_on(&working_days(1), "2024-03-11 10:00", &[], &calendars),
        "2024-03-12 18:00"
    );
}

#[test]
fn a_warning_at_half_time_counts_working_time_only() {
    let calendars = Calendars::statutory();
    let start = at("2024-04-29 09:00");
    let rule = working_days(2);
    let due = due(&rule, start, &[], &calendars).unwrap().at.unwrap();
    assert_eq!(due, at("2024-05-06 18:30"));
    // Two days of 7.5 hours: half of them is the end of the first, before the holiday.
    assert_eq!(
        fraction(start, due, &rule, &calendars, 1, 2),
        Ok(at("2024-04-30 18:00"))
    );
    assert_eq!(
        fraction(start, due, &rule, &calendars, 4, 5),
        Ok(at("2024-05-06 15:30"))
    );
    assert_eq!(fraction(start, due, &rule, &calendars, 0, 5), Ok(start));
    assert_eq!(fraction(start, due, &rule, &calendars, 5, 5), Ok(due));
}

/// The statutory calendar as it would be had one notice not been issued.
fn rebuilt_without(calendar: &Calendar, number: &str) -> Calendar {
    let mut stored = serde_json::to_value(calendar).unwrap();
    stored["notices"]
        .as_array_mut()
        .unwrap()
        .retain(|notice| notice["number"] != number);
    serde_json::from_value(stored).unwrap()
}

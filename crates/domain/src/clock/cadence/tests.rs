//! Stories about recurring days.

use jiff::civil::date;

use super::*;

fn cadence(every: Every, on_day_off: OnDayOff, days_off: DaysOff) -> Cadence {
    Cadence {
        every,
        on_day_off,
        days_off,
        calendar: CalendarId::statutory(),
    }
}

fn wednesdays(days_off: DaysOff) -> Cadence {
    cadence(Every::Weekly(vec![DayOfWeek::We]), OnDayOff::Skip, days_off)
}

/// Every coming in `[from, to]`.
fn comings(cadence: &Cadence, from: Date, to: Date) -> Vec<Date> {
    let calendars = Calendars::statutory();
    let mut found = Vec::new();
    let mut after = from.yesterday().unwrap();
    loop {
        let next = cadence.next_after(after, &calendars).unwrap().date;
        assert!(next > after, "a recurrence goes forward");
        if next > to {
            return found;
        }
        found.push(next);
        after = next;
    }
}

#[test]
fn every_wednesday_except_the_whole_break_leaves_out_the_23_known_ones() {
    let (from, to) = (date(2019, 9, 1), date(2026, 12, 31));
    let all = comings(
        &cadence(Every::Weekly(vec![DayOfWeek::We]), OnDayOff::Keep, DaysOff::Break),
        from,
        to,
    );
    let left = comings(&wednesdays(DaysOff::Break), from, to);
    assert_eq!(all.len() - left.len(), 23);
    assert!(!left.contains(&date(2024, 5, 1)));
}

#[test]
fn strict_statutory_holidays_leave_out_fewer_wednesdays_than_the_whole_break() {
    let calendars = Calendars::statutory();
    // 4 May 2022 lies in the Labour Day break but is not a statutory holiday itself.
    let next = |days_off| {
        wednesdays(days_off)
            .next_after(date(2022, 5, 1), &calendars)
            .unwrap()
            .date
    };
    assert_eq!(next(DaysOff::Break), date(2022, 5, 11));
    assert_eq!(next(DaysOff::Statutory), date(2022, 5, 4));
}

#[test]
fn a_day_left_out_says_why() {
    let next = wednesdays(DaysOff::Break)
        .next_after(date(2024, 4, 30), &Calendars::statutory())
        .unwrap();
    assert_eq!(next.date, date(2024, 5, 8));
    let said: Vec<String> = next
        .derivation
        .iter()
        .map(|line| line.text(bihuan_messages::Lang::Zh))
        .collect();
    assert_eq!(
        said,
        ["2024年5月1日 逢劳动节放假（国办发明电〔2023〕7号），本次不举行"]
    );
}

#[test]
fn half_months_come_on_the_working_day_before() {
    let half = cadence(
        Every::MonthlyDays(vec![15, -1]),
        OnDayOff::WorkdayBefore,
        DaysOff::NonWorking,
    );
    let found = comings(&half, date(2024, 2, 1), date(2024, 3, 31));
    assert_eq!(
        found,
        [
            date(2024, 2, 9),
            date(2024, 2, 29),
            date(2024, 3, 15),
            date(2024, 3, 29)
        ]
    );
}

#[test]
fn quarters_and_years_end_on_their_last_day() {
    let quarter = cadence(
        Every::Quarterly { month: 3, day: -1 },
        OnDayOff::Keep,
        DaysOff::NonWorking,
    );
    let found = comings(&quarter, date(2024, 1, 1), date(2024, 12, 31));
    assert_eq!(
        found,
        [
            date(2024, 3, 31),
            date(2024, 6, 30),
            date(2024, 9, 30),
            date(2024, 12, 31)
        ]
    );
    let year = cadence(
        Every::Yearly { month: 2, day: 29 },
        OnDayOff::Keep,
        DaysOff::NonWorking,
    );
    assert_eq!(
        comings(&year, date(2019, 1, 1), date(2029, 1, 1)),
        [date(2020, 2, 29), date(2024, 2, 29), date(2028, 2, 29)]
    );
}

#[test]
fn a_month_without_the_31st_is_left_out() {
    let monthly = cadence(Every::MonthlyDays(vec![31]), OnDayOff::Keep, DaysOff::NonWorking);
    assert_eq!(
        comings(&monthly, date(2024, 3, 1), date(2024, 7, 1)),
        [date(2024, 3, 31), date(2024, 5, 31)]
    );
}

#[test]
fn a_recurrence_that_every_known_year_leaves_out_is_refused() {
    let calendars = Calendars::statutory();
    let national = Every::Yearly { month: 10, day: 1 };
    let left_out = cadence(national.clone(), OnDayOff::Skip, DaysOff::Break);
    let fault = left_out.check(&calendars).unwrap_err().to_string();
    assert!(fault.contains("永远不会到来"), "{fault}");
    assert!(
        cadence(national, OnDayOff::WorkdayBefore, DaysOff::Break)
            .check(&calendars)
            .is_ok()
    );
    // 29 February comes seldom, and Saturdays are sometimes worked.
    let leap = Every::Yearly { month: 2, day: 29 };
    assert!(
        cadence(leap, OnDayOff::Skip, DaysOff::NonWorking)
            .check(&calendars)
            .is_ok()
    );
    let saturdays = Every::Weekly(vec![DayOfWeek::Sa]);
    assert!(
        cadence(saturdays, OnDayOff::Skip, DaysOff::NonWorking)
            .check(&calendars)
            .is_ok()
    );
}

#[test]
fn days_that_do_not_exist_and_recurrences_that_never_come_are_refused() {
    let calendars = Calendars::statutory();
    let check = |every| cadence(every, OnDayOff::Keep, DaysOff::NonWorking).check(&calendars);
    let fault = check(Every::Yearly { month: 2, day: 30 })
        .unwrap_err()
        .to_string();
    assert!(
        fault.contains("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30") && fault.contains("不存在"),
        "{fault}"
    );
    assert!(check(Every::Yearly { month: 13, day: 1 }).is_err());
    assert!(check(Every::MonthlyDays(vec![0])).is_err());
    assert!(check(Every::MonthlyDays(vec![])).is_err());
    assert!(check(Every::Weekly(vec![])).is_err());
    assert!(check(Every::Quarterly { month: 4, day: 1 }).is_err());
    // New Year's Day is a holiday every year that is known; later years are counted by the weekday.
    let never = cadence(
        Every::Weekly(vec![DayOfWeek::Su]),
        OnDayOff::Skip,
        DaysOff::NonWorking,
    );
    let weekend = never
        .next_after(date(2027, 1, 1), &calendars)
        .unwrap_err()
        .to_string();
    assert!(weekend.contains("一次也不会到来"), "{weekend}");
}

#[test]
fn beyond_the_published_years_a_recurrence_says_so() {
    let next = wednesdays(DaysOff::Break)
        .next_after(date(2027, 9, 28), &Calendars::statutory())
        .unwrap();
    assert_eq!(next.date, date(2027, 9, 29));
    assert_eq!(next.derivation.len(), 1);
}

#[test]
fn a_cadence_has_a_stable_stored_form_and_an_rfc_5545_rule() {
    let half = cadence(
        Every::MonthlyDays(vec![15, -1]),
        OnDayOff::WorkdayBefore,
        DaysOff::NonWorking,
    );
    let stored = serde_json::to_string(&half).unwrap();
    assert_eq!(
        stored,
        r#"{"every":{"monthly_days":[15,-1]},"on_day_off":"workday_before","days_off":"non_working","calendar":"cn"}"#
    );
    assert_eq!(serde_json::from_str::<Cadence>(&stored).unwrap(), half);
    assert_eq!(half.every.rrule(), "FREQ=MONTHLY;BYMONTHDAY=15,-1");
    assert_eq!(
        Every::Quarterly { month: 3, day: -1 }.rrule(),
        "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1"
    );
    let weekly: Every = serde_json::from_str(r#"{"weekly":["WE"]}"#).unwrap();
    assert_eq!(weekly.rrule(), "FREQ=WEEKLY;BYDAY=WE");
}

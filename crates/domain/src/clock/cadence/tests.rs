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

#[test]
fn intervals_and_weekdays_of_the_month_come_when_an_office_says_so() {
    let calendars = Calendars::statutory();
    let next = |every: Every, on_day_off, after| {
        cadence(every, on_day_off, DaysOff::NonWorking)
            .next_after(after, &calendars)
            .unwrap()
            .date
    };
    let fortnight = |from| Every::Weeks {
        every: 2,
        days: vec![DayOfWeek::Mo],
        from,
    };
    // Counted in both directions, over the end of a year with 53 weeks.
    assert_eq!(
        next(fortnight(date(2026, 1, 7)), OnDayOff::Keep, date(2026, 1, 5)),
        date(2026, 1, 19)
    );
    assert_eq!(
        next(fortnight(date(2026, 1, 7)), OnDayOff::Keep, date(2020, 12, 28)),
        date(2021, 1, 11)
    );
    let months = |every, month, on| Every::Months { every, month, on };
    let first_monday = months(1, 1, vec![DayOfMonth::Nth(1, DayOfWeek::Mo)]);
    assert_eq!(
        next(first_monday.clone(), OnDayOff::Keep, date(2026, 5, 4)),
        date(2026, 6, 1)
    );
    // The first Monday of October 2024 lies in the middle of the break, which ends on a Monday.
    assert_eq!(
        next(first_monday, OnDayOff::NextWorkingDay, date(2024, 9, 2)),
        date(2024, 10, 8)
    );
    let last_friday = months(1, 1, vec![DayOfMonth::Nth(-1, DayOfWeek::Fr)]);
    assert_eq!(
        next(last_friday, OnDayOff::WorkdayBefore, date(2026, 7, 1)),
        date(2026, 7, 31)
    );
    let half_yearly = months(6, 6, vec![DayOfMonth::Day(-1)]);
    assert_eq!(
        next(half_yearly, OnDayOff::WorkdayBefore, date(2024, 1, 1)),
        date(2024, 6, 28),
        "30 June 2024 is a Sunday"
    );
    let dates = Every::Dates(vec![
        (6, DayOfMonth::Day(30)),
        (12, DayOfMonth::Nth(1, DayOfWeek::We)),
    ]);
    assert_eq!(next(dates, OnDayOff::Keep, date(2026, 7, 1)), date(2026, 12, 2));
    // Once in forty years is not never.
    let rare = Every::Dates(vec![(2, DayOfMonth::Nth(5, DayOfWeek::Mo))]);
    let skipped = cadence(rare.clone(), OnDayOff::Skip, DaysOff::Statutory);
    assert_eq!(skipped.check(&calendars), Ok(()));
    assert_eq!(next(rare, OnDayOff::Keep, date(2072, 3, 1)), date(2112, 2, 29));
}

#[test]
fn intervals_that_cannot_be_are_refused() {
    let calendars = Calendars::statutory();
    let refused = |every| {
        cadence(every, OnDayOff::Keep, DaysOff::NonWorking)
            .check(&calendars)
            .is_err()
    };
    let months = |every, month, on| Every::Months { every, month, on };
    let weeks = |every, days, from| Every::Weeks { every, days, from };
    let first = vec![DayOfMonth::Day(1)];
    assert!(
        refused(months(5, 1, first.clone())),
        "it would wander through the year"
    );
    assert!(refused(months(2, 3, first.clone())));
    assert!(refused(months(6, 0, first)));
    assert!(refused(months(2, 1, vec![])));
    assert!(refused(months(6, 6, vec![DayOfMonth::Day(32)])));
    assert!(refused(months(12, 2, vec![DayOfMonth::Day(1)])), "that is yearly");
    assert!(refused(months(1, 1, vec![DayOfMonth::Nth(6, DayOfWeek::Mo)])));
    assert!(refused(months(1, 1, vec![DayOfMonth::Nth(0, DayOfWeek::Mo)])));
    assert!(refused(Every::Dates(vec![(2, DayOfMonth::Day(30))])));
    assert!(refused(Every::Dates(vec![(13, DayOfMonth::Day(1))])));
    assert!(refused(Every::Dates(vec![])));
    assert!(refused(weeks(1, vec![DayOfWeek::Mo], date(2026, 1, 5))));
    assert!(refused(weeks(2, vec![], date(2026, 1, 5))));
    assert!(refused(weeks(2, vec![DayOfWeek::Mo], date(1066, 1, 5))));
    let rules = |every: Every| every.rrule();
    assert_eq!(
        rules(weeks(2, vec![DayOfWeek::Mo], date(2026, 1, 5))),
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"
    );
    assert_eq!(
        rules(months(
            6,
            6,
            vec![DayOfMonth::Day(-1), DayOfMonth::Nth(1, DayOfWeek::Fr)]
        )),
        "FREQ=YEARLY;BYMONTH=6,12;BYMONTHDAY=-1\nFREQ=YEARLY;BYMONTH=6,12;BYDAY=1FR"
    );
    let stored = serde_json::to_string(&weeks(2, vec![DayOfWeek::Mo], date(2026, 1, 5))).unwrap();
    assert_eq!(
        stored,
        r#"{"weeks":{"every":2,"days":["MO"],"from":"2026-01-05"}}"#
    );
    let stored = serde_json::to_string(&months(1, 1, vec![DayOfMonth::Nth(1, DayOfWeek::Mo)])).unwrap();
    assert_eq!(
        stored,
        r#"{"months":{"every":1,"month":1,"on":[{"nth":[1,"MO"]}]}}"#
    );
}

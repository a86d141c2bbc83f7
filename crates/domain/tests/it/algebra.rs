//! The whole algebra of clocks over random cases, against the minute-by-minute reference: every sort of limit, days off,
//! two calendars with their seasons, both ends of the day, pauses; and recurrences day by day.
//!
//! The normal run tries 10⁴ cases of each; `cargo xtask clocks` a million (`BIHUAN_CLOCK_CASES`, read when built).

use bihuan_domain::Label;
use bihuan_domain::calendar::{Calendar, CalendarId, Calendars, LastDayEnds, MonthDay, OfficeHours, Season};
use bihuan_domain::clock::{
    Cadence, DayOfMonth, DayOfWeek, DaysOff, Every, Limit, OnDayOff, Pause, Roll, Rule, due, due_at,
};
use jiff::civil::{Date, time};
use proptest::prelude::*;

use crate::almanac::{Almanac, DAY, date_of, day_of, instant, minute};

pub(crate) const CASES: u32 = match option_env!("BIHUAN_CLOCK_CASES") {
    Some(text) => match u32::from_str_radix(text, 10) {
        Ok(cases) => cases,
        Err(_) => panic!("BIHUAN_CLOCK_CASES must be a whole number"),
    },
    None => 10_000,
};

/// The sample county's own calendar: three seasons, one of them over New Year.
pub(crate) fn county_calendar() -> Calendar {
    let season = |from: (i8, i8), to: (i8, i8), hours: [(i8, i8, i8, i8); 2]| Season {
        from: MonthDay::new(from.0, from.1).unwrap(),
        to: MonthDay::new(to.0, to.1).unwrap(),
        hours: hours
            .map(|(h, m, to_h, to_m)| OfficeHours {
                from: time(h, m, 0, 0),
                to: time(to_h, to_m, 0, 0),
            })
            .to_vec(),
    };
    Calendar::statutory()
        .named(CalendarId::new("county"), Label::new("样县", "Sample County"))
        .with_seasons(vec![
            season((11, 15), (3, 14), [(8, 30, 12, 0), (14, 0, 17, 30)]),
            season((3, 15), (6, 30), [(8, 0, 12, 0), (14, 0, 18, 0)]),
            season((7, 1), (11, 14), [(7, 30, 11, 30), (15, 0, 18, 30)]),
        ])
        .unwrap()
}

pub(crate) fn any_roll() -> impl Strategy<Value = Roll> {
    prop_oneof![
        2 => Just(Roll::None),
        1 => Just(Roll::NextWorkingDay),
        1 => Just(Roll::WorkdayBefore)
    ]
}

/// A limit; those until a day take a day from 1 January 2019 on.
pub(crate) fn any_limit() -> impl Strategy<Value = Limit> {
    prop_oneof![
        1 => (1_u32..3000).prop_map(Limit::Minutes),
        1 => (1_u32..96).prop_map(Limit::Hours),
        1 => (1_u32..15).prop_map(Limit::Days),
        1 => (1_u32..40).prop_map(Limit::WorkingHours),
        2 => (1_u32..12).prop_map(Limit::WorkingDays),
        1 => Just(Limit::EndOfMonth),
        1 => Just(Limit::HalfMonth),
        1 => Just(Limit::EndOfQuarter),
    ]
}

/// Starts that are often where something happens: about the ends of months, at New Year, around the closing hour.
pub(crate) fn any_start() -> impl Strategy<Value = i64> {
    let days = 8 * 365;
    prop_oneof![
        3 => 40 * DAY..days * DAY,
        1 => (40_i64..days, prop_oneof![Just(0_i64), Just(479), Just(480), Just(720), Just(1080), Just(1110), Just(1439)])
            .prop_map(|(day, of_day)| day * DAY + of_day),
        1 => (2_i64..8 * 12, -2_i64..2, 0_i64..DAY).prop_map(|(month, day, of_day)| {
            let date = Date::new(2019 + i16::try_from(month / 12).unwrap(), i8::try_from(month % 12 + 1).unwrap(), 15).unwrap();
            (day_of(date.last_of_month()) + day) * DAY + of_day
        }),
    ]
}

fn any_pauses() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((-3000_i64..12_000, 1_i64..4000), 0..4)
}

fn any_every() -> impl Strategy<Value = Every> {
    let weekday = prop_oneof![
        Just(DayOfWeek::Mo),
        Just(DayOfWeek::Tu),
        Just(DayOfWeek::We),
        Just(DayOfWeek::Th),
        Just(DayOfWeek::Fr)
    ];
    let weekday = weekday.boxed();
    let of_month = || prop_oneof![(1_i8..=31), Just(-1_i8), Just(-2_i8)];
    let nth = prop::sample::select(vec![-5_i8, -2, -1, 1, 2, 3, 4, 5]);
    let days = prop_oneof![
        (1_i8..=28).prop_map(DayOfMonth::Day),
        Just(DayOfMonth::Day(-1)),
        (nth, any_weekday()).prop_map(|(nth, day)| DayOfMonth::Nth(nth, day)),
    ]
    .boxed();
    let intervals = prop::sample::select(vec![1_i8, 2, 3, 4, 6]);
    prop_oneof![
        Just(Every::Daily),
        prop::collection::vec(weekday.clone(), 1..3).prop_map(Every::Weekly),
        (2_u8..=52, prop::collection::vec(weekday, 1..3), 0_i64..10 * 365).prop_map(|(every, days, from)| {
            Every::Weeks {
                every,
                days,
                from: date_of(from),
            }
        }),
        (intervals, 0_i8..6, prop::collection::vec(days.clone(), 1..3)).prop_map(|(every, month, on)| {
            Every::Months {
                every,
                month: month % every + 1,
                on,
            }
        }),
        prop::collection::vec((1_i8..=12, days), 1..3).prop_map(Every::Dates),
        prop::collection::vec(of_month(), 1..3).prop_map(Every::MonthlyDays),
        (1_i8..=3, prop_oneof![(1_i8..=28), Just(-1_i8)])
            .prop_map(|(month, day)| Every::Quarterly { month, day }),
        (1_i8..=12, prop_oneof![(1_i8..=28), Just(-1_i8)])
            .prop_map(|(month, day)| Every::Yearly { month, day }),
    ]
}

fn any_weekday() -> impl Strategy<Value = DayOfWeek> {
    prop::sample::select(vec![
        DayOfWeek::Mo,
        DayOfWeek::Tu,
        DayOfWeek::We,
        DayOfWeek::Th,
        DayOfWeek::Fr,
        DayOfWeek::Sa,
        DayOfWeek::Su,
    ])
}

/// Whether `date` is the n-th such weekday of its month, found by going through the month day by day.
fn is_nth(date: Date, nth: i8, weekday: DayOfWeek) -> bool {
    let same: Vec<Date> = (1..=31)
        .filter_map(|day| Date::new(date.year(), date.month(), day).ok())
        .filter(|day| DayOfWeek::of(*day) == weekday)
        .collect();
    let places = i8::try_from(same.len()).unwrap();
    let place = if nth > 0 { nth - 1 } else { places + nth };
    usize::try_from(place).is_ok_and(|place| same.get(place) == Some(&date))
}

/// Whether the weeks from Monday to Sunday in which the two days lie are a whole number of intervals apart, found by going
/// from one to the other week by week.
fn same_round(date: Date, from: Date, every: u8) -> bool {
    let monday = |mut day: Date| {
        while DayOfWeek::of(day) != DayOfWeek::Mo {
            day = day.yesterday().unwrap();
        }
        day
    };
    let (mut early, late) = (monday(date.min(from)), monday(date.max(from)));
    while early < late {
        early = early.saturating_add(jiff::Span::new().weeks(i64::from(every)));
    }
    early == late
}

/// Whether a recurrence names this day, by what RFC 5545 says of BYDAY, BYMONTHDAY and BYMONTH.
fn names(every: &Every, date: Date) -> bool {
    let last = date.tomorrow().unwrap().month() != date.month();
    let second_last = !last && date.tomorrow().unwrap().tomorrow().unwrap().month() != date.month();
    let of_month = |day: i8| match day {
        -1 => last,
        -2 => second_last,
        day => date.day() == day,
    };
    let named = |day: DayOfMonth| match day {
        DayOfMonth::Day(day) => of_month(day),
        DayOfMonth::Nth(nth, weekday) => is_nth(date, nth, weekday),
    };
    match every {
        Every::Daily => true,
        Every::Weekly(days) => {
            let code = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
            let today = code[usize::try_from(date.weekday().to_monday_zero_offset()).unwrap()];
            days.iter().any(|day| day.code() == today)
        }
        Every::Weeks { every, days, from } => {
            days.contains(&DayOfWeek::of(date)) && same_round(date, *from, *every)
        }
        Every::MonthlyDays(days) => days.iter().any(|day| of_month(*day)),
        Every::Months { every, month, on } => {
            let mut of_year = *month;
            while of_year < date.month() {
                of_year += every;
            }
            of_year == date.month() && on.iter().any(|day| named(*day))
        }
        Every::Dates(dates) => dates
            .iter()
            .any(|(month, day)| *month == date.month() && named(*day)),
        Every::Quarterly { month, day } => {
            [*month, month + 3, month + 6, month + 9].contains(&date.month()) && of_month(*day)
        }
        Every::Yearly { month, day } => date.month() == *month && of_month(*day),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn every_clock_of_every_calendar_ends_where_the_minutes_say(
        limit in any_limit(), until in prop::option::weighted(0.2, 0_i64..60), roll in any_roll(),
        (at_close, county) in (any::<bool>(), any::<bool>()), start in any_start(), pauses in any_pauses(),
    ) {
        let limit = until.map_or(limit, |days| Limit::Until(date_of(start / DAY + days)));
        let ends = if at_close { LastDayEnds::OfficeClose } else { LastDayEnds::Midnight };
        let calendar = if county { county_calendar() } else { Calendar::statutory() };
        let mut calendars = Calendars::default();
        let rule = Rule::new(limit).rolled(roll).on(calendar.id().clone());
        calendars.insert(calendar.with_last_day_ends(ends));
        let pauses: Vec<(i64, i64)> =
            pauses.into_iter().map(|(after, long)| ((start + after).max(0), (start + after).max(0) + long)).collect();
        let told: Vec<Pause> = pauses.iter().map(|(from, to)| Pause {
            from: instant(*from), to: Some(instant(*to)), reason: "material".to_owned(),
        }).collect();
        let found = due(&rule, instant(start), &told, &calendars).unwrap();
        let expected = Almanac::statutory(at_close, county).due(limit, roll, start, &pauses);
        prop_assert_eq!(minute(found.at.unwrap()), expected);
        prop_assert_eq!(found.derivation.due, found.at, "what is shown is what holds");
        prop_assert_eq!(due_at(&rule, instant(start), &told, &calendars).unwrap(), found.at);
    }

    #[test]
    fn every_recurrence_comes_on_the_day_that_day_by_day_looking_finds(
        every in any_every(), on_day_off in 0_u8..4, days_off in any::<bool>(), after in 40_i64..8 * 365,
    ) {
        let on_day_off = match on_day_off {
            0 => OnDayOff::Keep,
            1 => OnDayOff::Skip,
            2 => OnDayOff::NextWorkingDay,
            _ => OnDayOff::WorkdayBefore,
        };
        // A break also takes in weekends that its notice names, which the table does not tell from plain ones: only
        // recurrences on weekdays are asked about it.
        let by_break = days_off && matches!(every, Every::Weekly(_));
        let days_off = if by_break { DaysOff::Break } else { DaysOff::NonWorking };
        let cadence = Cadence { every, on_day_off, days_off, calendar: CalendarId::statutory() };
        let almanac = Almanac::statutory(true, false);
        let weekend = |day: i64| (day + 1) % 7 >= 5;
        let worked = |day: i64| almanac.worked[usize::try_from(day).unwrap()];
        let coming = |nominal: i64| {
            let off = if days_off == DaysOff::NonWorking { !worked(nominal) } else { !worked(nominal) && !weekend(nominal) };
            match (off, on_day_off) {
                (false, _) | (true, OnDayOff::Keep) => Some(nominal),
                (true, OnDayOff::Skip) => None,
                (true, OnDayOff::NextWorkingDay) => (nominal..).find(|day| worked(*day)),
                (true, OnDayOff::WorkdayBefore) => (0..=nominal).rev().find(|day| worked(*day)),
            }
        };
        let first = (after - 31..after + 3 * 366)
            .filter(|day| names(&cadence.every, date_of(*day)))
            .filter_map(coming)
            .filter(|day| *day > after)
            .min();
        if let Some(first) = first {
            let calendars = Calendars::statutory();
            let found = cadence.next_after(date_of(after), &calendars).unwrap();
            prop_assert_eq!(found.date, date_of(first));
            // Asked again with the calendar unchanged, it stays where it is.
            prop_assert_eq!(cadence.again(found.date, &calendars).unwrap().date, found.date);
        }
    }
}

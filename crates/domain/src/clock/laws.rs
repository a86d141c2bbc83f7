//! The laws of the clocks over random cases, against a slow reference that looks at every minute by itself.
//!
//! The normal run tries 10⁴ cases; `BIHUAN_CLOCK_CASES=1000000 cargo test --release -p bihuan-domain clock::laws` a million
//! (the number is read when the tests are built).

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::calendar::{Calendar, DayKind, LastDayEnds, date_of, local, midnight};

const CASES: u32 = match option_env!("BIHUAN_CLOCK_CASES") {
    Some(text) => match u32::from_str_radix(text, 10) {
        Ok(cases) => cases,
        Err(_) => panic!("BIHUAN_CLOCK_CASES must be a whole number"),
    },
    None => 10_000,
};

/// The reference knows these minutes one by one; the last year is one whose notice is not known.
const FIRST: Date = date(2019, 1, 1);
const LAST: Date = date(2027, 12, 31);

struct Minutes {
    zero: i64,
    office: Vec<bool>,
    working_day: Vec<bool>,
}

static MINUTES: LazyLock<Minutes> = LazyLock::new(|| {
    let calendar = Calendar::statutory();
    let zero = midnight(FIRST).as_second();
    let end = midnight(LAST).as_second();
    let (mut office, mut working_day) = (Vec::new(), Vec::new());
    for second in (zero..end).step_by(60) {
        let now = local(Timestamp::from_second(second).unwrap());
        let worked = matches!(
            calendar.day(now.date()).kind,
            DayKind::Workday | DayKind::MakeUpWorkday
        );
        let clock = now.hour() as u32 * 60 + now.minute() as u32;
        let summer = (5..=9).contains(&now.month());
        let afternoon = if summer { 900..1110 } else { 870..1080 };
        office.push(worked && ((480..720).contains(&clock) || afternoon.contains(&clock)));
        working_day.push(worked);
    }
    Minutes {
        zero,
        office,
        working_day,
    }
});

fn calendars(ends: LastDayEnds) -> Calendars {
    let mut calendars = Calendars::default();
    calendars.insert(Calendar::statutory().with_last_day_ends(ends));
    calendars
}

/// Whether the minute that begins at `minute` (from [`FIRST`]) counts under the rule, pauses aside.
fn counts(rule: &Rule, ends: LastDayEnds, start: i64, minute: i64) -> bool {
    let at = usize::try_from(minute).unwrap();
    let day_after = (start / 1440 + 1) * 1440;
    match rule.limit {
        Limit::WorkingHours(_) => MINUTES.office[at],
        Limit::WorkingDays(_) if minute < day_after => false,
        Limit::WorkingDays(_) => match ends {
            LastDayEnds::OfficeClose => MINUTES.office[at],
            LastDayEnds::Midnight => MINUTES.working_day[at],
        },
        _ => true,
    }
}

/// How many minutes the limit wants: for working days, all the counted minutes of so many worked days.
fn wanted(rule: &Rule, ends: LastDayEnds, start: i64) -> i64 {
    match rule.limit {
        Limit::Minutes(n) => i64::from(n),
        Limit::Hours(n) | Limit::WorkingHours(n) => i64::from(n) * 60,
        Limit::Days(n) => i64::from(n) * 1440,
        Limit::WorkingDays(n) => {
            let (mut days, mut minutes, mut day) = (0, 0, start / 1440 + 1);
            while days < n {
                let of_day = (day * 1440..(day + 1) * 1440)
                    .filter(|m| counts(rule, ends, start, *m))
                    .count();
                days += u32::from(of_day > 0);
                minutes += i64::try_from(of_day).unwrap();
                day += 1;
            }
            minutes
        }
        _ => unreachable!("the reference knows counted limits"),
    }
}

/// Looks at minute after minute until enough have counted.
fn slow_due(rule: &Rule, ends: LastDayEnds, start: i64, pauses: &[(i64, i64)]) -> i64 {
    let mut left = wanted(rule, ends, start);
    let mut minute = start;
    while left > 0 {
        let paused = pauses.iter().any(|(from, to)| (*from..*to).contains(&minute));
        if !paused && counts(rule, ends, start, minute) {
            left -= 1;
        }
        minute += 1;
    }
    minute
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(MINUTES.zero + minute * 60).unwrap()
}

fn minute_of(instant: Timestamp) -> i64 {
    let seconds = instant.as_second() - MINUTES.zero;
    assert_eq!(seconds % 60, 0, "whole minutes in, whole minutes out");
    seconds / 60
}

fn as_pauses(pauses: &[(i64, i64)]) -> Vec<Pause> {
    pauses
        .iter()
        .map(|(from, to)| Pause {
            from: at(*from),
            to: Some(at(*to)),
            reason: "material".to_owned(),
        })
        .collect()
}

fn any_limit() -> impl Strategy<Value = Limit> {
    prop_oneof![
        (1_u32..4000).prop_map(Limit::Minutes),
        (1_u32..96).prop_map(Limit::Hours),
        (1_u32..9).prop_map(Limit::Days),
        (1_u32..40).prop_map(Limit::WorkingHours),
        (1_u32..9).prop_map(Limit::WorkingDays),
    ]
}

fn any_ends() -> impl Strategy<Value = LastDayEnds> {
    prop_oneof![Just(LastDayEnds::OfficeClose), Just(LastDayEnds::Midnight)]
}

prop_compose! {
    /// A start, and pauses around it that may overlap, touch, or lie outside.
    fn any_start()(
        start in 0_i64..4_600_000,
    )(
        start in Just(start),
        pauses in prop::collection::vec((-3000_i64..12_000, 1_i64..4000), 0..4),
    ) -> (i64, Vec<(i64, i64)>) {
        let pauses = pauses.into_iter().map(|(after, long)| ((start + after).max(0), (start + after).max(0) + long));
        (start, pauses.collect())
    }
}

/// Minutes counted in `[from, to)` outside the pauses, one by one.
fn slow_counted(rule: &Rule, ends: LastDayEnds, start: i64, to: i64, pauses: &[(i64, i64)]) -> i64 {
    let counted = (start..to).filter(|minute| {
        counts(rule, ends, start, *minute) && !pauses.iter().any(|(from, to)| (*from..*to).contains(minute))
    });
    i64::try_from(counted.count()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn every_due_time_equals_the_one_found_minute_by_minute(
        limit in any_limit(), ends in any_ends(), (start, pauses) in any_start(),
    ) {
        let rule = Rule::new(limit);
        let found = due(&rule, at(start), &as_pauses(&pauses), &calendars(ends)).unwrap();
        let expected = slow_due(&rule, ends, start, &pauses);
        // 18:00 and 24:00 of the last day are the same moment in office time; the limit ends with the day.
        prop_assert_eq!(minute_of(found.at.unwrap()), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES / 10, ..ProptestConfig::default() })]

    #[test]
    fn a_longer_limit_is_never_due_earlier(
        limit in any_limit(), ends in any_ends(), (start, pauses) in any_start(),
        roll in prop_oneof![Just(Roll::None), Just(Roll::NextWorkingDay), Just(Roll::WorkdayBefore)],
    ) {
        let longer = match limit {
            Limit::Minutes(n) => Limit::Minutes(n + 1),
            Limit::Hours(n) => Limit::Hours(n + 1),
            Limit::Days(n) => Limit::Days(n + 1),
            Limit::WorkingHours(n) => Limit::WorkingHours(n + 1),
            Limit::WorkingDays(n) => Limit::WorkingDays(n + 1),
            other => other,
        };
        let (pauses, calendars) = (as_pauses(&pauses), calendars(ends));
        let one = due(&Rule::new(limit).rolled(roll), at(start), &pauses, &calendars).unwrap();
        let two = due(&Rule::new(longer).rolled(roll), at(start), &pauses, &calendars).unwrap();
        prop_assert!(one.at.unwrap() <= two.at.unwrap());
        prop_assert!(one.at.unwrap() > at(start));
        if roll == Roll::NextWorkingDay {
            let unmoved = due(&Rule::new(limit), at(start), &pauses, &calendars).unwrap();
            prop_assert!(one.at >= unmoved.at, "moving on never takes time away");
        }
    }

    #[test]
    fn a_pause_shifts_the_end_by_its_counted_time_and_loses_none(
        limit in any_limit(), ends in any_ends(), (start, pauses) in any_start(),
    ) {
        let (rule, calendars) = (Rule::new(limit), calendars(ends));
        let plain = due(&rule, at(start), &[], &calendars).unwrap().at.unwrap();
        let paused = due(&rule, at(start), &as_pauses(&pauses), &calendars).unwrap();
        let whole = slow_counted(&rule, ends, start, minute_of(plain), &[]);
        let run = slow_counted(&rule, ends, start, minute_of(paused.at.unwrap()), &pauses);
        prop_assert_eq!(whole, run, "the handler has as much time as without the pauses");
        let shift = slow_counted(&rule, ends, start, minute_of(paused.at.unwrap()), &[]) - whole;
        prop_assert_eq!(u64::try_from(shift).unwrap() * 60, paused.derivation.paused_seconds());
    }

    #[test]
    fn time_is_neither_lost_nor_counted_twice_when_a_stretch_is_split(
        limit in any_limit(), ends in any_ends(), (start, pauses) in any_start(),
        first in 0_i64..6000, second in 0_i64..6000,
    ) {
        let (rule, pauses, calendars) = (Rule::new(limit), as_pauses(&pauses), calendars(ends));
        let spent = |from, to| elapsed_seconds(&rule, at(from), at(to), &pauses, &calendars).unwrap();
        let (middle, end) = (start + first, start + first + second);
        prop_assert_eq!(spent(start, middle) + spent(middle, end), spent(start, end));
    }

    #[test]
    fn what_a_clock_has_counted_equals_the_minutes_one_by_one(
        limit in any_limit(), ends in any_ends(), (start, pauses) in any_start(), later in 0_i64..12_000,
    ) {
        let rule = Rule::new(limit);
        let counted =
            counted_seconds(&rule, at(start), at(start + later), &as_pauses(&pauses), &calendars(ends)).unwrap();
        let expected = slow_counted(&rule, ends, start, start + later, &pauses);
        prop_assert_eq!(counted, u64::try_from(expected).unwrap() * 60);
    }

    #[test]
    fn a_warning_comes_at_the_first_second_by_which_its_share_is_used(
        limit in any_limit(), ends in any_ends(), (start, pauses) in any_start(), num in 1_u32..10,
    ) {
        let (rule, pauses, calendars) = (Rule::new(limit), as_pauses(&pauses), calendars(ends));
        let due = due(&rule, at(start), &pauses, &calendars).unwrap().at.unwrap();
        let warning = fraction_with_pauses(at(start), due, &rule, &pauses, &calendars, num, 10).unwrap();
        let used = |until| counted_seconds(&rule, at(start), until, &pauses, &calendars).unwrap();
        let second_before = Timestamp::from_second(warning.as_second() - 1).unwrap();
        prop_assert!(warning <= due);
        prop_assert!(used(warning) * 10 >= used(due) * u64::from(num));
        prop_assert!(used(second_before) * 10 < used(due) * u64::from(num));
    }

    #[test]
    fn the_days_of_a_derivation_add_up_to_its_limit(days in 1_u32..400, start in 0_i64..3_000_000) {
        let due = due(&Rule::new(Limit::WorkingDays(days)), at(start), &[], &Calendars::statutory()).unwrap();
        let counted: u32 = due.derivation.steps.iter().map(|step| match step {
            Step::Counted { days, .. } => *days,
            Step::AddedMakeUp { .. } => 1,
            _ => 0,
        }).sum();
        let skipped: u32 = due.derivation.steps.iter().map(|step| match step {
            Step::Skipped { days, .. } => *days,
            _ => 0,
        }).sum();
        prop_assert_eq!(counted, days);
        let span = date_of(at(start)).until(due.day.unwrap()).unwrap().get_days();
        prop_assert_eq!(i32::try_from(counted + skipped).unwrap(), span);
    }

    #[test]
    fn a_quarter_and_a_year_end_with_the_first_of_their_last_days_that_lies_after_the_start(
        seconds in 1_262_275_200_i64..=1_893_427_200,
        roll in prop_oneof![Just(Roll::None), Just(Roll::NextWorkingDay), Just(Roll::WorkdayBefore)],
    ) {
        let start = Timestamp::from_second(seconds).unwrap();
        let calendars = Calendars::statutory();
        for (limit, months) in [(Limit::EndOfQuarter, [3_i8, 6, 9, 12].as_slice()), (Limit::EndOfYear, &[12])] {
            let found = due(&Rule::new(limit).rolled(roll), start, &[], &calendars).unwrap().at.unwrap();
            // The reference: every last day from the start on by itself, the first whose end is still ahead.
            let year = date_of(start).year();
            let first = (year..=year + 1)
                .flat_map(|year| months.iter().map(move |month| date(year, *month, 1).last_of_month()))
                .filter(|day| *day >= date_of(start))
                .filter_map(|day| {
                    let moved = match roll {
                        Roll::None => day,
                        Roll::NextWorkingDay => calendars.get(&CalendarId::statutory()).unwrap().working_day_from(day).unwrap(),
                        Roll::WorkdayBefore => calendars.get(&CalendarId::statutory()).unwrap().working_day_until(day).unwrap(),
                    };
                    let at = due(&Rule::new(Limit::Until(moved)), start, &[], &calendars).unwrap().at.unwrap();
                    (at > start).then_some(at)
                })
                .min();
            prop_assert_eq!(Some(found), first);
        }
    }

    #[test]
    fn no_input_makes_a_clock_panic(
        seconds in -377_705_023_201_i64..=253_402_207_200, amount in any::<u32>(), kind in 0..10_u8,
        pauses in prop::collection::vec((-377_705_023_201_i64..=253_402_207_200, prop::option::of(-377_705_023_201_i64..=253_402_207_200)), 0..3),
        roll in prop_oneof![Just(Roll::None), Just(Roll::NextWorkingDay), Just(Roll::WorkdayBefore)],
    ) {
        let start = Timestamp::from_second(seconds).unwrap();
        let limit = match kind {
            0 => Limit::Minutes(amount),
            1 => Limit::Hours(amount),
            2 => Limit::Days(amount),
            3 => Limit::WorkingHours(amount % 2000),
            4 => Limit::WorkingDays(amount % 300),
            5 => Limit::Until(date_of(start)),
            6 => Limit::EndOfMonth,
            7 => Limit::EndOfQuarter,
            8 => Limit::EndOfYear,
            _ => Limit::HalfMonth,
        };
        let pauses: Vec<Pause> = pauses.into_iter().map(|(from, to)| Pause {
            from: Timestamp::from_second(from).unwrap(),
            to: to.map(|to| Timestamp::from_second(to).unwrap()),
            reason: "x".to_owned(),
        }).collect();
        match due(&Rule::new(limit).rolled(roll), start, &pauses, &Calendars::statutory()) {
            Ok(due) => prop_assert!(!due.derivation.text(Lang::Zh).contains('⟦')),
            Err(error) => prop_assert!(!error.to_string().contains('⟦')),
        }
    }
}

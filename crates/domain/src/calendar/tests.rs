//! Stories about the working calendar and its data.

use jiff::civil::{Weekday, date};

use super::*;

fn notice(days: Vec<NoticeDay>) -> YearNotice {
    YearNotice {
        year: 2027,
        number: "国办发明电〔2026〕9号".into(),
        issued: date(2026, 11, 20),
        days,
    }
}

fn day(date: Date, kind: DayKind) -> NoticeDay {
    NoticeDay {
        date,
        kind,
        name: "元旦".into(),
        statutory: false,
    }
}

fn days_of(year: i16) -> impl Iterator<Item = Date> {
    date(year, 1, 1)
        .series(jiff::Span::new().days(1))
        .take_while(move |day| day.year() == year)
}

#[test]
fn the_statutory_calendar_is_read_whole() {
    let read: Result<Calendar, _> = serde_json::from_str(include_str!("../../data/cn.json"));
    let calendar = read.unwrap();
    assert_eq!(calendar, Calendar::statutory());
    assert_eq!(calendar.notices().len(), 10);
    assert_eq!(calendar.last_published_year(), 2026);
    assert!((2019..=2026).all(|year| calendar.is_published(year)));
    assert!(!calendar.is_published(2018) && !calendar.is_published(2027));
}

#[test]
fn the_workdays_of_each_year_are_those_known() {
    let calendar = Calendar::statutory();
    let workdays = |year| days_of(year).filter(|day| calendar.is_working(*day)).count();
    let found: Vec<usize> = (2019..=2026).map(workdays).collect();
    assert_eq!(found, [250, 249, 250, 249, 249, 251, 248, 248]);
}

#[test]
fn holidays_and_make_up_days_are_as_many_as_the_notices_say() {
    let calendar = Calendar::statutory();
    let count = |kind| {
        (2019..=2026)
            .flat_map(days_of)
            .filter(|day| calendar.kind(*day) == kind)
            .count()
    };
    assert_eq!(count(DayKind::Holiday), 238);
    assert_eq!(count(DayKind::MakeUpWorkday), 52);
}

#[test]
fn statutory_holidays_in_the_strict_sense_are_11_a_year_and_13_from_2025() {
    let calendar = Calendar::statutory();
    let strict = |year| days_of(year).filter(|date| calendar.day(*date).statutory).count();
    // 2020: Mid-Autumn fell on 1 October and was given as 4 October.
    assert_eq!(
        (2019..=2026).map(strict).collect::<Vec<_>>(),
        [11, 11, 11, 11, 11, 11, 13, 13]
    );
}

#[test]
fn every_wednesday_in_a_break_is_known_and_no_make_up_day_is_a_wednesday() {
    let calendar = Calendar::statutory();
    let wednesdays = |kind| {
        let from = date(2019, 9, 1);
        (2019..=2026)
            .flat_map(days_of)
            .filter(|day| *day >= from && day.weekday() == Weekday::Wednesday && calendar.kind(*day) == kind)
            .count()
    };
    assert_eq!(wednesdays(DayKind::Holiday), 23);
    assert_eq!(wednesdays(DayKind::MakeUpWorkday), 0);
}

#[test]
fn a_later_notice_prevails_and_both_stay_on_record() {
    let calendar = Calendar::statutory();
    let cancelled = calendar.day(date(2020, 2, 1));
    assert_eq!(cancelled.kind, DayKind::Holiday);
    assert_eq!(
        cancelled.notice.map(|notice| &**notice),
        Some("国办发明电〔2020〕1号")
    );
    assert_eq!(
        calendar.day(date(2020, 1, 30)).notice.map(|notice| &**notice),
        Some("国办发明电〔2019〕16号")
    );
    let first = calendar
        .notices()
        .iter()
        .find(|notice| notice.number == "国办发明电〔2019〕16号")
        .unwrap();
    let day = first
        .days
        .iter()
        .find(|day| day.date == date(2020, 2, 1))
        .unwrap();
    assert_eq!(day.kind, DayKind::MakeUpWorkday);
    assert_eq!(
        calendar.day(date(2019, 5, 3)).notice.map(|notice| &**notice),
        Some("国办发明电〔2019〕3号")
    );
}

#[test]
fn outside_the_published_years_the_weekday_alone_decides_and_it_is_said() {
    let calendar = Calendar::statutory();
    let new_year = calendar.day(date(2027, 1, 1));
    assert_eq!((new_year.kind, new_year.published), (DayKind::Workday, false));
    assert_eq!(calendar.day(date(1999, 10, 2)).kind, DayKind::Weekend);
    // New Year's break of 2019 began in 2018, by the notice of 2019.
    assert_eq!(calendar.day(date(2018, 12, 31)).kind, DayKind::Holiday);
}

#[test]
fn office_hours_follow_the_season_and_are_empty_on_days_off() {
    let calendar = Calendar::statutory();
    let afternoon = |date: Date| {
        calendar
            .office_hours(date)
            .last()
            .map(|hours| hours.to.to_string())
    };
    assert_eq!(afternoon(date(2024, 4, 30)).as_deref(), Some("18:00:00"));
    assert_eq!(afternoon(date(2024, 5, 11)).as_deref(), Some("18:30:00"));
    assert_eq!(afternoon(date(2024, 5, 1)), None);
    assert_eq!(calendar.hours_in_season(date(2024, 5, 1)).len(), 2);
}

#[test]
fn a_notice_is_adopted_once_and_names_the_days_it_changed() {
    let mut calendar = Calendar::statutory();
    let before = calendar.digest();
    let new_year = notice(vec![
        day(date(2027, 1, 1), DayKind::Holiday),
        day(date(2027, 1, 2), DayKind::Holiday),
    ]);
    assert_eq!(
        calendar.adopt_year(new_year.clone()).unwrap(),
        [date(2027, 1, 1), date(2027, 1, 2)]
    );
    assert_eq!(calendar.last_published_year(), 2027);
    let after = calendar.digest();
    assert_ne!(before, after);
    assert_eq!(calendar.adopt_year(new_year).unwrap(), []);
    assert_eq!(calendar.digest(), after);
}

#[test]
fn a_notice_that_contradicts_the_week_or_itself_is_refused_whole() {
    let mut calendar = Calendar::statutory();
    let before = calendar.clone();
    let mut refuse = |notice: YearNotice| calendar.adopt_year(notice).unwrap_err().to_string();
    assert_eq!(
        refuse(notice(vec![day(date(2027, 1, 5), DayKind::MakeUpWorkday)])),
        "国办发明电〔2026〕9号 对 2027-01-05 的安排与星期不符：调休上班只能在周六、周日，工作日只能在周一至周五（2027 年）"
    );
    let far = refuse(notice(vec![day(date(2026, 10, 1), DayKind::Holiday)]));
    assert!(far.contains("2026-10-01"), "{far}");
    let twice = day(date(2027, 1, 1), DayKind::Holiday);
    assert!(refuse(notice(vec![twice.clone(), twice.clone()])).contains("两次"));
    let statutory = NoticeDay {
        statutory: true,
        ..day(date(2027, 1, 2), DayKind::MakeUpWorkday)
    };
    assert!(refuse(notice(vec![statutory])).contains("法定节假日"));
    assert!(
        refuse(YearNotice {
            year: 1911,
            ..notice(vec![])
        })
        .contains("1911")
    );
    assert!(
        refuse(YearNotice {
            number: "号\n".into(),
            ..notice(vec![])
        })
        .contains("换行")
    );
    assert!(
        refuse(YearNotice {
            number: "国办发明电〔2025〕7号".into(),
            ..notice(vec![])
        })
        .contains("文号")
    );
    assert_eq!(calendar, before);
}

#[test]
fn seasons_must_cover_the_year_with_hours_that_run_forwards() {
    let time = |hour| jiff::civil::time(hour, 0, 0, 0);
    let season = |to: MonthDay, hours| Season {
        from: MonthDay::new(1, 1).unwrap(),
        to,
        hours,
    };
    let hours = |from, to| OfficeHours {
        from: time(from),
        to: time(to),
    };
    let end = MonthDay::new(12, 31).unwrap();
    let with = |season| Calendar::statutory().with_seasons(vec![season]);
    assert!(with(season(end, vec![hours(8, 12), hours(13, 17)])).is_ok());
    assert!(with(season(MonthDay::new(12, 30).unwrap(), vec![hours(8, 17)])).is_err());
    assert!(with(season(end, vec![])).is_err());
    assert!(with(season(end, vec![hours(12, 8)])).is_err());
    assert!(with(season(end, vec![hours(8, 12), hours(11, 17)])).is_err());
    assert!(MonthDay::new(2, 30).is_err() && MonthDay::new(2, 29).is_ok());
}

#[test]
fn a_calendar_stands_in_an_event_and_comes_back_the_same() {
    let calendar = Calendar::statutory();
    let stored = serde_json::to_string(&calendar).unwrap();
    let back: Calendar = serde_json::from_str(&stored).unwrap();
    assert_eq!(back, calendar);
    assert_eq!(back.digest(), calendar.digest());
    assert!(serde_json::from_str::<Calendar>(&stored.replace("2019-02-02", "2019-02-04")).is_err());
}

#[test]
fn the_digest_of_the_statutory_calendar_is_pinned() {
    // It names the calendar in logs: it changes only with the data, and then this line changes with a reason.
    assert_eq!(
        Calendar::statutory().digest(),
        "dfef2b5561619e92f8c23a221b9591dbe51b43ddc729784c0fd337f1ca09fbcf"
    );
    assert!(
        Calendar::statutory()
            .canonical()
            .starts_with("bihuan-calendar\t1\nid\tcn\nname\t")
    );
}

#[test]
fn day_numbers_follow_each_other_and_the_week() {
    assert_eq!(day_number(date(1970, 1, 1)), 0);
    assert_eq!(day_number(date(2000, 3, 1)), 11_017);
    let days = date(-1, 1, 1).series(jiff::Span::new().days(1)).take(200_000);
    for (number, day) in (day_number(date(-1, 1, 1))..).zip(days) {
        assert_eq!(day_number(day), number);
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        assert_eq!(by_weekday(number) == DayKind::Weekend, weekend, "{day}");
    }
}

#[test]
fn local_time_is_eight_hours_ahead_all_year() {
    let summer: jiff::Timestamp = "2024-07-01T16:30:00Z".parse().unwrap();
    assert_eq!(local(summer), date(2024, 7, 2).at(0, 30, 0, 0));
    assert_eq!(date_of(summer), date(2024, 7, 2));
    assert_eq!(instant(local(summer)), summer);
}

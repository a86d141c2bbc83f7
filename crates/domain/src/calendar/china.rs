//! Chinese local time: UTC+8 all year, since summer time ended in 1991. No time-zone database is needed.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

/// The offset of Chinese local time, +08:00.
pub const CHINA: Offset = Offset::constant(8);

/// The date and time that a clock on a wall in China shows at `instant`.
pub fn local(instant: Timestamp) -> DateTime {
    CHINA.to_datetime(instant)
}

/// The date in China at `instant`.
pub fn date_of(instant: Timestamp) -> Date {
    local(instant).date()
}

/// The instant at which a clock on a wall in China shows `local`. Within 8 hours of the ends of the range of
/// [`Timestamp`] (the years -9999 and 9999) the nearest representable instant.
pub fn instant(local: DateTime) -> Timestamp {
    CHINA.to_timestamp(local).unwrap_or(if local.year() < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// The instant at which `date` begins in China.
pub fn midnight(date: Date) -> Timestamp {
    instant(date.to_datetime(Time::midnight()))
}

/// The number of `date` counted from 1 January 1970, which is 0.
pub fn day_number(date: Date) -> i64 {
    // The year is taken to begin in March, so that the leap day is its last; 400 years are 146,097 days.
    let month = i64::from(date.month());
    let year = i64::from(date.year()) - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(date.day()) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

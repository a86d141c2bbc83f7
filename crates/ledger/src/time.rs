//! The one text form of an instant in the log: UTC, microseconds, always six digits.

use jiff::Timestamp;

/// `2020-09-13T12:26:40.000001Z`.
pub(crate) fn text(at: Timestamp) -> String {
    format!("{:.6}", whole(at))
}

/// Reads what [`text`] writes, and nothing else.
pub(crate) fn parse(text_form: &str) -> Option<Timestamp> {
    let at: Timestamp = text_form.parse().ok()?;
    (text(at) == text_form).then_some(at)
}

/// Cut to whole microseconds, towards the past.
pub(crate) fn whole(at: Timestamp) -> Timestamp {
    from_micros(micros(at))
}

/// Microseconds since 1970.
pub(crate) fn micros(at: Timestamp) -> i64 {
    // Every timestamp of jiff lies within years ±9999, far inside i64.
    i64::try_from(at.as_nanosecond().div_euclid(1000)).unwrap_or(i64::MIN)
}

/// From microseconds since 1970; beyond what jiff knows, the nearest end.
pub(crate) fn from_micros(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_has_one_text() {
        let at: Timestamp = "2020-09-13T12:26:40.000001999Z".parse().unwrap();
        assert_eq!(text(at), "2020-09-13T12:26:40.000001Z");
        assert_eq!(parse("2020-09-13T12:26:40.000001Z"), Some(whole(at)));
        assert_eq!(parse("2020-09-13T20:26:40.000001+08:00"), None);
        assert_eq!(parse("2020-09-13T12:26:40Z"), None);
        assert_eq!(
            text("1969-12-31T23:59:59.9999995Z".parse().unwrap()),
            "1969-12-31T23:59:59.999999Z"
        );
    }
}

//! Durations and shares as people read them.

use bihuan_messages::{Lang, tf};

/// A duration in seconds in its two greatest units, the second only where there is some of it: `3天4小时`, `3天`.
pub fn lasting(seconds: i64, lang: Lang) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let (key, first, second) = match (days, hours, minutes) {
        (0, 0, 0) => ("process.seconds", seconds, 0),
        (0, 0, _) => ("process.minutes", minutes, 0),
        (0, _, _) if minutes % 60 == 0 => ("process.whole_hours", hours, 0),
        (0, _, _) => ("process.hours", hours, minutes % 60),
        _ if hours % 24 == 0 => ("process.whole_days", days, 0),
        _ => ("process.days", days, hours % 24),
    };
    tf(lang, key, &[("a", &first), ("b", &second)])
}

/// `n` of `base` in percent with one decimal, the rest cut off; `–` of nothing.
pub fn share(n: u64, base: u64) -> String {
    let thousandths = u128::from(n).saturating_mul(1000).checked_div(u128::from(base));
    thousandths.map_or_else(|| "–".to_owned(), |n| format!("{}.{}%", n / 10, n % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_its_greatest_units_and_a_share_is_cut_off() {
        let told =
            [0, 59, 60, 3_599, 3_600, 86_399, 86_400, 900_000].map(|seconds| lasting(seconds, Lang::En));
        assert_eq!(
            told,
            [
                "0 s",
                "59 s",
                "1 min",
                "59 min",
                "1 h",
                "23 h 59 min",
                "1 d",
                "10 d 10 h"
            ]
        );
        assert_eq!(
            (share(2, 3), share(3, 3), share(0, 0)),
            ("66.6%".into(), "100.0%".into(), "–".to_owned())
        );
    }
}

//! Numbers in cells: exact, with the unit that stands in the cell, the header or the title line.

use bihuan_messages::Message;
use rust_decimal::Decimal;

use super::{Cell, Problem, narrow};

/// A number that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// In the unit that was asked for; a percentage keeps its printed number.
    pub value: Decimal,
    /// Whether it was a percentage.
    pub percent: bool,
}

/// Reads a cell as an exact number in the unit `wanted` (`元`, `亩`, or empty for a bare number).
///
/// `column` is the unit of the column, such as `万元`; a unit in the cell itself goes before it. Full-width digits,
/// separators of thousands, percent signs and negative numbers in brackets are understood. Nothing is rounded.
///
/// # Errors
///
/// [`Problem`] for words, approximations and units that do not fit.
pub fn number(cell: &Cell, column: Option<&str>, wanted: &str) -> Result<Number, Problem> {
    let wrong = |mend: &str| {
        Problem::new(
            "number",
            Message::new(format!("import.mend_{mend}")).with("unit", wanted),
        )
    };
    let (value, percent, own) = match cell {
        Cell::Number(value) => (*value, false, None),
        Cell::Percent(value) => (*value, true, None),
        Cell::Text(text) => {
            let text = narrow(text);
            let text = text
                .trim()
                .trim_start_matches(['¥', '￥'])
                .trim_start_matches("人民币")
                .trim();
            if text.starts_with(['约', '近', '超'])
                || ["左右", "以上", "余", "多"].iter().any(|end| text.contains(end))
            {
                return Err(wrong("exact"));
            }
            let (negative, text) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
                Some(inner) => (true, inner),
                None => (false, text),
            };
            let end = text
                .char_indices()
                .find(|(at, c)| {
                    !(c.is_ascii_digit()
                        || matches!(c, '.' | ',' | ' ')
                        || *at == 0 && matches!(c, '+' | '-' | '−'))
                })
                .map_or(text.len(), |(at, _)| at);
            let (digits, unit) = text.split_at_checked(end).unwrap_or((text, ""));
            // `1.2E+05`, as a spreadsheet writes a column that is too narrow.
            let value = if unit.starts_with(['E', 'e']) && Decimal::from_scientific(text).is_ok() {
                let value = Decimal::from_scientific(text).map_err(|_| wrong("number"))?;
                return finish(value, false, column, wanted);
            } else {
                parse(digits).ok_or_else(|| wrong("number"))?
            };
            let value = if negative { -value } else { value };
            match unit.trim() {
                "" => (value, false, None),
                "%" => (value, true, None),
                unit => (value, false, Some(unit.to_owned())),
            }
        }
        _ => return Err(wrong("number")),
    };
    if percent {
        return Ok(Number { value, percent });
    }
    match own {
        Some(own) => finish(value, false, Some(&own), wanted),
        None => finish(value, false, column, wanted),
    }
}

fn finish(value: Decimal, percent: bool, unit: Option<&str>, wanted: &str) -> Result<Number, Problem> {
    let wrong = |mend: &str| {
        let mend = Message::new(format!("import.mend_{mend}"));
        Problem::new(
            "number",
            mend.with("unit", wanted).with("found", unit.unwrap_or_default()),
        )
    };
    let Some(unit) = unit else {
        return Ok(Number { value, percent });
    };
    let factor = factor(unit, wanted).ok_or_else(|| wrong("unit"))?;
    let value = value.checked_mul(factor).ok_or_else(|| wrong("large"))?;
    Ok(Number {
        value: value.normalize(),
        percent,
    })
}

/// By what a number in `from` is multiplied to be one in `to`: 万元 to 元 is 10000. `None` where they measure different
/// things.
pub fn factor(from: &str, to: &str) -> Option<Decimal> {
    let ((from_times, from_base), (to_times, to_base)) = (split(from), split(to));
    // `万` alone counts whatever the field counts.
    if from_base != to_base && !from_base.is_empty() && !to_base.is_empty() {
        return None;
    }
    from_times.checked_div(to_times)
}

fn split(unit: &str) -> (Decimal, String) {
    let unit: String = narrow(unit).chars().filter(|c| !c.is_whitespace()).collect();
    let unit = unit.trim_start_matches("人民币");
    for (sign, times) in [
        ("百万", 1_000_000i64),
        ("千万", 10_000_000),
        ("亿", 100_000_000),
        ("万", 10_000),
        ("千", 1_000),
    ] {
        if let Some(base) = unit.strip_prefix(sign) {
            // 千米, 千克 and 千瓦 are units of their own.
            if sign == "千" && matches!(base, "米" | "克" | "瓦" | "瓦时") {
                break;
            }
            return (Decimal::from(times), base.to_owned());
        }
    }
    (Decimal::ONE, unit.to_owned())
}

/// The unit of an amount that a header or title line states: `总投资（万元）`, `金额/万元`, `单位：亿元`.
///
/// `wanted` is what the field measures in; only units that convert into it count, so that `（盖章）` is none.
pub fn unit_in(header: &str, wanted: &str) -> Option<String> {
    let header = narrow(header);
    let base = split(wanted).1;
    if base.is_empty() {
        return None;
    }
    let parts = header.split([
        '(', ')', '[', ']', '/', ':', ',', '，', '：', '、', ' ', '\n', '【', '】',
    ]);
    parts
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .filter(|part| split(part).1 == base)
        .map(str::to_owned)
        .next_back()
}

/// A bare number with separators of thousands in their places only: `1,234,567.5`, but not `1,2`.
fn parse(digits: &str) -> Option<Decimal> {
    let digits: String = digits
        .chars()
        .filter(|c| *c != ' ')
        .map(|c| if c == '−' { '-' } else { c })
        .collect();
    if digits.contains(',') {
        let whole = digits
            .split('.')
            .next()
            .unwrap_or_default()
            .trim_start_matches(['+', '-']);
        let mut groups = whole.split(',');
        let first = groups.next().unwrap_or_default().len();
        // Groups of four are the Chinese habit and as clear as groups of three.
        let size = whole.rsplit(',').next().unwrap_or_default().len();
        if !(3..=4).contains(&size) || first == 0 || first > size || groups.any(|group| group.len() != size) {
            return None;
        }
    }
    let plain: String = digits.chars().filter(|c| *c != ',').collect();
    Decimal::from_str_exact(plain.trim_start_matches('+')).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yuan(text: &str, column: Option<&str>) -> Option<String> {
        number(&Cell::Text(text.to_owned()), column, "元")
            .ok()
            .map(|number| number.value.to_string())
    }

    #[test]
    fn amounts_become_yuan_exactly() {
        assert_eq!(yuan("1234.56", Some("万元")).as_deref(), Some("12345600"));
        assert_eq!(yuan("３．２亿元", Some("万元")).as_deref(), Some("320000000"));
        assert_eq!(yuan("¥1,234,567.89", None).as_deref(), Some("1234567.89"));
        assert_eq!(yuan("(500)", Some("万元")).as_deref(), Some("-5000000"));
        assert_eq!(yuan("1.2E+05", None).as_deref(), Some("120000"));
        assert_eq!(yuan("0.1", Some("亿元")).as_deref(), Some("10000000"));
        for wrong in ["约500", "500余", "五百", "1,2", "3公里", "", "500万元左右"] {
            assert_eq!(yuan(wrong, Some("万元")), None, "{wrong}");
        }
    }

    #[test]
    fn percentages_keep_their_printed_number() {
        let read = number(&Cell::Text("６１％".to_owned()), None, "%").unwrap();
        assert_eq!((read.value.to_string().as_str(), read.percent), ("61", true));
    }

    #[test]
    fn units_of_headers_count_only_where_they_fit() {
        assert_eq!(unit_in("总投资（万元）", "元").as_deref(), Some("万元"));
        assert_eq!(unit_in("单位：亿元", "元").as_deref(), Some("亿元"));
        assert_eq!(unit_in("责任单位（盖章）", "元"), None);
        assert_eq!(unit_in("面积/万亩", "亩").as_deref(), Some("万亩"));
        assert_eq!(factor("公里", "米"), None);
        assert_eq!(factor("千米", "千米"), Some(Decimal::ONE));
    }
}

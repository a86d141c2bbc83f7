//! Exact fractions, and the one rounding that a printed number gets.

use std::cmp::Ordering;

use rust_decimal::Decimal;

/// An exact fraction, reduced; the denominator is above nought. Every operation says where a number would leave the
/// range of 38 digits instead of losing any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact {
    numerator: i128,
    denominator: i128,
}

impl Exact {
    /// Nought.
    pub const ZERO: Exact = Exact {
        numerator: 0,
        denominator: 1,
    };

    /// One.
    pub const ONE: Exact = Exact {
        numerator: 1,
        denominator: 1,
    };

    fn new(numerator: i128, denominator: i128) -> Option<Exact> {
        let shared = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let shared = i128::try_from(shared).ok().filter(|shared| *shared > 0)?;
        let (numerator, denominator) = (numerator.checked_div(shared)?, denominator.checked_div(shared)?);
        if denominator < 0 {
            return Some(Exact {
                numerator: numerator.checked_neg()?,
                denominator: denominator.checked_neg()?,
            });
        }
        (denominator > 0).then_some(Exact {
            numerator,
            denominator,
        })
    }

    /// A decimal as it is.
    pub fn of(decimal: Decimal) -> Option<Exact> {
        Exact::new(decimal.mantissa(), 10i128.checked_pow(decimal.scale())?)
    }

    /// So many millionths.
    pub fn millionths(number: i128) -> Option<Exact> {
        Exact::new(number, 1_000_000)
    }

    /// A whole number.
    pub fn whole(number: u64) -> Exact {
        Exact {
            numerator: i128::from(number),
            denominator: 1,
        }
    }

    /// The sum; `None` out of range.
    pub fn plus(self, other: Exact) -> Option<Exact> {
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        Exact::new(
            left.checked_add(right)?,
            self.denominator.checked_mul(other.denominator)?,
        )
    }

    /// The difference; `None` out of range.
    pub fn minus(self, other: Exact) -> Option<Exact> {
        self.plus(Exact {
            numerator: other.numerator.checked_neg()?,
            denominator: other.denominator,
        })
    }

    /// The product; `None` out of range.
    pub fn times(self, other: Exact) -> Option<Exact> {
        // Reduced crosswise first, so that nothing leaves the range that need not.
        let a = Exact::new(self.numerator, other.denominator)?;
        let b = Exact::new(other.numerator, self.denominator)?;
        Exact::new(
            a.numerator.checked_mul(b.numerator)?,
            a.denominator.checked_mul(b.denominator)?,
        )
    }

    /// The quotient; `None` for division by nought and out of range.
    pub fn over(self, other: Exact) -> Option<Exact> {
        if other.numerator == 0 {
            return None;
        }
        self.times(Exact::new(other.denominator, other.numerator)?)
    }

    /// The smaller one.
    pub fn at_most(self, other: Exact) -> Exact {
        if self > other { other } else { self }
    }

    /// The larger one.
    pub fn at_least(self, other: Exact) -> Exact {
        if self < other { other } else { self }
    }

    /// Rounded once to `digits` decimal places by GB/T 8170 (四舍六入五成双): a remainder above one half goes up, below it
    /// down, and exactly one half to the even neighbour. `None` out of range.
    pub fn round(self, digits: u32) -> Option<Decimal> {
        let scaled = self.numerator.checked_mul(10i128.checked_pow(digits)?)?;
        let (whole, rest) = (
            scaled.checked_div(self.denominator)?,
            scaled.checked_rem(self.denominator)?,
        );
        let away = whole.checked_add(scaled.signum())?;
        let half = rest.checked_abs()?.checked_mul(2)?.cmp(&self.denominator);
        let rounded = match half {
            Ordering::Less => whole,
            Ordering::Greater => away,
            Ordering::Equal if whole % 2 == 0 => whole,
            Ordering::Equal => away,
        };
        Decimal::try_from_i128_with_scale(rounded, digits).ok()
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Exact) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Exact) -> Ordering {
        // Whole parts first, then the remainders the other way round: nothing is multiplied, so nothing can overflow.
        let (mut a, mut b) = (*self, *other);
        loop {
            let (whole_a, whole_b) = (
                a.numerator.div_euclid(a.denominator),
                b.numerator.div_euclid(b.denominator),
            );
            if whole_a != whole_b {
                return whole_a.cmp(&whole_b);
            }
            let (rest_a, rest_b) = (
                a.numerator.rem_euclid(a.denominator),
                b.numerator.rem_euclid(b.denominator),
            );
            match (rest_a, rest_b) {
                (0, 0) => return Ordering::Equal,
                (0, _) => return Ordering::Less,
                (_, 0) => return Ordering::Greater,
                _ => {}
            }
            let turned = |numerator, denominator| Exact {
                numerator,
                denominator,
            };
            (a, b) = (turned(b.denominator, rest_b), turned(a.denominator, rest_a));
        }
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

//! The event log in memory (事件日志): one column each for activity, time and holder, cut into cases, in order of time.

use crate::names::{NONE, Names, narrow, pairs, wide};

/// Rows as they are read, in any order.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Names of cases, activities and holders.
    pub(crate) names: [Names; 3],
    /// Case, activity and holder by number; a holder may be [`NONE`].
    pub(crate) codes: [Vec<u32>; 3],
    /// Microseconds since 1970, UTC.
    pub(crate) times: Vec<i64>,
}

/// A log: what was done in each case, in order of time. Rows of the same instant keep the order of the file.
#[derive(Clone, Debug, Default)]
pub struct EventLog {
    cases: Names,
    activities: Names,
    holders: Names,
    /// Where each case begins in the columns; one more at the end.
    starts: Vec<usize>,
    activity: Vec<u32>,
    time: Vec<i64>,
    holder: Vec<u32>,
    /// Cases that go on: their last row is not their end.
    open: Vec<bool>,
}

/// One case of a log.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Its number.
    pub number: u32,
    /// Activities by number.
    pub activities: &'a [u32],
    /// Instants, ascending, in microseconds since 1970, UTC.
    pub times: &'a [i64],
    /// Holders by number; [`NONE`] where none was written down.
    pub holders: &'a [u32],
    /// Whether it goes on.
    pub open: bool,
}

impl Rows {
    /// Adds a row; without a holder where there is none.
    pub fn add(&mut self, case: &str, activity: &str, time: i64, holder: Option<&str>) {
        let [cases, activities, holders] = &mut self.names;
        let case = cases.number(case.as_bytes());
        let activity = activities.number(activity.as_bytes());
        let holder = holder.map_or(NONE, |holder| holders.number(holder.as_bytes()));
        self.push(case, activity, time, holder);
    }

    pub(crate) fn push(&mut self, case: u32, activity: u32, time: i64, holder: u32) {
        let [cases, activities, holders] = &mut self.codes;
        cases.push(case);
        activities.push(activity);
        holders.push(holder);
        self.times.push(time);
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Puts the rows of `later` behind these; names that both have get one number.
    pub(crate) fn append(&mut self, later: Rows) {
        for ((names, codes), (later_names, later_codes)) in self
            .names
            .iter_mut()
            .zip(&mut self.codes)
            .zip(later.names.iter().zip(&later.codes))
        {
            let here: Vec<u32> = (0..later_names.len())
                .map(|number| names.number(later_names.name(narrow(number))))
                .collect();
            codes.extend(
                later_codes
                    .iter()
                    .map(|code| here.get(wide(*code)).copied().unwrap_or(NONE)),
            );
        }
        self.times.extend(later.times);
    }

    /// The log of these rows: cut into cases in the order in which cases are first met, each in order of time.
    pub fn into_log(self) -> EventLog {
        let Rows { names, codes, times } = self;
        let ([cases, activities, holders], [case, activity, holder]) = (names, codes);
        let mut starts = vec![0usize; cases.len() + 1];
        for code in &case {
            if let Some(n) = starts.get_mut(wide(*code) + 1) {
                *n += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut order = vec![0u32; case.len()];
        for (row, code) in case.iter().enumerate() {
            if let Some(at) = next.get_mut(wide(*code)) {
                if let Some(place) = order.get_mut(*at) {
                    *place = narrow(row);
                }
                *at += 1;
            }
        }
        let time_of = |row: u32| times.get(wide(row)).copied().unwrap_or_default();
        for (from, to) in pairs(&starts) {
            if let Some(rows) = order.get_mut(from..to)
                && !rows.is_sorted_by_key(|row| time_of(*row))
            {
                rows.sort_by_key(|row| time_of(*row));
            }
        }
        let gathered = |column: &[u32]| -> Vec<u32> {
            order
                .iter()
                .map(|row| column.get(wide(*row)).copied().unwrap_or(NONE))
                .collect()
        };
        let (activity, holder) = (gathered(&activity), gathered(&holder));
        let time = order.iter().map(|row| time_of(*row)).collect();
        let open = vec![false; cases.len()];
        EventLog {
            cases,
            activities,
            holders,
            starts,
            activity,
            time,
            holder,
            open,
        }
    }
}

impl EventLog {
    /// How many rows there are.
    pub fn events(&self) -> usize {
        self.time.len()
    }

    /// How many cases there are.
    pub fn case_count(&self) -> usize {
        self.cases.len()
    }

    /// The cases in the order in which they were first met.
    pub fn cases(&self) -> impl Iterator<Item = Case<'_>> {
        (0..self.cases.len()).map(|number| self.case(number))
    }

    fn case(&self, number: usize) -> Case<'_> {
        let from = self.starts.get(number).copied().unwrap_or_default();
        let to = self.starts.get(number + 1).copied().unwrap_or(from);
        Case {
            number: narrow(number),
            activities: self.activity.get(from..to).unwrap_or_default(),
            times: self.time.get(from..to).unwrap_or_default(),
            holders: self.holder.get(from..to).unwrap_or_default(),
            open: self.open.get(number).copied().unwrap_or_default(),
        }
    }

    /// Says that a case goes on, so that its last row is no end and its time so far no throughput time.
    pub fn goes_on(&mut self, case: &str) {
        if let Some(number) = self.cases.find(case)
            && let Some(open) = self.open.get_mut(wide(number))
        {
            *open = true;
        }
    }

    /// Names of cases.
    pub fn case_names(&self) -> &Names {
        &self.cases
    }

    /// Names of activities.
    pub fn activity_names(&self) -> &Names {
        &self.activities
    }

    /// Names of holders.
    pub fn holder_names(&self) -> &Names {
        &self.holders
    }

    /// The first and the last instant, in microseconds since 1970, UTC; `None` where there is no row.
    pub fn span(&self) -> Option<(i64, i64)> {
        Some((*self.time.iter().min()?, *self.time.iter().max()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_order_of_time_and_of_the_file_where_they_are_of_one_instant() {
        let mut rows = Rows::default();
        for (case, activity, time) in [
            ("b", "y", 5),
            ("a", "x", 9),
            ("b", "x", 1),
            ("b", "z", 5),
            ("a", "y", 9),
        ] {
            rows.add(case, activity, time, None);
        }
        let mut later = Rows::default();
        later.add("a", "z", 2, Some("h"));
        rows.append(later);
        let log = rows.into_log();
        let told: Vec<(&str, Vec<&str>)> = log
            .cases()
            .map(|case| {
                let activities = case
                    .activities
                    .iter()
                    .map(|a| log.activity_names().text(*a))
                    .collect();
                (log.case_names().text(case.number), activities)
            })
            .collect();
        assert_eq!(told, [("b", vec!["x", "y", "z"]), ("a", vec!["z", "x", "y"])]);
        assert_eq!(
            (log.span(), log.events(), log.holder_names().len()),
            (Some((1, 9)), 6, 1)
        );
    }
}

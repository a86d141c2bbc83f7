//! `bihuan mechanism burden`: minutes of filling in, by kind of post.

use std::collections::BTreeSet;

use bihuan_diagnostics::width;
use bihuan_domain::mechanism::Mechanism;
use bihuan_mechanism::burden::{Ask, Asker, Burden, Often, Who, minutes};
use bihuan_mechanism::{Loaded, Names, burden};
use bihuan_messages::{t, tf};
use serde_json::{Value, json};

use crate::term::Term;

/// Prints the burden of one mechanism, or of all by kind of post.
pub(super) fn show(loaded: &Loaded, one: Option<&Mechanism>, cases: Option<u32>, json: bool, term: &Term) {
    let found = burden::burden(&loaded.packs, cases);
    let page = Page {
        loaded,
        names: Names::of(&loaded.packs),
        term,
        cases,
    };
    match (json, one) {
        (true, one) => term.json(&page.json(&found, one)),
        (false, Some(mechanism)) => page.one(&found, mechanism),
        (false, None) => page.posts(&found),
    }
}

struct Page<'a> {
    loaded: &'a Loaded,
    names: Names,
    term: &'a Term,
    cases: Option<u32>,
}

impl Page<'_> {
    fn t(&self, key: &str) -> String {
        t(self.term.lang, key).to_owned()
    }

    fn who(&self, who: &Who) -> String {
        let unit = match who.unit.as_str() {
            "any" => t(self.term.lang, "about.burden_any_unit"),
            code => self.names.unit_kind(code, self.term.lang),
        };
        format!(
            "{unit} {}",
            self.names.post_kind(who.post.as_str(), self.term.lang)
        )
    }

    fn marked(&self, who: &Who, grass_roots: bool) -> String {
        format!("{} {}", if grass_roots { "▲" } else { " " }, self.who(who))
    }

    fn given(&self) -> Option<String> {
        let cases = self.cases?;
        Some(tf(self.term.lang, "about.burden_head_given", &[("n", &cases)]))
    }

    fn posts(&self, found: &Burden) {
        self.term.line(self.t("about.burden_posts"));
        let keys = ["post", "mechanisms", "weekly", "case_most"];
        let mut head: Vec<String> = keys
            .iter()
            .map(|key| self.t(&format!("about.burden_head_{key}")))
            .collect();
        head.extend(self.given());
        let mut rows = vec![head];
        for sum in found.posts() {
            let mut row = vec![
                self.marked(&sum.who, sum.grass_roots),
                sum.mechanisms.to_string(),
                minutes(sum.weekly),
                minutes(sum.per_case_most),
            ];
            row.extend(sum.weekly_given.map(minutes));
            rows.push(row);
        }
        self.table(&rows);
    }

    fn one(&self, found: &Burden, mechanism: &Mechanism) {
        let lang = self.term.lang;
        self.term
            .line(format!("{} {}", mechanism.number, mechanism.label.get(lang)));
        let keys = ["post", "case", "weekly", "open"];
        let mut head: Vec<String> = keys
            .iter()
            .map(|key| self.t(&format!("about.burden_head_{key}")))
            .collect();
        head.extend(self.given());
        let mut rows = vec![head];
        for row in found.rows.iter().filter(|row| row.mechanism == mechanism.id) {
            let mut cells = vec![
                self.marked(&row.who, row.grass_roots),
                minutes(row.per_case),
                minutes(row.weekly),
                minutes(row.weekly_open),
            ];
            cells.extend(row.weekly_given.map(minutes));
            rows.push(cells);
        }
        self.table(&rows);
        self.term.line("");
        self.term.line(self.t("about.burden_asked"));
        for ask in found.asks.iter().filter(|ask| ask.mechanism == mechanism.id) {
            self.ask(ask);
        }
        self.term.line("");
        self.shared(found, mechanism);
    }

    fn ask(&self, ask: &Ask) {
        let (lang, term) = (self.term.lang, self.term);
        let comma = t(lang, "about.comma");
        let who: Vec<String> = ask.who.iter().map(|who| self.who(who)).collect();
        let often = match ask.often {
            Often::Case => String::new(),
            Often::Share(num, den) => tf(lang, "about.burden_share", &[("num", &num), ("den", &den)]),
            Often::WhileOpen(n) => tf(lang, "about.burden_while_open", &[("n", &n)]),
            Often::Beside => self.t("about.burden_beside"),
        };
        term.say(
            "about.burden_ask",
            &[
                ("minutes", &minutes(ask.tenths)),
                ("label", &ask.label.get(lang)),
                ("who", &who.join(comma)),
                ("often", &often),
            ],
        );
        if !ask.data.is_empty() {
            let data: Vec<&str> = ask.data.iter().map(|(label, _)| label.get(lang)).collect();
            term.say("about.burden_ask_data", &[("data", &data.join(comma))]);
        }
        if ask.evidence > 0 {
            term.say("about.burden_ask_files", &[("n", &ask.evidence)]);
        }
    }

    /// Data of this mechanism that others ask for, too.
    fn shared(&self, found: &Burden, mechanism: &Mechanism) {
        let lang = self.term.lang;
        let own = Asker::Mechanism(mechanism.id.clone());
        let mut seen = BTreeSet::new();
        for field in &mechanism.fields {
            let Some(askers) = found
                .shared
                .get(&field.datum)
                .filter(|askers| askers.contains(&own))
            else {
                continue;
            };
            if !seen.insert(&field.datum) {
                continue;
            }
            if seen.len() == 1 {
                self.term.line(self.t("about.burden_shared"));
            }
            let others: Vec<&str> = askers
                .iter()
                .filter(|asker| **asker != own)
                .map(|asker| self.asker(asker))
                .collect();
            self.term.say(
                "about.burden_shared_row",
                &[
                    ("datum", &field.label.get(lang)),
                    ("askers", &others.join(t(lang, "about.comma"))),
                ],
            );
        }
        if seen.is_empty() {
            self.term.line(self.t("about.burden_none"));
        }
    }

    fn asker<'s>(&'s self, asker: &'s Asker) -> &'s str {
        match asker {
            Asker::Mechanism(id) => self.names.mechanism(id.as_str(), self.term.lang),
            Asker::Register(id) => {
                let register = self
                    .loaded
                    .packs
                    .iter()
                    .flat_map(|pack| &pack.registers)
                    .find(|r| r.id == *id);
                register.map_or(id.as_str(), |register| register.label.get(self.term.lang))
            }
        }
    }

    fn json(&self, found: &Burden, one: Option<&Mechanism>) -> Value {
        let wanted = |id: &bihuan_domain::id::MechanismId| one.is_none_or(|one| one.id == *id);
        let rows = found.rows.iter().filter(|row| wanted(&row.mechanism)).map(|row| {
            json!({
                "mechanism": row.mechanism, "unit_kind": row.who.unit, "post_kind": row.who.post,
                "grass_roots": row.grass_roots, "per_case": minutes(row.per_case), "weekly": minutes(row.weekly),
                "weekly_open": minutes(row.weekly_open), "weekly_given": row.weekly_given.map(minutes),
            })
        });
        let asks = found.asks.iter().filter(|ask| wanted(&ask.mechanism)).map(|ask| {
            let who: Vec<Value> = ask
                .who
                .iter()
                .map(|who| json!({ "unit_kind": who.unit, "post_kind": who.post }))
                .collect();
            json!({
                "mechanism": ask.mechanism, "label": ask.label, "who": who, "minutes": minutes(ask.tenths),
                "data": ask.data.iter().map(|(_, datum)| datum).collect::<Vec<_>>(), "evidence": ask.evidence,
                "counted": ask.often != Often::Beside,
            })
        });
        json!({ "unit": "min", "cases_a_year": self.cases, "rows": rows.collect::<Vec<_>>(), "asks": asks.collect::<Vec<_>>() })
    }

    /// Columns below each other: the first to the left, figures to the right.
    fn table(&self, rows: &[Vec<String>]) {
        let columns = rows.first().map_or(0, Vec::len);
        let wide = |n: usize| {
            rows.iter()
                .filter_map(|row| row.get(n))
                .map(|cell| width(cell))
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(wide).collect();
        for row in rows {
            let mut line = String::new();
            for (n, (cell, wide)) in row.iter().zip(&widths).enumerate() {
                let blank = " ".repeat(wide.saturating_sub(width(cell)));
                match n {
                    0 => line.push_str(&format!("{cell}{blank}")),
                    _ => line.push_str(&format!("  {blank}{cell}")),
                }
            }
            self.term.line(line.trim_end());
        }
    }
}

//! From a scheme file to the model that is computed: sources found, expressions compiled over one row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bihuan_domain::assessment::{
    Adjustment, Class, Empty, Grade, Item, Measure, Members, Of, Rule, Said, Scheme, Source, Veto,
};
use bihuan_domain::expr::{Aggregate, Expr, Over};
use bihuan_domain::id::{Code, MechanismId, PackId, RegisterId};
use bihuan_domain::mechanism::Mechanism;
use bihuan_domain::value::{Type, Value};
use rust_decimal::Decimal;

use crate::check::{Kin, unknown};
use crate::digest::digest_of_parts;
use crate::expr::{Items, Names, Ty, compile_for, each_part};
use crate::read::{Sink, Sp};
use crate::surroundings::Surroundings;
use crate::syntax::scheme::{AdjustmentAst, ClassAst, ItemAst, MeasureWord, SchemeAst, SourceAst};

/// What a scheme may look at.
pub(crate) struct Reach<'a> {
    pub(crate) raw: &'a str,
    pub(crate) around: &'a Surroundings,
    pub(crate) kin: &'a BTreeMap<String, Kin>,
    pub(crate) compiled: &'a BTreeMap<MechanismId, Arc<Mechanism>>,
}

/// Compiles a scheme. Expressions are compiled in any case, so that all their faults are reported.
pub(crate) fn scheme(ast: &SchemeAst, pack: &str, reach: &Reach<'_>, sink: &mut Sink<'_>) -> Option<Scheme> {
    let mut maker = Maker {
        reach,
        sink,
        borrowed: BTreeSet::new(),
    };
    let classes: Vec<_> = ast.classes.iter().map(|class| maker.class(class)).collect();
    let items: Vec<_> = ast.items.iter().map(|item| maker.item(item)).collect();
    let additions: Vec<_> = ast.additions.iter().map(|one| maker.adjustment(one)).collect();
    let deductions: Vec<_> = ast.deductions.iter().map(|one| maker.adjustment(one)).collect();
    let vetoes: Vec<_> = ast
        .vetoes
        .iter()
        .map(|veto| {
            Some(Veto {
                id: Code::new(veto.id.as_str()),
                label: veto.label.clone(),
                source: maker.source(&veto.source, true)?.0,
                down_to: Code::new(veto.down_to.as_ref()?.as_str()),
            })
        })
        .collect();
    let borrowed = maker.borrowed;
    if sink.has_errors() {
        return None;
    }
    let mut words = vec![reach.raw];
    words.extend(borrowed.iter().map(String::as_str));
    Some(Scheme {
        id: Code::new(ast.id.as_str()),
        number: ast.number.clone(),
        pack: PackId::new(pack),
        digest: digest_of_parts(&words),
        label: ast.label.clone(),
        purpose: ast.purpose.clone(),
        source: ast.source.clone(),
        period: ast.period.as_ref()?.value,
        full: ast.full.as_ref()?.value,
        digits: ast.digits,
        merged: ast.merged?,
        classes: classes.into_iter().collect::<Option<_>>()?,
        items: items.into_iter().collect::<Option<_>>()?,
        additions: additions.into_iter().collect::<Option<_>>()?,
        deductions: deductions.into_iter().collect::<Option<_>>()?,
        vetoes: vetoes.into_iter().collect::<Option<_>>()?,
        grades: ast
            .grades
            .iter()
            .map(|grade| Grade {
                id: Code::new(grade.id.as_str()),
                label: grade.label.clone(),
                at_least: grade.at_least.as_ref().map(|number| number.value),
                quota: grade.quota.as_ref().map(|number| number.value),
            })
            .collect(),
        ties: ast.ties.iter().map(|item| Code::new(item.as_str())).collect(),
        at_quota: ast.at_quota,
        places: ast.places,
    })
}

struct Maker<'a, 's, 'f> {
    reach: &'a Reach<'a>,
    sink: &'s mut Sink<'f>,
    /// Words of mechanisms that the scheme takes over: they enter its digest.
    borrowed: BTreeSet<String>,
}

impl Maker<'_, '_, '_> {
    fn class(&mut self, ast: &ClassAst) -> Option<Class> {
        let members = if ast.source.of.is_some() {
            Members::Rows(Box::new(self.source(&ast.source, false)?.0))
        } else {
            Members::Kinds(ast.kinds.iter().map(|kind| Code::new(kind.as_str())).collect())
        };
        Some(Class {
            id: Code::new(ast.id.as_str()),
            label: ast.label.clone(),
            members,
            plus_cap: ast.plus_cap.as_ref().map(|number| number.value),
            minus_cap: ast.minus_cap.as_ref().map(|number| number.value),
        })
    }

    fn item(&mut self, ast: &ItemAst) -> Option<Item> {
        let measure = match &ast.source.of {
            Some(_) => Some(self.measure(ast)?),
            None => None,
        };
        Some(Item {
            id: Code::new(ast.id.as_str()),
            label: ast.label.clone(),
            says: ast.says.clone().unwrap_or_else(|| ast.label.clone()),
            within: ast.within.as_ref().map(|item| Code::new(item.as_str())),
            weights: ast
                .weights
                .iter()
                .map(|(class, weight)| (Code::new(class.as_str()), weight.value))
                .collect(),
            measure,
        })
    }

    fn measure(&mut self, ast: &ItemAst) -> Option<Measure> {
        let (mut source, items) = self.source(&ast.source, true)?;
        let word = ast.measure.as_ref()?.value;
        let mut number = |maker: &mut Self, key: &'static str, text: &Option<Sp<String>>| {
            let text = text.as_ref()?;
            source.said.insert(key, text.value.clone());
            maker.row(text, &items, &[Ty::Number])
        };
        let rule = match (word, &ast.indicator) {
            (MeasureWord::Rate, Some(indicator)) => {
                let (counts, hit) = self.indicator(indicator, &mut source)?;
                source.counts = counts;
                Rule::Rate {
                    hit,
                    target: percent(ast.target.as_ref()),
                }
            }
            (MeasureWord::Rate, None) => {
                let hit = ast.hit.as_ref()?;
                source.said.insert("hit", hit.value.clone());
                Rule::Rate {
                    hit: self.row(hit, &items, &[Ty::Bool])?,
                    target: percent(ast.target.as_ref()),
                }
            }
            (MeasureWord::Mean, _) => {
                let value = number(self, "value", &ast.value)?;
                let base = match &ast.base {
                    Some(base) => {
                        source.said.insert("base", base.value.clone());
                        Some(self.row(base, &items, &[Ty::Bool])?)
                    }
                    None => None,
                };
                Rule::Mean {
                    value,
                    base,
                    out_of: ast.out_of.as_ref()?.value,
                }
            }
            (MeasureWord::Sum, _) => Rule::Sum {
                value: number(self, "value", &ast.value)?,
            },
            (MeasureWord::Loss, _) => Rule::Loss {
                points: number(self, "value", &ast.value)?,
            },
        };
        Some(Measure {
            source,
            rule,
            // A deduction of which nothing counts costs nothing.
            empty: ast.empty.as_ref().map_or(Empty::Full, |empty| empty.value),
            indicator: ast.indicator.as_ref().map(|code| Code::new(code.as_str())),
        })
    }

    fn adjustment(&mut self, ast: &AdjustmentAst) -> Option<Adjustment> {
        let (mut source, items) = self.source(&ast.source, true)?;
        let points = ast.points.as_ref()?;
        source.said.insert("points", points.value.clone());
        Some(Adjustment {
            id: Code::new(ast.id.as_str()),
            label: ast.label.clone(),
            points: self.row(points, &items, &[Ty::Number])?,
            source,
            cap: ast.cap.as_ref().map(|number| number.value),
        })
    }

    /// `M0116`, `M0159`, `M0004`: what is looked at, with the fields of one row of it.
    fn source(&mut self, ast: &SourceAst, dated: bool) -> Option<(Source, Items)> {
        let reach = self.reach;
        let missing = |key: &str, sink: &mut Sink<'_>| {
            sink.error("M0004", ast.span, |m| m.with("key", key).with("table", "of"));
        };
        let Some(named) = &ast.of else {
            missing("of", self.sink);
            return None;
        };
        let (of, items) = match named.value.split_once(':') {
            Some(("cases", id)) => {
                let id = Sp::new(named.span, id.to_owned());
                let Some(kin) = reach.kin.get(id.as_str()) else {
                    unknown(self.sink, "M0159", &id, reach.kin.keys().map(String::as_str));
                    return None;
                };
                let mut items = kin.items.clone();
                let mechanism = reach.compiled.get(&MechanismId::new(id.as_str()));
                // Only a case whose mechanism limits it as a whole has a day by which it is due.
                if mechanism.is_some_and(|mechanism| mechanism.clock.is_some()) {
                    items.insert("due_on".to_owned(), Type::Date);
                }
                (Of::Cases(MechanismId::new(id.as_str())), items)
            }
            Some(("register", id)) => {
                let id = Sp::new(named.span, id.to_owned());
                let Some(items) = reach.around.items.get(id.as_str()) else {
                    unknown(
                        self.sink,
                        "M0116",
                        &id,
                        reach.around.items.keys().map(String::as_str),
                    );
                    return None;
                };
                let mut items = items.clone();
                // Rows that steps write know their case.
                if reach.kin.values().any(|kin| kin.adds.contains(&id.value)) {
                    items.insert("case_owner".to_owned(), Type::Unit);
                    items.insert("case_opened_on".to_owned(), Type::Date);
                }
                (Of::Register(RegisterId::new(id.as_str())), items)
            }
            _ => {
                let known = ["cases:…", "register:…"];
                unknown(self.sink, "M0406", named, known.into_iter());
                return None;
            }
        };
        let mut said = Said::new();
        let mut say = |key: &'static str, text: &Sp<String>| said.insert(key, text.value.clone());
        let unit = match &ast.unit {
            Some(text) => {
                say("unit", text);
                self.unit(text, &items)
            }
            None => {
                missing("unit", self.sink);
                None
            }
        };
        let when = match &ast.when {
            Some(text) => {
                say("when", text);
                Some(self.row(text, &items, &[Ty::Date, Ty::Number])?)
            }
            None if dated => {
                missing("when", self.sink);
                return None;
            }
            None => None,
        };
        let counts = match &ast.counts {
            Some(text) => {
                say("counts", text);
                Some(self.row(text, &items, &[Ty::Bool])?)
            }
            None => None,
        };
        let source = Source {
            of,
            unit: unit?,
            when,
            counts,
            said,
        };
        Some((source, items))
    }

    /// `M0205`: the one who is scored is a unit, whatever else the row may hold.
    fn unit(&mut self, text: &Sp<String>, items: &Items) -> Option<Expr> {
        let mut silent = Sink::new("");
        let persons = [Ty::Person, Ty::Post];
        let names = Names::default();
        if compile_for(text, self.reach.raw, &names, Some(items), &persons, &mut silent).is_some() {
            self.sink
                .error("M0205", text.span, |m| m.with("found", text.as_str()));
            return None;
        }
        self.row(text, items, &[Ty::Unit])
    }

    /// An expression over one row; one that looks at a person is no part of a score (`M0205`).
    fn row(&mut self, text: &Sp<String>, items: &Items, wanted: &[Ty]) -> Option<Expr> {
        let names = Names {
            no_case: true,
            ..Names::default()
        };
        let expr = compile_for(text, self.reach.raw, &names, Some(items), wanted, self.sink)?;
        let mut person = false;
        each_part(&expr, &mut |part, _| {
            if let Expr::Item(field) | Expr::ItemHas(field) = part {
                person |= matches!(items.get(field.as_str()), Some(Type::Person));
            }
        });
        if person {
            self.sink
                .error("M0205", text.span, |m| m.with("found", text.as_str()));
            return None;
        }
        Some(expr)
    }

    /// `M0405`, `M0407`: an indicator of the mechanism, taken apart into what counts and what is a hit.
    fn indicator(&mut self, named: &Sp<String>, source: &mut Source) -> Option<(Option<Expr>, Expr)> {
        let Of::Cases(mechanism) = &source.of else {
            self.sink
                .error("M0407", named.span, |m| m.with("indicator", named.as_str()));
            return None;
        };
        // A mechanism that has faults of its own is reported there.
        let mechanism = self.reach.compiled.get(mechanism)?;
        let found = mechanism
            .indicators
            .iter()
            .find(|one| one.id.as_str() == named.value);
        let Some(indicator) = found else {
            let known = mechanism.indicators.iter().map(|one| one.id.as_str());
            unknown(self.sink, "M0405", named, known);
            return None;
        };
        let base = indicator.base.as_ref().zip(indicator.base_text.as_deref());
        let parts = base.and_then(|(base, text)| {
            let hit = filter_of(&indicator.value, &indicator.value_text)?;
            Some((filter_of(base, text)?, hit))
        });
        let Some(((counts, counts_text), (hit, hit_text))) = parts else {
            self.sink
                .error("M0407", named.span, |m| m.with("indicator", named.as_str()));
            return None;
        };
        self.borrowed
            .insert(format!("{} {hit_text} {counts_text}", named.value));
        if !counts_text.is_empty() {
            source.said.insert("counts", counts_text);
        }
        source.said.insert(
            "hit",
            if hit_text.is_empty() {
                "true".to_owned()
            } else {
                hit_text
            },
        );
        let all = || Expr::Constant(Value::Bool(true));
        Some((counts, hit.unwrap_or_else(all)))
    }
}

/// The condition of `count(cases, …)`, and its words; `None` for any other expression.
fn filter_of(expr: &Expr, text: &str) -> Option<(Option<Expr>, String)> {
    let Expr::Aggregate {
        kind: Aggregate::Count,
        over: Over::Cases,
        filter,
        of: None,
    } = expr
    else {
        return None;
    };
    let inner = text
        .trim()
        .strip_prefix("count(cases")?
        .trim_end()
        .strip_suffix(')')?;
    let words = inner.trim_start().strip_prefix(',').unwrap_or("").trim();
    Some((filter.as_deref().cloned(), words.to_owned()))
}

fn percent(target: Option<&Sp<Decimal>>) -> Decimal {
    target.map_or(Decimal::ONE_HUNDRED, |target| target.value)
}

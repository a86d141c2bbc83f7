//! The papers of a result: the notice of grades (等次通知) and the decision on commendation (表彰决定), in the form of
//! GB/T 9704, from the announced rows and the awards that were entered under their quotas.
//!
//! Both are drafts until the day of announcement stands in the matter of the year. No scores are printed: a notice
//! names grades, and whoever wants the points has his own sheet.

use std::collections::BTreeMap;

use bihuan_domain::assessment::{Scheme, Span};
use bihuan_domain::expr::Row;
use bihuan_domain::id::{Code, FieldId, RegisterId, UnitId};
use bihuan_domain::mechanism::RegisterSpec;
use bihuan_domain::value::Value;
use bihuan_domain::world::World;
use bihuan_messages::{Label, Lang, t, tf};
use bihuan_report::official::{Block, Document, Level};
use jiff::civil::Date;

use super::course::{Announced, Course};
use crate::error::{Error, Failure};
use crate::export::unrendered;
use crate::mechanisms::Mechanisms;
use crate::views::Views;

/// Which paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// The notice of grades (等次评定结果通知).
    Grades,
    /// The decision on commendation (表彰决定).
    Commendation,
}

/// What the papers are made from.
pub struct Papers<'a> {
    /// Where texts are unsealed.
    pub views: &'a Views,
    /// The jurisdiction.
    pub world: &'a World,
    /// Definitions in force.
    pub mechanisms: &'a Mechanisms,
    /// The scheme.
    pub scheme: &'a Scheme,
    /// The period.
    pub span: &'a Span,
    /// How the assessment stands.
    pub course: &'a Course,
    /// The day on which it is looked at: who serves as the office.
    pub today: Date,
    /// The language.
    pub lang: Lang,
}

impl Papers<'_> {
    /// A paper; `None` where nothing is announced, or the matter of the year keeps no awards.
    ///
    /// # Errors
    ///
    /// If the log cannot be read.
    pub fn paper(&self, paper: Paper) -> Result<Option<Document>, Error> {
        if self.course.announced.is_empty() {
            return Ok(None);
        }
        match paper {
            Paper::Grades => self.grades().map(Some),
            Paper::Commendation => self.commendation(),
        }
    }

    fn grades(&self) -> Result<Document, Error> {
        let office = self.office();
        let mut body = vec![Block::paragraph(
            self.say("n_grades_intro", &[("scheme", &self.scheme.label.get(self.lang))]),
        )];
        for class in &self.scheme.classes {
            let of_class: Vec<&Announced> = self
                .course
                .announced
                .values()
                .filter(|one| one.class == class.id)
                .collect();
            if of_class.is_empty() {
                continue;
            }
            body.push(Block::heading(Level::First, class.label.get(self.lang)));
            for grade in &self.scheme.grades {
                let with = of_class
                    .iter()
                    .filter(|one| one.grade.as_ref() == Some(&grade.id));
                body.extend(self.listed(grade.label.get(self.lang), with.map(|one| &one.unit)));
            }
            let without = of_class.iter().filter(|one| one.grade.is_none());
            body.extend(self.listed(t(self.lang, "assess.n_no_grade"), without.map(|one| &one.unit)));
        }
        body.push(Block::paragraph(self.say("n_grades_end", &[("office", &office)])));
        let entries = self.course.announced.values().filter_map(|one| one.entries).max();
        let register = self.course.register.as_ref().map(|register| &register.label);
        let provenance = self.say(
            "n_provenance",
            &[
                ("entries", &entries.unwrap_or_default()),
                ("definition", &short(self.scheme.digest.as_str())),
                ("register", &register.map_or("", |label| label.get(self.lang))),
            ],
        );
        let title = self.say("n_grades_title", &[("office", &office)]);
        self.document(office, title, "notice", body, Some(provenance))
    }

    fn commendation(&self) -> Result<Option<Document>, Error> {
        let Some((register, awards)) = self.awards() else {
            return Ok(None);
        };
        let place = self.world.name.get(self.lang).to_owned();
        let mut body = vec![Block::paragraph(self.say("n_award_intro", &[]))];
        let kinds = register.fields.iter().find(|field| field.id.as_str() == KIND);
        let mut any = false;
        for (kind, label) in kinds.iter().flat_map(|field| &field.choices) {
            let Some(rows) = awards.get(kind) else { continue };
            let mut names = Vec::new();
            for row in rows {
                names.extend(self.text(row, &register.title)?);
            }
            any = true;
            let args: [(&str, &dyn std::fmt::Display); 2] =
                [("label", &label.get(self.lang)), ("n", &names.len())];
            body.push(Block::heading(Level::First, self.say("n_award_class", &args)));
            body.push(Block::paragraph(self.sentence(&names)));
        }
        if !any {
            body.push(Block::paragraph(self.say("n_award_none", &[])));
        }
        body.push(Block::paragraph(self.say("n_award_end", &[])));
        let authority = self.say("n_authority", &[("place", &place)]);
        let title = self.say("n_award_title", &[("authority", &authority)]);
        self.document(authority, title, "decision", body, None).map(Some)
    }

    /// `优秀（2个）：甲、乙。`; nothing where there are none.
    fn listed<'u>(&self, label: &str, units: impl Iterator<Item = &'u UnitId>) -> Option<Block> {
        let names: Vec<String> = units.map(|unit| self.unit(unit)).collect();
        let names = (!names.is_empty()).then_some(names)?;
        Some(Block::paragraph(self.say(
            "n_grade_line",
            &[
                ("grade", &label),
                ("n", &names.len()),
                ("units", &self.sentence(&names)),
            ],
        )))
    }

    fn sentence(&self, names: &[String]) -> String {
        let joined = names.join(t(self.lang, "web.list_comma"));
        format!("{joined}{}", t(self.lang, "assess.n_stop"))
    }

    /// The awards of the year's matter by kind, with the register that keeps them.
    fn awards(&self) -> Option<(&RegisterSpec, BTreeMap<Code, Vec<&Row>>)> {
        let whole = self.course.whole.as_ref()?;
        let mechanism = self.mechanisms.current(&whole.mechanism.id)?;
        let steps = mechanism.stages.iter().flat_map(|stage| &stage.steps);
        let registers: Vec<RegisterId> = steps.filter_map(|step| step.adds.clone()).collect();
        let register = registers.iter().find_map(|register| {
            let spec = self.mechanisms.register(register)?;
            spec.fields
                .iter()
                .any(|field| field.id.as_str() == KIND)
                .then_some(spec)
        })?;
        let mut awards: BTreeMap<Code, Vec<&Row>> = BTreeMap::new();
        for (_, row) in self.world.registers.rows_of_case(&register.id, whole.id) {
            if let Some(Value::Code(kind)) = row.get(&FieldId::new(KIND)) {
                awards.entry(kind.clone()).or_default().push(row);
            }
        }
        Some((register, awards))
    }

    fn document(
        &self,
        authority: String,
        title: String,
        number: &str,
        body: Vec<Block>,
        provenance: Option<String>,
    ) -> Result<Document, Error> {
        let values = self.course.whole.as_ref().map(|whole| &whole.values);
        let number = match values.and_then(|values| values.get(&FieldId::new(number))) {
            Some(Value::Sealed(sealed)) => self.views.unseal(sealed)?,
            _ => None,
        };
        let on = self.course.announced_on();
        Ok(Document {
            issuer: tf(self.lang, "report.b_head", &[("office", &authority)]),
            number,
            title,
            addressee: self.say("n_addressee", &[]),
            body,
            signature: authority,
            date: on,
            draft: on.is_none(),
            provenance,
            ..Document::default()
        })
    }

    fn office(&self) -> String {
        let keeper = self
            .course
            .register
            .as_ref()
            .and_then(|register| register.keeper.as_ref());
        let office = keeper.and_then(|keeper| self.world.org.with_function(keeper, self.today).next());
        let name = office.map_or_else(Label::default, |office| office.name.clone());
        let (name, place) = (name.get(self.lang), self.world.name.get(self.lang));
        // “县目标责任考核办公室” stands for the county's own.
        let own = name.strip_prefix(t(self.lang, "assess.n_county")).unwrap_or(name);
        if name.starts_with(place) || self.lang == Lang::En {
            return name.to_owned();
        }
        format!("{place}{own}")
    }

    fn unit(&self, unit: &UnitId) -> String {
        let known = self.world.org.units.get(unit);
        known.map_or_else(|| unit.to_string(), |unit| unit.name.get(self.lang).to_owned())
    }

    fn text(&self, row: &Row, field: &FieldId) -> Result<Option<String>, Error> {
        match row.get(field) {
            Some(Value::Sealed(sealed)) => self.views.unseal(sealed),
            _ => Ok(None),
        }
    }

    fn say(&self, key: &str, values: &[(&str, &dyn std::fmt::Display)]) -> String {
        let mut all: Vec<(&str, &dyn std::fmt::Display)> = vec![("period", &self.span.name)];
        all.extend_from_slice(values);
        tf(self.lang, &format!("assess.{key}"), &all)
    }
}

/// Enough of a digest to tell two definitions apart in print.
fn short(digest: &str) -> String {
    let digits = digest.split_once(':').map_or(digest, |(_, digits)| digits);
    digits.chars().take(12).collect()
}

/// The field of an award's row that names its class.
const KIND: &str = "kind";

/// A paper as DOCX in the form of GB/T 9704.
///
/// # Errors
///
/// [`Failure::Refused`] if the file cannot be written; says why.
pub fn paper_docx(document: &Document, lang: Lang) -> Result<Vec<u8>, Failure> {
    bihuan_report::docx::render(document, lang).map_err(unrendered)
}

/// A paper as a page, without the page around it.
pub fn paper_html(document: &Document, lang: Lang) -> String {
    bihuan_report::html::render(document, lang)
}

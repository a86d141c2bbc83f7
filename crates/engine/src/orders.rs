//! Orders that print (交办单、催办通知、督办通知): what a unit is handed on paper, from the case as it stands. A unit
//! without accounts works by them, and sends the slip at their end back.
//!
//! An order says nothing that the case does not: who answers, until when and by which rule, how it is verified. Printing one
//! changes nothing; signature and seal are the office's.

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::{ClockState, State};
use bihuan_domain::clock::{due, moment_label};
use bihuan_domain::event::CaseEvent;
use bihuan_domain::mechanism::{Field, Mechanism};
use bihuan_domain::value::{RowRef, Value};
use bihuan_domain::world::World;
use bihuan_messages::{Lang, t, tf};
use bihuan_report::official::{Align, Block, Document, Level, PrintedBy, Span, Table, TableColumn};
use jiff::Timestamp;

use crate::bulletin::settings::office_name;
use crate::error::{Error, Failure};
use crate::export::{Teller, unrendered};
use crate::unmask::is_masked;
use crate::views::{CaseView, Views};

/// Which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The matter is handed over (交办单).
    Handing,
    /// It is recalled to mind before its time is up (催办通知).
    Urging,
    /// It is late, and the office supervises it (督办通知).
    Supervising,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 3] = [Kind::Handing, Kind::Urging, Kind::Supervising];

    /// Its short name in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Handing => "handing",
            Kind::Urging => "urging",
            Kind::Supervising => "supervising",
        }
    }

    /// The kind of this short name.
    pub fn named(code: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether it can be said of a case: nothing is urged that is done, and nothing called late that is not.
    pub fn fits(self, state: &State) -> bool {
        match self {
            Kind::Handing => true,
            Kind::Urging => state.is_open() && !is_late(state),
            Kind::Supervising => state.is_open() && is_late(state),
        }
    }

    /// Its name for people.
    pub fn label(self, lang: Lang) -> &'static str {
        t(lang, &format!("report.o_{}", self.code()))
    }
}

fn is_late(state: &State) -> bool {
    bound(state).is_some_and(|(_, clock)| clock.breached)
}

/// The clock that binds the owner, and its key: one that is breached, else that of the whole case, else that of the stage. The
/// stage's binds him only while it is his move: he is not called late for what a verifier or a leader has on his desk.
fn bound(state: &State) -> Option<(&'static str, &ClockState)> {
    let stage = state.clock("stage").filter(|_| state.holder.unit == state.owner);
    let case = state.clock("case");
    let clocks = [("case", case), ("stage", stage)];
    let mut running = clocks.into_iter().filter_map(|(key, clock)| Some((key, clock?)));
    let breached = running.clone().find(|(_, clock)| clock.breached);
    breached.or_else(|| running.next())
}

/// What an order is made from.
pub struct Matter<'a> {
    /// The read models.
    pub views: &'a Views,
    /// Org and settings.
    pub world: &'a World,
    /// The case.
    pub case: &'a CaseView,
    /// The definition under which it runs.
    pub mechanism: &'a Mechanism,
    /// As of when.
    pub now: Timestamp,
    /// The language.
    pub lang: Lang,
}

/// The order as an official document.
///
/// # Errors
///
/// If the read models cannot be read.
pub fn compose(matter: &Matter<'_>, kind: Kind) -> Result<Document, Error> {
    let (lang, state) = (matter.lang, &matter.case.state);
    let text = |key: &str| t(lang, &format!("report.{key}")).to_owned();
    let teller = matter.teller();
    let mut body = vec![Block::paragraph(matter.opening(kind)), matter.facts(&teller)?];
    if kind == Kind::Supervising {
        body.extend(matter.ladder(&teller));
    }
    body.push(Block::heading(Level::First, text("o_what_is_asked")));
    for point in matter.points(kind) {
        body.push(Block::paragraph(point));
    }
    body.push(Block::heading(Level::First, text("o_slip")));
    body.push(Block::paragraph(text("o_slip_lead")));
    body.push(slip(lang));
    let day = date_of(matter.now);
    let office = office_name(matter.world).get(lang).to_owned();
    Ok(Document {
        issuer: tf(
            lang,
            "report.o_head",
            &[("office", &office), ("kind", &kind.label(lang))],
        ),
        number: state.number.as_ref().map(|number| number.text.clone()),
        urgency: (kind == Kind::Supervising).then(|| text("o_urgent")),
        title: tf(
            lang,
            "report.o_title",
            &[("kind", &kind.label(lang)), ("title", &matter.title())],
        ),
        addressee: teller.unit(&state.owner),
        body,
        signature: office.clone(),
        date: Some(day),
        copies_to: state.supporting.iter().map(|unit| teller.unit(unit)).collect(),
        printed_by: Some(PrintedBy { office, date: day }),
        provenance: Some(tf(
            lang,
            "report.o_provenance",
            &[
                ("case", &state.id),
                ("seq", &state.seq),
                ("at", &moment_label(matter.now).get(lang)),
            ],
        )),
        ..Document::default()
    })
}

/// An order as DOCX.
///
/// # Errors
///
/// [`Failure::Refused`] if the file cannot be written; says why.
pub fn docx(document: &Document, lang: Lang) -> Result<Vec<u8>, Failure> {
    bihuan_report::docx::render(document, lang).map_err(unrendered)
}

impl Matter<'_> {
    fn teller(&self) -> Teller<'_> {
        Teller::new(self.views, self.world, self.lang)
    }

    /// The title, unless it is masked or gone.
    fn title(&self) -> String {
        let field = self.mechanism.field(&self.mechanism.title);
        let hidden = field.is_some_and(|field| field.sensitive || field.sealed_to.is_some());
        let title = self.case.title.clone().filter(|_| !hidden);
        title.unwrap_or_else(|| t(self.lang, "report.b_title_withheld").to_owned())
    }

    fn opening(&self, kind: Kind) -> String {
        let state = &self.case.state;
        let due = bound(state).map(|(_, clock)| moment_label(clock.due).get(self.lang).to_owned());
        let due = due.unwrap_or_else(|| t(self.lang, "report.o_no_due").to_owned());
        let stage = self.mechanism.stage(&state.stage);
        let stage = stage.map_or(state.stage.as_str(), |stage| stage.label.get(self.lang));
        tf(
            self.lang,
            &format!("report.o_{}_opening", kind.code()),
            &[
                ("title", &self.title()),
                ("mechanism", &self.mechanism.label.get(self.lang)),
                ("due", &due),
                ("stage", &stage),
                ("holder", &self.teller().post(&state.holder.post)),
            ],
        )
    }

    /// The matter, who answers for it, until when and by which rule, and what the case says of it.
    fn facts(&self, teller: &Teller<'_>) -> Result<Block, Error> {
        let (lang, state) = (self.lang, &self.case.state);
        let text = |key: &str| t(lang, &format!("report.{key}")).to_owned();
        let mut rows = vec![(text("c_title"), self.title())];
        if let Some(number) = &state.number {
            rows.push((text("c_number"), number.text.clone()));
        }
        rows.push((text("c_owner"), teller.unit(&state.owner)));
        if !state.supporting.is_empty() {
            let units: Vec<String> = state.supporting.iter().map(|unit| teller.unit(unit)).collect();
            rows.push((text("x_supporting"), units.join(&text("b_enumeration"))));
        }
        if let Some(due) = self.due() {
            rows.push((text("c_due"), due));
        }
        if let Some(quote) = &state.source.quote
            && let Some(words) = self.views.unseal(quote)?
        {
            rows.push((text("o_words"), words));
        }
        let own = |field: &&Field| field.id != self.mechanism.title && field.sealed_to.is_none();
        for field in self.mechanism.fields.iter().filter(own) {
            if let Some(value) = state.values.get(&field.id) {
                let words = match value {
                    // Paper lies about: who must know is told where it can be looked at.
                    _ if field.sensitive => text("o_withheld"),
                    Value::Row(row) => self.row_title(teller, row)?,
                    _ => teller.told(field, value)?,
                };
                rows.push((field.label.get(lang).to_owned(), words));
            }
        }
        Ok(Block::Table(pairs(lang, rows)))
    }

    /// What a row is called, unless that is masked; its code then.
    fn row_title(&self, teller: &Teller<'_>, row: &RowRef) -> Result<String, Error> {
        let spec = self.mechanism.registers.get(&row.register);
        let named = spec
            .and_then(|spec| spec.fields.iter().find(|field| field.id == spec.title))
            .filter(|field| !is_masked(field));
        let mut rows = self.world.registers.rows(&row.register);
        let values = rows.find(|(id, _)| **id == row.row).map(|(_, values)| values);
        let value = values.and_then(|values| Some((named?, values.get(&named?.id)?)));
        match value {
            Some((field, value)) => teller.told(field, value),
            None => Ok(row.row.to_string()),
        }
    }

    /// When the case is due, and how that came about.
    fn due(&self) -> Option<String> {
        let (_, clock) = bound(&self.case.state)?;
        let when = moment_label(clock.due).get(self.lang).to_owned();
        let derived = due(
            &clock.rule,
            clock.start,
            &clock.counted_pauses(),
            &self.world.calendars,
        );
        let why: Vec<String> = match derived {
            Ok(derived) => derived
                .derivation
                .lines()
                .iter()
                .map(|line| line.text(self.lang))
                .collect(),
            Err(_) => Vec::new(),
        };
        Some(if why.is_empty() {
            when
        } else {
            tf(
                self.lang,
                "report.o_due_why",
                &[
                    ("when", &when),
                    ("why", &why.join(t(self.lang, "report.o_why_join"))),
                ],
            )
        })
    }

    /// Who was told since the case is late.
    fn ladder(&self, teller: &Teller<'_>) -> Vec<Block> {
        let lang = self.lang;
        let late = bound(&self.case.state).map(|(key, _)| key);
        let told = self.case.timeline.iter().filter_map(|entry| match &entry.event {
            CaseEvent::Escalated(rung) if late == Some(rung.clock.as_str()) => Some((rung, entry.at)),
            _ => None,
        });
        let rows: Vec<_> = told
            .map(|(rung, at)| {
                [
                    moment_label(at).get(lang).to_owned(),
                    teller.post(&rung.to.post),
                    moment_label(rung.until).get(lang).to_owned(),
                ]
                .map(|text| vec![Span::plain(text)])
                .to_vec()
            })
            .collect();
        if rows.is_empty() {
            return Vec::new();
        }
        let columns = [("o_told_at", 30), ("o_told", 40), ("o_until", 30)];
        vec![
            Block::heading(Level::First, t(lang, "report.o_ladder")),
            Block::Table(Table {
                columns: columns
                    .map(|(key, width)| column(lang, &format!("report.{key}"), width))
                    .to_vec(),
                rows,
                ..Table::default()
            }),
        ]
    }

    fn points(&self, kind: Kind) -> Vec<String> {
        let lang = self.lang;
        let ways: Vec<&str> = match kind {
            Kind::Handing => vec!["o_point_accept", "o_point_verified", "o_point_return"],
            Kind::Urging => vec!["o_point_progress", "o_point_extend", "o_point_verified"],
            Kind::Supervising => vec!["o_point_cause", "o_point_reported", "o_point_verified"],
        };
        let numbered = ways.into_iter().enumerate();
        numbered
            .map(|(n, key)| {
                let point = t(lang, &format!("report.{key}"));
                tf(
                    lang,
                    "report.o_point",
                    &[("n", &n.saturating_add(1)), ("point", &point)],
                )
            })
            .collect()
    }
}

/// A table of two columns: what, and how it is.
fn pairs(lang: Lang, rows: Vec<(String, String)>) -> Table {
    let cells = |(name, value): (String, String)| vec![vec![Span::bold(name)], vec![Span::plain(value)]];
    Table {
        columns: vec![
            column(lang, "report.o_item", 24),
            column(lang, "report.o_content", 76),
        ],
        rows: rows.into_iter().map(cells).collect(),
        ..Table::default()
    }
}

/// What comes back on paper: received, by whom, what was done.
fn slip(lang: Lang) -> Block {
    let rows = [
        "o_slip_received",
        "o_slip_handler",
        "o_slip_done",
        "o_slip_sealed",
    ];
    // Room to write by hand.
    let blank = "\n".to_owned();
    let rows = rows.map(|key| (t(lang, &format!("report.{key}")).to_owned(), blank.clone()));
    Block::Table(pairs(lang, rows.to_vec()))
}

fn column(lang: Lang, key: &str, width: u32) -> TableColumn {
    TableColumn {
        width,
        ..TableColumn::new(t(lang, key), Align::Left)
    }
}

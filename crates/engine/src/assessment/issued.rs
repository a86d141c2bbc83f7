//! Papers as they went out: the notice of grades and the decision on commendation are kept by hash when they are issued, in
//! both languages, and can be made again from the rows of the log that they name.
//!
//! What was issued stays as it is. Where rows change afterwards, the paper is issued again and both are kept.

use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use bihuan_domain::assessment::{Scheme, Span};
use bihuan_domain::calendar::date_of;
use bihuan_domain::case::keeps;
use bihuan_domain::event::{PaperIssued, WorldEvent};
use bihuan_domain::id::{Code, Digest};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::Attachment;
use bihuan_domain::verification::Beacon;
use bihuan_domain::world::World;
use bihuan_ledger::{BlobId, canonical_of};
use bihuan_messages::Lang;
use bihuan_report::official::Document;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::change::refusal;
use super::course::Course;
use super::notice::{Paper, Papers, paper_docx};
use super::run::{at_one_size, scheme_named};
use super::told::Told;
use crate::engine::Engine;
use crate::error::{Error, Failure};
use crate::mechanisms::Mechanisms;
use crate::views::Views;
use crate::writer::WorldChange;

/// One paper at a time in this process, so that none goes out twice.
static ISSUING: Mutex<()> = Mutex::new(());

/// A paper as it went out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    zh: Document,
    en: Document,
}

/// What a recomputation of an issued paper found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PaperRecheck {
    /// Log entries from whose rows it was made.
    pub size: u64,
    /// Whether the log of that size has the root that the paper names.
    pub root_holds: bool,
    /// Whether the kept file is the one that the log names.
    pub file_holds: bool,
    /// Whether those rows give the same paper, letter by letter.
    pub rows_hold: bool,
}

impl PaperRecheck {
    /// Whether everything agrees.
    pub fn holds(&self) -> bool {
        self.root_holds && self.file_holds && self.rows_hold
    }
}

impl Issued {
    /// The document in a language.
    pub fn document(&self, lang: Lang) -> &Document {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }

    fn bytes(&self) -> Result<Vec<u8>, Error> {
        Ok(canonical_of(self)?.into_bytes())
    }

    /// A paper as the rows of this moment give it; `None` where nothing is announced or nothing awarded.
    ///
    /// # Errors
    ///
    /// If the log cannot be read.
    pub fn of_rows(papers: &Papers<'_>, paper: Paper) -> Result<Option<Issued>, Error> {
        let said = |lang| Papers { lang, ..*papers }.paper(paper);
        Ok(said(Lang::Zh)?
            .zip(said(Lang::En)?)
            .map(|(zh, en)| Issued { zh, en }))
    }

    /// A paper as it went out; `None` where its file was erased.
    ///
    /// # Errors
    ///
    /// A file that is missing, or not the one that the log names.
    pub fn load(views: &Views, event: &PaperIssued) -> Result<Option<Issued>, Failure> {
        let Some(bytes) = views.log().blob(&BlobId::from_str(event.file.blob.as_str())?)? else {
            return Ok(None);
        };
        if bihuan_ledger::Digest::of(&bytes).to_string() != event.content.as_str() {
            return Err(refusal("assess.paper_changed", &[("paper", event.paper.as_str())]).into());
        }
        Ok(Some(serde_json::from_slice(&bytes).map_err(Error::from)?))
    }
}

impl Paper {
    /// Every paper.
    pub const ALL: [Paper; 2] = [Paper::Grades, Paper::Commendation];

    /// Its name in addresses and events.
    pub fn code(self) -> &'static str {
        match self {
            Paper::Grades => "grades",
            Paper::Commendation => "commendation",
        }
    }

    /// The paper of this name.
    pub fn named(code: &str) -> Option<Paper> {
        Paper::ALL.into_iter().find(|paper| paper.code() == code)
    }
}

/// The issues of a paper, oldest first.
pub fn issues<'w>(
    world: &'w World,
    scheme: &'w Scheme,
    span: &'w Span,
    paper: Paper,
) -> impl DoubleEndedIterator<Item = &'w (PaperIssued, Actor, jiff::Timestamp)> {
    world.papers.iter().filter(move |(event, _, _)| {
        event.paper.as_str() == paper.code()
            && event.scheme == scheme.id
            && event.period.as_str() == span.name
    })
}

/// Issues a paper as the rows give it: from now on it is what was said.
///
/// # Errors
///
/// [`Failure::Refused`] for anyone but who keeps the result, before the day of announcement stands in the matter of the
/// period, and where the same paper has gone out already.
pub fn issue(
    engine: &Engine,
    actor: &Actor,
    key: &str,
    scheme: &Arc<Scheme>,
    span: &Span,
    paper: Paper,
) -> Result<(), Failure> {
    if !bihuan_ledger::is_name(key) {
        return Err(Refusal::new("bad_key").into());
    }
    let _one = ISSUING.lock().unwrap_or_else(PoisonError::into_inner);
    let (today, mechanisms) = (date_of(engine.now()), engine.mechanisms());
    let done = |views: &Views| {
        Ok::<_, Error>(
            views
                .log()
                .command_answer(&format!("{}/{key}", actor.person))?
                .is_some(),
        )
    };
    let made = at_one_size(engine, |views, world, head| {
        if done(views)? {
            return Ok(None);
        }
        let course = Course::of(views, world, &mechanisms, scheme, span)?;
        let register = course.register.as_ref();
        let register = register.ok_or_else(|| refusal("assess.not_announced", &[("period", &span.name)]))?;
        keeps(world, today, actor, register)?;
        let papers = Papers {
            views,
            world,
            mechanisms: &mechanisms,
            scheme,
            span,
            course: &course,
            today,
            lang: Lang::Zh,
        };
        let issued = Issued::of_rows(&papers, paper)?.filter(|issued| !issued.zh.draft);
        let issued = issued.ok_or_else(|| refusal("assess.not_announced", &[("period", &span.name)]))?;
        let bytes = issued.bytes()?;
        let content = bihuan_ledger::Digest::of(&bytes).to_string();
        let last = issues(world, scheme, span, paper).next_back();
        if last.is_some_and(|(last, _, _)| last.content.as_str() == content) {
            return Err(refusal("assess.paper_same", &[("hash", &content)]).into());
        }
        let log = Beacon {
            size: head.size,
            root: head.root.hex(),
        };
        Ok(Some((bytes, content, log)))
    })?;
    let Some((bytes, content, log)) = made else {
        return Ok(());
    };
    let file = engine.stage(&bytes)?;
    let subject = format!("paper/{}", scheme.id);
    let (name, sealed) = Engine::seal(&format!("{}-{}-{}.json", scheme.id, span.name, paper.code()))?;
    let event = PaperIssued {
        paper: Code::new(paper.code()),
        scheme: scheme.id.clone(),
        period: Code::new(span.name.as_str()),
        log,
        content: Digest::new(content),
        file: Attachment {
            blob: Digest::new(file.id().to_string()),
            name,
            media: Code::new("application/json"),
            bytes: file.bytes(),
        },
    };
    let change = WorldChange {
        event: WorldEvent::PaperIssued(event),
        texts: vec![(subject.clone(), sealed)],
        files: vec![(subject, file)],
    };
    engine.change(actor, key, vec![change])?;
    Ok(())
}

/// Makes an issued paper again from the entries of the log that it names, and compares.
///
/// # Errors
///
/// A log that cannot be read; a refusal where the kept file was erased.
pub fn recheck(engine: &Engine, event: &PaperIssued, on: Date) -> Result<PaperRecheck, Failure> {
    let views = engine.views()?;
    let log = views.log();
    let size = event.log.size;
    let bytes = log.blob(&BlobId::from_str(event.file.blob.as_str())?)?;
    let bytes = bytes.ok_or_else(|| refusal("assess.paper_erased", &[("paper", event.paper.as_str())]))?;
    let world = Told::of_world(log, size, None)?.world;
    let mechanisms = Mechanisms::default().adopt(&world.packs, &world.calendars)?;
    let scheme = scheme_named(&mechanisms, Some(event.scheme.as_str()))?;
    let span = super::run::period_of(&scheme, Some(event.period.as_str()), engine.now())?;
    let course = Course::at(&views, &world, &mechanisms, &scheme, &span, size)?;
    let papers = Papers {
        views: &views,
        world: &world,
        mechanisms: &mechanisms,
        scheme: &scheme,
        span: &span,
        course: &course,
        today: on,
        lang: Lang::Zh,
    };
    let again = match Paper::named(event.paper.as_str()) {
        Some(paper) => Issued::of_rows(&papers, paper)?,
        None => None,
    };
    Ok(PaperRecheck {
        size,
        root_holds: log.root_at(size).is_ok_and(|root| root.hex() == event.log.root),
        file_holds: bihuan_ledger::Digest::of(&bytes).to_string() == event.content.as_str(),
        rows_hold: again
            .map(|again| again.bytes())
            .transpose()?
            .is_some_and(|again| again == bytes),
    })
}

/// The issued paper whose kept file, or whose document, these bytes are, by its place among those of the world.
///
/// # Errors
///
/// If a kept file is missing or damaged.
pub fn paper_of_file(engine: &Engine, bytes: &[u8]) -> Result<Option<usize>, Failure> {
    let (world, views) = (engine.world(), engine.views()?);
    let given = bihuan_ledger::Digest::of(bytes).to_string();
    for (place, (event, _, _)) in world.papers.iter().enumerate() {
        if event.content.as_str() == given {
            return Ok(Some(place));
        }
        let Some(issued) = Issued::load(&views, event)? else {
            continue;
        };
        for lang in [Lang::Zh, Lang::En] {
            if paper_docx(issued.document(lang), lang)? == bytes {
                return Ok(Some(place));
            }
        }
    }
    Ok(None)
}

//! What is kept of a bulletin: its figures, the names and titles as they stood, and its wording in both languages.
//!
//! It is made once, at drafting, stored as a file beside the log and never made again: what was signed is what is shown.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use bihuan_domain::id::{BulletinId, CaseId, PostId, Sealed, UnitId};
use bihuan_domain::world::{Bulletin, World};
use bihuan_ledger::{BlobId, Reader, canonical_of};
use bihuan_messages::{Label, Lang};
use bihuan_report::official::Document;
use serde::{Deserialize, Serialize};

use super::figures::{FIGURES, Figures, LateItem, RATES, definition, name};
use crate::error::Error;
use crate::mechanisms::Mechanisms;
use crate::views::Views;

/// The version of the content's form.
const FORMAT: u32 = 1;

/// A bulletin as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Version of this form.
    pub format: u32,
    /// The bulletin.
    pub bulletin: BulletinId,
    /// Its number as printed.
    pub number: String,
    /// The figures: all that a recomputation compares.
    pub figures: Figures,
    /// What each figure counts, as it was defined then.
    pub definitions: BTreeMap<String, Definition>,
    /// Titles and reasons by their seal, as they could be read then. A title that is sensitive is not among them.
    pub texts: BTreeMap<String, String>,
    /// Names of units (`unit/…`), posts (`post/…`) and mechanisms (`mechanism/…`) as they were then.
    pub names: BTreeMap<String, Label>,
    /// Late matters whose reason is word for word what the last bulletin printed, though it was given anew.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub same_words: BTreeSet<CaseId>,
    /// The wording.
    pub documents: Documents,
}

/// A figure's name and definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// What it is called.
    pub name: Label,
    /// What it counts.
    pub counts: Label,
}

/// The wording in both languages; the Chinese one is what is signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Documents {
    /// Chinese.
    pub zh: Document,
    /// English.
    pub en: Document,
}

impl Content {
    /// Everything but the wording.
    ///
    /// # Errors
    ///
    /// If a title or reason cannot be read from the ledger.
    pub(super) fn new(
        id: BulletinId,
        number: String,
        figures: Figures,
        views: &Views,
        world: &World,
        mechanisms: &Mechanisms,
    ) -> Result<Content, Error> {
        let mut content = Content {
            format: FORMAT,
            bulletin: id,
            number,
            definitions: definitions(),
            texts: BTreeMap::new(),
            names: BTreeMap::new(),
            documents: Documents::default(),
            same_words: BTreeSet::new(),
            figures,
        };
        content.name_all(world, mechanisms);
        let read = views.side_by_side(&content.seals(mechanisms), |log, seals| {
            let mut texts = Vec::with_capacity(seals.len());
            for sealed in seals {
                let text = log.unseal(&sealed.as_str().parse()?)?;
                texts.extend(text.map(|text| (sealed.as_str().to_owned(), text)));
            }
            Ok(texts)
        })?;
        content.texts = read.into_iter().flatten().collect();
        content.same_words = content.said_before(views, world)?;
        Ok(content)
    }

    /// The late matters for which the last issued bulletin printed the same sentence.
    fn said_before(&self, views: &Views, world: &World) -> Result<BTreeSet<CaseId>, Error> {
        let issued = world
            .bulletins
            .values()
            .filter_map(|bulletin| Some((bulletin.issued?, bulletin)));
        let Some((_, last)) = issued.max_by_key(|(at, _)| *at) else {
            return Ok(BTreeSet::new());
        };
        let Some(last) = Content::load(views.log(), last)? else {
            return Ok(BTreeSet::new());
        };
        let said = |content: &Content, item: &LateItem| {
            let note = item.cause.as_ref()?.note.as_ref()?;
            content.text(note).map(|text| text.trim().to_owned())
        };
        let printed: BTreeMap<CaseId, String> = last
            .figures
            .late
            .iter()
            .filter_map(|item| Some((item.case, said(&last, item)?)))
            .collect();
        let late = self.figures.late.iter();
        Ok(late
            .filter(|item| said(self, item).is_some_and(|text| printed.get(&item.case) == Some(&text)))
            .map(|item| item.case)
            .collect())
    }

    /// The stored bytes: canonical JSON.
    ///
    /// # Errors
    ///
    /// If a number lies beyond what canonical JSON holds.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, Error> {
        Ok(canonical_of(self)?.into_bytes())
    }

    /// The stored content of a bulletin; `None` where it was erased.
    ///
    /// # Errors
    ///
    /// If the file is missing or damaged.
    pub fn load(log: &Reader, bulletin: &Bulletin) -> Result<Option<Content>, Error> {
        let Some(bytes) = stored(log, bulletin)? else {
            return Ok(None);
        };
        Ok(Some(serde_json::from_slice(&bytes)?))
    }

    /// The title or reason behind a seal; `None` where it was erased before the bulletin was drafted, or is sensitive.
    pub fn text(&self, sealed: &Sealed) -> Option<&str> {
        self.texts.get(sealed.as_str()).map(String::as_str)
    }

    /// The name of a unit as it was then; its code where it had none.
    pub fn unit(&self, unit: &UnitId, lang: Lang) -> String {
        self.named("unit", unit.as_str(), lang)
    }

    /// The name of a post as it was then; its code where it had none.
    pub fn post(&self, post: &PostId, lang: Lang) -> String {
        self.named("post", post.as_str(), lang)
    }

    /// The wording in a language.
    pub fn document(&self, lang: Lang) -> &Document {
        match lang {
            Lang::Zh => &self.documents.zh,
            Lang::En => &self.documents.en,
        }
    }

    pub(super) fn named(&self, kind: &str, id: &str, lang: Lang) -> String {
        self.names
            .get(&format!("{kind}/{id}"))
            .map_or(id, |label| label.get(lang))
            .to_owned()
    }

    fn name_all(&mut self, world: &World, mechanisms: &Mechanisms) {
        let mut names = BTreeMap::new();
        let mut unit = |id: &UnitId| {
            if let Some(unit) = world.org.units.get(id) {
                names.insert(format!("unit/{id}"), unit.name.clone());
            }
        };
        let figures = &self.figures;
        figures.units.iter().for_each(|line| unit(&line.unit));
        figures
            .late
            .iter()
            .for_each(|item| [&item.owner, &item.holder.unit].into_iter().for_each(&mut unit));
        figures
            .items
            .iter()
            .for_each(|item| [&item.owner, &item.charged].into_iter().for_each(&mut unit));
        figures
            .corrections
            .iter()
            .flat_map(|c| &c.cases)
            .for_each(|case| unit(&case.owner));
        let typical = figures.typical.good.iter().chain(&figures.typical.bad);
        typical.clone().for_each(|case| unit(&case.owner));
        let posts = figures
            .late
            .iter()
            .map(|item| &item.holder.post)
            .chain(figures.items.iter().map(|i| &i.post));
        for id in posts {
            if let Some(post) = world.org.posts.get(id) {
                names.insert(format!("post/{id}"), post.name.clone());
            }
        }
        for id in figures
            .scope
            .mechanisms
            .iter()
            .chain(figures.late.iter().map(|item| &item.mechanism))
            .chain(figures.burden.iter().flat_map(|burden| burden.mechanisms.keys()))
        {
            if let Some(mechanism) = mechanisms.current(id) {
                names.insert(format!("mechanism/{id}"), mechanism.label.clone());
            }
        }
        for item in &figures.late {
            let current = mechanisms.current(&item.mechanism);
            let stage = item.stage.as_ref().zip(current.as_ref());
            if let Some(found) = stage.and_then(|(id, mechanism)| mechanism.stage(id)) {
                names.insert(format!("stage/{}", item.case), found.label.clone());
            }
        }
        for (item, label) in figures
            .late
            .iter()
            .filter_map(|item| Some((item, reason(item, mechanisms)?)))
        {
            names.insert(format!("reason/{}", item.case), label);
        }
        self.names = names;
    }

    /// The texts that the wording may show.
    fn seals(&self, mechanisms: &Mechanisms) -> Vec<Sealed> {
        let shown = |mechanism: &bihuan_domain::id::MechanismId| {
            let sensitive =
                |m: &bihuan_domain::mechanism::Mechanism| m.field(&m.title).is_some_and(|f| f.sensitive);
            !mechanisms
                .current(mechanism)
                .is_some_and(|mechanism| sensitive(&mechanism))
        };
        let figures = &self.figures;
        let late = figures.late.iter().filter(|item| shown(&item.mechanism));
        let notes = late.clone().filter_map(|item| item.cause.as_ref()?.note.clone());
        let items = figures
            .items
            .iter()
            .filter(|item| shown(&item.mechanism))
            .map(|item| item.title.clone());
        let false_closings = figures
            .corrections
            .iter()
            .flat_map(|correction| &correction.cases);
        let corrected = false_closings
            .filter(|case| shown(&case.mechanism))
            .map(|case| case.title.clone());
        let typical = figures.typical.good.iter().chain(&figures.typical.bad);
        let typical = typical
            .filter(|case| shown(&case.mechanism))
            .map(|case| case.title.clone());
        late.map(|item| item.title.clone())
            .chain(typical)
            .chain(items)
            .chain(corrected)
            .chain(notes)
            .collect()
    }
}

/// The bytes of a bulletin as drafted; `None` where they were erased.
///
/// # Errors
///
/// If the file is missing or damaged.
pub(super) fn stored(log: &Reader, bulletin: &Bulletin) -> Result<Option<Vec<u8>>, Error> {
    Ok(log.blob(&BlobId::from_str(bulletin.draft.file.blob.as_str())?)?)
}

fn definitions() -> BTreeMap<String, Definition> {
    let ids = FIGURES.iter().chain(RATES.iter().map(|(id, _, _)| id));
    ids.map(|id| {
        (
            (*id).to_owned(),
            Definition {
                name: name(id),
                counts: definition(id),
            },
        )
    })
    .collect()
}

/// The label of a reason that was chosen from the mechanism's list.
fn reason(item: &LateItem, mechanisms: &Mechanisms) -> Option<Label> {
    let (kind, code) = item.cause.as_ref()?.reason.as_ref()?;
    let mechanism = mechanisms.current(&item.mechanism)?;
    let spec = mechanism.requests.get(kind)?;
    spec.reasons
        .iter()
        .find(|(reason, _)| reason == code)
        .map(|(_, label)| label.clone())
}

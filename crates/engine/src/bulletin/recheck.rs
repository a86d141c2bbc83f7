//! Recomputation of a bulletin from the log alone: anyone who has the log gets the same figures, or sees which differ.

use bihuan_domain::id::BulletinId;
use bihuan_ledger::canonical_json;
use bihuan_messages::Lang;
use serde::Serialize;
use serde_json::Value as Json;

use super::content::{Content, stored};
use super::figures::Figures;
use super::{life, source};
use crate::engine::Engine;
use crate::error::{Error, Failure};

/// Differences shown at most.
const SHOWN_MAX: usize = 20;

/// What a recomputation found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recheck {
    /// Log entries recomputed.
    pub size: u64,
    /// The root that the bulletin names.
    pub root: String,
    /// Whether the log of that size has that root.
    pub root_holds: bool,
    /// Whether the stored file is the one that the log names.
    pub file_holds: bool,
    /// SHA-256 of the figures as stored (canonical JSON).
    pub stored: String,
    /// SHA-256 of the figures as recomputed.
    pub recomputed: String,
    /// The first figures that differ.
    pub differences: Vec<Difference>,
}

/// A figure that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Where, such as `/counts/3/n`.
    pub at: String,
    /// As stored.
    pub stored: String,
    /// As recomputed.
    pub recomputed: String,
}

impl Recheck {
    /// Whether everything agrees.
    pub fn holds(&self) -> bool {
        self.root_holds && self.file_holds && self.stored == self.recomputed
    }
}

/// Computes a bulletin again from the first entries of the log and compares, figure by figure.
///
/// # Errors
///
/// [`Failure::Refused`] where there is no such bulletin or its file was erased; a log that cannot be read.
pub fn verify(engine: &Engine, id: &BulletinId) -> Result<Recheck, Failure> {
    let world = engine.world();
    let bulletin = life::find(&world, id)?;
    let views = engine.views()?;
    let log = views.log();
    let draft = &bulletin.draft;
    let bytes = stored(log, bulletin)?.ok_or_else(life::erased)?;
    let file_holds = bihuan_ledger::Digest::of(&bytes).to_string() == draft.content.as_str();
    let content: Content = serde_json::from_slice(&bytes).map_err(Error::from)?;
    // Recomputed from what the log's own entry says, so that a file with another period or size cannot vouch for itself.
    let mut scope = content.figures.scope.clone();
    (scope.from, scope.to) = (draft.from, draft.to);
    let root_holds = log
        .root_at(draft.log.size)
        .is_ok_and(|root| root.hex() == draft.log.root);
    let found = source::recompute(log, &engine.mechanisms(), &scope, draft.as_of, draft.log.size)?;
    let (stored, recomputed) = (json(&content.figures)?, json(&found)?);
    let mut differences = Vec::new();
    differ("", &stored, &recomputed, &mut differences);
    Ok(Recheck {
        size: draft.log.size,
        root: draft.log.root.clone(),
        root_holds,
        file_holds,
        stored: digest(&stored)?,
        recomputed: digest(&recomputed)?,
        differences,
    })
}

/// The bulletin whose stored file, or whose document as it stands now, these bytes are; `None` where they are neither:
/// another bulletin's, or one that somebody changed.
///
/// # Errors
///
/// If a stored file is missing or damaged.
pub fn of_file(engine: &Engine, bytes: &[u8]) -> Result<Option<BulletinId>, Failure> {
    let world = engine.world();
    let given = bihuan_ledger::Digest::of(bytes).to_string();
    let stored = world
        .bulletins
        .values()
        .find(|b| b.draft.content.as_str() == given);
    if let Some(bulletin) = stored {
        return Ok(Some(bulletin.draft.bulletin.clone()));
    }
    for bulletin in world.bulletins.values() {
        let Some(content) = Content::load(engine.views()?.log(), bulletin)? else {
            continue;
        };
        for lang in [Lang::Zh, Lang::En] {
            if super::docx(bulletin, &content, lang, None)? == bytes {
                return Ok(Some(bulletin.draft.bulletin.clone()));
            }
        }
    }
    Ok(None)
}

fn json(figures: &Figures) -> Result<Json, Failure> {
    Ok(serde_json::to_value(figures).map_err(Error::from)?)
}

fn digest(figures: &Json) -> Result<String, Failure> {
    Ok(bihuan_ledger::Digest::of(canonical_json(figures)?.as_bytes()).to_string())
}

fn differ(at: &str, stored: &Json, recomputed: &Json, out: &mut Vec<Difference>) {
    if stored == recomputed || out.len() >= SHOWN_MAX {
        return;
    }
    match (stored, recomputed) {
        (Json::Object(a), Json::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let (a, b) = (
                    a.get(key).unwrap_or(&Json::Null),
                    b.get(key).unwrap_or(&Json::Null),
                );
                differ(&format!("{at}/{key}"), a, b, out);
            }
        }
        (Json::Array(a), Json::Array(b)) => {
            for place in 0..a.len().max(b.len()) {
                let (a, b) = (
                    a.get(place).unwrap_or(&Json::Null),
                    b.get(place).unwrap_or(&Json::Null),
                );
                differ(&format!("{at}/{place}"), a, b, out);
            }
        }
        _ => out.push(Difference {
            at: at.to_owned(),
            stored: stored.to_string(),
            recomputed: recomputed.to_string(),
        }),
    }
}

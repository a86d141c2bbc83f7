//! `bihuan mechanism diff`: what a new version changes, and what it would mean for the cases there are.

use std::path::{Path, PathBuf};

use bihuan_diagnostics::{any_error, terminal};
use bihuan_engine::adoption::{as_json, differences};
use bihuan_mechanism::{Names, Pack};

use super::super::proposal::tell;
use super::super::{office, packs, places, proposal};
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

/// Compares a pack folder or a data directory with a pack folder; `data` is the log on which the new one is replayed.
pub(super) fn run(
    old: &Path,
    new: &PathBuf,
    data: Option<&Path>,
    json: bool,
    term: &Term,
) -> Result<Exit, Trouble> {
    let installed = places::ledgers(old).is_ok();
    let data = if installed { Some(old) } else { data };
    let engine = data.map(office::open).transpose()?;
    let mut previews = Vec::new();
    let found = match &engine {
        Some(engine) if installed => {
            let proposal = proposal::read(std::slice::from_ref(new), engine, term)?;
            if any_error(&proposal.findings) {
                let text = terminal::render(
                    &proposal.findings,
                    &proposal.files,
                    term.lang,
                    term.out_is_terminal(),
                );
                term.raw(text.as_bytes());
                return Ok(Exit::Faults);
            }
            previews = engine.preview(&proposal.packs)?;
            proposal.differences(&engine.mechanisms())
        }
        engine => {
            let (was, is) = (
                packs::load(&[old.to_owned()], term)?,
                packs::load(std::slice::from_ref(new), term)?,
            );
            if any_error(&is.findings) {
                let text = terminal::render(&is.findings, &is.files, term.lang, term.out_is_terminal());
                term.raw(text.as_bytes());
                return Ok(Exit::Faults);
            }
            if let Some(engine) = engine {
                previews = engine.preview(&proposal::read(std::slice::from_ref(new), engine, term)?.packs)?;
            }
            // Only what was given on both sides: a pack that one side lacks is not gone.
            let both = |pack: &&Pack| {
                let id = pack.id.to_string();
                is.own.contains(&id) && (was.own.contains(&id) || was.own.len() == 1)
            };
            differences(
                was.loaded
                    .packs
                    .iter()
                    .filter(both)
                    .flat_map(|pack| &pack.mechanisms)
                    .map(|m| m.as_ref()),
                &Names::of(&was.loaded.packs),
                is.loaded
                    .packs
                    .iter()
                    .filter(both)
                    .flat_map(|pack| &pack.mechanisms)
                    .map(|m| m.as_ref()),
                &Names::of(&is.loaded.packs),
            )
        }
    };
    if json {
        term.json(&as_json(&found, &previews));
    } else {
        tell(&found, &previews, term);
    }
    Ok(Exit::Fine)
}

//! Which files of closed cases lie in another case, too, byte for byte.
//!
//! Files are stored under the hash of their ciphertext, which differs for the same file; no hash of the plain file is kept
//! anywhere, so that nobody who has the log can try out what a file might be. Only files of the same length and kind are
//! opened and compared, in memory. What was erased is compared no more.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::id::CaseId;
use bihuan_domain::value::Attachment;
use bihuan_ledger::{BlobId, Reader};

use crate::error::Error;

/// The files that are compared, each with its case.
#[derive(Default)]
pub(super) struct Files(BTreeMap<(String, u64), Vec<(CaseId, String)>>);

/// Files of one length that are opened at most: more of them are forms, not evidence.
const ALIKE_MAX: usize = 200;

impl Files {
    pub(super) fn add(&mut self, case: CaseId, file: &Attachment) {
        let alike = self.0.entry((file.media.to_string(), file.bytes)).or_default();
        alike.push((case, file.blob.as_str().to_owned()));
    }

    /// Case and blob of every file whose content lies in another case, too.
    pub(super) fn twice(&self, log: &Reader) -> Result<BTreeSet<(CaseId, String)>, Error> {
        let mut found = BTreeSet::new();
        for alike in self.0.values() {
            let cases: BTreeSet<CaseId> = alike.iter().map(|(case, _)| *case).collect();
            if cases.len() < 2 || alike.len() > ALIKE_MAX {
                continue;
            }
            let mut by_content: BTreeMap<String, Vec<&(CaseId, String)>> = BTreeMap::new();
            for file in alike {
                let Ok(id) = file.1.parse::<BlobId>() else {
                    continue;
                };
                // A missing or erased file is reported by `bihuan verify`; here it is merely not compared.
                if let Ok(Some(bytes)) = log.blob(&id) {
                    let hash = bihuan_ledger::Digest::of(&bytes).to_string();
                    by_content.entry(hash).or_default().push(file);
                }
            }
            for same in by_content.into_values() {
                let several: BTreeSet<CaseId> = same.iter().map(|(case, _)| *case).collect();
                if several.len() > 1 {
                    found.extend(same.into_iter().cloned());
                }
            }
        }
        Ok(found)
    }
}

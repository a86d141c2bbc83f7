//! Witnesses (见证): another Bihuan confirms that it saw a checkpoint, and that the log only ever grew since the one it saw before.
//!
//! A log that shows different histories to different people must show one of them to the witness, who refuses the other. Requests
//! and cosignatures are texts of C2SP (tlog-witness, tlog-cosignature): they travel by file, by pipe or over HTTP. What a witness
//! has seen, and what it refused, lies in `witness.sqlite` of its data directory; so do the cosignatures that a log was given.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use bihuan_messages::Message;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::checkpoint::{Checkpoint, LogKey, PublicKey};
use crate::digest::{Digest, base64, unbase64};
use crate::files::{Dir, write_secret};
use crate::ledger::{Ledger, read_log_key};
use crate::schema::{column, number};
use crate::{Error, Reader, time, tree};

const FILE: &str = "witness.sqlite";

/// Longest consistency proof that is read: far more than a log of 2^63 entries needs.
const PROOF_MAX: usize = 130;

/// Refusals kept for one log: who sends wrong proofs for ever shall not fill the disk.
const REFUSALS_MAX: u32 = 100;

/// Longest request, in bytes.
pub const WITNESS_REQUEST_BYTES_MAX: usize = 64 << 10;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS logs(
  origin TEXT PRIMARY KEY,
  public_key TEXT NOT NULL,
  size INTEGER NOT NULL,
  checkpoint TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refusals(
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  origin TEXT NOT NULL,
  seen TEXT NOT NULL,
  shown TEXT NOT NULL UNIQUE
);
CREATE TABLE IF NOT EXISTS witnesses(name TEXT PRIMARY KEY, public_key TEXT NOT NULL, asked TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cosigned(
  size INTEGER NOT NULL,
  witness TEXT NOT NULL,
  at INTEGER NOT NULL,
  checkpoint TEXT NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY (size, witness)
) WITHOUT ROWID;
";

/// A log that asks to have its newest checkpoint cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessRequest {
    /// The size up to which the witness has seen the log, as the log believes.
    pub old: u64,
    /// The path that shows the old log to be the beginning of the new one.
    pub proof: Vec<Digest>,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
}

/// A witness' confirmation of one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// The witness.
    pub witness: String,
    /// When it confirmed, to the second.
    pub at: Timestamp,
    key_id: [u8; 4],
    signature: [u8; 64],
}

/// Why a witness does not cosign.
#[derive(Debug)]
pub enum NotCosigned {
    /// It does not know the log; somebody must trust it first.
    Unknown {
        /// The log.
        origin: String,
    },
    /// The checkpoint is not signed by the key that it knows.
    NotSigned {
        /// The log.
        origin: String,
    },
    /// It has seen the log up to another size than the request says: ask again from there.
    Conflict {
        /// The size that it has seen.
        seen: u64,
    },
    /// The log signed two histories of one size: both are kept as evidence, which needs no further proof.
    Forked {
        /// The log.
        origin: String,
        /// The size.
        seen: u64,
    },
    /// Nothing shows that the new checkpoint continues what was seen: the log was forked, cut off or restored, or somebody sent
    /// a wrong proof. Both checkpoints are kept.
    NotShown {
        /// The log.
        origin: String,
        /// The size that it has seen.
        seen: u64,
        /// The size that it is shown.
        shown: u64,
    },
    /// A fault of the witness.
    Fault(Error),
}

/// A log that a witness knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witnessed {
    /// Its key.
    pub public_key: String,
    /// How far it was seen.
    pub size: u64,
    /// What was refused: the checkpoint that was seen and the one that was not shown to continue it.
    pub refused: Vec<(Checkpoint, Checkpoint)>,
}

/// A checkpoint of this log with what a witness made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The witness.
    pub witness: String,
    /// When it confirmed.
    pub at: Timestamp,
    /// Whether the cosignature is that of the witness' key as noted here.
    pub holds: bool,
}

/// The witness desk of a data directory: it cosigns other logs, and keeps what others cosigned of this one.
pub struct Witness {
    connection: Connection,
    public_key: PublicKey,
    dir: PathBuf,
}

impl Witness {
    /// Opens the desk of a ledger, making it if there is none.
    ///
    /// # Errors
    ///
    /// What the disk and the database say.
    pub fn open(ledger: &Ledger) -> Result<Witness, Error> {
        let file = ledger.dir().join(FILE);
        if !file.exists() {
            match write_secret(&file, b"") {
                // Another process may have made it at the same moment.
                Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {}
                other => other?,
            }
        }
        let connection = Connection::open(&file)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A cosignature that was given must not be forgotten: after it the witness may not sign another history.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(TABLES)?;
        Ok(Witness {
            connection,
            public_key: ledger.public_key().clone(),
            dir: ledger.dir().to_owned(),
        })
    }

    /// Begins to witness a log, or accepts that it begins anew (a restoration, which its owner has explained): the next
    /// checkpoint is cosigned without comparison. What was refused before stays on record.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn trust(&self, key: &PublicKey) -> Result<(), Error> {
        self.connection.execute(
            "INSERT INTO logs(origin, public_key, size, checkpoint) VALUES (?1, ?2, 0, NULL)
             ON CONFLICT(origin) DO UPDATE SET public_key = excluded.public_key, size = 0, checkpoint = NULL",
            (key.name(), key.to_string()),
        )?;
        Ok(())
    }

    /// The logs that are witnessed here.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn witnessed(&self) -> Result<Vec<Witnessed>, Error> {
        let mut statement = self
            .connection
            .prepare("SELECT origin, public_key, size FROM logs ORDER BY origin")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2).map(number)?)))?;
        let rows: Vec<(String, String, u64)> = rows.collect::<Result<_, _>>()?;
        let mut refused = self
            .connection
            .prepare("SELECT seen, shown FROM refusals WHERE origin = ?1 ORDER BY id")?;
        let mut all = Vec::new();
        for (origin, public_key, size) in rows {
            let pairs = refused.query_map([origin], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let pairs: Vec<(String, String)> = pairs.collect::<Result<_, _>>()?;
            let pairs = pairs
                .into_iter()
                .map(|(seen, shown)| Ok((seen.parse()?, shown.parse()?)));
            all.push(Witnessed {
                public_key,
                size,
                refused: pairs.collect::<Result<_, Error>>()?,
            });
        }
        Ok(all)
    }

    /// Cosigns the checkpoint of a request, if it continues what was seen before. What was seen is on the disk before the
    /// cosignature is given.
    ///
    /// # Errors
    ///
    /// [`NotCosigned`]; a fork is kept on record with both checkpoints, each signed by the log itself.
    pub fn cosign(&mut self, request: &WitnessRequest, now: Timestamp) -> Result<Cosignature, NotCosigned> {
        let key = read_log_key(&Dir::new(&self.dir), &self.public_key)?;
        let WitnessRequest {
            old,
            proof,
            checkpoint,
        } = request;
        let origin = &checkpoint.origin;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Error::from)?;
        let sql = "SELECT public_key, size, checkpoint FROM logs WHERE origin = ?1";
        let known = transaction
            .query_row(sql, [origin], |row| {
                Ok((row.get(0)?, row.get(1).map(number)?, row.get(2)?))
            })
            .optional()
            .map_err(Error::from)?;
        let Some((known_key, seen, last)) = known else {
            return Err(NotCosigned::Unknown {
                origin: origin.clone(),
            });
        };
        let (known_key, last): (String, Option<String>) = (known_key, last);
        if !checkpoint.signed_by(&known_key.parse()?) {
            return Err(NotCosigned::NotSigned {
                origin: origin.clone(),
            });
        }
        if let Some(last) = last {
            let last: Checkpoint = last.parse()?;
            let forked = checkpoint.size == seen && checkpoint.root != last.root;
            // An old checkpoint proves nothing against the log: anybody may have kept it.
            if !forked && (*old != seen || checkpoint.size < seen) {
                return Err(NotCosigned::Conflict { seen });
            }
            if forked || !tree::consistency_holds(seen, &last.root, checkpoint.size, &checkpoint.root, proof)
            {
                let (origin, shown) = (origin.clone(), checkpoint.size);
                let evidence = [&origin, &last.to_string(), &checkpoint.to_string()];
                let sql = "INSERT OR IGNORE INTO refusals(origin, seen, shown, at)
                           SELECT ?1, ?2, ?3, ?4 WHERE (SELECT count(*) FROM refusals WHERE origin = ?1) < ?5";
                let [name, seen_note, shown_note] = evidence;
                let row = (name, seen_note, shown_note, time::micros(now), REFUSALS_MAX);
                transaction.execute(sql, row).map_err(Error::from)?;
                transaction.commit().map_err(Error::from)?;
                return Err(if forked {
                    NotCosigned::Forked { origin, seen }
                } else {
                    NotCosigned::NotShown { origin, seen, shown }
                });
            }
        } else if *old != 0 {
            return Err(NotCosigned::Conflict { seen: 0 });
        }
        let cosignature = Cosignature::sign(&key, self.public_key.name(), checkpoint, now);
        transaction
            .execute(
                "UPDATE logs SET size = ?2, checkpoint = ?3 WHERE origin = ?1",
                (origin, column(checkpoint.size), checkpoint.to_string()),
            )
            .map_err(Error::from)?;
        transaction.commit().map_err(Error::from)?;
        Ok(cosignature)
    }

    /// The request with which this log asks `witness` to cosign its head: from the size that it cosigned last, or from `old`,
    /// which a witness names when it has seen another.
    ///
    /// # Errors
    ///
    /// [`Error::NoEntry`] if the log is not as long as `old`; what the database says.
    pub fn request(
        &self,
        reader: &Reader,
        witness: &PublicKey,
        old: Option<u64>,
    ) -> Result<WitnessRequest, Error> {
        let sql = "SELECT max(size) FROM cosigned WHERE witness = ?1";
        let last: Option<i64> = self
            .connection
            .query_row(sql, [witness.name()], |row| row.get(0))?;
        let old = old.unwrap_or(last.map_or(0, number));
        let request = reader.at_one_moment(|reader| {
            let checkpoint = reader.head()?;
            Ok::<_, Error>(WitnessRequest {
                old,
                proof: reader.consistency_proof(old, checkpoint.size)?,
                checkpoint,
            })
        })?;
        self.connection.execute(
            "INSERT INTO witnesses(name, public_key, asked) VALUES (?1, ?2, ?3)
             ON CONFLICT(name) DO UPDATE SET public_key = excluded.public_key, asked = excluded.asked",
            (
                witness.name(),
                witness.to_string(),
                request.checkpoint.to_string(),
            ),
        )?;
        Ok(request)
    }

    /// Keeps the cosignature that a witness answered to the last request.
    ///
    /// # Errors
    ///
    /// [`Error::NotACosignature`] if no witness that was asked made it for what it was asked.
    pub fn keep(&self, answer: &str) -> Result<Cosigned, Error> {
        let not = || Error::NotACosignature {
            found: answer
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(100)
                .collect(),
        };
        let line = answer
            .lines()
            .find(|line| line.starts_with("— "))
            .ok_or_else(not)?;
        let cosignature: Cosignature = line.parse()?;
        let sql = "SELECT public_key, asked FROM witnesses WHERE name = ?1";
        let asked: Option<(String, String)> = self
            .connection
            .query_row(sql, [&cosignature.witness], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (key, checkpoint) = asked.ok_or_else(not)?;
        let checkpoint: Checkpoint = checkpoint.parse()?;
        if !cosignature.holds(&checkpoint, &key.parse()?) {
            return Err(not());
        }
        self.connection.execute(
            "INSERT OR REPLACE INTO cosigned(size, witness, at, checkpoint, line) VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                column(checkpoint.size),
                &cosignature.witness,
                time::micros(cosignature.at),
                checkpoint.to_string(),
                line,
            ),
        )?;
        Ok(Cosigned {
            checkpoint,
            witness: cosignature.witness,
            at: cosignature.at,
            holds: true,
        })
    }

    /// The newest cosigned checkpoint as a signed note, with the lines of all who cosigned it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn note(&self) -> Result<Option<String>, Error> {
        let sql = "SELECT checkpoint, line FROM cosigned WHERE size = (SELECT max(size) FROM cosigned) ORDER BY witness";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut note = None;
        for row in rows {
            let (checkpoint, line): (String, String) = row?;
            let text = note.get_or_insert(checkpoint);
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{line}");
        }
        Ok(note)
    }
}

/// What witnesses cosigned of the log in a data directory or backup, by size.
///
/// # Errors
///
/// What the database says, or a line that cannot be read.
pub(crate) fn cosigned(dir: &Path) -> Result<Vec<Cosigned>, Error> {
    let file = dir.join(FILE);
    if !file.is_file() {
        return Ok(Vec::new());
    }
    let connection = crate::schema::open_untouched(&file)?;
    let mut statement = connection.prepare(
        "SELECT witness, checkpoint, line, public_key FROM cosigned LEFT JOIN witnesses ON name = witness ORDER BY size, witness",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let mut all = Vec::new();
    for row in rows {
        let (witness, checkpoint, line, key): (String, String, String, Option<String>) = row?;
        let checkpoint: Checkpoint = checkpoint.parse()?;
        let cosignature: Cosignature = line.parse()?;
        let key: Option<PublicKey> = key.map(|key| key.parse()).transpose()?;
        all.push(Cosigned {
            holds: cosignature.witness == witness
                && key.is_some_and(|key| cosignature.holds(&checkpoint, &key)),
            at: cosignature.at,
            checkpoint,
            witness,
        });
    }
    Ok(all)
}

/// Copies the desk of a data directory to a backup, if it has one.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let (source, target) = (from.join(FILE), to.join(FILE));
    if source.is_file() {
        let connection = crate::schema::open_untouched(&source)?;
        connection.execute("VACUUM INTO ?1", [target.to_string_lossy()])?;
        drop(connection);
        std::fs::File::open(&target)
            .and_then(|file| file.sync_all())
            .map_err(Error::io(&target))?;
    }
    Ok(())
}

impl Cosignature {
    fn sign(key: &LogKey, witness: &str, checkpoint: &Checkpoint, now: Timestamp) -> Cosignature {
        let at = Timestamp::from_second(now.as_second()).unwrap_or(now);
        Cosignature {
            witness: witness.to_owned(),
            at,
            key_id: key_id(&key.public(witness)),
            signature: key.sign_bytes(signed(checkpoint, at).as_bytes()),
        }
    }

    /// Whether this is the cosignature of `key` under `checkpoint`.
    pub fn holds(&self, checkpoint: &Checkpoint, key: &PublicKey) -> bool {
        self.witness == key.name()
            && self.key_id == key_id(key)
            && key.signed_bytes(signed(checkpoint, self.at).as_bytes(), &self.signature)
    }
}

/// What a witness signs (C2SP tlog-cosignature, version 1).
fn signed(checkpoint: &Checkpoint, at: Timestamp) -> String {
    format!("cosignature/v1\ntime {}\n{}", at.as_second(), checkpoint.body())
}

/// The id of a key as a witness: kind 4, where that of a log is 1.
fn key_id(key: &PublicKey) -> [u8; 4] {
    let hash = Digest::of(&[key.name().as_bytes(), b"\n\x04", &key.bytes()].concat());
    let [a, b, c, d, ..] = hash.0;
    [a, b, c, d]
}

impl std::fmt::Display for Cosignature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = self.at.as_second().to_be_bytes();
        let signature = base64(&[&self.key_id[..], &at, &self.signature[..]].concat());
        write!(f, "— {} {signature}", self.witness)
    }
}

impl FromStr for Cosignature {
    type Err = Error;

    fn from_str(text: &str) -> Result<Cosignature, Error> {
        let read = || {
            let (witness, signature) = text.trim_end().strip_prefix("— ")?.split_once(' ')?;
            let bytes = unbase64(signature)?;
            let (key_id, rest) = bytes.split_first_chunk::<4>()?;
            let (at, signature) = rest.split_first_chunk::<8>()?;
            Some(Cosignature {
                witness: witness.to_owned(),
                at: Timestamp::from_second(i64::from_be_bytes(*at)).ok()?,
                key_id: *key_id,
                signature: signature.try_into().ok()?,
            })
        };
        read().ok_or_else(|| Error::NotACosignature {
            found: text.chars().take(100).collect(),
        })
    }
}

impl std::fmt::Display for WitnessRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "old {}", self.old)?;
        for step in &self.proof {
            writeln!(f, "{}", base64(&step.0))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for WitnessRequest {
    type Err = Error;

    fn from_str(text: &str) -> Result<WitnessRequest, Error> {
        let read = || {
            let (head, checkpoint) = text.split_once("\n\n")?;
            let mut lines = head.lines();
            let old = lines.next()?.strip_prefix("old ")?.parse().ok()?;
            let step = |line: &str| Digest::from_slice(&unbase64(line)?);
            let proof: Vec<Digest> = lines.map(step).collect::<Option<_>>()?;
            (proof.len() <= PROOF_MAX).then_some(())?;
            Some(WitnessRequest {
                old,
                proof,
                checkpoint: checkpoint.parse().ok()?,
            })
        };
        read().ok_or_else(|| Error::NotACheckpoint {
            found: text
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(100)
                .collect(),
        })
    }
}

impl<E: Into<Error>> From<E> for NotCosigned {
    fn from(error: E) -> Self {
        NotCosigned::Fault(error.into())
    }
}

impl NotCosigned {
    /// The text for a person.
    pub fn message(&self) -> Message {
        match self {
            NotCosigned::Unknown { origin } => Message::new("verify.witness_unknown").show("origin", origin),
            NotCosigned::NotSigned { origin } => {
                Message::new("verify.witness_not_signed").show("origin", origin)
            }
            NotCosigned::Conflict { seen } => Message::new("verify.witness_conflict").show("seen", seen),
            NotCosigned::Forked { origin, seen } => Message::new("verify.witness_forked")
                .show("origin", origin)
                .show("seen", seen),
            NotCosigned::NotShown { origin, seen, shown } => Message::new("verify.witness_not_shown")
                .show("origin", origin)
                .show("seen", seen)
                .show("shown", shown),
            NotCosigned::Fault(error) => error.message(),
        }
    }
}

//! Saved views of ledgers (常用视图): a name for filters, groups and columns that somebody comes back to, alone or with others.
//! A view holds no data: whoever opens it sees what he may see.

use bihuan_domain::id::UnitId;
use jiff::Timestamp;

use super::Accounts;
use crate::chance::token;
use crate::error::Error;

/// The table of this part.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS saved_views(id TEXT PRIMARY KEY, login TEXT NOT NULL,
       unit TEXT NOT NULL, shared TEXT NOT NULL, ledger TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL,
       made_at INTEGER NOT NULL) WITHOUT ROWID;
     CREATE INDEX IF NOT EXISTS saved_views_by_ledger ON saved_views(ledger);";

/// Views that one account may have.
pub const SAVED_MAX: usize = 50;

/// Who is offered a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// Who made it.
    Me,
    /// The unit of the post in which it was made.
    Unit,
    /// Everybody of the jurisdiction.
    All,
}

impl Shared {
    /// As it is stored and stands in forms.
    pub fn code(self) -> &'static str {
        match self {
            Shared::Me => "me",
            Shared::Unit => "unit",
            Shared::All => "all",
        }
    }

    /// Reads what [`Shared::code`] writes; anything else is for oneself.
    pub fn of(code: &str) -> Shared {
        match code {
            "unit" => Shared::Unit,
            "all" => Shared::All,
            _ => Shared::Me,
        }
    }
}

/// A saved view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    /// Its id.
    pub id: String,
    /// Who made it.
    pub login: String,
    /// The unit of the post in which it was made.
    pub unit: UnitId,
    /// Who is offered it.
    pub shared: Shared,
    /// The ledger: a mechanism's code, or `all`.
    pub ledger: String,
    /// What it is called.
    pub name: String,
    /// The query of the ledger's address, without `?`.
    pub query: String,
}

impl Accounts {
    /// Keeps a view; one of the same account, ledger and name is replaced. `false` if the account has as many as it may.
    ///
    /// # Errors
    ///
    /// If the file cannot be written or there is no randomness.
    pub fn save_view(&self, view: &SavedView, now: Timestamp) -> Result<bool, Error> {
        let connection = self.lock();
        connection.execute(
            "DELETE FROM saved_views WHERE login = ?1 AND ledger = ?2 AND name = ?3",
            (&view.login, &view.ledger, &view.name),
        )?;
        let held: i64 = connection.query_row(
            "SELECT count(*) FROM saved_views WHERE login = ?1",
            [&view.login],
            |row| row.get(0),
        )?;
        if usize::try_from(held).unwrap_or(usize::MAX) >= SAVED_MAX {
            return Ok(false);
        }
        let id = token()?;
        connection.execute(
            "INSERT INTO saved_views(id, login, unit, shared, ledger, name, query, made_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (
                id.get(..12).unwrap_or(&id),
                &view.login,
                view.unit.as_str(),
                view.shared.code(),
                &view.ledger,
                &view.name,
                &view.query,
                now.as_microsecond(),
            ),
        )?;
        Ok(true)
    }

    /// The views of a ledger that an account is offered on a post of this unit: its own first, then others', by name.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn saved_views(&self, login: &str, unit: &UnitId, ledger: &str) -> Result<Vec<SavedView>, Error> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT id, login, unit, shared, ledger, name, query FROM saved_views
             WHERE ledger = ?1 AND (login = ?2 OR shared = 'all' OR (shared = 'unit' AND unit = ?3))
             ORDER BY login <> ?2, name, id",
        )?;
        let rows = statement.query_map((ledger, login, unit.as_str()), |row| {
            Ok(SavedView {
                id: row.get(0)?,
                login: row.get(1)?,
                unit: row.get::<_, String>(2)?.into(),
                shared: Shared::of(&row.get::<_, String>(3)?),
                ledger: row.get(4)?,
                name: row.get(5)?,
                query: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets a view of an account; `false` if it has none with this id.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn forget_view(&self, login: &str, id: &str) -> Result<bool, Error> {
        let gone = self.lock().execute(
            "DELETE FROM saved_views WHERE login = ?1 AND id = ?2",
            (login, id),
        )?;
        Ok(gone > 0)
    }
}

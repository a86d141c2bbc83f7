//! The engine: the domain on a ledger. Loads, decides, appends; fires timers; keeps read models; not a web server.
//!
//! [`Engine`] is what pages, the API, imports and the simulator use. It is cheap to clone and safe to share.

pub mod access;
mod accounts;
pub mod adoption;
mod answer;
pub mod assessment;
pub mod audit;
mod beside;
mod bring;
pub mod bulletin;
pub mod burden;
pub mod calendars;
mod chance;
pub mod custody;
pub mod documents;
mod engine;
pub mod erase;
mod error;
pub mod export;
mod happened;
mod heard;
pub mod import;
pub mod indicators;
pub mod known;
pub mod leaders;
mod mechanisms;
pub mod notices;
pub mod orders;
pub mod pdf;
pub mod people;
pub mod process;
mod queue;
mod settings;
pub mod sso;
pub mod time;
pub mod unmask;
pub mod upload;
pub mod views;
pub mod wire;
mod writer;

pub use accounts::{
    Account, Accounts, ApiToken, Enrolment, MailAddress, OpenSession, PASSWORD_MIN, SAVED_MAX, SavedView,
    Session, Shared, SignInError, TOKEN_DAYS, TOKENS_MAX, hash_password,
};
pub use answer::{Answer, Recorded};
pub use bihuan_mechanism::Pack;
pub use chance::password;
pub use engine::{CatchUp, Engine, Opening};
pub use error::{Error, Failure};
pub use mechanisms::Mechanisms;
pub use notices::Notices;
pub use settings::Settings;
pub use sso::{CommonSignIn, SsoError};
pub use wire::{OpenOrder, Order, SourceOrder, Submission};
pub use writer::WorldChange;

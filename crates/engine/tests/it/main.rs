//! The engine on a real ledger: the loop, idempotency, late timers, restarts, read models, access.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may be blunt, their helpers too"
)]

mod accounts;
mod administration;
mod assessment;
mod bulletins;
mod by_themselves;
mod cadence;
mod calendars;
mod county;
mod custody;
mod documents;
mod durable;
mod gaming;
mod imports;
mod indicators;
mod indicators_of_rows;
mod killed;
mod lists;
mod mail;
mod mail_server;
mod notices;
mod process;
mod robots;
mod the_loop;
mod threads;
mod timers;
mod vault;

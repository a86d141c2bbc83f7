//! The engine on a real ledger: the loop, idempotency, late timers, restarts, read models, access.

mod bulletins;
mod county;
mod documents;
mod durable;
mod imports;
mod the_loop;

//! Notices (消息提醒): what concerns a person by his posts, derived from the log beside the writer. The desk is the place of
//! work; a notice only says that something came there, or became of what one had asked for.
//!
//! `told` says of one event whom it concerns and why; `follow` goes through the log from where it stopped; `kept` holds the
//! notices with that place in one file, so that both move together or not at all. `robots`, `rounds`, `wording`, `outbox` and
//! `post` tell a unit's group outside: who, when, what, written down once, sent until it arrives.

mod follow;
mod kept;
mod outbox;
mod post;
mod robots;
mod rounds;
mod told;
mod wording;

pub use follow::BATCH_MAX;
pub use kept::{Notice, Notices, UNREAD_MAX};
pub use outbox::Message;
pub use post::Unsent;
pub use robots::{Digest, Robot, Robots, Shape};
pub use told::{Kind, Reason};

#[doc(hidden)]
pub use follow::Broken;

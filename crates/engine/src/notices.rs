//! Notices (消息提醒): what concerns a person by his posts, derived from the log beside the writer. The desk is the place of
//! work; a notice only says that something came there, or became of what one had asked for.
//!
//! `told` says of one event of a case whom it concerns and why, `world` of one of the jurisdiction; `follow` goes through the log from where it stopped; `kept` holds the
//! notices with that place in one file, so that both move together or not at all. `robots`, `mail` and `channels` say who is
//! told outside, `rounds` when, `wording` what; `outbox` writes it down once and sends it until it arrives, by `post` to
//! robots and by `smtp` to people.

mod channels;
mod follow;
mod kept;
mod mail;
mod outbox;
mod post;
mod robots;
mod rounds;
mod smtp;
mod told;
mod wording;
mod world;

pub(crate) use channels::Addressee;
pub use channels::Channels;
pub use follow::BATCH_MAX;
pub use kept::{About, Notice, Notices, UNREAD_MAX};
pub use mail::{Mail, Security, may_be_address};
pub use outbox::{Message, Receiver};
pub(crate) use post::agent;
pub use post::{Unsent, explain};
pub use robots::{Robot, Shape};
pub use rounds::{Digest, Rhythm};
pub use told::{Kind, Reason};

pub use wording::named;

#[doc(hidden)]
pub use follow::Broken;
#[doc(hidden)]
pub use told::{is_news, is_nobodys_news};

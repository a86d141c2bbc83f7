//! Packs the states of a group and encrypts its sealed values on a thread of its own while the writer decides what comes
//! next: next to the database itself nothing takes the writer longer, and the second core has little to do meanwhile.
//!
//! Nothing of it decides anything: the same bytes are written in the same transaction, only later in it. Where there is no
//! such thread (it could not be started) the writer does all by itself.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use bihuan_domain::case::State;
use bihuan_domain::id::CaseId;
use bihuan_ledger::{PlacedDraft, SealedRow};

use crate::error::Error;
use crate::views;

/// Pieces that are handed over together. Waking the thread costs as much as packing a state, so they are not few; and when
/// the last are handed over there is as much left to write of those before them as the thread needs.
const TOGETHER: usize = 24;

/// A last handful of fewer than this is not shared with the thread.
const SHARED_MIN: usize = 8;

/// Something to be written at the end of the group that takes time to make.
pub(super) enum Piece {
    /// A state, to be packed.
    State(CaseId, Arc<State>),
    /// A text that has its key, to be encrypted.
    Text(PlacedDraft),
}

/// A piece as it is written.
pub(super) enum Made {
    State(CaseId, Vec<u8>),
    Sealed(SealedRow),
}

type Order = Vec<Piece>;
type Answer = Vec<Result<Made, Error>>;

/// The packer, seen from the writer.
#[derive(Default)]
pub(super) struct Packer {
    thread: Thread,
    gathered: Order,
    /// Orders that were handed over and not fetched.
    ordered: usize,
}

#[derive(Default)]
enum Thread {
    /// It is started with the first order.
    #[default]
    Unborn,
    Works(Sender<Order>, Receiver<Answer>),
    Gone,
}

impl Packer {
    /// Takes a piece in.
    pub(super) fn put(&mut self, piece: Piece) {
        self.gathered.push(piece);
        if self.gathered.len() >= TOGETHER {
            let order = std::mem::take(&mut self.gathered);
            self.gathered = self.hand_over(order);
        }
    }

    /// Whether there is nothing to finish.
    pub(super) fn is_empty(&self) -> bool {
        self.gathered.is_empty() && self.ordered == 0
    }

    /// Calls `write` with every piece that was taken in, the pieces of an order in their order.
    ///
    /// # Errors
    ///
    /// What making a piece or `write` says, and if the thread ended with some of them: the group must go back then, and the
    /// next one is made by the writer.
    pub(super) fn finish(&mut self, mut write: impl FnMut(Made) -> Result<(), Error>) -> Result<(), Error> {
        // The last few are made here while the thread makes those before them.
        let mut last = std::mem::take(&mut self.gathered);
        if last.len() >= SHARED_MIN {
            let mut half = last.split_off(last.len() / 2);
            last = self.hand_over(last);
            // Of a state that changed twice the later one is written later.
            last.append(&mut half);
        }
        let last = make(last);
        while self.ordered > 0 {
            self.ordered = self.ordered.saturating_sub(1);
            let Some(made) = self.fetch() else {
                self.thread = Thread::Gone;
                self.ordered = 0;
                return Err(Error::Other("the packing thread ended".to_owned()));
            };
            for piece in made {
                write(piece?)?;
            }
        }
        for piece in last {
            write(piece?)?;
        }
        Ok(())
    }

    /// Forgets what was taken in.
    pub(super) fn discard(&mut self) {
        self.gathered.clear();
        while self.ordered > 0 && self.fetch().is_some() {
            self.ordered = self.ordered.saturating_sub(1);
        }
        self.ordered = 0;
    }

    /// Gives `order` to the thread; what comes back is left to the writer.
    fn hand_over(&mut self, order: Order) -> Order {
        if matches!(self.thread, Thread::Unborn) {
            self.thread = start();
        }
        let Thread::Works(orders, _) = &self.thread else {
            return order;
        };
        match orders.send(order) {
            Ok(()) => {
                self.ordered = self.ordered.saturating_add(1);
                Vec::with_capacity(TOGETHER)
            }
            Err(back) => {
                self.thread = Thread::Gone;
                back.0
            }
        }
    }

    fn fetch(&self) -> Option<Answer> {
        match &self.thread {
            Thread::Works(_, made) => made.recv().ok(),
            Thread::Unborn | Thread::Gone => None,
        }
    }
}

/// The thread ends when the packer is dropped, with its end of the orders.
fn start() -> Thread {
    let (orders, incoming) = channel::<Order>();
    let (outgoing, made) = channel();
    let thread = std::thread::Builder::new().name("bihuan-packer".to_owned());
    let started = thread.spawn(move || {
        for order in incoming {
            if outgoing.send(make(order)).is_err() {
                break;
            }
        }
    });
    match started {
        Ok(_) => Thread::Works(orders, made),
        Err(error) => {
            tracing::warn!(%error, "states are packed by the writer itself");
            Thread::Gone
        }
    }
}

fn make(order: Order) -> Answer {
    let made = order.into_iter().map(|piece| match piece {
        Piece::State(id, state) => Ok(Made::State(id, views::pack_state(&state)?)),
        Piece::Text(draft) => Ok(Made::Sealed(draft.seal()?)),
    });
    made.collect()
}

//! Packs the states of a group on a thread of its own while the writer decides what comes next: next to the database itself
//! nothing takes the writer longer, and the second core has little to do meanwhile.
//!
//! Nothing of it decides anything: the same bytes are written in the same transaction, only later in it. Where there is no
//! such thread (it could not be started) the writer packs by itself.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use bihuan_domain::case::State;
use bihuan_domain::id::CaseId;

use crate::error::Error;
use crate::views;

/// States that are handed over together: few, so that the thread is done soon after the writer; not one, because waking it
/// costs a tenth of packing one. A group of fewer is packed by the writer.
const TOGETHER: usize = 4;

type Order = Vec<(CaseId, Arc<State>)>;
type Packed = Vec<(CaseId, Result<Vec<u8>, Error>)>;

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
    Works(Sender<Order>, Receiver<Packed>),
    Gone,
}

impl Packer {
    /// Takes a state in.
    pub(super) fn put(&mut self, id: CaseId, state: Arc<State>) {
        self.gathered.push((id, state));
        if self.gathered.len() < TOGETHER {
            return;
        }
        if matches!(self.thread, Thread::Unborn) {
            self.thread = start();
        }
        if let Thread::Works(orders, _) = &self.thread
            && orders.send(std::mem::take(&mut self.gathered)).is_ok()
        {
            self.ordered = self.ordered.saturating_add(1);
        }
    }

    /// Calls `write` with every state that was taken in, in that order. Gives `false` if the thread ended with some of them.
    pub(super) fn finish(
        &mut self,
        mut write: impl FnMut(CaseId, Vec<u8>) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        // The last few are packed here while the thread packs those before them.
        let last = pack(std::mem::take(&mut self.gathered));
        while self.ordered > 0 {
            self.ordered = self.ordered.saturating_sub(1);
            let Some(packed) = self.fetch() else {
                self.thread = Thread::Gone;
                self.ordered = 0;
                return Ok(false);
            };
            for (id, packed) in packed {
                write(id, packed?)?;
            }
        }
        for (id, packed) in last {
            write(id, packed?)?;
        }
        Ok(true)
    }

    /// Forgets what was taken in.
    pub(super) fn discard(&mut self) {
        self.gathered.clear();
        while self.ordered > 0 && self.fetch().is_some() {
            self.ordered = self.ordered.saturating_sub(1);
        }
        self.ordered = 0;
    }

    fn fetch(&self) -> Option<Packed> {
        match &self.thread {
            Thread::Works(_, packed) => packed.recv().ok(),
            Thread::Unborn | Thread::Gone => None,
        }
    }
}

/// The thread ends when the packer is dropped, with its end of the orders.
fn start() -> Thread {
    let (orders, incoming) = channel::<Order>();
    let (outgoing, packed) = channel();
    let thread = std::thread::Builder::new().name("bihuan-packer".to_owned());
    let started = thread.spawn(move || {
        for order in incoming {
            if outgoing.send(pack(order)).is_err() {
                break;
            }
        }
    });
    match started {
        Ok(_) => Thread::Works(orders, packed),
        Err(error) => {
            tracing::warn!(%error, "states are packed by the writer itself");
            Thread::Gone
        }
    }
}

fn pack(order: Order) -> Packed {
    let packed = order.iter().map(|(id, state)| (*id, views::pack_state(state)));
    packed.collect()
}

//! Submissions on their way to the writer, and how they are gathered into commit groups.
//!
//! A group costs one wait for the disk, however many it holds. Whoever was answered often has the next submission ready
//! at once, but not before the writer asks for more: without patience every other group would be half empty, and as
//! many clients would wait for twice as many syncs.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

/// Submissions taken into one commit group at most; more would make the first of them wait.
const GROUP_MAX: usize = 256;

/// The longest wait for submissions that may come.
const PATIENCE_MAX: Duration = Duration::from_millis(2);

/// What was sent and not yet taken.
pub(crate) struct Queue<T> {
    incoming: Receiver<T>,
    waiting: VecDeque<T>,
    /// How many there were at once when the last group was answered: its own and those that waited behind it.
    expected: usize,
    patience: Duration,
}

/// A queue, and where to send to it.
pub(crate) fn queue<T>() -> (Sender<T>, Queue<T>) {
    let (sender, incoming) = channel();
    let queue = Queue {
        incoming,
        waiting: VecDeque::new(),
        expected: 0,
        patience: Duration::ZERO,
    };
    (sender, queue)
}

impl<T> Queue<T> {
    /// The next group, in the order of sending; `None` when every sender is gone and nothing waits. Waits for the first
    /// of it as long as it takes, and for the rest no longer than the gain is worth.
    pub(crate) fn group(&mut self) -> Option<Vec<T>> {
        if self.waiting.is_empty() {
            self.waiting.push_back(self.incoming.recv().ok()?);
        }
        self.take_in();
        let expected = self.expected.min(GROUP_MAX);
        if self.waiting.len() < expected {
            let until = Instant::now() + self.patience;
            while self.waiting.len() < expected {
                let left = until.saturating_duration_since(Instant::now());
                let Ok(next) = self.incoming.recv_timeout(left) else {
                    break;
                };
                self.waiting.push_back(next);
            }
        }
        let size = self.waiting.len().min(GROUP_MAX);
        Some(self.waiting.drain(..size).collect())
    }

    /// Whether nothing waits although somebody may still send.
    pub(crate) fn is_idle(&mut self) -> bool {
        match self.incoming.try_recv() {
            Ok(next) => self.waiting.push_back(next),
            Err(TryRecvError::Disconnected) => return false,
            Err(TryRecvError::Empty) => {}
        }
        self.waiting.is_empty()
    }

    /// Says that a group of `size` took `took` to write and will be answered now. A quarter of that is what waiting for
    /// a fuller group may cost.
    pub(crate) fn answering(&mut self, size: usize, took: Duration) {
        self.take_in();
        self.expected = size.saturating_add(self.waiting.len());
        self.patience = (took / 4).min(PATIENCE_MAX);
    }

    fn take_in(&mut self) {
        self.waiting.extend(self.incoming.try_iter());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);

    #[test]
    fn a_group_holds_what_was_sent_in_the_order_of_sending_and_no_more_than_its_size() {
        let (sender, mut queue) = queue();
        (0..GROUP_MAX + 3).for_each(|n| sender.send(n).unwrap());
        assert_eq!(queue.group().unwrap(), (0..GROUP_MAX).collect::<Vec<_>>());
        assert_eq!(queue.group().unwrap(), [GROUP_MAX, GROUP_MAX + 1, GROUP_MAX + 2]);
        drop(sender);
        assert_eq!(queue.group(), None);
    }

    #[test]
    fn a_queue_is_idle_while_nothing_waits_and_somebody_may_still_send() {
        let (sender, mut queue) = queue();
        assert!(queue.is_idle());
        sender.send(1).unwrap();
        assert!(!queue.is_idle());
        assert_eq!(queue.group().unwrap(), [1], "asking takes nothing away");
        assert!(queue.is_idle());
        drop(sender);
        assert!(
            !queue.is_idle(),
            "what is left to be done ends with the last sender"
        );
    }

    #[test]
    fn one_at_a_time_is_never_kept_waiting() {
        let (sender, mut queue) = queue();
        for n in 0..3 {
            sender.send(n).unwrap();
            assert_eq!(queue.group().unwrap(), [n]);
            // Had it to wait for a second one, this test would last an hour.
            queue.answering(1, LONG);
            queue.patience = LONG;
        }
    }

    #[test]
    fn those_just_answered_are_waited_for() {
        let (sender, mut queue) = queue();
        for n in 0..4 {
            sender.send(n).unwrap();
        }
        assert_eq!(queue.group().unwrap().len(), 4);
        sender.send(4).unwrap();
        queue.answering(4, LONG);
        queue.patience = LONG;
        let back = std::thread::spawn(move || {
            for n in 5..9 {
                sender.send(n).unwrap();
                std::thread::yield_now();
            }
            sender
        });
        assert_eq!(queue.group().unwrap(), [4, 5, 6, 7, 8]);
        drop(back.join().unwrap());
        assert_eq!(queue.group(), None);
    }

    #[test]
    fn whoever_does_not_come_back_is_not_waited_for_without_end() {
        let (sender, mut queue) = queue();
        sender.send(0).unwrap();
        queue.answering(64, Duration::from_micros(40));
        assert_eq!(queue.group().unwrap(), [0]);
        assert!(Duration::from_micros(10) == queue.patience);
        queue.answering(64, LONG);
        assert_eq!(queue.patience, PATIENCE_MAX);
    }

    #[test]
    fn what_waits_is_taken_after_the_last_sender_is_gone() {
        let (sender, mut queue) = queue();
        sender.send(1).unwrap();
        sender.send(2).unwrap();
        queue.answering(9, LONG);
        drop(sender);
        assert_eq!(queue.group().unwrap(), [1, 2]);
        assert_eq!(queue.group(), None);
    }
}

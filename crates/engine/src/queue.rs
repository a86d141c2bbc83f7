//! Submissions on their way to the writer, and how they are gathered into commit groups.
//!
//! A group costs one wait for the disk, however many it holds. Whoever was answered often has the next submission ready
//! at once, but not before the writer asks for more: without patience every other group would be half empty, and as
//! many clients would wait for twice as many syncs. The writer works on what is there while the rest of a group comes in, and
//! is patient only when it has nothing to do (`docs/adr/40-…`).

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
    /// How many the group that is being taken has, and how long it was waited for.
    taken: usize,
    waited: Duration,
}

/// A queue, and where to send to it.
pub(crate) fn queue<T>() -> (Sender<T>, Queue<T>) {
    let (sender, incoming) = channel();
    let queue = Queue {
        incoming,
        waiting: VecDeque::new(),
        expected: 0,
        patience: Duration::ZERO,
        taken: 0,
        waited: Duration::ZERO,
    };
    (sender, queue)
}

impl<T> Queue<T> {
    /// The first submission of the next group, in the order of sending, for which it waits as long as it takes; `None` when
    /// every sender is gone and nothing waits.
    pub(crate) fn first(&mut self) -> Option<T> {
        let first = match self.waiting.pop_front() {
            Some(first) => first,
            None => self.incoming.recv().ok()?,
        };
        (self.taken, self.waited) = (1, Duration::ZERO);
        Some(first)
    }

    /// The next submission of the group; `None` when it is full, when the next one must not join a group that has begun, or
    /// when waiting for another is no longer worth the gain.
    pub(crate) fn next(&mut self, joins: impl Fn(&T) -> bool) -> Option<T> {
        if self.taken >= GROUP_MAX {
            return None;
        }
        let next = self.waiting.pop_front().or_else(|| self.incoming.try_recv().ok());
        let next = next.or_else(|| (self.taken < self.expected).then(|| self.patiently())?)?;
        if !joins(&next) {
            self.waiting.push_front(next);
            return None;
        }
        self.taken = self.taken.saturating_add(1);
        Some(next)
    }

    /// Waits for another as long as is left of the patience with this group.
    fn patiently(&mut self) -> Option<T> {
        let left = self
            .patience
            .checked_sub(self.waited)
            .filter(|left| !left.is_zero())?;
        let from = Instant::now();
        let next = self.incoming.recv_timeout(left).ok();
        self.waited = self.waited.saturating_add(from.elapsed());
        next
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

    /// Says that a group of `size` took `took` to write, waiting for it included, and will be answered now. A quarter of the work
    /// is what waiting for a fuller group may cost.
    pub(crate) fn answering(&mut self, size: usize, took: Duration) {
        self.waiting.extend(self.incoming.try_iter());
        self.expected = size.saturating_add(self.waiting.len());
        self.patience = (took.saturating_sub(self.waited) / 4).min(PATIENCE_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);

    fn group<T>(queue: &mut Queue<T>) -> Option<Vec<T>> {
        let mut group = vec![queue.first()?];
        group.extend(std::iter::from_fn(|| queue.next(|_| true)));
        Some(group)
    }

    #[test]
    fn a_group_holds_what_was_sent_in_the_order_of_sending_and_no_more_than_its_size() {
        let (sender, mut queue) = queue();
        (0..GROUP_MAX + 3).for_each(|n| sender.send(n).unwrap());
        assert_eq!(group(&mut queue).unwrap(), (0..GROUP_MAX).collect::<Vec<_>>());
        assert_eq!(
            group(&mut queue).unwrap(),
            [GROUP_MAX, GROUP_MAX + 1, GROUP_MAX + 2]
        );
        drop(sender);
        assert_eq!(group(&mut queue), None);
    }

    #[test]
    fn what_must_not_join_begins_the_next_group() {
        let (sender, mut queue) = queue();
        for n in [1, 2, -3, 4] {
            sender.send(n).unwrap();
        }
        assert_eq!(queue.first(), Some(1));
        assert_eq!(queue.next(|n| *n > 0), Some(2));
        assert_eq!(queue.next(|n| *n > 0), None);
        assert_eq!((queue.first(), queue.next(|n| *n > 0)), (Some(-3), Some(4)));
    }

    #[test]
    fn a_queue_is_idle_while_nothing_waits_and_somebody_may_still_send() {
        let (sender, mut queue) = queue();
        assert!(queue.is_idle());
        sender.send(1).unwrap();
        assert!(!queue.is_idle());
        assert_eq!(group(&mut queue).unwrap(), [1], "asking takes nothing away");
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
            assert_eq!(group(&mut queue).unwrap(), [n]);
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
        assert_eq!(group(&mut queue).unwrap().len(), 4);
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
        assert_eq!(group(&mut queue).unwrap(), [4, 5, 6, 7, 8]);
        drop(back.join().unwrap());
        assert_eq!(group(&mut queue), None);
    }

    #[test]
    fn whoever_does_not_come_back_is_not_waited_for_without_end() {
        let (sender, mut queue) = queue();
        sender.send(0).unwrap();
        queue.answering(64, Duration::from_micros(40));
        assert_eq!(group(&mut queue).unwrap(), [0]);
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
        assert_eq!(group(&mut queue).unwrap(), [1, 2]);
        assert_eq!(group(&mut queue), None);
    }
}

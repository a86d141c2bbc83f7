//! Two things done at once.

use std::thread::{Builder, scope};

use crate::error::Error;

/// Does `aside` on another thread while `here` is done on this one; one after the other where no thread can be had.
///
/// # Errors
///
/// If `aside` ends in a defect.
pub(crate) fn beside<A: Send, B>(
    aside: impl Fn() -> A + Sync,
    here: impl FnOnce() -> B,
) -> Result<(A, B), Error> {
    scope(|scope| {
        let other = Builder::new().spawn_scoped(scope, &aside);
        let done = here();
        let other = match other {
            Ok(other) => other
                .join()
                .map_err(|_| Error::Other("a thread ended in a defect".to_owned()))?,
            Err(_) => aside(),
        };
        Ok((other, done))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_done_and_a_defect_of_one_is_told() {
        assert_eq!(beside(|| 1, || "two").unwrap(), (1, "two"));
        let defect = || -> u8 { std::panic::resume_unwind(Box::new("a defect")) };
        assert!(beside(defect, || ()).is_err());
    }
}

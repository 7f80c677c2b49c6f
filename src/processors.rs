//! Two pieces of work at the same time, if there are processors for both.
//!
//! In: work that does not depend on each other. Out: both results. Refuses nothing.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::OnceLock;
use std::thread;

/// How many threads can run at the same time.
pub(crate) fn count() -> usize {
    // The system tells it in several files.
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| thread::available_parallelism().map_or(1, NonZero::get))
}

/// What `first` and `second` return. `second` runs on a thread of its own if there is another processor.
pub(crate) fn both<A, B: Send>(
    first: impl FnOnce() -> A,
    second: impl FnOnce() -> B + Send,
) -> (A, B) {
    if count() == 1 {
        return (first(), second());
    }
    thread::scope(|scope| {
        let second = scope.spawn(second);
        let first = first();
        (
            first,
            second.join().unwrap_or_else(|panic| resume_unwind(panic)),
        )
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_results_are_in_order() {
        let text = String::from("a");
        assert_eq!(super::both(|| text.len(), || text.as_str()), (1, "a"));
    }
}

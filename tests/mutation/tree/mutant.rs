//! Which mutant is on. `tests/mutation/run` adds this file to a copy of the sources.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// More than there are mutants.
pub const MOST: usize = 8192;
/// No mutant is on, and [`SEEN`] records which ones would be asked for.
pub const RECORD: u32 = u32::MAX - 1;
const UNSET: u32 = u32::MAX;

/// The number of the mutant that is on; it begins as the variable `MUTANT` says.
pub static ID: AtomicU32 = AtomicU32::new(UNSET);
/// The mutants that were asked for while recording.
pub static SEEN: [AtomicBool; MOST] = [const { AtomicBool::new(false) }; MOST];

/// Whether this mutant is on.
#[inline]
pub(crate) fn on(id: u32) -> bool {
    match ID.load(Ordering::Relaxed) {
        RECORD => {
            if let Some(seen) = SEEN.get(id as usize) {
                seen.store(true, Ordering::Relaxed);
            }
            false
        }
        UNSET => {
            let number = std::env::var("MUTANT").ok().and_then(|text| text.parse().ok());
            ID.store(number.unwrap_or(0), Ordering::Relaxed);
            number == Some(id)
        }
        other => other == id,
    }
}

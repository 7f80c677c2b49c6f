//! Tests of policies: what is expected of principals, and what is found instead.
//!
//! In: a test file, and the templates that it is about. Out: each expectation with what it found. Refuses a
//! file that is not written as it must be, and one that names nobody.

mod asked_keys;
mod callers;
pub mod examine;
pub mod expectation;
mod external;
pub mod read;
pub mod report;
pub(super) mod selector;

#[cfg(test)]
mod tests;

//! What tests of policies found, as text, JSON, or the XML of `JUnit`.
//!
//! In: a report. Out: text. All have every expectation, and why one is not met. Refuses nothing.

pub(in crate::report) mod json;
mod junit;
pub(in crate::report) mod text;

pub use json::tests_json;
pub use junit::tests_junit;
pub use text::{tests_summary, tests_text};

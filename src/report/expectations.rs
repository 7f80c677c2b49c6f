//! What tests of policies found, as text, JSON, or JUnit's XML.
//!
//! In: a report. Out: text. All have every expectation, and why one is not met. Refuses nothing.

mod json;
mod junit;
mod text;

pub use json::tests_json;
pub use junit::tests_junit;
pub use text::tests_text;

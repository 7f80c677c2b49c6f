//! Answers to questions, as text or JSON.
//!
//! In: a question and its answer. Out: text. JSON has everything; text leaves out who may not do
//! something if everybody was asked about, and counts them. Refuses nothing.

pub(in crate::report) mod json;
pub(in crate::report) mod text;

pub use json::query_json;
pub use text::query_text;

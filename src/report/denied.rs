//! Denials as text or JSON.
//!
//! In: what a log says, and the advice for each denial. Out: text. Fields of a log are printable
//! ASCII already, so nothing has to be escaped. Refuses nothing.

mod answered;
mod json;
mod text;

pub use answered::AnsweredDenial;
pub use json::denied_json;
pub use text::denied_text;

//! IAM: policies, patterns, conditions and principals, and what they allow.
//!
//! In: policy documents and principals, as template values. Out: what one allows and another does
//! not (`difference`), and how many characters IAM counts ([`size`]). What cannot be decided is a
//! "maybe" with its reason. Nothing here knows a macro.

pub(crate) mod condition;
pub(crate) mod difference;
pub(crate) mod document;
pub(crate) mod pattern;
pub(crate) mod principals;
pub mod size;
pub(crate) mod universe;

pub use difference::{Action, Certainty};
pub use principals::PrincipalKind;

#[cfg(test)]
mod tests;

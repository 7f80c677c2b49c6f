//! IAM: policies, patterns, conditions and principals, and what they allow.
//!
//! In: policy documents and principals, as template values. Out: what one allows and another does
//! not (`difference`), and how many characters IAM counts ([`size`]). What cannot be decided is a
//! "maybe" with its reason. Refuses nothing. Nothing here knows a macro.

pub(crate) mod caller;
pub(crate) mod can;
pub(crate) mod condition;
pub(crate) mod difference;
pub(crate) mod document;
pub(crate) mod evaluate;
pub(crate) mod facts;
pub(crate) mod own_account;
pub(crate) mod owner;
pub(crate) mod pattern;
pub(crate) mod permissions;
pub(crate) mod principals;
pub(crate) mod references;
pub(crate) mod request;
pub(crate) mod search;
pub mod size;
pub(crate) mod statement;

pub use principals::PrincipalKind;
pub use request::{Action, Certainty, RequestKind};

#[cfg(test)]
mod tests;

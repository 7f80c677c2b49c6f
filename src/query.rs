//! Questions about what a template lets its principals do.
//!
//! In: an expanded template that was read, and a question. Out: an answer for each principal: yes, no,
//! or maybe, with the statement that decides. The engine is that of the comparison of access
//! ([`crate::iam`]), so an answer is about all requests that match. Refuses questions that no request can
//! be an answer to.
//!
//! [`can::answers`] answers one question, and [`expectations`] are many questions whose answers are known
//! before.

pub mod answer;
mod arns;
pub mod asked;
pub mod can;
pub mod conditions;
mod decide;
mod decided;
mod doubts;
pub mod expectations;
pub mod names;
pub mod question;
mod refused;
mod requests;
pub mod rules;
mod through;
mod trusts;
mod unasked;

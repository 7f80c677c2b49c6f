//! Messages of denials -> who, what, why, and the change that helps.
//!
//! In: a log: events of CloudFormation and CloudTrail, or the output of a CLI. Out: a
//! [`model::DeniedLog`]. Refuses what is not a text. Nothing here asks AWS or changes anything.
//!
//! A log is text of strangers. Only fields of a known shape leave it, in printable ASCII and without
//! credentials. The time is linear in the length of the log.

mod actions;
pub mod advice;
mod around;
mod cloudtrail;
mod decoded;
mod found;
pub mod input;
mod json;
mod lines;
mod messages;
pub mod model;
mod names;
mod reason;
mod secrets;
mod sentence;
mod squash;
mod statements;
pub mod who;

use std::collections::BTreeSet;

use model::{Denial, DenialEffect, DenialForm, DenialLayer};
use who::DeniedWho;

pub use input::{NotALog, read};

/// Whose principal was denied; `apps` are the app ids that are known.
pub fn who(denial: &Denial, apps: &BTreeSet<String>) -> DeniedWho {
    who::who(denial.principal.as_deref(), apps)
}

/// Whether an Allow in a policy of the principal helps. `None`: the log does not say enough.
pub fn grant_helps(denial: &Denial, who: &DeniedWho) -> Option<bool> {
    let of_others = *who == DeniedWho::AppRole;
    let is_certain = matches!(
        denial.form,
        DenialForm::Sentence | DenialForm::Spoken | DenialForm::Decoded
    );
    match (denial.effect, denial.layer) {
        (DenialEffect::Explicit, _) => Some(false),
        (_, DenialLayer::Identity | DenialLayer::Unknown) if of_others => Some(false),
        (_, DenialLayer::Identity) => Some(true),
        (_, DenialLayer::Unknown) => (is_certain && denial.action.is_some()).then_some(true),
        _ => Some(false),
    }
}

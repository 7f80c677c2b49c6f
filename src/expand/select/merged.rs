//! Accounts that two targets of a macro select.
//!
//! In: the accounts of targets that give them the same. Out: a note for each pair of targets. It refuses nothing.

use std::collections::BTreeMap;

use crate::arguments::{Arguments, Target};
use crate::diagnostic::{Diagnostic, Shown as _, list_some};
use crate::expand::rules::MERGED_TARGETS;

/// Accounts that a target selects after another one that gives them the same.
#[derive(Default)]
pub(super) struct MergedTargets {
    /// By the indexes of the first target and the other one.
    accounts: BTreeMap<(usize, usize), Vec<String>>,
}

impl MergedTargets {
    /// Adds an account of the `first` target and the `other` one.
    pub(super) fn add(&mut self, (first, other): (usize, usize), account: String) {
        if first != other {
            self.accounts
                .entry((first, other))
                .or_default()
                .push(account);
        }
    }

    /// A note for each pair of targets.
    pub(super) fn notes(&self, arguments: &Arguments) -> Vec<Diagnostic> {
        let targets = &arguments.targets;
        let notes = self
            .accounts
            .iter()
            .filter_map(|((first, other), accounts)| {
                Some(merged(targets.get(*first)?, targets.get(*other)?, accounts))
            });
        notes.collect()
    }
}

fn merged(first: &Target, other: &Target, accounts: &[String]) -> Diagnostic {
    let stage = |target: &Target| target.stage.value.shown();
    let (one, two) = (stage(first), stage(other));
    let names = list_some(accounts.iter().map(String::as_str));
    let message = format!(
        "the targets `{one}` and `{two}` both select {names}: one set of roles is for both"
    );
    Diagnostic::new(&MERGED_TARGETS, other.stage.span, message)
        .related(first.stage.span, "this target also selects it")
        .help("if that is not meant, select another account in one, or leave it out there with `ExcludeAccount`")
}

//! A way to get more, as a chain of requests.
//!
//! In: nothing. Out: [`EscalationPath`]s, and how they are shown. Refuses nothing.

use crate::lint::policies::WrittenPolicies;
use crate::template::symbol::Symbol;

/// One request of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lint) struct ChainStep {
    pub(super) action: &'static str,
    pub(super) target: Vec<Symbol>,
    /// The managed policy that it attaches, if it may attach only some.
    pub(super) policy: Option<Vec<Symbol>>,
}

impl ChainStep {
    /// The request in one line.
    pub(in crate::lint) fn shown(&self, policies: &WrittenPolicies) -> String {
        let line = format!("{} on {}", self.action, policies.shown(&self.target));
        match &self.policy {
            Some(policy) => format!("{line} with {}", policies.shown(policy)),
            None => line,
        }
    }
}

/// How much a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) enum PathReach {
    /// Permissions that nobody gave.
    Any,
    /// What belongs to somebody else, as far as the names in the policy go.
    Named,
}

/// A way to get more.
#[derive(Clone, Debug)]
pub(in crate::lint) struct EscalationPath {
    /// The row of the table in `docs/security.md`.
    pub(in crate::lint) row: &'static str,
    pub(in crate::lint) reach: PathReach,
    /// What it leads to.
    pub(in crate::lint) words: String,
    pub(in crate::lint) steps: Vec<ChainStep>,
}

impl EscalationPath {
    /// What of it none of `known` is: all of a chain, or those of its calls each of which is enough.
    pub(super) fn beyond(&self, known: &[Self]) -> Option<Self> {
        let same = known
            .iter()
            .filter(|own| own.row == self.row && own.words == self.words);
        let mut left = self.clone();
        if self.row == OPENINGS {
            let same: Vec<&Self> = same.collect();
            let is_known = |step: &ChainStep| same.iter().any(|own| own.steps.contains(step));
            left.steps.retain(|step| !is_known(step));
        } else if same.into_iter().any(|own| own.steps == self.steps) {
            return None;
        }
        (!left.steps.is_empty()).then_some(left)
    }

    /// The path on one line per request.
    pub(in crate::lint) fn shown(&self, policies: &WrittenPolicies) -> String {
        let mut lines = vec![format!("{}: {}", self.row, self.words)];
        let steps = self.steps.iter();
        lines.extend(steps.map(|step| format!("  {}", step.shown(policies))));
        lines.join("\n")
    }
}

/// The row whose paths are no chains: each of its calls opens something.
pub(super) const OPENINGS: &str = "E8";

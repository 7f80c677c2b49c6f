//! Calls that a path may consist of.
//!
//! In: a principal. Out: the first resource that it may make a call about, as a step. Refuses nothing.

use crate::lint::escalation::examples::{Examples, literal};
use crate::lint::escalation::path::ChainStep;
use crate::lint::escalation::walker::{KeyValue, Walker};
use crate::template::symbol::Symbol;

/// A call, and what it is about.
#[derive(Clone, Copy)]
pub(super) struct PathCall {
    pub(super) action: &'static str,
    /// None of a call that is about no resource.
    of: Option<&'static Examples>,
    keys: &'static [KeyValue],
}

/// A call about a resource.
pub(super) const fn call(action: &'static str, of: &'static Examples) -> PathCall {
    PathCall {
        action,
        of: Some(of),
        keys: &[],
    }
}

/// A call about no resource.
pub(super) const fn plain(action: &'static str) -> PathCall {
    PathCall {
        action,
        of: None,
        keys: &[],
    }
}

impl PathCall {
    /// The same with these condition keys.
    pub(super) const fn with(self, keys: &'static [KeyValue]) -> Self {
        Self { keys, ..self }
    }

    /// The call, if the principal may make it for certain about something that it does not name in full.
    pub(super) fn step(&self, walker: &Walker<'_>) -> Option<ChainStep> {
        self.steps(walker).next()
    }

    /// Every example of it.
    pub(super) fn steps<'a>(
        &'a self,
        walker: &'a Walker<'_>,
    ) -> impl Iterator<Item = ChainStep> + 'a {
        let targets = match self.of {
            Some(of) => walker.examples(self.action, of),
            None => vec![literal("*")],
        };
        targets
            .into_iter()
            .filter_map(|target| walker.step(self.action, &target, self.keys))
    }

    /// The first example in which a wildcard was filled in.
    pub(super) fn of_others(&self, walker: &Walker<'_>) -> Option<ChainStep> {
        let mut steps = self.steps(walker);
        steps.find(|step| self.of.is_none() || is_example(&step.target))
    }

    /// Whether `target` is about anything.
    pub(super) fn is_of_any(&self, target: &[Symbol]) -> bool {
        self.of.is_none_or(|of| of.is_any(target))
    }
}

/// The first of these calls that the principal may make for certain.
pub(super) fn first(walker: &Walker<'_>, calls: &[PathCall]) -> Option<ChainStep> {
    calls.iter().find_map(|call| call.step(walker))
}

/// Whether a wildcard was filled in.
pub(super) fn is_example(target: &[Symbol]) -> bool {
    let name = literal("anything");
    target.windows(name.len()).any(|part| part == name)
}

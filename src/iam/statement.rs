//! One statement of a policy document.
//!
//! In: what `document` reads. Out: a [`Grant`], which is what a statement does, with where it is
//! written and how it is shown. Refuses nothing.

use crate::iam::condition::Literal;
use crate::iam::pattern::Glob;
use crate::template::symbol::Symbol;

/// Patterns, or everything but these.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Patterns {
    pub(crate) negated: bool,
    /// Sorted, each once.
    pub(crate) globs: Vec<Glob>,
}

impl Patterns {
    /// These patterns.
    pub(crate) fn of(mut globs: Vec<Glob>) -> Self {
        globs.sort();
        globs.dedup();
        Self {
            negated: false,
            globs,
        }
    }

    /// Everything but these patterns.
    pub(crate) fn but(globs: Vec<Glob>) -> Self {
        Self {
            negated: true,
            ..Self::of(globs)
        }
    }

    /// The patterns that `of` returns for each of these.
    pub(crate) fn map(self, of: impl Fn(&Glob) -> Vec<Symbol>) -> Self {
        let globs = self.globs.iter().map(|glob| Glob::new(of(glob)));
        Self {
            negated: self.negated,
            ..Self::of(globs.collect())
        }
    }

    /// The same without regard to case.
    pub(crate) fn ignoring_case(self) -> Self {
        let globs = self.globs.into_iter().map(Glob::ignoring_case);
        Self {
            negated: self.negated,
            ..Self::of(globs.collect())
        }
    }

    /// Whether they match a text that is known.
    pub(crate) fn match_known(&self, text: &[Symbol]) -> bool {
        self.globs.iter().any(|glob| glob.matches(text)) != self.negated
    }

    pub(crate) fn all() -> Self {
        Self::of(vec![Glob::of("*")])
    }
}

/// What a statement does with the requests that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Effect {
    Deny,
    Allow,
}

/// What a statement says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Grant {
    pub(crate) effect: Effect,
    pub(crate) actions: Patterns,
    /// Resources or, in a trust policy, principals; in a policy of a resource, patterns of a caller
    /// and a resource (see [`crate::iam::request::of_anybody`]) that are about the resource.
    pub(crate) resources: Patterns,
    /// In a policy of a resource, such patterns that are about the caller.
    pub(crate) principals: Option<Patterns>,
    /// Sorted, each once.
    pub(crate) literals: Vec<Literal>,
}

/// Which statement of a principal: its place among those of all policies, or of the boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum StatementId {
    Policy(usize),
    Boundary(usize),
}

/// A grant with where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Assigned when the statements of a principal are collected.
    pub(crate) id: StatementId,
    pub(crate) grant: Grant,
    /// The policy.
    pub(crate) policy: String,
    /// Its `Sid`, or `#2`.
    pub(crate) name: String,
    /// Resources or, in a trust policy, principals, as shown.
    pub(crate) resources: Vec<String>,
    /// The principals in a policy of a resource, as shown.
    pub(crate) principals: Vec<String>,
    /// Conditions, as shown.
    pub(crate) conditions: Vec<String>,
}

impl Grant {
    /// A grant of everything.
    pub(crate) fn everything() -> Self {
        Self {
            effect: Effect::Allow,
            actions: Patterns::all(),
            resources: Patterns::all(),
            principals: None,
            literals: Vec::new(),
        }
    }
}

impl Statement {
    /// A statement that is in no document. Those of documents are counted from zero: its id is none of theirs.
    pub(crate) fn of(grant: Grant) -> Self {
        Self {
            id: StatementId::Policy(usize::MAX),
            grant,
            policy: String::new(),
            name: String::new(),
            resources: Vec::new(),
            principals: Vec::new(),
            conditions: Vec::new(),
        }
    }
}

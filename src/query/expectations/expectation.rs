//! What is expected of principals: plain data. Refuses nothing.

use std::collections::BTreeMap;

use crate::query::conditions::QuestionDoubt;
use crate::query::expectations::selector::WhoSelector;
use crate::query::question::{AccessQuestion, AskedKey};
use crate::source::Spanned;

/// What is expected of some principals.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// What it is called.
    pub name: Spanned<String>,
    /// The line of its name, from 1.
    pub line: usize,
    /// Who is meant: those that one of these matches.
    pub(super) who: Vec<WhoSelector>,
    /// Who is not.
    pub(super) except: Vec<WhoSelector>,
    pub(super) claim: ExpectationClaim,
    /// What is wrong with it, unless a template has the same text.
    pub(super) doubts: Vec<QuestionDoubt>,
}

/// What is expected.
#[derive(Clone, Debug)]
pub(super) enum ExpectationClaim {
    /// Of each of these, some request is allowed for sure.
    Allowed(Vec<AccessQuestion>),
    /// No request of any of these is allowed.
    Never(Vec<AccessQuestion>),
    /// Nobody else can assume the role.
    AssumedOnlyBy {
        /// Who can.
        by: Vec<WhoSelector>,
        /// What requests say of condition keys.
        keys: BTreeMap<String, AskedKey>,
    },
}

/// The kinds of expectations, as they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimKind {
    /// Something must be allowed.
    Allowed,
    /// Something must never be allowed.
    Never,
    /// A role must have no other way in.
    AssumedOnlyBy,
}

impl ClaimKind {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            ClaimKind::Allowed => "allowed",
            ClaimKind::Never => "never",
            ClaimKind::AssumedOnlyBy => "assumed-only-by",
        }
    }
}

impl Expectation {
    /// What kind it is of.
    pub fn kind(&self) -> ClaimKind {
        match self.claim {
            ExpectationClaim::Allowed(_) => ClaimKind::Allowed,
            ExpectationClaim::Never(_) => ClaimKind::Never,
            ExpectationClaim::AssumedOnlyBy { .. } => ClaimKind::AssumedOnlyBy,
        }
    }

    /// Whether a selector says who can assume a role.
    pub(super) fn is_by(&self, selector: &WhoSelector) -> bool {
        let ExpectationClaim::AssumedOnlyBy { by, .. } = &self.claim else {
            return false;
        };
        by.iter().any(|own| std::ptr::eq(own, selector))
    }

    /// Every selector that must match somebody.
    pub(super) fn selectors(&self) -> impl Iterator<Item = &WhoSelector> {
        let by: &[WhoSelector] = match &self.claim {
            ExpectationClaim::AssumedOnlyBy { by, .. } => by,
            ExpectationClaim::Allowed(_) | ExpectationClaim::Never(_) => &[],
        };
        self.who.iter().chain(&self.except).chain(by)
    }
}

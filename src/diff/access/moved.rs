//! Principals by what AWS knows them by, and which of them are compared. Plain data: it refuses nothing.

use std::collections::BTreeSet;

use crate::iam::PrincipalKind;

/// A principal of an account, whichever file creates it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MovedPrincipal {
    /// The account id.
    account: String,
    kind: PrincipalKind,
    name: String,
}

/// Which pairs of principals are compared.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum ComparedPairs<'run> {
    /// All of them.
    #[default]
    All,
    /// Those that are on both sides, or not these.
    Without(&'run BTreeSet<MovedPrincipal>),
    /// These.
    Only(&'run BTreeSet<MovedPrincipal>),
}

impl MovedPrincipal {
    pub(super) fn new(account: String, kind: PrincipalKind, name: String) -> Self {
        Self {
            account,
            kind,
            name,
        }
    }
}

impl ComparedPairs<'_> {
    /// Whether a pair is compared that is on both sides, or on one, with what it is about.
    pub(super) fn has(
        self,
        is_on_both: bool,
        key: impl FnOnce() -> Option<MovedPrincipal>,
    ) -> bool {
        match self {
            ComparedPairs::All => true,
            ComparedPairs::Without(_) if is_on_both => true,
            ComparedPairs::Without(keys) => key().is_none_or(|key| !keys.contains(&key)),
            ComparedPairs::Only(keys) => key().is_some_and(|key| keys.contains(&key)),
        }
    }
}

//! What was found about the actions of a class.
//!
//! In: nothing. Out: plain data. Refuses nothing.

use crate::iam::difference::classes::Candidate;
use crate::iam::request::{Action, Certainty, Request};
use crate::iam::search::Searched;

/// What a class allows anew by one rule.
pub(super) struct ClassAccess {
    pub(super) certainty: Certainty,
    pub(super) actions: Vec<Action>,
    pub(super) witness: Option<Request>,
}

/// What was found about an action.
#[derive(Clone)]
pub(super) struct FoundTarget {
    pub(super) found: Searched,
    /// The region that is called, if conditions speak of that.
    pub(super) region: Option<String>,
    /// Whether the resource would have to be of another region.
    pub(super) is_elsewhere: bool,
}

impl FoundTarget {
    /// What was found where conditions do not speak of the region.
    pub(super) fn of(found: Searched) -> Self {
        Self {
            found,
            region: None,
            is_elsewhere: false,
        }
    }
}

/// Those of the candidates that `access` is about.
pub(super) fn asked<'a>(candidates: &[&'a Candidate], access: &ClassAccess) -> Vec<&'a Candidate> {
    let is_asked = |candidate: &&&Candidate| {
        let mut actions = access.actions.iter();
        actions.any(|action| action.name == candidate.name)
    };
    candidates.iter().filter(is_asked).copied().collect()
}

/// `access`, if it is certain, or else what it has that is in none of `others`: what would be certain if not for one
/// thing says more than what depends on others.
pub(super) fn without(mut access: ClassAccess, others: &[ClassAccess]) -> Option<ClassAccess> {
    let certainty = access.certainty.clone();
    if certainty != Certainty::Certain {
        access.actions.retain(|action| {
            let mut others = others.iter().filter(|other| other.certainty != certainty);
            !others.any(|other| other.actions.iter().any(|own| own.name == action.name))
        });
    }
    (!access.actions.is_empty()).then_some(access)
}

//! What is needed to decide.
//!
//! In: nothing. Out: [`Judge`]. Refuses nothing.

use std::cell::RefCell;

use crate::aws::actions::Reference;
use crate::iam::condition::Atoms;
use crate::iam::difference::called::CrossRegion;
use crate::iam::difference::universe::Home;
use crate::iam::request::Certainty;

/// What is needed to decide.
pub(crate) struct Judge<'run> {
    pub(crate) reference: &'run Reference,
    pub(crate) atoms: &'run RefCell<Atoms>,
    pub(crate) home: &'run Home,
    pub(crate) cross_region: CrossRegion,
}

impl Judge<'_> {
    /// What is reported for a statement that covers only actions that AWS may add later.
    pub(super) fn later(&self) -> Certainty {
        let date = self.reference.date();
        Certainty::Maybe(format!("it covers actions that AWS did not have on {date}"))
    }

    /// What is reported for a statement that covers only actions without a resource type, by an ARN that names
    /// nothing.
    pub(super) fn unnamed() -> Certainty {
        Certainty::Maybe(
            "AWS may ask for such an action by an ARN that is in no reference".to_owned(),
        )
    }
}

//! What looks like a denial, and is none that a permission of the caller solves.
//!
//! In: a phrase of such a message. Out: a [`DenialLookalike`]. Refuses nothing.

use crate::denied::messages::Messages;
use crate::denied::messages::phrases::LOOKALIKES;
use crate::denied::model::{DenialLookalike, LookalikeKind};

impl Messages<'_> {
    /// The message whose phrase is at `at`.
    pub(super) fn lookalike(&mut self, at: usize) {
        let kind = LOOKALIKES
            .iter()
            .find(|(phrase, _)| self.text.has(at, phrase));
        if let Some((phrase, kind)) = kind {
            self.push_lookalike(*kind, at, at + phrase.len());
        }
    }

    /// Adds a lookalike whose message is from `start` to `end`.
    pub(super) fn push_lookalike(&mut self, kind: LookalikeKind, start: usize, end: usize) {
        let resource = self.resource(start, end);
        self.found.push_lookalike(DenialLookalike {
            kind,
            type_name: resource.type_name,
            logical_id: resource.logical_id,
        });
        self.noticed = Some(start);
        self.floor = self.floor.max(end);
    }
}

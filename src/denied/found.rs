//! What was found so far, each denial once.
//!
//! In: denials and lookalikes, in order of appearance. Out: a [`DeniedLog`]. Refuses nothing.

use crate::denied::model::{
    Denial, DenialEffect, DenialForm, DenialLayer, DenialLookalike, DeniedLog, LookalikeKind,
};

impl DeniedLog {
    /// Adds a denial, or what it says about one that is known.
    pub(super) fn push(&mut self, denial: Denial) {
        let Some(known) = self
            .denials
            .iter_mut()
            .find(|known| is_same(known, &denial))
        else {
            self.denials.push(denial);
            return;
        };
        if known.effect == DenialEffect::Unknown || known.layer == DenialLayer::Unknown {
            let says_more = denial.effect != DenialEffect::Unknown
                && denial.layer != DenialLayer::Unknown
                || known.effect == DenialEffect::Unknown;
            if says_more {
                known.effect = denial.effect;
                known.layer = denial.layer;
                known.form = denial.form;
            }
        }
        let fill = |known: &mut Option<String>, new: Option<String>| {
            if known.is_none() {
                *known = new;
            }
        };
        fill(&mut known.policy, denial.policy);
        fill(&mut known.sid, denial.sid);
        fill(&mut known.passed_to, denial.passed_to);
        if known.type_name.is_none() {
            known.type_name = denial.type_name;
            known.logical_id = denial.logical_id;
        }
    }

    /// Adds a message that looks like a denial, once for each resource.
    pub(super) fn push_lookalike(&mut self, lookalike: DenialLookalike) {
        let is_known = self.lookalikes.iter().any(|known| {
            known.kind == lookalike.kind
                && (*known == lookalike || lookalike.kind == LookalikeKind::Credentials)
        });
        if !is_known {
            self.lookalikes.push(lookalike);
        }
    }
}

/// Whether two messages are about the same request. One that says little is about a request that
/// another one of the same resource describes.
fn is_same(known: &Denial, new: &Denial) -> bool {
    let key = |denial: &Denial| {
        (
            denial.principal.clone(),
            denial.action.clone(),
            denial.resource.clone(),
        )
    };
    let place = |denial: &Denial| (denial.type_name.clone(), denial.logical_id.clone());
    let is_about = place(known) == place(new);
    if new.action.is_none() && new.form != DenialForm::Sentence {
        let says_more = known.action.is_some() && new.logical_id.is_some();
        return is_about && (says_more || key(known) == key(new));
    }
    key(known) == key(new)
}

//! What comments settle is not a "maybe".
//!
//! In: what is not decided. Out: what of it no comment settles; the rest goes to the list of what is
//! settled. Refuses nothing: what is certain, no comment settles.

use std::borrow::Cow;

use crate::diff::access::changes::{Access, Settlement};
use crate::diff::access::comparer::Comparer;
use crate::iam::Certainty;

impl Comparer<'_, '_> {
    /// Whether a comment settles that it is not decided `why` a change of `what` may give access.
    pub(super) fn settles(&self, what: &str, why: &str, access: &mut Access) -> bool {
        let Some(reason) = self.settled.reason(what) else {
            return false;
        };
        access.settled.push(Settlement {
            what: what.to_owned(),
            why: why.to_owned(),
            reason: reason.to_owned(),
        });
        true
    }

    /// Leaves the reasons that no comment settles.
    pub(super) fn settle(
        &self,
        what: &str,
        reasons: &mut Vec<Cow<'static, str>>,
        access: &mut Access,
    ) {
        reasons.retain(|why| !self.settles(what, why, access));
    }

    /// Leaves what principals certainly gain, if comments settle the rest.
    pub(super) fn settle_principals(&self, access: &mut Access) {
        let mut left = Vec::new();
        for mut change in std::mem::take(&mut access.principals) {
            let ids = &change.logical_ids;
            let is_settled = ids.iter().all(|id| self.settled.reason(id).is_some());
            if is_settled {
                let gains = std::mem::take(&mut change.gains).into_iter();
                for gain in gains {
                    match &gain.certainty {
                        Certainty::Maybe(why) => {
                            for id in &change.logical_ids {
                                self.settles(id, why, access);
                            }
                        }
                        Certainty::Certain => change.gains.push(gain),
                    }
                }
            }
            if !change.gains.is_empty() || !change.loses.is_empty() {
                left.push(change);
            }
        }
        access.principals = left;
    }
}

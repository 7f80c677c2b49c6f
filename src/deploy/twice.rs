//! Names that two resources would both get.
//!
//! In: the resources that get a name which nothing has so far. Out: a finding for each whose name
//! another one gets as well. Refuses nothing.

use std::collections::hash_map::Entry;

use foldhash::HashMap;

use crate::deploy::answer::DeployRefusal;
use crate::deploy::fold::{Affected, DeployFindings, Happening, HashedRule, Origins};
use crate::deploy::names::{NameKey, is_certain, keys};
use crate::deploy::places::Instance;
use crate::deploy::rules::NAME_TAKEN;

/// Adds the findings.
pub(super) fn twice<'run>(
    claims: &[&'run Instance<'run>],
    origins: &dyn Origins,
    findings: &mut DeployFindings,
) {
    let mut first: HashMap<NameKey<'run>, &Instance<'run>> = HashMap::default();
    for claim in claims {
        for key in keys(claim) {
            let other = match first.entry(key) {
                Entry::Vacant(free) => {
                    free.insert(claim);
                    continue;
                }
                Entry::Occupied(taken) => *taken.get(),
            };
            let is_same = is_same(other, claim);
            if is_same && other.place == claim.place || !is_same && are_alternatives(other, claim) {
                continue;
            }
            let affected = Affected {
                old: None,
                new: Some(claim),
            };
            findings.add(&happening(other, claim, origins), affected, origins);
            break;
        }
    }
}

fn is_same(one: &Instance<'_>, other: &Instance<'_>) -> bool {
    one.file == other.file && one.id == other.id
}

/// Whether a template creates one or the other: a name that two resources have under conditions is
/// that of whichever is there.
fn are_alternatives(one: &Instance<'_>, other: &Instance<'_>) -> bool {
    let condition = |instance: &Instance<'_>| instance.version.facts.is_conditional;
    one.file == other.file && condition(one) && condition(other)
}

fn happening(other: &Instance<'_>, claim: &Instance<'_>, origins: &dyn Origins) -> Happening {
    Happening {
        rule: HashedRule(&NAME_TAKEN),
        refusal: if is_certain(other) && is_certain(claim) {
            DeployRefusal::Certain
        } else {
            DeployRefusal::Maybe
        },
        reason: if is_same(other, claim) {
            "the stack of another region or account also creates resources with these names"
                .to_owned()
        } else if other.file == claim.file {
            "the same template also creates other resources with these names".to_owned()
        } else {
            format!(
                "`{}` also creates resources with these names",
                origins.source(other.file)
            )
        },
        help: "give the resources other names, or create them in one place only".to_owned(),
    }
}

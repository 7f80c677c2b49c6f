//! Statements that require a permissions boundary that they did not require before.
//!
//! In: what is updated. Out: a finding for each policy or role whose conditions name another
//! boundary now. Refuses nothing: the policy itself can be deployed, and what it locks is in stacks
//! of apps.

use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::HashMap;

use crate::deploy::answer::DeployRefusal;
use crate::deploy::facts::DeployFacts;
use crate::deploy::fold::{Affected, DeployFindings, Happening, HashedRule, Origins};
use crate::deploy::places::DeployPlan;
use crate::deploy::rules::LOCKED_BY_BOUNDARY;
use crate::template::display::shown;
use crate::template::value::{Data, Unordered};

const KEY: &str = "iam:PermissionsBoundary";

/// Adds the findings.
pub(super) fn locked(plan: &DeployPlan<'_>, origins: &dyn Origins, findings: &mut DeployFindings) {
    let mut known: HashMap<*const DeployFacts, BTreeSet<String>> = HashMap::default();
    for update in &plan.updated {
        let (old, new) = (update.old.version, update.new.version);
        if !new.facts.kind.starts_with("AWS::IAM::") {
            continue;
        }
        let mut of = |facts: &Rc<DeployFacts>| {
            let known = known.entry(Rc::as_ptr(facts));
            known.or_insert_with(|| required(&facts.data)).clone()
        };
        let (before, after) = (of(&old.facts), of(&new.facts));
        if after.is_subset(&before) {
            continue;
        }
        let affected = Affected {
            old: Some(&update.old),
            new: Some(&update.new),
        };
        findings.add(&happening(), affected, origins);
    }
}

/// The boundaries that conditions of the resource name.
fn required(data: &Data) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    visit(data, &mut found);
    found
}

fn visit(data: &Data, found: &mut BTreeSet<String>) {
    match data {
        Data::List(items) | Data::Unordered(Unordered(items)) => {
            for item in items {
                visit(item, found);
            }
        }
        Data::Map(entries) => {
            for (key, value) in entries {
                if key.eq_ignore_ascii_case(KEY) {
                    found.insert(shown(value));
                } else {
                    visit(value, found);
                }
            }
        }
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Action(_) => {}
    }
}

fn happening() -> Happening {
    Happening {
        rule: HashedRule(&LOCKED_BY_BOUNDARY),
        refusal: DeployRefusal::None,
        reason: "they require a permissions boundary that they did not require before: roles that the app's stacks already have cannot be changed until they have it".to_owned(),
        help: "set the boundary in the app's template, and deploy the app once: its stacks then give it to their roles (docs/boundary.md)".to_owned(),
    }
}

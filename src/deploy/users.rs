//! Users that go, with the keys that somebody created for them.
//!
//! In: what is created, deleted, and updated. Out: a finding for each user that is deleted, and for
//! each that takes its place and has no key. Refuses nothing.
//!
//! IAM deletes no user that has access keys (`DeleteConflict`). A key that somebody created by hand
//! is in no template, so that it is always a maybe.

use std::borrow::Cow;

use foldhash::HashSet;

use crate::deploy::answer::DeployRefusal;
use crate::deploy::fold::{Affected, DeployFindings, Happening, HashedRule, Origins};
use crate::deploy::places::{DeployPlan, Instance};
use crate::deploy::replaced::is_renamed;
use crate::deploy::rules::{REPLACED, USER_KEEPS_KEYS};

const USER: &str = "AWS::IAM::User";

/// Adds the findings. `rolled_back` has the resources that stay because the change is refused.
pub(super) fn users(
    plan: &DeployPlan<'_>,
    rolled_back: &HashSet<*const Instance<'_>>,
    origins: &dyn Origins,
    findings: &mut DeployFindings,
) {
    let is_user = |instance: &&Instance<'_>| instance.kind() == USER;
    let stays = |instance: &Instance<'_>| rolled_back.contains(&std::ptr::from_ref(instance));
    let deleted: Vec<&Instance<'_>> = plan
        .deleted
        .iter()
        .filter(is_user)
        .filter(|user| !stays(user))
        .collect();
    let renamed = plan.updated.iter().filter(|update| {
        update.old.kind() == USER && update.new.kind() == USER && is_renamed(update)
    });
    let renamed = renamed
        .filter(|update| !stays(&update.old))
        .map(|update| &update.old);
    for user in deleted.iter().copied().chain(renamed) {
        let affected = Affected {
            old: Some(user),
            new: None,
        };
        findings.add(&keeps_keys(), affected, origins);
    }
    let names: HashSet<Cow<'_, str>> = deleted.iter().map(|user| user.shown_name()).collect();
    for user in plan.created.iter().filter(is_user) {
        if names.contains(&user.shown_name()) && !stays(user) {
            let affected = Affected {
                old: None,
                new: Some(user),
            };
            findings.add(&has_no_key(), affected, origins);
        }
    }
}

fn keeps_keys() -> Happening {
    Happening {
        rule: HashedRule(&USER_KEEPS_KEYS),
        refusal: DeployRefusal::Maybe,
        reason: "IAM does not delete a user that has access keys: CloudFormation leaves it where it is, outside of any stack, with keys that work; if its stack has nothing else, deleting the stack fails".to_owned(),
        help: "delete its access keys first: `aws iam list-access-keys --user-name NAME`, then `aws iam delete-access-key --user-name NAME --access-key-id ID` for each".to_owned(),
    }
}

fn has_no_key() -> Happening {
    Happening {
        rule: HashedRule(&REPLACED),
        refusal: DeployRefusal::None,
        reason: "a user of the same name was somewhere else before, and the new one has no access key: CI cannot sign in".to_owned(),
        help: "create an access key for the new user, and put it where the old one is used (the secrets of CI)".to_owned(),
    }
}

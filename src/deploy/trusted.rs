//! Users and roles that go, or come anew, and are still trusted.
//!
//! In: what is created, deleted, and updated, and who is trusted in the new files. Out: a finding for each
//! resource whose policies name a principal that is not there any more, or is another one. Refuses nothing.
//!
//! IAM keeps the unique id of a principal that a policy names, not its ARN: "if you delete the role and
//! recreate it with the same name, the policy does not apply to it" ("AWS JSON policy elements: Principal",
//! IAM User Guide). A policy that names a principal that does not exist cannot be saved (`Invalid principal
//! in policy`).

use std::collections::{HashMap, HashSet};

use crate::deploy::answer::DeployRefusal;
use crate::deploy::fold::{Affected, DeployFindings, Happening, HashedRule, Origins};
use crate::deploy::places::{DeployPlan, Instance, SideAccounts, StackAccount};
use crate::deploy::replaced::is_renamed;
use crate::deploy::rules::STILL_TRUSTED;
use crate::deploy::version::TrustingResource;
use crate::template::resources::is_account_id;

/// A user or a role of an account: `role/` or `user/` with the name in lower case.
type PrincipalKey = (StackAccount, String);

/// A resource that trusts somebody.
pub(super) struct Trusting<'run> {
    pub(super) instance: Instance<'run>,
    /// Who is trusted.
    pub(super) principal: PrincipalKey,
}

impl<'run> Trusting<'run> {
    /// A resource of the output `file` in each of its stacks, once for each principal.
    pub(super) fn all(
        file: usize,
        resource: &'run TrustingResource,
        accounts: SideAccounts<'_>,
    ) -> Vec<Self> {
        let version = &resource.version;
        let instances = Instance::all(file, (&resource.id, version), accounts);
        let mut found = Vec::new();
        for instance in instances {
            for written in &resource.trusts {
                let account = version.restore(&written.account);
                let account = if account == "AWS::AccountId" {
                    instance.place.account.clone()
                } else if is_account_id(&account) {
                    StackAccount::Id(account)
                } else {
                    accounts.account(&account)
                };
                found.push(Self {
                    instance: instance.clone(),
                    principal: (account, version.restore(&written.name)),
                });
            }
        }
        found
    }
}

/// The principal that an instance is, if it has a name.
pub(super) fn principal_of(instance: &Instance<'_>) -> Option<PrincipalKey> {
    let word = match instance.kind() {
        "AWS::IAM::Role" => "role",
        "AWS::IAM::User" => "user",
        _ => return None,
    };
    let name = instance.version.facts.name.as_ref()?;
    let name = instance.version.restore(&name.text).to_ascii_lowercase();
    Some((instance.place.account.clone(), format!("{word}/{name}")))
}

/// Adds the findings. `rolled_back` has the resources that stay because the change is refused.
pub(super) fn trusted(
    plan: &DeployPlan<'_>,
    trusting: &[Trusting<'_>],
    rolled_back: &HashSet<*const Instance<'_>>,
    (origins, findings): (&dyn Origins, &mut DeployFindings),
) {
    let stays = |instance: &Instance<'_>| rolled_back.contains(&std::ptr::from_ref(instance));
    let renamed = plan.updated.iter().filter(|update| is_renamed(update));
    let gone = plan.deleted.iter().chain(renamed.map(|update| &update.old));
    let gone: HashMap<PrincipalKey, &Instance<'_>> = gone
        .filter(|instance| !stays(instance))
        .filter_map(|instance| Some((principal_of(instance)?, instance)))
        .collect();
    if gone.is_empty() {
        return;
    }
    let renamed = plan.updated.iter().filter(|update| is_renamed(update));
    let made = plan.created.iter().chain(renamed.map(|update| &update.new));
    let made: HashSet<PrincipalKey> = made.filter_map(principal_of).collect();
    let changed: HashSet<(usize, &str)> = plan
        .created
        .iter()
        .chain(
            plan.updated
                .iter()
                .filter(|one| one.differs())
                .map(|one| &one.new),
        )
        .map(|instance| (instance.file, instance.id))
        .collect();
    for one in trusting {
        if !gone.contains_key(&one.principal) {
            continue;
        }
        let is_saved = changed.contains(&(one.instance.file, one.instance.id));
        let happening = if made.contains(&one.principal) {
            if is_saved {
                continue;
            }
            made_anew(&one.principal.1)
        } else {
            removed(&one.principal.1, is_saved)
        };
        let affected = Affected {
            old: None,
            new: Some(&one.instance),
        };
        findings.add(&happening, affected, origins);
    }
}

fn made_anew(principal: &str) -> Happening {
    Happening {
        rule: HashedRule(&STILL_TRUSTED),
        refusal: DeployRefusal::None,
        reason: format!(
            "they trust `{principal}`, which is deleted and created anew: IAM keeps the unique id of the old one, so the new one is not trusted"
        ),
        help: "deploy once without these statements, and then with them: only a policy that is saved again names the new one".to_owned(),
    }
}

fn removed(principal: &str, is_saved: bool) -> Happening {
    Happening {
        rule: HashedRule(&STILL_TRUSTED),
        refusal: if is_saved {
            DeployRefusal::Maybe
        } else {
            DeployRefusal::None
        },
        reason: if is_saved {
            format!(
                "they trust `{principal}`, which this change removes: if it is gone first, IAM reports `Invalid principal in policy`"
            )
        } else {
            format!(
                "they trust `{principal}`, which this change removes: IAM refuses the next change of their policies (`Invalid principal in policy`)"
            )
        },
        help: "remove it from the policies that trust it, or keep it".to_owned(),
    }
}

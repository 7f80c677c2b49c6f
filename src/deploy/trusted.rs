//! Users and roles that go, or come anew, and are still trusted.
//!
//! In: what is created, deleted, and updated, and who is trusted in the new files. Out: a finding for each
//! resource whose policies name a principal that is not there any more, or is another one. Refuses nothing.
//!
//! IAM keeps the unique id of a principal that a policy names, not its ARN: "if you delete the role and
//! recreate it with the same name, the policy does not apply to it" ("AWS JSON policy elements: Principal",
//! IAM User Guide). A policy that names a principal that does not exist cannot be saved (`Invalid principal
//! in policy`).

use foldhash::{HashMap, HashSet};

use crate::deploy::answer::DeployRefusal;
use crate::deploy::fold::{Affected, DeployFindings, Happening, HashedRule, Origins};
use crate::deploy::places::{DeployPlan, Instance, SideAccounts, StackAccount, Update};
use crate::deploy::principals::without_case;
use crate::deploy::replaced::is_renamed;
use crate::deploy::rules::STILL_TRUSTED;
use crate::deploy::version::TrustingResource;
use crate::template::resources::is_account_id;

/// A user or a role of an account: `role/` or `user/` with the name in lower case.
type PrincipalKey = (StackAccount, String);

/// How a policy is saved by the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SavedPolicy {
    New,
    Changed,
}

/// A resource that trusts somebody.
pub(super) struct Trusting<'run> {
    pub(super) instance: Instance<'run>,
    /// Who is trusted.
    pub(super) principal: PrincipalKey,
    /// The same as it is written, without the account.
    written: String,
    /// Whether a statement denies it something, so that it is not trusted by that.
    is_denied: bool,
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
                    StackAccount::Id(account.into_owned())
                } else {
                    accounts.account(&account)
                };
                let name = version.restore(&written.name);
                found.push(Self {
                    instance: instance.clone(),
                    principal: (account, without_case(&name)),
                    written: name.into_owned(),
                    is_denied: written.is_denied,
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
    let name = format!("{word}/{}", instance.version.restore(&name.text));
    Some((instance.place.account.clone(), without_case(&name)))
}

/// Adds the findings. `rolled_back` has the resources that stay because the change is refused.
pub(super) fn trusted(
    plan: &DeployPlan<'_>,
    trusting: &[Trusting<'_>],
    rolled_back: &HashSet<*const Instance<'_>>,
    (origins, findings): (&dyn Origins, &mut DeployFindings),
) {
    let stays = |instance: &Instance<'_>| rolled_back.contains(&std::ptr::from_ref(instance));
    let renamed: Vec<&Update<'_>> = plan.updated.iter().filter(|one| is_renamed(one)).collect();
    let gone = plan
        .deleted
        .iter()
        .chain(renamed.iter().map(|one| &one.old));
    let gone: HashMap<PrincipalKey, &Instance<'_>> = gone
        .filter(|instance| !stays(instance))
        .filter_map(|instance| Some((principal_of(instance)?, instance)))
        .collect();
    if gone.is_empty() {
        return;
    }
    let made = plan
        .created
        .iter()
        .chain(renamed.iter().map(|one| &one.new));
    let made: HashSet<PrincipalKey> = made.filter_map(principal_of).collect();
    let saved = saved(plan);
    for one in trusting {
        if !gone.contains_key(&one.principal) {
            continue;
        }
        let saved = saved.get(&(one.instance.file, one.instance.id)).copied();
        let happening = if made.contains(&one.principal) {
            // A new policy is saved when the new one is there, or not at all.
            if saved == Some(SavedPolicy::New) {
                continue;
            }
            made_anew(one, saved)
        } else {
            removed(one, saved)
        };
        let affected = Affected {
            old: None,
            new: Some(&one.instance),
        };
        findings.add(&happening, affected, origins);
    }
}

/// The resources that are written, by their output and logical id.
fn saved<'run>(plan: &'run DeployPlan<'run>) -> HashMap<(usize, &'run str), SavedPolicy> {
    let key = |instance: &'run Instance<'run>| (instance.file, instance.id);
    let updated = plan.updated.iter().filter(|one| one.differs());
    let updated = updated.map(|one| (key(&one.new), SavedPolicy::Changed));
    let created = plan.created.iter();
    let created = created.map(|one| (key(one), SavedPolicy::New));
    created.chain(updated).collect()
}

fn made_anew(one: &Trusting<'_>, saved: Option<SavedPolicy>) -> Happening {
    let principal = &one.written;
    let (verb, is_not) = if one.is_denied {
        ("deny something to", "denied that")
    } else {
        ("trust", "trusted")
    };
    let when = match saved {
        Some(_) => "if they are deployed before the new one is there, ",
        None => "",
    };
    Happening {
        rule: HashedRule(&STILL_TRUSTED),
        refusal: DeployRefusal::None,
        reason: format!(
            "they {verb} `{principal}`, which is deleted and created anew: {when}IAM keeps the unique id of the old one, so the new one is not {is_not}"
        ),
        help: "deploy once without these statements, and then with them: only a policy that is saved again names the new one".to_owned(),
    }
}

fn removed(one: &Trusting<'_>, saved: Option<SavedPolicy>) -> Happening {
    let principal = &one.written;
    let (verb, help) = if one.is_denied {
        (
            "deny something to",
            "remove it from the policies that name it, or keep it",
        )
    } else {
        (
            "trust",
            "remove it from the policies that trust it, or keep it",
        )
    };
    let (refusal, then) = match saved {
        Some(_) => (
            DeployRefusal::Maybe,
            "if it is gone first, IAM reports `Invalid principal in policy`",
        ),
        None => (
            DeployRefusal::None,
            "IAM refuses the next change of their policies (`Invalid principal in policy`)",
        ),
    };
    Happening {
        rule: HashedRule(&STILL_TRUSTED),
        refusal,
        reason: format!("they {verb} `{principal}`, which this change removes: {then}"),
        help: help.to_owned(),
    }
}

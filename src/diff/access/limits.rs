//! The service control policies of an account, where they are not what they were.
//!
//! In: the organization on both sides. Out: for the accounts on which it differs, the statements that
//! limit a principal; for resource control policies, that they changed. They do not apply to the
//! management account. Refuses nothing: a policy that cannot be read is a "maybe".
//!
//! A request must be allowed at every level, and denied at none (AWS Organizations user guide, "SCP
//! evaluation"). AWS attaches `FullAWSAccess` at each level, and OrgFormation never detaches it. So
//! a policy that lists what is allowed limits only if somebody detached that by hand.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::diff::access::changes::Undecided;
use crate::organization::Organization;
use crate::organization::control::{Attached, AttachmentPoint, ControlPolicy, ControlPolicyKind};
use crate::organization::hierarchy::Hierarchy;
use crate::template::read::rendered;
use crate::template::resources::is_of_accounts;
use crate::template::value::Data;

/// The id of the policy that allows everything.
const FULL: &str = "p-FullAWSAccess";

/// Which of the two organizations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum LimitsOf {
    Old,
    New,
}

/// A service control policy that applies to an account.
#[derive(Clone, Debug)]
pub(super) enum AppliedLimit {
    /// Its name, and what it says.
    Known(String, Rc<Data>),
    /// It allows everything.
    Full,
    /// What it says is not known.
    Elsewhere(String),
}

impl PartialEq for AppliedLimit {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            // What it is called does not limit anything.
            (AppliedLimit::Known(_, own), AppliedLimit::Known(_, other)) => own == other,
            (AppliedLimit::Full, AppliedLimit::Full) => true,
            (AppliedLimit::Elsewhere(own), AppliedLimit::Elsewhere(other)) => own == other,
            _ => false,
        }
    }
}

/// What is attached at one level.
#[derive(Clone, Debug)]
pub(super) struct LimitLevel {
    pub(super) kind: ControlPolicyKind,
    /// Where: `unit X`.
    pub(super) point: String,
    pub(super) policies: Vec<AppliedLimit>,
}

/// What limits an account, on both sides.
#[derive(Debug)]
pub(super) struct ChangedLimits {
    pub(super) old: Vec<LimitLevel>,
    pub(super) new: Vec<LimitLevel>,
    /// Whether it may depend on the number of an account.
    pub(super) is_numbered: bool,
}

/// The accounts whose limits differ.
#[derive(Debug, Default)]
pub(super) struct Limits {
    changed: Vec<ChangedLimits>,
    by_account: HashMap<String, usize>,
    /// What changed and is not decided.
    pub(super) undecided: Vec<Undecided>,
}

impl Limits {
    /// The limits that differ between two organizations; none if the first is not known.
    pub(super) fn of(before: Option<&Organization>, now: &Organization) -> Self {
        let Some(before) = before else {
            return Self::default();
        };
        if before.control.is_empty() && now.control.is_empty() {
            return Self::default();
        }
        let mut limits = Self::default();
        let (old, new) = (OrganizationSide::of(before), OrganizationSide::of(now));
        limits.unreadable(&old, &new);
        let mut seen: HashMap<_, Option<usize>> = HashMap::new();
        let mut resources: BTreeSet<String> = BTreeSet::new();
        for account in &now.accounts {
            let name = account.logical_id.as_str();
            let was = before.account(name);
            // Whoever is in a new account is new, and reported.
            if account.is_master || was.is_none_or(|was| was.is_master) {
                continue;
            }
            let of = |side: &OrganizationSide<'_>| {
                let own = side.hierarchy.own(name);
                let account = (!own.is_empty()).then(|| name.to_owned());
                (side.hierarchy.parent(name).map(str::to_owned), account)
            };
            let at = *seen.entry((of(&old), of(&new))).or_insert_with(|| {
                resources.extend(weakened(&old, &new, name));
                limits.add(old.levels(name), new.levels(name))
            });
            if let Some(at) = at {
                limits.by_account.insert(name.to_owned(), at);
            }
        }
        let changed = resources
            .into_iter()
            .map(|what| undecided(&what, RESOURCES));
        limits.undecided.extend(changed);
        limits
    }

    /// All limits that an organization has now, as if it had none before. A resource control policy
    /// counts as what its account's principals are denied on the account's own resources.
    pub(super) fn all(now: &Organization) -> Self {
        let mut limits = Self::default();
        if now.control.is_empty() {
            return limits;
        }
        let side = OrganizationSide::of(now);
        let mut seen: HashMap<_, Option<usize>> = HashMap::new();
        for account in now.accounts.iter().filter(|account| !account.is_master) {
            let name = account.logical_id.as_str();
            let own = side.hierarchy.own(name);
            let key = (
                side.hierarchy.parent(name).map(str::to_owned),
                (!own.is_empty()).then(|| name.to_owned()),
            );
            let at = *seen.entry(key).or_insert_with(|| {
                let mut levels = side.levels(name);
                levels.extend(side.unreadable_levels(name));
                levels.extend(side.resource_levels(name));
                limits.add(Vec::new(), levels)
            });
            if let Some(at) = at {
                limits.by_account.insert(name.to_owned(), at);
            }
        }
        limits
    }

    /// Whether nothing differs.
    pub(super) fn is_empty(&self) -> bool {
        self.by_account.is_empty() && self.undecided.is_empty()
    }

    /// Whether the principals of any account are limited in another way.
    pub(super) fn are_changed(&self) -> bool {
        !self.by_account.is_empty()
    }

    /// The limits of an account, if they differ, by number.
    pub(super) fn changed(&self, account: &str) -> Option<(usize, &ChangedLimits)> {
        let at = *self.by_account.get(account)?;
        Some((at, self.changed.get(at)?))
    }

    /// Keeps these limits if they differ; returns their number.
    fn add(&mut self, old: Vec<LimitLevel>, new: Vec<LimitLevel>) -> Option<usize> {
        let is_within = |own: &[LimitLevel], others: &[LimitLevel]| {
            let mut levels = own.iter();
            levels.all(|level| {
                let mut others = others.iter();
                others.any(|other| is_same(level, other))
            })
        };
        // Two levels that say the same are one.
        if is_within(&old, &new) && is_within(&new, &old) {
            return None;
        }
        let levels = old.iter().chain(&new);
        let mut policies = levels.flat_map(|level| &level.policies);
        let is_numbered = policies.any(|policy| match policy {
            AppliedLimit::Known(_, document) => is_of_accounts(document),
            _ => false,
        });
        self.changed.push(ChangedLimits {
            old,
            new,
            is_numbered,
        });
        Some(self.changed.len() - 1)
    }

    /// Reports policies that are attached and cannot be read.
    fn unreadable(&mut self, old: &OrganizationSide<'_>, new: &OrganizationSide<'_>) {
        let names: BTreeSet<&str> = [old, new]
            .into_iter()
            .flat_map(|side| side.organization.control.policies.iter())
            .filter(|policy| policy.document.is_none())
            .map(|policy| policy.name.as_str())
            .collect();
        let names = names.into_iter();
        self.undecided.extend(names.map(|name| {
            let what = format!("policy {name} of the organization");
            undecided(&what, "what it says cannot be read, and may have changed")
        }));
    }
}

const RESOURCES: &str =
    "it allows more, and who can use the resources of these accounts is not examined";

fn undecided(what: &str, why: &str) -> Undecided {
    Undecided {
        what: what.to_owned(),
        why: why.to_owned(),
        origin: None,
        line: None,
    }
}

/// Whether both say the same. Where `FullAWSAccess` was detached by hand is not known, so a list of
/// what is allowed is the same only at one level.
fn is_same(level: &LimitLevel, other: &LimitLevel) -> bool {
    let lists = |policy: &AppliedLimit| match policy {
        AppliedLimit::Known(_, document) => {
            let statements = document.get("Statement").and_then(Data::unordered);
            statements.is_none_or(|items| {
                let mut effects = items
                    .iter()
                    .map(|item| item.get("Effect").and_then(Data::text));
                effects.any(|effect| effect != Some("Deny"))
            })
        }
        _ => false,
    };
    if level.point != other.point && level.policies.iter().any(lists) {
        return false;
    }
    let is_within = |own: &[AppliedLimit], others: &[AppliedLimit]| {
        own.iter().all(|policy| others.contains(policy))
    };
    is_within(&level.policies, &other.policies) && is_within(&other.policies, &level.policies)
}

/// The organization of one side, its documents read.
struct OrganizationSide<'a> {
    organization: &'a Organization,
    hierarchy: Hierarchy<'a>,
    documents: HashMap<&'a str, (&'a ControlPolicy, Rc<Data>)>,
}

impl<'a> OrganizationSide<'a> {
    fn of(organization: &'a Organization) -> Self {
        let policies = organization.control.policies.iter();
        let documents = policies.filter_map(|policy| {
            let document = Rc::new(rendered(policy.document.as_ref()?));
            Some((policy.logical_id.as_str(), (policy, document)))
        });
        Self {
            organization,
            hierarchy: Hierarchy::of(organization),
            documents: documents.collect(),
        }
    }

    /// The policies of this kind that are attached where `attached` is.
    fn policies(
        &self,
        attached: &[Attached],
        kind: ControlPolicyKind,
    ) -> Vec<&(&'a ControlPolicy, Rc<Data>)> {
        let all = attached.contains(&Attached::All);
        let policies = self.organization.control.policies.iter();
        let attached = policies.filter(|policy| {
            let own = |one: &Attached| *one == Attached::Policy(policy.logical_id.clone());
            policy.kind == kind && (all || attached.iter().any(own))
        });
        attached
            .filter_map(|policy| self.documents.get(policy.logical_id.as_str()))
            .collect()
    }

    /// The service control policies of an account, from the root down.
    fn levels(&self, account: &str) -> Vec<LimitLevel> {
        let levels = self.hierarchy.levels(account).into_iter();
        let levels = levels.map(|(point, attached)| {
            let known = self.policies(attached, ControlPolicyKind::Service);
            let known = known.into_iter().map(|(policy, document)| {
                AppliedLimit::Known(policy.name.clone(), Rc::clone(document))
            });
            let others = attached.iter().filter_map(|attached| match attached {
                Attached::Id(id) if id == FULL => Some(AppliedLimit::Full),
                Attached::Id(id) => Some(AppliedLimit::Elsewhere(id.clone())),
                Attached::Unknown => Some(AppliedLimit::Elsewhere(format!("one of {point}"))),
                Attached::Policy(_) | Attached::All => None,
            });
            LimitLevel {
                kind: ControlPolicyKind::Service,
                policies: known.chain(others).collect(),
                point: point.to_string(),
            }
        });
        levels.filter(|level| !level.policies.is_empty()).collect()
    }

    /// The policies of an account that are attached and cannot be read.
    fn unreadable_levels(&self, account: &str) -> Vec<LimitLevel> {
        let levels = self.hierarchy.levels(account).into_iter();
        let levels = levels.map(|(point, attached)| {
            let all = attached.contains(&Attached::All);
            let policies = self.organization.control.policies.iter().filter(|policy| {
                let own = Attached::Policy(policy.logical_id.clone());
                policy.document.is_none() && (all || attached.contains(&own))
            });
            LimitLevel {
                kind: ControlPolicyKind::Service,
                policies: policies
                    .map(|policy| AppliedLimit::Elsewhere(policy.name.clone()))
                    .collect(),
                point: point.to_string(),
            }
        });
        levels.filter(|level| !level.policies.is_empty()).collect()
    }

    /// The resource control policies of an account, from the root down.
    fn resource_levels(&self, account: &str) -> Vec<LimitLevel> {
        let levels = self.hierarchy.levels(account).into_iter();
        let levels = levels.map(|(point, attached)| {
            let known = self.policies(attached, ControlPolicyKind::Resource);
            let known = known.into_iter().map(|(policy, document)| {
                AppliedLimit::Known(policy.name.clone(), Rc::clone(document))
            });
            LimitLevel {
                kind: ControlPolicyKind::Resource,
                policies: known.collect(),
                point: point.to_string(),
            }
        });
        levels.filter(|level| !level.policies.is_empty()).collect()
    }

    /// What the resource control policies of an account say, statement by statement, with the policy
    /// and where it is attached.
    fn statements(&self, account: &str) -> Vec<(String, Data)> {
        let mut found = Vec::new();
        for (point, attached) in self.hierarchy.levels(account) {
            for (policy, document) in self.policies(attached, ControlPolicyKind::Resource) {
                let name = policy_at(&policy.name, &point);
                match document.get("Statement").and_then(Data::unordered) {
                    Some(items) => {
                        found.extend(items.iter().map(|item| (name.clone(), item.clone())));
                    }
                    None => found.push((name, Data::clone(document))),
                }
            }
        }
        found
    }
}

fn policy_at(name: &str, point: &AttachmentPoint) -> String {
    format!("resource control policy {name} of {point}")
}

/// The resource control policies of an account that say less than before.
fn weakened(
    old: &OrganizationSide<'_>,
    new: &OrganizationSide<'_>,
    account: &str,
) -> BTreeSet<String> {
    let now = new.statements(account);
    let gone = old
        .statements(account)
        .into_iter()
        .filter(|(_, statement)| {
            let mut now = now.iter();
            !now.any(|(_, other)| other == statement)
        });
    gone.map(|(name, _)| name).collect()
}

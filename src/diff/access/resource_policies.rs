//! Who may do more with a resource, or less, by the policies of resources.
//!
//! In: both files. Out: a change for each resource whose policies differ in what they allow. What
//! cannot be decided is a "maybe". Refuses nothing.
//!
//! Policies belong together if they are about one resource in one account and region, wherever in the
//! file they are. A request is one of a caller for the resource. In the resource's own account, what
//! a policy of the caller allows counts as well, unless the resource is a key: so a Deny that is gone
//! is a gain of the account's root user, who needs no policy.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::aws::resource_policies::{OwnAccount, PolicyNumber};
use crate::diff::access::changes::{Access, Fate, Finding, PrincipalChange, Undecided};
use crate::diff::access::comparer::Comparer;
use crate::diff::access::decide::Verdict;
use crate::diff::access::held::{Bodies, HeldPolicy, substituted};
use crate::diff::access::permission::{document, of_account};
use crate::diff::access::unexamined::push;
use crate::iam::difference::universe::Home;
use crate::iam::document::resource::actions_of_resource;
use crate::iam::document::{DocumentKind, Documents};
use crate::iam::facts::KnownSide;
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::request::{RequestKind, caller_and_resource};
use crate::iam::statement::{Effect, Statement};
use crate::iam::{Action, PrincipalKind};
use crate::template::resolve::{OWN, OwnId, Reader, Values};
use crate::template::resources::Place;
use crate::template::value::Data;

/// Which resource a policy is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct TargetKey {
    place: Place,
    region: Option<String>,
    word: &'static str,
    name: String,
    foreach: Option<String>,
}

/// The policies of one resource on both sides.
#[derive(Default)]
struct PolicyPair<'a, 'text> {
    old: Vec<&'a HeldPolicy<'text>>,
    new: Vec<&'a HeldPolicy<'text>>,
}

/// What decides about the policies of one resource on one side.
type PolicySignature = BTreeSet<(usize, Option<String>, Rc<Values>)>;

/// What decides about a pair.
#[derive(PartialEq, Eq, Hash)]
struct PairSignature {
    old: PolicySignature,
    new: PolicySignature,
    region: Option<String>,
    target: String,
    is_id_known: bool,
    is_gone: bool,
    /// Those that are gone from the file and may still be there.
    kept: Vec<String>,
    is_new: bool,
}

/// Who gains if something that denied is gone.
pub(super) const BY_THEMSELVES: &str = "principals of the same account, by their own policies";

impl<'run> Comparer<'run, '_> {
    /// Who may do more with resources, or less, by the policies of these.
    pub(super) fn resource_policies(&'run self, access: &mut Access) {
        let mut bodies = Bodies::new();
        let old = self.held(self.old, &mut bodies);
        let new = self.held(self.new, &mut bodies);
        let mut pairs: BTreeMap<TargetKey, PolicyPair<'_, '_>> = BTreeMap::new();
        for policy in &old {
            pairs.entry(key(policy)).or_default().old.push(policy);
        }
        for policy in &new {
            pairs.entry(key(policy)).or_default().new.push(policy);
        }
        let mut decided: HashMap<PairSignature, usize> = HashMap::new();
        let mut verdicts: Vec<Verdict> = Vec::new();
        let mut groups: HashMap<(usize, String), usize> = HashMap::new();
        for pair in pairs.values() {
            if let Some((what, why)) = self.held_deleted_later(&pair.old, &pair.new)
                && !self.settles(&what, &why, access)
            {
                push(access, what, &why, None);
            }
            let signature = self.policy_signature(pair);
            if signature.old == signature.new {
                continue;
            }
            let Some(first) = pair.new.first().or(pair.old.first()) else {
                continue;
            };
            if is_several(&pair.old) || is_several(&pair.new) {
                access.undecided.push(Undecided {
                    what: first.id.clone(),
                    why: "another policy is about the same resource, and the last one replaces it"
                        .to_owned(),
                    origin: None,
                    line: None,
                });
                continue;
            }
            let own_id = self.own_id_of(pair, &signature);
            let at = *decided.entry(signature).or_insert_with_key(|signature| {
                verdicts.push(self.decide_policies(pair, signature, &own_id));
                verdicts.len() - 1
            });
            let Some(verdict) = verdicts.get(at) else {
                continue;
            };
            if verdict.gains.is_empty() && verdict.loses.is_empty() {
                continue;
            }
            let change = self.policy_change(verdict, pair, first);
            let group = (at, change.name.clone());
            let known = groups.get(&group).copied();
            if let Some(known) = known.and_then(|at| access.principals.get_mut(at)) {
                known.logical_ids.extend(change.logical_ids);
                known.accounts.extend(change.accounts);
            } else {
                groups.insert(group, access.principals.len());
                access.principals.push(change);
            }
        }
    }

    fn policy_signature(&self, pair: &PolicyPair<'_, '_>) -> PairSignature {
        let side = |policies: &[&HeldPolicy<'_>]| -> PolicySignature {
            let part = |policy: &&HeldPolicy<'_>| {
                let body = &policy.body;
                let is_own = body.is_numbered || (body.label.is_none() && !body.is_shared);
                let account = policy.place.account().filter(|_| is_own);
                (
                    body.key,
                    account.map(str::to_owned),
                    Rc::clone(&policy.values),
                )
            };
            policies.iter().map(part).collect()
        };
        let target = |policies: &[&HeldPolicy<'_>]| {
            let id = policies.first()?.target.id.clone()?;
            Some(id)
        };
        let first = pair.new.first().or(pair.old.first());
        let known = first.and_then(|policy| self.id_of(&policy.place));
        let kept = self.kept_policies(pair).into_iter();
        PairSignature {
            kept: kept.map(|policy| policy.id.clone()).collect(),
            is_gone: target(&pair.old).is_some_and(|id| self.is_deleted(&id)),
            is_new: target(&pair.new).is_some_and(|id| self.old.get(&id).is_none()),
            old: side(&pair.old),
            new: side(&pair.new),
            region: first.and_then(|policy| policy.region.clone()),
            target: first.map_or(String::new(), |policy| policy.target.marked.clone()),
            is_id_known: known.is_some(),
        }
    }

    /// How the account id is read to decide about a pair.
    fn own_id_of(&self, pair: &PolicyPair<'_, '_>, signature: &PairSignature) -> OwnId {
        let first = pair.new.first().or(pair.old.first());
        let mut parts = signature.old.iter().chain(&signature.new);
        match first.and_then(|policy| self.id_of(&policy.place)) {
            None => OwnId::Unknown,
            Some(id) if parts.any(|(_, account, _)| account.is_some()) => OwnId::Known(id),
            Some(_) => OwnId::Mark(None),
        }
    }

    fn decide_policies(
        &self,
        pair: &PolicyPair<'_, '_>,
        signature: &PairSignature,
        own_id: &OwnId,
    ) -> Verdict {
        let home = home_of(pair, signature, own_id);
        let own = |policies: &[&HeldPolicy<'_>]| -> Vec<Statement> {
            let policies = policies.iter();
            policies
                .flat_map(|policy| self.statements_of(policy, own_id))
                .collect()
        };
        let (old, mut new) = (own(&pair.old), own(&pair.new));
        for policy in self.kept_policies(pair) {
            let statements = self.statements_of(policy, own_id);
            new.extend(self.kept_of(&policy.id, statements));
        }
        let first = pair.new.first().or(pair.old.first());
        if let (Some(key), true, true) = (pair.new.first(), signature.is_new, pair.old.is_empty()) {
            self.leave_to_policies(key, own_id, &mut new);
        }
        let common = first.map_or(Vec::new(), |first| {
            let all: Vec<&Statement> = old.iter().chain(&new).collect();
            self.common_statements(first, own_id, &all)
        });
        let side = |own: Vec<Statement>| {
            let all = own.into_iter().chain(common.iter().cloned());
            Permissions::new(all.collect(), None)
        };
        let (old, new) = (side(old), side(new));
        let sides = [&old, &new].map(KnownSide::of);
        let kinds = [(RequestKind::Resource, sides)];
        let mut verdict = self.verdict(&kinds, &home, own_id);
        for findings in [&mut verdict.gains, &mut verdict.loses] {
            keep_root(findings);
        }
        // Nothing is left that could be used, or nothing was there.
        if signature.is_gone {
            verdict.gains.clear();
        }
        if signature.is_new {
            verdict.loses.clear();
        }
        verdict
    }

    /// Leaves out what the policy of a new `key` only leaves to the policies of its account's principals, as the default
    /// one does ("Default key policy" of the KMS developer guide: it "enables IAM policies"). Any other new resource is
    /// left to these without a word.
    fn leave_to_policies(
        &self,
        key: &HeldPolicy<'_>,
        own_id: &OwnId,
        statements: &mut Vec<Statement>,
    ) {
        if key.holder.account != OwnAccount::NeedsKeyPolicy {
            return;
        }
        let reader = self.reader_of(key, own_id);
        let documents = Documents {
            reader: &reader,
            atoms: &self.atoms,
        };
        let default = documents.statements(&of_account(), "", DocumentKind::Resource);
        statements.retain(|own| {
            let is_left = |default: &Statement| own.grant.principals == default.grant.principals;
            own.grant.effect == Effect::Deny || !default.iter().any(is_left)
        });
    }

    /// The policies that are gone from the file, are kept by their `DeletionPolicy`, and were not
    /// replaced by another one.
    fn kept_policies<'p, 't>(&self, pair: &PolicyPair<'p, 't>) -> Vec<&'p HeldPolicy<'t>> {
        let is_replaced = |policy: &HeldPolicy<'_>| {
            policy.holder.number == PolicyNumber::One && !pair.new.is_empty()
        };
        let old = pair.old.iter().copied();
        let kept = old.filter(|policy| {
            let is_gone = self.new.get(&policy.id).is_none();
            is_gone && !self.is_deleted(&policy.id) && !is_replaced(policy)
        });
        kept.collect()
    }

    pub(super) fn reader_of(&self, policy: &HeldPolicy<'_>, own_id: &OwnId) -> Reader<'_> {
        Reader {
            region: policy.region.clone(),
            values: Rc::clone(&policy.values),
            ..self.reader(&policy.body, &policy.place, own_id.clone())
        }
    }

    pub(super) fn statements_of(&self, policy: &HeldPolicy<'_>, own_id: &OwnId) -> Vec<Statement> {
        let reader = self.reader_of(policy, own_id);
        let documents = Documents {
            reader: &reader,
            atoms: &self.atoms,
        };
        // Every service has a name like this, whichever region it is in.
        let is_service = |value: &Data| {
            let text = reader.text(value);
            text.is_some_and(|text| {
                text.contains(".amazonaws.com") || text.contains(".aws.internal")
            })
        };
        let Some(document) = document(policy.holder, &policy.body.data, &is_service) else {
            return Vec::new();
        };
        let mut statements = documents.statements(&document, &policy.id, DocumentKind::Resource);
        self.guarded(&policy.body, &mut statements);
        statements
    }

    /// What both sides say, whatever the policies are.
    fn common_statements(
        &self,
        policy: &HeldPolicy<'_>,
        own_id: &OwnId,
        own: &[&Statement],
    ) -> Vec<Statement> {
        let reader = self.reader_of(policy, own_id);
        let documents = Documents {
            reader: &reader,
            atoms: &self.atoms,
        };
        let holder = policy.holder;
        let arn = policy.target.arn.as_ref();
        let named = holder.arn.as_ref();
        let after = named.map_or(&[][..], |named| named.after);
        let beside = named.into_iter().flat_map(|named| named.beside);
        let beside: Vec<Data> = beside.map(|begin| substituted(begin)).collect();
        let mut common = actions_of_resource(holder.services);
        let bounds = arn.map(|arn| documents.bounds_of_resource(arn, after, &beside));
        // A statement about another resource may mean this one, which was then read wrong.
        common.extend(bounds.filter(|bounds| own.iter().all(|own| may_meet(own, bounds))));
        if holder.account == OwnAccount::Adds {
            common.extend(documents.own_account(BY_THEMSELVES));
        }
        common
    }

    fn policy_change(
        &self,
        verdict: &Verdict,
        pair: &PolicyPair<'_, '_>,
        first: &HeldPolicy<'_>,
    ) -> PrincipalChange {
        let restored = |findings: &[Finding]| -> Vec<Finding> {
            let findings = findings.iter();
            findings
                .map(|finding| self.restored(verdict, finding, Some(&first.body), &first.place))
                .collect()
        };
        let account = first.place.account();
        let origin = self.origin(&first.id, account);
        PrincipalChange {
            kind: PrincipalKind::Resource(first.holder.word),
            name: self.put_in(&first.target.name, &first.body, &first.place),
            logical_ids: vec![first.id.clone()],
            accounts: account.map(str::to_owned).into_iter().collect(),
            line: origin.as_ref().map(|origin| origin.line),
            origin,
            fate: fate(self, pair),
            gains: restored(&verdict.gains),
            loses: restored(&verdict.loses),
        }
    }
}

/// Where the resource is: an account or a region that is not known is a wildcard.
fn home_of(pair: &PolicyPair<'_, '_>, signature: &PairSignature, own_id: &OwnId) -> Home {
    let any = || "*".to_owned();
    let first = pair.new.first().or(pair.old.first());
    let is_bound = first.is_none_or(|policy| policy.place.account().is_none());
    let mut fields = signature.target.split(':');
    let mut named = |at: usize| {
        let field = fields
            .nth(at)
            .filter(|_| signature.target.starts_with("arn:"));
        field.filter(|text| !text.is_empty() && !text.contains('$') && *text != OWN)
    };
    let (region, account) = (named(3).map(str::to_owned), named(0).map(str::to_owned));
    let account = account.unwrap_or_else(|| match own_id {
        OwnId::Known(id) => id.clone(),
        OwnId::Mark(_) if !is_bound => OWN.to_owned(),
        OwnId::Unknown | OwnId::Mark(_) => any(),
    });
    Home {
        region: region.or(signature.region.clone()).unwrap_or_else(any),
        account: Glob::literal(&account).symbols,
    }
}

/// Whether a statement may be about a resource within these bounds.
fn may_meet(statement: &Statement, bounds: &Statement) -> bool {
    let (own, bounds) = (&statement.grant.resources, &bounds.grant.resources);
    let resource = |glob: &Glob| {
        let parts = caller_and_resource(&glob.symbols);
        Glob::new(parts.map_or(glob.symbols.clone(), |(_, resource)| resource.to_vec()))
    };
    let meets = |glob: &Glob| {
        let mut bounds = bounds.globs.iter();
        bounds.any(|bound| resource(bound).may_meet(&resource(glob)))
    };
    own.negated || own.globs.iter().any(meets)
}

/// Leaves out what depends on policies of the account's principals if its root user, who needs none,
/// can do all of it for sure.
fn keep_root(findings: &mut Vec<Finding>) {
    let is_own = |finding: &Finding| finding.principals == [BY_THEMSELVES];
    let sure = findings
        .iter()
        .filter(|one| is_own(one) && one.is_certain());
    let sure: BTreeSet<Action> = sure.flat_map(|one| one.actions.iter().cloned()).collect();
    findings.retain(|finding| {
        let is_sure = || finding.actions.iter().all(|action| sure.contains(action));
        !is_own(finding) || finding.is_certain() || !is_sure()
    });
}

/// Whether the resource itself is added or removed, as far as that is known.
fn fate(comparer: &Comparer<'_, '_>, pair: &PolicyPair<'_, '_>) -> Fate {
    let is_in = |file: &crate::template::resources::File<'_>, id: &str| file.get(id).is_some();
    let id = |side: &[&HeldPolicy<'_>]| side.first().and_then(|policy| policy.target.id.clone());
    match (id(&pair.old), id(&pair.new)) {
        (None, Some(id)) if pair.old.is_empty() && !is_in(comparer.old, &id) => Fate::Added,
        (Some(id), None) if pair.new.is_empty() && !is_in(comparer.new, &id) => Fate::Removed,
        _ => Fate::Kept,
    }
}

fn key(policy: &HeldPolicy<'_>) -> TargetKey {
    let foreach = policy.body.data.get("Foreach");
    TargetKey {
        place: policy.place.clone(),
        region: policy.region.clone(),
        word: policy.holder.word,
        name: policy.target.key.clone(),
        foreach: foreach.map(crate::template::display::shown),
    }
}

/// Whether there are several policies of which one replaces the others.
fn is_several(policies: &[&HeldPolicy<'_>]) -> bool {
    let replace = |policy: &&&HeldPolicy<'_>| policy.holder.number == PolicyNumber::One;
    policies.iter().filter(replace).count() > 1
}

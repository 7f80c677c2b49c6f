//! Permission sets of IAM Identity Center as principals: what they allow, and who may assume them.
//!
//! In: both files. Out: a change for each permission set that differs. Refuses nothing.
//!
//! A permission set is a role in each account where it is assigned (IAM Identity Center user guide,
//! "Permission sets"). So it is compared in each of these accounts, and with another one in an account
//! where it was not. The file may be about a permission set that is assigned elsewhere: what it gains is
//! then gained wherever that is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::diff::access::changes::{Access, Fate, Finding, PrincipalChange, Undecided};
use crate::diff::access::comparer::Comparer;
use crate::diff::access::decide::Verdict;
use crate::diff::access::limits::LimitsOf;
use crate::diff::access::own_facts::OwnFacts;
use crate::diff::access::set_policies::{PermissionSet, SetSignature, SetsOfFile};
use crate::diff::access::set_trust::{SetAndAccount, TrustChange, trust_changes};
use crate::iam::difference::universe::Home;
use crate::iam::facts::KnownSide;
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::principals::{Principal, places_of};
use crate::iam::{PrincipalKind, RequestKind};
use crate::template::resolve::{OWN, OwnId};
use crate::template::resources::{File, Place};

impl<'run, 'text> Comparer<'run, 'text> {
    /// Who may do more by permission sets, or less, and who may assume them.
    pub(super) fn permission_sets(&'run self, access: &mut Access) {
        let old = self.sets_of(self.old, LimitsOf::Old);
        let new = self.sets_of(self.new, LimitsOf::New);
        self.clashes([&old, &new], access);
        let mut trust = trust_changes(&old.assignments, &new.assignments);
        let (before, after) = (assigned(&old), assigned(&new));
        let keys: BTreeSet<&SetAndAccount> = before.keys().chain(after.keys()).collect();
        let mut calls: HashMap<(Option<SetSignature>, Option<SetSignature>), Verdict> =
            HashMap::new();
        let mut changes: Vec<PrincipalChange> = Vec::new();
        // An account comes after `None`, so what is gained anywhere is known last.
        for key in keys.into_iter().rev() {
            let (name, account) = key;
            let (before, after) = (before.get(key), after.get(key));
            let sides = [(before, &old), (after, &new)]
                .map(|(id, side)| id.and_then(|_| side.set(name)).map(|set| (set, side)));
            let mut verdict = self.calls_of(sides, account.as_deref(), &mut calls);
            let trust = trust.remove(key).unwrap_or_default();
            let fate = match (before, after) {
                (None, _) => Fate::Added,
                (_, None) => Fate::Removed,
                _ => Fate::Kept,
            };
            keep_doubt(fate, &trust, &mut verdict);
            let mut change = PrincipalChange {
                kind: PrincipalKind::PermissionSet,
                name: name.clone(),
                logical_ids: after.or(before).into_iter().cloned().collect(),
                accounts: account.iter().cloned().collect(),
                origin: None,
                line: None,
                fate,
                gains: trust.gains,
                loses: trust.loses,
            };
            change.gains.extend(verdict.gains);
            change.loses.extend(verdict.loses);
            if account.is_none() {
                leave_reported(&mut change, &changes);
            }
            if !change.gains.is_empty() || !change.loses.is_empty() {
                changes.push(change);
            }
        }
        changes.reverse();
        access.principals.extend(together(changes));
        self.limited_anywhere(&new, access);
        self.recreated_sets([&old, &new], access);
    }

    /// The places of the policies of `file` that permission sets have wherever they are created: these are compared
    /// with what has them.
    pub(super) fn used_by_sets(&self, file: &File<'text>, side: LimitsOf) -> BTreeSet<usize> {
        let sets = self.sets_of(file, side);
        let mut used: BTreeMap<usize, Vec<Place>> = BTreeMap::new();
        for set in self.principals_of_sets(&sets) {
            for source in set.policies.iter().chain(&set.boundary) {
                if let Some(at) = source.place() {
                    used.entry(at).or_default().push(set.place.clone());
                }
            }
        }
        let is_everywhere = |(at, own): (usize, Vec<Place>)| {
            let body = file.resources.get(at)?.body.as_ref()?;
            let mut places = places_of(body).into_iter();
            places.all(|place| own.contains(&place)).then_some(at)
        };
        used.into_iter().filter_map(is_everywhere).collect()
    }

    /// Reports permission sets with one name that differ: only one of them can be created.
    fn clashes(&self, sides: [&SetsOfFile<'_, '_>; 2], access: &mut Access) {
        let several = sides.iter().flat_map(|side| &side.sets);
        let several = several.filter(|(_, sets)| sets.len() > 1);
        let names: BTreeSet<&String> = several.map(|(name, _)| name).collect();
        for name in names {
            let [old, new] = sides.map(|side| side.sets.get(name).map_or(&[][..], Vec::as_slice));
            let says = |set: &PermissionSet<'_>| Arc::clone(&set.body.data);
            let is_same = old.iter().map(says).eq(new.iter().map(says));
            let Some(first) = new.first().or(old.first()).filter(|_| !is_same) else {
                continue;
            };
            let why = format!("another permission set is called `{name}`, and only one is created");
            if !self.settles(&first.id, &why, access) {
                access.undecided.push(undecided(first.id.clone(), why));
            }
        }
    }

    /// What a permission set gives on both sides in `account`, compared.
    fn calls_of(
        &'run self,
        sides: [Option<(&PermissionSet<'text>, &SetsOfFile<'run, 'text>)>; 2],
        account: Option<&str>,
        known: &mut HashMap<(Option<SetSignature>, Option<SetSignature>), Verdict>,
    ) -> Verdict {
        let [old, new] = sides.map(|side| {
            let (set, of) = side?;
            let principal = self.principal_of(set, of, account);
            let signature = self.set_signature(set, of, &principal);
            Some((set, of, principal, signature))
        });
        let signature = |side: &Option<(_, _, _, SetSignature)>| {
            side.as_ref().map(|(_, _, _, signature)| signature.clone())
        };
        let signatures = (signature(&old), signature(&new));
        if signatures.0 == signatures.1 {
            return Verdict::default();
        }
        if let Some(known) = known.get(&signatures) {
            return known.clone();
        }
        let principal = |side: &'_ Option<(_, _, Principal, _)>| {
            side.as_ref().map(|(_, _, principal, _)| principal.clone())
        };
        let kept = self.kept(principal(&old).as_ref(), principal(&new).as_ref());
        let permissions = |side: &Option<(&PermissionSet<'text>, &SetsOfFile<'_, 'text>, _, _)>| {
            side.as_ref()
                .map_or_else(Permissions::default, |(set, of, principal, _)| {
                    self.permissions_of(set, of, principal, &kept)
                })
        };
        // It is a role wherever it is assigned.
        let facts = [(); 2].map(|()| OwnFacts::of(PrincipalKind::PermissionSet, None));
        let [before, after] = self.sent_by(&facts, [permissions(&old), permissions(&new)]);
        let set = new.as_ref().or(old.as_ref()).map(|(set, ..)| *set);
        let place = set.map(|set| set.place.clone());
        let id = |name: &str| self.accounts.get(name).cloned().flatten();
        let own = account
            .and_then(id)
            .or(place.and_then(|place| self.id_of(&place)));
        let home = Home {
            region: "us-east-1".to_owned(),
            account: Glob::literal(own.as_deref().unwrap_or(OWN)).symbols,
        };
        let sides = [&before, &after].map(KnownSide::of);
        let kinds = [(RequestKind::Call, sides)];
        let mut verdict = self.verdict(&kinds, &home, &OwnId::Unknown);
        if let Some(set) = set {
            for findings in [&mut verdict.gains, &mut verdict.loses] {
                let restored = |finding: &Finding| {
                    self.restored(&Verdict::default(), finding, Some(&set.body), &set.place)
                };
                *findings = findings.iter().map(restored).collect();
            }
        }
        known.insert(signatures, verdict.clone());
        verdict
    }

    /// Reports permission sets of which it is not known whether the limits of their accounts changed.
    fn limited_anywhere(&self, side: &SetsOfFile<'_, '_>, access: &mut Access) {
        let is_assigned = |name: &String| {
            let mut assignments = side.assignments.keys();
            assignments.any(|assignment| assignment.set.text == *name)
        };
        let anywhere: Vec<&String> = side.sets.keys().filter(|name| !is_assigned(name)).collect();
        let (Some(first), true) = (anywhere.first(), self.limits.are_changed()) else {
            return;
        };
        access.undecided.push(undecided(
            match anywhere.len() {
                1 => (*first).clone(),
                all => format!("{first} and {} more", all - 1),
            },
            "service control policies changed, and in which accounts it is assigned is not known"
                .to_owned(),
        ));
    }
}

fn undecided(what: String, why: String) -> Undecided {
    Undecided {
        what,
        why,
        origin: None,
        line: None,
    }
}

/// The permission sets of a side in each account, each with a logical id. One that is in the file is
/// also anywhere.
fn assigned(side: &SetsOfFile<'_, '_>) -> BTreeMap<SetAndAccount, String> {
    let mut found = BTreeMap::new();
    for (name, sets) in &side.sets {
        found.extend(
            sets.first()
                .map(|set| ((name.clone(), None), set.id.clone())),
        );
    }
    for (assignment, sources) in &side.assignments {
        let set = side.set(&assignment.set.text);
        let id = set.map(|set| set.id.clone());
        let id = id.or_else(|| Some(sources.first()?.id.clone()));
        let key = (
            assignment.set.text.clone(),
            Some(assignment.account.text.clone()),
        );
        found.extend(id.map(|id| (key, id)));
    }
    found
}

/// Where nobody is sure to assume a permission set that could not before, nobody is sure to gain what
/// it gives.
fn keep_doubt(fate: Fate, trust: &TrustChange, verdict: &mut Verdict) {
    let (assumed, given) = match fate {
        Fate::Added => (&trust.gains, &mut verdict.gains),
        Fate::Removed => (&trust.loses, &mut verdict.loses),
        Fate::Kept => return,
    };
    let first = assumed
        .first()
        .filter(|_| !assumed.iter().any(Finding::is_certain));
    if let Some(first) = first {
        for finding in given.iter_mut().filter(|finding| finding.is_certain()) {
            finding.certainty = first.certainty.clone();
        }
    }
}

/// Leaves out what a permission set gains or loses anywhere if that is reported of an account.
fn leave_reported(change: &mut PrincipalChange, reported: &[PrincipalChange]) {
    let own = || {
        let own = reported.iter().filter(|other| other.name == change.name);
        own.filter(|other| other.fate == change.fate)
    };
    let calls = |findings: &[Finding]| findings.iter().any(|one| one.kind == RequestKind::Call);
    let (gains, loses) = (
        own().any(|other| calls(&other.gains)),
        own().any(|other| calls(&other.loses)),
    );
    if gains {
        change.gains.clear();
    }
    if loses {
        change.loses.clear();
    }
}

/// The changes, with those that are alike in several accounts together.
fn together(changes: Vec<PrincipalChange>) -> Vec<PrincipalChange> {
    let mut all: Vec<PrincipalChange> = Vec::new();
    for change in changes {
        let is_alike = |other: &PrincipalChange| {
            (&other.name, other.fate) == (&change.name, change.fate)
                && (&other.gains, &other.loses) == (&change.gains, &change.loses)
        };
        match all.iter_mut().rfind(|other| is_alike(other)) {
            Some(known) => {
                known.logical_ids.extend(change.logical_ids);
                known.accounts.extend(change.accounts);
            }
            None => all.push(change),
        }
    }
    all
}

//! Which principals belong together, and which pairs are decided once.
//!
//! In: the principals of both files. Out: a change for each pair that differs. Refuses nothing.
//!
//! The hard part: pairs that are equal but for the account are decided once, and a decision about
//! one account is not one about another.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use foldhash::HashMap;

use crate::diff::access::changes::{Access, Fate, Finding, Origin, PrincipalChange, Undecided};
use crate::diff::access::comparer::Comparer;
use crate::diff::access::decide::Verdict;
use crate::diff::access::limits::LimitsOf;
use crate::diff::access::moved::{ComparedPairs, MovedPrincipal};
use crate::diff::access::named_by_arn::DecidedPairs;
use crate::diff::access::unexamined::push;
use crate::iam::PrincipalKind;
use crate::iam::principals::{Found, Holding, Principal, Source, principals};
use crate::template::resolve::{OwnId, Values};
use crate::template::resources::{Body, File, Place, Resource};

/// What decides about a principal: equal ones have the same access.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Signature {
    own: SignaturePart,
    policies: BTreeSet<SignaturePart>,
    boundary: Option<SignaturePart>,
    /// Whether the id of its account is known.
    is_id_known: bool,
    /// The limits of its account, if they differ, and the account if they may be about it.
    limits: Option<(usize, LimitsOf, Option<String>)>,
}

impl Signature {
    /// Whether it is that of one account alone.
    pub(super) fn is_of_one_account(&self) -> bool {
        if matches!(self.limits, Some((_, _, Some(_)))) {
            return true;
        }
        let mut parts = self
            .policies
            .iter()
            .chain(&self.boundary)
            .chain([&self.own]);
        parts.any(SignaturePart::is_of_one_account)
    }
}

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum SignaturePart {
    /// A body, the account if it is not the same for all, and what it refers to.
    Body(usize, Option<String>, Rc<Values>),
    Elsewhere(String),
    /// It depends on conditions of the template.
    Chosen(BTreeSet<Holding>, Box<SignaturePart>),
}

impl SignaturePart {
    fn is_of_one_account(&self) -> bool {
        match self {
            SignaturePart::Body(_, account, _) => account.is_some(),
            SignaturePart::Elsewhere(_) => false,
            SignaturePart::Chosen(_, part) => part.is_of_one_account(),
        }
    }
}

pub(super) type PrincipalPair<'a> = (Option<&'a Principal>, Option<&'a Principal>);

/// Why what is on one side alone may be on both.
const PLACELESS: &str =
    "in which accounts it is created cannot be resolved, so it may be there on both sides";

/// Makes everything that a principal gains and loses uncertain.
fn doubt(change: &mut PrincipalChange) {
    for finding in change.gains.iter_mut().chain(&mut change.loses) {
        finding.certainty = finding.certainty.with(PLACELESS);
    }
}

/// The principals that only one side has where it has them, and that the other side may have there as well: in which
/// accounts one of the two creates them is not known.
fn placeless<'a>(pairs: &[PrincipalPair<'a>]) -> BTreeSet<(PrincipalKind, &'a str)> {
    let mut sides: [BTreeMap<(PrincipalKind, &str), bool>; 2] = <[BTreeMap<_, _>; 2]>::default();
    for pair in pairs {
        let (side, principal) = match *pair {
            (Some(old), None) => (&mut sides[0], old),
            (None, Some(new)) => (&mut sides[1], new),
            _ => continue,
        };
        let is_open = side.entry((principal.kind, &principal.name)).or_default();
        *is_open |= principal.place.account().is_none();
    }
    let [old, new] = sides;
    let both = old.into_iter().filter_map(|(key, is_open)| {
        let is_open = new.get(&key)? | is_open;
        is_open.then_some(key)
    });
    both.collect()
}

impl<'run, 'text> Comparer<'run, 'text> {
    pub(super) fn compare(&self, is_new: bool, access: &mut Access) {
        let (old, new) = self.compare_principals(access);
        if is_new {
            self.macros_of_new(access);
        } else {
            self.changed_sections(access);
        }
        self.undecided(&old, &new, access);
    }

    /// Compares the principals, and returns those of both files.
    pub(super) fn compare_principals(&self, access: &mut Access) -> (Found, Found) {
        // Names and attachments are those of the body's account, whichever it is.
        let reader = |body: &Body<'_>, place: &Place| {
            self.reader(body, place, OwnId::Mark(self.id_of(place)))
        };
        let (old, new) = (principals(self.old, &reader), principals(self.new, &reader));
        let (before, after) = (&old.principals, &new.principals);
        let mut pairs: Vec<PrincipalPair<'_>> = Vec::new();
        // Of several with one name, those with one logical id go together first.
        let mut known: HashMap<(&Place, PrincipalKind, &str), Vec<usize>> = HashMap::default();
        for principal in after {
            let key = (&principal.place, principal.kind, principal.name.as_str());
            known.entry(key).or_default().push(pairs.len());
            pairs.push((None, Some(principal)));
        }
        let id = |file: &'run File<'text>, principal: &Principal| {
            file.resources
                .get(principal.at)
                .map(|resource| resource.id.as_str())
        };
        let mut rest = Vec::new();
        for principal in before {
            let key = (&principal.place, principal.kind, principal.name.as_str());
            let same = known.get(&key).into_iter().flatten().copied().find(|at| {
                let pair = pairs.get(*at);
                let new = pair.and_then(|pair| pair.1);
                new.is_some_and(|new| id(self.new, new) == id(self.old, principal))
            });
            match same.and_then(|at| pairs.get_mut(at)) {
                Some(pair) => pair.0 = Some(principal),
                None => rest.push((key, principal)),
            }
        }
        for (key, principal) in rest {
            let mut all = known.get(&key).into_iter().flatten().copied();
            let free = all.find(|at| pairs.get(*at).is_some_and(|pair| pair.0.is_none()));
            match free.and_then(|at| pairs.get_mut(at)) {
                Some(pair) => pair.0 = Some(principal),
                None => pairs.push((Some(principal), None)),
            }
        }
        self.principals(&pairs, access);
        self.rebounded(&pairs, access);
        self.recreated(&pairs, access);
        self.deleted_later(&pairs, access);
        self.limited_somewhere(&new.principals, access);
        (old, new)
    }

    /// Reports principals of which it is not known whether the limits of their accounts changed.
    fn limited_somewhere(&self, principals: &[Principal], access: &mut Access) {
        let is_anywhere = |principal: &&Principal| principal.place.account().is_none();
        let mut found = principals.iter().filter(is_anywhere);
        let (Some(first), true) = (found.next(), self.limits.are_changed()) else {
            return;
        };
        let more = found.count();
        access.undecided.push(Undecided {
            what: match more {
                0 => first.name.clone(),
                more => format!("{} and {more} more", first.name),
            },
            why: "service control policies changed, and in which accounts it is created cannot be resolved"
                .to_owned(),
            origin: None,
            line: None,
        });
    }

    fn principals(&self, pairs: &[PrincipalPair<'_>], access: &mut Access) {
        let mut decided = DecidedPairs::default();
        let mut groups: HashMap<(usize, PrincipalKind, String, Option<Origin>), usize> =
            HashMap::default();
        let placeless = placeless(pairs);
        for (old, new) in pairs {
            let is_on_both = old.is_some() && new.is_some();
            if !self.compared.has(is_on_both, || self.key((*old, *new))) {
                continue;
            }
            if matches!(self.compared, ComparedPairs::Only(_)) {
                self.moved_attributes((*old, *new), access);
            }
            let sides = (
                old.and_then(|old| self.signature((self.old, LimitsOf::Old), old)),
                new.and_then(|new| self.signature((self.new, LimitsOf::New), new)),
            );
            if sides.0 == sides.1 {
                continue;
            }
            let own_id = self.own_id((*old, *new), &sides);
            let at = self.verdict_of((*old, *new), (sides, &own_id), &mut decided);
            let (Some(verdict), Some((file, principal))) = (
                decided.get(at),
                new.map(|new| (self.new, new))
                    .or(old.map(|old| (self.old, old))),
            ) else {
                continue;
            };
            if verdict.gains.is_empty() && verdict.loses.is_empty() {
                continue;
            }
            let Some(resource) = file.resources.get(principal.at) else {
                continue;
            };
            let account = principal.place.account();
            let origin = self.origin(&resource.id, account);
            let key = (at, principal.kind, principal.name.clone(), origin.clone());
            if let Some(change) = groups
                .get(&key)
                .and_then(|at| access.principals.get_mut(*at))
            {
                change.logical_ids.push(resource.id.clone());
                change.accounts.extend(account.map(str::to_owned));
                continue;
            }
            groups.insert(key, access.principals.len());
            let mut change = self.change(verdict, principal, resource, origin);
            change.fate = match (old, new) {
                (None, _) => Fate::Added,
                (_, None) => Fate::Removed,
                _ => Fate::Kept,
            };
            if !is_on_both && placeless.contains(&(principal.kind, &principal.name)) {
                doubt(&mut change);
            }
            access.principals.push(change);
        }
    }

    /// Reports a principal that moves and has other attributes that policies look at.
    fn moved_attributes(&self, (old, new): PrincipalPair<'_>, access: &mut Access) {
        let old = old.and_then(|old| self.old.resources.get(old.at));
        let new = new.and_then(|new| self.new.resources.get(new.at));
        if let (Some(why), Some(new)) = (self.attributes(old, new), new) {
            push(access, new.id.clone(), why, None);
        }
    }

    /// The principal by its account id; `None` if that is not known.
    pub(super) fn key(&self, (old, new): PrincipalPair<'_>) -> Option<MovedPrincipal> {
        let (file, principal) = match (old, new) {
            (_, Some(new)) => (self.new, new),
            (old, None) => (self.old, old?),
        };
        let resource = file.resources.get(principal.at)?;
        Some(MovedPrincipal::new(
            self.id_of(&principal.place)?,
            principal.kind,
            self.put(&principal.name, resource, &principal.place),
        ))
    }

    /// What `verdict` says of `principal`, with the marks of its account replaced.
    fn change(
        &self,
        verdict: &Verdict,
        principal: &Principal,
        resource: &Resource<'_>,
        origin: Option<Origin>,
    ) -> PrincipalChange {
        let restored = |findings: &[Finding]| -> Vec<Finding> {
            let findings = findings.iter();
            findings
                .map(|finding| {
                    self.restored(verdict, finding, resource.body.as_ref(), &principal.place)
                })
                .collect()
        };
        let account = principal.place.account();
        PrincipalChange {
            kind: principal.kind,
            name: self.put(&principal.name, resource, &principal.place),
            logical_ids: vec![resource.id.clone()],
            accounts: account.map(str::to_owned).into_iter().collect(),
            line: origin.as_ref().map(|origin| origin.line),
            origin,
            fate: Fate::Kept,
            gains: restored(&verdict.gains),
            loses: restored(&verdict.loses),
        }
    }

    /// What decides about the access of `principal`.
    pub(super) fn signature(
        &self,
        (file, side): (&File<'text>, LimitsOf),
        principal: &Principal,
    ) -> Option<Signature> {
        let body = |at: usize| {
            let body = file.resources.get(at)?.body.as_ref()?;
            let account = match &principal.place {
                Place::Account(name)
                    if body.is_numbered || (body.label.is_none() && !body.is_shared) =>
                {
                    Some(name.clone())
                }
                _ => None,
            };
            let mut values = self.values(file, body, &principal.place);
            let named = self.resource_names(file, body, &principal.place);
            if !named.is_empty() {
                Rc::make_mut(&mut values).extend(named);
            }
            Some(SignaturePart::Body(body.key, account, values))
        };
        let plain = |source: &Source| match source {
            Source::Elsewhere(name) => Some(SignaturePart::Elsewhere(name.clone())),
            other => body(other.place()?),
        };
        let part = |source: &Source| match source {
            Source::Chosen(ways, policy) => {
                let policy = Box::new(plain(policy)?);
                Some(SignaturePart::Chosen(ways.clone(), policy))
            }
            source => plain(source),
        };
        let account = principal.place.account();
        let limits = account.and_then(|name| {
            let (at, changed) = self.limits.changed(name)?;
            Some((at, side, changed.is_numbered.then(|| name.to_owned())))
        });
        Some(Signature {
            limits,
            own: body(principal.at)?,
            policies: principal.policies.iter().filter_map(part).collect(),
            boundary: principal.boundary.as_ref().and_then(part),
            is_id_known: self.id_of(&principal.place).is_some(),
        })
    }

    /// How the account id is read to decide about a pair with these signatures.
    fn own_id(
        &self,
        (old, new): PrincipalPair<'_>,
        sides: &(Option<Signature>, Option<Signature>),
    ) -> OwnId {
        let id = new.or(old).and_then(|one| self.id_of(&one.place));
        let mut sides = [&sides.0, &sides.1].into_iter().flatten();
        match id {
            None => OwnId::Unknown,
            Some(id) if sides.any(Signature::is_of_one_account) => OwnId::Known(id),
            Some(_) => OwnId::Mark(None),
        }
    }
}

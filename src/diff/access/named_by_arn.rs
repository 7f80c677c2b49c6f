//! What policies of the new file give to a principal because they name it.
//!
//! In: a pair of principals that are denied less than before. Out: gains. Refuses nothing: what is not clear is a
//! "maybe" with its reason.
//!
//! In one account, a trust policy or the policy of a resource that names the ARN of a user or role, or `*`, is enough:
//! no policy of the principal's own needs to allow it, but each Deny of its own counts (IAM user guide, "Policy
//! evaluation logic"). So both sides get what the new file's policies give, and differ in what denies it.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::rc::Rc;

use foldhash::HashMap;

use crate::diff::access::changes::Finding;
use crate::diff::access::comparer::Comparer;
use crate::diff::access::decide::{Verdict, by_level, known};
use crate::diff::access::federated::may_federate;
use crate::diff::access::named_policy::{Naming, NamingPolicy};
use crate::iam::difference::{CrossRegion, NewAccess, difference};
use crate::iam::evaluate::{Decision, evaluate};
use crate::iam::permissions::Permissions;
use crate::iam::principals::{Principal, PrincipalKind};
use crate::iam::request::{Certainty, Request, RequestKind};
use crate::iam::statement::{Grant, Statement};
use crate::template::resolve::OwnId;
use crate::template::resources::Place;

/// The verdicts about pairs of principals, by what decides about both sides.
pub(super) struct DecidedPairs<Sides> {
    by_sides: HashMap<Sides, usize>,
    /// Each with whether less is denied than before.
    verdicts: Vec<(Verdict, bool)>,
    /// Those with what policies of an account give in addition, by the one without it.
    with_named: HashMap<usize, Vec<usize>>,
}

impl<Sides> Default for DecidedPairs<Sides> {
    fn default() -> Self {
        Self {
            by_sides: HashMap::default(),
            verdicts: Vec::new(),
            with_named: HashMap::default(),
        }
    }
}

impl<Sides> DecidedPairs<Sides> {
    pub(super) fn get(&self, at: usize) -> Option<&Verdict> {
        self.verdicts.get(at).map(|(verdict, _)| verdict)
    }

    /// The number of the verdict `base` with these gains as well.
    fn add(&mut self, base: usize, gains: Vec<Finding>) -> usize {
        let Some((verdict, _)) = self.verdicts.get(base) else {
            return base;
        };
        let mut verdict = verdict.clone();
        verdict.gains.extend(gains);
        verdict.gains.sort_by(|a, b| by_level(a).cmp(&by_level(b)));
        let known = self.with_named.entry(base).or_default();
        let is_same = |at: &usize| {
            let other = self.verdicts.get(*at);
            other.is_some_and(|(other, _)| other.gains == verdict.gains)
        };
        if let Some(same) = known.iter().copied().find(is_same) {
            return same;
        }
        known.push(self.verdicts.len());
        self.verdicts.push((verdict, true));
        self.verdicts.len() - 1
    }
}

impl Comparer<'_, '_> {
    /// The number of the verdict about a pair.
    pub(super) fn verdict_of<Sides: Eq + Hash>(
        &self,
        pair: (Option<&Principal>, Option<&Principal>),
        (sides, own_id): (Sides, &OwnId),
        decided: &mut DecidedPairs<Sides>,
    ) -> usize {
        let (old, new) = pair;
        let verdicts = &mut decided.verdicts;
        let at = *decided.by_sides.entry(sides).or_insert_with(|| {
            let verdict = self.decide(old, new, own_id);
            let is_less = old.zip(new).is_some_and(|both| {
                let (calls, _) = self.calls_of_both(old, new, own_id);
                is_denied_less(&calls, both.1.kind)
            });
            verdicts.push((verdict, is_less));
            verdicts.len() - 1
        });
        let (Some((_, true)), (Some(old), Some(new))) = (decided.verdicts.get(at), pair) else {
            return at;
        };
        let gains = self.gains_by_name(old, new, own_id);
        if gains.is_empty() {
            at
        } else {
            decided.add(at, gains)
        }
    }

    /// What policies of its account give to a principal by naming it, and what denied it before does not any more.
    fn gains_by_name(&self, old: &Principal, new: &Principal, own_id: &OwnId) -> Vec<Finding> {
        let policies = self.naming_policies(&new.place, own_id);
        let Some(caller) = self.caller_name(self.new, new, own_id) else {
            return Vec::new();
        };
        let mut named = policies
            .iter()
            .flat_map(|policy| policy.granted_to(&caller.arn, new.kind))
            .peekable();
        if named.peek().is_none() {
            return Vec::new();
        }
        let kind = new.kind;
        let (old, new) = (Some(old), Some(new));
        let (calls, _) = self.calls_of_both(old, new, own_id);
        let home = self.home(old, new, own_id);
        let own_facts = self.own_facts_of_both(old, new, own_id);
        let facts = self.known_facts((old, new), own_id, &own_facts, &home);
        let [_, own] = self.of_possible_requests(&own_facts, calls.clone(), &home);
        let judge = self.judge(&home, CrossRegion::MayBe);
        let mut gains = Vec::new();
        // The sessions of a user are those that it gives away.
        let is_user = kind == PrincipalKind::User;
        let has_sessions = !is_user || may_federate(&judge, &calls[1]);
        for granted in named.filter(|one| has_sessions || one.naming != Naming::Session) {
            let sides = calls.each_ref().map(|calls| granted.within(calls));
            let sides = self.of_possible_requests(&own_facts, sides, &home);
            let [before, after] = known(sides.each_ref(), &facts);
            let found = difference(&judge, before, after, RequestKind::Call);
            // What a boundary only may limit is reported once.
            let open = granted.without_doubtful_limit();
            let open = open.map(|open| {
                let sides = calls.each_ref().map(|calls| open.within(calls));
                self.of_possible_requests(&own_facts, sides, &home)
            });
            let found = found.iter().filter(|access| {
                let is_limited = open.as_ref().is_none_or(|[before, _]| {
                    access.witness.is_none() || self.is_own(before, access)
                });
                is_limited && !self.is_own(&own, access)
            });
            let tags = granted.tags.as_deref();
            let found = found.map(|access| self.with_tags(tags, [before, after], access));
            let permissions = (before.permissions, after.permissions);
            let found = found.filter_map(|new| self.finding(permissions, &new, RequestKind::Call));
            gains.extend(
                found.map(|finding| match (&granted.doubt, &finding.certainty) {
                    (Some(why), Certainty::Certain) => Finding {
                        certainty: Certainty::Maybe(why.clone()),
                        ..finding
                    },
                    _ => finding,
                }),
            );
        }
        self.say_what_is_known(&mut gains, &own_facts[1]);
        gains
    }

    /// Whether the principal's own policies give this as well, which is reported with them.
    fn is_own(&self, own: &Permissions, access: &NewAccess) -> bool {
        let Some(witness) = &access.witness else {
            return false;
        };
        let atoms = self.atoms.borrow();
        access.actions.iter().all(|action| {
            let request = Request {
                action: action.name.clone(),
                ..witness.clone()
            };
            matches!(evaluate(&atoms, own, &request), Decision::Allowed(_))
        })
    }

    /// Whether `NotPrincipal` of a Deny in the new file leaves out a principal, or may.
    pub(super) fn is_left_out(&self, principal: &Principal) -> bool {
        let own_id = match self.id_of(&principal.place) {
            Some(id) => OwnId::Known(id),
            None => OwnId::Unknown,
        };
        let Some(caller) = self.caller_name(self.new, principal, &own_id) else {
            return false;
        };
        // Those of other accounts as well.
        self.naming_policies(&principal.place, &own_id);
        let known = self.naming.borrow();
        let is_known = matches!(own_id, OwnId::Known(_));
        let mut policies = known
            .get(&is_known)
            .into_iter()
            .flat_map(|all| all.values());
        let leaves_out = |policy: &NamingPolicy| policy.leaves_out(&caller.arn, principal.kind);
        policies.any(|policies| policies.iter().any(leaves_out))
    }

    /// The policies of the new file that may name principals of `place`.
    fn naming_policies(&self, place: &Place, own_id: &OwnId) -> Rc<Vec<NamingPolicy>> {
        let is_known = matches!(own_id, OwnId::Known(_));
        let mut known = self.naming.borrow_mut();
        let all = known
            .entry(is_known)
            .or_insert_with(|| self.all_naming_policies(is_known));
        all.get(place).cloned().unwrap_or_default()
    }
}

/// Whether something that denied, or limited a role, is gone.
fn is_denied_less([old, new]: &[Permissions; 2], kind: PrincipalKind) -> bool {
    if !matches!(kind, PrincipalKind::User | PrincipalKind::Role) {
        return false;
    }
    let grants = |statements: &[&Statement]| -> BTreeSet<Grant> {
        let statements = statements.iter();
        statements
            .map(|statement| statement.grant.clone())
            .collect()
    };
    let denials = |calls: &Permissions| {
        let of_boundary = calls.boundary.iter().flat_map(|boundary| &boundary.deny);
        let all: Vec<&Statement> = calls.deny.iter().chain(of_boundary).collect();
        grants(&all)
    };
    let bounds = |calls: &Permissions| {
        let boundary = calls.boundary.as_ref()?;
        let all: Vec<&Statement> = boundary.allow.iter().collect();
        Some(grants(&all))
    };
    let is_bounded_less = kind == PrincipalKind::Role
        && bounds(old).is_some_and(|before| bounds(new).as_ref() != Some(&before));
    is_bounded_less || !denials(old).is_subset(&denials(new))
}

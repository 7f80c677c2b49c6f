//! Who is named by a policy that named only its account before.
//!
//! In: both sides of a trust policy, or of the policies of a resource. Out: gains, each a "maybe" with its reason.
//! Refuses nothing.
//!
//! In one account, a policy that names a user or role is enough for it, and one that names the account leaves it to
//! the principal's own policies (IAM user guide, "AWS JSON policy elements: `Principal`" and "Policy evaluation
//! logic"). What an account covers is compared as if it had all of this, so whoever needs no policy any more is found
//! here: both sides are compared without what they leave to the account's own policies.

use crate::diff::access::changes::Finding;
use crate::diff::access::comparer::Comparer;
use crate::diff::access::named_policy::{account_of, caller_of};
use crate::diff::access::resource_policies::BY_THEMSELVES;
use crate::iam::Certainty;
use crate::iam::difference::{Judge, difference};
use crate::iam::evaluate::{Decision, evaluate};
use crate::iam::facts::KnownSide;
use crate::iam::permissions::Permissions;
use crate::iam::request::{Request, RequestKind};
use crate::iam::statement::Statement;
use crate::template::symbol::Symbol;

/// Why it is not certain that a principal gains what its account had.
const ITS_OWN: &str = "before, its own policies had to allow this as well";

impl Comparer<'_, '_> {
    /// What the new side gives to principals by naming them, and the old one only left to the policies of their account.
    pub(super) fn named_in_account(
        &self,
        judge: &Judge<'_>,
        [old, new]: [KnownSide<'_>; 2],
        kind: RequestKind,
    ) -> Vec<Finding> {
        let own = &judge.home.account;
        let is_left = |statement: &Statement| is_left_to(own, statement, kind);
        if kind == RequestKind::Call || !old.permissions.allow.iter().any(is_left) {
            return Vec::new();
        }
        let without = |side: &Permissions| {
            let mut side = side.clone();
            side.allow.retain(|statement| !is_left(statement));
            side
        };
        let sides = [old, new].map(|side| without(side.permissions));
        let [before, after] = &sides;
        let old_named = KnownSide {
            permissions: before,
            ..old
        };
        let new_named = KnownSide {
            permissions: after,
            ..new
        };
        let found = difference(judge, old_named, new_named, kind);
        let atoms = self.atoms.borrow();
        let found = found.into_iter().filter_map(|mut access| {
            let witness = access.witness.clone()?;
            // What the account did not cover either is found anyway.
            access.actions.retain(|action| {
                let request = Request {
                    action: action.name.clone(),
                    ..witness.clone()
                };
                let allowed = evaluate(&atoms, old.permissions, &request);
                matches!(allowed, Decision::Allowed(_))
            });
            (!access.actions.is_empty()).then_some(access)
        });
        let found: Vec<_> = found.collect();
        drop(atoms);
        let found = found.iter();
        let found = found.filter_map(|access| self.finding((before, after), access, kind));
        let doubt = |finding: Finding| Finding {
            certainty: match finding.certainty {
                Certainty::Certain => Certainty::Maybe(ITS_OWN.to_owned()),
                maybe @ Certainty::Maybe(_) => maybe,
            },
            ..finding
        };
        found.map(doubt).collect()
    }
}

/// Whether a statement that allows is about all principals of the account `own`, or may be.
fn is_left_to(own: &[Symbol], statement: &Statement, kind: RequestKind) -> bool {
    // Whoever assumes a role is what the request is about.
    let who = match kind {
        RequestKind::Assume => Some(&statement.grant.resources),
        RequestKind::Resource | RequestKind::Call => statement.grant.principals.as_ref(),
    };
    let Some(who) = who else {
        return false;
    };
    let is_own = |account: &[Symbol]| {
        let is_unknown = |symbol: &Symbol| matches!(symbol, Symbol::Unknown(_));
        account == own || account.iter().any(is_unknown)
    };
    let mut accounts = who.globs.iter().map(|glob| account_of(caller_of(glob)));
    // What these may do by their own policies is the same on both sides.
    let is_by_themselves = statement.principals == [BY_THEMSELVES];
    !who.negated
        && !who.globs.is_empty()
        && !is_by_themselves
        && accounts.all(|account| account.is_some_and(is_own))
}

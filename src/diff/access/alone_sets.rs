//! The permission sets of one file by itself, as principals.
//!
//! In: a permission set of the file in an account. Out: what applies to it. Refuses nothing.

use crate::diff::access::alone::{AppliedPolicies, FileAlone};
use crate::diff::access::own_facts::OwnFacts;
use crate::diff::access::published::KeptPolicies;
use crate::diff::access::set_policies::PermissionSet;
use crate::iam::PrincipalKind;
use crate::iam::difference::universe::Home;
use crate::iam::own_account::in_account;
use crate::iam::pattern::Glob;
use crate::iam::principals::Principal;
use crate::template::resolve::OwnId;
use crate::template::resources::{is_account_id, region};

impl<'text> FileAlone<'_, 'text> {
    /// The permission set that a principal is, with its name.
    pub(super) fn set_of(&self, principal: &Principal) -> Option<(&String, &PermissionSet<'text>)> {
        let is_set = principal.kind == PrincipalKind::PermissionSet;
        let mut sets = self.sets.decided().filter(|_| is_set);
        sets.find(|(_, set)| set.at == principal.at)
    }

    /// Whether the permission set with this logical id is among the principals.
    pub(super) fn is_decided_set(&self, id: &str) -> bool {
        self.sets.decided().any(|(_, set)| set.id == id)
    }

    /// What applies to a permission set, with account ids as they are.
    pub(super) fn applied_to_set(
        &self,
        principal: &Principal,
        set: &PermissionSet<'text>,
    ) -> AppliedPolicies {
        let comparer = &self.comparer;
        let kept = KeptPolicies::default();
        let calls = comparer.permissions_of(set, &self.sets, principal, &kept);
        let home = self.home_of_set(principal, set);
        let calls = calls.flat_map(|own| comparer.on_own_resources(own, &home.account));
        // Without an assignment, it may be that of any account.
        let calls = match comparer.id_of(&principal.place) {
            Some(_) => in_account(&comparer.atoms, calls, &home.account),
            None => calls,
        };
        let name = self.set_of(principal).map(|(name, _)| name.as_str());
        // One without a name that is known is called by its logical id.
        let name = name.filter(|name| *name != set.id && is_name(name));
        let region = region(&set.body.data);
        let region = region.as_deref();
        let like = OwnFacts::of_permission_set(name.unwrap_or("*"), region, &home.account);
        AppliedPolicies {
            calls: self.of_caller(&like, calls),
            plain: None,
            home,
            // An ARN that is only like that of the role is no example.
            own: match name.and(region) {
                Some(_) => like,
                None => OwnFacts::of(principal.kind, None),
            },
            sessions: None,
        }
    }

    /// Where it is: an account that is not known may be any.
    pub(super) fn home_of_set(&self, principal: &Principal, set: &PermissionSet<'text>) -> Home {
        let comparer = &self.comparer;
        let written = principal.place.account().filter(|own| is_account_id(own));
        let id = comparer.id_of(&principal.place);
        let account = if let Some(id) = id.as_deref().or(written) {
            Glob::literal(id).symbols
        } else {
            let reader = comparer.reader(&set.body, &set.place, OwnId::Unknown);
            reader.own_account()
        };
        Home {
            region: "us-east-1".to_owned(),
            account,
        }
    }
}

/// Whether it is written as the name of a permission set (IAM Identity Center API Reference, `CreatePermissionSet`).
fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.all(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c))
}

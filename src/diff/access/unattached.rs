//! Managed policies that are new, and that nobody can have, and policies that fewer have.
//!
//! In: a policy of the new file. Out: whether any principal can have it that is not known. A policy
//! that did not exist is attached to nobody by what is not in the file. Refuses nothing.

use crate::diff::access::comparer::Comparer;
use crate::diff::access::kinds::{differing_only_in, is_examined, kind_of};
use crate::iam::principals::{Found, places_of};
use crate::template::display::shown;
use crate::template::resources::{Resource, has};
use crate::template::value::Data;

/// How a permission set names policies of an account.
const BY_NAME: &str = "CustomerManagedPolicyReference";

/// The properties of a policy that say who has it.
const HOLDERS: [&str; 3] = ["Roles", "Users", "Groups"];

/// Whether all that differs in a policy, which only allows, is that fewer have it.
pub(super) fn has_fewer_holders(old: &Resource<'_>, new: &Resource<'_>) -> bool {
    let Some([had, has]) = differing_only_in(old, new, &HOLDERS) else {
        return false;
    };
    let is_held_before = |(name, list): &(String, Data)| {
        let before = had.iter().find(|(own, _)| own == name);
        let is_function =
            list.is_intrinsic() || before.is_some_and(|(_, list)| list.is_intrinsic());
        let before = before.map(|(_, list)| list.items()).unwrap_or_default();
        !is_function && list.items().iter().all(|item| before.contains(item))
    };
    let properties = new
        .body
        .as_ref()
        .and_then(|body| body.data.get("Properties"));
    let document = properties.and_then(|own| own.get("PolicyDocument"));
    let statements = document.and_then(|document| document.get("Statement"));
    let allows = |one: &Data| one.get("Effect").and_then(Data::text) == Some("Allow");
    has.iter().all(is_held_before)
        && statements.is_some_and(|statements| statements.items().iter().all(allows))
}

impl Comparer<'_, '_> {
    /// Whether nobody but the principals of the file can have `policy`, which is only in the new one:
    /// it attaches itself to nobody, the old file, whose principals are `before`, had none of its
    /// name, and nothing else refers to it.
    pub(super) fn is_unattached(&self, policy: &Resource<'_>, before: &Found) -> bool {
        if kind_of(policy) != Some("AWS::IAM::ManagedPolicy") {
            return false;
        }
        let Some(body) = &policy.body else {
            return false;
        };
        let property = |name: &str| body.data.get("Properties")?.get(name);
        let Some(name) = property("ManagedPolicyName").and_then(Data::text) else {
            return false;
        };
        let name = body.restore(name);
        let was_there = places_of(body)
            .into_iter()
            .any(|place| before.has_managed(self.old, &(place, name.clone())));
        !was_there
            && body.data.get("Foreach").is_none()
            && HOLDERS.iter().all(|name| property(name).is_none())
            && !self.is_named_by_others(&policy.id, &name)
    }

    /// Whether a resource of the new file that is neither a principal nor a policy has a policy by
    /// this logical id or name, or by one that is not known.
    fn is_named_by_others(&self, id: &str, name: &str) -> bool {
        let others = self.others.get_or_init(|| {
            let resources = self.new.resources.iter().enumerate();
            let others = resources.filter(|(_, resource)| !is_examined(resource));
            others.map(|(at, _)| at).collect()
        });
        let others = others.iter().filter_map(|at| self.new.resources.get(*at));
        let names = |text: &str| [id, name, BY_NAME].iter().any(|word| has(text, word));
        others.into_iter().any(|other| match &other.body {
            Some(body) => names(&body.restore(&shown(&body.data))),
            // It may hide what it says.
            None => names(other.text) || has(other.text, "\\"),
        })
    }
}

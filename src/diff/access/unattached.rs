//! Managed policies that are new, and that nobody can have.
//!
//! In: a policy of the new file. Out: whether any principal can have it that is not known. A policy
//! that did not exist is attached to nobody by what is not in the file. Refuses nothing.

use crate::diff::access::comparer::Comparer;
use crate::diff::access::kinds::{is_examined, kind_of};
use crate::iam::principals::{Found, places_of};
use crate::template::display::shown;
use crate::template::resources::{Resource, has};
use crate::template::value::Data;

/// How a permission set names policies of an account.
const BY_NAME: &str = "CustomerManagedPolicyReference";

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
            .any(|place| before.managed.contains(&(place, name.clone())));
        let attaches = ["Roles", "Users", "Groups"];
        !was_there
            && body.data.get("Foreach").is_none()
            && attaches.iter().all(|name| property(name).is_none())
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

//! Policies of which CloudFormation deletes the old resource after it created the new one.
//!
//! In: principals and policies of resources on both sides. Out: a "maybe" for each policy that denies something, has
//! the same place in AWS as before, and is another resource of the template, or of another stack. Refuses nothing.
//!
//! `CloudFormation` creates what is new, and then deletes what is gone ("Update behaviors of stack resources" of its
//! user guide). What AWS keeps as a part of something else goes with the old
//! resource of the template: an inline policy of a principal, the policy of a queue. Where the type of the
//! resource says what it is written into, and no two of it can be there, `CloudFormation` refuses the new one instead.

use std::collections::BTreeSet;

use crate::aws::handlers::handlers;
use crate::diff::access::changes::Access;
use crate::diff::access::comparer::Comparer;
use crate::diff::access::held::HeldPolicy;
use crate::diff::access::kinds::kind_of;
use crate::diff::access::pair::PrincipalPair;
use crate::diff::access::unexamined::push;
use crate::diff::access::unique_ids::are_in_other_regions;
use crate::iam::principals::{Principal, Source};
use crate::template::in_text::read_text;
use crate::template::resolve::OwnId;
use crate::template::resources::{Body, Place, Resource};
use crate::template::value::{Data, Unordered};

const INLINE: &str = "AWS::IAM::Policy";

/// The types of inline policies that are resources of their own.
const INLINES: [&str; 4] = [
    INLINE,
    "AWS::IAM::GroupPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
];

impl<'text> Comparer<'_, 'text> {
    /// Reports what denies something to a principal and may be deleted with the resource that was there before.
    pub(super) fn deleted_later(&self, pairs: &[PrincipalPair<'_>], access: &mut Access) {
        let mut found = BTreeSet::new();
        if self.is_of_two_files() {
            return;
        }
        for pair in pairs {
            let (Some(old), Some(new)) = *pair else {
                continue;
            };
            // What it had is deleted before a principal of the same name can be created again.
            if self.recreation(old, new).is_some() {
                continue;
            }
            for before in old.policies.iter().filter_map(Source::place) {
                let Some(resource) = self.old.resources.get(before) else {
                    continue;
                };
                let after = match kind_of(resource) {
                    Some(INLINE) if denies(resource) => self.written_over((resource, old), new),
                    _ => continue,
                };
                found.extend(after.map(|after| {
                    let why = deleted(&resource.id, &after);
                    (after, why)
                }));
            }
        }
        for (id, why) in found {
            if !self.settles(&id, &why, access) {
                push(access, id, &why, None);
            }
        }
    }

    /// The logical id of what has the name of the inline policy `old` of a principal, if `old` is deleted later.
    fn written_over(
        &self,
        (old, was): (&Resource<'text>, &Principal),
        is: &Principal,
    ) -> Option<String> {
        if !self.is_deleted_later(old) {
            return None;
        }
        let name = self.policy_name(old, &was.place);
        let own = self.new.resources.get(is.at)?;
        let policies = is.policies.iter().filter_map(Source::place);
        let policies = policies.filter_map(|at| self.new.resources.get(at));
        let mut policies = policies.filter(|one| {
            let is_inline = kind_of(one).is_some_and(|kind| INLINES.contains(&kind));
            is_inline && self.policy_name(one, &is.place) == name
        });
        if let Some(policy) = policies.next() {
            return Some(policy.id.clone());
        }
        let body = own.body.as_ref()?;
        let listed = body.data.get("Properties")?.get("Policies")?.items();
        let mut names = listed.iter().filter_map(|one| one.get("PolicyName"));
        let is_same = |own: &Data| Some(self.read_name((body, &is.place), own)) == name;
        names.any(is_same).then(|| own.id.clone())
    }

    fn policy_name(&self, policy: &Resource<'text>, place: &Place) -> Option<String> {
        let body = policy.body.as_ref()?;
        let name = body.data.get("Properties")?.get("PolicyName")?;
        Some(self.read_name((body, place), name))
    }

    fn read_name(&self, (body, place): (&Body<'_>, &Place), name: &Data) -> String {
        let reader = self.reader(body, place, OwnId::Mark(self.id_of(place)));
        self.read_plainly(&reader, (body, place), name)
    }

    /// Whether a resource of the old side is deleted after what is new is created.
    fn is_deleted_later(&self, old: &Resource<'text>) -> bool {
        if self.is_retained(old) {
            return false;
        }
        let new = self.new.get(&old.id);
        let Some(new) = new.filter(|new| kind_of(new) == kind_of(old)) else {
            return true;
        };
        let (Some(before), Some(after)) = (self.data_of(old), self.data_of(new)) else {
            return false;
        };
        // The stack of the other region creates it before that of the first one deletes it.
        are_in_other_regions(&before, &after)
    }

    fn is_retained(&self, old: &Resource<'text>) -> bool {
        let data = self.data_of(old);
        let policy = data
            .as_ref()
            .and_then(|data| data.get("DeletionPolicy")?.text());
        policy.is_some_and(|policy| policy != "Delete")
    }

    /// Why the policies `new` of a resource may be deleted with one of `old`, with the logical id of one.
    pub(super) fn held_deleted_later(
        &self,
        old: &[&HeldPolicy<'_>],
        new: &[&HeldPolicy<'_>],
    ) -> Option<(String, String)> {
        let first = new.first()?;
        let before = old.iter().find(|one| {
            let is_left = |old: &Resource<'text>| {
                let stays = new.iter().any(|new| new.id == one.id);
                // The stack that is left is also deleted later.
                let is_in_other_stack = one.target.id.is_none() && self.is_other_stack();
                !self.is_retained(old) && (!stays || is_in_other_stack)
            };
            !is_refused_twice(one.holder.kind)
                && one.target.id.as_deref() != Some(one.id.as_str())
                && may_deny(&one.body.data)
                && self.old.get(&one.id).is_some_and(is_left)
        })?;
        Some((first.id.clone(), deleted(&before.id, &first.id)))
    }
}

fn deleted(old: &str, new: &str) -> String {
    let what = if old == new {
        "the stack where it was deletes it after it is created here".to_owned()
    } else {
        format!("`{old}` is deleted after this is created")
    };
    format!("{what}, and that may take with it what both deny")
}

fn denies(policy: &Resource<'_>) -> bool {
    let body = policy.body.as_ref();
    body.is_some_and(|body| may_deny(&body.data))
}

/// Whether a document in `data` may deny something.
fn may_deny(data: &Data) -> bool {
    match data {
        Data::Map(entries) => entries.iter().any(|(key, value)| {
            key == "Effect" && value.text() != Some("Allow") || may_deny(value)
        }),
        Data::List(items) | Data::Unordered(Unordered(items)) => items.iter().any(may_deny),
        Data::Text(text) if text.trim_start().starts_with('{') => may_deny(&read_text(data)),
        _ => false,
    }
}

/// Whether `CloudFormation` refuses to create a second resource of this type for the same thing.
fn is_refused_twice(kind: &str) -> bool {
    handlers().resource_type(kind).is_some_and(|known| {
        let is_given = |name: &&str| {
            let mut properties = known.properties.iter();
            properties.any(|own| own.name == *name && own.is_create_only)
        };
        !known.identifier.is_empty() && known.identifier.iter().all(is_given)
    })
}

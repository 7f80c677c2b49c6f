//! Resources that are other ones than before, although they are called the same in the template.
//!
//! In: a resource on both sides, and both files. Out: why that may give access: a policy refers to
//! it, or to the names and paths of principals, or looks at tags. Refuses nothing.

use std::collections::{BTreeSet, HashSet};

use crate::aws::effects::{PropertyEffect, effects};
use crate::aws::handlers::handlers;
use crate::diff::access::assigned::names_sets;
use crate::diff::access::comparer::Comparer;
use crate::diff::access::items::AT_THE_EDGE;
use crate::diff::access::leaves::leaves;
use crate::diff::access::tag_sets::{TagSet, tag_sets};
use crate::iam::pattern::Glob;
use crate::iam::principals::places_of;
use crate::template::display::{has_key, shown};
use crate::template::named::ReferredName;
use crate::template::read::rendered;
use crate::template::resources::{File, Place, Resource, has, region};
use crate::template::spelling::respelled;
use crate::template::substitution::{SubstitutionPart, parts};
use crate::template::symbol::Symbol;
use crate::template::value::{Data, Unordered};

/// How the keys of conditions end that look at the tags of resources: the key of the tag follows.
const TAGS: [&str; 4] = ["ResourceTag/", "ObjectTag/", "BucketTag/", "-tag/"];

/// Another resource under the same logical id.
pub(super) const REPLACED: &str = "policies refer to it, and it is another resource now";

/// Whether the resource is no longer where it was: an account is not among those of its binding, or
/// the binding cannot be resolved.
pub(super) fn is_moved((old, before): (&Data, &[Place]), (new, after): (&Data, &[Place])) -> bool {
    let is_known = |place: &Place| place.account().is_some();
    let stays = before
        .iter()
        .all(|place| is_known(place) && after.contains(place));
    let binding = |data: &Data| data.get("OrganizationBinding").map(shown);
    let is_as_written = before == after && binding(old) == binding(new);
    !(is_as_written || stays && region(old) == region(new))
}

/// Whether the resource is another one now: its type, or what can only be set when it is
/// created is not the same. References to it are other values then.
pub(super) fn is_another(old: &Data, new: &Data) -> bool {
    let differs = |name: &str| old.get(name).map(shown) != new.get(name).map(shown);
    if differs("Type") || differs("Foreach") {
        return true;
    }
    let property = |side: &Data, name: &str| {
        let properties = side.get("Properties")?;
        properties.get(name).map(respelled)
    };
    let is_changed = |name: &str| property(old, name) != property(new, name);
    let kind = new.get("Type").and_then(Data::text).unwrap_or_default();
    // A managed policy with another description has the same ARN.
    if kind.starts_with("AWS::IAM::") {
        let names = [
            "RoleName",
            "UserName",
            "GroupName",
            "ManagedPolicyName",
            "Path",
            "Url",
        ];
        return names.iter().any(|name| is_changed(name));
    }
    match handlers().resource_type(kind) {
        Some(known) => known
            .properties
            .iter()
            .any(|own| own.is_create_only && is_changed(own.name)),
        None => old.get("Properties") != new.get("Properties"),
    }
}

impl<'text> Comparer<'_, 'text> {
    /// The logical ids of `wanted` to which a policy refers, in a resource that both files have, or in a
    /// new one if the old file referred to it as well.
    ///
    /// A new policy, or a principal with another logical id, is compared with what its principal had
    /// before, and the same reference looks like the same value there. A reference that only the new
    /// file has is compared with nothing, so what it gives is reported anyway.
    pub(super) fn referred(&self, wanted: &HashSet<&str>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        if wanted.is_empty() {
            return found;
        }
        let mut in_new_ones = BTreeSet::new();
        for resource in &self.new.resources {
            let is_new = self.old.get(&resource.id).is_none();
            let all = if is_new { &mut in_new_ones } else { &mut found };
            self.add_referred(resource, wanted, all);
        }
        in_new_ones.retain(|id| !found.contains(id));
        if !in_new_ones.is_empty() {
            let mut before = BTreeSet::new();
            for resource in &self.old.resources {
                self.add_referred(resource, wanted, &mut before);
            }
            found.extend(in_new_ones.intersection(&before).cloned());
        }
        found
    }

    /// Adds the logical ids of `wanted` to which a policy of this resource refers.
    fn add_referred(
        &self,
        resource: &Resource<'text>,
        wanted: &HashSet<&str>,
        found: &mut BTreeSet<String>,
    ) {
        let Some(data) = self.data_of(resource) else {
            return;
        };
        let mut add = |id: &str| {
            let body = resource.body.as_ref();
            let id = body.map_or_else(|| id.to_owned(), |body| body.restore(id));
            if id != resource.id && wanted.contains(id.as_str()) {
                found.insert(id);
            }
        };
        // What a managed policy gives is compared as a part of the principal that has it.
        let is_attached = |id: &str| self.is_policy_where(resource, id);
        each_granting_reference(&data, &is_attached, &mut add);
        self.each_other_at_the_edge(&data, &mut add);
    }

    /// Calls `found` with each version in `resource`, a distribution, that is one of another function now: another
    /// version of the same function is code.
    fn each_other_at_the_edge(&self, resource: &Data, found: &mut dyn FnMut(&str)) {
        let kind = resource.get("Type").and_then(Data::text);
        let effects = kind.and_then(|kind| effects().resource_type(kind));
        let (Some(effects), Some(properties)) = (effects, resource.get("Properties")) else {
            return;
        };
        let function = |file: &File<'text>, id: &str| {
            let data = self.data_of(file.get(id)?)?;
            Some(respelled(data.get("Properties")?.get("FunctionName")?))
        };
        for leaf in leaves(effects, properties) {
            if leaf.path.ends_with(AT_THE_EDGE) {
                each_reference(leaf.data, &mut |id| {
                    if function(self.old, id) != function(self.new, id) {
                        found(id);
                    }
                });
            }
        }
    }

    /// Whether a managed policy of the new file has this logical id and is everywhere where `resource` is.
    fn is_policy_where(&self, resource: &Resource<'_>, id: &str) -> bool {
        let Some(body) = &resource.body else {
            return false;
        };
        let policy = self.new.get(&body.restore(id));
        let is_policy = policy
            .and_then(|policy| self.data_of(policy))
            .is_some_and(|data| {
                data.get("Type").and_then(Data::text) == Some("AWS::IAM::ManagedPolicy")
            });
        let there = policy.and_then(|policy| policy.body.as_ref());
        let there = there.map(places_of).unwrap_or_default();
        let is_there = |place: &Place| place.account().is_some() && there.contains(place);
        is_policy && places_of(body).iter().all(is_there)
    }

    /// Whether a pattern of a policy or a trusted principal in either file matches one of the two
    /// names that this principal or policy has, and not the other.
    pub(super) fn is_matched_by_path(&self, old: &Data, new: &Data) -> bool {
        let kind = new.get("Type").and_then(Data::text).unwrap_or_default();
        let (word, name) = match kind.strip_prefix("AWS::IAM::") {
            Some("Role") => ("role", "RoleName"),
            Some("User") => ("user", "UserName"),
            Some("Group") => ("group", "GroupName"),
            Some("ManagedPolicy") => ("policy", "ManagedPolicyName"),
            _ => return false,
        };
        let full = |side: &Data| -> Vec<Symbol> {
            let property = |name: &str| side.get("Properties").and_then(|own| own.get(name));
            let path = property("Path").map_or("/".to_owned(), shown);
            // A name that is not known is one that no pattern knows.
            let name = property(name).and_then(Data::text).unwrap_or("\u{1}");
            format!("{word}{path}{name}")
                .chars()
                .map(Symbol::Char)
                .collect()
        };
        let (before, after) = (full(old), full(new));
        if before == after {
            return false;
        }
        self.has_name(word, &|name| {
            let glob = Glob::of(name);
            glob.matches(&before) != glob.matches(&after)
        })
    }

    /// Whether a text of either file, or of a policy of the organization, has the ARN of a `word` in it of which
    /// `is_wanted` says so: `role/app/*`, with `*` for what is not known.
    pub(super) fn has_name(&self, word: &str, is_wanted: &dyn Fn(&str) -> bool) -> bool {
        let begin = format!(":{word}/");
        let is_in_text = |text: &str| {
            let at = text.find(&begin).map(|at| at + 1);
            at.and_then(|at| text.get(at..)).is_some_and(is_wanted)
        };
        let mut seen = HashSet::new();
        let mut is_in = |file: &File<'text>| {
            file.resources.iter().any(|resource| match &resource.body {
                Some(body) => seen.insert(body.key) && has_text(&body.data, &is_in_text),
                None if !has(resource.text, &begin) => false,
                None => {
                    let data = self.data_of(resource);
                    data.is_some_and(|data| has_text(&data, &is_in_text))
                }
            })
        };
        if is_in(self.old) || is_in(self.new) {
            return true;
        }
        let organizations = [self.known.organization, self.known.organization_before()];
        let policies = organizations.map(|organization| &organization.control.policies);
        let mut documents = policies
            .into_iter()
            .flatten()
            .filter_map(|policy| policy.document.as_ref());
        documents.any(|document| has_text(&rendered(document), &is_in_text))
    }

    /// Whether a policy of either file, or of the organization, has this key of a condition, or this part of one.
    pub(super) fn has_key(&self, key: &str) -> bool {
        let organizations = [self.known.organization, self.known.organization_before()];
        let policies = organizations.map(|organization| &organization.control.policies);
        let mut policies = policies.into_iter().flatten();
        self.old.mentions_key(key)
            || self.new.mentions_key(key)
            || policies.any(|policy| {
                let document = policy.document.as_ref();
                let text = document.map(serde_yaml::to_string);
                text.is_some_and(|text| text.is_ok_and(|text| has_key(&text, key)))
            })
    }

    /// Whether a policy of either file looks at a tag of resources that this one has, or had.
    pub(super) fn is_matched_by_tag(&self, old: Option<&Data>, new: Option<&Data>) -> bool {
        let (before, after) = (tag_sets(old), tag_sets(new));
        if before == after {
            return false;
        }
        if !TAGS.iter().any(|tag| self.has_key(tag)) {
            return false;
        }
        let is_looked_at = |key: &str| {
            let mut tags = TAGS.iter();
            // The key of the tag, or what it is put together from.
            tags.any(|tag| {
                let mut keys = [key, "${", "'", "\""].into_iter();
                keys.any(|key| self.has_key(&format!("{tag}{key}")))
            })
        };
        let keys = |sets: &[TagSet<'_>]| -> Option<Vec<(String, String)>> {
            let sets: Option<Vec<_>> = sets.iter().map(TagSet::tags).collect();
            Some(sets?.concat())
        };
        match (keys(&before), keys(&after)) {
            (Some(before), Some(after)) => {
                let differing = |own: &[(String, String)], other: &[(String, String)]| {
                    let mut own = own.iter().filter(|tag| !other.contains(tag));
                    own.any(|(key, _)| is_looked_at(key))
                };
                differing(&before, &after) || differing(&after, &before)
            }
            _ => true,
        }
    }
}

/// Calls `found` with each logical id that a resource refers to where that may give access: anywhere in
/// what IAM has and in types that are not known, and in what grants. Not where a policy is attached to
/// a principal, if `is_attached` says so.
fn each_granting_reference(
    resource: &Data,
    is_attached: &dyn Fn(&str) -> bool,
    found: &mut dyn FnMut(&str),
) {
    let kind = resource
        .get("Type")
        .and_then(Data::text)
        .unwrap_or_default();
    let known = effects().resource_type(kind);
    match (known, resource.get("Properties")) {
        (Some(effects), Some(properties)) if !kind.starts_with("AWS::IAM::") => {
            for leaf in leaves(effects, properties) {
                // Who may assume a permission set is compared with its name.
                let is_of_set = names_sets(kind, leaf.path.first());
                let grants = matches!(
                    leaf.effect,
                    None | Some(PropertyEffect::Grant(_) | PropertyEffect::Entry(_))
                );
                if !is_of_set && grants {
                    each_reference(leaf.data, found);
                }
            }
        }
        (Some(_), Some(Data::Map(properties))) => {
            for (name, value) in properties {
                if !is_attachment(name, value, is_attached) {
                    each_reference(value, found);
                }
            }
        }
        _ => each_reference(resource, found),
    }
}

/// Whether a property of a principal only attaches policies to it, all of which are as `is_attached`
/// says.
fn is_attachment(name: &str, value: &Data, is_attached: &dyn Fn(&str) -> bool) -> bool {
    let is_one = |value: &Data| match value {
        Data::Map(entries) => match entries.as_slice() {
            [(key, Data::Text(id))] => key == "Ref" && is_attached(id),
            _ => false,
        },
        // The ARN of a policy that is elsewhere.
        value => matches!(value, Data::Text(_)),
    };
    match (name, value) {
        ("PermissionsBoundary", value) => is_one(value),
        ("ManagedPolicyArns", Data::List(items) | Data::Unordered(Unordered(items))) => {
            items.iter().all(is_one)
        }
        _ => false,
    }
}

/// Calls `found` with each logical id that `data` refers to.
pub(super) fn each_reference(data: &Data, found: &mut dyn FnMut(&str)) {
    match data {
        Data::List(items) | Data::Unordered(Unordered(items)) => {
            for item in items {
                each_reference(item, found);
            }
        }
        Data::Map(entries) => match entries.as_slice() {
            [(key, Data::Text(name))] if key == "Ref" => named(name, found),
            [(key, Data::List(items))] if key == "Fn::GetAtt" => match items.as_slice() {
                [Data::Text(name), Data::Text(attribute)] => {
                    named(&format!("{name}.{attribute}"), found);
                }
                [Data::Text(name), ..] => found(name),
                _ => {}
            },
            [(key, Data::Text(text))] if key == "Fn::Sub" => substituted(text, found),
            [(key, Data::List(items))] if key == "Fn::Sub" => {
                if let Some(Data::Text(text)) = items.first() {
                    substituted(text, found);
                }
                items
                    .iter()
                    .skip(1)
                    .for_each(|item| each_reference(item, found));
            }
            entries => entries
                .iter()
                .for_each(|(_, value)| each_reference(value, found)),
        },
        _ => {}
    }
}

fn substituted(text: &str, found: &mut dyn FnMut(&str)) {
    for part in parts(text) {
        if let (SubstitutionPart::Variable(name), None) = (part, part.literal()) {
            named(name, found);
        }
    }
}

/// Calls `found` with the logical id of the resource that a name means.
fn named(name: &str, found: &mut dyn FnMut(&str)) {
    let named = ReferredName::of(name);
    found(named.id);
    // A resource may have an attribute that is called like this.
    if let Some(account) = named.account {
        found(account);
    }
}

/// Whether some text of `data`, with `*` for each variable in it, is as wanted.
fn has_text(data: &Data, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    match data {
        Data::Text(text) => {
            let open = parts(text).map(|part| match part {
                SubstitutionPart::Text(text) | SubstitutionPart::Unclosed(text) => text,
                SubstitutionPart::Variable(_) => "*",
            });
            is_wanted(&open.collect::<String>())
        }
        Data::List(items) | Data::Unordered(Unordered(items)) => {
            items.iter().any(|item| has_text(item, is_wanted))
        }
        Data::Map(entries) => entries.iter().any(|(_, value)| has_text(value, is_wanted)),
        _ => false,
    }
}

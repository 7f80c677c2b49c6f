//! Which values of parameters the answer depends on.
//!
//! In: both files with the values of their parameters. Out: a [`ParameterUse`] for each parameter that
//! a resource refers to which is not written as before, or on which such a resource depends, or which is the
//! same and the value is not. Refuses nothing.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::diff::access::changes::{Access, ParameterUse};
use crate::diff::access::comparer::Comparer;
use crate::diff::access::kinds::kind_of;
use crate::template::display::shown;
use crate::template::resources::{File, Resource, has};

impl Comparer<'_, '_> {
    /// Reports the parameters that matter.
    pub(super) fn used_parameters(&self, access: &mut Access) {
        let (old, new) = (&self.scopes.old, &self.scopes.new);
        let names: BTreeSet<&String> = old.parameters().chain(new.parameters()).collect();
        if names.is_empty() {
            return;
        }
        let changed = [
            changed_texts(self.new, self.old),
            changed_texts(self.old, self.new),
        ]
        .concat();
        for name in names {
            let (before, now) = (old.used(name), new.used(name));
            let all = || self.new.resources.iter().chain(&self.old.resources);
            let is_used = changed.iter().any(|text| refers(text, name))
                || before != now && all().any(|resource| refers(&text_of(resource), name));
            if is_used {
                let is_as_before = before == now;
                access.parameters.push(ParameterUse {
                    name: name.clone(),
                    before: before.filter(|_| !is_as_before),
                    now,
                });
            }
        }
    }
}

/// The texts of the resources of `own` that `other` does not have, and of those that these depend on.
fn changed_texts<'side>(own: &'side File<'_>, other: &File<'_>) -> Vec<Cow<'side, str>> {
    let changed = own.resources.iter().enumerate().filter(|(_, resource)| {
        let known = other.get(&resource.id);
        known.is_none_or(|known| text_of(known).trim_end() != text_of(resource).trim_end())
    });
    let mut left: Vec<usize> = changed.map(|(at, _)| at).collect();
    let mut seen: BTreeSet<usize> = left.iter().copied().collect();
    let mut texts = Vec::new();
    while let Some(resource) = left.pop().and_then(|at| own.resources.get(at)) {
        let text = text_of(resource);
        left.extend(named(&text, own).filter(|at| seen.insert(*at)));
        texts.push(text);
    }
    // What attaches itself to a principal decides about it.
    let attached = own.resources.iter().enumerate().filter(|(at, resource)| {
        let is_policy = kind_of(resource).is_some_and(|kind| kind.ends_with("Policy"));
        is_policy
            && !seen.contains(at)
            && named(&text_of(resource), own).any(|at| seen.contains(&at))
    });
    texts.extend(attached.map(|(_, resource)| text_of(resource)));
    texts
}

/// The places of the resources of `own` whose logical ids are words of `text`.
fn named<'a>(text: &'a str, own: &'a File<'_>) -> impl Iterator<Item = usize> + 'a {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter_map(|word| own.place_of(word))
}

/// The text of a resource; of one that was read with its whole file, what it says.
fn text_of<'side>(resource: &'side Resource<'_>) -> Cow<'side, str> {
    match &resource.unresolved {
        Some(data) => Cow::Owned(shown(data)),
        None => Cow::Borrowed(resource.text),
    }
}

/// Whether the text refers to `name`, in one of the ways that this is written.
fn refers(text: &str, name: &str) -> bool {
    let forms = [
        format!("${{{name}}}"),
        format!("Ref {name}"),
        format!("Ref: {name}"),
        format!("Ref: '{name}'"),
        format!("Ref\": \"{name}\""),
    ];
    forms.iter().any(|form| has(text, form))
}

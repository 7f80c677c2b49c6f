//! What changed in `Conditions` and `Mappings` that nothing depends on.
//!
//! In: such a section on both sides. Out: whether anything of the files refers to an entry that differs. Refuses
//! nothing: what cannot be read may refer to all of them.
//!
//! Conditions are named by `Condition`, by `Fn::If`, and by each other, always by their whole name (`CloudFormation`
//! user guide, "Conditions section"), and an entry of a mapping by `Fn::FindInMap`. With constants as its keys, that is
//! the value that it returns by now, which is compared where it stands.

use std::collections::BTreeSet;

use crate::diff::access::comparer::Comparer;
use crate::diff::access::transforms::{calls_macro, macros};
use crate::template::resources::File;
use crate::template::value::{Data, Unordered};

/// The section with the conditions of the template.
pub(super) const CONDITIONS: &str = "Conditions";
/// The section with the values that `Fn::FindInMap` returns.
pub(super) const MAPPINGS: &str = "Mappings";

/// The function that returns a value of a mapping.
const FIND: &str = "FindInMap";

impl<'text> Comparer<'_, 'text> {
    /// Whether nothing refers to what differs in the section `name`, which is this on both sides.
    pub(super) fn is_unused(&self, name: &str, old: Option<&Data>, new: Option<&Data>) -> bool {
        let sides = [old, new].map(|side| match side {
            None | Some(Data::Null) => Some(&[][..]),
            Some(data) => data.fields(),
        });
        let [Some(before), Some(after)] = sides else {
            return false;
        };
        let differing = before.iter().filter(|own| !after.contains(own));
        let differing = differing.chain(after.iter().filter(|own| !before.contains(own)));
        let mut names: BTreeSet<&str> = differing.map(|(name, _)| name.as_str()).collect();
        if name == CONDITIONS {
            // What asks about a condition that changed is another condition as well.
            while let Some((name, _)) = before.iter().chain(after).find(|(name, data)| {
                !names.contains(name.as_str()) && has_name(data, &|text| names.contains(text))
            }) {
                names.insert(name);
            }
        }
        let is_read = |file: &File<'text>| {
            macros(file).is_empty() && !self.refers_to(file, name, &|text| names.contains(text))
        };
        is_read(self.old) && is_read(self.new)
    }

    /// Whether something of `file` outside of the section `section` refers to one of the entries, or may.
    fn refers_to(&self, file: &File<'text>, section: &str, is_one: &dyn Fn(&str) -> bool) -> bool {
        let refers = |data: &Data, is_one: &dyn Fn(&str) -> bool| {
            calls_macro(data)
                || has_name(data, is_one)
                || section == MAPPINGS && has_open_find(data)
        };
        let mut sections = file.sections.iter();
        let is_in_section = sections.any(|(name, data)| name != section && refers(data, is_one));
        let mut resources = file.resources.iter();
        is_in_section
            || resources.any(|resource| {
                let Some(data) = self.data_of(resource) else {
                    return true;
                };
                let is_own = |text: &str| match &resource.body {
                    Some(body) => is_one(&body.restore(text)),
                    None => is_one(text),
                };
                resource.id.starts_with("Fn::") || refers(&data, &is_own)
            })
    }
}

/// Whether a text in `data` is one of the names.
fn has_name(data: &Data, is_one: &dyn Fn(&str) -> bool) -> bool {
    any(data, &|part| part.text().is_some_and(is_one))
}

/// Whether something in `data` may be the value of any mapping.
fn has_open_find(data: &Data) -> bool {
    any(data, &|part| match part {
        Data::Text(text) => text.contains(FIND),
        Data::Map(entries) => entries.iter().any(|(key, value)| {
            key.contains(FIND) && !matches!(value.items().first(), Some(Data::Text(_)))
        }),
        _ => false,
    })
}

/// Whether `data` or a part of it is so.
fn any(data: &Data, is_so: &dyn Fn(&Data) -> bool) -> bool {
    is_so(data)
        || match data {
            Data::List(items) | Data::Unordered(Unordered(items)) => {
                items.iter().any(|item| any(item, is_so))
            }
            Data::Map(entries) => entries.iter().any(|(_, value)| any(value, is_so)),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Action(_) => false,
        }
}

//! The tags that a resource gives, itself and what it creates: the volumes of a launch template, for example.
//!
//! In: the data of a resource. Out: each of its properties that has tags, with them. Refuses nothing: tags that
//! are not written out may be any.

use crate::template::display::shown;
use crate::template::value::{Data, Unordered};

/// How the names of properties end that have tags, or pass them on, and how others begin that do.
const TAGS: &str = "Tags";
const COPIED: &str = "CopyTags";

/// A property that lists tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TagSet<'a> {
    /// What gets them: the names of the properties around them, and the types of what is created.
    of: String,
    tags: &'a Data,
}

impl TagSet<'_> {
    /// The tags: the key of each, and all that it says; `None` if that is not known.
    pub(super) fn tags(&self) -> Option<Vec<(String, String)>> {
        let said = |tag: &Data| format!("{}{}", self.of, shown(tag));
        match self.tags {
            Data::List(items) | Data::Unordered(Unordered(items)) => items
                .iter()
                .map(|item| {
                    let key = item.get("Key")?.text()?;
                    Some((key.to_owned(), said(item)))
                })
                .collect(),
            Data::Map(fields) if !self.tags.is_intrinsic() => {
                let fields = fields.iter();
                Some(
                    fields
                        .map(|(key, value)| (key.clone(), said(value)))
                        .collect(),
                )
            }
            _ => None,
        }
    }
}

/// All tags of a resource, in the order of its properties.
pub(super) fn tag_sets(resource: Option<&Data>) -> Vec<TagSet<'_>> {
    let mut found = Vec::new();
    if let Some(properties) = resource.and_then(|resource| resource.get("Properties")) {
        add(properties, "", &mut found);
    }
    found
}

fn add<'a>(data: &'a Data, of: &str, found: &mut Vec<TagSet<'a>>) {
    match data {
        Data::List(items) | Data::Unordered(Unordered(items)) => {
            for item in items {
                add(item, of, found);
            }
        }
        Data::Map(fields) if !data.is_intrinsic() => {
            // The type of what is created is in the same item as its tags.
            let kind = data.get("ResourceType").map(shown).unwrap_or_default();
            let of = format!("{of}{kind}");
            for (name, value) in fields {
                let of = format!("{of}{name}/");
                if name.ends_with(TAGS) || name.starts_with(COPIED) {
                    found.push(TagSet { of, tags: value });
                } else {
                    add(value, &of, found);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&str, Data)]) -> Data {
        let fields = fields.iter();
        Data::Map(
            fields
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        )
    }

    fn text(text: &str) -> Data {
        Data::Text(text.to_owned())
    }

    #[test]
    fn tags_are_found_wherever_they_are() {
        let tag = map(&[("Key", text("team")), ("Value", text("a"))]);
        let of = |kind: &str| {
            let tags = Data::List(vec![tag.clone()]);
            map(&[("ResourceType", text(kind)), ("Tags", tags)])
        };
        let specifications = Data::List(vec![of("instance"), of("volume")]);
        let data = map(&[("TagSpecifications", specifications)]);
        let properties = map(&[
            ("LaunchTemplateData", data),
            ("Name", text("a")),
            ("UserPoolTags", map(&[("team", text("b"))])),
        ]);
        let resource = map(&[("Properties", properties)]);
        let sets = tag_sets(Some(&resource));
        let keys = sets.iter().flat_map(|set| set.tags().unwrap());
        assert!(keys.map(|(key, _)| key).eq(["team"; 3]));
        let places: Vec<&str> = sets.iter().map(|set| set.of.as_str()).collect();
        assert_eq!(
            places,
            [
                "LaunchTemplateData/TagSpecifications/instanceTags/",
                "LaunchTemplateData/TagSpecifications/volumeTags/",
                "UserPoolTags/",
            ]
        );
        let switched = map(&[("Properties", map(&[("PropagateTags", text("TASK"))]))]);
        let sets = tag_sets(Some(&switched));
        assert!(sets.iter().all(|set| set.tags().is_none()) && sets.len() == 1);
    }
}

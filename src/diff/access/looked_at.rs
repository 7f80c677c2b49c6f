//! The values that the policies of both files and of the organization compare a key with.
//!
//! In: a key of conditions. Out: what each condition on it compares with. Refuses nothing: where the key is written and
//! no condition is found, what is compared is not known.

use crate::diff::access::comparer::Comparer;
use crate::iam::pattern::Glob;
use crate::iam::principals::places_of;
use crate::template::display::{has_key, shown};
use crate::template::read::rendered;
use crate::template::resolve::{OwnId, Reader, Reading};
use crate::template::resources::{File, Place, Resource};
use crate::template::value::{Data, Unordered};

/// A condition on a key.
pub(super) struct LookedAtValues {
    /// In lower case, such as `foranyvalue:stringlike`.
    operator: String,
    pub(super) globs: Vec<Glob>,
}

impl LookedAtValues {
    /// Whether it matters if a request has the key at all.
    pub(super) fn asks_for_presence(&self) -> bool {
        let (operator, own) = (self.operator.as_str(), "ifexists");
        operator == "null" || operator.ends_with(own) || operator.starts_with("forallvalues:")
    }

    /// Whether it holds for other values than those it names.
    pub(super) fn is_negated(&self) -> bool {
        self.operator.contains("not")
    }
}

impl<'text> Comparer<'_, 'text> {
    /// What the conditions on `key` compare it with, for whoever is in `own`; `None` if that is not known.
    pub(super) fn looked_at(&self, key: &str, own: &Place) -> Option<Vec<LookedAtValues>> {
        let mut found = Vec::new();
        for file in [self.old, self.new] {
            for resource in &file.resources {
                self.looked_at_in((file, resource), key, own, &mut found)?;
            }
        }
        for organization in [self.known.organization, self.known.organization_before()] {
            for policy in &organization.control.policies {
                if let Some(document) = &policy.document {
                    let document = rendered(document);
                    let reader = self.reader_elsewhere(own);
                    add(&document, key, &reader, &mut found)?;
                }
            }
        }
        Some(found)
    }

    fn looked_at_in(
        &self,
        (file, resource): (&File<'text>, &Resource<'text>),
        key: &str,
        own: &Place,
        found: &mut Vec<LookedAtValues>,
    ) -> Option<()> {
        let Some(body) = &resource.body else {
            if has_key(resource.text, key) {
                let data = self.data_of(resource)?;
                return add(&data, key, &self.reader_elsewhere(own), found);
            }
            return Some(());
        };
        // A flow collection has the text of its resource elsewhere.
        if !resource.text.is_empty()
            && !has_key(resource.text, key)
            && !resource.text.contains('\\')
        {
            return Some(());
        }
        for place in places_of(body) {
            let id = OwnId::Mark(self.id_of(&place));
            let reader = Reader {
                values: self.values(file, body, &place),
                ..self.reader(body, &place, id)
            };
            add(&body.data, key, &reader, found)?;
        }
        Some(())
    }

    /// What is known of what is elsewhere and is about `own`.
    fn reader_elsewhere(&self, own: &Place) -> Reader<'_> {
        Reader {
            own_id: OwnId::Mark(self.id_of(own)),
            ..self.plain_reader()
        }
    }
}

/// Adds the conditions on `key`; `None` if it is written elsewhere.
fn add(data: &Data, key: &str, reader: &Reader<'_>, found: &mut Vec<LookedAtValues>) -> Option<()> {
    let count = found.len();
    conditions(data, key, reader, found);
    (found.len() > count || !has_key(&shown(data), key)).then_some(())
}

fn conditions(data: &Data, key: &str, reader: &Reader<'_>, found: &mut Vec<LookedAtValues>) {
    match data {
        Data::List(items) | Data::Unordered(Unordered(items)) => {
            for item in items {
                conditions(item, key, reader, found);
            }
        }
        Data::Map(fields) => {
            for (name, value) in fields {
                if name != "Condition" {
                    conditions(value, key, reader, found);
                    continue;
                }
                for (operator, keys) in value.fields().unwrap_or_default() {
                    let keys = keys.fields().unwrap_or_default().iter();
                    for (_, values) in keys.filter(|(own, _)| own.eq_ignore_ascii_case(key)) {
                        let values = values.items().iter();
                        let globs = values.map(|value| {
                            Glob::new(reader.symbols(value, Reading::Pattern)).ignoring_case()
                        });
                        found.push(LookedAtValues {
                            operator: operator.to_ascii_lowercase(),
                            globs: globs.collect(),
                        });
                    }
                }
            }
        }
        _ => {}
    }
}

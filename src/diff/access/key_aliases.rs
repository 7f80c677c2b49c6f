//! Keys with other aliases than before, where a policy looks at the aliases of what it is about.
//!
//! In: both files. Out: a "maybe" for each `AWS::KMS::Alias` that is new, gone, another one, or of another key, if a
//! condition speaks of it. Refuses nothing: an alias whose name is not known may be any.
//!
//! A condition on `kms:ResourceAliases` lets somebody use the keys that have an alias, whatever their ARNs are (AWS KMS
//! developer guide, "Use aliases to control access to KMS keys").

use std::collections::BTreeSet;

use crate::diff::access::changes::Access;
use crate::diff::access::comparer::Comparer;
use crate::diff::access::looked_at::LookedAtValues;
use crate::diff::access::unexamined::push;
use crate::diff::access::written_roles::referred;
use crate::iam::pattern::Glob;
use crate::iam::principals::places_in;
use crate::template::display::shown;
use crate::template::resolve::{OwnId, Reader, Reading};
use crate::template::resources::{File, Place, has, region};
use crate::template::spelling::respelled;
use crate::template::symbol::Symbol;
use crate::template::value::Data;

const ALIAS: &str = "AWS::KMS::Alias";
const KEYS: [&str; 2] = ["kms:ResourceAliases", "kms:RequestAlias"];
const WHY: &str = "policies look at the aliases of keys, and a key has this one, or lost it";

/// An alias in one place.
#[derive(PartialEq, Eq)]
struct KeyAlias {
    id: String,
    place: Place,
    region: Option<String>,
    name: Vec<Symbol>,
    /// The key, by its logical id or as it is written.
    key: Result<String, String>,
}

impl KeyAlias {
    /// Whether both are the same alias of one key; what they are called in the file does not matter.
    fn is_same(&self, other: &Self) -> bool {
        self.place == other.place
            && self.region == other.region
            && self.name == other.name
            && self.key == other.key
    }
}

impl<'text> Comparer<'_, 'text> {
    /// Reports aliases of keys that are not what they were and that policies look at.
    pub(super) fn key_aliases(&self, access: &mut Access) {
        let (old, new) = (self.aliases(self.old), self.aliases(self.new));
        let differing = |own: &KeyAlias, others: &[KeyAlias]| {
            let mut others = others.iter();
            !others.any(|other| own.is_same(other))
        };
        let gone = old.iter().filter(|own| differing(own, &new));
        // A key that is new with its alias gives nothing that was there.
        let is_of_new_key = |own: &KeyAlias| {
            let key = own.key.as_ref().ok();
            key.is_some_and(|key| self.old.get(key).is_none())
        };
        let added = new
            .iter()
            .filter(|own| differing(own, &old) && !is_of_new_key(own));
        let mut found: BTreeSet<&str> = BTreeSet::new();
        for alias in gone.chain(added) {
            if self.is_alias_looked_at(alias) {
                found.insert(&alias.id);
            }
        }
        for id in found {
            if !self.settles(id, WHY, access) {
                push(access, id.to_owned(), WHY, None);
            }
        }
    }

    /// The aliases of keys in a file.
    fn aliases(&self, file: &File<'text>) -> Vec<KeyAlias> {
        let mut found = Vec::new();
        for resource in &file.resources {
            // An escape may hide the type.
            if resource.body.is_none() && !resource.text.is_empty() && !has(resource.text, ALIAS) {
                continue;
            }
            let Some(data) = self.data_of(resource) else {
                continue;
            };
            if data.get("Type").and_then(Data::text) != Some(ALIAS) {
                continue;
            }
            let property = |name: &str| data.get("Properties").and_then(|own| own.get(name));
            let key = property("TargetKeyId");
            for place in places_in(resource, &data) {
                let own = place.account().map(str::to_owned);
                let reader = Reader {
                    own: own.or_else(|| Some(String::new())),
                    own_id: OwnId::Mark(self.id_of(&place)),
                    region: region(&data),
                    ..self.plain_reader()
                };
                let name = property("AliasName").map(|name| reader.symbols(name, Reading::Plain));
                let id = key.and_then(referred);
                let id = id.filter(|id| file.get(id).is_some());
                let written = || key.map(|key| shown(&respelled(key))).unwrap_or_default();
                found.push(KeyAlias {
                    id: resource.id.clone(),
                    name: name.unwrap_or_default(),
                    region: reader.region.clone(),
                    key: id.ok_or_else(written),
                    place,
                });
            }
        }
        found
    }

    /// Whether a condition may hold for a key because it has this alias, or because it lacks it.
    fn is_alias_looked_at(&self, alias: &KeyAlias) -> bool {
        let name = Glob::new(alias.name.clone());
        let is_met = |glob: &Glob| {
            let is_open = glob.has_unknown() || name.has_unknown();
            is_open || glob.matches(&alias.name)
        };
        let is_about = |test: &LookedAtValues| {
            test.asks_for_presence() || test.is_negated() || test.globs.iter().any(is_met)
        };
        let mut keys = KEYS.iter().filter(|key| self.has_key(key));
        keys.any(|key| {
            let looked_at = self.looked_at(key, &alias.place);
            looked_at.is_none_or(|tests| tests.iter().any(is_about))
        })
    }
}

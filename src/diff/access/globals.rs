//! The section `Globals`: what SAM gives all resources of a type.
//!
//! In: the section of both files. Out: whether its change may give access, by what a change of each of its
//! properties does in a resource. Refuses nothing: a type that is not known may be given anything.

use std::collections::BTreeSet;

use crate::aws::effects::{PropertyEffect, effects};
use crate::diff::access::bound::Move;
use crate::diff::access::comparer::Comparer;
use crate::diff::access::leaves::projected;
use crate::diff::access::properties::{KnownOfFiles, changes};
use crate::template::value::Data;

/// The name of the section.
pub(super) const SECTION: &str = "Globals";

impl Comparer<'_, '_> {
    /// Whether the change from `old` to `new` may give access, or changes what runs.
    pub(super) fn may_change_access(&self, old: Option<&Data>, new: Option<&Data>) -> bool {
        let empty = Data::Map(Vec::new());
        let (old, new) = (old.unwrap_or(&empty), new.unwrap_or(&empty));
        let (Some(before), Some(after)) = (old.fields(), new.fields()) else {
            return true;
        };
        let names: BTreeSet<&String> = before.iter().chain(after).map(|(name, _)| name).collect();
        names.into_iter().any(|name| {
            let kind = format!("AWS::Serverless::{name}");
            let sides = (old.get(name), new.get(name));
            sides.0 != sides.1 && self.may_change_type(&kind, sides)
        })
    }

    fn may_change_type(&self, kind: &str, (old, new): (Option<&Data>, Option<&Data>)) -> bool {
        let Some(known) = effects().resource_type(kind) else {
            return true;
        };
        let code = |side: Option<&Data>| projected(known, side?, PropertyEffect::Code);
        if code(old) != code(new) {
            return true;
        }
        let resource = |properties: Option<&Data>| {
            let kind = ("Type".to_owned(), Data::Text(kind.to_owned()));
            let properties = properties.map(|own| ("Properties".to_owned(), own.clone()));
            Data::Map(properties.into_iter().chain([kind]).collect())
        };
        let (old, new) = (resource(old), resource(new));
        let known = KnownOfFiles {
            runs_already: &|_, _, _| false,
            is_closed: &|_| false,
        };
        !changes(Some(&old), Some(&new), Move::Stays, known).is_empty()
            || self.is_matched_by_tag(Some(&old), Some(&new))
    }
}

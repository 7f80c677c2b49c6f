//! Roles and users with another permissions boundary, where a policy looks at the boundary of what it is about.
//!
//! In: principals on both sides. Out: a "maybe" for each that a condition on `iam:PermissionsBoundary` tells apart from
//! what it was, or that a Deny leaves out only without a boundary. Refuses nothing: a boundary that is not known may be any.
//!
//! IAM compares the key with the boundary that the role or user has, or gets (Service Authorization Reference, "Actions,
//! resources, and condition keys for AWS Identity and Access Management").

use std::collections::BTreeSet;

use crate::diff::access::changes::Access;
use crate::diff::access::comparer::Comparer;
use crate::diff::access::looked_at::LookedAtValues;
use crate::diff::access::pair::PrincipalPair;
use crate::diff::access::unexamined::push;
use crate::iam::pattern::Glob;
use crate::iam::principals::{Principal, PrincipalKind};
use crate::template::referred::referred;
use crate::template::resolve::{OwnId, Reader, Reading};
use crate::template::resources::File;
use crate::template::symbol::Symbol;

const KEY: &str = "iam:PermissionsBoundary";
const WHY: &str = "policies look at its permissions boundary, and it has another one";

/// "The `NotPrincipal` element with a `Deny` effect will always deny any IAM principal that has a permissions boundary
/// policy attached" (IAM user guide, "Permissions boundaries for IAM entities").
const UNBOUND: &str =
    "it has no permissions boundary any more, and only so `NotPrincipal` of a Deny leaves it out";

impl<'text> Comparer<'_, 'text> {
    /// Reports principals with another boundary that policies look at.
    pub(super) fn rebounded(&self, pairs: &[PrincipalPair<'_>], access: &mut Access) {
        let mut found: BTreeSet<(&str, &str)> = BTreeSet::new();
        let mut is_key = None;
        for pair in pairs {
            let (Some(old), Some(new)) = *pair else {
                continue;
            };
            let may_be_edited = matches!(new.kind, PrincipalKind::Role | PrincipalKind::User);
            let is_bounded = old.boundary.is_some() || new.boundary.is_some();
            let resource = self.new.resources.get(new.at).filter(|_| may_be_edited);
            if old.boundary.is_some() && new.boundary.is_none() {
                let unbound = resource.filter(|_| self.is_left_out(new));
                found.extend(unbound.map(|own| (own.id.as_str(), UNBOUND)));
            }
            if !may_be_edited || !is_bounded || !*is_key.get_or_insert_with(|| self.has_key(KEY)) {
                continue;
            }
            let (before, after) = (self.boundary(self.old, old), self.boundary(self.new, new));
            if before == after {
                continue;
            }
            let looked_at = self.looked_at(KEY, &new.place);
            let mut tests = looked_at.iter().flatten();
            let is_told = looked_at.is_none()
                || tests.any(|test| tells_apart(test, before.as_deref(), after.as_deref()));
            found.extend(
                resource
                    .filter(|_| is_told)
                    .map(|own| (own.id.as_str(), WHY)),
            );
        }
        for (id, why) in found {
            if !self.settles(id, why, access) {
                push(access, id.to_owned(), why, None);
            }
        }
    }

    /// The ARN of the boundary of a principal, if it has one.
    fn boundary(&self, file: &File<'text>, principal: &Principal) -> Option<Vec<Symbol>> {
        principal.boundary.as_ref()?;
        let body = file.resources.get(principal.at)?.body.as_ref()?;
        let boundary = body.data.get("Properties")?.get("PermissionsBoundary")?;
        let mut names = BTreeSet::new();
        referred(boundary, &mut names);
        let place = &principal.place;
        let reader = Reader {
            values: self.identities(file, (body, place), &names).into(),
            ..self.reader(body, place, OwnId::Mark(self.id_of(place)))
        };
        Some(reader.symbols(boundary, Reading::Plain))
    }
}

/// Whether a condition may hold for one of two boundaries alone.
fn tells_apart(test: &LookedAtValues, before: Option<&[Symbol]>, after: Option<&[Symbol]>) -> bool {
    if test.asks_for_presence() && before.is_some() != after.is_some() {
        return true;
    }
    let is_open =
        |own: Option<&[Symbol]>| Glob::new(own.unwrap_or_default().to_vec()).has_unknown();
    let is_met = |glob: &Glob, own: Option<&[Symbol]>| own.is_some_and(|own| glob.matches(own));
    let mut globs = test.globs.iter();
    globs.any(|glob| {
        let is_open = glob.has_unknown() || is_open(before) || is_open(after);
        is_open || is_met(glob, before) != is_met(glob, after)
    })
}

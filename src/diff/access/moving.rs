//! Principals that move from one file to another.
//!
//! In: what was found in each of two files by itself, then the previous text of the one and the new text of
//! the other. Out: who is removed from the one and added to the other, and what these principals gain and
//! lose. Refuses nothing: what cannot be read stays removed and added.
//!
//! AWS knows a role, user, or group by its account, type, and name, whichever stack creates it. Whatever
//! trusts it by its ARN means the new one as well, so that it gains only what its own policies say more.

use std::collections::BTreeSet;

use crate::diff::access::changes::{Access, Fate};
use crate::diff::access::comparer::{AccessContext, Comparer};
use crate::diff::access::limits::Limits;
use crate::diff::access::moved::{ComparedPairs, MovedPrincipal};
use crate::diff::access::reading::ReadPair;
use crate::organization::Organization;

/// The principals that `access` says are removed, or added, in accounts whose ids are known.
pub fn one_sided(
    access: &Access,
    fate: Fate,
    known: &AccessContext<'_>,
) -> BTreeSet<MovedPrincipal> {
    let id = |name: &String| {
        let of = |side: &Organization| side.account(name)?.account_id.clone();
        of(known.organization).or_else(|| of(known.before?))
    };
    let mut found = BTreeSet::new();
    for change in access
        .principals
        .iter()
        .filter(|change| change.fate == fate)
    {
        let accounts = change.accounts.iter().filter_map(id);
        found.extend(
            accounts.map(|account| MovedPrincipal::new(account, change.kind, change.name.clone())),
        );
    }
    found
}

/// What the principals `keys` gain and lose that are in the previous text of one file and in the new text of
/// another one, and what of it is not decided; `None` if that is not known.
pub fn moved_access(
    read: &ReadPair<'_>,
    known: &AccessContext<'_>,
    keys: &BTreeSet<MovedPrincipal>,
) -> Option<Access> {
    let (old, new, scopes) = read.files.as_ref().ok().filter(|_| !read.is_rendered)?;
    let mut comparer = Comparer::new((old, new), known, scopes, &read.accounts);
    comparer.limits = Limits::of(known.before, known.organization);
    comparer.compared = ComparedPairs::Only(keys);
    let mut access = Access::default();
    // Which other resources differ is in what was found of each file by itself.
    comparer.compare_principals(&mut access);
    comparer.changed_sections(&mut access);
    comparer.unit_paths(&mut access);
    access.undecided.extend(read.other_ids());
    access
        .undecided
        .extend(comparer.limits.undecided.iter().cloned());
    Some(access)
}

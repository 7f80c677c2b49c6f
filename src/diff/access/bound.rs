//! Whether a resource is still where it was.
//!
//! In: what a resource says on both sides, and the places of both. Out: a [`Move`]. Refuses nothing: where
//! accounts or regions are not known, another text is another place.

use std::collections::BTreeSet;

use crate::template::display::shown;
use crate::template::resources::{Place, regions};
use crate::template::value::Data;

/// Where a resource is that both sides have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Move {
    /// Where it was.
    Stays,
    /// Where it was, but no longer everywhere.
    Narrows,
    /// Elsewhere, or nobody knows.
    Moves,
}

/// A side of a resource: what it says, and where it is created.
pub(super) type BoundSide<'a> = (&'a Data, &'a [Place]);

/// Whether a resource is still where it was.
pub(super) fn moved(old: BoundSide<'_>, new: BoundSide<'_>) -> Move {
    let binding = |(data, _): BoundSide<'_>| data.get("OrganizationBinding").map(shown);
    match (reached(old), reached(new)) {
        (Some(before), Some(after)) if before == after => Move::Stays,
        (Some((accounts, regions)), Some((own, at)))
            if own.is_subset(&accounts) && at.is_subset(&regions) =>
        {
            Move::Narrows
        }
        (Some(_), Some(_)) => Move::Moves,
        _ if old.1 == new.1 && binding(old) == binding(new) => Move::Stays,
        _ => Move::Moves,
    }
}

/// The accounts and the regions of a resource, if they are known.
fn reached((data, places): BoundSide<'_>) -> Option<(BTreeSet<&str>, BTreeSet<&str>)> {
    let accounts = places.iter().map(Place::account).collect::<Option<_>>()?;
    let regions = regions(data).filter(|regions| !regions.is_empty())?;
    Some((accounts, regions.into_iter().collect()))
}

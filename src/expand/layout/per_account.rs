//! `Layout: per-account`: each account's roles are written in full. Refuses nothing.

use crate::expand::model::unit::{Holder, Unit, UnitAccounts};
use crate::organization::IdPart;

/// One unit per account and stage.
pub(super) fn units(holders: Vec<Holder>) -> Vec<Unit> {
    holders.into_iter().map(alone).collect()
}

/// The unit of one account, whose logical ids are named after it.
pub(super) fn alone(holder: Holder) -> Unit {
    Unit {
        body: holder.body,
        id_part: IdPart::of(&holder.account),
        accounts: UnitAccounts::One(holder.account),
        stage: holder.stage,
    }
}

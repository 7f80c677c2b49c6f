//! Accounts with their bodies to units: what is written together.
//!
//! In: the accounts of a macro, each with its body, in the order of the output. Out: units.
//! Everything after this reads units and nothing else. Refuses nothing.

mod per_account;
mod per_binding;

use crate::arguments::{Arguments, Layout};
use crate::expand::model::unit::{Holder, Unit};

/// The units of a macro with these arguments, in the order of the output.
pub(crate) fn units(arguments: &Arguments, holders: Vec<Holder>) -> Vec<Unit> {
    match arguments.layout {
        Layout::PerAccount => per_account::units(holders),
        Layout::PerBinding => of_stages(arguments, holders),
    }
}

/// The same with one unit per stage, and one for what the Tools account holds.
pub(crate) fn of_stages(arguments: &Arguments, holders: Vec<Holder>) -> Vec<Unit> {
    per_binding::units(arguments, holders)
}

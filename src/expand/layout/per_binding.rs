//! `Layout: per-binding`: each stage's roles are written once, bound to all of its accounts.
//!
//! The hard part is that logical ids must not change when accounts come and go, or when another
//! stage gets other arguments: CloudFormation would create a role again whose name is taken. So a
//! stage has a unit of its own even if another stage has the same body, and its ids hold its name
//! and nothing else. What the Tools account holds differs from the rest of its stage (it cannot
//! wait for itself), and is named and bound as in the other layout. Refuses nothing.

use std::collections::HashMap;

use super::per_account::alone;
use crate::arguments::Arguments;
use crate::expand::model::unit::{Holder, Unit, UnitAccounts};
use crate::organization::IdPart;

/// One unit per stage, and one for what the Tools account holds.
pub(super) fn units(arguments: &Arguments, holders: Vec<Holder>) -> Vec<Unit> {
    let tools = arguments.tools_account.as_ref();
    let mut units: Vec<Unit> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for holder in holders {
        let is_tools = tools.is_some_and(|tools| tools.value == holder.account);
        let stage = holder.stage.clone().filter(|_| !is_tools);
        let Some(stage) = stage else {
            units.push(alone(holder));
            continue;
        };
        // INVARIANT: away from the Tools account, a stage has one body.
        let at = *known.entry(stage).or_insert(units.len());
        match units.get_mut(at).map(|unit| &mut unit.accounts) {
            Some(UnitAccounts::Listed(accounts)) => accounts.push(holder.account),
            _ => units.push(Unit {
                body: holder.body,
                id_part: IdPart::of_words(holder.stage.as_deref().unwrap_or_default()),
                accounts: UnitAccounts::Listed(vec![holder.account]),
                stage: holder.stage,
            }),
        }
    }
    units
}

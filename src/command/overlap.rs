//! Accounts that two stages of a macro select.
//!
//! In: a macro, and the accounts of each of its targets. Out: a note per stage that has fewer accounts than it
//! selects. Refuses nothing: both stages give the account the same.

use std::collections::HashMap;

use crate::command::Streams;
use crate::diagnostic::Shown as _;
use crate::expand::model::plan::Planned;
use crate::report::listed;
use crate::workspace::PlannedSource;

/// Writes a note for each stage of `planned` that an earlier one takes accounts from; `alone` says what a
/// stage lacks that has no account left.
///
/// # Errors
///
/// Those of the stream.
pub(super) fn note_shared(
    source: &PlannedSource,
    planned: &Planned,
    alone: &str,
    streams: &mut Streams<'_>,
) -> std::io::Result<()> {
    // It has succeeded before.
    let all = source.accounts_of_targets(planned).unwrap_or_default();
    let mut first: HashMap<&str, &str> = HashMap::new();
    for (target, accounts) in planned.arguments.targets.iter().zip(&all) {
        let stage = target.stage.value.as_str();
        let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
        let taken: Vec<&str> = accounts
            .iter()
            .filter(|account| *first.entry(**account).or_insert(stage) != stage)
            .copied()
            .collect();
        let Some(owner) = taken.first().and_then(|account| first.get(account)) else {
            continue;
        };
        let shown = stage.shown();
        let alone = if taken.len() == accounts.len() {
            format!("; `{shown}` {alone}")
        } else {
            String::new()
        };
        let names = listed(&taken, |name| format!("`{}`", name.shown()));
        writeln!(
            streams.err,
            "note: {names} of `{}` {} to the stage `{}`, which comes before `{shown}` and gives the same{alone}",
            planned.plan.name.shown(),
            if taken.len() == 1 {
                "belongs"
            } else {
                "belong"
            },
            owner.shown(),
        )?;
    }
    Ok(())
}

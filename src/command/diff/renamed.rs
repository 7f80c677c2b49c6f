//! Templates that are only renamed.
//!
//! In: the outputs of a run. Out: which of them have the stacks of one that is gone, and notes about those that are
//! gone. Refuses nothing.
//!
//! OrgFormation updates the stacks that have the name of a task's, whatever its template is called
//! (`src/cfn-binder/cfn-task-provider.ts`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::command::Streams;
use crate::command::diff::sides::OutputSides;
use crate::command::diff::texts::OutputTexts;
use crate::diff::access::scope::TaskFacts;

/// The outputs that are gone, each with the new one that has its stacks.
pub(super) fn renamed(pairs: &[&OutputTexts]) -> Vec<(usize, usize)> {
    let stack = |pair: &OutputTexts, of: fn(&OutputSides) -> &TaskFacts| {
        let name = of(pair.sides.as_ref()?).stack.as_ref()?;
        name.text().map(str::to_owned)
    };
    let mut stacks: BTreeMap<String, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (at, pair) in pairs.iter().enumerate() {
        let is_gone = pair.expanded.is_empty() && pair.present.is_none();
        let name = match pair.previous {
            Some(_) if is_gone => stack(pair, |sides| &sides.task_before),
            None => stack(pair, |sides| &sides.task),
            Some(_) => continue,
        };
        if let Some(name) = name {
            let (gone, new) = stacks.entry(name).or_default();
            let own = if is_gone { gone } else { new };
            own.push(at);
        }
    }
    let found = stacks.into_values();
    let found = found.filter_map(|sides| match (sides.0.as_slice(), sides.1.as_slice()) {
        ([from], [into]) => Some((*from, *into)),
        _ => None,
    });
    found.collect()
}

/// What each output is compared with: itself, or a file that is gone and had its stacks. `None` for that file.
pub(super) fn previous_of<'texts>(
    pairs: &[&'texts OutputTexts],
) -> Vec<Option<&'texts OutputTexts>> {
    let mut found: Vec<Option<&OutputTexts>> = pairs.iter().copied().map(Some).collect();
    for (from, into) in renamed(pairs) {
        let old = pairs.get(from).copied();
        for (at, previous) in [(from, None), (into, old)] {
            if let Some(own) = found.get_mut(at) {
                *own = previous;
            }
        }
    }
    found
}

/// Says what becomes of the outputs that are gone: those of `pairs` from the place `first`.
pub(super) fn say_gone(
    pairs: &[Arc<OutputTexts>],
    first: usize,
    streams: &mut Streams<'_>,
) -> std::io::Result<()> {
    let all: Vec<&OutputTexts> = pairs.iter().map(|pair| &**pair).collect();
    let renamed: BTreeMap<usize, usize> = renamed(&all).into_iter().collect();
    for (at, gone) in all.iter().enumerate().skip(first) {
        let into = renamed.get(&at).and_then(|into| all.get(*into));
        match into {
            Some(into) => writeln!(
                streams.err,
                "note: {} is gone with its template; its stacks are those of {} now",
                gone.path, into.path
            ),
            None => writeln!(
                streams.err,
                "note: {} is gone with its template; what it deployed stays until its stacks are deleted",
                gone.path
            ),
        }?;
    }
    Ok(())
}

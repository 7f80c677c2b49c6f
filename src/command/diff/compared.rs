//! The texts of all outputs to who gains access, and whether the change can be deployed.
//!
//! In: the texts of each output, one after the other. Out: the access of each, and the deployment of all.
//! Refuses nothing.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::command::diff::moved::pair_moved;
use crate::command::diff::texts::{OutputTexts, context, macros_of};
use crate::deploy::{DeployInput, Deployment, MacroIds, OutputChanges, changed, deployment};
use crate::diff::access::changes::Access;
use crate::diff::access::{AccessContext, ReadPair, access, access_of, kept_out_elsewhere};

/// Texts of outputs, to which more are added while what was read of the first ones is kept.
#[derive(Default)]
struct ArrivedTexts {
    first: OnceCell<Box<(Arc<OutputTexts>, ArrivedTexts)>>,
}

/// Who gains access to what each output creates, and whether the changes of all can be deployed.
pub(super) fn all_compared(
    arriving: impl IntoIterator<Item = Arc<OutputTexts>>,
) -> (Vec<Access>, Deployment) {
    let arrived = ArrivedTexts::default();
    let mut last = &arrived;
    let (mut accesses, mut presents) = (Vec::new(), Vec::new());
    let (mut pairs, mut changes, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for pair in arriving {
        let rest = || Box::new((pair, ArrivedTexts::default()));
        let (pair, rest) = &**last.first.get_or_init(rest);
        last = rest;
        let compared = compared_sides(pair);
        accesses.push(compared.expanded);
        presents.push(compared.present);
        changes.push(compared.changes);
        read.push(compared.read);
        pairs.push(&**pair);
    }
    pair_moved(&pairs, &mut accesses, &mut presents);
    keep_out_elsewhere(&pairs, &mut accesses, &mut presents);
    let deployment = deployed(&pairs, &changes, read);
    let found = pairs.iter().zip(accesses.into_iter().zip(presents));
    let accesses = found
        .map(|(pair, (expanded, present))| {
            let expanded = with_same_accounts(pair, expanded, &deployment);
            with_present(pair, expanded, present)
        })
        .collect();
    (accesses, deployment)
}

/// Reports principals that may be created again, and that policies of other outputs keep out by what only the old ones are.
fn keep_out_elsewhere(
    pairs: &[&OutputTexts],
    accesses: &mut [Access],
    presents: &mut [Option<Access>],
) {
    for (at, pair) in pairs.iter().enumerate() {
        let Some(sides) = &pair.sides else { continue };
        let present = presents.iter_mut().map(Option::as_mut);
        let all = accesses.iter_mut().zip(present).enumerate();
        let others = all.filter(|(other, _)| *other != at);
        let others = others.flat_map(|(_, (access, present))| [Some(access), present]);
        let others = others.flatten().filter(|own| !own.recreated.is_empty());
        let mut others: Vec<&mut Access> = others.collect();
        if others.is_empty() {
            continue;
        }
        let known = context(pair, sides, &[]);
        let read = ReadPair::read(pair.previous_closed(), pair.expanded_closed(), &known);
        kept_out_elsewhere((&read, &known), &pair.path, &mut others);
    }
}

/// `expanded`, which is not certain if it is nothing as soon as two accounts are the same: one that the
/// organization lost, and one that it got. Without the previous organization, nobody knows their ids.
fn with_same_accounts(pair: &OutputTexts, expanded: Access, deployment: &Deployment) -> Access {
    let Some(sides) = pair.sides.as_ref().filter(|_| pair.before().is_none()) else {
        return expanded;
    };
    let ids = deployment.kept_ids.iter();
    let ids = ids.filter(|ids| ids.source == pair.source);
    let names: BTreeMap<String, String> = ids.flat_map(|ids| ids.if_same.clone()).collect();
    if names.is_empty() || expanded.is_same() {
        return expanded;
    }
    let macros = macros_of(pair);
    let known = AccessContext {
        renamed: Some(&names),
        ..context(pair, sides, &macros)
    };
    let if_same = access(pair.previous_closed(), pair.expanded_closed(), &known);
    if !if_same.is_same() {
        return expanded;
    }
    let names = names.iter().map(|(before, after)| {
        format!("`{before}` is not in the organization any more, and may be the account `{after}`")
    });
    let names: Vec<String> = names.collect();
    expanded.uncertain(&format!(
        "{}: then no access changes; compare with a git revision (`--against`), so that the account ids of both sides are known",
        names.join(", ")
    ))
}

/// What the texts of one output say.
#[derive(Default)]
struct ComparedSides<'texts> {
    /// Who gains access to what the output creates.
    expanded: Access,
    /// Who gains access to what is there instead.
    present: Option<Access>,
    /// What is needed to know whether it can be deployed.
    changes: OutputChanges,
    /// Both texts, unless they are the same.
    read: Option<ReadPair<'texts>>,
}

fn compared_sides(pair: &OutputTexts) -> ComparedSides<'_> {
    let Some(sides) = &pair.sides else {
        return ComparedSides::default();
    };
    let macros = macros_of(pair);
    let known = context(pair, sides, &macros);
    let previous = pair.previous_closed();
    // What is read outlives the list of the macros.
    let mut read = ReadPair::of(previous, pair.expanded_closed(), &context(pair, sides, &[]));
    let expanded = read.as_ref().map(|read| access_of(read, &known));
    let expanded = expanded.unwrap_or_default();
    let changes = changed(read.as_mut(), &known);
    let present = pair.present_closed();
    ComparedSides {
        expanded,
        present: present.map(|text| access(previous, text, &known)),
        changes,
        read,
    }
}

/// Who gains access in any way: `expanded` by what will be there, `present` by what is.
fn with_present(pair: &OutputTexts, expanded: Access, present: Option<Access>) -> Access {
    let Some(sides) = &pair.sides else {
        return Access::default();
    };
    let mut found = match &pair.uncertain {
        None => expanded,
        Some(why) => Access::default().with_uncertain(expanded, why),
    };
    if let (Some(present), Some(there)) = (&pair.present, present) {
        let why = present.why.as_deref().unwrap_or_default();
        found = found.with_uncertain(there, why);
    }
    found.source.clone_from(&pair.source);
    found.undecided.extend(sides.undecided());
    found.place(|id| pair.lines.get(id).copied());
    found
}

/// Whether what changes in all outputs together can be deployed.
fn deployed<'texts>(
    pairs: &[&'texts OutputTexts],
    changes: &[OutputChanges],
    read: Vec<Option<ReadPair<'texts>>>,
) -> Deployment {
    let macros: Vec<Vec<(&str, usize)>> = pairs
        .iter()
        .map(|pair| {
            let macros = pair.macros.iter();
            macros
                .map(|(plan, line)| (plan.name.as_str(), *line))
                .collect()
        })
        .collect();
    let ids: Vec<Vec<MacroIds<'_>>> = pairs.iter().map(|pair| macro_ids(pair)).collect();
    let known: Vec<AccessContext<'_>> = pairs
        .iter()
        .map(|pair| match &pair.sides {
            Some(sides) => context(pair, sides, &[]),
            None => AccessContext::of(&pair.organization),
        })
        .collect();
    let unknown: Vec<Vec<String>> = pairs.iter().map(|pair| pair.unknown()).collect();
    let outputs: Vec<DeployInput<'_>> = pairs
        .iter()
        .zip(macros.iter().zip(&ids))
        .zip(known.iter().zip(changes).zip(&unknown))
        .map(
            |((pair, (macros, ids)), ((known, changes), unknown))| DeployInput {
                source: &pair.source,
                previous: pair.previous_closed(),
                expanded: pair.expanded_closed(),
                known,
                changes,
                unknown,
                macros,
                ids,
                lines: &pair.lines,
            },
        )
        .collect();
    deployment(&outputs, read)
}

fn macro_ids(pair: &OutputTexts) -> Vec<MacroIds<'_>> {
    let macros = pair.macros.iter().zip(&pair.kinds);
    macros
        .map(|((plan, line), kinds)| MacroIds {
            plan,
            line: *line,
            kinds,
        })
        .collect()
}

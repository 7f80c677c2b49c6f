//! The texts of all outputs to who gains access, and whether the change can be deployed.
//!
//! In: the texts of each output, one after the other. Out: the access of each, and the deployment of all.
//! Refuses nothing.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::{Arc, mpsc};

use crate::command::diff::moved::{context_between, pair_moved};
use crate::command::diff::renamed::renamed;
use crate::command::diff::texts::{OutputTexts, context, macros_of};
use crate::deploy::{DeployInput, Deployment, MacroIds, OutputChanges, changed, deployment};
use crate::diff::access::changes::Access;
use crate::diff::access::{
    AccessContext, ReadPair, ReadTexts, access, access_of, kept_out_elsewhere,
};
use crate::processors::both;

/// Texts of outputs, to which more are added while what was read of the first ones is kept.
#[derive(Default)]
struct ArrivedTexts {
    first: OnceCell<Box<(Arc<OutputTexts>, ArrivedTexts)>>,
}

/// Who gains access to what each output creates, and whether the changes of all can be deployed: the two are found
/// out at the same time.
pub(super) fn all_compared(
    arriving: impl IntoIterator<Item = Arc<OutputTexts>>,
) -> (Vec<Access>, Deployment) {
    let arrived = ArrivedTexts::default();
    let mut last = &arrived;
    let (mut pairs, mut changes, mut read) = (Vec::new(), Vec::new(), Vec::new());
    let mut kept = Vec::new();
    let (sender, receiver) = mpsc::channel();
    let deployment = || {
        for pair in arriving {
            let rest = || Box::new((pair, ArrivedTexts::default()));
            let (pair, rest) = &**last.first.get_or_init(rest);
            last = rest;
            let mut texts = read_texts(pair);
            let shared = texts.as_ref().map(ReadPair::texts);
            kept.push(shared.clone());
            // Nobody listens after a panic, which ends the run.
            let _ = sender.send((&**pair, shared));
            changes.push(changes_of(pair, texts.as_mut()));
            read.push(texts);
            pairs.push(&**pair);
        }
        drop(sender);
        let (outputs, read) = with_renamed(&pairs, changes, read);
        deployed(&outputs, read)
    };
    let (deployment, (accesses, presents)) = both(deployment, || accesses_of(receiver));
    // The end of the process frees them at once.
    std::mem::forget(kept);
    let found = pairs.iter().zip(accesses.into_iter().zip(presents));
    let accesses = found
        .map(|(pair, (expanded, present))| {
            let expanded = with_same_accounts(pair, expanded, &deployment);
            with_present(pair, expanded, present)
        })
        .collect();
    (accesses, deployment)
}

/// An output, and both of its texts as they were read.
type ReadTextsOf<'texts> = (&'texts OutputTexts, Option<Arc<ReadTexts<'texts>>>);

/// Who gains access to what each output creates, and to what is there instead.
fn accesses_of<'texts>(
    arriving: impl IntoIterator<Item = ReadTextsOf<'texts>>,
) -> (Vec<Access>, Vec<Option<Access>>) {
    let (mut pairs, mut accesses, mut presents) = (Vec::new(), Vec::new(), Vec::new());
    for (pair, read) in arriving {
        let (expanded, present) = access_to(pair, read.as_deref());
        accesses.push(expanded);
        presents.push(present);
        pairs.push(pair);
    }
    pair_moved(&pairs, &mut accesses, &mut presents);
    keep_out_elsewhere(&pairs, &mut accesses, &mut presents);
    (accesses, presents)
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

/// Both texts of an output, unless they are the same.
fn read_texts(pair: &OutputTexts) -> Option<ReadPair<'_>> {
    let sides = pair.sides.as_ref()?;
    // What is read outlives the list of the macros.
    let known = context(pair, sides, &[]);
    ReadPair::of(pair.previous_closed(), pair.expanded_closed(), &known)
}

/// What is needed to know whether the output can be deployed.
fn changes_of(pair: &OutputTexts, read: Option<&mut ReadPair<'_>>) -> OutputChanges {
    let Some(sides) = &pair.sides else {
        return OutputChanges::default();
    };
    let macros = macros_of(pair);
    changed(read, &context(pair, sides, &macros))
}

/// Who gains access to what the output creates, and to what is there instead.
fn access_to(pair: &OutputTexts, read: Option<&ReadTexts<'_>>) -> (Access, Option<Access>) {
    let Some(sides) = &pair.sides else {
        return (Access::default(), None);
    };
    let macros = macros_of(pair);
    let known = context(pair, sides, &macros);
    let expanded = read.map(|read| access_of(read, &known));
    let present = pair.present_closed();
    (
        expanded.unwrap_or_default(),
        present.map(|text| access(pair.previous_closed(), text, &known)),
    )
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

/// One output as it is deployed.
struct DeployedOutput<'texts> {
    pair: &'texts OutputTexts,
    /// What was in its stacks: the output itself, or a file that is gone.
    from: &'texts OutputTexts,
    changes: OutputChanges,
}

/// What will be deployed, each with what was read of it.
type ReadOutput<'texts> = (DeployedOutput<'texts>, Option<ReadPair<'texts>>);

impl<'texts> DeployedOutput<'texts> {
    /// The stacks of `from`, which is gone, as they become those of `into`; `None` if that is not known.
    fn of_renamed(
        from: &'texts OutputTexts,
        into: &'texts OutputTexts,
    ) -> Option<ReadOutput<'texts>> {
        let macros = macros_of(into);
        let known = context_between(from, into, &macros)?;
        let own = context_between(from, into, &[])?;
        let mut read = ReadPair::read(from.previous_closed(), into.expanded_closed(), &own);
        if !read.is_known() {
            return None;
        }
        let changes = changed(Some(&mut read), &known);
        Some((
            Self {
                pair: into,
                from,
                changes,
            },
            Some(read),
        ))
    }

    /// What is known of what was in its stacks, and of what will be.
    fn context(&self) -> AccessContext<'_> {
        let known = match &self.pair.sides {
            _ if !std::ptr::eq(self.from, self.pair) => context_between(self.from, self.pair, &[]),
            Some(sides) => Some(context(self.pair, sides, &[])),
            None => None,
        };
        known.unwrap_or_else(|| AccessContext::of(&self.pair.organization))
    }

    /// Why it is not certain what is deployed.
    fn unknown(&self) -> Vec<String> {
        let mut found = self.pair.unknown();
        if !std::ptr::eq(self.from, self.pair) {
            found.extend(self.from.unknown());
        }
        found
    }
}

/// The outputs as they are deployed: one whose stacks were those of a file that is gone changes these, and the file has
/// none any more.
fn with_renamed<'texts>(
    pairs: &[&'texts OutputTexts],
    changes: Vec<OutputChanges>,
    read: Vec<Option<ReadPair<'texts>>>,
) -> (Vec<DeployedOutput<'texts>>, Vec<Option<ReadPair<'texts>>>) {
    let mut outputs: Vec<Option<ReadOutput<'texts>>> = pairs
        .iter()
        .zip(changes.into_iter().zip(read))
        .map(|(pair, (changes, read))| {
            let from = *pair;
            Some((
                DeployedOutput {
                    pair,
                    from,
                    changes,
                },
                read,
            ))
        })
        .collect();
    for (from, into) in renamed(pairs) {
        let (Some(old), Some(new)) = (pairs.get(from), pairs.get(into)) else {
            continue;
        };
        let Some(found) = DeployedOutput::of_renamed(old, new) else {
            continue;
        };
        for (at, output) in [(from, None), (into, Some(found))] {
            if let Some(own) = outputs.get_mut(at) {
                *own = output;
            }
        }
    }
    outputs.into_iter().flatten().unzip()
}

/// Whether what changes in all outputs together can be deployed.
fn deployed<'texts>(
    all: &'texts [DeployedOutput<'texts>],
    read: Vec<Option<ReadPair<'texts>>>,
) -> Deployment {
    let macros: Vec<Vec<(&str, usize)>> = all
        .iter()
        .map(|output| {
            let macros = output.pair.macros.iter();
            macros
                .map(|(plan, line)| (plan.name.as_str(), *line))
                .collect()
        })
        .collect();
    let ids: Vec<Vec<MacroIds<'_>>> = all.iter().map(|output| macro_ids(output.pair)).collect();
    let known: Vec<AccessContext<'_>> = all.iter().map(DeployedOutput::context).collect();
    let unknown: Vec<Vec<String>> = all.iter().map(DeployedOutput::unknown).collect();
    let outputs: Vec<DeployInput<'_>> = all
        .iter()
        .zip(macros.iter().zip(&ids))
        .zip(known.iter().zip(&unknown))
        .map(|((output, (macros, ids)), (known, unknown))| DeployInput {
            source: &output.pair.source,
            previous: output.from.previous_closed(),
            expanded: output.pair.expanded_closed(),
            known,
            changes: &output.changes,
            unknown,
            macros,
            ids,
            lines: &output.pair.lines,
        })
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

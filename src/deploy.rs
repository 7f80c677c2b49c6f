//! The previous and the new texts of all outputs of a run to whether the change can be deployed.
//!
//! In: the texts, and what the run knows of accounts and templates. Out: a [`Deployment`]: what
//! CloudFormation refuses, or may refuse, and what else follows that somebody has to know. It
//! refuses nothing: of a text that cannot be read, everything may be refused.
//!
//! The previous files are assumed to be what is deployed. Nobody asks AWS.
//!
//! Texts are those that the comparison of access read. Resources that differ, or hold a name that
//! another one gets (`read`), are spread over the stacks that they are in (`places`). Then each kind of problem is looked for by itself: names that
//! two resources would have at the same time (`taken`), what cannot be replaced or is (`replaced`),
//! users with keys (`users`), roles of apps that a boundary locks (`boundary`), and stacks that wait for each
//! other or are too large (`stacks`, `waiting`). `ids` has the lines
//! that a macro needs so that its resources keep their logical ids.
//!
//! Sources: the schemas of CloudFormation's resource types say which properties can only be set when
//! a resource is created; "Update behaviors of stack resources" and "Name type" of the
//! CloudFormation User Guide say what an update does.

mod ambiguous;
mod answer;
mod boundary;
mod elsewhere;
mod exports;
mod facts;
mod fold;
mod ids;
mod names;
mod places;
mod principals;
mod read;
mod replaced;
pub mod rules;
mod sizes;
mod stack_facts;
mod stacks;
mod taken;
mod trusted;
mod twice;
mod users;
mod version;
mod waiting;

use std::collections::HashMap;

use crate::deploy::elsewhere::{GoneElsewhere, GoneNames, WantedElsewhere, WantedNames};
use crate::deploy::fold::{DeployFindings, Origins};
use crate::deploy::places::{DeployPlan, SideAccounts};
use crate::deploy::read::PairReader;
use crate::deploy::trusted::Trusting;
use crate::diff::access::{AccessContext, ReadPair};

pub use crate::deploy::answer::{DeployFinding, DeployName, DeployRefusal, Deployment, KeptIds};
pub use crate::deploy::ids::MacroIds;
pub use crate::deploy::read::OutputChanges;

/// What is known of one output.
#[derive(Clone, Copy, Debug)]
pub struct DeployInput<'run> {
    /// The path of the template, as shown.
    pub source: &'run str,
    /// The previous text of the output; `None` if there was none.
    pub previous: Option<&'run str>,
    /// The new text.
    pub expanded: &'run str,
    /// The accounts and the tasks.
    pub known: &'run AccessContext<'run>,
    /// What differs between the texts.
    pub changes: &'run OutputChanges,
    /// Why it is not certain what is deployed, if it is not.
    pub unknown: &'run [String],
    /// The macros by name, each with its line.
    pub macros: &'run [(&'run str, usize)],
    /// The logical ids of the macros.
    pub ids: &'run [MacroIds<'run>],
    /// The lines of the other resources, by logical id.
    pub lines: &'run HashMap<String, usize>,
}

/// What differs between two texts that were read, to be used by [`deployment`] of all outputs.
/// `None` stands for two texts that are the same.
pub fn changed(read: Option<&mut ReadPair<'_>>, known: &AccessContext<'_>) -> OutputChanges {
    let mut output = OutputChanges::default();
    let Some(read) = read else {
        return output;
    };
    output
        .unknown
        .extend(read.unknown().map(|why| format!("the file: {why}")));
    let mut reader = PairReader::new(read);
    output.stacks = reader.stacks(sides(known).1);
    let found = reader.changes().and_then(|mut changes| {
        let (_, after) = sides(known);
        let (mut wanted, mut gone) = (WantedNames::default(), GoneNames::default());
        wanted.add(0, &changes, after);
        gone.add(0, &changes);
        let trusting = reader.trusting(&gone.elsewhere(None))?;
        changes.extend(reader.holders(&wanted.elsewhere(None), &changes, after)?);
        Ok((changes, trusting))
    });
    match found {
        Ok((changes, trusting)) => (output.changes, output.trusting) = (changes, trusting),
        Err(why) => output.unknown.push(why),
    }
    output
}

/// Whether CloudFormation can deploy the new texts if the previous ones are deployed; `read` are the
/// texts of each output as [`changed`] had them, `None` where these are the same.
pub fn deployment<'run>(
    outputs: &[DeployInput<'run>],
    read: Vec<Option<ReadPair<'run>>>,
) -> Deployment {
    let held = held(outputs, read);
    let mut plan = DeployPlan::default();
    for (file, (output, held)) in outputs.iter().zip(&held).enumerate() {
        plan.add(file, &output.changes.changes, sides(output.known));
        plan.add(file, &held.changes, sides(output.known));
    }
    let origins = OutputOrigins { outputs };
    let mut findings = DeployFindings::default();
    let taken = taken::taken(&plan, &origins, &mut findings);
    let rolled_back = taken.instances;
    replaced::replaced(&plan, &rolled_back, &origins, &mut findings);
    users::users(&plan, &rolled_back, &origins, &mut findings);
    let trusting: Vec<Trusting<'_>> = outputs
        .iter()
        .zip(&held)
        .enumerate()
        .flat_map(|(file, (output, held))| {
            let all = output.changes.trusting.iter().chain(&held.trusting);
            let now = sides(output.known).1;
            all.flat_map(move |one| Trusting::all(file, one, now))
        })
        .collect();
    trusted::trusted(&plan, &trusting, &rolled_back, (&origins, &mut findings));
    boundary::locked(&plan, &origins, &mut findings);
    for (file, output) in outputs.iter().enumerate() {
        let stacks = (file, &output.changes.stacks);
        waiting::waiting(&plan, stacks, &origins, &mut findings);
    }
    for (output, held) in outputs.iter().zip(&held) {
        let exports = &output.changes.stacks.exports;
        exports::exported(exports, output.source, &mut findings);
        let own = output.changes.unknown.iter();
        for why in own.chain(output.unknown).chain(&held.unknown) {
            findings.unknown(output.source, why);
        }
    }
    let kept = outputs.iter().enumerate().flat_map(|(file, output)| {
        let ids = (file, output.expanded);
        ids::kept_ids(output.ids, &taken.renamed, ids, &origins)
    });
    Deployment {
        kept_ids: kept.collect(),
        findings: findings.finish(),
    }
}

/// What stays in each output and has a name that a resource of another output gets, or trusts a user
/// or role of another output that goes.
fn held<'run>(
    outputs: &[DeployInput<'run>],
    read: Vec<Option<ReadPair<'run>>>,
) -> Vec<OutputChanges> {
    let (mut wanted, mut gone) = (WantedNames::default(), GoneNames::default());
    for (at, output) in outputs.iter().enumerate() {
        wanted.add(at, &output.changes.changes, sides(output.known).1);
        gone.add(at, &output.changes.changes);
    }
    let each = outputs.iter().zip(read).enumerate();
    each.map(|(at, (output, read))| {
        let others = (wanted.elsewhere(Some(at)), gone.elsewhere(Some(at)));
        held_in(output, read, (&others.0, &others.1))
    })
    .collect()
}

/// What stays in one output and is about what changes in others.
fn held_in<'run>(
    own: &DeployInput<'run>,
    read: Option<ReadPair<'run>>,
    (wanted, gone): (&WantedElsewhere<'_>, &GoneElsewhere<'_>),
) -> OutputChanges {
    let mut found = OutputChanges::default();
    if wanted.is_empty() && gone.is_empty() {
        return found;
    }
    // Two texts that are the same were not read so far.
    let mut read = read.unwrap_or_else(|| ReadPair::read(own.previous, own.expanded, own.known));
    let mut reader = PairReader::new(&mut read);
    let holders = reader.holders(wanted, &own.changes.changes, sides(own.known).1);
    let trusting = holders.and_then(|holders| Ok((holders, reader.trusting(gone)?)));
    match trusting {
        Ok((holders, trusting)) => (found.changes, found.trusting) = (holders, trusting),
        Err(why) => found.unknown.push(why),
    }
    found
}

/// How accounts are known before and after.
fn sides<'run>(known: &AccessContext<'run>) -> (SideAccounts<'run>, SideAccounts<'run>) {
    let now = known.organization;
    let before = known.before.unwrap_or(now);
    let side = |own, other| SideAccounts { own, other };
    (side(before, now), side(now, before))
}

struct OutputOrigins<'run> {
    outputs: &'run [DeployInput<'run>],
}

impl Origins for OutputOrigins<'_> {
    fn line(&self, file: usize, id: &str) -> Option<usize> {
        let output = self.outputs.get(file)?;
        let own = output.lines.get(id).copied();
        let macros = output.macros.iter();
        // The name of a macro may begin with that of another.
        let of = macros.filter(|(name, _)| id.starts_with(name));
        let mut kept = output.ids.iter().filter(|of| of.keeps(id));
        own.or_else(|| kept.next().map(|of| of.line))
            .or_else(|| of.max_by_key(|(name, _)| name.len()).map(|(_, line)| *line))
    }

    fn was_bound(&self, file: usize, account: &str) -> bool {
        let previous = self.outputs.get(file).and_then(|output| output.previous);
        previous.is_some_and(|text| text.contains(&format!("!Ref {account}")))
    }

    fn source(&self, file: usize) -> &str {
        self.outputs.get(file).map_or("", |output| output.source)
    }

    fn is_gone(&self, file: usize) -> bool {
        let output = self.outputs.get(file);
        output.is_some_and(|output| output.expanded.is_empty())
    }
}

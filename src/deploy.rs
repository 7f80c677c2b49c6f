//! The previous and the new texts of all outputs of a run to whether the change can be deployed.
//!
//! In: the texts, and what the run knows of accounts and templates. Out: a [`Deployment`]: what
//! CloudFormation refuses, or may refuse, and what else follows that somebody has to know. It
//! refuses nothing: a text that cannot be read may be refused.
//!
//! The previous files are assumed to be what is deployed. Nobody asks AWS.
//!
//! Only resources that differ are read (`read`), each distinct body once, and are spread over the
//! stacks that they are in (`places`). Then each kind of problem is looked for by itself: names that
//! two resources would have at the same time (`taken`), what cannot be replaced or is (`replaced`),
//! users with keys (`users`), and roles of apps that a boundary locks (`boundary`).
//!
//! Sources: the schemas of CloudFormation's resource types say which properties can only be set when
//! a resource is created; "Update behaviors of stack resources" and "Name type" of the
//! CloudFormation User Guide say what an update does.

mod answer;
mod boundary;
mod facts;
mod fold;
mod places;
mod read;
mod replaced;
pub mod rules;
mod taken;
mod users;

use std::collections::HashMap;

use crate::deploy::fold::{DeployFindings, Origins};
use crate::deploy::places::{DeployPlan, SideAccounts};
use crate::deploy::read::{Scanned, TextReader};
use crate::organization::Organization;

pub use crate::deploy::answer::{DeployFinding, DeployName, DeployRefusal, Deployment};

/// What is known of one output.
#[derive(Clone, Copy, Debug)]
pub struct DeployInput<'run> {
    /// The path of the template, as shown.
    pub source: &'run str,
    /// The previous text of the output; `None` if there was none.
    pub previous: Option<&'run str>,
    /// The new text.
    pub expanded: &'run str,
    /// The accounts.
    pub organization: &'run Organization,
    /// The accounts as they were when the previous text was written, if that is known.
    pub before: Option<&'run Organization>,
    /// The macros by name, each with its line.
    pub macros: &'run [(&'run str, usize)],
    /// The lines of the other resources, by logical id.
    pub lines: &'run HashMap<String, usize>,
}

/// Whether CloudFormation can deploy the new texts if the previous ones are deployed.
pub fn deployment(outputs: &[DeployInput<'_>]) -> Deployment {
    let differ = |output: &DeployInput<'_>| output.previous != Some(output.expanded);
    if !outputs.iter().any(differ) {
        return Deployment::default();
    }
    let scanned: Vec<Option<(Scanned<'_>, Scanned<'_>)>> = outputs
        .iter()
        .map(|output| {
            let old = output.previous.unwrap_or_default();
            differ(output).then(|| (Scanned::of(old), Scanned::of(output.expanded)))
        })
        .collect();
    let mut reader = TextReader::default();
    let mut changes = Vec::new();
    for texts in &scanned {
        let found = texts.as_ref().map(|(old, new)| reader.changes(old, new));
        // What cannot be read is reported by the comparison of access.
        changes.push(found.and_then(Result::ok).unwrap_or_default());
    }
    let mut plan = DeployPlan::default();
    for (file, (output, changes)) in outputs.iter().zip(&changes).enumerate() {
        let now = output.organization;
        let before = output.before.unwrap_or(now);
        let sides = [(before, now), (now, before)].map(|(own, other)| SideAccounts { own, other });
        plan.add(file, changes, (sides[0], sides[1]));
    }
    let origins = OutputOrigins { outputs };
    let mut findings = DeployFindings::default();
    let rolled_back = taken::taken(&plan, &origins, &mut findings).instances;
    replaced::replaced(&plan, &rolled_back, &origins, &mut findings);
    users::users(&plan, &rolled_back, &origins, &mut findings);
    boundary::locked(&plan, &origins, &mut findings);
    Deployment {
        findings: findings.finish(),
    }
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
        own.or_else(|| of.max_by_key(|(name, _)| name.len()).map(|(_, line)| *line))
    }

    fn was_bound(&self, file: usize, account: &str) -> bool {
        let previous = self.outputs.get(file).and_then(|output| output.previous);
        previous.is_some_and(|text| text.contains(&format!("!Ref {account}")))
    }

    fn source(&self, file: usize) -> &str {
        self.outputs.get(file).map_or("", |output| output.source)
    }
}

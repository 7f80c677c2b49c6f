//! Whether the change can be deployed, to a verdict and lines.
//!
//! In: what `deploy` found. Out: one sentence, and what every format shows of a finding. Refuses
//! nothing.

use std::collections::BTreeSet;

use crate::deploy::rules::REPLACEMENT_REFUSED;
use crate::deploy::{DeployFinding, DeployName, DeployRefusal, Deployment, KeptIds};
use crate::diagnostic::Level;
use crate::diff::Comparison;
use crate::diff::access::changes::Access;

use crate::report::access::{access_verdict, accesses};
use crate::report::count::{count, thousands};
use crate::report::fold::listed;
use crate::yaml::emit;

/// How many names of one finding are shown.
const NAMES: usize = 12;

/// What every verdict takes for granted.
pub(crate) const ASSUMED: &str =
    "this assumes that the previous file is what is deployed: AWS is not asked";

/// Whether CloudFormation refuses something, in one sentence, for example `CloudFormation refuses
/// this: 26 resources in 4 accounts`.
pub fn deployment_verdict(deployment: &Deployment) -> String {
    match deployment.refusal() {
        DeployRefusal::None => "nothing refused".to_owned(),
        DeployRefusal::Maybe => "maybe refused".to_owned(),
        DeployRefusal::Certain => {
            let findings = deployment.findings.iter();
            let refused: Vec<&DeployFinding> = findings
                .filter(|finding| finding.refusal == DeployRefusal::Certain)
                .collect();
            let resources = refused.iter().map(|finding| finding.resources).sum();
            let accounts: BTreeSet<&String> = refused
                .iter()
                .flat_map(|finding| &finding.accounts)
                .collect();
            format!(
                "CloudFormation refuses this: {} in {}",
                count(resources, "resource"),
                count(accounts.len(), "account")
            )
        }
    }
}

/// The types that are principals, or give principals their access by membership.
const PRINCIPALS: &[&str] = &["AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"];

/// Both verdicts, the one to read first before the other. That is the one about access, unless
/// CloudFormation refuses to replace a principal: what is gained is then access to or of an ARN that
/// nothing gets.
pub(crate) fn verdicts(
    comparisons: &[Comparison<'_>],
    deployment: Option<&Deployment>,
) -> Vec<(VerdictKind, String)> {
    let access = (VerdictKind::Access, access_verdict(comparisons));
    let Some(deployment) = deployment else {
        return vec![access];
    };
    let deploys = (VerdictKind::Deployment, deployment_verdict(deployment));
    let is_moved = deployment.findings.iter().any(|finding| {
        let mut names = finding.names.iter();
        finding.rule.id == REPLACEMENT_REFUSED.id
            && finding.refusal == DeployRefusal::Certain
            && names.any(|name| PRINCIPALS.contains(&name.resource_type.as_str()))
    });
    let mut tallies = accesses(comparisons).map(Access::tally);
    if is_moved && tallies.any(|tally| tally.gain + tally.may_gain > 0) {
        vec![deploys, access]
    } else {
        vec![access, deploys]
    }
}

/// What a verdict is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VerdictKind {
    /// Who gains access.
    Access,
    /// What CloudFormation refuses.
    Deployment,
}

/// The first line of a finding, with its rule.
pub(crate) fn head(finding: &DeployFinding, shown: impl Fn(&str) -> String) -> String {
    let level = match finding.rule.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    format!("{level}[{}]: {}", finding.rule.id, subject(finding, shown))
}

/// How many resources a finding is about, and where.
pub(crate) fn subject(finding: &DeployFinding, shown: impl Fn(&str) -> String) -> String {
    if finding.resources == 0 {
        return "CloudFormation may refuse this".to_owned();
    }
    let accounts: Vec<&str> = finding.accounts.iter().map(String::as_str).collect();
    let verb = match finding.refusal {
        DeployRefusal::Certain => "CloudFormation refuses ",
        DeployRefusal::Maybe => "CloudFormation may refuse ",
        DeployRefusal::None => "",
    };
    let resources = count(finding.resources, "resource");
    let place = match accounts.as_slice() {
        [] => String::new(),
        [one] => format!(" in {}", shown(one)),
        many => format!(
            " in {}: {}",
            count(many.len(), "account"),
            listed(many, shown)
        ),
    };
    format!("{verb}{resources}{place}")
}

/// The first names of a finding, and how many more there are.
pub(crate) fn named(finding: &DeployFinding) -> (&[DeployName], Option<String>) {
    match finding.names.split_at_checked(NAMES) {
        Some((first, rest)) if rest.len() > 1 => {
            (first, Some(format!("{} more", thousands(rest.len()))))
        }
        _ => (&finding.names, None),
    }
}

/// How the logical id differs, if it does: `: A -> B`.
pub(crate) fn rename(name: &DeployName) -> String {
    match (&name.before, &name.after) {
        (Some(before), Some(after)) if before != after => format!(": {before} -> {after}"),
        (Some(id), _) | (None, Some(id)) if *id != name.name => format!(": {id}"),
        _ => String::new(),
    }
}

/// What to do so that a macro keeps the logical ids, before the lines if there are any. `shown` shows
/// a name, and `said` a sentence.
pub(crate) fn keep(
    ids: &KeptIds,
    shown: impl Fn(&str) -> String,
    said: impl Fn(&str) -> String,
) -> String {
    let name = shown(&ids.name);
    let place = shown(&format!("{}:{}", ids.source, ids.line));
    if let Some(first) = ids.refused.first() {
        let names: Vec<&str> = first.names.iter().map(|name| name.name.as_str()).collect();
        format!(
            "`LogicalIds` alone do not make {name} ({place}) deploy in place, because of {}: {} (docs/adopting.md, \"What must stay\")",
            listed(&names, shown),
            said(&first.reason),
        )
    } else if ids.lines.is_empty() {
        format!(
            "no `LogicalIds` of {name} ({place}) make this deploy in place: docs/layouts.md, \"How to switch\", has the two deployments"
        )
    } else if ids.if_same.is_empty() {
        format!("to deploy in place, write this in {name} ({place}):")
    } else {
        let pairs = ids.if_same.iter().map(|(before, after)| {
            format!(
                "{} and {} are the same account",
                shown(before),
                shown(after)
            )
        });
        let pairs: Vec<String> = pairs.collect();
        format!(
            "if {}, write this in {name} ({place}) to deploy in place:",
            pairs.join(", and ")
        )
    }
}

/// The argument `LogicalIds`, ready to paste.
pub(crate) fn argument(ids: &KeptIds) -> Vec<String> {
    let line = |(written, kept): &(String, String)| {
        format!("  {}: {}", emit::scalar(written), emit::scalar(kept))
    };
    let head = (!ids.lines.is_empty()).then(|| "LogicalIds:".to_owned());
    head.into_iter().chain(ids.lines.iter().map(line)).collect()
}

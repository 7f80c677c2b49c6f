//! Whether the change can be deployed, to annotations.
//!
//! In: what `deploy` found. Out: an [`Annotation`] per finding. Refuses nothing.

use std::collections::BTreeMap;

use crate::deploy::rules::NAME_TAKEN;
use crate::deploy::{DeployFinding, DeployRefusal, Deployment, KeptIds};
use crate::diagnostic::Level;
use crate::report::annotation::{Annotation, AnnotationPlace, AnnotationRule};
use crate::report::deployment::{argument, keep, named, subject};
use crate::report::escape::visible;

const TITLE: &str = "Deployment";

/// What was found, at the first line that it comes from, and the logical ids that macros can keep.
pub(in crate::report) fn of_deployment(deployment: &Deployment) -> Vec<Annotation> {
    let findings = deployment.findings.iter().map(of_finding);
    findings
        .chain(deployment.kept_ids.iter().map(of_ids))
        .collect()
}

/// The rules of what was found.
pub(in crate::report) fn deploy_rules(deployment: &Deployment) -> Vec<AnnotationRule> {
    let rules = deployment.findings.iter().map(|finding| {
        let rule = AnnotationRule {
            id: finding.rule.id,
            summary: finding.rule.summary,
        };
        (rule.id, rule)
    });
    let rules: BTreeMap<&str, AnnotationRule> = rules.collect();
    rules.into_values().collect()
}

/// The lines are ready to paste from the message.
fn of_ids(ids: &KeptIds) -> Annotation {
    let text = |text: &str| visible(text).into_owned();
    let mut lines = vec![keep(ids, text, text)];
    lines.extend(argument(ids).iter().map(|line| text(line)));
    Annotation {
        rule: NAME_TAKEN.id,
        level: Level::Note,
        title: TITLE,
        message: lines.join("\n"),
        place: Some(AnnotationPlace {
            path: ids.source.clone(),
            line: ids.line,
            columns: None,
        }),
        related: Vec::new(),
        fingerprint: format!("{} {} {}", NAME_TAKEN.id, ids.name, argument(ids).join(" ")),
    }
}

fn of_finding(finding: &DeployFinding) -> Annotation {
    let (names, more) = named(finding);
    let mut names: Vec<String> = names.iter().map(|name| name.name.clone()).collect();
    names.extend(more);
    let message = format!(
        "{}: {} ({}); to do: {}",
        subject(finding, str::to_owned),
        finding.reason,
        names.join(", "),
        finding.help
    );
    Annotation {
        rule: finding.rule.id,
        level: match finding.refusal {
            DeployRefusal::Certain => Level::Error,
            DeployRefusal::Maybe => Level::Warning,
            DeployRefusal::None => Level::Note,
        },
        title: TITLE,
        message: visible(&message).into_owned(),
        place: Some(AnnotationPlace {
            path: finding.source.clone(),
            line: finding.line.unwrap_or(1),
            columns: None,
        }),
        related: Vec::new(),
        fingerprint: format!("{} {}", finding.rule.id, finding.reason),
    }
}

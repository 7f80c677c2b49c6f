//! Whether the change can be deployed, to annotations.
//!
//! In: what `deploy` found. Out: an [`Annotation`] per finding. Refuses nothing.

use std::collections::BTreeMap;

use crate::deploy::{DeployFinding, DeployRefusal, Deployment};
use crate::diagnostic::Level;
use crate::report::annotation::{Annotation, AnnotationPlace, AnnotationRule};
use crate::report::deployment::{named, subject};
use crate::report::escape::visible;

const TITLE: &str = "Deployment";

/// What was found, at the first line that it comes from.
pub(in crate::report) fn of_deployment(deployment: &Deployment) -> Vec<Annotation> {
    deployment.findings.iter().map(of_finding).collect()
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

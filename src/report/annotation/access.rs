//! Access gained to annotations, at the lines of the macros.
//!
//! In: what is gained in one file. Out: an [`Annotation`] per principal and kind of request.
//! Refuses nothing.
//!
//! The hard part: code scanning identifies results by their fingerprints, so these must not
//! depend on lines.

use std::fmt::Write as _;

use crate::aws::actions::AccessLevel;
use crate::diagnostic::Level;
use crate::diff::access::changes::{Access, Finding, PrincipalChange};
use crate::iam::{Certainty, RequestKind};
use crate::report::access::{actions, anywhere, preposition, principals, resources, stage};
use crate::report::annotation::{Annotation, AnnotationPlace, AnnotationRule};
use crate::report::count::{count, thousands};
use crate::report::escape::visible;

/// The rules, with what they mean.
pub(in crate::report) const RULES: &[AnnotationRule] = &[
    AnnotationRule {
        id: "access-gained",
        summary: "A principal can do something that it could not do before",
    },
    AnnotationRule {
        id: "trust-widened",
        summary: "Somebody can assume a principal who could not do so before",
    },
    AnnotationRule {
        id: "access-undecided",
        summary: "It could not be decided whether there is new access",
    },
];

const TITLE: &str = "Access";

/// What is gained in one file.
pub(in crate::report) fn of_access(access: &Access) -> Vec<Annotation> {
    let mut annotations = Vec::new();
    for change in &access.principals {
        for (kind, rule) in [
            (RequestKind::Assume, "trust-widened"),
            (RequestKind::Call, "access-gained"),
            (RequestKind::Resource, "access-gained"),
        ] {
            let findings: Vec<&Finding> = change
                .gains
                .iter()
                .filter(|finding| finding.kind == kind)
                .collect();
            annotations.extend(of_principal(&access.source, change, &findings, rule));
        }
    }
    for undecided in &access.undecided {
        annotations.push(Annotation {
            rule: "access-undecided",
            level: Level::Warning,
            title: TITLE,
            message: visible(&format!("{}: {}", undecided.what, undecided.why)).into_owned(),
            place: Some(line_of(&access.source, undecided.line)),
            related: Vec::new(),
            fingerprint: undecided.what.clone(),
        });
    }
    annotations
}

fn line_of(source: &str, line: Option<usize>) -> AnnotationPlace {
    AnnotationPlace {
        path: source.to_owned(),
        line: line.unwrap_or(1),
        columns: None,
    }
}

fn of_principal(
    source: &str,
    change: &PrincipalChange,
    findings: &[&Finding],
    rule: &'static str,
) -> Option<Annotation> {
    let first = findings.first()?;
    let is_certain = findings.iter().any(|finding| finding.is_certain());
    let is_severe = findings
        .iter()
        .any(|finding| finding.level <= AccessLevel::Write);
    let rule = if is_certain { rule } else { "access-undecided" };
    let stage = stage(change).map_or(String::new(), |stage| format!(" ({stage})"));
    let who = format!("{} {}{stage}", change.kind.word(), change.name);
    let verb = match first.kind {
        RequestKind::Assume => "can be assumed by more",
        RequestKind::Call => "gains access",
        RequestKind::Resource => "can be used by more",
    };
    let maybe = if is_certain { "" } else { "maybe: " };
    let mut message = format!("{maybe}{who} {verb}");
    if change.accounts.len() > 1 {
        let _ = write!(message, " in {}", count(change.accounts.len(), "account"));
    } else if let Some(account) = change.accounts.first() {
        let _ = write!(message, " in {account}");
    } else if let Some(anywhere) = anywhere(change) {
        let _ = write!(message, " {anywhere}");
    }
    message += &what(first);
    if findings.len() > 1 {
        let _ = write!(message, ", and by {} more", thousands(findings.len() - 1));
    }
    if let Certainty::Maybe(why) = &first.certainty {
        let _ = write!(message, "; {why}");
    }
    Some(Annotation {
        rule,
        level: if is_certain && !is_severe {
            Level::Note
        } else {
            Level::Warning
        },
        title: TITLE,
        message: visible(&message).into_owned(),
        place: Some(line_of(source, change.line)),
        related: Vec::new(),
        fingerprint: format!("{rule} {who} {}", change.logical_ids.join(" ")),
    })
}

/// The actions, resources, conditions and the statement of a finding.
fn what(finding: &Finding) -> String {
    let names = |(mut names, more): (Vec<String>, Option<String>)| {
        names.extend(more);
        names.join(", ")
    };
    let on = preposition(finding);
    let mut text = format!(": {}", names(actions(&finding.actions)));
    if !finding.principals.is_empty() {
        let _ = write!(text, " by {}", names(principals(finding)));
    }
    if !finding.resources.is_empty() {
        let _ = write!(text, " {on} {}", names(resources(finding)));
    }
    if !finding.conditions.is_empty() {
        let _ = write!(text, " if {}", finding.conditions.join(" and "));
    }
    if !finding.statement.is_empty() {
        let (statement, policy) = (&finding.statement, &finding.policy);
        let _ = write!(text, " (statement {statement} of {policy})");
    }
    if let Some(limit) = &finding.limit {
        let _ = write!(text, ", without {limit}");
    }
    text
}

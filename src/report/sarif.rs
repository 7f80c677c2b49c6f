//! Access gained to SARIF, for code scanning.
//!
//! In: the comparisons of a run. Out: a SARIF 2.1.0 log with a result for each principal that
//! gains access or may, at its macro's line in the source.
//!
//! The hard thing: code scanning tells results apart by their fingerprints, so these must not
//! depend on lines.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::aws::actions::AccessLevel;
use crate::diff::access::changes::{Access, Certainty, Finding, PrincipalChange, Way};
use crate::diff::comparison::Comparison;

use crate::report::access::{access_verdict, accesses, actions, resources, stage};
use crate::report::escape::{count, thousands, visible};

/// What is said of one principal.
pub(crate) struct Result {
    /// The rule.
    pub(crate) rule: &'static str,
    /// `warning` or, for what only reads, `notice`.
    pub(crate) level: &'static str,
    /// The line in the source, from 1.
    pub(crate) line: usize,
    /// What is gained.
    pub(crate) message: String,
    /// What tells it from other results.
    pub(crate) fingerprint: String,
}

/// The rules, with what they mean.
const RULES: &[(&str, &str)] = &[
    (
        "access-gained",
        "A principal may do something that it might not before",
    ),
    (
        "trust-widened",
        "Someone may become a principal who might not before",
    ),
    (
        "access-undecided",
        "It could not be decided whether access is gained",
    ),
];

/// Writes the access gained as SARIF.
///
/// # Errors
///
/// Those of `out`.
pub fn sarif(comparisons: &[Comparison<'_>], out: &mut dyn Write) -> io::Result<()> {
    let found: Vec<Value> = accesses(comparisons)
        .flat_map(|access| {
            let uri = uri(&access.source);
            results(access).into_iter().map(move |result| {
                json!({
                    "ruleId": result.rule,
                    "level": if result.level == "notice" { "note" } else { result.level },
                    "message": { "text": result.message },
                    "locations": [{
                        "physicalLocation": {
                            "artifactLocation": { "uri": uri },
                            "region": { "startLine": result.line },
                        },
                    }],
                    "partialFingerprints": { "access/v1": result.fingerprint },
                })
            })
        })
        .collect();
    let rules: Vec<Value> = RULES
        .iter()
        .map(|(id, text)| json!({ "id": id, "shortDescription": { "text": text } }))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "deploy-roles",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "results": found,
            "properties": { "verdict": access_verdict(comparisons) },
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

/// A path as a reference of RFC 3986, which the log holds.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// What is gained in one file, a result a principal and way.
pub(crate) fn results(access: &Access) -> Vec<Result> {
    let mut results = Vec::new();
    for change in &access.principals {
        for (way, rule) in [(Way::Assume, "trust-widened"), (Way::Do, "access-gained")] {
            let findings: Vec<&Finding> = change
                .gains
                .iter()
                .filter(|finding| finding.way == way)
                .collect();
            results.extend(result(change, &findings, rule));
        }
    }
    for undecided in &access.undecided {
        results.push(Result {
            rule: "access-undecided",
            level: "warning",
            line: undecided.line.unwrap_or(1),
            message: visible(&format!("{}: {}", undecided.what, undecided.why)).into_owned(),
            fingerprint: undecided.what.clone(),
        });
    }
    results
}

fn result(change: &PrincipalChange, findings: &[&Finding], rule: &'static str) -> Option<Result> {
    let first = findings.first()?;
    let is_certain = findings.iter().any(|finding| finding.is_certain());
    let is_heavy = findings
        .iter()
        .any(|finding| finding.level <= AccessLevel::Write);
    let rule = if is_certain { rule } else { "access-undecided" };
    let names = |(mut names, more): (Vec<String>, Option<String>)| {
        names.extend(more);
        names.join(", ")
    };
    let stage = stage(change).map_or(String::new(), |stage| format!(" ({stage})"));
    let who = format!("{} {}{stage}", change.kind.word(), change.name);
    let (verb, on) = match first.way {
        Way::Assume => ("can be assumed by more", "by"),
        Way::Do => ("gains access", "on"),
    };
    let maybe = if is_certain { "" } else { "maybe: " };
    let mut message = format!("{maybe}{who} {verb}");
    if change.accounts.len() > 1 {
        let _ = write!(message, " in {}", count(change.accounts.len(), "account"));
    } else if let Some(account) = change.accounts.first() {
        let _ = write!(message, " in {account}");
    }
    let _ = write!(message, ": {}", names(actions(&first.actions)));
    if !first.resources.is_empty() {
        let _ = write!(message, " {on} {}", names(resources(first)));
    }
    if !first.conditions.is_empty() {
        let _ = write!(message, " if {}", first.conditions.join(" and "));
    }
    if !first.statement.is_empty() {
        let _ = write!(
            message,
            " (statement {} of {})",
            first.statement, first.policy
        );
    }
    if findings.len() > 1 {
        let _ = write!(message, ", and by {} more", thousands(findings.len() - 1));
    }
    if let Certainty::Maybe(why) = &first.certainty {
        let _ = write!(message, "; {why}");
    }
    Some(Result {
        rule,
        level: if is_certain && !is_heavy {
            "notice"
        } else {
            "warning"
        },
        line: change.line.unwrap_or(1),
        message: visible(&message).into_owned(),
        fingerprint: format!("{rule} {who} {}", change.logical_ids.join(" ")),
    })
}

#[cfg(test)]
mod tests {
    use crate::report::sarif::uri;

    #[test]
    fn a_path_is_a_reference() {
        assert_eq!(uri("org/roles.src.yml"), "org/roles.src.yml");
        assert_eq!(uri(r"our org\a#b:c%.yml"), "our%20org/a%23b%3Ac%25.yml");
        assert_eq!(uri("é.yml"), "%C3%A9.yml");
    }
}

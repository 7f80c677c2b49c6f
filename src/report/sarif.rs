//! SARIF, for code scanning.
//!
//! In: access gained, or diagnostics. Out: a SARIF 2.1.0 log with one result per annotation.
//! Refuses nothing.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::deploy::Deployment;
use crate::diagnostic::{Diagnostic, Level};
use crate::diff::Comparison;
use crate::report::access::access_verdict;
use crate::report::annotation::access::RULES;
use crate::report::annotation::compared::of_comparisons;
use crate::report::annotation::deployment::deploy_rules;
use crate::report::annotation::diagnostics::{of_diagnostics, rules_of};
use crate::report::annotation::{Annotation, AnnotationPlace, AnnotationRule};
use crate::report::check::{CheckReport, NOT_MET, of_not_current, of_tests};
use crate::report::deployment::deployment_verdict;
use crate::source::Sources;
use crate::source::path::percent_encoded;

/// Writes the access gained as SARIF, and what `deployment` found.
///
/// # Errors
///
/// Those of `out`.
pub fn sarif(
    comparisons: &[Comparison<'_>],
    deployment: Option<&Deployment>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let results = of_comparisons(comparisons, deployment);
    let mut rules = RULES.to_vec();
    rules.extend(deployment.into_iter().flat_map(deploy_rules));
    let mut run = SarifRun::of(&rules, &results, "access/v1");
    run.properties = Some(Properties {
        verdict: access_verdict(comparisons),
        deployment: deployment.map(deployment_verdict),
    });
    write(run, out)
}

/// Writes diagnostics as SARIF.
///
/// # Errors
///
/// Those of `out`.
pub fn sarif_of_diagnostics(
    found: &[(&Sources, &Diagnostic)],
    out: &mut dyn Write,
) -> io::Result<()> {
    let results = of_diagnostics(found);
    let rules = rules_of(found);
    let mut run = SarifRun::of(&rules, &results, "diagnostic/v1");
    run.column_kind = Some("unicodeCodePoints");
    write(run, out)
}

/// Writes all that a check found as SARIF: one run, since code scanning takes one per tool.
///
/// # Errors
///
/// Those of `out`.
pub fn sarif_of_check(report: &CheckReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let states: Vec<Annotation> = report.not_current.iter().map(of_not_current).collect();
    let linted = of_diagnostics(&report.linted);
    let tested: Vec<Annotation> = report.tested.into_iter().flat_map(of_tests).collect();
    let compared: Vec<Annotation> = report
        .compared
        .iter()
        .flat_map(|diff| of_comparisons(diff.comparisons, diff.deployment))
        .collect();
    let mut rules: Vec<AnnotationRule> = report
        .not_current
        .iter()
        .map(|one| one.diagnostic().rule)
        .map(|rule| AnnotationRule {
            id: rule.id,
            summary: rule.summary,
        })
        .collect();
    rules.extend(rules_of(&report.linted));
    rules.extend(report.tested.map(|_| NOT_MET));
    if let Some(diff) = &report.compared {
        rules.extend(RULES);
        rules.extend(diff.deployment.into_iter().flat_map(deploy_rules));
    }
    rules.sort_unstable_by_key(|rule| rule.id);
    rules.dedup();
    let mut run = SarifRun::of(&rules, &[], "");
    for (results, fingerprint) in [
        (&states, "diagnostic/v1"),
        (&linted, "diagnostic/v1"),
        (&tested, "expectation/v1"),
        (&compared, "access/v1"),
    ] {
        let results = results.iter();
        run.results
            .extend(results.map(|one| SarifResult::of(one, fingerprint)));
    }
    run.column_kind = Some("unicodeCodePoints");
    run.properties = Some(Properties {
        verdict: report.verdict(),
        deployment: None,
    });
    write(run, out)
}

fn write(run: SarifRun<'_>, out: &mut dyn Write) -> io::Result<()> {
    let log = SarifLog {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [run],
    };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

#[derive(Serialize)]
struct SarifLog<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [SarifRun<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRun<'a> {
    tool: Tool,
    #[serde(skip_serializing_if = "Option::is_none")]
    column_kind: Option<&'static str>,
    results: Vec<SarifResult<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Properties>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<SarifRule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRule {
    id: &'static str,
    short_description: SarifText<'static>,
}

#[derive(Serialize)]
struct Properties {
    verdict: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment: Option<String>,
}

impl<'a> SarifRun<'a> {
    /// A run whose results have their fingerprints under `fingerprint`.
    fn of(rules: &[AnnotationRule], results: &'a [Annotation], fingerprint: &'static str) -> Self {
        let rules = rules.iter().map(|rule| SarifRule {
            id: rule.id,
            short_description: SarifText { text: rule.summary },
        });
        let results = results.iter();
        Self {
            tool: Tool {
                driver: Driver {
                    name: "deploy-roles",
                    version: env!("CARGO_PKG_VERSION"),
                    rules: rules.collect(),
                },
            },
            column_kind: None,
            results: results
                .map(|result| SarifResult::of(result, fingerprint))
                .collect(),
            properties: None,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'static str,
    level: &'static str,
    message: SarifText<'a>,
    locations: Vec<SarifLocation<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<SarifLocation<'a>>,
    partial_fingerprints: BTreeMap<&'static str, &'a str>,
}

impl<'a> SarifResult<'a> {
    fn of(annotation: &'a Annotation, fingerprint: &'static str) -> Self {
        let place = annotation.place.iter();
        let related = annotation.related.iter();
        Self {
            rule_id: annotation.rule,
            level: match annotation.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "note",
            },
            message: SarifText {
                text: &annotation.message,
            },
            locations: place.map(|place| SarifLocation::of(place, None)).collect(),
            related_locations: related
                .map(|(place, text)| SarifLocation::of(place, Some(text)))
                .collect(),
            partial_fingerprints: BTreeMap::from([(fingerprint, annotation.fingerprint.as_str())]),
        }
    }
}

#[derive(Serialize)]
struct SarifText<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifLocation<'a> {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<SarifText<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: SarifRegion,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRegion {
    start_line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
}

impl<'a> SarifLocation<'a> {
    fn of(place: &AnnotationPlace, message: Option<&'a str>) -> Self {
        let columns = place.columns;
        Self {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation {
                    uri: uri(&place.path),
                },
                region: SarifRegion {
                    start_line: place.line,
                    start_column: columns.map(|columns| columns.start),
                    end_line: columns.map(|columns| columns.end_line),
                    end_column: columns.map(|columns| columns.end),
                },
            },
            message: message.map(|text| SarifText { text }),
        }
    }
}

/// A path as a reference of RFC 3986, which the log holds.
fn uri(path: &str) -> String {
    percent_encoded(&path.replace('\\', "/"))
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

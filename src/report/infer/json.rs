//! What an app needs, as JSON.
//!
//! In: an answer. Out: one JSON document, complete and exact: text is not escaped other than JSON
//! does it. [`json`] documents the schema.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;

use crate::arguments::write::services;
use crate::infer::answer::{
    AnsweredPartial, AnsweredPartials, ComparedMacro, GroupedReason, InferAnswer, PartialState,
};
use crate::infer::fit::StageFit;
use crate::infer::grants::Offering;
use crate::infer::model::NeedReason;
use crate::infer::names::{NameFinding, NameIssue};
use crate::infer::suggestion::{ServiceReason, Uncovered};
use crate::source::Sources;

use crate::report::infer::{InferPage, offered, offering};

/// Writes `answer` as JSON, followed by a line end.
///
/// The schema, version 1. Fields may be added within a version; none is renamed or removed.
///
/// ```text
/// { "version": 1,
///   "line": "Services: [...]", as text prints it,
///   "services": [
///     { "name": text, "reasons": [reasons], "opens": [opened],
///       "options": [{ "name": text, "reasons": [reasons], "instead": ["kms: encrypt"],
///                     "opens": [opened] }] }],
///   "uncovered": [{ "type": text, "whole_type": boolean, "reasons": [reasons] }],
///   "names": { "app_id": text or null, "proposed": boolean,
///     "findings": [
///       { "resource": resource, "property": text, "issue": "different", "missing" or "unknown",
///         "name": text or null, "depends_on": text or null, "hint": text or null,
///         "example": text }] },
///   "refused": [{ "what", "instead": text, "resources": [resources] }],
///   "unknown": [{ "what": text, "resources": [resources], "place": text or null }],
///   "partials": null, or
///     { "written": boolean,
///       "files": [{ "path": text, "state": "new", "changed", "current" or "unneeded",
///                   "types": [text], "tagged": { type: property } }],
///       "held": [{ "action", "reason": text, "flag": text or null, "types": [text] }] },
///   "macro": null, or
///     { "name": text, "template": path, "enough": boolean,
///       "stages": [{ "stages": [text], "lacks", "unused": ["lambda", "lambda: vpc"],
///                    "kept": ["logs"], "uncovered": as above }],
///       "written": null, or { "added", "removed", "kept": ["lambda: vpc"] } },
///   "next": [commands] }
///
/// a reason: { "type": text, "action": text, "property", "reference", "note": text or null,
///             "resources": [resources] }
/// opened: { "action", "reason": text }: what inference alone would hold back
/// a resource: { "id": text, "path": text, "line": number, "made_by": text or null }
/// ```
///
/// # Errors
///
/// Those of `out`.
pub fn json(answer: &InferAnswer, sources: &Sources, out: &mut dyn Write) -> io::Result<()> {
    let page = InferPage { answer, sources };
    serde_json::to_writer_pretty(&mut *out, &InferJson::of(page))?;
    writeln!(out)
}

#[derive(Serialize)]
struct InferJson<'a> {
    version: u32,
    line: String,
    services: Vec<ServiceJson<'a>>,
    uncovered: Vec<UncoveredJson<'a>>,
    names: NamesJson<'a>,
    refused: Vec<RefusedJson<'a>>,
    unknown: Vec<UnknownJson<'a>>,
    partials: Option<PartialsJson<'a>>,
    #[serde(rename = "macro")]
    compared: Option<MacroJson<'a>>,
    next: &'a [String],
}

impl<'a> InferJson<'a> {
    fn of(page: InferPage<'a>) -> Self {
        let answer = page.answer;
        let services_of = answer.suggestion.services.iter();
        Self {
            version: 1,
            line: services(&answer.services, 0, "\n"),
            services: services_of
                .map(|service| ServiceJson {
                    name: &service.name,
                    reasons: page.reasons_json(&service.reasons),
                    opens: page.opened_json(&offering(&service.name, None)),
                    options: service
                        .options
                        .iter()
                        .map(|option| OptionJson {
                            name: &option.name,
                            reasons: page.reasons_json(&option.reasons),
                            instead: option.instead.iter().map(offered).collect(),
                            opens: page.opened_json(&offering(&service.name, Some(&option.name))),
                        })
                        .collect(),
                })
                .collect(),
            uncovered: page.uncovered_json(answer.uncovered().into_iter()),
            names: NamesJson {
                app_id: answer.names.app_id.as_deref(),
                proposed: answer.names.is_proposed,
                findings: answer
                    .names
                    .findings
                    .iter()
                    .map(|finding| page.finding_json(finding))
                    .collect(),
            },
            refused: answer
                .refused
                .iter()
                .map(|refusal| RefusedJson {
                    what: refusal.what,
                    instead: refusal.instead,
                    resources: page.resources_json(&refusal.resources),
                })
                .collect(),
            unknown: answer
                .unknown
                .iter()
                .map(|one| UnknownJson {
                    what: &one.what,
                    resources: page.resources_json(&one.resources),
                    place: one.span.and_then(|span| page.place(span)),
                })
                .collect(),
            partials: answer.partials.as_ref().map(partials_json),
            compared: answer.compared.as_ref().map(|one| page.macro_json(one)),
            next: &answer.next,
        }
    }
}

impl<'a> InferPage<'a> {
    fn reasons_json(self, reasons: &'a [ServiceReason]) -> Vec<ReasonJson<'a>> {
        let grouped = self.answer.grouped(reasons).into_iter();
        grouped.map(|group| self.reason_json(&group)).collect()
    }

    fn opened_json(self, offering: &Offering) -> Vec<OpenedJson<'a>> {
        let opened = self.opened(offering).iter();
        opened
            .map(|one| OpenedJson {
                action: &one.action,
                reason: one.reason(),
            })
            .collect()
    }

    fn reason_json(self, group: &GroupedReason<'a>) -> ReasonJson<'a> {
        let mut reason = ReasonJson {
            type_name: group.type_name,
            action: group.action,
            property: None,
            reference: None,
            note: None,
            resources: self.resources_json(&group.resources),
        };
        match group.because {
            NeedReason::Type => {}
            NeedReason::Property(property) => reason.property = Some(property),
            NeedReason::DynamicReference(text) => reason.reference = Some(text),
            NeedReason::Deployment(note) => reason.note = Some(note),
        }
        reason
    }

    fn resources_json(self, resources: &[usize]) -> Vec<AppResourceJson<'a>> {
        let resources = resources.iter();
        let known = resources.filter_map(|index| self.answer.app.resources.get(*index));
        known
            .map(|resource| {
                let file = self.sources.get(resource.span.file);
                AppResourceJson {
                    id: &resource.id,
                    path: file.map_or(String::new(), |file| file.path.display().to_string()),
                    line: file.map_or(0, |file| file.position(resource.span.start).line),
                    made_by: resource.made_by.as_deref(),
                }
            })
            .collect()
    }

    fn finding_json(self, finding: &'a NameFinding) -> NameJson<'a> {
        let mut found = NameJson {
            resource: self.resources_json(&[finding.resource]).into_iter().next(),
            property: &finding.property,
            issue: "missing",
            name: None,
            depends_on: None,
            hint: None,
            example: &finding.example,
        };
        match &finding.issue {
            NameIssue::Missing => {}
            NameIssue::Different { name } => {
                found.issue = "different";
                found.name = Some(name);
            }
            NameIssue::Unknown { depends_on, hint } => {
                found.issue = "unknown";
                found.depends_on = Some(depends_on);
                found.hint = hint.as_deref();
            }
        }
        found
    }

    fn uncovered_json(
        self,
        uncovered: impl Iterator<Item = &'a Uncovered>,
    ) -> Vec<UncoveredJson<'a>> {
        uncovered
            .map(|one| UncoveredJson {
                type_name: &one.type_name,
                whole_type: one.is_whole_type,
                reasons: self.reasons_json(&one.missing),
            })
            .collect()
    }

    fn macro_json(self, compared: &'a ComparedMacro) -> MacroJson<'a> {
        let stage = |fit: &'a StageFit| {
            let is_kept = |one: &&Offering| compared.kept.contains(one);
            let (kept, unused): (Vec<&Offering>, Vec<&Offering>) =
                fit.unused.iter().partition(is_kept);
            StageJson {
                stages: &fit.stages,
                lacks: fit.lacks.iter().map(offered).collect(),
                unused: unused.into_iter().map(offered).collect(),
                kept: kept.into_iter().map(offered).collect(),
                uncovered: self.uncovered_json(fit.suggestion.uncovered.iter()),
            }
        };
        MacroJson {
            name: &compared.name,
            template: &compared.template,
            enough: self.answer.is_enough(),
            stages: compared.fits.iter().map(stage).collect(),
            written: compared.written.as_ref().map(|written| WrittenJson {
                added: &written.added,
                removed: &written.removed,
                kept: &written.kept,
            }),
        }
    }
}

fn partials_json(partials: &AnsweredPartials) -> PartialsJson<'_> {
    let file = |one: &'_ AnsweredPartial| PartialJson {
        path: one.path.clone(),
        state: match one.state {
            PartialState::New => "new",
            PartialState::Changed => "changed",
            PartialState::Current => "current",
            PartialState::Unneeded => "unneeded",
        },
        types: one.types.clone(),
        tagged: one.tagged.clone(),
    };
    PartialsJson {
        written: partials.is_written,
        files: partials.files.iter().map(file).collect(),
        held: partials
            .held
            .iter()
            .map(|held| HeldJson {
                action: &held.action,
                reason: held.hold.reason(),
                flag: held.flag(),
                types: &held.types,
            })
            .collect(),
    }
}

#[derive(Serialize)]
struct PartialsJson<'a> {
    written: bool,
    files: Vec<PartialJson>,
    held: Vec<HeldJson<'a>>,
}

#[derive(Serialize)]
struct PartialJson {
    path: String,
    state: &'static str,
    types: BTreeSet<String>,
    tagged: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct HeldJson<'a> {
    action: &'a str,
    reason: &'static str,
    flag: Option<String>,
    types: &'a BTreeSet<String>,
}

#[derive(Serialize)]
struct ServiceJson<'a> {
    name: &'a str,
    reasons: Vec<ReasonJson<'a>>,
    opens: Vec<OpenedJson<'a>>,
    options: Vec<OptionJson<'a>>,
}

#[derive(Serialize)]
struct OptionJson<'a> {
    name: &'a str,
    reasons: Vec<ReasonJson<'a>>,
    instead: Vec<String>,
    opens: Vec<OpenedJson<'a>>,
}

#[derive(Serialize)]
struct OpenedJson<'a> {
    action: &'a str,
    reason: &'static str,
}

#[derive(Serialize)]
struct ReasonJson<'a> {
    #[serde(rename = "type")]
    type_name: &'a str,
    action: &'a str,
    property: Option<&'a str>,
    reference: Option<&'a str>,
    note: Option<&'a str>,
    resources: Vec<AppResourceJson<'a>>,
}

#[derive(Serialize)]
struct AppResourceJson<'a> {
    id: &'a str,
    path: String,
    line: usize,
    made_by: Option<&'a str>,
}

#[derive(Serialize)]
struct UncoveredJson<'a> {
    #[serde(rename = "type")]
    type_name: &'a str,
    whole_type: bool,
    reasons: Vec<ReasonJson<'a>>,
}

#[derive(Serialize)]
struct NamesJson<'a> {
    app_id: Option<&'a str>,
    proposed: bool,
    findings: Vec<NameJson<'a>>,
}

#[derive(Serialize)]
struct NameJson<'a> {
    resource: Option<AppResourceJson<'a>>,
    property: &'a str,
    issue: &'static str,
    name: Option<&'a str>,
    depends_on: Option<&'a str>,
    hint: Option<&'a str>,
    example: &'a str,
}

#[derive(Serialize)]
struct RefusedJson<'a> {
    what: &'a str,
    instead: &'a str,
    resources: Vec<AppResourceJson<'a>>,
}

#[derive(Serialize)]
struct UnknownJson<'a> {
    what: &'a str,
    resources: Vec<AppResourceJson<'a>>,
    place: Option<String>,
}

#[derive(Serialize)]
struct MacroJson<'a> {
    name: &'a str,
    template: &'a str,
    enough: bool,
    stages: Vec<StageJson<'a>>,
    written: Option<WrittenJson<'a>>,
}

#[derive(Serialize)]
struct StageJson<'a> {
    stages: &'a [String],
    lacks: Vec<String>,
    unused: Vec<String>,
    kept: Vec<String>,
    uncovered: Vec<UncoveredJson<'a>>,
}

#[derive(Serialize)]
struct WrittenJson<'a> {
    added: &'a [String],
    removed: &'a [String],
    kept: &'a [String],
}

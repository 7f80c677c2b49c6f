//! Answers to questions as JSON: structures of their own, so that programs can rely on them. Refuses
//! nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::query::answer::{
    AllowedExtent, Assumer, Permitted, PrincipalAnswer, QueryAnswer, QueryRefusal, RefusalKind,
};
use crate::query::question::{AccessQuestion, Who};
use crate::report::json::access::FindingJson;

/// An answer as JSON.
///
/// The schema, version 1. Fields may be added within a version; none is renamed or removed. What is
/// not known is null.
///
/// ```text
/// { "version": 1,
///   "question": { "who", "action", "resource": text ("*" is any), "where": { key: [text] },
///     "stage", "account", "macro": text or null },
///   "reference": date of the list of actions,
///   "yes", "maybe", "no": how many principals may, may perhaps, and may not,
///   "principals": [
///     { "kind": "role", "user" or "group", "name": text, "logical_ids", "accounts": [text],
///       "macro", "stage": text or null, "source": path of the template, "line": number or null,
///       "answer": "yes", "maybe" or "no",
///       "requests": if yes, "all", "some" or "at-least-some" of those that match are allowed,
///       "by": what allows it or, if no, what would if nothing refused it: [
///         { "partial": text or null, and what `diff` has for a gain: "certain", "maybe", "way", "level",
///           "policy", "statement", "actions", "resources", "conditions", "witness" }],
///       "refused": what refuses it or, if yes, what refuses requests that meet its conditions: [
///         { "by": "deny", "boundary-deny", "boundary" or "organization",
///           "policy", "statement": text, "conditions": [text] }],
///       "reasons": why it is not decided, or why not: [text],
///       "assumed_by": with `--through`, who can assume it; whoever comes after somebody of a smaller
///         depth can assume that one: [
///         { "who": text, "account": text or null, "depth": number, "certain": boolean,
///           "conditions", "reasons": [text] }] }] }
/// ```
pub fn query_json(question: &AccessQuestion, answer: &QueryAnswer) -> String {
    let [yes, maybe, no] = answer.tally();
    let among = &question.among;
    let keys = question.keys.values();
    let report = QueryJson {
        version: 1,
        question: QuestionJson {
            who: match &question.who {
                Who::Everybody => "*",
                Who::Named(name) => name,
            },
            action: &question.action,
            resource: &question.resource,
            r#where: keys
                .map(|key| (key.name.as_str(), key.values.as_slice()))
                .collect(),
            stage: among.stage.as_deref(),
            account: among.account.as_deref(),
            r#macro: among.macro_name.as_deref(),
        },
        reference: &answer.reference,
        yes,
        maybe,
        no,
        principals: answer.principals.iter().map(AnswerJson::of).collect(),
    };
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct QueryJson<'a> {
    version: u32,
    question: QuestionJson<'a>,
    reference: &'a str,
    yes: usize,
    maybe: usize,
    no: usize,
    principals: Vec<AnswerJson<'a>>,
}

#[derive(Serialize)]
struct QuestionJson<'a> {
    who: &'a str,
    action: &'a str,
    resource: &'a str,
    r#where: BTreeMap<&'a str, &'a [String]>,
    stage: Option<&'a str>,
    account: Option<&'a str>,
    r#macro: Option<&'a str>,
}

/// A principal with its answer.
#[derive(Serialize)]
pub(in crate::report) struct AnswerJson<'a> {
    kind: &'static str,
    name: &'a str,
    logical_ids: &'a [String],
    accounts: &'a [String],
    r#macro: Option<&'a str>,
    stage: Option<&'a str>,
    source: &'a str,
    line: Option<usize>,
    answer: &'static str,
    requests: Option<&'static str>,
    by: Vec<ByJson<'a>>,
    refused: Vec<RefusalJson<'a>>,
    reasons: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assumed_by: Vec<AssumerJson<'a>>,
}

#[derive(Serialize)]
struct AssumerJson<'a> {
    who: &'a str,
    account: Option<&'a str>,
    depth: usize,
    certain: bool,
    conditions: &'a [String],
    reasons: &'a [String],
}

#[derive(Serialize)]
struct ByJson<'a> {
    partial: Option<&'a str>,
    #[serde(flatten)]
    finding: FindingJson<'a>,
}

#[derive(Serialize)]
struct RefusalJson<'a> {
    by: &'static str,
    policy: &'a str,
    statement: &'a str,
    conditions: &'a [String],
}

impl<'a> AnswerJson<'a> {
    /// The answer about a principal.
    pub(in crate::report) fn of(answer: &'a PrincipalAnswer) -> Self {
        let origin = answer.origin.as_ref();
        let by = answer.by.iter().enumerate();
        Self {
            kind: answer.kind.word(),
            name: &answer.name,
            logical_ids: &answer.logical_ids,
            accounts: &answer.accounts,
            r#macro: origin.map(|origin| origin.name.as_str()),
            stage: origin.and_then(|origin| origin.stage.as_deref()),
            source: &answer.source,
            line: answer.line,
            answer: match answer.permitted {
                Permitted::Yes => "yes",
                Permitted::Maybe => "maybe",
                Permitted::No => "no",
            },
            requests: answer.extent.map(|extent| match extent {
                AllowedExtent::All => "all",
                AllowedExtent::Some => "some",
                AllowedExtent::AtLeastSome => "at-least-some",
            }),
            by: by
                .map(|(at, finding)| ByJson {
                    partial: answer.partials.get(at).and_then(Option::as_deref),
                    finding: FindingJson::of(finding),
                })
                .collect(),
            refused: answer.refusals.iter().map(RefusalJson::of).collect(),
            reasons: &answer.reasons,
            assumed_by: answer.assumers.iter().map(AssumerJson::of).collect(),
        }
    }
}

impl<'a> AssumerJson<'a> {
    fn of(assumer: &'a Assumer) -> Self {
        Self {
            who: &assumer.who,
            account: assumer.account.as_deref(),
            depth: assumer.depth,
            certain: assumer.permitted == Permitted::Yes,
            conditions: &assumer.conditions,
            reasons: &assumer.reasons,
        }
    }
}

impl<'a> RefusalJson<'a> {
    fn of(refusal: &'a QueryRefusal) -> Self {
        Self {
            by: match refusal.kind {
                RefusalKind::Deny => "deny",
                RefusalKind::BoundaryDeny => "boundary-deny",
                RefusalKind::Boundary => "boundary",
                RefusalKind::Organization => "organization",
            },
            policy: &refusal.policy,
            statement: &refusal.statement,
            conditions: &refusal.conditions,
        }
    }
}

//! Denials as JSON: structures of their own, so that programs can rely on them. Refuses nothing.

use serde::Serialize;

use crate::denied::model::DenialLookalike;
use crate::report::denied::answered::{AnsweredDenial, meaning};

/// Denials and lookalikes as JSON.
///
/// The schema, version 1. Fields may be added within a version; none is renamed or removed. What is
/// not known is null.
///
/// ```text
/// { "version": 1,
///   "denials": [
///     { "principal", "action", "resource": text or null,
///       "effect": "implicit", "explicit" or "unknown",
///       "layer": "identity", "boundary", "scp", "rcp", "session", "vpc-endpoint", "resource",
///         "trust" or "unknown",
///       "grantHelps": boolean or null,
///       "who": "execution-role", "cdk-execution-role", "deployer-role", "test-role", "ci",
///         "cdk-bootstrap", "app-role", "other" or "unknown",
///       "appId", "policyArn", "sid", "partial", "condition", "cfnType", "logicalId": text or null,
///       "changes": [{ "argument": "Services" or "Framework", "name": text,
///         "option": text or null, "isThere": boolean or null }],
///       "advice": [text],
///       "next": [action] }],
///   "lookalikes": [{ "meaning": text, "cfnType", "logicalId": text or null }] }
/// ```
pub fn denied_json(denials: &[AnsweredDenial], lookalikes: &[DenialLookalike]) -> String {
    let report = DeniedJson {
        version: 1,
        denials: denials.iter().map(DenialJson::of).collect(),
        lookalikes: lookalikes
            .iter()
            .map(|lookalike| LookalikeJson {
                meaning: meaning(lookalike),
                cfn_type: lookalike.type_name.as_deref(),
                logical_id: lookalike.logical_id.as_deref(),
            })
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct DeniedJson<'a> {
    version: u32,
    denials: Vec<DenialJson<'a>>,
    lookalikes: Vec<LookalikeJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DenialJson<'a> {
    principal: Option<&'a str>,
    action: Option<&'a str>,
    resource: Option<&'a str>,
    effect: &'static str,
    layer: &'static str,
    grant_helps: Option<bool>,
    who: &'static str,
    app_id: Option<&'a str>,
    policy_arn: Option<&'a str>,
    sid: Option<&'a str>,
    partial: Option<&'a str>,
    condition: Option<String>,
    cfn_type: Option<&'a str>,
    logical_id: Option<&'a str>,
    changes: Vec<MacroChangeJson<'a>>,
    advice: &'a [String],
    next: &'a [String],
}

impl<'a> DenialJson<'a> {
    fn of(answered: &'a AnsweredDenial) -> Self {
        let AnsweredDenial { denial, advice } = answered;
        let statement = advice.statement.as_ref();
        let found = statement.map(|(sid, _)| sid.as_str());
        Self {
            principal: denial.principal.as_deref(),
            action: denial.action.as_deref(),
            resource: denial.resource.as_deref(),
            effect: denial.effect.word(),
            layer: denial.layer.word(),
            grant_helps: advice.grant_helps,
            who: advice.who.word(),
            app_id: advice.who.app_id(),
            policy_arn: denial.policy.as_deref(),
            sid: denial.sid.as_deref().or(found),
            partial: statement.map(|(_, partial)| partial.as_str()),
            condition: denial
                .passed_to
                .as_ref()
                .map(|service| format!("iam:PassedToService={service}")),
            cfn_type: denial.type_name.as_deref(),
            logical_id: denial.logical_id.as_deref(),
            changes: advice
                .changes
                .iter()
                .map(|change| MacroChangeJson {
                    argument: change.argument,
                    name: &change.name,
                    option: change.option.as_deref(),
                    is_there: change.is_there,
                })
                .collect(),
            advice: &advice.steps,
            next: &advice.next,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MacroChangeJson<'a> {
    argument: &'static str,
    name: &'a str,
    option: Option<&'a str>,
    is_there: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LookalikeJson<'a> {
    meaning: &'static str,
    cfn_type: Option<&'a str>,
    logical_id: Option<&'a str>,
}

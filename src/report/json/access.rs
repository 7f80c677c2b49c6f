//! Who gains and who loses access, as JSON. Refuses nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diff::access::changes::{
    Access, CodeChange, Fate, Finding, ParameterGiver, ParameterUse, ParameterValue,
    PrincipalChange,
};
use crate::iam::{Certainty, RequestKind};
use crate::report::access::level;

#[derive(Serialize)]
pub(super) struct AccessJson<'a> {
    source: &'a str,
    reference: &'a str,
    principals: Vec<PrincipalJson<'a>>,
    undecided: Vec<UndecidedJson<'a>>,
    settled: Vec<SettledJson<'a>>,
    code: Vec<CodeJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<ParameterJson<'a>>,
}

#[derive(Serialize)]
struct ParameterJson<'a> {
    name: &'a str,
    now: Option<ParameterValueJson<'a>>,
    before: Option<ParameterValueJson<'a>>,
}

#[derive(Serialize)]
struct ParameterValueJson<'a> {
    value: &'a str,
    from: &'static str,
}

impl<'a> ParameterJson<'a> {
    fn of(used: &'a ParameterUse) -> Self {
        let value = |value: &'a ParameterValue| ParameterValueJson {
            value: &value.text,
            from: match value.giver {
                ParameterGiver::Task => "task",
                ParameterGiver::Default => "default",
            },
        };
        Self {
            name: &used.name,
            now: used.now.as_ref().map(value),
            before: used.before.as_ref().map(value),
        }
    }
}

#[derive(Serialize)]
struct SettledJson<'a> {
    what: &'a str,
    why: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct CodeJson<'a> {
    role: &'a str,
    roles: usize,
    accounts: &'a [String],
    resources: &'a [String],
    line: Option<usize>,
}

#[derive(Serialize)]
struct PrincipalJson<'a> {
    kind: &'static str,
    name: &'a str,
    logical_ids: &'a [String],
    accounts: &'a [String],
    r#macro: Option<&'a str>,
    stage: Option<&'a str>,
    line: Option<usize>,
    change: &'static str,
    gains: Vec<FindingJson<'a>>,
    loses: Vec<FindingJson<'a>>,
}

#[derive(Serialize)]
pub(in crate::report) struct FindingJson<'a> {
    certain: bool,
    maybe: Option<&'a str>,
    way: &'static str,
    level: &'static str,
    policy: &'a str,
    statement: &'a str,
    actions: Vec<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    principals: &'a [String],
    resources: &'a [String],
    conditions: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'a str>,
    witness: Option<WitnessJson<'a>>,
}

#[derive(Serialize)]
struct WitnessJson<'a> {
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'a str>,
    target: &'a str,
    context: BTreeMap<&'a str, ValuesJson<'a>>,
    conditions: Vec<&'a str>,
}

/// `null` for a key that the request lacks, its value, or several.
#[derive(Serialize)]
#[serde(untagged)]
enum ValuesJson<'a> {
    None,
    One(&'a str),
    Several(&'a [String]),
}

impl<'a> ValuesJson<'a> {
    fn of(values: &'a [String]) -> Self {
        match values {
            [] => ValuesJson::None,
            [value] => ValuesJson::One(value),
            values => ValuesJson::Several(values),
        }
    }
}

#[derive(Serialize)]
struct UndecidedJson<'a> {
    what: &'a str,
    why: &'a str,
}

impl<'a> AccessJson<'a> {
    pub(super) fn of(access: &'a Access) -> Self {
        let undecided = access.undecided.iter().map(|undecided| UndecidedJson {
            what: &undecided.what,
            why: &undecided.why,
        });
        let settled = access.settled.iter().map(|settled| SettledJson {
            what: &settled.what,
            why: &settled.why,
            reason: &settled.reason,
        });
        Self {
            source: &access.source,
            reference: &access.reference,
            principals: access.principals.iter().map(PrincipalJson::of).collect(),
            undecided: undecided.collect(),
            settled: settled.collect(),
            code: access.code.iter().map(CodeJson::of).collect(),
            parameters: access.parameters.iter().map(ParameterJson::of).collect(),
        }
    }
}

impl<'a> CodeJson<'a> {
    fn of(change: &'a CodeChange) -> Self {
        Self {
            role: &change.role,
            roles: change.roles,
            accounts: &change.accounts,
            resources: &change.resources,
            line: change.line,
        }
    }
}

impl<'a> PrincipalJson<'a> {
    fn of(change: &'a PrincipalChange) -> Self {
        let origin = change.origin.as_ref();
        Self {
            kind: change.kind.word(),
            name: &change.name,
            logical_ids: &change.logical_ids,
            accounts: &change.accounts,
            r#macro: origin.map(|origin| origin.name.as_str()),
            stage: origin.and_then(|origin| origin.stage.as_deref()),
            line: change.line,
            change: match change.fate {
                Fate::Added => "added",
                Fate::Kept => "kept",
                Fate::Removed => "removed",
            },
            gains: change.gains.iter().map(FindingJson::of).collect(),
            loses: change.loses.iter().map(FindingJson::of).collect(),
        }
    }
}

impl<'a> FindingJson<'a> {
    pub(in crate::report) fn of(finding: &'a Finding) -> Self {
        let actions = finding.actions.iter();
        Self {
            certain: finding.is_certain(),
            maybe: match &finding.certainty {
                Certainty::Certain => None,
                Certainty::Maybe(why) => Some(why),
            },
            way: match finding.kind {
                RequestKind::Call => "do",
                RequestKind::Assume => "assume",
                RequestKind::Resource => "resource",
            },
            level: level(finding.level),
            policy: &finding.policy,
            statement: &finding.statement,
            actions: actions.map(|action| action.name.as_str()).collect(),
            principals: &finding.principals,
            resources: &finding.resources,
            conditions: &finding.conditions,
            limit: finding.limit.as_deref(),
            witness: finding.witness.as_ref().map(|witness| WitnessJson {
                action: &witness.action,
                caller: witness.caller.as_deref(),
                target: &witness.target,
                context: witness
                    .context
                    .iter()
                    .map(|(key, values)| (key.as_str(), ValuesJson::of(values)))
                    .collect(),
                conditions: finding.unspelled(),
            }),
        }
    }
}

//! Whether the change can be deployed, as JSON. Refuses nothing.

use serde::Serialize;

use std::collections::BTreeMap;

use crate::deploy::{DeployFinding, DeployName, DeployRefusal, KeptIds};

#[derive(Serialize)]
pub(super) struct DeployFindingJson<'a> {
    rule: &'static str,
    refused: &'static str,
    resources: usize,
    accounts: &'a [String],
    names: Vec<DeployNameJson<'a>>,
    reason: &'a str,
    help: &'a str,
    source: &'a str,
    line: Option<usize>,
}

#[derive(Serialize)]
struct DeployNameJson<'a> {
    r#type: &'a str,
    name: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

impl<'a> DeployFindingJson<'a> {
    pub(super) fn of(finding: &'a DeployFinding) -> Self {
        Self {
            rule: finding.rule.id,
            refused: match finding.refusal {
                DeployRefusal::Certain => "yes",
                DeployRefusal::Maybe => "maybe",
                DeployRefusal::None => "no",
            },
            resources: finding.resources,
            accounts: &finding.accounts,
            names: finding.names.iter().map(DeployNameJson::of).collect(),
            reason: &finding.reason,
            help: &finding.help,
            source: &finding.source,
            line: finding.line,
        }
    }
}

impl<'a> DeployNameJson<'a> {
    fn of(name: &'a DeployName) -> Self {
        Self {
            r#type: &name.resource_type,
            name: &name.name,
            before: name.before.as_deref(),
            after: name.after.as_deref(),
        }
    }
}

/// How a macro keeps the logical ids of its resources.
#[derive(Serialize)]
pub(super) struct KeptIdsJson<'a> {
    r#macro: &'a str,
    source: &'a str,
    line: usize,
    logical_ids: Option<BTreeMap<&'a str, &'a str>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    if_same_account: &'a [(String, String)],
}

impl<'a> KeptIdsJson<'a> {
    pub(super) fn of(ids: &'a KeptIds) -> Self {
        let lines = ids.lines.iter();
        let lines = lines.map(|(written, kept)| (written.as_str(), kept.as_str()));
        Self {
            r#macro: &ids.name,
            source: &ids.source,
            line: ids.line,
            logical_ids: (!ids.lines.is_empty()).then(|| lines.collect()),
            if_same_account: &ids.if_same,
        }
    }
}

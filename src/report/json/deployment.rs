//! Whether the change can be deployed, as JSON. Refuses nothing.

use serde::Serialize;

use crate::deploy::{DeployFinding, DeployName, DeployRefusal};

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

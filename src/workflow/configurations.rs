//! The lines that an app's own configuration takes over: `serverless.yml`, `samconfig.toml`, and
//! what the CDK needs.
//!
//! In: a plan. Out: files. Refuses nothing.

use serde_json::{Value as Json, json};

use crate::aws::partitions::partition;
use crate::diagnostic::Result;
use crate::roles::TargetRole;
use crate::workflow::plan::{
    AccountId, StagePlan, WorkflowAccount, WorkflowBoundary, WorkflowFile, WorkflowFramework,
};
use crate::yaml::emit::scalar;

use super::files::{Writer, flags};

impl Writer<'_> {
    /// The stages that deploy with one of `names`, and the framework's options there.
    fn users(&self, names: &[&str]) -> Vec<(&StagePlan, &WorkflowFramework)> {
        let stages = self.plan.stages.iter();
        let used = stages.filter_map(|stage| {
            let mut frameworks = stage.delivery.frameworks.iter();
            let found = frameworks.find(|framework| names.contains(&framework.name.value.as_str()));
            Some((stage, found?))
        });
        used.collect()
    }

    /// A file of lines for each framework that takes some.
    pub(super) fn configurations(&self) -> Result<Vec<WorkflowFile>> {
        let mut files = Vec::new();
        let serverless = self.users(&["serverless", "serverless-v4"]);
        if !serverless.is_empty() {
            let context = self.serverless(&serverless);
            let path = "serverless.deploy-roles.yml".to_owned();
            let partial = "workflow/config-serverless";
            files.push(self.yaml(partial, &context, path, "deploymentRole")?);
        }
        let sam = self.users(&["sam"]);
        if !sam.is_empty() {
            files.push(WorkflowFile {
                path: "samconfig.deploy-roles.toml".to_owned(),
                text: self.render("workflow/config-sam", &self.sam(&sam))?,
            });
        }
        if let Some((stage, cdk)) = self.users(&["cdk"]).first() {
            let boundary = stage.delivery.boundary.as_ref();
            let boundary = boundary.map(|boundary| self.boundary(boundary, "${AWS::AccountId}"));
            // A name is that of a policy of the account; its path belongs to it.
            let boundary = boundary.map(|arn| match arn.split_once("}:policy/") {
                Some((_, name)) => json!({ "key": "name", "value": name }),
                None => json!({ "key": "arn", "value": arn }),
            });
            let context =
                json!({ "appId": self.app(), "options": flags(cdk), "boundary": boundary });
            files.push(WorkflowFile {
                path: "cdk.deploy-roles.txt".to_owned(),
                text: self.render("workflow/config-cdk", &context)?,
            });
        }
        Ok(files)
    }

    fn serverless(&self, users: &[(&StagePlan, &WorkflowFramework)]) -> Json {
        let role = self.arn("${aws:accountId}", TargetRole::Execution);
        let boundaries: Vec<Option<String>> = users
            .iter()
            .map(|(stage, _)| stage.delivery.boundary.as_ref())
            .map(|boundary| Some(scalar(&self.boundary(boundary?, "${aws:accountId}"))))
            .collect();
        let mut context = json!({
            "appId": self.app(),
            "region": scalar(&self.plan.region.0),
            "deploymentRole": scalar(&role),
        });
        let same = boundaries
            .windows(2)
            .all(|pair| pair.first() == pair.last());
        if let Json::Object(context) = &mut context {
            if same {
                context.insert("boundary".into(), json!(boundaries.first()));
            } else {
                let rows = users.iter().zip(&boundaries).map(|((stage, _), arn)| {
                    json!({ "stage": scalar(&stage.stage), "arn": arn.as_deref().unwrap_or("null") })
                });
                context.insert("boundaries".into(), rows.collect());
            }
        }
        context
    }

    fn boundary(&self, boundary: &WorkflowBoundary, account: &str) -> String {
        match boundary {
            WorkflowBoundary::Made(name) => format!(
                "arn:{}:iam::{account}:policy/{name}",
                partition(&self.plan.region.0)
            ),
            // It is also in comments.
            WorkflowBoundary::Existing(arn) => arn
                .replace("${AWS::Partition}", partition(&self.plan.region.0))
                .replace("${AWS::AccountId}", account),
        }
    }

    fn sam(&self, users: &[(&StagePlan, &WorkflowFramework)]) -> Json {
        let has = |framework: &WorkflowFramework, option: &str| {
            framework.options.iter().any(|other| other == option)
        };
        let stages = users.iter().map(|(stage, framework)| {
            let role = match stage.accounts.as_slice() {
                [
                    WorkflowAccount {
                        id: AccountId::Known(id),
                        ..
                    },
                ] => Some(quoted(&self.arn(id, TargetRole::Execution))),
                _ => None,
            };
            let boundary = stage.delivery.boundary.as_ref();
            json!({
                "stage": stage.stage,
                "app": self.app(),
                "stack": quoted(&format!("{}-{}", self.app(), stage.stage)),
                "region": quoted(&self.plan.region.0),
                "managedBucket": has(framework, "resolveS3"),
                "managedRepositories": has(framework, "resolveImageRepos"),
                "role": role,
                "boundary": boundary.map(|boundary| self.boundary(boundary, "${AWS::AccountId}")),
            })
        });
        json!({ "stages": stages.collect::<Vec<_>>() })
    }
}

/// A text of TOML; what is given here contains nothing that must be escaped.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

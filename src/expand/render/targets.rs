//! The roles of a target account, and the policies that do not fit into them.
//!
//! In: the plan of a target. Out: resources. Refuses statements that fit nowhere.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use serde_yaml::Value;

use crate::arguments::rules::{LIMIT_EXCEEDED, NAME_CLASH};
use crate::arguments::{Choice, RoleTag, SERVICES, UserPolicy};
use crate::aws::quotas::MANAGED_POLICY_LIMIT;
use crate::diagnostic::{Diagnostic, Result};
use crate::expand::model::plan::{Execution, POLICY_PATH, TargetPlan, option_flags};
use crate::expand::model::rendered::RenderedResource;
use crate::expand::pack::inline::{PlacedPolicies, TooLarge, place};
use crate::expand::pack::{Attach, Policy};
use crate::roles::TargetRole;
use crate::yaml::emit;

use crate::expand::render::output::document;
use crate::expand::render::regions::SeveralRegions;
use crate::expand::render::{DEPLOYER_RESERVE, Renderer, TEST_RESERVE, gather, tags_context};

/// A role that is rendered: what differs between the kinds.
pub(crate) struct Role<'a> {
    pub(crate) kind: TargetRole,
    pub(crate) partial: &'a str,
    pub(crate) description: String,
    pub(crate) policies: Vec<Policy>,
    /// Whether its managed policies are also for the role of the CDK's bootstrap.
    pub(crate) for_the_cdk: bool,
    pub(crate) reserve: usize,
    pub(crate) tags: &'a [RoleTag],
    pub(crate) extra: Json,
}

impl Renderer<'_> {
    pub(crate) fn target(&self, target: &TargetPlan) -> Result<Vec<RenderedResource>> {
        let mut resources = Vec::new();
        let mut problems = Vec::new();
        let providers = gather(self.providers(&target.providers));
        let boundary = gather(self.boundary_policy(target).into_iter());
        let for_the_cdk = (target.execution == Execution::Cdk).then(|| self.cdk_policies(target));
        let created: Vec<TargetRole> = target.roles().collect();
        let roles = [
            TargetRole::Execution,
            TargetRole::Deployer,
            TargetRole::Test,
        ]
        .into_iter()
        .filter(|role| created.contains(role))
        .map(|role| {
            let role = match role {
                TargetRole::Execution => self.execution_role(target),
                TargetRole::Deployer => self.deployer_role(target),
                TargetRole::Test => self.test_role(target),
            };
            role.and_then(|role| self.role(role))
        });
        let policies = [providers, boundary].into_iter().chain(for_the_cdk);
        for found in policies.chain(roles) {
            match found {
                Ok(found) => resources.extend(found),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() {
            Ok(resources)
        } else {
            Err(problems)
        }
    }

    /// What CI may do.
    pub(crate) fn deployer_policies(&self, target: &TargetPlan) -> Result<Vec<Policy>> {
        let arguments = &target.arguments;
        let services = service_flags(&arguments.services);
        // The roles of the CDK's bootstrap call CloudFormation themselves, and pass their own.
        let delegates = target.execution != Execution::Cdk;
        let partials = delegates.then(|| ("deployer/delegate".to_owned(), json!({})));
        let frameworks = with_others(&arguments.frameworks, delegates)
            .into_iter()
            .map(|(name, options)| (format!("frameworks/{name}"), options));
        let mut policies = gather(partials.into_iter().chain(frameworks).map(
            |(partial, options)| {
                self.policy(&partial, &self.policy_context(options, services.clone()))
            },
        ))?;
        Self::add_user_policies(&mut policies, &arguments.deployer_policies, "Deployer")?;
        Ok(policies)
    }

    fn deployer_role<'a>(&self, target: &'a TargetPlan) -> Result<Role<'a>> {
        let arguments = &target.arguments;
        let policies = self.deployer_policies(target)?;
        Ok(Role {
            kind: TargetRole::Deployer,
            partial: "roles/deployer-role",
            description: format!("CI deploys {} with this role", self.app()),
            policies,
            for_the_cdk: false,
            reserve: DEPLOYER_RESERVE,
            tags: &arguments.tags,
            extra: self.trust_context(target),
        })
    }

    fn test_role<'a>(&self, target: &'a TargetPlan) -> Result<Role<'a>> {
        let arguments = &target.arguments;
        let chosen = arguments
            .test_role
            .as_ref()
            .and_then(|role| role.services.as_ref());
        let mut statements = self.statements("tests/stacks", &json!({}))?;
        match chosen {
            Some(choices) => {
                for choice in in_order(choices) {
                    statements.extend(self.statements(
                        &format!("tests/{}", choice.name.value),
                        &option_flags(choice),
                    )?);
                }
            }
            None => {
                for choice in in_order(&arguments.services) {
                    if self.partials.catalog.tests.has(&choice.name.value) {
                        statements.extend(
                            self.statements(&format!("tests/{}", choice.name.value), &json!({}))?,
                        );
                    }
                }
            }
        }
        let mut policies = vec![Policy {
            name: "PostDeploymentTests".to_owned(),
            managed_name: "PostDeploymentTests".to_owned(),
            attach: Attach::Inline,
            document: document(statements),
            span: self.partials.span("tests/stacks"),
        }];
        let user = arguments
            .test_role
            .as_ref()
            .map(|role| role.policies.as_slice())
            .unwrap_or_default();
        Self::add_user_policies(&mut policies, user, "Test")?;
        Ok(Role {
            kind: TargetRole::Test,
            partial: "roles/test-role",
            description: format!(
                "The post-deployment tests of {} run as this role",
                self.app()
            ),
            policies,
            for_the_cdk: false,
            reserve: TEST_RESERVE,
            tags: &arguments.tags,
            extra: self.trust_context(target),
        })
    }

    pub(crate) fn add_user_policies(
        policies: &mut Vec<Policy>,
        user: &[UserPolicy],
        role: &str,
    ) -> Result<()> {
        for policy in user {
            if policies
                .iter()
                .any(|other| other.name.eq_ignore_ascii_case(&policy.name.value))
            {
                return Err(vec![
                    Diagnostic::new(
                        &NAME_CLASH,
                        policy.name.span,
                        format!(
                            "the role already has a policy named `{}`",
                            policy.name.value
                        ),
                    )
                    .help("rename yours: the macro creates one with this name"),
                ]);
            }
            let Value::Mapping(document) = &policy.document else {
                continue;
            };
            policies.push(Policy {
                name: policy.name.value.clone(),
                managed_name: format!("{role}-{}", policy.name.value),
                attach: Attach::IfItFits,
                document: document.clone(),
                span: policy.name.span,
            });
        }
        Ok(())
    }

    pub(crate) fn managed_policy(&self, policy: Policy, owner: &str) -> Result<RenderedResource> {
        let kind: String = policy
            .managed_name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let mut context = self.base();
        context.insert(
            "policyName".into(),
            emit::scalar(&format!("{}-{}", self.app(), policy.managed_name)).into(),
        );
        context.insert("policyPath".into(), POLICY_PATH.into());
        context.insert(
            "description".into(),
            emit::scalar(&format!("{} of {owner}", policy.name)).into(),
        );
        context.insert("document".into(), self.token(policy.document).into());
        self.resource("policies/managed-policy", &kind, context)
    }

    /// The policies of a role as they fit.
    pub(crate) fn placed(&self, policies: Vec<Policy>, reserve: usize) -> Result<PlacedPolicies> {
        let (policies, reserve) = match &self.regions {
            None => (policies, reserve),
            Some(regions) => (
                SeveralRegions::compact(policies),
                reserve + regions.reserve(),
            ),
        };
        place(policies, reserve, self.resolution).map_err(|error| vec![too_large(&error)])
    }

    /// The managed policies of a role, and the role.
    fn role(&self, role: Role<'_>) -> Result<Vec<RenderedResource>> {
        let PlacedPolicies { inline, managed } = self.placed(role.policies, role.reserve)?;
        let cdk = if role.for_the_cdk {
            ", and for cdk bootstrap"
        } else {
            ""
        };
        let created = self.plan.app().principal(role.kind);
        let owner = format!("{}{cdk}", created.name);
        let mut resources = gather(
            managed
                .into_iter()
                .map(|policy| self.managed_policy(policy, &owner)),
        )?;
        let attached: Vec<String> = resources
            .iter()
            .map(|resource| resource.logical_id.clone())
            .collect();
        let mut context = self.base();
        context.insert("roleName".into(), emit::scalar(&created.name).into());
        if self.plan.role_path != "/" {
            context.insert("path".into(), emit::scalar(&self.plan.role_path).into());
        }
        context.insert("description".into(), emit::scalar(&role.description).into());
        let inline: Vec<Json> = inline
            .into_iter()
            .map(|policy| json!({ "name": emit::scalar(&policy.name), "document": self.token(policy.document) }))
            .collect();
        context.insert("policies".into(), inline.into());
        context.insert("managedPolicies".into(), attached.into());
        context.insert("tags".into(), tags_context(role.tags));
        if let Json::Object(extra) = role.extra {
            context.extend(extra);
        }
        resources.push(self.resource(role.partial, &created.logical_id, context)?);
        Ok(resources)
    }
}

/// Choices in a fixed order, that of the defaults and then by name, so that listing them in
/// another order changes nothing.
pub(crate) fn in_order(choices: &[Choice]) -> Vec<&Choice> {
    let rank = |name: &str| {
        SERVICES
            .iter()
            .position(|known| *known == name)
            .unwrap_or(usize::MAX)
    };
    let mut ordered: Vec<&Choice> = choices.iter().collect();
    ordered.sort_by(|a, b| {
        (rank(&a.name.value), &a.name.value).cmp(&(rank(&b.name.value), &b.name.value))
    });
    ordered
}

pub(crate) fn service_flags(choices: &[Choice]) -> Json {
    Json::Object(
        choices
            .iter()
            .map(|choice| (choice.name.value.clone(), option_flags(choice)))
            .collect(),
    )
}

/// What else a framework needs, since it also makes the calls of another.
const NEEDS: &[(&str, &str)] = &[("serverless-v4", "serverless")];

pub(crate) fn by_name(choices: &[Choice]) -> Vec<&Choice> {
    let mut ordered: Vec<&Choice> = choices.iter().collect();
    ordered.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    ordered
}

/// The frameworks with their options and what else they need; with `cloudformation` first
/// if they deploy through it.
fn with_others(frameworks: &[Choice], through_cloudformation: bool) -> Vec<(String, Json)> {
    let mut found: BTreeMap<String, Json> = by_name(frameworks)
        .into_iter()
        .map(|choice| (choice.name.value.clone(), option_flags(choice)))
        .collect();
    for (framework, needed) in NEEDS {
        if found.contains_key(*framework) {
            found
                .entry((*needed).to_owned())
                .or_insert_with(|| json!({}));
        }
    }
    let first = "cloudformation".to_owned();
    let cloudformation = found.remove(&first);
    let cloudformation = cloudformation.or_else(|| through_cloudformation.then(|| json!({})));
    cloudformation
        .map(|options| (first, options))
        .into_iter()
        .chain(found)
        .collect()
}

fn too_large(error: &TooLarge) -> Diagnostic {
    Diagnostic::new(
        &LIMIT_EXCEEDED,
        error.span,
        format!("one statement of the policy `{}` has {} characters, and IAM allows {MANAGED_POLICY_LIMIT} in a policy", error.policy, error.size),
    )
    .help("split the statement in two: the policy is then split into two customer managed policies automatically")
}

//! The roles of a target account, and the policies that do not fit into them.

use serde_json::{Value as Json, json};
use serde_yaml::{Mapping, Value};

use crate::emit;
use crate::measure::MANAGED_POLICY_LIMIT;
use crate::model::arguments::{Boundary, Choice, RoleTag, SERVICES, UserPolicy};
use crate::model::diagnostic::{Code, Diagnostic, Result};
use crate::model::plan::{BOUNDARY, POLICY_PATH, TargetPlan, option_flags};
use crate::model::rendered::RenderedResource;
use crate::place::{Attach, Placed, Policy, TooLarge, place};

use super::homes::join_shared;
use super::output::document;
use super::{
    DEPLOYER_RESERVE, EXECUTION_RESERVE, Renderer, TEST_RESERVE, gather, sub, tags_context,
};

/// A role that is rendered: what differs between the kinds.
struct Role<'a> {
    kind: &'a str,
    partial: &'a str,
    description: String,
    policies: Vec<Policy>,
    reserve: usize,
    tags: &'a [RoleTag],
    extra: Json,
}

impl Renderer<'_> {
    pub(super) fn target(&self, target: &TargetPlan) -> Result<Vec<RenderedResource>> {
        let mut resources = Vec::new();
        let mut problems = Vec::new();
        let roles = [self.execution_role(target), self.deployer_role(target)];
        let test_role = target
            .arguments
            .test_role
            .as_ref()
            .map(|_| self.test_role(target));
        for provider in self.providers(&target.providers) {
            match provider {
                Ok(found) => resources.push(found),
                Err(found) => problems.extend(found),
            }
        }
        if target.arguments.boundary == Some(Boundary::Made) {
            match self.boundary_policy() {
                Ok(found) => resources.push(found),
                Err(found) => problems.extend(found),
            }
        }
        for role in roles.into_iter().chain(test_role) {
            match role.and_then(|role| self.role(role)) {
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

    fn execution_role<'a>(&self, target: &'a TargetPlan) -> Result<Role<'a>> {
        let arguments = &target.arguments;
        let services = service_flags(&arguments.services);
        let policies = gather(in_order(&arguments.services).into_iter().map(|choice| {
            let partial = format!("services/{}", choice.name.value);
            let mut context = self.policy_context(option_flags(choice), services.clone());
            self.add_boundary(target, &mut context);
            self.policy(&partial, &context)
        }))?;
        let mut policies = join_shared(policies)?;
        policies.push(self.guard(target, services)?);
        if let Some(first) = arguments.deny.first() {
            let actions: Vec<Value> = arguments
                .deny
                .iter()
                .map(|action| action.value.clone().into())
                .collect();
            policies.push(Policy {
                name: "DenyActions".to_owned(),
                managed_name: "DenyActions".to_owned(),
                attach: Attach::IfItFits,
                document: deny_document(actions),
                span: first.span,
            });
        }
        Self::add_user_policies(&mut policies, &arguments.execution_policies, "Execution")?;
        Ok(Role {
            kind: "CloudFormationExecutionRole",
            partial: "roles/cloudformation-execution-role",
            description: format!(
                "CloudFormation creates the resources of {} with this role",
                self.app()
            ),
            policies,
            reserve: EXECUTION_RESERVE,
            tags: &arguments.tags,
            extra: json!({}),
        })
    }

    /// The Deny that no policy of the app can overrule.
    fn guard(&self, target: &TargetPlan, services: Json) -> Result<Policy> {
        let mut chosen = target.arguments.services.iter();
        let nested = chosen.any(|choice| choice.name.value == "cloudformation");
        let mut context = self.policy_context(json!({ "nestedStacks": nested }), services);
        self.add_boundary(target, &mut context);
        if let Json::Object(context) = &mut context {
            context.insert("beside".into(), target.beside.clone().into());
            if let Some(Boundary::Existing(arn)) = &target.arguments.boundary {
                context.insert("existingBoundary".into(), emit::flow(arn).into());
            }
        }
        self.policy("guards/deploy-roles", &context)
    }

    /// Adds the ARN of the permissions boundary, where the macro sets one.
    fn add_boundary(&self, target: &TargetPlan, context: &mut Json) {
        let arn = match &target.arguments.boundary {
            None => return,
            Some(Boundary::Existing(arn)) => arn.clone(),
            Some(Boundary::Made) => sub(format!(
                "arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:policy/{}-{BOUNDARY}",
                self.app()
            )),
        };
        if let Json::Object(context) = context {
            context.insert("boundary".into(), emit::flow(&arn).into());
        }
    }

    /// The permissions boundary of the app's own roles. It stands at the path `/`, where the guard
    /// and `services/iam` name it.
    fn boundary_policy(&self) -> Result<RenderedResource> {
        let statements = self.statements("boundary/app-boundary", &json!({}))?;
        let mut context = self.base();
        let name = format!("{}-{BOUNDARY}", self.app());
        let description = format!("What the roles of {} may at most do", self.app());
        context.insert("policyName".into(), emit::scalar(&name).into());
        context.insert("policyPath".into(), "/".into());
        context.insert("description".into(), emit::scalar(&description).into());
        context.insert("document".into(), self.token(&document(statements)).into());
        self.resource("policies/managed-policy", BOUNDARY, context)
    }

    fn deployer_role<'a>(&self, target: &'a TargetPlan) -> Result<Role<'a>> {
        let arguments = &target.arguments;
        let services = service_flags(&arguments.services);
        let frameworks = with_cloudformation(&arguments.frameworks)
            .into_iter()
            .map(|(name, options)| (format!("frameworks/{name}"), options));
        let partials = std::iter::once(("deployer/delegate".to_owned(), json!({})));
        let mut policies = gather(partials.chain(frameworks).map(|(partial, options)| {
            self.policy(&partial, &self.policy_context(options, services.clone()))
        }))?;
        Self::add_user_policies(&mut policies, &arguments.deployer_policies, "Deployer")?;
        Ok(Role {
            kind: "DeployerRole",
            partial: "roles/deployer-role",
            description: format!("CI deploys {} with this role", self.app()),
            policies,
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
                    if self.partials.catalog.tests.contains_key(&choice.name.value) {
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
            kind: "TestRole",
            partial: "roles/test-role",
            description: format!(
                "The post-deployment tests of {} run as this role",
                self.app()
            ),
            policies,
            reserve: TEST_RESERVE,
            tags: &arguments.tags,
            extra: self.trust_context(target),
        })
    }

    fn add_user_policies(
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
                    Diagnostic::error(
                        Code::NameClash,
                        policy.name.span,
                        format!(
                            "the role has a policy named `{}` already",
                            policy.name.value
                        ),
                    )
                    .help("rename yours: the macro makes one of this name"),
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

    /// The managed policies of a role, and the role.
    fn role(&self, role: Role<'_>) -> Result<Vec<RenderedResource>> {
        let Placed { inline, managed } = place(role.policies, role.reserve, self.resolution)
            .map_err(|error| vec![too_large(&error)])?;
        let mut resources = Vec::new();
        let mut attached = Vec::new();
        for policy in &managed {
            let kind: String = policy
                .managed_name
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .collect();
            attached.push(self.logical_id(&kind));
            let mut context = self.base();
            context.insert(
                "policyName".into(),
                emit::scalar(&format!("{}-{}", self.app(), policy.managed_name)).into(),
            );
            context.insert("policyPath".into(), POLICY_PATH.into());
            context.insert(
                "description".into(),
                emit::scalar(&format!("{} of {}-{}", policy.name, self.app(), role.kind)).into(),
            );
            context.insert("document".into(), self.token(&policy.document).into());
            resources.push(self.resource("policies/managed-policy", &kind, context)?);
        }
        let mut context = self.base();
        context.insert(
            "roleName".into(),
            emit::scalar(&format!("{}-{}", self.app(), role.kind)).into(),
        );
        if self.plan.role_path != "/" {
            context.insert("path".into(), emit::scalar(&self.plan.role_path).into());
        }
        context.insert("description".into(), emit::scalar(&role.description).into());
        let inline: Vec<Json> = inline
            .iter()
            .map(|policy| json!({ "name": emit::scalar(&policy.name), "document": self.token(&policy.document) }))
            .collect();
        context.insert("policies".into(), inline.into());
        context.insert("managedPolicies".into(), attached.into());
        context.insert("tags".into(), tags_context(role.tags));
        if let Json::Object(extra) = role.extra {
            context.extend(extra);
        }
        resources.push(self.resource(role.partial, role.kind, context)?);
        Ok(resources)
    }
}

/// Choices in a fixed order, that of the defaults and then by name, so that listing them in
/// another order changes nothing.
fn in_order(choices: &[Choice]) -> Vec<&Choice> {
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

fn service_flags(choices: &[Choice]) -> Json {
    Json::Object(
        choices
            .iter()
            .map(|choice| (choice.name.value.clone(), option_flags(choice)))
            .collect(),
    )
}

/// The frameworks with their options; every one of them deploys through CloudFormation.
fn with_cloudformation(frameworks: &[Choice]) -> Vec<(String, Json)> {
    let mut found = vec![("cloudformation".to_owned(), json!({}))];
    let mut others: Vec<&Choice> = frameworks.iter().collect();
    others.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    for choice in others {
        match found
            .iter_mut()
            .find(|(name, _)| *name == choice.name.value)
        {
            Some((_, options)) => *options = option_flags(choice),
            None => found.push((choice.name.value.clone(), option_flags(choice))),
        }
    }
    found
}

fn deny_document(actions: Vec<Value>) -> Mapping {
    let mut statement = Mapping::new();
    statement.insert("Sid".into(), "DenyActions".into());
    statement.insert("Effect".into(), "Deny".into());
    statement.insert("Action".into(), Value::Sequence(actions));
    statement.insert("Resource".into(), Value::Sequence(vec!["*".into()]));
    document(vec![Value::Mapping(statement)])
}

fn too_large(error: &TooLarge) -> Diagnostic {
    Diagnostic::error(
        Code::LimitExceeded,
        error.span,
        format!("one statement of the policy `{}` has {} characters, and IAM allows {MANAGED_POLICY_LIMIT} in a policy", error.policy, error.size),
    )
    .help("split the statement in two: the policy then moves to two customer managed policies by itself")
}

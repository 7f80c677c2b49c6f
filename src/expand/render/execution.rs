//! What CloudFormation may do while it deploys the app, and what bounds it.
//!
//! In: the plan of a target. Out: policies. Refuses what its partials do not render well.

use serde_json::{Value as Json, json};
use serde_yaml::{Mapping, Value};

use crate::arguments::{Boundary, Choice};
use crate::diagnostic::Result;
use crate::expand::model::plan::{BOUNDARY, Execution, TargetPlan, option_flags};
use crate::expand::model::rendered::RenderedResource;
use crate::expand::pack::cdk::bundle;
use crate::expand::pack::inline::PlacedPolicies;
use crate::expand::pack::{Attach, Policy};
use crate::partials::ARTIFACTS;
use crate::roles::TargetRole;
use crate::yaml::emit;

use crate::expand::pack::shared::join_shared;
use crate::expand::render::output::document;
use crate::expand::render::targets::{Role, by_name, in_order, service_flags};
use crate::expand::render::{EXECUTION_RESERVE, Renderer, gather, sub};

impl Renderer<'_> {
    /// What CloudFormation may do while it deploys the app.
    fn execution_policies(&self, target: &TargetPlan) -> Result<Vec<Policy>> {
        let services = self.service_policies(target)?;
        let mut policies = match target.execution {
            Execution::Role => join_shared(services)?,
            Execution::RoleOrCdk | Execution::Cdk => self.join_unbundled(services)?,
        };
        self.add_other_policies(&mut policies, target)?;
        Ok(match target.execution {
            Execution::Role => policies,
            Execution::RoleOrCdk | Execution::Cdk => {
                bundle(policies, |policy| self.held_with_cdk(policy))
            }
        })
    }

    /// The same, with no two joined.
    pub(crate) fn unpacked_execution_policies(&self, target: &TargetPlan) -> Result<Vec<Policy>> {
        let mut policies = self.service_policies(target)?;
        self.add_other_policies(&mut policies, target)?;
        Ok(policies)
    }

    fn service_policies(&self, target: &TargetPlan) -> Result<Vec<Policy>> {
        let arguments = &target.arguments;
        let services = service_flags(&arguments.services);
        gather(in_order(&arguments.services).into_iter().map(|choice| {
            let partial = format!("services/{}", choice.name.value);
            let mut context = self.policy_context(option_flags(choice), services.clone());
            self.add_boundary(target, &mut context);
            if let Json::Object(context) = &mut context {
                context.insert("cdk".into(), (target.execution != Execution::Role).into());
            }
            self.policy(&partial, &context)
        }))
    }

    /// Adds the policies that are of no service.
    fn add_other_policies(&self, policies: &mut Vec<Policy>, target: &TargetPlan) -> Result<()> {
        let arguments = &target.arguments;
        let services = service_flags(&arguments.services);
        policies.push(self.guard(target, &services)?);
        if target.execution != Execution::Role {
            let nested = json!({ "nestedStacks": nests_stacks(target) });
            let context = self.policy_context(nested, services.clone());
            policies.push(self.policy("guards/cdk-roles", &context)?);
        }
        policies.extend(self.artifacts(&arguments.frameworks, &services)?);
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
        Self::add_user_policies(policies, &arguments.execution_policies, "Execution")
    }

    /// The managed policy that holds `policy` when the CDK deploys the app.
    fn held_with_cdk(&self, policy: &Policy) -> Option<String> {
        self.partials
            .with_cdk(policy.span.file, &policy.managed_name)
    }

    /// The policies of services for the CDK, those that share a policy joined only if nothing else
    /// holds them: two services that share one without the CDK can be held by two with it.
    fn join_unbundled(&self, policies: Vec<Policy>) -> Result<Vec<Policy>> {
        let (mut held, rest): (Vec<Policy>, Vec<Policy>) = policies
            .into_iter()
            .partition(|policy| self.held_with_cdk(policy).is_some());
        held.extend(join_shared(rest)?);
        Ok(held)
    }

    /// What the deployment must read of the files that the frameworks' CLIs upload outside of the
    /// app's own buckets.
    fn artifacts(&self, frameworks: &[Choice], services: &Json) -> Result<Option<Policy>> {
        let mut statements = Vec::new();
        let mut span = None;
        for choice in by_name(frameworks) {
            let partial = format!("artifacts/{}", choice.name.value);
            if !self.partials.has(&partial) {
                continue;
            }
            let context = self.policy_context(option_flags(choice), services.clone());
            let mapping = self.mapping(&partial, &context)?;
            // Nothing to read: the options that need it are off.
            if mapping.get("Statement").is_some_and(Value::is_null) {
                continue;
            }
            statements.extend(self.statement_list(&partial, mapping)?);
            span.get_or_insert_with(|| self.partials.span(&partial));
        }
        Ok(span.map(|span| Policy {
            name: ARTIFACTS.to_owned(),
            managed_name: ARTIFACTS.to_owned(),
            attach: Attach::Managed,
            document: document(statements),
            span,
        }))
    }

    pub(crate) fn execution_role<'a>(&self, target: &'a TargetPlan) -> Result<Role<'a>> {
        Ok(Role {
            kind: TargetRole::Execution,
            partial: "roles/cloudformation-execution-role",
            description: format!(
                "CloudFormation creates the resources of {} with this role",
                self.app()
            ),
            policies: self.execution_policies(target)?,
            for_the_cdk: target.execution == Execution::RoleOrCdk,
            reserve: EXECUTION_RESERVE,
            tags: &target.arguments.tags,
            extra: json!({}),
        })
    }

    /// The Deny that no policy of the app can overrule.
    fn guard(&self, target: &TargetPlan, services: &Json) -> Result<Policy> {
        let nested = json!({ "nestedStacks": nests_stacks(target) });
        let mut context = self.policy_context(nested, services.clone());
        self.add_boundary(target, &mut context);
        if let Json::Object(context) = &mut context {
            context.insert("user".into(), target.user_beside.into());
            context.insert("beside".into(), target.beside.clone().into());
            if let Some(Boundary::Existing(arn)) = &target.arguments.boundary {
                context.insert("existingBoundary".into(), emit::flow(&arn.value).into());
            }
        }
        self.policy("guards/deploy-roles", &context)
    }

    /// Adds the ARN of the permissions boundary, if the macro sets one.
    fn add_boundary(&self, target: &TargetPlan, context: &mut Json) {
        let arn = match &target.arguments.boundary {
            None => return,
            Some(Boundary::Existing(arn)) => arn.value.clone(),
            Some(Boundary::Made) => sub(format!(
                "arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:policy/{}-{BOUNDARY}",
                self.app()
            )),
        };
        if let Json::Object(context) = context {
            context.insert("boundary".into(), emit::flow(&arn).into());
        }
    }

    /// The permissions boundary of the app's own roles. It is at the path `/`, where the guard
    /// and `services/iam` name it.
    pub(crate) fn boundary_policy(&self, target: &TargetPlan) -> Option<Result<RenderedResource>> {
        (target.arguments.boundary == Some(Boundary::Made)).then(|| self.app_boundary())
    }

    fn app_boundary(&self) -> Result<RenderedResource> {
        let statements = self.statements("boundary/app-boundary", &json!({}))?;
        let mut context = self.base();
        let name = format!("{}-{BOUNDARY}", self.app());
        let description = format!("What the roles of {} may at most do", self.app());
        context.insert("policyName".into(), emit::scalar(&name).into());
        context.insert("policyPath".into(), "/".into());
        context.insert("description".into(), emit::scalar(&description).into());
        context.insert("document".into(), self.token(document(statements)).into());
        self.resource("policies/managed-policy", BOUNDARY, context)
    }

    /// The managed policies for the role that the CDK's bootstrap created.
    pub(crate) fn cdk_policies(&self, target: &TargetPlan) -> Result<Vec<RenderedResource>> {
        let policies = self.execution_policies(target)?;
        let PlacedPolicies { managed, .. } = self.placed(policies, 0)?;
        let owner = format!("{}, for cdk bootstrap", self.app());
        gather(
            managed
                .into_iter()
                .map(|policy| self.managed_policy(policy, &owner)),
        )
    }
}

/// Whether the app's stacks may hold nested ones.
fn nests_stacks(target: &TargetPlan) -> bool {
    let mut chosen = target.arguments.services.iter();
    chosen.any(|choice| choice.name.value == "cloudformation")
}

fn deny_document(actions: Vec<Value>) -> Mapping {
    let mut statement = Mapping::new();
    statement.insert("Sid".into(), "DenyActions".into());
    statement.insert("Effect".into(), "Deny".into());
    statement.insert("Action".into(), Value::Sequence(actions));
    statement.insert("Resource".into(), Value::Sequence(vec!["*".into()]));
    document(vec![Value::Mapping(statement)])
}

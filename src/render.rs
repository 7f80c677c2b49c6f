//! Role plans and partials to rendered resources.
//!
//! In: the plan of a macro. Out: the resources of each distinct body, with placeholders where the
//! account stands. A service's partial renders to its statements; these are placed (inline, or in
//! customer managed policies), and the resource partials render to the resources around them.
//! Refuses partials whose output is not what its place asks for.
//!
//! The hard thing: text that an author wrote never meets a template as bare text. Every value is
//! written as YAML before it is handed to a partial, and what a partial gives back is parsed.

use std::collections::HashSet;

use serde_json::{Value as Json, json};
use serde_yaml::value::{Tag, TaggedValue};
use serde_yaml::{Mapping, Value};

use crate::emit;
use crate::measure::{MANAGED_POLICY_LIMIT, Resolution};
use crate::model::arguments::{Choice, RoleTag, TrustShape, UserPolicy};
use crate::model::diagnostic::{Code, Diagnostic, Result};
use crate::model::library::Library;
use crate::model::plan::{
    BodyPlan, CrossAccountPolicy, MacroPlan, TargetPlan, ToolsKind, ToolsPlan, ToolsPrincipal,
    TrustPlan, WaitsFor, flags, option_flags,
};
use crate::model::rendered::{Placeholders, RenderedBody, RenderedMacro, RenderedResource};
use crate::model::source::FileId;
use crate::partials::Partials;
use crate::place::{Attach, Placed, Policy, TooLarge, place};
use crate::resolve::POLICY_PATH;

/// What the inline policies of all built-in partials, with all options, can need in the
/// `CloudFormationExecutionRole`. A test holds the partials to it.
pub const EXECUTION_RESERVE: usize = 8_448;
/// The same for the `DeployerRole`.
pub const DEPLOYER_RESERVE: usize = 5_888;
/// The same for the `TestRole`.
pub const TEST_RESERVE: usize = 3_328;

/// The partials that `plan` is rendered with, or most of them.
pub fn partials_of(plan: &MacroPlan) -> Vec<String> {
    let mut names = Vec::new();
    for body in &plan.bodies {
        match body {
            BodyPlan::Tools(_) => {
                names.extend(
                    ["tools/cross-account-policy", "tools/github-actions-user"].map(str::to_owned),
                );
            }
            BodyPlan::Target(target) => {
                let fixed = [
                    "guards/deploy-roles",
                    "deployer/delegate",
                    "frameworks/cloudformation",
                    "roles/deployer-role",
                    "roles/cloudformation-execution-role",
                    "policies/managed-policy",
                ];
                names.extend(fixed.map(str::to_owned));
                let arguments = &target.arguments;
                let services = arguments.services.iter();
                names.extend(services.map(|choice| format!("services/{}", choice.name.value)));
                let frameworks = arguments.frameworks.iter();
                names.extend(frameworks.map(|choice| format!("frameworks/{}", choice.name.value)));
            }
        }
    }
    names
}

/// Renders the bodies of `plan`.
///
/// # Errors
///
/// `broken-partial`, `limit-exceeded`, `name-clash`.
pub fn render(
    partials: &Partials,
    plan: &MacroPlan,
    placeholders: &Placeholders,
) -> Result<RenderedMacro> {
    let renderer = Renderer {
        partials,
        plan,
        placeholders,
        resolution: Resolution::new(&plan.region),
    };
    let mut bodies = Vec::new();
    let mut problems = Vec::new();
    for body in &plan.bodies {
        let rendered = match body {
            BodyPlan::Tools(tools) => renderer.tools(tools),
            BodyPlan::Target(target) => renderer.target(target),
        };
        match rendered {
            Ok(resources) => bodies.push(RenderedBody { resources }),
            Err(found) => problems.extend(found),
        }
    }
    // Bodies that fail alike (a broken partial) are one problem.
    let mut seen: Vec<Diagnostic> = Vec::new();
    for problem in problems {
        if !seen.contains(&problem) {
            seen.push(problem);
        }
    }
    if seen.is_empty() {
        Ok(RenderedMacro { bodies })
    } else {
        Err(seen)
    }
}

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

struct Renderer<'run> {
    partials: &'run Partials,
    plan: &'run MacroPlan,
    placeholders: &'run Placeholders,
    resolution: Resolution,
}

impl Renderer<'_> {
    fn app(&self) -> &str {
        &self.plan.app_id.value
    }

    fn logical_id(&self, kind: &str) -> String {
        format!("{}{}{kind}", self.plan.name, self.placeholders.letters)
    }

    /// The context that every resource partial has.
    fn base(&self) -> serde_json::Map<String, Json> {
        let region = emit::scalar(&self.plan.region.0);
        let mut context = serde_json::Map::new();
        context.insert("appId".into(), self.app().into());
        context.insert("account".into(), self.placeholders.account.clone().into());
        context.insert("region".into(), region.into());
        context
    }

    /// The context that every policy partial has.
    fn policy_context(&self, options: Json, services: Json) -> Json {
        json!({
            "appId": self.app(),
            "rolePath": self.plan.role_path,
            "policyPath": POLICY_PATH,
            "options": options,
            "services": services,
        })
    }

    // ---------------------------------------------------------------- the target accounts

    fn target(&self, target: &TargetPlan) -> Result<Vec<RenderedResource>> {
        let mut resources = Vec::new();
        let mut problems = Vec::new();
        let roles = [self.execution_role(target), self.deployer_role(target)];
        let test_role = target
            .arguments
            .test_role
            .as_ref()
            .map(|_| self.test_role(target));
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
        let mut policies = gather(in_order(&arguments.services).into_iter().map(|choice| {
            let partial = format!("services/{}", choice.name.value);
            self.policy(
                &partial,
                &self.policy_context(option_flags(choice), services.clone()),
            )
        }))?;
        policies.push(self.policy(
            "guards/deploy-roles",
            &self.policy_context(json!({}), services.clone()),
        )?);
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
        self.add_user_policies(&mut policies, &arguments.execution_policies, "Execution")?;
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

    fn deployer_role<'a>(&self, target: &'a TargetPlan) -> Result<Role<'a>> {
        let arguments = &target.arguments;
        let services = service_flags(&arguments.services);
        let mut policies = vec![self.policy(
            "deployer/delegate",
            &self.policy_context(json!({}), services.clone()),
        )?];
        for framework in with_cloudformation(&arguments.frameworks) {
            let partial = format!("frameworks/{}", framework.0);
            policies.push(self.policy(
                &partial,
                &self.policy_context(framework.1, services.clone()),
            )?);
        }
        self.add_user_policies(&mut policies, &arguments.deployer_policies, "Deployer")?;
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
        self.add_user_policies(&mut policies, user, "Test")?;
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

    fn trust_context(&self, target: &TargetPlan) -> Json {
        let mut context = serde_json::Map::new();
        let TrustPlan {
            shape,
            tools_account,
            tools,
            existing,
        } = &target.trust;
        let tools_arns: Vec<String> = tools
            .iter()
            .map(|kind| {
                emit::flow(&self.tools_arn(*kind, tools_account.as_deref().unwrap_or_default()))
            })
            .collect();
        let existing: Vec<String> = existing.iter().map(emit::flow).collect();
        let root = sub(format!(
            "arn:${{AWS::Partition}}:iam::${{{}}}:root",
            tools_account.as_deref().unwrap_or_default()
        ));
        match shape {
            TrustShape::Principal => {
                context.insert("principals".into(), json!([tools_arns, existing].concat()));
            }
            TrustShape::Condition => {
                context.insert("principals".into(), json!(existing));
                context.insert("principalArns".into(), json!(tools_arns));
                context.insert("toolsRoot".into(), emit::flow(&root).into());
            }
        }
        match &target.waits_for {
            WaitsFor::Nothing => {}
            WaitsFor::Account(account) => {
                context.insert("waitsForAccount".into(), emit::scalar(account).into());
            }
            WaitsFor::Resources(kinds) => {
                let ids: Vec<String> = kinds
                    .iter()
                    .map(|kind| self.logical_id(kind.suffix()))
                    .collect();
                context.insert("dependsOn".into(), json!(ids));
            }
        }
        if let Some(seconds) = target.arguments.max_session_duration {
            context.insert("maxSessionDuration".into(), seconds.into());
        }
        Json::Object(context)
    }

    fn tools_arn(&self, kind: ToolsKind, account: &str) -> Value {
        let app = self.app();
        sub(match kind {
            ToolsKind::GitHubActionsUser => {
                format!("arn:${{AWS::Partition}}:iam::${{{account}}}:user/{app}-GitHubActionsUser")
            }
            ToolsKind::CodeBuildRole => format!(
                "arn:${{AWS::Partition}}:iam::${{{account}}}:role{}{app}-CodeBuildRole",
                self.plan.role_path
            ),
        })
    }

    fn add_user_policies(
        &self,
        policies: &mut Vec<Policy>,
        user: &[UserPolicy],
        role: &str,
    ) -> Result<()> {
        for policy in user {
            if policies.iter().any(|other| other.name == policy.name.value) {
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
            context.insert(
                "document".into(),
                emit::flow(&Value::Mapping(policy.document.clone())).into(),
            );
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
            .map(|policy| json!({ "name": emit::scalar(&policy.name), "document": emit::flow(&Value::Mapping(policy.document.clone())) }))
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

    // ---------------------------------------------------------------- the Tools account

    fn tools(&self, tools: &ToolsPlan) -> Result<Vec<RenderedResource>> {
        let policies = tools.policies.iter().map(|policy| {
            self.cross_account_policy(policy)
                .map(|resource| vec![resource])
        });
        let principals = tools
            .principals
            .iter()
            .map(|principal| self.principal(tools, principal));
        Ok(gather(policies.chain(principals))?.concat())
    }

    fn cross_account_policy(&self, policy: &CrossAccountPolicy) -> Result<RenderedResource> {
        let arn = |account: &str, role: &str| {
            emit::flow(&sub(format!(
                "arn:${{AWS::Partition}}:iam::${{{account}}}:role{}{}-{role}",
                self.plan.role_path,
                self.app()
            )))
        };
        let mut roles = Vec::new();
        for reach in &policy.accounts {
            roles.push(arn(&reach.account, "DeployerRole"));
            if reach.test_role {
                roles.push(arn(&reach.account, "TestRole"));
            }
        }
        let mut context = self.base();
        context.insert(
            "policyName".into(),
            emit::scalar(&format!("{}-{}", self.app(), policy.suffix)).into(),
        );
        context.insert("policyPath".into(), POLICY_PATH.into());
        context.insert(
            "description".into(),
            emit::scalar(&format!(
                "Lets the CI of {} become its deploy roles in other accounts",
                self.app()
            ))
            .into(),
        );
        context.insert("roles".into(), roles.into());
        self.resource("tools/cross-account-policy", &policy.suffix, context)
    }

    fn principal(
        &self,
        tools: &ToolsPlan,
        principal: &ToolsPrincipal,
    ) -> Result<Vec<RenderedResource>> {
        let attached: Vec<String> = principal
            .policies
            .iter()
            .filter_map(|index| tools.policies.get(*index))
            .map(|policy| self.logical_id(&policy.suffix))
            .collect();
        let suffix = principal.kind.suffix();
        let name = emit::scalar(&format!("{}-{suffix}", self.app()));
        let mut context = self.base();
        context.insert("managedPolicies".into(), attached.into());
        context.insert("tags".into(), tags_context(&tools.tags));
        let partial = match principal.kind {
            ToolsKind::GitHubActionsUser => {
                context.insert("userName".into(), name.into());
                "tools/github-actions-user"
            }
            ToolsKind::CodeBuildRole => {
                let policy = self.policy(
                    "codebuild/service-role",
                    &self.policy_context(flags(&principal.options), json!({})),
                )?;
                context.insert("roleName".into(), name.into());
                if self.plan.role_path != "/" {
                    context.insert("path".into(), emit::scalar(&self.plan.role_path).into());
                }
                context.insert(
                    "description".into(),
                    emit::scalar(&format!(
                        "The CodeBuild projects of {} run as this role",
                        self.app()
                    ))
                    .into(),
                );
                context.insert("policies".into(), json!([{ "name": emit::scalar(&policy.name), "document": emit::flow(&Value::Mapping(policy.document)) }]));
                "tools/codebuild-role"
            }
        };
        Ok(vec![self.resource(partial, suffix, context)?])
    }

    // ---------------------------------------------------------------- partials to values

    fn resource(
        &self,
        partial: &str,
        kind: &str,
        context: serde_json::Map<String, Json>,
    ) -> Result<RenderedResource> {
        let content = self.mapping(partial, &Json::Object(context))?;
        for key in ["Type", "OrganizationBinding", "Properties"] {
            if !content.contains_key(key) {
                return Err(vec![self.broken(
                    partial,
                    &format!("renders to a resource without `{key}`"),
                )]);
            }
        }
        Ok(RenderedResource {
            kind: kind.to_owned(),
            logical_id: self.logical_id(kind),
            content,
        })
    }

    /// The statements of a partial that renders to `Statement:` alone.
    fn statements(&self, partial: &str, options: &Json) -> Result<Vec<Value>> {
        let context = self.policy_context(options.clone(), json!({}));
        let mapping = self.mapping(partial, &context)?;
        self.statement_list(partial, &mapping)
    }

    fn policy(&self, partial: &str, context: &Json) -> Result<Policy> {
        let mapping = self.mapping(partial, context)?;
        for (key, _) in &mapping {
            if !matches!(key.as_str(), Some("PolicyName" | "Attach" | "Statement")) {
                return Err(vec![self.broken(
                    partial,
                    &format!(
                        "renders to the unknown key `{}`",
                        key.as_str().unwrap_or("?").escape_debug()
                    ),
                )]);
            }
        }
        let name = mapping
            .get("PolicyName")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if name.is_empty()
            || name.len() > 80
            || !name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
        {
            return Err(vec![
                self.broken(partial, "renders to no valid `PolicyName`"),
            ]);
        }
        let attach = match mapping.get("Attach").and_then(Value::as_str) {
            Some("inline") => Attach::Inline,
            Some("managed") | None => Attach::Managed,
            Some(_) => {
                return Err(vec![self.broken(
                    partial,
                    "renders to an `Attach` that is neither `inline` nor `managed`",
                )]);
            }
        };
        Ok(Policy {
            name: name.to_owned(),
            managed_name: name.to_owned(),
            attach,
            document: document(self.statement_list(partial, &mapping)?),
            span: self.partials.span(partial),
        })
    }

    fn statement_list(&self, partial: &str, mapping: &Mapping) -> Result<Vec<Value>> {
        let Some(Value::Sequence(statements)) = mapping.get("Statement") else {
            return Err(vec![self.broken(partial, "renders to no list `Statement`")]);
        };
        let mut sids = HashSet::new();
        for statement in statements {
            let Value::Mapping(fields) = statement else {
                return Err(vec![
                    self.broken(partial, "renders to a statement that is no mapping"),
                ]);
            };
            let sid = fields
                .get("Sid")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let problem = if !matches!(
                fields.get("Effect").and_then(Value::as_str),
                Some("Allow" | "Deny")
            ) {
                Some("renders to a statement without `Effect: Allow` or `Effect: Deny`")
            } else if !(fields.contains_key("Action") || fields.contains_key("NotAction")) {
                Some("renders to a statement without `Action`")
            } else if !(fields.contains_key("Resource") || fields.contains_key("NotResource")) {
                Some("renders to a statement without `Resource`")
            } else if !sid.chars().all(|c| c.is_ascii_alphanumeric()) {
                Some("renders to a `Sid` that is not made of letters and digits")
            } else if !sid.is_empty() && !sids.insert(sid.to_owned()) {
                Some("renders to the same `Sid` twice")
            } else {
                None
            };
            if let Some(problem) = problem {
                return Err(vec![self.broken(partial, problem)]);
            }
        }
        Ok(statements.clone())
    }

    fn mapping(&self, partial: &str, context: &Json) -> Result<Mapping> {
        let text = self.partials.render(partial, context)?;
        let library = Library::default();
        let rendered = FileId(u32::MAX);
        let value = crate::parse::parse(rendered, &text)
            .and_then(|document| crate::value::value(&library, &document.root));
        match value {
            Ok(Value::Mapping(mapping)) => Ok(mapping),
            Ok(_) => Err(vec![
                self.broken(partial, "renders to no mapping")
                    .note(numbered(&text, 1)),
            ]),
            Err(problems) => Err(problems
                .iter()
                .take(1)
                .map(|problem| self.unreadable(partial, &text, problem))
                .collect()),
        }
    }

    fn unreadable(&self, partial: &str, text: &str, problem: &Diagnostic) -> Diagnostic {
        let at = problem.primary.as_ref().map_or(0, |label| label.span.start);
        let line = text.get(..at).unwrap_or(text).matches('\n').count() + 1;
        self.broken(
            partial,
            &format!(
                "renders to something else than YAML: {}, in line {line} of what it renders to",
                problem.message
            ),
        )
        .note(numbered(text, line))
    }

    fn broken(&self, partial: &str, what: &str) -> Diagnostic {
        Diagnostic::error(
            Code::BrokenPartial,
            self.partials.span(partial),
            format!("the partial `{partial}` {what}"),
        )
        .help("see the built-in partials for what each place asks for")
    }
}

/// The lines around `line` of a rendered text, with numbers.
fn numbered(text: &str, line: usize) -> String {
    let first = line.saturating_sub(3);
    let shown: Vec<String> = text
        .lines()
        .enumerate()
        .skip(first)
        .take(5)
        .map(|(index, text)| format!("{:>4} | {text}", index + 1))
        .collect();
    shown.join("\n")
}

fn too_large(error: &TooLarge) -> Diagnostic {
    Diagnostic::error(
        Code::LimitExceeded,
        error.span,
        format!("one statement of the policy `{}` has {} characters, and IAM allows {MANAGED_POLICY_LIMIT} in a policy", error.policy, error.size),
    )
    .help("split the statement in two: the policy then moves to two customer managed policies by itself")
}

fn gather<T>(results: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => found.push(value),
            Err(errors) => problems.extend(errors),
        }
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}

/// Choices in a fixed order, that of the defaults and then by name, so that listing them in
/// another order changes nothing.
fn in_order(choices: &[Choice]) -> Vec<&Choice> {
    let rank = |name: &str| {
        crate::model::arguments::SERVICES
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

fn tags_context(tags: &[RoleTag]) -> Json {
    tags.iter()
        .map(|tag| json!({ "key": emit::scalar(&tag.key), "value": emit::flow(&tag.value) }))
        .collect()
}

fn sub(text: String) -> Value {
    Value::Tagged(Box::new(TaggedValue {
        tag: Tag::new("!Sub"),
        value: Value::String(text),
    }))
}

fn document(statements: Vec<Value>) -> Mapping {
    let mut document = Mapping::new();
    document.insert("Version".into(), "2012-10-17".into());
    document.insert("Statement".into(), Value::Sequence(statements));
    document
}

fn deny_document(actions: Vec<Value>) -> Mapping {
    let mut statement = Mapping::new();
    statement.insert("Sid".into(), "DenyActions".into());
    statement.insert("Effect".into(), "Deny".into());
    statement.insert("Action".into(), Value::Sequence(actions));
    statement.insert("Resource".into(), Value::Sequence(vec!["*".into()]));
    document(vec![Value::Mapping(statement)])
}

//! Checks rendered bodies against the limits of IAM and CloudFormation.
//!
//! In: every macro of a template, rendered. Out: a diagnostic for each limit that the output would
//! exceed, with the number and the limit. Each distinct body is measured once.

use std::collections::BTreeMap;

use serde_yaml::Value;

use crate::arguments::rules::{LIMIT_EXCEEDED, NAME_TOO_LONG};
use crate::aws::quotas::{
    ATTACHED_POLICIES_LIMIT, MANAGED_POLICY_LIMIT, POLICY_NAME_LIMIT, ROLE_INLINE_LIMIT,
    ROLE_NAME_LIMIT, STACK_RESOURCES_LIMIT, TEMPLATE_LIMIT, TRUST_POLICY_LIMIT,
};
use crate::diagnostic::Diagnostic;
use crate::expand::model::plan::{BodyPlan, Execution, MacroPlan, Reach, ToolsPlan};
use crate::expand::model::rendered::{Rendered, RenderedBody, RenderedResource};
use crate::expand::pack::cross_account::PolicyFrame;
use crate::iam::size::{Resolution, pretty_mapping_size};
use crate::roles::TargetRole;

/// A problem for each name, policy or role of a macro that is too large: `limit-exceeded`,
/// `name-too-long`.
pub fn resources(rendered: &Rendered) -> Vec<Diagnostic> {
    let plan = rendered.plan();
    let mut problems = Vec::new();
    for (body, rendered) in rendered.pairs() {
        for resource in &rendered.resources {
            let attached = attached_policies(plan, body, resource);
            for problem in of_resource(plan, resource).chain(attached) {
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
    }
    problems.extend(for_the_cdk(rendered));
    problems
}

fn exceeded(plan: &MacroPlan, message: String, help: &str) -> Diagnostic {
    Diagnostic::new(&LIMIT_EXCEEDED, plan.name_span, message).help(help)
}

fn of_resource<'run>(
    plan: &'run MacroPlan,
    resource: &'run RenderedResource,
) -> impl Iterator<Item = Diagnostic> + 'run {
    let checks = [name_length, trust_policy, inline_policies, managed_policy];
    checks
        .into_iter()
        .filter_map(move |check| check(plan, resource))
}

fn size(plan: &MacroPlan, value: Option<&Value>) -> usize {
    value.map_or(0, |value| Resolution::new(&plan.region).size(value))
}

fn name_length(plan: &MacroPlan, resource: &RenderedResource) -> Option<Diagnostic> {
    let name = resource.physical_name();
    let length = name.chars().count();
    let limit = if resource.is_managed_policy() {
        POLICY_NAME_LIMIT
    } else {
        ROLE_NAME_LIMIT
    };
    (length > limit).then(|| {
        Diagnostic::new(
            &NAME_TOO_LONG,
            plan.name_span,
            format!("the name `{name}` has {length} characters, and IAM allows {limit}"),
        )
        .help("shorten the AppId, or the name of the policy or stage")
    })
}

fn trust_policy(plan: &MacroPlan, resource: &RenderedResource) -> Option<Diagnostic> {
    let document = resource.property("AssumeRolePolicyDocument");
    let trust = size(plan, document);
    if trust <= TRUST_POLICY_LIMIT {
        return None;
    }
    let name = resource.physical_name();
    let subjects = document.map_or(0, subjects);
    let (with, help) = if subjects > 0 {
        (
            format!(" with {subjects} subjects"),
            "trust fewer of them: name fewer environments or branches, or give the stages their own trusts",
        )
    } else {
        (
            String::new(),
            "trust fewer principals: let them share one role, and trust that",
        )
    };
    Some(exceeded(
        plan,
        format!(
            "the trust policy of `{name}`{with} has {trust} characters, and IAM allows {TRUST_POLICY_LIMIT}"
        ),
        help,
    ))
}

/// How many subjects of tokens a trust policy names.
fn subjects(document: &Value) -> usize {
    match document {
        Value::Mapping(entries) => entries
            .iter()
            .map(|(key, value)| match (key.as_str(), value) {
                (Some(key), Value::Sequence(values)) if key.ends_with(":sub") => values.len(),
                _ => subjects(value),
            })
            .sum(),
        Value::Sequence(items) => items.iter().map(subjects).sum(),
        _ => 0,
    }
}

fn inline_policies(plan: &MacroPlan, resource: &RenderedResource) -> Option<Diagnostic> {
    let inline: usize = match resource.property("Policies") {
        Some(Value::Sequence(policies)) => policies
            .iter()
            .map(|policy| size(plan, policy.get("PolicyDocument")))
            .sum(),
        _ => 0,
    };
    (inline > ROLE_INLINE_LIMIT).then(|| {
        let name = resource.physical_name();
        exceeded(
            plan,
            format!("the inline policies of `{name}` have {inline} characters, and IAM allows {ROLE_INLINE_LIMIT}"),
            "write `Attach: managed` in the partials that need it least",
        )
    })
}

fn managed_policy(plan: &MacroPlan, resource: &RenderedResource) -> Option<Diagnostic> {
    let document = resource.property("PolicyDocument");
    let managed = size(plan, document.filter(|_| resource.is_managed_policy()));
    (managed > MANAGED_POLICY_LIMIT).then(|| {
        let name = resource.physical_name();
        exceeded(
            plan,
            format!("the managed policy `{name}` has {managed} characters, and IAM allows {MANAGED_POLICY_LIMIT}"),
            "split its statements",
        )
    })
}

fn attached_policies(
    plan: &MacroPlan,
    body: &BodyPlan,
    resource: &RenderedResource,
) -> Option<Diagnostic> {
    let attached = match resource.property("ManagedPolicyArns") {
        Some(Value::Sequence(arns)) => arns.len(),
        _ => 0,
    };
    if attached <= ATTACHED_POLICIES_LIMIT {
        return None;
    }
    let name = resource.physical_name();
    if let BodyPlan::Tools(tools) = body {
        return Some(too_many_accounts(plan, tools, resource));
    }
    let is = |role: TargetRole| resource.kind == role.suffix();
    let help = if is(TargetRole::Execution) {
        "choose fewer services, or make your own policies shorter"
    } else {
        "combine your own policies"
    };
    Some(exceeded(
        plan,
        format!(
            "`{name}` would have {attached} managed policies attached, and IAM allows {ATTACHED_POLICIES_LIMIT} by default"
        ),
        help,
    ))
}

/// The problem of a principal of the Tools account that reaches more accounts than its policies can
/// list.
fn too_many_accounts(
    plan: &MacroPlan,
    tools: &ToolsPlan,
    resource: &RenderedResource,
) -> Diagnostic {
    let name = resource.physical_name();
    let own = tools.principals.iter();
    let own = own.filter(|principal| plan.app().principal(principal.kind.clone()).name == name);
    let policies = own.flat_map(|principal| &principal.policies);
    let policies = policies.filter_map(|index| tools.policies.get(*index));
    let accounts: Vec<Reach> = policies
        .flat_map(|policy| policy.accounts.clone())
        .collect();
    let frame = PolicyFrame {
        region: &plan.region,
        app_id: &plan.app_id.value,
        role_path: &plan.role_path,
    };
    exceeded(
        plan,
        format!(
            "`{name}` would reach {} accounts, and the {ATTACHED_POLICIES_LIMIT} managed policies that IAM allows by default can list {}",
            accounts.len(),
            frame.capacity(&accounts),
        ),
        "trust tokens, with which each stage has a role of its own (`GitHubOidc`), let the accounts trust the tokens themselves (`Direct: true`), trust a `Principal` that can assume the roles in another way, or spread the targets over several macros with an `AppId` each",
    )
}

/// The managed policies that one role of the CDK's bootstrap has to take.
fn for_the_cdk(rendered: &Rendered) -> Option<Diagnostic> {
    let plan = rendered.plan();
    let offered = rendered.pairs().filter_map(|(body, rendered)| match body {
        BodyPlan::Target(target) if target.execution == Execution::Cdk => {
            Some(rendered.execution_policies().len())
        }
        _ => None,
    });
    let count = offered.max()?;
    (count > ATTACHED_POLICIES_LIMIT).then(|| {
        let app = &plan.app_id.value;
        exceeded(
            plan,
            format!("`cdk bootstrap` would have to attach {count} managed policies of `{app}`, and IAM allows {ATTACHED_POLICIES_LIMIT} by default"),
            "choose fewer services, or combine your own policies",
        )
    })
}

/// The resources and bytes of one stack, and the macro that added to it last.
struct StackTotal<'run> {
    count: usize,
    bytes: usize,
    plan: &'run MacroPlan,
}

/// Adds a problem for each stack that is too large: OrgFormation makes one of all resources that a
/// template binds to one account.
pub fn stacks(macros: &[Rendered], problems: &mut Vec<Diagnostic>) {
    let sizes_of = |rendered: &Rendered| -> Vec<(usize, usize)> {
        let bodies = rendered.bodies.iter();
        let size = |body: &RenderedBody| {
            let bytes = body.resources.iter().map(template_bytes).sum();
            (body.resources.len(), bytes)
        };
        bodies.map(size).collect()
    };
    let sizes: Vec<Vec<(usize, usize)>> = macros.iter().map(sizes_of).collect();
    let all = sizes.iter().flatten().copied();
    let (count, bytes) = all.fold((0, 0), |(a, b), (count, bytes)| (a + count, b + bytes));
    // No account gets a body twice, and there may be thousands of accounts.
    if count <= STACK_RESOURCES_LIMIT && bytes <= TEMPLATE_LIMIT {
        return;
    }
    let mut totals: BTreeMap<&str, StackTotal<'_>> = BTreeMap::new();
    for (rendered, sizes) in macros.iter().zip(&sizes) {
        let plan = rendered.plan();
        for unit in &plan.units {
            let (count, bytes) = sizes.get(unit.body.0).copied().unwrap_or_default();
            for account in unit.accounts.names() {
                let total = totals.entry(account).or_insert(StackTotal {
                    count: 0,
                    bytes: 0,
                    plan,
                });
                total.count += count;
                total.bytes += bytes;
                total.plan = plan;
            }
        }
    }
    for (account, StackTotal { count, bytes, plan }) in totals {
        let help =
            "spread the macros over several templates: OrgFormation creates one stack from each";
        if count > STACK_RESOURCES_LIMIT {
            problems.push(exceeded(plan, format!("the stack of `{account}` would have {count} resources, and CloudFormation allows {STACK_RESOURCES_LIMIT}"), help));
        }
        if bytes > TEMPLATE_LIMIT {
            problems.push(exceeded(plan, format!("the template of `{account}` would have about {bytes} bytes, and CloudFormation allows {TEMPLATE_LIMIT}"), help));
        }
    }
}

/// The bytes of a resource in its stack's template.
fn template_bytes(resource: &RenderedResource) -> usize {
    resource.logical_id.len() + 8 + pretty_mapping_size(&resource.content, 2)
}

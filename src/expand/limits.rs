//! Rendered bodies against the limits of IAM and CloudFormation.
//!
//! In: the plan and rendered bodies of every macro of a template. Out: nothing, or a diagnostic
//! for each limit that the output would exceed, with the number and the limit. Each distinct body
//! is measured once.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_yaml::Value;

use crate::arguments::rules::{LIMIT_EXCEEDED, NAME_CLASH, NAME_TOO_LONG};
use crate::aws::quotas::{
    ATTACHED_POLICIES_LIMIT, LOGICAL_ID_LIMIT, MANAGED_POLICY_LIMIT, POLICY_NAME_LIMIT,
    ROLE_INLINE_LIMIT, ROLE_NAME_LIMIT, STACK_RESOURCES_LIMIT, TEMPLATE_LIMIT, TRUST_POLICY_LIMIT,
};
use crate::diagnostic::{Diagnostic, Result, Shown as _};
use crate::expand::model::call::OrdinaryResource;
use crate::expand::model::plan::{Accounts, Binding, BodyPlan, Execution, MacroPlan};
use crate::expand::model::rendered::{Placeholders, RenderedMacro, RenderedResource};
use crate::expand::rules::LOGICAL_ID_CLASH;
use crate::iam::size::{Resolution, pretty_size};
use crate::organization::letters;
use crate::roles::TargetRole;
use crate::source::Span;
use crate::yaml::rules::INVALID_VALUE;

/// Checks everything that `plans` make, beside the template's own `resources`.
///
/// # Errors
///
/// `limit-exceeded`, `name-too-long`, `logical-id-clash`, `name-clash`, `invalid-value` (what a
/// resource depends on).
pub fn check(
    plans: &[MacroPlan],
    rendered: &[RenderedMacro],
    resources: &[OrdinaryResource],
    placeholders: &Placeholders,
) -> Result<()> {
    let mut problems = Vec::new();
    for (plan, rendered) in plans.iter().zip(rendered) {
        for resource in rendered.bodies.iter().flat_map(|body| &body.resources) {
            for problem in of_resource(plan, resource) {
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
    }
    for (plan, rendered) in plans.iter().zip(rendered) {
        problems.extend(for_the_cdk(plan, rendered));
    }
    logical_ids(plans, rendered, resources, placeholders, &mut problems);
    physical_names(plans, rendered, resources, &mut problems);
    dependencies(plans, rendered, resources, &mut problems);
    stacks(plans, rendered, &mut problems);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

fn exceeded(plan: &MacroPlan, message: String, help: &str) -> Diagnostic {
    Diagnostic::new(&LIMIT_EXCEEDED, plan.name_span, message).help(help)
}

/// The physical name, where the resource has one.
fn name_of(resource: &RenderedResource) -> &str {
    ["RoleName", "UserName", "ManagedPolicyName"]
        .iter()
        .find_map(|key| resource.property(key)?.as_str())
        .unwrap_or_default()
}

fn is_policy(resource: &RenderedResource) -> bool {
    resource.resource_type() == "AWS::IAM::ManagedPolicy"
}

fn of_resource(plan: &MacroPlan, resource: &RenderedResource) -> Vec<Diagnostic> {
    let resolution = Resolution::new(&plan.region);
    let size = |value: Option<&Value>| value.map_or(0, |value| resolution.size(value));
    let name = name_of(resource);
    let mut problems = Vec::new();
    let is_policy = is_policy(resource);
    let name_limit = if is_policy {
        POLICY_NAME_LIMIT
    } else {
        ROLE_NAME_LIMIT
    };
    if name.chars().count() > name_limit {
        problems.push(
            Diagnostic::new(
                &NAME_TOO_LONG,
                plan.name_span,
                format!(
                    "the name `{name}` has {} characters, and IAM allows {name_limit}",
                    name.chars().count()
                ),
            )
            .help("shorten the AppId, or the name of the policy or stage"),
        );
    }
    let trust = size(resource.property("AssumeRolePolicyDocument"));
    if trust > TRUST_POLICY_LIMIT {
        let subjects = resource
            .property("AssumeRolePolicyDocument")
            .map_or(0, subjects);
        let (with, help) = if subjects > 0 {
            (
                format!(" with {subjects} subjects"),
                "trust fewer of them: name fewer environments or branches, or give stages trusts of their own",
            )
        } else {
            (
                String::new(),
                "trust fewer principals: let them share one role, and trust that",
            )
        };
        problems.push(exceeded(
            plan,
            format!("the trust policy of `{name}`{with} has {trust} characters, and IAM allows {TRUST_POLICY_LIMIT}"),
            help,
        ));
    }
    let inline: usize = match resource.property("Policies") {
        Some(Value::Sequence(policies)) => policies
            .iter()
            .map(|policy| size(policy.get("PolicyDocument")))
            .sum(),
        _ => 0,
    };
    if inline > ROLE_INLINE_LIMIT {
        problems.push(exceeded(
            plan,
            format!("the inline policies of `{name}` have {inline} characters, and IAM allows {ROLE_INLINE_LIMIT}"),
            "write `Attach: managed` into the partials that need less of it",
        ));
    }
    let managed = if is_policy {
        size(resource.property("PolicyDocument"))
    } else {
        0
    };
    if managed > MANAGED_POLICY_LIMIT {
        problems.push(exceeded(
            plan,
            format!("the managed policy `{name}` has {managed} characters, and IAM allows {MANAGED_POLICY_LIMIT}"),
            "split its statements",
        ));
    }
    let attached = match resource.property("ManagedPolicyArns") {
        Some(Value::Sequence(arns)) => arns.len(),
        _ => 0,
    };
    if attached > ATTACHED_POLICIES_LIMIT {
        let is = |role: TargetRole| resource.kind == role.suffix();
        let help = if is(TargetRole::Execution) {
            "choose fewer services, or shorter policies of your own"
        } else if is(TargetRole::Deployer) || is(TargetRole::Test) {
            "put policies of your own together into one"
        } else {
            "one principal cannot reach so many accounts by name: spread the targets over several macros, or trust a `Principal` that may assume them by other means"
        };
        problems.push(exceeded(plan, format!("`{name}` would have {attached} managed policies attached, and IAM allows {ATTACHED_POLICIES_LIMIT} by default"), help));
    }
    problems
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

/// The managed policies that one role of the CDK's bootstrap has to take.
fn for_the_cdk(plan: &MacroPlan, rendered: &RenderedMacro) -> Option<Diagnostic> {
    let bodies = plan.bodies.iter().zip(&rendered.bodies);
    let offered = bodies.filter_map(|(body, rendered)| match body {
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
            "choose fewer services, or put your own policies into one",
        )
    })
}

/// No two resources of a template may share a logical id, and CloudFormation takes letters and
/// digits only.
fn logical_ids(
    plans: &[MacroPlan],
    rendered: &[RenderedMacro],
    resources: &[OrdinaryResource],
    placeholders: &Placeholders,
    problems: &mut Vec<Diagnostic>,
) {
    // What stands before the kind, for each group. Only where one of these begins with another
    // (or an ordinary resource begins with one) can two logical ids be the same.
    let mut prefixes: Vec<(String, usize, usize)> = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        for (id, body) in ids_of_groups(plan) {
            let prefix = format!("{}{id}", plan.name);
            let is_first = || {
                !problems
                    .iter()
                    .any(|problem| problem.rule == &NAME_TOO_LONG)
            };
            if prefix.len() + 60 > LOGICAL_ID_LIMIT && is_first() {
                problems.push(
                    Diagnostic::new(&NAME_TOO_LONG, plan.name_span, format!("logical ids that begin with `{prefix}` would have more than {LOGICAL_ID_LIMIT} characters"))
                        .help("give the macro a shorter name"),
                );
            }
            prefixes.push((prefix, index, body));
        }
    }
    prefixes.sort_unstable();
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    let ids = |(prefix, plan, body): &(String, usize, usize)| -> Vec<String> {
        let body = rendered
            .get(*plan)
            .and_then(|rendered| rendered.bodies.get(*body));
        body.into_iter()
            .flat_map(|body| &body.resources)
            .map(|resource| format!("{prefix}{}", resource.kind))
            .collect()
    };
    let mut seen: HashSet<(usize, usize)> = HashSet::new();
    let mut clash = |id: &str, index: usize, other: Option<(Span, &str)>| {
        let Some(plan) = plans.get(index) else { return };
        // Two macros that clash in one logical id mostly clash in many.
        if !seen.insert((index, other.map_or(0, |(span, _)| span.start))) {
            return;
        }
        if let Some(problem) = alike(plan, id) {
            problems.push(problem);
            return;
        }
        let problem = Diagnostic::new(
            &LOGICAL_ID_CLASH,
            plan.name_span,
            format!("the macro makes the logical id `{id}`, which the template has already"),
        );
        let problem = match other {
            Some((span, text)) => problem.related(span, text),
            None => problem,
        };
        problems.push(problem.help("rename the macro, or the other resource"));
    };
    let mut before: Option<&(String, usize, usize)> = None;
    for entry in &prefixes {
        let crowded = before.is_some_and(|(prefix, ..)| entry.0.starts_with(prefix.as_str()));
        if !crowded {
            before = Some(entry);
            continue;
        }
        for id in before.map(&ids).unwrap_or_default() {
            made.entry(id)
                .or_insert(before.map_or(0, |(_, plan, _)| *plan));
        }
        for id in ids(entry) {
            if let Some(other) = made.get(&id) {
                let other = plans
                    .get(*other)
                    .map(|plan| (plan.name_span, "made by this macro, too"));
                clash(&id, entry.1, other);
            } else {
                made.insert(id, entry.1);
            }
        }
    }
    for resource in resources {
        let id = resource.logical_id.as_str();
        let start = prefixes.partition_point(|(prefix, ..)| prefix.as_str() <= id);
        let candidates = prefixes
            .get(..start)
            .unwrap_or_default()
            .iter()
            .rev()
            .take_while(|(prefix, ..)| prefix.as_bytes().first() == id.as_bytes().first());
        for entry in candidates.filter(|(prefix, ..)| id.starts_with(prefix.as_str())) {
            if ids(entry).iter().any(|made| made == id) {
                clash(id, entry.1, Some((resource.span, "defined here")));
            }
        }
    }
    within_bodies(plans, rendered, placeholders, problems);
}

/// An account has one role, user or policy of a name, whatever its path and case.
fn physical_names(
    plans: &[MacroPlan],
    rendered: &[RenderedMacro],
    resources: &[OrdinaryResource],
    problems: &mut Vec<Diagnostic>,
) {
    for own in resources
        .iter()
        .filter_map(|resource| resource.physical.as_ref())
    {
        for (plan, rendered) in plans.iter().zip(rendered) {
            let makes = |body: usize| {
                let body = rendered.bodies.get(body);
                body.is_some_and(|body| {
                    body.resources.iter().any(|resource| {
                        let name = resource.property(own.property).and_then(Value::as_str);
                        name.is_some_and(|name| name.eq_ignore_ascii_case(&own.text))
                    })
                })
            };
            let group = plan.groups.iter().find(|group| {
                let bound = own.accounts.as_ref();
                bound.is_some_and(|bound| bound.contains(&group.account)) && makes(group.body)
            });
            let Some(group) = group else { continue };
            problems.push(
                Diagnostic::new(
                    &NAME_CLASH,
                    own.span,
                    format!(
                        "the macro `{}` makes `{}` in the account `{}`, too",
                        plan.name,
                        own.text.shown(),
                        group.account
                    ),
                )
                .related(plan.name_span, "the macro")
                .help("an account can have one of this name: rename this resource, or take it out"),
            );
        }
    }
}

/// OrgFormation refuses a `DependsOn` of what is no resource, and a macro is none once it is
/// expanded.
fn dependencies(
    plans: &[MacroPlan],
    rendered: &[RenderedMacro],
    resources: &[OrdinaryResource],
    problems: &mut Vec<Diagnostic>,
) {
    for (name, span) in resources.iter().flat_map(|resource| &resource.depends_on) {
        let mut macros = plans.iter().zip(rendered);
        let Some((plan, rendered)) = macros.find(|(plan, _)| plan.name == *name) else {
            continue;
        };
        let ids = ids_of_groups(plan);
        let made = ids.iter().flat_map(|(id, body)| {
            let body = rendered.bodies.get(*body);
            let resources = body.into_iter().flat_map(|body| &body.resources);
            resources.map(move |resource| (id, resource))
        });
        let role = |(_, resource): &(&String, &RenderedResource)| {
            resource.resource_type() == "AWS::IAM::Role"
        };
        let example = made.clone().find(role).or_else(|| made.clone().next());
        let example = example.map_or_else(String::new, |(id, resource)| {
            format!(", such as `{name}{id}{}`", resource.kind)
        });
        problems.push(
            Diagnostic::new(
                &INVALID_VALUE,
                *span,
                format!("`{name}` is a macro, and OrgFormation finds no resource of this name"),
            )
            .related(plan.name_span, "the macro")
            .help(format!(
                "depend on a resource that it makes in the same account{example}"
            )),
        );
    }
}

/// What stands between the macro's name and the kind in logical ids, for each group that is
/// written, with its body.
fn ids_of_groups(plan: &MacroPlan) -> Vec<(String, usize)> {
    match &plan.bindings {
        None => plan
            .groups
            .iter()
            .map(|group| (letters(&group.account), group.body))
            .collect(),
        Some(bindings) => bindings
            .iter()
            .map(|binding| (binding.id.clone(), binding.body))
            .collect(),
    }
}

/// The problem of accounts or stages of `plan` that differ, and whose names are the same in the
/// logical id `id`.
fn alike(plan: &MacroPlan, id: &str) -> Option<Diagnostic> {
    let rest = id.strip_prefix(plan.name.as_str())?;
    let names: Vec<(String, Named<'_>)> = match &plan.bindings {
        None => plan
            .groups
            .iter()
            .map(|group| (letters(&group.account), Named::Account(&group.account)))
            .collect(),
        Some(bindings) => bindings
            .iter()
            .map(|binding| (binding.id.clone(), Named::of(binding)))
            .collect(),
    };
    let mut alike: BTreeMap<String, BTreeSet<Named<'_>>> = BTreeMap::new();
    for (letters, name) in names {
        if rest.starts_with(letters.as_str()) {
            alike.entry(letters).or_default().insert(name);
        }
    }
    let found = alike.into_values().find(|names| names.len() > 1)?;
    let mut found = found.into_iter();
    let (first, second) = (found.next()?, found.next()?);
    let (message, help) = match (first, second) {
        (Named::Account(first), Named::Account(second)) => (
            format!("the accounts `{first}` and `{second}`"),
            "rename one of the accounts in the organization, or let two macros reach them",
        ),
        (Named::Account(account), Named::Stage(stage))
        | (Named::Stage(stage), Named::Account(account)) => (
            format!("the Tools account `{account}` and the stage `{stage}`"),
            "rename the stage",
        ),
        (Named::Stage(first), Named::Stage(second)) => (
            format!("the stages `{first}` and `{second}`"),
            "rename one of the stages",
        ),
    };
    Some(
        Diagnostic::new(
            &LOGICAL_ID_CLASH,
            plan.name_span,
            format!("{message} would have the same logical ids, such as `{id}`"),
        )
        .help(format!("only letters and digits count there: {help}")),
    )
}

/// What a logical id is named after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Named<'run> {
    Account(&'run str),
    Stage(&'run str),
}

impl<'run> Named<'run> {
    fn of(binding: &'run Binding) -> Self {
        match &binding.accounts {
            Accounts::One(account) => Named::Account(account),
            Accounts::Listed(_) => Named::Stage(binding.stage.as_deref().unwrap_or_default()),
        }
    }
}

fn within_bodies(
    plans: &[MacroPlan],
    rendered: &[RenderedMacro],
    placeholders: &Placeholders,
    problems: &mut Vec<Diagnostic>,
) {
    for (plan, rendered) in plans.iter().zip(rendered) {
        for body in &rendered.bodies {
            let mut seen = BTreeSet::new();
            let mut names: BTreeMap<(bool, String), &str> = BTreeMap::new();
            for resource in &body.resources {
                let name = name_of(resource);
                let key = (is_policy(resource), name.to_ascii_lowercase());
                let other = names.insert(key, name).unwrap_or(name);
                if other != name {
                    problems.push(
                        Diagnostic::new(&NAME_CLASH, plan.name_span, format!("`{other}` and `{name}` differ in capitals alone, and IAM takes them for one name"))
                            .help("rename one of the stages"),
                    );
                }
                if !seen.insert(&resource.logical_id) {
                    let id = resource
                        .logical_id
                        .replace(&placeholders.letters, "<Account>");
                    problems.push(
                        Diagnostic::new(&LOGICAL_ID_CLASH, plan.name_span, format!("the macro makes the logical id `{id}` twice"))
                            .help("rename one of the policies or stages: in logical ids, only the letters and digits of their names count"),
                    );
                }
            }
        }
    }
}

/// OrgFormation makes one stack of all resources that a template binds to one account.
fn stacks(plans: &[MacroPlan], rendered: &[RenderedMacro], problems: &mut Vec<Diagnostic>) {
    let mut totals: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    for (index, (plan, rendered)) in plans.iter().zip(rendered).enumerate() {
        let sizes: Vec<(usize, usize)> = rendered
            .bodies
            .iter()
            .map(|body| {
                (
                    body.resources.len(),
                    body.resources
                        .iter()
                        .map(|resource| {
                            resource.logical_id.len()
                                + 8
                                + pretty_size(&Value::Mapping(resource.content.clone()), 2)
                        })
                        .sum(),
                )
            })
            .collect();
        for group in &plan.groups {
            let (count, bytes) = sizes.get(group.body).copied().unwrap_or_default();
            let total = totals.entry(&group.account).or_insert((0, 0, index));
            *total = (total.0 + count, total.1 + bytes, index);
        }
    }
    for (account, (count, bytes, index)) in totals {
        let Some(plan) = plans.get(index) else {
            continue;
        };
        let help = "spread the macros over several templates: OrgFormation makes one stack of each";
        if count > STACK_RESOURCES_LIMIT {
            problems.push(exceeded(plan, format!("the stack of `{account}` would have {count} resources, and CloudFormation allows {STACK_RESOURCES_LIMIT}"), help));
        }
        if bytes > TEMPLATE_LIMIT {
            problems.push(exceeded(plan, format!("the template of `{account}` would have about {bytes} bytes, and CloudFormation allows {TEMPLATE_LIMIT}"), help));
        }
    }
}

//! The accounts of the policies that name them by id.
//!
//! In: what the Tools account holds, as planned and as rendered. Out: a diagnostic for each such
//! policy that does not reach the planned roles of exactly the planned accounts. Its ARNs name no
//! account, so an overridden partial without the condition would reach any account of the world.

use std::collections::BTreeSet;

use serde_yaml::Value;

use crate::diagnostic::Diagnostic;
use crate::expand::model::plan::{AccountsBy, CrossAccountPolicy, MacroPlan, ToolsPlan};
use crate::expand::model::rendered::{RenderedBody, RenderedResource};
use crate::partials::rules::BROKEN_PARTIAL;
use crate::partials::statements::{listed, substituted};
use crate::roles::{TargetRole, logical_id_of};

/// The ARN of a role without its account, and the account.
type ReachedRole<'run> = (String, &'run str);

/// A problem for each policy that reaches something else: `broken-partial`.
pub(super) fn accounts<'run>(
    plan: &'run MacroPlan,
    tools: &'run ToolsPlan,
    body: &'run RenderedBody,
) -> impl Iterator<Item = Diagnostic> + 'run {
    let by_id = tools.policies.iter();
    let by_id = by_id.filter(|policy| policy.by == AccountsBy::Id);
    by_id.filter_map(|policy| {
        let kind = logical_id_of(&policy.suffix);
        let resource = body.resources.iter().find(|found| found.kind == kind);
        let found = resource.and_then(|resource| found(plan, resource));
        (found != Some(wanted(plan, policy))).then(|| {
            Diagnostic::new(
                &BROKEN_PARTIAL,
                plan.name_span,
                format!("a partial renders the policy `{}-{}` so that it does not reach the roles of exactly its {} accounts", plan.app_id.value, policy.suffix, policy.accounts.len()),
            )
            .help("copy what is under `{{#if byAccount}}` from the built-in partial `tools/cross-account-policy`")
        })
    })
}

fn anywhere(plan: &MacroPlan, role: TargetRole) -> String {
    plan.app().principal(role).arn("${AWS::Partition}", "*")
}

fn wanted<'run>(plan: &MacroPlan, policy: &'run CrossAccountPolicy) -> BTreeSet<ReachedRole<'run>> {
    let roles = policy.accounts.iter().flat_map(|reach| {
        let test = reach.test_role.then_some(TargetRole::Test);
        let roles = std::iter::once(TargetRole::Deployer).chain(test);
        roles.map(|role| (anywhere(plan, role), reach.account.as_str()))
    });
    roles.collect()
}

/// What the policy reaches by patterns of its roles; `None` if that is in any account.
fn found<'run>(
    plan: &MacroPlan,
    resource: &'run RenderedResource,
) -> Option<BTreeSet<ReachedRole<'run>>> {
    let patterns = [TargetRole::Deployer, TargetRole::Test].map(|role| anywhere(plan, role));
    let mut found = BTreeSet::new();
    let document = resource.property("PolicyDocument")?;
    for statement in listed(document.get("Statement")) {
        if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
            continue;
        }
        for arn in listed(statement.get("Resource")) {
            let arn = substituted(arn).unwrap_or_default();
            if !arn.contains("::*:") {
                continue;
            }
            let accounts = statement.get("Condition")?.get("StringEquals")?;
            let accounts = accounts.get("aws:ResourceAccount")?;
            if !patterns.contains(&arn) {
                return None;
            }
            for account in listed(Some(accounts)) {
                match account {
                    Value::Tagged(tagged) if tagged.tag == "!Ref" => {
                        found.insert((arn.clone(), tagged.value.as_str()?));
                    }
                    _ => return None,
                }
            }
        }
    }
    Some(found)
}

//! A macro's arguments and accounts to the files of its CI.
//!
//! In: arguments, the accounts of each target, the organization. Out: a [`WorkflowPlan`], and from
//! that the files of an app's repository. Refuses macros that GitHub Actions cannot sign in to.
//!
//! The hard thing: two languages use the same braces. What the partials write, GitHub reads as
//! expressions; so nothing of the arguments gets there but names that are checked to hold letters,
//! digits and a few other characters, and values that [`emit`](crate::yaml::emit) has quoted.

mod configurations;
mod files;
pub mod plan;
pub mod rules;

pub use files::files;

use std::collections::HashSet;

use serde_yaml::Value;

use crate::arguments;
use crate::arguments::{Arguments, RoleArguments, Target, Trust};
use crate::aws::wildcard::is_pattern;
use crate::diagnostic::{Diagnostic, Level, Result};
use crate::expand::model::plan::BOUNDARY;
use crate::oidc::{ActionsJob, OidcTrust};
use crate::organization::Organization;
use crate::roles::{App, TargetRole, ToolsKind};
use crate::workflow::plan::{
    AccountId, Delivery, SignIn, StagePlan, WorkflowAccount, WorkflowBoundary, WorkflowFramework,
    WorkflowPlan,
};
use crate::workflow::rules::NO_WORKFLOW;

/// The branch whose pushes deploy, if the macro names none.
const BRANCH: &str = "main";

/// The audience of the tokens that `aws-actions/configure-aws-credentials` asks for.
const AUDIENCE: &str = "sts.amazonaws.com";

/// A macro with all that its CI must know.
pub struct WorkflowSource<'run> {
    /// The macro's name.
    pub name: &'run str,
    /// Its arguments.
    pub arguments: &'run Arguments,
    /// The accounts of each target, including those that an earlier target also has.
    pub accounts: &'run [Vec<String>],
    /// The organization.
    pub organization: &'run Organization,
}

/// The content of the CI files of a macro, and warnings for stages that are left out.
///
/// # Errors
///
/// `no-workflow` if GitHub Actions cannot sign in to any stage.
pub fn plan(source: &WorkflowSource<'_>) -> Result<(WorkflowPlan, Vec<Diagnostic>)> {
    let arguments = source.arguments;
    let mut ids = Ids::new(source.organization);
    let mut stages = Vec::new();
    let mut left_out = Vec::new();
    let mut branches: Vec<String> = Vec::new();
    for (target, accounts) in arguments.targets.iter().zip(source.accounts) {
        let Some(way) = way(arguments, target, &mut ids) else {
            left_out.push(target);
            continue;
        };
        for branch in &way.branches {
            if !branches.contains(branch) {
                branches.push(branch.clone());
            }
        }
        stages.push(StagePlan {
            stage: target.stage.value.clone(),
            accounts: accounts
                .iter()
                .map(|account| ids.account(account))
                .collect(),
            environment: way.environment,
            branches: way.branches,
            sign_in: way.sign_in,
            delivery: delivery(&arguments.app_id.value, &target.arguments),
        });
    }
    if stages.is_empty() {
        return Err(no_stage(source));
    }
    share_branches(&mut stages, &mut branches);
    let plan = WorkflowPlan {
        name: source.name.to_owned(),
        app_id: arguments.app_id.value.clone(),
        region: arguments.region.clone(),
        other_regions: arguments.other_regions.clone(),
        role_path: arguments.path.clone(),
        branches,
        stages,
    };
    Ok((plan, left_out.into_iter().map(not_reached).collect()))
}

/// Adds the usual branch for stages that name none, and drops the branches of stages that all
/// pushes deploy.
fn share_branches(stages: &mut [StagePlan], branches: &mut Vec<String>) {
    // A stage that names no branch is deployed from the usual one, whatever others are deployed
    // from.
    for stage in stages.iter_mut() {
        if stage.branches.is_empty() {
            stage.branches.push(BRANCH.to_owned());
            if !branches.iter().any(|branch| branch == BRANCH) {
                branches.push(BRANCH.to_owned());
            }
        }
    }
    // A stage that all pushes deploy does not need to name branches.
    for stage in stages.iter_mut() {
        if stage.branches == *branches {
            stage.branches.clear();
        }
    }
}

/// The warning of a stage that GitHub Actions cannot deploy.
fn not_reached(target: &Target) -> Diagnostic {
    let stage = &target.stage;
    let message = format!(
        "the stage `{}` is left out: GitHub Actions cannot sign in as anybody that it trusts",
        stage.value
    );
    Diagnostic::new(&NO_WORKFLOW, stage.span, message)
        .level(Level::Warning)
        .help("deploy it with the CI that it trusts, or add `GitHubOidc` to its `TrustedBy`")
}

/// How a trust accepts a job.
struct Route {
    sign_in: SignIn,
    /// The environment that the job must run in, unless the trust requires a branch.
    environment: Option<String>,
    /// The branches that it accepts, if it names some.
    branches: Vec<String>,
}

/// How a job of `target` signs in: keyless if the macro allows it.
fn way(arguments: &Arguments, target: &Target, ids: &mut Ids<'_>) -> Option<Route> {
    let trusts = target.arguments.trusted_by.iter();
    trusts
        .filter_map(|trust| way_of(arguments, target, &trust.value, ids))
        .min_by_key(|way| rank(&way.sign_in))
}

/// How GitHub Actions assumes a role that trusts `trust`. Each trust of the model has its arm here,
/// and needs no other place of the workflow.
fn way_of(
    arguments: &Arguments,
    target: &Target,
    trust: &Trust,
    ids: &mut Ids<'_>,
) -> Option<Route> {
    match trust {
        Trust::GitHubUser => Some(Route {
            sign_in: SignIn::UserKeys,
            environment: Some(target.stage.value.clone()),
            branches: Vec::new(),
        }),
        Trust::Oidc(oidc) => oidc_way(arguments, oidc, ids),
        Trust::CodeBuild(_) | Trust::Principal(_) => None,
    }
}

/// How a job's token is accepted. The steps ask for tokens of the usual audience.
fn oidc_way(arguments: &Arguments, oidc: &OidcTrust, ids: &mut Ids<'_>) -> Option<Route> {
    let admission = &oidc.admission;
    let job = admission.provider.job?;
    if admission.audience != AUDIENCE {
        return None;
    }
    let (mut environment, mut branches) = (None, Vec::new());
    for found in admission.subjects.iter().filter_map(|subject| job(subject)) {
        match found {
            ActionsJob::Environment(name) if environment.is_none() && !is_pattern(&name) => {
                environment = Some(name);
            }
            ActionsJob::Branch(name) if !branches.contains(&name) => branches.push(name),
            ActionsJob::Environment(_) | ActionsJob::Branch(_) => {}
        }
    }
    if environment.is_some() {
        branches.clear();
    } else if branches.is_empty() {
        return None;
    }
    let sign_in = if oidc.direct {
        SignIn::OidcDirect
    } else {
        let kind = ToolsKind::Oidc(admission.provider, oidc.stage.clone());
        SignIn::OidcThroughTools {
            role: kind,
            account: ids.account(&arguments.tools_account.as_ref()?.value),
        }
    };
    Some(Route {
        sign_in,
        environment,
        branches,
    })
}

fn app(arguments: &Arguments) -> App<'_> {
    App {
        id: &arguments.app_id.value,
        path: &arguments.path,
    }
}

fn rank(sign_in: &SignIn) -> u8 {
    match sign_in {
        SignIn::OidcDirect => 0,
        SignIn::OidcThroughTools { .. } => 1,
        SignIn::UserKeys => 2,
    }
}

fn delivery(app_id: &str, arguments: &RoleArguments) -> Delivery {
    let frameworks = arguments.frameworks.iter().map(|choice| WorkflowFramework {
        name: choice.name.clone(),
        options: choice
            .options
            .iter()
            .map(|option| option.value.clone())
            .collect(),
    });
    Delivery {
        frameworks: frameworks.collect(),
        test_role: arguments.test_role.is_some(),
        session_seconds: arguments
            .max_session_duration
            .as_ref()
            .map(|seconds| seconds.value),
        boundary: boundary(app_id, arguments),
    }
}

/// The boundary that the stage's arguments require.
fn boundary(app_id: &str, arguments: &RoleArguments) -> Option<WorkflowBoundary> {
    match arguments.boundary.as_ref()? {
        arguments::Boundary::Made => Some(WorkflowBoundary::Made(format!("{app_id}-{BOUNDARY}"))),
        arguments::Boundary::Existing(arn) => {
            let text = match &arn.value {
                Value::Tagged(tagged) => tagged.value.as_str(),
                arn => arn.as_str(),
            };
            text.map(|text| WorkflowBoundary::Existing(text.to_owned()))
        }
    }
}

fn no_stage(source: &WorkflowSource<'_>) -> Vec<Diagnostic> {
    let arguments = source.arguments;
    let trusts = arguments
        .targets
        .iter()
        .flat_map(|target| &target.arguments.trusted_by);
    let place = trusts.clone().map(|trust| trust.span).next();
    let mut help: Vec<String> = Vec::new();
    if trusts
        .clone()
        .any(|trust| matches!(trust.value, Trust::CodeBuild(_)))
    {
        help.push("for CodeBuild, docs/workflow.md has a buildspec".to_owned());
    }
    if trusts
        .clone()
        .any(|trust| matches!(trust.value, Trust::Principal(_)))
    {
        let app = app(arguments);
        let [deployer, execution] =
            [TargetRole::Deployer, TargetRole::Execution].map(|role| app.principal(role).name);
        help.push(format!(
            "a principal of yours assumes `{deployer}` and deploys with `{execution}`, as docs/workflow.md says"
        ));
    }
    for trust in trusts.clone() {
        let Trust::Oidc(oidc) = &trust.value else {
            continue;
        };
        let provider = oidc.admission.provider;
        let text = if provider.job.is_some() {
            "for your own subjects or audience, write the workflow yourself, as docs/trusts/github.md says".to_owned()
        } else {
            format!(
                "for {}, docs/trusts/{}.md says which role to assume",
                provider.word(),
                provider.page()
            )
        };
        if !help.contains(&text) {
            help.push(text);
        }
    }
    help.push("for GitHub Actions, add `GitHubOidc` or `GitHubUser` to `TrustedBy`".to_owned());
    let message = format!(
        "no stage of `{}` trusts anybody that GitHub Actions can sign in as",
        source.name
    );
    let place = place.unwrap_or(arguments.app_id.span);
    vec![Diagnostic::new(&NO_WORKFLOW, place, message).help(help.join("; "))]
}

/// Account ids, and names of variables for those that the organization file does not give.
struct Ids<'run> {
    organization: &'run Organization,
    variables: Vec<(String, String)>,
}

impl<'run> Ids<'run> {
    fn new(organization: &'run Organization) -> Self {
        Self {
            organization,
            variables: Vec::new(),
        }
    }

    fn account(&mut self, logical_id: &str) -> WorkflowAccount {
        let known = self.organization.account(logical_id);
        let id = match known.and_then(|account| account.account_id.clone()) {
            Some(id) => AccountId::Known(id),
            None => AccountId::Variable(self.variable(logical_id)),
        };
        WorkflowAccount {
            logical_id: logical_id.to_owned(),
            id,
        }
    }

    /// `AWS_ACCOUNT_ID_DEV_ACCOUNT` for `DevAccount`; never one name for two accounts.
    fn variable(&mut self, logical_id: &str) -> String {
        if let Some((_, name)) = self
            .variables
            .iter()
            .find(|(account, _)| account == logical_id)
        {
            return name.clone();
        }
        let taken: HashSet<&String> = self.variables.iter().map(|(_, name)| name).collect();
        let base = format!("AWS_ACCOUNT_ID_{}", upper_snake(logical_id));
        let name = std::iter::once(base.clone())
            .chain((2..=u32::MAX).map(|number| format!("{base}_{number}")))
            .find(|name| !taken.contains(name))
            .unwrap_or(base);
        self.variables.push((logical_id.to_owned(), name.clone()));
        name
    }
}

/// `DEV_ACCOUNT` for `DevAccount`, `dev-account` and `devAccount`.
fn upper_snake(text: &str) -> String {
    let mut out = String::new();
    let mut ended = false;
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            if ended && (c.is_ascii_uppercase() || out.ends_with(' ')) {
                out = out.trim_end().to_owned();
                out.push('_');
            }
            ended = !c.is_ascii_uppercase();
            out.push(c.to_ascii_uppercase());
        } else if !out.is_empty() && !out.ends_with(' ') {
            ended = true;
            out.push(' ');
        }
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_named_after_accounts() {
        for (account, name) in [
            ("DevAccount", "DEV_ACCOUNT"),
            ("devAccount", "DEV_ACCOUNT"),
            ("dev-account", "DEV_ACCOUNT"),
            ("Dev.-Account-", "DEV_ACCOUNT"),
            ("DEV", "DEV"),
            ("Prod2Account", "PROD2_ACCOUNT"),
        ] {
            assert_eq!(upper_snake(account), name, "{account}");
        }
    }

    #[test]
    fn no_two_accounts_share_a_variable() {
        let organization = Organization::default();
        let mut ids = Ids::new(&organization);
        assert_eq!(ids.variable("DevAccount"), "AWS_ACCOUNT_ID_DEV_ACCOUNT");
        assert_eq!(ids.variable("devAccount"), "AWS_ACCOUNT_ID_DEV_ACCOUNT_2");
        assert_eq!(ids.variable("DevAccount"), "AWS_ACCOUNT_ID_DEV_ACCOUNT");
    }
}

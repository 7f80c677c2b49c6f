//! A workflow plan and the partials to files.
//!
//! Each piece is a partial of `workflow/`; YAML is parsed again before it is returned. Refuses
//! partials that render to anything else.

use serde_json::{Map, Value as Json, json};

use crate::aws::partitions::{Region, partition};
use crate::diagnostic::{Diagnostic, Result};
use crate::partials::Partials;
use crate::partials::rules::BROKEN_PARTIAL;
use crate::roles::{RoleKind, TargetRole, ToolsKind};
use crate::workflow::plan::{
    AccountId, Delivery, SignIn, StagePlan, WorkflowAccount, WorkflowFile, WorkflowFramework,
    WorkflowPlan,
};
use crate::workflow::rules::NO_WORKFLOW;
use crate::yaml::emit::scalar;

/// Frameworks that run on Node.js.
const NODE: &[&str] = &["serverless", "serverless-v4", "cdk"];
/// The framework that asks for an access key of its own.
const LICENSED: &str = "serverless-v4";

/// The files of an app's repository: the workflow, its actions, and lines for the frameworks.
///
/// # Errors
///
/// `broken-partial`; `no-workflow` for a framework that no partial deploys with.
pub fn files(partials: &Partials, plan: &WorkflowPlan) -> Result<Vec<WorkflowFile>> {
    Writer { partials, plan }.files()
}

/// Writes the files of one plan.
pub(super) struct Writer<'run> {
    pub(super) partials: &'run Partials,
    pub(super) plan: &'run WorkflowPlan,
}

/// The names of regions, for a text.
fn names<'a>(regions: impl IntoIterator<Item = &'a Region>) -> String {
    let names: Vec<&str> = regions
        .into_iter()
        .map(|region| region.0.as_str())
        .collect();
    names.join(", ")
}

/// What one composite action does: stages that do the same share it.
struct CompositeAction<'run> {
    delivery: &'run Delivery,
    sign_in: &'run SignIn,
    folder: String,
}

impl Writer<'_> {
    fn files(&self) -> Result<Vec<WorkflowFile>> {
        let actions = self.actions();
        let mut files = vec![self.workflow(&actions)?];
        for action in &actions {
            files.push(self.action(action)?);
        }
        files.extend(self.configurations()?);
        Ok(files)
    }

    pub(super) fn app(&self) -> &str {
        &self.plan.app_id
    }

    /// Renders a partial; the line breaks of the comment at its head are not part of it.
    pub(super) fn render(&self, partial: &str, context: &Json) -> Result<String> {
        let text = self.partials.render(partial, context)?;
        Ok(text.trim_start_matches('\n').to_owned())
    }

    /// The actions in the order of the stages that use them first; a single one is not named after
    /// a stage.
    fn actions(&self) -> Vec<CompositeAction<'_>> {
        let mut actions: Vec<CompositeAction<'_>> = Vec::new();
        for stage in &self.plan.stages {
            if !actions.iter().any(|action| action.serves(stage)) {
                actions.push(CompositeAction {
                    delivery: &stage.delivery,
                    sign_in: &stage.sign_in,
                    folder: format!("{}-deploy-{}", self.app(), stage.stage),
                });
            }
        }
        if let [only] = actions.as_mut_slice() {
            only.folder = format!("{}-deploy", self.app());
        }
        actions
    }

    fn workflow(&self, actions: &[CompositeAction<'_>]) -> Result<WorkflowFile> {
        let mut jobs = Vec::new();
        let mut before: Vec<&StagePlan> = Vec::new();
        for stage in &self.plan.stages {
            let action = actions.iter().find(|action| action.serves(stage));
            let folder = action.map_or("", |action| action.folder.as_str());
            // A job is skipped with the one that it needs, so that must run whenever this one does.
            let needs = before
                .iter()
                .rev()
                .find(|other| other.branches.is_empty() || other.branches == stage.branches);
            let needs = needs.map(|other| job_id(other));
            let context = self.job(stage, &job_id(stage), needs.as_deref(), folder);
            let text = self.render("workflow/job", &context)?;
            jobs.push(indented(&text, 2));
            before.push(stage);
        }
        let stages = self.plan.stages.iter();
        let mut environments: Vec<String> = Vec::new();
        for name in stages
            .clone()
            .filter_map(|stage| stage.environment.as_deref())
        {
            let name = scalar(name);
            if !environments.contains(&name) {
                environments.push(name);
            }
        }
        let branches = self.plan.branches.iter();
        let branches = branches.map(|branch| scalar(&filter_pattern(branch)));
        let keys = stages
            .clone()
            .any(|stage| stage.sign_in == SignIn::UserKeys);
        let licence = stages.clone().any(|stage| is_licensed(&stage.delivery));
        let variables = self.variables();
        let to_set = keys || licence || !environments.is_empty() || !variables.is_empty();
        let context = json!({
            "toSet": to_set,
            "title": scalar(&format!("Deploy {}", self.app())),
            "environments": environments.join(", "),
            "keys": keys,
            "user": self.plan.app().principal(ToolsKind::GitHubActionsUser).name,
            "licence": licence,
            "variables": variables,
            "branches": branches.collect::<Vec<_>>(),
            "region": scalar(&self.plan.region.0),
            "others": names(&self.plan.other_regions),
            "jobs": jobs,
        });
        let path = format!(".github/workflows/{}-deploy.yml", self.app());
        self.yaml("workflow/workflow", &context, path, "jobs")
    }

    /// The variables that hold account ids, each once.
    fn variables(&self) -> Vec<Json> {
        let mut found: Vec<Json> = Vec::new();
        for stage in &self.plan.stages {
            let tools = match &stage.sign_in {
                SignIn::OidcThroughTools { account, .. } => Some(account),
                SignIn::OidcDirect | SignIn::UserKeys => None,
            };
            for account in tools.into_iter().chain(&stage.accounts) {
                if let AccountId::Variable(name) = &account.id {
                    let variable = json!({ "account": account.logical_id, "name": name });
                    if !found.contains(&variable) {
                        found.push(variable);
                    }
                }
            }
        }
        found
    }

    fn job(&self, stage: &StagePlan, job: &str, needs: Option<&str>, folder: &str) -> Json {
        let app = self.app();
        let mut name = format!("Deploy {app} to {}", stage.stage);
        let mut group = format!("{app}-deploy-{}", stage.stage);
        let mut context = Map::new();
        let mut put = |key: &str, value: Json| context.insert(key.to_owned(), value);
        if let [account] = stage.accounts.as_slice() {
            put("accountId", id(account).into());
            put("name", scalar(&name).into());
            put("group", scalar(&group).into());
        } else {
            // These hold no character that has a meaning in YAML: stages are checked names.
            name.push_str(" (${{ matrix.account }})");
            group.push_str("-${{ matrix.account }}");
            put("accountId", "${{ matrix.account-id }}".into());
            put("name", name.into());
            put("group", group.into());
            let row = |account: &WorkflowAccount| json!({ "account": scalar(&account.logical_id), "id": id(account) });
            put("matrix", stage.accounts.iter().map(row).collect());
        }
        put("job", job.into());
        put("stage", scalar(&stage.stage).into());
        if let Some(environment) = &stage.environment {
            put("environment", scalar(environment).into());
        }
        if let Some(needs) = needs {
            put("needs", needs.into());
        }
        if !stage.branches.is_empty() {
            let conditions: Vec<String> = stage
                .branches
                .iter()
                .map(|branch| is_branch(branch))
                .collect();
            put("condition", scalar(&conditions.join(" || ")).into());
        }
        put("action", format!("$/.github/actions/{folder}").into());
        put("minutes", minutes(stage).into());
        put("oidc", (stage.sign_in != SignIn::UserKeys).into());
        put("keys", (stage.sign_in == SignIn::UserKeys).into());
        put("licence", is_licensed(&stage.delivery).into());
        if let SignIn::OidcThroughTools { role, account } = &stage.sign_in {
            let arn = self.arn(&bare_id(account), role.clone());
            put("toolsRole", arn.into());
        }
        Json::Object(context)
    }

    /// The ARN of a principal; nothing of it needs quotes.
    pub(super) fn arn(&self, account: &str, kind: impl Into<RoleKind>) -> String {
        let principal = self.plan.app().principal(kind);
        principal.arn(partition(&self.plan.region.0), account)
    }

    fn action(&self, action: &CompositeAction<'_>) -> Result<WorkflowFile> {
        let delivery = action.delivery;
        let flags = json!({
            "toolsRole": matches!(action.sign_in, SignIn::OidcThroughTools { .. }),
            "keys": *action.sign_in == SignIn::UserKeys,
            "licence": is_licensed(delivery),
            "node": is_node(delivery),
        });
        let mut steps = vec![self.render("workflow/check", &flags)?];
        if is_node(delivery) {
            steps.push(self.render("workflow/setup-node", &flags)?);
        }
        if delivery
            .frameworks
            .iter()
            .any(|framework| framework.name.value == "sam")
        {
            steps.push(self.render("workflow/setup-sam", &flags)?);
        }
        steps.push(self.sign_in(action, TargetRole::Deployer)?);
        for framework in &delivery.frameworks {
            steps.push(self.deploy(framework)?);
        }
        if delivery.test_role {
            steps.push(self.sign_in(action, TargetRole::Test)?);
            steps.push(self.render("workflow/test", &flags)?);
        }
        let steps: Vec<String> = steps.iter().map(|step| indented(step, 4)).collect();
        let mut context = flags;
        if let Json::Object(context) = &mut context {
            let app = self.app();
            let description =
                format!("Deploys {app} into one account, with the roles that are there for it");
            context.insert("title".into(), scalar(&format!("Deploy {app}")).into());
            context.insert("description".into(), scalar(&description).into());
            if self.is_in_several() {
                let all = std::iter::once(&self.plan.region).chain(&self.plan.other_regions);
                context.insert("regions".into(), names(all).into());
                context.insert("region".into(), scalar(&self.plan.region.0).into());
            }
            context.insert("steps".into(), steps.into());
        }
        let path = format!(".github/actions/{}/action.yml", action.folder);
        self.yaml("workflow/action", &context, path, "runs")
    }

    /// Whether the app is in several regions.
    fn is_in_several(&self) -> bool {
        !self.plan.other_regions.is_empty()
    }

    /// The region; if there are several, what stands for the one that a job deploys into.
    fn region(&self, given: &str) -> String {
        if self.is_in_several() {
            given.to_owned()
        } else {
            scalar(&self.plan.region.0)
        }
    }

    fn sign_in(&self, action: &CompositeAction<'_>, role: TargetRole) -> Result<String> {
        let partial = match action.sign_in {
            SignIn::OidcDirect => "workflow/sign-in-oidc-direct",
            SignIn::OidcThroughTools { .. } => "workflow/sign-in-oidc-tools",
            SignIn::UserKeys => "workflow/sign-in-keys",
        };
        let context = json!({
            "title": format!("Become the {}", role.suffix()),
            "role": self.arn("${{ inputs.account-id }}", role),
            "region": self.region("${{ inputs.region }}"),
            "sessionSeconds": action.delivery.session_seconds,
        });
        self.render(partial, &context)
    }

    fn deploy(&self, framework: &WorkflowFramework) -> Result<String> {
        let name = &framework.name;
        let partial = format!("workflow/deploy-{}", name.value);
        if !self.partials.has(&partial) {
            let message = format!("no partial says how to deploy with `{}`", name.value);
            return Err(vec![
                Diagnostic::new(&NO_WORKFLOW, name.span, message).help(format!(
                    "add `{partial}.hbs` to your partials (`Definitions.DeployRoles.Partials`, or `--partials DIR`), modeled on the built-in `workflow/deploy-cloudformation.hbs`"
                )),
            ]);
        }
        let context = json!({
            "appId": self.app(),
            "region": self.region("\"$REGION\""),
            "regions": self.is_in_several(),
            "executionRole": self.arn("${{ inputs.account-id }}", TargetRole::Execution),
            "options": flags(framework),
        });
        self.render(&partial, &context)
    }

    /// Renders a file that must be a YAML mapping with `key`.
    pub(super) fn yaml(
        &self,
        partial: &str,
        context: &Json,
        path: String,
        key: &str,
    ) -> Result<WorkflowFile> {
        let text = self.render(partial, context)?;
        let broken = |reason: String| {
            let message = format!("what the partials make of `{path}` {reason}");
            let diagnostic = Diagnostic::new(&BROKEN_PARTIAL, self.partials.span(partial), message);
            vec![diagnostic.help("compare your partials of `workflow/` with the built-in ones")]
        };
        match serde_yaml::from_str::<serde_yaml::Value>(&text) {
            Ok(value) if value.get(key).is_some() => Ok(WorkflowFile { path, text }),
            Ok(_) => Err(broken(format!("has no `{key}`"))),
            Err(error) => Err(broken(format!("is not YAML: {error}"))),
        }
    }
}

impl CompositeAction<'_> {
    /// Whether the stage's jobs can use it: its steps do not contain accounts or boundaries.
    fn serves(&self, stage: &StagePlan) -> bool {
        let (ours, theirs) = (self.delivery, &stage.delivery);
        std::mem::discriminant(self.sign_in) == std::mem::discriminant(&stage.sign_in)
            && ours.frameworks == theirs.frameworks
            && ours.test_role == theirs.test_role
            && ours.session_seconds == theirs.session_seconds
    }
}

/// How long a job may take: as long as the session that it deploys with.
fn job_id(stage: &StagePlan) -> String {
    format!("deploy-{}", stage.stage)
}

/// A branch, with IAM's wildcards, as a filter pattern of GitHub: there `*` stops at a slash, and
/// some characters say how often the previous one appears.
fn filter_pattern(branch: &str) -> String {
    let mut out = String::new();
    for c in branch.chars() {
        match c {
            '*' => out.push_str("**"),
            '?' => out.push('*'),
            '+' | '!' | '[' | ']' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// An expression of GitHub that holds on the branch. Expressions know no patterns: what is
/// before the first wildcard decides, and IAM refuses the rest.
fn is_branch(branch: &str) -> String {
    let quoted = |text: &str| format!("'refs/heads/{}'", text.replace('\'', "''"));
    match branch.find(['*', '?']) {
        Some(at) => {
            let stem = branch.get(..at).unwrap_or_default();
            format!("startsWith(github.ref, {})", quoted(stem))
        }
        None => format!("github.ref == {}", quoted(branch)),
    }
}

fn minutes(stage: &StagePlan) -> u32 {
    match (&stage.sign_in, stage.delivery.session_seconds) {
        (SignIn::OidcDirect | SignIn::UserKeys, Some(seconds)) => (seconds / 60).max(60),
        _ => 60,
    }
}

/// An account's id as a value of YAML, quoted: it may begin with zeros.
fn id(account: &WorkflowAccount) -> String {
    match &account.id {
        AccountId::Known(_) => format!("'{}'", bare_id(account)),
        AccountId::Variable(_) => bare_id(account),
    }
}

fn bare_id(account: &WorkflowAccount) -> String {
    match &account.id {
        AccountId::Known(id) => id.clone(),
        AccountId::Variable(name) => format!("${{{{ vars.{name} }}}}"),
    }
}

pub(super) fn flags(framework: &WorkflowFramework) -> Json {
    let options = framework
        .options
        .iter()
        .map(|option| (option.clone(), true.into()));
    Json::Object(options.collect())
}

fn is_node(delivery: &Delivery) -> bool {
    let mut names = delivery
        .frameworks
        .iter()
        .map(|framework| &framework.name.value);
    names.any(|name| NODE.contains(&name.as_str()))
}

fn is_licensed(delivery: &Delivery) -> bool {
    let mut frameworks = delivery.frameworks.iter();
    frameworks.any(|framework| framework.name.value == LICENSED)
}

/// The lines of `text`, each indented; no line break at the end.
fn indented(text: &str, by: usize) -> String {
    let lines = text.trim_end().lines().map(|line| {
        if line.is_empty() {
            String::new()
        } else {
            format!("{:by$}{line}", "")
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

//! What an Allow would change: the line of the macro that grants it, the name that it would be
//! granted for, or a statement to add.
//!
//! In: a denial that nothing denies explicitly. Out: what to do. Refuses nothing.

use std::collections::BTreeSet;

use crate::aws::actions::{AccessLevel, reference};
use crate::denied::advice::{
    BEFORE_APP, BEFORE_APP_OF_FRAMEWORK, DenialAdvice, DenialAdviser, KnownMacro, MacroChange,
    OwnRequest, generalized,
};
use crate::denied::model::{Denial, DenialForm};
use crate::denied::statements::{PartialStatement, StatementSource};
use crate::denied::who::DeniedWho;
use crate::partials::statements::APP;
use crate::roles::TargetRole;

impl DenialAdviser {
    /// What grants a denial that nothing denies explicitly.
    pub(super) fn grant(&self, denial: &Denial, advice: &mut DenialAdvice) {
        match advice.who {
            DeniedWho::AppRole => {
                advice.steps.push(
                    "this is a role of the app: allow it in the app's template, not in the macro"
                        .to_owned(),
                );
                return;
            }
            DeniedWho::CdkBootstrap => {
                advice.steps.push("`cdk bootstrap` created this role: bootstrap the account again, or change the bootstrap template".to_owned());
                return;
            }
            DeniedWho::Test(_) => {
                advice.steps.push("this is the TestRole: `TestRole.Services` or `TestRole.Policies` of the macro say what it can do".to_owned());
                return;
            }
            DeniedWho::Other => {
                advice.steps.push("this principal is not one that a macro creates: whoever manages it must allow it. If it should be the DeployerRole or the execution role, look at the role that the deployment names".to_owned());
                return;
            }
            _ => {}
        }
        let Some(request) = OwnRequest::of(denial, self.app_id(&advice.who)) else {
            advice.steps.push(unknown(denial));
            return;
        };
        if request.action == "iam:CreateServiceLinkedRole" && denial.resource.is_none() {
            advice.steps.push("the message does not say for which service: AWS creates this role with the first resource of its kind in an account. An administrator can create it once: `aws iam create-service-linked-role --aws-service-name SERVICE`".to_owned());
            return;
        }
        let mut granting = self.granting(&advice.who, &request);
        if granting.is_empty() {
            let app = self.app_id(&advice.who);
            let of_framework = OwnRequest::with(denial, app, BEFORE_APP_OF_FRAMEWORK);
            granting =
                of_framework.map_or_else(Vec::new, |request| self.granting(&advice.who, &request));
        }
        let granting = without_needless_options(&granting, &request);
        if let DeniedWho::Ci(app) = &advice.who
            && request.action != "sts:AssumeRole"
        {
            advice.steps.push(format!(
                "CI itself only assumes the `{app}-{}`: let the deployment run with that role",
                TargetRole::Deployer.suffix()
            ));
        }
        if granting.is_empty() {
            self.no_grant(denial, &request, advice);
        } else {
            self.granted_by(&granting, &request.action, advice);
        }
        if denial.form == DenialForm::Bare {
            advice.steps.push(caution(denial).to_owned());
        } else if denial.form == DenialForm::Spoken && request.action == "ecr:BatchGetImage" {
            advice.steps.push(
                "the policy of the repository must also let Lambda read the image: Lambda adds this itself if the role has `ecr:SetRepositoryPolicy`, and the owner must add it if the repository is in another account".to_owned(),
            );
        }
    }

    /// The statements that a principal's role can have.
    fn relevant(&self, who: &DeniedWho) -> impl Iterator<Item = &PartialStatement> {
        self.statements(who)
            .iter()
            .filter(|statement| can_have(who, statement))
    }

    /// The statements that grant a request, if their conditions hold.
    fn granting(&self, who: &DeniedWho, request: &OwnRequest) -> Vec<&PartialStatement> {
        let request = request.as_request();
        self.relevant(who)
            .filter(|statement| !statement.is_deny && statement.is_about(&request))
            .collect()
    }

    /// The lines of the macro that add the statements.
    fn granted_by(&self, granting: &[&PartialStatement], action: &str, advice: &mut DenialAdvice) {
        let known = self.macro_of(&advice.who);
        let mut changes: Vec<MacroChange> = Vec::new();
        for statement in granting {
            if let StatementSource::Always(_) = &statement.source {
                let condition = statement.condition.as_deref().unwrap_or("none");
                advice.steps.push(format!(
                    "the statement `{}` of the role allows it if its condition holds: {condition}",
                    statement.sid
                ));
            }
            let change = change(statement, known);
            changes.extend(change.filter(|change| !changes.contains(change)));
        }
        changes.sort_by_key(|change| nearness(change, action));
        let there = changes.iter().find(|change| change.is_there == Some(true));
        let step = match (there, known) {
            (Some(there), Some(known)) => format!(
                "the macro `{}` already has {}: expand it, and update the roles of this account and stage",
                known.name,
                shown(there)
            ),
            _ => first(&changes),
        };
        advice.changes = changes;
        if advice.changes.is_empty() {
            return;
        }
        advice.steps.push(step);
        advice.steps.extend(conditions(granting));
    }

    /// Nothing grants it on this resource: the name does not fit, or there is no such service.
    fn no_grant(&self, denial: &Denial, request: &OwnRequest, advice: &mut DenialAdvice) {
        let app = self.app_id(&advice.who).map(str::to_owned);
        let step = self
            .replaced(&request.as_request(), &advice.who)
            .or_else(|| self.wrong_name(request, app.as_deref(), &advice.who));
        if let Some(step) = step {
            advice.steps.push(step);
            return;
        }
        if matches!(advice.who, DeniedWho::Deployer(_) | DeniedWho::Ci(_)) {
            advice.steps.push(self.not_of_cli(request));
            return;
        }
        if let Some(why) = never(&request.action) {
            advice.steps.push(format!(
                "no service grants `{}`, because {why}. A person must decide: `deploy-roles infer --allow {}` writes a partial with it",
                request.action, request.action
            ));
            return;
        }
        let no_service = if self.has_own_services(&advice.who) {
            "no service grants"
        } else {
            "no built-in service grants"
        };
        advice.steps.push(format!(
            "{no_service} `{}`: `deploy-roles infer APP --write-partials partials` writes one from the app's template",
            request.action
        ));
        advice
            .steps
            .extend(own_statement(denial, request, app.as_deref()));
    }

    /// The step for a resource that a service would cover if it were named after the app.
    fn wrong_name(
        &self,
        request: &OwnRequest,
        app: Option<&str>,
        who: &DeniedWho,
    ) -> Option<String> {
        let resource = request.resource.as_deref()?;
        let own = request.action.split(':').next().unwrap_or_default();
        let mut fits: Vec<(&PartialStatement, String)> = self
            .relevant(who)
            .filter(|statement| !statement.is_deny && statement.names(&request.action))
            .filter_map(|statement| {
                let names = statement.resources.iter();
                let mut fits = names.filter_map(|pattern| fitting(pattern, resource));
                Some((statement, fits.next()?))
            })
            .collect();
        let is_other = |statement: &PartialStatement| match &statement.source {
            StatementSource::Service(name) | StatementSource::Framework(name) => name != own,
            StatementSource::Always(_) => true,
        };
        fits.sort_by_key(|(statement, _)| (is_other(statement), statement.option.is_some()));
        let (fit, name) = fits.first()?;
        let action = &request.action;
        let source = source(fit);
        Some(match app {
            Some(app) => format!(
                "the name does not fit: {source} grants `{action}` on names that begin with `{app}-`. Rename it, for example to `{app}-{}`",
                first_part(name)
            ),
            None => format!(
                "{source} grants `{action}` on names that begin with the app id and a dash: add it to the macro if `{}` does, and rename it if not",
                first_part(name)
            ),
        })
    }

    /// The step for a call that no CLI makes.
    fn not_of_cli(&self, request: &OwnRequest) -> String {
        let action = &request.action;
        let of_execution = self
            .relevant(&DeniedWho::CdkExecution)
            .find(|statement| !statement.is_deny && statement.is_about(&request.as_request()));
        match of_execution {
            Some(statement) => format!(
                "the DeployerRole does not create resources: the execution role has `{action}` with {}. Let the deployment pass it to CloudFormation (`--role-arn` of `aws` and `sam`, `provider.iam.deploymentRole` of the Serverless Framework)",
                source(statement)
            ),
            None => format!(
                "no framework makes this call when it deploys an app: if a step of yours does, allow `{action}` in `DeployerPolicies`"
            ),
        }
    }
}

/// Whether the role of a principal can have a statement.
pub(super) fn can_have(who: &DeniedWho, statement: &PartialStatement) -> bool {
    let is_cli = matches!(who, DeniedWho::Deployer(_) | DeniedWho::Ci(_));
    match &statement.source {
        StatementSource::Service(_) => !is_cli,
        StatementSource::Framework(_) => is_cli || *who == DeniedWho::Unknown,
        StatementSource::Always(name) => is_cli && name == "deployer/delegate",
    }
}

/// The statements without those that an option only makes wider, if they grant the request without
/// it. A role that is passed to a service that is not known may need the option.
fn without_needless_options<'a>(
    granting: &[&'a PartialStatement],
    request: &OwnRequest,
) -> Vec<&'a PartialStatement> {
    if request.action == "iam:PassRole" && request.passed_to.is_none() {
        return granting.to_vec();
    }
    let is_needless = |statement: &PartialStatement| {
        let mut others = granting.iter();
        statement.option.is_some()
            && others.any(|other| {
                other.option.is_none()
                    && other.source == statement.source
                    && other.sid == statement.sid
            })
    };
    let needed = granting.iter().filter(|statement| !is_needless(statement));
    needed.copied().collect()
}

/// The line of the macro that adds a statement.
fn change(statement: &PartialStatement, known: Option<&KnownMacro>) -> Option<MacroChange> {
    let (argument, name, chosen) = match &statement.source {
        StatementSource::Service(name) => ("Services", name, known.map(|known| &known.services)),
        StatementSource::Framework(name) => {
            ("Framework", name, known.map(|known| &known.frameworks))
        }
        StatementSource::Always(_) => return None,
    };
    if let Some((service, option)) = &statement.beside {
        let has =
            |(other, options): &(String, Vec<String>)| other == service && options.contains(option);
        return Some(MacroChange {
            argument: "Services",
            name: service.clone(),
            option: Some(option.clone()),
            is_there: known.map(|known| known.services.iter().any(has)),
        });
    }
    let option = statement.option.as_ref();
    // Every framework has the calls for stacks.
    let is_base = argument == "Framework" && name == "cloudformation" && option.is_none();
    let has = |(other, options): &(String, Vec<String>)| {
        other == name && option.is_none_or(|option| options.contains(option))
    };
    Some(MacroChange {
        argument,
        name: name.clone(),
        option: option.cloned(),
        is_there: chosen.map(|chosen| is_base || chosen.iter().any(has)),
    })
}

/// When the statements allow it, if all of them have a condition.
fn conditions(granting: &[&PartialStatement]) -> BTreeSet<String> {
    let all = granting.iter().map(|statement| {
        let condition = statement.condition.as_ref()?;
        let condition = condition.replace(&format!("{APP}-"), "<AppId>-");
        Some(format!("`{}` allows it only if {condition}", statement.sid))
    });
    all.collect::<Option<_>>().unwrap_or_default()
}

/// How near a change is: the action's own service first, what needs no option before.
fn nearness(change: &MacroChange, action: &str) -> usize {
    let service = action.split(':').next().unwrap_or_default();
    let is_there = usize::from(change.is_there != Some(true));
    let is_other = usize::from(change.name != service);
    is_there * 4 + is_other * 2 + usize::from(change.option.is_some())
}

/// An entry of a list in the macro.
fn shown(change: &MacroChange) -> String {
    match &change.option {
        Some(option) => format!("`{}: [{option}]` in `{}`", change.name, change.argument),
        None => format!("`{}` in `{}`", change.name, change.argument),
    }
}

/// The step for the nearest change.
fn first(changes: &[MacroChange]) -> String {
    let Some(first) = changes.first() else {
        return String::new();
    };
    let kind = match first.argument {
        "Services" => "the service ",
        _ => "",
    };
    let what = match &first.option {
        Some(option) => format!(
            "turn on the option `{option}` of {kind}`{}`: {}",
            first.name,
            shown(first)
        ),
        None => format!("add `{}` to `{}` of the macro", first.name, first.argument),
    };
    let others: Vec<String> = changes.iter().skip(1).map(shown).collect();
    if others.is_empty() {
        what
    } else {
        format!("{what}. It would also come with {}", others.join(", "))
    }
}

/// What has a statement.
pub(super) fn source(statement: &PartialStatement) -> String {
    if let (StatementSource::Framework(name), Some((service, option))) =
        (&statement.source, &statement.beside)
    {
        return format!("the framework `{name}` with `{service}: [{option}]` in `Services`");
    }
    match (&statement.source, &statement.option) {
        (StatementSource::Service(name), None) => format!("the service `{name}`"),
        (StatementSource::Service(name), Some(option)) => {
            format!("the service `{name}` with `{option}`")
        }
        (StatementSource::Framework(name), None) => format!("the framework `{name}`"),
        (StatementSource::Framework(name), Some(option)) => {
            format!("the framework `{name}` with `{option}`")
        }
        (StatementSource::Always(name), _) => format!("the partial `{name}`"),
    }
}

/// The name of a resource whose ARN would fit a pattern if it were named after the app.
fn fitting(pattern: &str, resource: &str) -> Option<String> {
    let (before, _) = pattern.split_once(&format!("{APP}-"))?;
    // A pattern of a kind of resources: what is before the name must be there.
    let name = resource.strip_prefix(before)?;
    let is_of_app = name.starts_with(&format!("{APP}-"));
    (!is_of_app && !name.is_empty() && name != "*").then(|| name.to_owned())
}

/// The first part of a resource's name.
fn first_part(name: &str) -> &str {
    let name = name.trim_start_matches('/');
    name.split(['/', ':']).next().unwrap_or_default()
}

/// Why a permission is never granted without a person's word.
fn never(action: &str) -> Option<&'static str> {
    let (service, name) = action.split_once(':')?;
    let actions = reference().service(service)?.actions;
    let level = actions
        .iter()
        .find(|known| known.name == name)
        .map(|known| known.level);
    let is_write = !matches!(level, Some(AccessLevel::Read | AccessLevel::List));
    match service {
        "iam" if is_write => Some("it changes identities and what they can do"),
        "organizations" | "account" | "sso" | "identitystore" | "ram" => {
            Some("it changes the account or the organization")
        }
        "sts" => Some("it acts as somebody else"),
        _ if matches!(
            level,
            Some(AccessLevel::Permissions | AccessLevel::PassRole)
        ) =>
        {
            Some("it changes permissions")
        }
        _ => None,
    }
}

/// The statement that would allow it, for the app's names alone.
fn own_statement(denial: &Denial, request: &OwnRequest, app: Option<&str>) -> Option<String> {
    let resource = denial.resource.as_deref()?;
    let own = generalized(resource, app, BEFORE_APP);
    let parts: Vec<&str> = own.splitn(6, ':').collect();
    let [_, _, service, region, account, name] = parts.as_slice() else {
        return None;
    };
    let prefix = format!("{APP}-");
    let Some(at) = name.find(&prefix) else {
        app?;
        return Some("the resource is not named after the app: give it a name that begins with the app id, or allow it in `ExecutionPolicies` for this resource alone".to_owned());
    };
    let kind = name.get(..at)?;
    let region = if region.is_empty() {
        ""
    } else {
        "${AWS::Region}"
    };
    let account = if account.is_empty() {
        ""
    } else {
        "${AWS::AccountId}"
    };
    Some(format!(
        "the statement is an Allow of `{}` on `arn:${{AWS::Partition}}:{service}:{region}:{account}:{kind}{{{{appId}}}}-*`",
        request.action
    ))
}

/// What a message without an action leaves open.
fn unknown(denial: &Denial) -> String {
    match &denial.type_name {
        Some(kind) => format!(
            "the message does not say which action it was: CloudTrail does (`errorCode` `AccessDenied`), and `deploy-roles infer` lists what `{kind}` needs"
        ),
        None => "the message does not say which action it was: look it up in CloudTrail (`errorCode` `AccessDenied`), and give the event to `deploy-roles denied`".to_owned(),
    }
}

/// What else a message without a reason can mean.
fn caution(denial: &Denial) -> &'static str {
    match denial.action.as_deref() {
        Some("s3:PutBucketPolicy" | "s3:PutBucketAcl" | "s3:PutObjectAcl") => {
            "the message gives no reason: Block Public Access of the bucket or account refuses public policies in the same words"
        }
        Some("sts:AssumeRole") => {
            "the message gives no reason: the role may not exist, its trust policy may not name you, or nothing allows you to assume it"
        }
        Some("s3:GetObject") => {
            "the message gives no reason: the object may not exist, or the policy of the bucket or its key may refuse it"
        }
        _ => "the message gives no reason: CloudTrail may have it",
    }
}

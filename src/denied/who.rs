//! Whose principal was denied.
//!
//! In: a principal, as a log has it, and the app ids that are known. Out: a [`DeniedWho`]. Refuses
//! nothing: a principal that this tool does not create is somebody else's.

use std::collections::BTreeSet;

use crate::oidc::PROVIDERS;
use crate::roles::TargetRole;

/// Whose principal was denied. The text is the app id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeniedWho {
    /// The role that CloudFormation creates the app's resources with.
    Execution(String),
    /// The role of the CDK's bootstrap that CloudFormation has.
    CdkExecution,
    /// The role that CI deploys with.
    Deployer(String),
    /// The role of post-deployment tests.
    Test(String),
    /// CI's own role or user.
    Ci(String),
    /// Another role of the CDK's bootstrap, which the CDK's CLI assumes.
    CdkBootstrap,
    /// A role of the app itself: its template says what it may do.
    AppRole,
    /// A principal that this tool does not create.
    Other,
    /// The log does not say.
    Unknown,
}

impl DeniedWho {
    /// As the JSON answer has it.
    pub const fn word(&self) -> &'static str {
        match self {
            DeniedWho::Execution(_) => "execution-role",
            DeniedWho::CdkExecution => "cdk-execution-role",
            DeniedWho::Deployer(_) => "deployer-role",
            DeniedWho::Test(_) => "test-role",
            DeniedWho::Ci(_) => "ci",
            DeniedWho::CdkBootstrap => "cdk-bootstrap",
            DeniedWho::AppRole => "app-role",
            DeniedWho::Other => "other",
            DeniedWho::Unknown => "unknown",
        }
    }

    /// The app id, if the principal's name has it.
    pub fn app_id(&self) -> Option<&str> {
        match self {
            DeniedWho::Execution(app)
            | DeniedWho::Deployer(app)
            | DeniedWho::Test(app)
            | DeniedWho::Ci(app) => Some(app),
            _ => None,
        }
    }
}

/// Whose `principal` is, if `apps` are the app ids that are known.
pub(super) fn who(principal: Option<&str>, apps: &BTreeSet<String>) -> DeniedWho {
    let Some(principal) = principal else {
        return DeniedWho::Unknown;
    };
    let Some((kind, name)) = role_or_user(principal) else {
        return DeniedWho::Other;
    };
    if let Some(rest) = name.strip_prefix("cdk-") {
        if rest.contains("-cfn-exec-role-") {
            return DeniedWho::CdkExecution;
        }
        let of_bootstrap = ["-deploy-role-", "-lookup-role-", "-publishing-role-"];
        if of_bootstrap.iter().any(|role| rest.contains(role)) {
            return DeniedWho::CdkBootstrap;
        }
    }
    own(name).unwrap_or_else(|| {
        // A log can name as many apps as it has lines.
        let is_of_app = || {
            let mut ends = name.match_indices('-');
            ends.any(|(end, _)| name.get(..end).is_some_and(|app| apps.contains(app)))
        };
        if kind == "role" && (is_of_app() || is_generated(name)) {
            DeniedWho::AppRole
        } else {
            DeniedWho::Other
        }
    })
}

/// The principal of a macro with this name.
fn own(name: &str) -> Option<DeniedWho> {
    let app = |suffix: &str| {
        let app = name.strip_suffix(suffix)?.strip_suffix('-')?;
        is_app_id(app).then(|| app.to_owned())
    };
    let execution = app(TargetRole::Execution.suffix()).map(DeniedWho::Execution);
    execution
        .or_else(|| app(TargetRole::Deployer.suffix()).map(DeniedWho::Deployer))
        .or_else(|| app(TargetRole::Test.suffix()).map(DeniedWho::Test))
        .or_else(|| app("GitHubActionsUser").map(DeniedWho::Ci))
        .or_else(|| app("CodeBuildRole").map(DeniedWho::Ci))
        .or_else(|| {
            // The stage can follow the name.
            let (app, _) = PROVIDERS
                .iter()
                .find_map(|provider| name.split_once(&format!("-{}", provider.role)))
                .filter(|(_, stage)| stage.is_empty() || stage.starts_with('-'))?;
            is_app_id(app).then(|| DeniedWho::Ci(app.to_owned()))
        })
}

/// Whether a text can be an app id: see `arguments::app_id`.
fn is_app_id(text: &str) -> bool {
    let is_in = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(is_in)
}

/// What an ARN of a role, of a session of a role, or of a user names: its kind and its name.
pub(super) fn role_or_user(arn: &str) -> Option<(&'static str, &str)> {
    let resource = arn.strip_prefix("arn:")?.splitn(5, ':').nth(4)?;
    let (kind, rest) = resource.split_once('/')?;
    match kind {
        "assumed-role" => Some(("role", rest.split('/').rev().nth(1).unwrap_or(rest))),
        "role" => Some(("role", rest.rsplit('/').next()?)),
        "user" => Some(("user", rest.rsplit('/').next()?)),
        _ => None,
    }
}

/// Whether CloudFormation or a framework made a role's name: `orders-dev-SeederRole-1ABCDEFGHIJKL`,
/// `orders-dev-eu-west-1-lambdaRole`.
fn is_generated(name: &str) -> bool {
    let Some((before, end)) = name.rsplit_once('-') else {
        return false;
    };
    let is_letters = end.chars().all(|c| c.is_ascii_alphanumeric());
    let has = |is: fn(&char) -> bool| end.chars().any(|c| is(&c));
    let is_random = (11..=13).contains(&end.len())
        && is_letters
        && has(char::is_ascii_uppercase)
        && (has(char::is_ascii_digit) || !has(char::is_ascii_lowercase) || is_mixed(end));
    before.contains('-') && is_random || end == "lambdaRole"
}

/// Whether upper and lower case change as in no word.
fn is_mixed(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let pairs = chars
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()));
    pairs.count() > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_whose_a_principal_is() {
        let apps = BTreeSet::from(["shop".to_owned()]);
        let of = |name: &str| {
            who(
                Some(&format!("arn:aws:sts::1:assumed-role/{name}/s")),
                &apps,
            )
        };
        let orders = || "orders".to_owned();
        assert_eq!(
            of("orders-CloudFormationExecutionRole"),
            DeniedWho::Execution(orders())
        );
        assert_eq!(of("orders-DeployerRole"), DeniedWho::Deployer(orders()));
        assert_eq!(of("orders-GitHubActionsRole-prod"), DeniedWho::Ci(orders()));
        assert_eq!(
            of("cdk-x-cfn-exec-role-1-eu-west-1"),
            DeniedWho::CdkExecution
        );
        assert_eq!(of("cdk-x-deploy-role-1-eu-west-1"), DeniedWho::CdkBootstrap);
        assert_eq!(
            of("orders-dev-SeederRole-1ABCDEFGHIJKL"),
            DeniedWho::AppRole
        );
        assert_eq!(of("orders-dev-SeederRole-kjdflgA8Lphs"), DeniedWho::AppRole);
        assert_eq!(of("shop-worker"), DeniedWho::AppRole);
        assert_eq!(
            of("AWSReservedSSO_Admin_bfe4506b0ea61cc6"),
            DeniedWho::Other
        );
        assert_eq!(of("my-team-GitHubDeploys"), DeniedWho::Other);
        let user = |name: &str| who(Some(&format!("arn:aws-cn:iam::***:user/a/{name}")), &apps);
        assert_eq!(user("orders-GitHubActionsUser"), DeniedWho::Ci(orders()));
        assert_eq!(user("shop-me"), DeniedWho::Other);
        assert_eq!(who(Some("arn:aws:iam::1:root"), &apps), DeniedWho::Other);
        assert_eq!(
            who(
                Some("arn:aws:iam::1:role/deploy/orders-DeployerRole"),
                &apps
            ),
            DeniedWho::Deployer(orders())
        );
        assert_eq!(who(None, &apps), DeniedWho::Unknown);
    }
}

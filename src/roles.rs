//! Every kind of principal that a macro can create: its name, its logical id and its ARN.
//!
//! In: a kind, and what the names of an app consist of. Out: names. Refuses nothing: the id and
//! the path of an app are checked where they are read.

use crate::oidc::{PROVIDERS, Provider};

/// A role of a target account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TargetRole {
    /// The role that CI deploys with.
    Deployer,
    /// The role that CloudFormation creates the app's resources with.
    Execution,
    /// The role of post-deployment tests.
    Test,
}

impl TargetRole {
    /// The end of its physical name, and of its logical id.
    pub const fn suffix(self) -> &'static str {
        match self {
            TargetRole::Deployer => "DeployerRole",
            TargetRole::Execution => "CloudFormationExecutionRole",
            TargetRole::Test => "TestRole",
        }
    }
}

/// What kind of principal the Tools account holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ToolsKind {
    /// `<AppId>-GitHubActionsUser`.
    GitHubActionsUser,
    /// `<AppId>-CodeBuildRole`.
    CodeBuildRole,
    /// `<AppId>-GitHubActionsRole` or a similar name, or with the stage after it: a role that the
    /// tokens of a CI system may assume. A stage whose tokens deploy it alone has one of its own.
    Oidc(&'static Provider, Option<String>),
}

impl ToolsKind {
    /// The end of its physical name.
    pub fn suffix(&self) -> String {
        match self {
            ToolsKind::GitHubActionsUser => "GitHubActionsUser".to_owned(),
            ToolsKind::CodeBuildRole => "CodeBuildRole".to_owned(),
            ToolsKind::Oidc(provider, None) => provider.role.to_owned(),
            ToolsKind::Oidc(provider, Some(stage)) => format!("{}-{stage}", provider.role),
        }
    }

    /// The end of its logical id.
    pub fn logical_id(&self) -> String {
        logical_id_of(&self.suffix())
    }
}

/// A kind of principal that a macro can create.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RoleKind {
    /// In the Tools account.
    Tools(ToolsKind),
    /// In a target account.
    Target(TargetRole),
}

impl From<ToolsKind> for RoleKind {
    fn from(kind: ToolsKind) -> Self {
        RoleKind::Tools(kind)
    }
}

impl From<TargetRole> for RoleKind {
    fn from(role: TargetRole) -> Self {
        RoleKind::Target(role)
    }
}

/// What the names of an app's principals consist of.
#[derive(Clone, Copy, Debug)]
pub struct App<'a> {
    /// `AppId`: how every name begins.
    pub id: &'a str,
    /// `Path` of the roles.
    pub path: &'a str,
}

impl App<'_> {
    /// The app's principal of this kind.
    pub fn principal(self, kind: impl Into<RoleKind>) -> DeployPrincipal {
        let kind = kind.into();
        let (suffix, logical_id) = match &kind {
            RoleKind::Tools(kind) => (kind.suffix(), kind.logical_id()),
            RoleKind::Target(role) => (role.suffix().to_owned(), role.suffix().to_owned()),
        };
        let name = format!("{}-{suffix}", self.id);
        let resource = match kind {
            RoleKind::Tools(ToolsKind::GitHubActionsUser) => format!("user/{name}"),
            _ => format!("role{}{name}", self.path),
        };
        DeployPrincipal {
            kind,
            name,
            logical_id,
            resource,
        }
    }

    /// The ends of the names of the roles that no stack of an app may edit, whichever the macro
    /// creates.
    pub fn guarded() -> impl Iterator<Item = &'static str> {
        let providers = PROVIDERS
            .iter()
            .filter(|provider| provider.is_always_guarded);
        [
            TargetRole::Execution.suffix(),
            TargetRole::Deployer.suffix(),
            TargetRole::Test.suffix(),
            "CodeBuildRole",
        ]
        .into_iter()
        .chain(providers.map(|provider| provider.role))
    }
}

/// A principal that a macro creates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployPrincipal {
    /// What it is.
    pub kind: RoleKind,
    /// Its physical name.
    pub name: String,
    /// The end of its logical id, after the macro's name and the account's letters and digits.
    pub logical_id: String,
    /// What its ARN ends in.
    resource: String,
}

impl DeployPrincipal {
    /// Its ARN in an account, which is an id or stands for one.
    pub fn arn(&self, partition: &str, account: &str) -> String {
        format!("arn:{partition}:iam::{account}:{}", self.resource)
    }
}

/// The end of a physical name as that of a logical id, which has letters and digits only:
/// `GitHubActionsRoleDev` for `GitHubActionsRole-dev`.
pub fn logical_id_of(suffix: &str) -> String {
    let mut out = String::new();
    for part in suffix.split(|c: char| !c.is_ascii_alphanumeric()) {
        let mut letters = part.chars();
        if out.is_empty() {
            out.push_str(part);
        } else if let Some(first) = letters.next() {
            out.push(first.to_ascii_uppercase());
            out.push_str(letters.as_str());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_the_kind() {
        let app = App {
            id: "shop",
            path: "/deploy/",
        };
        let named = |kind: RoleKind| {
            let principal = app.principal(kind);
            let arn = principal.arn("aws", "123456789012");
            (principal.logical_id, arn)
        };
        let of = |id: &str, resource: &str| {
            (
                id.to_owned(),
                format!("arn:aws:iam::123456789012:{resource}"),
            )
        };
        assert_eq!(
            named(TargetRole::Execution.into()),
            of(
                "CloudFormationExecutionRole",
                "role/deploy/shop-CloudFormationExecutionRole"
            )
        );
        // Users have no path of their own.
        assert_eq!(
            named(ToolsKind::GitHubActionsUser.into()),
            of("GitHubActionsUser", "user/shop-GitHubActionsUser")
        );
        let github = crate::oidc::provider("GitHubOidc").unwrap();
        let of_stage = ToolsKind::Oidc(github, Some("pre-prod".to_owned()));
        assert_eq!(
            named(of_stage.into()),
            of(
                "GitHubActionsRolePreProd",
                "role/deploy/shop-GitHubActionsRole-pre-prod"
            )
        );
    }
}

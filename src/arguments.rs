//! What the author of a macro wrote, defaults filled in.

mod choices;
pub mod decoder;
mod names;
mod overlaps;
mod policies;
pub mod rules;
mod targets;
mod trusts;

use std::rc::Rc;

use serde_yaml::Value;

use crate::aws::partitions::Region;
use crate::oidc::OidcTrust;
use crate::source::{Span, Spanned};
use crate::yaml::node::{Document, Node};

/// The macro's tag.
pub const TAG: &str = "!DeployRoles";

/// A macro call as its author wrote it.
#[derive(Clone, Copy, Debug)]
pub struct MacroText<'run> {
    /// The template, whose `Definitions` and default region apply to the macro.
    pub template: &'run Document,
    /// The arguments.
    pub body: &'run Rc<Node>,
    /// The macro's name.
    pub name_span: Span,
    /// The macro's tag: where defaults are reported.
    pub tag_span: Span,
}

/// The services that a macro without `Services` gets, in the order of the output.
pub const SERVICES: &[&str] = &[
    "lambda",
    "logs",
    "s3",
    "cloudfront",
    "iam",
    "apigateway",
    "events",
    "sns",
    "dynamodb",
    "sqs",
    "ssm",
];

/// A service or framework with the options that are switched on.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Its name, for example `lambda`.
    pub name: Spanned<String>,
    /// Its options, for example `layer`.
    pub options: Vec<Spanned<String>>,
}

/// Who may become the `DeployerRole` and the `TestRole`.
#[derive(Clone, Debug, PartialEq)]
pub enum Trust {
    /// An IAM user of the Tools account.
    GitHubUser,
    /// A role of the Tools account for CodeBuild, with options of its service role.
    CodeBuild(Vec<Spanned<String>>),
    /// A CI system's tokens, for the stage whose arguments these are.
    Oidc(Box<OidcTrust>),
    /// A principal that exists already, as written: text, or an intrinsic function.
    Principal(Value),
}

impl Trust {
    /// Whether the macro makes this principal in the Tools account.
    pub fn needs_tools_account(&self) -> bool {
        match self {
            Trust::GitHubUser | Trust::CodeBuild(_) => true,
            Trust::Oidc(trust) => !trust.direct,
            Trust::Principal(_) => false,
        }
    }
}

/// A policy that the author gives in full.
#[derive(Clone, Debug, PartialEq)]
pub struct UserPolicy {
    /// `PolicyName`.
    pub name: Spanned<String>,
    /// `PolicyDocument`, as written.
    pub document: Value,
}

/// The role of the post-deployment tests.
#[derive(Clone, Debug, PartialEq)]
pub struct TestRole {
    /// The services whose data the tests use; `None` for those of the macro.
    pub services: Option<Vec<Choice>>,
    /// Further policies.
    pub policies: Vec<UserPolicy>,
}

/// What every role of the app must carry as its permissions boundary.
#[derive(Clone, Debug, PartialEq)]
pub enum Boundary {
    /// `<AppId>-AppBoundary`, which the macro makes.
    Made,
    /// A policy that exists already: its ARN as text, or as `!Sub`.
    Existing(Spanned<Value>),
}

/// A tag of a role.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleTag {
    /// `Key`.
    pub key: String,
    /// `Value`, as written.
    pub value: Value,
}

/// The arguments that a target may override.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleArguments {
    /// `Framework`.
    pub frameworks: Vec<Choice>,
    /// `Services`.
    pub services: Vec<Choice>,
    /// `TrustedBy`.
    pub trusted_by: Vec<Spanned<Trust>>,
    /// `TestRole`.
    pub test_role: Option<TestRole>,
    /// `PermissionsBoundary`.
    pub boundary: Option<Boundary>,
    /// `DeployerPolicies`.
    pub deployer_policies: Vec<UserPolicy>,
    /// `ExecutionPolicies`.
    pub execution_policies: Vec<UserPolicy>,
    /// `MaxSessionDuration` in seconds.
    pub max_session_duration: Option<u32>,
    /// `Tags`.
    pub tags: Vec<RoleTag>,
    /// `Deny`: actions that the execution role never may.
    pub deny: Vec<Spanned<String>>,
}

/// Which accounts a target means.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    /// `Account`: the accounts, or all but the management account.
    pub account: Option<Accounts>,
    /// `ExcludeAccount`.
    pub exclude_account: Option<Accounts>,
    /// `OrganizationalUnit`: the units, or all.
    pub organizational_unit: Option<Accounts>,
    /// `ExcludeOrganizationalUnit`.
    pub exclude_organizational_unit: Option<Accounts>,
    /// `AccountsWithTag`: the tag's key.
    pub accounts_with_tag: Option<Spanned<String>>,
    /// `IncludeMasterAccount`.
    pub include_master_account: Option<Spanned<bool>>,
    /// `Select`: a JSONPath.
    pub select: Option<Spanned<String>>,
}

/// The value of a binding key.
#[derive(Clone, Debug)]
pub enum Accounts {
    /// `'*'`.
    All(Span),
    /// `!Ref`s.
    Refs(Vec<Spanned<String>>),
}

/// One entry of `Targets`.
#[derive(Clone, Debug)]
pub struct Target {
    /// The key: the stage's name.
    pub stage: Spanned<String>,
    /// Which accounts.
    pub selector: Selector,
    /// The selector as a reader would say it, for `accounts`.
    pub selector_text: String,
    /// The macro's arguments with this target's overrides.
    pub arguments: RoleArguments,
    /// The whole entry.
    pub span: Span,
}

/// How a trust policy names a principal of the Tools account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustShape {
    /// By its ARN, as principal.
    Principal,
    /// The Tools account as principal, with a condition on `aws:PrincipalArn`.
    Condition,
}

/// How the resources of a target are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Once for each account.
    PerAccount,
    /// Once for each stage, bound to all of its accounts.
    PerBinding,
}

/// The arguments of one macro.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// `AppId`.
    pub app_id: Spanned<String>,
    /// `ToolsAccount`: its logical id.
    pub tools_account: Option<Spanned<String>>,
    /// `Targets`, in the order of the text.
    pub targets: Vec<Target>,
    /// `Region`, or the template's default.
    pub region: Region,
    /// `Path`, `/` by default.
    pub path: String,
    /// `TrustShape`.
    pub trust_shape: TrustShape,
    /// `Layout`.
    pub layout: Layout,
    /// `Tags` of the macro itself: those of what the Tools account holds.
    pub tags: Vec<RoleTag>,
}

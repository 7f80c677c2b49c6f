//! What is to be made: nothing left to look up.
//!
//! A role's body depends on the stage's arguments, not on the account. So a plan lists each
//! distinct *body* once, and *groups* that say which account gets which body. How the groups are
//! written is the layout: each by itself, or by *binding*.

use serde_yaml::Value;

use super::arguments::{Choice, Region, RoleArguments, RoleTag, Spanned, TrustShape};
use super::source::Span;

/// The path of every customer managed policy that macros make.
pub const POLICY_PATH: &str = "/managed/";

/// What one macro makes.
#[derive(Clone, Debug)]
pub struct MacroPlan {
    /// The macro's name.
    pub name: String,
    /// Where it is written.
    pub name_span: Span,
    /// `AppId`.
    pub app_id: Spanned<String>,
    /// The one region of the roles.
    pub region: Region,
    /// `Path` of the roles.
    pub role_path: String,
    /// The distinct bodies.
    pub bodies: Vec<BodyPlan>,
    /// Who gets which, in the order of the output.
    pub groups: Vec<Group>,
    /// What is written together, in `Layout: per-binding`; `None` where each group stands alone.
    pub bindings: Option<Vec<Binding>>,
}

/// One body for one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Index of the body.
    pub body: usize,
    /// The account's logical id.
    pub account: String,
    /// The stage, or `None` for what the Tools account holds.
    pub stage: Option<String>,
}

/// Groups that are written as one: the same body, bound to all of their accounts.
///
/// A stage has a binding of its own even where another stage has the same body. Its logical ids
/// hold the stage's name, and stay what they are when the other stage gets other arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Index of the body.
    pub body: usize,
    /// The stage, or `None` for what the Tools account holds.
    pub stage: Option<String>,
    /// What stands between the macro's name and the kind in logical ids.
    pub id: String,
    /// The accounts, in the order of the targets.
    pub accounts: Accounts,
}

/// The accounts of a [`Binding`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accounts {
    /// This one alone, whatever else joins the stage: the Tools account.
    One(String),
    /// Those of a stage, written as a list even where there is one.
    Listed(Vec<String>),
}

/// `stage` as it stands in logical ids: its letters and digits, each word with a capital.
pub fn stage_id(stage: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    stage
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(capital)
        .collect()
}

/// A distinct set of resources.
#[derive(Clone, Debug, PartialEq)]
pub enum BodyPlan {
    /// The CI principals and what they may assume.
    Tools(ToolsPlan),
    /// The deploy roles of a target account.
    Target(Box<TargetPlan>),
}

/// The resources of the Tools account.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolsPlan {
    /// The principals to make.
    pub principals: Vec<ToolsPrincipal>,
    /// The cross-account policies.
    pub policies: Vec<CrossAccountPolicy>,
    /// `Tags`.
    pub tags: Vec<RoleTag>,
}

/// What kind of principal the Tools account holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ToolsKind {
    /// `<AppId>-GitHubActionsUser`.
    GitHubActionsUser,
    /// `<AppId>-CodeBuildRole`.
    CodeBuildRole,
}

impl ToolsKind {
    /// The end of its physical name and of its logical id.
    pub fn suffix(self) -> &'static str {
        match self {
            ToolsKind::GitHubActionsUser => "GitHubActionsUser",
            ToolsKind::CodeBuildRole => "CodeBuildRole",
        }
    }
}

/// A principal that the macro makes in the Tools account.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolsPrincipal {
    /// User or role.
    pub kind: ToolsKind,
    /// Options of CodeBuild's service role.
    pub options: Vec<Spanned<String>>,
    /// Indexes of the cross-account policies attached to it.
    pub policies: Vec<usize>,
}

/// A customer managed policy that lets a principal assume deploy roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossAccountPolicy {
    /// The end of its physical name, `GithubActionsCrossAccountPolicy` or a shard of it.
    pub suffix: String,
    /// The accounts, in the order of the targets, and whether each has a `TestRole`.
    pub accounts: Vec<Reach>,
}

/// One account that a cross-account policy reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The account's logical id.
    pub account: String,
    /// Whether the `TestRole` is there, too.
    pub test_role: bool,
}

/// The resources of a target account.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetPlan {
    /// The stage's arguments.
    pub arguments: RoleArguments,
    /// Whom the `DeployerRole` and the `TestRole` trust.
    pub trust: TrustPlan,
    /// What must exist before those roles.
    pub waits_for: WaitsFor,
}

/// Whom a role trusts.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustPlan {
    /// How principals of the Tools account are named.
    pub shape: TrustShape,
    /// The Tools account's logical id, where one of its principals is trusted.
    pub tools_account: Option<String>,
    /// Principals of the Tools account.
    pub tools: Vec<ToolsKind>,
    /// Principals that exist already, as written.
    pub existing: Vec<Value>,
}

/// What IAM must know before it accepts a trust policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// Nothing that the macro makes.
    Nothing,
    /// Another account's stack: `DependsOnAccount`.
    Account(String),
    /// Resources of the same stack: `DependsOn`, by kind.
    Resources(Vec<ToolsKind>),
}

impl ToolsPlan {
    /// The options of the principal of `kind`.
    pub fn principal(&self, kind: ToolsKind) -> Option<&ToolsPrincipal> {
        self.principals
            .iter()
            .find(|principal| principal.kind == kind)
    }
}

/// The options of `choice` as a map for partials: option to `true`.
pub fn option_flags(choice: &Choice) -> serde_json::Value {
    flags(&choice.options)
}

/// Options as a map for partials: option to `true`.
pub fn flags(options: &[Spanned<String>]) -> serde_json::Value {
    serde_json::Value::Object(
        options
            .iter()
            .map(|option| (option.value.clone(), serde_json::Value::Bool(true)))
            .collect(),
    )
}

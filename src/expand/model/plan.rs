//! What is to be created, with nothing left to look up. Plain data: it refuses nothing.
//!
//! A role's body depends on the stage's arguments, not on the account. So a plan lists each
//! distinct *body* once, and *units* that say which accounts get which body.

use std::collections::HashMap;

use serde_yaml::Value;

use crate::arguments::{Arguments, Choice, LogicalIds, RoleArguments, RoleTag, TrustShape};
use crate::aws::partitions::Region;
use crate::expand::model::call::MacroCall;
use crate::expand::model::selection::Selection;
use crate::expand::model::unit::{BodyId, Holder, Unit, UnitAccounts};
use crate::oidc::{Admission, Provider};
use crate::roles::{App, DeployPrincipal, TargetRole, ToolsKind, logical_id_of};
use crate::source::{Span, Spanned};

/// The path of every customer managed policy that macros create.
pub const POLICY_PATH: &str = "/managed/";

/// The end of the name of the permissions boundary that a macro creates.
pub const BOUNDARY: &str = "AppBoundary";

/// What one macro creates.
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
    /// The further regions whose resources they can reach.
    pub other_regions: Vec<Region>,
    /// `Path` of the roles.
    pub role_path: String,
    /// The logical ids that are kept.
    pub logical_ids: LogicalIds,
    /// The distinct bodies.
    pub bodies: Vec<BodyPlan>,
    /// The accounts of its targets, in their order.
    pub selections: Vec<Selection>,
    /// What is written together, in the order of the output.
    pub units: Vec<Unit>,
}

/// A macro with all that is to be created.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The call.
    pub call: MacroCall,
    /// Its arguments.
    pub arguments: Arguments,
    /// What it creates.
    pub plan: MacroPlan,
}

/// A distinct set of resources.
#[derive(Clone, Debug, PartialEq)]
pub enum BodyPlan {
    /// The CI principals and what they may assume.
    Tools(ToolsPlan),
    /// The deploy roles of a target account.
    Target(Box<TargetPlan>),
}

impl MacroPlan {
    /// The body of this id.
    pub fn body(&self, id: BodyId) -> Option<&BodyPlan> {
        self.bodies.get(id.0)
    }

    /// The logical id of the resource `kind` of a unit, as it is written.
    pub fn logical_id(&self, id_part: &str, kind: &str) -> String {
        let written = format!("{}{id_part}{kind}", self.name);
        match self.logical_ids.kept(&written) {
            Some((_, kept)) => kept,
            None => written,
        }
    }

    /// Whether a body is written for a list of accounts.
    pub fn lists_accounts(&self) -> bool {
        let mut accounts = self.units.iter().map(|unit| &unit.accounts);
        accounts.any(|accounts| matches!(accounts, UnitAccounts::Listed(_)))
    }

    /// Every account with what it gets: first what the Tools account holds, then the targets'
    /// accounts in the order of their targets. So it is the same in every layout.
    pub fn by_account<'plan>(&'plan self) -> Vec<(&'plan str, &'plan Unit)> {
        let (targets, tools): (Vec<&Unit>, Vec<&Unit>) =
            self.units.iter().partition(|unit| unit.stage.is_some());
        let pairs = |unit: &'plan Unit| {
            let names = unit.accounts.names().iter();
            names.map(move |name| (name.as_str(), unit))
        };
        // INVARIANT: an account is in the selections once.
        let of_targets: HashMap<&str, &Unit> = targets.into_iter().flat_map(pairs).collect();
        let selected = self.selections.iter().filter_map(|selection| {
            let found = of_targets.get_key_value(selection.account.as_str());
            found.map(|(name, unit)| (*name, *unit))
        });
        tools.into_iter().flat_map(pairs).chain(selected).collect()
    }

    /// The accounts with their bodies, in the order of [`MacroPlan::by_account`].
    pub fn holders(&self) -> Vec<Holder> {
        let by_account = self.by_account().into_iter();
        let holder = |(account, unit): (&str, &Unit)| Holder {
            body: unit.body,
            account: account.to_owned(),
            stage: unit.stage.clone(),
        };
        by_account.map(holder).collect()
    }

    /// What the names of the macro's principals consist of.
    pub fn app(&self) -> App<'_> {
        App {
            id: &self.app_id.value,
            path: &self.role_path,
        }
    }
}

impl BodyPlan {
    /// The principals that the body creates for `app`.
    pub fn principals(&self, app: App<'_>) -> Vec<DeployPrincipal> {
        match self {
            BodyPlan::Tools(tools) => tools
                .principals
                .iter()
                .map(|principal| app.principal(principal.kind.clone()))
                .collect(),
            BodyPlan::Target(target) => target.roles().map(|role| app.principal(role)).collect(),
        }
    }
}

/// The resources of the Tools account.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolsPlan {
    /// The principals to create.
    pub principals: Vec<ToolsPrincipal>,
    /// The cross-account policies.
    pub policies: Vec<CrossAccountPolicy>,
    /// The OIDC providers to create.
    pub providers: Vec<ProviderPlan>,
    /// `Tags`.
    pub tags: Vec<RoleTag>,
}

/// An OIDC provider that the macro creates in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderPlan {
    /// Whose tokens.
    pub provider: &'static Provider,
    /// The issuer without `https://`.
    pub issuer: String,
    /// The audiences that tokens may have.
    pub audiences: Vec<String>,
}

impl ProviderPlan {
    /// The end of its logical id: the issuer, followed by its own part if it has one.
    pub fn logical_id(&self) -> String {
        let own = (self.provider.issuer_part)(&self.issuer);
        logical_id_of(&format!("{}OidcProvider-{own}", self.provider.word()))
    }
}

/// A principal that the macro creates in the Tools account.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolsPrincipal {
    /// User or role.
    pub kind: ToolsKind,
    /// Options of CodeBuild's service role.
    pub options: Vec<Spanned<String>>,
    /// The tokens that may assume it.
    pub admissions: Vec<Admission>,
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
    /// How it names them.
    pub by: AccountsBy,
}

/// How a cross-account policy names the accounts whose roles it lets a principal assume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountsBy {
    /// One ARN per role.
    Arn,
    /// One pattern per name of a role, and a condition that lists the ids of the accounts.
    Id,
}

/// One account that a cross-account policy reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The account's logical id.
    pub account: String,
    /// Whether the `TestRole` is also there.
    pub test_role: bool,
}

/// The resources of a target account.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetPlan {
    /// The stage's arguments.
    pub arguments: RoleArguments,
    /// What CloudFormation deploys the app's stacks as.
    pub execution: Execution,
    /// Which principals and tokens the `DeployerRole` and the `TestRole` trust.
    pub trust: TrustPlan,
    /// What must exist before those roles.
    pub waits_for: WaitsFor,
    /// Whether the `GitHubActionsUser` is in the same account.
    pub user_beside: bool,
    /// Roles of CI that are in the same account, except those that the guard always names: the
    /// ends of their names, `*` for any stage.
    pub beside: Vec<String>,
    /// The OIDC providers to create.
    pub providers: Vec<ProviderPlan>,
    /// The ends of the logical ids of those that the same stack creates and the roles trust.
    pub after: Vec<String>,
}

impl TargetPlan {
    /// The roles of the account.
    pub fn roles(&self) -> impl Iterator<Item = TargetRole> {
        // With the CDK alone, CloudFormation works as a role of its bootstrap, which no macro
        // creates.
        let execution = (self.execution != Execution::Cdk).then_some(TargetRole::Execution);
        let test = self.arguments.test_role.as_ref().map(|_| TargetRole::Test);
        std::iter::once(TargetRole::Deployer)
            .chain(execution)
            .chain(test)
    }
}

/// What CloudFormation deploys the app's stacks as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// The `CloudFormationExecutionRole`.
    Role,
    /// That role, or the one that the CDK's bootstrap created: both get the same managed policies.
    RoleOrCdk,
    /// The role that the CDK's bootstrap created; no other would be used.
    Cdk,
}

impl Execution {
    /// What the frameworks of a stage deploy with.
    pub fn of(frameworks: &[Choice]) -> Self {
        let bootstrapped = |choice: &Choice| {
            let is_direct = |option: &Spanned<String>| option.value == "direct";
            choice.name.value == "cdk" && !choice.options.iter().any(is_direct)
        };
        if frameworks.is_empty() || !frameworks.iter().any(bootstrapped) {
            Execution::Role
        } else if frameworks.iter().all(bootstrapped) {
            Execution::Cdk
        } else {
            Execution::RoleOrCdk
        }
    }
}

/// Which principals and tokens a role trusts.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustPlan {
    /// How principals of the Tools account are named.
    pub shape: TrustShape,
    /// The Tools account's logical id, if one of its principals is trusted.
    pub tools_account: Option<String>,
    /// Principals of the Tools account.
    pub tools: Vec<ToolsKind>,
    /// Tokens that may assume the roles themselves.
    pub admissions: Vec<Admission>,
    /// Principals that exist already, as written.
    pub existing: Vec<Value>,
}

/// What IAM must know before it accepts a trust policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// Nothing that the macro creates.
    Nothing,
    /// Another account's stack: `DependsOnAccount`.
    Account(String),
    /// Resources of the same stack: `DependsOn`, by kind.
    Resources(Vec<ToolsKind>),
}

impl ToolsPlan {
    /// The options of the principal of `kind`.
    pub fn principal(&self, kind: &ToolsKind) -> Option<&ToolsPrincipal> {
        self.principals
            .iter()
            .find(|principal| principal.kind == *kind)
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

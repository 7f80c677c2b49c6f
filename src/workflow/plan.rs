//! The content of the CI files of one macro: which stages, how each signs in, and how it deploys.
//!
//! Plain data, which refuses nothing: [`crate::workflow`] creates it from a plan, and writes files
//! from it.

use crate::aws::partitions::Region;
use crate::roles::{App, ToolsKind};
use crate::source::Spanned;

/// The CI files of one macro.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkflowPlan {
    /// The macro's name.
    pub name: String,
    /// `AppId`.
    pub app_id: String,
    /// The one region of the roles, and of the app.
    pub region: Region,
    /// The further regions of an app that is in several.
    pub other_regions: Vec<Region>,
    /// `Path` of the roles.
    pub role_path: String,
    /// The branches whose pushes deploy.
    pub branches: Vec<String>,
    /// The stages, in the order of `Targets`.
    pub stages: Vec<StagePlan>,
}

impl WorkflowPlan {
    /// What the names of the macro's roles consist of.
    pub fn app(&self) -> App<'_> {
        App {
            id: &self.app_id,
            path: &self.role_path,
        }
    }
}

/// One stage: a job, or one for each of its accounts.
#[derive(Clone, Debug, PartialEq)]
pub struct StagePlan {
    /// The stage's name.
    pub stage: String,
    /// The environment on GitHub that its jobs run in; `None` if the trust accepts branches, whose
    /// tokens name no environment.
    pub environment: Option<String>,
    /// The branches that may deploy it, `*` and `?` as in IAM; none where any push does that
    /// deploys at all.
    pub branches: Vec<String>,
    /// Its accounts, in the organization's order.
    pub accounts: Vec<WorkflowAccount>,
    /// How its jobs assume the deploy roles.
    pub sign_in: SignIn,
    /// What its jobs do there.
    pub delivery: Delivery,
}

/// An account that a stage deploys into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowAccount {
    /// Its logical id.
    pub logical_id: String,
    /// Its twelve digits, or where the job finds them.
    pub id: AccountId,
}

/// An account's id, as a job knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountId {
    /// Twelve digits.
    Known(String),
    /// The name of a configuration variable on GitHub that holds them: the organization file
    /// does not (OrgFormation then keeps the id in its state).
    Variable(String),
}

/// How a job assumes the roles of a target account; in the order of preference, keyless first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// With GitHub's OIDC token into the role of the target account itself.
    OidcDirect,
    /// With GitHub's OIDC token into a role of the Tools account, and from there on.
    OidcThroughTools {
        /// What kind of role that is.
        role: ToolsKind,
        /// The account that holds it.
        account: WorkflowAccount,
    },
    /// With the access key of the Tools account's IAM user.
    UserKeys,
}

/// What a job does after it has signed in: stages of equal deliveries share one action.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The frameworks, in the order in which they deploy.
    pub frameworks: Vec<WorkflowFramework>,
    /// Whether tests follow, under the `TestRole`.
    pub test_role: bool,
    /// `MaxSessionDuration` in seconds.
    pub session_seconds: Option<u32>,
    /// The permissions boundary that the app's roles must have.
    pub boundary: Option<WorkflowBoundary>,
}

/// A framework with the options that are switched on.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkflowFramework {
    /// Its name, for example `serverless`; where it is written.
    pub name: Spanned<String>,
    /// Its options.
    pub options: Vec<String>,
}

/// The permissions boundary that a macro requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkflowBoundary {
    /// The macro's own policy of this name.
    Made(String),
    /// A policy that exists already.
    Existing(String),
}

/// One generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowFile {
    /// Its path below the root of the app's repository.
    pub path: String,
    /// Its text, without the head that names the command.
    pub text: String,
}

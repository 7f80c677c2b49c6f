//! What the steps of `infer` hand on. Plain data: it refuses nothing.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

pub use crate::aws::handlers::Handler;
use crate::source::{FileId, Span};

/// An app: every resource of its templates, and what could not be seen.
#[derive(Clone, Debug, Default)]
pub struct AppTemplates {
    /// The templates that were read, nested ones included, in the order of reading.
    pub files: Vec<FileId>,
    /// The resources, in the order of the files and of each file. SAM's types are replaced by what
    /// they become.
    pub resources: Vec<AppResource>,
    /// The parameters, in the same order. One of a nested template belongs to its file.
    pub parameters: Vec<AppParameter>,
    /// What the templates leave open, such as a macro's output.
    pub unseen: Vec<Unseen>,
    /// The frameworks that the templates show: they are written for one of them, or by it.
    pub frameworks: BTreeSet<AppFramework>,
}

/// A framework that templates show. Plain CloudFormation shows none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AppFramework {
    /// AWS CDK, by its manifest or the parameter for the version of its bootstrap stack.
    Cdk,
    /// AWS SAM, by its transform.
    Sam,
    /// The Serverless Framework, by the name of the file that it writes.
    Serverless,
}

/// One resource.
#[derive(Clone, Debug)]
pub struct AppResource {
    /// Its logical id. What a SAM resource becomes has that resource's id.
    pub id: String,
    /// Its type, such as `AWS::SQS::Queue`.
    pub type_name: String,
    /// Its properties, with intrinsic functions in their long form (`{"Fn::Sub": "..."}`), so that
    /// the short forms of YAML and JSON read alike.
    pub properties: Map<String, Json>,
    /// `UpdatePolicy`, `DeletionPolicy`, and the like.
    pub attributes: Map<String, Json>,
    /// The logical id in the template.
    pub span: Span,
    /// The SAM type or event that it comes from, such as `the event Upload`.
    pub made_by: Option<String>,
}

/// A parameter of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppParameter {
    /// Its name.
    pub name: String,
    /// Its type, such as `String` or `AWS::SSM::Parameter::Value<String>`.
    pub type_name: String,
    /// Its default, as text.
    pub default: Option<String>,
    /// Its name in the template. Only resources of the same file can refer to it.
    pub span: Span,
}

/// Something that the templates leave open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// What it is, as a sentence without a period.
    pub what: String,
    /// Where it is written.
    pub span: Span,
}

/// A permission that CloudFormation needs for one resource of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The action in IAM's usual form, such as `sqs:CreateQueue`.
    pub action: String,
    /// The index of the resource in [`AppTemplates::resources`].
    pub resource: usize,
    /// What kind of permission it is.
    pub kind: NeedKind,
    /// Which handlers of the resource type call it.
    pub handlers: BTreeSet<Handler>,
    /// Why this resource needs it.
    pub reason: NeedReason,
}

/// What kind of permission a [`Need`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NeedKind {
    /// It reads a resource of the type's own service.
    Read,
    /// It writes to a resource of the type's own service.
    Write,
    /// It reads or changes tags.
    Tag,
    /// `iam:PassRole`.
    PassRole,
    /// `iam:CreateServiceLinkedRole`, which the first resource of its kind in an account needs.
    ServiceLinkedRole,
    /// It belongs to another service.
    OtherService,
}

/// Why a resource needs a permission.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NeedReason {
    /// Every resource of the type needs it.
    Type,
    /// A property or attribute that the resource sets, such as `VpcConfig`.
    Property(String),
    /// A dynamic reference, such as `{{resolve:ssm:...}}`.
    DynamicReference(String),
    /// Handlers of the type do not list it, but deployments call it.
    Deployment(&'static str),
}

//! What a log says about denials. Plain data: it refuses nothing.

/// Everything that was found in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeniedLog {
    /// The denials, in order of appearance. No two have the same principal, action and resource.
    pub denials: Vec<Denial>,
    /// What looks like a denial, but is none that a permission of the caller solves.
    pub lookalikes: Vec<DenialLookalike>,
}

/// A request that was denied, as far as the log says what it was. All texts have been checked: they
/// are printable ASCII, and hold no credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Denial {
    /// Who asked: an ARN or, if the log has something else, that.
    pub principal: Option<String>,
    /// The action in IAM's usual form, such as `sqs:CreateQueue`.
    pub action: Option<String>,
    /// An ARN or `*`. What is neither is as the log has it.
    pub resource: Option<String>,
    /// Whether something denied it, or nothing allowed it.
    pub effect: DenialEffect,
    /// Which policy it was.
    pub layer: DenialLayer,
    /// How much the log says.
    pub form: DenialForm,
    /// The ARN of the policy.
    pub policy: Option<String>,
    /// The Sid of the statement that denied it.
    pub sid: Option<String>,
    /// The service that an `iam:PassRole` was for, as in `iam:PassedToService`.
    pub passed_to: Option<String>,
    /// The resource type, such as `AWS::SQS::Queue`.
    pub type_name: Option<String>,
    /// The resource's logical id.
    pub logical_id: Option<String>,
}

/// Whether something denied a request, or nothing allowed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DenialEffect {
    /// Nothing allows it.
    Implicit,
    /// A statement denies it.
    Explicit,
    /// The log does not say.
    #[default]
    Unknown,
}

/// The kind of policy that decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DenialLayer {
    /// The policies of the role or user.
    Identity,
    /// Its permissions boundary.
    Boundary,
    /// A service control policy of the organization.
    Scp,
    /// A resource control policy of the organization.
    Rcp,
    /// The policy of the session, which who assumed the role has given.
    Session,
    /// The policy of a VPC endpoint.
    VpcEndpoint,
    /// The policy of the resource.
    Resource,
    /// The trust policy of the role that was to be assumed.
    Trust,
    /// The log does not say.
    #[default]
    Unknown,
}

/// How much a log says about a denial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DenialForm {
    /// A sentence of IAM: `... is not authorized to perform ...`.
    Sentence,
    /// Another service says which permission was missing.
    Spoken,
    /// That access was denied, and little else.
    #[default]
    Bare,
    /// An encoded message of EC2.
    Encoded,
    /// The decoded message.
    Decoded,
}

impl DenialEffect {
    /// As the JSON answer has it.
    pub const fn word(self) -> &'static str {
        match self {
            DenialEffect::Implicit => "implicit",
            DenialEffect::Explicit => "explicit",
            DenialEffect::Unknown => "unknown",
        }
    }
}

impl DenialLayer {
    /// As the JSON answer has it.
    pub const fn word(self) -> &'static str {
        match self {
            DenialLayer::Identity => "identity",
            DenialLayer::Boundary => "boundary",
            DenialLayer::Scp => "scp",
            DenialLayer::Rcp => "rcp",
            DenialLayer::Session => "session",
            DenialLayer::VpcEndpoint => "vpc-endpoint",
            DenialLayer::Resource => "resource",
            DenialLayer::Trust => "trust",
            DenialLayer::Unknown => "unknown",
        }
    }
}

/// A message that looks like a denial.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DenialLookalike {
    /// What it is.
    pub kind: LookalikeKind,
    /// The resource type around it.
    pub type_name: Option<String>,
    /// The logical id around it.
    pub logical_id: Option<String>,
}

/// What a [`DenialLookalike`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LookalikeKind {
    /// AWS must first verify the account, or the account has to subscribe to the service.
    Account,
    /// A role of the app lacks a permission, or does not trust the service that uses it.
    AppRole,
    /// The policy of a resource does not let in the service that uses it.
    AppPolicy,
    /// A role of another account is passed, which AWS never allows.
    CrossAccountRole,
    /// API Gateway has no role for its logs in the account.
    LogRole,
    /// The credentials of the caller are missing, wrong, or expired.
    Credentials,
    /// The OIDC provider does not exist in the account.
    Provider,
    /// The handler calls it a denial, in words that are not known.
    Unrecognized,
}

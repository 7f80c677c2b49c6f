//! What inference never grants, and what it grants only if a person names it.
//!
//! Whoever can change a template could otherwise widen its roles by running `infer`.
//!
//! In: an action, with what asks for it and how far it reaches. Out: a [`HoldVerdict`] with a reason.
//! Refuses nothing. What is listed here are kinds, since the reference knows actions that no list
//! would: an action of a kind counts wherever its service is.

use crate::aws::actions::AccessLevel;
use crate::infer::arns::ArnReach;

/// Whether inference grants an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldVerdict {
    /// It does.
    Granted,
    /// Only if a person names it.
    Held(Hold),
    /// Never.
    Never(Hold),
}

/// Why an action is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hold {
    /// It is asked for roles, which the service `iam` and its guard are for.
    Roles,
    /// It is asked for stacks, which the service `cloudformation` is for.
    Stacks,
    /// It gives a user or group the permissions of any policy, or takes a boundary away.
    Escalation,
    /// It takes on another identity.
    Assume,
    /// It deletes what other resources of the account depend on.
    LinkedRoleDeletion,
    /// It changes users, policies, or identity providers.
    Identity,
    /// It reaches the organization, other accounts, or people.
    Organization,
    /// It deploys to other accounts, or runs code of others while it deploys.
    Elsewhere,
    /// It lets others in.
    Permissions,
    /// It makes keys and what they encrypt unusable.
    Keys,
    /// It passes a role to a service that runs code or queries with it.
    PassRole,
    /// It creates a role of AWS's own, once per account.
    LinkedRole,
    /// It reads or changes data.
    Data,
    /// It writes, and cannot be limited.
    Unlimited,
}

impl Hold {
    /// The reason, as a sentence without a period.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Roles => {
                "only the service `iam` reaches roles, because its guard protects the deploy roles"
            }
            Self::Stacks => {
                "only the service `cloudformation` reaches stacks, because it protects the stack of the deploy roles"
            }
            Self::Escalation => {
                "it gives an identity the permissions of any policy, or removes a boundary"
            }
            Self::Assume => "it takes on another identity",
            Self::LinkedRoleDeletion => "it deletes a role that all apps of the account share",
            Self::Identity => "it changes users, policies, or identity providers",
            Self::Organization => "it reaches the organization, other accounts, or people",
            Self::Elsewhere => {
                "it deploys to other accounts, or runs code of others while it deploys"
            }
            Self::Permissions => "it lets others in, or changes who is let in",
            Self::Keys => "it can make a key unusable, and all that is encrypted with it",
            Self::PassRole => "it passes a role to a service that runs code or queries with it",
            Self::LinkedRole => "it creates a role of AWS's own, which an account needs once",
            Self::Data => "it reads or changes data, not only what holds it",
            Self::Unlimited => "it writes, and cannot be limited to a resource",
        }
    }
}

/// An action that something asks for.
#[derive(Clone, Copy, Debug)]
pub struct HoldQuestion<'a> {
    /// The action, such as `sqs:CreateQueue`.
    pub action: &'a str,
    /// Its access level.
    pub level: AccessLevel,
    /// The last fields of the ARNs that it is asked for, or the ARNs.
    pub arns: &'a [&'a str],
    /// How far it reaches.
    pub reach: ArnReach,
    /// Whether a condition limits it to what has the app's tag.
    pub is_limited_by_tag: bool,
    /// The services that a role is passed to.
    pub passed_to: &'a [&'a str],
}

/// Whether inference grants `wanted`.
pub fn verdict(wanted: HoldQuestion<'_>) -> HoldVerdict {
    let (service, name) = wanted.action.split_once(':').unwrap_or((wanted.action, ""));
    if let Some(hold) = never(service, name, wanted) {
        return HoldVerdict::Never(hold);
    }
    held(service, name, wanted).map_or(HoldVerdict::Granted, HoldVerdict::Held)
}

fn is_read(level: AccessLevel) -> bool {
    matches!(level, AccessLevel::Read | AccessLevel::List)
}

/// What no name of a person opens.
fn never(service: &str, name: &str, wanted: HoldQuestion<'_>) -> Option<Hold> {
    let reaches = |kind: &str| wanted.arns.iter().any(|arn| arn.contains(kind));
    match (service, name) {
        ("sts", _) => Some(Hold::Assume),
        ("iam", "PassRole" | "CreateServiceLinkedRole") => None,
        ("iam", "DeleteServiceLinkedRole" | "GetServiceLinkedRoleDeletionStatus") => {
            Some(Hold::LinkedRoleDeletion)
        }
        (
            "iam",
            "AttachUserPolicy"
            | "AttachGroupPolicy"
            | "DeleteRolePermissionsBoundary"
            | "DeleteUserPermissionsBoundary",
        ) => Some(Hold::Escalation),
        ("iam", _) if name.contains("InstanceProfile") && !reaches(":role/") => None,
        ("iam", _) if reaches(":role/") || name.contains("Role") => Some(Hold::Roles),
        ("cloudformation", _) if reaches(":stack/") || reaches(":changeSet/") => Some(Hold::Stacks),
        _ => None,
    }
}

/// Services that reach beyond the account, or decide who is in it.
const ORGANIZATION: &[&str] = &[
    "account",
    "billing",
    "controltower",
    "identitystore",
    "organizations",
    "payments",
    "ram",
    "rolesanywhere",
    "signin",
    "sso",
    "sso-directory",
];

fn held(service: &str, name: &str, wanted: HoldQuestion<'_>) -> Option<Hold> {
    let writes = !is_read(wanted.level);
    let is_whole = wanted.reach == ArnReach::Any && !wanted.is_limited_by_tag;
    match (service, name) {
        ("iam", "PassRole") => runs_code(wanted.passed_to).then_some(Hold::PassRole),
        ("iam", "CreateServiceLinkedRole") => Some(Hold::LinkedRole),
        ("iam", _) if writes => Some(Hold::Identity),
        _ if ORGANIZATION.contains(&service) => Some(Hold::Organization),
        ("cloudformation", _) if writes => Some(Hold::Elsewhere),
        _ if wanted.level == AccessLevel::Permissions => Some(Hold::Permissions),
        _ if writes && lets_in(name) => Some(Hold::Permissions),
        ("kms", _) if is_about_keys(name) => Some(Hold::Keys),
        _ if is_data(service, name, wanted.reach) => Some(Hold::Data),
        _ if writes && is_whole => Some(Hold::Unlimited),
        _ => None,
    }
}

/// Services that run neither code nor queries with the role that they get: they call what it
/// names, or the service `iam` passes roles to them as well.
const RUNS_NOTHING: &[&str] = &[
    "apigateway.amazonaws.com",
    "application-autoscaling.amazonaws.com",
    "appsync.amazonaws.com",
    "backup.amazonaws.com",
    "codedeploy.amazonaws.com",
    "cognito-idp.amazonaws.com",
    "config.amazonaws.com",
    "events.amazonaws.com",
    "lambda.amazonaws.com",
    "monitoring.rds.amazonaws.com",
    "pipes.amazonaws.com",
    "rds.amazonaws.com",
    "s3.amazonaws.com",
    "scheduler.amazonaws.com",
    "sns.amazonaws.com",
    "states.amazonaws.com",
];

/// Whether one of `services` may run code or queries with a role. So may one that is not known.
pub fn runs_code(services: &[&str]) -> bool {
    services.is_empty()
        || services
            .iter()
            .any(|service| !RUNS_NOTHING.contains(service))
}

/// Whether the name of an action that writes says that it decides who is let in: a policy of a
/// resource, a grant, a share. The reference calls some of these plain writes.
fn lets_in(name: &str) -> bool {
    const MARKS: &[&str] = &[
        "AccessEntry",
        "AccessPolicy",
        "AccountPolicy",
        "BucketAcl",
        "ChannelPolicy",
        "ClusterPolicy",
        "DataAccessor",
        "DestinationPolicy",
        "Entitlement",
        "FileSystemPolicy",
        "Grant",
        "GroupPolicy",
        "IAMPolicy",
        "ImageAttribute",
        "KeyPolicy",
        "ObjectAcl",
        "OriginEndpointPolicy",
        "Permission",
        "PublicAccessBlock",
        "RepositoryPolicy",
        "ResourcePolicy",
        "S3AccessPolicy",
        "SinkPolicy",
        "SnapshotAttribute",
        "StreamingAccess",
        "VaultPolicy",
    ];
    MARKS.iter().any(|mark| name.contains(mark))
}

fn is_about_keys(name: &str) -> bool {
    matches!(
        name,
        "PutKeyPolicy"
            | "ScheduleKeyDeletion"
            | "DeleteImportedKeyMaterial"
            | "DisableKey"
            | "CreateGrant"
            | "RetireGrant"
            | "RevokeGrant"
    )
}

/// Whether the action is for the data itself: always, or if it reaches what is not the app's.
fn is_data(service: &str, name: &str, reach: ArnReach) -> bool {
    let is_outside = reach != ArnReach::App;
    match service {
        "athena" => matches!(name, "StartQueryExecution" | "GetQueryResults"),
        "aoss" => name == "APIAccessAll",
        "cassandra" => matches!(name, "Select" | "Modify"),
        "dynamodb" => {
            name.ends_with("Item")
                || name.starts_with("PartiQL")
                || matches!(name, "Query" | "Scan" | "GetRecords")
        }
        "es" => name.starts_with("ESHttp"),
        "kafka-cluster" => name.contains("Data"),
        "kinesis" => matches!(name, "GetRecords" | "GetShardIterator" | "SubscribeToShard"),
        "lakeformation" => name == "GetDataAccess",
        "logs" => matches!(
            name,
            "GetLogEvents"
                | "FilterLogEvents"
                | "StartQuery"
                | "StartLiveTail"
                | "GetQueryResults"
                | "GetLogRecord"
                | "Unmask"
        ),
        "neptune-db" | "rds-data" | "redshift-data" => true,
        "s3" => {
            is_outside
                && (name.starts_with("GetObject")
                    || name.ends_with("Object")
                    || name.ends_with("ObjectVersion"))
        }
        "secretsmanager" => is_outside && name.ends_with("SecretValue"),
        "sqs" => matches!(name, "ReceiveMessage" | "SendMessage" | "PurgeQueue"),
        "ssm" => is_outside && name.starts_with("GetParameter"),
        _ => false,
    }
}

//! Who a role is, who has it, and which roles a file has. Plain data.

use std::collections::HashSet;

use crate::template::resources::Place;

/// Services that have roles of their own, or for an agent that gets images, next to those of what runs. Each
/// with the properties that name the latter.
const ROLES_OF_CODE: &[(&str, &[&str])] = &[
    ("AWS::ApiGateway::", &["Credentials"]),
    ("AWS::AppSync::", &["ServiceRoleArn"]),
    ("AWS::AutoScaling::", &["IamInstanceProfile"]),
    (
        "AWS::Batch::",
        &[
            "Ec2InstanceProfileArn",
            "InstanceRole",
            "JobRoleArn",
            "TaskRoleArn",
        ],
    ),
    ("AWS::EC2::", &["IamInstanceProfile"]),
    ("AWS::ECS::", &["Ec2InstanceProfileArn", "TaskRoleArn"]),
    (
        "AWS::EKS::",
        &[
            "NodeRole",
            "NodeRoleArn",
            "PodIdentityAssociations",
            "ServiceAccountRoleArn",
        ],
    ),
    ("AWS::EMR::", &["JobFlowRole", "UserRole"]),
    ("AWS::ImageBuilder::", &["InstanceProfileName"]),
    (
        "AWS::RDS::",
        &["AssociatedRoles", "CustomIAMInstanceProfile"],
    ),
];

/// Who a role is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum RoleName {
    /// The role of this name, in the account of what runs as it.
    Named(String),
    /// The role of this resource, whose name `CloudFormation` chooses.
    Generated(String),
    /// What is written, which is not resolved.
    Written(String),
}

impl RoleName {
    /// As people read it.
    pub(super) fn shown(&self) -> &str {
        match self {
            RoleName::Named(name) | RoleName::Generated(name) | RoleName::Written(name) => name,
        }
    }
}

/// Who has a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum RoleUser {
    /// What runs.
    Code,
    /// A service or an agent, which does with it what it was made for.
    Service,
}

/// Who has the role that a resource of this type has at `path`.
pub(super) fn user(kind: &str, path: &[&str]) -> RoleUser {
    let mut services = ROLES_OF_CODE.iter();
    match services.find(|(service, _)| kind.starts_with(service)) {
        Some((_, names)) if !path.iter().any(|name| names.contains(name)) => RoleUser::Service,
        _ => RoleUser::Code,
    }
}

/// What one file says of roles.
#[derive(Debug, Default)]
pub(super) struct Running {
    /// The service, who has the role, the role, and the place of everything that runs.
    pub(super) ran: HashSet<(String, RoleUser, RoleName, Place)>,
    /// The same of the roles that are written where a resource may say anything.
    pub(super) written: HashSet<(String, RoleName, Place)>,
    /// The roles, each with its place.
    pub(super) roles: HashSet<(RoleName, Place)>,
}

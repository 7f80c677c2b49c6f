//! Who a role is, and which roles a file has. Plain data.

use std::collections::HashSet;

use crate::template::resources::Place;

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

/// What one file says of roles.
#[derive(Debug, Default)]
pub(super) struct Running {
    /// The service, the role, and the place of everything that runs.
    pub(super) ran: HashSet<(String, RoleName, Place)>,
    /// The same of the roles that are written where a resource may say anything.
    pub(super) written: HashSet<(String, RoleName, Place)>,
    /// The roles, each with its place.
    pub(super) roles: HashSet<(RoleName, Place)>,
}

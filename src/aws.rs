//! What AWS publishes: facts with their source and date. Nothing here knows a template.

pub mod actions;
pub(crate) mod arn_forms;
pub(crate) mod effects;
pub mod global;
pub(crate) mod granting;
pub mod handlers;
pub(crate) mod issuer;
pub(crate) mod keys;
pub(crate) mod managed;
mod packed;
pub mod partitions;
pub mod quotas;
pub(crate) mod resource_names;
pub(crate) mod resource_policies;
pub mod wildcard;

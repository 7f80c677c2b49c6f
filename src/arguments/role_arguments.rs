//! The arguments that a target may override.
//!
//! In: the fields of the macro or of a target. Out: their values, else those of the macro, else
//! the defaults. Refuses what each argument refuses.

use crate::arguments::boundary::{self, Boundary};
use crate::arguments::decoder::{Decoder, Fields};
use crate::arguments::policies::{self, UserPolicy};
use crate::arguments::services::{self, Choice, SERVICES, default_choice};
use crate::arguments::tags::{self, RoleTag};
use crate::arguments::test_role::{self, TestRole};
use crate::arguments::trusted_by::{self, Trust};
use crate::arguments::{deny, framework, max_session_duration};
use crate::source::Spanned;

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
    pub max_session_duration: Option<Spanned<u32>>,
    /// `Tags`.
    pub tags: Vec<RoleTag>,
    /// `Deny`: actions that are always denied to the execution role.
    pub deny: Vec<Spanned<String>>,
}

/// The macro's own values. Its trusts are decoded for each stage.
pub(super) fn decode(decoder: &mut Decoder<'_>, fields: &Fields) -> RoleArguments {
    let mut arguments = RoleArguments {
        frameworks: framework::default(decoder),
        services: SERVICES
            .iter()
            .map(|name| default_choice(decoder, name))
            .collect(),
        trusted_by: trusted_by::default(decoder),
        test_role: None,
        boundary: None,
        deployer_policies: Vec::new(),
        execution_policies: Vec::new(),
        max_session_duration: None,
        tags: Vec::new(),
        deny: Vec::new(),
    };
    overridden(decoder, fields, &mut arguments);
    arguments
}

/// Fills in what `fields` say, except for the trusts.
pub(super) fn overridden(
    decoder: &mut Decoder<'_>,
    fields: &Fields,
    arguments: &mut RoleArguments,
) {
    if let Some(field) = fields.get(framework::ARGUMENT.name) {
        arguments.frameworks = framework::decode(decoder, &field.value);
    }
    if let Some(field) = fields.get(services::ARGUMENT.name) {
        arguments.services = services::decode(decoder, &field.value);
    }
    if let Some(field) = fields.get(test_role::ARGUMENT.name) {
        arguments.test_role = test_role::decode(decoder, &field.value);
    }
    if let Some(field) = fields.get(boundary::ARGUMENT.name) {
        arguments.boundary = boundary::decode(decoder, &field.value);
    }
    if let Some(field) = fields.get(policies::DEPLOYER.name) {
        arguments.deployer_policies = policies::decode(decoder, &field.value);
    }
    if let Some(field) = fields.get(policies::EXECUTION.name) {
        arguments.execution_policies = policies::decode(decoder, &field.value);
    }
    if let Some(field) = fields.get(max_session_duration::ARGUMENT.name) {
        arguments.max_session_duration = max_session_duration::decode(decoder, &field.value);
    }
    if let Some(field) = fields.get(tags::ARGUMENT.name) {
        arguments.tags = tags::decode(decoder, &field.value);
    }
    if let Some(field) = fields.get(deny::ARGUMENT.name) {
        arguments.deny = deny::decode(decoder, &field.value);
    }
}

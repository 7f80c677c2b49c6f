//! The rules, one per file, with its id at the head.
//!
//! In: what a rule looks at. Out: what it finds. Refuses nothing.

pub(super) mod administrator;
pub(super) mod app_id_ends_in_stage;
pub(super) mod arn_form;
pub(super) mod boundary_does_not_bind;
pub(super) mod claim_may_be_missing;
pub(super) mod classic_subject;
pub(super) mod confused_deputy;
pub(super) mod covered_action;
pub(super) mod covered_statement;
pub(super) mod create_without_update;
pub(super) mod default_services;
pub(super) mod denied_by_organization;
pub(super) mod escalation_path;
pub(super) mod fixed_partition;
pub(super) mod long_lived_key;
pub(super) mod management_tools_account;
pub(super) mod misplaced_service_policy;
pub(super) mod near_limit;
pub(super) mod no_macro;
pub(super) mod not_examined;
pub(super) mod own_principal;
pub(super) mod pass_role_to_any_service;
pub(super) mod prefix_of_another_app;
pub(super) mod principal_not_created;
pub(super) mod reads_everything;
pub(super) mod replaced_action;
pub(super) mod session_tags_refused;
pub(super) mod token_without_audience;
pub(super) mod token_without_subject;
pub(super) mod trusts_anyone;
pub(super) mod trusts_whole_account;
pub(super) mod unknown_action;
pub(super) mod unmatched_action;
pub(super) mod unmatched_wildcard;

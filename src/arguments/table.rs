//! Every argument, by where it may be. Plain data: it refuses nothing.

use crate::arguments::argument::Argument;
use crate::arguments::decoder::KnownKeys;
use crate::arguments::{
    app_id, boundary, deny, framework, layout, logical_ids, max_session_duration, partials, path,
    policies, region, regions, services, tags, targets, test_role, tools_account, trust_shape,
    trusted_by,
};

/// The arguments of a macro, and of `Definitions.DeployRoles`, in the order of the documentation.
pub const ARGUMENTS: &[&Argument] = &[
    &app_id::ARGUMENT,
    &tools_account::ARGUMENT,
    &targets::ARGUMENT,
    &framework::ARGUMENT,
    &services::ARGUMENT,
    &trusted_by::ARGUMENT,
    &test_role::ARGUMENT,
    &boundary::ARGUMENT,
    &policies::DEPLOYER,
    &policies::EXECUTION,
    &region::ARGUMENT,
    &regions::ARGUMENT,
    &path::ARGUMENT,
    &max_session_duration::ARGUMENT,
    &tags::ARGUMENT,
    &trust_shape::ARGUMENT,
    &layout::ARGUMENT,
    &logical_ids::ARGUMENT,
];

/// What only `Definitions.DeployRoles` can have.
pub const OF_THE_TEMPLATE: &[&Argument] = &[&partials::ARGUMENT];

/// The keys of a target that select accounts, in the order of the documentation.
pub const SELECTORS: &[&Argument] = &[
    &targets::ACCOUNT,
    &targets::EXCLUDE_ACCOUNT,
    &targets::ORGANIZATIONAL_UNIT,
    &targets::EXCLUDE_ORGANIZATIONAL_UNIT,
    &targets::ACCOUNTS_WITH_TAG,
    &targets::INCLUDE_MASTER_ACCOUNT,
    &targets::SELECT,
];

/// The keys of a target that override an argument for its stage, or add to it, in the order of
/// messages.
pub const OVERRIDES: &[&Argument] = &[
    &services::ARGUMENT,
    &framework::ARGUMENT,
    &trusted_by::ARGUMENT,
    &boundary::ARGUMENT,
    &policies::DEPLOYER,
    &policies::EXECUTION,
    &test_role::ARGUMENT,
    &max_session_duration::ARGUMENT,
    &tags::ARGUMENT,
    &deny::ARGUMENT,
];

/// What a decoder checks keys against.
pub(super) fn known_keys() -> KnownKeys {
    let names = |argument: &&Argument| argument.name;
    KnownKeys {
        arguments: ARGUMENTS.iter().map(names).collect(),
        defaults: ARGUMENTS.iter().chain(OF_THE_TEMPLATE).map(names).collect(),
        target_keys: SELECTORS.iter().chain(OVERRIDES).map(names).collect(),
        trusts: trusted_by::names(),
    }
}

#[cfg(test)]
mod tests {
    use super::{ARGUMENTS, OF_THE_TEMPLATE, OVERRIDES, SELECTORS};

    #[test]
    fn every_argument_says_what_it_is() {
        let all = [ARGUMENTS, OF_THE_TEMPLATE, SELECTORS, OVERRIDES].concat();
        for argument in &all {
            let summary = argument.summary;
            assert!(summary.ends_with('.'), "{}", argument.name);
            assert!(!summary.contains(". "), "{}: one sentence", argument.name);
            let same = all.iter().filter(|other| other.summary == summary);
            let names: Vec<&str> = same.map(|other| other.name).collect();
            assert!(names.iter().all(|name| *name == argument.name), "{names:?}");
        }
    }
}

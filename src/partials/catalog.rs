//! Which services, frameworks and test services the partials offer.

use std::collections::BTreeMap;

/// Names and options, as found in the partials.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Options by service (`services/<name>.hbs`).
    pub services: BTreeMap<String, Vec<String>>,
    /// Options by framework (`frameworks/<name>.hbs`).
    pub frameworks: BTreeMap<String, Vec<String>>,
    /// Options by service of the `TestRole` (`tests/<name>.hbs`).
    pub tests: BTreeMap<String, Vec<String>>,
    /// Options of CodeBuild's service role (`codebuild/service-role.hbs`).
    pub codebuild: Vec<String>,
}

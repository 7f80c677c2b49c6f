//! Settings of VS Code for its YAML extension.
//!
//! The schema that they name is written by `deploy-roles schema`, as often as the organization changes.

use serde_json::json;

use crate::arguments::custom_tags;

/// The settings' path.
pub const PATH: &str = ".vscode/settings.json";

/// The file of the schema, in the root.
pub const SCHEMA: &str = "deploy-roles.schema.json";

/// The settings: without the tags, the extension marks every macro and every `!Ref` as an error.
pub fn text() -> String {
    let schema = format!("./{SCHEMA}");
    let settings = json!({
        "yaml.customTags": custom_tags(),
        "yaml.schemas": { schema: ["*.src.yml", "*.src.yaml"] },
    });
    format!("{settings:#}\n")
}

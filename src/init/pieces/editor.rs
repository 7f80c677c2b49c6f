//! Settings of VS Code for its YAML extension.

use serde_json::json;

use crate::arguments::custom_tags;

/// The settings' path.
pub const PATH: &str = ".vscode/settings.json";

/// The settings: without the tags, the extension marks every macro and every `!Ref` as an error.
pub fn text() -> String {
    let settings = json!({ "yaml.customTags": custom_tags() });
    format!("{settings:#}\n")
}

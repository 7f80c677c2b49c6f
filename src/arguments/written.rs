//! A macro call as written. Plain data: it refuses nothing.

use std::sync::Arc;

use crate::source::Span;
use crate::yaml::node::{Document, Node};
use crate::yaml::tags::TAGS;

/// The macro's tag.
pub const TAG: &str = "!DeployRoles";

/// A macro call as written.
#[derive(Clone, Copy, Debug)]
pub struct MacroText<'run> {
    /// The template, whose `Definitions` and default region apply to the macro.
    pub template: &'run Document,
    /// The arguments.
    pub body: &'run Arc<Node>,
    /// The macro's name.
    pub name_span: Span,
    /// The macro's tag: where defaults are reported.
    pub tag_span: Span,
}

/// The tags of a template, as the setting `yaml.customTags` of editors lists them: ours and
/// OrgFormation's. An entry without a kind would mean a scalar, so each has one.
pub fn custom_tags() -> Vec<String> {
    let ours = ["mapping", "scalar"].map(|kind| format!("{TAG} {kind}"));
    let known = TAGS.iter().flat_map(|tag| {
        let kinds = tag.kinds.iter();
        kinds.map(|kind| format!("{} {kind}", tag.name))
    });
    ours.into_iter().chain(known).collect()
}

/// Whether the tag of a macro is in `text`, not only in a comment.
pub fn has_macro(text: &str) -> bool {
    let mut lines = text.lines();
    text.contains(TAG)
        && lines.any(|line| line.contains(TAG) && !line.trim_start().starts_with('#'))
}

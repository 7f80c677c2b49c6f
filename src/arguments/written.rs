//! A macro call as written. Plain data: it refuses nothing.

use std::rc::Rc;

use crate::source::Span;
use crate::yaml::node::{Document, Node};

/// The macro's tag.
pub const TAG: &str = "!DeployRoles";

/// A macro call as written.
#[derive(Clone, Copy, Debug)]
pub struct MacroText<'run> {
    /// The template, whose `Definitions` and default region apply to the macro.
    pub template: &'run Document,
    /// The arguments.
    pub body: &'run Rc<Node>,
    /// The macro's name.
    pub name_span: Span,
    /// The macro's tag: where defaults are reported.
    pub tag_span: Span,
}

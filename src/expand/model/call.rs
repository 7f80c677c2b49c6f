//! A macro call as located in a template. Plain data: it refuses nothing.

use std::sync::Arc;

use crate::arguments::MacroText;
use crate::organization::binding::ResourceBinding;
use crate::source::Span;
use crate::yaml::node::{Document, Node};

/// One `Name: !DeployRoles ...` under `Resources:`.
#[derive(Clone, Debug)]
pub struct MacroCall {
    /// The key: the prefix of every logical id that the macro creates.
    pub name: String,
    /// The key's bytes.
    pub name_span: Span,
    /// The tag's bytes.
    pub tag_span: Span,
    /// What is replaced: from the key to the end of its last line, the line break excluded.
    pub entry: Span,
    /// Columns of indentation before the key.
    pub indent: usize,
    /// The arguments.
    pub body: Arc<Node>,
}

impl MacroCall {
    /// What the decoder of the arguments needs: the call as written in `template`.
    pub fn written<'run>(&'run self, template: &'run Document) -> MacroText<'run> {
        MacroText {
            template,
            body: &self.body,
            name_span: self.name_span,
            tag_span: self.tag_span,
        }
    }
}

/// A resource that the template itself defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrdinaryResource {
    /// Its logical id.
    pub logical_id: String,
    /// Its key's bytes.
    pub span: Span,
    /// The name that it has in IAM, or the issuer of an OIDC provider, if that is plain text.
    pub physical: Option<PhysicalName>,
    /// The logical ids in its `DependsOn`, with where each is written.
    pub depends_on: Vec<(String, Span)>,
}

/// The name of a resource of IAM, or the issuer of an OIDC provider, which an account can have once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhysicalName {
    /// The property that names it, such as `RoleName` or `Url`.
    pub property: &'static str,
    /// The name.
    pub text: String,
    /// Where it is written.
    pub span: Span,
    /// Where the resource is created; `None` if that is not known here.
    pub binding: Option<ResourceBinding>,
}

/// A template with its macro calls.
#[derive(Clone, Debug)]
pub struct Template {
    /// The parsed text.
    pub document: Document,
    /// The macro calls, in the order of the text.
    pub calls: Vec<MacroCall>,
    /// The other resources, in the order of the text.
    pub resources: Vec<OrdinaryResource>,
}

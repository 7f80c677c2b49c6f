//! `Definitions.DeployRoles`: the arguments that all macros of a template share.
//!
//! In: a template. Out: that mapping, as a node. Refuses what cannot be looked up in it.

use std::sync::Arc;

use crate::diagnostic::Result;
use crate::yaml::lookup::Library;
use crate::yaml::node::{Document, Node};

/// The value of `Definitions.DeployRoles`, if the template has one.
///
/// # Errors
///
/// As [`Library::field`].
pub fn defaults(library: &Library, template: &Document) -> Result<Option<Arc<Node>>> {
    match template.root.get("Definitions") {
        // OrgFormation drops `Definitions`, so any other value means nothing.
        Some(definitions) if library.follow(definitions).entries().is_some() => {
            library.field(definitions, "DeployRoles")
        }
        _ => Ok(None),
    }
}

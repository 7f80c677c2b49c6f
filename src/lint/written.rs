//! The arguments of a macro as they are written.
//!
//! In: a macro call, and the template's defaults (`Definitions.DeployRoles`). Out: the values of an
//! argument, of the macro and of its targets, as nodes: rules point into them. Refuses nothing.

use std::sync::Arc;

use crate::arguments::defaults;
use crate::expand::PlannedTemplate;
use crate::expand::model::call::MacroCall;
use crate::yaml::lookup::Library;
use crate::yaml::node::Node;

/// One macro.
pub(super) struct WrittenMacro<'run> {
    library: &'run Library,
    call: &'run MacroCall,
    /// Its place among the macros.
    pub(super) at: usize,
    defaults: Option<Arc<Node>>,
}

impl<'run> WrittenMacro<'run> {
    /// Every macro of a template.
    pub(super) fn of_macros(
        library: &'run Library,
        planned: &'run PlannedTemplate,
    ) -> impl Iterator<Item = WrittenMacro<'run>> {
        let template = &planned.template;
        let defaults = defaults(library, &template.document).ok().flatten();
        let calls = template.calls.iter().enumerate();
        calls.map(move |(at, call)| WrittenMacro {
            library,
            call,
            at,
            defaults: defaults.clone(),
        })
    }

    /// Each value of `key`: that of the macro, or else of the defaults, and those of the targets.
    pub(super) fn all(&self, key: &str) -> Vec<Arc<Node>> {
        let field = |node: &Arc<Node>, key: &str| self.library.field(node, key).ok().flatten();
        let argument = |key: &str| {
            let own = field(&self.call.body, key);
            own.or_else(|| field(self.defaults.as_ref()?, key))
        };
        let targets = argument("Targets")
            .and_then(|targets| self.library.mapping(&targets).ok())
            .unwrap_or_default();
        let of_targets = targets
            .iter()
            .filter_map(|target| field(&target.value, key));
        argument(key).into_iter().chain(of_targets).collect()
    }
}

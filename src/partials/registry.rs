//! Where compiled partials are kept.
//!
//! In: whether all partials of a template are built in. Out: its registry, which it shares with others if
//! so. Refuses nothing.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use handlebars::Handlebars;

/// What is compiled.
#[derive(Debug)]
pub(super) struct Registry {
    pub(super) templates: Handlebars<'static>,
    /// The partials that are compiled with all that they include.
    pub(super) ready: BTreeSet<String>,
}

impl Default for Registry {
    fn default() -> Self {
        let mut templates = Handlebars::new();
        templates.register_escape_fn(handlebars::no_escape);
        templates.set_strict_mode(true);
        Self {
            templates,
            ready: BTreeSet::new(),
        }
    }
}

impl Registry {
    /// The registry of a template. Those whose partials are `built_in` share one: a run with many templates
    /// compiles each partial once.
    pub(super) fn of(built_in: bool) -> Rc<RefCell<Self>> {
        if built_in {
            BUILT_IN.with(Rc::clone)
        } else {
            Rc::default()
        }
    }
}

thread_local! {
    /// The registry of the built-in partials.
    static BUILT_IN: Rc<RefCell<Registry>> = Rc::default();
}

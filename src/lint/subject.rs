//! What the rules look at.
//!
//! In: a planned template with the files of its run. Out: what more than one rule needs. Refuses
//! nothing.

use crate::arguments::{Arguments, Trust};
use crate::expand::PlannedTemplate;
use crate::lint::macros::MacroRole;
use crate::lint::policies::WrittenPolicies;
use crate::lint::scope::LintScope;
use crate::source::Spanned;
use crate::yaml::lookup::Library;

/// What the rules look at.
#[derive(Clone, Copy)]
pub(super) struct Subject<'run> {
    /// The files of the run.
    pub(super) library: &'run Library,
    /// The planned template.
    pub(super) planned: &'run PlannedTemplate,
    /// Its policy documents that are written by hand.
    pub(super) policies: &'run WrittenPolicies,
    /// The roles of its macros that have what the user wrote.
    pub(super) roles: &'run [MacroRole],
    /// How much of it is looked at.
    pub(super) scope: LintScope,
}

impl<'run> Subject<'run> {
    /// The arguments of each macro.
    pub(super) fn macros(&self) -> impl Iterator<Item = &'run Arguments> {
        self.planned.macros.iter().map(|planned| &planned.arguments)
    }

    /// The trusts of each macro, stage by stage.
    pub(super) fn trusts(&self) -> impl Iterator<Item = (&'run Arguments, &'run Spanned<Trust>)> {
        self.macros().flat_map(|arguments| {
            let targets = arguments.targets.iter();
            let trusts = targets.flat_map(|target| &target.arguments.trusted_by);
            trusts.map(move |trust| (arguments, trust))
        })
    }
}

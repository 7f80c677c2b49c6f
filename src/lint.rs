//! What the author of a template should look at: warnings and notes, each raised by a rule.
//!
//! In: a planned template with the files of its run. Out: what the rules find, in the order of the
//! text, without what comments allow. Refuses nothing: errors are raised before.

mod allow;
pub mod rules;

use crate::diagnostic::{Diagnostic, Rule};
use crate::expand::PlannedTemplate;
use crate::yaml::lookup::Library;

/// What the rules look at.
#[derive(Clone, Copy)]
pub struct Subject<'run> {
    /// The files of the run.
    pub library: &'run Library,
    /// The planned template.
    pub planned: &'run PlannedTemplate,
}

/// What the rules find in a template. `known` are all rules of the program: comments may name them.
pub fn run(subject: Subject<'_>, known: &[&'static Rule]) -> Vec<Diagnostic> {
    let found = subject.planned.warnings.clone();
    let mut left = allow::apply(subject.library, known, found);
    left.sort_by_key(|problem| problem.primary.as_ref().map(|label| label.span));
    left
}

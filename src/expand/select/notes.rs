//! What is worth a look in what targets select.
//!
//! In: a macro whose accounts are selected. Out: warnings. It refuses nothing.

use crate::arguments::{AccountRefs, Arguments, Target};
use crate::diagnostic::{Diagnostic, Shown as _};
use crate::expand::model::selection::{Selection, TargetId};
use crate::expand::rules::{EMPTY_UNIT, SUSPENDED_UNIT};
use crate::expand::select::Directory;
use crate::source::Span;

/// What the names of units contain that hold accounts on their way out. AWS deletes a closed account
/// after 90 days; until then, no deployment to it succeeds.
const SUSPENDED: &[&str] = &["suspended", "closed", "graveyard", "decommission"];

impl Directory<'_> {
    /// The warnings about the accounts that the targets of a macro select.
    pub fn notes(&self, arguments: &Arguments, selections: &[Selection]) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (index, target) in arguments.targets.iter().enumerate() {
            let own = || {
                let own = selections.iter();
                own.filter(move |selection| selection.target == TargetId(index))
            };
            if own().next().is_none() && self.has_empty_units(target) {
                found.push(empty(target));
            }
            let Some(span) = wide(target) else { continue };
            let mut units = self.organization.units.iter();
            let unit = units.find(|unit| {
                let name = unit.logical_id.to_ascii_lowercase();
                let members = || {
                    self.organization
                        .accounts_in(std::slice::from_ref(&unit.logical_id))
                };
                SUSPENDED.iter().any(|word| name.contains(word))
                    && own().any(|selection| members().contains(&selection.account))
            });
            found.extend(unit.map(|unit| suspended(target, span, &unit.logical_id)));
        }
        found
    }
}

/// Where a target says `'*'`, which selects accounts that nobody thought of.
fn wide(target: &Target) -> Option<Span> {
    let selector = &target.selector;
    let all = [&selector.account, &selector.organizational_unit];
    all.into_iter()
        .flatten()
        .find_map(|accounts| match accounts {
            AccountRefs::All(span) => Some(*span),
            AccountRefs::Refs(_) => None,
        })
}

fn empty(target: &Target) -> Diagnostic {
    let message = format!(
        "the target `{}` selects no account: its organizational unit has none",
        target.stage.value.shown()
    );
    Diagnostic::new(&EMPTY_UNIT, target.span, message)
        .help("expand again when the unit has an account, or remove the target")
}

fn suspended(target: &Target, span: Span, unit: &str) -> Diagnostic {
    let message = format!(
        "the target `{}` also selects the accounts of `{}`; a deployment to an account that is suspended fails",
        target.stage.value.shown(),
        unit.shown()
    );
    Diagnostic::new(&SUSPENDED_UNIT, span, message).help(format!(
        "exclude them with `ExcludeOrganizationalUnit: !Ref {}`",
        unit.shown()
    ))
}

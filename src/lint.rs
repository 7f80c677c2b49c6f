//! What you should look at in a template: warnings and notes, each raised by a rule.
//!
//! In: a planned template with the files of its run. Out: what the rules find, in the order of the
//! text, without what comments allow. Refuses nothing: errors are raised before.

mod allow;
mod rules;
mod subject;
mod written;

use crate::diagnostic::{Diagnostic, Rule};
use crate::expand::in_order;
pub use subject::Subject;

use rules::{
    app_id_ends_in_stage, classic_subject, default_services, no_macro, own_principal,
    trusts_whole_account, unknown_action,
};

/// What a rule does: it looks at the subject, and adds what it finds.
type Check = fn(&Subject<'_>, &mut Vec<Diagnostic>);

/// Every rule with its check; a line here adds one.
const CHECKS: &[(&Rule, Check)] = &[
    (&no_macro::RULE, no_macro::check),
    (&app_id_ends_in_stage::RULE, app_id_ends_in_stage::check),
    (&classic_subject::RULE, classic_subject::check),
    (&default_services::RULE, default_services::check),
    (&own_principal::RULE, own_principal::check),
    (&trusts_whole_account::RULE, trusts_whole_account::check),
    (&unknown_action::RULE, unknown_action::check),
];

/// Whether a rule gives advice: what it finds is right as it is, so that commands other than `lint`
/// do not repeat it in every run.
pub fn is_advice(rule: &Rule) -> bool {
    rule.id == default_services::RULE.id
}

/// Every rule of this module.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let checked = CHECKS.iter().map(|(rule, _)| *rule);
    checked.chain(allow::RULES.iter().copied())
}

/// What the rules find in a template. `known` are all rules of the program: comments may name them.
pub fn run(subject: &Subject<'_>, known: &[&'static Rule]) -> Vec<Diagnostic> {
    let mut found = subject.planned.warnings.clone();
    for (_, check) in CHECKS {
        check(subject, &mut found);
    }
    let left = allow::apply(subject.library, known, in_order(found));
    in_order(default_services::one_per_template(left))
}

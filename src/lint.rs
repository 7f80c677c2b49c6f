//! What you should look at in a template: warnings and notes, each raised by a rule.
//!
//! In: a planned template with the files of its run. Out: what the rules find, in the order of the
//! text, without what comments allow. Refuses nothing: errors are raised before.

mod about;
mod allow;
mod caller;
mod escalation;
mod macros;
mod policies;
mod rules;
mod scope;
mod subject;
mod token_trust;
mod written;

use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::expand::rules::MERGED_TARGETS;
use crate::expand::{PlannedTemplate, in_order};
use crate::lint::macros::MacroReader;
use crate::lint::policies::WrittenPolicies;
use crate::lint::subject::Subject;
use crate::partials::Partials;
use crate::yaml::lookup::Library;
use LintScope::{Everything, Macros};

pub use rules::management_tools_account::RULE as MANAGEMENT_TOOLS_ACCOUNT;
pub use scope::LintScope;

use rules::{
    administrator, app_id_ends_in_stage, arn_form, boundary_does_not_bind, claim_may_be_missing,
    classic_subject, confused_deputy, covered_action, covered_statement, create_without_update,
    default_services, denied_by_organization, escalation_path, fixed_partition, long_lived_key,
    management_tools_account, misplaced_service_policy, near_limit, no_macro, not_examined,
    own_principal, pass_role_to_any_service, prefix_of_another_app, principal_not_created,
    reads_everything, replaced_action, session_tags_refused, token_without_audience,
    token_without_subject, trusts_anyone, trusts_whole_account, unknown_action, unmatched_action,
    unmatched_wildcard,
};

/// What a rule does: it looks at the subject, and adds what it finds.
type RuleCheck = fn(&Subject<'_>, &mut Vec<Diagnostic>);

/// Every rule with its check; a line here adds one.
const CHECKS: &[(&Rule, RuleCheck, LintScope)] = &[
    (&no_macro::RULE, no_macro::check, Macros),
    (
        &app_id_ends_in_stage::RULE,
        app_id_ends_in_stage::check,
        Macros,
    ),
    (&classic_subject::RULE, classic_subject::check, Macros),
    (&default_services::RULE, default_services::check, Macros),
    (&own_principal::RULE, own_principal::check, Macros),
    (
        &trusts_whole_account::RULE,
        trusts_whole_account::check,
        Macros,
    ),
    (&unknown_action::RULE, unknown_action::check, Macros),
    (
        &denied_by_organization::RULE,
        denied_by_organization::check,
        Everything,
    ),
    (
        &principal_not_created::RULE,
        principal_not_created::check,
        Everything,
    ),
    (&near_limit::RULE, near_limit::check, Everything),
    (
        &prefix_of_another_app::RULE,
        prefix_of_another_app::check,
        Everything,
    ),
    (
        &create_without_update::RULE,
        create_without_update::check,
        Everything,
    ),
    (
        &boundary_does_not_bind::RULE,
        boundary_does_not_bind::check,
        Everything,
    ),
    (&administrator::RULE, administrator::check, Everything),
    (&escalation_path::RULE, escalation_path::check, Everything),
    (&arn_form::RULE, arn_form::check, Everything),
    (
        &claim_may_be_missing::RULE,
        claim_may_be_missing::check,
        Everything,
    ),
    (&confused_deputy::RULE, confused_deputy::check, Everything),
    (&covered_action::RULE, covered_action::check, Everything),
    (
        &covered_statement::RULE,
        covered_statement::check,
        Everything,
    ),
    (&long_lived_key::RULE, long_lived_key::check, Everything),
    (
        &pass_role_to_any_service::RULE,
        pass_role_to_any_service::check,
        Everything,
    ),
    (
        &token_without_audience::RULE,
        token_without_audience::check,
        Everything,
    ),
    (
        &token_without_subject::RULE,
        token_without_subject::check,
        Everything,
    ),
    (&fixed_partition::RULE, fixed_partition::check, Everything),
    (
        &management_tools_account::RULE,
        management_tools_account::check,
        Everything,
    ),
    (
        &misplaced_service_policy::RULE,
        misplaced_service_policy::check,
        Everything,
    ),
    (&not_examined::RULE, not_examined::check, Everything),
    (&reads_everything::RULE, reads_everything::check, Everything),
    (&replaced_action::RULE, replaced_action::check, Everything),
    (
        &session_tags_refused::RULE,
        session_tags_refused::check,
        Everything,
    ),
    (&trusts_anyone::RULE, trusts_anyone::check, Everything),
    (&unmatched_action::RULE, unmatched_action::check, Everything),
    (
        &unmatched_wildcard::RULE,
        unmatched_wildcard::check,
        Everything,
    ),
];

/// Rules of which somebody must hear if they find something in one case of the conditions alone.
const BY_BRANCH: &[RuleCheck] = &[
    administrator::check,
    boundary_does_not_bind::check,
    escalation_path::check,
    not_examined::check,
    pass_role_to_any_service::check,
    trusts_anyone::check,
    trusts_whole_account::check,
];

/// Those of them that say what a principal may do.
const OF_PRINCIPALS: &[&Rule] = &[
    &administrator::RULE,
    &boundary_does_not_bind::RULE,
    &escalation_path::RULE,
];

/// Adds what rules find in the policies of each case of the conditions, and leaves of what principals may do only what is
/// so in one of them.
fn add_cases(subject: &Subject<'_>, cases: &[WrittenPolicies], found: &mut Vec<Diagnostic>) {
    let mut all = Vec::new();
    for policies in cases {
        let subject = Subject {
            policies,
            roles: &[],
            ..*subject
        };
        let mut own = Vec::new();
        for check in BY_BRANCH {
            check(&subject, &mut own);
        }
        merge(own, &mut all);
    }
    let resources = &subject.policies.resources;
    let is_in_no_case = |own: &Diagnostic| {
        let is_of_principal = OF_PRINCIPALS.iter().any(|rule| rule.id == own.rule.id)
            && resources
                .iter()
                .any(|other| Some(other.span) == own.primary.as_ref().map(|label| label.span));
        is_of_principal && !all.iter().any(|other| is_same(other, own))
    };
    found.retain(|own| cases.is_empty() || !is_in_no_case(own));
    merge(all, found);
}

/// Adds findings. Of two about the same, the one that is worse is shown, or else the one that says more.
fn merge(all: Vec<Diagnostic>, found: &mut Vec<Diagnostic>) {
    let weight = |own: &Diagnostic| {
        let length = own.note.as_ref().map_or(0, String::len);
        (own.level != Level::Note, length)
    };
    for one in all {
        match found.iter_mut().find(|known| is_same(known, &one)) {
            Some(known) if weight(known) < weight(&one) => *known = one,
            Some(_) => {}
            None => found.push(one),
        }
    }
}

fn is_same(first: &Diagnostic, second: &Diagnostic) -> bool {
    first.rule.id == second.rule.id && first.primary == second.primary
}

/// Whether a rule gives advice: what it finds is right as it is, so that commands other than `lint`
/// do not repeat it in every run.
pub fn is_advice(rule: &Rule) -> bool {
    [&default_services::RULE, &MERGED_TARGETS].contains(&rule)
}

/// Whether `lint` alone looks at what this rule looks at.
pub fn is_of_lint(rule: &Rule) -> bool {
    let is_own = |(other, _, scope): &(&Rule, RuleCheck, LintScope)| {
        other.id == rule.id && *scope == Everything
    };
    CHECKS.iter().any(is_own)
}

/// Every rule of this module.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let checked = CHECKS.iter().map(|(rule, ..)| *rule);
    checked.chain(allow::RULES.iter().copied())
}

/// The policies of a template, and what they are in each case that its conditions make.
fn read(
    library: &Library,
    planned: &PlannedTemplate,
    scope: LintScope,
) -> (WrittenPolicies, Vec<WrittenPolicies>) {
    let mut policies = WrittenPolicies::of(library, planned, scope);
    if scope == Macros {
        return (policies, Vec::new());
    }
    let mut branches = policies.by_case(library, planned);
    // What is held in one of the cases is not looked at by itself.
    let mut loose = policies.without_holders();
    for branch in &branches {
        let own = branch.without_holders();
        loose.retain(|id| own.contains(id) || !branch.has(id));
    }
    policies.only_without_holders(&loose);
    for branch in &mut branches {
        branch.only_without_holders(&loose);
    }
    (policies, branches)
}

/// What the rules of this scope find in a template; without its partials, they look at no role of a macro.
/// `known` are all rules of the program: comments may name them.
pub fn run(
    library: &Library,
    (planned, partials): (&PlannedTemplate, Option<&Partials>),
    known: &[&'static Rule],
    scope: LintScope,
) -> Vec<Diagnostic> {
    let (policies, branches) = read(library, planned, scope);
    let partials = partials.filter(|_| scope == Everything);
    let reader = partials.map(|partials| MacroReader::new(library, planned, partials));
    let (roles, own) =
        reader.map_or_else(Default::default, |reader| reader.roles(policies.engine()));
    let policies = policies.with(own);
    let subject = Subject {
        library,
        planned,
        policies: &policies,
        roles: &roles,
        scope,
    };
    let mut found = planned.warnings.clone();
    for (_, check, own) in CHECKS {
        if scope == Macros && *own == Everything {
            continue;
        }
        let mut all = Vec::new();
        check(&subject, &mut all);
        // What has an anchor is written once and used often.
        for one in all {
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    add_cases(&subject, &branches, &mut found);
    // Whether a comment allows what is not looked at is not known.
    let is_skipped = |rule: &Rule| match scope {
        Macros => is_of_lint(rule),
        Everything => rule.id == no_macro::RULE.id && policies.has_resources(),
    };
    let left = allow::apply(library, known, in_order(found), &is_skipped);
    in_order(default_services::one_per_template(left))
}

//! Whether fewer regions would fit into a limit that several exceed.
//!
//! In: a plan with its problems, and how to find those of another plan. Out: the problems, which say
//! how many of the regions fit. Refuses nothing: a problem that one region has as well stays as it is.

use crate::arguments::rules::LIMIT_EXCEEDED;
use crate::diagnostic::Diagnostic;
use crate::expand::model::plan::MacroPlan;

/// The problems of `plan` with what its regions have to do with them.
///
/// `problems_of` renders a plan with fewer regions: only that tells what they need, because
/// statements are joined and policies are placed anew.
pub(super) fn with_fewer(
    plan: &MacroPlan,
    problems: Vec<Diagnostic>,
    problems_of: impl Fn(&MacroPlan) -> Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let is_limit = |problem: &Diagnostic| problem.rule.id == LIMIT_EXCEEDED.id;
    if plan.other_regions.is_empty() || !problems.iter().any(is_limit) {
        return problems;
    }
    let cut = |count: usize| {
        let mut fewer = plan.clone();
        fewer.other_regions.truncate(count - 1);
        problems_of(&fewer)
    };
    let alone = cut(1);
    let say = |problem: Diagnostic| {
        let is_left = |left: &[Diagnostic]| left.iter().any(|left| is_same(left, &problem));
        if !is_limit(&problem) || is_left(&alone) {
            return problem;
        }
        // The first `fits` regions fit, and the first `exceeds` do not.
        let (mut fits, mut exceeds) = (1, plan.other_regions.len() + 1);
        while exceeds - fits > 1 {
            let middle = fits.midpoint(exceeds);
            if is_left(&cut(middle)) {
                exceeds = middle;
            } else {
                fits = middle;
            }
        }
        let fewer = match fits {
            1 => "list one region (the first fits alone)".to_owned(),
            _ => format!("list fewer regions (the first {fits} fit)"),
        };
        let help = match &problem.help {
            Some(help) => format!("{fewer}, or {help}"),
            None => fewer,
        };
        problem.help(help)
    };
    problems.into_iter().map(say).collect()
}

/// Whether two problems are about one limit. The numbers in the message differ, and what helps does
/// not.
fn is_same(one: &Diagnostic, other: &Diagnostic) -> bool {
    let key = |problem: &Diagnostic| {
        let place = problem.primary.as_ref().map(|label| label.span);
        (problem.rule.id, place, problem.help.clone())
    };
    key(one) == key(other)
}

//! The lines of `LogicalIds`, and what they make of all logical ids of a template.
//!
//! In: every macro, rendered, and the template's own resources. Out: a diagnostic for each line that
//! names nothing, gives an id that CloudFormation or YAML would not take, or gives one that another
//! resource has. Refuses those.

use std::collections::{HashMap, HashSet};

use crate::arguments::rules::INVALID_LOGICAL_ID;
use crate::aws::quotas::LOGICAL_ID_LIMIT;
use crate::diagnostic::{Diagnostic, Shown as _, nearest};
use crate::expand::model::call::OrdinaryResource;
use crate::expand::model::plan::MacroPlan;
use crate::expand::model::rendered::Rendered;
use crate::expand::rules::{LOGICAL_ID_CLASH, UNKNOWN_LOGICAL_ID};
use crate::source::Span;
use crate::yaml::emit;

/// A logical id of a macro.
struct KeptId<'run> {
    plan: &'run MacroPlan,
    /// What it is without `LogicalIds`.
    written: String,
    /// What it is, and the line that says so.
    kept: String,
    line: Option<usize>,
}

impl KeptId<'_> {
    /// Where it comes from.
    fn span(&self) -> Span {
        let line = self
            .line
            .and_then(|line| self.plan.logical_ids.lines.get(line));
        line.map_or(self.plan.name_span, |line| line.written.span)
    }
}

/// Adds a problem for each line that is wrong; at most one per line.
pub(super) fn check(
    macros: &[Rendered],
    resources: &[OrdinaryResource],
    problems: &mut Vec<Diagnostic>,
) {
    if macros
        .iter()
        .all(|rendered| rendered.plan().logical_ids.is_empty())
    {
        return;
    }
    let ids: Vec<KeptId<'_>> = macros.iter().flat_map(of_macro).collect();
    for rendered in macros {
        unknown(rendered.plan(), &ids, problems);
    }
    let mut reported = HashSet::new();
    let mut report = |problem: Diagnostic, span: Span| {
        if reported.insert(span.start) {
            problems.push(problem);
        }
    };
    for id in ids.iter().filter(|id| id.line.is_some()) {
        if let Some(problem) = invalid(id).or_else(|| ambiguous(id)) {
            report(problem, id.span());
        }
    }
    let mut known: HashMap<&str, (&str, Span)> = HashMap::new();
    for own in resources {
        known.insert(&own.logical_id, (&own.logical_id, own.span));
    }
    // Those that are not renamed come first, so that a clash is at the line that leads to it.
    let (renamed, others): (Vec<&KeptId<'_>>, Vec<_>) =
        ids.iter().partition(|id| id.line.is_some());
    for id in others {
        // Clashes among them are found without looking at every id.
        known.insert(&id.kept, (&id.written, id.span()));
    }
    for id in renamed {
        let this = (id.written.as_str(), id.span());
        if let Some(other) = known.insert(&id.kept, this) {
            report(clash(id, other), id.span());
        }
    }
}

fn of_macro(rendered: &Rendered) -> impl Iterator<Item = KeptId<'_>> {
    let plan = rendered.plan();
    plan.units.iter().flat_map(move |unit| {
        rendered.resources(unit.body).iter().map(move |resource| {
            let written = format!("{}{}{}", plan.name, unit.id_part, resource.kind);
            let kept = plan.logical_ids.kept(&written);
            let (line, kept) = kept.map_or_else(
                || (None, written.clone()),
                |(line, kept)| (Some(line), kept),
            );
            KeptId {
                plan,
                written,
                kept,
                line,
            }
        })
    })
}

/// The lines of a macro that decide about no id.
fn unknown(plan: &MacroPlan, ids: &[KeptId<'_>], problems: &mut Vec<Diagnostic>) {
    let of_macro = || ids.iter().filter(|id| id.plan.name_span == plan.name_span);
    let used: HashSet<usize> = of_macro().filter_map(|id| id.line).collect();
    for (at, line) in plan.logical_ids.lines.iter().enumerate() {
        if used.contains(&at) {
            continue;
        }
        let text = &line.written.value;
        let shown = text.shown();
        let is_named = of_macro().any(|id| line.kept_of(&id.written).is_some());
        let near = nearest(text, of_macro().map(|id| id.written.as_str()));
        let (message, help) = match near {
            _ if is_named => (
                format!("other lines decide about each logical id that `{shown}` names"),
                "remove the line".to_owned(),
            ),
            Some(near) if !text.contains('*') => (
                format!("the macro creates no logical id `{shown}`"),
                format!("did you mean `{near}`?"),
            ),
            _ => (
                format!("the macro creates no logical id that `{shown}` names"),
                format!(
                    "remove the line; the logical ids of this macro begin with `{}`",
                    plan.name
                ),
            ),
        };
        problems.push(Diagnostic::new(&UNKNOWN_LOGICAL_ID, line.written.span, message).help(help));
    }
}

/// An id that `*` makes what no id can be.
fn invalid(id: &KeptId<'_>) -> Option<Diagnostic> {
    let kept = &id.kept;
    let is_id = !kept.is_empty() && kept.len() <= LOGICAL_ID_LIMIT && emit::is_plain(kept);
    (!is_id).then(|| {
        let message = match kept.as_str() {
            "" => format!("nothing is left of `{}`", id.written),
            _ => format!("`{}` would have the logical id `{kept}`", id.written),
        };
        Diagnostic::new(&INVALID_LOGICAL_ID, id.span(), message)
            .help("a logical id has 1 to 255 letters and digits, and must be text to YAML: write a line for this id")
    })
}

/// An id that two lines name, neither more than the other.
fn ambiguous(id: &KeptId<'_>) -> Option<Diagnostic> {
    let (first, second) = id.plan.logical_ids.rivals(&id.written)?;
    let message = format!(
        "`{}` and `{}` both name `{}`",
        first.written.value, second.written.value, id.written
    );
    let problem = Diagnostic::new(&LOGICAL_ID_CLASH, first.written.span, message)
        .related(second.written.span, "the other line")
        .help(format!("write a line for `{}` without `*`", id.written));
    Some(problem)
}

fn clash(id: &KeptId<'_>, (other, span): (&str, Span)) -> Diagnostic {
    let message = if other == id.kept {
        format!(
            "`{}` would have the logical id `{}`, which the template already has",
            id.written, id.kept
        )
    } else {
        format!(
            "`{}` and `{other}` would have the same logical id, `{}`",
            id.written, id.kept
        )
    };
    Diagnostic::new(&LOGICAL_ID_CLASH, id.span(), message)
        .related(span, "the other one")
        .help("keep each logical id for one resource: change or remove one of the lines")
}

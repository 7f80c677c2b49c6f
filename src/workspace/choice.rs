//! The one macro that a command needs, of those of all templates.
//!
//! In: planned templates and `--macro`. Out: a position. Refuses unknown names, and several macros
//! without a name.

use crate::diagnostic::{Diagnostic, Shown as _, list_some, nearest};
use crate::source::Span;
use crate::workspace::PlannedSource;
use crate::workspace::rules::{AMBIGUOUS_MACRO, UNKNOWN_MACRO};

/// Why there is no such macro.
pub enum NotChosen {
    /// No template has one.
    NoMacro,
    /// The problem, and the position of the template that it is shown in.
    Refused(usize, Box<Diagnostic>),
}

/// A macro by its position: that of its template, and its own.
struct MacroPlace<'run> {
    template: usize,
    index: usize,
    name: &'run str,
    span: Span,
}

/// The positions of the template and of the chosen macro in it. What is written is about one macro,
/// so that of several one must be named. `with_template` is what a template is named after:
/// the command, or an option.
///
/// # Errors
///
/// `unknown-macro`, `ambiguous-macro`; no macro at all.
pub fn choose(
    templates: &mut [PlannedSource],
    name: Option<&str>,
    with_template: &str,
) -> Result<(usize, usize), NotChosen> {
    let all = places(templates);
    let is_meant = |place: &&MacroPlace<'_>| name.is_none_or(|name| name == place.name);
    let meant: Vec<&MacroPlace<'_>> = all.iter().filter(is_meant).collect();
    match (meant.as_slice(), name) {
        ([place], _) => Ok((place.template, place.index)),
        ([], Some(name)) => {
            let known: Vec<String> = all.iter().map(|place| place.name.to_owned()).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            Err(match templates.first_mut() {
                Some(first) => NotChosen::Refused(0, Box::new(unknown(first, name, &known))),
                None => NotChosen::NoMacro,
            })
        }
        ([], None) => Err(NotChosen::NoMacro),
        ([first, ..], _) => {
            let problem = ambiguous(first, &meant, templates, (name, with_template));
            Err(NotChosen::Refused(first.template, Box::new(problem)))
        }
    }
}

fn places(templates: &[PlannedSource]) -> Vec<MacroPlace<'_>> {
    let mut places = Vec::new();
    for (template, source) in templates.iter().enumerate() {
        for (index, planned) in source.planned.macros.iter().enumerate() {
            places.push(MacroPlace {
                template,
                index,
                name: &planned.call.name,
                span: planned.call.name_span,
            });
        }
    }
    places
}

fn ambiguous(
    first: &MacroPlace<'_>,
    meant: &[&MacroPlace<'_>],
    templates: &[PlannedSource],
    (name, with_template): (Option<&str>, &str),
) -> Diagnostic {
    let count = meant.len();
    let message = match name {
        Some(name) => format!("{count} templates have a macro `{name}`"),
        None => format!("there are {count} macros, but the files are those of one"),
    };
    let mut problem = Diagnostic::new(&AMBIGUOUS_MACRO, first.span, message);
    for other in meant.iter().skip(1) {
        if other.template == first.template {
            problem = problem.related(other.span, "another one");
        }
    }
    problem.help(if name.is_some() {
        let source = templates.get(first.template);
        let path = source.map_or_else(String::new, |source| source.job.template.shown());
        format!("name the template, as in `{with_template} {path}`")
    } else {
        let flags = meant
            .iter()
            .map(|place| format!("`--macro {}`", place.name));
        format!("name one: {}", flags.collect::<Vec<_>>().join(", "))
    })
}

fn unknown(source: &mut PlannedSource, name: &str, known: &[&str]) -> Diagnostic {
    let file = source.library.sources.add("--macro", name);
    let message = format!("there is no macro `{}`", name.shown());
    let help = match (nearest(name, known.iter().copied()), known) {
        (_, []) => "there is no `!DeployRoles` macro in the templates".to_owned(),
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, known) => format!("there are: {}", list_some(known.iter().copied())),
    };
    Diagnostic::new(&UNKNOWN_MACRO, Span::new(file, 0, name.len()), message).help(help)
}

//! Templates with macros to expanded text: the whole pipeline, and the only place that knows its order.

pub mod checksum;
pub mod chunks;
mod layout;
pub mod limits;
pub mod locate;
pub mod model;
pub mod pack;
pub mod plan;
pub mod prove;
pub mod relocate;
pub mod render;
pub mod rules;
pub mod select;
pub mod splice;

use std::collections::HashSet;
use std::path::PathBuf;

use crate::arguments::Arguments;
use crate::diagnostic::{Diagnostic, Level, Result};
use crate::expand::chunks::{Edit, Expanded};
use crate::expand::model::call::Template;
use crate::expand::model::plan::MacroPlan;
use crate::expand::model::rendered::Placeholders;
use crate::expand::model::selection::Selection;
use crate::expand::rules::NO_MACRO;
use crate::organization::Organization;
use crate::partials::Partials;
use crate::source::{FileId, SourceFile, Span};
use crate::yaml::lookup::Library;
use crate::yaml::node::Document;

/// One template to expand; its files are in a [`Library`].
#[derive(Clone, Debug)]
pub struct Request {
    /// The template.
    pub template: FileId,
    /// The file of `--organization`.
    pub organization: Option<FileId>,
    /// The partials of `--partials`, by name.
    pub overrides: Vec<(String, FileId)>,
    /// The source's folder as seen from the output's, where they differ.
    pub moved: Option<PathBuf>,
}

/// A template with its macros understood, before anything is rendered.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The located macros.
    pub template: Template,
    /// The organization.
    pub organization: Organization,
    /// Arguments and accounts, macro by macro.
    pub macros: Vec<(Arguments, Vec<Selection>)>,
    /// The plans, macro by macro.
    pub plans: Vec<MacroPlan>,
    /// What the author should look at.
    pub warnings: Vec<Diagnostic>,
}

/// An expanded template.
#[derive(Clone, Debug)]
pub struct Expansion {
    /// The generated file; its checksum is filled in where it is written.
    pub text: Expanded,
    /// What it was made from.
    pub planned: Planned,
    /// How many resources the macros make.
    pub resources: usize,
}

/// Understands the macros of a template.
///
/// # Errors
///
/// Every problem that is found; see [`crate::registry`].
pub fn plan(library: &Library, request: &Request, partials: &Partials) -> Result<Planned> {
    let document = library.document(request.template)?;
    let text = library.sources.text(request.template);
    let (template, mut problems) = locate::locate(document, text, library)?;
    let mut warnings = partials.notes.clone();
    if template.calls.is_empty() && !problems.is_empty() {
        return Err(problems);
    }
    let flag = request
        .organization
        .and_then(|file| library.documents.get(&file));
    let section = |template: &Template| {
        crate::organization::decode::section(library, &template.document, flag)
    };
    if template.calls.is_empty() {
        warnings.push(
            Diagnostic::new(
                &NO_MACRO,
                Span::new(request.template, 0, 0),
                "the template has no `!DeployRoles` macro",
            )
            .help("it is copied as it is"),
        );
        // Whoever compares access needs the accounts; to copy the template, nobody does.
        let organization = section(&template)
            .and_then(|section| crate::organization::decode::organization(library, &section))
            .unwrap_or_default();
        return Ok(Planned {
            template,
            organization,
            macros: Vec::new(),
            plans: Vec::new(),
            warnings,
        });
    }
    let organization = section(&template).and_then(|section| {
        Ok((
            crate::organization::decode::organization(library, &section)?,
            section,
        ))
    });
    let mut decoded = Vec::new();
    for call in &template.calls {
        let written = call.written(&template.document);
        let (arguments, found) =
            crate::arguments::decoder::arguments(library, &partials.catalog, &written);
        let (errors, found): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|problem| problem.level == Level::Error);
        decoded.extend(arguments.map(|arguments| (call, arguments, errors.is_empty())));
        problems.extend(errors);
        warnings.extend(found);
    }
    let (organization, section) = match organization {
        Ok(found) => found,
        Err(found) => {
            problems.extend(found);
            return Err(unique(problems));
        }
    };
    let directory = select::Directory {
        library,
        template: &template,
        organization: &organization,
        section: &section,
    };
    let mut resolved = Vec::new();
    for (call, arguments, complete) in &decoded {
        match select::select(&directory, arguments) {
            Ok(selections) if *complete => resolved.push((*call, arguments, selections)),
            Ok(_) => {}
            Err(found) => problems.extend(found),
        }
    }
    let macros: Vec<plan::Resolved<'_>> = resolved
        .iter()
        .map(|(call, arguments, selections)| plan::Resolved {
            call,
            arguments,
            selections,
        })
        .collect();
    let plans = plan::resolve(&macros).unwrap_or_else(|found| {
        problems.extend(found);
        Vec::new()
    });
    if !problems.is_empty() {
        return Err(unique(problems));
    }
    let macros = resolved
        .iter()
        .map(|(_, arguments, selections)| ((*arguments).clone(), selections.clone()))
        .collect();
    Ok(Planned {
        template: template.clone(),
        organization,
        macros,
        plans,
        warnings: unique(warnings),
    })
}

/// In the order of the text; problems of what several macros or stages share are reported once.
fn unique(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    problems.sort_by_key(|problem| problem.primary.as_ref().map(|label| label.span));
    let mut seen = HashSet::new();
    problems.retain(|problem| {
        let place = problem.primary.as_ref().map(|label| label.span);
        seen.insert((problem.rule.id, place, problem.message.clone()))
    });
    problems
}

/// Expands a template: the whole pipeline.
///
/// # Errors
///
/// Every problem that is found; see [`crate::registry`].
pub fn expand(library: &mut Library, request: &Request) -> Result<Expansion> {
    let partials = Partials::new(library, &request.overrides)?;
    let planned = plan(library, request, &partials)?;
    let source = library.sources.text(request.template);
    let eol = splice::line_ending(source);
    let placeholders = placeholders(library);

    let mut rendered = Vec::new();
    let mut problems = Vec::new();
    for plan in &planned.plans {
        match render::render(&partials, plan, &placeholders) {
            Ok(found) => rendered.push(found),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(unique(problems));
    }
    limits::check(
        &planned.plans,
        &rendered,
        &planned.template.resources,
        &placeholders,
    )?;
    let rewrites = match &request.moved {
        Some(prefix) => {
            for rendered in &mut rendered {
                relocate::rendered(rendered, prefix);
            }
            relocate::rewrites(&planned.template, prefix)?
        }
        None => Vec::new(),
    };

    let macros = planned
        .template
        .calls
        .iter()
        .zip(&planned.plans)
        .zip(&rendered);
    let macros = macros.map(|((call, plan), rendered)| {
        Edit::Macro(splice::spliced(
            source,
            call,
            plan,
            rendered,
            &placeholders,
            eol,
        ))
    });
    let texts = rewrites
        .iter()
        .map(|rewrite| Edit::Text(rewrite.start..rewrite.end, rewrite.text.clone()));
    let head = checksum::head(library.sources.path(request.template), eol);
    let text = Expanded::new(source.to_owned(), head, macros.chain(texts).collect(), eol);
    prove::validate(&prove::Proof {
        template: &planned.template,
        expanded: &text.skeleton(&placeholders),
        plans: &planned.plans,
        rendered: &rendered,
        placeholders: &placeholders,
        rewritten: &rewrites
            .iter()
            .map(|rewrite| rewrite.start)
            .collect::<HashSet<_>>(),
    })?;
    let resources = planned
        .plans
        .iter()
        .zip(&rendered)
        .flat_map(|(plan, rendered)| {
            plan.groups
                .iter()
                .filter_map(|group| rendered.bodies.get(group.body))
        })
        .map(|body| body.resources.len())
        .sum();
    Ok(Expansion {
        text,
        planned,
        resources,
    })
}

/// Names for the account that occur in no text of the run.
fn placeholders(library: &Library) -> Placeholders {
    let free = |stem: &str| {
        (0..=u32::MAX)
            .map(|number| format!("Zz{stem}{number}zZ"))
            .find(|name| {
                let in_text = |file: &SourceFile| file.text.contains(name.as_str());
                let in_scalars = |document: &Document| {
                    // Escapes can hide a name from the text.
                    library.sources.text(document.file).contains('\\') && document.holds(name)
                };
                !library.sources.iter().any(in_text) && !library.documents.values().any(in_scalars)
            })
            .unwrap_or_default()
    };
    Placeholders {
        account: free("Account"),
        letters: free("Letters"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Request, expand};
    use crate::source::FileId;
    use crate::yaml::lookup::Library;

    #[test]
    fn says_that_a_template_was_not_read() {
        let request = Request {
            template: FileId(7),
            organization: None,
            overrides: Vec::new(),
            moved: None,
        };
        let problems = expand(&mut Library::default(), &request).unwrap_err();
        let ids: Vec<&str> = problems.iter().map(|problem| problem.rule.id).collect();
        assert_eq!(ids, ["unreadable"]);
    }
}

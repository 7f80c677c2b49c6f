//! Expands `!DeployRoles` macros in OrgFormation templates into per-account IAM deploy roles.
//!
//! # The way of the data
//!
//! A run goes one way. [`expand`] is the way to the expanded text; the command `diff` adds the last
//! three stages:
//!
//! | stage | from | to |
//! |---|---|---|
//! | [`files`] | paths | texts, parsed by [`yaml::parse`] into spanned trees, with what they include |
//! | [`locate`] | the template's tree | macro calls, each with the bytes that it takes up |
//! | [`arguments`] | trees | typed arguments; the organization |
//! | [`select`] | arguments, organization | the accounts of each target |
//! | [`resolve`] | arguments, accounts | plans: each distinct body once, and who gets which |
//! | [`render`] | plans, [`partials`] | resources with placeholders for the account |
//! | [`limits`] | resources | nothing, or the limits that they break |
//! | [`splice`] | source text, resources | expanded text |
//! | [`validate`] | expanded text, plans | proof that they agree |
//! | [`compare`] | previous and expanded text | what changed |
//! | [`access`] | previous and expanded text, organization, plans | who gains and who loses access |
//! | [`report`] | diagnostics, comparisons | what people read |
//!
//! The commands `accounts` and `graph` show what [`plan`] finds, the way up to `resolve`. The command
//! `workflow` selects the accounts of each stage by itself, and [`workflow`] makes the CI files of a
//! macro from its arguments, these accounts and [`partials`].
//!
//! Stages do not import each other; only this file and [`command`] know their order. Any stage may
//! use the tools, which import [`model`] and each other at most: [`yaml::parse`] and [`yaml::value`] (text to
//! tree to value), [`yaml::emit`] (value to text), [`partials`] (the texts that roles and policies are
//! rendered from), [`iam::size`], [`place`], [`bundle`] and [`shard`] (what fits where), [`stamp`] (the
//! head of a generated file), [`relocate`] (relative paths), `template` (a generated file to its blocks,
//! and these to data), `aws` (the actions that AWS has).
//!
//! # Invariants
//!
//! 1. Only [`files`] touches the disk, standard input, the environment and git
//!    (`disallowed-methods`).
//! 2. Only the binary prints (`print_stdout`).
//! 3. Bytes outside of macro calls never change: spans are replaced, nothing is re-serialised.
//! 4. Any error writes nothing; all problems of a run are collected first.
//! 5. The same input gives the same bytes: no clock, no host, no hash order.
//! 6. Text that an author wrote reaches the output only through [`yaml::emit`], which quotes it, and
//!    [`validate`] reads the output back.

pub mod access;
pub mod arguments;
mod aws;
pub mod bundle;
pub mod cli;
pub mod command;
pub mod compare;
pub mod diagnostic;
pub mod files;
pub mod iam;
pub mod limits;
pub mod locate;
pub mod model;
pub mod oidc;
pub mod organization;
pub mod partials;
pub mod place;
pub mod relocate;
pub mod render;
pub mod report;
pub mod resolve;
pub mod select;
pub mod shard;
pub mod source;
pub mod splice;
pub mod stamp;
mod template;
pub mod validate;
pub mod workflow;
pub mod yaml;

use std::collections::HashSet;
use std::path::PathBuf;

use arguments::Arguments;
use diagnostic::{Code, Diagnostic, Result, Severity};
use model::expanded::{Edit, Expanded};
use model::macro_call::Template;
use model::plan::MacroPlan;
use model::rendered::Placeholders;
use model::selection::Selection;
use organization::Organization;
use source::{FileId, SourceFile, Span};
use yaml::lookup::Library;
use yaml::node::Document;

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
/// Every problem that is found; see [`Code`].
pub fn plan(
    library: &Library,
    request: &Request,
    partials: &partials::Partials,
) -> Result<Planned> {
    let document = library.document(request.template)?;
    let text = library.sources.text(request.template);
    let (template, mut problems) = locate::locate(document, text, library)?;
    let mut warnings = partials.notes.clone();
    if template.calls.is_empty() && !problems.is_empty() {
        return Err(problems);
    }
    if template.calls.is_empty() {
        warnings.push(
            Diagnostic::warning(
                Code::NoMacro,
                Span::new(request.template, 0, 0),
                "the template has no `!DeployRoles` macro",
            )
            .help("it is copied as it is"),
        );
        return Ok(Planned {
            template,
            organization: Organization::default(),
            macros: Vec::new(),
            plans: Vec::new(),
            warnings,
        });
    }
    let flag = request
        .organization
        .and_then(|file| library.documents.get(&file));
    let section = organization::decode::section(library, &template.document, flag);
    let organization = section.and_then(|section| {
        Ok((
            organization::decode::organization(library, &section)?,
            section,
        ))
    });
    let mut decoded = Vec::new();
    for call in &template.calls {
        let (arguments, found) =
            arguments::decoder::arguments(library, &partials.catalog, &template, call);
        let (errors, found): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|problem| problem.severity == Severity::Error);
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
    let macros: Vec<resolve::Resolved<'_>> = resolved
        .iter()
        .map(|(call, arguments, selections)| resolve::Resolved {
            call,
            arguments,
            selections,
        })
        .collect();
    let plans = resolve::resolve(&macros).unwrap_or_else(|found| {
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
        seen.insert((problem.code, place, problem.message.clone()))
    });
    problems
}

/// Expands a template: the whole pipeline.
///
/// # Errors
///
/// Every problem that is found; see [`Code`].
pub fn expand(library: &mut Library, request: &Request) -> Result<Expansion> {
    let partials = partials::Partials::new(library, &request.overrides)?;
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
    let head = stamp::head(library.sources.path(request.template), eol);
    let text = Expanded::new(source.to_owned(), head, macros.chain(texts).collect(), eol);
    validate::validate(&validate::Proof {
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
    use super::diagnostic::Code;
    use super::source::FileId;
    use super::yaml::lookup::Library;
    use super::{Request, expand};

    #[test]
    fn says_that_a_template_was_not_read() {
        let request = Request {
            template: FileId(7),
            organization: None,
            overrides: Vec::new(),
            moved: None,
        };
        let problems = expand(&mut Library::default(), &request).unwrap_err();
        let codes: Vec<Code> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [Code::Unreadable]);
    }
}

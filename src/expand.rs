//! Templates with macros to expanded text: the whole pipeline, and the only place that knows its
//! order.
//!
//! THE ORDER: locate -> select -> plan -> layout -> render -> limits -> splice -> prove. Each stage
//! takes the record of the one before: `MacroCall`, [`Decoded`], [`Selected`], [`Planned`],
//! [`Rendered`], one per macro. Stages import [`model`] and never each other.
//!
//! In: a template, its organization, partials. Out: text. Refuses what any stage refuses; all
//! problems are collected first.

mod alike;
pub mod checksum;
pub mod chunks;
pub mod dangling;
mod fewer;
mod layout;
pub mod limits;
pub mod locate;
pub mod model;
pub mod names;
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
use std::rc::Rc;
use std::sync::Arc;

use crate::arguments;
use crate::diagnostic::{Diagnostic, Level, Result};
use crate::expand::chunks::{Edit, Expanded};
use crate::expand::dangling::DanglingReference;
use crate::expand::model::call::Template;
use crate::expand::model::plan::{MacroPlan, Planned};
pub use crate::expand::model::rendered::PlainMacro;
use crate::expand::model::rendered::{Placeholders, Rendered};
use crate::expand::model::selection::{Decoded, Selected};
pub use crate::expand::render::own::{RolePolicies, plain_role_policies, role_policies};
use crate::organization::{Organization, decode as organization_decode};
use crate::partials::Partials;
use crate::source::{FileId, Span, Spanned};
use crate::yaml::lookup::Library;
use crate::yaml::node::Node;

/// One template to expand; its files are in a [`Library`].
#[derive(Clone, Debug)]
pub struct ExpandRequest {
    /// The template.
    pub template: FileId,
    /// The file of `--organization`.
    pub organization: Option<FileId>,
    /// The partials of `--partials`, by name.
    pub overrides: Vec<(String, FileId)>,
    /// The source's folder as seen from the output's, if they differ.
    pub moved: Option<PathBuf>,
}

/// A template with its decoded macros, before anything is rendered.
#[derive(Clone, Debug)]
pub struct PlannedTemplate {
    /// The located macros.
    pub template: Template,
    /// The organization.
    pub organization: Organization,
    /// The macros, in the order of the text.
    pub macros: Vec<Planned>,
    /// What you should look at.
    pub warnings: Vec<Diagnostic>,
}

/// An expanded template.
#[derive(Clone, Debug)]
pub struct Expansion {
    /// The generated file; its checksum is filled in when it is written.
    pub text: Expanded,
    /// What it was created from.
    pub planned: PlannedTemplate,
    /// The kinds of the resources of each macro, by body.
    pub kinds: Vec<Vec<Vec<String>>>,
    /// The names of the managed policies of each macro, by body.
    pub policies: Vec<Vec<Vec<String>>>,
    /// How many resources the macros create.
    pub resources: usize,
    /// The references of the template that name nothing in it, and may have named what a macro
    /// created before.
    pub dangling: Vec<DanglingReference>,
    /// What it was rendered with.
    pub partials: Rc<Partials>,
}

/// Decodes the macros of a template.
///
/// # Errors
///
/// Every problem that is found; see [`crate::registry`].
pub fn plan(
    library: &Library,
    request: &ExpandRequest,
    partials: &Partials,
) -> Result<PlannedTemplate> {
    let document = library.document(request.template)?;
    let text = library.sources.text(request.template);
    let (template, mut problems) = locate::locate(document, text, library)?;
    let mut warnings = partials.notes.clone();
    if template.calls.is_empty() && !problems.is_empty() {
        return Err(problems);
    }
    if template.calls.is_empty() {
        // Only a comparison of access needs the accounts; copying the template does not.
        let organization = organization(library, request);
        let organization = organization.map(|(organization, _)| organization);
        return Ok(PlannedTemplate {
            template,
            organization: organization.unwrap_or_default(),
            macros: Vec::new(),
            warnings,
        });
    }
    let organization = organization(library, request);
    let decoded = decoded(library, partials, &template, &mut problems, &mut warnings);
    let (organization, section) = match organization {
        Ok(found) => found,
        Err(found) => {
            problems.extend(found);
            return Err(in_order(problems));
        }
    };
    let directory = select::Directory {
        library,
        template: &template,
        organization: &organization,
        section: &section,
    };
    let selected = selected(&directory, decoded, (&mut problems, &mut warnings));
    warnings.extend(
        selected
            .iter()
            .flat_map(|selected| directory.notes(&selected.arguments, &selected.selections)),
    );
    problems.extend(plan::compare(&selected).err().into_iter().flatten());
    if !problems.is_empty() {
        return Err(in_order(problems));
    }
    let macros = selected.into_iter().map(planned).collect();
    Ok(PlannedTemplate {
        template,
        organization,
        macros,
        warnings: in_order(warnings),
    })
}

/// The organization of a template, and the node of its section, whatever its macros say.
///
/// # Errors
///
/// What is wrong with the template or its organization.
pub fn organization(
    library: &Library,
    request: &ExpandRequest,
) -> Result<(Organization, Arc<Node>)> {
    let section = section(library, request)?;
    let organization = organization_decode::organization(library, &section)?;
    Ok((organization, section))
}

fn section(library: &Library, request: &ExpandRequest) -> Result<Arc<Node>> {
    let document = library.document(request.template)?;
    let flag = request
        .organization
        .and_then(|file| library.documents.get(&file));
    organization_decode::section(library, document, flag)
}

/// The macros whose arguments could be read, each with whether all of them could.
fn decoded(
    library: &Library,
    partials: &Partials,
    template: &Template,
    problems: &mut Vec<Diagnostic>,
    warnings: &mut Vec<Diagnostic>,
) -> Vec<(Decoded, bool)> {
    let mut decoded = Vec::new();
    for call in &template.calls {
        let written = call.written(&template.document);
        let (arguments, found) = arguments::decode(library, &partials.catalog, &written);
        let (errors, found): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|problem| problem.level == Level::Error);
        let is_complete = errors.is_empty();
        decoded.extend(arguments.map(|arguments| {
            let call = call.clone();
            (Decoded { call, arguments }, is_complete)
        }));
        problems.extend(errors);
        warnings.extend(found);
    }
    decoded
}

/// The complete macros with their accounts.
fn selected(
    directory: &select::Directory<'_>,
    decoded: Vec<(Decoded, bool)>,
    (problems, warnings): (&mut Vec<Diagnostic>, &mut Vec<Diagnostic>),
) -> Vec<Selected> {
    let mut selected = Vec::new();
    for (Decoded { call, arguments }, is_complete) in decoded {
        match select::select(directory, &arguments) {
            Ok((selections, notes)) if is_complete => {
                warnings.extend(notes);
                selected.push(Selected {
                    call,
                    arguments,
                    selections,
                });
            }
            Ok(_) => {}
            Err(found) => problems.extend(found),
        }
    }
    selected
}

/// What a macro creates, and what of it is written together.
fn planned(selected: Selected) -> Planned {
    let (bodies, holders) = plan::bodies(&selected);
    let Selected {
        call,
        arguments,
        selections,
    } = selected;
    let plan = MacroPlan {
        name: call.name.clone(),
        name_span: call.name_span,
        app_id: arguments.app_id.clone(),
        region: arguments.region.clone(),
        other_regions: arguments.other_regions.clone(),
        role_path: arguments.path.clone(),
        logical_ids: arguments.logical_ids.clone(),
        bodies,
        selections,
        units: layout::units(&arguments, holders),
    };
    Planned {
        call,
        arguments,
        plan,
    }
}

/// The organization of a template, and the accounts in it that the JSONPath `path` returns.
///
/// # Errors
///
/// `invalid-jsonpath`, `invalid-value`, and what is wrong with the template or its organization.
pub fn query(
    library: &mut Library,
    request: &ExpandRequest,
    path: &str,
) -> Result<(Organization, Vec<String>)> {
    let file = library.sources.add("--select", path);
    let library = &*library;
    let document = library.document(request.template)?;
    let text = library.sources.text(request.template);
    let (template, _) = locate::locate(document, text, library)?;
    let (organization, section) = organization(library, request)?;
    let directory = select::Directory {
        library,
        template: &template,
        organization: &organization,
        section: &section,
    };
    let path = Spanned::new(path.to_owned(), Span::new(file, 0, path.len()));
    let names = select::query(&directory, &path)?;
    Ok((organization, names))
}

/// The accounts of each target of `planned`, a macro of `template`. An account that two stages
/// reach counts once in the plan of the roles, and is here in both.
///
/// # Errors
///
/// What selecting refuses; it has succeeded before.
pub fn accounts_of_targets(
    library: &Library,
    request: &ExpandRequest,
    template: &PlannedTemplate,
    planned: &Planned,
) -> Result<Vec<Vec<String>>> {
    let section = section(library, request)?;
    let directory = select::Directory {
        library,
        template: &template.template,
        organization: &template.organization,
        section: &section,
    };
    let arguments = &planned.arguments;
    let targets = arguments.targets.iter();
    targets
        .map(|target| select::accounts_of_target(&directory, arguments, target))
        .collect()
}

/// In the order of the text; problems of what several macros or stages share are reported once.
pub(crate) fn in_order(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
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
pub fn expand(library: &mut Library, request: &ExpandRequest) -> Result<Expansion> {
    let partials = Partials::new(library, &request.overrides)?;
    let mut planned = plan(library, request, &partials)?;
    let source = library.sources.text(request.template);
    let placeholders = Placeholders::free_in(library);
    let macros = std::mem::take(&mut planned.macros);
    let mut rendered = rendered(&partials, macros, &placeholders)?;
    let warnings = within_limits(&partials, &rendered, &planned, &placeholders)?;
    planned.warnings.extend(warnings);
    let dangling = dangling_references(library, request, &planned, &rendered)?;
    let mut rewrites = Vec::new();
    if let Some(prefix) = &request.moved {
        rewrites = relocate::rewrites(&planned.template, prefix)?;
        rendered = rendered
            .into_iter()
            .map(|rendered| relocate::rendered(rendered, prefix))
            .collect();
    }
    let eol = splice::line_ending(source);
    let head = checksum::head(library.sources.path(request.template), eol);
    let examples = alike::write(&mut rendered, &placeholders, eol);
    let macros = rendered.iter();
    let macros = macros.map(|one| Edit::Macro(splice::spliced(source, one, &placeholders)));
    let texts = rewrites.iter();
    let texts = texts.map(|one| Edit::Text(one.start..one.end, one.text.clone()));
    let edits = macros.chain(texts).collect();
    let text = Expanded::new(source.to_owned(), head, edits, eol);
    prove::prove(&prove::Proof {
        template: &planned.template,
        expanded: &text.skeleton(&placeholders),
        macros: &rendered,
        placeholders: &placeholders,
        rewritten: &rewrites.iter().map(|rewrite| rewrite.start).collect(),
    })?;
    let resources = rendered.iter().map(Rendered::count).sum();
    let kinds = rendered.iter().map(Rendered::kinds).collect();
    let policies = rendered.iter().map(Rendered::policies).collect();
    examples.keep(&mut rendered);
    planned.macros = rendered
        .into_iter()
        .map(|rendered| rendered.planned)
        .collect();
    Ok(Expansion {
        text: text.proven(),
        planned,
        kinds,
        policies,
        resources,
        dangling,
        partials: Rc::new(partials),
    })
}

/// The macro at `index`, with one unit per stage. The template must expand as it is.
///
/// # Errors
///
/// Every problem of the template, and `broken-partial` for a partial that names the account.
pub fn plain_macro(
    library: &mut Library,
    request: &ExpandRequest,
    index: usize,
) -> Result<PlainMacro> {
    let Expansion {
        planned, partials, ..
    } = expand(library, request)?;
    let Some(mut chosen) = planned.macros.into_iter().nth(index) else {
        return Err(Vec::new());
    };
    let holders = chosen.plan.holders();
    chosen.plan.units = layout::of_stages(&chosen.arguments, holders);
    let placeholders = Placeholders::free_in(library);
    let mut rendered = rendered(&partials, vec![chosen], &placeholders)?;
    prove::prove_bodies(&prove::Proof {
        template: &planned.template,
        expanded: "",
        macros: &rendered,
        placeholders: &placeholders,
        rewritten: &HashSet::new(),
    })?;
    let Some(rendered) = rendered.pop() else {
        return Err(Vec::new());
    };
    Ok(PlainMacro {
        rendered,
        placeholders,
    })
}

/// The references that name nothing in the template.
///
/// # Errors
///
/// `dangling-reference` for those to what a macro creates.
fn dangling_references(
    library: &Library,
    request: &ExpandRequest,
    planned: &PlannedTemplate,
    macros: &[Rendered],
) -> Result<Vec<DanglingReference>> {
    let section = section(library, request);
    let section = section.and_then(|section| library.mapping(&section));
    let known = section.unwrap_or_default().into_iter();
    let known = known.map(|field| field.key).collect();
    let (errors, rest) = dangling::dangling(&planned.template, library, macros, &known);
    if errors.is_empty() {
        return Ok(rest);
    }
    Err(in_order(
        errors.iter().map(DanglingReference::problem).collect(),
    ))
}

/// The macros with their bodies rendered.
fn rendered(
    partials: &Partials,
    macros: Vec<Planned>,
    placeholders: &Placeholders,
) -> Result<Vec<Rendered>> {
    let mut rendered = Vec::new();
    let mut problems = Vec::new();
    for planned in macros {
        match render::render(partials, &planned.plan, placeholders) {
            Ok(bodies) => rendered.push(Rendered::new(planned, bodies)),
            Err(found) => {
                let of_fewer = |plan: &MacroPlan| {
                    let rendered = render::render(partials, plan, placeholders);
                    rendered.err().unwrap_or_default()
                };
                problems.extend(fewer::with_fewer(&planned.plan, found, of_fewer));
            }
        }
    }
    if !problems.is_empty() {
        return Err(in_order(problems));
    }
    Ok(rendered)
}

/// Refuses what IAM or CloudFormation would refuse. Returns what they may refuse.
fn within_limits(
    partials: &Partials,
    macros: &[Rendered],
    template: &PlannedTemplate,
    placeholders: &Placeholders,
) -> Result<Vec<Diagnostic>> {
    let mut problems = Vec::new();
    for rendered in macros {
        let found = limits::resources(rendered);
        problems.extend(fewer::with_fewer(rendered.plan(), found, |plan| {
            let planned = Planned {
                plan: plan.clone(),
                ..rendered.planned.clone()
            };
            match render::render(partials, plan, placeholders) {
                Ok(bodies) => limits::resources(&Rendered::new(planned, bodies)),
                Err(found) => found,
            }
        }));
    }
    let own = (
        template.template.resources.as_slice(),
        &template.organization,
    );
    names::check(macros, own, placeholders, &mut problems);
    limits::stacks(macros, &mut problems);
    if problems.iter().any(|problem| problem.level == Level::Error) {
        return Err(problems);
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::{ExpandRequest, expand};
    use crate::source::FileId;
    use crate::yaml::lookup::Library;

    #[test]
    fn says_that_a_template_was_not_read() {
        let request = ExpandRequest {
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

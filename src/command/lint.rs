//! `deploy-roles lint`: what to look at in templates, or the page of a rule.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{anyhow, bail};

use crate::cli::{Lint, LintFormat, LintLevel};
use crate::command::{Outcome, Streams, failed, findings, show};
use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _, nearest};
use crate::lint::LintScope;
use crate::source::Sources;
use crate::workspace::{self, PlannedSource};
use crate::yaml::lookup::Library;
use crate::{registry, report};

/// What was found in one template, with the files that it points into.
struct Findings {
    library: Library,
    found: Vec<Diagnostic>,
}

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Lint, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    if let Some(id) = &arguments.explain {
        streams.out.write_all(rule(id)?.explanation.as_bytes())?;
        return Ok(Outcome::Quiet);
    }
    let rules = only(&arguments.rules)?;
    let mut templates = Vec::new();
    let mut seen = BTreeSet::new();
    let mut errors = 0;
    for template in workspace::templates(&arguments.input)? {
        match template.plan() {
            Ok(PlannedSource {
                library, planned, ..
            }) => {
                let mut found = findings(&library, &planned, LintScope::Everything);
                found.retain(|one| rules.is_empty() || rules.contains(&one.rule));
                // Templates share partials and included files, and what is found there.
                found.retain(|one| seen.insert(identity(&library, one)));
                templates.push(Findings { library, found });
            }
            Err(refused) => errors += show(&refused.library, &refused.problems, streams)?,
        }
    }
    if errors > 0 {
        return failed(errors, "", streams);
    }
    print(&templates, arguments.format, streams)?;
    // The facts come first, in case both streams end up in one place.
    streams.out.flush()?;
    summarize(&templates, streams)?;
    Ok(outcome(&templates, arguments.fail_on))
}

/// What tells a finding from the others of a run: its message, and the file and byte that it is at.
fn identity(library: &Library, found: &Diagnostic) -> (String, Option<(PathBuf, usize)>) {
    let place = found.primary.as_ref().map(|label| {
        let path = library.sources.path(label.span.file).to_owned();
        (path, label.span.start)
    });
    (found.message.clone(), place)
}

/// The rule of this id.
fn rule(id: &str) -> anyhow::Result<&'static Rule> {
    registry::rules().find(|rule| rule.id == id).ok_or_else(|| {
        let known = registry::rules().map(|rule| rule.id);
        let advice = match nearest(id, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`docs/rules/README.md` lists all".to_owned(),
        };
        anyhow!("there is no rule `{}`: {advice}", id.shown())
    })
}

/// The rules of `--rule`; none means all.
fn only(ids: &[String]) -> anyhow::Result<Vec<&'static Rule>> {
    let mut rules = Vec::new();
    for id in ids {
        let rule = rule(id)?;
        if rule.level == Level::Error {
            bail!("`{id}` is an error: errors are always reported, so it cannot be selected");
        }
        rules.push(rule);
    }
    Ok(rules)
}

/// Writes what was found to standard output.
fn print(
    templates: &[Findings],
    format: LintFormat,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    let found: Vec<(&Sources, &Diagnostic)> = templates
        .iter()
        .flat_map(|template| {
            let sources = &template.library.sources;
            template.found.iter().map(move |one| (sources, one))
        })
        .collect();
    match format {
        LintFormat::Text => {
            for (sources, one) in found {
                let text = report::diagnostic(sources, one, streams.out_color);
                streams.out.write_all(text.as_bytes())?;
            }
        }
        LintFormat::Json => report::diagnostics_json(&found, streams.out)?,
        LintFormat::Sarif => report::diagnostics_sarif(&found, streams.out)?,
        LintFormat::Github => report::diagnostics_github(&found, streams.out)?,
    }
    Ok(())
}

/// The last line: how much was found.
fn summarize(templates: &[Findings], streams: &mut Streams<'_>) -> anyhow::Result<()> {
    let of = |level: Level| of_level(templates, level);
    let count = |count: usize, what: &str| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {what}{plural}")
    };
    let (warnings, notes) = (of(Level::Warning), of(Level::Note));
    let found = match (warnings, notes) {
        (0, 0) => "nothing found".to_owned(),
        (_, 0) => count(warnings, "warning"),
        (0, _) => count(notes, "note"),
        _ => format!("{}, {}", count(warnings, "warning"), count(notes, "note")),
    };
    writeln!(
        streams.err,
        "{found} in {}",
        count(templates.len(), "template")
    )?;
    Ok(())
}

fn of_level(templates: &[Findings], level: Level) -> usize {
    let found = templates.iter().flat_map(|template| &template.found);
    found.filter(|one| one.level == level).count()
}

fn outcome(templates: &[Findings], fail_on: Option<LintLevel>) -> Outcome {
    let warnings = of_level(templates, Level::Warning);
    let fails = match fail_on {
        None => false,
        Some(LintLevel::Warning) => warnings > 0,
        Some(LintLevel::Note) => warnings + of_level(templates, Level::Note) > 0,
    };
    if fails {
        Outcome::Differences
    } else {
        Outcome::Quiet
    }
}

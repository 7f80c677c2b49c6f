//! `deploy-roles lint`: what to look at in templates, or the page of a rule.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::arguments::rules::NAME_CLASH;
use crate::cli::{Lint, LintFormat, LintLevel};
use crate::command::{Outcome, Streams, all_findings, failed, show};
use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _, nearest};
use crate::expand::PlannedTemplate;
use crate::partials::Partials;
use crate::source::Sources;
use crate::workspace::clashes::Claims;
use crate::workspace::rules::UNKNOWN_RULE;
use crate::workspace::{self, ReadTemplate};
use crate::yaml::lookup::Library;
use crate::{registry, report};

/// What was found in one template, with the files that it points into.
struct LintedTemplate {
    sources: Sources,
    found: Vec<Diagnostic>,
}

/// What is found in one template after the other.
#[derive(Default)]
pub(super) struct LintRun {
    /// The rules to look with; none means all.
    rules: Vec<&'static Rule>,
    /// What was found before: templates share partials and included files, and what is found there.
    seen: BTreeSet<(String, Option<(PathBuf, usize)>)>,
    templates: Vec<LintedTemplate>,
}

impl LintRun {
    /// What is found in a template, and was not before.
    pub(super) fn find(
        &mut self,
        library: &Library,
        planned: &PlannedTemplate,
        partials: &Partials,
    ) -> Vec<Diagnostic> {
        let mut found = self.only(all_findings(library, planned, partials));
        found.retain(|one| self.seen.insert(identity(&library.sources, one)));
        found
    }

    /// Those of `found` that are looked for.
    fn only(&self, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        found.retain(|one| self.rules.is_empty() || self.rules.contains(&one.rule));
        found
    }

    /// Keeps what was found, with the files that it points into.
    pub(super) fn keep(&mut self, sources: Sources, found: Vec<Diagnostic>) {
        self.templates.push(LintedTemplate { sources, found });
    }

    /// All that was found.
    pub(super) fn found(&self) -> Vec<(&Sources, &Diagnostic)> {
        let templates = self.templates.iter();
        let found = templates.flat_map(|template| {
            let found = template.found.iter();
            found.map(|one| (&template.sources, one))
        });
        found.collect()
    }

    /// How much was found, in words.
    pub(super) fn counted(&self) -> String {
        let (warnings, notes) = (self.of_level(Level::Warning), self.of_level(Level::Note));
        match (warnings, notes) {
            (0, 0) => "nothing found".to_owned(),
            (_, 0) => count(warnings, "warning"),
            (0, _) => count(notes, "note"),
            _ => format!("{}, {}", count(warnings, "warning"), count(notes, "note")),
        }
    }

    /// Whether something of this level or above was found.
    pub(super) fn has(&self, level: LintLevel) -> bool {
        let notes = match level {
            LintLevel::Warning => 0,
            LintLevel::Note => self.of_level(Level::Note),
        };
        self.of_level(Level::Warning) + notes > 0
    }

    fn of_level(&self, level: Level) -> usize {
        let found = self.templates.iter().flat_map(|template| &template.found);
        found.filter(|one| one.level == level).count()
    }
}

fn count(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
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
    let mut run = LintRun {
        rules: only(&arguments.rules)?,
        ..LintRun::default()
    };
    let mut errors = 0;
    let mut claims = Claims::default();
    let templates = workspace::templates(&arguments.input)?;
    for mut template in streams.progress.over("reading", templates) {
        // Names that clash, in one template or in two, are found in what is generated.
        match template.expand() {
            Ok(expansion) => {
                let ReadTemplate { job, library, .. } = template;
                let clashes = claims.add(&job.template, &library, &expansion);
                let (wrong, clashes): (Vec<_>, Vec<_>) = clashes
                    .into_iter()
                    .partition(|clash| clash.level == Level::Error);
                errors += show(&library, &wrong, streams)?;
                let mut found = run.find(&library, &expansion.planned, &expansion.partials);
                found.extend(run.only(clashes));
                run.keep(library.sources, found);
            }
            // What else `expand` refuses, such as a partial without the guard, is found by the rules.
            Err(problems) => match template.plan() {
                Ok(source) => {
                    let is_clash = |problem: &Diagnostic| problem.rule == &NAME_CLASH;
                    let clashes: Vec<_> = problems.into_iter().filter(is_clash).collect();
                    errors += show(&source.library, &clashes, streams)?;
                    let found = run.find(&source.library, &source.planned, &source.partials);
                    run.keep(source.library.sources, found);
                }
                Err(refused) => errors += show(&refused.library, &refused.problems, streams)?,
            },
        }
    }
    if errors > 0 {
        return failed(errors, "", streams);
    }
    print(&run.found(), arguments.format, streams)?;
    // The facts come first, in case both streams end up in one place.
    streams.out.flush()?;
    let templates = count(run.templates.len(), "template");
    writeln!(streams.err, "{} in {templates}", run.counted())?;
    let fails = arguments.fail_on.is_some_and(|level| run.has(level));
    Ok(if fails {
        Outcome::Differences
    } else {
        Outcome::Quiet
    })
}

/// What tells a finding from the others of a run: its message, and the file and byte that it is at.
pub(super) fn identity(
    sources: &Sources,
    found: &Diagnostic,
) -> (String, Option<(PathBuf, usize)>) {
    let place = found.primary.as_ref().map(|label| {
        let path = sources.path(label.span.file).to_owned();
        (path, label.span.start)
    });
    (found.message.clone(), place)
}

/// The rule of this id.
fn rule(id: &str) -> Result<&'static Rule, Diagnostic> {
    registry::rules().find(|rule| rule.id == id).ok_or_else(|| {
        let known = registry::rules().map(|rule| rule.id);
        let help = match nearest(id, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name it as findings do, in brackets: `docs/rules/README.md` in the repository of deploy-roles lists all".to_owned(),
        };
        let message = format!("there is no rule `{}`", id.shown());
        Diagnostic::without_place(&UNKNOWN_RULE, message).help(help)
    })
}

/// The rules of `--rule`; none means all.
fn only(ids: &[String]) -> Result<Vec<&'static Rule>, Diagnostic> {
    let mut rules = Vec::new();
    for id in ids {
        let rule = rule(id)?;
        if rule.level == Level::Error {
            let message = format!("`{id}` is an error, and cannot be selected");
            return Err(Diagnostic::without_place(&UNKNOWN_RULE, message)
                .help("name warnings and notes: errors are always reported"));
        }
        rules.push(rule);
    }
    Ok(rules)
}

/// Writes what was found to standard output.
fn print(
    found: &[(&Sources, &Diagnostic)],
    format: LintFormat,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    match format {
        LintFormat::Text => {
            for (sources, one) in found {
                let text = report::diagnostic(sources, one, streams.out_color);
                streams.out.write_all(text.as_bytes())?;
            }
        }
        LintFormat::Json => report::diagnostics_json(found, streams.out)?,
        LintFormat::Sarif => report::diagnostics_sarif(found, streams.out)?,
        LintFormat::Github => report::diagnostics_github(found, streams.out)?,
    }
    Ok(())
}

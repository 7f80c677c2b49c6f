//! A template of a run, read for questions.
//!
//! In: a template. Out: what is asked of its text, as it is deployed: with what it includes in place, and
//! what its task says. Refuses what the pipeline refuses.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;

use crate::cli::Input;
use crate::command::side::{SideCache, root};
use crate::command::{Streams, line, lines, show, shown, warnings};
use crate::diff::access::{AccessContext, ReadPair};
use crate::expand::{Expansion, PlannedTemplate};
use crate::files;
use crate::partials::Partials;
use crate::query::asked::AskedTemplate;
use crate::workspace::{Job, ReadTemplate};
use crate::yaml::lookup::Library;

/// The path of what is deployed of a template.
fn deployed(job: &Job) -> PathBuf {
    files::output_of(&job.template).unwrap_or_else(|| job.template.clone())
}

/// Asks a template; returns how many errors were shown. With an error, nothing is asked.
pub(crate) fn ask(
    mut template: ReadTemplate,
    (input, sides): (&Input, &mut SideCache),
    streams: &mut Streams<'_>,
    question: TemplateQuestion<'_>,
) -> anyhow::Result<usize> {
    sides.foresee(&root(input, &deployed(&template.job)), None);
    let expansion = match template.expand() {
        Ok(expansion) => expansion,
        Err(problems) => return show(&template.library, &problems, streams),
    };
    let library = &template.library;
    // A large file is not kept in two forms.
    let Expansion {
        text,
        planned,
        partials,
        ..
    } = expansion;
    let text = text.into_text();
    let errors = show(library, &warnings(library, &planned), streams)?;
    let expanded = ExpandedTemplate {
        job: &template.job,
        library,
        planned: &planned,
        partials: &partials,
        text: &text,
    };
    ask_expanded(&expanded, (input, sides), question)?;
    Ok(errors)
}

/// A template that was expanded.
pub(crate) struct ExpandedTemplate<'run> {
    pub(crate) job: &'run Job,
    pub(crate) library: &'run Library,
    pub(crate) planned: &'run PlannedTemplate,
    pub(crate) partials: &'run Partials,
    pub(crate) text: &'run str,
}

/// What is asked of a template.
pub(crate) type TemplateQuestion<'q> = &'q mut dyn FnMut(&AskedTemplate<'_>) -> anyhow::Result<()>;

/// Asks a template that was expanded.
pub(crate) fn ask_expanded(
    expanded: &ExpandedTemplate<'_>,
    (input, sides): (&Input, &mut SideCache),
    question: TemplateQuestion<'_>,
) -> anyhow::Result<()> {
    let ExpandedTemplate {
        job,
        library,
        planned,
        partials,
        text,
    } = *expanded;
    let path = deployed(job);
    let side = sides.side(&root(input, &path), None);
    let closed = side.files.closed(text, &path);
    let task = side.tasks.of(&side.files, &files::real(&path)).facts();
    let macros = planned.macros.iter();
    let macros: Vec<_> = macros
        .map(|planned| (&planned.plan, line(library, planned.plan.name_span)))
        .collect();
    let known = AccessContext {
        macros: &macros,
        task: Some(&task),
        ..AccessContext::of(&planned.organization)
    };
    let read = ReadPair::read(None, closed.text.as_deref().unwrap_or(text), &known);
    if let Some(why) = read.unknown() {
        anyhow::bail!("`{}`: {why}", shown(&job.template));
    }
    let lines = lines(library, &planned.template);
    let source = library.sources.path(planned.template.document.file);
    let partials = PartialNames {
        partials,
        known: RefCell::default(),
    };
    question(&AskedTemplate {
        read: &read,
        known: &known,
        source: &shown(source),
        line: &|id| lines.get(id).copied(),
        partial: &|sid, policy| partials.of(sid, policy),
    })
}

/// The partials by the statements that they hold.
struct PartialNames<'run> {
    partials: &'run Partials,
    /// By `Sid` and policy.
    known: RefCell<HashMap<(String, String), Option<String>>>,
}

impl PartialNames<'_> {
    /// The partial of the statement with this `Sid`, which is in a policy of this name. Where several have
    /// such a statement, it is the one whose policy is called so, after the `AppId` if that is before it.
    fn of(&self, sid: &str, policy: &str) -> Option<String> {
        let mut known = self.known.borrow_mut();
        let found = known.entry((sid.to_owned(), policy.to_owned()));
        let found = found.or_insert_with(|| {
            let texts = self.partials.texts();
            let of_it: Vec<_> = texts.filter(|(_, text)| has_statement(text, sid)).collect();
            let is_named = |(_, text): &&(String, &str)| {
                policy_name(text).is_some_and(|name| policy.ends_with(name))
            };
            let found = of_it.iter().find(is_named).or(of_it.first());
            found.map(|(name, _)| name.clone())
        });
        found.clone()
    }
}

/// Whether the text of a partial has a statement with this `Sid`.
fn has_statement(text: &str, sid: &str) -> bool {
    let mut lines = text.lines();
    lines.any(|line| {
        let line = line.trim().trim_start_matches("- ");
        line.strip_prefix("Sid: ") == Some(sid)
    })
}

/// The name of the policy that the text of a partial writes.
fn policy_name(text: &str) -> Option<&str> {
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix("PolicyName: "))
}

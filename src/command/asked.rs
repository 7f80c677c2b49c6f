//! A template of a run, read for questions.
//!
//! In: a template. Out: what is asked of its text, as it is deployed: with what it includes in place, and
//! what its task says. Refuses what the pipeline refuses.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::cli::Input;
use crate::command::side::{SideCache, root};
use crate::command::{Streams, line, lines, show, shown, warnings};
use crate::diff::access::{AccessContext, ReadPair};
use crate::files;
use crate::query::asked::AskedTemplate;
use crate::workspace::ReadTemplate;

/// Asks a template; returns how many errors were shown. With an error, nothing is asked.
pub(crate) fn ask(
    mut template: ReadTemplate,
    (input, sides): (&Input, &mut SideCache),
    streams: &mut Streams<'_>,
    question: &mut dyn FnMut(&AskedTemplate<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<usize> {
    let expansion = match template.expand() {
        Ok(expansion) => expansion,
        Err(problems) => return show(&template.library, &problems, streams),
    };
    let library = &template.library;
    let planned = &expansion.planned;
    let errors = show(library, &warnings(library, planned), streams)?;
    let text = expansion.text.to_text();
    let job = &template.job;
    let path = files::output_of(&job.template).unwrap_or_else(|| job.template.clone());
    let side = sides.side(&root(input, &path), None);
    let closed = side.files.closed(&text, &path);
    let (task, _) = side.tasks.facts(&side.files, &files::real(&path));
    let macros = planned.macros.iter();
    let macros: Vec<_> = macros
        .map(|planned| (&planned.plan, line(library, planned.plan.name_span)))
        .collect();
    let known = AccessContext {
        macros: &macros,
        task: Some(&task),
        ..AccessContext::of(&planned.organization)
    };
    let read = ReadPair::read(None, closed.text.as_deref().unwrap_or(&text), &known);
    if let Some(why) = read.unknown() {
        anyhow::bail!("`{}`: {why}", shown(&job.template));
    }
    let lines = lines(library, &planned.template);
    let source = template.source().map_or_else(String::new, shown);
    let partials = PartialNames {
        texts: template.partial_texts(),
        known: RefCell::default(),
    };
    question(&AskedTemplate {
        read: &read,
        known: &known,
        source: &source,
        line: &|id| lines.get(id).copied(),
        partial: &|sid| partials.of(sid),
    })?;
    Ok(errors)
}

/// The partials by the statements that they hold.
struct PartialNames<'run> {
    texts: Vec<(String, &'run str)>,
    known: RefCell<HashMap<String, Option<String>>>,
}

impl PartialNames<'_> {
    /// The partial of the statement with this `Sid`.
    fn of(&self, sid: &str) -> Option<String> {
        let mut known = self.known.borrow_mut();
        if let Some(found) = known.get(sid) {
            return found.clone();
        }
        let line = format!("Sid: {sid}");
        let has = |text: &str| {
            let mut lines = text.lines();
            lines.any(|own| own.trim().trim_start_matches("- ") == line)
        };
        let found = self.texts.iter().find(|(_, text)| has(text));
        let found = found.map(|(name, _)| name.clone());
        known.insert(sid.to_owned(), found.clone());
        found
    }
}

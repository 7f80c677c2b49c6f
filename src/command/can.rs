//! `deploy-roles can`: who may do something, and why.

use std::collections::HashMap;

use crate::aws::actions::reference;
use crate::cli::{Can, CanFormat, Input};
use crate::command::side::{SideCache, root};
use crate::command::{Outcome, Streams, failed, line, lines, show, shown, warnings};
use crate::diagnostic::Diagnostic;
use crate::diff::access::{AccessContext, ReadPair};
use crate::files;
use crate::query::answer::{PrincipalAnswer, QueryAnswer};
use crate::query::can::{AskedTemplate, KnownNames, answers, impossible};
use crate::query::question::{AccessQuestion, Among, Chains};
use crate::report;
use crate::workspace::{self, ReadTemplate};
use crate::yaml::lookup::Library;

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Can, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let among = Among {
        stage: arguments.stage.clone(),
        account: arguments.account.clone(),
        macro_name: arguments.name.clone(),
    };
    let resource = arguments.resource.as_deref();
    let question = AccessQuestion::of(
        &arguments.who,
        &arguments.action,
        resource,
        &arguments.keys,
        among,
    );
    let question = match question {
        Ok(question) => question,
        Err(problems) => return refused(&problems, streams),
    };
    let chains = if arguments.through {
        Chains::Followed
    } else {
        Chains::LeftOut
    };
    let question = AccessQuestion { chains, ..question };
    if let Some(impossible) = impossible(&question) {
        return refused(&[impossible], streams);
    }
    let mut asked = AskedRun {
        question: &question,
        names: KnownNames::default(),
        answer: QueryAnswer {
            principals: Vec::new(),
            reference: reference().date().to_owned(),
        },
        sides: SideCache::default(),
    };
    let input = Input {
        templates: arguments.templates.clone(),
        with: arguments.with.clone(),
    };
    let mut errors = 0;
    for template in workspace::templates(&input)? {
        errors += asked.template(template, &input, streams)?;
    }
    if errors > 0 {
        return failed(errors, "", streams);
    }
    if let Some(nobody) = asked.names.nobody(&question) {
        return refused(&[nobody], streams);
    }
    let text = match arguments.format {
        CanFormat::Text => report::query_text(&question, &asked.answer, streams.out_color),
        CanFormat::Json => report::query_json(&question, &asked.answer),
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(Outcome::Quiet)
}

fn refused(problems: &[Diagnostic], streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let errors = show(&Library::default(), problems, streams)?;
    failed(errors, "", streams)
}

/// A question, and what was answered so far.
struct AskedRun<'run> {
    question: &'run AccessQuestion,
    names: KnownNames,
    answer: QueryAnswer,
    sides: SideCache,
}

impl AskedRun<'_> {
    /// Adds what the principals of a template may; returns how many errors were shown.
    fn template(
        &mut self,
        mut template: ReadTemplate,
        input: &Input,
        streams: &mut Streams<'_>,
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
        // As it is deployed: with what it includes in place, and what its task says.
        let side = self.sides.side(&root(input, &path), None);
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
        let asked = AskedTemplate {
            read: &read,
            known: &known,
            source: &source,
            line: &|id| lines.get(id).copied(),
        };
        let mut found =
            answers(&asked, self.question, &mut self.names).map_err(anyhow::Error::msg)?;
        name_partials(&template, &mut found);
        self.answer.principals.extend(found);
        Ok(errors)
    }
}

/// Names the partial of each statement that a macro's principal has.
fn name_partials(template: &ReadTemplate, answers: &mut [PrincipalAnswer]) {
    let texts = template.partial_texts();
    let mut known: HashMap<String, Option<String>> = HashMap::new();
    for answer in answers.iter_mut().filter(|one| one.origin.is_some()) {
        for (partial, finding) in answer.partials.iter_mut().zip(&answer.by) {
            let sid = &finding.statement;
            let found = known.entry(sid.clone()).or_insert_with(|| {
                let line = format!("Sid: {sid}");
                let has = |text: &str| {
                    let mut lines = text.lines();
                    lines.any(|own| own.trim().trim_start_matches("- ") == line)
                };
                let mut texts = texts.iter();
                let (name, _) = texts.find(|(_, text)| has(text))?;
                Some(name.clone())
            });
            partial.clone_from(found);
        }
    }
}

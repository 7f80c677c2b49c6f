//! `deploy-roles can`: who may do something, and why.

use crate::aws::actions::reference;
use crate::cli::{Can, CanFormat, Input};
use crate::command::asked::ask;
use crate::command::side::SideCache;
use crate::command::{Outcome, Streams, failed, show};
use crate::diagnostic::{Diagnostic, Result};
use crate::query::answer::QueryAnswer;
use crate::query::can::{answers, impossible};
use crate::query::names::KnownNames;
use crate::query::question::{AccessQuestion, Among, Chains};
use crate::report;
use crate::workspace;
use crate::yaml::lookup::Library;

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Can, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let input = Input {
        templates: arguments.templates.clone(),
        with: arguments.with.clone(),
    };
    let mut sides = SideCache::default();
    sides.foresee_of(&input);
    let question = match question(arguments) {
        Ok(question) => question,
        Err(problems) => return refused(&problems, streams),
    };
    let mut names = KnownNames::default();
    let mut doubts = question.doubts();
    let mut answer = QueryAnswer {
        principals: Vec::new(),
        reference: reference().date().to_owned(),
    };
    let mut errors = 0;
    let templates = workspace::templates(&input)?;
    for template in streams.progress.over("reading", templates) {
        errors += ask(template, (&input, &mut sides), streams, &mut |asked| {
            let organization = asked.known.organization;
            doubts.retain(|doubt| !doubt.is_settled_by(asked.read.text(), organization));
            let found = answers(asked, &question, &mut names).map_err(anyhow::Error::msg)?;
            answer.principals.extend(found);
            Ok(())
        })?;
    }
    if errors > 0 {
        return failed(errors, "", streams);
    }
    if let Some(nobody) = names.nobody(&question) {
        return refused(&[nobody], streams);
    }
    if !doubts.is_empty() {
        let problems = doubts.iter().map(|doubt| doubt.problem().clone());
        return refused(&problems.collect::<Vec<_>>(), streams);
    }
    let text = match arguments.format {
        CanFormat::Text => report::query_text(&question, &answer, streams.out_color),
        CanFormat::Json => report::query_json(&question, &answer),
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(Outcome::Quiet)
}

/// What is asked.
fn question(arguments: &Can) -> Result<AccessQuestion> {
    let among = Among {
        stage: arguments.stage.clone(),
        account: arguments.account.clone(),
        macro_name: arguments.name.clone(),
    };
    let resource = arguments.resource.as_deref();
    let (who, action) = (&arguments.who, &arguments.action);
    let question = AccessQuestion::of(who, action, resource, &arguments.keys, among)?;
    let chains = if arguments.through {
        Chains::Followed
    } else {
        Chains::LeftOut
    };
    let question = AccessQuestion { chains, ..question };
    match impossible(&question) {
        Some(impossible) => Err(vec![impossible]),
        None => Ok(question),
    }
}

fn refused(problems: &[Diagnostic], streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let errors = show(&Library::default(), problems, streams)?;
    failed(errors, "", streams)
}

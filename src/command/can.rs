//! `deploy-roles can`: who may do something, and why.

use crate::aws::actions::reference;
use crate::cli::{Can, CanFormat, Input};
use crate::command::asked::ask;
use crate::command::side::SideCache;
use crate::command::{Outcome, Streams, failed, show};
use crate::diagnostic::Diagnostic;
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
    let mut names = KnownNames::default();
    let mut answer = QueryAnswer {
        principals: Vec::new(),
        reference: reference().date().to_owned(),
    };
    let mut errors = 0;
    let templates = workspace::templates(&input)?;
    for template in streams.progress.over("reading", templates) {
        errors += ask(template, (&input, &mut sides), streams, &mut |asked| {
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
    let text = match arguments.format {
        CanFormat::Text => report::query_text(&question, &answer, streams.out_color),
        CanFormat::Json => report::query_json(&question, &answer),
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(Outcome::Quiet)
}

fn refused(problems: &[Diagnostic], streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let errors = show(&Library::default(), problems, streams)?;
    failed(errors, "", streams)
}

//! `deploy-roles accounts`: which account gets which roles, and why.

use crate::cli::{Accounts, AccountsFormat};
use crate::command::overlap::note_shared;
use crate::command::{Outcome, Streams, failed, show, warnings};
use crate::report::accounts::{self, AccountRow};
use crate::workspace::{self, PlannedSource, ReadTemplate};

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Accounts, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let mut rows = Vec::new();
    let mut errors = 0;
    let templates = workspace::templates(&arguments.input)?;
    for template in streams.progress.over("reading", templates) {
        errors += match &arguments.select {
            Some(path) => selected(template, path, &mut rows, streams)?,
            None => planned(template, &mut rows, streams)?,
        };
    }
    if errors > 0 {
        return failed(errors, "", streams);
    }
    if rows.is_empty() && arguments.select.is_some() {
        writeln!(streams.err, "the query returns no account")?;
    }
    let text = match (arguments.format, arguments.select.is_some()) {
        (AccountsFormat::Json, _) => accounts::json(&rows),
        (AccountsFormat::Text, false) => accounts::table(&rows),
        (AccountsFormat::Text, true) => accounts::list(&rows),
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(Outcome::Quiet)
}

/// Adds the rows of a template; returns how many errors were shown.
fn planned(
    template: ReadTemplate,
    rows: &mut Vec<AccountRow>,
    streams: &mut Streams<'_>,
) -> anyhow::Result<usize> {
    match template.plan() {
        Ok(source) => {
            let PlannedSource {
                library,
                request,
                planned,
                ..
            } = &source;
            rows.extend(accounts::rows(&library.sources, request.template, planned));
            let errors = show(library, &warnings(library, planned), streams)?;
            for one in &planned.macros {
                let alone = "is not listed";
                note_shared(&source, one, alone, streams)?;
            }
            Ok(errors)
        }
        Err(refused) => show(&refused.library, &refused.problems, streams),
    }
}

/// Adds a row for each account that the query `path` returns; returns how many errors were shown.
fn selected(
    mut template: ReadTemplate,
    path: &str,
    rows: &mut Vec<AccountRow>,
    streams: &mut Streams<'_>,
) -> anyhow::Result<usize> {
    match template.query(path) {
        Ok((organization, names)) => {
            rows.extend(accounts::selected(&organization, &names));
            Ok(0)
        }
        Err(problems) => show(&template.library, &problems, streams),
    }
}

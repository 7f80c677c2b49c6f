//! `deploy-roles schema`: the JSON Schema of the macro, for editors.

use std::collections::BTreeSet;

use crate::cli::SchemaArguments;
use crate::command::lint::identity;
use crate::command::{Outcome, Streams, failed, show};
use crate::diagnostic::{Diagnostic, Level};
use crate::schema::{OfferedNames, schema};
use crate::workspace::offers::{self, OffersRead};

/// Runs the command. Without names of accounts, the schema is of use as well: what cannot be read is
/// a warning.
///
/// # Errors
///
/// A template that does not exist, and errors of the disk.
pub fn run(arguments: &SchemaArguments, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let read = match offers::read(&arguments.input)? {
        Ok(read) => read,
        Err(refused) => {
            let errors = show(&refused.library, &refused.problems, streams)?;
            return failed(errors, "", streams);
        }
    };
    // Every template reads the file of `--organization`.
    let mut shown = BTreeSet::new();
    for (library, problems) in &read.problems {
        let is_new = |one: &&Diagnostic| shown.insert(identity(&library.sources, one));
        let new = problems.iter().filter(is_new).cloned();
        let warnings: Vec<Diagnostic> = new.map(|one| one.level(Level::Warning)).collect();
        show(library, &warnings, streams)?;
    }
    let names = names(&read);
    if names.is_none() {
        // With `--organization`, a warning says why it was not read.
        let (reason, help) = if arguments.input.with.organization.is_some() {
            (None, "")
        } else {
            let help = " (`--organization FILE` names the file)";
            (read.without_templates.as_ref(), help)
        };
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        writeln!(
            streams.err,
            "no organization was read{reason}; the schema accepts any name of an account or unit{help}"
        )?;
    }
    let mut text = serde_json::to_string_pretty(&schema(&read.catalog, names.as_ref()))?;
    text.push('\n');
    streams.out.write_all(text.as_bytes())?;
    Ok(Outcome::Quiet)
}

/// The names of all organizations that were read.
fn names(read: &OffersRead) -> Option<OfferedNames> {
    let mut names = OfferedNames::default();
    for organization in &read.organizations {
        names.add(organization);
    }
    (!read.organizations.is_empty()).then_some(names)
}

//! `deploy-roles partials`: what the built-in partials are, and copies of them to be changed.

use std::path::PathBuf;

use crate::cli::{Eject, PartialsArguments, PartialsCommand};
use crate::command::{Outcome, Streams, refuse_file_above, shown};
use crate::diagnostic::{Diagnostic, Shown as _, nearest};
use crate::files;
use crate::partials::rules::UNKNOWN_PARTIAL;
use crate::partials::{built_in, ejected, front_matter};
use crate::report::partials::{PartialLine, list};
use crate::workspace::rules::UNSUITABLE_OUTPUT;

/// Runs the command.
///
/// # Errors
///
/// A name that no built-in partial has, a file that exists already, and errors of the disk.
pub fn run(arguments: &PartialsArguments, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    match &arguments.command {
        PartialsCommand::List => {
            let lines: Vec<PartialLine> = built_in().into_iter().filter_map(line).collect();
            streams.out.write_all(list(&lines).as_bytes())?;
        }
        PartialsCommand::Show(show) => {
            let (_, text) = find(&show.name)?;
            streams.out.write_all(text.as_bytes())?;
        }
        PartialsCommand::Eject(arguments) => eject(arguments, streams)?,
    }
    Ok(Outcome::Quiet)
}

/// What the list shows about a partial. Every built-in one has front matter.
fn line((name, text): (String, &str)) -> Option<PartialLine> {
    let front_matter = front_matter::parse(text).ok()??;
    Some(PartialLine {
        name,
        options: front_matter.option_names(),
        summary: front_matter.summary,
    })
}

fn eject(arguments: &Eject, streams: &mut Streams<'_>) -> anyhow::Result<()> {
    // All names are known and no file exists before the first file is written.
    let mut copies: Vec<(PathBuf, String)> = Vec::new();
    for name in &arguments.names {
        let (name, text) = find(name)?;
        let path = arguments.to.join(format!("{name}.hbs"));
        if path.exists() && !arguments.force {
            let message = format!("`{}` already exists", shown(&path));
            let problem = Diagnostic::without_place(&UNSUITABLE_OUTPUT, message);
            let problem = problem.help("`--force` overwrites it and drops the changes in it");
            return Err(problem.into());
        }
        refuse_file_above(&path)?;
        copies.push((path, ejected::copy(&name, text)));
    }
    for (path, text) in &copies {
        files::write_text(path, text)?;
        writeln!(streams.err, "wrote {}", shown(path))?;
    }
    writeln!(
        streams.err,
        "change what you like; to use it, name the folder in the template (`Definitions.DeployRoles.Partials`), or pass `--partials {}`",
        shown(&arguments.to)
    )?;
    Ok(())
}

/// The built-in partial `name`, which may be written as its file is: `partials/services/sqs.hbs`.
fn find(name: &str) -> Result<(String, &'static str), Diagnostic> {
    let wanted = name.strip_suffix(".hbs").unwrap_or(name);
    let wanted = wanted.strip_prefix("partials/").unwrap_or(wanted);
    let all = built_in();
    if let Some(found) = all.iter().find(|(name, _)| name == wanted) {
        return Ok(found.clone());
    }
    let help = match near(wanted, &all).as_slice() {
        [] => "`deploy-roles partials list` names them all".to_owned(),
        near => format!("did you mean {}?", near.join(" or ")),
    };
    let message = format!("there is no built-in partial `{}`", wanted.shown());
    Err(Diagnostic::without_place(&UNKNOWN_PARTIAL, message).help(help))
}

/// The names of `all` that you may have meant, in backticks: those whose last part is near, and in
/// the same folder, if there are any.
fn near(wanted: &str, all: &[(String, &str)]) -> Vec<String> {
    let parts = |name: &str| -> (String, String) {
        let (folder, last) = name.rsplit_once('/').unwrap_or(("", name));
        (folder.to_owned(), last.to_owned())
    };
    let (folder, last) = parts(wanted);
    let known: Vec<(String, String)> = all.iter().map(|(name, _)| parts(name)).collect();
    let Some(near) = nearest(&last, known.iter().map(|(_, last)| last.as_str())) else {
        return Vec::new();
    };
    let in_folder = known.contains(&(folder.clone(), near.to_owned()));
    known
        .iter()
        .filter(|(other, last)| last == near && (!in_folder || *other == folder))
        .map(|(folder, last)| format!("`{folder}/{last}`"))
        .collect()
}

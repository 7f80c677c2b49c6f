//! `deploy-roles export`: a macro as plain CloudFormation templates.

use std::path::Path;

use anyhow::bail;

use crate::cli::Export;
use crate::command::chosen::chosen;
use crate::command::in_tree::stay_in_tree;
use crate::command::overlap::note_shared;
use crate::command::{Outcome, Streams, failed, refuse_file_above, show, shown, warnings};
use crate::export::{self, ExportedTemplate};
use crate::{files, report};

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Export, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let words = ("deploy-roles export", "; nothing was written");
    let name = arguments.name.as_deref();
    let (mut source, index) = match chosen(&arguments.input, name, words, streams)? {
        Ok(found) => found,
        Err(outcome) => return Ok(outcome),
    };
    let exported = source.plain_macro(index).and_then(|exported| {
        let name = exported.rendered.plan().name.clone();
        Ok((
            name,
            export::templates(&exported, &source.planned.organization)?,
        ))
    });
    let (name, exported) = match exported {
        Ok(found) => found,
        Err(problems) => {
            let errors = show(&source.library, &problems, streams)?;
            return failed(errors, "; nothing was written", streams);
        }
    };
    show(
        &source.library,
        &warnings(&source.library, &source.planned),
        streams,
    )?;
    if let Some(planned) = source.planned.macros.get(index) {
        let alone = "gets no template";
        note_shared(&source, planned, alone, streams)?;
    }
    refuse_others(&arguments.out_dir, &name, &exported)?;
    write(&arguments.out_dir, &exported, streams)
}

/// Refuses a folder with files that this macro's export does not write: they could be deployed by
/// mistake, or be lost.
fn refuse_others(folder: &Path, name: &str, exported: &[ExportedTemplate]) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let names = match files::names_in(folder) {
        Ok(names) => names,
        Err(error) => bail!(
            "cannot read the folder `{}`: {}",
            shown(folder),
            error.reason
        ),
    };
    for file in names {
        // A run that was killed left it.
        if files::is_temporary(&file) {
            continue;
        }
        let path = folder.join(&file);
        let is_known = exported.iter().any(|own| file == *own.file);
        let is_own =
            path.is_file() && files::text(&path).is_ok_and(|text| export::is_of_macro(&text, name));
        if is_own && !is_known {
            bail!(
                "`{}` is of a stage that `{name}` no longer has: delete the stack set first, then the file",
                shown(&path)
            );
        }
        if !is_own {
            bail!(
                "`{}` was not written by `{}`: choose a folder of its own with `--out-dir`",
                shown(&path),
                export::mark(name)
            );
        }
    }
    Ok(())
}

fn write(
    folder: &Path,
    exported: &[ExportedTemplate],
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    // All files are written before the first is renamed: an error leaves all as they were.
    let mut pending = Vec::new();
    for template in exported {
        let path = folder.join(&template.file);
        refuse_file_above(&path)?;
        stay_in_tree(&path)?;
    }
    for template in exported {
        let path = folder.join(&template.file);
        let text = template.text.as_bytes();
        pending.push(files::prepare(&path, |file| {
            std::io::Write::write_all(file, text)
        })?);
    }
    for file in pending {
        file.persist()?;
    }
    for template in exported {
        let count = template.accounts;
        writeln!(
            streams.err,
            "wrote {}: {} bytes, for {count} {}",
            shown(&folder.join(&template.file)),
            template.text.len(),
            report::plural(count, "account")
        )?;
    }
    Ok(Outcome::Quiet)
}

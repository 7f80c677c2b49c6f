//! `deploy-roles accounts`: which account gets which roles, and why.

use crate::cli::{Accounts, AccountsFormat};
use crate::command::{Job, Outcome, Streams, failed, read, show, warnings};
use crate::diagnostic::Diagnostic;
use crate::expand::{locate, select};
use crate::partials::Partials;
use crate::report::accounts::{self, Row};
use crate::source::{Span, Spanned};
use crate::yaml::lookup::Library;
use crate::{Request, files, plan};

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Accounts, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let mut rows = Vec::new();
    let mut errors = 0;
    for template in files::find_templates(&arguments.input.templates)? {
        let job = Job {
            template,
            output: None,
        };
        let (mut library, request) = read(&job, &arguments.input)?;
        let found = request.and_then(|request| match &arguments.select {
            Some(path) => selected(&mut library, &request, path),
            None => planned(&mut library, &request),
        });
        let problems = match found {
            Ok((found, warnings)) => {
                rows.extend(found);
                warnings
            }
            Err(problems) => problems,
        };
        errors += show(&library, &problems, streams)?;
    }
    if errors > 0 {
        return failed(errors, "", streams);
    }
    let text = match (arguments.format, arguments.select.is_some()) {
        (AccountsFormat::Json, _) => accounts::json(&rows),
        (AccountsFormat::Text, false) => accounts::table(&rows),
        (AccountsFormat::Text, true) => accounts::list(&rows),
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(Outcome::Quiet)
}

type Found = Result<(Vec<Row>, Vec<Diagnostic>), Vec<Diagnostic>>;

fn planned(library: &mut Library, request: &Request) -> Found {
    let partials = Partials::new(library, &request.overrides)?;
    let planned = plan(library, request, &partials)?;
    let rows = accounts::rows(&library.sources, request.template, &planned);
    Ok((rows, warnings(library, &planned)))
}

fn selected(library: &mut Library, request: &Request, path: &str) -> Found {
    let file = library.sources.add("--select", path);
    let document = library.document(request.template)?;
    let text = library.sources.text(request.template);
    let (template, _) = locate::locate(document, text, library)?;
    let flag = request
        .organization
        .and_then(|file| library.documents.get(&file));
    let section = crate::organization::decode::section(library, &template.document, flag)?;
    let organization = crate::organization::decode::organization(library, &section)?;
    let directory = select::Directory {
        library,
        template: &template,
        organization: &organization,
        section: &section,
    };
    let names = select::query(
        &directory,
        &Spanned::new(path.to_owned(), Span::new(file, 0, path.len())),
    )?;
    Ok((accounts::selected(&organization, &names), Vec::new()))
}

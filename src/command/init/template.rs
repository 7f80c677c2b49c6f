//! The template that `init` writes: guessed from the organization, and expanded as a proof.

use std::path::{Path, PathBuf};

use crate::cli::Init;
use crate::command::init::state::InitRun;
use crate::command::init::tools::{choose, of_management};
use crate::command::{Streams, warnings};
use crate::diagnostic::{Diagnostic, Problems, Result, Shown as _};
use crate::expand::{ExpandRequest, expand};
use crate::files::LocalDisk;
use crate::init::facts::RepositoryFile;
use crate::init::guess::{self, OtherAccounts};
use crate::init::pieces::InitSetup;
use crate::init::pieces::roles::{self, InitMacro, REGION, RegionOrigin};
use crate::init::region::{self, FoundRegion};
use crate::init::rules::NO_TARGET_ACCOUNT;
use crate::organization::Organization;
use crate::organization::decode;
use crate::organization::rules::NO_ORGANIZATION;
use crate::source::{Disk, ReadError, Span};
use crate::workspace::sources::{read_template, read_template_from};
use crate::yaml::emit::scalar;
use crate::yaml::lookup::Library;

/// How many accounts an error names.
const MOST_NAMES: usize = 3;

/// The text of the template. None if there are problems, which go into the run.
///
/// # Errors
///
/// The terminal cannot be read.
pub(super) fn template(
    arguments: &Init,
    (path, files): (&str, &[RepositoryFile]),
    (setup, run): (&InitSetup, &mut InitRun),
    streams: &mut Streams<'_>,
) -> anyhow::Result<Option<String>> {
    let mut problems = Problems::default();
    let organization = organization(&mut run.library, Path::new(path));
    let Some((organization, place)) = problems.keep(organization) else {
        run.problems.extend(problems.into_vec());
        return Ok(None);
    };
    let given = arguments.tools_account.as_deref();
    let tools = choose((&organization, place), given, &mut run.library, streams)?;
    let tools = problems.keep(tools);
    let name = tools.as_ref().map_or("", |tools| tools.name.as_str());
    problems.extend(of_management(&organization, name));
    let stages = guess::stages(&organization, name);
    if let Err(others) = &stages {
        problems.push(no_target(place, others));
    }
    let found = region::region(files);
    let text = match (tools, stages) {
        (Some(tools), Ok(stages)) => {
            let of = InitMacro {
                app_id: arguments.app_id.as_deref(),
                tools: &tools.name,
                is_guessed: tools.is_guessed,
                region: region(arguments, found.as_ref()),
                stages: &stages,
            };
            Some(roles::text(setup, &of))
        }
        _ => None,
    };
    let proved = text.as_deref().map(|text| {
        let path = setup.path(&setup.template);
        prove(&mut run.library, Path::new(&path), text)
    });
    let found = proved.and_then(|proved| problems.keep(proved));
    let is_proved = found.is_some();
    problems.extend(found.into_iter().flatten());
    let found = problems.into_vec().into_iter();
    let found = found.map(|problem| of_option(arguments, &mut run.library, problem));
    run.problems.extend(found);
    Ok(text.filter(|_| is_proved))
}

/// The organization in the file at `path`, and the place of its section.
fn organization(library: &mut Library, path: &Path) -> Result<(Organization, Span)> {
    let file = read_template(library, path)?;
    let document = library.document(file)?;
    let own = document
        .root
        .get("Organization")
        .filter(|node| !node.is_null());
    if own.is_none() {
        let message = "the file has no top-level `Organization:`";
        return Err(vec![
            Diagnostic::new(&NO_ORGANIZATION, document.root.span, message)
                .help("give the file that you use for `org-formation update`"),
        ]);
    }
    let section = decode::section(library, document, None)?;
    let organization = decode::organization(library, &section)?;
    let accounts = organization.accounts.iter();
    let first = accounts.map(|account| account.span).next();
    Ok((organization, first.unwrap_or(section.span)))
}

fn no_target(place: Span, others: &OtherAccounts) -> Diagnostic {
    let ruled_out = others.ruled_out.iter().chain(&others.unnamable);
    let names: Vec<String> = ruled_out
        .map(|name| format!("`{}`", name.shown()))
        .take(MOST_NAMES)
        .collect();
    let none = "the organization has no account to deploy to: none but the management account";
    if names.is_empty() {
        let message = format!("{none} and the Tools account");
        return Diagnostic::new(&NO_TARGET_ACCOUNT, place, message).help(
            "add an account to the organization first; an app in the management account could change the organization",
        );
    }
    let message = format!(
        "{none}, the Tools account, and accounts for something else by their name, tag, or unit, such as {}",
        names.join(", ")
    );
    Diagnostic::new(&NO_TARGET_ACCOUNT, place, message)
        .help("add an account for apps to the organization first, such as a `DevAccount`")
}

/// The region of the roles, and where it comes from.
fn region<'run>(
    arguments: &'run Init,
    found: Option<&'run FoundRegion>,
) -> (&'run str, RegionOrigin<'run>) {
    match (arguments.region.as_deref(), found) {
        (Some(given), _) => (given, RegionOrigin::Given),
        (None, Some(found)) => (found.name, RegionOrigin::Found(found)),
        (None, None) => (REGION, RegionOrigin::Unknown),
    }
}

/// Expands the template before it is written. Returns the warnings.
fn prove(library: &mut Library, path: &Path, text: &str) -> Result<Vec<Diagnostic>> {
    let disk = InFront { path, text };
    let template = read_template_from(&disk, library, path)?;
    let request = ExpandRequest {
        template,
        organization: None,
        overrides: Vec::new(),
        moved: None,
    };
    let expansion = expand(library, &request)?;
    Ok(warnings(library, &expansion.planned))
}

/// The disk, with one file that is not there yet.
struct InFront<'run> {
    path: &'run Path,
    text: &'run str,
}

impl Disk for InFront<'_> {
    fn text(&self, path: &Path) -> std::result::Result<String, ReadError> {
        if path == self.path {
            Ok(self.text.to_owned())
        } else {
            LocalDisk.text(path)
        }
    }

    fn real(&self, path: &Path) -> PathBuf {
        LocalDisk.real(path)
    }
}

/// The problem at the option whose value it is about, if it is one of those.
fn of_option(arguments: &Init, library: &mut Library, problem: Diagnostic) -> Diagnostic {
    let Some(span) = problem.primary.as_ref().map(|label| label.span) else {
        return problem;
    };
    let at = library.sources.text(span.file).get(span.start..span.end);
    let options = [
        ("--app-id", &arguments.app_id),
        ("--tools-account", &arguments.tools_account),
        ("--region", &arguments.region),
    ];
    let found = options.into_iter().find_map(|(name, value)| {
        let value = value.as_deref()?;
        let written = scalar(value);
        let forms = [value.to_owned(), written.clone(), format!("!Ref {written}")];
        let is_it = forms.iter().any(|form| at == Some(form.as_str()));
        is_it.then_some((name, value))
    });
    match found {
        Some((name, value)) => {
            let file = library.sources.add(name, value);
            problem.at(Span::new(file, 0, value.len()))
        }
        None => problem,
    }
}

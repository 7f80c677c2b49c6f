//! The files that `init` writes, and what you do after that.

use std::path::Path;

use crate::cli::{Init, InitPiece};
use crate::command::init::repository::Repository;
use crate::command::init::state::{InitFile, InitFiles, InitRun};
use crate::command::init::template::template;
use crate::command::init::vacant::{is_deployed, occupied, there, unnamable};
use crate::command::{Streams, quoted};
use crate::diagnostic::Diagnostic;
use crate::files;
use crate::init::facts::RepositoryFile;
use crate::init::packages::PackageManager;
use crate::init::pieces::{InitSetup, editor, hook, makefile, roles, tasks, workflow};
use crate::init::rules::NO_REPOSITORY;
use crate::init::{example, facts};

/// The files; none if one of their texts cannot be worked out. Problems go into `run`.
///
/// # Errors
///
/// The terminal cannot be read.
pub(super) fn planned(
    arguments: &Init,
    repository: &Repository,
    run: &mut InitRun,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Option<InitFiles>> {
    let is_wanted = |piece: &&InitPiece| {
        let is_for_another = **piece == InitPiece::Workflow && !repository.ci.may_be_github();
        arguments.pieces.contains(piece) || arguments.pieces.is_empty() && !is_for_another
    };
    let pieces: Vec<InitPiece> = InitPiece::all().iter().filter(is_wanted).copied().collect();
    let setup = setup(arguments, repository, &pieces);
    if let Some(problem) = unnamable(&pieces, &setup) {
        run.problems.push(problem);
        return Ok(None);
    }
    let mut planned = Vec::new();
    for piece in &pieces {
        let texts = match &repository.organization {
            None => of_example(*piece, &setup),
            Some(_) => texts(*piece, &setup),
        };
        planned.extend(texts.into_iter().map(|(path, text)| InitFile {
            piece: *piece,
            path,
            text,
        }));
    }
    let of_disk = (&setup, repository);
    run.problems.extend(occupied(arguments, &planned, of_disk));
    let pieces = without_task(pieces, &mut planned, of_disk);
    match &repository.organization {
        None => run.problems.extend(needless(arguments)),
        // Nobody is asked for what is neither written nor printed.
        Some(_) if !run.problems.is_empty() && !arguments.dry_run && files::can_ask() => {
            return Ok(None);
        }
        Some(organization) => {
            let of_roles = planned
                .iter_mut()
                .find(|file| file.piece == InitPiece::Roles);
            if let Some(file) = of_roles {
                let files = [repository.files.as_slice(), &repository.settings].concat();
                let from = (organization.as_str(), files.as_slice());
                let Some(text) = template(arguments, from, (&setup, run), streams)? else {
                    return Ok(None);
                };
                file.text = text;
            }
        }
    }
    let mut advice = advice(&pieces, &setup, repository);
    if arguments.pieces.is_empty() && !pieces.contains(&InitPiece::Workflow) {
        advice.extend(of_other_ci(&setup));
    }
    Ok(Some(InitFiles {
        files: planned,
        advice,
    }))
}

/// The pieces, and the files `planned` for them, without a task for what is deployed already.
fn without_task(
    mut pieces: Vec<InitPiece>,
    planned: &mut Vec<InitFile>,
    (setup, repository): (&InitSetup, &Repository),
) -> Vec<InitPiece> {
    if is_deployed(setup, repository) {
        pieces.retain(|piece| *piece != InitPiece::Tasks);
        planned.retain(|file| file.piece != InitPiece::Tasks);
    }
    pieces
}

/// What the pieces are written for.
fn setup(arguments: &Init, repository: &Repository, pieces: &[InitPiece]) -> InitSetup {
    let organization = repository.organization.as_deref();
    let example = format!("{}/{}", example::FOLDER, example::ORGANIZATION.0);
    let path = organization.unwrap_or(&example);
    let (folder, file) = path.rsplit_once('/').unwrap_or((".", path));
    let found = repository.tasks.as_ref();
    let text = |path: &str| {
        let mut files = repository.files.iter();
        files
            .find(|file| file.path == path)
            .map(|file| file.text.as_str())
    };
    let app_id = arguments.app_id.as_deref().unwrap_or(roles::APP_ID);
    let mut setup = InitSetup {
        folder: folder.to_owned(),
        organization: file.to_owned(),
        template: "roles.src.yml".to_owned(),
        output: "roles.yml".to_owned(),
        tasks: String::new(),
        run: String::new(),
        other_runs: found.map(|found| found.others.clone()).unwrap_or_default(),
        task: facts::task_name(
            found
                .and_then(|found| text(&found.path))
                .unwrap_or_default(),
        ),
        has_tasks: found.is_some(),
        has_makefile: repository.makefile.is_some(),
        stack: facts::stack_name(&repository.files, app_id),
        ci: repository.ci.clone(),
        npm: repository.npm,
    };
    setup.tasks = found.map_or_else(
        || setup.path("organization-tasks.yml"),
        |found| found.path.clone(),
    );
    setup.run = found.map_or_else(|| setup.tasks.clone(), |found| found.run.clone());
    if let Some((stem, ending)) = other_stem(&setup, repository, pieces) {
        setup.template = format!("{stem}.src.{ending}");
        setup.output = format!("{stem}.{ending}");
    }
    setup
}

/// What the template is called, if not `roles.src.yml`: another name if its output is there already, or
/// the name of the one that is there.
fn other_stem(
    setup: &InitSetup,
    repository: &Repository,
    pieces: &[InitPiece],
) -> Option<(String, &'static str)> {
    let is_there = |file: &str| there(Path::new(&setup.path(file))).is_some();
    if !pieces.contains(&InitPiece::Roles) {
        let mut stems = repository.files.iter().filter_map(|file| {
            let (folder, name) = file.path.rsplit_once('/').unwrap_or((".", &file.path));
            let stem = |ending| Some((name.strip_suffix(&format!(".src.{ending}"))?, ending));
            let (stem, ending) = stem("yml").or_else(|| stem("yaml"))?;
            (folder == setup.folder).then(|| (stem.to_owned(), ending))
        });
        let stems: Vec<_> = stems.by_ref().collect();
        let own = stems.iter().find(|(stem, _)| stem == "roles");
        return own.or(stems.first()).cloned();
    }
    let is_free = !is_there(&setup.template) && is_there(&setup.output);
    is_free.then(|| ("deploy-roles".to_owned(), "yml"))
}

/// The files of a piece; the template is empty as long as the organization is not read.
fn texts(piece: InitPiece, setup: &InitSetup) -> Vec<(String, String)> {
    match piece {
        InitPiece::Roles => vec![(setup.path(&setup.template), String::new())],
        InitPiece::Makefile => vec![(makefile::path(setup).to_owned(), makefile::text(setup))],
        InitPiece::Tasks => vec![(tasks::path(setup), tasks::text(setup))],
        InitPiece::Workflow => {
            let mut files = vec![(workflow::PATH.to_owned(), workflow::text(setup))];
            let action = workflow::ACTION.iter();
            files.extend(action.map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
            files
        }
        InitPiece::Editor => vec![(editor::PATH.to_owned(), editor::text())],
        InitPiece::Hook => vec![(hook::PATH.to_owned(), hook::text(setup))],
    }
}

/// The files of a piece in an empty folder.
fn of_example(piece: InitPiece, setup: &InitSetup) -> Vec<(String, String)> {
    let own = |(name, text): &(&str, &str)| (setup.path(name), (*text).to_owned());
    match piece {
        InitPiece::Roles => {
            let organization = [example::ORGANIZATION];
            let mut files: Vec<_> = organization.iter().chain(example::ROLES).map(own).collect();
            // What npm installs is not for git.
            let (path, text) = example::IGNORED;
            if setup.npm.has_tool && there(Path::new(path)).is_none() {
                files.push((path.to_owned(), text.to_owned()));
            }
            files
        }
        InitPiece::Tasks => vec![own(&example::TASKS)],
        piece => texts(piece, setup),
    }
}

/// Options that mean nothing for the example.
fn needless(arguments: &Init) -> Option<Diagnostic> {
    let given = [
        ("--tools-account", arguments.tools_account.is_some()),
        ("--app-id", arguments.app_id.is_some()),
        ("--region", arguments.region.is_some()),
    ];
    let (name, _) = given.into_iter().find(|(_, is_given)| *is_given)?;
    let message = format!("`{name}` is for an organization, and there is none in this folder");
    Some(Diagnostic::without_place(&NO_REPOSITORY, message).help(
        "run it where your `organization.yml` is; without options, it writes an example organization here",
    ))
}

/// What you do after the files are written.
fn advice(pieces: &[InitPiece], setup: &InitSetup, repository: &Repository) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(makefile) = repository
        .makefile
        .as_ref()
        .filter(|_| pieces.contains(&InitPiece::Makefile))
    {
        let name = makefile::path(setup);
        lines.push(format!(
            "add this to `{}`:\n    include {name}",
            makefile.path
        ));
    }
    if setup.has_tasks && pieces.contains(&InitPiece::Tasks) {
        let include = tasks::include(setup);
        let include = include.trim_end().replace('\n', "\n    ");
        lines.push(format!("add this to `{}`:\n    {include}", setup.tasks));
    }
    if !setup.other_runs.is_empty() && pieces.contains(&InitPiece::Makefile) {
        lines.push(format!(
            "`make deploy` runs `{}`: change that if you run another one ({})",
            setup.run,
            setup.other_runs.join(", ")
        ));
    }
    if pieces.contains(&InitPiece::Workflow) {
        lines.extend(of_workflow(setup, repository));
    }
    if pieces.contains(&InitPiece::Hook) {
        let types = "--hook-type pre-commit --hook-type pre-push";
        lines.push(format!("`pre-commit install {types}` turns the hooks on"));
    }
    let program = setup.program().replace(" --no ", " ");
    if pieces.contains(&InitPiece::Editor) {
        let schema = format!("{program} schema{} > {}", searched(setup), editor::SCHEMA);
        lines.push(format!("your editor completes macros after `{schema}`"));
    }
    if pieces.contains(&InitPiece::Roles) {
        let path = setup.path(&setup.template);
        if repository.organization.is_none() {
            lines.push("there was no organization here: this is an example".to_owned());
        } else {
            lines.push(format!(
                "comments in `{path}` say what is a guess: check that first"
            ));
        }
        lines.push(format!("next: `{program} expand{}`", searched(setup)));
    }
    lines
}

/// What takes the place of a workflow of GitHub Actions.
fn of_other_ci(setup: &InitSetup) -> Option<String> {
    let (system, what) = setup.ci.system.as_ref()?;
    Some(format!(
        "no workflow of GitHub Actions, because of `{what}`: let {} run `{} check --against origin/main{}` (`deploy-roles init workflow` writes it anyway)",
        system.name(),
        setup.program(),
        searched(setup)
    ))
}

/// What the workflow needs.
fn of_workflow(setup: &InitSetup, repository: &Repository) -> Vec<String> {
    let mut lines = Vec::new();
    let (npm, manager) = (&setup.npm, setup.npm.manager);
    let (installer, add) = (manager.installer(), manager.add());
    if manager == PackageManager::Bun {
        lines.push(format!("the workflow runs `{installer}`, and not Bun: write there what installs `node_modules/.bin/deploy-roles`"));
    }
    if !(npm.has_tool && npm.has_lock) {
        // Without a package, npm looks for it in the folders above.
        lines.push(if npm.has_package || manager != PackageManager::Npm {
            format!("the workflow runs `{installer}`: `{add}` writes what that needs")
        } else {
            format!("the workflow runs `{installer}`: `npm init --yes` and `{add}` write what that needs")
        });
    }
    let has_linker = |file: &RepositoryFile| {
        file.path == ".yarnrc.yml" && file.text.contains("nodeLinker: node-modules")
    };
    if manager == PackageManager::Yarn && !repository.files.iter().any(has_linker) {
        lines.push("the workflow runs `node_modules/.bin/deploy-roles`, which Yarn creates with `nodeLinker: node-modules` in `.yarnrc.yml`".to_owned());
    }
    lines
}

/// The folder of the templates as an argument, unless it is searched anyway.
fn searched(setup: &InitSetup) -> String {
    let folder = &setup.folder;
    let is_in_org = folder == "org" || folder.starts_with("org/");
    if is_in_org || !Path::new("org").is_dir() {
        String::new()
    } else {
        format!(" {}", quoted(folder))
    }
}

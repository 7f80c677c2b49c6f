//! What is in the folder that `init` runs in.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::command::shown;
use crate::diagnostic::{Diagnostic, Result, list_some};
use crate::files::{self, LocalDisk};
use crate::init::ci::RepositoryCi;
use crate::init::facts::{RepositoryFile, defines_organization, is_named_organization};
use crate::init::packages::NpmProject;
use crate::init::pieces::makefile::MAKEFILES;
use crate::init::region::SETTINGS;
use crate::init::rules::{AMBIGUOUS_ORGANIZATION, NO_REPOSITORY, UNSUITABLE_PATH};
use crate::init::tasks_files::{OrganizationTasks, organization_tasks};
use crate::source::Disk as _;
use crate::source::path::folder_of;
use crate::workspace::search::yaml_files;

/// What a folder can have and yet be empty: what npm, git, and `init` itself write.
const NOTHING: &[&str] = &[
    ".DS_Store",
    ".editorconfig",
    ".git",
    ".gitattributes",
    ".github",
    ".gitignore",
    ".node-version",
    ".npmrc",
    ".nvmrc",
    ".pre-commit-config.yaml",
    ".tool-versions",
    ".vscode",
    ".yarn",
    ".yarnrc.yml",
    "LICENSE",
    "LICENSE.md",
    "Makefile",
    "README",
    "README.md",
    "bun.lock",
    "bun.lockb",
    "node_modules",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "package.json",
    "pnpm-lock.yaml",
    "yarn.lock",
];

/// The largest YAML file that is looked at: larger ones are generated.
const SIZE_LIMIT: u64 = 1 << 20;

/// The folder, and what is in it.
pub(super) struct Repository {
    /// The file of the organization, from the root and with forward slashes; none in an empty folder.
    pub(super) organization: Option<String>,
    /// The tasks that deploy it.
    pub(super) tasks: Option<OrganizationTasks>,
    /// The YAML files.
    pub(super) files: Vec<RepositoryFile>,
    /// Other files that can name a region.
    pub(super) settings: Vec<RepositoryFile>,
    /// The Makefile.
    pub(super) makefile: Option<RepositoryFile>,
    /// Where CI runs.
    pub(super) ci: RepositoryCi,
    /// What is installed by npm.
    pub(super) npm: NpmProject,
}

/// Looks at the current folder. `organization` is the file of `--organization`.
///
/// # Errors
///
/// A folder that cannot be read.
pub(super) fn look(organization: Option<&Path>) -> anyhow::Result<Result<Repository>> {
    if let Some(root) = files::repository_above() {
        return Ok(Err(vec![below(&root)]));
    }
    let here = Path::new(".");
    let names = match files::names_in(here) {
        Ok(names) => names,
        Err(error) => anyhow::bail!("cannot read the current folder: {}", error.reason),
    };
    let is_empty = names.iter().all(|name| NOTHING.contains(&name.as_str()));
    let mut files = Vec::new();
    for path in yaml_files(&[PathBuf::from(here)])? {
        if let Ok(text) = LocalDisk.text_within(&path, SIZE_LIMIT) {
            let path = path.to_string_lossy().replace('\\', "/");
            files.push(RepositoryFile { path, text });
        }
    }
    let organization = match (organization, is_empty) {
        (Some(path), _) => given(path).map(Some),
        (None, true) => Ok(None),
        (None, false) => found(&files).map(Some),
    };
    let organization = match organization {
        Ok(organization) => organization,
        Err(problems) => return Ok(Err(problems)),
    };
    let own = organization.as_deref();
    let tasks = own.and_then(|own| organization_tasks(&files, own));
    let text = |name: &str| LocalDisk.text_within(Path::new(name), SIZE_LIMIT).ok();
    // A link that leads nowhere is in the way, and includes nothing.
    let is_there = |name: &&&str| names.iter().any(|own| own == **name) && Path::new(name).exists();
    let makefile = MAKEFILES.iter().find(is_there);
    let makefile = makefile.map(|name| RepositoryFile {
        path: (*name).to_owned(),
        text: text(name).unwrap_or_default(),
    });
    let mut settings = settings(&files);
    settings.extend(makefile.clone());
    let package = text("package.json");
    Ok(Ok(Repository {
        organization,
        tasks,
        files,
        settings,
        makefile,
        ci: RepositoryCi::of(&names, &text(".git/config").unwrap_or_default()),
        npm: NpmProject::of(package.as_deref(), &names),
    }))
}

/// The settings of OrgFormation and SAM, which are next to their templates or in the root.
fn settings(files: &[RepositoryFile]) -> Vec<RepositoryFile> {
    let folders = files.iter().map(|file| folder_of(file.path.as_ref()));
    let folders: BTreeSet<PathBuf> = folders.chain([PathBuf::new()]).collect();
    let paths = folders
        .iter()
        .flat_map(|folder| [SETTINGS, "samconfig.toml"].map(|name| folder.join(name)));
    let found = paths.filter_map(|path| {
        Some(RepositoryFile {
            text: LocalDisk.text_within(&path, SIZE_LIMIT).ok()?,
            path: path.to_string_lossy().replace('\\', "/"),
        })
    });
    found.collect()
}

fn below(root: &Path) -> Diagnostic {
    let message = format!(
        "this folder is inside of the git repository `{}`",
        shown(root)
    );
    Diagnostic::without_place(&NO_REPOSITORY, message)
        .help("run `deploy-roles init` in the root of the repository, where GitHub and pre-commit look for their files")
}

/// The file of `--organization`, from the root.
fn given(path: &Path) -> Result<String> {
    let outside = || {
        let message = format!("`{}` is outside of this folder", shown(path));
        vec![
            Diagnostic::without_place(&UNSUITABLE_PATH, message)
                .help("run `deploy-roles init` in the repository of the organization"),
        ]
    };
    let relative = files::relative(path, Path::new(".")).map_err(|_| outside())?;
    if relative.starts_with("..") {
        return Err(outside());
    }
    Ok(relative)
}

/// Where the file of an organization is looked for if it may be a link that leads to no file.
const DANGLING: [&str; 4] = [
    "organization.yml",
    "organization.yaml",
    "org/organization.yml",
    "org/organization.yaml",
];

/// What is wrong with a link that leads to no file.
fn dangling(path: &Path) -> Option<Diagnostic> {
    let target = files::dangling(path)?;
    let message = format!(
        "`{}` is a link to `{}`, which leads to no file",
        shown(path),
        shown(&target)
    );
    let problem = Diagnostic::without_place(&NO_REPOSITORY, message);
    Some(problem.help("delete the link, or create the file that it names"))
}

/// The file that defines the organization.
fn found(files: &[RepositoryFile]) -> Result<String> {
    let of = |is_it: fn(&RepositoryFile) -> bool| -> Vec<&str> {
        let found = files.iter().filter(|file| is_it(file));
        found.map(|file| file.path.as_str()).collect()
    };
    let mut found = of(defines_organization);
    if found.is_empty() {
        // What is wrong with it is shown when it is read.
        found = of(is_named_organization);
    }
    match found.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => {
            if let Some(problem) = DANGLING.iter().find_map(|path| dangling(Path::new(path))) {
                return Err(vec![problem]);
            }
            let message = "this folder is neither empty nor an OrgFormation repository: no file in it defines an organization";
            Err(vec![Diagnostic::without_place(&NO_REPOSITORY, message).help(
                "run it where your `organization.yml` is, write one with `org-formation init organization.yml --region REGION`, or begin with the example in an empty folder",
            )])
        }
        several => {
            let message = format!(
                "{} files define an organization: {}",
                several.len(),
                list_some(several.iter().copied())
            );
            let first = several.first().copied().unwrap_or_default();
            Err(vec![
                Diagnostic::without_place(&AMBIGUOUS_ORGANIZATION, message).help(format!(
                    "name yours: `--organization {}`",
                    shown(Path::new(first))
                )),
            ])
        }
    }
}

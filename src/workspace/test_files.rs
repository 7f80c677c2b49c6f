//! The test files of a run, and the templates that each is about.
//!
//! In: what the command line names. Out: [`TestJob`]s. Refuses a test file that is about no template.
//!
//! `NAME.test.yml` is about `NAME.src.yml` next to it, or about `NAME.yml` if there is no such source;
//! `organization.test.yml` is about all templates in its folder and below.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Shown as _};
use crate::files;
use crate::source::path::{clean, folder_of};
use crate::workspace::missing;
use crate::workspace::rules::{NO_TEST_FILE, TEST_WITHOUT_TEMPLATE};
use crate::workspace::search::yaml_files;

/// A test file, and the templates that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestJob {
    /// The path of the test file.
    pub path: PathBuf,
    /// The paths of the templates.
    pub templates: Vec<PathBuf>,
}

/// The test files of a run.
#[derive(Clone, Debug, Default)]
pub struct TestJobs {
    /// In the order of the arguments, each once.
    pub jobs: Vec<TestJob>,
    /// Why an argument has none; not an error for a run that has other things to do.
    pub without: Vec<Diagnostic>,
    /// What is wrong with test files.
    pub problems: Vec<Diagnostic>,
    /// The files that were added, without links.
    seen: HashSet<PathBuf>,
}

/// The name of a test file about many templates.
const OF_ORGANIZATION: &str = "organization.test";

const ENDINGS: &[&str] = &[".yml", ".yaml"];

/// The test files of the arguments: templates, test files, and folders.
///
/// # Errors
///
/// A folder that cannot be searched.
pub fn test_jobs(arguments: &[PathBuf]) -> anyhow::Result<TestJobs> {
    let mut jobs = TestJobs::default();
    for argument in files::with_default(arguments) {
        let mut found = Vec::new();
        if argument.is_dir() {
            let paths = yaml_files(std::slice::from_ref(&argument))?;
            found.extend(paths.into_iter().filter(|path| is_test(path)));
        } else if is_test(&argument) && argument.exists() {
            found.push(argument.clone());
        } else {
            found.extend(tests_of(&argument));
        }
        if found.is_empty() {
            jobs.without.push(no_test_file(&argument));
        }
        for path in found {
            jobs.add(path);
        }
    }
    Ok(jobs)
}

/// The test files of the arguments, and those about all templates of a folder that an argument is in.
///
/// # Errors
///
/// A folder that cannot be searched.
pub fn test_jobs_around(arguments: &[PathBuf]) -> anyhow::Result<TestJobs> {
    let mut jobs = test_jobs(arguments)?;
    for argument in files::with_default(arguments) {
        for folder in around(&argument) {
            let near = folder.join("-");
            for path in beside(&near, &[OF_ORGANIZATION.to_owned()]) {
                jobs.add(path);
            }
        }
    }
    Ok(jobs)
}

/// The folder of a file, and those above it, or above a folder, up to that of the repository: above it is nothing
/// of it.
fn around(argument: &Path) -> Vec<PathBuf> {
    let own = if argument.is_dir() {
        argument.to_owned()
    } else {
        folder_of(argument)
    };
    let root = files::tree(&own);
    let (mut folders, mut folder) = (Vec::new(), own);
    loop {
        let real = files::real(&folder);
        if !real.starts_with(&root) {
            return folders;
        }
        let above = clean(&folder.join(".."));
        folders.push(folder);
        if real == root {
            return folders;
        }
        folder = above;
    }
}

impl TestJobs {
    /// Adds the test file at `path`, unless it was added before.
    fn add(&mut self, path: PathBuf) {
        if !self.seen.insert(files::real(&path)) {
            return;
        }
        match templates_of(&path) {
            templates if templates.is_empty() => self.problems.push(without_template(&path)),
            templates => self.jobs.push(TestJob { path, templates }),
        }
    }
}

/// The part of a file name before these endings.
fn stem<'a>(path: &'a Path, before: &str) -> Option<&'a str> {
    let name = path.file_name()?.to_str()?;
    let mut endings = ENDINGS.iter();
    let stem = endings.find_map(|ending| name.strip_suffix(ending))?;
    let stem = stem.strip_suffix(before)?;
    (!stem.is_empty()).then_some(stem)
}

/// Whether the name is that of a test file.
pub fn is_test(path: &Path) -> bool {
    stem(path, ".test").is_some()
}

/// The files next to `path` with the first of these names that one has, each with either ending.
fn beside(path: &Path, stems: &[String]) -> Vec<PathBuf> {
    let found = stems.iter().map(|stem| -> Vec<PathBuf> {
        let names = ENDINGS.iter().map(|ending| format!("{stem}{ending}"));
        let paths = names.map(|name| path.with_file_name(name));
        paths.filter(|path| path.is_file()).collect()
    });
    let mut found = found.filter(|paths| !paths.is_empty());
    found.next().unwrap_or_default()
}

/// The test files about a template alone.
fn tests_of(template: &Path) -> Vec<PathBuf> {
    let stem = stem(template, ".src").or_else(|| stem(template, ""));
    stem.map_or_else(Vec::new, |stem| beside(template, &[format!("{stem}.test")]))
}

/// The templates that a test file is about.
fn templates_of(path: &Path) -> Vec<PathBuf> {
    let Some(name) = stem(path, "") else {
        return Vec::new();
    };
    if name == OF_ORGANIZATION {
        let folder = match folder_of(path) {
            folder if folder.as_os_str().is_empty() => PathBuf::from("."),
            folder => folder,
        };
        return files::find_templates(&[folder]).unwrap_or_default();
    }
    let name = name.strip_suffix(".test").unwrap_or(name);
    let stems = [format!("{name}.src"), name.to_owned()];
    beside(path, &stems)
}

fn no_test_file(argument: &Path) -> Diagnostic {
    let shown = argument.shown();
    if let Some(problem) = missing(argument) {
        return problem;
    }
    let (message, template) = if argument.is_dir() {
        let templates = files::find_templates(&[argument.to_owned()]);
        let first = templates.ok().and_then(|found| found.into_iter().next());
        let message = format!("there is no test file (`*.test.yml`) in `{shown}`");
        let Some(template) = first else {
            let message = format!("{message}, and no template with macros (`*.src.yml`)");
            return Diagnostic::without_place(&NO_TEST_FILE, message).help(
                "`deploy-roles init` writes a template; what you expect of another one, `NAME.yml`, is in `NAME.test.yml` next to it",
            );
        };
        (message, template)
    } else {
        let message = format!("there is no test file next to `{shown}`");
        (message, argument.to_owned())
    };
    let stem = stem(&template, ".src").or_else(|| stem(&template, ""));
    let test = template.with_file_name(format!("{}.test.yml", stem.unwrap_or("roles")));
    Diagnostic::without_place(&NO_TEST_FILE, message).help(format!(
        "write what you expect of `{}` into `{}`: `deploy-roles test --help` shows how",
        template.shown(),
        test.shown()
    ))
}

fn without_template(path: &Path) -> Diagnostic {
    let shown = path.shown();
    let message = format!("`{shown}` is about no template");
    let help = match stem(path, ".test") {
        Some("organization") => "there is no `*.src.yml` in its folder or below".to_owned(),
        stem => format!(
            "name it after the template next to it, such as `{}.src.yml`, or `organization.test.yml` if it is about all",
            stem.unwrap_or("roles").shown()
        ),
    };
    Diagnostic::without_place(&TEST_WITHOUT_TEMPLATE, message).help(help)
}

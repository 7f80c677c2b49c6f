//! Which of a repository's tasks files deploys an organization, and which one you run.
//!
//! In: the repository's files, and the path of the organization. Out: the file with the task that updates
//! it, and the one that includes that and is included by none. Refuses nothing: of several, it returns the
//! nearest to the root, and names the others.

use std::path::Path;

use crate::init::facts::{RepositoryFile, value};
use crate::source::path::{clean, folder_of};
use crate::template::display::shown;
use crate::template::read;
use crate::template::tasks_file::{GivenToTasks, tasks};
use crate::template::value::Data;

/// What OrgFormation's own examples call a tasks file.
const USUAL: &str = "organization-tasks.yml";

/// How far it is looked for a file that includes another one.
const DEPTH_LIMIT: usize = 30;

/// The tasks of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationTasks {
    /// The file with the task that updates the organization, from the root.
    pub path: String,
    /// The file that you run: the same, or one that includes it.
    pub run: String,
    /// Other files that you may run instead.
    pub others: Vec<String>,
}

/// A task, as far as it matters here.
struct FoundTask {
    kind: TaskKind,
    target: TaskPath,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TaskKind {
    Organization,
    Stacks,
    Include,
}

/// The file that a task is about.
enum TaskPath {
    /// From the root.
    Known(String),
    /// As it is written.
    Computed(String),
}

/// A file with its tasks.
struct FileOfTasks<'run> {
    path: &'run str,
    tasks: Vec<FoundTask>,
}

/// The tasks for the organization at `organization`, a path from the root; none if no file has any.
pub fn organization_tasks(
    files: &[RepositoryFile],
    organization: &str,
) -> Option<OrganizationTasks> {
    let all: Vec<FileOfTasks<'_>> = files.iter().map(FileOfTasks::of).collect();
    let with = |is_it: &dyn Fn(&FoundTask) -> bool| -> Vec<&str> {
        let found = all.iter().filter(|file| file.tasks.iter().any(is_it));
        found.map(|file| file.path).collect()
    };
    let of_organization = |task: &FoundTask| task.kind == TaskKind::Organization;
    let updates = |task: &FoundTask| of_organization(task) && task.target.is(organization);
    let may_update =
        |task: &FoundTask| of_organization(task) && matches!(task.target, TaskPath::Computed(_));
    let mut found = with(&updates);
    if found.is_empty() {
        found = with(&may_update);
    }
    if found.is_empty() {
        // Those of another organization do not deploy this one.
        let foreign = with(&of_organization);
        found = with(&|task| task.kind == TaskKind::Stacks);
        found.retain(|path| !foreign.contains(path));
    }
    found.sort_by_key(|path| distance(path));
    let path = (*found.first()?).to_owned();
    let run = outermost(&all, &path);
    let mut others: Vec<String> = found
        .iter()
        .flat_map(|path| outermost(&all, path))
        .collect();
    others.extend(run.iter().skip(1).cloned());
    let run = run.into_iter().next().unwrap_or_else(|| path.clone());
    others.sort_by(|one, other| distance(one).cmp(&distance(other)));
    others.dedup();
    others.retain(|other| *other != run);
    Some(OrganizationTasks { path, run, others })
}

/// Whether a task in `file` deploys `output`, which `template` is expanded into; both are paths from the
/// root.
pub fn deploys(file: &RepositoryFile, output: &str, template: &str) -> bool {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let tasks = FileOfTasks::of(file).tasks.into_iter();
    let mut templates = tasks.filter(|task| task.kind == TaskKind::Stacks);
    templates.any(|task| match task.target {
        TaskPath::Known(path) => path == output,
        TaskPath::Computed(written) => {
            let is_expansion = written.contains("deploy-roles expand");
            let is_another = written.contains(".src.y") && !written.contains(&name(template));
            let end = format!("/{}", name(output));
            is_expansion && !is_another || written.contains(&end)
        }
    })
}

impl TaskPath {
    fn is(&self, path: &str) -> bool {
        matches!(self, TaskPath::Known(own) if own == path)
    }
}

impl<'run> FileOfTasks<'run> {
    fn of(file: &'run RepositoryFile) -> Self {
        let has = |mark: &str| file.text.contains(mark);
        let may_have_tasks =
            has("update-organization") || has("update-stacks") || has("include") && has("Path");
        let found = if may_have_tasks {
            let data = read::of_text(&file.text);
            data.map_or_else(|| in_lines(&file.text), |data| in_data(&data))
        } else {
            Vec::new()
        };
        let folder = folder_of(file.path.as_ref());
        let tasks = found.into_iter().map(|(kind, target)| FoundTask {
            kind,
            target: match target {
                TaskPath::Known(path) => TaskPath::Known(from_root(&folder, &path)),
                computed @ TaskPath::Computed(_) => computed,
            },
        });
        Self {
            path: &file.path,
            tasks: tasks.collect(),
        }
    }

    fn includes(&self, path: &str) -> bool {
        let mut tasks = self.tasks.iter();
        tasks.any(|task| task.kind == TaskKind::Include && task.target.is(path))
    }
}

impl TaskKind {
    fn of(name: &str) -> Option<Self> {
        match name {
            "update-organization" => Some(TaskKind::Organization),
            "update-stacks" => Some(TaskKind::Stacks),
            "include" => Some(TaskKind::Include),
            _ => None,
        }
    }

    /// The attribute with the file that the task is about.
    fn attribute(self) -> &'static str {
        match self {
            TaskKind::Organization | TaskKind::Stacks => "Template",
            TaskKind::Include => "Path",
        }
    }
}

fn from_root(folder: &Path, path: &str) -> String {
    let path = clean(&folder.join(path));
    path.to_string_lossy().replace('\\', "/")
}

/// Tasks that are written as data, with paths from their file.
fn in_data(root: &Data) -> Vec<(TaskKind, TaskPath)> {
    let tasks = tasks(root, &GivenToTasks::default()).into_iter();
    let found = tasks.filter_map(|(_, task)| {
        let kind = TaskKind::of(task.get("Type")?.text()?)?;
        let written = task.get(kind.attribute())?;
        let target = match written.text().filter(|text| !text.contains("{{")) {
            Some(path) => TaskPath::Known(path.to_owned()),
            None => TaskPath::Computed(shown(written)),
        };
        Some((kind, target))
    });
    found.collect()
}

/// The same in a text that nunjucks renders first, which is not data yet.
fn in_lines(text: &str) -> Vec<(TaskKind, TaskPath)> {
    let mut found = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    let mut flush = |lines: &mut Vec<&str>| {
        let attribute = |key: &str| lines.iter().find_map(|line| value(line, key));
        let kind = attribute("Type").and_then(TaskKind::of);
        let task = kind.and_then(|kind| Some((kind, attribute(kind.attribute())?)));
        found.extend(task.map(|(kind, written)| {
            let is_computed = written.contains("{{") || written.starts_with('!');
            let target = if is_computed {
                TaskPath::Computed(written.to_owned())
            } else {
                TaskPath::Known(written.to_owned())
            };
            (kind, target)
        }));
        lines.clear();
    };
    for line in text.lines() {
        if !line.starts_with([' ', '\t', '#', '{']) && line.contains(':') {
            flush(&mut lines);
        } else if line.starts_with(' ') {
            lines.push(line);
        }
    }
    flush(&mut lines);
    found
}

/// The files that include the one at `path`, directly or not, and that no other includes; the nearest to
/// the root first.
fn outermost(all: &[FileOfTasks<'_>], path: &str) -> Vec<String> {
    let mut known = vec![path];
    let mut level = vec![path];
    let mut found: Vec<String> = Vec::new();
    for _ in 0..DEPTH_LIMIT {
        let mut next = Vec::new();
        for inner in level {
            let outer = all.iter().filter(|file| file.includes(inner));
            let outer: Vec<&str> = outer.map(|file| file.path).collect();
            if outer.is_empty() {
                found.push(inner.to_owned());
            }
            let is_new = |path: &&str| !known.contains(path);
            next.extend(outer.into_iter().filter(is_new));
        }
        known.extend(next.iter().copied());
        level = next;
    }
    found.sort_by(|one, other| distance(one).cmp(&distance(other)));
    found.dedup();
    found
}

/// How far a path is from the root, and from the usual name.
fn distance(path: &str) -> (usize, bool, &str) {
    let name = path.rsplit('/').next().unwrap_or_default();
    (path.matches('/').count(), name != USUAL, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPDATE: &str = "Up:\n  Type: update-organization\n  Template: ./organization.yml\n";

    fn found(files: &[(&str, &str)], organization: &str) -> String {
        let files = files.iter().map(|(path, text)| RepositoryFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        });
        let files: Vec<RepositoryFile> = files.collect();
        match organization_tasks(&files, organization) {
            Some(found) => format!("{} {} {}", found.path, found.run, found.others.join(",")),
            None => String::new(),
        }
    }

    #[test]
    fn tasks_of_this_organization_are_found() {
        let foreign = ("examples/organization-tasks.yml", UPDATE);
        let own = ("organization-tasks.yml", UPDATE);
        let own_found = "organization-tasks.yml organization-tasks.yml ";
        assert_eq!(found(&[foreign, own], "organization.yml"), own_found);
        assert_eq!(found(&[foreign], "organization.yml"), "");
        // Other ways of writing them.
        for text in [
            "Up: { Type: update-organization, Template: organization.yml }\n",
            "{\"Up\": {\"Type\": \"update-organization\", \"Template\": \"./organization.yml\"}}\n",
            "{% if x %}\nUp:\n  Type: update-organization\n  Template: './organization.yml' # this\n{% endif %}\n",
            "Parameters:\n  <<: !Include ./parameters.yml\nUp:\n  Type: update-organization\n  Template: ./x/../organization.yml\n",
            "Up:\n  Type: update-organization\n  Template: !Sub '${organization}.yml'\n",
            "Up:\n  Type: update-organization\n  Template: ./{{ organization }}.yml\n",
        ] {
            let files = [foreign, ("organization-tasks.yml", text)];
            assert_eq!(found(&files, "organization.yml"), own_found, "{text}");
        }
        let stacks = "A:\n  Type: update-stacks\n  Template: ./a.yml\n";
        let files = [("a.yml", stacks), ("b/c.yml", stacks), foreign];
        assert_eq!(found(&files, "organization.yml"), "a.yml a.yml b/c.yml");
    }

    #[test]
    fn the_file_is_run_that_includes_the_others() {
        let include = |path: &str| format!("In:\n  Type: include\n  Path: {path}\n");
        let (main, middle) = (include("./src/more.yml"), include("_tasks.yml"));
        let files = [
            ("main.yml", main.as_str()),
            ("src/_tasks.yml", UPDATE),
            ("src/more.yml", &middle),
        ];
        let wanted = "src/_tasks.yml main.yml ";
        assert_eq!(found(&files, "src/organization.yml"), wanted);
        // Others that you may run.
        let files = [files.as_slice(), &[("all.yml", &main)]].concat();
        let wanted = "src/_tasks.yml all.yml main.yml";
        assert_eq!(found(&files, "src/organization.yml"), wanted);
        let second = (
            "deploy/tasks.yml",
            "Up: { Type: update-organization, Template: ../src/organization.yml }",
        );
        let files = [files.as_slice(), &[second]].concat();
        let wanted = "deploy/tasks.yml deploy/tasks.yml all.yml,main.yml";
        assert_eq!(found(&files, "src/organization.yml"), wanted);
        // Those that include each other.
        let (one, other) = (include("b.yml") + UPDATE, include("a.yml"));
        let files = [("a.yml", one.as_str()), ("b.yml", &other)];
        assert_eq!(found(&files, "organization.yml"), "a.yml a.yml ");
    }

    #[test]
    fn what_a_task_deploys_is_the_file_itself() {
        let deploys = |template: &str| {
            let file = RepositoryFile {
                path: "org/tasks.yml".to_owned(),
                text: format!("A:\n  Type: update-stacks\n  Template: {template}\n"),
            };
            deploys(&file, "org/roles.yml", "org/roles.src.yml")
        };
        for own in [
            "./roles.yml",
            "'../org/roles.yml' # ours",
            "!Cmd 'deploy-roles expand --print-path . roles.src.yml'",
            "!Cmd 'npx --no deploy-roles expand --print-path org'",
            "!Sub '${folder}/roles.yml'",
        ] {
            assert!(deploys(own), "{own}");
        }
        for other in [
            "./legacy-deploy-roles/x.yml",
            "./other/roles.yml",
            "../roles.yml",
            "!Cmd 'deploy-roles expand --print-path . other.src.yml'",
            "!Sub '${folder}/other.yml'",
            "./deploy-roles.yml",
        ] {
            assert!(!deploys(other), "{other}");
        }
    }
}

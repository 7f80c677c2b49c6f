//! The tasks that deploy a generated file.
//!
//! In: the path of the file, and the files of its side. Out: what the tasks with this template say of
//! it, as [`TemplateTasks`]. Refuses nothing: what cannot be read and may be about the template is a [`TaskDoubt`].
//!
//! A tasks file may include others, as a text (`!Include`) or by a task (`Type: include`), which gives them
//! parameters. So the tasks of each file are read as those include it that nobody includes. It may also be run by itself,
//! which counts if what it says then is not what it was.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::files::{FileLink, FoundFiles, Submodule};
use crate::source::path::{clean, folder_of};
use crate::template::display::shown;
use crate::template::read;
use crate::template::task::TaskFacts;
use crate::template::tasks_file::{GivenToTasks, runs_alone, tasks};
use crate::template::value::Data;
use crate::workspace::closure::SideFiles;
use crate::workspace::task_target::{Deploys, TaskTarget};
use crate::yaml::nunjucks::{has_opening, nunjucks};

/// What tasks files contain that deploy a template, say how the organization is rendered, or include others.
pub const MARKS: [&str; 3] = ["update-stacks", "update-organization", "Type: include"];

/// How deep tasks may be nested.
const DEPTH_LIMIT: usize = 30;

/// How often files may be read as others include them.
const VISIT_LIMIT: usize = 2_000;

/// Why a tasks file counts that is not what it was.
const UNREAD: &str = "it cannot be read, and may give the template other parameters or bindings";

/// How it begins why a link out of the repository is not read.
const LEADS_OUT: &str = "it is a link to ";

/// Why such a link counts that is not what it was.
const LINK: &str = "it is a link out of the repository, and what it leads to may give templates other parameters or bindings";

/// Why a submodule counts that is at another commit.
const SUBMODULE: &str =
    "it is a submodule at another commit than before, and its tasks are not read";

/// Why it counts that not all are read.
const LIMIT: &str = "there are too many, or they are nested too deep, to read all";

/// Why it counts that more tasks deploy the template.
const MORE: &str = "more tasks deploy it than before, so what it gives may be new in a stack";

/// Why the organization counts that is not rendered as it was.
const ORGANIZATION: &str =
    "its task renders it with nunjucks first, and what that gives may not be what it was";

/// Why an include counts.
const INCLUDE: &str =
    "what it includes is not known, and may give the template other parameters or bindings";

/// The tasks files of one side, each of which is read once.
#[derive(Default)]
pub struct TaskFiles {
    /// The files with a mark, those that may include them, and links to these or out of the repository.
    paths: Vec<PathBuf>,
    /// The links of the repository.
    links: Vec<FileLink>,
    /// The submodules that may have tasks.
    submodules: Vec<Submodule>,
    read: OnceCell<SideTasks>,
}

/// What the tasks of one side say of a template.
#[derive(Debug, Default)]
pub struct TemplateTasks {
    /// Those that deploy it.
    certain: Vec<TaskFacts>,
    /// Those that deploy what is not known, or are in files that others include.
    perhaps: Vec<TaskFacts>,
    /// What may say something of it and cannot be read.
    doubts: BTreeSet<TaskDoubt>,
    /// What says of each of those that deploy it whether it is skipped.
    skips: Vec<Option<Data>>,
    /// Whether the side has any task that deploys a template.
    is_any: bool,
}

/// Something about tasks that is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskDoubt {
    /// What it is about, in the words of the file.
    pub what: String,
    /// Why it counts if it is not what it was.
    pub why: &'static str,
    /// What it is known to be.
    state: String,
}

impl TaskDoubt {
    /// A doubt that counts for `why`.
    pub(super) fn new(what: &str, why: &'static str) -> Self {
        Self {
            what: what.to_owned(),
            why,
            state: String::new(),
        }
    }
}

/// What a task deploys.
struct DeployedTemplate {
    target: TaskTarget,
    facts: TaskFacts,
    /// Whether its file is one that is run.
    is_certain: bool,
    /// What says whether it is skipped.
    skip: Option<Data>,
}

impl DeployedTemplate {
    /// Whether it is the template at `path`.
    fn is(&self, path: &Path) -> Deploys {
        match self.target.is(path) {
            Deploys::Yes if !self.is_certain => Deploys::Perhaps,
            found => found,
        }
    }
}

/// The tasks of one side.
#[derive(Default)]
struct SideTasks {
    deployed: Vec<DeployedTemplate>,
    doubts: BTreeSet<TaskDoubt>,
    /// Doubts that count for templates that their state names.
    naming: BTreeSet<TaskDoubt>,
}

impl TaskFiles {
    /// The files that were `found`, which have a mark or may include others.
    pub fn new(found: FoundFiles) -> Self {
        Self {
            paths: found.paths,
            links: found.links,
            submodules: found.submodules,
            read: OnceCell::new(),
        }
    }

    /// The paths of the files.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The submodules that may have tasks.
    pub fn submodules(&self) -> &[Submodule] {
        &self.submodules
    }

    /// What the tasks say of the template at `template`, a path without links.
    pub fn of(&self, side: &SideFiles<'_>, template: &Path) -> TemplateTasks {
        let read = self.read.get_or_init(|| {
            let mut read = TaskReader::new(side, &self.links).read(&self.paths);
            let submodules = self.submodules.iter();
            read.doubts.extend(submodules.map(|own| {
                TaskDoubt {
                    what: own
                        .path
                        .file_name()
                        .unwrap_or_default()
                        .to_string_lossy()
                        .into_owned(),
                    why: SUBMODULE,
                    state: own.commit.clone(),
                }
            }));
            read
        });
        let deploys = |wanted: Deploys| {
            let tasks = read.deployed.iter();
            let tasks = tasks.filter(|task| task.is(template) == wanted);
            tasks.map(|task| task.facts.clone()).collect()
        };
        let name = template.file_name().unwrap_or_default().to_string_lossy();
        let naming = read.naming.iter().filter(|doubt| {
            doubt.state.contains(&*name) || doubt.state.lines().any(is_template_rendered)
        });
        let tasks = read.deployed.iter();
        let tasks = tasks.filter(|task| task.is(template) == Deploys::Yes);
        TemplateTasks {
            skips: tasks.map(|task| task.skip.clone()).collect(),
            is_any: !read.deployed.is_empty(),
            certain: deploys(Deploys::Yes),
            perhaps: deploys(Deploys::Perhaps),
            doubts: read.doubts.iter().chain(naming).cloned().collect(),
        }
    }
}

/// Whether a line of a tasks file names a template in a way that is not known.
fn is_template_rendered(line: &str) -> bool {
    line.contains("Template") && nunjucks(line).is_some()
}

impl TemplateTasks {
    /// What is true of the template.
    pub fn facts(&self) -> TaskFacts {
        TaskFacts::joined(&self.counted(|_| false))
    }

    /// What each task says that deploys it, or perhaps does; nothing if no task is known.
    pub(super) fn deploying(self) -> Vec<TaskFacts> {
        let nothing = vec![TaskFacts::default()];
        let all = [self.certain, self.perhaps, nothing];
        let mut all = all.into_iter().filter(|facts| !facts.is_empty());
        all.next().unwrap_or_default()
    }

    /// What those say that count for it, without what perhaps deploys it and is `passed_over`.
    fn counted(&self, passed_over: impl Fn(&TaskFacts) -> bool) -> Vec<TaskFacts> {
        let perhaps = self.perhaps.iter().filter(|facts| !passed_over(facts));
        let mut all: Vec<TaskFacts> = self.certain.iter().chain(perhaps).cloned().collect();
        if self.certain.is_empty() {
            // Perhaps nothing deploys it.
            all.push(TaskFacts::default());
        }
        all
    }

    /// What counts if more tasks deploy the template, whose name this is, than `before`: it was there, but perhaps nothing
    /// of it in some stack.
    pub fn more_than(&self, before: &Self, name: &str) -> Option<TaskDoubt> {
        let is_run =
            |skip: &&Option<Data>| matches!(skip, None | Some(Data::Bool(false) | Data::Null));
        let is_skipped = |skip: &&Option<Data>| matches!(skip, Some(Data::Bool(true)));
        let open = |side: &Self| -> Vec<Option<Data>> {
            let skips = side.skips.iter();
            let skips = skips.filter(|skip| !is_run(skip) && !is_skipped(skip));
            skips.cloned().collect()
        };
        let (open, open_before) = (open(self), open(before));
        let perhaps = if open == open_before { 0 } else { open.len() };
        let run = |side: &Self| side.skips.iter().filter(is_run).count();
        let is_more = run(self) + perhaps > run(before);
        (before.is_any && is_more).then(|| TaskDoubt::new(name, MORE))
    }
}

/// What is true of the template now and of what it was before, and what may not be what it was.
pub fn compared(
    now: TemplateTasks,
    before: TemplateTasks,
) -> (TaskFacts, TaskFacts, Vec<TaskDoubt>) {
    // If it is known what deploys the template, another task that is what it was most likely does not.
    let is_known = !now.certain.is_empty() && !before.certain.is_empty();
    let facts = |side: &TemplateTasks, other: &TemplateTasks| {
        side.counted(|facts| is_known && other.perhaps.contains(facts))
    };
    let sides = (facts(&now, &before), facts(&before, &now));
    let (task, task_before) = TaskFacts::joined_sides(&sides.0, &sides.1);
    let doubts = now.doubts.symmetric_difference(&before.doubts);
    let always = now.doubts.iter().filter(|doubt| doubt.why == LIMIT);
    let mut doubts: Vec<TaskDoubt> = doubts.chain(always).cloned().collect();
    doubts.sort();
    doubts.dedup_by(|one, other| (&one.what, one.why) == (&other.what, other.why));
    (task, task_before, doubts)
}

/// Reads the tasks of one side.
struct TaskReader<'run, 'side> {
    side: &'run SideFiles<'side>,
    links: &'run [FileLink],
    roots: RefCell<HashMap<PathBuf, Option<Rc<Data>>>>,
    found: SideTasks,
    visited: BTreeSet<PathBuf>,
    visits: usize,
    /// Whether the file that is read is one that is run.
    is_certain: bool,
}

impl<'run, 'side> TaskReader<'run, 'side> {
    fn new(side: &'run SideFiles<'side>, links: &'run [FileLink]) -> Self {
        Self {
            side,
            links,
            roots: RefCell::default(),
            found: SideTasks::default(),
            visited: BTreeSet::new(),
            visits: 0,
            is_certain: true,
        }
    }

    fn read(mut self, paths: &[PathBuf]) -> SideTasks {
        let mut inner: BTreeSet<PathBuf> = BTreeSet::new();
        let given = GivenToTasks::default();
        for path in paths {
            if let Some(root) = self.root(path) {
                let tasks = tasks(&root, &given);
                let paths = tasks
                    .iter()
                    .filter_map(|(_, task)| include_of(task)?.text());
                let paths = paths.map(|own| clean(&folder_of(path).join(own)));
                inner.extend(paths.filter(|own| own != path));
            }
        }
        for path in paths.iter().filter(|path| !inner.contains(*path)) {
            self.visit(path, &given, 0);
        }
        // Files that include each other.
        for path in paths {
            if !self.visited.contains(path) {
                self.visit(path, &given, 0);
            }
        }
        // What others include may also be run by itself.
        self.is_certain = false;
        for path in paths.iter().filter(|path| inner.contains(*path)) {
            if self.root(path).is_some_and(|root| runs_alone(&root)) {
                self.visit(path, &given, 0);
            }
        }
        self.found
    }

    /// Reads the tasks of the file at `path`, which another one includes if something is `given`.
    fn visit(&mut self, path: &Path, given: &GivenToTasks, depth: usize) {
        self.visits += 1;
        self.visited.insert(path.to_owned());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if depth > DEPTH_LIMIT || self.visits > VISIT_LIMIT || self.side.is_full() {
            self.doubt("tasks files", LIMIT, String::new());
            return;
        }
        let text = self.side.text(path);
        let text = match text.as_ref() {
            Ok(text) => text,
            Err(why) => {
                if why.starts_with(LEADS_OUT) {
                    self.doubt(&name, LINK, why.clone());
                }
                return;
            }
        };
        let folder = folder_of(path);
        if let Some(root) = self.root(path) {
            for (_, task) in tasks(&root, given) {
                self.task(&task, (&name, &folder), depth);
            }
        } else if may_be_tasks(path, text) {
            let with = given.context.as_ref().map(shown).unwrap_or_default();
            self.found.naming.insert(TaskDoubt {
                what: name.into_owned(),
                why: UNREAD,
                // Its text tells whether it changed.
                state: format!("{with}\n{text}"),
            });
        }
    }

    /// Reads a task of the file that has this name and is in this folder.
    fn task(&mut self, task: &Data, (name, folder): (&str, &Path), depth: usize) {
        let Some(kind) = task.get("Type") else {
            return;
        };
        match kind.text() {
            Some("update-organization") => self.organization(task, folder),
            Some("include") => match task.get("Path").map(|path| (path, path.text())) {
                Some((_, Some(path))) => {
                    let path = clean(&folder.join(path));
                    self.visit(&path, &GivenToTasks::by(task), depth + 1);
                }
                Some((path, None)) => {
                    let what = format!("{name}: {}", shown(path));
                    self.doubt(&what, INCLUDE, shown(task));
                }
                None => {}
            },
            // What kind of task it is may not be known.
            Some("update-stacks") | None => {
                let is_task = kind.text().is_some() || kind.is_intrinsic();
                if let Some(template) = task.get("Template").filter(|_| is_task) {
                    self.found.deployed.push(DeployedTemplate {
                        target: TaskTarget::of(template, folder).through(self.links),
                        facts: TaskFacts::of(task),
                        is_certain: self.is_certain,
                        skip: task.get("Skip").cloned(),
                    });
                }
            }
            Some(_) => {}
        }
    }

    /// Reads how the organization is rendered.
    fn organization(&mut self, task: &Data, folder: &Path) {
        let context = task.get("TemplatingContext");
        let Some(context) = context.filter(|data| **data != Data::Null) else {
            return;
        };
        let with = shown(context);
        let Some(template) = task.get("Template").and_then(Data::text) else {
            self.doubt("the organization", ORGANIZATION, with);
            return;
        };
        let path = clean(&folder.join(template));
        let text = self.side.text(&path);
        let text = text.as_ref().as_deref().unwrap_or_default();
        if nunjucks(text).is_some() {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // A statement decides about other lines too.
            let lines = text.lines().filter(|line| nunjucks(line).is_some());
            let rendered = if text.contains("{%") {
                text.to_owned()
            } else {
                lines.collect::<Vec<_>>().join("\n")
            };
            self.doubt(&name, ORGANIZATION, format!("{with}\n{rendered}"));
        }
    }

    fn doubt(&mut self, what: &str, why: &'static str, state: String) {
        self.found.doubts.insert(TaskDoubt {
            what: what.to_owned(),
            why,
            state,
        });
    }

    /// What the file at `path` says, with what it includes in place.
    fn root(&self, path: &Path) -> Option<Rc<Data>> {
        if let Some(known) = self.roots.borrow().get(path) {
            return known.clone();
        }
        let text = self.side.text(path);
        let root = text.as_ref().as_deref().ok().and_then(|text| {
            let closed = self.side.closed(text, path);
            read::of_text(closed.text.as_deref().unwrap_or(text)).map(Rc::new)
        });
        let mut roots = self.roots.borrow_mut();
        roots.insert(path.to_owned(), root.clone());
        root
    }
}

/// Which file a task includes.
fn include_of(task: &Data) -> Option<&Data> {
    let is_include = task.get("Type").and_then(Data::text) == Some("include");
    task.get("Path").filter(|_| is_include)
}

/// Whether a text that is not YAML may be a tasks file before nunjucks renders it.
fn may_be_tasks(path: &Path, text: &str) -> bool {
    let end = path.extension().and_then(|own| own.to_str());
    let is_yaml = end.is_some_and(|end| ["yml", "yaml"].contains(&end.to_lowercase().as_str()));
    let has_mark = MARKS.iter().any(|mark| text.contains(mark));
    has_mark && (is_yaml || end != Some("md") && has_opening(text))
}

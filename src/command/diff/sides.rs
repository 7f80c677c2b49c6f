//! Both sides of a comparison of access, with all that OrgFormation reads for them.
//!
//! In: the two texts of an output, and what the previous one is. Out: [`OutputSides`]: the texts with what
//! they include in place, the organization that the previous one had, and what may differ without
//! being known. Refuses nothing: what cannot be read is a "maybe" with its reason.
//!
//! At a revision, everything is read at it. The present output and a file given by name are compared
//! as texts: what they include is that of the working tree, for both.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cli::Input;
use crate::command::diff::against::Against;
use crate::command::side::{SideCache, root};
use crate::diff::access::changes::Undecided;
use crate::diff::access::scope::TaskFacts;
use crate::files::{self, CommitFiles};
use crate::organization::Organization;
use crate::workspace::Job;
use crate::workspace::before::Before;
use crate::workspace::closure::{ClosedText, SideFiles, Unread};
use crate::workspace::exports::{ExportUser, takes_exports, takes_outputs, with_exports_of};
use crate::workspace::marks::TextMarks;
use crate::workspace::tasks::{TaskDoubt, compared};

/// The texts of an output.
pub(super) struct SideTexts<'a> {
    pub(super) previous: Option<&'a str>,
    /// The marks of `previous`, if these are known.
    pub(super) marks: Option<&'a TextMarks>,
    pub(super) expanded: &'a str,
    /// What is in the working tree instead of `expanded`.
    pub(super) present: Option<&'a str>,
}

impl SideTexts<'_> {
    /// The previous text with what it includes in place, which is read from `files`.
    fn previous_closed(&self, files: &SideFiles<'_>, path: &Path) -> ClosedText {
        let text = self.previous.unwrap_or_default();
        match self.marks {
            Some(marks) => files.closed_at((text, marks), path),
            None => files.closed(text, path),
        }
    }
}

/// What is known of the two sides of an output.
pub(super) struct OutputSides {
    previous: ClosedText,
    expanded: ClosedText,
    present: ClosedText,
    /// The organization of the previous side: `None` if it is the same one, and `Err` if it cannot be
    /// read.
    pub(super) before: Result<Option<Organization>, String>,
    /// What the tasks with this template say.
    pub(super) task: TaskFacts,
    /// What they said.
    pub(super) task_before: TaskFacts,
    /// What cannot be read of tasks and is not what it was.
    changed_tasks: Vec<TaskDoubt>,
    is_revision: bool,
}

/// Begins to look for the tasks files of both sides of the output of `job`.
pub(super) fn foresee(cache: &mut SideCache, (job, input): (&Job, &Input), against: &Against<'_>) {
    let root = root(input, path_of(job));
    cache.foresee(&root, None);
    if let Some(commit) = commit_of(against) {
        cache.foresee(&root, Some(commit));
    }
}

fn path_of(job: &Job) -> &Path {
    job.output.as_deref().unwrap_or(&job.template)
}

fn commit_of<'a>(against: &'a Against<'_>) -> Option<&'a str> {
    match against {
        Against::Revision { commit, .. } => Some(commit.as_str()),
        Against::Output(_) | Against::File(_) => None,
    }
}

impl OutputSides {
    /// What is known of the texts of the output of `job`.
    pub(super) fn new(
        cache: &mut SideCache,
        (job, input): (&Job, &Input),
        against: &Against<'_>,
        texts: &SideTexts<'_>,
    ) -> Self {
        let path = path_of(job);
        let root = root(input, path);
        let commit = commit_of(against);
        let real = files::real(path);
        let side = cache.side(&root, None);
        let expanded = side.files.closed(texts.expanded, path);
        let present = texts.present.map(|text| side.files.closed(text, path));
        let tasks = side.tasks.of(&side.files, &real);
        let side = cache.side(&root, commit);
        let tasks_before = side.tasks.of(&side.files, &real);
        let previous = texts.previous_closed(&side.files, path);
        let name = real.file_name().unwrap_or_default().to_string_lossy();
        // All that is new is reported anyway.
        let is_old = texts.previous.is_some() && commit.is_some();
        let more = is_old.then(|| tasks.more_than(&tasks_before, &name));
        let (mut task, mut task_before, mut changed_tasks) = compared(tasks, tasks_before);
        changed_tasks.extend(more.flatten());
        let all = [
            (&expanded, texts.expanded),
            (&previous, texts.previous.unwrap_or_default()),
        ];
        let all = all.map(|(closed, text)| closed.text.as_deref().unwrap_or(text));
        if commit.is_some() && takes_exports([&task, &task_before], &all) {
            let [exports, exports_before] = if takes_outputs(&all) {
                cache.outputs(&root, commit)
            } else {
                cache.exports(&root, commit)
            };
            let sides = (exports, exports_before);
            let [user, user_before] = [(all[0], &task), (all[1], &task_before)]
                .map(|(text, task)| ExportUser::new(text, task.clone()));
            let users = (&user, &user_before);
            let (now, before, doubts) = with_exports_of((task, task_before), sides, users);
            (task, task_before) = (now, before);
            changed_tasks.extend(doubts);
        }
        Self {
            expanded,
            present: present.unwrap_or_default(),
            previous,
            task,
            task_before: if commit.is_some() {
                task_before.at_revision()
            } else {
                task_before
            },
            changed_tasks,
            before: commit.map_or(Ok(None), |commit| {
                before(job, input, &cache.at_commit(commit))
            }),
            is_revision: commit.is_some(),
        }
    }

    /// The same with the organization of the last commit as that of the previous text, if it is.
    pub(super) fn at_head(mut self, found: Option<Organization>) -> Self {
        if found.is_some() {
            self.before = Ok(found);
        }
        self
    }

    /// `text`, the previous one, with what it includes in place.
    pub(super) fn previous<'a>(&'a self, text: &'a str) -> &'a str {
        self.previous.text.as_deref().unwrap_or(text)
    }

    /// `text`, the new one, with what it includes in place.
    pub(super) fn expanded<'a>(&'a self, text: &'a str) -> &'a str {
        self.expanded.text.as_deref().unwrap_or(text)
    }

    /// `text`, that of the working tree, with what it includes in place.
    pub(super) fn present<'a>(&'a self, text: &'a str) -> &'a str {
        self.present.text.as_deref().unwrap_or(text)
    }

    /// What may differ and is not known.
    pub(super) fn undecided(&self) -> Vec<Undecided> {
        let undecided = |what: String, why: String| Undecided {
            what,
            why,
            origin: None,
            line: None,
        };
        let mut found = Vec::new();
        if let Err(why) = &self.before {
            let why = format!("as it was before, it cannot be read: {why}");
            found.push(undecided("the organization".to_owned(), why));
        }
        // Two texts that are read in one place read the same.
        if !self.is_revision {
            return found;
        }
        for doubt in &self.changed_tasks {
            found.push(undecided(doubt.what.clone(), doubt.why.to_owned()));
        }
        let unread = self.unread();
        found.extend(unread.into_iter().map(|(why, what)| {
            let (first, more) = (what.first(), what.len() - 1);
            let first = first.copied().unwrap_or_default();
            let what = match more {
                0 => first.to_owned(),
                more => format!("{first} and {more} more"),
            };
            undecided(what, why)
        }));
        found
    }

    /// What cannot be read, by the reason.
    fn unread(&self) -> BTreeMap<String, Vec<&str>> {
        let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let now: BTreeSet<&Unread> = self
            .expanded
            .unread
            .iter()
            .chain(&self.present.unread)
            .collect();
        for one in &now {
            let why = format!("it may not be what it was: {}", one.why);
            found.entry(why).or_default().push(&one.what);
        }
        let is_now = |what: &str| now.iter().any(|now| now.what == what);
        for one in self.previous.unread.iter().filter(|one| !is_now(&one.what)) {
            let why = format!("as it was before, it cannot be read: {}", one.why);
            found.entry(why).or_default().push(&one.what);
        }
        found
    }
}

/// The organization at a commit, whose files are these.
pub(super) fn before(
    job: &Job,
    input: &Input,
    files: &CommitFiles,
) -> Result<Option<Organization>, String> {
    let text = |path: &Path| files.text(path);
    let before = Before { text: &text };
    before
        .organization(&job.template, input.with.organization.as_deref())
        .map_err(|why| why.to_string())
}

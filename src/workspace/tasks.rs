//! The tasks that deploy a generated file.
//!
//! In: the path of the file, and the files of its side. Out: what the tasks with this template say of
//! it. Refuses nothing: a tasks file that cannot be read and names the template is reported.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::source::FileId;
use crate::source::path::{clean, folder_of};
use crate::template::read;
use crate::template::task::TaskFacts;
use crate::template::value::Data;
use crate::workspace::closure::{SideFiles, Unread};
use crate::yaml::parse::parse;

/// What every tasks file contains that deploys a template.
pub const MARK: &str = "update-stacks";

/// The most files with the mark that are read.
const FILE_LIMIT: usize = 100;

/// The tasks files of one side, each of which is read once.
#[derive(Default)]
pub struct TaskFiles {
    /// The files with the mark, as paths without links.
    paths: Vec<PathBuf>,
    known: RefCell<HashMap<PathBuf, Option<Rc<Data>>>>,
}

impl TaskFiles {
    /// The files at `paths`, which have the mark.
    pub fn new(paths: Vec<PathBuf>) -> Self {
        Self {
            paths,
            known: RefCell::default(),
        }
    }

    /// What the tasks say of the template at `template`, a path without links. Also returns the tasks
    /// files that cannot be read and may be about it, each with its text.
    pub fn facts(&self, side: &SideFiles<'_>, template: &Path) -> (TaskFacts, Vec<Unread>) {
        let mut found = Vec::new();
        let mut unread = Vec::new();
        let name = template.file_name().unwrap_or_default().to_string_lossy();
        for path in self.paths.iter().take(FILE_LIMIT) {
            let text = side.text(path);
            let Ok(text) = text.as_ref() else {
                continue;
            };
            if !text.contains(&*name) {
                continue;
            }
            let folder = folder_of(path);
            let is_meant = |written: &str| clean(&folder.join(written)) == template;
            match self.root(side, path, text) {
                Some(root) => found.extend(TaskFacts::of(&root, &is_meant)),
                // Its text tells whether it changed.
                None => unread.push(Unread {
                    what: path
                        .file_name()
                        .unwrap_or_default()
                        .to_string_lossy()
                        .into_owned(),
                    why: text.clone(),
                }),
            }
        }
        (TaskFacts::joined(&found), unread)
    }

    fn root(&self, side: &SideFiles<'_>, path: &Path, text: &str) -> Option<Rc<Data>> {
        if let Some(known) = self.known.borrow().get(path) {
            return known.clone();
        }
        let closed = side.closed(text, path);
        let root = data(closed.text.as_deref().unwrap_or(text)).map(Rc::new);
        let mut known = self.known.borrow_mut();
        known.insert(path.to_owned(), root.clone());
        root
    }
}

fn data(text: &str) -> Option<Data> {
    let document = parse(FileId(0), text).ok()?;
    read::read(&document.root, &mut read::budget(text.len()))
}

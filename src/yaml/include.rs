//! The files that a template includes.
//!
//! In: a file that was read, and a [`Disk`] to read more from. Out: its tree and those of all files
//! that it includes, in the [`Library`]. Refuses files that are not there, that are outside of the
//! folder tree, or that include themselves.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use memchr::memmem;

use crate::diagnostic::{Diagnostic, Problems, Result};
use crate::source::path::{clean, folder_of};
use crate::source::{Disk, FileId, Obstacle, ReadError, Span, link_out};
use crate::yaml::lookup::{INCLUDE, Library};
use crate::yaml::node::{Kind, Node};
use crate::yaml::parse::parse;
use crate::yaml::rules::{
    CYCLIC_INCLUDE, MISSING_INCLUDE, NESTED_TOO_DEEP, OUTSIDE_INCLUDE, UNREADABLE,
};

/// How deep includes may be nested.
const INCLUDE_LIMIT: usize = 30;

/// Parses `file`, which was read from `path`, with everything that it includes. Included files must
/// be below `root`.
///
/// # Errors
///
/// `unreadable`, `missing-include`, `outside-include`, `cyclic-include`, and what [`parse`] refuses.
pub fn load(
    library: &mut Library,
    disk: &dyn Disk,
    (file, path): (FileId, &Path),
    root: &Path,
) -> Result<()> {
    let mut loader = Loader {
        library,
        disk,
        root,
        trail: vec![disk.real(path)],
    };
    loader.load(file, &folder_of(path))
}

/// What one template with its includes is read with.
struct Loader<'run> {
    library: &'run mut Library,
    disk: &'run dyn Disk,
    /// The folder that included files must be below.
    root: &'run Path,
    /// The files that lead to the current one, without links.
    trail: Vec<PathBuf>,
}

impl Loader<'_> {
    /// Parses a file in `folder` and loads what it includes.
    fn load(&mut self, file: FileId, folder: &Path) -> Result<()> {
        let text = self.library.sources.text(file);
        let document = parse(file, text)?;
        let wanted = if memmem::find(text.as_bytes(), INCLUDE.as_bytes()).is_some() {
            includes(&document.root)
        } else {
            Vec::new()
        };
        self.library.documents.insert(file, document);
        let mut problems = Problems::default();
        for (path, span) in wanted {
            let key = (file, path);
            if self.library.includes.contains_key(&key) {
                continue;
            }
            let included = self.include(&folder.join(&key.1), span);
            if let Some(included) = problems.keep(included) {
                self.library.includes.insert(key, included);
            }
        }
        problems.finish(())
    }

    /// The file at `path`, which is included at `span`, with what it includes.
    fn include(&mut self, path: &Path, span: Span) -> Result<FileId> {
        let path = clean(path);
        let real = self.disk.real(&path);
        if self.trail.len() > INCLUDE_LIMIT {
            return Err(vec![too_deep(span)]);
        }
        if self.trail.contains(&real) {
            return Err(vec![cyclic(&path, span)]);
        }
        if let Some(known) = self.library.read.get(&real) {
            return Ok(*known);
        }
        if !real.starts_with(self.root) {
            return Err(vec![outside(
                &path,
                link_out(self.disk, &path, self.root),
                span,
            )]);
        }
        let text = self.disk.text(&path);
        let text = text.map_err(|error| vec![unreadable(&path, span, &error)])?;
        let included = self.library.sources.add(&path, text);
        self.library.read.insert(real.clone(), included);
        self.trail.push(real);
        let result = self.load(included, &folder_of(&path));
        self.trail.pop();
        result.map(|()| included)
    }
}

/// The paths that `root` includes, in the order of the text.
pub(crate) fn includes(root: &Arc<Node>) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    let mut stack = vec![root];
    while let Some(node) = stack.pop() {
        match &node.kind {
            Kind::Scalar(path, _) if node.tag_name() == Some(INCLUDE) => {
                found.push((path.clone(), node.whole_span()));
            }
            Kind::Scalar(..) | Kind::Alias(..) => {}
            Kind::Sequence(items, _) => stack.extend(items.iter()),
            Kind::Mapping(entries, _) => {
                stack.extend(entries.iter().flat_map(|entry| [&entry.key, &entry.value]));
            }
        }
    }
    found.reverse();
    found
}

fn too_deep(span: Span) -> Diagnostic {
    let message = format!("includes are nested more than {INCLUDE_LIMIT} deep");
    Diagnostic::new(&NESTED_TOO_DEEP, span, message).help("make it flatter; no template needs this")
}

fn cyclic(path: &Path, span: Span) -> Diagnostic {
    let message = format!(
        "`{}` includes itself, directly or through another file",
        path.display()
    );
    Diagnostic::new(&CYCLIC_INCLUDE, span, message).help("remove one `!Include`")
}

/// `link` is what leads out of the folder tree, if it is a link.
fn outside(path: &Path, link: Option<(PathBuf, PathBuf)>, span: Span) -> Diagnostic {
    let message = match link {
        Some((link, to)) => format!(
            "`{}` is a link to `{}`, which is outside the folder tree that includes are read from",
            link.display(),
            to.display()
        ),
        None => format!(
            "`{}` is outside the folder tree that includes are read from",
            path.display()
        ),
    };
    Diagnostic::new(&OUTSIDE_INCLUDE, span, message).help(
        "that is the git repository of the template, or the current folder without one; to allow more, use `--include-root DIR`",
    )
}

fn unreadable(path: &Path, span: Span, error: &ReadError) -> Diagnostic {
    let (rule, help) = match error.obstacle {
        Obstacle::Missing => (
            &MISSING_INCLUDE,
            "the path is relative to the folder of the file that includes it",
        ),
        Obstacle::Encoding | Obstacle::Folder | Obstacle::TooLarge | Obstacle::Other => (
            &UNREADABLE,
            "include a file that is saved as UTF-8 and that you can read",
        ),
    };
    let message = format!(
        "cannot read the included file `{}`: {}",
        path.display(),
        error.reason
    );
    Diagnostic::new(rule, span, message).help(help)
}

//! The organization as it was when the previous output was written.
//!
//! In: a template and how to read a file at a revision. Out: the [`Organization`] that the template
//! had there, or `None` if the template was not there. Refuses what cannot be read: an
//! unknown organization is not replaced by today's.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::files;
use crate::organization::Organization;
use crate::organization::decode::{organization, section};
use crate::source::FileId;
use crate::source::path::clean;
use crate::yaml::include;
use crate::yaml::lookup::{INCLUDE, Library};
use crate::yaml::parse::parse;

/// How deep included files may include others.
const DEPTH: usize = 20;

/// Reads files at one revision.
pub struct Before<'run> {
    /// The text of a file; `None` if it was not there.
    pub text: &'run dyn Fn(&Path) -> anyhow::Result<Option<String>>,
}

impl Before<'_> {
    /// The organization of `template`, or that of `flag` (the file of `--organization`) if it
    /// has none.
    ///
    /// # Errors
    ///
    /// Files of the revision that cannot be read.
    pub fn organization(
        &self,
        template: &Path,
        flag: Option<&Path>,
    ) -> anyhow::Result<Option<Organization>> {
        let mut library = Library::default();
        if template == Path::new(files::STANDARD) {
            return Ok(None);
        }
        let Some(text) = (self.text)(template)? else {
            return Ok(None);
        };
        let file = load(&mut library, template, text)?;
        let own = library.documents.get(&file);
        let own = own.and_then(|document| document.root.get("Organization").cloned());
        let own = own.filter(|node| !node.is_null());
        if own.is_none() && flag.is_none() {
            return Ok(None);
        }
        let flag = match flag.filter(|_| own.is_none()) {
            Some(path) => match (self.text)(path)? {
                Some(text) => {
                    let file = load(&mut library, path, text)?;
                    self.include_all(&mut library, path, file, DEPTH)?;
                    Some(file)
                }
                // It is not a file of the repository, or a new one.
                None => return Ok(None),
            },
            None => None,
        };
        if let Some(own) = own {
            for (path, _) in include::includes(&own) {
                self.include(&mut library, template, file, &path, DEPTH)?;
            }
        }
        let document = library
            .documents
            .get(&file)
            .context("the template is gone")?;
        let flag = flag.and_then(|flag| library.documents.get(&flag));
        let found = section(&library, document, flag)
            .and_then(|section| organization(&library, &section))
            .map_err(|problems| {
                let problem = problems.into_iter().next();
                anyhow::Error::msg(problem.map(|problem| problem.message).unwrap_or_default())
            })?;
        Ok(Some(found))
    }

    fn include_all(
        &self,
        library: &mut Library,
        path: &Path,
        file: FileId,
        depth: usize,
    ) -> anyhow::Result<()> {
        let wanted = match library.documents.get(&file) {
            Some(document) if library.sources.text(file).contains(INCLUDE) => {
                include::includes(&document.root)
            }
            _ => Vec::new(),
        };
        for (wanted, _) in wanted {
            self.include(library, path, file, &wanted, depth)?;
        }
        Ok(())
    }

    /// Reads what `file`, at `path`, includes by `wanted`.
    fn include(
        &self,
        library: &mut Library,
        path: &Path,
        file: FileId,
        wanted: &str,
        depth: usize,
    ) -> anyhow::Result<()> {
        let folder = path.parent().map(PathBuf::from).unwrap_or_default();
        let path = clean(&folder.join(wanted));
        let Some(depth) = depth.checked_sub(1) else {
            bail!("its files are nested too deep");
        };
        let text = (self.text)(&path)?;
        let text = text.with_context(|| format!("there is no `{}`", path.display()))?;
        let included = load(library, &path, text)?;
        library.includes.insert((file, wanted.to_owned()), included);
        self.include_all(library, &path, included, depth)
    }
}

fn load(library: &mut Library, path: &Path, text: String) -> anyhow::Result<FileId> {
    let file = library.sources.add(path, text);
    let document = parse(file, library.sources.text(file));
    let document = document.map_err(|_| anyhow::anyhow!("`{}` is not YAML", path.display()))?;
    library.documents.insert(file, document);
    Ok(file)
}

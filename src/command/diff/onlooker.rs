//! What else looks at a template while it is read, expanded, and compared.
//!
//! In: each expansion, before it is compared. Out: what there is to show of it. Refuses nothing.

use crate::command::{Streams, warnings};
use crate::diagnostic::{Diagnostic, Shown as _};
use crate::diff::Comparison;
use crate::expand::Expansion;
use crate::report::{self, Color, Parts};
use crate::workspace::Job;
use crate::workspace::leftovers::Leftover;
use crate::yaml::lookup::Library;

/// Sees all that a comparison reads, so that it is read once.
pub(in crate::command) trait Onlooker {
    /// A template was expanded: what to show of that. An error among it ends the run after the last template.
    ///
    /// # Errors
    ///
    /// Errors of the disk.
    fn expanded(
        &mut self,
        job: &Job,
        library: &Library,
        expansion: &mut Expansion,
    ) -> anyhow::Result<Vec<Diagnostic>>;

    /// The same template was compared, and its files are needed no longer.
    fn finished(&mut self, library: Library);

    /// These generated files have no template in the run.
    ///
    /// # Errors
    ///
    /// Those of the streams.
    fn left_over(&mut self, found: &[Leftover], streams: &mut Streams<'_>) -> std::io::Result<()>;

    /// The texts were compared, while it is still being found out who gains access.
    ///
    /// # Errors
    ///
    /// Those of what it writes to.
    fn compared(&mut self, _: &[Comparison<'_>]) -> std::io::Result<()> {
        Ok(())
    }
}

/// A page with more bytes of lines is not kept, but written at the end.
const MOST: usize = 1 << 25;

/// `diff` itself: it shows the warnings that every command shows.
pub(super) struct DiffPage {
    /// What is shown as text, and its colors.
    text: Option<(Parts, Color)>,
    /// What changes, as text, once it is known.
    pub(super) changes: Option<Vec<u8>>,
}

impl DiffPage {
    /// A page whose text is made as soon as it can be, if `text` says how.
    pub(super) fn new(text: Option<(Parts, Color)>) -> Self {
        Self {
            text,
            changes: None,
        }
    }
}

impl Onlooker for DiffPage {
    fn expanded(
        &mut self,
        _: &Job,
        library: &Library,
        expansion: &mut Expansion,
    ) -> anyhow::Result<Vec<Diagnostic>> {
        Ok(warnings(library, &expansion.planned))
    }

    fn finished(&mut self, _: Library) {}

    fn left_over(&mut self, found: &[Leftover], streams: &mut Streams<'_>) -> std::io::Result<()> {
        for leftover in found.iter().filter(|leftover| leftover.is_source_gone) {
            let path = leftover.path.display().to_string();
            writeln!(
                streams.err,
                "note: {} is a generated file whose source is gone; delete it, or bring its source back",
                path.shown()
            )?;
        }
        Ok(())
    }

    fn compared(&mut self, comparisons: &[Comparison<'_>]) -> std::io::Result<()> {
        let Some((parts, color)) = self.text else {
            return Ok(());
        };
        // Most of it are lines, each with a mark and a line end.
        let hunks = comparisons.iter().flat_map(|one| &one.hunks);
        let lines = hunks.flat_map(|hunk| &hunk.lines);
        let size: usize = lines.map(|line| line.text.len() + 2).sum();
        if size <= MOST {
            let mut page = Vec::with_capacity(size);
            report::diff_text_changes(comparisons, parts, color, &mut page)?;
            self.changes = Some(page);
        }
        Ok(())
    }
}

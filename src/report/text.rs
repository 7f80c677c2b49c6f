//! Comparisons to text for a terminal.
//!
//! In: the comparisons of a run. Out: the verdict, and for each file that differs its summary, its
//! resources and a complete unified diff. Refuses nothing.

mod access;
mod deployment;
mod lines;
mod resources;

use std::io::{self, Write};

use crate::deploy::Deployment;
use crate::diff::Comparison;
use crate::diff::resources::ChangeKind;

use crate::report::access::is_told;
use crate::report::paint::{Color, Paint, paint};
use crate::report::parts::Parts;
use crate::report::verdict::verdict;

/// Writes `comparisons` as text; `deployment`, if it was asked for, with the access.
///
/// # Errors
///
/// Those of `out`.
pub fn text(
    comparisons: &[Comparison<'_>],
    deployment: Option<&Deployment>,
    parts: Parts,
    color: Color,
    out: &mut dyn Write,
) -> io::Result<()> {
    text_access(comparisons, deployment, parts, color, out)?;
    text_changes(comparisons, parts, color, out)
}

/// Writes the part of [`text`] that is about access and deployment.
///
/// # Errors
///
/// Those of `out`.
pub fn text_access(
    comparisons: &[Comparison<'_>],
    deployment: Option<&Deployment>,
    parts: Parts,
    color: Color,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = TextPage { color, out };
    let has_access = parts == Parts::ACCESS || (parts.access && is_told(comparisons));
    if has_access {
        page.access(comparisons, deployment)?;
    }
    if has_access && parts != Parts::ACCESS {
        writeln!(page.out)?;
    }
    Ok(())
}

/// Writes the rest of [`text`]: what changes in resources and in the text, whoever gains access.
///
/// # Errors
///
/// Those of `out`.
pub fn text_changes(
    comparisons: &[Comparison<'_>],
    parts: Parts,
    color: Color,
    out: &mut dyn Write,
) -> io::Result<()> {
    if parts == Parts::ACCESS {
        return Ok(());
    }
    let mut page = TextPage { color, out };
    let verdict = page.paint(Paint::Title, &verdict(comparisons));
    writeln!(page.out, "{verdict}")?;
    for file in comparisons.iter().filter(|file| !file.is_same()) {
        if parts.resources && file.has_meaning() {
            page.meaning(file)?;
        }
        if parts.lines && !file.hunks.is_empty() {
            writeln!(page.out)?;
            page.unified(file)?;
        }
    }
    Ok(())
}

struct TextPage<'out> {
    color: Color,
    out: &'out mut dyn Write,
}

fn paint_of(kind: ChangeKind) -> (Paint, char) {
    match kind {
        ChangeKind::Added => (Paint::Added, '+'),
        ChangeKind::Changed => (Paint::Changed, '~'),
        ChangeKind::Removed => (Paint::Removed, '-'),
    }
}

impl TextPage<'_> {
    fn paint(&self, what: Paint, text: &str) -> String {
        paint(self.color, what, text)
    }
}

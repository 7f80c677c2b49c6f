//! Comparisons to Markdown for a comment on a pull request.
//!
//! In: the comparisons of a run. Out: the verdict, a table by account for each file, then folds
//! with the resources and with the lines. It is never longer than [`MARKDOWN_LIMIT`]; what does not
//! fit is left out piece by piece, and counted. Refuses nothing.
//!
//! The hard thing is to cut without breaking: a piece (a table row, a resource, a line) is shown
//! completely or not at all, and room for what closes an open fold is kept all the time.

mod access;
mod deployment;
mod lines;
mod resources;

use std::fmt::Write as _;

use crate::deploy::Deployment;
use crate::diff::Comparison;

use crate::report::access::is_told;
use crate::report::count::{one_or_many, thousands};
use crate::report::parts::Parts;
use crate::report::verdict::verdict;

/// The most bytes (and so characters) of the Markdown: GitHub accepts 65,536 characters.
pub const MARKDOWN_LIMIT: usize = 65_000;

/// Room for what closes a fold, and for the sentence about what was left out.
const RESERVE: usize = 1_000;

/// `comparisons` as Markdown; `deployment`, if it was asked for, with the access.
pub fn markdown(
    comparisons: &[Comparison<'_>],
    deployment: Option<&Deployment>,
    parts: Parts,
) -> String {
    markdown_after(String::new(), comparisons, deployment, parts)
}

/// As [`markdown`], after what the page has already: all of it together has no more room.
pub(in crate::report) fn markdown_after(
    start: String,
    comparisons: &[Comparison<'_>],
    deployment: Option<&Deployment>,
    parts: Parts,
) -> String {
    let mut page = MarkdownPage {
        out: start,
        ..MarkdownPage::default()
    };
    let has_access = parts == Parts::ACCESS || (parts.access && is_told(comparisons));
    if has_access {
        page.access(comparisons, deployment);
    }
    if parts == Parts::ACCESS {
        return page.finish();
    }
    if has_access {
        page.out.push('\n');
    }
    let _ = writeln!(page.out, "**deploy-roles: {}**", verdict(comparisons));
    let files: Vec<&Comparison<'_>> = comparisons.iter().filter(|file| !file.is_same()).collect();
    if parts.resources {
        for file in files.iter().filter(|file| file.has_meaning()) {
            page.table(file);
        }
        for file in files.iter().filter(|file| file.has_meaning()) {
            page.resources(file);
        }
    }
    if parts.lines {
        for file in files.iter().filter(|file| !file.hunks.is_empty()) {
            page.lines(file);
        }
    }
    page.finish()
}

/// The page so far, and what did not fit.
#[derive(Default)]
struct MarkdownPage {
    out: String,
    left_out: LeftOut,
}

/// What did not fit, by kind.
#[derive(Default)]
struct LeftOut {
    deployment: usize,
    principals: usize,
    settled: usize,
    code: usize,
    headings: usize,
    accounts: usize,
    resources: usize,
    sections: usize,
    hunks: usize,
    lines: usize,
}

impl MarkdownPage {
    /// Appends `piece` if the page is then not longer than `limit`.
    fn push(&mut self, piece: &str, limit: usize) -> bool {
        let fits = self.out.len() + piece.len() + RESERVE <= limit;
        if fits {
            self.out.push_str(piece);
        }
        fits
    }

    fn finish(mut self) -> String {
        let parts = [
            (
                self.left_out.deployment,
                "finding about the deployment",
                "findings about the deployment",
            ),
            (
                self.left_out.principals,
                "principal whose access differs",
                "principals whose access differs",
            ),
            (
                self.left_out.settled,
                "change that a comment settles",
                "changes that comments settle",
            ),
            (
                self.left_out.code,
                "role under which code changed",
                "roles under which code changed",
            ),
            (
                self.left_out.headings,
                "heading of a file",
                "headings of files",
            ),
            (
                self.left_out.accounts,
                "account of the tables",
                "accounts of the tables",
            ),
            (self.left_out.resources, "resource", "resources"),
            (self.left_out.sections, "section", "sections"),
            (self.left_out.hunks, "whole hunk", "whole hunks"),
            (self.left_out.lines, "line", "lines"),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(number, ..)| *number > 0)
            .map(|(number, one, many)| {
                format!("{} {}", thousands(number), one_or_many(number, one, many))
            })
            .collect();
        if !parts.is_empty() {
            let _ = write!(
                self.out,
                "\nLeft out, because a comment has no more room: {}. `deploy-roles diff` shows everything.\n",
                parts.join(", ")
            );
        }
        self.out
    }
}

//! Outcomes to what people read: diagnostics, summaries, tables and comparisons.
//!
//! In: plain data. Out: text. Nothing here prints; every function returns its text. Refuses
//! nothing.

mod access;
pub mod accounts;
mod annotation;
mod check;
mod count;
pub mod denied;
mod deployment;
mod diagnostic;
mod escape;
mod expectations;
mod fold;
mod github;
pub mod graph;
mod html;
mod hunk;
mod infer;
mod json;
mod markdown;
mod outline;
mod paint;
pub mod partials;
mod parts;
mod picture;
mod query;
mod sarif;
mod text;
mod verdict;

#[cfg(test)]
mod tests;

pub use crate::report::access::access_verdict;
pub(crate) use crate::report::access::verdict_of_accesses;
pub use crate::report::check::json::check_json;
pub use crate::report::check::markdown::check_markdown;
pub use crate::report::check::text::check_text;
pub use crate::report::check::{CheckReport, CheckStage, CheckedDiff, StageResult, StageSummary};
pub(crate) use crate::report::count::{count, plural};
pub use crate::report::denied::{AnsweredDenial, denied_json, denied_text};
pub use crate::report::deployment::deployment_verdict;
pub use crate::report::diagnostic::diagnostic;
pub use crate::report::expectations::{tests_json, tests_junit, tests_summary, tests_text};
pub(crate) use crate::report::fold::listed;
pub use crate::report::github::github as diff_github;
pub use crate::report::github::github_of_check as check_github;
pub use crate::report::github::github_of_diagnostics as diagnostics_github;
pub use crate::report::html::html as diff_html;
pub use crate::report::infer::json::json as infer_json;
pub use crate::report::infer::markdown::markdown as infer_markdown;
pub(crate) use crate::report::infer::offered;
pub(crate) use crate::report::infer::read::read_templates;
pub use crate::report::infer::text::text as infer_text;
pub use crate::report::json::diagnostics::json as diagnostics_json;
pub use crate::report::json::json as diff_json;
pub use crate::report::markdown::{MARKDOWN_LIMIT, markdown as diff_markdown};
pub use crate::report::paint::Color;
pub use crate::report::parts::Parts;
pub use crate::report::query::{query_json, query_text};
pub use crate::report::sarif::sarif as diff_sarif;
pub use crate::report::sarif::sarif_of_check as check_sarif;
pub use crate::report::sarif::sarif_of_diagnostics as diagnostics_sarif;
pub use crate::report::text::text as diff_text;
pub use crate::report::text::{text_access as diff_text_access, text_changes as diff_text_changes};
pub use crate::report::verdict::verdict;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use crate::expand::Expansion;

/// One line about an expansion: how many accounts and resources.
pub fn expansion_summary(expansion: &Expansion) -> String {
    let accounts: BTreeSet<&str> = expansion
        .planned
        .macros
        .iter()
        .flat_map(|planned| &planned.plan.units)
        .flat_map(|unit| unit.accounts.names())
        .map(String::as_str)
        .collect();
    let counted = |number: usize, noun: &str| format!("{number} {}", plural(number, noun));
    [
        counted(expansion.planned.macros.len(), "macro"),
        counted(accounts.len(), "account"),
        counted(expansion.resources, "resource"),
    ]
    .join(", ")
}

/// The most lines of an edit by hand that an error shows.
const LOST_LINES: usize = 40;

/// What overwriting `previous` with `expanded` would lose, as a unified diff.
pub fn lost(previous: &str, expanded: &str, output: &Path) -> String {
    let mut text = format!(
        "what would be lost (-) and written (+) in {}:\n",
        output.display()
    );
    let diff = similar::TextDiff::configure()
        .timeout(std::time::Duration::from_millis(500))
        .diff_lines(previous, expanded);
    let unified = diff.unified_diff().context_radius(2).to_string();
    let lines: Vec<&str> = unified.lines().collect();
    for line in lines.iter().take(LOST_LINES) {
        text.push_str(line);
        text.push('\n');
    }
    if lines.len() > LOST_LINES {
        let _ = writeln!(text, "... and {} more lines", lines.len() - LOST_LINES);
    }
    text
}

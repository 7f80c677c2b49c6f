//! Comparisons to one page of HTML.
//!
//! In: the comparisons of a run, and the plans of each. Out: a page that needs nothing else: the
//! verdicts, what CloudFormation refuses, pictures of the trust that changed and of who can assume which role, a table of the
//! access gained and lost that can be filtered, and the lines that differ, side by side. Of very
//! long differences the beginning is shown, and the rest counted. Refuses nothing.
//!
//! The hard thing: what is shown comes from files that somebody else may have written. All of it
//! is escaped, and the page's own policy lets nothing be loaded.

mod access;
mod deployment;
mod lines;

use std::io::{self, Write};

use crate::deploy::Deployment;
use crate::diff::Comparison;
use crate::expand::model::plan::MacroPlan;

use crate::report::access::access_verdict;
use crate::report::deployment::{VerdictKind, verdicts};
use crate::report::escape::markup;
use crate::report::html::access::{code, parameters, pictures, settled, table};
use crate::report::html::deployment::deployment_section;
use crate::report::html::lines::sides;
use crate::report::parts::Parts;
use crate::report::verdict::verdict;

/// Writes `comparisons` as one page, without the lines if `parts` does not include them; `plans`
/// has the macros of each of them.
///
/// # Errors
///
/// Those of `out`.
pub fn html(
    comparisons: &[Comparison<'_>],
    deployment: Option<&Deployment>,
    plans: &[Vec<&MacroPlan>],
    parts: Parts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let access = access_verdict(comparisons);
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>{}</title>\n<style>\n{}</style>",
        markup(&access),
        include_str!("html/page.css"),
    )?;
    for (kind, verdict) in verdicts(comparisons, deployment) {
        let verdict = markup(&verdict);
        match kind {
            VerdictKind::Access => writeln!(out, "<h1 id=\"verdict\">{verdict}</h1>")?,
            VerdictKind::Deployment => writeln!(out, "<h2 id=\"deployment\">{verdict}</h2>")?,
        }
    }
    if let Some(deployment) = deployment {
        deployment_section(deployment, out)?;
    }
    writeln!(
        out,
        "<p class=\"soft\">{}</p>",
        markup(&verdict(comparisons))
    )?;
    for file in comparisons.iter().filter(|file| !file.is_same()) {
        let against = match &file.against {
            None => "a new file".to_owned(),
            Some(against) if *against == file.path => "against the file as it is".to_owned(),
            Some(against) => format!("against {against}"),
        };
        let (path, against) = (markup(&file.path), markup(&against));
        writeln!(out, "<p class=\"soft\"><code>{path}</code>, {against}</p>")?;
    }
    pictures(comparisons, plans, out)?;
    table(comparisons, out)?;
    settled(comparisons, out)?;
    code(comparisons, out)?;
    parameters(comparisons, out)?;
    let has_text = |file: &&Comparison<'_>| parts.lines && !file.hunks.is_empty();
    for file in comparisons.iter().filter(has_text) {
        sides(file, out)?;
    }
    writeln!(out, "<script>\n{}</script>", include_str!("html/page.js"))
}

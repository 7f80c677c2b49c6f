//! What the parser refuses, as diagnostics.

use granit_parser::ScanError;

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use crate::yaml::nunjucks::nunjucks;
use crate::yaml::rules::{INVALID_YAML, NESTED_TOO_DEEP, NUNJUCKS};

/// How many collections may be nested.
pub const NESTING_LIMIT: usize = 100;

/// The problem with `text` that the parser found.
pub(super) fn scan_error(file: FileId, text: &str, error: &ScanError) -> Diagnostic {
    let at = error
        .marker()
        .byte_offset()
        .unwrap_or(text.len())
        .min(text.len());
    let span = Span::new(file, at, at);
    let message = error.info().clone();
    if matches!(
        error.kind(),
        granit_parser::ErrorKind::RecursionLimitExceeded
    ) {
        return Diagnostic::new(
            &NESTED_TOO_DEEP,
            span,
            format!("collections are nested more than {NESTING_LIMIT} deep"),
        )
        .help("make it flatter; no template needs this");
    }
    if let Some(brace) = nunjucks(text) {
        let problem = Diagnostic::new(
            &NUNJUCKS,
            Span::new(file, brace, brace + 2),
            "the file is a nunjucks template, which is not YAML before it is rendered",
        );
        let problem = if (brace..=brace + 2).contains(&at) {
            problem
        } else {
            problem.related(span, message)
        };
        return problem.help("deploy-roles runs before OrgFormation renders nunjucks: move the macro to a template without nunjucks");
    }
    if let Some(tab) = tab_indentation(text, at).filter(|_| message.contains("tab")) {
        return Diagnostic::new(
            &INVALID_YAML,
            Span::new(file, tab, tab + 1),
            "invalid YAML: a tab in the indentation",
        )
        .help("indent with spaces");
    }
    let help = if message.contains("comments must be separated") {
        "put a space before `#`: OrgFormation reads this, but most other readers of YAML do not"
    } else if message.contains("-quoted scalar") || message.contains("document indicator") {
        "see whether each quote is closed, also on the lines above; nothing after this place was read"
    } else if message.ends_with("expected key") || message.ends_with("'-' indicator") {
        "see whether this line and those above begin in the right column; nothing after this place was read"
    } else {
        "correct the YAML; nothing after this place was read"
    };
    Diagnostic::new(&INVALID_YAML, span, format!("invalid YAML: {message}")).help(help)
}

/// Where the line at `at`, or the next one, has a tab in front of its text. The parser points at
/// the scalar before it, which could have gone on there.
fn tab_indentation(text: &str, at: usize) -> Option<usize> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |index| index + 1);
    let mut line_start = start;
    for line in text.get(start..)?.split_inclusive('\n').take(2) {
        let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line.get(..indentation)?.find('\t') {
            return Some(line_start + tab);
        }
        line_start += line.len();
    }
    None
}

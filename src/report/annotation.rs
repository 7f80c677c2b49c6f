//! What tools show next to a line of a file: results of SARIF, annotations of GitHub Actions.
//!
//! In: access gained, or diagnostics. Out: [`Annotation`]s, which [`crate::report::sarif`] and
//! [`crate::report::github`] write without knowing what they are about. Nothing is refused.

pub(in crate::report) mod access;
pub(in crate::report) mod compared;
pub(in crate::report) mod deployment;
pub(in crate::report) mod diagnostics;

use crate::diagnostic::Level;

/// One thing to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct Annotation {
    /// The rule that found it.
    pub(in crate::report) rule: &'static str,
    /// How severe it is.
    pub(in crate::report) level: Level,
    /// A few words above the message.
    pub(in crate::report) title: &'static str,
    /// What was found.
    pub(in crate::report) message: String,
    /// Where; `None` if there is no text to point into.
    pub(in crate::report) place: Option<AnnotationPlace>,
    /// Other places that belong to it, each with a few words.
    pub(in crate::report) related: Vec<(AnnotationPlace, String)>,
    /// Identifies it among the annotations, and does not depend on lines.
    pub(in crate::report) fingerprint: String,
}

/// Lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct AnnotationPlace {
    /// The path, as shown.
    pub(in crate::report) path: String,
    /// The first line, from 1.
    pub(in crate::report) line: usize,
    /// The columns; `None` for the whole line.
    pub(in crate::report) columns: Option<AnnotationColumns>,
}

/// Where in its lines an [`AnnotationPlace`] begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) struct AnnotationColumns {
    /// The column of the first character, from 1.
    pub(in crate::report) start: usize,
    /// The last line, from 1.
    pub(in crate::report) end_line: usize,
    /// The column after the last character, from 1.
    pub(in crate::report) end: usize,
}

/// A rule as SARIF lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) struct AnnotationRule {
    /// Its id.
    pub(in crate::report) id: &'static str,
    /// What it finds, in one sentence.
    pub(in crate::report) summary: &'static str,
}

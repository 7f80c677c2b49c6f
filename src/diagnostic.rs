//! What is wrong, where, and what to type instead.
//!
//! In: what stages find. Out: [`Diagnostic`]s, collected in [`Problems`] so that all problems of a
//! run are shown at once. Refuses to fail without an error.

mod escape;
mod rule;
mod suggestion;

use crate::source::Span;

pub use escape::{Shown, list, list_some, shorten};
pub use rule::{Level, Rule};
pub use suggestion::{nearest, slip};

/// A place with a few words about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
}

/// One problem of the input.
///
/// Voice: lower case, no full stop, user text in backticks, no Rust names; the help says what to
/// type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which rule found it.
    pub rule: &'static Rule,
    /// Error, warning or note: the rule's level, unless this one case is milder.
    pub level: Level,
    /// One line: what is wrong.
    pub message: String,
    /// Where it is; `None` only if there is no text to point into (an unreadable file).
    pub primary: Option<Label>,
    /// Other places that belong to the problem.
    pub related: Vec<Label>,
    /// What to type instead.
    pub help: Option<String>,
    /// Further text that is shown as it is, for example what would be lost.
    pub note: Option<String>,
}

impl Diagnostic {
    /// What `rule` finds at `span`.
    pub fn new(rule: &'static Rule, span: Span, message: impl Into<String>) -> Self {
        Self::without_place(rule, message).at(span)
    }

    /// What `rule` finds when there is no text to point into.
    pub fn without_place(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self {
            rule,
            level: rule.level,
            message: message.into(),
            primary: None,
            related: Vec::new(),
            help: None,
            note: None,
        }
    }

    /// The same at `span`.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.primary = Some(Label {
            span,
            text: String::new(),
        });
        self
    }

    /// The same at another level.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// The same with a label at the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(primary) = &mut self.primary {
            primary.text = text.into();
        }
        self
    }

    /// The same with another place.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// The same with help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with a text that is shown as it is.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

/// On one line, for whoever ends a run with it; `main` shows it as every other.
impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, ": {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}

/// `Ok`, or every problem that was found.
pub type Result<T> = std::result::Result<T, Vec<Diagnostic>>;

/// What a stage has found wrong so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    found: Vec<Diagnostic>,
}

impl Problems {
    /// Adds one.
    pub fn push(&mut self, problem: Diagnostic) {
        self.found.push(problem);
    }

    /// The value of `result`; what is wrong with it is added.
    pub fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(found) => {
                self.found.extend(found);
                None
            }
        }
    }

    /// Whether no error was found. Warnings and notes do not count.
    pub fn is_clean(&self) -> bool {
        is_clean(&self.found)
    }

    /// Begins a part of the work: [`Problems::had_errors`] says at its end whether it had errors.
    pub fn scope(&self) -> ProblemScope {
        ProblemScope(self.found.len())
    }

    /// Whether an error was found since `scope` began.
    pub fn had_errors(&self, scope: ProblemScope) -> bool {
        !is_clean(self.found.get(scope.0..).unwrap_or_default())
    }

    /// The problems in the order of their locations.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        let location = |problem: &Diagnostic| problem.primary.as_ref().map(|label| label.span);
        self.found.sort_by_key(location);
        self
    }

    /// Everything that was found, for a stage that also returns what it understood.
    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.found
    }

    /// `value` with the warnings and notes that were found.
    ///
    /// # Errors
    ///
    /// Everything that was found, if one is an error.
    pub fn finish_with_warnings<T>(self, value: T) -> Result<(T, Vec<Diagnostic>)> {
        if self.is_clean() {
            Ok((value, self.found))
        } else {
            Err(self.found)
        }
    }

    /// `value`, of a stage that warns of nothing.
    ///
    /// # Errors
    ///
    /// Everything that was found, if one is an error.
    pub fn finish<T>(self, value: T) -> Result<T> {
        self.finish_with_warnings(value).map(|(value, _)| value)
    }
}

impl Extend<Diagnostic> for Problems {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, problems: I) {
        self.found.extend(problems);
    }
}

/// A part of the work; see [`Problems::scope`].
#[derive(Clone, Copy, Debug)]
pub struct ProblemScope(usize);

fn is_clean(problems: &[Diagnostic]) -> bool {
    problems.iter().all(|problem| problem.level != Level::Error)
}

#[cfg(test)]
mod tests {
    use super::*;

    static RULE: Rule = Rule {
        id: "test",
        level: Level::Error,
        summary: "A problem of a test",
        explanation: "",
    };

    fn problem(level: Level) -> Diagnostic {
        Diagnostic::without_place(&RULE, "x").level(level)
    }

    #[test]
    fn only_an_error_fails() {
        let mut problems = Problems::default();
        problems.push(problem(Level::Warning));
        assert!(problems.is_clean());
        let (value, warnings) = problems.clone().finish_with_warnings(1).unwrap();
        assert_eq!((value, warnings.len()), (1, 1));
        problems.push(problem(Level::Error));
        assert_eq!(problems.finish(1).unwrap_err().len(), 2);
    }

    #[test]
    fn a_scope_knows_its_own_errors_alone() {
        let mut problems = Problems::default();
        problems.push(problem(Level::Error));
        let part = problems.scope();
        problems.push(problem(Level::Note));
        assert!(!problems.had_errors(part));
        assert_eq!(problems.keep::<()>(Err(vec![problem(Level::Error)])), None);
        assert!(problems.had_errors(part));
        assert_eq!(problems.finish(()).unwrap_err().len(), 3);
    }
}

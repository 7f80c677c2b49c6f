//! What is wrong, where, and what to type instead.

use crate::source::Span;

/// How bad what a [`Rule`] finds is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Nothing is written.
    Error,
    /// Written all the same, but the author should look.
    Warning,
    /// Written all the same; the author may look when there is time.
    Note,
}

/// One thing that can be wrong, and its stable name.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable name, in kebab case; what `error[...]` shows.
    pub id: &'static str,
    /// How bad it is.
    pub level: Level,
    /// One sentence: what is wrong.
    pub summary: &'static str,
    /// The page of the rule: what it finds, why it matters, an example, and what to write instead.
    pub explanation: &'static str,
}

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
    /// Where; `None` only where there is no text to point into (an unreadable file).
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
        Self {
            primary: Some(Label {
                span,
                text: String::new(),
            }),
            ..Self::without_place(rule, message)
        }
    }

    /// What `rule` finds where no text can be pointed into.
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

    /// The same at another level.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// The same with words at the primary place.
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

/// Text of an author as diagnostics show it.
pub trait Shown {
    /// The text with escapes for what does not show, or would steer a terminal.
    fn shown(&self) -> String;
}

impl Shown for str {
    fn shown(&self) -> String {
        let mut out = String::with_capacity(self.len());
        for c in self.chars() {
            match c {
                '\'' | '"' | '\\' => out.push(c),
                c => out.extend(c.escape_debug()),
            }
        }
        out
    }
}

/// The names in backticks, with commas between them.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names
        .into_iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The beginning of a text of an author, as diagnostics show it.
pub fn shorten(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("{}{dots}", short.shown())
}

/// `Ok`, or every problem that was found.
pub type Result<T> = std::result::Result<T, Vec<Diagnostic>>;

/// The candidate nearest to `name`, if one is near enough to be a slip of the keys.
///
/// Distance is Damerau-Levenshtein (adjacent swaps count one), ignoring case; at most a third of
/// the longer name's length.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let other = candidate.to_lowercase();
            let allowed = (lower.chars().count().max(other.chars().count()) + 1) / 3;
            (distance(&lower, &other), allowed, candidate)
        })
        .filter(|(distance, allowed, _)| distance <= allowed)
        .min_by_key(|(distance, _, _)| *distance)
        .map(|(_, _, candidate)| candidate)
}

fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut current = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&previous, j) + usize::from(x != y))
                .min(at(&previous, j + 1) + 1)
                .min(at(&current, j) + 1);
            let swapped =
                i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x) && x != y;
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_the_nearest_name_and_nothing_far() {
        let names = ["SharedUsers", "DevAccount", "ProdAccount"];
        assert_eq!(nearest("SharedUser", names), Some("SharedUsers"));
        assert_eq!(nearest("devacount", names), Some("DevAccount"));
        assert_eq!(nearest("Porduction", names), None);
        assert_eq!(nearest("Zebra", names), None);
    }
}

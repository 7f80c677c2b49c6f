//! Refuses partials that would overflow the renderer's stack, or never end.
//!
//! In: the partials of a run. Out: a diagnostic for each partial of the user that is too large or
//! too deep, includes itself, directly or not, or includes too many in total.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::partials::Partials;
use crate::partials::partial::Partial;
use crate::partials::rules::BROKEN_PARTIAL;
use crate::partials::tags::{includes, inclusions, tags, without_comments};
use crate::source::{FileId, Span};

/// The most characters that one partial may have.
const SIZE_LIMIT: usize = 200_000;
/// How deep blocks may be nested in one partial, and partials in each other.
const DEPTH_LIMIT: usize = 50;
/// How many partials one may include in total.
const INCLUSION_LIMIT: usize = 10_000;

impl Partials {
    /// Partials that include too many in total, or too deeply. There must be no
    /// circles.
    pub(super) fn too_many(&self, overrides: &[(String, FileId)]) -> Vec<Diagnostic> {
        let mut known: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let mut problems = Vec::new();
        for (name, file) in overrides {
            let (count, depth) = self.weight(name, &mut known, 0);
            if count > INCLUSION_LIMIT || depth > DEPTH_LIMIT {
                let message = format!(
                    "the partial `{name}` includes more than {INCLUSION_LIMIT} partials, or more than {DEPTH_LIMIT} deep"
                );
                problems.push(
                    Diagnostic::new(&BROKEN_PARTIAL, Span::new(*file, 0, 0), message)
                        .help("include fewer"),
                );
            }
        }
        problems
    }

    /// How many partials `name` includes in total, with itself, and how deep they are.
    fn weight(
        &self,
        name: &str,
        known: &mut BTreeMap<String, (usize, usize)>,
        level: usize,
    ) -> (usize, usize) {
        if let Some(weight) = known.get(name) {
            return *weight;
        }
        let Some(partial) = self.files.get(name).filter(|_| level <= DEPTH_LIMIT) else {
            return (1, 1);
        };
        let (mut count, mut depth) = (1_usize, 0);
        for inner in inclusions(&without_comments(&partial.text)) {
            let (inner_count, inner_depth) = self.weight(&inner, known, level + 1);
            count = count.saturating_add(inner_count);
            depth = depth.max(inner_depth);
        }
        known.insert(name.to_owned(), (count, depth + 1));
        (count, depth + 1)
    }

    /// Overrides that are on a circle of inclusions, or lead to one.
    pub(super) fn circles(&self, overrides: &[(String, FileId)]) -> Vec<Diagnostic> {
        if overrides.is_empty() {
            return Vec::new();
        }
        let mut left: BTreeMap<&str, Vec<String>> = self
            .files
            .iter()
            .map(|(name, partial)| (name.as_str(), includes(&partial.text)))
            .collect();
        // Whatever includes nothing that is left is on no circle.
        loop {
            let done: Vec<&str> = left
                .iter()
                .filter(|(_, inner)| !inner.iter().any(|name| left.contains_key(name.as_str())))
                .map(|(name, _)| *name)
                .collect();
            if done.is_empty() {
                break;
            }
            for name in done {
                left.remove(name);
            }
        }
        overrides
            .iter()
            .filter(|(name, _)| left.contains_key(name.as_str()))
            .map(|(name, file)| {
                let message =
                    format!("the partial `{name}` includes itself, directly or through another");
                Diagnostic::new(&BROKEN_PARTIAL, Span::new(*file, 0, 0), message)
                    .help("remove one `{{> ...}}`")
            })
            .collect()
    }
}

impl Partial {
    /// What is too much in this text alone.
    pub(super) fn limits(&self, name: &str) -> Option<Diagnostic> {
        let text = without_comments(&self.text);
        let message = if self.text.len() > SIZE_LIMIT {
            format!("has more than {SIZE_LIMIT} characters")
        } else if nesting(&text) > DEPTH_LIMIT {
            format!("nests blocks or expressions more than {DEPTH_LIMIT} deep")
        } else if tags(&text).any(|tag| tag.trim_start_matches('#').starts_with('*')) {
            "defines a decorator or an inline partial, which are not supported".to_owned()
        } else if tags(&text).any(|tag| {
            tag.trim_start_matches('#')
                .trim_start()
                .strip_prefix('>')
                .is_some_and(|name| name.trim_start().starts_with('('))
        }) {
            "includes a partial by an expression instead of its name".to_owned()
        } else {
            return None;
        };
        let span = Span::new(self.file, 0, 0);
        Some(
            Diagnostic::new(
                &BROKEN_PARTIAL,
                span,
                format!("the partial `{name}` {message}"),
            )
            .help("a partial should say one thing; write it plainly, or split it"),
        )
    }
}

fn nesting(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    // An `{{else if}}` is a block in the else part of the one before.
    let mut chained: Vec<usize> = Vec::new();
    for tag in tags(text) {
        let inner = tag.split("}}").next().unwrap_or_default();
        if tag.starts_with('#') || tag.starts_with('^') {
            depth += 1;
            chained.push(0);
        } else if tag.starts_with("else ") {
            depth += 1;
            if let Some(count) = chained.last_mut() {
                *count += 1;
            }
        } else if tag.starts_with('/') {
            depth = depth.saturating_sub(1 + chained.pop().unwrap_or(0));
        }
        most = most.max(depth + inner.matches('(').count());
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::lookup::Library;

    fn refused(texts: &[(&str, String)]) -> bool {
        let mut library = Library::default();
        let overrides: Vec<(String, FileId)> = texts
            .iter()
            .map(|(name, text)| ((*name).to_owned(), library.sources.add(*name, text.clone())))
            .collect();
        Partials::new(&mut library, &overrides).is_err()
    }

    #[test]
    fn refuses_what_would_overflow_or_never_end() {
        let one = |text: &str| [("services/sqs", text.to_owned())];
        assert!(refused(&one("{{#*inline \"a\"}}{{> a}}{{/inline}}{{> a}}")));
        assert!(refused(&one("{{> (lookup this \"appId\")}}")));
        assert!(refused(&one("{{ > services/sqs}}")));
        assert!(refused(&one(&format!("{{{{x {}}}}}", "(a ".repeat(2000)))));
        assert!(refused(&one(&format!(
            "{}{}",
            "{{ #if a}}".repeat(4000),
            "{{/if}}".repeat(4000)
        ))));
        assert!(refused(&one(&format!(
            "{{{{#if a}}}}{}{{{{/if}}}}",
            "{{else if a}}".repeat(5000)
        ))));
        let names: Vec<String> = (0..26).map(|number| format!("q/p{number}")).collect();
        let fan: Vec<(&str, String)> = (0..26)
            .map(|number| {
                (
                    names[number].as_str(),
                    format!("{{{{> q/p{}}}}}\n", number + 1).repeat(4),
                )
            })
            .collect();
        assert!(refused(&fan));
        let names: Vec<String> = (0..3000).map(|number| format!("q/p{number}")).collect();
        let chain: Vec<(&str, String)> = (0..3000)
            .map(|number| {
                (
                    names[number].as_str(),
                    format!("{{{{> q/p{}}}}}\n", number + 1),
                )
            })
            .collect();
        assert!(refused(&chain));
    }

    #[test]
    fn refuses_partials_that_include_each_other() {
        let mut library = Library::default();
        let a = library.sources.add("a.hbs", "{{> parts/b}}");
        let b = library.sources.add("b.hbs", "{{> parts/a}}");
        let refused = Partials::new(
            &mut library,
            &[("parts/a".to_owned(), a), ("parts/b".to_owned(), b)],
        );
        assert!(refused.is_err_and(|problems| problems.len() == 2));
    }
}

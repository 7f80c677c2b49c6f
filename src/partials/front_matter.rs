//! What the head of a partial says, and the options that its text reads.

use std::collections::BTreeSet;

use crate::partials::tags::without_comments;

/// The first sentence of a partial's head comment: what it is for.
pub fn summary(text: &str) -> String {
    let comment = text
        .split_once("{{!--")
        .and_then(|(_, rest)| rest.split_once("--}}"));
    let words: Vec<&str> = comment
        .map_or("", |(comment, _)| comment)
        .split_whitespace()
        .collect();
    let end = words.iter().position(|word| word.ends_with('.'));
    words
        .get(..end.map_or(words.len(), |end| end + 1))
        .unwrap_or_default()
        .join(" ")
}

/// The names read as `options.<name>`.
pub fn options(text: &str) -> Vec<String> {
    let text = without_comments(text);
    let mut found = BTreeSet::new();
    for (at, mark) in text.match_indices("options.") {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let name: String = text
            .get(at + mark.len()..)
            .unwrap_or_default()
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        if !name.is_empty() {
            found.insert(name);
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partials::tags::includes;

    #[test]
    fn finds_options_and_includes_outside_of_comments() {
        let text = "{{!-- options.not {{> no}} --}}{{#if options.url}}{{> a/b}}{{/if}}{{#if services.options.x}}{{/if}}";
        assert_eq!(options(text), ["url", "x"]);
        assert_eq!(includes(text), ["a/b"]);
    }
}

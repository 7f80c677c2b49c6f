//! Functions of OrgFormation that a text does not have by their names.
//!
//! In: a text. Out: what YAML may read as a function that reads a file or runs a command: a key with
//! escapes, a tag with `%`, a tag by a handle. Refuses nothing.

use crate::workspace::marks::TextMarks;

/// The functions in `text` that are not written by their names; `is_called` says which names are functions.
pub(super) fn disguised(
    text: &str,
    marks: &TextMarks,
    is_called: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    let escapes = marks.backslashes.iter().filter_map(|at| {
        let key = quoted_at(text, *at)?;
        let name = unescaped(key);
        let name = name.strip_prefix("Fn::")?;
        is_called(name).then(|| format!("\"{key}\""))
    });
    found.extend(escapes);
    for at in marks.percents.iter().copied() {
        let before = text.get(..at).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let rest = text.get(at..).unwrap_or_default();
        if line.is_empty() && rest.starts_with("%TAG") {
            found.push("%TAG".to_owned());
        }
        let word = line.rsplit(char::is_whitespace).next().unwrap_or_default();
        if let Some(tag) = tag_in(word) {
            let end = rest.split(ends_tag).next().unwrap_or_default();
            found.push(format!("{tag}{end}"));
        }
    }
    found
}

/// The last tag that begins in `word`: at its beginning, or where a value in brackets may begin.
fn tag_in(word: &str) -> Option<&str> {
    let mut marks = word.match_indices('!').rev();
    marks.find_map(|(at, _)| {
        let (before, tag) = word.split_at_checked(at)?;
        (before.is_empty() || before.ends_with(['[', '{', ',', ':'])).then_some(tag)
    })
}

/// Whether a tag has ended before this character.
fn ends_tag(one: char) -> bool {
    one.is_whitespace() || "]},".contains(one)
}

/// The text in double quotes around `at`.
fn quoted_at(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?.rfind('"')? + 1;
    let end = text.get(at..)?.find('"')? + at;
    text.get(before..end)
}

/// The text with the characters for which escapes by number stand.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let digits = match after.chars().next() {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            _ => 0,
        };
        let code = after.get(1..=digits).filter(|code| !code.is_empty());
        let code = code.and_then(|code| u32::from_str_radix(code, 16).ok());
        match code.and_then(char::from_u32) {
            Some(character) => {
                out.push(character);
                rest = after.get(1 + digits..).unwrap_or_default();
            }
            None => rest = after,
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_wherever_a_value_may_begin() {
        for (text, tag) in [
            ("a: !Read%46ile ./a.txt", "!Read%46ile"),
            ("a: [!Read%46ile ./a.txt]", "!Read%46ile"),
            ("a: [x,!Read%46ile ./a.txt]", "!Read%46ile"),
            ("a: [[!Read%46ile ./a.txt]]", "!Read%46ile"),
            ("a: {!Read%46ile ./a.txt: x}", "!Read%46ile"),
            ("a: {\"b\":!Read%46ile ./a.txt}", "!Read%46ile"),
            ("a: [!<!Read%46ile> ./a.txt]", "!<!Read%46ile>"),
            ("a: !<tag:x.org,2002:%46> x", "!<tag:x.org,2002:%46>"),
            ("a: [x, !Read%46ile]", "!Read%46ile"),
        ] {
            let found = disguised(text, &TextMarks::of(text), |_| false);
            assert_eq!(found, [tag], "{text}");
        }
        for plain in [
            "a: 100%",
            "a: [so!%, b]",
            "a: !Sub '%'",
            "a: [!Sub x, y%46]",
        ] {
            let found = disguised(plain, &TextMarks::of(plain), |_| true);
            assert!(found.is_empty(), "{plain}");
        }
    }
}

//! Words that are written with escapes.
//!
//! In: a word, and bytes. Out: whether a text in double quotes there is the word, with some of its letters as
//! escapes or in the next line, and the pattern by which git finds that. Refuses nothing.

use std::fmt::Write as _;

/// How the escapes of a letter begin that is written by its number, and how many digits follow.
const ESCAPES: [(u8, usize); 3] = [(b'x', 2), (b'u', 4), (b'U', 8)];

/// How far before an escape the quote is looked for.
const REACH: usize = 256;

/// Whether `bytes` contain `word` in double quotes with escapes.
pub(super) fn contains(bytes: &[u8], word: &str) -> bool {
    let mut escapes = memchr::memchr_iter(b'\\', bytes);
    escapes.any(|at| {
        let begin = at.saturating_sub(REACH);
        let before = bytes.get(begin..at).unwrap_or_default();
        let from = memchr::memrchr(b'"', before).map(|quote| begin + quote + 1);
        from.and_then(|from| bytes.get(from..))
            .is_some_and(|text| begins(text, word))
    })
}

/// Whether `text`, which is in double quotes, begins with `word`.
fn begins(text: &[u8], word: &str) -> bool {
    let mut rest = text;
    word.bytes().all(|letter| {
        rest = joined(rest);
        let next = letter_of(rest).filter(|(own, _)| *own == letter);
        next.is_some_and(|(_, after)| {
            rest = after;
            true
        })
    })
}

/// What comes after lines that end in a backslash, and the spaces before the next one.
fn joined(mut text: &[u8]) -> &[u8] {
    while let Some(after) = [&b"\\\n"[..], b"\\\r\n"]
        .iter()
        .find_map(|end| text.strip_prefix(*end))
    {
        text = after.trim_ascii_start();
    }
    text
}

/// The first letter of a text in double quotes, and what comes after it.
fn letter_of(text: &[u8]) -> Option<(u8, &[u8])> {
    let (first, rest) = text.split_first()?;
    if *first != b'\\' {
        return Some((*first, rest));
    }
    let (kind, rest) = rest.split_first()?;
    let (_, digits) = ESCAPES.iter().find(|(own, _)| own == kind)?;
    let (digits, rest) = rest.split_at_checked(*digits)?;
    let number = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    Some((u8::try_from(number).ok()?, rest))
}

/// The extended regular expression of a line in which such a text is, or begins.
pub(super) fn pattern(word: &str) -> String {
    let mut out = "\"".to_owned();
    for letter in word.bytes() {
        let own = char::from(letter);
        let number: String = format!("{letter:02x}")
            .chars()
            .map(|digit| match digit {
                'a'..='f' => format!("[{digit}{}]", digit.to_ascii_uppercase()),
                _ => digit.to_string(),
            })
            .collect();
        // The line may end after a backslash, wherever it is.
        let _ = write!(
            out,
            "(\\\\.?$|({own}|\\\\x{number}|\\\\u00{number}|\\\\U000000{number})"
        );
    }
    out.push_str(&")".repeat(word.len()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_with_escapes() {
        for text in [
            r#"Type: "update\x2dstacks""#,
            r#"Type: "\x75pdate-stack\U00000073""#,
            r#"{"a\\": 1, "Type":"update\u002Dstacks"}"#,
            "Type: \"upd\\\n    ate-stacks\"",
            "Type: \"upd\\\r\n    ate-stacks\"",
        ] {
            assert!(contains(text.as_bytes(), "update-stacks"), "{text}");
        }
        for text in [
            r#""update-cdk\x20""#,
            r#""update\\x2dstacks""#,
            r"update\x2dstacks",
            "",
            "\"\\",
        ] {
            assert!(!contains(text.as_bytes(), "update-stacks"), "{text}");
        }
        assert_eq!(
            pattern("a-"),
            r#""(\\.?$|(a|\\x61|\\u0061|\\U00000061)(\\.?$|(-|\\x2[dD]|\\u002[dD]|\\U0000002[dD])))"#
        );
    }
}

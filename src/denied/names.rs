//! Names in a text: where they end, although programs break them into lines.
//!
//! In: a text and a position. Out: a name, and where the text goes on. Refuses nothing.

use crate::denied::squash::{Gap, SquashedText};

/// The longest name: a role's path and name in an ARN have at most 600 characters, and an object's
/// key 1,024.
pub(super) const LONGEST: usize = 2048;

/// What follows a name in a sentence of IAM.
const FOLLOWING: &[&str] = &[
    "onresource",
    "onthisresource",
    "ontheresource",
    "because",
    "withanexplicitdeny",
    "(Service",
    "(RequestID",
    "(RequestId",
    "(SDK",
    "isnotauthorized",
];

/// The quotes that a message can have around a name.
pub(super) const QUOTES: [char; 3] = ['"', '\'', '`'];

/// The characters of ARNs, with those that hide an account.
pub(super) fn is_arn_char(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '`' | '\\' | '(' | ')' | ';' | '|')
}

/// The name at `at`, and where the text goes on. It ends before a blank. It goes on after the end of
/// a line if that is inside a cell, or if the sentence goes on after the name.
pub(super) fn name(text: &SquashedText, at: usize, is_in: fn(char) -> bool) -> (String, usize) {
    name_up_to(LONGEST, text, at, is_in)
}

/// [`name`], with at most so many bytes.
pub(super) fn name_up_to(
    most: usize,
    text: &SquashedText,
    at: usize,
    is_in: fn(char) -> bool,
) -> (String, usize) {
    let mut name = String::new();
    let mut end = at;
    let mut joined = false;
    while let Some(c) = text.char_at(end) {
        if end > at {
            let follows = || FOLLOWING.iter().any(|phrase| text.has(end, phrase));
            let is_end = match text.gap(end) {
                Gap::None => false,
                Gap::Blank => true,
                Gap::Cell => follows(),
                Gap::Line => {
                    joined = !follows() && (joined || goes_on(text, end, is_in));
                    !joined
                }
            };
            if is_end {
                break;
            }
        }
        if !is_in(c) || text.has(end, "</") || name.len() >= most {
            break;
        }
        name.push(c);
        end += c.len_utf8();
    }
    // The end of a sentence. A colon may belong to a log stream.
    name.truncate(name.trim_end_matches(['.', ',']).len());
    (name, end)
}

/// Whether the line at `at` begins with the rest of a name: what follows it is the rest of the
/// sentence.
fn goes_on(text: &SquashedText, at: usize, is_in: fn(char) -> bool) -> bool {
    let mut end = at;
    while let Some(c) = text.char_at(end) {
        let gap = if end == at { Gap::None } else { text.gap(end) };
        if gap != Gap::None {
            if FOLLOWING.iter().any(|phrase| text.has(end, phrase)) {
                return true;
            }
            if gap == Gap::Blank {
                return false;
            }
        }
        if !is_in(c) || end - at > LONGEST {
            return false;
        }
        end += c.len_utf8();
    }
    false
}

/// The position after quotes.
pub(super) fn after_quotes(text: &SquashedText, at: usize) -> usize {
    let mut at = at;
    while let Some(c) = text.char_at(at)
        && QUOTES.contains(&c)
    {
        at += c.len_utf8();
    }
    at
}

/// The text in quotes from `at` on, and where the text goes on.
pub(super) fn quoted(text: &SquashedText, at: usize) -> Option<(String, usize)> {
    let inside = text.after(at, LONGEST);
    let end = inside.find(QUOTES)?;
    let name = inside.get(..end)?;
    let has_blank = (at + 1..at + end).any(|at| text.gap(at) == Gap::Blank);
    let is_name = !name.is_empty() && name.chars().all(is_arn_char) && !has_blank;
    is_name.then(|| (name.to_owned(), at + end))
}

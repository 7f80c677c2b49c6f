//! Text of others to text that is shown as it is. Refuses nothing.
//!
//! In: any text. Out: one line that a terminal, Markdown or HTML shows character by character.
//! Control characters and those that change the direction or cannot be seen are written as escapes.
//!
//! The hard thing: Markdown has no escape that works everywhere. In lists and tables user text
//! is in code spans, where only backticks (and in tables, bars) mean anything; in HTML it is
//! escaped as HTML and is in `<code>`, where GitHub does not look for mentions.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with everything that cannot be seen written as an escape.
pub(in crate::report) fn visible(text: &str) -> Cow<'_, str> {
    if is_printable(text) || !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if is_hidden(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether all of it is printable ASCII, as nearly every line is. It looks at every byte, which is
/// faster than to stop at the first other one.
fn is_printable(text: &str) -> bool {
    let others = text
        .bytes()
        .map(|byte| u8::from(!(b' '..=b'~').contains(&byte)));
    others.fold(0, |found, is_other| found | is_other) == 0
}

fn is_hidden(c: char) -> bool {
    let is_format = matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}'
    );
    (c.is_control() && c != '\t') || is_format
}

/// `text` as a Markdown code span.
pub(in crate::report) fn code(text: &str) -> String {
    let text = visible(text);
    let fence = "`".repeat(backticks(&text) + 1);
    let edge = |c: Option<char>| c.is_none_or(|c| c == '`' || c.is_whitespace());
    let pad = if edge(text.chars().next()) || edge(text.chars().last()) {
        " "
    } else {
        ""
    };
    // Only spaces between the fences would not be a code span.
    let text = if text.trim().is_empty() { "''" } else { &text };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A sentence of ours with names between backticks, as Markdown: the names as code spans. If the
/// rest contains what Markdown may read, all of it is one.
pub(in crate::report) fn sentence(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let is_plain = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || " ,.;:'()-".contains(c))
    };
    let names_are_closed = parts.len() % 2 == 1;
    if !names_are_closed || !parts.iter().step_by(2).all(|part| is_plain(part)) {
        return code(text);
    }
    let mut out = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at % 2 == 0 {
            out.push_str(part);
        } else {
            out.push_str(&code(part));
        }
    }
    out
}

/// `text` as a Markdown code span in a table.
pub(in crate::report) fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// `text` as HTML or XML shows it, between tags and in attributes.
pub(in crate::report) fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// `text` as HTML code.
pub(in crate::report) fn html(text: &str) -> String {
    format!("<code>{}</code>", markup(text))
}

/// The length of the longest run of backticks in `text`.
pub(in crate::report) fn backticks(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for byte in text.bytes() {
        run = if byte == b'`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// `text` as a label in Mermaid.
///
/// In a line with the word `style` or `classDef`, Mermaid drops the last semicolon before it reads
/// entities (`encodeEntities` in its source): the first letter of these words is also an entity.
pub(in crate::report) fn entities(text: &str) -> String {
    let mut out = String::new();
    for c in visible(text).chars() {
        if c.is_ascii_alphanumeric() || " .,:/-_@=".contains(c) {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out.replace("style", "#115;tyle")
        .replace("classDef", "#99;lassDef")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_as_it_is_unless_something_in_it_is_hidden() {
        for c in '\0'..=char::MAX {
            let text = format!("a{c}b");
            assert_eq!(
                matches!(visible(&text), Cow::Borrowed(_)),
                !is_hidden(c),
                "{c:?}"
            );
        }
    }
}

//! Places in a text as a client counts them.
//!
//! In: bytes of a text. Out: lines and characters from 0, and back. Refuses lines that a text does
//! not have; a character after the end of a line is that end, as the protocol says.

use serde_json::{Value, json};

use crate::source::Span;

/// What counts as one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// A byte.
    Utf8,
    /// A unit of UTF-16, as all clients can count.
    Utf16,
    /// A code point.
    Utf32,
}

impl Encoding {
    /// The first of those that the client offers which is known here.
    pub(super) fn of_client(offered: Option<&Value>) -> Option<Self> {
        let offered = offered?.as_array()?.iter().filter_map(Value::as_str);
        let mut known = offered.filter_map(|name| match name {
            "utf-8" => Some(Self::Utf8),
            "utf-16" => Some(Self::Utf16),
            "utf-32" => Some(Self::Utf32),
            _ => None,
        });
        // Bytes need no counting.
        let first = known.next();
        if known.any(|one| one == Self::Utf8) {
            return Some(Self::Utf8);
        }
        first
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
            Self::Utf32 => "utf-32",
        }
    }

    fn width(self, character: char) -> usize {
        match self {
            Self::Utf8 => character.len_utf8(),
            Self::Utf16 => character.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// A text with its lines.
pub(super) struct TextLines<'text> {
    text: &'text str,
    /// Where each line begins.
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'text> TextLines<'text> {
    /// The lines of `text`, which end as in YAML: with `\n`, `\r\n`, or `\r`.
    pub(super) fn new(text: &'text str, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        let ends = bytes.iter().enumerate().filter(|(at, byte)| {
            **byte == b'\n' || (**byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'))
        });
        starts.extend(ends.map(|(at, _)| at + 1));
        Self {
            text,
            starts,
            encoding,
        }
    }

    /// The byte at a line and character; `None` if there is no such line.
    pub(super) fn offset(&self, line: usize, character: usize) -> Option<usize> {
        let start = *self.starts.get(line)?;
        let end = self.starts.get(line + 1).copied();
        let content = self.text.get(start..end.unwrap_or(self.text.len()))?;
        let content = content.trim_end_matches(['\n', '\r']);
        let mut left = character;
        for (at, one) in content.char_indices() {
            let width = self.encoding.width(one);
            // Within a character is before it.
            if left < width {
                return Some(start + at);
            }
            left -= width;
        }
        Some(start + content.len())
    }

    /// The byte of a position of the protocol.
    pub(super) fn offset_of(&self, position: &Value) -> Option<usize> {
        let number = |key: &str| usize::try_from(position.get(key)?.as_u64()?).ok();
        self.offset(number("line")?, number("character")?)
    }

    /// The position of a byte, in the form of the protocol.
    pub(super) fn position(&self, at: usize) -> Value {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= at) - 1;
        let start = self.starts.get(line).copied().unwrap_or_default();
        let before = self.text.get(start..at).unwrap_or_default();
        let character: usize = before.chars().map(|one| self.encoding.width(one)).sum();
        json!({ "line": line, "character": character })
    }

    /// The range of bytes, in the form of the protocol.
    pub(super) fn range(&self, start: usize, end: usize) -> Value {
        json!({ "start": self.position(start), "end": self.position(end) })
    }

    /// The range of `span`, in the form of the protocol.
    pub(super) fn range_of(&self, span: Span) -> Value {
        self.range(span.start, span.end)
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoding, TextLines};
    use serde_json::json;

    #[test]
    fn characters_count_as_the_client_counts() {
        let text = "a\r\nä𝄞b\rc";
        for (encoding, b) in [
            (Encoding::Utf8, 6),
            (Encoding::Utf16, 3),
            (Encoding::Utf32, 2),
        ] {
            let lines = TextLines::new(text, encoding);
            let at = text.find('b').unwrap();
            assert_eq!(lines.position(at), json!({ "line": 1, "character": b }));
            assert_eq!(lines.offset(1, b), Some(at));
            assert_eq!(lines.offset(1, 99), Some(at + 1));
            assert_eq!(lines.offset(2, 0), Some(at + 2));
            assert_eq!(lines.offset(3, 0), None);
        }
        // Between the two units of a character.
        assert_eq!(
            TextLines::new(text, Encoding::Utf16).offset(1, 2),
            text.find('𝄞')
        );
    }

    #[test]
    fn bytes_are_counted_if_the_client_can() {
        let of = |names: &[&str]| Encoding::of_client(Some(&json!(names)));
        assert_eq!(of(&["utf-16", "utf-8"]), Some(Encoding::Utf8));
        assert_eq!(of(&["utf-8"]), Some(Encoding::Utf8));
        assert_eq!(of(&["utf-32", "utf-16"]), Some(Encoding::Utf32));
        assert_eq!(of(&["utf-7"]), None);
        assert_eq!(Encoding::of_client(None), None);
    }
}

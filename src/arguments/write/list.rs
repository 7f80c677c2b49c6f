//! Edits of a list in the style that it is written in.
//!
//! In: the text of a list, which of its items stay, and what is added. Out: edits. Items that stay
//! keep their line and the comment on it, and comments on lines of their own stay also. Refuses
//! nothing: what could not be edited was refused before.

use std::ops::Range;

use crate::yaml::node::Style;

/// Bytes of a text, and what replaces them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextEdit {
    /// The bytes.
    pub(super) range: Range<usize>,
    /// What is there afterward.
    pub(super) text: String,
}

/// `text` with `edits`, which do not overlap.
pub(super) fn apply(text: &str, edits: &[TextEdit]) -> String {
    let mut edits: Vec<&TextEdit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.range.start).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// An item of a list.
pub(super) struct ListItem {
    /// Its bytes, without the dash.
    pub(super) range: Range<usize>,
    /// What changes in it; `None` if it goes.
    pub(super) kept: Option<Vec<TextEdit>>,
}

/// A list as it is written.
pub(super) struct ListText<'a> {
    /// The text that it is in.
    pub(super) text: &'a str,
    /// The list's own bytes.
    pub(super) range: Range<usize>,
    /// How it is written.
    pub(super) style: Style,
    /// Its items.
    pub(super) items: Vec<ListItem>,
    /// What is added at its end.
    pub(super) added: Vec<String>,
}

impl ListText<'_> {
    /// The edits; `None` for a list that is written in an unusual way.
    pub(super) fn edits(&self) -> Option<Vec<TextEdit>> {
        let is_unchanged = |item: &ListItem| item.kept.as_ref().is_some_and(Vec::is_empty);
        if self.added.is_empty() && self.items.iter().all(is_unchanged) {
            return Some(Vec::new());
        }
        match self.style {
            Style::Block => self.block(),
            Style::Flow => self.flow(),
        }
    }

    fn line_end(&self) -> &'static str {
        line_end(self.text, self.range.start)
    }

    fn slice(&self, range: Range<usize>) -> Option<&str> {
        self.text.get(range)
    }

    /// An item per line, after a dash.
    fn block(&self) -> Option<Vec<TextEdit>> {
        let mut edits = Vec::new();
        for item in &self.items {
            if let Some(inner) = &item.kept {
                edits.extend(inner.iter().cloned());
                continue;
            }
            let start = self.dash(item)?.start;
            let end = end_of_line(self.text, item.range.end);
            edits.push(TextEdit {
                range: start..end,
                text: String::new(),
            });
        }
        if self.added.is_empty() {
            return Some(edits);
        }
        let last = self.items.last()?;
        let dash = self.slice(self.dash(last)?)?;
        let end = end_of_line(self.text, last.range.end);
        let is_ended = self.slice(0..end)?.ends_with('\n');
        let mut text = String::new();
        if !is_ended {
            text.push_str(self.line_end());
        }
        for (at, added) in self.added.iter().enumerate() {
            if at > 0 {
                text.push_str(self.line_end());
            }
            text.push_str(dash);
            text.push_str(added);
        }
        if is_ended {
            text.push_str(self.line_end());
        }
        edits.push(TextEdit {
            range: end..end,
            text,
        });
        Some(edits)
    }

    /// The beginning of the item's line, up to the item: spaces, a dash, spaces.
    fn dash(&self, item: &ListItem) -> Option<Range<usize>> {
        let before = self.slice(0..item.range.start)?;
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let dash = before.get(start..)?;
        (dash.trim() == "-").then_some(start..item.range.start)
    }

    /// Items in brackets.
    fn flow(&self) -> Option<Vec<TextEdit>> {
        let gaps = self.gaps()?;
        let last = gaps.last()?;
        let kept = self.items.iter().filter(|item| item.kept.is_some());
        let total = kept.count() + self.added.len();
        let is_one_per_line = self.is_one_per_line(&gaps);
        let first = gaps.first()?;
        let mut out = format!("[{}", first.line);
        let mut written = 0;
        for (index, item) in self.items.iter().enumerate() {
            let (before, after) = (gaps.get(index)?, gaps.get(index + 1)?);
            let Some(inner) = &item.kept else {
                out.push_str(comments(before.rest));
                // An item that ended the line of others.
                if after.line.ends_with('\n') && !out.ends_with('\n') {
                    out.push_str(self.line_end());
                }
                continue;
            };
            written += 1;
            out.push_str(match (out.as_str(), index) {
                ("[", 1..) => first.rest,
                (text, 1..) if text.ends_with('\n') && !before.line.ends_with('\n') => {
                    indent(&gaps, index)
                }
                _ => before.rest,
            });
            out.push_str(&self.inner(item, inner)?);
            if written < total || last.is_comma_last {
                out.push(',');
            }
            let is_last = index + 1 == self.items.len();
            if !is_last || is_one_per_line || self.added.is_empty() {
                out.push_str(after.line);
            }
        }
        if !self.added.is_empty() {
            self.append(&mut out, &gaps)?;
        }
        out.push_str(last.rest);
        out.push(']');
        Some(vec![TextEdit {
            range: self.range.clone(),
            text: out,
        }])
    }

    /// Whether the last item begins a line.
    fn is_one_per_line(&self, gaps: &[ListGap<'_>]) -> bool {
        let last = self.items.len().checked_sub(1);
        let before = last.and_then(|last| gaps.get(last));
        before.is_some_and(|gap| gap.line.ends_with('\n'))
    }

    /// Appends what is added to the items of a list in brackets.
    fn append(&self, out: &mut String, gaps: &[ListGap<'_>]) -> Option<()> {
        let last = gaps.last()?;
        let is_one_per_line = self.is_one_per_line(gaps);
        let before = gaps.get(self.items.len().saturating_sub(1))?;
        let indent = before.rest.rsplit('\n').next().unwrap_or_default();
        let mut rest = self.added.len();
        for added in &self.added {
            rest -= 1;
            if is_one_per_line {
                if !out.ends_with('\n') {
                    out.push_str(self.line_end());
                }
                out.push_str(indent);
            } else if !out.ends_with(['[', ' ', '\n']) {
                out.push(' ');
            }
            out.push_str(added);
            if rest > 0 || (last.is_comma_last && is_one_per_line) {
                out.push(',');
            }
        }
        if is_one_per_line && last.line.ends_with('\n') {
            out.push_str(self.line_end());
        } else if !is_one_per_line {
            out.push_str(last.line);
        }
        Some(())
    }

    /// The text of an item that stays.
    fn inner(&self, item: &ListItem, edits: &[TextEdit]) -> Option<String> {
        let text = self.slice(item.range.clone())?;
        let moved = edits.iter().map(|edit| {
            let start = edit.range.start.checked_sub(item.range.start)?;
            let end = edit.range.end.checked_sub(item.range.start)?;
            Some(TextEdit {
                range: start..end,
                text: edit.text.clone(),
            })
        });
        let moved: Option<Vec<TextEdit>> = moved.collect();
        Some(apply(text, &moved?))
    }

    /// What is before each item, and before the closing bracket.
    fn gaps(&self) -> Option<Vec<ListGap<'_>>> {
        let mut at = self.range.start + 1;
        let mut gaps = Vec::new();
        for item in &self.items {
            let is_first = gaps.is_empty();
            gaps.push(ListGap::of(self.slice(at..item.range.start)?, is_first)?);
            at = item.range.end;
        }
        let end = self.range.end.checked_sub(1)?;
        let is_closing = self.slice(end..self.range.end) == Some("]");
        let last = ListGap::closing(self.slice(at..end)?)?;
        gaps.push(last);
        is_closing.then_some(gaps)
    }
}

/// What is between two items in brackets, without the comma.
struct ListGap<'a> {
    /// The rest of the line of the item before it, with its line end; empty if the next item is on
    /// the same line.
    line: &'a str,
    /// What is before the next item on its own lines.
    rest: &'a str,
    /// Whether a comma is here although no item follows.
    is_comma_last: bool,
}

impl<'a> ListGap<'a> {
    /// `text` between two items; before the first one, no comma is expected.
    fn of(text: &'a str, is_first: bool) -> Option<Self> {
        let after = if is_first {
            text
        } else {
            text.trim_start_matches(' ').strip_prefix(',')?
        };
        Some(Self::split(after))
    }

    /// `text` before the closing bracket.
    fn closing(text: &'a str) -> Option<Self> {
        let found = match text.trim_start_matches(' ').strip_prefix(',') {
            Some(after) => Self {
                is_comma_last: true,
                ..Self::split(after)
            },
            None => Self::split(text),
        };
        // A comma elsewhere, such as below a comment.
        let without_comments = |line: &str| {
            !line
                .split('#')
                .next()
                .is_some_and(|code| code.contains(','))
        };
        text.lines().skip(1).all(without_comments).then_some(found)
    }

    fn split(text: &'a str) -> Self {
        let end = text.find('\n').map_or(0, |end| end + 1);
        let (line, rest) = text.split_at(end);
        Self {
            line,
            rest,
            is_comma_last: false,
        }
    }
}

/// The spaces before the line that the item at `index` was on.
fn indent<'a>(gaps: &[ListGap<'a>], index: usize) -> &'a str {
    let before = gaps.get(..=index).unwrap_or_default();
    let begins = before.iter().rev().find(|gap| gap.line.ends_with('\n'));
    let lead = begins.map_or("", |gap| gap.rest);
    lead.rsplit('\n').next().unwrap_or_default()
}

/// The lines of `lead` before its last, if they hold a comment.
fn comments(lead: &str) -> &str {
    let end = lead.rfind('\n').map_or(0, |end| end + 1);
    let lines = lead.get(..end).unwrap_or_default();
    if lines.contains('#') { lines } else { "" }
}

/// The byte after the line end of the line that byte `at` is in.
pub(super) fn end_of_line(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.find('\n').map_or(text.len(), |end| at + end + 1)
}

/// How the line that byte `at` is in ends, or the line before if it has no end. A file can mix line
/// ends.
pub(super) fn line_end(text: &str, at: usize) -> &'static str {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    let end = after.find('\n').map(|end| before.len() + end);
    let line = end.or_else(|| before.rfind('\n'));
    let line = line.and_then(|end| text.get(..end)).unwrap_or_default();
    if line.ends_with('\r') { "\r\n" } else { "\n" }
}

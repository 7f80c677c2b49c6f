//! What programs put around a message, line by line.
//!
//! In: the text of a log. Out: the text without colors, timestamps, marks of CI systems, frames and
//! escapes, and with the cells of tables put together, as a [`SquashedText`]. Refuses nothing.

use std::borrow::Cow;

use crate::denied::squash::{Gap, SquashedText};

/// The columns of the events that the SAM CLI shows.
const COLUMNS: [&str; 4] = [
    "ResourceStatus",
    "ResourceType",
    "LogicalResourceId",
    "ResourceStatusReason",
];

/// So far the last column of a table is indented at least.
const LEAST_INDENT: usize = 24;

/// The characters of frames.
const FRAME: [char; 6] = ['│', '┃', '║', '|', '╷', '╵'];

/// A text without what programs put around it.
pub(super) fn squashed(text: &str) -> SquashedText {
    let mut lines = LogLines::default();
    for line in text.lines() {
        lines.push(&unescaped(&plain(line)));
    }
    lines.flush();
    lines.text
}

/// The lines so far.
#[derive(Default)]
struct LogLines {
    text: SquashedText,
    /// The first character of each column of the table that the lines belong to.
    columns: Option<[usize; 4]>,
    row: TableRow,
    /// The line that began the last row of a table without a head.
    before: Vec<char>,
}

/// A row of a table: the pieces of each cell.
#[derive(Default)]
struct TableRow {
    cells: [Vec<String>; 4],
}

impl LogLines {
    fn push(&mut self, line: &str) {
        if let Some(columns) = header(line) {
            self.flush();
            self.columns = Some(columns);
            self.text.push(Gap::Line, line);
            return;
        }
        let chars: Vec<char> = line.chars().collect();
        if let Some(columns) = self.columns
            && self.cells(columns, &chars)
        {
            return;
        }
        if self.hangs(&chars) {
            self.text.push(Gap::Cell, line.trim());
        } else {
            self.before.clone_from(&chars);
            self.text.push(Gap::Line, line);
        }
    }

    /// Whether a line goes on with the last column of the line that began the row.
    fn hangs(&self, line: &[char]) -> bool {
        let indent = line.iter().take_while(|c| c.is_whitespace()).count();
        let begins = |at: usize| {
            self.before.get(at).is_some_and(|c| !c.is_whitespace())
                && self.before.get(at - 1).is_some_and(|c| c.is_whitespace())
        };
        indent >= LEAST_INDENT && indent < line.len() && begins(indent)
    }

    /// Adds a line to the table; `false` if it is not a line of it.
    fn cells(&mut self, columns: [usize; 4], line: &[char]) -> bool {
        let is_rule = |c: &char| matches!(c, '-' | '─' | '=' | '+');
        if line.iter().all(|c| c.is_whitespace() || is_rule(c)) {
            self.flush();
            return true;
        }
        let mut cells: [String; 4] = Default::default();
        for (at, cell) in cells.iter_mut().enumerate() {
            // A mark at the beginning of some lines moves them by one.
            let from = columns.get(at).map_or(0, |from| from.saturating_sub(1));
            let to = columns.get(at + 1).map_or(line.len(), |to| to - 1);
            let part = line.get(from..to.min(line.len())).unwrap_or_default();
            let part: String = part.iter().collect();
            part.trim()
                .trim_start_matches(',')
                .trim_start()
                .clone_into(cell);
        }
        let status = cells.first().map(String::as_str).unwrap_or_default();
        let is_status =
            |text: &str| text.len() > 4 && text.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        let has_words = |cell: &String| cell.contains(char::is_whitespace);
        if cells.iter().take(3).any(has_words) || !(status.is_empty() || is_status(status)) {
            self.flush();
            self.columns = None;
            return false;
        }
        let begins = is_status(status) && cells.get(1).is_some_and(|cell| cell.contains("::"));
        if begins {
            self.flush();
        }
        for (cell, part) in self.row.cells.iter_mut().zip(cells) {
            if !part.is_empty() {
                cell.push(part);
            }
        }
        true
    }

    fn flush(&mut self) {
        let row = std::mem::take(&mut self.row);
        for cell in row.cells {
            let mut gap = Gap::Line;
            for piece in cell {
                self.text.push(gap, &piece);
                gap = Gap::Cell;
            }
        }
    }
}

/// Where the columns of a table begin, if the line is its head.
fn header(line: &str) -> Option<[usize; 4]> {
    let mut columns = [0; 4];
    let mut from = 0;
    for (column, name) in columns.iter_mut().zip(COLUMNS) {
        let at = line.get(from..)?.find(name)? + from;
        *column = line.get(..at)?.chars().count();
        from = at + name.len();
    }
    // Before a shorter name, a longer one may begin.
    let is_order = columns.is_sorted() && columns.iter().skip(1).all(|at| *at > 8);
    is_order.then_some(columns)
}

/// A line without colors, timestamps, marks and frames.
fn plain(line: &str) -> Cow<'_, str> {
    let own = match line.rsplit_once('\t') {
        Some((before, after)) if is_timestamp(after) && before.contains('\t') => after,
        _ => line,
    };
    let own = uncolored(own);
    let mut rest: &str = own.trim_start_matches('\u{feff}');
    loop {
        let before = rest;
        let trimmed = rest.trim_start();
        if is_timestamp(trimmed) {
            rest = trimmed.split_once(' ').map_or("", |(_, after)| after);
        }
        if let Some(after) = trimmed
            .strip_prefix("##[")
            .or(trimmed.strip_prefix("[error]").map(|_| "]"))
        {
            rest = after.split_once(']').map_or("", |(_, after)| after);
        }
        if let Some(after) = trimmed.strip_prefix("::error") {
            rest = after.split_once("::").map_or("", |(_, after)| after);
        }
        if let Some(after) = trimmed.strip_prefix("> ") {
            rest = after;
        }
        if let Some(after) = trimmed.strip_prefix(FRAME) {
            rest = after;
        }
        if rest == before {
            break;
        }
    }
    let rest = rest.trim_end().trim_end_matches(FRAME);
    Cow::Owned(rest.to_owned())
}

/// Whether a line begins with a timestamp and a blank.
fn is_timestamp(line: &str) -> bool {
    let shape: String = line
        .chars()
        .take_while(|c| *c != ' ')
        .take(40)
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    shape.starts_with("0000-00-00T00:00:00") && line.contains(' ')
}

/// A line without what colors it, and with blanks for other control characters.
fn uncolored(line: &str) -> Cow<'_, str> {
    if !line.contains(|c: char| c.is_control() && c != '\t') {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            if chars.next_if_eq(&'[').is_some() {
                // Parameters, then one letter.
                while chars.next_if(|c| !c.is_ascii_alphabetic()).is_some() {}
                chars.next();
            } else if chars.next_if_eq(&']').is_some() {
                while chars.next_if(|c| *c != '\u{7}' && *c != '\u{1b}').is_some() {}
            }
        } else {
            out.push(if c.is_control() { ' ' } else { c });
        }
    }
    Cow::Owned(out)
}

/// A line without the escapes of JSON, XML and programs.
fn unescaped(line: &str) -> Cow<'_, str> {
    let is_special = |c: char| matches!(c, '\\' | '&' | '“' | '”' | '„' | '‘' | '’' | '«' | '»');
    if !line.contains(is_special) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(is_special) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let escape = ESCAPES.iter().find(|(escape, _)| from.starts_with(escape));
        let (escape, meant) = if let Some((escape, meant)) = escape {
            (escape.len(), *meant)
        } else {
            let first = from.chars().next().map_or(1, char::len_utf8);
            let (first, _) = from.split_at(first);
            (first.len(), first)
        };
        out.push_str(meant);
        rest = from.get(escape..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Escapes and quotes, and what they mean.
const ESCAPES: &[(&str, &str)] = &[
    ("\\\\\\\"", "\""),
    ("\\\\\"", "\""),
    ("\\\"", "\""),
    ("\\'", "'"),
    ("\\\\n", "\n"),
    ("\\n", "\n"),
    ("\\r", "\n"),
    ("\\t", " "),
    ("\\u0022", "\""),
    ("\\u0027", "'"),
    ("\\u002F", "/"),
    ("\\u002f", "/"),
    ("\\/", "/"),
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("&#39;", "'"),
    ("&apos;", "'"),
    ("&amp;", "&"),
    ("“", "\""),
    ("”", "\""),
    ("„", "\""),
    ("‘", "'"),
    ("’", "'"),
    ("«", "\""),
    ("»", "\""),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        squashed(text).after(0, 9999).to_owned()
    }

    #[test]
    fn marks_of_programs_go() {
        assert_eq!(
            of("deploy\tRun\t2024-05-06T12:34:56.1234567Z ##[error]\u{1b}[31mis not\u{1b}[0m ok"),
            "isnotok"
        );
        assert_eq!(of("│ is\n│   not ok │\n╵"), "isnotok");
        assert_eq!(of(r#"{"m": "on \"x\"\nso"#), r#"{"m":"on"x"so"#);
    }

    #[test]
    fn cells_are_put_together() {
        let table = "\
ResourceStatus           ResourceType             LogicalResourceId        ResourceStatusReason
-----------------------------------------------------------------------------------------------
CREATE_FAILED            AWS::IAM::Role           ThingRol                 API: iam:Cre
                                                  e                        ateRole
CREATE_FAILED            AWS::SQS::Queue          Queue                    stopped
Done with it
";
        assert_eq!(
            of(table),
            "ResourceStatusResourceTypeLogicalResourceIdResourceStatusReason\
             CREATE_FAILEDAWS::IAM::RoleThingRoleAPI:iam:CreateRole\
             CREATE_FAILEDAWS::SQS::QueueQueuestoppedDonewithit"
        );
    }
}

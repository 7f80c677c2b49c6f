//! The lines that differ, as text. Refuses nothing.
//!
//! The hard thing: line ends. They are shown (as `\r`) only if lines differ in them, since a
//! file that uses one kind throughout would else be full of them.

use std::io;
use std::ops::Range;

use crate::diff::Comparison;
use crate::diff::lines::emphasis::Emphasis;
use crate::diff::lines::{DiffLine, LineKind};

use crate::report::escape::visible;
use crate::report::hunk::{NO_LINE_END, has_both_line_ends, head};
use crate::report::paint::{Color, Paint};
use crate::report::text::TextPage;

impl TextPage<'_> {
    pub(super) fn unified(&mut self, file: &Comparison<'_>) -> io::Result<()> {
        let against = file.against.as_deref().unwrap_or("/dev/null");
        for (mark, path) in [("---", against), ("+++", file.path.as_str())] {
            let line = self.paint(Paint::Title, &format!("{mark} {}", visible(path)));
            writeln!(self.out, "{line}")?;
        }
        let shows_returns = has_both_line_ends(&file.hunks);
        let mut emphasis = Emphasis::default();
        for hunk in &file.hunks {
            let head = self.paint(Paint::Head, &head(hunk));
            writeln!(self.out, "{head}")?;
            let emphasis = match self.color {
                Color::On => emphasis.of(hunk),
                Color::Off => Vec::new(),
            };
            for (at, line) in hunk.lines.iter().enumerate() {
                let emphasis = emphasis.get(at).map_or(&[][..], Vec::as_slice);
                self.line(line, emphasis, shows_returns)?;
            }
        }
        Ok(())
    }

    fn line(
        &mut self,
        line: &DiffLine<'_>,
        emphasis: &[Range<usize>],
        shows_returns: bool,
    ) -> io::Result<()> {
        let (mark, around, within) = match line.kind {
            LineKind::Context => (" ", Paint::Plain, Paint::Plain),
            LineKind::Removed => ("-", Paint::Removed, Paint::RemovedWithin),
            LineKind::Added => ("+", Paint::Added, Paint::AddedWithin),
        };
        if self.color == Color::On && line.kind != LineKind::Context {
            write!(self.out, "{}", self.paint(around, mark))?;
            let content = line.content();
            let mut at = 0;
            for range in emphasis {
                let (start, end) = (range.start.min(content.len()), range.end.min(content.len()));
                self.piece(around, content.get(at..start))?;
                self.piece(within, content.get(start..end))?;
                at = end;
            }
            self.piece(around, content.get(at..))?;
        } else {
            self.out.write_all(mark.as_bytes())?;
            self.out.write_all(visible(line.content()).as_bytes())?;
        }
        if shows_returns {
            self.piece(within, Some(line.ending().trim_end_matches('\n')))?;
        }
        self.out.write_all(b"\n")?;
        if line.ending().is_empty() {
            writeln!(self.out, "{NO_LINE_END}")?;
        }
        Ok(())
    }

    fn piece(&mut self, what: Paint, text: Option<&str>) -> io::Result<()> {
        let text = visible(text.unwrap_or_default());
        write!(self.out, "{}", self.paint(what, &text))
    }
}

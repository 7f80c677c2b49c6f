//! Text to colored text.
//!
//! In: text and what it is. Out: the text between the terminal's own codes, or as it is if no
//! color is wanted. Refuses nothing.
//!
//! The hard part: after emphasis within a colored line, the line needs its color back, so every
//! piece is painted by itself.

use anstyle::{AnsiColor, Style};

/// Whether output is colored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// A title, or the verdict.
    Title,
    /// Something new.
    Added,
    /// Something removed.
    Removed,
    /// Something that differs.
    Changed,
    /// The part of a new line that the old one does not have.
    AddedWithin,
    /// The part of an old line that the new one does not have.
    RemovedWithin,
    /// The head of a hunk.
    Head,
    /// Anything else.
    Plain,
}

impl Paint {
    fn style(self) -> Style {
        let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
        match self {
            Paint::Title => Style::new().bold(),
            Paint::Added => color(AnsiColor::Green),
            Paint::Removed => color(AnsiColor::Red),
            Paint::Changed => color(AnsiColor::Yellow),
            Paint::AddedWithin => color(AnsiColor::Green).bold().underline(),
            Paint::RemovedWithin => color(AnsiColor::Red).bold().underline(),
            Paint::Head => color(AnsiColor::Cyan),
            Paint::Plain => Style::new(),
        }
    }
}

/// `text`, painted if `color` is on.
pub(crate) fn paint(color: Color, paint: Paint, text: &str) -> String {
    if color == Color::Off || text.is_empty() {
        return text.to_owned();
    }
    let style = paint.style();
    format!("{style}{text}{style:#}")
}

//! Text to coloured text.
//!
//! In: text and what it is. Out: the text between the terminal's own codes, or as it is where no
//! colour is wanted.
//!
//! The hard thing: emphasis within a coloured line must give the line its colour back, so every
//! piece is painted by itself.

use anstyle::{AnsiColor, Style};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// A title, or the verdict.
    Title,
    /// Something new.
    Added,
    /// Something gone.
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
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        match self {
            Paint::Title => Style::new().bold(),
            Paint::Added => colour(AnsiColor::Green),
            Paint::Removed => colour(AnsiColor::Red),
            Paint::Changed => colour(AnsiColor::Yellow),
            Paint::AddedWithin => colour(AnsiColor::Green).bold().underline(),
            Paint::RemovedWithin => colour(AnsiColor::Red).bold().underline(),
            Paint::Head => colour(AnsiColor::Cyan),
            Paint::Plain => Style::new(),
        }
    }
}

/// `text` painted, where `coloured`.
pub(crate) fn paint(coloured: bool, paint: Paint, text: &str) -> String {
    if !coloured || text.is_empty() {
        return text.to_owned();
    }
    let style = paint.style();
    format!("{style}{text}{style:#}")
}

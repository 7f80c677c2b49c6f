//! Text of the input, made safe to show.
//!
//! In: any text. Out: the text with escapes. Refuses nothing.

use std::path::Path;

/// Text of the input, as diagnostics show it.
pub trait Shown {
    /// The text with escapes for what does not show, or would steer a terminal.
    fn shown(&self) -> String;
}

impl Shown for str {
    fn shown(&self) -> String {
        let mut out = String::with_capacity(self.len());
        for c in self.chars() {
            match c {
                '\'' | '"' | '\\' => out.push(c),
                c => out.extend(c.escape_debug()),
            }
        }
        out
    }
}

impl Shown for Path {
    fn shown(&self) -> String {
        self.display().to_string().shown()
    }
}

/// The names in backticks, with commas between them.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names
        .into_iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// How many names a help shows of those that there are.
const MOST_LISTED: usize = 10;

/// The first of the names in backticks, and how many more there are.
pub fn list_some<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(Shown::shown).collect();
    let first = names.iter().take(MOST_LISTED).map(String::as_str);
    let first = list(first);
    match names.len().saturating_sub(MOST_LISTED) {
        0 => first,
        more => format!("{first}, and {more} more"),
    }
}

/// The beginning of a text of the input, as diagnostics show it.
pub fn shorten(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("{}{dots}", short.shown())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_names_the_first_are_shown() {
        let names: Vec<String> = (1..=12).map(|at| format!("A{at}")).collect();
        let names = || names.iter().map(String::as_str);
        let ten = "`A1`, `A2`, `A3`, `A4`, `A5`, `A6`, `A7`, `A8`, `A9`, `A10`";
        assert_eq!(list_some(names().take(10)), ten);
        assert_eq!(list_some(names()), format!("{ten}, and 2 more"));
        assert_eq!(list_some(["a\nb"]), "`a\\nb`");
    }
}

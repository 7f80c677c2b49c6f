//! Text of the input, made safe to show.
//!
//! In: any text. Out: the text with escapes. Refuses nothing.

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

/// The names in backticks, with commas between them.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names
        .into_iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The beginning of a text of the input, as diagnostics show it.
pub fn shorten(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("{}{dots}", short.shown())
}

//! The built-in partials as a list. Refuses nothing.

/// One built-in partial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialLine {
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence.
    pub summary: String,
    /// The options that it reads.
    pub options: Vec<String>,
}

/// The partials, one per line, the options of each on a separate line.
pub fn list(lines: &[PartialLine]) -> String {
    let width = lines.iter().map(|line| line.name.len()).max().unwrap_or(0);
    let shown = |line: &PartialLine| {
        let options = if line.options.is_empty() {
            String::new()
        } else {
            format!("    options: {}\n", line.options.join(", "))
        };
        format!("{:width$}  {}\n{options}", line.name, line.summary)
    };
    lines.iter().map(shown).collect()
}

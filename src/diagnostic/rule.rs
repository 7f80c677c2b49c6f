//! What can be wrong, and how bad that is.
//!
//! Plain data: it refuses nothing. Each module declares its own rules; `registry` knows all.

/// How bad what a [`Rule`] finds is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Nothing is written.
    Error,
    /// The output is written, but you should look at this.
    Warning,
    /// The output is written; look at this when there is time.
    Note,
}

/// One thing that can be wrong, and its stable name.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable name, in kebab case; what `error[...]` shows.
    pub id: &'static str,
    /// How bad it is.
    pub level: Level,
    /// One sentence: what is wrong.
    pub summary: &'static str,
    /// The page of the rule: what it finds, why it matters, an example, and what to write instead.
    pub explanation: &'static str,
}

//! How much of a template the rules look at.
//!
//! In: nothing. Out: [`LintScope`]. Refuses nothing.

/// What the rules look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LintScope {
    /// The macros: what every command that reads a template looks at.
    Macros,
    /// What is written by hand also, as `lint` alone does.
    Everything,
}

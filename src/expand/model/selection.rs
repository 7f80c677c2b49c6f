//! Which accounts a macro's targets reach.

/// One account that a target reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Index of the target in the arguments.
    pub target: usize,
    /// The account's logical id.
    pub account: String,
}

//! Comparisons to text for a terminal, Markdown for a pull request, JSON, SARIF, HTML, or annotations.
//!
//! In: the comparisons of a run. Out: text. Who gains and loses access comes first, then a summary
//! by account, then the resources with what changed in them, then the lines. What changed alike in many
//! accounts is told once, with `<account>` where the account's id stands. Nothing is refused.
//!
//! The hard thing: what is shown comes from files that somebody else may have written. It must
//! neither steer the terminal nor the page that it is shown on: see `escape`.

mod access;
pub(super) mod escape;
mod fold;
mod github;
mod html;
mod json;
mod markdown;
mod outline;
mod paint;
mod picture;
mod sarif;
mod text;
mod verdict;

#[cfg(test)]
mod tests;

pub use access::access_verdict;
pub use github::github;
pub use html::html;
pub use json::json;
pub use markdown::{MARKDOWN_LIMIT, markdown};
pub use sarif::sarif;
pub use text::text;
pub use verdict::verdict;

/// Which parts of a comparison are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Parts {
    /// All of them.
    #[default]
    All,
    /// Who gains and who loses access.
    Access,
    /// The summary by account and the resources.
    Resources,
    /// The lines that differ.
    Text,
}

impl Parts {
    fn has_access(self) -> bool {
        matches!(self, Parts::All | Parts::Access)
    }

    fn has_resources(self) -> bool {
        matches!(self, Parts::All | Parts::Resources)
    }

    fn has_text(self) -> bool {
        matches!(self, Parts::All | Parts::Text)
    }
}

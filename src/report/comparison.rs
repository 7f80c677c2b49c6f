//! Comparisons to text for a terminal, Markdown for a pull request, JSON, SARIF, HTML, or annotations.
//!
//! In: the comparisons of a run. Out: text. Who gains and loses access comes first, then a summary
//! by account, then the resources with what changed in them, then the lines. What changed alike in many
//! accounts is told once, with `<account>` where the account's id stands. Nothing is refused.
//!
//! The hard thing: what is shown comes from files that somebody else may have written. It must
//! neither steer the terminal nor the page that it is shown on: see `escape`.

pub use crate::report::access::access_verdict;
pub use crate::report::github::github;
pub use crate::report::html::html;
pub use crate::report::json::json;
pub use crate::report::markdown::{MARKDOWN_LIMIT, markdown};
pub use crate::report::sarif::sarif;
pub use crate::report::text::text;
pub use crate::report::verdict::verdict;

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
    pub(crate) fn has_access(self) -> bool {
        matches!(self, Parts::All | Parts::Access)
    }

    pub(crate) fn has_resources(self) -> bool {
        matches!(self, Parts::All | Parts::Resources)
    }

    pub(crate) fn has_text(self) -> bool {
        matches!(self, Parts::All | Parts::Text)
    }
}

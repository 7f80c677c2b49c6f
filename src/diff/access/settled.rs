//! Comments that settle a "maybe": `# deploy-roles: allow[undecided] reason`.
//!
//! In: both texts. Out: the resources and sections that have the same comment on both sides. Refuses
//! nothing.
//!
//! The hard part: nobody waves through a change of their own. A comment counts only if the previous
//! text has it already, at the same place, for a resource of the same type, with the same reason.

use std::collections::{BTreeMap, HashMap};

use memchr::memmem;

use crate::diff::rules::UNDECIDED;
use crate::source::FileId;
use crate::template::blocks::RESOURCES;
use crate::yaml::allow::{AllowComment, comments, may_have_comments, number_of};
use crate::yaml::node::Entry;
use crate::yaml::parse::parse;

/// What is settled, by logical id or `section NAME`, each with the reason.
#[derive(Debug, Default)]
pub(super) struct Settled {
    reasons: HashMap<String, String>,
}

/// What one text says at the place of a resource or section.
#[derive(Debug, PartialEq, Eq)]
struct CommentedPlace {
    reason: String,
    resource_type: Option<String>,
}

impl Settled {
    /// What the comments of both texts settle.
    pub(super) fn between(old: &str, new: &str) -> Self {
        let may_settle = |text: &str| {
            memmem::find(text.as_bytes(), UNDECIDED.id.as_bytes()).is_some()
                && may_have_comments(text)
        };
        if !may_settle(old) || !may_settle(new) {
            return Self::default();
        }
        let (old, mut new) = (commented(old), commented(new));
        let both = old.into_iter().filter_map(|(what, place)| {
            let is_same = new.remove(&what)? == place;
            is_same.then_some((what, place.reason))
        });
        Self {
            reasons: both.collect(),
        }
    }

    /// Why what changed at `what` is fine, if a comment says so.
    pub(super) fn reason(&self, what: &str) -> Option<&str> {
        self.reasons.get(what).map(String::as_str)
    }
}

/// The resources and sections of `text` that have a comment with a reason.
fn commented(text: &str) -> BTreeMap<String, CommentedPlace> {
    let mut found = BTreeMap::new();
    let Ok(document) = parse(FileId(0), text) else {
        return found;
    };
    let (comments, _) = comments(FileId(0), text, &document.root);
    let is_wanted = |comment: &&AllowComment| {
        let mut ids = comment.ids.iter();
        !comment.reason.is_empty() && ids.any(|(id, _)| id == UNDECIDED.id)
    };
    let by_line: HashMap<usize, &AllowComment> = comments
        .iter()
        .filter(is_wanted)
        .flat_map(|comment| comment.lines.iter().map(move |line| (*line, comment)))
        .collect();
    let mut add = |what: String, entry: &Entry| {
        if let Some(comment) = by_line.get(&number_of(text, entry.key.span.start)) {
            let kind = entry.value.get("Type").and_then(|kind| kind.text());
            let place = CommentedPlace {
                reason: comment.reason.clone(),
                resource_type: kind.map(str::to_owned),
            };
            found.insert(what, place);
        }
    };
    for entry in document.root.entries().unwrap_or_default() {
        match entry.key.text() {
            Some(RESOURCES) => {
                for resource in entry.value.entries().unwrap_or_default() {
                    if let Some(id) = resource.key.text() {
                        add(id.to_owned(), resource);
                    }
                }
            }
            Some(name) => add(format!("section {name}"), entry),
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "\
Resources:
  # deploy-roles: allow[undecided] looked at
  A:
    Type: X
  B: # deploy-roles: allow[undecided, other] looked at
    Type: X
# deploy-roles: allow[undecided] looked at
Parameters: {}
";

    fn settled(new: &str) -> Vec<String> {
        let settled = Settled::between(OLD, new);
        let mut what: Vec<String> = settled.reasons.into_keys().collect();
        what.sort();
        what
    }

    #[test]
    fn the_same_comment_on_both_sides_settles() {
        assert_eq!(settled(OLD), ["A", "B", "section Parameters"]);
        let moved = OLD.replace("    Type: X\n", "    Type: X\n    More: 1\n");
        assert_eq!(settled(&moved), ["A", "B", "section Parameters"]);
    }

    #[test]
    fn another_comment_settles_nothing() {
        assert_eq!(settled(&OLD.replace("looked at", "fine")), [""; 0]);
        assert_eq!(settled(&OLD.replace("looked at", "")), [""; 0]);
        assert_eq!(settled(&OLD.replace("undecided", "known")), [""; 0]);
        assert_eq!(
            settled(&OLD.replace("Type: X", "Type: Y")),
            ["section Parameters"]
        );
        let new = OLD.replace("  A:", "  C: 1\n  A:");
        assert_eq!(settled(&new), ["B", "section Parameters"]);
        // Only the new text has it.
        let without = OLD.replace("# deploy-roles", "# see");
        assert!(Settled::between(&without, OLD).reasons.is_empty());
        let quoted = OLD.replace("  # deploy-roles: allow[undecided] looked at\n  A:", "  A:");
        assert_eq!(settled(&quoted), ["B", "section Parameters"]);
    }
}

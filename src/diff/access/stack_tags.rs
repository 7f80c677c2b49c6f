//! Tags that the stacks of a file give to what they create, and parameters that are not known to be as before.
//!
//! In: what the tasks of both sides say, and the policies of both files and of the organization. Out: an
//! [`Undecided`](crate::diff::access::changes::Undecided) if a policy may look at a tag that changed.
//! Refuses nothing: where CloudFormation does not tag, or the resource has a tag of its own, it is one too.
//!
//! CloudFormation gives the tags of a stack to each resource in it that can have some (`CloudFormation` user
//! guide, "Resource tags"). IAM does not tell capital from small letters in the keys of conditions.

use std::collections::HashSet;

use crate::diff::access::changes::Access;
use crate::diff::access::comparer::Comparer;
use crate::diff::access::scope::is_same_organization;
use crate::template::display::shown;
use crate::template::task::StackTags;

/// How the keys of conditions end that look at the tags of principals and resources, in lower case. The rest is
/// the key of the tag.
const TAG: &str = "tag/";

/// How the key begins that looks at the tags in a request, which no stack gives.
const OF_REQUEST: &str = "request";

impl Comparer<'_, '_> {
    /// Reports tags of the stacks that changed, if policies look at them.
    pub(super) fn changed_stack_tags(&self, access: &mut Access) {
        let (Some(task), false, false) = (
            self.known.task,
            self.old.resources.is_empty(),
            self.new.resources.is_empty(),
        ) else {
            return;
        };
        let before = self.known.task_before.unwrap_or(task);
        let (known, known_before) = (self.known.organization, self.known.organization_before());
        let changed = task.changed_tags(before, is_same_organization(known_before, known));
        if changed != StackTags::Keys(Vec::new()) && self.looks_at(&changed) {
            let why = "policies look at its tags, and the task may give it other ones than before";
            self.report("the stack".to_owned(), why, access);
        }
    }

    /// Reports parameters that the task may have given other values than before, if policies refer to them.
    pub(super) fn unsure_parameters(&self, access: &mut Access) {
        let before = self.known.task_before.map(|task| &task.unsure);
        let names: HashSet<&str> = before.into_iter().flatten().map(String::as_str).collect();
        let why = "policies refer to it, and what the task gives it may not be what it was";
        for name in self.referred(&names) {
            self.report(format!("the parameter {name}"), why, access);
        }
    }

    /// Whether a policy of either side may look at one of these tags.
    fn looks_at(&self, tags: &StackTags) -> bool {
        let resources = self.old.resources.iter().chain(&self.new.resources);
        let mut resources = resources.map(|resource| {
            let data = self.data_of(resource)?;
            Some(names(resource.text, tags) || names(&shown(&data), tags))
        });
        let organizations = [self.known.organization, self.known.organization_before()];
        let policies = organizations.map(|organization| &organization.control.policies);
        let mut policies = policies.into_iter().flatten().map(|policy| {
            let text = serde_yaml::to_string(policy.document.as_ref()?).ok()?;
            Some(names(&text, tags))
        });
        // What cannot be read may look at any tag.
        resources.any(|found| found != Some(false)) || policies.any(|found| found != Some(false))
    }
}

/// Whether a key of a condition, or a variable, in `text` may mean one of the tags.
fn names(text: &str, tags: &StackTags) -> bool {
    let text = text.to_lowercase();
    let mut found = text.match_indices(TAG).filter(|(at, _)| {
        let before = text.get(..*at).unwrap_or_default();
        !before.ends_with(OF_REQUEST)
    });
    found.any(|(at, mark)| {
        let rest = text.get(at + mark.len()..).unwrap_or_default();
        // The key is put together from pieces, or written with escapes.
        let is_open = !rest.starts_with(|next: char| next.is_alphanumeric());
        match tags {
            StackTags::NotKnown => true,
            StackTags::Keys(keys) => {
                is_open || keys.iter().any(|key| rest.starts_with(&key.to_lowercase()))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_looked_at_by_its_key_in_any_case() {
        let tags = |key: &str| StackTags::Keys(vec![key.to_owned()]);
        for text in [
            "'aws:PrincipalTag/team': payments",
            "aws:resourcetag/TEAM: payments",
            "arn:aws:s3:::${aws:PrincipalTag/Team}/*",
            "rds:db-tag/team",
            "Fn::Join: ['', ['aws:PrincipalTag/', x]]",
            "aws:PrincipalTag/${Key}",
        ] {
            assert!(names(text, &tags("Team")), "{text}");
            assert!(names(text, &StackTags::NotKnown), "{text}");
        }
        for text in [
            "'aws:PrincipalTag/cost': x",
            "aws:RequestTag/team: x",
            "team: payments",
        ] {
            assert!(!names(text, &tags("team")), "{text}");
        }
        assert!(names("aws:PrincipalTag/cost", &StackTags::NotKnown));
    }
}

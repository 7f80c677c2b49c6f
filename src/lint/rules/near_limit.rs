//! `near-limit`.

use crate::aws::partitions::Region;
use crate::aws::quotas::{
    ATTACHED_POLICIES_LIMIT, GROUP_INLINE_LIMIT, MANAGED_POLICY_LIMIT, ROLE_INLINE_LIMIT,
    TRUST_POLICY_LIMIT, USER_INLINE_LIMIT,
};
use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::iam::document::DocumentKind;
use crate::iam::size::Resolution;
use crate::lint::policies::{WrittenDocument, WrittenResource};
use crate::lint::subject::Subject;

pub(crate) const RULE: Rule = Rule {
    id: "near-limit",
    level: Level::Note,
    summary: "A policy has nearly reached a limit of IAM",
    explanation: include_str!("../../../docs/rules/near-limit.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    // What a parameter will be is not known, and counts as nothing: no size is too large.
    let sizes = Resolution::new(&Region("us-east-1".to_owned()));
    let size = |kind: DocumentKind, at: usize| {
        let documents = subject.policies.documents.iter();
        let own =
            |document: &&WrittenDocument| document.resource == Some(at) && document.kind == kind;
        documents
            .filter(own)
            .map(|document| sizes.size(&document.value))
            .sum::<usize>()
    };
    for (at, resource) in subject.policies.resources.iter().enumerate() {
        let limit = match resource.kind.as_str() {
            "ManagedPolicy" => Some((MANAGED_POLICY_LIMIT, "its document")),
            "Role" => Some((ROLE_INLINE_LIMIT, "its inline policies")),
            "User" => Some((USER_INLINE_LIMIT, "its inline policies")),
            "Group" => Some((GROUP_INLINE_LIMIT, "its inline policies")),
            _ => None,
        };
        let used = size(DocumentKind::Identity, at);
        problems.extend(
            limit.and_then(|(limit, what)| near(resource, what, "characters", [used, limit])),
        );
        let used = size(DocumentKind::Trust, at);
        let limit = [used, TRUST_POLICY_LIMIT];
        problems.extend(near(resource, "its trust policy", "characters", limit));
        let attached = resource.property(subject.library, "ManagedPolicyArns");
        let attached = attached.map_or(0, |node| subject.library.items(&node).len());
        let limit = [attached, ATTACHED_POLICIES_LIMIT];
        problems.extend(near(resource, "it", "managed policies", limit));
    }
}

/// A finding if at least nine tenths of the limit are used.
fn near(
    resource: &WrittenResource,
    what: &str,
    of: &str,
    [used, limit]: [usize; 2],
) -> Option<Diagnostic> {
    (used * 10 >= limit * 9).then(|| {
        let level = if used > limit {
            Level::Warning
        } else {
            Level::Note
        };
        let message = format!(
            "`{}`: {what} has {used} of the {limit} {of} that IAM allows",
            resource.id.shown()
        );
        let message = message.replace("policies has", "policies have");
        Diagnostic::new(&RULE, resource.span, message)
            .level(level)
            .help("move statements to a managed policy of their own, or name less with patterns")
    })
}

//! `fixed-partition`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::aws::partitions::{REGIONS, partition};
use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::iam::document::DocumentKind;
use crate::lint::policies::PolicyItem;
use crate::lint::subject::Subject;
use crate::source::Span;
use crate::yaml::lookup::Field;
use crate::yaml::node::Node;

pub(crate) const RULE: Rule = Rule {
    id: "fixed-partition",
    level: Level::Note,
    summary: "ARNs that leave their region or account open are for one partition only",
    explanation: include_str!("../../../docs/rules/fixed-partition.md"),
};

const IAM: &str = "AWS::IAM::";
const FIXED: &str = "arn:aws:";
const OPEN: [&str; 2] = ["${AWS::Region}", "${AWS::AccountId}"];

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    if !is_for_any_partition(subject) {
        return;
    }
    let documents = subject.policies.documents.iter();
    let documents = documents.filter(|document| {
        let known = [DocumentKind::Identity, DocumentKind::Trust];
        known.contains(&document.kind)
    });
    let statements = documents.flat_map(|document| &document.statements);
    let items = statements.flat_map(|statement| {
        let principals = statement.principals.iter().map(|(_, item)| item);
        statement.resources.iter().chain(principals)
    });
    // A document with an anchor is there as often as it is used.
    let found: BTreeSet<(usize, usize)> = items
        .clone()
        .filter(|item| is_fixed(item))
        .map(|item| (item.span.start, item.span.end))
        .collect();
    let mut items = items;
    if let Some(first) = items.find(|item| is_fixed(item)) {
        problems.push(fixed(first.span, found.len()));
    }
}

/// Whether the template may be deployed in another partition: a region of it is not known or is elsewhere, or
/// somebody else gives it the values of its parameters.
fn is_for_any_partition(subject: &Subject<'_>) -> bool {
    let library = subject.library;
    let root = &subject.planned.template.document.root;
    let field = |node: &Arc<Node>, key: &str| library.field(node, key).ok().flatten();
    let entries = |key: &str| {
        let section = field(root, key).and_then(|node| library.mapping(&node).ok());
        section.unwrap_or_default()
    };
    let is_given = |parameter: &Field| field(&parameter.value, "Default").is_none();
    if entries("Parameters").iter().any(is_given) {
        return true;
    }
    let default = field(root, "DefaultOrganizationBindingRegion");
    entries("Resources")
        .iter()
        .filter(|resource| {
            let kind = field(&resource.value, "Type");
            kind.is_some_and(|kind| kind.text().is_some_and(|kind| kind.starts_with(IAM)))
        })
        .any(|resource| {
            let binding = field(&resource.value, "OrganizationBinding");
            let own = binding.and_then(|binding| field(&library.follow(&binding), "Region"));
            let regions = own.or_else(|| default.clone());
            let regions = regions.map_or_else(Vec::new, |node| library.items(&node));
            regions.is_empty() || !regions.iter().all(|node| is_here(&library.follow(node)))
        })
}

/// Whether a region is known and in the partition that is written.
fn is_here(region: &Arc<Node>) -> bool {
    let text = region.text().filter(|_| region.tag.is_none());
    text.is_some_and(|text| REGIONS.contains(&text) && partition(text) == "aws")
}

/// Whether it is written for any region or account, and for one partition.
fn is_fixed(item: &PolicyItem) -> bool {
    item.written
        .as_ref()
        .is_some_and(|text| text.starts_with(FIXED) && OPEN.iter().any(|open| text.contains(open)))
}

fn fixed(span: Span, count: usize) -> Diagnostic {
    let others = match count - 1 {
        0 => String::new(),
        1 => ", as does 1 other ARN of this template".to_owned(),
        others => format!(", as do {others} other ARNs of this template"),
    };
    let message = format!(
        "this leaves its region or account open, and matches nothing in China and GovCloud{others}"
    );
    Diagnostic::new(&RULE, span, message)
        .help("write `arn:${AWS::Partition}:` in a `!Sub` instead of `arn:aws:`")
}

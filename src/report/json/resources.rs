//! The summary by account, the resources and the sections, as JSON. Refuses nothing.

use serde::Serialize;

use crate::diff::resources::{
    AccountSummary, Change, ChangeKind, Detail, PolicyDocument, ResourceChange, SectionChange,
};

#[derive(Serialize)]
pub(super) struct AccountJson<'a> {
    account: &'a str,
    added: usize,
    changed: usize,
    removed: usize,
}

impl<'a> AccountJson<'a> {
    pub(super) fn of(summary: &'a AccountSummary) -> Self {
        Self {
            account: &summary.account,
            added: summary.added,
            changed: summary.changed,
            removed: summary.removed,
        }
    }
}

#[derive(Serialize)]
pub(super) struct SectionJson<'a> {
    name: &'a str,
    change: &'static str,
}

impl<'a> SectionJson<'a> {
    pub(super) fn of(section: &'a SectionChange) -> Self {
        Self {
            name: &section.name,
            change: word(section.kind),
        }
    }
}

fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::Removed => "removed",
    }
}

#[derive(Serialize)]
pub(super) struct ResourceJson<'a> {
    logical_id: &'a str,
    r#type: &'a str,
    accounts: &'a [String],
    name: Option<&'a str>,
    change: &'static str,
    details: Vec<DetailJson<'a>>,
}

impl<'a> ResourceJson<'a> {
    pub(super) fn of(resource: &'a ResourceChange) -> Self {
        Self {
            logical_id: &resource.logical_id,
            r#type: &resource.resource_type,
            accounts: &resource.accounts,
            name: resource.name.as_deref(),
            change: word(resource.kind),
            details: resource.details.iter().map(DetailJson::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct DetailJson<'a> {
    document: Option<DocumentJson<'a>>,
    statement: Option<&'a str>,
    element: Option<&'a str>,
    #[serde(flatten)]
    change: ChangeJson<'a>,
}

impl<'a> DetailJson<'a> {
    fn of(detail: &'a Detail) -> Self {
        Self {
            document: detail.document.as_ref().map(DocumentJson::of),
            statement: detail.statement.as_deref(),
            element: detail.element.as_deref(),
            change: ChangeJson::of(&detail.change),
        }
    }
}

#[derive(Serialize)]
struct DocumentJson<'a> {
    kind: &'static str,
    name: Option<&'a str>,
}

impl<'a> DocumentJson<'a> {
    fn of(document: &'a PolicyDocument) -> Self {
        let (kind, name) = match document {
            PolicyDocument::Trust => ("trust", None),
            PolicyDocument::Inline(name) => ("inline", Some(name.as_str())),
            PolicyDocument::Attribute(name) => ("attribute", Some(name.as_str())),
        };
        Self { kind, name }
    }
}

#[derive(Serialize)]
#[serde(tag = "change", rename_all = "lowercase")]
enum ChangeJson<'a> {
    Added {
        from: Option<&'a str>,
        to: Option<&'a str>,
    },
    Removed {
        from: Option<&'a str>,
        to: Option<&'a str>,
    },
    Replaced {
        from: Option<&'a str>,
        to: Option<&'a str>,
    },
    Items {
        added: &'a [String],
        removed: &'a [String],
    },
    Reordered {},
}

impl<'a> ChangeJson<'a> {
    fn of(change: &'a Change) -> Self {
        match change {
            Change::Added(value) => ChangeJson::Added {
                from: None,
                to: value.as_deref(),
            },
            Change::Removed(value) => ChangeJson::Removed {
                from: value.as_deref(),
                to: None,
            },
            Change::Replaced { from, to } => ChangeJson::Replaced {
                from: Some(from),
                to: Some(to),
            },
            Change::Items { added, removed } => ChangeJson::Items { added, removed },
            Change::Reordered => ChangeJson::Reordered {},
        }
    }
}

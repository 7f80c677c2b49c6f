//! Changes of many accounts to what is shown once.
//!
//! In: resource changes and account summaries. Out: [`ResourceFold`]s and [`SummaryRow`]s: changes
//! that are equal but for the account, with the accounts. Refuses and omits nothing.
//!
//! The hard thing is not to fold what only looks alike: two changes are folded if each, with
//! `<account>` in place of its own account, is the same text.

use std::sync::Arc;

use foldhash::HashMap;

use crate::diff::resources::{AccountSummary, Change, Detail, PolicyDocument, ResourceChange};

use crate::report::count::thousands;

/// What replaces the account's id if a change is shown for several accounts.
const ACCOUNT: &str = "<account>";
/// How many accounts are named if a change is shown for several.
const NAMED_ACCOUNTS: usize = 10;
/// With more accounts than this, those with equal counts share a row of the summary.
const SUMMARY_ROWS: usize = 20;

/// A change of one resource, or of like resources of several accounts.
#[derive(Clone, Debug)]
pub(crate) struct ResourceFold<'a> {
    /// The change, with `<account>` in it if there are several.
    pub(crate) change: ResourceChange,
    /// The accounts, one per resource, if it represents several resources; else the resource's
    /// own accounts.
    pub(crate) accounts: Vec<&'a str>,
    /// How many resources it represents.
    pub(crate) count: usize,
}

/// The changes of `resources`, like ones folded, in the order of their first.
pub(crate) fn fold(resources: &[ResourceChange]) -> Vec<ResourceFold<'_>> {
    let mut folds: Vec<ResourceFold<'_>> = Vec::new();
    let mut known: HashMap<ResourceChange, usize> = HashMap::default();
    for resource in resources {
        if let [account] = resource.accounts.as_slice() {
            let template = template(resource, account);
            let at = *known.entry(template).or_insert(folds.len());
            if let Some(fold) = folds.get_mut(at) {
                fold.accounts.push(account);
                fold.count += 1;
                continue;
            }
        }
        folds.push(ResourceFold {
            change: resource.clone(),
            accounts: resource.accounts.iter().map(String::as_str).collect(),
            count: 1,
        });
    }
    for fold in folds.iter_mut().filter(|fold| fold.count > 1) {
        if let Some(account) = fold.accounts.first() {
            fold.change = template(&fold.change, account);
        }
    }
    folds
}

/// `change` with `<account>` in place of `account`.
fn template(change: &ResourceChange, account: &str) -> ResourceChange {
    let letters: String = account
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let text = |text: &str| {
        let text = replaced(text, account);
        if letters == account {
            text
        } else {
            replaced(&text, &letters)
        }
    };
    ResourceChange {
        logical_id: text(&change.logical_id),
        resource_type: change.resource_type.clone(),
        accounts: Vec::new(),
        name: change.name.as_deref().map(text),
        kind: change.kind,
        details: match &*change.details {
            [] => Arc::clone(&change.details),
            details => details
                .iter()
                .map(|detail| detail_template(detail, &text))
                .collect(),
        },
    }
}

/// `text` with `<account>` in place of `id`. It is short: to prepare a search would take longer than the search.
fn replaced(text: &str, id: &str) -> String {
    let Some(first) = id.bytes().next() else {
        return text.to_owned();
    };
    let mut out = String::with_capacity(text.len() + ACCOUNT.len());
    let (mut done, mut from) = (0, 0);
    while let Some(at) = memchr::memchr(first, text.as_bytes().get(from..).unwrap_or_default()) {
        from += at;
        if text.get(from..).is_some_and(|rest| rest.starts_with(id)) {
            out.push_str(text.get(done..from).unwrap_or_default());
            out.push_str(ACCOUNT);
            from += id.len();
            done = from;
        } else {
            from += 1;
        }
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

fn detail_template(detail: &Detail, text: &impl Fn(&str) -> String) -> Detail {
    let all = |items: &[String]| items.iter().map(|item| text(item)).collect();
    let option = |item: &Option<String>| item.as_deref().map(text);
    Detail {
        document: detail.document.as_ref().map(|document| match document {
            PolicyDocument::Inline(name) => PolicyDocument::Inline(text(name)),
            other => other.clone(),
        }),
        statement: option(&detail.statement),
        element: detail.element.clone(),
        change: match &detail.change {
            Change::Added(value) => Change::Added(option(value)),
            Change::Removed(value) => Change::Removed(option(value)),
            Change::Replaced { from, to } => Change::Replaced {
                from: text(from),
                to: text(to),
            },
            Change::Items { added, removed } => Change::Items {
                added: all(added),
                removed: all(removed),
            },
            Change::Reordered => Change::Reordered,
        },
    }
}

/// A row of the summary by account.
#[derive(Clone, Debug)]
pub(crate) struct SummaryRow<'a> {
    /// The accounts with these counts.
    pub(crate) accounts: Vec<&'a str>,
    /// Resources added, changed and removed in each of them.
    pub(crate) counts: [usize; 3],
}

/// The rows of a summary: one per account, or one for all accounts with equal counts if there
/// are many.
pub(crate) fn rows(summaries: &[AccountSummary]) -> Vec<SummaryRow<'_>> {
    let is_folded = summaries.len() > SUMMARY_ROWS;
    let mut rows: Vec<SummaryRow<'_>> = Vec::new();
    let mut known: HashMap<[usize; 3], usize> = HashMap::default();
    for summary in summaries {
        let counts = [summary.added, summary.changed, summary.removed];
        let at = *known.entry(counts).or_insert(rows.len());
        match rows.get_mut(at) {
            Some(row) if is_folded => row.accounts.push(&summary.account),
            _ => rows.push(SummaryRow {
                accounts: vec![&summary.account],
                counts,
            }),
        }
    }
    rows
}

/// `accounts` as a list: the first ten, and how many more there are.
pub(crate) fn listed(accounts: &[&str], shown: impl Fn(&str) -> String) -> String {
    let named: Vec<String> = accounts
        .iter()
        .take(NAMED_ACCOUNTS)
        .map(|name| shown(name))
        .collect();
    let named = named.join(", ");
    match accounts.len().saturating_sub(NAMED_ACCOUNTS) {
        0 => named,
        more => format!("{named} and {} more", thousands(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_replaced_wherever_they_are() {
        let texts = [
            "",
            "One",
            "OneOne",
            "aOneb",
            "OnOne",
            "OOne",
            "On",
            "one",
            "One\u{e9}One",
            "\u{e9}",
        ];
        for text in texts {
            for id in ["", "One", "O", "OnO", "\u{e9}", "e\u{e9}O"] {
                let wanted = match id {
                    "" => text.to_owned(),
                    id => text.replace(id, ACCOUNT),
                };
                assert_eq!(replaced(text, id), wanted, "{id} in {text}");
            }
        }
    }
}

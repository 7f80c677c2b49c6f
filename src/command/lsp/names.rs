//! What names stand for, in words.
//!
//! In: accounts, units, arguments, partials. Out: Markdown. Refuses nothing: what is not known is not
//! described.

use crate::arguments::Argument;
use crate::organization::{Account, Organization, OrganizationalUnit};
use crate::partials::Partials;
use crate::report::count;

/// The most accounts that are listed by name.
const LISTED: usize = 20;

/// An argument: what it means, and what applies without it.
pub(super) fn argument(argument: &Argument) -> String {
    format!(
        "**{}**: {}\n\nDefault: {}",
        argument.name, argument.summary, argument.default
    )
}

/// An account.
pub(super) fn account(account: &Account, organization: &Organization) -> String {
    let kind = if account.is_master {
        "the management account"
    } else {
        "an account"
    };
    let mut parts = vec![format!(
        "**{}**: {kind} of the organization",
        account.logical_id
    )];
    let mut fact = |name: &str, value: &str| parts.push(format!("{name}: `{value}`"));
    if let Some(name) = &account.account_name {
        fact("Name", name);
    }
    if let Some(id) = &account.account_id {
        fact("Account id", id);
    }
    let holds = |unit: &&OrganizationalUnit| unit.accounts.contains(&account.logical_id);
    for unit in organization.units.iter().filter(holds) {
        fact("Unit", &unit.logical_id);
    }
    let tags = account.tags.iter();
    let tags: Vec<String> = tags.map(|(key, value)| format!("{key}={value}")).collect();
    if !tags.is_empty() {
        fact("Tags", &tags.join(", "));
    }
    parts.join("\n\n")
}

/// A unit.
pub(super) fn unit(unit: &OrganizationalUnit) -> String {
    let mut parts = vec![
        format!("**{}**: an organizational unit", unit.logical_id),
        format!("Its own accounts: {}", listed(&unit.accounts)),
    ];
    if !unit.units.is_empty() {
        parts.push(format!("Units in it: {}", listed(&unit.units)));
    }
    parts.join("\n\n")
}

/// The accounts of a target.
pub(super) fn target(
    stage: &str,
    accounts: &[String],
    organization: Option<&Organization>,
) -> String {
    let number = count(accounts.len(), "account");
    let mut lines = vec![format!("**{stage}** selects {number}:"), String::new()];
    let named = accounts.iter().take(LISTED).map(|name| {
        let account = organization.and_then(|organization| organization.account(name));
        let id = account.and_then(|account| account.account_id.as_deref());
        format!("- `{name}` {}", id.unwrap_or_default())
    });
    lines.extend(named.map(|line| line.trim_end().to_owned()));
    if let more @ 1.. = accounts.len().saturating_sub(LISTED) {
        lines.push(format!("- and {more} more"));
    }
    lines.join("\n")
}

/// A partial: what it grants, and its options.
pub(super) fn partial(partials: &Partials, name: &str) -> Option<String> {
    let head = partials.front_matter(name)?;
    let shown = name.rsplit('/').next().unwrap_or(name);
    let mut parts = vec![format!("**{shown}**: {}", head.summary)];
    parts.extend(head.notes.clone());
    let options = head.options.0.iter().map(|(name, about)| {
        let line = format!("- `{name}`: {about}");
        line.trim_end_matches(": ").to_owned()
    });
    let options: Vec<String> = options.collect();
    if !options.is_empty() {
        parts.push("Options:".to_owned());
        parts.push(options.join("\n"));
    }
    Some(parts.join("\n\n"))
}

/// An option of the partial `name`.
pub(super) fn option(partials: &Partials, name: &str, option: &str) -> Option<String> {
    let head = partials.front_matter(name)?;
    let (_, about) = head.options.0.iter().find(|(known, _)| known == option)?;
    Some(format!("**{option}**: {about}"))
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let shown = names.iter().take(LISTED).map(|name| format!("`{name}`"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

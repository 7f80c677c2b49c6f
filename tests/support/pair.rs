//! Two generated files, and what `diff` says of their access.

use std::path::Path;

use deploy_roles::diff::Comparison;
use deploy_roles::diff::access::{AccessContext, RenamedAccounts, access};
use deploy_roles::diff::compare;
use deploy_roles::organization::{self, Account, Organization};
use deploy_roles::report::{Color, Parts, diff_text as text};
use deploy_roles::yaml::lookup::Library;
use deploy_roles::yaml::parse::parse;

/// What a case knows of the accounts.
pub(crate) struct Accounts {
    pub(crate) now: Organization,
    pub(crate) before: Option<Organization>,
}

/// The accounts of a case.
pub(crate) fn accounts(case: &Path) -> Accounts {
    let read = |name: &str| {
        let text = std::fs::read_to_string(case.join(name)).ok()?;
        let mut library = Library::default();
        let file = library.sources.add(name, text);
        let document = parse(file, library.sources.text(file)).unwrap();
        let section = document.root.get("Organization").unwrap();
        Some(organization::decode::organization(&library, section).unwrap())
    };
    Accounts {
        now: read("organization.yml").unwrap_or_else(usual),
        before: read("organization-before.yml"),
    }
}

fn usual() -> Organization {
    let accounts = [
        ("Dev", "111111111111"),
        ("Prod", "222222222222"),
        ("Tools", "333333333333"),
    ];
    let accounts = accounts.map(|(name, id)| Account::of(name, id));
    Organization::new(accounts.to_vec(), Vec::new())
}

/// The difference of two files, with that of access.
pub(crate) fn compared<'text>(
    old: &'text str,
    new: &'text str,
    accounts: &Accounts,
) -> Comparison<'text> {
    let renamed = RenamedAccounts::between(accounts.before.as_ref(), &accounts.now);
    let known = AccessContext {
        before: renamed.before.as_ref().or(accounts.before.as_ref()),
        renamed: Some(&renamed.names),
        ..AccessContext::of(&accounts.now)
    };
    let mut comparison = compare("roles.yml", Some(old), new);
    comparison.access = Some(access(Some(old), new, &known));
    comparison
}

/// What `write` writes.
pub(crate) fn written(
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What `diff --only access` says of two files.
pub(crate) fn said(old: &str, new: &str, accounts: &Accounts) -> String {
    let comparison = [compared(old, new, accounts)];
    written(|out| text(&comparison, None, Parts::ACCESS, Color::Off, out))
}

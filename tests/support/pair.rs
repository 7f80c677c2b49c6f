//! Two generated files, and what `diff` says of their access.

#[path = "accounts.rs"]
mod accounts;

use deploy_roles::diff::Comparison;
use deploy_roles::diff::access::{AccessContext, RenamedAccounts, access};
use deploy_roles::diff::compare;
use deploy_roles::report::{Color, Parts, diff_text as text};

pub(crate) use accounts::{Accounts, accounts};

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

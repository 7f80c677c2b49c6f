//! The accounts of a case.

use std::path::Path;

use deploy_roles::organization::{self, Account, Organization};
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

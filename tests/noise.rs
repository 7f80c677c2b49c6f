//! How often `diff` says "maybe" of changes that are no news: a reviewer who reads too many of these
//! stops reading.
//!
//! ```text
//! tests/noise/benign/<change>.yml     a refactoring that gives nobody access
//! tests/noise/ordinary/<change>.yml   what people change in OrgFormation templates every week
//! ```
//!
//! Each file has the previous text and the new one, with `---` between them. The rates are in
//! `docs/access.md`.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

#[path = "support/accounts.rs"]
mod accounts;

use std::path::Path;

use deploy_roles::diff::access::changes::Access;
use deploy_roles::diff::access::{AccessContext, access};

use accounts::accounts;

/// The most ordinary changes of which `diff` may say "maybe".
const MOST_MAYBES: usize = 8;

/// The changes of one kind, by name, each with what `diff` says of it.
fn changes(kind: &str) -> Vec<(String, Access)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/noise")
        .join(kind);
    let accounts = accounts(&folder);
    let known = AccessContext {
        before: accounts.before.as_ref(),
        ..AccessContext::of(&accounts.now)
    };
    let files = std::fs::read_dir(folder).unwrap();
    let mut found: Vec<(String, Access)> = files
        .map(|file| {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let (old, new) = text.split_once("---\n").unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, access(Some(old), new, &known))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn a_refactoring_gives_no_access() {
    let changes = changes("benign");
    assert_eq!(changes.len(), 91);
    for (name, access) in changes {
        assert!(!access.is_widened(), "{name}: {access:#?}");
    }
}

#[test]
fn few_ordinary_changes_are_a_maybe() {
    let changes = changes("ordinary");
    assert_eq!(changes.len(), 50);
    let maybe: Vec<(&str, Vec<String>)> = changes
        .iter()
        .filter(|(_, access)| access.tally().may_gain > 0)
        .map(|(name, access)| (name.as_str(), access.reasons()))
        .collect();
    assert!(maybe.len() <= MOST_MAYBES, "{maybe:#?}");
    // What is not known, or runs as another role, is never left out.
    for name in ["custom-resource-property", "function-gets-another-role"] {
        assert!(maybe.iter().any(|(other, _)| *other == name), "{maybe:#?}");
    }
}

//! Accounts that a template names as they were called before.
//!
//! In: what is wrong with a template. Out: the same; where it names an account that is gone, the help says what the
//! account with the same id is called now. Refuses nothing: without git, nothing is known of before.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Shown as _};
use crate::expand::rules::UNKNOWN_ACCOUNT;
use crate::expand::{self, ExpandRequest};
use crate::files::{self, CommitFiles, Named};
use crate::organization::Organization;
use crate::workspace::before::Before;
use crate::yaml::lookup::Library;

/// Where the old name may be: the rename itself may be the last commit.
const COMMITS: [&str; 2] = ["HEAD", "HEAD~1"];

/// `problems` of a template, with the new names of accounts.
pub(super) fn with_new_names(
    library: &Library,
    request: &ExpandRequest,
    mut problems: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let is_unknown = |one: &Diagnostic| one.rule.id == UNKNOWN_ACCOUNT.id;
    if !problems.iter().any(is_unknown) {
        return problems;
    }
    let Ok((now, _)) = expand::organization(library, request) else {
        return problems;
    };
    let template = library.sources.path(request.template);
    let flag = request.organization.map(|file| library.sources.path(file));
    let before: Vec<Organization> = COMMITS
        .iter()
        .filter_map(|commit| organization_at(template, flag, commit))
        .collect();
    for problem in problems.iter_mut().filter(|one| is_unknown(one)) {
        if let Some(help) = new_name(problem, &before, &now) {
            problem.help = Some(help);
        }
    }
    problems
}

/// What the account that a problem is about is called now.
fn new_name(problem: &Diagnostic, before: &[Organization], now: &Organization) -> Option<String> {
    let name = problem.message.split('`').nth(1)?;
    let mut accounts = before.iter().filter_map(|before| before.account(name));
    let id = accounts.find_map(|account| account.account_id.as_deref())?;
    let mut accounts = now.accounts.iter();
    let new = accounts.find(|account| account.account_id.as_deref() == Some(id));
    let name = name.shown();
    Some(match new {
        Some(new) => format!(
            "did you mean `{}`? It has the account id of `{name}`, {id}",
            new.logical_id.shown()
        ),
        None => {
            format!("no account has the id of `{name}` any more, {id}: name another account")
        }
    })
}

/// The organization that `template` had at a commit.
fn organization_at(template: &Path, flag: Option<&Path>, commit: &str) -> Option<Organization> {
    let Ok(Named::Commit(commit)) = files::named(template, commit) else {
        return None;
    };
    let files = CommitFiles::new(&commit);
    let text = |path: &Path| files.text(path);
    let before = Before { text: &text };
    before.organization(template, flag).ok().flatten()
}

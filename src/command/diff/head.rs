//! The organization of the last commit, for an output that is compared with its present text.
//!
//! In: the present text, and today's organization. Out: the organization of the last commit, if the text names an
//! account that is gone, and is itself that of the last commit. Refuses nothing: without git, it is not
//! known.
//!
//! The present text does not say which account a logical id meant. If it is what was committed, then it is the
//! one that the organization file had in the same commit, as with `--against HEAD`.

use crate::cli::Input;
use crate::command::diff::against::Against;
use crate::command::diff::sides::before;
use crate::files::{self, CommitFiles, Named};
use crate::organization::Organization;
use crate::source::with_line_feeds;
use crate::workspace::Job;

/// The organization of the last commit, if it is that of `previous` and has an account that `now` has not.
pub(super) fn organization_at_head(
    (job, input): (&Job, &Input),
    against: &Against<'_>,
    previous: Option<&str>,
    now: &Organization,
) -> Option<Organization> {
    let (Against::Output(path), Some(previous)) = (against, previous) else {
        return None;
    };
    if !names_others(previous, now) {
        return None;
    }
    let Ok(Named::Commit(commit)) = files::named(path, "HEAD") else {
        return None;
    };
    let files = CommitFiles::new(&commit);
    let committed = files.text(path).ok().flatten();
    // A checkout may have other line ends than the commit.
    if committed.map(with_line_feeds) != Some(with_line_feeds(previous.to_owned())) {
        return None;
    }
    let found = before(job, input, &files).ok().flatten()?;
    let gone = |name: &str| now.account(name).is_none();
    let mut accounts = found.accounts.iter();
    accounts
        .any(|account| gone(&account.logical_id))
        .then_some(found)
}

const ACCOUNT: &[u8] = b"Account:";

/// Whether a binding of the text names something that is not an account: perhaps one that is gone.
fn names_others(text: &str, now: &Organization) -> bool {
    let mut bindings = memchr::memmem::find_iter(text.as_bytes(), ACCOUNT);
    bindings.any(|at| {
        let rest = text.get(at + ACCOUNT.len()..).unwrap_or_default();
        let first = rest.lines().next().unwrap_or_default();
        let items = rest.lines().skip(1).take_while(|line| {
            let line = line.trim_start();
            line.starts_with("- !Ref ")
        });
        let mut names = std::iter::once(first).chain(items).flat_map(references);
        // `!Ref AWS::AccountId` is of no binding.
        names.any(|name| name != "AWS" && now.account(name).is_none())
    })
}

/// The names after each `!Ref` of a line.
fn references(line: &str) -> impl Iterator<Item = &str> {
    let references = line.split("!Ref ").skip(1);
    references.map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)));
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    })
}

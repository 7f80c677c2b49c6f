//! `Branches`: names of branches, as subjects name them.
//!
//! In: the values of the key. Out: the ends of subjects. Refuses what git does not allow as a
//! branch's name.

use crate::diagnostic::{Diagnostic, Shown as _, shorten};
use crate::oidc::given::nothing_named;
use crate::oidc::provider::Given;
use crate::oidc::rules::INVALID_SUBJECT;
use crate::source::Spanned;
use crate::yaml::typed::TypedReader;

const WHICH_BRANCHES: &str =
    "`Branches: [main]` for all stages, or `Branches: { dev: [develop], prod: [main] }`";

/// `ref:refs/heads/NAME` for each branch.
pub(super) fn references(
    reader: &mut TypedReader<'_>,
    branches: &[Spanned<String>],
) -> Vec<Spanned<String>> {
    check(reader, branches);
    branches
        .iter()
        .map(|branch| Spanned::new(format!("ref:refs/heads/{}", branch.value), branch.span))
        .collect()
}

/// The branches of the stage; a problem if there are none.
pub(super) fn required(
    reader: &mut TypedReader<'_>,
    given: &Given,
) -> Option<Vec<Spanned<String>>> {
    if let Some(branches) = &given.branches {
        return Some(branches.values.clone());
    }
    if !given.fields.contains_key("Branches") {
        none_named(reader, given);
    }
    None
}

/// Reports that no branch is named.
pub(super) fn none_named(reader: &mut TypedReader<'_>, given: &Given) {
    nothing_named(reader, given, "Branches", WHICH_BRANCHES);
}

/// Refuses what is not a branch's name.
pub(super) fn check(reader: &mut TypedReader<'_>, branches: &[Spanned<String>]) {
    for branch in branches {
        if let Some(name) = branch.value.strip_prefix("refs/heads/") {
            reader.problem(name_alone(branch, name));
        } else if !is_branch_name(&branch.value) {
            reader.problem(not_a_branch(branch));
        }
    }
}

fn name_alone(branch: &Spanned<String>, name: &str) -> Diagnostic {
    Diagnostic::new(
        &INVALID_SUBJECT,
        branch.span,
        format!("the branch `{}` can never match", shorten(&branch.value)),
    )
    .help(format!("write only the name: `{}`", name.shown()))
}

fn not_a_branch(branch: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        &INVALID_SUBJECT,
        branch.span,
        format!(
            "`{}` is not a branch name, and can never match",
            shorten(&branch.value)
        ),
    )
    .help("name branches here; for tags and other references, write complete `Subjects`")
}

/// Whether git allows the name, with wildcards in it.
fn is_branch_name(text: &str) -> bool {
    !text.starts_with("refs/")
        && text != "@"
        && !text.contains([' ', ':', '~', '^', '\\', '['])
        && !text.contains("..")
        && !text.contains("@{")
        && text.split('/').all(|part| {
            !part.is_empty() && !part.starts_with('.') && part.strip_suffix(".lock").is_none()
        })
        && !text.ends_with('.')
}

//! Sessions that are longer than a chained role can have.
//!
//! In: the targets with their trusts. Out: nothing, or a warning. It refuses nothing.

use crate::arguments::decoder::Decoder;
use crate::arguments::max_session_duration::LEAST;
use crate::arguments::rules::CHAINED_SESSION;
use crate::arguments::targets::Target;
use crate::arguments::trusted_by::Trust;
use crate::diagnostic::Diagnostic;
use crate::source::{Span, Spanned};

/// Warns of sessions of over an hour that nobody can have: a role that is assumed with the
/// credentials of another role has sessions of one hour at most (IAM user guide, "Roles terms and
/// concepts", role chaining).
pub(super) fn check(decoder: &mut Decoder<'_>, targets: &[Target]) {
    let mut reported: Vec<Span> = Vec::new();
    for target in targets {
        let trusts = &target.arguments.trusted_by;
        let longer = target.arguments.max_session_duration.as_ref();
        let Some(longer) = longer.filter(|seconds| seconds.value > LEAST) else {
            continue;
        };
        let are_chained = !trusts.is_empty() && trusts.iter().all(|trust| is_chained(&trust.value));
        if are_chained && !reported.contains(&longer.span) {
            reported.push(longer.span);
            decoder.reader.problem(chained(longer));
        }
    }
}

/// Whether who is trusted has the credentials of a role already.
fn is_chained(trust: &Trust) -> bool {
    match trust {
        Trust::CodeBuild(_) => true,
        Trust::Oidc(oidc) => !oidc.direct,
        Trust::Principal(principal) => principal
            .value
            .as_str()
            .is_some_and(|arn| arn.contains(":role/") || arn.contains(":assumed-role/")),
        Trust::GitHubUser => false,
    }
}

fn chained(seconds: &Spanned<u32>) -> Diagnostic {
    let message = format!(
        "nobody can have a session of {} seconds: every trusted principal is a role, and sessions of a role that another role assumes last an hour at most",
        seconds.value
    );
    Diagnostic::new(&CHAINED_SESSION, seconds.span, message).help(
        "remove `MaxSessionDuration`, or trust someone directly: `Direct: true` in the `TrustedBy` of a CI system, or `GitHubUser`",
    )
}

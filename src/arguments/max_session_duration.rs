//! `MaxSessionDuration`: how long a session of the `DeployerRole` and the `TestRole` lasts. Refuses
//! others than IAM's, and warns of one that no trusted principal can use.

use std::rc::Rc;

use serde_yaml::Value;

use crate::arguments::argument::{Argument, DefaultValue, ValueKind};
use crate::arguments::decoder::Decoder;
use crate::arguments::rules::CHAINED_SESSION;
use crate::arguments::targets::Target;
use crate::arguments::trusted_by::Trust;
use crate::diagnostic::Diagnostic;
use crate::source::{Span, Spanned};
use crate::yaml::node::Node;
use crate::yaml::rules::INVALID_VALUE;

const LEAST: u32 = 3600;
const MOST: u32 = 43200;
const HELP: &str = "write a number from 3600 to 43200";

/// `MaxSessionDuration`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "MaxSessionDuration",
    kind: ValueKind::Number(LEAST, MOST),
    default: DefaultValue::Words("IAM's default, one hour"),
    summary: "How many seconds a session of the DeployerRole and the TestRole lasts.",
};

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Rc<Node>) -> Option<Spanned<u32>> {
    let Value::Number(number) = decoder.reader.value(node)? else {
        decoder.reader.wrong_type(node, "a number of seconds", HELP);
        return None;
    };
    let seconds = number
        .as_u64()
        .and_then(|seconds| u32::try_from(seconds).ok());
    let seconds = seconds.filter(|seconds| (LEAST..=MOST).contains(seconds));
    if seconds.is_none() {
        let message = "a session lasts 3600 to 43200 seconds";
        let problem = Diagnostic::new(&INVALID_VALUE, node.whole_span(), message);
        decoder.reader.problem(problem.help(HELP));
    }
    seconds.map(|seconds| Spanned::new(seconds, node.whole_span()))
}

/// Warns of sessions of over an hour that nobody can have: a role that is assumed with the
/// credentials of another role has sessions of one hour at most (IAM user guide, "Roles terms and
/// concepts", role chaining).
pub(super) fn check_chained(decoder: &mut Decoder<'_>, targets: &[Target]) {
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

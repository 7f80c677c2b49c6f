//! Sessions that a user gives away by `sts:GetFederationToken`.
//!
//! In: what a user may do. Out: whether it may give such sessions away, and what these may do at most. Refuses nothing.
//!
//! Such a session has a part of the permissions of its user, but another ARN, another id, and no user name, so a condition
//! on the caller treats it differently. It can call no operation of STS but `sts:GetCallerIdentity`; from the console, it
//! can call those of IAM ("`GetFederationToken`" in the AWS STS API reference).

use crate::aws::actions::reference;
use crate::iam::can::{Answer, can};
use crate::iam::difference::Judge;
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::request::{RequestKind, RequestReach, Requests};
use crate::iam::statement::{Effect, Grant, Patterns, Statement};

/// What only such a session may do is a maybe, for this reason.
pub(crate) const OF_SESSIONS: &str = "only a session can do it that the user gives away by `sts:GetFederationToken`: it has no user name";

const FEDERATE: &str = "sts:GetFederationToken";

/// The actions of STS that such a session can have: the second is asked for by other services.
const LEFT_OF_STS: [&str; 2] = ["GetCallerIdentity", "GetServiceBearerToken"];

/// Whether a user to which `calls` apply may give a part of its permissions away.
pub(crate) fn may_federate(judge: &Judge<'_>, calls: &Permissions) -> bool {
    let action = Glob::literal(FEDERATE).symbols;
    let mut allow = calls.allow.iter();
    let is_named = allow.any(|statement| statement.grant.actions.match_known(&action));
    let requests = Requests {
        kind: RequestKind::Call,
        reach: RequestReach::OwnAccount,
        grant: Grant {
            actions: Patterns::of(vec![Glob::of(FEDERATE)]).ignoring_case(),
            ..Grant::everything()
        },
    };
    is_named && can(judge, calls, &requests) != Answer::NotAllowed
}

/// What a session may do at most that a user to which `calls` apply gives away.
pub(crate) fn of_sessions(mut calls: Permissions) -> Permissions {
    let sts = reference().service("sts");
    let actions = sts.iter().flat_map(|sts| &sts.actions);
    let refused = actions.filter(|action| !LEFT_OF_STS.contains(&action.name));
    let refused = refused.map(|action| Glob::of(&format!("sts:{}", action.name)));
    calls.deny.push(Statement::of(Grant {
        effect: Effect::Deny,
        actions: Patterns::of(refused.collect()).ignoring_case(),
        ..Grant::everything()
    }));
    calls
}

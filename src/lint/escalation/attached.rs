//! Managed policies that a principal may attach to itself, and what that leads to.
//!
//! In: a principal, and its other paths. Out: the path that begins with such a policy. Refuses nothing.

use crate::aws::managed::PREFIX;
use crate::diagnostic::Shown as _;
use crate::iam::permissions::Permissions;
use crate::iam::statement::Statement;
use crate::lint::escalation::examples::literal;
use crate::lint::escalation::path::{EscalationPath, PathReach};
use crate::lint::escalation::rows;
use crate::lint::escalation::walker::{Walker, WalkerSight};
use crate::lint::policies::WrittenIdentity;
use crate::template::symbol::literal_text;

/// The one that leads to nearly everything.
const POWER_USER: &str = "arn:aws:iam::aws:policy/PowerUserAccess";

/// The path of a policy that `walker` may attach to itself and that does not lead to everything; `known` are those that
/// it has without.
pub(super) fn attached(walker: &Walker<'_>, known: &[EscalationPath]) -> Option<EscalationPath> {
    let kind = walker.own.kind.as_str();
    let is_own = ["Role", "User", "Group"].contains(&kind);
    if !is_own || !walker.may_any(ATTACHING) || known.iter().any(|path| path.row == ROW) {
        return None;
    }
    let policies = walker.policies;
    let named = policies.attached_patterns();
    let power_user = named.iter().any(|glob| glob.matches(&literal(POWER_USER)));
    let literals = named.iter().filter_map(|glob| literal_text(&glob.symbols));
    let of_aws = literals.filter(|text| text.starts_with(PREFIX));
    let of_aws: Vec<String> = of_aws
        .chain(power_user.then(|| POWER_USER.to_owned()))
        .collect();
    let of_aws = of_aws.iter().filter_map(|arn| {
        let statements = policies.statements_of_aws(arn)?;
        let name = arn.rsplit('/').next().unwrap_or(arn);
        Some((literal(arn), name.to_owned(), statements))
    });
    let of_template = policies.managed.iter().map(|(at, alone)| {
        let id = policies.resources.get(*at).map(|own| own.id.shown());
        let statements = all(alone);
        (policies.arn_of(*at), id.unwrap_or_default(), statements)
    });
    let mut all = of_aws.chain(of_template);
    all.find_map(|(arn, name, statements)| {
        let step = walker.attaches(kind, &walker.who.arn, &arn)?;
        let more = with(walker.who, statements);
        let more = Walker::with_sight(policies, &more, WalkerSight::Own)?;
        let mut paths = rows::all(&more).into_iter();
        let path =
            paths.find(|path| path.reach == PathReach::Any && path.beyond(known).is_some())?;
        Some(EscalationPath {
            row: ROW,
            words: format!("it gives itself `{name}`, and gets more with that"),
            steps: [vec![step], path.steps].concat(),
            ..path
        })
    })
}

const ROW: &str = "E1";

const ATTACHING: &[&str] = &[
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:AttachGroupPolicy",
];

/// The statements of its policies.
fn all(who: &WrittenIdentity) -> Vec<Statement> {
    [&who.permissions.allow[..], &who.permissions.deny[..]].concat()
}

/// The same with these statements also.
fn with(who: &WrittenIdentity, statements: Vec<Statement>) -> WrittenIdentity {
    let statements = [all(who), statements].concat();
    let permissions = Permissions {
        boundary: who.permissions.boundary.clone(),
        ..Permissions::new(statements, None)
    };
    WrittenIdentity {
        permissions,
        ..who.clone()
    }
}

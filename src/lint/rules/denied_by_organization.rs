//! `denied-by-organization`.

use std::collections::BTreeMap;

use crate::aws::global::iam_region;
use crate::aws::partitions::partition;
use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::expand::model::plan::Planned;
use crate::expand::model::unit::Unit;
use crate::iam::evaluate::Decision;
use crate::iam::permissions::Permissions;
use crate::iam::request::Request;
use crate::iam::statement::{Effect, Patterns};
use crate::lint::policies::{WrittenPolicies, pattern};
use crate::lint::subject::Subject;
use crate::organization::Organization;
use crate::organization::control::{Attached, AttachmentPoint, ControlPolicyKind};
use crate::organization::hierarchy::Hierarchy;
use crate::roles::{DeployPrincipal, RoleKind, TargetRole, ToolsKind};
use crate::template::symbol::Symbol;

pub(crate) const RULE: Rule = Rule {
    id: "denied-by-organization",
    level: Level::Warning,
    summary: "A service control policy denies what the deploy roles or their deployment need",
    explanation: include_str!("../../../docs/rules/denied-by-organization.md"),
};

/// What a policy denies of a macro: the first account, and how many others.
type Refused = BTreeMap<(DenyingStatement, String), (String, usize)>;

/// A statement that denies something.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct DenyingStatement {
    /// The policy, and what it is attached to.
    policy: String,
    /// The statement's name.
    statement: String,
    /// A path under which it denies no roles.
    path: Option<String>,
}

/// Something that must be possible in an account.
struct RoleNeed {
    action: &'static str,
    resource: String,
    region: Option<String>,
    /// Who calls; nothing is known of who creates the roles.
    caller: Option<String>,
    words: String,
}

/// A service control policy that is attached to an account or above it.
struct Applied<'run> {
    name: &'run str,
    point: AttachmentPoint,
    permissions: &'run Permissions,
}

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let organization = &subject.planned.organization;
    if organization.control.is_empty() {
        return;
    }
    let read = read(subject.policies, organization);
    let hierarchy = Hierarchy::of(organization);
    for planned in &subject.planned.macros {
        let mut refused = Refused::new();
        for (account, unit) in planned.plan.by_account() {
            let Some(known) = organization
                .account(account)
                .filter(|known| !known.is_master)
            else {
                continue;
            };
            let applied = applied(&read, &hierarchy, account);
            let id = known.account_id.as_deref().unwrap_or("000000000000");
            for need in needs(planned, unit, id) {
                if let Some(denying) = denying(subject.policies, &applied, &need) {
                    let key = (denying, need.words.clone());
                    let found = refused
                        .entry(key)
                        .or_insert_with(|| (account.to_owned(), 0));
                    found.1 += 1;
                }
            }
        }
        problems.extend(refused.iter().map(|found| denied(planned, found)));
    }
}

/// The statements of each service control policy, by its logical id.
fn read<'run>(
    policies: &WrittenPolicies,
    organization: &'run Organization,
) -> BTreeMap<&'run str, (&'run str, Permissions)> {
    let all = organization.control.policies.iter();
    let limiting = all.filter(|policy| policy.kind == ControlPolicyKind::Service);
    limiting
        .filter_map(|policy| {
            let document = policy.document.as_ref()?;
            let denying = policies.statements_of(document).into_iter();
            // A list of what is allowed limits only if somebody detached `FullAWSAccess` by hand.
            let denying = denying.filter(|own| own.grant.effect == Effect::Deny);
            let permissions = Permissions::new(denying.collect(), None);
            let own = (policy.name.as_str(), permissions);
            Some((policy.logical_id.as_str(), own))
        })
        .collect()
}

/// What applies to an account, from the root down.
fn applied<'run>(
    read: &'run BTreeMap<&str, (&'run str, Permissions)>,
    hierarchy: &Hierarchy<'_>,
    account: &str,
) -> Vec<Applied<'run>> {
    let mut found = Vec::new();
    for (point, attached) in hierarchy.levels(account) {
        for one in attached {
            if let Attached::Policy(id) = one
                && let Some((name, permissions)) = read.get(id.as_str())
            {
                found.push(Applied {
                    name,
                    point: point.clone(),
                    permissions,
                });
            }
        }
    }
    found
}

/// What must be possible in the account with this id.
fn needs(planned: &Planned, unit: &Unit, account: &str) -> Vec<RoleNeed> {
    let plan = &planned.plan;
    let Some(body) = plan.body(unit.body) else {
        return Vec::new();
    };
    let name = partition(&plan.region.0);
    let mut needs = Vec::new();
    for principal in body.principals(plan.app()) {
        let arn = principal.arn(name, account);
        needs.push(creation(&principal, name, &arn));
        if principal.kind == RoleKind::Target(TargetRole::Deployer) {
            let regions = [&plan.region].into_iter().chain(&plan.other_regions);
            needs.extend(regions.map(|region| RoleNeed {
                action: "cloudformation:CreateChangeSet",
                resource: format!(
                    "arn:{name}:cloudformation:{0}:{account}:stack/{1}-app/x",
                    region.0, plan.app_id.value
                ),
                region: Some(region.0.clone()),
                caller: Some(arn.clone()),
                words: format!(
                    "`cloudformation:CreateChangeSet` in `{}`, with which `{}` deploys",
                    region.0, principal.name
                ),
            }));
        }
    }
    needs
}

fn creation(principal: &DeployPrincipal, partition: &str, arn: &str) -> RoleNeed {
    let action = match principal.kind {
        RoleKind::Tools(ToolsKind::GitHubActionsUser) => "iam:CreateUser",
        _ => "iam:CreateRole",
    };
    RoleNeed {
        action,
        resource: arn.to_owned(),
        region: iam_region(partition).map(str::to_owned),
        caller: None,
        words: format!("`{action}`, which creates `{}`", principal.name),
    }
}

/// The policy and the statement that deny it for certain.
fn denying(
    policies: &WrittenPolicies,
    applied: &[Applied<'_>],
    need: &RoleNeed,
) -> Option<DenyingStatement> {
    let symbols = |text: &str| text.chars().map(Symbol::Char).collect::<Vec<Symbol>>();
    let mut context = BTreeMap::new();
    // No deploy role has a boundary.
    context.insert("iam:permissionsboundary".to_owned(), Vec::new());
    let values = [
        ("aws:principalarn", &need.caller),
        ("aws:requestedregion", &need.region),
    ];
    for (key, value) in values {
        context.extend(
            value
                .iter()
                .map(|value| (key.to_owned(), vec![symbols(value)])),
        );
    }
    let request = Request {
        action: need.action.to_owned(),
        target: symbols(&need.resource),
        context,
        given: Vec::new(),
    };
    applied.iter().find_map(|policy| {
        let Decision::Denied(id) = policies.decides(policy.permissions, &request) else {
            return None;
        };
        let statement = policy.permissions.statement(id)?;
        Some(DenyingStatement {
            policy: format!("`{}` of {}", policy.name.shown(), policy.point),
            statement: statement.name.clone(),
            path: path_of(&statement.grant.resources),
        })
    })
}

/// The path of roles that `NotResource` leaves out: of `arn:aws:iam::*:role/deploy/*` it is `/deploy/`.
fn path_of(resources: &Patterns) -> Option<String> {
    let mut globs = resources.globs.iter().filter(|_| resources.negated);
    globs.find_map(|glob| {
        let text = pattern(&glob.symbols);
        let (_, path) = text.split_once(":role")?;
        let path = path.strip_suffix('*')?;
        let is_plain = path.len() > 1 && path.ends_with('/') && !path.contains(['*', '?']);
        is_plain.then(|| path.to_owned())
    })
}

fn denied(
    planned: &Planned,
    ((denying, words), (account, count)): (&(DenyingStatement, String), &(String, usize)),
) -> Diagnostic {
    let others = match count - 1 {
        0 => String::new(),
        1 => " and 1 other account".to_owned(),
        others => format!(" and {others} other accounts"),
    };
    let message = format!(
        "the service control policy {} denies {words} in `{account}`{others}",
        denying.policy
    );
    let path = denying.path.as_ref();
    let path = path.map(|path| format!("; or write `Path: {}` in the macro", path.shown()));
    let help = format!(
        "except the macro's roles from its statement `{}`, or whoever creates them{}",
        denying.statement.shown(),
        path.unwrap_or_default()
    );
    Diagnostic::new(&RULE, planned.plan.name_span, message).help(help)
}

//! The rows about principals that the template does not have: E15 and E17.
//!
//! In: a principal. Out: the paths that are open for certain. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::iam::evaluate::Decision;
use crate::iam::permissions::Permissions;
use crate::iam::request::Request;
use crate::iam::statement::Statement;
use crate::lint::escalation::calls::{PathCall, call};
use crate::lint::escalation::examples::{Examples, literal, of_iam};
use crate::lint::escalation::path::PathReach::{Any, Named};
use crate::lint::escalation::path::{ChainStep, EscalationPath};
use crate::lint::escalation::rows::common::{
    GROUPS, REWRITE, ROLES, USERS, created_role, first_of_others, path,
};
use crate::lint::escalation::rows::template::{
    new_role, others_permissions, own_permissions, policies,
};
use crate::lint::escalation::walker::{GIVEN as POLICY, KeyValue, UNBOUNDED, Walker};
use crate::lint::policies::WrittenStatement;
use crate::template::resolve::OWN;
use crate::template::symbol::Symbol;

const ROW: &str = "E15";

/// Permissions of its choice, for somebody without a boundary.
const GIVEN: &[KeyValue] = &[UNBOUNDED, POLICY];

pub(super) fn users(walker: &Walker<'_>) -> Option<EscalationPath> {
    let signs_in = [
        call("iam:CreateAccessKey", &USERS),
        call("iam:CreateLoginProfile", &USERS),
        call("iam:UpdateLoginProfile", &USERS),
    ];
    let gives = [
        call("iam:PutUserPolicy", &USERS).with(GIVEN),
        call("iam:AttachUserPolicy", &USERS).with(GIVEN),
    ];
    if let Some((_, step)) = first_of_others(walker, &signs_in) {
        return Some(path(ROW, Any, "it signs in as another user", vec![step]));
    }
    let (reach, step) = first_of_others(walker, &gives).filter(|_| !gives_already(walker))?;
    let words = "it gives users any permission";
    Some(path(ROW, reach, words, vec![step]))
}

pub(super) fn groups(walker: &Walker<'_>) -> Option<EscalationPath> {
    let joins = [call("iam:AddUserToGroup", &GROUPS)];
    let gives = [
        call("iam:PutGroupPolicy", &GROUPS).with(GIVEN),
        call("iam:AttachGroupPolicy", &GROUPS).with(GIVEN),
    ];
    if let Some((reach, step)) = first_of_others(walker, &joins) {
        let words = "it puts users into groups, itself also if it is one";
        return Some(path(ROW, reach, words, vec![step]));
    }
    let (reach, step) = first_of_others(walker, &gives).filter(|_| !gives_already(walker))?;
    let words = "it gives groups any permission";
    Some(path(ROW, reach, words, vec![step]))
}

/// Whether it gives permissions to what E1 to E3 are about.
fn gives_already(walker: &Walker<'_>) -> bool {
    own_permissions(walker).is_some()
        || others_permissions(walker).is_some()
        || created_role(walker).is_some()
}

/// Roles that are there.
pub(super) fn roles(walker: &Walker<'_>) -> Option<EscalationPath> {
    let gives = [
        call("iam:PutRolePolicy", &ROLES).with(GIVEN),
        call("iam:AttachRolePolicy", &ROLES).with(GIVEN),
    ];
    let (reach, step) = first_of_others(walker, &gives).filter(|_| !gives_already(walker))?;
    let words = "it gives roles of others any permission";
    Some(path(ROW, reach, words, vec![step]))
}

/// Policies that are there; those of the template are E14.
pub(super) fn managed_policies(walker: &Walker<'_>) -> Option<EscalationPath> {
    const POLICIES: Examples = of_iam("policy/");
    let rewrites = REWRITE.iter().map(|action| call(action, &POLICIES));
    let rewrites: Vec<PathCall> = rewrites.collect();
    let (reach, step) = first_of_others(walker, &rewrites)?;
    if policies(walker).is_some() {
        return None;
    }
    let words = "it rewrites policies, whoever has them";
    Some(path(ROW, reach, words, vec![step]))
}

pub(super) fn providers(walker: &Walker<'_>) -> Option<EscalationPath> {
    const OIDC: Examples = of_iam("oidc-provider/");
    const SAML: Examples = of_iam("saml-provider/");
    let calls = [
        call("iam:CreateOpenIDConnectProvider", &OIDC),
        call("iam:AddClientIDToOpenIDConnectProvider", &OIDC),
        call("iam:UpdateOpenIDConnectProviderThumbprint", &OIDC),
        call("iam:CreateSAMLProvider", &SAML),
        call("iam:UpdateSAMLProvider", &SAML),
    ];
    let step = calls.iter().find_map(|call| call.step(walker))?;
    let words = "it says which identity provider signs people in";
    Some(path(ROW, Named, words, vec![step]))
}

/// What people may do who sign in with IAM Identity Center, if it is administered in the account.
pub(super) fn permission_sets(walker: &Walker<'_>) -> Option<EscalationPath> {
    const SETS: Examples = Examples {
        service: "sso",
        region: "",
        account: "",
        word: "permissionSet/",
        end: "/anything",
    };
    let calls = [
        call("sso:CreateAccountAssignment", &SETS),
        call("sso:PutInlinePolicyToPermissionSet", &SETS),
        call("sso:AttachManagedPolicyToPermissionSet", &SETS),
    ];
    let step = calls.iter().find_map(|call| call.step(walker))?;
    let words = "it says what people may do who sign in with IAM Identity Center";
    Some(path(ROW, Named, words, vec![step]))
}

const ASSUME: &str = "sts:AssumeRole";

/// The roles of the template that it may assume and that have more, or whichever role trusts it.
pub(super) fn assumed(walker: &Walker<'_>) -> Option<EscalationPath> {
    let policies = walker.policies;
    let same = |at: &usize| {
        let other = policies.resources.get(*at);
        other.is_some_and(|other| other.is_near(walker.own))
    };
    // For nearly every principal, there is no role to ask about.
    let may = walker.may_any(&[ASSUME]);
    let naming = policies.trusts().filter(|(_, own)| names(own, walker));
    let naming: BTreeSet<usize> = naming.filter_map(|(own, _)| own.resource).collect();
    let is_asked = may || !naming.is_empty();
    let of_template = (is_asked && walker.who.is_in_template).then_some(&policies.principals);
    let others = of_template.into_iter().flatten();
    let mut others = others.filter(|other| {
        let is_open = may && walker.may(ASSUME, &other.arn, &[]);
        same(&other.resource) && (is_open || naming.contains(&other.resource))
    });
    let through = others.find_map(|other| {
        if other.resource == walker.who.resource {
            return None;
        }
        let step = assumes(walker, other.resource, &other.arn)?;
        let next = Walker::of(policies, other)?;
        if next.is_administrator() {
            return Some(vec![step]);
        }
        let row = [own_permissions, others_permissions, new_role];
        let more = row.iter().find_map(|row| row(&next))?;
        Some([vec![step], more.steps].concat())
    });
    if let Some(steps) = through {
        let words = "it assumes a role of this template that can do anything";
        return Some(path(ROW, Named, words, steps));
    }
    let any = ROLES.any();
    let step = walker.step(ASSUME, &any, &[])?;
    Some(path(
        ROW,
        Named,
        "it assumes any role that trusts it",
        vec![step],
    ))
}

/// Whether a statement of a trust policy names the principal.
fn names(statement: &WrittenStatement, walker: &Walker<'_>) -> bool {
    let mut principals = statement.principals.iter();
    principals.any(|(kind, item)| kind == "AWS" && item.symbols == walker.who.arn)
}

/// The step, if the trust policy of the role at this place lets it in.
fn assumes(walker: &Walker<'_>, role: usize, arn: &[Symbol]) -> Option<ChainStep> {
    let policies = walker.policies;
    let trust = policies.trust_of(role)?;
    let statements = trust.statements.iter().flat_map(|own| own.read.clone());
    let statements: Vec<Statement> = statements.collect();
    let request = Request {
        action: ASSUME.to_owned(),
        target: [literal("AWS:"), walker.who.arn.clone()].concat(),
        context: BTreeMap::new(),
        given: Vec::new(),
    };
    let decision = policies.decides(&Permissions::new(statements, None), &request);
    if !matches!(decision, Decision::Allowed(_)) {
        return None;
    }
    // A trust policy that names a principal of its account needs no policy of that, except for a boundary.
    let mut trusted = trust.statements.iter();
    let is_named = trusted.any(|own| names(own, walker));
    if is_named && walker.who.permissions.boundary.is_none() {
        return walker.unless_denied(ASSUME, arn);
    }
    walker.step(ASSUME, arn, &[])
}

/// The names of the roles of the CDK's bootstrap that deploy begin and go on so.
const BOOTSTRAP: (&str, &str) = ("role/cdk-", "-deploy-role-");

pub(super) fn bootstrap(walker: &Walker<'_>) -> Option<EscalationPath> {
    if !walker.may_any(&[ASSUME]) {
        return None;
    }
    let usual = format!("arn:aws:iam::{OWN}:role/cdk-hnb659fds-deploy-role-{OWN}-us-east-1");
    let named = walker.examples(ASSUME, &ROLES).into_iter();
    let named = named.filter(|role| {
        let has = |part: &str| {
            let part = literal(part);
            role.windows(part.len()).any(|own| own == part)
        };
        has(BOOTSTRAP.0) && has(BOOTSTRAP.1)
    });
    let mut roles = std::iter::once(literal(&usual)).chain(named);
    let key = ("iam:resourcetag/aws-cdk:bootstrap-role", Some("deploy"));
    let step = roles.find_map(|role| walker.step(ASSUME, &role, &[key]))?;
    let words =
        "it assumes the deploy role of the CDK's bootstrap, which may do anything by default";
    Some(path("E17", Any, words, vec![step]))
}

//! `principal-not-created`.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::policies::{PolicyItem, WrittenStatement};
use crate::lint::subject::Subject;
use crate::source::Span;
use crate::template::resolve::OWN;

pub(crate) const RULE: Rule = Rule {
    id: "principal-not-created",
    level: Level::Note,
    summary: "A role trusts a role or user of the organization that the template does not create",
    explanation: include_str!("../../../docs/rules/principal-not-created.md"),
};

/// Principals that others create in every account: AWS itself, Organizations, and OrgFormation.
const OF_OTHERS: &[&str] = &[
    "OrganizationAccountAccessRole",
    "OrganizationFormationBuildAccessRole",
];

/// A principal by its ARN.
struct NamedPrincipal {
    account: String,
    kind: String,
    /// Its name, without the path.
    name: String,
}

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let mut created = None;
    for (document, statement) in subject.policies.trusts() {
        let own = document
            .resource
            .and_then(|at| subject.policies.resources.get(at));
        let accounts = own.and_then(|own| own.accounts.as_deref());
        for (item, principal) in trusted(subject, statement) {
            let account = match (principal.account.as_str(), accounts) {
                (OWN, Some([name])) => Some(name.as_str()),
                (OWN, _) => None,
                (id, _) => with_id(subject, id),
            };
            // Who is in an account of no organization is not known.
            if account.is_none() && !principal.account.starts_with("${") {
                continue;
            }
            let created = created.get_or_insert_with(|| CreatedPrincipals::of(subject));
            let place = account.or_else(|| created.place(&principal.account));
            let is_known = created.has(&principal) || OF_OTHERS.contains(&principal.name.as_str());
            if let Some(place) = place.filter(|_| !is_known) {
                problems.push(not_created(item.span, &principal, place));
            }
        }
    }
}

/// The roles and users that a statement trusts by name.
fn trusted<'run>(
    subject: &Subject<'run>,
    statement: &'run WrittenStatement,
) -> impl Iterator<Item = (&'run PolicyItem, NamedPrincipal)> {
    let policies = subject.policies;
    let of_aws = statement
        .principals
        .iter()
        .filter(|(kind, _)| kind == "AWS");
    of_aws.filter_map(move |(_, item)| Some((item, named(&policies.spelled(&item.symbols))?)))
}

/// What the template creates.
struct CreatedPrincipals {
    /// The roles and users, in whichever account.
    names: BTreeSet<String>,
    /// The accounts that are written as a parameter, and in which a role or user is trusted that is one of
    /// these: the template creates what it trusts there.
    places: BTreeSet<String>,
}

impl CreatedPrincipals {
    fn of(subject: &Subject<'_>) -> Self {
        let mut created = Self {
            names: names(subject),
            places: BTreeSet::new(),
        };
        let trusts = subject.policies.trusts();
        let all = trusts.flat_map(|(_, statement)| trusted(subject, statement));
        let all: Vec<NamedPrincipal> = all.map(|(_, principal)| principal).collect();
        let own = all.into_iter().filter(|principal| created.has(principal));
        created.places = own.map(|principal| principal.account).collect();
        created
    }

    fn has(&self, principal: &NamedPrincipal) -> bool {
        let name = format!("{}/{}", principal.kind, principal.name);
        self.names.contains(&name)
    }

    /// The account that is written so, if it is one of the places.
    fn place(&self, account: &str) -> Option<&str> {
        self.places.get(account).map(String::as_str)
    }
}

/// The role or user with this ARN.
fn named(arn: &str) -> Option<NamedPrincipal> {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = fields.as_slice() else {
        return None;
    };
    let (kind, path) = resource.split_once('/')?;
    // What AWS creates for services and for people has paths of its own.
    if !["role", "user"].contains(&kind) || path.starts_with("aws-") {
        return None;
    }
    Some(NamedPrincipal {
        account: (*account).to_owned(),
        kind: kind.to_owned(),
        name: path.rsplit('/').next()?.to_owned(),
    })
}

/// The account of the organization with this id.
fn with_id<'run>(subject: &Subject<'run>, id: &str) -> Option<&'run str> {
    let mut accounts = subject.planned.organization.accounts.iter();
    let found = accounts.find(|account| account.account_id.as_deref() == Some(id))?;
    Some(&found.logical_id)
}

/// The roles and users that the template creates, in whichever account.
fn names(subject: &Subject<'_>) -> BTreeSet<String> {
    let policies = subject.policies;
    let by_hand = policies.principals.iter().filter_map(|who| {
        let arn = policies.spelled(&who.arn);
        let (_, resource) = arn.split_once(":iam::")?;
        let (_, resource) = resource.split_once(':')?;
        let (kind, path) = resource.split_once('/')?;
        Some(format!("{kind}/{}", path.rsplit('/').next()?))
    });
    let of_macros = subject.planned.macros.iter().flat_map(|planned| {
        let plan = &planned.plan;
        let principals = plan
            .bodies
            .iter()
            .flat_map(|body| body.principals(plan.app()));
        principals.filter_map(|principal| {
            let arn = principal.arn("aws", "");
            let (_, resource) = arn.rsplit_once(':')?;
            let (kind, path) = resource.split_once('/')?;
            Some(format!("{kind}/{}", path.rsplit('/').next()?))
        })
    });
    by_hand.chain(of_macros).collect()
}

fn not_created(span: Span, principal: &NamedPrincipal, account: &str) -> Diagnostic {
    let NamedPrincipal { kind, name, .. } = principal;
    let message = format!(
        "nothing in this template creates the {kind} `{}` in `{}`",
        name.shown(),
        account.shown()
    );
    Diagnostic::new(&RULE, span, message).help(
        "create it before this role: IAM refuses a trust policy that names nobody, and somebody who is created anew is not trusted",
    )
}

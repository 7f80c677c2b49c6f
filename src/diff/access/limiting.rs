//! Service control policies to statements that limit one principal.
//!
//! In: the policies of the principal's account, level by level. Out: Deny statements: those of the
//! policies, and one for each level that lists what is allowed. Refuses nothing: what is not
//! understood may deny everything.

use crate::diff::access::comparer::Comparer;
use crate::diff::access::limits::{AppliedLimit, LimitLevel, LimitsOf};
use crate::diff::access::resource_limits;
use crate::iam::condition::{Atom, Literal, Qualifier, Test};
use crate::iam::difference::NewAccess;
use crate::iam::document::{DocumentKind, Documents};
use crate::iam::evaluate::{Decision, evaluate};
use crate::iam::permissions::Permissions;
use crate::iam::principals::{Principal, PrincipalKind};
use crate::iam::references;
use crate::iam::statement::{Effect, Grant, Patterns, Statement, StatementId};
use crate::organization::control::ControlPolicyKind;
use crate::template::resolve::{OwnId, Reader, Reading};
use crate::template::resources::File;
use crate::template::symbol::Symbol;
use crate::template::value::Data;

/// How the name of each begins. No policy of IAM has a blank in its name.
const NAME: &str = "service control policy ";

impl Comparer<'_, '_> {
    /// What limits `principal`, if that is not the same on both sides.
    pub(super) fn limiting(
        &self,
        (file, side): (&File<'_>, LimitsOf),
        principal: &Principal,
        own_id: &OwnId,
    ) -> Vec<Statement> {
        let account = principal.place.account();
        if account.and_then(|name| self.limits.changed(name)).is_none() {
            return Vec::new();
        }
        let own = self.arn_of(file, principal, own_id);
        self.limits_of(account, side, own.as_deref())
    }

    /// What limits a principal of `account` with the ARN `own`, if that is not the same on both sides.
    pub(super) fn limits_of(
        &self,
        account: Option<&str>,
        side: LimitsOf,
        own: Option<&[Symbol]>,
    ) -> Vec<Statement> {
        let Some((_, changed)) = account.and_then(|name| self.limits.changed(name)) else {
            return Vec::new();
        };
        let levels = match side {
            LimitsOf::Old => &changed.old,
            LimitsOf::New => &changed.new,
        };
        let mut statements = Vec::new();
        for level in levels {
            statements.extend(self.of_level(level));
        }
        let statements = statements.into_iter();
        statements
            .filter_map(|statement| self.for_caller(statement, own))
            .collect()
    }

    fn of_level(&self, level: &LimitLevel) -> Vec<Statement> {
        let reader = self.plain_reader();
        let documents = Documents {
            reader: &reader,
            atoms: &self.atoms,
        };
        let mut allows: Vec<Grant> = Vec::new();
        let mut found = Vec::new();
        for policy in &level.policies {
            match policy {
                AppliedLimit::Full => allows.push(allow_all()),
                AppliedLimit::Known(name, document) => {
                    let kind = match level.kind {
                        ControlPolicyKind::Service => NAME,
                        ControlPolicyKind::Resource => resource_limits::NAME,
                    };
                    let name = format!("{kind}`{name}` of {}", level.point);
                    let all = documents.statements(document, &name, DocumentKind::Identity);
                    for statement in all {
                        match statement.grant.effect {
                            Effect::Deny => found.push(statement),
                            Effect::Allow => allows.push(statement.grant),
                        }
                    }
                }
                AppliedLimit::Elsewhere(name) => {
                    let why = format!("what {NAME}`{name}` says is not known");
                    found.push(self.denies_if(&why, Patterns::all(), level));
                    allows.push(allow_all());
                }
            }
        }
        if !allows.is_empty() && !allows.contains(&allow_all()) {
            let point = &level.point;
            let (actions, why) = match listed(&allows) {
                Some(listed) => (
                    listed,
                    format!("whether FullAWSAccess is attached to {point} is not known"),
                ),
                None => (
                    Patterns::all(),
                    format!(
                        "what the {NAME}statements of {point} allow is not decided: {allows:?}"
                    ),
                ),
            };
            found.push(self.denies_if(&why, actions, level));
        }
        found
    }

    /// A statement that denies these actions, but for all that is known only if `why` is so.
    fn denies_if(&self, why: &str, actions: Patterns, level: &LimitLevel) -> Statement {
        let atom = self.atoms.borrow_mut().number(Atom::of_policies(
            Test::NotKnown,
            why.to_owned(),
            why.split(": ").next().unwrap_or_default().to_owned(),
        ));
        Statement {
            id: StatementId::Policy(0),
            grant: Grant {
                effect: Effect::Deny,
                actions,
                resources: Patterns::all(),
                principals: None,
                literals: vec![Literal { atom, holds: true }],
            },
            policy: level.point.clone(),
            name: String::new(),
            resources: Vec::new(),
            principals: Vec::new(),
            conditions: Vec::new(),
        }
    }

    /// The ARN of a role or user, if its name is known. Requests of a session have that of the role.
    pub(super) fn arn_of(
        &self,
        file: &File<'_>,
        principal: &Principal,
        own_id: &OwnId,
    ) -> Option<Vec<Symbol>> {
        if principal.kind == PrincipalKind::Group {
            return None;
        }
        let body = file.resources.get(principal.at)?.body.as_ref()?;
        let reader: Reader<'_> = self.reader(body, &principal.place, own_id.clone());
        let arn = references::arn(body, &reader)?;
        let arn = Data::Map(vec![("Fn::Sub".to_owned(), Data::Text(arn))]);
        Some(reader.symbols(&arn, Reading::Plain))
    }

    /// `statement` for the principal with the ARN `own`; `None` if it never applies to that one.
    fn for_caller(&self, mut statement: Statement, own: Option<&[Symbol]>) -> Option<Statement> {
        let Some(own) = own else {
            return Some(statement);
        };
        let atoms = self.atoms.borrow();
        for literal in statement.grant.literals.clone() {
            let truth = atoms.get(literal.atom).and_then(|atom| is_met(atom, own));
            match truth {
                Some(truth) if truth == literal.holds => {
                    statement.grant.literals.retain(|other| *other != literal);
                }
                Some(_) => return None,
                None => {}
            }
        }
        Some(statement)
    }

    /// Which service control policy of these permissions denies what `found` is about.
    pub(super) fn limit(&self, permissions: &Permissions, found: &NewAccess) -> Option<String> {
        let request = found.witness.as_ref()?;
        let Decision::Denied(id) = evaluate(&self.atoms.borrow(), permissions, request) else {
            return None;
        };
        let statement = permissions.statement(id)?;
        statement
            .policy
            .starts_with(NAME)
            .then(|| statement.policy.clone())
    }
}

fn allow_all() -> Grant {
    Grant {
        effect: Effect::Allow,
        actions: Patterns::all(),
        resources: Patterns::all(),
        principals: None,
        literals: Vec::new(),
    }
}

/// The actions that these statements leave out, if they are about every resource at any time.
fn listed(allows: &[Grant]) -> Option<Patterns> {
    let is_plain = |grant: &Grant| grant.resources == Patterns::all() && grant.literals.is_empty();
    if !allows.iter().all(is_plain) {
        return None;
    }
    if let [one] = allows
        && one.actions.negated
    {
        return Some(Patterns::of(one.actions.globs.clone()));
    }
    if allows.iter().any(|grant| grant.actions.negated) {
        return None;
    }
    let globs = allows.iter().flat_map(|grant| grant.actions.globs.clone());
    Some(Patterns::but(globs.collect()))
}

/// Whether the ARN of the caller, `own`, meets a condition; `None` if it is about something else.
fn is_met(atom: &Atom, own: &[Symbol]) -> Option<bool> {
    if atom.key != "aws:principalarn" || atom.qualifier != Qualifier::None {
        return None;
    }
    atom.test.is_met_by(own)
}

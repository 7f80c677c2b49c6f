//! Resource control policies, as they limit a principal of the account that they are attached to.
//!
//! In: statements of such policies, and the account. Out: the same for resources of this account alone. Refuses
//! nothing: what such a policy may not limit is denied only perhaps.
//!
//! A resource control policy limits who uses the resources of an account, not what the account's principals do
//! elsewhere ("Resource control policies" of the AWS Organizations user guide). It applies to some services only,
//! and to no key that AWS manages ("Resource control policies in AWS KMS" of its developer guide).

use crate::diff::access::comparer::Comparer;
use crate::iam::condition::{Atom, Literal, Qualifier, Test};
use crate::iam::owner;
use crate::iam::pattern::{Glob, is_account_id};
use crate::iam::statement::{Effect, Patterns, Statement};
use crate::template::symbol::{Symbol, literal_text};

/// How the name of each begins.
pub(super) const NAME: &str = "resource control policy ";

/// The services all resources of which such policies limit, as of 2026-10. The list grows.
const LIMITED: [&str; 6] = ["aoss", "ecr", "s3", "secretsmanager", "sqs", "sts"];

impl Comparer<'_, '_> {
    /// A statement that limits a principal of `account`: one of a resource control policy, for the resources of this
    /// account alone.
    pub(super) fn on_own_resources(
        &self,
        statement: Statement,
        account: &[Symbol],
    ) -> Vec<Statement> {
        if !statement.policy.starts_with(NAME) || statement.grant.effect != Effect::Deny {
            return vec![statement];
        }
        let (sure, others) = self.by_service(statement);
        let parts = sure.into_iter().chain(others);
        parts
            .flat_map(|statement| self.of_owner(statement, account))
            .collect()
    }

    /// What a statement says of services of which it is known that it applies, and of others.
    fn by_service(&self, mut statement: Statement) -> (Option<Statement>, Option<Statement>) {
        let mut sure = Vec::new();
        let mut others = Vec::new();
        let actions = &statement.grant.actions;
        for glob in &actions.globs {
            match service_of(glob) {
                _ if actions.negated => {}
                Some(service) if LIMITED.contains(&service.as_str()) => sure.push(glob.clone()),
                _ if glob.is_any() => {
                    let all = LIMITED.iter().map(|name| Glob::of(&format!("{name}:*")));
                    sure.extend(all.map(Glob::ignoring_case));
                    others.push(glob.clone());
                }
                _ => others.push(glob.clone()),
            }
        }
        let known = (!sure.is_empty()).then(|| {
            let mut known = statement.clone();
            known.grant.actions = Patterns::of(sure);
            known
        });
        if !actions.negated {
            if others.is_empty() {
                return (known, None);
            }
            statement.grant.actions = Patterns::of(others);
        }
        let name = &statement.policy;
        let why = format!("whether the {name} limits such resources is not known");
        let atom = Atom::of_policies(Test::NotKnown, why.clone(), why);
        self.add(&mut statement, atom);
        (known, Some(statement))
    }

    /// What a statement says of the resources of `account`.
    fn of_owner(&self, statement: Statement, account: &[Symbol]) -> Vec<Statement> {
        let (own, open) = divided(&statement.grant.resources, account);
        let part = |resources: Patterns| {
            let mut part = statement.clone();
            part.grant.resources = resources;
            (!part.grant.resources.globs.is_empty()).then_some(part)
        };
        let open = part(open).map(|mut open| {
            let text = self.spelled(account);
            open.conditions
                .push(format!("StringEquals aws:ResourceAccount: {text}"));
            let atom = Atom {
                key: owner::KEY.to_owned(),
                qualifier: Qualifier::None,
                // All of these services have the key.
                if_exists: true,
                test: Test::Text(vec![Glob::new(account.to_vec())]),
                identity: String::new(),
                shown: String::new(),
            };
            self.add(&mut open, atom);
            open
        });
        part(own).into_iter().chain(open).collect()
    }

    fn add(&self, statement: &mut Statement, atom: Atom) {
        let atom = self.atoms.borrow_mut().number(atom);
        let literals = &mut statement.grant.literals;
        literals.push(Literal { atom, holds: true });
        literals.sort_unstable();
        literals.dedup();
    }
}

/// Those of these resources that are of `account` by their ARNs, and those that say nothing of an account.
fn divided(resources: &Patterns, account: &[Symbol]) -> (Patterns, Patterns) {
    if resources.negated {
        return (Patterns::of(Vec::new()), resources.clone());
    }
    let mut own: Vec<Glob> = Vec::new();
    let mut open: Vec<Glob> = Vec::new();
    for glob in &resources.globs {
        if glob.is_any() {
            own.extend([of_all(account), Glob::literal("*")]);
            open.push(of_all(&[]));
            continue;
        }
        match owner::fields(&glob.symbols).as_slice() {
            [_, _, _, _, id, _] if *id == account => own.push(glob.clone()),
            [_, _, _, _, id, _] if is_account_id(id) => {
                if literal_text(id).is_none() || literal_text(account).is_none() {
                    open.push(glob.clone());
                }
            }
            [arn, partition, service, region, [Symbol::Any], rest] => {
                let of = |id: &[Symbol]| {
                    let fields = [*arn, partition, service, region, id, rest];
                    Glob::new(fields.join(&Symbol::Char(':')))
                };
                own.push(of(account));
                open.push(of(&[]));
            }
            _ => open.push(glob.clone()),
        }
    }
    (Patterns::of(own), Patterns::of(open))
}

/// Everything in an account.
fn of_all(account: &[Symbol]) -> Glob {
    let [before, after] = ["arn:*:*:*:", ":*"].map(|text| Glob::of(text).symbols);
    Glob::new([before.as_slice(), account, &after].concat())
}

/// The service of the actions that a pattern matches, in lower case, if it is one.
fn service_of(glob: &Glob) -> Option<String> {
    let end = glob
        .symbols
        .iter()
        .position(|symbol| *symbol == Symbol::Char(':'))?;
    let text = literal_text(glob.symbols.get(..end)?)?;
    Some(text.to_ascii_lowercase())
}

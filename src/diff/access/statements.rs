//! A principal to the statements that apply to it.
//!
//! In: a principal with its policies. Out: what it may do, and who may assume it. A policy that is
//! not in the file may hold anything. Refuses nothing.

use crate::diff::access::comparer::Comparer;
use crate::iam::condition::{Atom, Literal, Qualifier, Test};
use crate::iam::document::{DocumentKind, Documents, UnknownPower};
use crate::iam::permissions::Permissions;
use crate::iam::principals::{Principal, Source};
use crate::iam::statement::Statement;
use crate::template::resolve::{OwnId, Reader};
use crate::template::resources::{Body, File, Resource};
use crate::template::value::Data;

/// AWS's own policies that have no Deny, of those that are used most: see AWS's Managed Policy
/// Reference Guide. Those that only read also have none.
const ONLY_ALLOW: &[&str] = &[
    "AdministratorAccess",
    "PowerUserAccess",
    "SecurityAudit",
    "job-function/ViewOnlyAccess",
    "service-role/AWSLambdaBasicExecutionRole",
    "service-role/AWSLambdaVPCAccessExecutionRole",
];

/// How a policy applies to a principal.
#[derive(Clone, Copy)]
enum AttachedAs {
    Policy,
    Boundary,
}

impl<'run> Comparer<'run, '_> {
    /// What a principal may do, and who may assume it.
    pub(super) fn sides(
        &self,
        file: &File<'_>,
        principal: &Principal,
        own_id: &OwnId,
    ) -> (Permissions, Permissions) {
        let resource = |at: usize| {
            let resource = file.resources.get(at)?;
            Some((resource, resource.body.as_ref()?))
        };
        let Some((_, body)) = resource(principal.at) else {
            return Default::default();
        };
        let place = &principal.place;
        let reader = |body: &Body<'_>| self.reader(body, place, own_id.clone());
        let mut own = self.policies_of(body, &reader(body), None);
        let trust = self.trust_of(body, &reader(body));
        for source in &principal.policies {
            let statements = self.source(source, &reader, &resource, AttachedAs::Policy);
            own.extend(statements);
        }
        let boundary = principal
            .boundary
            .as_ref()
            .map(|source| self.source(source, &reader, &resource, AttachedAs::Boundary));
        (
            Permissions::new(own, boundary),
            Permissions::new(trust, None),
        )
    }

    fn source<'a>(
        &self,
        source: &Source,
        reader: &dyn Fn(&Body<'_>) -> Reader<'run>,
        resource: &dyn Fn(usize) -> Option<(&'a Resource<'a>, &'a Body<'a>)>,
        attached: AttachedAs,
    ) -> Vec<Statement> {
        match source {
            Source::Resource(at) => match resource(*at) {
                Some((resource, body)) => self.policies_of(body, &reader(body), Some(&resource.id)),
                None => Vec::new(),
            },
            Source::Elsewhere(name) => {
                // Some of AWS's own policies deny; these are known not to.
                let own = name.split_once("iam::aws:policy/").map(|(_, name)| name);
                let may_deny = own.is_none_or(|name| {
                    !ONLY_ALLOW.contains(&name) && !name.ends_with("ReadOnlyAccess")
                });
                let reader = self.plain_reader();
                let documents = Documents {
                    reader: &reader,
                    atoms: &self.atoms,
                };
                let power = match attached {
                    AttachedAs::Boundary => UnknownPower::Limits,
                    AttachedAs::Policy if may_deny => UnknownPower::AllowsAndDenies,
                    AttachedAs::Policy => UnknownPower::Allows,
                };
                documents.unknown_policy(name, power)
            }
        }
    }

    /// The statements of every policy document of a resource.
    fn policies_of(
        &self,
        body: &Body<'_>,
        reader: &Reader<'_>,
        id: Option<&str>,
    ) -> Vec<Statement> {
        let documents = Documents {
            reader,
            atoms: &self.atoms,
        };
        let property = |name: &str| body.data.get("Properties").and_then(|data| data.get(name));
        let mut statements = Vec::new();
        if let Some(document) = property("PolicyDocument") {
            let name = property("ManagedPolicyName").or(property("PolicyName"));
            let name = name.and_then(|name| reader.text(name));
            let name = name.as_deref().or(id).unwrap_or_default();
            statements.extend(documents.statements(document, name, DocumentKind::Identity));
        }
        match property("Policies") {
            Some(Data::Unordered(items)) => {
                for item in &items.0 {
                    let name = item.get("PolicyName").and_then(|name| reader.text(name));
                    let document = item.get("PolicyDocument").unwrap_or(&Data::Null);
                    let name = name.unwrap_or_default();
                    statements.extend(documents.statements(
                        document,
                        &name,
                        DocumentKind::Identity,
                    ));
                }
            }
            Some(Data::Null) | None => {}
            // Not a list of policies: the result of some function.
            Some(other) => {
                statements.extend(documents.statements(other, "Policies", DocumentKind::Identity));
            }
        }
        self.guarded(body, statements)
    }

    fn trust_of(&self, body: &Body<'_>, reader: &Reader<'_>) -> Vec<Statement> {
        let documents = Documents {
            reader,
            atoms: &self.atoms,
        };
        let properties = body.data.get("Properties");
        let statements = properties
            .and_then(|properties| properties.get("AssumeRolePolicyDocument"))
            .map_or(Vec::new(), |document| {
                documents.statements(document, "trust policy", DocumentKind::Trust)
            });
        self.guarded(body, statements)
    }

    /// The statements under the resource's own `Condition`, if it has one.
    fn guarded(&self, body: &Body<'_>, mut statements: Vec<Statement>) -> Vec<Statement> {
        if let Some(name) = body.data.get("Condition").and_then(Data::text) {
            let literal = Literal {
                atom: self.atoms.borrow_mut().number(Atom {
                    key: String::new(),
                    qualifier: Qualifier::None,
                    if_exists: false,
                    test: Test::Opaque,
                    identity: format!("Condition {name}"),
                    shown: String::new(),
                }),
                holds: true,
            };
            for statement in &mut statements {
                statement.grant.literals.push(literal);
                statement.grant.literals.sort_unstable();
            }
        }
        statements
    }
}

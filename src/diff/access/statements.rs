//! A principal to the statements that apply to it.
//!
//! In: a principal with its policies. Out: what it may do, and who may assume it. A policy that is
//! not in the file may hold anything. Refuses nothing.

use std::collections::BTreeSet;

use crate::diff::access::comparer::Comparer;
use crate::diff::access::published::KeptPolicies;
use crate::iam::condition::{Atom, Literal, Test};
use crate::iam::document::unread::{UnknownPower, if_holding};
use crate::iam::document::{DocumentKind, Documents};
use crate::iam::pattern::{Glob, Matching};
use crate::iam::permissions::Permissions;
use crate::iam::principals::{Principal, Source};
use crate::iam::statement::{Effect, Grant, Statement};
use crate::template::resolve::{OwnId, Reader, Reading};
use crate::template::resources::{Body, File, Resource};
use crate::template::symbol::Symbol;
use crate::template::value::Data;

/// How a policy applies to a principal.
#[derive(Clone, Copy)]
pub(super) enum AttachedAs {
    Policy,
    Boundary,
}

/// The statements of one document.
struct AppliedPolicy {
    /// Its name, if it is an inline policy.
    inline_name: Option<Vec<Symbol>>,
    /// The resource whose own policy it is: the principal or a group of it, if that is known.
    holder: Option<usize>,
    statements: Vec<Statement>,
}

impl<'run, 'text> Comparer<'run, 'text> {
    /// What a principal may do, and who may assume it. `kept` are those of AWS's policies that it has
    /// on both sides.
    pub(super) fn sides(
        &self,
        file: &File<'text>,
        principal: &Principal,
        own_id: &OwnId,
        kept: &KeptPolicies,
    ) -> (Permissions, Permissions) {
        let resource = |at: usize| {
            let resource = file.resources.get(at)?;
            Some((resource, resource.body.as_ref()?))
        };
        let Some((_, body)) = resource(principal.at) else {
            return Default::default();
        };
        let place = &principal.place;
        let reader = |body: &Body<'_>| Reader {
            values: self.values(file, body, place),
            ..self.reader(body, place, own_id.clone())
        };
        let mut own = self.policies_of(body, &reader(body), None);
        for policy in &mut own {
            policy.holder = Some(principal.at);
        }
        let trust = self.trust_of(body, &reader(body));
        for source in &principal.policies {
            let of_group = source.place();
            let of_group = of_group.filter(|at| resource(*at).is_some_and(|own| is_group(own.1)));
            for policy in self.source(source, &reader, &resource, AttachedAs::Policy) {
                own.push(AppliedPolicy {
                    holder: of_group,
                    ..policy
                });
            }
        }
        let boundary = principal.boundary.as_ref().map(|source| {
            let policies = self.source(source, &reader, &resource, AttachedAs::Boundary);
            let mut bounds = flat(policies);
            bounds.extend(self.added(&kept.boundary));
            bounds
        });
        let mut own = flat(self.only_of_their_names(own));
        own.extend(self.added(&kept.policies));
        (
            Permissions::new(own, boundary),
            Permissions::new(trust, None),
        )
    }

    /// Inline policies of one name replace each other (IAM API, `PutRolePolicy`: "Adds or updates an
    /// inline policy document"), and which is written last is not known: none of them is sure to be in
    /// force. A name that is not known may be that of another one. Those of a user and of its group do not.
    fn only_of_their_names(&self, mut policies: Vec<AppliedPolicy>) -> Vec<AppliedPolicy> {
        let names: Vec<Option<Glob>> = policies
            .iter()
            .map(|policy| Some(Glob::new(policy.inline_name.clone()?).ignoring_case()))
            .collect();
        let named = names.iter().enumerate();
        let named = named.filter_map(|(at, name)| Some((at, name.as_ref()?)));
        let named: Vec<(usize, &Glob)> = named.collect();
        let says = |at: usize| -> BTreeSet<&Grant> {
            let policy = policies.get(at).into_iter();
            let statements = policy.flat_map(|policy| &policy.statements);
            statements.map(|statement| &statement.grant).collect()
        };
        let mut replaced: Vec<(usize, Test, String, String)> = Vec::new();
        for (at, name) in &named {
            let holder = |at: usize| policies.get(at).and_then(|policy| policy.holder);
            let is_rival = |other: usize, of: &Glob| {
                let both = holder(*at).zip(holder(other));
                let is_of_one = both.is_none_or(|(own, other)| own == other);
                is_of_one && other != *at && may_be_equal(&name.symbols, &of.symbols)
            };
            let rivals: Vec<&(usize, &Glob)> = named
                .iter()
                .filter(|(other, of)| is_rival(*other, of) && says(*other) != says(*at))
                .collect();
            if rivals.is_empty() {
                continue;
            }
            let names = self.names.borrow();
            // With other documents of that name, another one may be in force.
            let others: BTreeSet<(String, BTreeSet<&Grant>)> = rivals
                .iter()
                .map(|(other, of)| (names.spell(&of.symbols), says(*other)))
                .collect();
            let is_sure = rivals.iter().any(|(_, of)| of == name);
            let shown = names.spell(&name.symbols);
            let identity = format!("{shown} {:?} {others:?}", says(*at));
            replaced.push((*at, Test::OnlyOfItsName { is_sure }, identity, shown));
        }
        for (at, test, identity, shown) in replaced {
            if let Some(policy) = policies.get_mut(at) {
                self.guard(&mut policy.statements, test, identity, shown);
            }
        }
        policies
    }

    /// What is denied by policies that are gone from the file, and that `CloudFormation` leaves attached.
    pub(super) fn kept_denials(
        &self,
        old: Option<&Principal>,
        new: Option<&Principal>,
        own_id: &OwnId,
    ) -> Vec<Statement> {
        let (Some(old), Some(_)) = (old, new) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for source in &old.policies {
            let resource = source.place();
            let resource = resource.and_then(|at| self.old.resources.get(at));
            let Some((resource, body)) = resource.and_then(|own| Some((own, own.body.as_ref()?)))
            else {
                continue;
            };
            if self.new.get(&resource.id).is_some() || self.is_deleted(&resource.id) {
                continue;
            }
            let reader = Reader {
                values: self.values(self.old, body, &old.place),
                ..self.reader(body, &old.place, own_id.clone())
            };
            let own = flat(self.policies_of(body, &reader, Some(&resource.id)));
            found.extend(self.kept_of(&resource.id, own));
        }
        found
    }

    /// What the policy `name` with these statements denies, if it is still there.
    pub(super) fn kept_of(&self, name: &str, mut statements: Vec<Statement>) -> Vec<Statement> {
        statements.retain(|statement| statement.grant.effect == Effect::Deny);
        let identity = format!("{name} {statements:?}");
        self.guard(&mut statements, Test::Kept, identity, name.to_owned());
        statements
    }

    /// The statements of a policy that is attached.
    pub(super) fn attached<'a>(
        &self,
        source: &Source,
        reader: &dyn Fn(&Body<'_>) -> Reader<'run>,
        resource: &dyn Fn(usize) -> Option<(&'a Resource<'a>, &'a Body<'a>)>,
        attached: AttachedAs,
    ) -> Vec<Statement> {
        flat(self.source(source, reader, resource, attached))
    }

    fn source<'a>(
        &self,
        source: &Source,
        reader: &dyn Fn(&Body<'_>) -> Reader<'run>,
        resource: &dyn Fn(usize) -> Option<(&'a Resource<'a>, &'a Body<'a>)>,
        attached: AttachedAs,
    ) -> Vec<AppliedPolicy> {
        match source {
            Source::Resource(at) => match resource(*at) {
                Some((resource, body)) => self.policies_of(body, &reader(body), Some(&resource.id)),
                None => Vec::new(),
            },
            Source::Chosen(ways, policy) => {
                let mut policies = self.source(policy, reader, resource, attached);
                for policy in &mut policies {
                    let own = std::mem::take(&mut policy.statements);
                    let ways = ways.iter();
                    let all = ways.flat_map(|way| if_holding(&self.atoms, way, own.clone()));
                    policy.statements = all.collect();
                }
                policies
            }
            Source::Elsewhere(name) => {
                // Some of AWS's own policies deny; those that only read are known not to.
                let is_own = name.contains("iam::aws:policy/");
                let may_deny = !(is_own && name.ends_with("ReadOnlyAccess"));
                let reader = self.plain_reader();
                let documents = Documents {
                    reader: &reader,
                    atoms: &self.atoms,
                };
                if let Some(document) = self.published(name) {
                    return vec![AppliedPolicy {
                        holder: None,
                        inline_name: None,
                        statements: documents.statements(&document, name, DocumentKind::Identity),
                    }];
                }
                let power = match attached {
                    AttachedAs::Boundary => UnknownPower::Limits,
                    AttachedAs::Policy if may_deny => UnknownPower::AllowsAndDenies,
                    AttachedAs::Policy => UnknownPower::Allows,
                };
                vec![AppliedPolicy {
                    holder: None,
                    inline_name: None,
                    statements: documents.unknown_policy(name, power),
                }]
            }
        }
    }

    /// Every policy document of a resource.
    fn policies_of(
        &self,
        body: &Body<'_>,
        reader: &Reader<'_>,
        id: Option<&str>,
    ) -> Vec<AppliedPolicy> {
        let documents = Documents {
            reader,
            atoms: &self.atoms,
        };
        let read = |document: &Data, name: &str| {
            documents.statements(document, name, DocumentKind::Identity)
        };
        let property = |name: &str| body.data.get("Properties").and_then(|data| data.get(name));
        let inline_name = |name: &Data| reader.symbols(name, Reading::Plain);
        let mut policies = Vec::new();
        if let Some(document) = property("PolicyDocument") {
            let name = property("ManagedPolicyName").or(property("PolicyName"));
            let name = name.and_then(|name| reader.text(name));
            let name = name.as_deref().or(id).unwrap_or_default();
            policies.push(AppliedPolicy {
                holder: None,
                inline_name: property("PolicyName").map(inline_name),
                statements: read(document, name),
            });
        }
        match property("Policies") {
            Some(Data::Unordered(items)) => {
                for item in &items.0 {
                    let name = item.get("PolicyName");
                    let name = name.map(inline_name);
                    let text = name.as_deref().map(|name| self.spelled(name));
                    let document = item.get("PolicyDocument").unwrap_or(&Data::Null);
                    policies.push(AppliedPolicy {
                        holder: None,
                        statements: read(document, &text.unwrap_or_default()),
                        inline_name: name,
                    });
                }
            }
            Some(Data::Null) | None => {}
            // Not a list of policies: the result of some function, in which they have any names.
            Some(other) => policies.push(AppliedPolicy {
                holder: None,
                inline_name: Some(inline_name(other)),
                statements: read(other, "Policies"),
            }),
        }
        for policy in &mut policies {
            self.guarded(body, &mut policy.statements);
        }
        policies
    }

    fn trust_of(&self, body: &Body<'_>, reader: &Reader<'_>) -> Vec<Statement> {
        let documents = Documents {
            reader,
            atoms: &self.atoms,
        };
        let properties = body.data.get("Properties");
        let mut statements = properties
            .and_then(|properties| properties.get("AssumeRolePolicyDocument"))
            .map_or(Vec::new(), |document| {
                documents.statements(document, "trust policy", DocumentKind::Trust)
            });
        self.guarded(body, &mut statements);
        statements
    }

    /// Puts the statements under the resource's own `Condition`, if it has one.
    pub(super) fn guarded(&self, body: &Body<'_>, statements: &mut [Statement]) {
        if let Some(name) = body.data.get("Condition").and_then(Data::text) {
            self.guarded_by(&format!("Condition {name}"), statements);
        }
    }

    /// Puts the statements under what nobody knows to hold.
    pub(super) fn guarded_by(&self, condition: &str, statements: &mut [Statement]) {
        self.guard_by(statements, Atom::created(condition));
    }

    /// Puts the statements under a test that is not one of a condition of theirs.
    fn guard(&self, statements: &mut [Statement], test: Test, identity: String, shown: String) {
        self.guard_by(statements, Atom::of_policies(test, identity, shown));
    }

    fn guard_by(&self, statements: &mut [Statement], atom: Atom) {
        let literal = Literal {
            atom: self.atoms.borrow_mut().number(atom),
            holds: true,
        };
        for statement in statements {
            statement.grant.literals.push(literal);
            statement.grant.literals.sort_unstable();
        }
    }
}

/// Whether it is a group, whose inline policies are its own.
fn is_group(body: &Body<'_>) -> bool {
    body.data.get("Type").and_then(Data::text) == Some("AWS::IAM::Group")
}

/// Whether two names may be equal, in whatever case. What both begin and end with
/// does not decide.
fn may_be_equal(name: &[Symbol], other: &[Symbol]) -> bool {
    let same = |(a, b): &(&Symbol, &Symbol)| a == b;
    let start = name.iter().zip(other).take_while(same).count();
    let rests = name.get(start..).zip(other.get(start..));
    let Some((name, other)) = rests else {
        return true;
    };
    let end = name.iter().rev().zip(other.iter().rev());
    let end = end.take_while(same).count();
    let cut = |symbols: &[Symbol]| {
        let kept = symbols.get(..symbols.len() - end);
        Glob::new(kept.unwrap_or(symbols).to_vec()).ignoring_case()
    };
    cut(name).matching(&cut(other).symbols) != Matching::Never
}

fn flat(policies: Vec<AppliedPolicy>) -> Vec<Statement> {
    let policies = policies.into_iter();
    policies.flat_map(|policy| policy.statements).collect()
}

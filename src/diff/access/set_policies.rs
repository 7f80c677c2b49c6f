//! The permission sets of a file, and what they allow.
//!
//! In: a file. Out: a [`SetsOfFile`], and the permissions of one of its permission sets in an account.
//! Refuses nothing: a policy that is not in the file may say anything.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use crate::diff::access::assigned::{Assignments, PartKnowledge, SET};
use crate::diff::access::assignments::{condition_of, items, property};
use crate::diff::access::comparer::Comparer;
use crate::diff::access::limits::LimitsOf;
use crate::diff::access::published::KeptPolicies;
use crate::diff::access::statements::AttachedAs;
use crate::iam::PrincipalKind;
use crate::iam::document::{DocumentKind, Documents};
use crate::iam::permissions::Permissions;
use crate::iam::principals::{Principal, Source, places_of};
use crate::template::display::shown;
use crate::template::in_text::read_text;
use crate::template::resolve::{Reader, Reading, Values};
use crate::template::resources::{Body, File, Place, Resource};
use crate::template::symbol::Symbol;
use crate::template::value::Data;

/// A permission set of a file.
pub(super) struct PermissionSet<'text> {
    pub(super) at: usize,
    pub(super) id: String,
    pub(super) body: Body<'text>,
    pub(super) place: Place,
    pub(super) values: Rc<Values>,
    pub(super) condition: Option<String>,
}

/// What a file says of permission sets.
pub(super) struct SetsOfFile<'run, 'text> {
    pub(super) file: &'run File<'text>,
    pub(super) side: LimitsOf,
    /// By name; each with those of the same name.
    pub(super) sets: BTreeMap<String, Vec<PermissionSet<'text>>>,
    pub(super) assignments: Assignments,
    /// The customer managed policies by account, and path and name.
    pub(super) policies: HashMap<(Place, String), usize>,
}

impl<'text> SetsOfFile<'_, 'text> {
    /// The permission set with this name.
    pub(super) fn set(&self, name: &str) -> Option<&PermissionSet<'text>> {
        self.sets.get(name)?.first()
    }

    /// The permission sets that have their name for themselves: of several, only one is created.
    pub(super) fn decided(&self) -> impl Iterator<Item = (&String, &PermissionSet<'text>)> {
        let sets = self.sets.iter();
        sets.filter_map(|(name, all)| match all.as_slice() {
            [one] => Some((name, one)),
            _ => None,
        })
    }
}

/// What decides about a permission set in one account on one side.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct SetSignature {
    says: Arc<Data>,
    place: Place,
    values: Rc<Values>,
    condition: Option<String>,
    sources: Vec<SourceSignature>,
    limits: Option<(LimitsOf, String)>,
}

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum SourceSignature {
    Body(usize, String, Rc<Values>),
    Elsewhere(String),
}

impl<'text> Comparer<'_, 'text> {
    /// What `file` says of permission sets.
    pub(super) fn sets_of<'file>(
        &self,
        file: &'file File<'text>,
        side: LimitsOf,
    ) -> SetsOfFile<'file, 'text> {
        let mut sets: BTreeMap<String, Vec<PermissionSet<'text>>> = BTreeMap::new();
        let mut names = BTreeMap::new();
        let mut names_policies = false;
        for (at, resource) in file.resources.iter().enumerate() {
            let Some(body) = self.body_of_type(resource, [&SET].into_iter()) else {
                continue;
            };
            let Some(place) = places_of(&body).into_iter().next() else {
                continue;
            };
            let reader = self.reader_with_id(&body, &place);
            let name = property(&body, "Name").and_then(|name| reader.text(name));
            let name = name.map_or_else(|| resource.id.clone(), |name| body.restore(&name));
            names.insert(resource.id.clone(), name.clone());
            names_policies |= shown(&body.data).contains("CustomerManagedPolicyReference");
            sets.entry(name).or_default().push(PermissionSet {
                at,
                id: resource.id.clone(),
                values: self.values(file, &body, &place),
                condition: condition_of_set(&body, &place),
                place,
                body,
            });
        }
        SetsOfFile {
            file,
            side,
            sets,
            assignments: self.assignments(file, &names),
            policies: if names_policies {
                self.policies_by_name(file)
            } else {
                HashMap::new()
            },
        }
    }

    /// The customer managed policies of `file` by account, and path and name.
    fn policies_by_name(&self, file: &File<'text>) -> HashMap<(Place, String), usize> {
        let mut found = HashMap::new();
        let bodies = file.resources.iter().enumerate();
        let bodies = bodies.filter_map(|(at, resource)| Some((at, resource.body.as_ref()?)));
        for (at, body) in bodies {
            if body.data.get("Type").and_then(Data::text) != Some("AWS::IAM::ManagedPolicy") {
                continue;
            }
            for place in places_of(body) {
                let reader = self.reader_with_id(body, &place);
                let text = |name: &str| property(body, name).map(|value| reader.text(value));
                let path = text("Path").unwrap_or(Some("/".to_owned()));
                if let (Some(path), Some(Some(name))) = (path, text("ManagedPolicyName")) {
                    found.insert((place, body.restore(&format!("{path}{name}"))), at);
                }
            }
        }
        found
    }

    /// A principal for each account in which a permission set is assigned. One that the file assigns nowhere, or
    /// in an account that is not known, may be in any.
    pub(super) fn principals_of_sets(&self, sets: &SetsOfFile<'_, 'text>) -> Vec<Principal> {
        let mut found = Vec::new();
        for (name, set) in sets.decided() {
            let mut accounts = BTreeSet::new();
            for assignment in sets.assignments.keys() {
                let (own, account) = (&assignment.set, &assignment.account);
                let is_own = own.knowledge == PartKnowledge::OfFile;
                if is_own && own.text != *name {
                    continue;
                }
                // Named by an ARN, which nobody knows before it is created, it may be any set of the file.
                let is_known = is_own && account.knowledge == PartKnowledge::Known;
                accounts.insert(is_known.then_some(account.text.as_str()));
            }
            if accounts.is_empty() {
                accounts.insert(None);
            }
            let accounts = accounts.into_iter();
            found.extend(accounts.map(|account| self.principal_of(set, sets, account)));
        }
        found
    }

    /// The role that a permission set is in `account`.
    pub(super) fn principal_of(
        &self,
        set: &PermissionSet<'_>,
        of: &SetsOfFile<'_, 'text>,
        account: Option<&str>,
    ) -> Principal {
        let reader = self.reader_with_id(&set.body, &set.place);
        let place = account.map_or_else(
            || Place::Bound("-".to_owned()),
            |account| Place::Account(account.to_owned()),
        );
        let text = |data: &Data| reader.text(data).unwrap_or_else(|| shown(data));
        let managed = items(property(&set.body, "ManagedPolicies")).iter();
        let mut policies: BTreeSet<Source> =
            managed.map(|arn| Source::Elsewhere(text(arn))).collect();
        let customer_managed = |reference: &Data| {
            let field = |name: &str| reference.get(name).map(text);
            let Some(name) = field("Name") else {
                return Source::Elsewhere(shown(reference));
            };
            let path = field("Path").unwrap_or_else(|| "/".to_owned());
            let name = set.body.restore(&format!("{path}{name}"));
            let key = (place.clone(), name);
            match of.policies.get(&key) {
                Some(at) => Source::Resource(*at),
                None => Source::Elsewhere(format!("policy{}", key.1)),
            }
        };
        let references = items(property(&set.body, "CustomerManagedPolicyReferences"));
        policies.extend(references.iter().map(customer_managed));
        let boundary = property(&set.body, "PermissionsBoundary").map(|boundary| {
            match (
                boundary.get("ManagedPolicyArn"),
                boundary.get("CustomerManagedPolicyReference"),
            ) {
                (Some(arn), None) => Source::Elsewhere(text(arn)),
                (None, Some(reference)) => customer_managed(reference),
                _ => Source::Elsewhere(shown(boundary)),
            }
        });
        Principal {
            at: set.at,
            kind: PrincipalKind::PermissionSet,
            name: set.id.clone(),
            place,
            policies,
            boundary,
        }
    }

    /// What decides about a permission set in one account on one side.
    pub(super) fn set_signature(
        &self,
        set: &PermissionSet<'_>,
        of: &SetsOfFile<'_, 'text>,
        principal: &Principal,
    ) -> SetSignature {
        let account = principal.place.account();
        let source = |source: &Source| match source {
            Source::Resource(at) => {
                let body = of.file.resources.get(*at)?.body.as_ref()?;
                let values = self.values(of.file, body, &principal.place);
                let account = account.unwrap_or_default().to_owned();
                Some(SourceSignature::Body(body.key, account, values))
            }
            Source::Elsewhere(name) => Some(SourceSignature::Elsewhere(name.clone())),
            // A list of policies that depends on a condition is what the set says.
            Source::Chosen(..) => None,
        };
        let limits = account.filter(|name| self.limits.changed(name).is_some());
        SetSignature {
            says: Arc::clone(&set.body.data),
            place: set.place.clone(),
            values: Rc::clone(&set.values),
            condition: set.condition.clone(),
            sources: principal
                .policies
                .iter()
                .chain(&principal.boundary)
                .filter_map(source)
                .collect(),
            limits: limits.map(|name| (of.side, name.to_owned())),
        }
    }

    /// What somebody may do who has assumed the permission set.
    pub(super) fn permissions_of(
        &self,
        set: &PermissionSet<'_>,
        of: &SetsOfFile<'_, 'text>,
        principal: &Principal,
        kept: &KeptPolicies,
    ) -> Permissions {
        let own = Reader {
            values: Rc::clone(&set.values),
            ..self.reader_with_id(&set.body, &set.place)
        };
        let documents = Documents {
            reader: &own,
            atoms: &self.atoms,
        };
        let inline = property(&set.body, "InlinePolicy").map(read_text);
        let mut statements = inline.map_or(Vec::new(), |document| {
            documents.statements(&document, "InlinePolicy", DocumentKind::Identity)
        });
        let place = &principal.place;
        let reader = |body: &Body<'_>| Reader {
            values: self.values(of.file, body, place),
            ..self.reader_with_id(body, place)
        };
        let resource = |at: usize| {
            let resource: &Resource<'_> = of.file.resources.get(at)?;
            Some((resource, resource.body.as_ref()?))
        };
        for source in &principal.policies {
            statements.extend(self.attached(source, &reader, &resource, AttachedAs::Policy));
        }
        if let Some(condition) = &set.condition {
            self.guarded_by(condition, &mut statements);
        }
        statements.extend(self.added(&kept.policies));
        let boundary = principal.boundary.as_ref().map(|source| {
            let mut bounds = self.attached(source, &reader, &resource, AttachedAs::Boundary);
            bounds.extend(self.added(&kept.boundary));
            bounds
        });
        let arn = self.arn_of_role(set, principal);
        let limits = self.limits_of(principal.place.account(), of.side, Some(&arn));
        Permissions::new(statements, boundary).limited(limits)
    }

    /// The ARN of the role (IAM Identity Center user guide, "Referencing permission sets in resource
    /// policies"): its path has the region unless that is `us-east-1`, and its name ends with letters
    /// that nobody knows.
    fn arn_of_role(&self, set: &PermissionSet<'_>, principal: &Principal) -> Vec<Symbol> {
        let reader = self.reader_with_id(&set.body, &set.place);
        let name = property(&set.body, "Name")
            .map_or(Vec::new(), |name| reader.symbols(name, Reading::Plain));
        let open = |name: &str| {
            let reference = Data::Map(vec![("Ref".to_owned(), Data::Text(name.to_owned()))]);
            reader.symbols(&reference, Reading::Plain)
        };
        let text = |text: &str| text.chars().map(Symbol::Char).collect::<Vec<Symbol>>();
        let account = principal.place.account();
        let account = account.map_or_else(
            || open("account"),
            |name| {
                let known = self.accounts.get(name).cloned().flatten();
                known.map_or_else(|| open(name), |id| text(&id))
            },
        );
        [
            text("arn:aws:iam::"),
            account,
            text(":role/aws-reserved/sso.amazonaws.com/"),
            match crate::template::resources::region(&set.body.data).as_deref() {
                Some("us-east-1") => Vec::new(),
                Some(region) => text(&format!("{region}/")),
                None => open("region of the permission set"),
            },
            text("AWSReservedSSO_"),
            name,
            text("_"),
            open("end of the name of the role"),
        ]
        .concat()
    }
}

/// What the creation of a permission set depends on: for which accounts it is repeated, also.
fn condition_of_set(body: &Body<'_>, place: &Place) -> Option<String> {
    let foreach = body.data.get("Foreach");
    let foreach = foreach.map(|binding| format!("Foreach {}", shown(binding)));
    foreach.or_else(|| condition_of(body, place))
}

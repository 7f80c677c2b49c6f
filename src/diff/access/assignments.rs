//! Who may assume which permission set of IAM Identity Center, and in which account.
//!
//! In: a file. Out: an [`Assignment`] for each principal, permission set, and account of what assigns
//! permission sets. Refuses nothing: what is not resolved is as it is written, and is not known.
//!
//! `Community::SSO::AssignmentGroup` and `Community::SSO::PrincipalAssignments` are OrgFormation's
//! (`org-formation/aws-resource-providers`, `sso/*/src/handlers.ts`): each permission set that they name
//! is assigned in each account. A permission set is named by its ARN, by what `Ref` returns, which ends
//! with it, or by the end of the ARN.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::diff::access::assigned::{
    ASSIGNMENT, AssignedPart, Assignment, AssignmentSource, Assignments, GROUPS, INSTANCE,
    PartKnowledge,
};
use crate::diff::access::comparer::Comparer;
use crate::diff::access::written_roles::referred;
use crate::iam::principals::places_of;
use crate::template::display::shown;
use crate::template::resolve::{OWN, OwnId, Reader, Reading, Values};
use crate::template::resources::{
    Body, File, Place, Resource, has, is_numbered, is_shared, places,
};
use crate::template::symbol::{ACCOUNT_IDS, Symbol};
use crate::template::value::Data;

/// The account for which a resource is repeated.
const CURRENT: &str = "CurrentAccount";

/// What names stand for in assignments.
struct AssignmentNames<'a> {
    /// The names of the permission sets of the file by logical id.
    sets: &'a BTreeMap<String, String>,
    /// The logical ids of accounts by account id.
    accounts: BTreeMap<&'a str, &'a str>,
}

impl<'text> Comparer<'_, 'text> {
    /// The assignments that `file` creates; `sets` are the names of its permission sets by logical id.
    pub(super) fn assignments(
        &self,
        file: &File<'text>,
        sets: &BTreeMap<String, String>,
    ) -> Assignments {
        let mut found = Assignments::new();
        let by_name: BTreeMap<&str, &str> = self
            .accounts
            .iter()
            .filter_map(|(name, id)| Some((name.as_str(), id.as_deref()?)))
            .collect();
        let mut accounts: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, id) in by_name {
            accounts.entry(id).or_insert(name);
        }
        let names = AssignmentNames { sets, accounts };
        for resource in &file.resources {
            let kinds = GROUPS.iter().chain([&ASSIGNMENT]);
            let Some(body) = self.body_of_type(resource, kinds) else {
                continue;
            };
            for place in places_of(&body) {
                for values in repeated(&body) {
                    let reader = Reader {
                        values: Rc::new(values),
                        ..self.reader_with_id(&body, &place)
                    };
                    let source = AssignmentSource {
                        condition: condition_of(&body, &place),
                        id: resource.id.clone(),
                    };
                    for assignment in self.assigned(&body, &place, &reader, &names) {
                        let sources = found.entry(assignment).or_default();
                        sources.push(source.clone());
                    }
                }
            }
        }
        found
    }

    /// What `resource` says, if it is of one of these types.
    pub(super) fn body_of_type<'a>(
        &self,
        resource: &Resource<'text>,
        kinds: impl Iterator<Item = &'a &'a str>,
    ) -> Option<Body<'text>> {
        let mut kinds = kinds.copied();
        if let Some(body) = &resource.body {
            let kind = body.data.get("Type")?.text()?;
            return kinds.any(|own| own == kind).then(|| body.clone());
        }
        let written = kinds.find(|own| has(resource.text, own))?;
        let data = self.data_of(resource)?;
        let kind = data.get("Type")?.text()?;
        (kind == written || kinds.any(|own| own == kind)).then(|| Body {
            key: 0,
            places: places(&data).into(),
            is_shared: is_shared(&data),
            is_numbered: is_numbered(&data),
            label: None,
            data,
        })
    }

    /// How texts of `body` are read if it is created in `place`, with account ids as they are.
    pub(super) fn reader_with_id(&self, body: &Body<'_>, place: &Place) -> Reader<'_> {
        self.reader(body, place, self.id_in(place))
    }

    /// The account id of `place` as it is.
    pub(super) fn id_in(&self, place: &Place) -> OwnId {
        self.id_of(place).map_or(OwnId::Unknown, OwnId::Known)
    }

    /// What `body` assigns.
    fn assigned(
        &self,
        body: &Body<'_>,
        place: &Place,
        reader: &Reader<'_>,
        names: &AssignmentNames<'_>,
    ) -> Vec<Assignment> {
        let property = |name: &str| property(body, name);
        let is_missing = |all: [&str; 2]| all.into_iter().all(|name| property(name).is_none());
        let mut accounts: Vec<AssignedPart> = items(property("TargetId"))
            .iter()
            .map(|target| self.account(target, (body, place), reader, names))
            .collect();
        if is_missing(["TargetId", "Targets"]) {
            accounts.push(AssignedPart::missing("account"));
        }
        for target in items(property("Targets")) {
            let ids = match target.get("TargetIds") {
                Some(ids) => ids.items(),
                None => std::slice::from_ref(target),
            };
            let is_account = target.get("TargetType").and_then(Data::text) == Some("AWS_ACCOUNT");
            for id in ids {
                let mut account = self.account(id, (body, place), reader, names);
                if !is_account {
                    // Which accounts these are is up to the provider.
                    account.knowledge = PartKnowledge::NotKnown;
                }
                accounts.push(account);
            }
        }
        let kind = property("PrincipalType").map(|kind| self.part(kind, body, reader));
        let named = items(property("PermissionSetArn")).iter();
        let named = named.chain(items(property("PermissionSets")));
        let mut named: Vec<AssignedPart> = named
            .map(|set| self.set_of(set, body, reader, names))
            .collect();
        if is_missing(["PermissionSetArn", "PermissionSets"]) {
            named.push(AssignedPart::missing("permission set"));
        }
        let principals = items(property("PrincipalId")).iter();
        let mut principals: Vec<AssignedPart> = principals
            .map(|principal| self.part(principal, body, reader))
            .collect();
        if is_missing(["PrincipalId"; 2]) {
            principals.push(AssignedPart::missing("id"));
        }
        let mut found = Vec::new();
        for id in &principals {
            let who = who(kind.as_ref(), id);
            for set in &named {
                found.extend(accounts.iter().map(|account| Assignment {
                    set: set.clone(),
                    account: account.clone(),
                    who: who.clone(),
                }));
            }
        }
        found
    }

    /// A value as it is read.
    fn part(&self, data: &Data, body: &Body<'_>, reader: &Reader<'_>) -> AssignedPart {
        let symbols = reader.symbols(data, Reading::Plain);
        let is_known = |symbol: &Symbol| match symbol {
            Symbol::Unknown(number) => *number >= ACCOUNT_IDS,
            _ => true,
        };
        AssignedPart {
            text: body.restore(&self.spelled(&symbols)),
            knowledge: if symbols.iter().all(is_known) {
                PartKnowledge::Known
            } else {
                PartKnowledge::NotKnown
            },
        }
    }

    /// An account by its logical id, if it is one of the organization.
    fn account(
        &self,
        data: &Data,
        (body, place): (&Body<'_>, &Place),
        reader: &Reader<'_>,
        names: &AssignmentNames<'_>,
    ) -> AssignedPart {
        let mut part = self.part(data, body, reader);
        let inside = part.text.strip_prefix("${");
        let inside = inside.and_then(|rest| rest.strip_suffix('}'));
        let named = inside.filter(|name| self.accounts.contains_key(*name));
        let numbered = names.accounts.get(part.text.as_str());
        let account = match (named, place.account(), part.text.as_str()) {
            (Some(name), _, _) => Some(name.to_owned()),
            (None, Some(own), OWN) => Some(own.to_owned()),
            _ => numbered.map(|name| (*name).to_owned()),
        };
        if let Some(account) = account {
            part.text = account;
        } else if part.text == OWN {
            // In which account it is created is not known.
            "${AWS::AccountId}".clone_into(&mut part.text);
            part.knowledge = PartKnowledge::NotKnown;
        }
        part
    }

    /// A permission set by its name if it is one of the file, else by its ARN.
    fn set_of(
        &self,
        data: &Data,
        body: &Body<'_>,
        reader: &Reader<'_>,
        names: &AssignmentNames<'_>,
    ) -> AssignedPart {
        let id = referred(data).map(|id| body.restore(&id));
        if let Some(name) = id.and_then(|id| names.sets.get(&id)) {
            return AssignedPart {
                text: name.clone(),
                knowledge: PartKnowledge::OfFile,
            };
        }
        let mut part = self.part(data, body, reader);
        if part.knowledge == PartKnowledge::Known {
            let instance = property(body, INSTANCE).map(|data| self.part(data, body, reader));
            part = arn_of_set(part, instance);
        }
        part
    }
}

/// The ARN of a permission set that is named in one of the ways that the providers understand.
fn arn_of_set(named: AssignedPart, instance: Option<AssignedPart>) -> AssignedPart {
    if let Some((_, arn)) = named.text.rsplit_once('|') {
        return AssignedPart {
            text: arn.to_owned(),
            ..named
        };
    }
    match instance {
        Some(instance) if !named.text.starts_with("arn") => {
            let id = instance.text.rsplit('/').next().unwrap_or_default();
            AssignedPart {
                text: format!("arn:aws:sso:::permissionSet/{id}/{}", named.text),
                knowledge: instance.knowledge,
            }
        }
        _ => named,
    }
}

/// Who a principal of this type and id is.
fn who(kind: Option<&AssignedPart>, id: &AssignedPart) -> AssignedPart {
    let word = match kind.map(|kind| kind.text.as_str()) {
        Some("GROUP") => "group".to_owned(),
        Some("USER") => "user".to_owned(),
        Some(other) => format!("{other} of"),
        None => "principal".to_owned(),
    };
    let is_known = kind.is_none_or(|kind| kind.knowledge == PartKnowledge::Known);
    AssignedPart {
        text: format!("{word} {}", id.text),
        knowledge: if is_known || id.knowledge == PartKnowledge::Missing {
            id.knowledge
        } else {
            PartKnowledge::NotKnown
        },
    }
}

/// What the creation of `body` in `place` depends on, if that is not known.
pub(super) fn condition_of(body: &Body<'_>, place: &Place) -> Option<String> {
    let condition = body
        .data
        .get("Condition")
        .map(|name| format!("Condition {}", shown(name)));
    let binding = match place {
        Place::Account(_) => None,
        Place::Bound(binding) => Some(format!("OrganizationBinding {binding}")),
    };
    let foreach = body.data.get("Foreach");
    let foreach = foreach
        .filter(|binding| accounts_of(binding).is_none())
        .map(|binding| format!("Foreach {}", shown(binding)));
    let all: Vec<String> = [condition, binding, foreach]
        .into_iter()
        .flatten()
        .collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// What `CurrentAccount` is, for each account for which the resource is repeated.
fn repeated(body: &Body<'_>) -> Vec<Values> {
    let accounts = body.data.get("Foreach").and_then(accounts_of);
    let Some(accounts) = accounts else {
        return vec![Values::new()];
    };
    let values = |name: &String| {
        let own = format!("${{{name}}}");
        Values::from([
            (CURRENT.to_owned(), own.clone()),
            (format!("{CURRENT}.AccountId"), own),
        ])
    };
    accounts.iter().map(values).collect()
}

/// The accounts of a binding, if it lists them.
fn accounts_of(binding: &Data) -> Option<Vec<String>> {
    let fields = binding.fields()?;
    let is_plain = |(name, _): &(String, Data)| name == "Account" || name == "Region";
    let accounts = binding
        .get("Account")
        .filter(|_| fields.iter().all(is_plain))?;
    let names = accounts.items().iter();
    names
        .map(|item| item.reference().map(str::to_owned))
        .collect()
}

/// A property that has a value.
pub(super) fn property<'a>(body: &'a Body<'_>, name: &str) -> Option<&'a Data> {
    let value = body.data.get("Properties")?.get(name)?;
    let is_given = value != &Data::Null && value.reference() != Some("AWS::NoValue");
    is_given.then_some(value)
}

/// The items of a list, or the one value.
pub(super) fn items(data: Option<&Data>) -> &[Data] {
    data.map(Data::items).unwrap_or_default()
}

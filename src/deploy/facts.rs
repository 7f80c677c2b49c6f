//! A resource to what decides whether it can be deployed: its type, its name, its stacks.
//!
//! In: its data, with accounts in place of its binding. Out: [`DeployFacts`]. Nothing is refused: what cannot be
//! known of a name or a binding stays as it is written.

use std::sync::Arc;

use crate::aws::global::SERVICES;
use crate::aws::handlers::{ResourceType, handlers};
use crate::aws::issuer::same_issuer;
use crate::deploy::principals::{WrittenPrincipal, principals};
use crate::template::display::shown;
use crate::template::substitution::{SubstitutionPart, parts};
use crate::template::value::{Data, Unordered, field};

/// A resource, without its logical id.
#[derive(Debug)]
pub(super) struct DeployFacts {
    /// Its type.
    pub(super) kind: String,
    /// What no two resources share, if the template says it.
    pub(super) name: Option<DeployedName>,
    /// Where its stacks are.
    pub(super) places: Vec<WrittenPlace>,
    /// Whether it may not be created: it has a condition.
    pub(super) is_conditional: bool,
    /// The users and roles that its policies trust.
    pub(super) trusts: Vec<WrittenPrincipal>,
    /// What it says.
    pub(super) data: Arc<Data>,
}

/// An account and a region as a template writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrittenPlace {
    /// The account's logical id or its mark; `Err` has any other binding.
    pub(super) account: Result<String, String>,
    /// The region.
    pub(super) region: String,
}

/// The name that AWS knows a resource by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DeployedName {
    /// The name as it is written; several parts are joined by a slash.
    pub(super) text: String,
    /// The same for names that AWS does not tell apart; then what else it may be, if a condition decides.
    pub(super) keys: Vec<String>,
    /// Whether everything in it is known, apart from the account and the region.
    pub(super) is_known: bool,
    /// Whether AWS has at most one resource of this name for sure.
    pub(super) is_unique: bool,
    /// Where it is unique.
    pub(super) scope: Scope,
}

/// Where a name is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Scope {
    /// In a region of an account.
    Region,
    /// In an account.
    Account,
    /// Everywhere.
    World,
}

impl DeployFacts {
    pub(super) fn of(data: &Arc<Data>) -> Self {
        let kind = data.get("Type").map(shown).unwrap_or_default();
        Self {
            name: DeployedName::of(&kind, data),
            places: places(data),
            is_conditional: data.get("Condition").is_some(),
            kind,
            trusts: principals(data),
            data: Arc::clone(data),
        }
    }

    /// The value of a property.
    pub(super) fn property(&self, name: &str) -> Option<&Data> {
        value_of(self.data.get("Properties"), name)
    }
}

/// The properties that identify a resource of this type, if a template can set all of them and
/// changing one makes another resource; and whether AWS surely has one such resource only.
pub(super) fn identity<'a>(known: &ResourceType<'a>) -> Option<(Vec<&'a str>, bool)> {
    // AWS builds the ARN of a provider from its URL.
    if known.name == "AWS::IAM::OIDCProvider" {
        return Some((vec!["Url"], true));
    }
    let is_fixed = |name: &str| {
        let mut properties = known.properties.iter();
        properties.any(|property| property.name == name && property.is_create_only)
    };
    if !known.identifier.is_empty() && known.identifier.iter().all(|name| is_fixed(name)) {
        return Some((known.identifier.clone(), true));
    }
    let name = known.name_property?;
    let is_in_arn = name.variable.is_some() && known.arn.is_some();
    is_fixed(name.property).then(|| (vec![name.property], is_in_arn))
}

/// The value of a property; none if it is `!Ref AWS::NoValue`.
fn value_of<'a>(properties: Option<&'a Data>, name: &str) -> Option<&'a Data> {
    field(properties, name).filter(|value| !is_nothing(value))
}

fn is_nothing(value: &Data) -> bool {
    value.reference() == Some("AWS::NoValue")
}

/// The values that a value may be, if a condition decides.
fn branches(value: &Data) -> Vec<&Data> {
    let parts = match value {
        Data::Map(entries) => match entries.as_slice() {
            [(key, Data::List(parts))] if key == "Fn::If" => parts.as_slice(),
            _ => &[],
        },
        _ => &[],
    };
    match parts {
        [_, yes, no] => [yes, no].into_iter().flat_map(branches).collect(),
        _ if is_nothing(value) => Vec::new(),
        _ => vec![value],
    }
}

/// Whether a text in which values are compared depends on what the files do not show.
pub(super) fn depends(value: &Data) -> bool {
    match value {
        Data::List(items) | Data::Unordered(Unordered(items)) => items.iter().any(depends),
        Data::Map(_) if value.is_intrinsic() => !is_known(value),
        Data::Map(entries) => entries.iter().any(|(_, value)| depends(value)),
        _ => false,
    }
}

impl DeployedName {
    fn of(kind: &str, data: &Data) -> Option<Self> {
        let known = handlers().resource_type(kind)?;
        let (names, is_unique) = identity(&known)?;
        let properties = data.get("Properties");
        let values: Option<Vec<&Data>> = names
            .iter()
            .map(|name| value_of(properties, name))
            .collect();
        let values = values?;
        let texts: Vec<String> = values.iter().map(|value| text(value)).collect();
        let text = texts.join("/");
        // IAM tells no names apart by case: "Names are not distinguished by case".
        let key = |text: &str| {
            if kind == "AWS::IAM::OIDCProvider" {
                same_issuer(text)
            } else if kind.starts_with("AWS::IAM::") {
                fold_case(text)
            } else {
                text.to_owned()
            }
        };
        let others = match values.as_slice() {
            [value] => branches(value),
            _ => Vec::new(),
        };
        let own = key(&text);
        let mut keys: Vec<String> = others
            .into_iter()
            .map(|value| key(&self::text(value)))
            .collect();
        keys.retain(|key| *key != own);
        keys.insert(0, own);
        Some(Self {
            is_known: values.iter().all(|value| is_known(value)),
            text,
            keys,
            is_unique,
            scope: scope(&known),
        })
    }
}

/// A text that is equal for names that differ in case only; what is between `${` and `}` stays.
fn fold_case(text: &str) -> String {
    if text.contains("${") || text.starts_with('!') {
        return text.to_owned();
    }
    text.to_ascii_lowercase()
}

fn scope(known: &ResourceType<'_>) -> Scope {
    let is_global = |service: &str| SERVICES.iter().any(|global| global.prefix == service);
    match known.name {
        // The names of buckets are shared by all accounts of a partition.
        "AWS::S3::Bucket" => Scope::World,
        _ if is_global(known.service) => Scope::Account,
        _ => Scope::Region,
    }
}

/// A value without the `!Sub` of a text in which nothing is substituted.
fn text(value: &Data) -> String {
    let text = shown(value);
    match text.strip_prefix("!Sub ") {
        Some(rest) if !rest.contains("${") && !rest.starts_with('[') => rest.to_owned(),
        _ => text,
    }
}

/// Whether the value depends on nothing but the account and the region.
fn is_known(value: &Data) -> bool {
    let is_pseudo = |name: &str| {
        matches!(
            name,
            "AWS::AccountId" | "AWS::Region" | "AWS::Partition" | "AWS::URLSuffix"
        )
    };
    if let Some(name) = value.reference() {
        return is_pseudo(name);
    }
    match value {
        Data::Text(_) | Data::Number(_) | Data::Bool(_) => true,
        Data::Map(entries) => match entries.as_slice() {
            [(key, Data::Text(text))] if key == "Fn::Sub" => parts(text).all(|part| match part {
                SubstitutionPart::Variable(name) => name.starts_with('!') || is_pseudo(name),
                SubstitutionPart::Text(_) | SubstitutionPart::Unclosed(_) => true,
            }),
            _ => false,
        },
        _ => false,
    }
}

/// The accounts and regions in which a resource is created.
pub(super) fn places(data: &Data) -> Vec<WrittenPlace> {
    let binding = data.get("OrganizationBinding");
    let regions: Vec<String> = field(binding, "Region").map_or(vec![String::new()], |regions| {
        regions.items().iter().map(shown).collect()
    });
    let has_only_accounts = binding.and_then(Data::fields).is_some_and(|fields| {
        let mut keys = fields.iter().map(|(key, _)| key.as_str());
        keys.all(|key| key == "Account" || key == "Region")
    });
    let listed: Option<Vec<String>> = field(binding, "Account")
        .filter(|_| has_only_accounts)
        .map(Data::items)
        .unwrap_or_default()
        .iter()
        .map(|item| item.reference().map(str::to_owned))
        .collect();
    let creates_nothing = has_only_accounts
        && field(binding, "Account").is_some_and(|accounts| accounts.items().is_empty());
    if creates_nothing {
        return Vec::new();
    }
    let accounts: Vec<Result<String, String>> = match listed.filter(|listed| !listed.is_empty()) {
        Some(listed) => listed.into_iter().map(Ok).collect(),
        None => vec![Err(binding.map_or("-".to_owned(), bound))],
    };
    accounts
        .iter()
        .flat_map(|account| {
            regions.iter().map(|region| WrittenPlace {
                account: account.clone(),
                region: region.clone(),
            })
        })
        .collect()
}

/// A binding as text, without its regions.
fn bound(binding: &Data) -> String {
    match binding.fields() {
        Some(fields) => {
            let others = fields.iter().filter(|(key, _)| key != "Region");
            shown(&Data::Map(others.cloned().collect()))
        }
        None => shown(binding),
    }
}

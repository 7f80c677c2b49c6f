//! What stands for the attributes of accounts: `${Dev.Alias}`, `${Dev.Tags.stage}`.
//!
//! In: the properties of accounts and of the root. Out: an [`AttributeValue`] for each attribute, with
//! the defaults of OrgFormation (`src/parser/model/account-resource.ts`, `resolveRefs`;
//! `src/core/cfn-expression-resolver.ts`, `ResolveAccountExpression`). Refuses nothing: what is not text
//! in the end is kept as it is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::template::display::shown;
use crate::template::read;
use crate::template::value::Data;
use crate::yaml::lookup::{Field, Library};
use crate::yaml::node::{Kind, Node};
use crate::yaml::scalar::is_null;

/// How many nodes a value may have.
const BUDGET: usize = 10_000;

/// Attributes that are empty texts if an account has none.
const TEXTS: [&str; 3] = ["AccountName", "Alias", "RootEmail"];

/// The roles by which OrgFormation reaches an account.
const ORGANIZATION_ROLE: &str = "OrganizationAccessRoleName";
const BUILD_ROLE: &str = "BuildAccessRoleName";

/// What the root has for accounts without such a role.
const DEFAULT: &str = "Default";
const DEVELOPMENT: &str = "DefaultDevelopmentBuildAccessRoleName";

/// The organization role, if nobody names one.
const USUAL_ROLE: &str = "OrganizationAccountAccessRole";

/// What stands for an attribute of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    /// This text.
    Text(String),
    /// What becomes of this is not known: a date, for example.
    Written(String),
}

impl AttributeValue {
    /// The text, if it is known.
    pub fn text(&self) -> Option<&str> {
        match self {
            AttributeValue::Text(text) => Some(text),
            AttributeValue::Written(_) => None,
        }
    }

    /// What it is, or how it is written.
    pub fn written(&self) -> &str {
        match self {
            AttributeValue::Text(text) | AttributeValue::Written(text) => text,
        }
    }

    /// What OrgFormation puts into a text for `node`.
    pub(super) fn of(library: &Library, node: &Arc<Node>) -> Self {
        let node = library.follow(node);
        let data = read::read(&node, &mut BUDGET.clone());
        match data {
            Some(Data::Number(text)) => AttributeValue::Text(text),
            Some(Data::Bool(flag)) => AttributeValue::Text(flag.to_string()),
            Some(Data::Text(text)) if !is_time(&node, &text) => AttributeValue::Text(text),
            Some(data) => AttributeValue::Written(match node.text() {
                Some(text) if node.tag.is_none() => text.to_owned(),
                _ => shown(&data),
            }),
            None => AttributeValue::Written(format!("{:?}", node.kind)),
        }
    }
}

/// Attributes by name: few for each account, of which there may be thousands, and so in one piece each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributeMap(Vec<(String, AttributeValue)>);

impl AttributeMap {
    /// The attribute with this name.
    pub fn get(&self, name: &str) -> Option<&AttributeValue> {
        let at = self.place(name).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Puts `value` in place of what has the name, or adds it.
    pub(super) fn insert(&mut self, name: String, value: AttributeValue) {
        match self.place(&name) {
            Ok(at) => {
                if let Some((_, own)) = self.0.get_mut(at) {
                    *own = value;
                }
            }
            Err(at) => self.0.insert(at, (name, value)),
        }
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(own, _)| own.as_str().cmp(name))
    }
}

/// Whether a plain scalar is a point in time, although it is read as a text.
fn is_time(node: &Node, text: &str) -> bool {
    let is_plain = matches!(node.kind, Kind::Scalar(_, true)) && node.tag.is_none();
    let is_whole = text.ends_with('Z')
        && text
            .get(..4)
            .is_some_and(|year| year.parse::<u16>().is_ok());
    is_plain && (is_whole || node.text() != Some(text))
}

/// Whether templates can refer to the property of an account by its name.
pub(super) fn is_read(name: &str) -> bool {
    TEXTS.contains(&name) || [ORGANIZATION_ROLE, BUILD_ROLE].contains(&name)
}

/// What the root has for all accounts.
#[derive(Default)]
pub(super) struct Attributes {
    of_root: BTreeMap<String, AttributeValue>,
}

impl Attributes {
    /// Takes over the properties of the root that are for all accounts.
    pub(super) fn add_root(&mut self, library: &Library, properties: &[Field]) {
        let known = properties
            .iter()
            .filter(|field| field.key.starts_with(DEFAULT));
        let known =
            known.map(|field| (field.key.clone(), AttributeValue::of(library, &field.value)));
        self.of_root.extend(known);
    }

    /// Adds what another root, after this one, has for them.
    pub(super) fn append(&mut self, next: Self) {
        self.of_root.extend(next.of_root);
    }

    /// Completes the attributes of an account by what it has without its own.
    pub(super) fn complete(&self, own: &mut AttributeMap) {
        for name in TEXTS {
            let is_false = own.get(name).is_none_or(is_false);
            if is_false {
                own.insert(name.to_owned(), AttributeValue::Text(String::new()));
            }
        }
        let default = |name: &str| self.of_root.get(&format!("{DEFAULT}{name}")).cloned();
        let organization = own.get(ORGANIZATION_ROLE).cloned();
        let organization = organization.or_else(|| default(ORGANIZATION_ROLE));
        let organization =
            organization.unwrap_or_else(|| AttributeValue::Text(USUAL_ROLE.to_owned()));
        if own.get(BUILD_ROLE).is_none() {
            let build = default(BUILD_ROLE).unwrap_or_else(|| organization.clone());
            let value = match self.of_root.get(DEVELOPMENT) {
                // An option of the command says which of them it is.
                Some(other) if *other != build => {
                    AttributeValue::Written(format!("{} or {}", build.written(), other.written()))
                }
                _ => build,
            };
            own.insert(BUILD_ROLE.to_owned(), value);
        }
        own.insert(ORGANIZATION_ROLE.to_owned(), organization);
    }
}

/// Whether JavaScript takes the value for none.
fn is_false(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::Text(text) => matches!(text.as_str(), "" | "0" | "false"),
        AttributeValue::Written(text) => is_null(text),
    }
}

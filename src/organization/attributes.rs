//! What stands for the attributes of accounts: `${Dev.Alias}`, `${Dev.Tags.stage}`.
//!
//! In: the properties of accounts and of the root. Out: an [`AttributeValue`] for each attribute, with
//! the defaults of OrgFormation (`src/parser/model/account-resource.ts`, `resolveRefs`;
//! `src/core/cfn-expression-resolver.ts`, `ResolveAccountExpression`). Refuses nothing: what is not text
//! in the end is kept as it is written.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
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

/// Attributes by name. There may be thousands of accounts, and so what all have alike is there once.
#[derive(Clone, Debug, Default)]
pub struct AttributeMap {
    /// Few, sorted by name.
    own: Vec<(Cow<'static, str>, AttributeValue)>,
    /// What stands for the others.
    defaults: Option<Arc<AttributeMap>>,
}

impl AttributeMap {
    /// The attribute with this name.
    pub fn get(&self, name: &str) -> Option<&AttributeValue> {
        self.own(name).or_else(|| self.defaults.as_ref()?.get(name))
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let defaults = self.defaults.iter().flat_map(|defaults| &defaults.own);
        let all = self.own.iter().chain(defaults);
        let names: BTreeSet<&str> = all.map(|(name, _)| name.as_ref()).collect();
        names.into_iter()
    }

    fn own(&self, name: &str) -> Option<&AttributeValue> {
        let at = self.place(name).ok()?;
        self.own.get(at).map(|(_, value)| value)
    }

    /// Puts `value` in place of what has the name, or adds it.
    pub(super) fn insert(&mut self, name: impl Into<Cow<'static, str>>, value: AttributeValue) {
        let name = name.into();
        match self.place(&name) {
            Ok(at) => {
                if let Some((_, own)) = self.own.get_mut(at) {
                    *own = value;
                }
            }
            Err(at) => self.own.insert(at, (name, value)),
        }
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.own.binary_search_by(|(own, _)| own.as_ref().cmp(name))
    }
}

impl PartialEq for AttributeMap {
    fn eq(&self, other: &Self) -> bool {
        let is_same = |name| self.get(name) == other.get(name);
        (self.own == other.own && self.defaults == other.defaults)
            || (self.names().eq(other.names()) && self.names().all(is_same))
    }
}

impl Eq for AttributeMap {}

/// Whether a plain scalar is a point in time, although it is read as a text.
fn is_time(node: &Node, text: &str) -> bool {
    let is_plain = matches!(node.kind, Kind::Scalar(_, true)) && node.tag.is_none();
    let is_whole = text.ends_with('Z')
        && text
            .get(..4)
            .is_some_and(|year| year.parse::<u16>().is_ok());
    is_plain && (is_whole || node.text() != Some(text))
}

/// The name of a property of accounts, if templates can refer to it by that.
pub(super) fn read_name(name: &str) -> Option<&'static str> {
    let names = TEXTS.into_iter();
    let mut names = names.chain([ORGANIZATION_ROLE, BUILD_ROLE]);
    names.find(|read| *read == name)
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

    /// What an account has that says nothing itself.
    fn defaults(&self) -> Arc<AttributeMap> {
        let mut all = AttributeMap::default();
        for name in TEXTS {
            all.insert(name, empty());
        }
        let organization = self.default(ORGANIZATION_ROLE);
        let organization =
            organization.unwrap_or_else(|| AttributeValue::Text(USUAL_ROLE.to_owned()));
        all.insert(BUILD_ROLE, self.build_role(&organization));
        all.insert(ORGANIZATION_ROLE, organization);
        Arc::new(all)
    }

    /// Completes the attributes of accounts by what they have without their own.
    pub(super) fn complete<'run>(&self, all: impl Iterator<Item = &'run mut AttributeMap>) {
        let defaults = self.defaults();
        for own in all {
            for name in TEXTS {
                if own.get(name).is_some_and(is_false) {
                    own.insert(name, empty());
                }
            }
            if let Some(organization) = own.get(ORGANIZATION_ROLE)
                && own.get(BUILD_ROLE).is_none()
            {
                let build = self.build_role(organization);
                own.insert(BUILD_ROLE, build);
            }
            own.defaults = Some(Arc::clone(&defaults));
        }
    }

    /// What the root has for accounts without the role `name`.
    fn default(&self, name: &str) -> Option<AttributeValue> {
        self.of_root.get(&format!("{DEFAULT}{name}")).cloned()
    }

    /// The build role of an account that names none, and has this organization role.
    fn build_role(&self, organization: &AttributeValue) -> AttributeValue {
        let build = self.default(BUILD_ROLE);
        let build = build.unwrap_or_else(|| organization.clone());
        match self.of_root.get(DEVELOPMENT) {
            // An option of the command says which of them it is.
            Some(other) if *other != build => {
                AttributeValue::Written(format!("{} or {}", build.written(), other.written()))
            }
            _ => build,
        }
    }
}

/// What stands for a text that an account does not have.
fn empty() -> AttributeValue {
    AttributeValue::Text(String::new())
}

/// Whether JavaScript takes the value for none.
fn is_false(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::Text(text) => matches!(text.as_str(), "" | "0" | "false"),
        AttributeValue::Written(text) => is_null(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an account with `own` attributes has by a root with these.
    fn completed(root: &[(&str, &str)], own: &[(&str, &str)]) -> AttributeMap {
        let text = |text: &str| AttributeValue::Text(text.to_owned());
        let of_root = root.iter();
        let of_root = of_root.map(|(name, value)| ((*name).to_owned(), text(value)));
        let attributes = Attributes {
            of_root: of_root.collect(),
        };
        let mut map = AttributeMap::default();
        for (name, value) in own {
            map.insert((*name).to_owned(), text(value));
        }
        attributes.complete(std::iter::once(&mut map));
        map
    }

    fn shown(map: &AttributeMap) -> Vec<(&str, &str)> {
        map.names()
            .map(|name| (name, map.get(name).unwrap().written()))
            .collect()
    }

    #[test]
    fn what_an_account_does_not_have_is_that_of_the_root() {
        let nothing = completed(&[], &[]);
        assert_eq!(
            shown(&nothing),
            [
                ("AccountName", ""),
                ("Alias", ""),
                (BUILD_ROLE, USUAL_ROLE),
                (ORGANIZATION_ROLE, USUAL_ROLE),
                ("RootEmail", "")
            ]
        );
        let roles = |root: &[(&str, &str)], own: &[(&str, &str)]| {
            let map = completed(root, own);
            [BUILD_ROLE, ORGANIZATION_ROLE].map(|name| map.get(name).unwrap().written().to_owned())
        };
        let organization = ("DefaultOrganizationAccessRoleName", "o");
        let build = ("DefaultBuildAccessRoleName", "b");
        assert_eq!(roles(&[organization], &[]), ["o", "o"]);
        assert_eq!(roles(&[organization, build], &[]), ["b", "o"]);
        assert_eq!(
            roles(&[organization], &[(ORGANIZATION_ROLE, "own")]),
            ["own", "own"]
        );
        assert_eq!(roles(&[build], &[(ORGANIZATION_ROLE, "own")]), ["b", "own"]);
        assert_eq!(roles(&[build], &[(BUILD_ROLE, "own")]), ["own", USUAL_ROLE]);
        assert_eq!(
            roles(&[(DEVELOPMENT, "d"), build], &[]),
            ["b or d", USUAL_ROLE]
        );
        assert_eq!(
            roles(&[(DEVELOPMENT, "d")], &[(ORGANIZATION_ROLE, "own")]),
            ["own or d", "own"]
        );
    }

    #[test]
    fn attributes_are_equal_wherever_they_come_from() {
        let own = completed(&[], &[("Alias", ""), (BUILD_ROLE, USUAL_ROLE)]);
        assert_eq!(own, completed(&[], &[]));
        assert_eq!(completed(&[], &[("Alias", "0")]), completed(&[], &[]));
        assert_ne!(completed(&[], &[("Alias", "a")]), completed(&[], &[]));
        assert_ne!(completed(&[], &[]), AttributeMap::default());
        let root = [("DefaultBuildAccessRoleName", USUAL_ROLE)];
        assert_eq!(completed(&root, &[]), completed(&[], &[]));
    }
}

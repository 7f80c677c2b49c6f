//! The organization that templates bind to. Plain data: it refuses nothing.
//!
//! Types and properties as in OrgFormation's `src/parser/model/*-resource.ts`.

pub mod attributes;
pub mod binding;
pub mod control;
pub mod decode;
pub mod hierarchy;
pub mod rules;
mod targets;

use foldhash::HashMap;

use crate::organization::attributes::{AttributeMap, AttributeValue};
use crate::organization::control::ControlPolicies;
use crate::source::{FileId, Span};

/// An `OC::ORG::Account` or `OC::ORG::MasterAccount`.
#[derive(Clone, Debug)]
pub struct Account {
    /// The key in the `Organization` section.
    pub logical_id: String,
    /// Whether it is the management account.
    pub is_master: bool,
    /// The twelve digits, if the organization file gives them.
    pub account_id: Option<String>,
    /// `AccountName`.
    pub account_name: Option<String>,
    /// The keys of `Tags`.
    pub tag_keys: Vec<String>,
    /// The tags whose values are known.
    pub tags: Vec<(String, String)>,
    /// What else templates can refer to, by name, such as `Alias`; `Tags.stage` is a tag whose value is not
    /// known.
    pub attributes: AttributeMap,
    /// Where it is defined.
    pub span: Span,
}

impl Account {
    /// An account of which nothing is known but its logical id and its account id.
    pub fn of(logical_id: &str, account_id: &str) -> Self {
        Self {
            logical_id: logical_id.to_owned(),
            is_master: false,
            account_id: Some(account_id.to_owned()),
            account_name: None,
            tag_keys: Vec::new(),
            tags: Vec::new(),
            attributes: AttributeMap::default(),
            span: Span::new(FileId(0), 0, 0),
        }
    }

    /// What OrgFormation puts in place of `${Account.attribute}`, if it is known to have the attribute.
    pub fn attribute(&self, attribute: &str) -> Option<AttributeValue> {
        let tag = attribute.strip_prefix("Tags.").and_then(|key| {
            let mut tags = self.tags.iter();
            tags.find(|(own, _)| own == key)
        });
        let text = match tag {
            Some((_, value)) => Some(value),
            None if attribute == "AccountName" => self.account_name.as_ref(),
            None => None,
        };
        let text = text.map(|text| AttributeValue::Text(text.clone()));
        self.attributes.get(attribute).cloned().or(text)
    }
}

/// An `OC::ORG::OrganizationalUnit`.
#[derive(Clone, Debug)]
pub struct OrganizationalUnit {
    /// The key in the `Organization` section.
    pub logical_id: String,
    /// The logical ids of its own accounts, as listed.
    pub accounts: Vec<String>,
    /// The logical ids of the units in it, as listed.
    pub units: Vec<String>,
}

/// The `Organization` section.
#[derive(Clone, Debug, Default)]
pub struct Organization {
    /// Every account, the management account included, in the order of the section.
    pub accounts: Vec<Account>,
    /// Every unit, in the order of the section.
    pub units: Vec<OrganizationalUnit>,
    /// The policies that limit accounts.
    pub control: ControlPolicies,
    by_account: HashMap<String, usize>,
    by_unit: HashMap<String, usize>,
}

impl Organization {
    /// An organization of these accounts and units.
    pub fn new(accounts: Vec<Account>, units: Vec<OrganizationalUnit>) -> Self {
        let by_account = accounts
            .iter()
            .enumerate()
            .map(|(index, account)| (account.logical_id.clone(), index))
            .collect();
        let by_unit = units
            .iter()
            .enumerate()
            .map(|(index, unit)| (unit.logical_id.clone(), index))
            .collect();
        Self {
            accounts,
            units,
            control: ControlPolicies::default(),
            by_account,
            by_unit,
        }
    }

    /// The account with this logical id.
    pub fn account(&self, logical_id: &str) -> Option<&Account> {
        self.accounts.get(*self.by_account.get(logical_id)?)
    }

    /// The unit with this logical id.
    pub fn unit(&self, logical_id: &str) -> Option<&OrganizationalUnit> {
        self.units.get(*self.by_unit.get(logical_id)?)
    }

    /// The management account.
    pub fn master(&self) -> Option<&Account> {
        self.accounts.iter().find(|account| account.is_master)
    }
}

/// The letters and digits of a name: what can be part of a logical id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdPart(String);

impl IdPart {
    /// The letters and digits of an account's logical id, or of another name.
    pub fn of(name: &str) -> Self {
        if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Self(name.to_owned());
        }
        Self(name.chars().filter(char::is_ascii_alphanumeric).collect())
    }

    /// The letters and digits of `text`, each word with a capital.
    pub fn of_words(text: &str) -> Self {
        let capital = |word: &str| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        };
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        Self(words.map(capital).collect())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for IdPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

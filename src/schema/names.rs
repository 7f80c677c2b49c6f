//! The names of accounts and units, as schemas.
//!
//! In: organizations. Out: definitions. Refuses nothing.

use serde_json::{Map, Value, json};

use crate::organization::{Account, Organization, OrganizationalUnit};
use crate::schema::build::{enumeration, hidden};

/// The accounts and units that templates can name, each once.
#[derive(Clone, Debug, Default)]
pub struct OfferedNames {
    accounts: Vec<(String, String)>,
    units: Vec<(String, String)>,
}

impl OfferedNames {
    /// Adds those of `organization`.
    pub fn add(&mut self, organization: &Organization) {
        for account in &organization.accounts {
            put(&mut self.accounts, &account.logical_id, about(account));
        }
        for unit in &organization.units {
            put(&mut self.units, &unit.logical_id, members(unit));
        }
    }
}

fn put(names: &mut Vec<(String, String)>, name: &str, text: String) {
    if !names.iter().any(|(known, _)| known == name) {
        names.push((name.to_owned(), text));
    }
}

fn about(account: &Account) -> String {
    let kind = account.is_master.then_some("the management account");
    let parts = [
        account.account_name.as_deref(),
        account.account_id.as_deref(),
        kind,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn members(unit: &OrganizationalUnit) -> String {
    let all = unit.accounts.iter().chain(&unit.units);
    let all: Vec<&str> = all.map(String::as_str).collect();
    if all.is_empty() {
        "a unit without accounts".to_owned()
    } else {
        format!("a unit with {}", all.join(", "))
    }
}

/// How a reference is written out.
pub(super) const REF: &str = "Ref";

/// All accounts, or all units.
const ANY: &str = "*";

/// One account, a list of accounts, `'*'` or these, and the same for units.
pub(super) fn definitions(names: Option<&OfferedNames>) -> Map<String, Value> {
    let accounts = names.map(|names| names.accounts.as_slice());
    let units = names.map(|names| names.units.as_slice());
    let mut definitions = Map::new();
    for (one, many, any, names) in [
        ("account", "accounts", "anyAccounts", accounts),
        ("unit", "units", "anyUnits", units),
    ] {
        let list = json!({ "type": "array", "items": { "$ref": format!("#/definitions/{one}") } });
        let or_list = |one: &[Value]| {
            let mut ways = one.to_vec();
            ways.push(list.clone());
            json!({ "anyOf": ways })
        };
        let alone = reference(names, &[]);
        definitions.insert(one.to_owned(), json!({ "anyOf": alone }));
        definitions.insert(many.to_owned(), or_list(&alone));
        definitions.insert(any.to_owned(), or_list(&reference(names, &[(ANY, "all")])));
    }
    definitions
}

/// `!Ref` of one of `names`, or of any without them, also written out; or one of `more`.
fn reference(names: Option<&[(String, String)]>, more: &[(&str, &str)]) -> [Value; 2] {
    let name = match names {
        Some(names) => {
            let names = names
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_str()));
            let (names, texts): (Vec<&str>, Vec<&str>) = names.chain(more.iter().copied()).unzip();
            enumeration(&names, &texts)
        }
        None => json!({ "type": "string" }),
    };
    let written = json!({
        "type": "object",
        "properties": { REF: hidden() },
        "required": [REF],
        "additionalProperties": false,
    });
    [name, written]
}

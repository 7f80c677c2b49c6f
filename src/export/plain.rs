//! Values of OrgFormation's templates to those of CloudFormation.
//!
//! In: what was rendered for a unit. Out: JSON with intrinsic functions in their long form, the ids
//! of accounts as numbers, and `AWSAccount` as the pseudo parameter. Refuses what only the template
//! around the macro or OrgFormation itself could resolve.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};
use serde_yaml::{Mapping, Value};

use crate::organization::Organization;
use crate::partials::statements::listed;
use crate::template::substitution::{SubstitutionPart, parts};

/// OrgFormation's name of the account that is deployed to.
const TARGET: &str = "AWSAccount";

/// The functions of CloudFormation whose arguments are values like any other.
const FUNCTIONS: &[&str] = &[
    "Join",
    "Select",
    "Split",
    "Base64",
    "Cidr",
    "GetAZs",
    "ImportValue",
];

/// What is known in one template.
pub(super) struct PlainTemplate<'run> {
    pub(super) organization: &'run Organization,
    /// The logical ids of its resources.
    pub(super) resources: &'run BTreeSet<String>,
    /// A text of the unit as it is written in this template.
    pub(super) written: &'run dyn Fn(&str) -> String,
    /// What cannot be put in it, as it is written.
    pub(super) refused: BTreeSet<String>,
    /// The accounts whose ids would be put in it, and are not known.
    pub(super) without_id: BTreeSet<String>,
}

/// What a name in a template is.
enum NamedValue {
    /// The name of something that CloudFormation knows.
    Reference(String),
    /// A text.
    Text(String),
}

impl PlainTemplate<'_> {
    /// A resource without what OrgFormation alone reads.
    pub(super) fn resource(&mut self, content: &Mapping) -> Json {
        let mut fields = Map::new();
        for (key, value) in content {
            let key = key.as_str().unwrap_or_default();
            match key {
                "OrganizationBinding" | "DependsOnAccount" | "DependsOnRegion" => continue,
                "Condition" => self.outside(key, value),
                "DependsOn" => {
                    for name in listed(Some(value)) {
                        self.outside(key, name);
                    }
                }
                _ => {}
            }
            fields.insert(key.to_owned(), self.value(value));
        }
        Json::Object(fields)
    }

    /// Refuses the name of something that is not in this template.
    fn outside(&mut self, key: &str, name: &Value) {
        let name = (self.written)(name.as_str().unwrap_or_default());
        if key == "Condition" || !self.resources.contains(&name) {
            self.refused.insert(format!("{key}: {name}"));
        }
    }

    fn value(&mut self, value: &Value) -> Json {
        match value {
            Value::Null => Json::Null,
            Value::Bool(flag) => (*flag).into(),
            Value::Number(number) => serde_json::to_value(number).unwrap_or_default(),
            Value::String(text) => (self.written)(text).into(),
            Value::Sequence(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Mapping(entries) => self.mapping(entries),
            Value::Tagged(tagged) => {
                let name = tagged.tag.to_string();
                self.function(name.trim_start_matches('!'), &tagged.value)
            }
        }
    }

    /// A mapping, or a function in its long form.
    fn mapping(&mut self, entries: &Mapping) -> Json {
        if let Some((Value::String(key), value)) = entries.iter().next()
            && entries.len() == 1
            && let Some(name) = key.strip_prefix("Fn::").or((key == "Ref").then_some("Ref"))
        {
            return self.function(name, value);
        }
        let fields = entries.iter().map(|(key, value)| {
            let key = match key {
                Value::String(key) => (self.written)(key),
                other => self.value(other).to_string(),
            };
            (key, self.value(value))
        });
        Json::Object(fields.collect())
    }

    fn function(&mut self, name: &str, value: &Value) -> Json {
        let found = match (name, value) {
            ("Ref", Value::String(text)) => self.reference(text),
            ("GetAtt", Value::String(text)) => self.attribute(text),
            ("GetAtt", Value::Sequence(items)) => {
                let parts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                parts.and_then(|parts| self.attribute(&parts.join(".")))
            }
            ("Sub", Value::String(text)) => Some(self.substituted(text, None)),
            ("Sub", Value::Sequence(items)) => match items.as_slice() {
                [Value::String(text), Value::Mapping(own)] => {
                    Some(self.substituted(text, Some(own)))
                }
                _ => None,
            },
            (name, value) if FUNCTIONS.contains(&name) => {
                Some(json!({ format!("Fn::{name}"): self.value(value) }))
            }
            _ => None,
        };
        found.unwrap_or_else(|| {
            let argument = value.as_str().map(|text| (self.written)(text));
            let argument = argument.map_or(String::new(), |text| format!(" {text}"));
            self.refused.insert(format!("!{name}{argument}"));
            Json::Null
        })
    }

    fn reference(&mut self, text: &str) -> Option<Json> {
        Some(match self.named(text)? {
            NamedValue::Reference(name) => json!({ "Ref": name }),
            NamedValue::Text(text) => text.into(),
        })
    }

    fn attribute(&mut self, text: &str) -> Option<Json> {
        let written = (self.written)(text);
        let (resource, attribute) = written.split_once('.')?;
        if self.resources.contains(resource) {
            return Some(json!({ "Fn::GetAtt": [resource, attribute] }));
        }
        // `!GetAtt DevAccount.AccountId` is what `!Ref DevAccount` is.
        (attribute == "AccountId").then(|| self.reference(resource))?
    }

    /// What a name is that `!Ref` or `${...}` gives.
    fn named(&mut self, text: &str) -> Option<NamedValue> {
        let name = (self.written)(text);
        if name == TARGET {
            return Some(NamedValue::Reference("AWS::AccountId".to_owned()));
        }
        if name.starts_with("AWS::") || self.resources.contains(&name) {
            return Some(NamedValue::Reference(name));
        }
        let account = self.organization.account(&name)?;
        let id = account.account_id.clone().unwrap_or_else(|| {
            self.without_id.insert(name);
            String::new()
        });
        Some(NamedValue::Text(id))
    }

    /// `text` with its accounts filled in; a text if nothing else is to be substituted.
    fn substituted(&mut self, text: &str, own: Option<&Mapping>) -> Json {
        let is_own = |name: &str| own.is_some_and(|own| own.contains_key(name));
        let mut out = String::new();
        let mut is_text = true;
        for part in parts(text) {
            let name = match part {
                SubstitutionPart::Variable(name) if part.literal().is_none() => name.trim(),
                SubstitutionPart::Variable(name) => {
                    is_text = false;
                    out.extend(["${", name, "}"]);
                    continue;
                }
                SubstitutionPart::Text(text) | SubstitutionPart::Unclosed(text) => {
                    out.push_str(&(self.written)(text));
                    continue;
                }
            };
            let attribute = name
                .split_once('.')
                .map(|(resource, _)| (self.written)(resource));
            let found = match self.named(name.strip_suffix(".AccountId").unwrap_or(name)) {
                _ if is_own(name) => Some(NamedValue::Reference(name.to_owned())),
                None if attribute.is_some_and(|name| self.resources.contains(&name)) => {
                    Some(NamedValue::Reference((self.written)(name)))
                }
                found => found,
            };
            match found {
                Some(NamedValue::Text(text)) => out.push_str(&text),
                Some(NamedValue::Reference(name)) => {
                    is_text = false;
                    out.extend(["${", &name, "}"]);
                }
                None => {
                    self.refused
                        .insert(format!("${{{}}}", (self.written)(name)));
                }
            }
        }
        match own {
            None if is_text => out.into(),
            None => json!({ "Fn::Sub": out }),
            Some(own) => {
                let own = self.value(&Value::Mapping(own.clone()));
                json!({ "Fn::Sub": [out, own] })
            }
        }
    }
}

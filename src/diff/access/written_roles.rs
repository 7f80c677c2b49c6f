//! The roles that are written where a resource may say anything.
//!
//! In: the properties of a resource. Out: each value in them that is a role, or may be one, where the schema
//! of its type does not say so: in a map with any names, in a document, or in a text. Refuses nothing.
//!
//! The hard part: a role is known by what it is called, as in `AutomationAssumeRole: x`, or by what is
//! written, as in `arn:aws:iam::111111111111:role/x` within a text.

use crate::aws::effects::{PropertyEffect, TypeEffects};
use crate::diff::access::leaves::{ValueParts, parts};
use crate::template::display::shown;
use crate::template::in_text::read_text;
use crate::template::named::ReferredName;
use crate::template::substitution::{self, SubstitutionPart};
use crate::template::value::Data;

/// Types, by how they begin, that only look for what is called so, or keep it for others.
const NAMING: &[&str] = &[
    "AWS::AccessAnalyzer::",
    "AWS::Budgets::Budget",
    "AWS::CE::",
    "AWS::CloudTrail::",
    "AWS::CloudWatch::",
    "AWS::GuardDuty::",
    "AWS::IAM::",
    "AWS::Logs::",
    "AWS::SNS::",
    "AWS::SSM::Parameter",
    "AWS::SecretsManager::",
    "AWS::SecurityHub::",
];

/// Properties that programs read, that say what is looked for, or that describe: no service runs as what
/// they name.
const READ: &[&str] = &[
    "annotations",
    "buildspec",
    "command",
    "commands",
    "description",
    "dockerlabels",
    "entrypoint",
    "environment",
    "environmentvariables",
    "eventpattern",
    "filters",
    "inlinecode",
    "labels",
    "runtimeenvironmentvariables",
    "userdata",
    "zipfile",
];

/// How the names of what a resource runs as end.
const ENDS: &[&str] = &["role", "instanceprofile"];

/// A role that is written somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrittenRole {
    /// The names from a property on.
    pub(super) path: Vec<String>,
    /// The role as it is written.
    pub(super) role: Data,
    /// Whether there is only one value at this path, and its name says that it is a role.
    pub(super) is_only: bool,
}

/// Finds the roles that are written in the properties of one resource.
struct RoleFinder<'a> {
    effects: TypeEffects<'static>,
    /// Whether the resource with this logical id is a role.
    is_role: &'a dyn Fn(&str) -> bool,
    found: Vec<WrittenRole>,
}

/// Where a value is.
#[derive(Clone, Default)]
struct WrittenRoleSpot {
    path: Vec<String>,
    /// What the value is called, if that is not a name of the schema.
    label: Option<String>,
    is_in_list: bool,
    /// Whether it is in a document that is written in a text.
    is_in_text: bool,
}

/// The roles that are written in these properties of a resource of this kind.
pub(super) fn written_roles(
    (kind, effects): (&str, TypeEffects<'static>),
    properties: &Data,
    is_role: &dyn Fn(&str) -> bool,
) -> Vec<WrittenRole> {
    if NAMING.iter().any(|prefix| kind.starts_with(prefix)) {
        return Vec::new();
    }
    let mut finder = RoleFinder {
        effects,
        is_role,
        found: Vec::new(),
    };
    finder.value(&WrittenRoleSpot::default(), properties);
    finder.found
}

impl RoleFinder<'_> {
    fn value(&mut self, spot: &WrittenRoleSpot, data: &Data) {
        match parts(Some(data)) {
            ValueParts::Nothing => {}
            ValueParts::List(items) => {
                let spot = WrittenRoleSpot {
                    is_in_list: spot.is_in_list || !spot.is_role(),
                    ..spot.clone()
                };
                for item in items {
                    self.value(&spot, item);
                }
            }
            ValueParts::Map(fields) => self.fields(spot, fields),
            ValueParts::Whole => self.whole(spot, data),
        }
    }

    fn fields(&mut self, spot: &WrittenRoleSpot, fields: &[(String, Data)]) {
        let key = fields.iter().find_map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let is_key = ["key", "name", "parameterkey", "parametername"].contains(&name.as_str());
            value.text().filter(|_| is_key)
        });
        for (name, value) in fields {
            if is_read(name) {
                continue;
            }
            let path: Vec<String> = spot.path.iter().chain([name]).cloned().collect();
            let names = || path.iter().map(String::as_str);
            let is_value = plain(name).trim_end_matches('s').ends_with("value");
            let is_free = spot.is_in_text
                || self.effects.is_open(names())
                || self.effects.at(names()) == Some(PropertyEffect::Code);
            let label = match key.filter(|key| is_value && !key.starts_with("tag")) {
                Some(key) => Some(key.to_owned()),
                None if is_value && spot.label.is_some() => spot.label.clone(),
                None => is_free.then(|| name.clone()),
            };
            let spot = WrittenRoleSpot {
                path,
                label,
                ..spot.clone()
            };
            self.value(&spot, value);
        }
    }

    /// A value without parts.
    fn whole(&mut self, spot: &WrittenRoleSpot, data: &Data) {
        let effect = self.effects.at(spot.path.iter().map(String::as_str));
        let is_free = matches!(effect, Some(PropertyEffect::Inert | PropertyEffect::Code));
        let may_be_one =
            matches!(data, Data::Text(text) if !text.is_empty()) || data.is_intrinsic();
        if !(is_free || spot.is_in_text) || !may_be_one {
            return;
        }
        if spot.is_role() {
            self.found.push(WrittenRole {
                path: spot.path.clone(),
                role: data.clone(),
                is_only: !spot.is_in_list,
            });
            return;
        }
        let data = &substituted(data);
        let says_role = shown(data).to_ascii_lowercase().contains("role");
        if says_role
            && !spot.is_in_text
            && let document = read_text(data)
            && !document.is_intrinsic()
            && document.fields().is_some()
        {
            let spot = WrittenRoleSpot {
                is_in_text: true,
                ..spot.clone()
            };
            self.value(&spot, &document);
            return;
        }
        for role in self.named(data) {
            self.found.push(WrittenRole {
                path: spot.path.clone(),
                role,
                is_only: false,
            });
        }
    }

    /// The roles in a text, or in the result of a function.
    fn named(&self, data: &Data) -> Vec<Data> {
        if let Data::Text(text) = data {
            return arns(text).map(|arn| Data::Text(arn.to_owned())).collect();
        }
        if let Some(Data::Text(text)) = data.get("Fn::Sub") {
            return self.named_in(text);
        }
        let is_role = referred(data).is_some_and(|id| (self.is_role)(&id));
        if is_role || says_role(data) {
            return vec![data.clone()];
        }
        Vec::new()
    }

    /// The roles in a text in which `${...}` is substituted.
    fn named_in(&self, text: &str) -> Vec<Data> {
        let sub = |text: String| Data::Map(vec![("Fn::Sub".to_owned(), Data::Text(text))]);
        let mut found: Vec<Data> = Vec::new();
        let mut rest = text.to_owned();
        for arn in arns(text) {
            found.push(sub(arn.to_owned()));
            rest = rest.replace(arn, "");
        }
        for part in substitution::parts(&rest) {
            let SubstitutionPart::Variable(name) = part else {
                continue;
            };
            let id = ReferredName::of(name).id;
            if part.literal().is_none() && ((self.is_role)(id) || is_role_name(name)) {
                found.push(sub(format!("${{{name}}}")));
            }
        }
        found
    }
}

impl WrittenRoleSpot {
    /// Whether what the value is called says that it is a role.
    fn is_role(&self) -> bool {
        self.label.as_deref().is_some_and(is_role_name)
    }
}

/// The letters and digits of a name.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.collect::<String>().to_ascii_lowercase()
}

/// Whether no service runs as what a property of this name says.
fn is_read(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.contains("Tag") || lower == "tags" || READ.contains(&lower.as_str())
}

/// Whether a name says that its value is a role.
fn is_role_name(name: &str) -> bool {
    let name = plain(name);
    let name = name.trim_end_matches('s');
    let ends = ["arn", "name", ""].into_iter();
    let mut kept = ends.filter_map(|end| name.strip_suffix(end));
    kept.any(|kept| {
        let kept = kept.trim_end_matches('s');
        ENDS.iter().any(|end| kept.ends_with(end))
    })
}

/// Whether something in a function says that its result is a role.
fn says_role(data: &Data) -> bool {
    match data {
        Data::Text(text) => is_role_name(text) || is_role_arn(text),
        Data::Map(fields) => fields.iter().any(|(_, value)| says_role(value)),
        data => data
            .items()
            .iter()
            .any(|item| item != data && says_role(item)),
    }
}

fn is_role_arn(text: &str) -> bool {
    [":role/", ":instance-profile/", ":assumed-role/"]
        .iter()
        .any(|word| text.contains(word))
}

/// The ARNs of roles in `text`, which may have `${...}` in them.
fn arns(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices("arn:");
    let found = starts.filter_map(|(start, _)| {
        let rest = text.get(start..)?;
        let mut is_in_variable = false;
        let end = rest.find(|c: char| {
            match c {
                '{' => is_in_variable = true,
                '}' if is_in_variable => is_in_variable = false,
                c => return !(is_in_variable || c.is_alphanumeric() || "+=.@_-/:*?$".contains(c)),
            }
            false
        });
        rest.get(..end.unwrap_or(rest.len()))
    });
    found.filter(|arn| is_role_arn(arn))
}

/// A `!Join` of texts and references as a `!Sub`, and a `!Sub` with values of its own with these in their
/// places, if that can be written.
fn substituted(data: &Data) -> Data {
    let text = match (data.get("Fn::Join"), data.get("Fn::Sub")) {
        (Some(join), _) => match join.items() {
            [Data::Text(between), parts] => {
                let parts: Option<Vec<String>> = parts.items().iter().map(as_text).collect();
                parts.map(|parts| parts.join(between))
            }
            _ => None,
        },
        (_, Some(sub)) => match sub.items() {
            [Data::Text(text), Data::Map(values)] => {
                let mut values = values.iter();
                values.try_fold(text.clone(), |text, (name, value)| {
                    Some(text.replace(&format!("${{{name}}}"), &as_text(value)?))
                })
            }
            _ => None,
        },
        _ => None,
    };
    text.map_or_else(
        || data.clone(),
        |text| Data::Map(vec![("Fn::Sub".to_owned(), Data::Text(text))]),
    )
}

/// A value as a part of a text in which `${...}` is substituted.
fn as_text(data: &Data) -> Option<String> {
    if let Data::Text(text) = data {
        return Some(text.replace("${", "${!"));
    }
    if let Some(Data::Text(text)) = data.get("Fn::Sub") {
        return Some(text.clone());
    }
    if let Some(name) = data.reference() {
        return Some(format!("${{{name}}}"));
    }
    match data.get("Fn::GetAtt")?.items() {
        [Data::Text(id), Data::Text(attribute)] => Some(format!("${{{id}.{attribute}}}")),
        _ => None,
    }
}

/// The logical id that a reference to a resource, or to one of its attributes, names.
pub(super) fn referred(data: &Data) -> Option<String> {
    Some(ReferredName::of(&named(data)?).id.to_owned())
}

/// The name by which a value refers to a resource, or to one of its attributes.
pub(super) fn named(data: &Data) -> Option<String> {
    if let Some(name) = data.reference() {
        return Some(name.to_owned());
    }
    match data.get("Fn::GetAtt") {
        Some(Data::List(items)) => {
            let names = items.iter().map_while(Data::text);
            let names: Vec<&str> = names.collect();
            return (!names.is_empty()).then(|| names.join("."));
        }
        Some(Data::Text(text)) => return Some(text.clone()),
        _ => {}
    }
    let text = data.get("Fn::Sub")?.text()?;
    let mut parts = substitution::parts(text);
    match (parts.next(), parts.next()) {
        (Some(part @ SubstitutionPart::Variable(name)), None) if part.literal().is_none() => {
            Some(name.to_owned())
        }
        _ => None,
    }
}

//! Values that name the region of their stack, for several regions.
//!
//! In: a value, or a list of them, with `${AWS::Region}` in an `Fn::Sub` or a `Ref` of it. Out: the
//! same with `*` in the region of an ARN, or once per region. Refuses nothing: what does not name
//! the region is as it was.

use serde_yaml::value::TaggedValue;
use serde_yaml::{Mapping, Value};

use crate::template::substitution::{SubstitutionPart, parts};

/// The pseudo parameter.
const REGION: &str = "AWS::Region";
/// The same in the text of `Fn::Sub`.
const VARIABLE: &str = "${AWS::Region}";

/// Writes values for these regions.
#[derive(Clone, Copy)]
pub(super) struct RegionValues<'a> {
    pub(super) regions: &'a [&'a str],
}

impl RegionValues<'_> {
    /// Whether the value names the region.
    pub(super) fn is_in(value: &Value) -> bool {
        in_region(value, "") != *value
    }

    /// The value once per region.
    pub(super) fn each(self, value: &Value) -> Vec<Value> {
        if !Self::is_in(value) {
            return vec![value.clone()];
        }
        let regions = self.regions.iter();
        regions.map(|region| in_region(value, region)).collect()
    }

    /// The value with `*` in the region of its ARN; once per region if it names the region
    /// elsewhere.
    pub(super) fn wide(self, value: &Value) -> Vec<Value> {
        any_region(value).map_or_else(|| self.each(value), |wide| vec![wide])
    }

    /// A value or list, each item of it once per region.
    pub(super) fn one_per_region(self, value: &Value) -> Value {
        listed(value, |item| self.each(item))
    }

    /// A value or list, each item of it with `*` in the region of its ARN.
    pub(super) fn any_region(self, value: &Value) -> Value {
        listed(value, |item| self.wide(item))
    }

    /// The same for ARNs of this service, and other items once per region.
    pub(super) fn any_region_of(self, service: Option<&str>, value: &Value) -> Value {
        listed(value, |item| {
            let own = template(item).map(|(text, _)| fields(text));
            let own = own.and_then(|fields| Some(fields.get(2)?.1));
            if service.is_some() && own == service {
                self.wide(item)
            } else {
                self.each(item)
            }
        })
    }
}

/// A value or list with each item replaced by others.
fn listed(value: &Value, of: impl Fn(&Value) -> Vec<Value>) -> Value {
    if let Value::Sequence(items) = value {
        return Value::Sequence(items.iter().flat_map(of).collect());
    }
    match <[Value; 1]>::try_from(of(value)) {
        Ok([only]) => only,
        Err(several) => Value::Sequence(several),
    }
}

/// The value as it is in the stack of `region`.
fn in_region(value: &Value, region: &str) -> Value {
    match value {
        Value::Tagged(tagged) => match function(&tagged.tag.to_string(), &tagged.value, region) {
            Some(Known::Region) => region.into(),
            found => Value::Tagged(Box::new(TaggedValue {
                tag: tagged.tag.clone(),
                value: inside(found, &tagged.value, region),
            })),
        },
        Value::Mapping(fields) => {
            let mut all = Mapping::new();
            for (key, value) in fields {
                let name = key.as_str().unwrap_or_default();
                let found = (fields.len() == 1).then(|| function(name, value, region));
                let found = found.flatten();
                if matches!(found, Some(Known::Region)) {
                    return region.into();
                }
                all.insert(key.clone(), inside(found, value, region));
            }
            Value::Mapping(all)
        }
        Value::Sequence(items) => items.iter().map(|item| in_region(item, region)).collect(),
        value => value.clone(),
    }
}

/// What a function gives.
enum Known {
    /// The region.
    Region,
    /// A text or list with the region in place of its variable.
    Substituted(Value),
}

/// The function of this name, if it is one that names the region.
fn function(name: &str, argument: &Value, region: &str) -> Option<Known> {
    let in_text = |text: &str| Value::from(text.replace(VARIABLE, region));
    match (name, argument) {
        ("!Ref" | "Ref", Value::String(text)) => (text == REGION).then_some(Known::Region),
        ("!Sub" | "Fn::Sub", Value::String(text)) => Some(Known::Substituted(in_text(text))),
        ("!Sub" | "Fn::Sub", Value::Sequence(items)) => {
            let items = items.iter().enumerate().map(|(at, item)| match item {
                Value::String(text) if at == 0 => in_text(text),
                item => in_region(item, region),
            });
            Some(Known::Substituted(items.collect()))
        }
        _ => None,
    }
}

fn inside(found: Option<Known>, argument: &Value, region: &str) -> Value {
    match found {
        Some(Known::Substituted(value)) => value,
        _ => in_region(argument, region),
    }
}

/// An ARN that names the region as its region, and nowhere else, with `*` there.
fn any_region(value: &Value) -> Option<Value> {
    let (text, variables) = template(value)?;
    let fields = fields(text);
    let (Some((_, region)), Some((end, _))) = (fields.get(3), fields.get(4)) else {
        return None;
    };
    let start = end.checked_sub(region.len() + 1)?;
    let (before, after) = (text.get(..start)?, text.get(end - 1..)?);
    let elsewhere = [before, after].concat().contains(VARIABLE)
        || variables.is_some_and(|variables| in_region(variables, "") != *variables);
    if *region != VARIABLE || elsewhere {
        return None;
    }
    Some(put(value, &format!("{before}*{after}")))
}

/// Whether a resource's ARN says in which region it is, or that it can be in any: without
/// `AWS::Region`, and not for lack of a region.
pub(super) fn names_its_region(resource: &Value) -> bool {
    let text = template(resource).map(|(text, _)| text);
    let Some(text) = text.or_else(|| resource.as_str()) else {
        return false;
    };
    let fields = fields(text);
    let region = fields.get(3).map(|(_, region)| *region);
    fields.len() == 6 && region.is_some_and(|region| !region.is_empty() && !region.contains('$'))
}

/// Whether an operator compares with patterns and holds for what matches one.
pub(super) fn compares_patterns(operator: &str) -> bool {
    let operator = operator.rsplit(':').next().unwrap_or_default();
    let operator = operator.strip_suffix("IfExists").unwrap_or(operator);
    ["ArnLike", "ArnEquals", "StringLike"].contains(&operator)
}

/// The text of an `Fn::Sub`, and its variables if it has any of its own.
fn template(value: &Value) -> Option<(&str, Option<&Value>)> {
    let argument = match value {
        Value::Tagged(tagged) if tagged.tag == "!Sub" => &tagged.value,
        Value::Mapping(fields) if fields.len() == 1 => fields.get("Fn::Sub")?,
        _ => return None,
    };
    match argument {
        Value::String(text) => Some((text, None)),
        Value::Sequence(items) => Some((items.first()?.as_str()?, items.get(1))),
        _ => None,
    }
}

/// The `Fn::Sub` with another text.
fn put(value: &Value, text: &str) -> Value {
    let mut changed = value.clone();
    let argument = match &mut changed {
        Value::Tagged(tagged) => &mut tagged.value,
        other => match other.get_mut("Fn::Sub") {
            Some(argument) => argument,
            None => return changed,
        },
    };
    match argument {
        Value::Sequence(items) => {
            if let Some(first) = items.first_mut() {
                *first = text.into();
            }
        }
        argument => *argument = text.into(),
    }
    changed
}

/// The six fields of an ARN, each with where it begins; the colons of variables separate nothing.
fn fields(text: &str) -> Vec<(usize, &str)> {
    let mut ends = Vec::new();
    let mut at = 0;
    for part in parts(text) {
        match part {
            SubstitutionPart::Text(text) => {
                ends.extend(text.match_indices(':').map(|(index, _)| at + index));
                at += text.len();
            }
            SubstitutionPart::Variable(name) => at += name.len() + 3,
            SubstitutionPart::Unclosed(rest) => at += rest.len(),
        }
    }
    ends.truncate(5);
    let mut fields = Vec::new();
    let mut start = 0;
    for end in ends.into_iter().chain([text.len()]) {
        fields.push((start, text.get(start..end).unwrap_or_default()));
        start = end + 1;
    }
    fields
}

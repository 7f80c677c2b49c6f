//! Trees to data that are equal exactly where they mean the same.
//!
//! In: a parsed node. Out: [`Data`], in which long and short forms of intrinsic functions are the
//! same, mappings have no order, and neither have the parts of a policy that are sets. Refuses
//! aliases that expand to more nodes than the caller's budget.
//!
//! The hard thing is to forget no more than that: everything that is not listed here as noise
//! stays a difference.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use crate::yaml::node::{Entry, Kind, Node};
use crate::yaml::scalar::{PlainScalar, has_leading_zero, plain_scalar};

/// How many nodes the aliases of a text of `bytes` bytes may expand to.
pub(crate) fn budget(bytes: usize) -> usize {
    1_000_000 + bytes / 2
}

/// The key under which a merge (`<<`) is kept that cannot be applied.
const MERGE: &str = "<<";

/// A value, compared by what it means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Data {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, in its shortest form.
    Number(String),
    /// Text, however quoted.
    Text(String),
    /// An IAM action.
    Action(Action),
    /// A list whose order counts.
    List(Vec<Data>),
    /// A list whose order does not count.
    Unordered(Unordered),
    /// A mapping, sorted by key. Tags are mappings with one key: `!Sub x` is `Fn::Sub: x`.
    Map(Vec<(String, Data)>),
}

/// An IAM action such as `s3:GetObject`; upper and lower case are the same.
#[derive(Clone, Debug)]
pub(crate) struct Action(pub(crate) String);

impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Action {}

impl Hash for Action {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_ascii_lowercase().hash(state);
    }
}

/// Items in the order of the text, compared without it.
#[derive(Clone, Debug)]
pub(crate) struct Unordered(pub(crate) Vec<Data>);

impl PartialEq for Unordered {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && (self.0 == other.0 || surplus(&self.0, &other.0).is_empty())
    }
}

impl Eq for Unordered {}

impl Hash for Unordered {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.len().hash(state);
    }
}

/// The value of `key` in a mapping that may be missing.
pub(crate) fn field<'a>(side: Option<&'a Data>, key: &str) -> Option<&'a Data> {
    side.and_then(|data| data.get(key))
}

/// The items of `items` that `other` does not have, or has less often.
pub(crate) fn surplus<'a>(items: &'a [Data], other: &[Data]) -> Vec<&'a Data> {
    let mut stock: HashMap<&Data, usize> = HashMap::with_capacity(other.len());
    for item in other {
        *stock.entry(item).or_default() += 1;
    }
    items
        .iter()
        .filter(|item| match stock.get_mut(item) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .collect()
}

impl Data {
    /// The entries of a mapping that is no intrinsic function.
    pub(crate) fn fields(&self) -> Option<&[(String, Data)]> {
        match self {
            Data::Map(entries) if !self.is_intrinsic() => Some(entries),
            _ => None,
        }
    }

    /// The value of `key` in a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Data> {
        match self {
            Data::Map(entries) => entries
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a text.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list whose order does not count.
    pub(crate) fn unordered(&self) -> Option<&[Data]> {
        match self {
            Data::Unordered(items) => Some(&items.0),
            _ => None,
        }
    }

    /// The name that `!Ref` refers to.
    pub(crate) fn reference(&self) -> Option<&str> {
        match self {
            Data::Map(entries) => match entries.as_slice() {
                [(key, value)] if key == "Ref" => value.text(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether this is an intrinsic function, or a tag that OrgFormation or CloudFormation reads.
    pub(crate) fn is_intrinsic(&self) -> bool {
        matches!(self, Data::Map(entries) if is_call(entries))
    }
}

fn is_call(entries: &[(String, Data)]) -> bool {
    matches!(
        entries,
        [(key, _)] if key.starts_with("Fn::") || key.starts_with('!') || key == "Ref" || key == "Condition"
    )
}

/// The data of `node`; takes its nodes from `budget`, and returns `None` where that is not enough.
pub(crate) fn read(node: &Node, budget: &mut usize) -> Option<Data> {
    *budget = budget.checked_sub(1)?;
    let node = node.resolved();
    let data = match &node.kind {
        Kind::Scalar(text, true) if node.tag.is_none() => plain(text),
        Kind::Scalar(text, _) => Data::Text(text.clone()),
        Kind::Sequence(items, _) => Data::List(
            items
                .iter()
                .map(|item| read(item, budget))
                .collect::<Option<_>>()?,
        ),
        Kind::Mapping(entries, _) => crate::template::normal::normal(fields(entries, budget)?),
        Kind::Alias(..) => return None,
    };
    Some(match node.tag_name() {
        Some(tag) => tagged(tag, data),
        None => data,
    })
}

/// The entries of a mapping with its merge keys applied, sorted by key; each read by itself.
pub(crate) fn fields<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    budget: &mut usize,
) -> Option<Vec<(String, Data)>> {
    let mut fields: Vec<(String, Data)> = Vec::new();
    let mut merges = Vec::new();
    for entry in entries {
        let key = key(&entry.key, budget)?;
        if key == MERGE {
            merges.push(read(&entry.value, budget)?);
        } else {
            fields.push((key, read(&entry.value, budget)?));
        }
    }
    let mut kept = Vec::new();
    for merge in merges {
        apply(merge, &mut fields, &mut kept);
    }
    if !kept.is_empty() {
        fields.push((MERGE.to_owned(), Data::List(kept)));
    }
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    Some(fields)
}

/// Merges `merge` into `fields`: a key that is there wins. What is no mapping goes to `kept`.
fn apply(merge: Data, fields: &mut Vec<(String, Data)>, kept: &mut Vec<Data>) {
    match merge {
        Data::List(items) => items.into_iter().for_each(|item| apply(item, fields, kept)),
        Data::Map(entries) if !is_call(&entries) => {
            for (key, value) in entries {
                if !fields.iter().any(|(known, _)| *known == key) {
                    fields.push((key, value));
                }
            }
        }
        other => kept.push(other),
    }
}

/// A key as text; a key that is no scalar as it is shown.
fn key(node: &Node, budget: &mut usize) -> Option<String> {
    match node.text() {
        Some(text) => Some(text.to_owned()),
        None => read(node, budget).map(|data| crate::template::display::shown(&data)),
    }
}

/// The data of a plain scalar. What some reader would take for something else (dates, octal
/// numbers) is text: written the same way, it is the same.
fn plain(text: &str) -> Data {
    let number = match plain_scalar(text) {
        PlainScalar::Null => return Data::Null,
        PlainScalar::Bool(flag) => return Data::Bool(flag),
        PlainScalar::Integer | PlainScalar::Float(_) if has_leading_zero(text) => None,
        PlainScalar::Integer => match text.parse::<i64>() {
            Ok(integer) => Some(integer.to_string()),
            Err(_) => text.parse().ok().and_then(float),
        },
        PlainScalar::Float(number) => float(number),
        PlainScalar::OtherNumber | PlainScalar::Text => None,
    };
    number.map_or_else(|| Data::Text(text.to_owned()), Data::Number)
}

/// The shortest form of `number`. One that is too large to be told from its neighbors stays as it
/// is written.
fn float(number: f64) -> Option<String> {
    (number.abs() < 9e15).then(|| number.to_string())
}

/// The long form of a tagged value.
fn tagged(tag: &str, data: Data) -> Data {
    let name = tag.strip_prefix('!').unwrap_or(tag);
    let key = match name {
        "Ref" | "Condition" => name.to_owned(),
        "Base64" | "Cidr" | "FindInMap" | "GetAtt" | "GetAZs" | "ImportValue" | "Join"
        | "Select" | "Split" | "Sub" | "Transform" | "And" | "Equals" | "If" | "Not" | "Or"
        | "Length" | "ToJsonString" => format!("Fn::{name}"),
        _ => tag.to_owned(),
    };
    crate::template::normal::normal(vec![(key, data)])
}

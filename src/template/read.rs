//! Trees to data that is equal exactly if it means the same.
//!
//! In: a parsed node, or a text. Out: its [`Data`], merge keys applied. Refuses aliases that expand to more
//! nodes than the caller's budget.

use serde_yaml::Value;

use crate::source::FileId;
use crate::template::display::shown;
use crate::template::normal::normal;
use crate::template::value::{Data, is_call};
use crate::yaml::node::{Entry, Kind, Node};
use crate::yaml::parse::parse;
use crate::yaml::scalar::{PlainScalar, other_number, plain_scalar};

/// How many nodes the aliases of a text of `bytes` bytes may expand to.
pub(crate) fn budget(bytes: usize) -> usize {
    1_000_000 + bytes / 2
}

/// The key under which a merge (`<<`) is kept that cannot be applied.
const MERGE: &str = "<<";

/// The key under which a time is kept that is not written as OrgFormation writes it.
const TIMESTAMP: &str = "!!timestamp";

/// The key whose value OrgFormation mends if it is a date without quotes.
const VERSION: &str = "Version";

/// The data of a text by itself; `None` if it is not YAML, or its aliases expand to too much.
pub(crate) fn of_text(text: &str) -> Option<Data> {
    let document = parse(FileId(0), text).ok()?;
    read(&document.root, &mut budget(text.len()))
}

/// The data of `node`; takes its nodes from `budget`; `None` if that is used up.
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
        Kind::Mapping(entries, _) => normal(fields(entries, budget)?),
        Kind::Alias(..) => return None,
    };
    Some(match node.tag_name() {
        Some(tag) => tagged(tag, data),
        None => data,
    })
}

/// The data of a value that was rendered.
pub(crate) fn rendered(value: &Value) -> Data {
    match value {
        Value::Null => Data::Null,
        Value::Bool(flag) => Data::Bool(*flag),
        Value::Number(number) => plain(&number.to_string()),
        Value::String(text) => Data::Text(text.clone()),
        Value::Sequence(items) => Data::List(items.iter().map(rendered).collect()),
        Value::Mapping(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let key = match key {
                    Value::String(key) => key.clone(),
                    key => shown(&rendered(key)),
                };
                (key, rendered(value))
            });
            let mut entries: Vec<(String, Data)> = entries.collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            normal(entries)
        }
        Value::Tagged(value) => tagged(&value.tag.to_string(), rendered(&value.value)),
    }
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
            let value = read(&entry.value, budget)?;
            let value = if key == VERSION {
                version(value)
            } else {
                value
            };
            fields.push((key, value));
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

/// Merges `merge` into `fields`: a key that is there wins. What is not a mapping goes to `kept`.
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

/// The value of a `Version` in a resource: a date without quotes, which js-yaml reads as a time, is
/// cut back to the date (OrgFormation, `ResourceUtil.FixVersions` in `src/util/resource-util.ts`).
/// It does so with any text that ends like this, at any depth.
fn version(value: Data) -> Data {
    match value {
        Data::Text(text) => match text.split_once('T') {
            Some((date, "00:00:00.000Z")) => Data::Text(date.to_owned()),
            _ => Data::Text(text),
        },
        value => value,
    }
}

/// A key as text; a key that is not a scalar as it is shown.
fn key(node: &Node, budget: &mut usize) -> Option<String> {
    match node.text() {
        Some(text) => Some(text.to_owned()),
        None => read(node, budget).map(|data| shown(&data)),
    }
}

/// The data of a plain scalar, as js-yaml reads it, which is OrgFormation's parser (its
/// `lib/type/int.js`, `float.js` and `timestamp.js`): `012` is the number 12, and a date is a point
/// in time.
fn plain(text: &str) -> Data {
    let number = match plain_scalar(text) {
        PlainScalar::Null => return Data::Null,
        PlainScalar::Bool(flag) => return Data::Bool(flag),
        PlainScalar::Integer => text.parse().ok(),
        PlainScalar::Float(number) => Some(number),
        PlainScalar::OtherNumber => other_number(text),
        PlainScalar::Text => return timestamp(text).unwrap_or_else(|| Data::Text(text.to_owned())),
    };
    number.map_or_else(|| Data::Text(text.to_owned()), float)
}

/// A number as `JSON.stringify` writes it, by which OrgFormation sends it: 9007199254740993 is
/// 9007199254740992, 0.0000001 is 1e-7, and what is not finite is null.
fn float(number: f64) -> Data {
    if number.is_finite() {
        Data::Number(ryu_js::Buffer::new().format(number).to_owned())
    } else {
        Data::Null
    }
}

/// The date or time that `text` is, as OrgFormation writes it; what it has to convert first is kept
/// apart from every text.
fn timestamp(text: &str) -> Option<Data> {
    let is_like = |form: &str| {
        text.len() == form.len()
            && text
                .bytes()
                .zip(form.bytes())
                .all(|(byte, form)| match form {
                    b'0' => byte.is_ascii_digit(),
                    form => byte == form,
                })
    };
    if is_like("0000-00-00") {
        return Some(Data::Text(format!("{text}T00:00:00.000Z")));
    }
    if is_like("0000-00-00T00:00:00.000Z") {
        return Some(Data::Text(text.to_owned()));
    }
    let is_of_time = |c: char| c.is_ascii_digit() || "-+:.TtZ \t".contains(c);
    let (year, rest) = text.split_once('-')?;
    let is_timestamp = year.len() == 4
        && year.bytes().all(|byte| byte.is_ascii_digit())
        && rest.contains(['T', 't', ' ', '\t'])
        && rest.contains(':')
        && rest.chars().all(is_of_time);
    is_timestamp.then(|| Data::Map(vec![(TIMESTAMP.to_owned(), Data::Text(text.to_owned()))]))
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
    normal(vec![(key, data)])
}

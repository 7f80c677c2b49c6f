//! What about a template is noise: order and shape without meaning.
//!
//! In: the entries of a mapping. Out: [`Data`] in which the lists without order are marked as
//! such, and a single value is the same as a list of one if IAM takes either.
//!
//! The hard thing: keys such as `Statement` also appear in resources that have nothing to do with
//! IAM, so a policy is known by its statements having an `Effect`.

use foldhash::HashSet;

use crate::template::value::{ActionText, Data, Unordered};

/// The data of a mapping with these entries, noise removed. The values are normal already.
pub(crate) fn normal(entries: Vec<(String, Data)>) -> Data {
    let entries = entries
        .into_iter()
        .map(|(key, value)| {
            let value = match key.as_str() {
                "Statement" => statements(value),
                "Policies" => unordered_if(value, |item| item.get("PolicyName").is_some()),
                "Tags" => unordered_if(value, |item| item.get("Key").is_some()),
                "OrganizationBinding" => binding(value),
                "ManagedPolicyArns" => unordered_if(value, |_| true),
                "Fn::GetAtt" => get_att(value),
                _ => value,
            };
            (key, value)
        })
        .collect();
    Data::Map(entries)
}

fn unordered_if(value: Data, known: impl Fn(&Data) -> bool) -> Data {
    match value {
        Data::List(items) if items.iter().all(known) => Data::Unordered(Unordered(items)),
        other => other,
    }
}

/// A binding to a list of accounts reaches them in any order.
fn binding(value: Data) -> Data {
    let accounts = |(key, value): (String, Data)| match key.as_str() {
        "Account" => {
            let value = unordered_if(value, |item| item.reference().is_some());
            (key, value)
        }
        _ => (key, value),
    };
    match value {
        Data::Map(entries) => Data::Map(entries.into_iter().map(accounts).collect()),
        other => other,
    }
}

/// `a.b` as `[a, b]`.
fn get_att(value: Data) -> Data {
    match &value {
        Data::Text(text) => match text.split_once('.') {
            Some((resource, attribute)) => Data::List(vec![
                Data::Text(resource.to_owned()),
                Data::Text(attribute.to_owned()),
            ]),
            None => value,
        },
        _ => value,
    }
}

fn statements(value: Data) -> Data {
    let is_statement = |item: &Data| item.get("Effect").is_some();
    match value {
        Data::List(items) if items.is_empty() || items.iter().any(is_statement) => {
            Data::Unordered(Unordered(items.into_iter().map(statement).collect()))
        }
        single if is_statement(&single) => Data::Unordered(Unordered(vec![statement(single)])),
        other => other,
    }
}

/// A statement, noise removed; other data as it is.
pub(crate) fn statement(value: Data) -> Data {
    let entries = match value {
        Data::Map(entries) if entries.iter().any(|(key, _)| key == "Effect") => entries,
        other => return other,
    };
    let entries = entries
        .into_iter()
        .map(|(key, value)| {
            let value = match key.as_str() {
                "Action" | "NotAction" => set(value, action),
                "Resource" | "NotResource" => set(value, |item| item),
                "Principal" | "NotPrincipal" => each_value(value, |value| set(value, |item| item)),
                "Condition" => each_value(value, |keys| {
                    each_value(keys, |values| set(values, condition_value))
                }),
                _ => value,
            };
            (key, value)
        })
        .collect();
    Data::Map(entries)
}

fn each_value(value: Data, normal: impl Fn(Data) -> Data) -> Data {
    if value.is_intrinsic() {
        return value;
    }
    match value {
        Data::Map(entries) => Data::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key, normal(value)))
                .collect(),
        ),
        other => other,
    }
}

fn action(item: Data) -> Data {
    match item {
        Data::Text(text) => Data::Action(ActionText(text)),
        other => other,
    }
}

/// IAM reads `true` and `'true'` alike, and numbers too.
fn condition_value(item: Data) -> Data {
    match item {
        Data::Bool(flag) => Data::Text(flag.to_string()),
        Data::Number(number) => Data::Text(number),
        other => other,
    }
}

/// A set of values: a list without order and repetition; a single value is a list of one.
fn set(value: Data, normal: impl Fn(Data) -> Data) -> Data {
    let items = match value {
        Data::List(items) | Data::Unordered(Unordered(items)) => items,
        single if is_single(&single) => vec![single],
        other => return other,
    };
    let items: Vec<Data> = items.into_iter().map(normal).collect();
    let mut seen = HashSet::default();
    let first: Vec<bool> = items.iter().map(|item| seen.insert(item)).collect();
    let distinct = items.iter().zip(first).filter(|(_, first)| *first);
    Data::Unordered(Unordered(distinct.map(|(item, _)| item.clone()).collect()))
}

/// Whether `value` is one value: functions that may return a list are not.
fn is_single(value: &Data) -> bool {
    match value {
        Data::Text(_) | Data::Bool(_) | Data::Number(_) => true,
        Data::Map(entries) => matches!(
            entries.as_slice(),
            [(key, _)] if matches!(
                key.as_str(),
                "Ref" | "Fn::Sub" | "Fn::Join" | "Fn::GetAtt" | "Fn::ImportValue" | "Fn::Select"
                    | "Fn::Base64"
            )
        ),
        _ => false,
    }
}

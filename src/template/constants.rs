//! Functions of constants to their values.
//!
//! In: data, and the values in the file's `Mappings`. Out: the data with what `Fn::Select`, `Fn::Split`, and
//! `Fn::FindInMap` return in place of them, as CloudFormation works them out. Refuses nothing: what depends on
//! something that is not known stays as it is written.

use crate::template::normal::{normal, statement};
use crate::template::substitution::MARK;
use crate::template::value::{Data, Unordered};

/// Returns the value under two keys of a mapping, if it is known.
pub(crate) type MappedValue<'a> = dyn Fn(&str, &str, &str) -> Option<Data> + 'a;

/// What CloudFormation looks up later.
const LATER: &str = "{{";

/// The name of no value at all.
const NO_VALUE: &str = "AWS::NoValue";

/// `data` with the values of its functions of constants; `None` if it has none.
pub(crate) fn worked_out(data: &Data, mapped: &MappedValue<'_>) -> Option<Data> {
    let all = |items: &[Data]| {
        let new: Vec<Option<Data>> = items.iter().map(|item| worked_out(item, mapped)).collect();
        let is_changed = new.iter().any(Option::is_some);
        is_changed.then(|| {
            let items = new.into_iter().zip(items);
            items
                .map(|(new, old)| new.unwrap_or_else(|| old.clone()))
                .collect()
        })
    };
    match data {
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Action(_) => None,
        Data::List(items) => all(items).map(Data::List),
        Data::Unordered(items) => all(&items.0).map(|items| Data::Unordered(Unordered(items))),
        Data::Map(entries) => {
            let values: Vec<Option<Data>> = entries
                .iter()
                .map(|(_, value)| worked_out(value, mapped))
                .collect();
            let is_changed = values.iter().any(Option::is_some);
            let new = is_changed.then(|| {
                let values = values.into_iter().zip(entries);
                let entries = values
                    .map(|(new, (key, old))| (key.clone(), new.unwrap_or_else(|| old.clone())));
                statement(normal(entries.collect()))
            });
            result(new.as_ref().unwrap_or(data), mapped).or(new)
        }
    }
}

/// What a function returns.
fn result(call: &Data, mapped: &MappedValue<'_>) -> Option<Data> {
    let Data::Map(entries) = call else {
        return None;
    };
    let [(key, Data::List(arguments))] = entries.as_slice() else {
        return None;
    };
    match (key.as_str(), arguments.as_slice()) {
        ("Fn::Select", [index, Data::List(items)]) => {
            let index: usize = constant(index)?.parse().ok()?;
            items
                .iter()
                .all(is_one)
                .then(|| items.get(index).cloned())?
        }
        ("Fn::Split", [Data::Text(between), text]) if !between.is_empty() => {
            let text = constant(text)?;
            let parts = text.split(between.as_str());
            Some(Data::List(
                parts.map(|part| Data::Text(part.to_owned())).collect(),
            ))
        }
        ("Fn::FindInMap", [Data::Text(name), first, second, ..]) => {
            let found = mapped(name, &constant(first)?, &constant(second)?)?;
            let is_known = found.items().iter().all(|item| constant(item).is_some());
            is_known.then_some(found)
        }
        _ => None,
    }
}

/// Whether it is one value, and not several or none.
fn is_one(item: &Data) -> bool {
    match item {
        Data::Text(_) | Data::Number(_) | Data::Bool(_) => true,
        Data::Map(entries) => match entries.as_slice() {
            [(key, name)] if key == "Ref" => name.text().is_some_and(|name| name != NO_VALUE),
            [(key, _)] => ["Fn::GetAtt", "Fn::Join", "Fn::Sub"].contains(&key.as_str()),
            _ => false,
        },
        _ => false,
    }
}

/// The text of a constant.
fn constant(data: &Data) -> Option<String> {
    let text = match data {
        Data::Text(text) | Data::Number(text) => text.clone(),
        Data::Map(entries) => match entries.as_slice() {
            [(key, Data::Text(text))] if key == "Fn::Sub" && !text.contains(MARK) => text.clone(),
            [(key, Data::List(items))] if key == "Fn::Join" => match items.as_slice() {
                [Data::Text(between), Data::List(parts)] => {
                    let parts: Option<Vec<String>> = parts.iter().map(constant).collect();
                    parts?.join(between)
                }
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    };
    (!text.contains(LATER)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::read;

    fn data(text: &str) -> Data {
        read::of_text(text).unwrap()
    }

    #[test]
    fn functions_of_constants_are_worked_out() {
        let mapped = |name: &str, first: &str, second: &str| match (name, first, second) {
            ("M", "a", "b") => Some(data("x")),
            ("M", "a", "c") => Some(data("[x, y]")),
            ("M", "a", "d") => Some(data("!Ref P")),
            _ => None,
        };
        for (text, wanted) in [
            ("!Select [0, [a, b]]", "a"),
            ("!Select ['1', [a, !Ref P]]", "!Ref P"),
            ("!Select [1, !Split ['|', 'a|b']]", "b"),
            ("!Split [',', !Join [',', [a, b]]]", "[a, b]"),
            ("!Split [',', !Sub 'a,b']", "[a, b]"),
            ("!FindInMap [M, a, b]", "x"),
            ("!FindInMap [M, !Select [0, [a]], c]", "[x, y]"),
        ] {
            let found = worked_out(&data(text), &mapped).unwrap();
            assert_eq!(found, data(wanted), "{text}");
        }
        let found = data("Statement: {Effect: Deny, Action: !Split [',', 's3:*'], Resource: a}");
        let found = worked_out(&found, &mapped).unwrap();
        assert_eq!(
            found,
            data("Statement: {Effect: Deny, Action: 'S3:*', Resource: [a]}")
        );
        for text in [
            "!Select [2, [a, b]]",
            "!Select [!Ref P, [a, b]]",
            "!Select [0, [!Ref AWS::NoValue, b]]",
            "!Select [0, [!If [C, a, b], b]]",
            "!Select [0, !GetAZs '']",
            "!Split [',', !Ref P]",
            "!Split [',', !Sub '${P},b']",
            "!Split ['', ab]",
            "!Split [',', '{{resolve:ssm:x}},b']",
            "!FindInMap [M, a, x]",
            "!FindInMap [M, a, d]",
            "!FindInMap [M, !Ref AWS::Region, b]",
        ] {
            assert_eq!(worked_out(&data(text), &mapped), None, "{text}");
        }
    }
}

//! Names to what they stand for.
//!
//! In: data, and the values of names, such as those of parameters. Out: the data with the values in
//! place of `!Ref`, `!GetAtt`, and `${...}`. Refuses nothing: other names stay.

use crate::template::substitution::{SubstitutionPart, parts};
use crate::template::value::{ActionText, Data, Unordered};

/// Returns what a name stands for, if it does.
pub(crate) type ValueOf<'a> = dyn Fn(&str) -> Option<Data> + 'a;

/// `data` with the values of its names; `None` if none of them has one.
pub(crate) fn substituted(data: &Data, value: &ValueOf<'_>) -> Option<Data> {
    match data {
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Action(_) => None,
        Data::List(items) => all(items, value).map(Data::List),
        Data::Unordered(items) => {
            all(&items.0, value).map(|items| Data::Unordered(Unordered(items)))
        }
        Data::Map(entries) => match entries.as_slice() {
            [(key, Data::Text(name))] if key == "Ref" => value(name),
            [(key, Data::List(items))] if key == "Fn::GetAtt" => match items.as_slice() {
                [Data::Text(name), Data::Text(attribute)] => value(&format!("{name}.{attribute}")),
                _ => all(items, value).map(|items| call(key, Data::List(items))),
            },
            [(key, Data::Text(text))] if key == "Fn::Sub" => filled(text, &[], value),
            [(key, Data::List(items))] if key == "Fn::Sub" => match items.as_slice() {
                [Data::Text(text), Data::Map(own)] => filled(text, own, value),
                _ => all(items, value).map(|items| call(key, Data::List(items))),
            },
            entries => fields(entries, value).map(Data::Map),
        },
    }
}

fn call(key: &str, value: Data) -> Data {
    Data::Map(vec![(key.to_owned(), value)])
}

fn all(items: &[Data], value: &ValueOf<'_>) -> Option<Vec<Data>> {
    let new = changed(items, |item| substituted(item, value))?;
    let items = new.into_iter().zip(items);
    Some(
        items
            .map(|(new, old)| new.unwrap_or_else(|| old.clone()))
            .collect(),
    )
}

/// What `change` makes of each item, or nothing if it changes none: most data has no name with a value.
fn changed<Item>(
    items: &[Item],
    change: impl Fn(&Item) -> Option<Data>,
) -> Option<Vec<Option<Data>>> {
    let mut rest = items.iter().enumerate();
    let (first, found) = rest
        .by_ref()
        .find_map(|(at, item)| Some((at, change(item)?)))?;
    let mut new: Vec<Option<Data>> = Vec::with_capacity(items.len());
    new.resize(first, None);
    new.push(Some(found));
    new.extend(rest.map(|(_, item)| change(item)));
    Some(new)
}

fn fields(entries: &[(String, Data)], value: &ValueOf<'_>) -> Option<Vec<(String, Data)>> {
    let is_statement = entries.iter().any(|(key, _)| key == "Effect");
    let new = changed(entries, |(key, data)| {
        let new = substituted(data, value)?;
        let is_action = is_statement && (key == "Action" || key == "NotAction");
        Some(if is_action { actions(new) } else { new })
    })?;
    let entries = new.into_iter().zip(entries);
    let entries =
        entries.map(|(new, (key, old))| (key.clone(), new.unwrap_or_else(|| old.clone())));
    Some(entries.collect())
}

/// Texts in place of actions are actions.
fn actions(data: Data) -> Data {
    match data {
        Data::Text(text) => Data::Action(ActionText(text)),
        Data::Unordered(items) => {
            Data::Unordered(Unordered(items.0.into_iter().map(actions).collect()))
        }
        other => other,
    }
}

/// The `Fn::Sub` of `text`, in which `own` names have values of their own, with the values of the
/// others.
fn filled(text: &str, own: &[(String, Data)], value: &ValueOf<'_>) -> Option<Data> {
    let own_new = fields(own, value);
    let mut is_changed = own_new.is_some();
    let mut own_values = own_new.unwrap_or_else(|| own.to_vec());
    let mut out = String::new();
    for part in parts(text) {
        let name = match (part, part.literal()) {
            (SubstitutionPart::Variable(name), None) => name,
            (SubstitutionPart::Variable(name), Some(_)) => {
                out.push_str(&variable(name));
                continue;
            }
            (SubstitutionPart::Text(text) | SubstitutionPart::Unclosed(text), _) => {
                out.push_str(text);
                continue;
            }
        };
        let is_own = own.iter().any(|(own, _)| own == name);
        match (!is_own).then(|| value(name)).flatten() {
            None => out.push_str(&variable(name)),
            Some(found) => {
                is_changed = true;
                put(name, found, &mut out, &mut own_values);
            }
        }
    }
    if !is_changed {
        return None;
    }
    Some(if !own_values.is_empty() {
        own_values.sort_by(|(a, _), (b, _)| a.cmp(b));
        own_values.dedup_by(|(a, _), (b, _)| a == b);
        call(
            "Fn::Sub",
            Data::List(vec![Data::Text(out), Data::Map(own_values)]),
        )
    } else if out.contains('$') {
        call("Fn::Sub", Data::Text(out))
    } else {
        Data::Text(out)
    })
}

/// Writes the value of `name` into a text of `Fn::Sub`.
fn put(name: &str, value: Data, out: &mut String, own: &mut Vec<(String, Data)>) {
    let attribute = match value.get("Fn::GetAtt") {
        Some(Data::List(items)) => match items.as_slice() {
            [Data::Text(name), Data::Text(attribute)] => Some(format!("{name}.{attribute}")),
            _ => None,
        },
        _ => None,
    };
    match &value {
        // What is in a value is not substituted again.
        Data::Text(text) => out.push_str(&text.replace("${", "${!")),
        value if value.reference().is_some() => {
            let name = value.reference().unwrap_or_default();
            out.push_str(&variable(name));
        }
        _ => {
            if let Some(name) = attribute {
                out.push_str(&variable(&name));
            } else {
                out.push_str(&variable(name));
                own.push((name.to_owned(), value));
            }
        }
    }
}

/// How `Fn::Sub` refers to `name`.
fn variable(name: &str) -> String {
    format!("${{{name}}}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::read;

    fn data(text: &str) -> Data {
        read::of_text(text).unwrap()
    }

    #[test]
    fn names_become_what_they_stand_for() {
        let value = |name: &str| match name {
            "P" => Some(Data::Text("app".to_owned())),
            "V" => Some(Data::Text("a${x}".to_owned())),
            "A" => Some(data("!Ref Dev")),
            "G" => Some(data("!GetAtt R.Arn")),
            "F" => Some(data("!CopyValue x")),
            "Dev.AccountName" => Some(Data::Text("dev".to_owned())),
            _ => None,
        };
        for (text, wanted) in [
            ("!Ref P", "app"),
            ("[!Ref P, !Ref Q]", "[app, !Ref Q]"),
            ("!GetAtt Dev.AccountName", "dev"),
            ("!Sub '${P}-x'", "app-x"),
            ("!Sub '${P}-${Q}-${!P}'", "!Sub 'app-${Q}-${!P}'"),
            ("!Sub '${V}'", "!Sub 'a${!x}'"),
            ("!Sub '${A}:${G}'", "!Sub '${Dev}:${R.Arn}'"),
            ("!Sub '${F}'", "!Sub ['${F}', {F: !CopyValue x}]"),
            (
                "!Sub ['${P}-${q}', {q: !Ref P}]",
                "!Sub ['app-${q}', {q: app}]",
            ),
            ("!Sub ['${P}', {P: y}]", "!Sub ['${P}', {P: y}]"),
            (
                "Statement: {Effect: Allow, Action: !Ref P, Resource: !Ref P}",
                "Statement: {Effect: Allow, Action: APP, Resource: app}",
            ),
        ] {
            let before = data(text);
            let found = substituted(&before, &value).unwrap_or(before);
            assert_eq!(found, data(wanted), "{text}");
        }
        assert_eq!(
            substituted(&data("{a: !Ref Q, b: !Sub '${Q}', c: P}"), &value),
            None
        );
    }
}

//! Functions of data that can be worked out.
//!
//! In: data, and the `Mappings` around it. Out: the data with the values of `Fn::FindInMap`, `Fn::Join`,
//! `Fn::Select`, and `Fn::Sub` in their places, as OrgFormation works them out in tasks
//! (`src/core/cfn-functions`). Refuses nothing: what is not known stays as it is written.

use crate::template::substitute::substituted;
use crate::template::value::{Data, Unordered};

/// `data` with the values of its functions.
pub(crate) fn folded(data: Data, mappings: Option<&Data>) -> Data {
    let all = |items: Vec<Data>| -> Vec<Data> {
        let items = items.into_iter();
        items.map(|item| folded(item, mappings)).collect()
    };
    match data {
        Data::List(items) => Data::List(all(items)),
        Data::Unordered(Unordered(items)) => Data::Unordered(Unordered(all(items))),
        Data::Map(entries) => {
            let entries = entries.into_iter();
            let entries = entries.map(|(name, value)| (name, folded(value, mappings)));
            let entries: Vec<(String, Data)> = entries.collect();
            match entries.as_slice() {
                [(name, value)] => worked_out(name, value, mappings),
                _ => None,
            }
            .unwrap_or(Data::Map(entries))
        }
        other => other,
    }
}

/// The value of a function, if it is known.
fn worked_out(name: &str, value: &Data, mappings: Option<&Data>) -> Option<Data> {
    match (name, listed(value)?) {
        ("Fn::FindInMap", [map, group, key]) => {
            let group = mappings?.get(&scalar(map)?)?.get(&scalar(group)?)?;
            group.get(&scalar(key)?).cloned()
        }
        ("Fn::Join", [separator, items]) => {
            let items = listed(items).filter(|_| matches!(items, Data::List(_)))?;
            let items: Option<Vec<String>> = items.iter().map(scalar).collect();
            Some(Data::Text(items?.join(separator.text()?)))
        }
        ("Fn::Select", [index, items @ Data::List(list)]) if !items.is_intrinsic() => {
            list.get(scalar(index)?.parse::<usize>().ok()?).cloned()
        }
        ("Fn::Sub", [text @ Data::Text(_)]) => {
            let is_plain = text.text().is_some_and(|text| !text.contains('$'));
            is_plain.then(|| text.clone())
        }
        ("Fn::Sub", [text @ Data::Text(_), own]) => {
            let own = own.fields()?;
            let known = own.iter().all(|(_, value)| scalar(value).is_some());
            let value = |name: &str| {
                let (_, value) = own.iter().find(|(own, _)| own == name)?;
                scalar(value).map(Data::Text)
            };
            let call = Data::Map(vec![(name.to_owned(), text.clone())]);
            known.then(|| substituted(&call, &value).unwrap_or(call))
        }
        _ => None,
    }
}

/// The items of a list, or the text that is the one argument.
fn listed(value: &Data) -> Option<&[Data]> {
    match value {
        Data::List(_) | Data::Unordered(_) | Data::Text(_) => Some(value.items()),
        _ => None,
    }
}

/// A value as the text that it is a part of.
pub(crate) fn scalar(data: &Data) -> Option<String> {
    match data {
        Data::Text(text) | Data::Number(text) => Some(text.clone()),
        Data::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::read;

    fn data(text: &str) -> Data {
        read::of_text(text).unwrap()
    }

    #[test]
    fn what_is_known_is_worked_out() {
        let mappings = data("M: {a: {b: x, 1: 2}}");
        for (text, wanted) in [
            ("!FindInMap [M, a, b]", "x"),
            ("!FindInMap [M, a, 1]", "2"),
            ("!FindInMap [M, !Ref S, b]", "!FindInMap [M, !Ref S, b]"),
            ("!FindInMap [M, z, b]", "!FindInMap [M, z, b]"),
            ("!Join ['/', ['.', !FindInMap [M, a, b], 3]]", "./x/3"),
            ("!Join ['/', [x, !Ref S]]", "!Join ['/', [x, !Ref S]]"),
            (
                "!Join ['/', !Split [',', 'a,b']]",
                "!Join ['/', !Split [',', 'a,b']]",
            ),
            ("!Select [1, [a, b]]", "b"),
            ("!Select [2, [a, b]]", "!Select [2, [a, b]]"),
            ("!Sub './roles.yml'", "./roles.yml"),
            ("!Sub ['${a}/${b}', {a: x, b: 1}]", "x/1"),
            ("!Sub ['${a}/${Dev}', {a: x}]", "!Sub 'x/${Dev}'"),
            ("{a: [!Join ['', [a, b]]]}", "{a: [ab]}"),
        ] {
            assert_eq!(folded(data(text), Some(&mappings)), data(wanted), "{text}");
        }
    }
}

//! Values that are written in two ways and are the same to CloudFormation.
//!
//! In: data. Out: the data in one way of writing: a whole number or a flag is its text, a `!Join` is the `!Sub` of
//! the same text, and a `!Sub` of one variable is the reference. Refuses nothing: what is not known to be the same stays as it is, such as
//! `'0644'`, which is not the number, and `'True'`.

use crate::template::value::{Data, Unordered};

/// Variables of CloudFormation's own that are one text, so that `!Ref` of them is what `!Sub` makes of them.
const PSEUDO: [&str; 6] = [
    "AWS::AccountId",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// `data` in one way of writing.
pub(crate) fn respelled(data: &Data) -> Data {
    let all = |items: &[Data]| items.iter().map(respelled).collect();
    match data {
        Data::Bool(flag) => Data::Text(flag.to_string()),
        Data::Number(number) if is_whole(number) => Data::Text(number.clone()),
        Data::List(items) => Data::List(all(items)),
        Data::Unordered(Unordered(items)) => Data::Unordered(Unordered(all(items))),
        Data::Map(entries) => match entries.as_slice() {
            [(key, Data::Text(text))] if key == "Fn::Sub" => substitution(text),
            [(key, value)] if key == "Fn::Join" => joined(value).map_or_else(
                || Data::Map(vec![(key.clone(), respelled(value))]),
                |text| substitution(&text),
            ),
            entries => {
                let entries = entries.iter();
                let entries = entries.map(|(key, value)| (key.clone(), respelled(value)));
                Data::Map(entries.collect())
            }
        },
        Data::Null | Data::Number(_) | Data::Text(_) | Data::Action(_) => data.clone(),
    }
}

/// The value of `Fn::Sub` of this text.
fn substitution(text: &str) -> Data {
    if !text.contains("${") {
        return Data::Text(text.to_owned());
    }
    let sub = || Data::Map(vec![("Fn::Sub".to_owned(), Data::Text(text.to_owned()))]);
    reference(text).unwrap_or_else(sub)
}

/// The text that `Fn::Sub` makes of what `Fn::Join` joins, if it does.
fn joined(value: &Data) -> Option<String> {
    let Data::List(arguments) = value else {
        return None;
    };
    let [Data::Text(between), Data::List(items)] = arguments.as_slice() else {
        return None;
    };
    if between.contains(['$', '{']) {
        return None;
    }
    let parts: Option<Vec<String>> = items.iter().map(part).collect();
    let parts = parts?;
    // Two parts must not become a variable together.
    let is_apart = parts.iter().all(|part| !part.ends_with('$'));
    is_apart.then(|| parts.join(between))
}

/// What `Fn::Sub` has for a part that `Fn::Join` joins.
fn part(item: &Data) -> Option<String> {
    match respelled(item) {
        Data::Text(text) if !text.contains("${") => Some(text),
        Data::Map(entries) => match entries.as_slice() {
            [(key, Data::Text(text))] if key == "Fn::Sub" => Some(text.clone()),
            [(key, Data::Text(name))] if key == "Ref" => named(name),
            [(key, Data::List(names))] if key == "Fn::GetAtt" => match names.as_slice() {
                [Data::Text(name), Data::Text(attribute)] => named(&format!("{name}.{attribute}")),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// How `Fn::Sub` refers to a name that is one text.
fn named(name: &str) -> Option<String> {
    let text = format!("${{{name}}}");
    reference(&text).map(|_| text)
}

/// Whether a number is written as any program writes it.
fn is_whole(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    let is_long = digits.len() > 1;
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && (1..=15).contains(&digits.len())
        && !(digits.starts_with('0') && (is_long || digits.len() < number.len()))
}

/// What `text`, in which `!Sub` puts values, refers to, if that is all of it.
fn reference(text: &str) -> Option<Data> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    let is_plain =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let of = |key: &str, value: Data| Some(Data::Map(vec![(key.to_owned(), value)]));
    match name.split_once('.') {
        Some((resource, attribute)) if is_plain(resource) && attribute.split('.').all(is_plain) => {
            let parts = [resource, attribute].map(|part| Data::Text(part.to_owned()));
            of("Fn::GetAtt", Data::List(parts.to_vec()))
        }
        None if is_plain(name) || PSEUDO.contains(&name) => of("Ref", Data::Text(name.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_same(a: &Data, b: &Data) -> bool {
        respelled(a) == respelled(b)
    }

    fn text(text: &str) -> Data {
        Data::Text(text.to_owned())
    }

    fn call(key: &str, value: Data) -> Data {
        Data::Map(vec![(key.to_owned(), value)])
    }

    #[test]
    fn a_whole_number_is_its_text() {
        let number = |text: &str| Data::Number(text.to_owned());
        for own in ["0", "22", "-1", "123456789012"] {
            assert!(is_same(&number(own), &text(own)), "{own}");
        }
        let others = [
            ("644", "0644"),
            ("1000", "1e3"),
            ("22", "22.0"),
            ("22", " 22"),
        ];
        for (own, other) in others {
            assert!(!is_same(&number(own), &text(other)), "{own} {other}");
        }
        for own in ["1.5", "-0", "1e+21", "1234567890123456", "012"] {
            assert!(!is_same(&number(own), &text(own)), "{own}");
        }
    }

    #[test]
    fn a_flag_is_its_text() {
        assert!(is_same(&Data::Bool(true), &text("true")));
        for other in ["True", "yes", "1", "false"] {
            assert!(!is_same(&Data::Bool(true), &text(other)), "{other}");
        }
    }

    #[test]
    fn a_sub_of_one_variable_is_the_reference() {
        let sub = |own: &str| call("Fn::Sub", text(own));
        let get = |parts: [&str; 2]| call("Fn::GetAtt", Data::List(parts.map(text).to_vec()));
        assert!(is_same(&sub("${A}"), &call("Ref", text("A"))));
        assert!(is_same(
            &sub("${AWS::Region}"),
            &call("Ref", text("AWS::Region"))
        ));
        assert!(is_same(&sub("${A.Arn}"), &get(["A", "Arn"])));
        assert!(is_same(&sub("${A.Outputs.B}"), &get(["A", "Outputs.B"])));
        let join = |between: &str, items: Vec<Data>| {
            call(
                "Fn::Join",
                Data::List(vec![text(between), Data::List(items)]),
            )
        };
        let region = || call("Ref", text("AWS::Region"));
        let parts = vec![text("arn"), region(), get(["A", "Arn"]), sub("${B}/c")];
        let joined = join(":", parts);
        assert!(is_same(&joined, &sub("arn:${AWS::Region}:${A.Arn}:${B}/c")));
        assert!(is_same(&join("", vec![text("a"), text("b")]), &text("ab")));
        assert!(is_same(&sub("ab"), &text("ab")));
        assert!(is_same(&join("-", vec![region()]), &region()));
        for (between, items) in [
            ("", vec![text("$"), text("{A}")]),
            ("", vec![text("${A}")]),
            ("${A}", vec![text("a"), text("b")]),
            ("", vec![call("Ref", text("AWS::NoValue")), text("a")]),
            ("", vec![call("Fn::ImportValue", text("a"))]),
        ] {
            let joined = join(between, items);
            assert_eq!(respelled(&joined), joined);
        }
        // It is nothing by reference, and no text in a text.
        let none = "AWS::NoValue";
        assert!(!is_same(&sub("${AWS::NoValue}"), &call("Ref", text(none))));
        for own in ["${!A}", "${A}${B}", "${A}/", "${}", "${ A }", "${A.}"] {
            assert_eq!(respelled(&sub(own)), sub(own), "{own}");
        }
    }
}

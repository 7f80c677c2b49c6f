//! Values that are written in two ways and are the same to CloudFormation.
//!
//! In: data. Out: the data in one way of writing: a whole number or a flag is its text, and a `!Sub` of one
//! variable is the reference. Refuses nothing: what is not known to be the same stays as it is, such as
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
            [(key, Data::Text(text))] if key == "Fn::Sub" => {
                reference(text).unwrap_or_else(|| data.clone())
            }
            entries => {
                let entries = entries.iter();
                let entries = entries.map(|(key, value)| (key.clone(), respelled(value)));
                Data::Map(entries.collect())
            }
        },
        Data::Null | Data::Number(_) | Data::Text(_) | Data::Action(_) => data.clone(),
    }
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
        // It is nothing by reference, and no text in a text.
        let none = "AWS::NoValue";
        assert!(!is_same(&sub("${AWS::NoValue}"), &call("Ref", text(none))));
        for own in ["${!A}", "${A}${B}", "${A}/", "A", "${}", "${ A }", "${A.}"] {
            assert_eq!(respelled(&sub(own)), sub(own), "{own}");
        }
    }
}

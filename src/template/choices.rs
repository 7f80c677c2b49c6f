//! `Fn::If` to the values that it chooses from.
//!
//! In: data. Out: a [`ChosenData`] for each truth of the conditions that it asks about: the data without `Fn::If`.
//! Refuses nothing: an `Fn::If` that is written otherwise stays as it is.

use crate::template::normal::{normal, statement};
use crate::template::value::{Data, Unordered};

/// What data is if certain conditions of the template hold, and others do not.
#[derive(Debug, PartialEq)]
pub(crate) struct ChosenData {
    /// The conditions, and whether each holds.
    pub(crate) holding: Vec<(String, bool)>,
    /// `None` if there is no value then.
    pub(crate) data: Option<Data>,
}

/// The most choices that are told apart.
const CHOICES: usize = 16;

/// The key of the function.
const KEY: &str = "Fn::If";

/// The name of no value at all.
const NO_VALUE: &str = "AWS::NoValue";

/// What `data` is by the conditions that it asks about; `None` if it asks about none, or about too many.
pub(crate) fn choices(data: &Data) -> Option<Vec<ChosenData>> {
    asked(data)?;
    let mut all = vec![ChosenData {
        holding: Vec::new(),
        data: Some(data.clone()),
    }];
    let is_open = |choice: &ChosenData| choice.data.as_ref().and_then(asked).is_some();
    while let Some(at) = all.iter().position(is_open) {
        let open = all.remove(at);
        let name = open.data.as_ref().and_then(asked)?.to_owned();
        let if_it = |holds: bool| ChosenData {
            holding: [open.holding.as_slice(), &[(name.clone(), holds)]].concat(),
            data: open
                .data
                .as_ref()
                .and_then(|data| chosen(data, &name, holds)),
        };
        all.splice(at..at, [true, false].map(if_it));
        if all.len() > CHOICES {
            return None;
        }
    }
    Some(all)
}

/// The first condition that `data` asks about.
fn asked(data: &Data) -> Option<&str> {
    match data {
        Data::List(items) | Data::Unordered(Unordered(items)) => items.iter().find_map(asked),
        Data::Map(entries) => match branches(entries) {
            Some((name, _, _)) => Some(name),
            None => entries.iter().find_map(|(_, value)| asked(value)),
        },
        _ => None,
    }
}

/// The condition and both values of an `Fn::If`.
fn branches(entries: &[(String, Data)]) -> Option<(&str, &Data, &Data)> {
    match entries {
        [(key, Data::List(items))] if key == KEY => match items.as_slice() {
            [Data::Text(name), yes, no] => Some((name, yes, no)),
            _ => None,
        },
        _ => None,
    }
}

/// `data` if the condition `name` holds, or does not; `None` if there is no value then.
fn chosen(data: &Data, name: &str, holds: bool) -> Option<Data> {
    let all = |items: &[Data]| -> Vec<Data> {
        let chosen = items.iter().filter_map(|item| chosen(item, name, holds));
        chosen.collect()
    };
    match data {
        Data::List(items) => Some(Data::List(all(items))),
        Data::Unordered(items) => Some(Data::Unordered(Unordered(all(&items.0)))),
        Data::Map(entries) => match branches(entries) {
            Some((own, yes, no)) if own == name => {
                let value = if holds { yes } else { no };
                let is_none = value.reference() == Some(NO_VALUE);
                (!is_none).then(|| chosen(value, name, holds)).flatten()
            }
            Some((own, yes, no)) => {
                let none = || Data::Map(vec![("Ref".to_owned(), Data::Text(NO_VALUE.to_owned()))]);
                let [yes, no] =
                    [yes, no].map(|value| chosen(value, name, holds).unwrap_or_else(none));
                let items = vec![Data::Text(own.to_owned()), yes, no];
                Some(Data::Map(vec![(KEY.to_owned(), Data::List(items))]))
            }
            None => {
                let entries = entries
                    .iter()
                    .filter_map(|(key, value)| Some((key.clone(), chosen(value, name, holds)?)));
                Some(statement(normal(entries.collect())))
            }
        },
        data => Some(data.clone()),
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
    fn each_truth_of_the_conditions_is_a_choice() {
        let found = choices(&data(
            "{ A: !If [C, x, !If [D, y, !Ref AWS::NoValue]], B: !If [C, 1, 2] }",
        ));
        let choice = |holding: &[(&str, bool)], text: &str| ChosenData {
            holding: holding
                .iter()
                .map(|(name, holds)| ((*name).to_owned(), *holds))
                .collect(),
            data: Some(data(text)),
        };
        assert_eq!(
            found.unwrap(),
            [
                choice(&[("C", true)], "{ A: x, B: 1 }"),
                choice(&[("C", false), ("D", true)], "{ A: y, B: 2 }"),
                choice(&[("C", false), ("D", false)], "{ B: 2 }"),
            ]
        );
    }

    #[test]
    fn no_value_is_no_item() {
        let found = choices(&data("[a, !If [C, !Ref AWS::NoValue, b]]")).unwrap();
        let found: Vec<Option<Data>> = found.into_iter().map(|choice| choice.data).collect();
        assert_eq!(found, [Some(data("[a]")), Some(data("[a, b]"))]);
        let found = choices(&data(
            "[!If [C, c, d], !If [D, !If [C, !Ref AWS::NoValue, b], a]]",
        ));
        let found = found.unwrap().into_iter().map(|choice| choice.data);
        let wanted = ["[c]", "[c, a]", "[d, b]", "[d, a]"].map(|text| Some(data(text)));
        assert_eq!(found.collect::<Vec<_>>(), wanted);
        let found = choices(&data("!If [C, !Ref AWS::NoValue, b]")).unwrap();
        let found: Vec<Option<Data>> = found.into_iter().map(|choice| choice.data).collect();
        assert_eq!(found, [None, Some(data("b"))]);
    }

    #[test]
    fn what_is_no_choice_stays() {
        for text in ["{ A: x }", "!If [C, x]", "!If [!Ref C, x, y]"] {
            assert_eq!(choices(&data(text)), None, "{text}");
        }
        let many = (0..5).map(|at| format!("!If [C{at}, x, y]"));
        let many: Vec<String> = many.collect();
        assert_eq!(choices(&data(&format!("[{}]", many.join(", ")))), None);
    }

    #[test]
    fn a_statement_is_read_as_one() {
        let found = choices(&data(
            "Statement: [!If [C, {Effect: Deny, Action: 's3:*', Resource: a}, !Ref AWS::NoValue]]",
        ));
        assert_eq!(
            found.unwrap()[0].data,
            Some(data(
                "Statement: [{Effect: Deny, Action: ['S3:*'], Resource: [a]}]"
            ))
        );
    }
}

//! Data to the names that it refers to.
//!
//! In: data. Out: the names in `Ref`, `Fn::GetAtt`, and the variables of `Fn::Sub`: `Role`, `Role.Arn`.
//! Refuses nothing.

use std::collections::BTreeSet;

use crate::template::substitution::{SubstitutionPart, parts};
use crate::template::value::{Data, Unordered};

/// Adds the names that `data` refers to. What an `Fn::Sub` gives a value of its own is none.
pub(crate) fn referred(data: &Data, names: &mut BTreeSet<String>) {
    match data {
        Data::List(items) | Data::Unordered(Unordered(items)) => {
            for item in items {
                referred(item, names);
            }
        }
        Data::Map(entries) => match entries.as_slice() {
            [(key, Data::Text(name))] if key == "Ref" => {
                names.insert(name.clone());
            }
            [(key, Data::List(items))] if key == "Fn::GetAtt" => {
                if let [Data::Text(id), Data::Text(attribute)] = items.as_slice() {
                    names.insert(format!("{id}.{attribute}"));
                }
            }
            [(key, Data::Text(text))] if key == "Fn::Sub" => substituted(text, &[], names),
            [(key, Data::List(items))] if key == "Fn::Sub" => {
                if let [Data::Text(text), Data::Map(own)] = items.as_slice() {
                    substituted(text, own, names);
                    for (_, value) in own {
                        referred(value, names);
                    }
                } else {
                    for item in items {
                        referred(item, names);
                    }
                }
            }
            entries => entries.iter().for_each(|(_, value)| referred(value, names)),
        },
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Action(_) => {}
    }
}

fn substituted(text: &str, own: &[(String, Data)], names: &mut BTreeSet<String>) {
    for part in parts(text) {
        if let (SubstitutionPart::Variable(name), None) = (part, part.literal())
            && !own.iter().any(|(own, _)| own == name)
        {
            names.insert(name.to_owned());
        }
    }
}

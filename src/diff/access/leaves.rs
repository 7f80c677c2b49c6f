//! The values of a resource, one by one.
//!
//! In: the properties of a resource. Out: its values that have no parts, each with the path and the effect of
//! it, or only those of one effect. Refuses nothing.

use crate::aws::effects::{PropertyEffect, TypeEffects};
use crate::template::value::{Data, Unordered};

/// A value of a resource that has no parts, or is a function.
#[derive(Clone, Debug)]
pub(super) struct Leaf<'a> {
    /// The names from a property on.
    pub(super) path: Vec<&'a str>,
    /// The value.
    pub(super) data: &'a Data,
    /// What a change of it may do, if that is known.
    pub(super) effect: Option<PropertyEffect<'static>>,
}

/// All values below `properties`, each with its effect.
pub(super) fn leaves<'a>(effects: TypeEffects<'static>, properties: &'a Data) -> Vec<Leaf<'a>> {
    let mut found = Vec::new();
    let mut left: Vec<(Vec<&str>, &Data)> = vec![(Vec::new(), properties)];
    while let Some((path, data)) = left.pop() {
        match parts(Some(data)) {
            ValueParts::List(items) => left.extend(items.iter().map(|item| (path.clone(), item))),
            ValueParts::Map(fields) => left.extend(fields.iter().map(|(name, value)| {
                let path = path.iter().copied().chain([name.as_str()]).collect();
                (path, value)
            })),
            ValueParts::Whole => found.push(Leaf {
                effect: effects.at(path.iter().copied()),
                path,
                data,
            }),
            ValueParts::Nothing => {}
        }
    }
    found
}

/// `properties` with only the values of this effect; `None` if there are none.
pub(super) fn projected(
    effects: TypeEffects<'static>,
    properties: &Data,
    wanted: PropertyEffect<'static>,
) -> Option<Data> {
    let mut path = Vec::new();
    project(effects, properties, wanted, &mut path)
}

fn project<'data>(
    effects: TypeEffects<'static>,
    data: &'data Data,
    wanted: PropertyEffect<'static>,
    path: &mut Vec<&'data str>,
) -> Option<Data> {
    let mut items = |items: &'data [Data]| -> Vec<Data> {
        let items = items.iter();
        items
            .filter_map(|item| project(effects, item, wanted, path))
            .collect()
    };
    match data {
        Data::List(own) => Some(items(own))
            .filter(|own| !own.is_empty())
            .map(Data::List),
        Data::Unordered(own) => Some(items(&own.0))
            .filter(|own| !own.is_empty())
            .map(|own| Data::Unordered(Unordered(own))),
        Data::Map(fields) if !data.is_intrinsic() => {
            let mut kept = Vec::new();
            for (name, value) in fields {
                path.push(name);
                let value = project(effects, value, wanted, path);
                kept.extend(value.map(|value| (name.clone(), value)));
                path.pop();
            }
            Some(kept).filter(|kept| !kept.is_empty()).map(Data::Map)
        }
        Data::Null => None,
        data => (effects.at(path.iter().copied()) == Some(wanted)).then(|| data.clone()),
    }
}

/// How a value is compared.
pub(super) enum ValueParts<'a> {
    Nothing,
    List(&'a [Data]),
    Map(&'a [(String, Data)]),
    Whole,
}

/// Whether there is a value.
pub(super) fn is_given(data: Option<&Data>) -> bool {
    !matches!(data, None | Some(Data::Null))
}

/// Whether there is no value, or nothing in it.
pub(super) fn is_nothing(data: Option<&Data>) -> bool {
    matches!(
        parts(data),
        ValueParts::Nothing | ValueParts::List([]) | ValueParts::Map([])
    )
}

/// The value with what it is compared by.
pub(super) fn parts(data: Option<&Data>) -> ValueParts<'_> {
    match data {
        None | Some(Data::Null) => ValueParts::Nothing,
        Some(Data::List(items) | Data::Unordered(Unordered(items))) => ValueParts::List(items),
        Some(data) if !data.is_intrinsic() => {
            data.fields().map_or(ValueParts::Whole, ValueParts::Map)
        }
        Some(_) => ValueParts::Whole,
    }
}

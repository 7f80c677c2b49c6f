//! What other stacks export, where a template or a task takes it.
//!
//! In: data, and what is known of the exports. Out: the data with their values in place. Refuses nothing: an export
//! that is not known stays as it is written.
//!
//! `Fn::ImportValue` is `CloudFormation`'s (see its user guide), and `!CopyValue` is OrgFormation's: the name of
//! an export, an account, and a region, of which the last two may be left out (`src/util/resource-util.ts`,
//! `EnumFunctionsForResource`).

use std::collections::{BTreeMap, BTreeSet};

use crate::template::value::{Data, Unordered, any_of};

/// The functions that return what a stack exports.
const COPY: [&str; 2] = ["!CopyValue", "Fn::CopyValue"];
const IMPORT: &str = "Fn::ImportValue";

/// Every text that calls one of them contains this.
pub(crate) const MARK: &str = "ImportValue";

/// What is known of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ExportState {
    /// It is the same on both sides.
    Same,
    /// It is this.
    Is(Data),
    /// It is not what it is on the other side, or may not be, and what it is is not known.
    Unsure,
}

/// A reference to what a stack exports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExportReference<'a> {
    /// The name of the export.
    pub(crate) name: &'a Data,
    /// The account of the stack, if it is not the own one.
    pub(crate) account: Option<&'a Data>,
    /// Its region, if it is not the own one.
    pub(crate) region: Option<&'a Data>,
}

impl<'a> ExportReference<'a> {
    /// The reference that `data` is.
    pub(crate) fn of(data: &'a Data) -> Option<Self> {
        let Data::Map(entries) = data else {
            return None;
        };
        let [(key, value)] = entries.as_slice() else {
            return None;
        };
        let is_copy = COPY.contains(&key.as_str());
        let [name, rest @ ..] = value.items() else {
            return None;
        };
        match rest {
            [] if is_copy || key == IMPORT => Some(Self {
                name: if is_copy { name } else { value },
                account: None,
                region: None,
            }),
            [account] if is_copy => Some(Self {
                name,
                account: Some(account),
                region: None,
            }),
            [account, region] if is_copy => Some(Self {
                name,
                account: Some(account),
                region: Some(region),
            }),
            _ => None,
        }
    }
}

/// The references in `data` to exports.
pub(crate) fn references(data: &Data) -> Vec<&Data> {
    if ExportReference::of(data).is_some() {
        return vec![data];
    }
    match data {
        Data::List(items) | Data::Unordered(Unordered(items)) => {
            items.iter().flat_map(references).collect()
        }
        Data::Map(entries) => {
            let values = entries.iter();
            values.flat_map(|(_, value)| references(value)).collect()
        }
        _ => Vec::new(),
    }
}

/// `data` with what `value` makes of each reference to an export in place.
pub(crate) fn with_exports(data: &Data, value: &dyn Fn(&Data) -> Option<Data>) -> Data {
    let all = |items: &[Data]| -> Vec<Data> {
        let items = items.iter();
        items.map(|item| with_exports(item, value)).collect()
    };
    if ExportReference::of(data).is_some() {
        return value(data).unwrap_or_else(|| data.clone());
    }
    match data {
        Data::List(items) => Data::List(all(items)),
        Data::Unordered(Unordered(items)) => Data::Unordered(Unordered(all(items))),
        Data::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, own)| (key.clone(), with_exports(own, value)));
            Data::Map(entries.collect())
        }
        other => other.clone(),
    }
}

/// What a template imports that is not what it was, on one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ImportedValues {
    /// By the name of the export; `None` where what it is is not known.
    pub(crate) by_name: BTreeMap<String, Option<Data>>,
    /// The exports of which anything is not what it was, wherever their stacks are.
    pub(crate) changed: BTreeSet<String>,
    /// Whether one is not what it was whose name is not known.
    pub(crate) is_unnamed_changed: bool,
    /// References to other accounts and regions that return what they returned all the same.
    pub(crate) steady: Vec<Data>,
    /// Whether it is the side on which something is another value than on the other one if it is not known.
    pub(crate) is_before: bool,
}

impl ImportedValues {
    /// Whether everything is what it was.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty() && self.changed.is_empty() && !self.is_unnamed_changed
    }

    /// `data` with what it imports in place; `None` if nothing of that is another value than on the other side.
    pub(crate) fn put_into(&self, data: &Data) -> Option<Data> {
        if self.is_empty() || references(data).is_empty() {
            return None;
        }
        Some(with_exports(data, &|written| {
            let reference = ExportReference::of(written)?;
            let name = reference.name;
            let doubt = || self.is_before.then(|| any_of(vec![written.clone()]));
            if reference.account.is_some() || reference.region.is_some() {
                let is_changed = name.text().is_none_or(|name| self.changed.contains(name));
                let is_changed = is_changed || self.is_unnamed_changed;
                let is_open = is_changed && !self.steady.contains(written);
                return is_open.then(doubt).flatten();
            }
            match name.text().map(|name| self.by_name.get(name)) {
                Some(None) if self.is_unnamed_changed => doubt(),
                // It is what it was.
                Some(None) => None,
                Some(Some(Some(value))) => Some(value.clone()),
                // One with a name that is not known may be any.
                Some(Some(None)) | None => doubt(),
            }
        }))
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
    fn every_form_is_a_reference() {
        for (text, account, region) in [
            ("!CopyValue x", None, None),
            ("!CopyValue [x]", None, None),
            ("Fn::CopyValue: [x, !Ref Dev]", Some("!Ref Dev"), None),
            ("!CopyValue [x, '1', r]", Some("'1'"), Some("r")),
            ("!ImportValue x", None, None),
            ("Fn::ImportValue: x", None, None),
        ] {
            let written = data(text);
            let found = ExportReference::of(&written).unwrap();
            assert_eq!(found.name, &data("x"), "{text}");
            assert_eq!(found.account.cloned(), account.map(data), "{text}");
            assert_eq!(found.region.cloned(), region.map(data), "{text}");
        }
        let written = data("!ImportValue {Fn::Sub: '${S}-x'}");
        let name = ExportReference::of(&written).unwrap().name;
        assert_eq!(name, &data("!Sub '${S}-x'"));
        for text in ["!CopyValue []", "!CopyValue [a, b, c, d]", "!Ref x", "x"] {
            assert!(ExportReference::of(&data(text)).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_not_what_it_was_is_put_in_place() {
        let values = |is_before| ImportedValues {
            by_name: BTreeMap::from([("a".to_owned(), Some(data("v"))), ("b".to_owned(), None)]),
            changed: BTreeSet::from(["a".to_owned(), "b".to_owned()]),
            is_unnamed_changed: false,
            steady: vec![data("!CopyValue [a, !Ref Dev]")],
            is_before,
        };
        let text = "[!ImportValue a, !ImportValue b, !ImportValue c, !ImportValue {Ref: P}]";
        assert_eq!(
            values(false).put_into(&data(text)),
            Some(data(
                "[v, !ImportValue b, !ImportValue c, !ImportValue {Ref: P}]"
            ))
        );
        assert_eq!(
            values(true).put_into(&data(text)),
            Some(data(
                "[v, !AnyOf [!ImportValue b], !ImportValue c, !AnyOf [!ImportValue {Ref: P}]]"
            ))
        );
        let text =
            "[!CopyValue [a, !Ref Dev], !CopyValue [a, !Ref Prod], !CopyValue [c, !Ref Prod]]";
        assert_eq!(
            values(true).put_into(&data(text)),
            Some(data(
                "[!CopyValue [a, !Ref Dev], !AnyOf [!CopyValue [a, !Ref Prod]], !CopyValue [c, !Ref Prod]]"
            ))
        );
        assert_eq!(values(true).put_into(&data("!Ref a")), None);
        assert_eq!(ImportedValues::default().put_into(&data(text)), None);
    }
}

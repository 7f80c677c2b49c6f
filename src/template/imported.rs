//! What other stacks export or have as an output, where a template or a task takes it.
//!
//! In: data, and what is known of the exports and outputs. Out: the data with their values in place. Refuses nothing: one
//! that is not known stays as it is written.
//!
//! `Fn::ImportValue` is `CloudFormation`'s (see its user guide), and `!CopyValue` is OrgFormation's: the name of
//! an export, an account, and a region, of which the last two may be left out (`src/util/resource-util.ts`,
//! `EnumFunctionsForResource`). `Fn::GetStackOutput` is `CloudFormation`'s, and needs no export: the name of a stack, the
//! logical id of an output, and, if they are not the own ones, a region, and a role of the stack's account.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::template::value::{Data, Unordered, any_of};

/// The functions that return what a stack exports.
const COPY: [&str; 2] = ["!CopyValue", "Fn::CopyValue"];
const IMPORT: &str = "Fn::ImportValue";

/// Every text that calls one of them contains this.
const MARK: &str = "ImportValue";

/// The function that returns an output; OrgFormation refuses the tag.
const OUTPUT: [&str; 2] = ["Fn::GetStackOutput", "!GetStackOutput"];

/// Every text that calls it contains this.
const OUTPUT_MARK: &str = "GetStackOutput";

/// Whether a text may take what another stack has.
pub(crate) fn may_take(text: &str) -> bool {
    text.contains(MARK) || may_take_outputs(text)
}

/// Whether a text may take an output that is not exported.
pub(crate) fn may_take_outputs(text: &str) -> bool {
    text.contains(OUTPUT_MARK)
}

/// What others can take of a stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TakenName {
    /// What is exported under this name.
    Export(String),
    /// The output with this logical id of the stack with this name, if that is known.
    Output(Option<String>, String),
}

impl TakenName {
    /// How a template in the same account and region takes it; `None` if nobody can say that.
    pub(crate) fn reference(&self) -> Option<Data> {
        let text = |text: &String| Data::Text(text.clone());
        let (function, value) = match self {
            Self::Export(name) => (IMPORT, text(name)),
            Self::Output(stack, id) => {
                let stack = text(stack.as_ref()?);
                let fields = [("OutputName", text(id)), ("StackName", stack)];
                let fields = fields.map(|(key, value)| (key.to_owned(), value));
                (OUTPUT[0], Data::Map(fields.to_vec()))
            }
        };
        Some(Data::Map(vec![(function.to_owned(), value)]))
    }
}

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

/// A reference to what another stack has.
#[derive(Clone, Debug)]
pub(crate) struct ExportReference<'a> {
    taken: TakenReference<'a>,
    /// The account of the stack, if it is not the own one.
    pub(crate) account: Option<Cow<'a, Data>>,
    /// Its region, if it is not the own one.
    pub(crate) region: Option<&'a Data>,
}

/// What a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TakenReference<'a> {
    /// The name of an export.
    Export(&'a Data),
    /// The name of a stack, and the logical id of an output.
    Output(Option<&'a Data>, Option<&'a Data>),
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
        if OUTPUT.contains(&key.as_str()) {
            return Some(Self::of_output(value));
        }
        let is_copy = COPY.contains(&key.as_str());
        let [name, rest @ ..] = value.items() else {
            return None;
        };
        let (name, account, region) = match rest {
            [] if is_copy => (name, None, None),
            [] if key == IMPORT => (value, None, None),
            [account] if is_copy => (name, Some(account), None),
            [account, region] if is_copy => (name, Some(account), Some(region)),
            _ => return None,
        };
        Some(Self {
            taken: TakenReference::Export(name),
            account: account.map(Cow::Borrowed),
            region,
        })
    }

    /// The reference to an output, as the function's argument says it.
    fn of_output(value: &'a Data) -> Self {
        let region = value.get("Region");
        Self {
            taken: TakenReference::Output(value.get("StackName"), value.get("OutputName")),
            account: value.get("RoleArn").and_then(account_of),
            region: region.filter(|own| own.reference() != Some("AWS::Region")),
        }
    }

    /// Whether it is one to an export.
    pub(crate) fn is_export(&self) -> bool {
        matches!(self.taken, TakenReference::Export(_))
    }

    /// What it names, if that is known.
    pub(crate) fn name(&self) -> Option<TakenName> {
        let owned = |data: &Data| data.text().map(str::to_owned);
        match self.taken {
            TakenReference::Export(name) => owned(name).map(TakenName::Export),
            TakenReference::Output(stack, id) => {
                let stack = owned(stack?)?;
                Some(TakenName::Output(Some(stack), owned(id?)?))
            }
        }
    }

    /// Whether it may name this.
    pub(crate) fn may_name(&self, name: &TakenName) -> bool {
        let may_be = |data: Option<&Data>, name: &str| {
            let text = data.and_then(Data::text);
            text.is_none_or(|text| text == name)
        };
        match (self.taken, name) {
            (TakenReference::Export(own), TakenName::Export(name)) => may_be(Some(own), name),
            (TakenReference::Output(stack, id), TakenName::Output(name, output)) => {
                let is_stack = name.as_ref().is_none_or(|name| may_be(stack, name));
                is_stack && may_be(id, output)
            }
            _ => false,
        }
    }

    /// The output of a stack without a known name that it may name.
    pub(crate) fn of_unknown_stack(&self) -> Option<TakenName> {
        match self.taken {
            TakenReference::Output(_, id) => {
                let id = id.and_then(Data::text)?;
                Some(TakenName::Output(None, id.to_owned()))
            }
            TakenReference::Export(_) => None,
        }
    }
}

/// The account of a role, by the reference in its ARN; `None` if it is the own one, and the ARN if it is not known.
fn account_of(arn: &Data) -> Option<Cow<'_, Data>> {
    let text = arn.get("Fn::Sub").and_then(Data::text);
    let account = text.and_then(|text| text.split("::").nth(1)?.split(":role").next());
    let name = account.and_then(|own| own.strip_prefix("${")?.strip_suffix('}'));
    let name = match name {
        None if text.is_some_and(|text| text.contains("::${AWS::AccountId}:role/")) => return None,
        None => return Some(Cow::Borrowed(arn)),
        Some(name) => name.strip_suffix(".AccountId").unwrap_or(name),
    };
    if name == "AWSAccount" {
        return None;
    }
    let name = Data::Text(name.to_owned());
    Some(Cow::Owned(Data::Map(vec![("Ref".to_owned(), name)])))
}

/// The references in `data` to what other stacks have.
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
    /// By what it is; `None` where its value is not known.
    pub(crate) by_name: BTreeMap<TakenName, Option<Data>>,
    /// That of which anything is not what it was, wherever the stacks are.
    pub(crate) changed: BTreeSet<TakenName>,
    /// The outputs that both sides have.
    pub(crate) outputs: BTreeSet<TakenName>,
    /// Whether an export is not what it was whose name is not known.
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

    /// Whether anything is not what it was that a reference may name.
    fn may_change(&self, reference: &ExportReference<'_>) -> bool {
        let mut names = self.by_name.keys().chain(&self.changed);
        names.any(|name| reference.may_name(name))
            || reference.is_export() && self.is_unnamed_changed
    }

    /// `data` with what it imports in place; `None` if nothing of that is another value than on the other side.
    pub(crate) fn put_into(&self, data: &Data) -> Option<Data> {
        if self.is_empty() || references(data).is_empty() {
            return None;
        }
        Some(with_exports(data, &|written| {
            let reference = ExportReference::of(written)?;
            let doubt = || self.is_before.then(|| any_of(vec![written.clone()]));
            if reference.account.is_some() || reference.region.is_some() {
                let is_open = self.may_change(&reference) && !self.steady.contains(written);
                return is_open.then(doubt).flatten();
            }
            let Some(name) = reference.name() else {
                // It may be any.
                return self.may_change(&reference).then(doubt).flatten();
            };
            match self.by_name.get(&name) {
                Some(Some(value)) => Some(value.clone()),
                Some(None) => doubt(),
                None if reference.is_export() => self.is_unnamed_changed.then(doubt).flatten(),
                None if self.outputs.contains(&name) => None,
                None => {
                    let other = reference.of_unknown_stack();
                    let is_changed = other.is_some_and(|name| self.changed.contains(&name));
                    is_changed.then(doubt).flatten()
                }
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

    fn export(name: &str) -> TakenName {
        TakenName::Export(name.to_owned())
    }

    #[test]
    fn an_output_is_a_reference() {
        let output = |stack: Option<&str>, id: &str| {
            TakenName::Output(stack.map(str::to_owned), id.to_owned())
        };
        for (role, account) in [
            ("arn:aws:iam::${Dev}:role/read", Some("!Ref Dev")),
            ("arn:aws:iam::${Dev.AccountId}:role/read", Some("!Ref Dev")),
            ("arn:aws:iam::${AWSAccount}:role/read", None),
            ("arn:aws:iam::${AWS::AccountId}:role/read", None),
            ("${Role}", Some("!Sub '${Role}'")),
        ] {
            let text = format!(
                "Fn::GetStackOutput: {{StackName: s, OutputName: o, Region: r, RoleArn: !Sub '{role}'}}"
            );
            let written = data(&text);
            let found = ExportReference::of(&written).unwrap();
            assert_eq!(found.name(), Some(output(Some("s"), "o")));
            assert_eq!(
                found.account.map(Cow::into_owned),
                account.map(data),
                "{role}"
            );
            assert_eq!(found.region, Some(&data("r")));
        }
        let written = data("Fn::GetStackOutput: {StackName: !Ref S, OutputName: o}");
        let found = ExportReference::of(&written).unwrap();
        assert_eq!(found.name(), None);
        assert!(found.may_name(&output(Some("any"), "o")) && found.may_name(&output(None, "o")));
        assert!(!found.may_name(&output(Some("any"), "p")) && !found.may_name(&export("o")));
        for name in [output(Some("s"), "o"), export("e")] {
            let written = name.reference().unwrap();
            assert_eq!(ExportReference::of(&written).unwrap().name(), Some(name));
        }
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
            assert_eq!(found.taken, TakenReference::Export(&data("x")), "{text}");
            let found_account = found.account.map(Cow::into_owned);
            assert_eq!(found_account, account.map(data), "{text}");
            assert_eq!(found.region.cloned(), region.map(data), "{text}");
        }
        let written = data("!ImportValue {Fn::Sub: '${S}-x'}");
        let taken = ExportReference::of(&written).unwrap().taken;
        assert_eq!(taken, TakenReference::Export(&data("!Sub '${S}-x'")));
        for text in ["!CopyValue []", "!CopyValue [a, b, c, d]", "!Ref x", "x"] {
            assert!(ExportReference::of(&data(text)).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_not_what_it_was_is_put_in_place() {
        let values = |is_before| ImportedValues {
            by_name: BTreeMap::from([(export("a"), Some(data("v"))), (export("b"), None)]),
            changed: BTreeSet::from([export("a"), export("b")]),
            outputs: BTreeSet::new(),
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

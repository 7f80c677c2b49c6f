//! What a template says, as data that is equal exactly if it means the same.
//!
//! In: values that were read. Out: whether they are equal: long and short forms of intrinsic
//! functions are the same, mappings have no order, and neither have the parts of a policy that are
//! sets. Refuses nothing. To forget no more than that is the hard part: everything that is not
//! listed in `normal` stays a difference.

use std::hash::{Hash, Hasher};

use foldhash::{HashMap, HashMapExt as _};

/// A value, compared by what it means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Data {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, in its shortest form.
    Number(String),
    /// Text, however quoted.
    Text(String),
    /// An IAM action.
    Action(ActionText),
    /// A list whose order counts.
    List(Vec<Data>),
    /// A list whose order does not count.
    Unordered(Unordered),
    /// A mapping, sorted by key. Tags are mappings with one key: `!Sub x` is `Fn::Sub: x`.
    Map(Vec<(String, Data)>),
}

/// An IAM action such as `s3:GetObject`; upper and lower case are the same.
#[derive(Clone, Debug)]
pub(crate) struct ActionText(pub(crate) String);

impl PartialEq for ActionText {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for ActionText {}

impl Hash for ActionText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_ascii_lowercase().hash(state);
    }
}

/// Items in the order of the text, compared without it.
#[derive(Clone, Debug)]
pub(crate) struct Unordered(pub(crate) Vec<Data>);

impl PartialEq for Unordered {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && (self.0 == other.0 || surplus(&self.0, &other.0).is_empty())
    }
}

impl Eq for Unordered {}

impl Hash for Unordered {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.len().hash(state);
    }
}

/// The value of `key` in a mapping that may be missing.
pub(crate) fn field<'a>(side: Option<&'a Data>, key: &str) -> Option<&'a Data> {
    side.and_then(|data| data.get(key))
}

/// The items of `items` that `other` does not have, or has less often.
pub(crate) fn surplus<'a>(items: &'a [Data], other: &[Data]) -> Vec<&'a Data> {
    let mut stock: HashMap<&Data, usize> = HashMap::with_capacity(other.len());
    for item in other {
        *stock.entry(item).or_default() += 1;
    }
    items
        .iter()
        .filter(|item| match stock.get_mut(item) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .collect()
}

impl Data {
    /// The entries of a mapping that is not an intrinsic function.
    pub(crate) fn fields(&self) -> Option<&[(String, Data)]> {
        match self {
            Data::Map(entries) if !self.is_intrinsic() => Some(entries),
            _ => None,
        }
    }

    /// The entries of a mapping, also of one that is an intrinsic function.
    pub(crate) fn entries(&self) -> Option<&[(String, Data)]> {
        match self {
            Data::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of `key` in a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Data> {
        match self {
            Data::Map(entries) => entries
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a text.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list, or the one value that stands for it.
    pub(crate) fn items(&self) -> &[Data] {
        match self {
            Data::List(items) | Data::Unordered(Unordered(items)) => items,
            one => std::slice::from_ref(one),
        }
    }

    /// The items of a list whose order does not count.
    pub(crate) fn unordered(&self) -> Option<&[Data]> {
        match self {
            Data::Unordered(items) => Some(&items.0),
            _ => None,
        }
    }

    /// The name that `!Ref` refers to.
    pub(crate) fn reference(&self) -> Option<&str> {
        match self {
            Data::Map(entries) => match entries.as_slice() {
                [(key, value)] if key == "Ref" => value.text(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether this is an intrinsic function, or a tag that OrgFormation or CloudFormation reads.
    pub(crate) fn is_intrinsic(&self) -> bool {
        matches!(self, Data::Map(entries) if is_call(entries))
    }
}

/// Whether a mapping with these entries is an intrinsic function.
pub(super) fn is_call(entries: &[(String, Data)]) -> bool {
    matches!(
        entries,
        [(key, _)] if key.starts_with("Fn::") || key.starts_with('!') || key == "Ref" || key == "Condition"
    )
}

/// The function that stands for one of several values.
pub(crate) const ANY_OF: &str = "!AnyOf";

/// What may be any of these.
pub(crate) fn any_of(values: Vec<Data>) -> Data {
    Data::Map(vec![(ANY_OF.to_owned(), Data::List(values))])
}

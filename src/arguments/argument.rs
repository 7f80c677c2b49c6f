//! The facts about an argument, apart from how it is decoded. Plain data: it refuses nothing.

use std::fmt;

/// An argument of the macro, or a key of a target. `table.rs` lists where it may be.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// Its key.
    pub name: &'static str,
    /// What its value is.
    pub kind: ValueKind,
    /// What applies without it.
    pub default: DefaultValue,
    /// What it means, in one sentence.
    pub summary: &'static str,
}

/// What the value of an argument is.
#[derive(Clone, Copy, Debug)]
pub enum ValueKind {
    /// Text.
    Text,
    /// Text of this form.
    Form(TextForm),
    /// One of these texts.
    OneOf(&'static [Word]),
    /// `true` or `false`.
    Flag,
    /// `true`, or another value.
    FlagOr(&'static ValueKind),
    /// A whole number from the first to the second.
    Number(u32, u32),
    /// The name of a region.
    Region,
    /// `!Ref` of an account.
    Account,
    /// `!Ref` of an account, a list of them, or `'*'`.
    Accounts,
    /// `!Ref` of a unit, a list of them, or `'*'`.
    Units,
    /// A name, or a list of names, each alone or with options.
    Choices(Offered),
    /// A list.
    List(ListForm),
    /// A mapping of the names of stages to targets.
    Stages(TextForm),
    /// A mapping of texts of this form to texts of this form.
    Names(TextForm),
    /// A mapping with these keys.
    Fields(&'static [&'static Argument]),
    /// Who is trusted: a name, alone or with what it needs.
    Trust,
    /// The document of a policy.
    Policy,
    /// Text, or an intrinsic function.
    Resolved,
}

/// Which texts there are.
#[derive(Clone, Copy, Debug)]
pub struct TextForm {
    /// A regular expression that they match as a whole, as JSON Schema writes it.
    pub pattern: &'static str,
    /// The most characters.
    pub most: usize,
}

/// One of a few texts.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The text.
    pub name: &'static str,
    /// What it means, in one sentence.
    pub summary: &'static str,
}

/// What there is to choose from: partials of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// Services.
    Services,
    /// Frameworks.
    Frameworks,
    /// Services of the `TestRole`.
    Tests,
}

/// Which lists there are.
#[derive(Clone, Copy, Debug)]
pub struct ListForm {
    /// What each item is.
    pub item: &'static ValueKind,
    /// The fewest items.
    pub least: usize,
    /// The most items.
    pub most: Option<usize>,
    /// Whether one item can stand without a list.
    pub alone: bool,
    /// Whether an item can be there twice.
    pub repeats: bool,
}

impl ListForm {
    /// Any number of different items; one can be there without a list.
    pub const fn of(item: &'static ValueKind) -> Self {
        Self {
            item,
            least: 0,
            most: None,
            alone: true,
            repeats: false,
        }
    }
}

/// What applies without an argument.
#[derive(Clone, Copy, Debug)]
pub enum DefaultValue {
    /// It is required.
    Required,
    /// It is required in some cases.
    RequiredIf(&'static str),
    /// This value.
    Value(&'static str),
    /// A list of these.
    List(&'static [&'static str]),
    /// What the lack of a value means.
    Words(&'static str),
    /// Nothing.
    None,
}

/// As the documentation shows it.
impl fmt::Display for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DefaultValue::Required => f.write_str("required"),
            DefaultValue::RequiredIf(words) => write!(f, "required {words}"),
            DefaultValue::Value(value) => write!(f, "`{value}`"),
            DefaultValue::List(values) => write!(f, "`[{}]`", values.join(", ")),
            DefaultValue::Words(words) => f.write_str(words),
            DefaultValue::None => f.write_str("none"),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::ValueKind;

    /// What texts are put together of: what some form allows somewhere, and what none does.
    const PIECES: &[&str] = &["a", "Z", "0", "-", "_", "/", ":", "*", "?", ".", " ", "é"];

    /// Whether the form of `kind` has the same texts as decoding accepts: all short ones, and some
    /// about as long as the form allows.
    pub(in crate::arguments) fn form_agrees(kind: &ValueKind, accepts: impl Fn(&str) -> bool) {
        let ValueKind::Form(form) = kind else {
            panic!("{kind:?} is no form");
        };
        let pattern = regex::Regex::new(form.pattern).unwrap();
        let fits = |text: &str| pattern.is_match(text) && text.chars().count() <= form.most;
        let mut texts = vec![String::new()];
        let mut longest = texts.clone();
        for _ in 0..4 {
            let with = |text: &String| {
                PIECES
                    .iter()
                    .map(|piece| format!("{text}{piece}"))
                    .collect::<Vec<_>>()
            };
            longest = longest.iter().flat_map(with).collect();
            texts.extend(longest.iter().cloned());
        }
        for length in [form.most, form.most + 1] {
            texts.push("a".repeat(length));
            texts.push(format!("/{}/", "a".repeat(length - 2)));
        }
        for text in texts {
            assert_eq!(fits(&text), accepts(&text), "{text:?}");
        }
    }
}

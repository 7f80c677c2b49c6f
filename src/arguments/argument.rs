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
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// `true`, or a value of another form.
    FlagOr(&'static str),
    /// A whole number from the first to the second.
    Number(u32, u32),
    /// `!Ref` of an account.
    Account,
    /// `!Ref` of an account or unit, a list of them, or `'*'`.
    Accounts,
    /// A name, or a list of names, each alone or with options.
    Choices,
    /// A list of entries of this form.
    List(&'static str),
    /// A mapping of stages to entries of this form.
    Stages(&'static str),
    /// A mapping of texts to texts of this form.
    Names(&'static str),
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

//! `Layout`: how the resources of a target are written. Refuses other texts.

use crate::arguments::argument::{Argument, DefaultValue, ValueKind, Word};
use crate::arguments::decoder::{Decoder, Fields};

const PER_ACCOUNT: &str = "per-account";
const PER_BINDING: &str = "per-binding";

/// `Layout`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "Layout",
    kind: ValueKind::OneOf(&[
        Word {
            name: PER_ACCOUNT,
            summary: "The roles of each account are written in full.",
        },
        Word {
            name: PER_BINDING,
            summary: "The roles are written once for each stage, bound to all of its accounts.",
        },
    ]),
    default: DefaultValue::Value(PER_ACCOUNT),
    summary: "How the resources of the target accounts are written.",
};

/// How the resources of a target are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Once for each account.
    PerAccount,
    /// Once for each stage, bound to all of its accounts.
    PerBinding,
}

pub(super) fn decode(decoder: &mut Decoder<'_>, fields: &Fields) -> Layout {
    match decoder.one_of(fields, &ARGUMENT, "layout").as_deref() {
        Some(PER_BINDING) => Layout::PerBinding,
        _ => Layout::PerAccount,
    }
}

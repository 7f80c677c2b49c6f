//! `TrustShape`: how a trust policy names a principal of the Tools account. Refuses other texts.

use crate::arguments::argument::{Argument, DefaultValue, ValueKind, Word};
use crate::arguments::decoder::{Decoder, Fields};

const PRINCIPAL: &str = "principal";
const CONDITION: &str = "condition";

/// `TrustShape`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "TrustShape",
    kind: ValueKind::OneOf(&[
        Word {
            name: PRINCIPAL,
            summary: "Roles trust the user or role itself.",
        },
        Word {
            name: CONDITION,
            summary: "Roles trust the Tools account, on the condition that the caller is that user or role.",
        },
    ]),
    default: DefaultValue::Value(PRINCIPAL),
    summary: "How a trust policy names a principal of the Tools account.",
};

/// How a trust policy names a principal of the Tools account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustShape {
    /// By its ARN, as principal.
    Principal,
    /// The Tools account as principal, with a condition on `aws:PrincipalArn`.
    Condition,
}

pub(super) fn decode(decoder: &mut Decoder<'_>, fields: &Fields) -> TrustShape {
    match decoder.one_of(fields, &ARGUMENT, "trust shape").as_deref() {
        Some(CONDITION) => TrustShape::Condition,
        _ => TrustShape::Principal,
    }
}

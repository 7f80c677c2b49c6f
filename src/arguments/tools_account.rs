//! `ToolsAccount`: where CI signs in. Refuses trusts that need it without it.

use crate::arguments::argument::{Argument, DefaultValue, ValueKind};
use crate::arguments::decoder::{Decoder, Fields};
use crate::arguments::trusted_by::Trust;
use crate::diagnostic::Diagnostic;
use crate::oidc::rules::MISSING_ARGUMENT;
use crate::source::{Span, Spanned};

/// `ToolsAccount`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "ToolsAccount",
    kind: ValueKind::Account,
    default: DefaultValue::RequiredIf("if a trust creates something there"),
    summary: "The account of the principals that CI signs in as.",
};

pub(super) fn decode(decoder: &mut Decoder<'_>, fields: &Fields) -> Option<Spanned<String>> {
    let field = fields.get(ARGUMENT.name)?;
    decoder.account_reference(&field.value)
}

/// Refuses trusts that need the account if it is not given.
pub(super) fn check<'a>(
    decoder: &mut Decoder<'_>,
    fields: &Fields,
    name_span: Span,
    mut trusts: impl Iterator<Item = &'a Spanned<Trust>>,
) {
    let needy = trusts.find(|trust| trust.value.needs_tools_account());
    if let (Some(trust), false) = (needy, decoder.is_given(fields, &ARGUMENT)) {
        let is_default = trust.span == decoder.call_span;
        decoder
            .reader
            .problem(missing(name_span, trust, is_default));
    }
}

fn missing(name_span: Span, trust: &Spanned<Trust>, is_default: bool) -> Diagnostic {
    let why = if is_default {
        "`GitHubUser`, the default trust, is created there"
    } else {
        "this trust creates its principal there"
    };
    let instead = if matches!(trust.value, Trust::Oidc(_)) {
        "let each target trust the tokens itself with `Direct: true`"
    } else {
        "trust a `Principal` that exists already"
    };
    Diagnostic::new(
        &MISSING_ARGUMENT,
        name_span,
        "the argument `ToolsAccount` is missing",
    )
    .related(trust.span, why)
    .help(format!(
        "add `ToolsAccount: !Ref SomeAccount`, or {instead}"
    ))
}

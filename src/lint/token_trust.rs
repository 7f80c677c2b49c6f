//! Trust in the tokens of an OIDC provider.
//!
//! In: a statement of a trust policy. Out: the providers that it trusts, and the conditions on what
//! their tokens say. Refuses nothing.

use crate::lint::caller::left_by_denies;
use crate::lint::policies::{PolicyItem, WrittenCondition, WrittenDocument, WrittenStatement};
use crate::source::Span;

/// A provider that a statement trusts.
pub(super) struct TrustedProvider {
    /// Where it is named.
    pub(super) span: Span,
    /// The issuer without `https://`.
    pub(super) issuer: String,
}

/// The providers whose tokens `statement` accepts.
pub(super) fn providers(statement: &WrittenStatement) -> Vec<TrustedProvider> {
    if !statement.names_action("sts:AssumeRoleWithWebIdentity") {
        return Vec::new();
    }
    let principals = statement.principals.iter();
    let federated = principals.filter(|(kind, _)| kind == "Federated");
    federated
        .filter_map(|(_, item)| {
            Some(TrustedProvider {
                span: item.span,
                issuer: issuer(statement, item)?,
            })
        })
        .collect()
}

/// Providers that accounts have without creating them ("AWS JSON policy elements: `Principal`" of the IAM User Guide),
/// and whose audience says whose token it is.
const BUILT_IN: [&str; 2] = ["accounts.google.com", "cognito-identity.amazonaws.com"];

/// The issuer of a provider. One that is not known is the one whose claims the statement asks for, or else called as it
/// is written.
fn issuer(statement: &WrittenStatement, provider: &PolicyItem) -> Option<String> {
    let text = provider.pattern();
    if BUILT_IN.contains(&text.as_str()) {
        return Some(text);
    }
    let issuer = text.split_once(":oidc-provider/").map(|(_, issuer)| issuer);
    match issuer {
        Some(issuer) if !issuer.contains('*') => Some(issuer.to_owned()),
        _ if !text.contains('*') => None,
        _ => {
            let keys = statement.conditions.iter();
            let issuers = keys.filter_map(|condition| condition.key.rsplit_once(':'));
            let mut issuers = issuers
                .map(|(issuer, _)| issuer)
                .filter(|own| own.contains('.'));
            let first = issuers.next().map(str::to_owned);
            first.or_else(|| provider.written.clone())
        }
    }
}

/// The conditions on claims of this issuer's tokens, each with the claim.
pub(super) fn claims<'a>(
    statement: &'a WrittenStatement,
    issuer: &'a str,
) -> impl Iterator<Item = (String, &'a WrittenCondition)> {
    of_issuer(statement.conditions.iter(), issuer)
}

/// Those of them that refuse some values: what the statement asks for, and what denies of its document leave.
pub(super) fn limiting<'a>(
    document: &'a WrittenDocument,
    statement: &'a WrittenStatement,
    issuer: &'a str,
) -> impl Iterator<Item = (String, &'a WrittenCondition)> {
    let asked = statement.conditions.iter();
    let asked = asked.filter(|condition| !condition.names_no_value());
    of_issuer(asked.chain(left_by_denies(document, statement)), issuer)
}

/// Those of `conditions` that are on claims of this issuer's tokens, each with the claim.
fn of_issuer<'a>(
    conditions: impl Iterator<Item = &'a WrittenCondition>,
    issuer: &'a str,
) -> impl Iterator<Item = (String, &'a WrittenCondition)> {
    conditions.filter_map(move |condition| {
        let (of, claim) = condition.key.rsplit_once(':')?;
        of.eq_ignore_ascii_case(issuer)
            .then(|| (claim.to_ascii_lowercase(), condition))
    })
}

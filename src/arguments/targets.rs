//! `Targets`: stages, which accounts they select, and what they override.
//!
//! In: the values. Out: [`Target`]s. Refuses unknown keys, and targets that select nothing by their
//! form.

use std::sync::Arc;

use crate::arguments::argument::{Argument, DefaultValue, TextForm, ValueKind};
use crate::arguments::decoder::{Decoder, Fields};
use crate::arguments::role_arguments::{RoleArguments, overridden};
use crate::arguments::trusted_by::{self, TrustingStage};
use crate::diagnostic::{Diagnostic, shorten};
use crate::oidc::rules::MISSING_ARGUMENT;
use crate::source::{Span, Spanned};
use crate::yaml::lookup::Field;
use crate::yaml::node::{Kind, Node};
use crate::yaml::rules::INVALID_VALUE;

/// The longest name of a stage.
const STAGE_LIMIT: usize = 64;

const HELP: &str = "add `Targets:` with one stage per line, such as `dev: !Ref DevAccount`";

/// `Targets`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "Targets",
    kind: ValueKind::Stages(TextForm {
        pattern: "^[A-Za-z0-9][A-Za-z0-9_-]*$",
        most: STAGE_LIMIT,
    }),
    default: DefaultValue::Required,
    summary: "The stages of the app, with the accounts of each.",
};

/// `Account` of a target.
pub(super) const ACCOUNT: Argument = Argument {
    name: "Account",
    kind: ValueKind::Accounts,
    default: DefaultValue::None,
    summary: "The accounts of the target, or all but the management account.",
};

/// `ExcludeAccount` of a target.
pub(super) const EXCLUDE_ACCOUNT: Argument = Argument {
    name: "ExcludeAccount",
    kind: ValueKind::Accounts,
    default: DefaultValue::None,
    summary: "Accounts that do not belong to the target.",
};

/// `OrganizationalUnit` of a target.
pub(super) const ORGANIZATIONAL_UNIT: Argument = Argument {
    name: "OrganizationalUnit",
    kind: ValueKind::Units,
    default: DefaultValue::None,
    summary: "Units whose accounts belong to the target, with those of the units below.",
};

/// `ExcludeOrganizationalUnit` of a target.
pub(super) const EXCLUDE_ORGANIZATIONAL_UNIT: Argument = Argument {
    name: "ExcludeOrganizationalUnit",
    kind: ValueKind::Units,
    default: DefaultValue::None,
    summary: "Units whose accounts do not belong to the target.",
};

/// `AccountsWithTag` of a target.
pub(super) const ACCOUNTS_WITH_TAG: Argument = Argument {
    name: "AccountsWithTag",
    kind: ValueKind::Text,
    default: DefaultValue::None,
    summary: "The key of a tag that the accounts of the target have.",
};

/// `IncludeMasterAccount` of a target.
pub(super) const INCLUDE_MASTER_ACCOUNT: Argument = Argument {
    name: "IncludeMasterAccount",
    kind: ValueKind::Flag,
    default: DefaultValue::None,
    summary: "Whether the management account belongs to the target.",
};

/// `Select` of a target.
pub(super) const SELECT: Argument = Argument {
    name: "Select",
    kind: ValueKind::Text,
    default: DefaultValue::None,
    summary: "A JSONPath over the organization that returns the accounts of the target.",
};

/// The keys that select accounts by themselves; the others leave some of them out.
pub const SELECTING: &[&Argument] = &[
    &ACCOUNT,
    &ORGANIZATIONAL_UNIT,
    &ACCOUNTS_WITH_TAG,
    &INCLUDE_MASTER_ACCOUNT,
    &SELECT,
];

/// One entry of `Targets`.
#[derive(Clone, Debug)]
pub struct Target {
    /// The key: the stage's name.
    pub stage: Spanned<String>,
    /// Which accounts.
    pub selector: Selector,
    /// The selector as `accounts` shows it.
    pub selector_text: String,
    /// The macro's arguments with this target's overrides.
    pub arguments: RoleArguments,
    /// The whole entry.
    pub span: Span,
}

/// Which accounts a target selects.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    /// `Account`: the accounts, or all but the management account.
    pub account: Option<AccountRefs>,
    /// `ExcludeAccount`.
    pub exclude_account: Option<AccountRefs>,
    /// `OrganizationalUnit`: the units, or all.
    pub organizational_unit: Option<AccountRefs>,
    /// `ExcludeOrganizationalUnit`.
    pub exclude_organizational_unit: Option<AccountRefs>,
    /// `AccountsWithTag`: the tag's key.
    pub accounts_with_tag: Option<Spanned<String>>,
    /// `IncludeMasterAccount`.
    pub include_master_account: Option<Spanned<bool>>,
    /// `Select`: a JSONPath.
    pub select: Option<Spanned<String>>,
}

/// The value of a binding key.
#[derive(Clone, Debug)]
pub enum AccountRefs {
    /// `'*'`.
    All(Span),
    /// `!Ref`s.
    Refs(Vec<Spanned<String>>),
}

/// The stages, in the order of the text.
pub(super) fn stages(decoder: &Decoder<'_>, fields: &Fields) -> Vec<String> {
    let targets = fields
        .get(ARGUMENT.name)
        .and_then(|field| decoder.reader.library.mapping(&field.value).ok());
    let targets = targets.unwrap_or_default().into_iter();
    targets.map(|target| target.key).collect()
}

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    fields: &Fields,
    base: &RoleArguments,
) -> Option<Vec<Target>> {
    let Some(field) = fields.get(ARGUMENT.name) else {
        if !decoder.is_given(fields, &ARGUMENT) {
            let message = "the argument `Targets` is missing";
            let problem = Diagnostic::new(&MISSING_ARGUMENT, decoder.call_span, message);
            decoder.reader.problem(problem.help(HELP));
        }
        return None;
    };
    let entries = decoder.reader.fields(&field.value)?;
    if entries.is_empty() {
        if !decoder.reader.library.follow(&field.value).is_null() {
            let problem = Diagnostic::new(&MISSING_ARGUMENT, field.key_span, "`Targets` is empty");
            decoder.reader.problem(problem.help(HELP));
        }
        return None;
    }
    Some(
        entries
            .iter()
            .filter_map(|entry| target(decoder, entry, base))
            .collect(),
    )
}

fn target(decoder: &mut Decoder<'_>, entry: &Field, base: &RoleArguments) -> Option<Target> {
    let stage = Spanned::new(entry.key.clone(), entry.key_span);
    if !is_stage(&stage.value) {
        decoder.reader.problem(not_a_stage(&stage));
    }
    decoder.reader.filled(entry);
    let node = decoder.reader.library.follow(&entry.value);
    let is_mapping = node.tag.is_none()
        && node.entries().is_some()
        && decoder.reader.library.reference(&entry.value).is_none();
    let mut arguments = base.clone();
    let selector = if is_mapping {
        let fields: Fields = decoder
            .reader
            .fields(&entry.value)?
            .into_iter()
            .map(|field| (field.key.clone(), field))
            .collect();
        let scope = decoder.reader.scope();
        let selector = selector(decoder, &fields, &stage);
        // What a wrong selector would select is not worth a second problem.
        let is_wrong = decoder.reader.failed(scope);
        overridden(decoder, &fields, &mut arguments);
        let own = fields.get(trusted_by::ARGUMENT.name);
        set_trusts(decoder, &stage.value, own, &mut arguments);
        (!is_wrong).then_some(selector)?
    } else {
        let account = Some(AccountRefs::Refs(references(decoder, &entry.value)?));
        set_trusts(decoder, &stage.value, None, &mut arguments);
        Selector {
            account,
            ..Selector::default()
        }
    };
    Some(Target {
        selector_text: selector_text(&selector),
        selector,
        arguments,
        span: Span::new(
            entry.key_span.file,
            entry.key_span.start,
            entry.value.whole_span().end.max(entry.key_span.end),
        ),
        stage,
    })
}

/// The trusts of a stage: its own, else the macro's, else the default.
fn set_trusts(
    decoder: &mut Decoder<'_>,
    stage: &str,
    own: Option<&Field>,
    arguments: &mut RoleArguments,
) {
    let node = own
        .map(|field| Arc::clone(&field.value))
        .or_else(|| decoder.shared_trusts.clone());
    if let Some(node) = node {
        let stage = TrustingStage {
            name: stage,
            is_own: own.is_some(),
        };
        arguments.trusted_by = trusted_by::decode(decoder, &node, stage);
    }
}

fn selector(decoder: &mut Decoder<'_>, fields: &Fields, stage: &Spanned<String>) -> Selector {
    let mut selector = Selector::default();
    let mut is_complete = true;
    for field in fields.values() {
        is_complete &= decoder.check_target_key(field);
        let node = &field.value;
        let key = |argument: &Argument| field.key == argument.name;
        if key(&ACCOUNT) {
            selector.account = accounts(decoder, node);
        } else if key(&EXCLUDE_ACCOUNT) {
            selector.exclude_account = accounts(decoder, node);
        } else if key(&ORGANIZATIONAL_UNIT) {
            selector.organizational_unit = accounts(decoder, node);
        } else if key(&EXCLUDE_ORGANIZATIONAL_UNIT) {
            selector.exclude_organizational_unit = accounts(decoder, node);
        } else if key(&ACCOUNTS_WITH_TAG) {
            selector.accounts_with_tag = decoder.reader.text(node);
        } else if key(&INCLUDE_MASTER_ACCOUNT) {
            selector.include_master_account = decoder.reader.boolean(node);
        } else if key(&SELECT) {
            selector.select = decoder.reader.text(node);
        }
    }
    let selects = |argument: &&Argument| fields.contains_key(argument.name);
    if is_complete && !SELECTING.iter().any(selects) {
        decoder.reader.problem(selects_nothing(stage));
    }
    selector
}

/// `'*'`, a reference, or a list of references.
fn accounts(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Option<AccountRefs> {
    let followed = decoder.reader.library.follow(node);
    if followed.tag.is_none() && followed.text() == Some("*") {
        return Some(AccountRefs::All(node.whole_span()));
    }
    references(decoder, node).map(AccountRefs::Refs)
}

/// A reference, or a list of them.
fn references(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Option<Vec<Spanned<String>>> {
    let followed = decoder.reader.library.follow(node);
    let items = match &followed.kind {
        Kind::Sequence(items, _) if followed.tag.is_none() => items.clone(),
        _ => vec![Arc::clone(node)],
    };
    let references: Vec<_> = items
        .iter()
        .map(|item| decoder.account_reference(item))
        .collect();
    references.into_iter().collect()
}

fn is_stage(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.len() <= STAGE_LIMIT
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

fn not_a_stage(stage: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        stage.span,
        format!("`{}` is not a stage name", shorten(&stage.value)),
    )
    .help("use letters, digits, `-`, and `_`, at most 64 characters")
}

fn selects_nothing(stage: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        &MISSING_ARGUMENT,
        stage.span,
        format!("the target `{}` selects no account", stage.value),
    )
    .help("add `Account: !Ref SomeAccount`, another binding key of OrgFormation, or `Select:` with a JSONPath")
}

fn selector_text(selector: &Selector) -> String {
    let accounts = |accounts: &AccountRefs| match accounts {
        AccountRefs::All(_) => "'*'".to_owned(),
        AccountRefs::Refs(names) => names
            .iter()
            .map(|name| format!("!Ref {}", name.value))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let mut parts = Vec::new();
    for (key, value) in [
        ("Account", &selector.account),
        ("OrganizationalUnit", &selector.organizational_unit),
        (
            "ExcludeOrganizationalUnit",
            &selector.exclude_organizational_unit,
        ),
        ("ExcludeAccount", &selector.exclude_account),
    ] {
        if let Some(value) = value {
            parts.push(format!("{key}: {}", accounts(value)));
        }
    }
    if let Some(master) = &selector.include_master_account {
        parts.push(format!("IncludeMasterAccount: {}", master.value));
    }
    if let Some(tag) = &selector.accounts_with_tag {
        parts.push(format!("AccountsWithTag: {}", tag.value));
    }
    if let Some(select) = &selector.select {
        parts.push(format!("Select: {}", select.value));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::argument::tests::form_agrees;

    #[test]
    fn the_form_has_what_decoding_accepts() {
        let ValueKind::Stages(form) = ARGUMENT.kind else {
            panic!("no stages");
        };
        form_agrees(&ValueKind::Form(form), is_stage);
    }
}

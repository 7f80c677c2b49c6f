//! `Targets`: stages, which accounts they mean, and what they override.
//!
//! Refuses unknown keys, and targets that select nothing by their form.

use std::rc::Rc;

use crate::arguments::{Accounts, RoleArguments, Selector, Target};
use crate::diagnostic::{Diagnostic, shorten};
use crate::oidc::rules::MISSING_ARGUMENT;
use crate::source::{Span, Spanned};
use crate::yaml::lookup::Field;
use crate::yaml::node::{Kind, Node};
use crate::yaml::rules::INVALID_VALUE;

use crate::arguments::decoder::{Decoder, Fields, OVERRIDES, SELECTORS, Stage, given};

impl Decoder<'_> {
    pub(crate) fn targets(&mut self, fields: &Fields, base: &RoleArguments) -> Option<Vec<Target>> {
        let help = "add `Targets:` with a stage a line, such as `dev: !Ref DevAccount`";
        let Some(field) = fields.get("Targets") else {
            if given(fields, "Targets") {
                return None;
            }
            self.reader.problem(
                Diagnostic::new(
                    &MISSING_ARGUMENT,
                    self.call_span,
                    "the argument `Targets` is missing",
                )
                .help(help),
            );
            return None;
        };
        let entries = self.reader.fields(&field.value)?;
        if entries.is_empty() && self.reader.library.follow(&field.value).is_null() {
            return None;
        }
        if entries.is_empty() {
            self.reader.problem(
                Diagnostic::new(&MISSING_ARGUMENT, field.key_span, "`Targets` is empty").help(help),
            );
            return None;
        }
        Some(
            entries
                .iter()
                .filter_map(|entry| self.target(entry, base))
                .collect(),
        )
    }

    pub(crate) fn target(&mut self, entry: &Field, base: &RoleArguments) -> Option<Target> {
        let stage = Spanned::new(entry.key.clone(), entry.key_span);
        let valid = stage.value.starts_with(|c: char| c.is_ascii_alphanumeric())
            && stage.value.len() <= 64
            && stage
                .value
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        if !valid {
            self.reader.problem(
                Diagnostic::new(
                    &INVALID_VALUE,
                    stage.span,
                    format!("`{}` is no name of a stage", shorten(&stage.value)),
                )
                .help("use letters, digits, `-` and `_`, at most 64 characters"),
            );
        }
        self.reader.filled(entry);
        let node = self.reader.library.follow(&entry.value);
        let span = Span::new(
            entry.key_span.file,
            entry.key_span.start,
            entry.value.whole_span().end.max(entry.key_span.end),
        );
        let plain_mapping = node.tag.is_none()
            && node.entries().is_some()
            && self.reader.library.reference(&entry.value).is_none();
        if !plain_mapping {
            let selector = Selector {
                account: Some(self.accounts(&entry.value, false)?),
                ..Selector::default()
            };
            let selector_text = selector_text(&selector);
            let mut arguments = base.clone();
            self.trusts_of(&stage.value, None, &mut arguments);
            return Some(Target {
                stage,
                selector,
                selector_text,
                arguments,
                span,
            });
        }
        let fields: Fields = self
            .reader
            .fields(&entry.value)?
            .into_iter()
            .map(|field| (field.key.clone(), field))
            .collect();
        let scope = self.reader.scope();
        let selector = self.selector(&fields, &stage);
        // What a wrong selector would select is not worth a second problem.
        let selects = !self.reader.failed(scope);
        let selector_text = selector_text(&selector);
        let mut arguments = self.role_arguments(&fields, Some(base));
        self.trusts_of(&stage.value, fields.get("TrustedBy"), &mut arguments);
        selects.then_some(Target {
            stage,
            selector,
            selector_text,
            arguments,
            span,
        })
    }

    /// The trusts of a stage: its own, else the macro's, else the default.
    fn trusts_of(&mut self, stage: &str, own: Option<&Field>, arguments: &mut RoleArguments) {
        let node = own
            .map(|field| Rc::clone(&field.value))
            .or_else(|| self.shared_trusts.clone());
        if let Some(node) = node {
            let stage = Stage {
                name: stage,
                own: own.is_some(),
            };
            arguments.trusted_by = self.trusts(&node, stage);
        }
    }

    fn selector(&mut self, fields: &Fields, stage: &Spanned<String>) -> Selector {
        let mut selector = Selector::default();
        let known: Vec<&str> = SELECTORS.iter().chain(OVERRIDES).copied().collect();
        let mut complete = true;
        for field in fields.values() {
            complete &= self.check_key(field, &known, "key of a target");
            match field.key.as_str() {
                "Account" => selector.account = self.accounts(&field.value, true),
                "ExcludeAccount" => selector.exclude_account = self.accounts(&field.value, true),
                "OrganizationalUnit" => {
                    selector.organizational_unit = self.accounts(&field.value, true);
                }
                "ExcludeOrganizationalUnit" => {
                    selector.exclude_organizational_unit = self.accounts(&field.value, true);
                }
                "AccountsWithTag" => selector.accounts_with_tag = self.reader.text(&field.value),
                "IncludeMasterAccount" => {
                    selector.include_master_account = self.reader.boolean(&field.value);
                }
                "Select" => selector.select = self.reader.text(&field.value),
                _ => {}
            }
        }
        let selects = [
            "Account",
            "OrganizationalUnit",
            "AccountsWithTag",
            "IncludeMasterAccount",
            "Select",
        ];
        if complete && !selects.iter().any(|key| fields.contains_key(*key)) {
            self.reader.problem(
                Diagnostic::new(&MISSING_ARGUMENT, stage.span, format!("the target `{}` selects no account", stage.value))
                    .help("add `Account: !Ref SomeAccount`, another binding key of OrgFormation, or `Select:` with a JSONPath"),
            );
        }
        selector
    }

    pub(crate) fn accounts(&mut self, node: &Rc<Node>, all: bool) -> Option<Accounts> {
        let followed = self.reader.library.follow(node);
        if all && followed.tag.is_none() && followed.text() == Some("*") {
            return Some(Accounts::All(node.whole_span()));
        }
        let items = match &followed.kind {
            Kind::Sequence(items, _) if followed.tag.is_none() => items.clone(),
            _ => vec![Rc::clone(node)],
        };
        let references: Vec<_> = items
            .iter()
            .map(|item| self.account_reference(item))
            .collect();
        let references: Option<Vec<_>> = references.into_iter().collect();
        references.map(Accounts::Refs)
    }
}

fn selector_text(selector: &Selector) -> String {
    let accounts = |accounts: &Accounts| match accounts {
        Accounts::All(_) => "'*'".to_owned(),
        Accounts::Refs(names) => names
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

//! Names that two macros would both create, in one account or in any.
//!
//! In: planned macros. Out: nothing, or diagnostics. Refuses names that clash.

use std::collections::{HashMap, HashSet};

use super::trust::oidc_trusts;
use crate::arguments::rules::NAME_CLASH;
use crate::diagnostic::Diagnostic;
use crate::expand::model::selection::Selected;
use crate::expand::rules::APP_ID_PREFIX;

/// Deploy roles may change what is named after their app: no `AppId`, and no path of deploy
/// roles, may begin so. To IAM a `*` in `role/shop-*` also stands for slashes.
pub(super) fn prefixes(macros: &[Selected], problems: &mut Vec<Diagnostic>) {
    let mut seen: HashSet<(&str, &str)> = HashSet::new();
    for long in macros {
        for short in macros {
            let (a, b) = (&long.arguments.app_id, &short.arguments.app_id);
            let begins = |text: &str| {
                let rest = text.strip_prefix(b.value.as_str());
                rest.is_some_and(|rest| rest.starts_with('-'))
            };
            let path = &long.arguments.path;
            let what = if begins(&a.value) {
                format!("the AppId `{}`", a.value)
            } else if a.value != b.value && begins(path.trim_start_matches('/')) {
                format!("the path `{path}` of the deploy roles of `{}`", a.value)
            } else {
                continue;
            };
            if seen.insert((&a.value, &b.value)) {
                problems.push(
                    Diagnostic::new(&APP_ID_PREFIX, a.span, format!("{what} begins with the AppId `{}` and a dash", b.value))
                        .related(b.span, "the other AppId")
                        .help(format!("the deploy roles of `{}` can change everything named `{}-*`, including this app's roles and data: rename one", b.value, b.value)),
                );
            }
        }
    }
}

/// An account has one role per name.
pub(super) fn names(macros: &[Selected], problems: &mut Vec<Diagnostic>) {
    let mut apps: HashMap<&str, Vec<&Selected>> = HashMap::new();
    for selected in macros {
        let app = selected.arguments.app_id.value.as_str();
        let others = apps.entry(app).or_default();
        for other in others.iter() {
            let theirs: HashSet<&str> = held_accounts(other);
            if let Some(account) = held_accounts_in_order(selected)
                .into_iter()
                .find(|account| theirs.contains(account))
            {
                problems.push(
                    Diagnostic::new(
                        &NAME_CLASH,
                        selected.arguments.app_id.span,
                        format!("the macros `{}` and `{}` both create `{app}-...` roles in the account `{account}`", other.call.name, selected.call.name),
                    )
                    .related(other.arguments.app_id.span, "the same AppId")
                    .help("give one of them another AppId, or one macro all targets"),
                );
                break;
            }
        }
        others.push(selected);
    }
}

/// An account has one OIDC provider per issuer, so only one macro can create it.
pub(super) fn providers(macros: &[Selected], problems: &mut Vec<Diagnostic>) {
    let mut made: HashMap<(&str, &str), &Selected> = HashMap::new();
    for selected in macros {
        let mut told = false;
        for selection in &selected.selections {
            let target = selection.target.of(&selected.arguments);
            let trusts = target.map(|target| target.arguments.trusted_by.as_slice());
            for trust in
                oidc_trusts(trusts.unwrap_or_default()).filter(|trust| trust.create_provider)
            {
                let tools = selected.arguments.tools_account.as_ref();
                let account = match tools {
                    Some(tools) if !trust.direct => tools.value.as_str(),
                    _ => selection.account.as_str(),
                };
                let issuer = trust.admission.issuer.as_str();
                let other = *made.entry((account, issuer)).or_insert(selected);
                if std::ptr::eq(other, selected) || told {
                    continue;
                }
                told = true;
                problems.push(
                    Diagnostic::new(
                        &NAME_CLASH,
                        trust.span,
                        format!("the macros `{}` and `{}` both create the OIDC provider `{issuer}` in the account `{account}`, which can have only one", other.call.name, selected.call.name),
                    )
                    .related(other.call.name_span, "the other macro")
                    .help("write `Provider: create` in only one of them"),
                );
            }
        }
    }
}

/// The accounts that hold something named after the macro's app.
fn held_accounts_in_order(selected: &Selected) -> Vec<&str> {
    let makes_tools = selected.arguments.targets.iter().any(|target| {
        target
            .arguments
            .trusted_by
            .iter()
            .any(|trust| trust.value.needs_tools_account())
    });
    let tools = selected
        .arguments
        .tools_account
        .as_ref()
        .filter(|_| makes_tools);
    selected
        .selections
        .iter()
        .map(|selection| selection.account.as_str())
        .chain(tools.map(|account| account.value.as_str()))
        .collect()
}

fn held_accounts(selected: &Selected) -> HashSet<&str> {
    held_accounts_in_order(selected).into_iter().collect()
}

//! `trusts-whole-account`.

use serde_yaml::Value;

use crate::arguments::Trust;
use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::lint::caller::limits_accounts;
use crate::lint::policies::PolicyItem;
use crate::lint::subject::Subject;
use crate::source::Span;
use crate::template::resolve::OWN;

pub(crate) const RULE: Rule = Rule {
    id: "trusts-whole-account",
    level: Level::Warning,
    summary: "A role trusts every principal of an account",
    explanation: include_str!("../../../docs/rules/trusts-whole-account.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, trust) in subject.trusts() {
        let Trust::Principal(principal) = &trust.value else {
            continue;
        };
        let text = match &principal.value {
            Value::Tagged(tagged) => tagged.value.as_str(),
            text => text.as_str(),
        };
        if text.is_some_and(|text| text.ends_with(":root")) {
            problems.push(whole_account(
                principal.span,
                "name the role or user that deploys",
            ));
        }
    }
    for (_, statement) in subject.policies.trusts() {
        if !limits_accounts(statement) {
            let accounts = statement.principals.iter();
            let accounts = accounts.filter(|(kind, item)| kind == "AWS" && is_other(item));
            let help = "name who assumes it, or ask for a second factor or an external id";
            problems.extend(accounts.map(|(_, item)| whole_account(item.span, help)));
        }
    }
}

/// Whether it is an account other than the role's own, whose policies say who assumes it anyway.
fn is_other(item: &PolicyItem) -> bool {
    let text = item.pattern();
    let id = match text.split(':').collect::<Vec<&str>>().as_slice() {
        ["arn", _, "iam", "", id, "root"] => (*id).to_owned(),
        _ => text,
    };
    // OrgFormation writes it once for each account of a binding.
    let is_each = item.written.as_ref();
    if id == "*" && is_each.is_some_and(|text| text.starts_with("Fn::EnumTargetAccounts ")) {
        return true;
    }
    let is_id = id.len() == 12 && id.chars().all(|c| c.is_ascii_digit());
    is_id && id != OWN
}

fn whole_account(span: Span, help: &str) -> Diagnostic {
    let message = "this trusts everybody in the account whose policies let them assume roles";
    Diagnostic::new(&RULE, span, message).help(help)
}

//! The names that questions could mean, and why nobody was meant.
//!
//! In: the principals of templates. Out: [`KnownNames`]. Refuses a name that nobody has.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Shown as _, list_some, nearest};
use crate::diff::access::alone::PrincipalIdentity;
use crate::organization::Organization;
use crate::query::expectations::selector::TermKind;
use crate::query::question::{AccessQuestion, Among, Who};
use crate::query::rules::UNKNOWN_PRINCIPAL;
use crate::source::Spanned;

/// The names that a question could have meant.
#[derive(Clone, Debug, Default)]
pub struct KnownNames {
    principals: BTreeSet<String>,
    macros: BTreeSet<String>,
    stages: BTreeSet<String>,
    accounts: BTreeSet<String>,
    /// The accounts of the organization, by logical id and account id.
    in_organization: BTreeSet<String>,
    /// Whether somebody was meant.
    is_met: bool,
}

impl KnownNames {
    /// Notes that somebody was meant.
    pub(super) fn meet(&mut self) {
        self.is_met = true;
    }

    /// Adds what was noted elsewhere.
    pub(super) fn join(&mut self, other: Self) {
        self.principals.extend(other.principals);
        self.macros.extend(other.macros);
        self.stages.extend(other.stages);
        self.accounts.extend(other.accounts);
        self.in_organization.extend(other.in_organization);
        self.is_met |= other.is_met;
    }

    /// Adds the names of a principal.
    pub(super) fn add(&mut self, identity: &PrincipalIdentity) {
        let origin = identity.origin.as_ref();
        let own = [
            (&mut self.principals, Some(&identity.name)),
            (&mut self.macros, origin.map(|origin| &origin.name)),
            (
                &mut self.stages,
                origin.and_then(|origin| origin.stage.as_ref()),
            ),
            (&mut self.accounts, identity.account.as_ref()),
        ];
        for (names, name) in own {
            if let Some(name) = name.filter(|name| !names.contains(*name)) {
                names.insert(name.clone());
            }
        }
    }

    /// Adds the accounts of an organization, with their ids.
    pub(super) fn add_accounts(&mut self, organization: &Organization) {
        for account in &organization.accounts {
            let names = [Some(&account.logical_id), account.account_id.as_ref()];
            for name in names.into_iter().flatten() {
                if !self.in_organization.contains(name) {
                    self.in_organization.insert(name.clone());
                }
            }
        }
    }

    /// Whether the organization has this account.
    pub(super) fn has_account(&self, name: &str) -> bool {
        self.in_organization.contains(name)
    }

    /// The problem that nobody is `value`, where it is written.
    pub(super) fn unknown(&self, kind: TermKind, value: &Spanned<String>) -> Diagnostic {
        let all: BTreeSet<String>;
        let known = match kind {
            TermKind::Macro => &self.macros,
            TermKind::Stage => &self.stages,
            TermKind::Account => &self.accounts,
            TermKind::Anything | TermKind::External | TermKind::Named(_) => {
                all = self.principals.union(&self.macros).cloned().collect();
                &all
            }
        };
        let mut problem = unknown(kind.noun(), &value.value, known);
        if kind == TermKind::Account && self.has_account(&value.value) {
            let name = value.value.shown();
            problem.message = format!("the templates create no principal in account `{name}`");
        }
        problem.at(value.span)
    }

    /// Why nobody was meant, if nobody was.
    pub fn nobody(&self, question: &AccessQuestion) -> Option<Diagnostic> {
        if self.is_met {
            return None;
        }
        let Among {
            stage,
            account,
            macro_name,
        } = &question.among;
        let filters = [
            ("macro", macro_name, &self.macros),
            ("stage", stage, &self.stages),
            ("account", account, &self.accounts),
        ];
        for (what, wanted, known) in filters {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| !known.contains(*wanted)) {
                return Some(unknown(what, wanted, known));
            }
        }
        let Who::Named(name) = &question.who else {
            let message = "the templates have no principal of this macro, stage, and account";
            let help = "leave out `--macro`, `--stage`, or `--account`";
            return Some(Diagnostic::without_place(&UNKNOWN_PRINCIPAL, message).help(help));
        };
        let all: BTreeSet<String> = self.principals.union(&self.macros).cloned().collect();
        if all.contains(name) {
            let message = format!(
                "`{}` is not in what `--macro`, `--stage`, or `--account` names",
                name.shown()
            );
            let help = "leave out `--macro`, `--stage`, or `--account`";
            return Some(Diagnostic::without_place(&UNKNOWN_PRINCIPAL, message).help(help));
        }
        Some(unknown("principal or macro", name, &all))
    }
}

fn unknown(what: &str, name: &str, known: &BTreeSet<String>) -> Diagnostic {
    let message = format!("the templates have no {what} `{}`", name.shown());
    let near = nearest(name, known.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("did you mean `{}`?", near.shown()),
        None if known.is_empty() => "ask about everybody with `'*'`".to_owned(),
        None => format!("there are: {}", list_some(known.iter().map(String::as_str))),
    };
    Diagnostic::without_place(&UNKNOWN_PRINCIPAL, message).help(help)
}

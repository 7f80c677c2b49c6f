//! Who is meant by an expectation.
//!
//! In: a selector, and a principal of a file. Out: whether it is meant. Refuses nothing: whether a
//! principal whose name or account is not known is meant, may be open.

use std::collections::{BTreeMap, HashSet};

use crate::aws::wildcard::{is_pattern, overlap};
use crate::iam::PrincipalKind;
use crate::query::answer::UnreadAnswer;
use crate::query::asked::{AskedFile, Member};
use crate::query::question::{AskedKey, is_text};
use crate::source::{Span, Spanned};

/// Principals that all of some terms match.
#[derive(Clone, Debug)]
pub(super) struct WhoSelector {
    pub(super) span: Span,
    pub(super) terms: Vec<SelectorTerm>,
    /// What a token or a request must say, of somebody who is in no template.
    pub(super) keys: BTreeMap<String, AskedKey>,
}

/// A property that has one of some values.
#[derive(Clone, Debug)]
pub(super) struct SelectorTerm {
    pub(super) kind: TermKind,
    pub(super) values: Vec<Spanned<String>>,
}

/// What a term is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::query) enum TermKind {
    /// A principal or a macro, as `can` takes it.
    Anything,
    Macro,
    Stage,
    Account,
    /// Somebody who is in no template.
    External,
    /// The name of a principal of this kind.
    Named(PrincipalKind),
}

/// The kinds of terms by their keys.
pub(super) const TERMS: &[(&str, TermKind)] = &[
    ("macro", TermKind::Macro),
    ("stage", TermKind::Stage),
    ("account", TermKind::Account),
    ("role", TermKind::Named(PrincipalKind::Role)),
    ("user", TermKind::Named(PrincipalKind::User)),
    ("group", TermKind::Named(PrincipalKind::Group)),
    ("principal", TermKind::External),
];

/// Whether a principal is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meant {
    No,
    /// It may be: its name or its account is not known.
    Perhaps,
    Yes,
}

impl Meant {
    fn of(is_meant: bool) -> Self {
        if is_meant { Meant::Yes } else { Meant::No }
    }

    fn perhaps(may_be_meant: bool) -> Self {
        if may_be_meant {
            Meant::Perhaps
        } else {
            Meant::No
        }
    }
}

impl TermKind {
    /// What its values are called.
    pub(in crate::query) fn noun(self) -> &'static str {
        match self {
            TermKind::Anything | TermKind::External => "principal or macro",
            TermKind::Macro => "macro",
            TermKind::Stage => "stage",
            TermKind::Account => "account",
            TermKind::Named(kind) => kind.word(),
        }
    }
}

impl WhoSelector {
    /// Whether `member` is meant. The spans of what matches it are added to `met`.
    pub(super) fn meant(
        &self,
        asked: &AskedFile<'_>,
        member: &Member,
        met: &mut HashSet<Span>,
    ) -> Meant {
        let mut meant = Meant::Yes;
        for term in &self.terms {
            let mut of_term = Meant::No;
            for value in &term.values {
                let of_value = term.kind.meant(asked, member, &value.value);
                if of_value != Meant::No {
                    met.insert(value.span);
                }
                of_term = of_term.max(of_value);
            }
            meant = meant.min(of_term);
        }
        if meant != Meant::No {
            met.insert(self.span);
        }
        meant
    }

    /// Whether something that is not read may be in an account that it names.
    pub(super) fn may_be_in(&self, unread: &UnreadAnswer) -> bool {
        let mut of_accounts = self.terms.iter();
        of_accounts.all(|term| {
            let is = |own: &str| term.values.iter().any(|value| is_text(&value.value, own));
            term.kind != TermKind::Account || unread.may_be_in(is)
        })
    }

    /// Whether it names something that is not read by its logical id, in each of its accounts. The spans of what
    /// matches it are added to `met`.
    pub(super) fn names(&self, unread: &UnreadAnswer, met: &mut HashSet<Span>) -> bool {
        let accounts = unread.accounts.as_deref().unwrap_or_default();
        let is_meant = |term: &SelectorTerm, value: &Spanned<String>| match term.kind {
            TermKind::Anything => is_text(&value.value, &unread.answer.name),
            TermKind::Account => accounts.iter().any(|own| own.is(&value.value)),
            TermKind::Macro | TermKind::Stage | TermKind::External | TermKind::Named(_) => false,
        };
        let is_one = |term: &SelectorTerm| {
            let mut values = term.values.iter();
            match term.kind {
                TermKind::Account => {
                    let mut own = accounts.iter();
                    !accounts.is_empty()
                        && own.all(|own| term.values.iter().any(|value| own.is(&value.value)))
                }
                _ => values.any(|value| is_meant(term, value)),
            }
        };
        let is_named = self.terms.iter().all(is_one);
        if is_named {
            met.insert(self.span);
            for term in &self.terms {
                let values = term.values.iter().filter(|value| is_meant(term, value));
                met.extend(values.map(|value| value.span));
            }
        }
        is_named
    }

    /// Whether it may match principals that are no roles, users, or groups of the file.
    pub(super) fn is_open(&self) -> bool {
        self.terms.iter().all(|term| match term.kind {
            TermKind::Account => true,
            TermKind::Anything => term.values.iter().any(|value| is_pattern(&value.value)),
            TermKind::Macro | TermKind::Stage | TermKind::External | TermKind::Named(_) => false,
        })
    }
}

impl TermKind {
    fn meant(self, asked: &AskedFile<'_>, member: &Member, value: &str) -> Meant {
        let identity = &member.identity;
        let origin = identity.origin.as_ref();
        let is = |own: Option<&str>| own.is_some_and(|own| is_text(value, own));
        match self {
            TermKind::External => Meant::No,
            TermKind::Macro => Meant::of(is(origin.map(|origin| origin.name.as_str()))),
            TermKind::Stage => Meant::of(is(origin.and_then(|origin| origin.stage.as_deref()))),
            TermKind::Account => match (&identity.account, &identity.account_id) {
                (None, None) => Meant::Perhaps,
                (name, id) => Meant::of(is(name.as_deref()) || is(id.as_deref())),
            },
            TermKind::Anything => {
                let is_of_macro = is(origin.map(|origin| origin.name.as_str()));
                Meant::of(is_of_macro).max(named(asked, member, value))
            }
            TermKind::Named(kind) => match asked.principal(member) {
                Some(principal) if principal.kind == kind => named(asked, member, value),
                _ => Meant::No,
            },
        }
    }
}

/// Whether a principal has the name; perhaps if its own is not known.
fn named(asked: &AskedFile<'_>, member: &Member, value: &str) -> Meant {
    if asked.is_named(member, value) {
        return Meant::Yes;
    }
    let name = member.identity.name.as_str();
    let value = value.rsplit('/').next().unwrap_or(value);
    if name == member.identity.logical_id {
        return Meant::perhaps(may_be_made(value));
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    if name.chars().all(is_plain) {
        return Meant::No;
    }
    Meant::perhaps(overlap(&opened(name), value))
}

/// Whether a name, or a pattern of names, may be one that CloudFormation makes: such a name ends in a hyphen
/// and twelve capital letters and digits.
fn may_be_made(value: &str) -> bool {
    let is_of_end = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    match value.rsplit_once(['*', '?']) {
        Some((_, tail)) => tail.chars().rev().take(12).all(is_of_end),
        None => value
            .rsplit_once('-')
            .is_some_and(|(_, end)| end.len() == 12 && end.chars().all(is_of_end)),
    }
}

/// A pattern of what a name that is not known may be.
fn opened(name: &str) -> String {
    let name = name.strip_prefix("!Sub ").unwrap_or(name);
    if !name.contains("${") || name.starts_with(['!', '[']) {
        return "*".to_owned();
    }
    let name = name.trim_matches(['\'', '"']);
    let mut open = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("${") {
        open.extend([before, "*"]);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    open + rest
}

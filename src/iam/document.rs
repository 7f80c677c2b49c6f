//! Policy documents to grants.
//!
//! In: the data of a document. Out: [`Grant`]s, one per statement, with their origin. What is not
//! understood is under an atom of its own (`unread`). Refuses nothing.

mod conditions;
mod principals;
pub(crate) mod resource;
pub(crate) mod unread;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::template::display::shown;
use crate::template::in_text::in_text;
use crate::template::value::{Data, Unordered};

use crate::iam::caller::of_callers;
use crate::iam::condition::{Atoms, Literal, is_always_given};
use crate::iam::owner::of_owners;
use crate::iam::pattern::Glob;
use crate::iam::request::of_anybody;
use crate::iam::statement::{Effect, Grant, Patterns, Statement, StatementId};
use crate::template::resolve::{Reader, Reading};
use crate::template::symbol::Symbol;

/// Reads documents.
pub(crate) struct Documents<'run> {
    pub(crate) reader: &'run Reader<'run>,
    pub(crate) atoms: &'run RefCell<Atoms>,
}

/// What of a statement is matched in addition to actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DocumentKind {
    /// A policy of a principal.
    Identity,
    /// A trust policy.
    Trust,
    /// A policy of a resource.
    Resource,
}

/// The principals or the resources of a statement, or both.
struct StatementPart {
    resources: Patterns,
    shown_resources: Vec<String>,
    principals: Option<Patterns>,
    shown_principals: Vec<String>,
}

/// The keys of a statement.
const KNOWN: &[&str] = &[
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
];

/// The `Condition` of a statement.
#[derive(Default)]
struct ReadConditions {
    literals: Vec<Literal>,
    /// As they are shown.
    shown: Vec<String>,
    /// What they do if a variable has no value, by the keys of those in their values that a request may lack.
    variables: BTreeMap<String, BTreeSet<Validity>>,
}

/// What a condition does if a variable in it has no value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Validity {
    /// It does not hold: nothing is like no value.
    Void,
    /// It is not known, but the same of conditions with the same identity.
    Unknown(String),
}

impl Documents<'_> {
    /// The statements of `document`, which the policy `policy` holds.
    pub(crate) fn statements(
        &self,
        document: &Data,
        policy: &str,
        kind: DocumentKind,
    ) -> Vec<Statement> {
        if let Some(document) = in_text(document) {
            return self.statements(&document, policy, kind);
        }
        // IAM's manual, "Version": without this one, variables are text like any other.
        let version = document.get("Version").map(shown);
        let has_variables = version.as_deref() == Some("2012-10-17");
        if self.reader.has_variables && !has_variables && document.fields().is_some() {
            let reader = Reader {
                has_variables,
                ..self.reader.clone()
            };
            let documents = Documents {
                reader: &reader,
                atoms: self.atoms,
            };
            return documents.statements(document, policy, kind);
        }
        let is_known = |key: &str| ["Version", "Id", "Statement"].contains(&key);
        if document
            .fields()
            .is_some_and(|fields| fields.iter().any(|(key, _)| !is_known(key)))
        {
            return self.opaque(document, policy, 0);
        }
        let all = match document.get("Statement") {
            Some(Data::Unordered(Unordered(items)) | Data::List(items)) => items,
            None if document == &Data::Null => return Vec::new(),
            _ => {
                let read = |document: &Data| self.statements(document, policy, kind);
                let chosen = self.by_choice(document, read);
                return chosen.unwrap_or_else(|| self.opaque(document, policy, 0));
            }
        };
        let read = |item: &Data, at| {
            self.statement(item, policy, at, kind)
                .unwrap_or_else(|| self.opaque(item, policy, at))
        };
        let all = all.iter().enumerate();
        all.flat_map(|(at, item)| {
            let chosen = self.by_choice(item, |item| read(item, at));
            chosen.unwrap_or_else(|| read(item, at))
        })
        .collect()
    }

    /// The statement; one for each principal that a trust policy trusts, so that it is known who
    /// is new.
    fn statement(
        &self,
        data: &Data,
        policy: &str,
        at: usize,
        kind: DocumentKind,
    ) -> Option<Vec<Statement>> {
        let fields = data.fields()?;
        if fields.iter().any(|(key, _)| !KNOWN.contains(&key.as_str())) {
            return None;
        }
        let effect = match data.get("Effect")?.text()? {
            "Allow" => Effect::Allow,
            "Deny" => Effect::Deny,
            _ => return None,
        };
        let actions = self.patterns(data, "Action", "NotAction")?;
        // An unknown action cannot be looked up.
        if actions.globs.iter().any(Glob::has_unknown) {
            return None;
        }
        let actions = actions.ignoring_case();
        let parts = self.parts(data, effect, kind)?;
        let mut read = match data.get("Condition") {
            None | Some(Data::Null) => ReadConditions::default(),
            Some(condition) => self.conditions(condition)?,
        };
        read.literals.extend(self.doubts_of_exceptions(data));
        let cases = self.with_and_without_values(&read, kind);
        let conditions = read.shown;
        let statements = |part: StatementPart| {
            let grant = |literals: &Vec<Literal>| Grant {
                effect,
                actions: actions.clone(),
                resources: part.resources.clone(),
                principals: part.principals.clone(),
                literals: literals.clone(),
            };
            let statement = |grant| Statement {
                id: StatementId::Policy(0),
                grant,
                policy: policy.to_owned(),
                name: name(data, at),
                resources: part.shown_resources.clone(),
                principals: part.shown_principals.clone(),
                conditions: conditions.clone(),
            };
            let grants = cases
                .iter()
                .flat_map(|literals| self.of_callers(kind, grant(literals)));
            grants.map(statement).collect::<Vec<_>>()
        };
        Some(parts.into_iter().flat_map(statements).collect())
    }

    /// The pattern that `data` is; notes the variables in it.
    fn glob(&self, data: &Data, reading: Reading) -> Glob {
        let glob = Glob::new(self.reader.symbols(data, reading));
        let names = self.reader.names.borrow();
        let mut atoms = self.atoms.borrow_mut();
        for symbol in &glob.symbols {
            let Symbol::Unknown(number) = *symbol else {
                continue;
            };
            let mut may_be_missing = names.may_hold_variables(number);
            if let Some(name) = names.variable(number) {
                // `${key, 'default'}`
                let (key, default) = match name.split_once(',') {
                    Some((key, default)) => (key, Some(default)),
                    None => (name, None),
                };
                let key = key.trim().to_ascii_lowercase();
                may_be_missing = default.is_none() && !is_always_given(&key);
                atoms.note_variable(number, &key);
            }
            if may_be_missing {
                atoms.note_lacking(number);
            }
        }
        drop(atoms);
        glob
    }

    fn parts(&self, data: &Data, effect: Effect, kind: DocumentKind) -> Option<Vec<StatementPart>> {
        if kind == DocumentKind::Trust {
            let principals = self.principals(data, effect)?.into_iter();
            let part = |(resources, shown_resources)| StatementPart {
                resources,
                shown_resources,
                principals: None,
                shown_principals: Vec::new(),
            };
            return Some(principals.map(part).collect());
        }
        // Some services take no resources in the policy of one, since there is no other.
        let is_own = kind == DocumentKind::Resource
            && data.get("Resource").is_none()
            && data.get("NotResource").is_none();
        let resources = if is_own {
            Patterns::all()
        } else {
            self.patterns(data, "Resource", "NotResource")?
        };
        let shown_resources = said(data, "Resource", "NotResource");
        if kind == DocumentKind::Identity {
            return Some(vec![StatementPart {
                resources,
                shown_resources,
                principals: None,
                shown_principals: Vec::new(),
            }]);
        }
        let any = Glob::of("*").symbols;
        let resources = resources.map(|glob| of_anybody(&any, &glob.symbols));
        let principals = self.principals(data, effect)?.into_iter();
        let part = |(principals, shown_principals): (Patterns, _)| StatementPart {
            resources: resources.clone(),
            shown_resources: shown_resources.clone(),
            principals: Some(principals.map(|glob| of_anybody(&glob.symbols, &any))),
            shown_principals,
        };
        Some(principals.map(part).collect())
    }

    /// The grants that together are `grant`, with what conditions say of callers and of the accounts of
    /// resources read as patterns.
    fn of_callers(&self, kind: DocumentKind, grant: Grant) -> Vec<Grant> {
        match kind {
            DocumentKind::Identity => of_owners(&self.atoms.borrow(), grant),
            DocumentKind::Resource => vec![grant],
            DocumentKind::Trust => of_callers(&self.atoms.borrow(), grant),
        }
    }

    fn patterns(&self, data: &Data, key: &str, negated: &str) -> Option<Patterns> {
        let (value, is_negated) = match (data.get(key), data.get(negated)) {
            (Some(value), None) => (value, false),
            (None, Some(value)) => (value, true),
            _ => return None,
        };
        let globs = value.unordered()?.iter();
        let globs = globs
            .map(|item| self.glob(item, Reading::Pattern))
            .collect();
        Some(if is_negated {
            Patterns::but(globs)
        } else {
            Patterns::of(globs)
        })
    }
}

/// What represents the condition of a statement that is not understood.
pub(crate) const NOT_UNDERSTOOD: &str = "a statement that is not understood";

fn name(statement: &Data, at: usize) -> String {
    match statement.get("Sid").and_then(Data::text) {
        Some(sid) if !sid.is_empty() => sid.to_owned(),
        _ => format!("#{}", at + 1),
    }
}

fn said(data: &Data, key: &str, negated: &str) -> Vec<String> {
    let items = |key| data.get(key).and_then(Data::unordered).unwrap_or_default();
    let positive = items(key).iter().map(shown);
    let negated = items(negated)
        .iter()
        .map(|item| format!("anything but {}", shown(item)));
    positive.chain(negated).collect()
}

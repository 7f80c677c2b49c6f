//! Those who may assume a role and are in no template, as a trust policy that trusts them.
//!
//! In: who is named by an expectation. Out: statements of a trust policy. Refuses nothing: whoever is not named
//! in a way that says who it is elsewhere, is nobody there.
//!
//! A role is named without its path here, and with it in an ARN.

use std::cell::RefCell;

use crate::iam::PrincipalKind;
use crate::iam::condition::Atoms;
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::statement::{Grant, Patterns, Statement};
use crate::query::expectations::selector::{TermKind, WhoSelector};
use crate::query::requests::literals;
use crate::template::resources::is_account_id;

/// A trust policy that trusts these; `account_id` is that of an account by its logical id.
pub(super) fn outside(
    by: &[WhoSelector],
    atoms: &RefCell<Atoms>,
    account_id: &dyn Fn(&str) -> Option<String>,
) -> Permissions {
    let mut statements = Vec::new();
    for selector in by {
        let literals = literals(atoms, &selector.keys, &str::to_owned);
        for glob in globs(selector, account_id) {
            statements.push(Statement::of(Grant {
                resources: Patterns::of(vec![glob]),
                literals: literals.clone(),
                ..Grant::everything()
            }));
        }
    }
    Permissions::new(statements, None)
}

/// Whether a name may be that of somebody who is in no template.
pub(super) fn is_external(name: &str) -> bool {
    name.contains(['.', ':']) || is_account_id(name)
}

fn globs(selector: &WhoSelector, account_id: &dyn Fn(&str) -> Option<String>) -> Vec<Glob> {
    // Of an account that is not named, a role of any name could be somebody else's.
    let mut ids: Vec<String> = Vec::new();
    let mut named: Option<(TermKind, Vec<&str>)> = None;
    for term in &selector.terms {
        let values = term.values.iter().map(|value| value.value.as_str());
        match term.kind {
            // What is in no template comes from no macro.
            TermKind::Macro | TermKind::Stage => return Vec::new(),
            TermKind::Account => {
                let id = |name: &str| {
                    let is_id = is_account_id(name);
                    is_id.then(|| name.to_owned()).or_else(|| account_id(name))
                };
                ids.extend(values.filter_map(id));
            }
            kind => named = Some((kind, values.collect())),
        }
    }
    match named {
        None => ids.iter().flat_map(|id| of_account(id)).collect(),
        Some((TermKind::Named(kind), names)) => {
            let ids = ids.iter();
            let both = ids.flat_map(|id| names.iter().map(move |name| (id, *name)));
            both.flat_map(|(id, name)| of_named(kind, id, name))
                .collect()
        }
        Some((_, names)) => names.into_iter().flat_map(of_anything).collect(),
    }
}

/// Everybody of an account.
fn of_account(id: &str) -> Vec<Glob> {
    let services = ["iam", "sts"].into_iter();
    let globs = services.map(|service| Glob::of(&format!("AWS:arn:aws:{service}::{id}:*")));
    globs.collect()
}

/// A role with its sessions, or a user, of an account.
fn of_named(kind: PrincipalKind, id: &str, name: &str) -> Vec<Glob> {
    let glob = |text: String| Glob::of(&text);
    match kind {
        PrincipalKind::Role => vec![
            glob(format!("AWS:arn:aws:iam::{id}:role/{name}")),
            glob(format!("AWS:arn:aws:iam::{id}:role/*/{name}")),
            glob(format!("AWS:arn:aws:sts::{id}:assumed-role/{name}/*")),
        ],
        PrincipalKind::User => vec![
            glob(format!("AWS:arn:aws:iam::{id}:user/{name}")),
            glob(format!("AWS:arn:aws:iam::{id}:user/*/{name}")),
        ],
        _ => Vec::new(),
    }
}

/// What a text without a key may name: everybody, an account, an ARN, a service, or a provider of tokens.
fn of_anything(name: &str) -> Vec<Glob> {
    if name == "*" {
        return vec![Glob::of("*")];
    }
    if is_account_id(name) {
        return of_account(name);
    }
    if let Some(rest) = name.strip_prefix("arn:aws:iam::") {
        return match rest.split_once(':') {
            Some((id, "root")) => of_account(id),
            Some((id, resource)) => {
                let mut globs = vec![Glob::of(&format!("AWS:{name}"))];
                globs.push(Glob::of(&format!("Federated:{name}")));
                if let Some(path) = resource.strip_prefix("role/") {
                    let role = path.rsplit('/').next().unwrap_or(path);
                    // A pattern below a path is one of roles there, and sessions do not have the path.
                    let is_below = path.contains('/') && role.contains(['*', '?']);
                    if !is_below {
                        let session = format!("AWS:arn:aws:sts::{id}:assumed-role/{role}/*");
                        globs.push(Glob::of(&session));
                    }
                }
                globs
            }
            None => Vec::new(),
        };
    }
    if name.starts_with("arn:") {
        return vec![Glob::of(&format!("AWS:{name}"))];
    }
    if !name.contains('.') {
        return Vec::new();
    }
    let forms = [
        format!("Service:{name}"),
        format!("Federated:{name}"),
        format!("Federated:arn:aws:iam::*:oidc-provider/{name}"),
    ];
    forms.iter().map(|text| Glob::of(text)).collect()
}

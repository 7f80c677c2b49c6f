//! Trust that changed to a picture.
//!
//! In: the access parts of a run. Out: a picture with arrows from who may assume to what is
//! assumed. Of many arrows the first are drawn, and the rest counted. Refuses nothing.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::diff::access::changes::{Access, Finding, PrincipalChange, asked};
use crate::iam::RequestKind;

use crate::report::access::stage;
use crate::report::picture::{NodeId, Picture, Says};

/// A picture of the trust that changed, with `most` arrows at most, and how many more there are;
/// nothing if no trust changed.
pub(crate) fn trust_picture<'a>(
    accesses: impl Iterator<Item = &'a Access>,
    most: usize,
) -> Option<(Picture, usize)> {
    let mut picture = Picture::default();
    let mut nodes: HashMap<String, NodeId> = HashMap::new();
    let mut node = |label: String, picture: &mut Picture| {
        let known = nodes.entry(label);
        *known.or_insert_with_key(|label| picture.add(label.clone(), None))
    };
    let accesses: Vec<&Access> = accesses.collect();
    let known: Vec<&PrincipalChange> = accesses
        .iter()
        .flat_map(|access| &access.principals)
        .collect();
    let mut number = 0;
    for (change, finding, is_gain) in accesses.iter().copied().flat_map(trusts) {
        for who in &finding.resources {
            number += 1;
            if number > most {
                continue;
            }
            let who = node(asking(who, finding, &known), &mut picture);
            let what = node(name(change), &mut picture);
            let says = if is_gain {
                Says::MayNow
            } else {
                Says::MightBefore
            };
            picture.arrow(who, what, says);
        }
    }
    (number > 0).then(|| (picture, number.saturating_sub(most)))
}

fn trusts(access: &Access) -> impl Iterator<Item = (&PrincipalChange, &Finding, bool)> {
    access.principals.iter().flat_map(|change| {
        let gains = change
            .gains
            .iter()
            .map(move |finding| (change, finding, true));
        let loses = change
            .loses
            .iter()
            .map(move |finding| (change, finding, false));
        gains
            .chain(loses)
            .filter(|(_, finding, _)| finding.kind == RequestKind::Assume)
    })
}

/// Who asks: as a principal of the file if it is one, else by its ARN without what all have.
fn asking(shown: &str, finding: &Finding, known: &[&PrincipalChange]) -> String {
    let shown = shown.replacen("!Sub ", "", 1);
    let Some((_, rest)) = shown.split_once(":iam::") else {
        return shown;
    };
    // The name of an account that a `!Sub` refers to, or its id; and what follows.
    let (account, resource) = match rest.strip_prefix("${") {
        Some(rest) => rest.split_once("}:").unwrap_or((rest, "")),
        None => rest.split_once(':').unwrap_or((rest, "")),
    };
    let (what, path) = resource.split_once('/').unwrap_or((resource, ""));
    if what == "oidc-provider" {
        let claims: Vec<String> = finding
            .conditions
            .iter()
            .filter_map(|text| claim(text))
            .collect();
        return match claims.as_slice() {
            [] => format!("tokens of {path}"),
            claims => format!("tokens of {path}: {}", claims.join(" and ")),
        };
    }
    let own = path.rsplit('/').next().unwrap_or(path);
    let made = known.iter().find(|change| {
        change.kind.word() == what
            && change.name == own
            && change.accounts.iter().any(|name| name == account)
    });
    match (made, what) {
        (Some(change), _) => name(change),
        (None, "role" | "user") => format!("{what} {own} in {account}"),
        (None, "root") => format!("account {account}"),
        _ => shown,
    }
}

/// What a condition requires of a token: the subject's value alone, another claim with its name,
/// and all of what is not that a claim is or is like a value. The audience does not tell who asks.
fn claim(condition: &str) -> Option<String> {
    let (operator, key, value) = asked(condition)?;
    let (_, name) = key.rsplit_once(':')?;
    let is_plain = operator == "StringEquals" || operator == "StringLike";
    match name {
        "aud" => None,
        "sub" if is_plain => Some(value.to_owned()),
        _ if is_plain => Some(format!("{name} {value}")),
        _ => Some(condition.to_owned()),
    }
}

fn name(change: &PrincipalChange) -> String {
    let mut name = format!("{} {}", change.kind.word(), change.name);
    if let Some(stage) = stage(change) {
        let _ = write!(name, " ({stage})");
    } else if let [account] = change.accounts.as_slice() {
        let _ = write!(name, " in {account}");
    }
    name
}

#[cfg(test)]
mod tests {
    use crate::report::picture::trust::claim;

    #[test]
    fn only_what_a_claim_is_stands_without_its_operator() {
        let said = |operator: &str| claim(&format!("{operator} example.com:sub: repo:a/b:*"));
        assert_eq!(said("StringLike").unwrap(), "repo:a/b:*");
        assert_eq!(said("StringEquals").unwrap(), "repo:a/b:*");
        for operator in [
            "StringNotLike",
            "StringLikeIfExists",
            "ForAllValues:StringLike",
        ] {
            assert_eq!(
                said(operator).unwrap(),
                format!("{operator} example.com:sub: repo:a/b:*")
            );
        }
        let other = claim("StringEquals example.com:environment: dev");
        assert_eq!(other.unwrap(), "environment dev");
        assert_eq!(
            claim("StringEquals example.com:aud: sts.amazonaws.com"),
            None
        );
    }
}

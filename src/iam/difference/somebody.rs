//! Whether the ARN of a caller may be that of somebody.
//!
//! In: callers, and patterns of them. Out: whether one has a name, and patterns of those that do. Refuses nothing.
//!
//! IAM user guide, "IAM identifiers" and "IAM and AWS STS quotas": a name has at least one letter, and a session
//! has two, its role's and its own.

use crate::iam::pattern::Glob;
use crate::template::symbol::{Symbol, literal_text};

/// Whether this may be who assumes a role: a principal of some kind with a name. An ARN of IAM or STS
/// that ends after the account, or names nothing of a kind, is that of nobody.
pub(super) fn may_call(caller: &[Symbol]) -> bool {
    let Some(text) = literal_text(caller) else {
        return true;
    };
    let Some((kind, name)) = text.split_once(':') else {
        return false;
    };
    let is_kind = ["AWS", "Service", "Federated", "CanonicalUser"].contains(&kind);
    is_kind && !name.is_empty() && !is_of_nobody(&text)
}

/// Whether the ARN of IAM or STS is that of nobody: it ends after the account, or a role, user, or session in it has an
/// empty name.
pub(super) fn is_of_nobody(caller: &str) -> bool {
    let Some(name) = caller.strip_prefix("AWS:") else {
        return false;
    };
    if !name.starts_with("arn:aws:iam::") && !name.starts_with("arn:aws:sts::") {
        return false;
    }
    let resource = name.splitn(6, ':').nth(5).unwrap_or_default();
    match resource.split_once('/') {
        Some(("assumed-role", names)) => names.split('/').any(str::is_empty),
        Some((_, name)) => name.is_empty() || name.ends_with('/'),
        None => resource != "root",
    }
}

/// The pattern of an ARN of IAM in which no part of the path or name is empty: each `*` that may be all of one is at
/// least a letter.
pub(super) fn with_names(caller: &Glob) -> Glob {
    let mut symbols = Vec::new();
    for (at, symbol) in caller.symbols.iter().enumerate() {
        let is_after_slash = symbols.last() == Some(&Symbol::Char('/'));
        let ends = matches!(caller.symbols.get(at + 1), None | Some(Symbol::Char('/')));
        if *symbol == Symbol::Any && is_after_slash && ends {
            symbols.push(Symbol::One);
        }
        symbols.push(*symbol);
    }
    Glob::new(symbols)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_an_empty_name() {
        let may = |caller: &str| may_call(&Glob::literal(caller).symbols);
        for nobody in [
            "AWS:arn:aws:iam::111111111111:",
            "AWS:arn:aws:iam::111111111111:role/",
            "AWS:arn:aws:iam::111111111111:user/path/",
            "AWS:arn:aws:sts::111111111111:assumed-role/",
            "AWS:arn:aws:sts::111111111111:assumed-role//",
            "AWS:arn:aws:sts::111111111111:assumed-role//x",
            "AWS:arn:aws:sts::111111111111:assumed-role/app/",
        ] {
            assert!(!may(nobody), "{nobody}");
        }
        for somebody in [
            "AWS:arn:aws:iam::111111111111:root",
            "AWS:arn:aws:iam::111111111111:role/path/app",
            "AWS:arn:aws:sts::111111111111:assumed-role/app/x",
            "Service:s3.amazonaws.com",
        ] {
            assert!(may(somebody), "{somebody}");
        }
    }
}

//! Every rule of the program, by id: what an input can be refused for, or warned of.
//!
//! Each module declares its own rules; this is the one list of those lists.

use crate::diagnostic::Rule;

/// Every rule, module by module.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        crate::yaml::rules::RULES,
        crate::organization::rules::RULES,
        crate::partials::rules::RULES,
        crate::oidc::rules::RULES,
        crate::arguments::rules::RULES,
        crate::expand::rules::RULES,
        crate::workspace::rules::RULES,
        crate::workflow::rules::RULES,
        crate::export::rules::RULES,
        crate::infer::rules::RULES,
        crate::init::rules::RULES,
        crate::deploy::rules::RULES,
        crate::diff::rules::RULES,
        crate::query::rules::RULES,
    ]
    .into_iter()
    .flatten()
    .copied()
    .chain(crate::lint::rules())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_kebab_case() {
        let mut seen = BTreeSet::new();
        for rule in rules() {
            let id = rule.id;
            assert!(seen.insert(id), "`{id}` is declared twice");
            assert!(
                id.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
                "{id}"
            );
        }
    }
}

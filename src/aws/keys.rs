//! The condition keys of AWS: the global ones, and those of all services.
//!
//! In: the packed data that `keys/make.py` writes. Out: what the values of a key are, and what a name that is not
//! known may have meant. It is unpacked when it is first asked for. Names are compared without case. A key that is
//! not listed may be newer than the data.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::aws::packed::unpack;
use crate::aws::wildcard::matches;
use crate::diagnostic::nearest;

static PACKED: &[u8] = include_bytes!("keys/keys.z");

/// What a value of a condition key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConditionType {
    Text,
    Number,
    /// `true` or `false`.
    Flag,
    Time,
    Address,
    Arn,
}

impl ConditionType {
    /// The type that the data writes as `letter`.
    fn of_letter(letter: &str) -> Self {
        match letter {
            "N" => Self::Number,
            "B" => Self::Flag,
            "D" => Self::Time,
            "I" => Self::Address,
            "A" => Self::Arn,
            _ => Self::Text,
        }
    }
}

/// All condition keys.
pub(crate) struct ConditionKeys {
    text: String,
    /// The keys without a part that people choose, by their names in lower case.
    types: HashMap<String, ConditionType>,
    /// The others: patterns in lower case.
    open: Vec<(String, ConditionType)>,
}

/// The keys, unpacked once.
pub(crate) fn condition_keys() -> &'static ConditionKeys {
    static KEYS: OnceLock<ConditionKeys> = OnceLock::new();
    KEYS.get_or_init(|| ConditionKeys::of(unpack(PACKED)))
}

impl ConditionKeys {
    fn of(text: String) -> Self {
        let mut types = HashMap::new();
        let mut open = Vec::new();
        for (letter, name) in pairs(&text) {
            let (name, kind) = (name.to_ascii_lowercase(), ConditionType::of_letter(letter));
            if name.contains('*') {
                open.push((name, kind));
            } else {
                types.insert(name, kind);
            }
        }
        Self { text, types, open }
    }

    /// The date of the data.
    pub(crate) fn date(&self) -> &str {
        self.text.split(' ').next().unwrap_or_default()
    }

    /// What the values of the key with this name in lower case are; `None` if it is not known.
    pub(crate) fn kind(&self, key: &str) -> Option<ConditionType> {
        let known = self.types.get(key).copied();
        known.or_else(|| {
            let mut open = self.open.iter();
            open.find_map(|(pattern, kind)| matches(pattern, key).then_some(*kind))
        })
    }

    /// Whether some key begins with this prefix, which is what is before the colon, in lower case.
    pub(crate) fn has_prefix(&self, prefix: &str) -> bool {
        let mut names = pairs(&self.text);
        names.any(|(_, name)| {
            let own = name.split(':').next().unwrap_or_default();
            matches(&own.to_ascii_lowercase(), prefix)
        })
    }

    /// What is before the colon of each key with a dot there: providers of tokens.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = &str> {
        let names = pairs(&self.text);
        let prefixes = names.filter_map(|(_, name)| Some(name.split_once(':')?.0));
        prefixes.filter(|prefix| prefix.contains('.') && !prefix.contains('*'))
    }

    /// The nearest key to a name that is not known.
    pub(crate) fn near(&self, name: &str) -> Option<&str> {
        // A longer name is near to none.
        if name.len() > 128 {
            return None;
        }
        nearest(name, pairs(&self.text).map(|(_, own)| own))
    }
}

/// The types and names of the data.
fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().skip(1).filter_map(|line| line.split_once(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_what_was_packed() {
        let keys = condition_keys();
        let first = keys.text.lines().next().unwrap();
        assert_eq!(first, "2026-09-26 iam-data 0.21.202609261");
        assert_eq!(keys.date(), "2026-09-26");
        assert_eq!((keys.types.len(), keys.open.len()), (1_498, 130));
    }

    #[test]
    fn keys_are_known_whatever_their_case() {
        let keys = condition_keys();
        for (key, kind) in [
            ("aws:requestedregion", ConditionType::Text),
            ("aws:multifactorauthpresent", ConditionType::Flag),
            ("aws:multifactorauthage", ConditionType::Number),
            ("aws:sourceip", ConditionType::Address),
            ("aws:currenttime", ConditionType::Time),
            ("aws:sourcearn", ConditionType::Arn),
            ("aws:requesttag/anything", ConditionType::Text),
            ("kms:encryptioncontext:app", ConditionType::Text),
            ("iam:passedtoservice", ConditionType::Text),
        ] {
            assert_eq!(keys.kind(key), Some(kind), "{key}");
        }
        for key in [
            "aws:requestdregion",
            "iam:passedtoservices",
            "aws:requesttag",
        ] {
            assert_eq!(keys.kind(key), None, "{key}");
        }
        assert_eq!(keys.near("aws:requestdregion"), Some("aws:RequestedRegion"));
        assert!(keys.has_prefix("token.actions.githubusercontent.com"));
        assert!(!keys.has_prefix("gitlab.example.com"));
    }
}

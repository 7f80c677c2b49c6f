//! One file of an app, parsed: what the readers of YAML and JSON have in common.
//!
//! In: a value, and where its keys are. Out: the same with intrinsic functions in their long form.
//! Refuses nothing.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Level};
use crate::source::Span;
use crate::yaml::parse::{RepeatedKey, duplicate_key};

/// One file of an app.
#[derive(Debug, Default)]
pub(super) struct ParsedText {
    /// Its value, with intrinsic functions in their long form.
    pub(super) value: Json,
    /// Where its keys are written.
    pub(super) places: Places,
    /// Keys that appear twice, as warnings.
    pub(super) warnings: Vec<Diagnostic>,
}

/// Where the keys of the first two levels are written.
#[derive(Debug, Default)]
pub(super) struct Places {
    keys: HashMap<String, Span>,
    inner: HashMap<(String, String), Span>,
}

impl Places {
    /// Where the section `key` is written.
    pub(super) fn section(&self, key: &str) -> Option<Span> {
        self.keys.get(key).copied()
    }

    /// Where `key` is written in `section`.
    pub(super) fn key(&self, section: &str, key: &str) -> Option<Span> {
        let inner = (section.to_owned(), key.to_owned());
        self.inner.get(&inner).copied()
    }

    /// Notes where a section is.
    pub(super) fn put_section(&mut self, key: &str, span: Span) {
        self.keys.insert(key.to_owned(), span);
    }

    /// Notes where a key of a section is.
    pub(super) fn put_key(&mut self, section: &str, key: &str, span: Span) {
        let inner = (section.to_owned(), key.to_owned());
        self.inner.insert(inner, span);
    }
}

/// CloudFormation uses the last of equal keys, without a word
/// (<https://github.com/aws-cloudformation/cfn-language-discussion/issues/96>).
pub(super) fn repeated_key(key: &RepeatedKey) -> Diagnostic {
    duplicate_key(key)
        .level(Level::Warning)
        .help("CloudFormation uses the last one: rename or remove the other")
}

/// Writes `Fn::GetAtt: A.Arn` as `Fn::GetAtt: [A, Arn]` everywhere in `value`.
pub(super) fn long_forms(value: &mut Json) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(long_forms),
        Json::Object(fields) => {
            for (key, value) in fields {
                let parts = value.as_str().and_then(|text| text.split_once('.'));
                match parts.filter(|_| key == "Fn::GetAtt") {
                    Some((name, attribute)) => *value = Json::from([name, attribute].as_slice()),
                    None => long_forms(value),
                }
            }
        }
        _ => {}
    }
}

//! The words of a resource: the properties that it sets, at any depth.
//!
//! In: a resource, and what is known of its type. Out: [`Words`]. Keys that are the template's own,
//! such as the names of environment variables, are not words.

use serde_json::{Map, Value as Json};

use crate::aws::handlers::ResourceType;
use crate::infer::model::AppResource;

/// Keys that count although they are the template's own: an API's `Body` is a document, and two of
/// these name a role in it; the configuration of a pipeline's action may name a connection.
const WORDS_OF_DOCUMENTS: [&str; 3] = ["credentials", "authorizerCredentials", "ConnectionArn"];

/// Attributes that say what a resource needs.
const ATTRIBUTES: [&str; 2] = ["UpdatePolicy", "CreationPolicy"];

/// What a resource sets.
#[derive(Debug, Default)]
pub(super) struct Words<'a> {
    /// The names of its properties, in order, each once.
    names: Vec<&'a str>,
    /// Its texts.
    texts: Vec<&'a str>,
}

impl<'a> Words<'a> {
    pub(super) fn of(resource: &'a AppResource, known: &ResourceType<'_>) -> Self {
        let mut words = Self::default();
        let is_custom = known.name.starts_with("AWS::CloudFormation::Custom");
        if !is_custom {
            words.add_object(&resource.properties, known, Keys::Properties);
        }
        for attribute in ATTRIBUTES {
            if let Some(Json::Object(policy)) = resource.attributes.get(attribute) {
                words.add_object(policy, known, Keys::Properties);
            }
        }
        // References may be anywhere, such as in a custom resource.
        for value in resource.properties.values() {
            words.add_texts(value);
        }
        words
    }

    /// The first property whose name has `word`; see [`has_word`].
    pub(super) fn find(&self, word: &str) -> Option<&'a str> {
        self.names.iter().copied().find(|name| has_word(name, word))
    }

    /// The first property whose name `test` accepts.
    pub(super) fn find_by(&self, test: impl Fn(&str) -> bool) -> Option<&'a str> {
        self.names.iter().copied().find(|name| test(name))
    }

    /// The dynamic references to `service`, such as `{{resolve:ssm:/acme/key}}`, each once.
    pub(super) fn references(&self, service: &str) -> Vec<&'a str> {
        let mut found = Vec::new();
        let start = format!("{{{{resolve:{service}");
        for text in &self.texts {
            for (at, _) in text.match_indices(&start) {
                let rest = text.get(at..).unwrap_or_default();
                let end = rest.find("}}").map_or(rest.len(), |end| end + 2);
                let reference = rest.get(..end).unwrap_or_default();
                if !found.contains(&reference) {
                    found.push(reference);
                }
            }
        }
        found
    }

    fn add_object(&mut self, object: &'a Map<String, Json>, known: &ResourceType<'_>, keys: Keys) {
        for (key, value) in object {
            let is_function = key == "Ref" || key.starts_with("Fn::");
            let is_word = !is_function
                && (keys == Keys::Properties || WORDS_OF_DOCUMENTS.contains(&key.as_str()));
            if is_word && !self.names.contains(&key.as_str()) {
                self.names.push(key);
            }
            // The variables of `Fn::Sub` and the parameters of a macro are the template's own.
            let is_own = if is_function {
                key == "Fn::Sub" || key == "Fn::Transform"
            } else {
                known.free_form.contains(&key.as_str())
            };
            self.add_value(value, known, if is_own { Keys::OfTemplate } else { keys });
        }
    }

    fn add_value(&mut self, value: &'a Json, known: &ResourceType<'_>, keys: Keys) {
        match value {
            Json::Object(object) => self.add_object(object, known, keys),
            Json::Array(items) => {
                for item in items {
                    self.add_value(item, known, keys);
                }
            }
            _ => {}
        }
    }

    fn add_texts(&mut self, value: &'a Json) {
        match value {
            Json::Object(object) => object.values().for_each(|value| self.add_texts(value)),
            Json::Array(items) => items.iter().for_each(|value| self.add_texts(value)),
            Json::String(text) => self.texts.push(text),
            _ => {}
        }
    }
}

/// Whose the keys of an object are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    Properties,
    OfTemplate,
}

/// Whether `name`, such as `SSEKMSKeyId`, has the lower-case `word` at the start of one of its
/// words, so that `log` is in `LogConfig` and not in `CatalogId`. `=code` is the whole name;
/// `log.` ends where a word ends, so that it is not in `LoginPages`.
pub(super) fn has_word(name: &str, word: &str) -> bool {
    if let Some(whole) = word.strip_prefix('=') {
        return name.eq_ignore_ascii_case(whole);
    }
    let (word, is_whole_word) = match word.strip_suffix('.') {
        Some(word) => (word, true),
        None => (word, false),
    };
    let bytes = name.as_bytes();
    (0..bytes.len()).any(|at| {
        let is_start = at == 0
            || bytes.get(at).is_some_and(u8::is_ascii_uppercase)
            || bytes
                .get(at - 1)
                .is_some_and(|byte| !byte.is_ascii_alphabetic());
        let end = at + word.len();
        let is_end = || bytes.get(end).is_none_or(|byte| !byte.is_ascii_lowercase());
        is_start
            && bytes
                .get(at..end)
                .is_some_and(|part| part.eq_ignore_ascii_case(word.as_bytes()))
            && (!is_whole_word || is_end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_where_names_have_a_capital() {
        for (name, word) in [
            ("SSEKMSKeyId", "kms"),
            ("KmsMasterKeyId", "masterkey"),
            ("DefinitionS3Location", "s3"),
            ("DefinitionS3Location", "location"),
            ("kmsKeyId", "kms"),
            ("LogConfig", "log."),
            ("Log", "log."),
            ("VPCSecurityGroups", "securitygroup"),
            ("Code", "=code"),
            ("tls_vpc", "vpc"),
        ] {
            assert!(has_word(name, word), "{word} in {name}");
        }
        for (name, word) in [
            ("CatalogId", "log"),
            ("AllocationId", "location"),
            ("KnowledgeBase", "edge"),
            ("LoginPages", "log."),
            ("CodeSigningConfigArn", "=code"),
            ("", "log"),
            ("Vp", "vpc"),
        ] {
            assert!(!has_word(name, word), "{word} in {name}");
        }
    }
}

//! JSON texts, with places.
//!
//! In: a text that begins with a brace or bracket. Out: its value, and where the keys of its first
//! two levels are written. Refuses what is not JSON, and nesting beyond what the crate reads.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::diagnostic::Diagnostic;
use crate::infer::read::parsed::{ParsedText, Places, long_forms, repeated_key};
use crate::infer::rules::INVALID_JSON;
use crate::source::{FileId, Span};
use crate::yaml::parse::RepeatedKey;
use crate::yaml::rules::NESTED_TOO_DEEP;

/// Reads `text`, the content of `file`.
///
/// # Errors
///
/// `invalid-json`, `nested-too-deep`.
pub(super) fn parsed(file: FileId, text: &str) -> Result<ParsedText, Diagnostic> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let refused = |error| invalid(file, text, body, &error);
    let mut value: Json = serde_json::from_str(body).map_err(refused)?;
    long_forms(&mut value);
    let mut reader = PlaceReader {
        file,
        text,
        places: Places::default(),
        warnings: Vec::new(),
    };
    reader.sections(body);
    Ok(ParsedText {
        value,
        places: reader.places,
        warnings: reader.warnings,
    })
}

/// The fields of an object, in the order of the text, with duplicates and unread values.
struct RawObject<'text>(Vec<(String, &'text RawValue)>);

impl<'de> Deserialize<'de> for RawObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RawObjectVisitor)
    }
}

struct RawObjectVisitor;

impl<'de> Visitor<'de> for RawObjectVisitor {
    type Value = RawObject<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(RawObject(fields))
    }
}

/// Finds where keys are written.
struct PlaceReader<'text> {
    file: FileId,
    text: &'text str,
    places: Places,
    warnings: Vec<Diagnostic>,
}

impl<'text> PlaceReader<'text> {
    fn sections(&mut self, body: &'text str) {
        for (section, value, span) in self.fields(body) {
            for (key, _, span) in self.fields(value) {
                self.places.put_key(&section, &key, span);
            }
            self.places.put_section(&section, span);
        }
    }

    /// The fields of the object that `text`, a part of the whole, holds; none if it is another value.
    fn fields(&mut self, text: &'text str) -> Vec<(String, &'text str, Span)> {
        let Ok(RawObject(raw)) = serde_json::from_str(text) else {
            return Vec::new();
        };
        let mut fields: Vec<(String, &'text str, Span)> = Vec::with_capacity(raw.len());
        let mut known = std::collections::HashMap::with_capacity(raw.len());
        for (key, value) in raw {
            let span = self.key_before(value.get());
            if let Some(first) = known.insert(key.clone(), span) {
                self.warnings.push(repeated_key(&RepeatedKey {
                    key: key.clone(),
                    first,
                    again: span,
                }));
            }
            fields.push((key, value.get(), span));
        }
        fields
    }

    /// Where the key of `value`, a part of the text, is written.
    fn key_before(&self, value: &str) -> Span {
        let at = value.as_ptr().addr() - self.text.as_ptr().addr();
        let before = self.text.get(..at).unwrap_or_default();
        let key = before.trim_end_matches([' ', '\t', '\r', '\n', ':']);
        let end = key.len();
        let start = key.strip_suffix('"').and_then(|key| key.rfind('"'));
        Span::new(self.file, start.unwrap_or(end), end)
    }
}

fn invalid(file: FileId, text: &str, body: &str, error: &serde_json::Error) -> Diagnostic {
    let lines = body
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1));
    let line_start: usize = lines.map(str::len).sum();
    let at = line_start + error.column().saturating_sub(1) + (text.len() - body.len());
    let span = Span::new(file, at.min(text.len()), at.min(text.len()));
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    if message == "recursion limit exceeded" {
        return Diagnostic::new(
            &NESTED_TOO_DEEP,
            span,
            "values are nested more than 127 deep",
        )
        .help("make it flatter; no template needs this");
    }
    if error.classify() == Category::Eof {
        return Diagnostic::new(&INVALID_JSON, span, "invalid JSON: the text ends too early")
            .label("more is expected here")
            .help("write the file again: what created it was probably interrupted");
    }
    Diagnostic::new(&INVALID_JSON, span, format!("invalid JSON: {message}"))
        .help("correct the JSON; nothing after this place was read")
}

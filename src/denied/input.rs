//! The parts of a log: JSON, JSON lines, and text.
//!
//! In: the bytes of a log. Out: a [`DeniedLog`]. Refuses empty logs, and what is no text.

use serde_json::Value;

use crate::denied::found::FoundDenials;
use crate::denied::json;
use crate::denied::messages::{MessageContext, scan};
use crate::denied::model::DeniedLog;

/// Why there is nothing to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotALog {
    /// It has no text.
    Empty,
    /// It is not text.
    Binary,
}

/// What the bytes of a log say.
///
/// # Errors
///
/// Why they are not a log.
pub fn read(bytes: &[u8]) -> Result<DeniedLog, NotALog> {
    let text = text(bytes)?;
    if text.trim().is_empty() {
        return Err(NotALog::Empty);
    }
    let mut found = FoundDenials::default();
    // Each attempt to read JSON costs at most its length.
    let mut budget = text.len().saturating_mul(4);
    let mut words = String::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = match rest.find('\n') {
            Some(end) => rest.split_at(end + 1),
            None => (rest, ""),
        };
        let begins = line.trim_start();
        let skipped = line.len() - begins.len();
        if begins.starts_with(['{', '[']) {
            let from = rest.get(skipped..).unwrap_or_default();
            if let Some((value, end)) = value_at(from, &mut budget) {
                flush(&mut words, &mut found);
                json::read(&value, &mut found);
                rest = from.get(end..).unwrap_or_default();
                continue;
            }
        }
        words.push_str(line);
        rest = after;
    }
    flush(&mut words, &mut found);
    Ok(found.finish())
}

fn flush(words: &mut String, found: &mut FoundDenials) {
    if !words.trim().is_empty() {
        scan(words, &MessageContext::default(), found);
    }
    words.clear();
}

/// The JSON that a text begins with, and where it ends.
fn value_at(text: &str, budget: &mut usize) -> Option<(Value, usize)> {
    if *budget == 0 {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next();
    match value {
        Some(Ok(value)) if value.is_object() || value.is_array() => {
            // `[error] ...` and `[1]` are words.
            let is_words = value
                .as_array()
                .is_some_and(|items| items.iter().all(Value::is_number));
            (!is_words).then(|| (value, values.byte_offset()))
        }
        Some(Err(error)) => {
            // A line and a column: the length of the lines before is at most the text's.
            let read = if error.is_eof() || error.line() > 1 {
                text.len()
            } else {
                error.column()
            };
            *budget = budget.saturating_sub(read.max(1));
            None
        }
        _ => None,
    }
}

/// The text of bytes in UTF-8 or UTF-16, which `PowerShell` writes.
fn text(bytes: &[u8]) -> Result<String, NotALog> {
    let wide = match bytes {
        [0xff, 0xfe, rest @ ..] => Some((rest, u16::from_le_bytes as fn([u8; 2]) -> u16)),
        [0xfe, 0xff, rest @ ..] => Some((rest, u16::from_be_bytes as fn([u8; 2]) -> u16)),
        // Without a mark: every other byte of Latin letters is zero.
        [_, 0, _, 0, ..] => Some((bytes, u16::from_le_bytes as fn([u8; 2]) -> u16)),
        [0, _, 0, _, ..] => Some((bytes, u16::from_be_bytes as fn([u8; 2]) -> u16)),
        _ => None,
    };
    let text = match wide {
        Some((bytes, unit)) => {
            let units = bytes
                .chunks_exact(2)
                .filter_map(|pair| Some(unit(pair.try_into().ok()?)));
            char::decode_utf16(units)
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        None => String::from_utf8_lossy(bytes).into_owned(),
    };
    if text.contains('\0') {
        return Err(NotALog::Binary);
    }
    Ok(text)
}

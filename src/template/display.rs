//! Data to one line of text, in the short form that templates are written in.
//!
//! In: data. Out: text such as `!Sub ${A}/x`, `[a, b]` or `{k: v}`. Nothing is refused.
//!
//! The hard thing: it is read, not parsed, so text is quoted only where it would look like
//! something that it differs from, as `'3600'` does.

use std::fmt::Write as _;

use crate::template::value::Data;

/// `data` on one line.
pub(crate) fn shown(data: &Data) -> String {
    let mut out = String::new();
    write(data, &mut out);
    out
}

fn write(data: &Data, out: &mut String) {
    match data {
        Data::Null => out.push_str("null"),
        Data::Bool(flag) => {
            let _ = write!(out, "{flag}");
        }
        Data::Number(number) => out.push_str(number),
        Data::Text(text) => write_text(text, out),
        Data::Action(action) => write_text(&action.0, out),
        Data::List(items) => write_list(items, out),
        Data::Unordered(items) => write_list(&items.0, out),
        Data::Map(entries) => match entries.as_slice() {
            [(key, value)] if data.is_intrinsic() => write_function(key, value, out),
            entries => write_entries(entries, out),
        },
    }
}

fn write_text(text: &str, out: &mut String) {
    let looks_other = text.is_empty()
        || matches!(text, "null" | "true" | "false")
        || text.parse::<f64>().is_ok_and(f64::is_finite);
    if looks_other {
        let _ = write!(out, "'{text}'");
    } else {
        out.push_str(text);
    }
}

fn write_list(items: &[Data], out: &mut String) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        write(item, out);
    }
    out.push(']');
}

fn write_entries(entries: &[(String, Data)], out: &mut String) {
    out.push('{');
    for (index, (key, value)) in entries.iter().enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        out.push_str(key);
        out.push_str(": ");
        write(value, out);
    }
    out.push('}');
}

fn write_function(key: &str, value: &Data, out: &mut String) {
    let name = key.strip_prefix("Fn::").unwrap_or(key);
    let mark = if name.starts_with('!') { "" } else { "!" };
    let _ = write!(out, "{mark}{name} ");
    match value {
        Data::List(items) if name == "GetAtt" && items.iter().all(|item| item.text().is_some()) => {
            let parts: Vec<&str> = items.iter().filter_map(Data::text).collect();
            out.push_str(&parts.join("."));
        }
        other => write(other, out),
    }
}

/// Whether the key of a condition, or a part of it, is in the text.
pub(crate) fn has_key(text: &str, key: &str) -> bool {
    let (text, key) = (text.as_bytes(), key.as_bytes());
    // A slash is rarer than any letter.
    let anchor = key.iter().position(|byte| *byte == b'/').unwrap_or(0);
    let byte = key.get(anchor).copied().unwrap_or_default();
    let (small, capital) = (byte.to_ascii_lowercase(), byte.to_ascii_uppercase());
    memchr::memchr2_iter(small, capital, text).any(|at| {
        let start = at.checked_sub(anchor);
        let own = start.and_then(|start| text.get(start..start + key.len()));
        own.is_some_and(|own| own.eq_ignore_ascii_case(key))
    })
}

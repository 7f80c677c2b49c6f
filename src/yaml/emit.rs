//! Values to YAML text that every reader reads alike.
//!
//! In: a value, tags included. Out: YAML text in block or flow style. Text is quoted wherever
//! js-yaml (YAML 1.2), `PyYAML` (1.1), or `serde_yaml` might read it as something else: dates,
//! numbers, `yes`, `12:30`. Text that OrgFormation's nunjucks or its textual `!Include` would
//! touch is written with escapes, so that they do not find it.
//!
//! The hard thing is what is *not* here: no block scalars (they can swallow the lines that
//! follow) and no line breaks inside of a scalar, so that one line of text is one line of YAML.

use std::fmt::Write as _;

use serde_yaml::Value;

use crate::yaml::lookup::INCLUDE;
use crate::yaml::nunjucks::has_mark;

/// Words that some reader reads as a boolean, null or number.
const WORDS: &[&str] = &[
    "true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf", "none",
];

/// `text` as a YAML scalar: plain if that is safe, else in single quotes, else in double
/// quotes with escapes.
pub fn scalar(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_scalar(text, &mut out);
    out
}

fn write_scalar(text: &str, out: &mut String) {
    if is_plain(text) {
        out.push_str(text);
    } else {
        write_quoted(text, out);
    }
}

fn write_quoted(text: &str, out: &mut String) {
    if is_touched(text) || !text.chars().all(is_printable) {
        double_quoted(text, out);
        return;
    }
    out.push('\'');
    for (at, part) in text.split('\'').enumerate() {
        if at > 0 {
            out.push_str("''");
        }
        out.push_str(part);
    }
    out.push('\'');
}

/// Whether `text` is a plain scalar: for every reader, text.
pub fn is_plain(text: &str) -> bool {
    let first = text
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'/');
    let is_usual = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'-' | b'.' | b'/' | b':' | b'*' | b'@' | b'+')
    };
    first
        && text.len() <= 1000
        && text.bytes().all(is_usual)
        && !text.ends_with(':')
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Characters that every reader keeps as they are inside of quotes.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~') || (!c.is_ascii() && c.is_alphanumeric())
}

/// Whether OrgFormation's nunjucks (`{{`, `{%`, `{#`) or its textual `!Include` would find
/// something in `text` (`src/yaml-cfn/nunjucks-parse-includes.ts`, `yaml-parse-includes.ts`).
fn is_touched(text: &str) -> bool {
    // Nearly all text has none of these; to look for one character costs little.
    if !text.contains(['{', '}', '!']) {
        return false;
    }
    has_mark(text) || text.contains(INCLUDE)
}

/// Whether `text` is the same in each form: between quotes, if they are needed, there is nothing but its
/// own characters.
pub fn is_verbatim(text: &str) -> bool {
    let is_usual = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\'' | b'\\');
    text.bytes().all(is_usual) && !is_touched(text)
}

fn double_quoted(text: &str, out: &mut String) {
    let touched = is_touched(text);
    let is_usual = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    out.push('"');
    if !touched && text.bytes().all(is_usual) {
        out.push_str(text);
        out.push('"');
        return;
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '{' | '}' | '!' if touched => {
                let _ = write!(out, "\\x{:02X}", u32::from(c));
            }
            c if is_printable(c) => out.push(c),
            c if u32::from(c) <= 0xff => {
                let _ = write!(out, "\\x{:02X}", u32::from(c));
            }
            c if u32::from(c) <= 0xffff => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
        }
    }
    out.push('"');
}

/// Writes a scalar value (null, boolean, number or text) as YAML.
fn write_leaf(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Value::String(text) => write_scalar(text, out),
        _ => {}
    }
}

/// Writes a mapping key.
fn write_key(key: &Value, out: &mut String) {
    match key {
        Value::String(text) => write_scalar(text, out),
        other => write_flow(other, out),
    }
}

/// `value` on one line, in flow style.
pub fn flow(value: &Value) -> String {
    let mut out = String::new();
    write_flow(value, &mut out);
    out
}

fn write_flow(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => double_quoted(text, out),
        Value::Sequence(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_flow(item, out);
            }
            out.push(']');
        }
        Value::Mapping(entries) => {
            out.push('{');
            for (index, (key, item)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_flow(key, out);
                out.push_str(": ");
                write_flow(item, out);
            }
            out.push('}');
        }
        Value::Tagged(tagged) => {
            let _ = write!(out, "{} ", tagged.tag);
            write_flow(&tagged.value, out);
        }
        other => write_leaf(other, out),
    }
}

/// The entries of `mapping` in block style, each line indented by `indent` spaces and ended by a
/// line feed.
pub fn block(mapping: &serde_yaml::Mapping, indent: usize) -> String {
    let mut out = String::new();
    write_mapping(mapping, indent, &mut out);
    out
}

fn pad(indent: usize, out: &mut String) {
    const SPACES: &str = "                                ";
    match SPACES.get(..indent) {
        Some(spaces) => out.push_str(spaces),
        None => out.extend(std::iter::repeat_n(' ', indent)),
    }
}

fn write_mapping(mapping: &serde_yaml::Mapping, indent: usize, out: &mut String) {
    for (key, value) in mapping {
        pad(indent, out);
        write_entry(key, value, indent, out);
    }
}

fn write_entry(key: &Value, value: &Value, indent: usize, out: &mut String) {
    write_key(key, out);
    out.push(':');
    write_value(value, indent, out);
}

/// Writes what follows `key:` or a tag, the line break included.
fn write_value(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Sequence(items) if items.is_empty() => out.push_str(" []\n"),
        Value::Mapping(entries) if entries.is_empty() => out.push_str(" {}\n"),
        Value::Sequence(items) => {
            out.push('\n');
            write_sequence(items, indent + 2, out);
        }
        Value::Mapping(entries) => {
            out.push('\n');
            write_mapping(entries, indent + 2, out);
        }
        Value::Tagged(tagged) => {
            let _ = write!(out, " {}", tagged.tag);
            match &tagged.value {
                // A tagged collection may hold anything; one line keeps it readable and safe.
                Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => {
                    out.push(' ');
                    write_flow(&tagged.value, out);
                    out.push('\n');
                }
                Value::String(text) if tagged.tag == "!Sub" => {
                    out.push(' ');
                    // Always quoted, as OrgFormation users write it.
                    write_quoted(text, out);
                    out.push('\n');
                }
                other => {
                    out.push(' ');
                    write_leaf(other, out);
                    out.push('\n');
                }
            }
        }
        other => {
            out.push(' ');
            write_leaf(other, out);
            out.push('\n');
        }
    }
}

fn write_sequence(items: &[Value], indent: usize, out: &mut String) {
    for item in items {
        pad(indent, out);
        out.push('-');
        match item {
            Value::Mapping(entries) if !entries.is_empty() => {
                out.push(' ');
                for (at, (key, value)) in entries.iter().enumerate() {
                    // The first key is on the line of the dash.
                    if at > 0 {
                        pad(indent + 2, out);
                    }
                    write_entry(key, value, indent + 2, out);
                }
            }
            Value::Sequence(inner) if !inner.is_empty() => {
                out.push(' ');
                write_flow(item, out);
                out.push('\n');
            }
            other => write_value(other, indent, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_a_reader_would_take_for_something_else() {
        for text in [
            "yes",
            "No",
            "on",
            "y",
            "true",
            "null",
            "~",
            "",
            "2012-10-17",
            "012345678901",
            "1e3",
            ".5",
            "0x1F",
            "12:30:45",
            "=",
            "<<",
            "*",
            "a: b",
            "a #b",
            "a:",
            "- a",
            "[a]",
            "{a}",
            "&a",
            "!a",
            "|",
            ">",
            "%a",
            "@a",
            "`a",
            "'a'",
            " a",
            "a ",
            "?",
            "-",
        ] {
            let quoted = scalar(text);
            assert!(
                quoted.starts_with('\'') || quoted.starts_with('"'),
                "{text} -> {quoted}"
            );
            assert_eq!(
                serde_yaml::from_str::<Value>(&quoted).unwrap(),
                Value::String(text.to_owned())
            );
        }
    }

    #[test]
    fn leaves_names_plain() {
        for text in [
            "AWS::IAM::Role",
            "iam:PassRole",
            "lambda:Get*",
            "eu-west-1",
            "/managed/",
            "sts:AssumeRole",
            "slslaunchpad-DeployerRole",
        ] {
            assert_eq!(scalar(text), text);
        }
    }

    #[test]
    fn hides_text_from_nunjucks_and_include() {
        for text in [
            "{{ x }}",
            "{% if %}",
            "{# no #}",
            "a !Include b",
            "}} x",
            "{{resolve:ssm:/x}}",
        ] {
            let quoted = scalar(text);
            for mark in ["{{", "{%", "{#", "}}", "%}", "#}", "!Include"] {
                assert!(!quoted.contains(mark), "{quoted}");
            }
            assert_eq!(
                serde_yaml::from_str::<Value>(&quoted).unwrap(),
                Value::String(text.to_owned())
            );
        }
    }

    #[test]
    fn one_line_for_any_text() {
        for text in [
            "a\nb",
            "a\r\nb: c",
            "\u{85}",
            "\u{2028}",
            "\u{feff}x",
            "\u{202e}abc",
            "\0",
            "\u{1F600}",
            "tab\tbed",
        ] {
            let quoted = scalar(text);
            assert!(quoted.chars().all(is_printable), "{quoted}");
            assert_eq!(
                serde_yaml::from_str::<Value>(&quoted).unwrap(),
                Value::String(text.to_owned())
            );
        }
    }

    #[test]
    fn block_text_reads_back() {
        let text = "a:\n  - b: 1\n    c: [x, {y: z}]\n  - !Sub '${A}'\n  - []\n  - [1, [2]]\n  - - q\nd: !GetAtt A.B\ne: {}\nf: !Join ['', [a, !Ref B]]\ng: null\nh: 'yes'\ni: true\n";
        let value: Value = serde_yaml::from_str(text).unwrap();
        let Value::Mapping(mapping) = &value else {
            panic!()
        };
        let written = block(mapping, 0);
        assert_eq!(
            serde_yaml::from_str::<Value>(&written).unwrap(),
            value,
            "{written}"
        );
        assert_eq!(serde_yaml::from_str::<Value>(&flow(&value)).unwrap(), value);
    }
}

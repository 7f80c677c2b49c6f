//! How long a policy document is once its intrinsic functions are resolved.
//!
//! In: a value and a region. Out: its characters as IAM counts them, or its bytes as
//! CloudFormation does. IAM does not count white space, so a document is measured as minified JSON.
//! Pseudo parameters and accounts are resolved first: an account id has twelve digits, and the
//! partition follows from the region. Refuses nothing.

use serde_yaml::value::Tag;
use serde_yaml::{Mapping, Value};

use crate::aws::partitions::{Region, partition};
use crate::template::substitution::{SubstitutionPart, parts};

/// What pseudo parameters will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    partition: usize,
    region: usize,
}

impl Resolution {
    /// The resolution in the stack of `region`.
    pub fn new(region: &Region) -> Self {
        Self {
            partition: partition(&region.0).len(),
            region: region.0.len(),
        }
    }

    /// The characters of `value` as minified JSON, resolved. Intrinsic functions whose value
    /// cannot be known count as if they were empty.
    pub fn size(self, value: &Value) -> usize {
        match value {
            Value::Null => 4,
            Value::Bool(flag) => flag.to_string().len(),
            Value::Number(number) => number.to_string().len(),
            Value::String(text) => json_length(text, characters(text)),
            Value::Sequence(items) => {
                2 + separators(items.len())
                    + items.iter().map(|item| self.size(item)).sum::<usize>()
            }
            Value::Mapping(entries) => self.document_size(entries),
            Value::Tagged(tagged) => match &tagged.value {
                Value::String(text) if tagged.tag == "!Sub" => {
                    json_length(text, self.substituted(text))
                }
                Value::String(text) if tagged.tag == "!Ref" => 2 + self.variable(text),
                Value::Sequence(items) if tagged.tag == "!Sub" => self.substituted_list(items),
                Value::Sequence(items) if tagged.tag == "!Join" => self.joined(items),
                _ => 2,
            },
        }
    }

    /// The same of a mapping, as a policy document is one.
    pub fn document_size(self, entries: &Mapping) -> usize {
        2 + separators(entries.len())
            + entries
                .iter()
                .map(|(key, item)| self.size(key) + 1 + self.size(item))
                .sum::<usize>()
    }

    /// The size of `!Sub [text, {name: value}]`.
    fn substituted_list(self, items: &[Value]) -> usize {
        let [Value::String(text), Value::Mapping(values)] = items else {
            return 2;
        };
        let mut length = json_length(text, self.substituted(text));
        for (name, value) in values {
            let variable = SubstitutionPart::Variable(name.as_str().unwrap_or_default());
            let uses = parts(text).filter(|part| *part == variable).count();
            // The name was counted as an account's twelve digits.
            length = (length + uses * self.content(value)).saturating_sub(uses * 12);
        }
        length
    }

    /// The size of `!Join [separator, [values]]`.
    fn joined(self, items: &[Value]) -> usize {
        let [Value::String(separator), Value::Sequence(values)] = items else {
            return 2;
        };
        let between = separators(values.len()) * separator.chars().count();
        2 + between
            + values
                .iter()
                .map(|value| self.content(value))
                .sum::<usize>()
    }

    /// The size of a text without its quotes.
    fn content(self, value: &Value) -> usize {
        self.size(value).saturating_sub(2)
    }

    /// The characters of `text` after substitution of its `${...}`.
    fn substituted(self, text: &str) -> usize {
        let length = |part: SubstitutionPart<'_>| match (part, part.literal()) {
            (_, Some(literal)) => characters(literal) + 3,
            (SubstitutionPart::Text(text) | SubstitutionPart::Unclosed(text), None) => {
                characters(text)
            }
            (SubstitutionPart::Variable(name), None) => self.variable(name.trim()),
        };
        parts(text).map(length).sum()
    }

    fn variable(self, name: &str) -> usize {
        match name {
            "AWS::Partition" => self.partition,
            "AWS::Region" => self.region,
            // Twelve digits: the account, or a logical id of one.
            _ if name == "AWS::AccountId" || !name.contains(['.', ':']) => 12,
            _ => 0,
        }
    }
}

/// The bytes of `value` as JSON with an indentation of two at `depth`, as OrgFormation writes a
/// template (`src/cfn-binder/cfn-template.ts`, `createTemplateBody`).
pub fn pretty_size(value: &Value, depth: usize) -> usize {
    match value {
        Value::Sequence(items) => {
            lines(items.len(), depth)
                + items
                    .iter()
                    .map(|item| pretty_size(item, depth + 1))
                    .sum::<usize>()
        }
        Value::Mapping(entries) => pretty_mapping_size(entries, depth),
        // `{ "Fn::Sub": ... }` on three lines.
        Value::Tagged(tagged) => {
            lines(1, depth) + tag_length(&tagged.tag) + 8 + pretty_size(&tagged.value, depth + 1)
        }
        Value::String(text) => json_length(text, text.len()),
        Value::Null => 4,
        Value::Bool(flag) => flag.to_string().len(),
        Value::Number(number) => number.to_string().len(),
    }
}

/// The characters of a tag with its mark.
fn tag_length(tag: &Tag) -> usize {
    let mut usual = ["!Sub", "!Ref"].into_iter();
    let usual = usual.find(|usual| tag == usual);
    usual.map_or_else(|| tag.to_string().len(), str::len)
}

/// The same of a mapping.
pub fn pretty_mapping_size(entries: &Mapping, depth: usize) -> usize {
    let entry = |(key, item)| pretty_size(key, 0) + 2 + pretty_size(item, depth + 1);
    lines(entries.len(), depth) + entries.iter().map(entry).sum::<usize>()
}

/// The brackets around `count` entries, and what is around each: its line, and a comma.
fn lines(count: usize, depth: usize) -> usize {
    if count == 0 {
        2
    } else {
        2 + count * (2 * (depth + 1) + 2) + 2 * depth
    }
}

fn separators(items: usize) -> usize {
    items.saturating_sub(1)
}

/// The length of a JSON string whose content has `length` characters and the escapes of `text`;
/// white space inside of it is not counted by IAM either, but to count it is safe.
fn json_length(text: &str, length: usize) -> usize {
    2 + length + escapes(text)
}

/// The characters of `text`.
fn characters(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.chars().count()
    }
}

/// How many characters of `text` have an escape in JSON.
fn escapes(text: &str) -> usize {
    // In UTF-8, these bytes are nothing else.
    let escaped = |byte: &u8| matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | b'\t');
    let words = text.as_bytes().chunks(8);
    let of_word = |word: &[u8]| match <[u8; 8]>::try_from(word) {
        Ok(bytes) if is_unescaped(u64::from_le_bytes(bytes)) => 0,
        _ => word.iter().filter(|byte| escaped(byte)).count(),
    };
    words.map(of_word).sum()
}

/// Whether none of eight bytes is a quote, a backslash, or below a space: nearly all texts have none.
fn is_unescaped(word: u64) -> bool {
    const EACH: u64 = u64::MAX / 255;
    // The highest bit of a byte is set in the result if the byte is below `limit`, at most 128.
    let below = |word: u64, limit: u8| word.wrapping_sub(EACH * u64::from(limit)) & !word;
    let is = |byte: u8| below(word ^ (EACH * u64::from(byte)), 1);
    (below(word, b' ') | is(b'"') | is(b'\\')) & (EACH * 128) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(yaml: &str) -> usize {
        Resolution::new(&Region("eu-west-1".to_owned())).size(&serde_yaml::from_str(yaml).unwrap())
    }

    #[test]
    fn counts_every_escape() {
        let escaped = ['"', '\\', '\n', '\r', '\t'];
        let others = [
            'a', ' ', '!', '#', '[', ']', '\u{1}', '\u{1f}', '\u{7f}', 'é', '\u{222}', '漢',
        ];
        for one in escaped.into_iter().chain(others) {
            for other in escaped.into_iter().chain(others) {
                for at in 0..20 {
                    let mut text = ['x'; 20];
                    text[at] = one;
                    text[19 - at] = other;
                    let wanted = text.iter().filter(|c| escaped.contains(c)).count();
                    let text: String = text.iter().collect();
                    assert_eq!(escapes(&text), wanted, "{text:?}");
                    assert_eq!(characters(&text), 20);
                }
            }
        }
    }

    #[test]
    fn counts_minified_json() {
        let json = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B","c:D"],"Resource":"*"}]}"#;
        assert_eq!(size(json), json.len());
    }

    #[test]
    fn resolves_pseudo_parameters_and_accounts() {
        assert_eq!(
            size("!Sub 'arn:${AWS::Partition}:x:${AWS::Region}:${AWS::AccountId}:y'"),
            "'arn:aws:x:eu-west-1:123456789012:y'".len()
        );
        assert_eq!(
            size("!Sub '${DevAccount}:${!Literal}'"),
            "'123456789012:${Literal}'".len()
        );
        assert_eq!(size("!Ref DevAccount"), 14);
        assert_eq!(
            size("!Sub ['a:${x}:${x}:${Dev}', {x: bcd}]"),
            "'a:bcd:bcd:123456789012'".len()
        );
        assert_eq!(
            size("!Join [':', [a, !Ref Dev, 'b']]"),
            "'a:123456789012:b'".len()
        );
    }
}

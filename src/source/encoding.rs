//! Texts that are not UTF-8, as far as they can be shown.
//!
//! In: the bytes of a file. Out: what is wrong with them, and the text up to the end of that line.
//! Refuses nothing.

/// The beginning of a text that is not UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OtherText {
    /// The text up to the end of the line. What cannot be shown is U+FFFD.
    pub(super) text: String,
    /// Where in it the first byte is that is not UTF-8.
    pub(super) at: usize,
}

/// How two bytes are one unit of UTF-16.
type Utf16Unit = fn([u8; 2]) -> u16;

/// The byte order marks of UTF-16, each with how two bytes are one unit. `>` in Windows `PowerShell`
/// writes the first.
const UTF_16: [([u8; 2], Utf16Unit); 2] = [
    ([0xff, 0xfe], u16::from_le_bytes),
    ([0xfe, 0xff], u16::from_be_bytes),
];

/// What is wrong with `bytes`, which are not UTF-8 at the byte `at`, and what can be shown of them.
pub(super) fn other_text(bytes: &[u8], at: usize) -> (String, OtherText) {
    for (mark, unit) in UTF_16 {
        let Some(rest) = bytes.strip_prefix(&mark) else {
            continue;
        };
        let units = rest.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
        let line = units.take_while(|unit| *unit != u16::from(b'\n'));
        let line = char::decode_utf16(line);
        let line = line.map(|found| found.unwrap_or(char::REPLACEMENT_CHARACTER));
        let text = line.collect();
        return (
            "it is UTF-16, not UTF-8".to_owned(),
            OtherText { text, at: 0 },
        );
    }
    let (before, after) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
    let line = after.split(|byte| *byte == b'\n').next();
    let mut text = String::from_utf8_lossy(before).into_owned();
    let place = text.len();
    text.push_str(&String::from_utf8_lossy(line.unwrap_or_default()));
    let reason = format!("byte {at} is not UTF-8");
    (reason, OtherText { text, at: place })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8], at: usize) -> (String, String, usize) {
        let (reason, other) = other_text(bytes, at);
        (reason, other.text, other.at)
    }

    #[test]
    fn both_orders_of_utf_16_are_known_and_shown() {
        let text = "Größe: 1\nA: \u{1f600}\n";
        let units = || text.encode_utf16();
        let little = [
            vec![0xff, 0xfe],
            units().flat_map(u16::to_le_bytes).collect(),
        ]
        .concat();
        let big = [
            vec![0xfe, 0xff],
            units().flat_map(u16::to_be_bytes).collect(),
        ]
        .concat();
        for bytes in [little, big] {
            let (reason, line, at) = shown(&bytes, 0);
            assert_eq!(reason, "it is UTF-16, not UTF-8");
            assert_eq!((line.as_str(), at), ("Größe: 1", 0));
        }
        // Half a unit, and half a pair.
        assert_eq!(shown(&[0xff, 0xfe, b'A'], 0).1, "");
        assert_eq!(shown(&[0xff, 0xfe, 0, 0xd8], 0).1, "\u{fffd}");
    }

    #[test]
    fn other_bytes_are_shown_with_what_is_before_them() {
        let (reason, text, at) = shown(b"A: 1\nB: caf\xe9 x\nC: 2\n", 11);
        assert_eq!(reason, "byte 11 is not UTF-8");
        assert_eq!((text.as_str(), at), ("A: 1\nB: caf\u{fffd} x", 11));
    }
}

//! Halves of characters in messages.
//!
//! In: JSON that may have an escape of half a surrogate pair, such as an editor sends that cut a text there. Out:
//! the same with a replacement character in its place, which is as long for clients that count in UTF-16.
//! Refuses nothing: what else is wrong with the JSON stays.

/// What takes the place of a half.
const REPLACEMENT: &[u8] = b"\\ufffd";

/// Half of a pair of UTF-16.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SurrogateHalf {
    First,
    Second,
}

/// The JSON in `bytes` without lone halves; `None` if it has none.
pub(super) fn without_lone_halves(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut found = Vec::with_capacity(bytes.len());
    let mut has_changed = false;
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let escape = rest.get(..6).and_then(half);
        let next = rest.get(6..12).and_then(half);
        let taken = match (escape, next) {
            (Some(SurrogateHalf::First), Some(SurrogateHalf::Second)) => 12,
            (Some(_), _) => {
                has_changed = true;
                found.extend_from_slice(REPLACEMENT);
                rest = rest.get(6..).unwrap_or_default();
                continue;
            }
            // What an escape escapes begins none.
            (None, _) if *first == b'\\' => 2.min(rest.len()),
            (None, _) => {
                found.push(*first);
                rest = after;
                continue;
            }
        };
        found.extend_from_slice(rest.get(..taken).unwrap_or_default());
        rest = rest.get(taken..).unwrap_or_default();
    }
    has_changed.then_some(found)
}

/// Which half the escape `\uXXXX` is.
fn half(escape: &[u8]) -> Option<SurrogateHalf> {
    let digits = escape.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok()?;
    match u32::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(SurrogateHalf::First),
        0xdc00..=0xdfff => Some(SurrogateHalf::Second),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::without_lone_halves;

    #[test]
    fn halves_are_replaced_and_pairs_stay() {
        for (text, wanted) in [
            (r#""\ud834""#, Some(r#""\ufffd""#)),
            (r#""a\uDD1Eb""#, Some(r#""a\ufffdb""#)),
            (r#""\ud834\ud834\udd1e""#, Some(r#""\ufffd\ud834\udd1e""#)),
            (r#""\udd1e\ud834""#, Some(r#""\ufffd\ufffd""#)),
            (r#""\ud834\n""#, Some(r#""\ufffd\n""#)),
            (r#""\ud834\udd1e""#, None),
            // A backslash, and then letters.
            (r#""\\ud834""#, None),
            (r#""\\\ud834""#, Some(r#""\\\ufffd""#)),
            (r#""\u+834\uD83""#, None),
            ("\"\\", None),
        ] {
            let found = without_lone_halves(text.as_bytes());
            assert_eq!(found.as_deref(), wanted.map(str::as_bytes), "{text}");
        }
    }
}

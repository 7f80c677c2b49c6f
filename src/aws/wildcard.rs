//! Patterns with `*` and `?`, as AWS reads them in policies.
//!
//! In: a pattern and a text. Out: whether the pattern matches the whole text. Refuses nothing.

/// Whether `text` is a pattern.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Whether `pattern` matches `text` as IAM's `StringLike` does: `*` is any run of characters and
/// `?` is any one.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let accepts = |own: &char, c: &char| *own == '?' || own == c;
    matches_by(&pattern, &text, |own| *own == '*', accepts)
}

/// Whether `pattern` matches `text`. `is_any` tells which symbols of the pattern match any run, and
/// `accepts` whether another symbol matches this one of the text.
pub(crate) fn matches_by<P, T>(
    pattern: &[P],
    text: &[T],
    is_any: impl Fn(&P) -> bool,
    accepts: impl Fn(&P, &T) -> bool,
) -> bool {
    // Greedy: on a mismatch, the last `*` takes one more symbol.
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(symbol) = text.get(seen) {
        match pattern.get(at) {
            Some(own) if is_any(own) => {
                star = Some((at, seen));
                at += 1;
                continue;
            }
            Some(own) if accepts(own, symbol) => {
                at += 1;
                seen += 1;
                continue;
            }
            _ => {}
        }
        let Some((star_at, star_seen)) = star else {
            return false;
        };
        star = Some((star_at, star_seen + 1));
        at = star_at + 1;
        seen = star_seen + 1;
    }
    let rest = pattern.get(at..).unwrap_or_default();
    rest.iter().all(is_any)
}

/// Whether some text matches both patterns.
pub fn overlap(first: &str, second: &str) -> bool {
    let is_open = |c: u8| c == b'*' || c == b'?';
    let is_literal = |(own, other): &(u8, u8)| !is_open(*own) && !is_open(*other);
    // Most pairs of patterns differ before either has a wildcard.
    let mut literal = first.bytes().zip(second.bytes()).take_while(is_literal);
    if literal.any(|(own, other)| own != other) {
        return false;
    }
    let (first, second): (Vec<char>, Vec<char>) =
        (first.chars().collect(), second.chars().collect());
    // `row[end]`: whether some text matches the symbols of `first` so far and `second[..end]`.
    let mut row: Vec<bool> = Vec::with_capacity(second.len() + 1);
    row.push(true);
    for other in &second {
        row.push(row.last() == Some(&true) && *other == '*');
    }
    for own in &first {
        let mut next: Vec<bool> = Vec::with_capacity(row.len());
        next.push(row.first() == Some(&true) && *own == '*');
        for ((other, both), above) in second.iter().zip(&row).zip(row.iter().skip(1)) {
            let before = next.last() == Some(&true);
            next.push(match (own, other) {
                ('*', _) | (_, '*') => *above || before,
                ('?', _) | (_, '?') => *both,
                (own, other) => *both && own == other,
            });
        }
        row = next;
    }
    row.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_overlap_if_one_text_matches_both() {
        for (first, second, wanted) in [
            ("", "", true),
            ("", "*", true),
            ("", "?", false),
            ("a*", "*b", true),
            ("a*", "b*", false),
            ("queue/app-*", "queue/*", true),
            ("queue/app-*", "topic/*", false),
            ("*:role/*", "a:role/app-*", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*c", "a?", true),
            ("a*bd", "a?", false),
            ("*a*", "*b*", true),
        ] {
            assert_eq!(overlap(first, second), wanted, "{first} {second}");
            assert_eq!(overlap(second, first), wanted, "{second} {first}");
        }
    }

    #[test]
    fn patterns_match_as_in_string_like() {
        assert!(matches("repo:o/r:*", "repo:o/r:pull_request"));
        assert!(matches("a*b*c", "a-b-b-c"));
        assert!(matches("", ""));
        assert!(matches("*", ""));
        assert!(matches("a?c", "abc"));
        assert!(!matches("a?c", "ac"));
        assert!(!matches("a*b", "a-b-c"));
        assert!(!matches("repo:o/r", "repo:o/r:x"));
    }
}

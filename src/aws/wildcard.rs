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

#[cfg(test)]
mod tests {
    use super::*;

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

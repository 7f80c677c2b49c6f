//! `${...}` in texts: those of `Fn::Sub`, and IAM's policy variables.
//!
//! In: a text. Out: its parts in order. Refuses nothing.

/// How a variable begins.
pub(crate) const MARK: &str = "${";

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubstitutionPart<'a> {
    /// Text outside of `${...}`.
    Text(&'a str),
    /// The inside of a `${...}`.
    Variable(&'a str),
    /// The rest of the text from a `${` on that nothing closes.
    Unclosed(&'a str),
}

impl<'a> SubstitutionPart<'a> {
    /// What `Fn::Sub` writes as `${...}` without substituting it: the `x` of `${!x}`.
    pub(crate) fn literal(self) -> Option<&'a str> {
        match self {
            SubstitutionPart::Variable(name) => name.strip_prefix('!'),
            SubstitutionPart::Text(_) | SubstitutionPart::Unclosed(_) => None,
        }
    }
}

/// The parts of `text`, in order.
pub(crate) fn parts(text: &str) -> impl Iterator<Item = SubstitutionPart<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let part;
        if let Some(inside) = rest.strip_prefix(MARK) {
            (part, rest) = match inside.split_once('}') {
                Some((name, after)) => (SubstitutionPart::Variable(name), after),
                None => (SubstitutionPart::Unclosed(rest), ""),
            };
        } else if rest.is_empty() {
            return None;
        } else {
            let end = rest.find(MARK).unwrap_or(rest.len());
            let (before, after) = rest.split_at_checked(end)?;
            (part, rest) = (SubstitutionPart::Text(before), after);
        }
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::SubstitutionPart::{Text, Unclosed, Variable};
    use super::*;

    #[test]
    fn texts_are_cut_at_what_is_substituted() {
        for (text, wanted) in [
            ("", vec![]),
            ("a", vec![Text("a")]),
            ("${a}", vec![Variable("a")]),
            (
                "a${b}${!c}d",
                vec![Text("a"), Variable("b"), Variable("!c"), Text("d")],
            ),
            ("$${a}$", vec![Text("$"), Variable("a"), Text("$")]),
            ("a${b${c}d", vec![Text("a"), Variable("b${c"), Text("d")]),
            ("${a}b${c", vec![Variable("a"), Text("b"), Unclosed("${c")]),
            ("}${}", vec![Text("}"), Variable("")]),
        ] {
            assert_eq!(parts(text).collect::<Vec<_>>(), wanted, "{text}");
        }
        assert_eq!(Variable("!a").literal(), Some("a"));
        assert_eq!(Variable("a").literal(), None);
    }
}

//! What to type instead, as an edit.
//!
//! In: a problem. Out: the bytes to replace, and with what. Refuses problems whose help names no
//! exact text.

use std::ops::Range;

use crate::diagnostic::Diagnostic;

/// The only kind of actions that there are.
pub(super) const QUICK_FIX: &str = "quickfix";

/// What a help that offers a name begins with.
const OFFER: &str = "did you mean `";

/// What a help begins with that says what to write.
const ADVICE: &str = "write `";

/// The most characters of what is replaced as a whole.
const WHOLE_LIMIT: usize = 200;

/// An edit that solves a problem.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fix {
    /// The bytes that are replaced.
    pub(super) range: Range<usize>,
    /// What they are replaced with.
    pub(super) text: String,
}

/// The edit that the help of `problem` describes; `text` is that of its file.
pub(super) fn fix(problem: &Diagnostic, text: &str) -> Option<Fix> {
    let span = problem.primary.as_ref()?.span;
    let written = text.get(span.start..span.end)?;
    // The message names what is wrong, which may be a part of what is underlined: `!Ref` is not.
    let named = problem.message.split('`').nth(1)?;
    let offered = offered(problem.help.as_deref()?, named)?;
    let mut places = written.match_indices(named);
    if let (false, Some((at, _)), None) = (named.is_empty(), places.next(), places.next()) {
        let start = span.start + at;
        return Some(Fix {
            range: start..start + named.len(),
            text: offered.to_owned(),
        });
    }
    let is_one_word = !written.contains(char::is_whitespace) && written.len() < WHOLE_LIMIT;
    (is_one_word && !written.is_empty()).then(|| Fix {
        range: span.start..span.end,
        text: offered.to_owned(),
    })
}

/// The text that `help` offers instead of `named`.
fn offered<'help>(help: &'help str, named: &str) -> Option<&'help str> {
    if let Some((_, rest)) = help.split_once(OFFER) {
        return rest.split('`').next();
    }
    // What is to be written can be an example, unless it is the same in other letters.
    let written = help.strip_prefix(ADVICE)?.split('`').next()?;
    (written.eq_ignore_ascii_case(named) && written != named).then_some(written)
}

#[cfg(test)]
mod tests {
    use super::{Fix, fix};
    use crate::diagnostic::Diagnostic;
    use crate::source::{FileId, Span};
    use crate::yaml::rules::INVALID_VALUE;

    fn of(text: &str, message: &str, help: &str) -> Option<(String, String)> {
        let span = Span::new(FileId(0), 0, text.len());
        let problem = Diagnostic::new(&INVALID_VALUE, span, message).help(help);
        fix(&problem, text)
            .map(|Fix { range, text: new }| (text.get(range).unwrap().to_owned(), new))
    }

    #[test]
    fn the_wrong_name_is_replaced_and_nothing_else() {
        let near = of(
            "!Ref DevAcount",
            "no account `DevAcount`",
            "did you mean `DevAccount`?",
        );
        assert_eq!(near, Some(("DevAcount".into(), "DevAccount".into())));
        let whole = of(
            "Dev",
            "expected `!Ref` of an account",
            "did you mean `!Ref Dev`?",
        );
        assert_eq!(whole, Some(("Dev".into(), "!Ref Dev".into())));
        assert_eq!(of("a b", "expected `c`", "did you mean `d`?"), None);
        assert_eq!(of("a a", "no `a`", "did you mean `d`?"), None);
        assert_eq!(of("a", "no `a`", "use one of `d`"), None);
        assert_eq!(of("a", "no `a`", "write `b`"), None);
        let lower = of(
            "Ab",
            "`Ab` cannot be an AppId",
            "write `ab`; use lower case",
        );
        assert_eq!(lower, Some(("Ab".into(), "ab".into())));
    }
}

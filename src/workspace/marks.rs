//! Where a text may call functions of OrgFormation that read a file or run a command.
//!
//! In: a text. Out: [`TextMarks`]. Refuses nothing.
//!
//! Texts are long, and are searched for several characters: piece by piece, so that each piece is fetched from memory
//! once.

use crate::yaml::lookup::INCLUDE;

/// The functions that something else is put in place of: the text of a file, its digest, and the output of a
/// command. `!Include` is none: it is a tag alone.
const FUNCTIONS: [(&str, CallKind); 4] = [
    ("ReadFile", CallKind::ReadFile),
    ("MD5File", CallKind::Digest),
    ("MD5Dir", CallKind::FolderDigest),
    ("Cmd", CallKind::Command),
];
/// What is before and after the name of a function. They begin with `!` or `F`.
const FORMS: [(&str, &str); 3] = [("!<!", ">"), ("!", ""), ("Fn::", "")];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CallKind {
    Include,
    ReadFile,
    Digest,
    FolderDigest,
    Command,
}

/// Where functions may be in a text.
#[derive(Debug, Default)]
pub(crate) struct TextMarks {
    /// Where the names of functions begin.
    pub(super) words: Vec<usize>,
    pub(super) backslashes: Vec<usize>,
    pub(super) percents: Vec<usize>,
}

/// So many bytes stay in a processor's cache.
const NEAR: usize = 1 << 15;

impl TextMarks {
    /// Those of `text`.
    pub(crate) fn of(text: &str) -> Self {
        let mut marks = Self::default();
        let bytes = text.as_bytes();
        let is_word = |at: &usize| {
            // Most of them begin other tags.
            let next = bytes.get(at + 1);
            matches!(next, Some(b'I' | b'R' | b'C' | b'M' | b'<' | b'n'))
                && text.get(*at..).and_then(word).is_some()
        };
        for (at, piece) in bytes.chunks(NEAR).enumerate() {
            let at = at * NEAR;
            let words = memchr::memchr2_iter(b'!', b'F', piece).map(|own| at + own);
            marks.words.extend(words.filter(is_word));
            for own in memchr::memchr2_iter(b'\\', b'%', piece) {
                match piece.get(own) {
                    Some(b'%') => marks.percents.push(at + own),
                    _ => marks.backslashes.push(at + own),
                }
            }
        }
        marks
    }
}

/// What a text begins with, if that calls something.
pub(super) fn word(text: &str) -> Option<(&str, CallKind)> {
    if text.starts_with(INCLUDE) {
        return Some((INCLUDE, CallKind::Include));
    }
    let mut forms = FORMS.iter();
    forms.find_map(|(before, after)| {
        let own = text.strip_prefix(before)?;
        let is_called = |name: &str| {
            own.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(after))
        };
        let (name, kind) = FUNCTIONS.iter().find(|(name, _)| is_called(name))?;
        let word = text.get(..before.len() + name.len() + after.len())?;
        Some((word, *kind))
    })
}

/// Whether this is the name of something that is called.
pub(super) fn is_called(name: &str) -> bool {
    name == "Include" || FUNCTIONS.iter().any(|(own, _)| *own == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_wherever_pieces_end() {
        for (mark, of) in [
            ("!Include x", 0),
            ("Fn::ReadFile: x", 0),
            ("\\", 1),
            ("%", 2),
        ] {
            for at in NEAR - mark.len() - 1..=NEAR + 1 {
                let text = format!("{}{mark} !Ref x Far", " ".repeat(at));
                let marks = TextMarks::of(&text);
                let mut wanted = [vec![], vec![], vec![]];
                wanted[of] = vec![at];
                assert_eq!([marks.words, marks.backslashes, marks.percents], wanted);
            }
        }
    }
}

//! Copies of built-in partials that you may change, and whether the built-in one has changed since.
//!
//! In: a built-in partial's text. Out: the copy, whose first line is a comment with what it
//! was copied from, with a fingerprint of that text without its comments: a copy is not outdated
//! if only comments change. In: the text of a user's partial. Out: what its first line says.
//! Refuses nothing.

use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use crate::diagnostic::{Diagnostic, Shown as _};
use crate::partials::rules::OUTDATED_PARTIAL;
use crate::partials::tags::without_comment_lines;
use crate::source::{FileId, Span};

const START: &str = "{{!-- Ejected by deploy-roles from ";
const END: &str = ": keep this line, it tells when the built-in one changes. --}}";

/// What a copy was copied from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedFrom {
    /// The built-in partial's name.
    pub name: String,
    /// Its fingerprint at that time.
    pub fingerprint: String,
}

/// A checksum of a built-in partial, without its comments.
pub fn fingerprint(text: &str) -> String {
    checksum(&without_comment_lines(text))
}

fn checksum(text: &str) -> String {
    format!("xxh3:{:016x}", xxh3_64(text.as_bytes()))
}

/// Whether the built-in partial with the text `now` says the same as the one that had this
/// `fingerprint`, which `copy` is a copy of.
fn says_the_same(now: &str, fingerprint: &str, copy: &str) -> bool {
    let copied = without_origin(copy).replace("\r\n", "\n");
    // Older fingerprints are of the comments as well. An unchanged copy has the whole text of then.
    let now = self::fingerprint(now);
    now == fingerprint || (checksum(&copied) == fingerprint && now == self::fingerprint(&copied))
}

/// The copy of the built-in partial `name`.
pub fn copy(name: &str, text: &str) -> String {
    format!("{START}{name} ({}){END}\n{text}", fingerprint(text))
}

/// What the first line of a partial says that it was copied from.
pub fn origin(text: &str) -> Option<CopiedFrom> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line = text.lines().next()?;
    let (name, rest) = line.strip_prefix(START)?.split_once(" (")?;
    let (fingerprint, _) = rest.split_once(')')?;
    Some(CopiedFrom {
        name: name.to_owned(),
        fingerprint: fingerprint.to_owned(),
    })
}

/// The text below the line that says what it was copied from.
pub(super) fn without_origin(text: &str) -> &str {
    match origin(text) {
        Some(_) => text.split_once('\n').map_or("", |(_, rest)| rest),
        None => text,
    }
}

/// A note if the partial in `file`, with the text `text`, is a copy of a built-in one that has
/// changed since.
pub fn moved_on(
    file: FileId,
    path: &Path,
    text: &str,
    built_in: impl Fn(&str) -> Option<&'static str>,
) -> Option<Diagnostic> {
    let CopiedFrom { name, fingerprint } = origin(text)?;
    let start = text.find(&name).unwrap_or(0);
    let span = Span::new(file, start, start + name.len() + fingerprint.len() + 3);
    let path = path.shown();
    let shown = name.shown();
    let Some(now) = built_in(&name) else {
        let message =
            format!("`{path}` is a copy of the built-in partial `{shown}`, which no longer exists");
        return Some(
            Diagnostic::new(&OUTDATED_PARTIAL, span, message).help(
                "`deploy-roles partials list` names those that exist; remove the first line if the file is now your own",
            ),
        );
    };
    (!says_the_same(now, &fingerprint, text)).then(|| {
        let now = self::fingerprint(now);
        let message = format!(
            "`{path}` is a copy of the built-in partial `{name}`, which has changed since"
        );
        Diagnostic::new(&OUTDATED_PARTIAL, span, message).help(format!(
            "compare it with `deploy-roles partials show {name}`, copy what you want, and write `{now}` into the first line"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str, built_in: Option<&'static str>) -> Option<String> {
        moved_on(FileId(0), Path::new("p/a.hbs"), text, |_| built_in).map(|note| note.message)
    }

    #[test]
    fn a_copy_tells_where_it_comes_from() {
        let text = "{{!-- Says a. --}}\na: 1\n";
        let copied = copy("services/a", text);
        assert!(copied.ends_with(text));
        let known = CopiedFrom {
            name: "services/a".to_owned(),
            fingerprint: fingerprint(text),
        };
        assert_eq!(origin(&copied), Some(known.clone()));
        assert_eq!(origin(&copied.replace('\n', "\r\n")), Some(known.clone()));
        assert_eq!(origin(&format!("\u{feff}{copied}")), Some(known));
        assert_eq!(origin(text), None);
        assert_eq!(origin(""), None);
    }

    #[test]
    fn a_copy_is_outdated_once_the_built_in_changes() {
        let copied = copy("services/a", "a: 1\n");
        assert_eq!(message(&copied, Some("a: 1\n")), None);
        assert_eq!(
            message(&copied.replace("a: 1", "a: 2"), Some("a: 1\n")),
            None
        );
        assert!(
            message(&copied, Some("a: 3\n"))
                .unwrap()
                .contains("has changed since")
        );
        assert!(message(&copied, None).unwrap().contains("no longer exists"));
        assert_eq!(message("a: 1\n", None), None);
    }

    #[test]
    fn a_copy_is_not_outdated_by_comments() {
        let before = "{{!-- Says a. --}}\na: 1\n  {{!-- why --}}\nb: 2\n";
        let now = "{{!--\nsummary: Says a.\n--}}\na: 1\nb: 2\n";
        let changed = "{{!-- Says a. --}}\na: 1\nb: 3\n";
        let copied = copy("services/a", before);
        let edited = copied.replace("a: 1", "a: 9");
        assert_eq!(message(&copied, Some(now)), None);
        assert_eq!(message(&edited, Some(now)), None);
        assert!(message(&copied, Some(changed)).is_some());

        // The first line of a copy from when fingerprints were of the whole text.
        let older = |text: &str| text.replace(&fingerprint(before), &checksum(before));
        assert_eq!(message(&older(&copied), Some(now)), None);
        assert_eq!(
            message(&older(&copied).replace('\n', "\r\n"), Some(now)),
            None
        );
        assert!(message(&older(&copied), Some(changed)).is_some());
        // The former text of the built-in one is not known.
        assert!(message(&older(&edited), Some(now)).is_some());
    }
}

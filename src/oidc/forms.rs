//! What the names and ids of CI systems look like.
//!
//! In: texts. Out: whether they have the form. Refuses nothing.

use crate::aws::wildcard::is_pattern;

/// Letters and digits, and the characters of `extra`.
pub(super) fn is_word(text: &str, extra: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

/// The last part of an address, such as `acme`.
pub(super) fn is_slug(text: &str) -> bool {
    is_word(text, "-_.")
}

/// Slugs with slashes between them.
pub(super) fn is_path_of_slugs(text: &str) -> bool {
    text.contains('/') && text.split('/').all(is_slug)
}

/// A UUID in lower case.
pub(super) fn is_plain_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || is_digit(c))
}

/// Whether `reference` is a branch or a tag, as git writes it in full.
pub(super) fn is_full_reference(reference: &str) -> bool {
    reference.starts_with("refs/heads/") || reference.starts_with("refs/tags/")
}

/// Whether the owner, which is the first part of `repository`, has a wildcard.
pub(super) fn has_wildcard_owner(repository: &str, separator: &str) -> bool {
    repository.split(separator).next().is_some_and(is_pattern)
}

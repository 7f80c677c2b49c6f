//! The tags of a partial, found in its text without compiling it.
//!
//! In: a partial's text. Out: its tags, the partials that it includes, its text without comments.

/// What stands in each `{{...}}`, from its first character that says something.
pub(super) fn tags(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("{{")
        .filter_map(|(at, _)| text.get(at + 2..))
        .map(|rest| rest.trim_start_matches(['{', '~']).trim_start())
}

/// The text without its long Handlebars comments, of which only the line breaks are kept.
pub(super) fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{!--") {
        out.push_str(before);
        let (comment, behind) = after.split_once("--}}").unwrap_or((after, ""));
        out.extend(comment.matches('\n'));
        rest = behind;
    }
    out.push_str(rest);
    out
}

pub(super) fn includes(text: &str) -> Vec<String> {
    let text = without_comments(text);
    let mut found: Vec<String> = inclusions(&text).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The name of each `{{> name}}`, as often as it stands.
pub(super) fn inclusions(text: &str) -> impl Iterator<Item = String> {
    tags(text).filter_map(|tag| {
        let rest = tag.trim_start_matches('#').trim_start().strip_prefix('>')?;
        let name: String = rest
            .trim_start()
            .chars()
            .take_while(|c| !c.is_whitespace() && *c != '}' && *c != '~')
            .collect();
        Some(name.trim_matches(['"', '\'']).to_owned())
    })
}

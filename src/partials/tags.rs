//! The tags of a partial, found in its text without compiling it.
//!
//! In: a partial's text. Out: its tags, the partials that it includes, its text without comments.
//! Refuses nothing.

/// The content of each `{{...}}`, from its first significant character.
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

/// The text without its long comments, and without the lines that only they fill.
pub(super) fn without_comment_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{!--") {
        let (_, behind) = after.split_once("--}}").unwrap_or((after, ""));
        let said = before.trim_end_matches([' ', '\t']);
        let alone =
            said.is_empty() && (out.is_empty() || out.ends_with('\n')) || said.ends_with('\n');
        match behind.strip_prefix('\n') {
            Some(behind) if alone => {
                out.push_str(said);
                rest = behind;
            }
            _ => {
                out.push_str(before);
                rest = behind;
            }
        }
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

/// The name of each `{{> name}}`, as often as it appears.
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

/// The fields of the context that the tags of `text` read, as paths (`appId`, `options.url`), with
/// the place of each. In a loop, the fields of an item are not fields of the context.
pub(super) fn fields(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    // For each open block, whether it is a loop.
    let mut blocks: Vec<bool> = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find("{{")) {
        let open = at + start;
        let rest = text.get(open..).unwrap_or_default();
        let close = if rest.starts_with("{{!--") {
            "--}}"
        } else {
            "}}"
        };
        let length = rest.find(close).unwrap_or(rest.len());
        let tag = rest.get(..length).unwrap_or_default();
        at = open + length + close.len();
        let escaped = text
            .get(..open)
            .is_some_and(|before| before.ends_with('\\'));
        let inner = tag.trim_start_matches(['{', '~']).trim_start();
        if escaped || inner.starts_with(['!', '>']) {
            continue;
        }
        if inner.starts_with('/') {
            blocks.pop();
            continue;
        }
        let loops = blocks.iter().filter(|is_loop| **is_loop).count();
        let offset = open + tag.len() - inner.len();
        found.extend(
            words(inner)
                .filter_map(|(start, word)| Some((offset + start, from_context(word, loops)?))),
        );
        if let Some(block) = inner.strip_prefix('#') {
            blocks.push(block.starts_with("each") || block.starts_with("with"));
        }
    }
    found
}

/// The words of a tag that are paths, with their places: no helper, keyword or literal.
fn words(tag: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    let mut first = true;
    let alone = !tag.trim_end_matches(['}', '~']).trim_end().contains(' ');
    tag.split_inclusive([' ', '\n', '(', ')', '~', '}'])
        .filter_map(move |part| {
            let start = at;
            at += part.len();
            let word = part.trim_end_matches([' ', '\n', ')', '~', '}']);
            let helper = first && !alone;
            first = part.ends_with('(');
            let word = word.trim_end_matches('(');
            let is_path = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.');
            (is_path && !helper && !["else", "if", "true", "false"].contains(&word))
                .then_some((start, word))
        })
}

/// The path from the context that `word` is below so many loops; none for what belongs to an item.
fn from_context(word: &str, loops: usize) -> Option<&str> {
    let path = word.trim_start_matches("../");
    let above = (word.len() - path.len()) / "../".len();
    (above >= loops && !["this", "."].contains(&path) && !path.starts_with("this.")).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_comments_alone_go_with_them() {
        let text = "{{!--\nhead\n--}}\na: 1\n  {{!-- b\n  c --}}\nd: 2 {{!-- e --}}\n\nf: 3\n";
        assert_eq!(without_comment_lines(text), "a: 1\nd: 2 \n\nf: 3\n");
        assert_eq!(
            without_comment_lines("{{!-- a --}}{{!-- b --}}\nc\n"),
            "c\n"
        );
        assert_eq!(without_comment_lines("a {{!-- never closed"), "a ");
    }

    #[test]
    fn finds_the_fields_of_the_context() {
        let paths = |text| -> Vec<&str> { fields(text).iter().map(|(_, path)| *path).collect() };
        let text = "{{!-- {{not}} --}}{{a}} {{{ b.c }}} \\{{ no.tag }} {{> no/field}}";
        assert_eq!(paths(text), ["a", "b.c"]);
        let text = "{{#if (or options.a options.b)}}{{else if c}}{{else}}{{~d~}}{{/if}}{{! e }}";
        assert_eq!(paths(text), ["options.a", "options.b", "c", "d"]);
        let text = "{{#each list}}{{this}}{{name}}{{../appId}}{{@index}}{{/each}}{{appId}}";
        assert_eq!(paths(text), ["list", "appId", "appId"]);
        let text = "ab{{#unless x}}{{/unless}}";
        assert_eq!(fields(text), [(12, "x")]);
    }
}

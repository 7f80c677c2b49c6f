//! What is being typed, by the lines around it.
//!
//! In: a text and the cursor. Out: the keys that lead there, and what begins there. Refuses nothing: a
//! text is rarely YAML while somebody types it, so this looks at indentation and brackets alone.

use std::borrow::Cow;

/// The most lines that are looked at above the cursor.
const LINE_LIMIT: usize = 5_000;

/// A key that leads to the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CursorKey {
    /// The key.
    pub(super) name: String,
    /// The tag of its value.
    pub(super) tag: Option<String>,
}

/// What is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// A key of the mapping that the last key holds.
    Key,
    /// The value of the last key.
    Value,
    /// An item of the list that the last key holds.
    Item,
}

/// The cursor in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The keys that lead to it, the outermost first.
    pub(super) keys: Vec<CursorKey>,
    /// What is being typed.
    pub(super) slot: Slot,
    /// Where the word begins that the cursor is in or after, with its quote.
    pub(super) start: usize,
    /// Where it ends, with its quote.
    pub(super) end: usize,
    /// The quote that it is in.
    pub(super) quote: Option<char>,
    /// Whether a space is missing before it: after a colon, or after the dash of an item.
    pub(super) lacks_space: bool,
    /// Whether it follows `!Ref`.
    pub(super) after_ref: bool,
    /// Whether a colon follows it.
    pub(super) has_colon: bool,
    /// The keys or items that are there already.
    pub(super) present: Vec<String>,
}

impl Cursor {
    /// The cursor at byte `at` of `text`.
    pub(super) fn at(text: &str, at: usize) -> Option<Self> {
        let before = text.get(..at)?;
        let line_start = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
        let typed = text.get(line_start..at)?;
        if is_comment(typed) {
            return None;
        }
        let typed = TypedLine::of(typed);
        let after = text.get(at..)?;
        let mut end = at + after.find(|c: char| !is_of_word(c)).unwrap_or(after.len());
        if let Some(quote) = typed.quote
            && text.get(end..)?.starts_with(quote)
        {
            end += quote.len_utf8();
        }
        let mut cursor = Self {
            keys: Vec::new(),
            slot: Slot::Key,
            start: line_start + typed.word,
            end,
            quote: typed.quote,
            lacks_space: typed.lacks_space,
            after_ref: typed.before().trim_end().ends_with("!Ref"),
            has_colon: text.get(end..)?.starts_with(':'),
            present: Vec::new(),
        };
        let above: Vec<&str> = before
            .get(..line_start)?
            .lines()
            .rev()
            .take(LINE_LIMIT)
            .collect();
        let line = typed.with_space();
        let flow = Flow::around(&above, &line);
        cursor.find((&line, after), &above, flow.as_ref());
        Some(cursor)
    }

    /// `typed` is the line up to the cursor, and `after` the text from there.
    fn find(&mut self, (typed, after): (&str, &str), above: &[&str], flow: Option<&Flow>) {
        if let Some(flow) = flow {
            let line = above
                .get(flow.lines_up.wrapping_sub(1))
                .copied()
                .unwrap_or(typed);
            let line = BlockLine::of(line);
            self.keys = ancestors(above.get(flow.lines_up..).unwrap_or_default(), line.limit);
            self.keys.extend(line.key);
            self.keys.extend(flow.keys.iter().cloned());
            self.slot = flow.slot;
            self.present.clone_from(&flow.present);
            return;
        }
        let line = BlockLine::of(typed);
        let below = after.lines().skip(1);
        self.keys = ancestors(above, line.limit);
        if line.key.is_some() && !line.ends_with_key {
            self.keys.extend(line.key);
            self.slot = Slot::Value;
        } else if line.is_item {
            self.slot = Slot::Item;
            self.present = siblings(
                above,
                below,
                &|other| (other.is_item && other.limit == line.limit).then(|| other.item.clone()),
                line.limit,
            );
        } else {
            self.present = siblings(
                above,
                below,
                &|other| {
                    let is_same = other.column == line.column;
                    other
                        .key
                        .as_ref()
                        .filter(|_| is_same)
                        .map(|key| key.name.clone())
                },
                line.column,
            );
        }
    }
}

/// A line up to the cursor.
struct TypedLine<'text> {
    text: &'text str,
    /// Where the word begins that is being typed, with its quote.
    word: usize,
    quote: Option<char>,
    lacks_space: bool,
}

impl<'text> TypedLine<'text> {
    fn of(text: &'text str) -> Self {
        let mut word = text.len() - word_length(text);
        let before = |at: usize| text.get(..at).unwrap_or_default();
        let quote = before(word).chars().next_back();
        let quote = quote.filter(|quote| {
            // Within a word or after one, it is an apostrophe, or the end of a quoted text.
            let outside = before(word - quote.len_utf8()).chars().next_back();
            let begins = outside.is_none_or(|c| c.is_whitespace() || "[{,:".contains(c));
            "'\"".contains(*quote) && begins
        });
        word -= quote.map_or(0, char::len_utf8);
        let is_dash = |line: &str| line.trim_start_matches([' ', '-']).is_empty();
        let own = text.get(word..).unwrap_or_default();
        let lacks_space = match own.strip_prefix('-') {
            Some(rest) if is_dash(before(word)) && !rest.starts_with('-') => {
                word += 1;
                true
            }
            _ => {
                let name = before(word).strip_suffix(':').unwrap_or_default();
                let ends = |c: char| is_of_word(c) || "'\"".contains(c);
                name.chars().next_back().is_some_and(ends)
            }
        };
        Self {
            text,
            word,
            quote,
            lacks_space,
        }
    }

    /// What is before the word.
    fn before(&self) -> &'text str {
        self.text.get(..self.word).unwrap_or_default()
    }

    /// The line with the space that it lacks.
    fn with_space(&self) -> Cow<'text, str> {
        if self.lacks_space {
            let word = self.text.get(self.word..).unwrap_or_default();
            Cow::Owned(format!("{} {word}", self.before()))
        } else {
            Cow::Borrowed(self.text)
        }
    }
}

/// The brackets around the cursor.
struct Flow {
    /// How many lines above the first of them is.
    lines_up: usize,
    /// The keys within them.
    keys: Vec<CursorKey>,
    slot: Slot,
    present: Vec<String>,
}

/// One bracket.
struct Bracket {
    is_list: bool,
    /// The key whose value is being typed.
    key: Option<CursorKey>,
    /// The keys or items before.
    present: Vec<String>,
}

impl Flow {
    /// The brackets that are open at the end of `typed`; `above` are the lines above, from the bottom.
    fn around(above: &[&str], typed: &str) -> Option<Self> {
        // What is at the margin of the file or of a section is in no bracket.
        let begins =
            |line: &&str| BlockLine::of(line).column <= 2 && BlockLine::of(line).key.is_some();
        let first = above
            .iter()
            .position(begins)
            .map_or(above.len(), |at| at + 1);
        let mut brackets: Vec<Bracket> = Vec::new();
        let mut lines_up = 0;
        let lines = above.iter().take(first).rev().copied().chain([typed]);
        for (at, line) in lines.enumerate() {
            if brackets.is_empty() {
                lines_up = first.min(above.len()) - at.min(first);
            }
            scan(line, &mut brackets, at == first);
        }
        let last = brackets.last()?;
        let slot = match (&last.key, last.is_list) {
            (Some(_), _) => Slot::Value,
            (None, true) => Slot::Item,
            (None, false) => Slot::Key,
        };
        let present = last.present.clone();
        let keys = brackets
            .into_iter()
            .filter_map(|bracket| bracket.key)
            .collect();
        Some(Self {
            lines_up,
            keys,
            slot,
            present,
        })
    }
}

/// Reads the brackets of a line.
fn scan(line: &str, brackets: &mut Vec<Bracket>, is_last: bool) {
    let mut quote: Option<char> = None;
    let mut word = String::new();
    let mut was_quoted = false;
    let mut previous = ' ';
    for one in line.chars() {
        if let Some(open) = quote {
            if one == open {
                quote = None;
                was_quoted = true;
            } else {
                word.push(one);
            }
            previous = one;
            continue;
        }
        // After a key in quotes, its value follows without a space.
        if previous == ':' && (one.is_whitespace() || was_quoted) {
            end_key(&mut word, brackets);
        }
        let begins = word.is_empty();
        was_quoted &= !begins;
        match one {
            '#' if previous.is_whitespace() => return,
            '\'' | '"' if begins => quote = Some(one),
            // Within a word it is a part of it, as in a JSONPath.
            '[' | '{' if begins || brackets.is_empty() && ends_with_tag(&word) => {
                brackets.push(Bracket {
                    is_list: one == '[',
                    key: None,
                    present: Vec::new(),
                });
                word.clear();
            }
            ']' | '}' if !brackets.is_empty() => {
                brackets.pop();
                word.clear();
            }
            ',' => {
                if let Some(bracket) = brackets.last_mut() {
                    let item = bracket
                        .key
                        .take()
                        .map_or_else(|| word.trim().to_owned(), |key| key.name);
                    bracket.present.push(item);
                }
                word.clear();
            }
            _ if word.is_empty() && one.is_whitespace() => {}
            _ => word.push(one),
        }
        previous = one;
    }
    // A key at the end of a line.
    if !is_last && previous == ':' {
        end_key(&mut word, brackets);
    }
}

/// The word is the key whose value comes next.
fn end_key(word: &mut String, brackets: &mut [Bracket]) {
    let name = word.trim().trim_end_matches(':').to_owned();
    if let Some(bracket) = brackets.last_mut() {
        bracket.key = Some(CursorKey { name, tag: None });
    }
    word.clear();
}

/// Whether a bracket can follow `word`: that is a tag.
fn ends_with_tag(word: &str) -> bool {
    let last = word.split_whitespace().next_back();
    last.is_some_and(|last| last.starts_with('!'))
}

/// A line outside of brackets.
#[derive(Default)]
struct BlockLine {
    /// Where what it says begins, after its dashes.
    column: usize,
    /// What its parent's column is below.
    limit: usize,
    is_item: bool,
    /// The text of an item.
    item: String,
    key: Option<CursorKey>,
    /// Whether nothing follows the colon, not even a space.
    ends_with_key: bool,
    is_empty: bool,
}

impl BlockLine {
    fn of(line: &str) -> Self {
        let line = line.trim_start_matches('\u{feff}');
        let content = line.trim_start_matches(' ');
        let mut column = line.len() - content.len();
        let mut rest = content;
        let mut limit = column;
        let mut is_item = false;
        while let Some(after) = rest
            .strip_prefix('-')
            .filter(|after| after.is_empty() || after.starts_with(' '))
        {
            // A list can be in the column of its key.
            limit = if is_item { limit } else { column + 1 };
            is_item = true;
            let trimmed = after.trim_start_matches(' ');
            column += 1 + after.len() - trimmed.len();
            rest = trimmed;
        }
        let is_empty = rest.trim().is_empty() || rest.starts_with('#');
        let key = key_of(rest);
        let item = key.as_ref().map_or_else(
            || rest.trim().trim_matches(['\'', '"']).to_owned(),
            |key| key.name.clone(),
        );
        Self {
            column,
            limit,
            is_item,
            item,
            ends_with_key: rest.ends_with(':'),
            key,
            is_empty: is_empty && !is_item,
        }
    }
}

/// The key at the beginning of `text`, with the tag of its value.
fn key_of(text: &str) -> Option<CursorKey> {
    if text.starts_with(['#', '[', '{', '!', '&', '*', '|', '>']) {
        return None;
    }
    let (name, value) = text.split_once(": ").or_else(|| {
        let name = text.trim_end().strip_suffix(':')?;
        Some((name, ""))
    })?;
    let name = name.trim().trim_matches(['\'', '"']);
    let is_key = !name.is_empty() && !name.contains(" #");
    let mut words = value
        .split_whitespace()
        .filter(|word| !word.starts_with('&'));
    let tag = words.next().filter(|word| word.starts_with('!'));
    is_key.then(|| CursorKey {
        name: name.to_owned(),
        tag: tag.map(str::to_owned),
    })
}

/// The keys that lead to something whose parent is left of `limit`; `above` are the lines from the
/// bottom.
fn ancestors(above: &[&str], mut limit: usize) -> Vec<CursorKey> {
    let mut keys = Vec::new();
    for line in above {
        if limit == 0 {
            break;
        }
        let line = BlockLine::of(line);
        if line.is_empty || line.column >= limit {
            // An item of which this is a further key begins further left.
            if !line.is_empty && line.is_item && line.limit < limit && line.column == limit {
                limit = line.limit;
            }
            continue;
        }
        limit = line.limit;
        keys.extend(line.key);
    }
    keys.reverse();
    keys
}

/// What the lines around say that belong to the same list or mapping, of which each begins at `column`.
fn siblings<'text>(
    above: &[&'text str],
    below: impl Iterator<Item = &'text str>,
    named: &dyn Fn(&BlockLine) -> Option<String>,
    column: usize,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut collect = |lines: &mut dyn Iterator<Item = &'text str>| {
        for line in lines.take(LINE_LIMIT) {
            let line = BlockLine::of(line);
            if line.is_empty {
                continue;
            }
            let own = named(&line);
            if own.is_none() && line.column < column {
                break;
            }
            found.extend(own);
        }
    };
    collect(&mut above.iter().copied());
    let mut below = below;
    collect(&mut below);
    found
}

/// Whether the end of `line` is in a comment.
fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#') || line.contains(" #")
}

fn word_length(typed: &str) -> usize {
    let start = typed.rfind(|c: char| !is_of_word(c));
    let start = start.and_then(|at| {
        let separator = typed.get(at..)?.chars().next()?;
        Some(at + separator.len_utf8())
    });
    typed.len() - start.unwrap_or_default()
}

/// Whether it can be a part of a name, or of a tag.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || "!_-".contains(c)
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Slot};

    /// The cursor at `|`.
    fn at(text: &str) -> (String, Slot, String, Vec<String>) {
        let place = text.find('|').unwrap();
        let text = text.replace('|', "");
        let cursor = Cursor::at(&text, place).unwrap();
        let keys: Vec<String> = cursor.keys.iter().map(|key| key.name.clone()).collect();
        let word = text.get(cursor.start..cursor.end).unwrap().to_owned();
        (keys.join("."), cursor.slot, word, cursor.present)
    }

    const HEAD: &str = "A: b\nResources:\n  # a comment\n  Shop: !DeployRoles\n    AppId: shop\n";

    fn check(text: &str, keys: &str, slot: Slot, word: &str, present: &[&str]) {
        let found = at(&format!("{HEAD}{text}"));
        let keys = format!("Resources.Shop{keys}");
        assert_eq!(found.0, keys, "{text}");
        assert_eq!(found.1, slot, "{text}");
        assert_eq!(found.2, word, "{text}");
        assert_eq!(found.3, present, "{text}");
    }

    #[test]
    fn keys_lead_to_the_cursor() {
        use Slot::{Item, Key, Value};
        check("    |", "", Key, "", &["AppId"]);
        check(
            "    Se|r\n    Region: x\n  Other:\n    Path: /\n",
            "",
            Key,
            "Ser",
            &["AppId", "Region"],
        );
        check("    Layout: per|-acc", ".Layout", Value, "per-acc", &[]);
        check(
            "    Targets:\n      dev: !Ref De|",
            ".Targets.dev",
            Value,
            "De",
            &[],
        );
        check(
            "    Targets:\n      dev:\n        Ac|",
            ".Targets.dev",
            Key,
            "Ac",
            &[],
        );
        check(
            "    Services:\n      - lambda\n      - l|\n",
            ".Services",
            Item,
            "l",
            &["lambda"],
        );
        check(
            "    Services:\n    - lambda: [layer]\n    - |\n",
            ".Services",
            Item,
            "",
            &["lambda"],
        );
        check(
            "    Services:\n      - lambda:\n          - |\n",
            ".Services.lambda",
            Item,
            "",
            &[],
        );
        let oidc = "    TrustedBy:\n      - GitHubOidc:\n          Repository: a/b\n          |\n";
        check(oidc, ".TrustedBy.GitHubOidc", Key, "", &["Repository"]);
        let item = "    Policies:\n      - Name: x\n        |\n";
        check(item, ".Policies", Key, "", &["Name"]);
    }

    #[test]
    fn brackets_lead_to_the_cursor() {
        use Slot::{Item, Key, Value};
        check("    Services: [|", ".Services", Item, "", &[]);
        check(
            "    Services: [logs, la|",
            ".Services",
            Item,
            "la",
            &["logs"],
        );
        check(
            "    Services: [logs,\n      la|",
            ".Services",
            Item,
            "la",
            &["logs"],
        );
        check(
            "    Services:\n      - lambda: [layer, |]",
            ".Services.lambda",
            Item,
            "",
            &["layer"],
        );
        check(
            "    Services: [{lambda: [ur|",
            ".Services.lambda",
            Item,
            "ur",
            &[],
        );
        check(
            "    Targets: {dev: {Account: !Ref |",
            ".Targets.dev.Account",
            Value,
            "",
            &[],
        );
        check(
            "    Targets: {dev: !Ref A, |",
            ".Targets",
            Key,
            "",
            &["dev"],
        );
        let select =
            "    Targets:\n      dev:\n        Select: $.Organization[?@.a=='b']\n        |";
        check(select, ".Targets.dev", Key, "", &["Select"]);
    }

    #[test]
    fn quotes_belong_to_the_word() {
        use Slot::{Item, Key, Value};
        check("    \"Se|r\"", "", Key, "\"Ser\"", &["AppId"]);
        check("    Layout: 'per|", ".Layout", Value, "'per", &[]);
        check(
            "    Services:\n      - 'logs'\n      - \"l|\"\n",
            ".Services",
            Item,
            "\"l\"",
            &["logs"],
        );
        check(
            "    Services: [{\"lambda\":[\"url\",\"l|\"]}]",
            ".Services.lambda",
            Item,
            "\"l\"",
            &["url"],
        );
        check(
            "    Targets: {\"dev\":{\"Account\":\"D|\"}}",
            ".Targets.dev.Account",
            Value,
            "\"D\"",
            &[],
        );
        check("    Services: [\"l|\"]", ".Services", Item, "\"l\"", &[]);
        // That is an apostrophe.
        check("    Layout: it's|", ".Layout", Value, "s", &[]);
    }

    #[test]
    fn a_space_may_be_missing() {
        use Slot::{Item, Value};
        check("    Services:\n      -|", ".Services", Item, "", &[]);
        check("    Services:\n    -la|", ".Services", Item, "la", &[]);
        check("    Layout:|", ".Layout", Value, "", &[]);
        check("    Layout:p|er", ".Layout", Value, "per", &[]);
        check(
            "    Targets: {dev: {Account:|}}",
            ".Targets.dev.Account",
            Value,
            "",
            &[],
        );
        // A document begins, and an ARN goes on.
        assert!(!Cursor::at("---", 3).unwrap().lacks_space);
        assert!(!Cursor::at("    Path: arn:aws::", 19).unwrap().lacks_space);
    }

    #[test]
    fn a_broken_line_above_does_not_matter() {
        let text = "    Targets:\n      dev: !Ref\n      prod: 'open\n    TrustedBy: }\n    |";
        let found = at(&format!("{HEAD}{text}"));
        assert_eq!(found.0, "Resources.Shop");
    }
}

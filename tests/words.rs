//! Keeps phrases that make a native reader stumble, and British spellings, out of what users read:
//! pages, comments in partials, messages, help texts; and out of the comments of the code.
//!
//! To read more files, add their file or folder to [`PLACES`]. To ban a phrase, add it to [`BANNED`].

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test reads files, and stops where anything is wrong"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The files and folders that are read. Of a partial, it is the comments, of Rust the
/// comments and the text in quotes, of Markdown everything outside of fenced blocks, of others all.
const PLACES: &[&str] = &[
    ".github/SECURITY.md",
    ".github/actions",
    ".pre-commit-hooks.yaml",
    "CHANGELOG.md",
    "Makefile",
    "README.md",
    "benches/README.md",
    "docs",
    "partials",
    "src",
    "tests/README.md",
    "tests/proof",
    "tests/reference/README.md",
];

/// What is read at least; less, and files were lost.
const LEAST_FILES: usize = 400;

/// A pattern, an example of it, and what to say instead.
///
/// A pattern is words and punctuation, separated by spaces: `a|b` is one of them, `*` at the
/// beginning or end of a word is any letters, and `..` is up to three words.
const BANNED: &[(&str, &str, &str)] = &[
    (
        "become|becomes|became|becoming .. *role|*roles|user|users",
        "CI becomes the DeployerRole",
        "assumes a role",
    ),
    (
        "is|are no * of",
        "it is no name of a policy",
        "is not a policy name",
    ),
    (
        "stand|stands|stood|standing in|at|there|beside|under|twice|directly|behind|before|alone",
        "the key stands twice",
        "is, appears",
    ),
    (
        "spelled|re-spelled|spelt|misspelt",
        "a right that is spelled differently",
        "written as",
    ),
    ("beside|besides", "and a comment besides", "also, next to"),
    (
        ", too .|;|:|,|)",
        "They are errors, too.",
        "also, before the verb",
    ),
    ("whom", "who becomes whom", "who"),
    (
        "one|once|twice a|an line|stage|account|file|case|workflow|problem|statement",
        "files, one a line",
        "one per line",
    ),
    ("lines|accounts more", "and 3 lines more", "3 more lines"),
    ("behind", "with a dash behind it", "after"),
    (
        "of one's|his|her own",
        "code of his own",
        "of their own, or another sentence",
    ),
    ("by way of", "by way of CloudFormation", "through"),
    ("held against", "it was held against AWS", "compared with"),
    ("lie|lies|lay in", "a file that lies in a folder", "is in"),
    (
        "not so for|with",
        "Not so for secrets",
        "this is different for",
    ),
    ("an author", "the text of an author", "you"),
    ("author's|authors'", "the author's own text", "your"),
    (
        "is|are taken for",
        "it is taken for granted",
        "assumed, read as",
    ),
    ("as meant", "it is refused, as meant", "as expected"),
    ("at your word", "taken at your word", "nobody checks it"),
    (
        "is|are said",
        "What it can do is said there",
        "reported, written",
    ),
    ("analyse*", "to analyse it", "analyze"),
    ("artefact*", "an artefact", "artifact"),
    ("authoris*", "is authorised", "authorize"),
    ("behaviour*", "this behaviour", "behavior"),
    (
        "cancelled|labelled|modelled",
        "it was cancelled",
        "canceled",
    ),
    ("catalogue*", "a catalogue", "catalog"),
    ("centre*", "the centre", "center"),
    ("colour*", "in colour", "color"),
    ("customis*", "to customise it", "customize"),
    ("favour*", "in favour", "favor"),
    ("grey", "a grey line", "gray"),
    ("honour*", "to honour it", "honor"),
    ("initialis*", "to initialise it", "initialize"),
    ("licence*", "a licence", "license"),
    ("neighbour*", "its neighbour", "neighbor"),
    ("normalis*", "a normalised text", "normalize"),
    ("optimis*", "optimised", "optimize"),
    ("organise*|organisation*", "an organisation", "organization"),
    ("recognis*", "it recognises this", "recognize"),
    ("serialis*|deserialis*", "to serialise it", "serialize"),
    ("summaris*", "it summarises this", "summarize"),
    ("whilst", "whilst it runs", "while"),
];

/// What can stay: the file, the phrase as it is found, and why.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "src/infer/actions/services.rs",
        "organisation",
        "names of properties are compared with it",
    ),
    ("partials/guards/deploy-roles.hbs", "beside", FIELD),
    ("src/partials/statements.rs", "beside", FIELD),
    ("partials/workflow/action.hbs", "licence", FIELD),
    ("partials/workflow/check.hbs", "licence", FIELD),
    ("partials/workflow/job.hbs", "licence", FIELD),
    ("partials/workflow/workflow.hbs", "licence", FIELD),
    (
        "partials/workflow/config-cdk.hbs",
        "becomes the roles",
        OUTPUT,
    ),
    ("partials/workflow/config-cdk.hbs", "is said", OUTPUT),
    ("partials/workflow/config-sam.hbs", "behind", OUTPUT),
    (
        "src/aws/actions/NOTICE.md",
        "whom",
        "the text of the MIT license",
    ),
    (
        "src/aws/keys/NOTICE.md",
        "whom",
        "the text of the MIT license",
    ),
    ("src/expand/render/execution.rs", "beside", FIELD),
    (
        "src/expand/render/tools.rs",
        "become its deploy roles",
        DESCRIPTION,
    ),
    ("src/expand/render/tools.rs", "by way of", DESCRIPTION),
    ("src/partials/prerender.rs", "licence", FIELD),
    ("src/workflow/files.rs", "licence", FIELD),
];

const FIELD: &str = "the name of a field that partials read";
const DESCRIPTION: &str = "a description in generated files, which must not change";
const OUTPUT: &str = "a line of the files that `workflow` writes";

/// A word or a punctuation mark, in lowercase, with its line.
struct Token {
    text: String,
    line: usize,
}

/// A banned phrase in a text.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    line: usize,
    phrase: String,
    say: &'static str,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of the repository in [`PLACES`] that are text, including those not yet added.
fn files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .arg("--deduplicate")
        .args(PLACES)
        .current_dir(root())
        .output()
        .unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let files: Vec<String> = listed
        .lines()
        .filter(|file| root().join(file).is_file() && !is_data(file))
        .map(str::to_owned)
        .collect();
    for place in PLACES {
        let is_read = files.iter().any(|file| file.starts_with(place));
        assert!(is_read, "nothing is read in {place}");
    }
    assert!(
        files.len() >= LEAST_FILES,
        "only {} of at least {LEAST_FILES} files",
        files.len()
    );
    files
}

fn extension(file: &str) -> &str {
    let path = Path::new(file);
    path.extension()
        .and_then(|end| end.to_str())
        .unwrap_or_default()
}

fn is_data(file: &str) -> bool {
    ["svg", "z"].contains(&extension(file))
}

/// What people read of a file, with the rest replaced by blanks, so that lines keep their numbers.
fn prose(file: &str, text: &str) -> String {
    match extension(file) {
        "md" => outside_of_fences(text),
        "hbs" => comments_of_a_partial(text),
        "rs" => comments_and_texts_of_rust(text),
        _ => text.to_owned(),
    }
}

fn outside_of_fences(text: &str) -> String {
    let mut is_fenced = false;
    let mut kept = String::new();
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        if !is_fenced && !is_fence {
            kept.push_str(line);
        }
        kept.push('\n');
        is_fenced ^= is_fence;
    }
    kept
}

/// Handlebars comments, and lines that are YAML comments.
fn comments_of_a_partial(text: &str) -> String {
    let mut is_comment = false;
    let mut kept = String::new();
    for line in text.lines() {
        is_comment |= line.contains("{{!--");
        if is_comment || line.trim_start().starts_with('#') {
            kept.push_str(line);
        }
        kept.push('\n');
        is_comment &= !line.contains("--}}");
    }
    kept
}

/// Comments and string literals; a literal ends what is said before it.
fn comments_and_texts_of_rust(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let raw = rest
            .strip_prefix('r')
            .map(|after| after.trim_start_matches('#'));
        let (length, is_kept) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), true)
        } else if let Some(body) = raw.and_then(|after| after.strip_prefix('"')) {
            let start = rest.len() - body.len();
            let end = format!("\"{}", "#".repeat(start - 2));
            let end = body
                .find(&end)
                .map_or(rest.len(), |at| start + at + end.len());
            (end, true)
        } else if first == '"' {
            (literal(rest), true)
        } else if ["'\"'", "'\\\"'", "'\\''"]
            .iter()
            .any(|quote| rest.starts_with(quote))
        {
            (rest[1..].find('\'').unwrap() + 2, false)
        } else {
            (first.len_utf8(), false)
        };
        let (taken, left) = rest.split_at(length);
        if is_kept {
            kept.push_str(taken.trim_start_matches('/').trim_start_matches('!'));
        } else {
            kept.extend(taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = left;
    }
    kept
}

/// The length of the string literal at the start of `text`, with its quotes.
fn literal(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, found) in text.char_indices().skip(1) {
        match found {
            '"' if !is_escaped => return at + 1,
            _ => is_escaped = found == '\\' && !is_escaped,
        }
    }
    text.len()
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        let mut word = String::new();
        let mut push = |text: &mut String| {
            if !text.is_empty() {
                let text = std::mem::take(text).to_lowercase();
                tokens.push(Token {
                    text,
                    line: line_number,
                });
            }
        };
        for found in line.chars() {
            match found {
                _ if found.is_alphanumeric() || found == '_' || found == '\'' => word.push(found),
                '-' if !word.is_empty() => word.push(found),
                ' ' | '-' | '`' | '*' | '#' | '\t' => push(&mut word),
                _ => {
                    push(&mut word);
                    push(&mut found.to_string());
                }
            }
        }
        push(&mut word);
        if line.trim().is_empty() {
            push(&mut "¶".to_owned());
        }
    }
    tokens
}

/// Whether one of the choices of a pattern's word is `word`.
fn fits(choices: &str, word: &str) -> bool {
    choices.split('|').any(|choice| {
        let (start, end) = (choice.strip_suffix('*'), choice.strip_prefix('*'));
        match (start, end) {
            (Some(start), _) => word.starts_with(start) && word.starts_with(char::is_alphanumeric),
            (None, Some(end)) => word.ends_with(end),
            (None, None) => word == choice,
        }
    })
}

/// How many of `tokens` a pattern takes, if they begin with it.
fn matched(pattern: &[&str], tokens: &[Token]) -> Option<usize> {
    let [first, rest @ ..] = pattern else {
        return Some(0);
    };
    if *first == ".." {
        let words = tokens
            .iter()
            .take_while(|token| token.text.starts_with(char::is_alphanumeric))
            .count();
        return (0..=words.min(3))
            .find_map(|skipped| matched(rest, &tokens[skipped..]).map(|length| skipped + length));
    }
    let (token, left) = tokens.split_first()?;
    fits(first, &token.text).then_some(())?;
    matched(rest, left).map(|length| length + 1)
}

fn findings(text: &str) -> Vec<Finding> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    for (pattern, _, say) in BANNED {
        let pattern: Vec<&str> = pattern.split(' ').collect();
        for at in 0..tokens.len() {
            if let Some(length) = matched(&pattern, &tokens[at..]) {
                let phrase: Vec<&str> = tokens[at..at + length]
                    .iter()
                    .map(|token| token.text.as_str())
                    .collect();
                found.push(Finding {
                    line: tokens[at].line,
                    phrase: phrase.join(" "),
                    say,
                });
            }
        }
    }
    found
}

#[test]
fn no_banned_phrase_is_in_what_users_read() {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for file in files() {
        let text = std::fs::read_to_string(root().join(&file)).unwrap();
        for Finding { line, phrase, say } in findings(&prose(&file, &text)) {
            let allowed = ALLOWED
                .iter()
                .position(|(of, what, _)| *of == file && *what == phrase);
            match allowed {
                Some(entry) => {
                    used.insert(entry);
                }
                None => wrong.push(format!("{file}:{line}: `{phrase}`: {say}")),
            }
        }
    }
    for (entry, (file, phrase, _)) in ALLOWED.iter().enumerate() {
        if !used.contains(&entry) {
            wrong.push(format!("{file}: `{phrase}` is allowed, but is not there"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn each_banned_phrase_is_found() {
    for (pattern, example, _) in BANNED {
        let found = findings(example);
        assert_eq!(found.len(), 1, "{pattern}: {example}: {found:?}");
    }
}

#[test]
fn a_phrase_is_found_across_lines_and_not_across_paragraphs() {
    let lines =
        |text: &str| -> Vec<usize> { findings(text).iter().map(|finding| finding.line).collect() };
    assert_eq!(lines("x\nCI becomes\nthe `DeployerRole`.\n"), [2]);
    assert_eq!(lines("what it becomes\n\nRoles\n"), Vec::<usize>::new());
    assert_eq!(lines("There are, too many, errors"), Vec::<usize>::new());
}

#[test]
fn only_what_people_read_is_searched() {
    let found = |file: &str, text: &str| -> Vec<String> {
        let phrases = findings(&prose(file, text)).into_iter();
        phrases
            .map(|finding| format!("{}: {}", finding.line, finding.phrase))
            .collect()
    };
    let page = "a colour\n```yaml\nb: colour\n```\nanother colour\n";
    assert_eq!(found("a.md", page), ["1: colour", "5: colour"]);
    let partial = "{{!-- a colour\n  licence --}}\ncolour: {{colour}}\n# colour\n";
    assert_eq!(
        found("a.hbs", partial),
        ["1: colour", "4: colour", "2: licence"]
    );
    let source = "/// A colour.\nfn colour(colour: char) {\n  // colour\n  let quote = '\"';\n  f(\"a \\\" colour\", colour);\n  f(r#\"a \"colour\"#, colour);\n}\n";
    assert_eq!(
        found("a.rs", source),
        ["1: colour", "3: colour", "5: colour", "6: colour"]
    );
}

//! What a file names that OrgFormation would read with it, so that it says what that says of tasks.
//!
//! In: some bytes of a file. Out: the files that it includes, and whether it may include others in another way. Refuses
//! nothing.
//!
//! Nearly every template includes a file, which is that of the organization, and most programs include something.
//! None of these is a tasks file, and to read all of them takes longer than all else.

use memchr::memmem;

use crate::files::NamedFiles;
use crate::workspace::closure::include_at;
use crate::yaml::lookup::INCLUDE;

/// What every file contains that includes others.
pub const INCLUDES: &str = "nclude";

/// What begins a statement of nunjucks, which may include a file.
const STATEMENT: &str = "{%";

/// What the brackets of a flow collection end in, which may be right after a path.
const BRACKETS: [char; 3] = [',', ']', '}'];

/// What may follow a text in YAML on its line, spaces aside.
const ENDS: &[u8] = b"\r\n\"',]}#\\";

/// What these bytes name.
pub fn named(bytes: &[u8]) -> NamedFiles {
    let others = memmem::find(bytes, STATEMENT.as_bytes()).is_some()
        || memmem::find_iter(bytes, INCLUDES).any(|at| may_be_type(bytes, at));
    let text = String::from_utf8_lossy(bytes);
    let tags = memmem::find_iter(text.as_bytes(), INCLUDE);
    let included = tags.filter_map(|at| include_at(&text, at));
    let mut paths = Vec::new();
    for path in included {
        let unbracketed = path.trim_end_matches(BRACKETS);
        paths.extend([path, unbracketed].map(str::to_owned));
    }
    paths.dedup();
    NamedFiles { paths, others }
}

/// Whether the [`INCLUDES`] at `at` may end the text `include`, which is the type of a task that includes a
/// file. Nothing follows that text on its line but what ends it, or a comment; what is before it may be an
/// escape.
fn may_be_type(bytes: &[u8], at: usize) -> bool {
    let is_tag = at > 0 && bytes.get(at - 1) == Some(&b'I');
    let after = bytes.get(at + INCLUDES.len()..).unwrap_or_default();
    let mut after = after.iter().skip_while(|one| b" \t".contains(one));
    !is_tag && after.next().is_none_or(|next| ENDS.contains(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_included_is_named() {
        for (text, paths) in [
            ("Organization: !Include ./o.yml\n", &["./o.yml"][..]),
            (
                "a: [!Include 'b c.yml', !Include d.yml]",
                &["b", "d.yml]", "d.yml"],
            ),
            ("# !Include\n  e.yml\n!Included f.yml !Include", &["e.yml"]),
            ("#include <x> !Sub include!(x)", &[]),
        ] {
            let found = named(text.as_bytes());
            assert_eq!(found.paths, paths, "{text}");
            assert!(!found.others, "{text}");
        }
    }

    #[test]
    fn a_task_that_includes_a_file_may_name_it_in_any_way() {
        for text in [
            "Type: 'include'",
            r#"{"Type":"include","Path":"t.yml"}"#,
            r#"{"Type": "\u0069nclude"}"#,
            "{Type: !!str include}",
            "Type: include # all",
            "Type: >-\n  include\r\nPath: t.yml",
            "Type: \"i\\\n  nclude\"",
            "Type: \"include\\\n  \"",
            "X: &kind include\nT: { Type: *kind }",
            "Type: include",
            "{% include x %}",
            "{%- for x in y %} !Include",
        ] {
            assert!(named(text.as_bytes()).others, "{text}");
        }
        for text in [
            "include!(\"x\")",
            "#include <t.yml>",
            "includes",
            "they include t.yml",
            "Type: Include",
            "include: t.yml",
            "- !Include t.yml",
        ] {
            assert!(!named(text.as_bytes()).others, "{text}");
        }
    }
}

//! The files of generated partials.
//!
//! In: generated partials, and what is in the folder. Out: names and texts. Refuses to replace what
//! a person wrote or edited, and what was generated from other templates: their roles would lose
//! what they need.

use crate::aws::handlers::handlers;
use crate::diagnostic::{Diagnostic, Problems, Result, Shown as _};
use crate::infer::partial::GeneratedPartial;
use crate::infer::rules::FOREIGN_PARTIAL;
use crate::partials::generated::{generated_from, with_header};
use crate::workspace::rules::{EDITED_BY_HAND, NOT_GENERATED};

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialFile {
    /// Its path below the folder, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// What is there now.
    pub before: FileBefore,
}

/// What a file is now, compared with what it will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileBefore {
    /// There is none.
    Missing,
    /// It has another text.
    Different,
    /// It has the same text, apart from line ends.
    Same,
}

/// The files of `partials`, which `templates` ask for. `existing` reads a file of the folder.
///
/// # Errors
///
/// `not-generated`, `edited-by-hand`, and `foreign-partial` for files that must not be replaced, and
/// those of `existing`.
pub fn files(
    partials: &[GeneratedPartial],
    templates: &str,
    existing: impl Fn(&str) -> Result<Option<String>>,
) -> Result<Vec<PartialFile>> {
    let templates = plain(templates);
    let (mut files, mut problems) = (Vec::new(), Problems::default());
    for partial in partials {
        let path = path(&partial.name);
        let text = with_header(&templates, data(), &partial.text);
        let Some(found) = problems.keep(existing(&path)) else {
            continue;
        };
        let before = match found {
            None => FileBefore::Missing,
            Some(found) => {
                if let Some(problem) = kept(&path, &found, &templates) {
                    problems.push(problem);
                }
                if found.replace("\r\n", "\n") == text {
                    FileBefore::Same
                } else {
                    FileBefore::Different
                }
            }
        };
        files.push(PartialFile { path, text, before });
    }
    problems.finish(files)
}

/// The path of the partial of the service `name`, below the folder of partials.
fn path(name: &str) -> String {
    format!("services/{name}.hbs")
}

/// Whether the partial with the text `text` was generated from `templates`.
pub fn is_from(text: &str, templates: &str) -> bool {
    generated_from(text).is_some_and(|found| found.templates == plain(templates))
}

/// The version of AWS's data, as the header has it.
pub fn data() -> &'static str {
    handlers().sources()
}

/// Why the file with the text `text` must not be replaced.
fn kept(path: &str, text: &str, templates: &str) -> Option<Diagnostic> {
    let (rule, message, help) = match generated_from(text) {
        None => (
            &NOT_GENERATED,
            format!("the partial `{path}` was not generated"),
            "rename it, or give `--write-partials` another folder".to_owned(),
        ),
        Some(found) if found.is_edited => (
            &EDITED_BY_HAND,
            format!("the generated partial `{path}` was edited by hand"),
            "delete it to have it generated again; to keep it, delete its first line and rename it"
                .to_owned(),
        ),
        Some(found) if found.templates != templates => (
            &FOREIGN_PARTIAL,
            format!(
                "the partial `{path}` was generated from `{}`, not from `{templates}`",
                found.templates.shown()
            ),
            "name the templates of both apps, or give `--write-partials` another folder".to_owned(),
        ),
        Some(_) => return None,
    };
    Some(Diagnostic::without_place(rule, message).help(help))
}

/// Paths that can be in a comment of a partial: nothing in them ends it.
fn plain(templates: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || " ./_-+@,:".contains(c);
    let plain = |c| if is_plain(c) { c } else { '_' };
    templates.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn only_what_was_generated_is_replaced() {
        let partial = GeneratedPartial {
            name: "ecs".to_owned(),
            beside: None,
            types: BTreeSet::new(),
            tagged: BTreeMap::new(),
            actions: BTreeSet::new(),
            allowed: BTreeSet::new(),
            text: "PolicyName: A\n".to_owned(),
        };
        let partials = [partial];
        let write = |templates: &str, existing: Option<&str>| {
            files(&partials, templates, |path| {
                assert_eq!(path, "services/ecs.hbs");
                Ok(existing.map(str::to_owned))
            })
        };
        let new = write("app.yml", None).unwrap().remove(0);
        assert_eq!(new.before, FileBefore::Missing);
        let text = new.text;
        assert_eq!(generated_from(&text).unwrap().templates, "app.yml");
        for same in [text.clone(), text.replace('\n', "\r\n")] {
            let again = write("app.yml", Some(&same)).unwrap();
            assert_eq!(again[0].text, text);
            assert_eq!(again[0].before, FileBefore::Same);
        }
        let old = with_header("app.yml", "2025-01-01", "PolicyName: B\n");
        let newer = write("app.yml", Some(&old)).unwrap();
        assert_eq!(newer[0].text, text);
        assert_eq!(newer[0].before, FileBefore::Different);
        for (templates, existing, rule) in [
            ("app.yml", "PolicyName: A\n", "not-generated"),
            (
                "app.yml",
                &text.replace("PolicyName: A", "PolicyName: B"),
                "edited-by-hand",
            ),
            ("other.yml", &text, "foreign-partial"),
        ] {
            let problems = write(templates, Some(existing)).unwrap_err();
            assert_eq!(problems[0].rule.id, rule);
        }
        // Nothing ends the comment early.
        let odd = write("a --}} {{b}}\n.yml", None).unwrap();
        let found = generated_from(&odd[0].text).unwrap();
        assert_eq!(found.templates, "a --__ __b___.yml");
        assert!(is_from(&odd[0].text, "a --}} {{b}}\n.yml"));
    }
}

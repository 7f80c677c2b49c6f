//! The files of generated partials.
//!
//! In: generated partials, and what is in the folder. Out: names and texts. Refuses to replace what
//! a person wrote or edited, and what was generated from other templates: their roles would lose
//! what they need.

use crate::aws::handlers::handlers;
use crate::diagnostic::Shown as _;
use crate::infer::partial::GeneratedPartial;
use crate::partials::generated::{generated_from, with_header};

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialFile {
    /// Its path below the folder, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The files of `partials`, which `templates` ask for. `existing` reads a file of the folder.
///
/// # Errors
///
/// A message for each file that must not be replaced.
pub fn files(
    partials: &[GeneratedPartial],
    templates: &str,
    existing: impl Fn(&str) -> Option<String>,
) -> Result<Vec<PartialFile>, Vec<String>> {
    let templates = plain(templates);
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for partial in partials {
        let path = format!("services/{}.hbs", partial.name);
        if let Some(text) = existing(&path)
            && let Some(problem) = kept(&path, &text, &templates)
        {
            problems.push(problem);
        }
        files.push(PartialFile {
            text: with_header(&templates, data(), &partial.text),
            path,
        });
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(problems)
    }
}

/// The version of AWS's data, as the header has it.
pub fn data() -> &'static str {
    handlers().sources()
}

/// Why the file with the text `text` must not be replaced.
fn kept(path: &str, text: &str, templates: &str) -> Option<String> {
    match generated_from(text) {
        None => Some(format!(
            "`{path}` exists and was not generated: rename it, or give `--write-partials` another folder"
        )),
        Some(found) if found.is_edited => Some(format!(
            "`{path}` was edited by hand: remove its first line and rename it to keep it, or delete it"
        )),
        Some(found) if found.templates != templates => Some(format!(
            "`{path}` was generated from {}, and this is {templates}: give `infer` all templates at once, or another folder",
            found.templates.shown()
        )),
        Some(_) => None,
    }
}

/// Paths that can be in a comment.
fn plain(templates: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || " ./_-+@,\\:".contains(c);
    if templates.chars().all(is_plain) && !templates.contains("--") {
        templates.to_owned()
    } else {
        "templates".to_owned()
    }
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
            text: "PolicyName: A\n".to_owned(),
        };
        let partials = [partial];
        let write = |templates: &str, existing: Option<&str>| {
            files(&partials, templates, |path| {
                assert_eq!(path, "services/ecs.hbs");
                existing.map(str::to_owned)
            })
        };
        let text = write("app.yml", None).unwrap()[0].text.clone();
        assert_eq!(generated_from(&text).unwrap().templates, "app.yml");
        let again = write("app.yml", Some(&text)).unwrap();
        assert_eq!(again[0].text, text);
        let old = with_header("app.yml", "2025-01-01", "PolicyName: B\n");
        assert_eq!(write("app.yml", Some(&old)).unwrap()[0].text, text);
        for (templates, existing, message) in [
            ("app.yml", "PolicyName: A\n", "was not generated"),
            (
                "app.yml",
                &text.replace("PolicyName: A", "PolicyName: B"),
                "edited by hand",
            ),
            ("other.yml", &text, "was generated from app.yml"),
        ] {
            let problems = write(templates, Some(existing)).unwrap_err();
            assert!(problems[0].contains(message), "{problems:?}");
        }
        // Nothing ends the comment early.
        let odd = write("a --}} {{b}}.yml", None).unwrap();
        assert_eq!(generated_from(&odd[0].text).unwrap().templates, "templates");
    }
}

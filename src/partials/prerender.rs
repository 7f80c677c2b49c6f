//! The speed-up of partials: what the compiler need not see is kept out of it.
//!
//! In: a partial's text. Out: the text with a mark for each run of plain lines, and the runs. A
//! partial with tags over several lines is left as it is. In: what the shorter text renders to.
//! Out: that text with the runs back in their places. Refuses nothing.

use memchr::memmem;
use serde_json::Value as Json;

use crate::partials::tags::{tags, without_comments};

/// The folders of partials that render to policies, which no other partial includes.
pub(super) const POLICY_FOLDERS: &[&str] = &[
    "artifacts",
    "boundary",
    "codebuild",
    "deployer",
    "frameworks",
    "guards",
    "services",
    "tests",
];
/// Fields that are text in every policy.
const FIELDS: &[&str] = &["appId", "appIdLetters", "rolePath", "policyPath"];

/// The mark before the number of a run of lines; see [`outline`].
pub(super) const OUTLINED: char = '\u{e000}';

/// A partial as it is compiled.
#[derive(Clone, Debug, Default)]
pub(super) struct Outlined {
    pub(super) text: String,
    /// The runs of lines that were removed.
    pub(super) runs: Vec<String>,
    /// The line of the partial, from 0, of each line of the text.
    pub(super) lines: Vec<usize>,
}

/// Removes comments and whole lines without any tag from a partial, and leaves a mark for each run
/// of these. The compiler's time depends on the number of characters, and nearly all of them mean
/// nothing to it. A partial with tags over several lines is left as it is. `mark` tells its runs from those of
/// other partials.
///
/// With `fields`, lines whose tags are all of [`FIELDS`] count as lines without a tag, outside of
/// loops; [`push_filled`] fills them in.
pub(super) fn outline(mark: &str, text: &str, fields: bool) -> Outlined {
    let text = without_comments(text);
    let text = if text.contains('\r') {
        text.replace("\r\n", "\n")
    } else {
        text
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let lines: Vec<(&str, usize, usize)> = counted(text);
    let whole = lines.iter().all(|(_, opened, closed)| opened == closed);
    if text.contains(OUTLINED) || text.contains("{{{{") || !whole {
        return Outlined {
            text: text.to_owned(),
            ..Outlined::default()
        };
    }
    let escapes = text.contains('\\');
    let mut outlined = Outlined::default();
    let mut run = String::new();
    let mut loops = 0_usize;
    for (number, (line, opened, _)) in lines.into_iter().enumerate() {
        let says_nothing = opened == 0 || (fields && loops == 0 && has_fields_only(line));
        if opened > 0 && !says_nothing {
            for tag in tags(line) {
                if tag.starts_with("#each") || tag.starts_with("#with") {
                    loops += 1;
                } else if tag.starts_with("/each") || tag.starts_with("/with") {
                    loops = loops.saturating_sub(1);
                }
            }
        }
        if says_nothing && line.ends_with('\n') && !(escapes && line.contains('\\')) {
            if run.is_empty() {
                let mark = format!("{OUTLINED}{mark}.{}\n", outlined.runs.len());
                outlined.text.push_str(&mark);
                outlined.lines.push(number);
            }
            run.push_str(line);
            continue;
        }
        if !run.is_empty() {
            outlined.runs.push(std::mem::take(&mut run));
        }
        outlined.text.push_str(line);
        outlined.lines.push(number);
    }
    if !run.is_empty() {
        outlined.runs.push(run);
    }
    outlined
}

/// Whether all tags of `line` are of [`FIELDS`].
fn has_fields_only(line: &str) -> bool {
    line.split("{{").skip(1).all(|rest| {
        let name = rest.split_once("}}").map(|(name, _)| name);
        name.is_some_and(|name| FIELDS.contains(&name))
    })
}

/// Adds `line` with the fields of `context` in place of their tags.
pub(super) fn push_filled(line: &str, context: &Json, out: &mut String) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let (name, behind) = after.split_once("}}").unwrap_or((after, ""));
        let value = context.get(name).and_then(Json::as_str);
        out.push_str(value.unwrap_or_default());
        rest = behind;
    }
    out.push_str(rest);
}

/// The lines of `text`, with how many tags open and close in each. The text is searched once, and
/// not line by line: to begin a search costs more than a line.
fn counted(text: &str) -> Vec<(&str, usize, usize)> {
    let places = |mark| memmem::find_iter(text.as_bytes(), mark).peekable();
    let (mut opened, mut closed) = (places("{{"), places("}}"));
    let mut at = 0;
    let count = |marks: &mut std::iter::Peekable<_>, end| {
        std::iter::from_fn(|| marks.next_if(|place: &usize| *place < end)).count()
    };
    text.split_inclusive('\n')
        .map(|line| {
            at += line.len();
            (line, count(&mut opened, at), count(&mut closed, at))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use handlebars::Handlebars;

    use super::*;
    use crate::partials::tags::includes;
    use crate::partials::{Partials, built_in};
    use crate::yaml::lookup::Library;

    #[test]
    fn taking_lines_out_changes_nothing() {
        let mut library = Library::default();
        let partials = Partials::new(&mut library, &[]).unwrap();
        let mut plain = Handlebars::new();
        plain.register_escape_fn(handlebars::no_escape);
        for (name, text) in built_in() {
            plain.register_template_string(&name, text).unwrap();
        }
        let lists = serde_json::json!(["a", "b"]);
        for on in [false, true] {
            let flags: serde_json::Map<String, Json> =
                ["url", "rest", "image", "layer", "oai", "reports"]
                    .iter()
                    .map(|name| ((*name).to_owned(), on.into()))
                    .collect();
            let mut context = serde_json::json!({
                "appId": "x", "appIdLetters": "x", "rolePath": "/", "policyPath": "/managed/", "options": flags, "services": {},
                "account": "A", "region": "r", "roleName": "n", "description": "d", "principals": lists,
                "dependsOn": lists, "path": if on { "/p/" } else { "" }, "managedPolicies": lists,
                "userName": "u", "policyName": "p", "document": "{}", "roles": lists,
                "policies": [{ "name": "n", "document": "{}" }], "url": "https://i", "audiences": lists,
                "tokens": [{ "sid": "S", "provider": "p", "sessionTags": on,
                    "equals": [{ "key": "k", "values": lists }], "like": [{ "key": "k", "values": lists }] }],
            });
            let of_workflows = serde_json::json!({
                "title": "t", "environments": "e", "branches": lists, "jobs": lists, "steps": lists, "stage": "s",
                "name": "n", "job": "j", "minutes": 1, "group": "g", "action": "a", "accountId": "i", "role": "r",
                "executionRole": "e", "deploymentRole": "d", "variables": [{ "name": "n", "account": "a" }],
                "others": "o", "regions": on, "keys": on, "licence": on, "node": on, "oidc": on, "environment": "e", "toolsRole": on, "user": "u",
                "stages": [{ "stage": "s", "stack": "s", "region": "r", "app": "a", "managedBucket": on }],
            });
            if let (Json::Object(all), Json::Object(more)) = (&mut context, of_workflows) {
                all.extend(more);
            }
            for (name, _) in built_in() {
                let wanted = plain.render(&name, &context).unwrap();
                let lines = |text: &str| {
                    text.lines()
                        .filter(|line| !line.trim().is_empty())
                        .map(str::to_owned)
                        .collect::<Vec<_>>()
                };
                assert_eq!(
                    lines(&partials.render(&name, &context).unwrap()),
                    lines(&wanted),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn no_partial_includes_one_of_a_policy() {
        for (name, text) in built_in() {
            for included in includes(text) {
                let folder = included.split('/').next().unwrap();
                assert!(!POLICY_FOLDERS.contains(&folder), "{name}: {included}");
            }
        }
    }

    #[test]
    fn fields_are_filled_in_where_they_mean_the_same() {
        let text =
            "a: {{appId}}-{{rolePath}}\n{{#each list}}\nb: {{appId}}\n{{/each}}\nc: {{other}}\n";
        let outlined = outline("b0", text, true);
        assert_eq!(outlined.runs, ["a: {{appId}}-{{rolePath}}\n"]);
        let mut out = String::new();
        let context = serde_json::json!({ "appId": "x", "rolePath": "/" });
        push_filled(&outlined.runs[0], &context, &mut out);
        assert_eq!(out, "a: x-/\n");
        assert!(outline("b0", text, false).runs.is_empty());
    }
}

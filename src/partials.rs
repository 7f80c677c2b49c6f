//! The partials: Handlebars files that say what roles and policies look like.
//!
//! In: the built-in files (embedded from `partials/`) and those of `--partials DIR`, which win by
//! name. Out: rendered text, and the [`Catalog`] of services, frameworks and options that they
//! offer. Refuses files that are no Handlebars templates, and partials that include themselves by
//! whatever way (the renderer would overflow its stack).
//!
//! The hard thing is speed for small runs: a partial is compiled when it is first rendered.

pub mod ejected;

pub mod catalog;
pub mod rules;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use handlebars::{Handlebars, RenderErrorReason};
use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Result};
use crate::partials::catalog::Catalog;
use crate::partials::rules::BROKEN_PARTIAL;
use crate::source::{FileId, Span};
use crate::yaml::lookup::Library;

/// The most characters that one partial may have.
const SIZE_LIMIT: usize = 200_000;
/// How deep blocks may be nested in one partial, and partials in each other.
const DEPTH_LIMIT: usize = 50;
/// How many partials one may come to, with all that they include.
const INCLUSION_LIMIT: usize = 10_000;

/// The folders of partials that render to policies, which no other partial includes.
const POLICY_FOLDERS: &[&str] = &[
    "artifacts",
    "boundary",
    "codebuild",
    "deployer",
    "frameworks",
    "guards",
    "services",
    "tests",
];
/// Fields that are text wherever a policy is rendered.
const FIELDS: &[&str] = &["appId", "appIdLetters", "rolePath", "policyPath"];

/// A partial's text.
#[derive(Clone, Debug)]
struct Partial {
    file: FileId,
    text: String,
    /// Whether its lines may be taken out where they hold nothing but fields of [`FIELDS`].
    fields: bool,
    outlined: OnceCell<Outlined>,
}

impl Partial {
    fn new(file: FileId, text: &str) -> Self {
        Self {
            file,
            text: text.to_owned(),
            fields: false,
            outlined: OnceCell::new(),
        }
    }

    /// A built-in partial. Where nothing is overridden, those of policies are included by none, so
    /// that a field means the same in all of their lines but those of a loop.
    fn built_in(file: FileId, name: &str, text: &str, alone: bool) -> Self {
        let folder = name.split('/').next().unwrap_or_default();
        Self {
            fields: alone && POLICY_FOLDERS.contains(&folder),
            ..Self::new(file, text)
        }
    }

    /// What is compiled.
    fn outlined(&self) -> &Outlined {
        self.outlined
            .get_or_init(|| outline(self.file, &self.text, self.fields))
    }
}

/// Every partial of a run.
pub struct Partials {
    files: BTreeMap<String, Partial>,
    registry: RefCell<Handlebars<'static>>,
    /// The partials that are compiled with all that they include.
    ready: RefCell<BTreeSet<String>>,
    /// What they offer.
    pub catalog: Catalog,
    /// Which copies of built-in partials are outdated.
    pub notes: Vec<Diagnostic>,
}

/// The built-in partials as name and text, sorted by name; a name is a path under `partials/`
/// without its `.hbs`.
pub fn built_in() -> Vec<(String, &'static str)> {
    static FOLDER: include_dir::Dir<'static> =
        include_dir::include_dir!("$CARGO_MANIFEST_DIR/partials");
    let mut found = Vec::new();
    for folder in FOLDER.dirs() {
        for file in folder.files() {
            let name = file.path().with_extension("");
            if let (Some(name), Some(text)) = (name.to_str(), file.contents_utf8()) {
                found.push((name.replace('\\', "/"), text));
            }
        }
    }
    found.sort();
    found
}

impl Partials {
    /// The built-in partials with `overrides` (name and file, already in `library`) on top. Adds
    /// the built-in texts to the library, for diagnostics.
    ///
    /// # Errors
    ///
    /// `broken-partial`.
    pub fn new(library: &mut Library, overrides: &[(String, FileId)]) -> Result<Self> {
        let mut partials = BTreeMap::new();
        for (name, text) in built_in() {
            let file = library.sources.add(format!("partials/{name}.hbs"), text);
            let partial = Partial::built_in(file, &name, text, overrides.is_empty());
            partials.insert(name, partial);
        }
        let mut problems = Vec::new();
        let mut notes = Vec::new();
        for (name, file) in overrides {
            let partial = Partial::new(*file, library.sources.text(*file));
            problems.extend(limits(name, &partial));
            let path = library.sources.path(*file);
            notes.extend(ejected::moved_on(*file, path, &partial.text, |name| {
                let (_, text) = built_in().into_iter().find(|(known, _)| known == name)?;
                Some(ejected::fingerprint(text))
            }));
            partials.insert(name.clone(), partial);
        }
        let catalog = catalog(&partials);
        let mut registry = Handlebars::new();
        registry.register_escape_fn(handlebars::no_escape);
        registry.set_strict_mode(true);
        let partials = Self {
            files: partials,
            registry: RefCell::new(registry),
            ready: RefCell::default(),
            catalog,
            notes,
        };
        problems.extend(partials.circles(overrides));
        if problems.is_empty() {
            problems.extend(partials.too_many(overrides));
        }
        if problems.is_empty() {
            for (name, _) in overrides {
                if let Err(found) = partials.compile(name) {
                    problems.extend(found);
                }
            }
        }
        if problems.is_empty() {
            Ok(partials)
        } else {
            Err(problems)
        }
    }

    /// Whether there is a partial `name`.
    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// Where the partial `name` begins, to point at.
    pub fn span(&self, name: &str) -> Span {
        self.files
            .get(name)
            .map_or(Span::new(FileId(u32::MAX), 0, 0), |partial| {
                Span::new(
                    partial.file,
                    0,
                    partial.text.lines().next().map_or(0, str::len),
                )
            })
    }

    /// Renders the partial `name`.
    ///
    /// # Errors
    ///
    /// `broken-partial`, at the place that could not be rendered.
    pub fn render(&self, name: &str, context: &Json) -> Result<String> {
        self.compile(name)?;
        let rendered = self.registry.borrow().render(name, context);
        rendered.map(|text| self.inlined(&text, context)).map_err(|error| {
            let place = error.template_name.as_deref().unwrap_or(name);
            let span = self.position(place, error.line_no, error.column_no);
            let reason = match error.reason() {
                RenderErrorReason::MissingVariable(Some(field)) => format!("there is no field `{field}` here"),
                reason => one_line(&reason.to_string()),
            };
            vec![Diagnostic::new(&BROKEN_PARTIAL, span, format!("the partial `{place}` cannot be rendered: {reason}")).help("every field that it reads must be one that its place in the tool provides; see the head of the built-in partial of that name")]
        })
    }

    /// Compiles `name` and what it includes, where that is not done yet.
    fn compile(&self, name: &str) -> Result<()> {
        if self.ready.borrow().contains(name) {
            return Ok(());
        }
        for name in self.closure(name) {
            if self.registry.borrow().has_template(&name) {
                continue;
            }
            let Some(partial) = self.files.get(&name) else {
                continue;
            };
            let text = &partial.outlined().text;
            if let Err(error) = self
                .registry
                .borrow_mut()
                .register_template_string(&name, text)
            {
                let (line, column) = error.pos().unzip();
                let span = self.position(&name, line, column);
                // What follows names the rules of the parser's grammar.
                let reason = one_line(&error.reason().to_string());
                let reason = reason.split(": expected ").next().unwrap_or_default();
                return Err(vec![
                    Diagnostic::new(
                        &BROKEN_PARTIAL,
                        span,
                        format!("the partial `{name}` is no Handlebars template: {reason}"),
                    )
                    .help(
                        "close every `{{` and every block such as `{{#if ...}}` before this place",
                    ),
                ]);
            }
        }
        self.ready.borrow_mut().insert(name.to_owned());
        Ok(())
    }

    /// The rendered text with the outlined lines back in their places.
    fn inlined(&self, text: &str, context: &Json) -> String {
        let mut out = String::with_capacity(2 * text.len());
        for line in text.split_inclusive('\n') {
            let Some((indent, mark)) = line.split_once(OUTLINED) else {
                out.push_str(line);
                continue;
            };
            let run = mark.trim_end().split_once('.').and_then(|(file, number)| {
                let file = FileId(file.parse().ok()?);
                let partial = self.files.values().find(|partial| partial.file == file)?;
                partial.outlined().runs.get(number.parse::<usize>().ok()?)
            });
            for line in run
                .map(String::as_str)
                .unwrap_or_default()
                .split_inclusive('\n')
            {
                out.push_str(indent);
                push_filled(line, context, &mut out);
            }
        }
        out
    }

    /// The partial and all that it includes.
    fn closure(&self, name: &str) -> Vec<String> {
        let mut found = vec![name.to_owned()];
        let mut seen: BTreeSet<String> = BTreeSet::from([name.to_owned()]);
        let mut at = 0;
        while let Some(name) = found.get(at).cloned() {
            at += 1;
            let Some(partial) = self.files.get(&name) else {
                continue;
            };
            // Lines without tags, and comments, are out of this text.
            for included in inclusions(&partial.outlined().text) {
                if seen.insert(included.clone()) {
                    found.push(included);
                }
            }
        }
        found
    }

    /// Partials that come to too many, or too deep, with all that they include. There must be no
    /// circles.
    fn too_many(&self, overrides: &[(String, FileId)]) -> Vec<Diagnostic> {
        let mut known: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let mut problems = Vec::new();
        for (name, file) in overrides {
            let (count, depth) = self.weight(name, &mut known, 0);
            if count > INCLUSION_LIMIT || depth > DEPTH_LIMIT {
                let message = format!(
                    "the partial `{name}` includes more than {INCLUSION_LIMIT} partials, or more than {DEPTH_LIMIT} deep"
                );
                problems.push(
                    Diagnostic::new(&BROKEN_PARTIAL, Span::new(*file, 0, 0), message)
                        .help("include fewer"),
                );
            }
        }
        problems
    }

    /// How many partials `name` comes to, itself included, and how deep they stand.
    fn weight(
        &self,
        name: &str,
        known: &mut BTreeMap<String, (usize, usize)>,
        level: usize,
    ) -> (usize, usize) {
        if let Some(weight) = known.get(name) {
            return *weight;
        }
        let Some(partial) = self.files.get(name).filter(|_| level <= DEPTH_LIMIT) else {
            return (1, 1);
        };
        let (mut count, mut depth) = (1_usize, 0);
        for inner in inclusions(&without_comments(&partial.text)) {
            let (inner_count, inner_depth) = self.weight(&inner, known, level + 1);
            count = count.saturating_add(inner_count);
            depth = depth.max(inner_depth);
        }
        known.insert(name.to_owned(), (count, depth + 1));
        (count, depth + 1)
    }

    /// Overrides that stand on a circle of inclusions, or lead to one.
    fn circles(&self, overrides: &[(String, FileId)]) -> Vec<Diagnostic> {
        if overrides.is_empty() {
            return Vec::new();
        }
        let mut left: BTreeMap<&str, Vec<String>> = self
            .files
            .iter()
            .map(|(name, partial)| (name.as_str(), includes(&partial.text)))
            .collect();
        // Whatever includes nothing that is left is on no circle.
        loop {
            let done: Vec<&str> = left
                .iter()
                .filter(|(_, inner)| !inner.iter().any(|name| left.contains_key(name.as_str())))
                .map(|(name, _)| *name)
                .collect();
            if done.is_empty() {
                break;
            }
            for name in done {
                left.remove(name);
            }
        }
        overrides
            .iter()
            .filter(|(name, _)| left.contains_key(name.as_str()))
            .map(|(name, file)| {
                let message =
                    format!("the partial `{name}` includes itself, directly or by way of another");
                Diagnostic::new(&BROKEN_PARTIAL, Span::new(*file, 0, 0), message)
                    .help("take one `{{> ...}}` out")
            })
            .collect()
    }

    /// The byte at `line` and `column` (from 1) of a partial.
    fn position(&self, name: &str, line: Option<usize>, column: Option<usize>) -> Span {
        let whole = self.span(name);
        let (Some(partial), Some(line)) = (self.files.get(name), line) else {
            return whole;
        };
        let line = partial
            .outlined()
            .lines
            .get(line.saturating_sub(1))
            .map_or_else(|| partial.text.lines().count() + 1, |line| line + 1);
        let start: usize = partial
            .text
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum();
        let text = partial
            .text
            .get(start..)
            .unwrap_or_default()
            .lines()
            .next()
            .unwrap_or_default();
        let column = column.unwrap_or(1).saturating_sub(1);
        let at = start + text.char_indices().nth(column).map_or(0, |(at, _)| at);
        Span::new(
            partial.file,
            at,
            start + text.trim_end().len().max(at - start),
        )
    }
}

fn one_line(text: &str) -> String {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("; ")
}

fn limits(name: &str, partial: &Partial) -> Option<Diagnostic> {
    let text = without_comments(&partial.text);
    let message = if partial.text.len() > SIZE_LIMIT {
        format!("has more than {SIZE_LIMIT} characters")
    } else if nesting(&text) > DEPTH_LIMIT {
        format!("nests blocks or expressions more than {DEPTH_LIMIT} deep")
    } else if tags(&text).any(|tag| tag.trim_start_matches('#').starts_with('*')) {
        "defines a decorator or an inline partial, which are not supported".to_owned()
    } else if tags(&text).any(|tag| {
        tag.trim_start_matches('#')
            .trim_start()
            .strip_prefix('>')
            .is_some_and(|name| name.trim_start().starts_with('('))
    }) {
        "includes a partial by an expression, and not by its name".to_owned()
    } else {
        return None;
    };
    let span = Span::new(partial.file, 0, 0);
    Some(
        Diagnostic::new(
            &BROKEN_PARTIAL,
            span,
            format!("the partial `{name}` {message}"),
        )
        .help("a partial says one thing; write it plainly, or split it"),
    )
}

/// What stands in each `{{...}}`, from its first character that says something.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("{{")
        .filter_map(|(at, _)| text.get(at + 2..))
        .map(|rest| rest.trim_start_matches(['{', '~']).trim_start())
}

fn nesting(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    // An `{{else if}}` is a block in the else part of the one before.
    let mut chained: Vec<usize> = Vec::new();
    for tag in tags(text) {
        let inner = tag.split("}}").next().unwrap_or_default();
        if tag.starts_with('#') || tag.starts_with('^') {
            depth += 1;
            chained.push(0);
        } else if tag.starts_with("else ") {
            depth += 1;
            if let Some(count) = chained.last_mut() {
                *count += 1;
            }
        } else if tag.starts_with('/') {
            depth = depth.saturating_sub(1 + chained.pop().unwrap_or(0));
        }
        most = most.max(depth + inner.matches('(').count());
    }
    most
}

/// Stands before the number of a run of lines; see [`outline`].
const OUTLINED: char = '\u{e000}';

/// A partial as it is compiled.
#[derive(Clone, Debug, Default)]
struct Outlined {
    text: String,
    /// The runs of lines that were taken out.
    runs: Vec<String>,
    /// The line of the partial, from 0, of each line of the text.
    lines: Vec<usize>,
}

/// Takes comments and whole lines without any tag out of a partial, and leaves a mark for each
/// run of these. The compiler's time goes with the characters, and nearly all of them say nothing
/// to it. A partial with tags over several lines is left as it is.
///
/// With `fields`, lines whose tags are all of [`FIELDS`] count as lines without a tag, outside of
/// loops; [`push_filled`] fills them in.
fn outline(file: FileId, text: &str, fields: bool) -> Outlined {
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
                let mark = format!("{OUTLINED}{}.{}\n", file.0, outlined.runs.len());
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
fn push_filled(line: &str, context: &Json, out: &mut String) {
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
    let places = |mark| text.match_indices(mark).map(|(at, _)| at).peekable();
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

/// The text without its long Handlebars comments, of which only the line breaks are kept.
fn without_comments(text: &str) -> String {
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

fn includes(text: &str) -> Vec<String> {
    let text = without_comments(text);
    let mut found: Vec<String> = inclusions(&text).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The name of each `{{> name}}`, as often as it stands.
fn inclusions(text: &str) -> impl Iterator<Item = String> {
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

/// The first sentence of a partial's head comment: what it is for.
pub fn summary(text: &str) -> String {
    let comment = text
        .split_once("{{!--")
        .and_then(|(_, rest)| rest.split_once("--}}"));
    let words: Vec<&str> = comment
        .map_or("", |(comment, _)| comment)
        .split_whitespace()
        .collect();
    let end = words.iter().position(|word| word.ends_with('.'));
    words
        .get(..end.map_or(words.len(), |end| end + 1))
        .unwrap_or_default()
        .join(" ")
}

/// The names read as `options.<name>`.
pub fn options(text: &str) -> Vec<String> {
    let text = without_comments(text);
    let mut found = BTreeSet::new();
    for (at, mark) in text.match_indices("options.") {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let name: String = text
            .get(at + mark.len()..)
            .unwrap_or_default()
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        if !name.is_empty() {
            found.insert(name);
        }
    }
    found.into_iter().collect()
}

fn catalog(partials: &BTreeMap<String, Partial>) -> Catalog {
    let under = |folder: &str| {
        partials
            .iter()
            .filter_map(|(name, partial)| {
                Some((
                    name.strip_prefix(folder)?.to_owned(),
                    options(&partial.text),
                ))
            })
            .collect::<BTreeMap<_, _>>()
    };
    Catalog {
        services: under("services/"),
        frameworks: under("frameworks/"),
        tests: under("tests/"),
        codebuild: partials
            .get("codebuild/service-role")
            .map(|partial| options(&partial.text))
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_partial_compiles() {
        let mut library = Library::default();
        let partials = Partials::new(&mut library, &[]).unwrap();
        for (name, _) in built_in() {
            partials.compile(&name).unwrap();
        }
    }

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
                "keys": on, "licence": on, "node": on, "oidc": on, "environment": "e", "toolsRole": on, "user": "u",
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
        let outlined = outline(FileId(0), text, true);
        assert_eq!(outlined.runs, ["a: {{appId}}-{{rolePath}}\n"]);
        let mut out = String::new();
        let context = serde_json::json!({ "appId": "x", "rolePath": "/" });
        push_filled(&outlined.runs[0], &context, &mut out);
        assert_eq!(out, "a: x-/\n");
        assert!(outline(FileId(0), text, false).runs.is_empty());
    }

    #[test]
    fn errors_name_the_line_of_the_partial() {
        let mut library = Library::default();
        let text = "a:\n  b: 1\n  c: 2\nd: {{missing}}\n";
        let file = library.sources.add("services/x.hbs", text);
        let partials = Partials::new(&mut library, &[("services/x".to_owned(), file)]).unwrap();
        let problems = partials
            .render("services/x", &serde_json::json!({}))
            .unwrap_err();
        let span = problems[0].primary.as_ref().unwrap().span;
        assert_eq!(
            library.sources.get(file).unwrap().position(span.start).line,
            4
        );
    }

    #[test]
    fn finds_options_and_includes_outside_of_comments() {
        let text = "{{!-- options.not {{> no}} --}}{{#if options.url}}{{> a/b}}{{/if}}{{#if services.options.x}}{{/if}}";
        assert_eq!(options(text), ["url", "x"]);
        assert_eq!(includes(text), ["a/b"]);
    }

    fn refused(texts: &[(&str, String)]) -> bool {
        let mut library = Library::default();
        let overrides: Vec<(String, FileId)> = texts
            .iter()
            .map(|(name, text)| ((*name).to_owned(), library.sources.add(*name, text.clone())))
            .collect();
        Partials::new(&mut library, &overrides).is_err()
    }

    #[test]
    fn refuses_what_would_overflow_or_never_end() {
        let one = |text: &str| [("services/sqs", text.to_owned())];
        assert!(refused(&one("{{#*inline \"a\"}}{{> a}}{{/inline}}{{> a}}")));
        assert!(refused(&one("{{> (lookup this \"appId\")}}")));
        assert!(refused(&one("{{ > services/sqs}}")));
        assert!(refused(&one(&format!("{{{{x {}}}}}", "(a ".repeat(2000)))));
        assert!(refused(&one(&format!(
            "{}{}",
            "{{ #if a}}".repeat(4000),
            "{{/if}}".repeat(4000)
        ))));
        assert!(refused(&one(&format!(
            "{{{{#if a}}}}{}{{{{/if}}}}",
            "{{else if a}}".repeat(5000)
        ))));
        let names: Vec<String> = (0..26).map(|number| format!("q/p{number}")).collect();
        let fan: Vec<(&str, String)> = (0..26)
            .map(|number| {
                (
                    names[number].as_str(),
                    format!("{{{{> q/p{}}}}}\n", number + 1).repeat(4),
                )
            })
            .collect();
        assert!(refused(&fan));
        let names: Vec<String> = (0..3000).map(|number| format!("q/p{number}")).collect();
        let chain: Vec<(&str, String)> = (0..3000)
            .map(|number| {
                (
                    names[number].as_str(),
                    format!("{{{{> q/p{}}}}}\n", number + 1),
                )
            })
            .collect();
        assert!(refused(&chain));
    }

    #[test]
    fn refuses_partials_that_include_each_other() {
        let mut library = Library::default();
        let a = library.sources.add("a.hbs", "{{> parts/b}}");
        let b = library.sources.add("b.hbs", "{{> parts/a}}");
        let refused = Partials::new(
            &mut library,
            &[("parts/a".to_owned(), a), ("parts/b".to_owned(), b)],
        );
        assert!(refused.is_err_and(|problems| problems.len() == 2));
    }
}

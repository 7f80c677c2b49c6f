//! The partials: Handlebars files that say what roles and policies look like.
//!
//! In: the built-in files (embedded from `partials/`) and those of `--partials DIR`, which win by
//! name. Out: rendered text, and the [`Catalog`] of services, frameworks and options that they
//! offer. Refuses files that are no Handlebars templates, and partials that include themselves by
//! whatever way (the renderer would overflow its stack).
//!
//! The hard thing is speed for small runs: a partial is compiled when it is first rendered.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use handlebars::{Handlebars, RenderErrorReason, Template};
use serde_json::Value as Json;

use crate::model::catalog::Catalog;
use crate::model::diagnostic::{Code, Diagnostic, Result};
use crate::model::library::Library;
use crate::model::source::{FileId, Span};

/// The most characters that one partial may have.
const SIZE_LIMIT: usize = 200_000;
/// How deep blocks may be nested in one partial.
const DEPTH_LIMIT: usize = 50;

/// A partial's text.
#[derive(Clone, Debug)]
struct Partial {
    file: FileId,
    text: String,
    outlined: OnceLock<Outlined>,
}

impl Partial {
    fn new(file: FileId, text: &str) -> Self {
        Self {
            file,
            text: text.to_owned(),
            outlined: OnceLock::new(),
        }
    }

    /// What is compiled.
    fn outlined(&self) -> &Outlined {
        self.outlined.get_or_init(|| outline(self.file, &self.text))
    }
}

/// Every partial of a run.
pub struct Partials {
    files: BTreeMap<String, Partial>,
    registry: RefCell<Handlebars<'static>>,
    /// What they offer.
    pub catalog: Catalog,
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
            partials.insert(name, Partial::new(file, text));
        }
        let mut problems = Vec::new();
        for (name, file) in overrides {
            let partial = Partial::new(*file, library.sources.text(*file));
            problems.extend(limits(name, &partial));
            partials.insert(name.clone(), partial);
        }
        let catalog = catalog(&partials);
        let mut registry = Handlebars::new();
        registry.register_escape_fn(handlebars::no_escape);
        registry.set_strict_mode(true);
        let partials = Self {
            files: partials,
            registry: RefCell::new(registry),
            catalog,
        };
        problems.extend(partials.circles(overrides));
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
        rendered.map(|text| self.inlined(&text)).map_err(|error| {
            let place = error.template_name.as_deref().unwrap_or(name);
            let span = self.position(place, error.line_no, error.column_no);
            let reason = match error.reason() {
                RenderErrorReason::MissingVariable(Some(field)) => format!("there is no field `{field}` here"),
                reason => one_line(&reason.to_string()),
            };
            vec![Diagnostic::error(Code::BrokenPartial, span, format!("the partial `{place}` cannot be rendered: {reason}")).help("every field that it reads must be one that its place in the tool provides; see the head of the built-in partial of that name")]
        })
    }

    /// Compiles `names` and what they include on all processors, ahead of rendering. Compiling is
    /// most of the work of a small run. Errors are left to [`Partials::render`].
    pub fn prepare(&self, names: &[String]) {
        let mut missing: Vec<String> = names.iter().flat_map(|name| self.closure(name)).collect();
        missing.sort_unstable();
        missing.dedup();
        missing.retain(|name| !self.registry.borrow().has_template(name));
        let mut texts: Vec<(&str, &str)> = missing
            .iter()
            .filter_map(|name| {
                Some((
                    name.as_str(),
                    self.files.get(name)?.outlined().text.as_str(),
                ))
            })
            .collect();
        // The largest first, dealt out in turn, so that no thread waits long for another.
        texts.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
        let threads = std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(4);
        let compile = |texts: &[(&str, &str)], first: usize| -> Vec<Template> {
            texts
                .iter()
                .skip(first)
                .step_by(threads)
                .filter_map(|(name, text)| {
                    Template::compile_with_name(text, (*name).to_owned()).ok()
                })
                .collect()
        };
        let texts = texts.as_slice();
        let compiled: Vec<Template> = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads)
                .map(|first| scope.spawn(move || compile(texts, first)))
                .collect();
            let mut all = compile(texts, 0);
            for other in others {
                all.extend(other.join().unwrap_or_default());
            }
            all
        });
        let mut registry = self.registry.borrow_mut();
        for template in compiled {
            if let Some(name) = template.name.clone() {
                registry.register_template(&name, template);
            }
        }
    }

    /// Compiles `name` and what it includes, where that is not done yet.
    fn compile(&self, name: &str) -> Result<()> {
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
                    Diagnostic::error(
                        Code::BrokenPartial,
                        span,
                        format!("the partial `{name}` is no Handlebars template: {reason}"),
                    )
                    .help(
                        "close every `{{` and every block such as `{{#if ...}}` before this place",
                    ),
                ]);
            }
        }
        Ok(())
    }

    /// The rendered text with the outlined lines back in their places.
    fn inlined(&self, text: &str) -> String {
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
                out.push_str(line);
            }
        }
        out
    }

    /// The partial and all that it includes.
    fn closure(&self, name: &str) -> Vec<String> {
        let mut found = vec![name.to_owned()];
        let mut at = 0;
        while let Some(name) = found.get(at).cloned() {
            if let Some(partial) = self.files.get(&name) {
                for included in includes(&partial.text) {
                    if !found.contains(&included) {
                        found.push(included);
                    }
                }
            }
            at += 1;
        }
        found
    }

    fn circles(&self, overrides: &[(String, FileId)]) -> Vec<Diagnostic> {
        let inner = |name: &str| {
            self.files
                .get(name)
                .map(|partial| includes(&partial.text))
                .unwrap_or_default()
        };
        let mut problems = Vec::new();
        for (name, file) in overrides {
            if inner(name)
                .iter()
                .any(|included| self.closure(included).contains(name))
            {
                problems.push(
                    Diagnostic::error(
                        Code::BrokenPartial,
                        Span::new(*file, 0, 0),
                        format!(
                            "the partial `{name}` includes itself, directly or by way of another"
                        ),
                    )
                    .help("take one `{{> ...}}` out"),
                );
            }
        }
        problems
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
    let depth = partial.text.matches("{{#").count().min(partial.text.len());
    let problem = |message: String| {
        Some(
            Diagnostic::error(Code::BrokenPartial, Span::new(partial.file, 0, 0), message)
                .help("a partial says one thing; split it"),
        )
    };
    if partial.text.len() > SIZE_LIMIT {
        return problem(format!(
            "the partial `{name}` has more than {SIZE_LIMIT} characters"
        ));
    }
    if depth > DEPTH_LIMIT && nesting(&partial.text) > DEPTH_LIMIT {
        return problem(format!(
            "the partial `{name}` nests blocks more than {DEPTH_LIMIT} deep"
        ));
    }
    None
}

fn nesting(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for (at, _) in text.match_indices("{{") {
        let rest = text
            .get(at + 2..)
            .unwrap_or_default()
            .trim_start_matches(['{', '~']);
        if rest.starts_with('#') {
            depth += 1;
            most = most.max(depth);
        } else if rest.starts_with('/') {
            depth = depth.saturating_sub(1);
        }
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
fn outline(file: FileId, text: &str) -> Outlined {
    let text = without_comments(&text.replace("\r\n", "\n"));
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let whole = |line: &str| line.matches("{{").count() == line.matches("}}").count();
    if text.contains(OUTLINED) || text.contains("{{{{") || !text.lines().all(whole) {
        return Outlined {
            text: text.to_owned(),
            ..Outlined::default()
        };
    }
    let mut outlined = Outlined::default();
    let mut run = String::new();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if line.ends_with('\n') && !line.contains("{{") && !line.contains('\\') {
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
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("{{") {
        let rest = text
            .get(at + 2..)
            .unwrap_or_default()
            .trim_start_matches('~');
        let Some(rest) = rest.strip_prefix('>').or_else(|| rest.strip_prefix("#>")) else {
            continue;
        };
        let name: String = rest
            .trim_start()
            .chars()
            .take_while(|c| !c.is_whitespace() && *c != '}' && *c != '~')
            .collect();
        found.insert(name.trim_matches(['"', '\'']).to_owned());
    }
    found.into_iter().collect()
}

/// The names read as `options.<name>`.
fn options(text: &str) -> Vec<String> {
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
            let context = serde_json::json!({
                "appId": "x", "rolePath": "/", "policyPath": "/managed/", "options": flags, "services": {},
                "account": "A", "region": "r", "roleName": "n", "description": "d", "principals": lists,
                "dependsOn": lists, "path": if on { "/p/" } else { "" }, "managedPolicies": lists,
                "userName": "u", "policyName": "p", "document": "{}", "roles": lists,
                "policies": [{ "name": "n", "document": "{}" }],
            });
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

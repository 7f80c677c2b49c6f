//! Partials to compiled templates, each when it is first rendered.
//!
//! In: a partial's name. Out: the template in the registry, with all that it includes. Refuses text
//! that is not a Handlebars template. Rendered text gets its plain lines back here.

use std::collections::BTreeSet;

use handlebars::RenderErrorReason;
use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Result};
use crate::partials::Partials;
use crate::partials::prerender::{OUTLINED, push_filled};
use crate::partials::rules::BROKEN_PARTIAL;
use crate::partials::tags::inclusions;
use crate::source::Span;

impl Partials {
    /// Renders the partial `name`.
    ///
    /// # Errors
    ///
    /// `broken-partial`, at the place that could not be rendered.
    pub fn render(&self, name: &str, context: &Json) -> Result<String> {
        self.compile(name)?;
        let rendered = self.compiled.borrow().templates.render(name, context);
        rendered.map(|text| self.inlined(&text, context)).map_err(|error| {
            let place = error.template_name.as_deref().unwrap_or(name);
            let span = self.position(place, error.line_no, error.column_no);
            let reason = match error.reason() {
                RenderErrorReason::MissingVariable(Some(field)) => format!("there is no field `{field}` here"),
                reason => one_line(&reason.to_string()),
            };
            vec![Diagnostic::new(&BROKEN_PARTIAL, span, format!("the partial `{place}` cannot be rendered: {reason}")).help("it can only read the fields that the tool provides there; see the head of the built-in partial with that name")]
        })
    }

    /// Compiles `name` and what it includes, if that is not done yet.
    pub(super) fn compile(&self, name: &str) -> Result<()> {
        if self.compiled.borrow().ready.contains(name) {
            return Ok(());
        }
        for name in self.closure(name) {
            if self.compiled.borrow().templates.has_template(&name) {
                continue;
            }
            let Some(partial) = self.files.get(&name) else {
                continue;
            };
            let registered = partial.template(&name).map(|found| {
                let mut compiled = self.compiled.borrow_mut();
                compiled.templates.register_template(&name, found);
            });
            if let Err(error) = registered {
                let (line, column) = error.pos().unzip();
                let span = self.position(&name, line, column);
                // What follows names the rules of the parser's grammar.
                let reason = one_line(&error.reason().to_string());
                let reason = reason.split(": expected ").next().unwrap_or_default();
                return Err(vec![
                    Diagnostic::new(
                        &BROKEN_PARTIAL,
                        span,
                        format!("the partial `{name}` is not a Handlebars template: {reason}"),
                    )
                    .help(
                        "close every `{{` and every block such as `{{#if ...}}` before this place",
                    ),
                ]);
            }
        }
        self.compiled.borrow_mut().ready.insert(name.to_owned());
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
            let run = mark.trim_end().split_once('.').and_then(|(of, number)| {
                let partial = self.files.values().find(|partial| partial.mark == of)?;
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
            // Lines without tags, and comments, are not in this text.
            for included in inclusions(&partial.outlined().text) {
                if seen.insert(included.clone()) {
                    found.push(included);
                }
            }
        }
        found
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::lookup::Library;

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
}

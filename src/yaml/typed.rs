//! Typed values out of a tree, with what is wrong with them.
//!
//! In: nodes. Out: texts, booleans, plain values and the fields of mappings. Refuses other types
//! than the expected one, and keys without a value: that is reported, and nothing else
//! about them.

use std::sync::Arc;

use serde_yaml::Value;

use crate::diagnostic::{Diagnostic, ProblemScope, Problems, Result, Shown as _};
use crate::source::{Span, Spanned};
use crate::yaml::lookup::{Field, Library};
use crate::yaml::node::{Kind, Node};
use crate::yaml::rules::WRONG_TYPE;
use crate::yaml::value::value;

/// Reads values and collects the problems.
pub(crate) struct TypedReader<'run> {
    /// The files of the run.
    pub(crate) library: &'run Library,
    /// Where values are missing.
    empty: Vec<Span>,
    problems: Problems,
}

impl<'run> TypedReader<'run> {
    /// A reader of `library` that has read nothing.
    pub(crate) fn new(library: &'run Library) -> Self {
        Self {
            library,
            empty: Vec::new(),
            problems: Problems::default(),
        }
    }

    /// Every problem, in the order of reading.
    pub(crate) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems.into_vec()
    }

    /// Notes a problem, unless it is about a value that is missing.
    pub(crate) fn problem(&mut self, diagnostic: Diagnostic) {
        let place = diagnostic.primary.as_ref().map(|label| label.span);
        if place.is_none_or(|span| !self.empty.contains(&span)) {
            self.problems.push(diagnostic);
        }
    }

    /// Begins a part: at its end, see whether it has errors.
    pub(crate) fn scope(&self) -> ProblemScope {
        self.problems.scope()
    }

    /// Whether there was an error since `scope` began.
    pub(crate) fn failed(&self, scope: ProblemScope) -> bool {
        self.problems.had_errors(scope)
    }

    /// The value of `result`, whose problems are noted.
    pub(crate) fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        self.problems.keep(result)
    }

    /// Whether the field has a value: a key alone is not a way to say "none".
    pub(crate) fn filled(&mut self, field: &Field) -> bool {
        if !self.library.follow(&field.value).is_null() {
            return true;
        }
        self.problem(
            Diagnostic::new(
                &WRONG_TYPE,
                field.key_span,
                format!("`{}` has no value", field.key.shown()),
            )
            .help("write a value, or leave the key out"),
        );
        self.empty.push(field.value.whole_span());
        false
    }

    /// Reports that `node` is not what is `expected` there.
    pub(crate) fn wrong_type(&mut self, node: &Arc<Node>, expected: &str, help: &str) {
        let found = self.library.follow(node);
        let problem = Diagnostic::new(
            &WRONG_TYPE,
            node.whole_span(),
            format!("expected {expected}, found {}", found.describe()),
        );
        self.problem(problem.help(help));
    }

    /// The fields of a mapping.
    pub(crate) fn fields(&mut self, node: &Arc<Node>) -> Option<Vec<Field>> {
        let found = self.library.mapping(node);
        self.keep(found)
    }

    /// Any value.
    pub(crate) fn value(&mut self, node: &Arc<Node>) -> Option<Value> {
        let found = value(self.library, node);
        self.keep(found)
    }

    /// A scalar that YAML reads as text.
    pub(crate) fn text(&mut self, node: &Arc<Node>) -> Option<Spanned<String>> {
        let is_scalar = matches!(self.library.follow(node).kind, Kind::Scalar(..));
        let found = if is_scalar {
            self.value(node)?
        } else {
            Value::Null
        };
        if let Value::String(text) = found {
            Some(Spanned::new(text, node.whole_span()))
        } else {
            self.wrong_type(
                node,
                "text",
                "write text; quote it if it looks like a number or `true`",
            );
            None
        }
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self, node: &Arc<Node>) -> Option<Spanned<bool>> {
        if let Value::Bool(flag) = self.value(node)? {
            Some(Spanned::new(flag, node.whole_span()))
        } else {
            self.wrong_type(
                node,
                "`true` or `false`",
                "write `true` or `false`; OrgFormation takes `yes` for text",
            );
            None
        }
    }
}

//! What a partial renders to, checked and split up.
//!
//! In: the text of a partial. Out: resources or policies. Refuses text that is not YAML, and
//! policies whose form IAM would not take.

use std::collections::HashSet;

use memchr::memmem::Finder;
use serde_json::{Value as Json, json};
use serde_yaml::{Mapping, Value};

use crate::diagnostic::{Diagnostic, Result, Shown as _};
use crate::expand::model::rendered::RenderedResource;
use crate::expand::pack::{Attach, Policy};
use crate::partials::rules::BROKEN_PARTIAL;
use crate::source::FileId;
use crate::yaml::lookup::Library;

use crate::expand::render::Renderer;
use crate::expand::render::regions::Policies;

impl Renderer<'_> {
    pub(crate) fn resource(
        &self,
        partial: &str,
        kind: &str,
        context: serde_json::Map<String, Json>,
    ) -> Result<RenderedResource> {
        let mut content = Value::Mapping(self.mapping(partial, &Json::Object(context))?);
        if let Some(regions) = &self.regions
            && let Some(properties) = content.get_mut("Properties")
            && let Some(trust) = properties.get_mut("AssumeRolePolicyDocument")
        {
            regions.trust(trust);
        }
        let stem = self.token_stem();
        let mut places = Vec::new();
        tokens(&stem, &content, &mut places);
        self.put_documents((&stem, &places), &mut content);
        let Value::Mapping(content) = content else {
            return Err(vec![self.broken(partial, "does not render to a mapping")]);
        };
        if self.has_token(&content) {
            return Err(vec![self.broken(
                partial,
                "renders a policy's `document` as part of something else",
            )]);
        }
        for key in ["Type", "OrganizationBinding", "Properties"] {
            if !content.contains_key(key) {
                return Err(vec![self.broken(
                    partial,
                    &format!("renders to a resource without `{key}`"),
                )]);
            }
        }
        Ok(RenderedResource {
            kind: kind.to_owned(),
            logical_id: self.logical_id(kind),
            content,
        })
    }

    /// What stands for `document` in a context: a scalar that occurs nowhere else, so that the
    /// document need not be written, rendered and parsed again.
    pub(crate) fn token(&self, document: Mapping) -> String {
        let mut documents = self.documents.borrow_mut();
        documents.push(Some(document));
        format!("{}{}", self.token_stem(), documents.len() - 1)
    }

    fn token_stem(&self) -> String {
        format!("{}Document", self.placeholders.account)
    }

    /// Replaces the tokens by their documents; `places` has the number of each token.
    fn put_documents(&self, (stem, places): (&str, &[usize]), value: &mut Value) {
        match value {
            Value::String(text) => {
                let document = token_number(stem, text).and_then(|number| {
                    let is_only = places.iter().filter(|other| **other == number).count() == 1;
                    let mut documents = self.documents.borrow_mut();
                    let document = documents.get_mut(number)?;
                    if is_only {
                        document.take()
                    } else {
                        document.clone()
                    }
                });
                if let Some(document) = document {
                    *value = Value::Mapping(document);
                }
            }
            Value::Sequence(items) => {
                let items = items.iter_mut();
                items.for_each(|item| self.put_documents((stem, places), item));
            }
            Value::Mapping(entries) => entries
                .iter_mut()
                .for_each(|(_, item)| self.put_documents((stem, places), item)),
            _ => {}
        }
    }

    /// Whether a token is left: its partial did not give it a place of its own.
    fn has_token(&self, content: &Mapping) -> bool {
        fn holds(value: &Value, stem: &Finder<'_>) -> bool {
            match value {
                Value::String(text) => stem.find(text.as_bytes()).is_some(),
                Value::Sequence(items) => items.iter().any(|item| holds(item, stem)),
                Value::Mapping(entries) => entries
                    .iter()
                    .any(|(key, item)| holds(key, stem) || holds(item, stem)),
                Value::Tagged(tagged) => holds(&tagged.value, stem),
                _ => false,
            }
        }
        let stem = self.token_stem();
        let stem = Finder::new(&stem);
        content
            .iter()
            .any(|(key, item)| holds(key, &stem) || holds(item, &stem))
    }

    /// The statements of a partial that renders to `Statement:` alone.
    pub(crate) fn statements(&self, partial: &str, options: &Json) -> Result<Vec<Value>> {
        let context = self.policy_context(options.clone(), json!({}));
        let mapping = self.mapping(partial, &context)?;
        self.statement_list(partial, mapping)
    }

    pub(crate) fn policy(&self, partial: &str, context: &Json) -> Result<Policy> {
        let mapping = self.mapping(partial, context)?;
        for (key, _) in &mapping {
            if !matches!(key.as_str(), Some("PolicyName" | "Attach" | "Statement")) {
                return Err(vec![self.broken(
                    partial,
                    &format!(
                        "renders to the unknown key `{}`",
                        key.as_str().unwrap_or("?").shown()
                    ),
                )]);
            }
        }
        let name = mapping
            .get("PolicyName")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if name.is_empty()
            || name.len() > 80
            || !name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
        {
            return Err(vec![
                self.broken(partial, "does not render to a valid `PolicyName`"),
            ]);
        }
        let attach = match mapping.get("Attach").and_then(Value::as_str) {
            Some("inline") => Attach::Inline,
            Some("managed") | None => Attach::Managed,
            Some("shared") => Attach::Shared,
            Some(_) => {
                return Err(vec![self.broken(
                    partial,
                    "renders to an `Attach` that is not `inline`, `managed`, or `shared`",
                )]);
            }
        };
        Ok(Policy {
            name: name.to_owned(),
            managed_name: name.to_owned(),
            attach,
            document: document(self.statement_list(partial, mapping)?),
            span: self.partials.span(partial),
        })
    }

    pub(crate) fn statement_list(&self, partial: &str, mut mapping: Mapping) -> Result<Vec<Value>> {
        let Some(Value::Sequence(statements)) = mapping.swap_remove("Statement") else {
            return Err(vec![
                self.broken(partial, "does not render to a list `Statement`"),
            ]);
        };
        let mut sids = HashSet::new();
        for statement in &statements {
            let Value::Mapping(fields) = statement else {
                return Err(vec![
                    self.broken(partial, "renders to a statement that is not a mapping"),
                ]);
            };
            let sid = fields
                .get("Sid")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let problem = if !matches!(
                fields.get("Effect").and_then(Value::as_str),
                Some("Allow" | "Deny")
            ) {
                Some("renders to a statement without `Effect: Allow` or `Effect: Deny`")
            } else if !(fields.contains_key("Action") || fields.contains_key("NotAction")) {
                Some("renders to a statement without `Action`")
            } else if !(fields.contains_key("Resource") || fields.contains_key("NotResource")) {
                Some("renders to a statement without `Resource`")
            } else if !sid.chars().all(|c| c.is_ascii_alphanumeric()) {
                Some("renders to a `Sid` with characters other than letters and digits")
            } else if !sid.is_empty() && !sids.insert(sid.to_owned()) {
                Some("renders to the same `Sid` twice")
            } else {
                None
            };
            if let Some(problem) = problem {
                return Err(vec![self.broken(partial, problem)]);
            }
        }
        let policies = if partial.starts_with("boundary/") {
            Policies::Boundary
        } else {
            Policies::OfRoles
        };
        match &self.regions {
            None => Ok(statements),
            Some(regions) => regions
                .statements(&statements, policies)
                .map_err(|why| vec![self.broken(partial, why)]),
        }
    }

    pub(crate) fn mapping(&self, partial: &str, context: &Json) -> Result<Mapping> {
        let read = |context: &Json| self.read(partial, context);
        let known = self
            .memo
            .as_ref()
            .and_then(|memo| memo.mapping(partial, context, read));
        known.map_or_else(|| self.read(partial, context), Ok)
    }

    fn read(&self, partial: &str, context: &Json) -> Result<Mapping> {
        let text = self.partials.render(partial, context)?;
        let library = Library::default();
        let rendered = FileId(u32::MAX);
        let value = crate::yaml::parse::parse(rendered, &text)
            .and_then(|document| crate::yaml::value::value(&library, &document.root));
        match value {
            Ok(Value::Mapping(mapping)) => Ok(mapping),
            Ok(_) => Err(vec![
                self.broken(partial, "does not render to a mapping")
                    .note(numbered(&text, 1)),
            ]),
            Err(problems) => Err(problems
                .iter()
                .take(1)
                .map(|problem| self.unreadable(partial, &text, problem))
                .collect()),
        }
    }

    pub(crate) fn unreadable(&self, partial: &str, text: &str, problem: &Diagnostic) -> Diagnostic {
        let at = problem.primary.as_ref().map_or(0, |label| label.span.start);
        let line = text.get(..at).unwrap_or(text).matches('\n').count() + 1;
        self.broken(
            partial,
            &format!(
                "does not render to YAML: {}, in line {line} of what it renders to",
                problem.message
            ),
        )
        .note(numbered(text, line))
    }

    pub(crate) fn broken(&self, partial: &str, what: &str) -> Diagnostic {
        Diagnostic::new(
            &BROKEN_PARTIAL,
            self.partials.span(partial),
            format!("the partial `{partial}` {what}"),
        )
        .help("see the built-in partials for what is expected here")
    }
}

/// The number of the document that `text` stands for.
fn token_number(stem: &str, text: &str) -> Option<usize> {
    text.strip_prefix(stem)?.parse().ok()
}

/// The numbers of the documents whose tokens `value` has, once for each place.
fn tokens(stem: &str, value: &Value, numbers: &mut Vec<usize>) {
    match value {
        Value::String(text) => numbers.extend(token_number(stem, text)),
        Value::Sequence(items) => items.iter().for_each(|item| tokens(stem, item, numbers)),
        Value::Mapping(entries) => entries
            .iter()
            .for_each(|(_, item)| tokens(stem, item, numbers)),
        _ => {}
    }
}

/// The lines around `line` of a rendered text, with numbers.
fn numbered(text: &str, line: usize) -> String {
    let first = line.saturating_sub(3);
    let shown: Vec<String> = text
        .lines()
        .enumerate()
        .skip(first)
        .take(5)
        .map(|(index, text)| format!("{:>4} | {text}", index + 1))
        .collect();
    shown.join("\n")
}

pub(crate) fn document(statements: Vec<Value>) -> Mapping {
    let mut document = Mapping::new();
    document.insert("Version".into(), "2012-10-17".into());
    document.insert("Statement".into(), Value::Sequence(statements));
    document
}

//! A test file to expectations.
//!
//! In: a file that was parsed. Out: its [`Expectation`]s. Refuses unknown keys, parts that are missing or do
//! not belong together, names that are there twice, and requests that AWS does not know.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Result, Shown as _, list, nearest};
use crate::query::can::impossible;
use crate::query::conditions::{QuestionDoubt, arn_doubt};
use crate::query::expectations::asked_keys::{empty_list, keys};
use crate::query::expectations::expectation::{Expectation, ExpectationClaim};
use crate::query::expectations::external::is_external;
use crate::query::expectations::selector::{SelectorTerm, TERMS, TermKind, WhoSelector};
use crate::query::question::{
    AccessQuestion, Among, AskedKey, Chains, Who, wrong_action, wrong_resource,
};
use crate::query::rules::{
    DUPLICATE_EXPECTATION, MALFORMED_EXPECTATION, NO_EXPECTATIONS, UNKNOWN_TEST_KEY,
};
use crate::source::{FileId, Span, Spanned};
use crate::yaml::lookup::{Field, Library};
use crate::yaml::node::{Kind, Node};
use crate::yaml::typed::TypedReader;

/// The key of a test file.
const EXPECTATIONS: &str = "expectations";

/// The keys of an expectation.
const KEYS: &[&str] = &[
    "name",
    "who",
    "except",
    "allowed",
    "never",
    ASSUMED_ONLY_BY,
    "resources",
    "where",
];

const ASSUMED_ONLY_BY: &str = "assumed-only-by";

/// The keys that say what is expected.
const CLAIMS: &[&str] = &["allowed", "never", ASSUMED_ONLY_BY];

const EXAMPLE: &str = "write for example:\n\
    expectations:\n  - name: nobody deletes a table\n    who: '*'\n    never: dynamodb:DeleteTable";

/// The expectations of a test file.
///
/// # Errors
///
/// `no-expectations`, `unknown-test-key`, `malformed-expectation`, `duplicate-expectation`,
/// `invalid-question`, `unknown-asked-action`, `impossible-request`, `impossible-value`, and `wrong-type`.
pub fn read(library: &Library, file: FileId) -> Result<Vec<Expectation>> {
    let root = Arc::clone(&library.document(file)?.root);
    let mut reader = TestReader {
        reader: TypedReader::new(library),
        doubts: Vec::new(),
    };
    let expectations = reader.file(&root);
    let problems = reader.reader.into_problems();
    if problems.is_empty() {
        Ok(expectations)
    } else {
        Err(problems)
    }
}

struct TestReader<'run> {
    reader: TypedReader<'run>,
    /// What is wrong with the expectation, unless a template has the same text.
    doubts: Vec<QuestionDoubt>,
}

/// Where a selector is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SelectorPlace {
    /// It says who is meant.
    Who,
    /// It says who can assume a role, and may be about somebody who is in no template.
    By,
}

/// The fields of an expectation by key.
struct ExpectationFields {
    span: Span,
    fields: Vec<Field>,
}

impl ExpectationFields {
    fn get(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }
}

impl TestReader<'_> {
    fn file(&mut self, root: &Arc<Node>) -> Vec<Expectation> {
        let start = Span::new(root.span.file, root.span.start, root.span.start);
        let Some(fields) = self.reader.fields(root) else {
            return Vec::new();
        };
        self.known_keys(&fields, &[EXPECTATIONS], "a test file");
        let own = fields.iter().find(|field| field.key == EXPECTATIONS);
        let items = own.map_or_else(Vec::new, |own| self.reader.library.items(&own.value));
        if items.is_empty() {
            let span = own.map_or(start, |own| own.key_span);
            let message = "the test file has no expectations";
            if own.is_some() || fields.is_empty() {
                let problem = Diagnostic::new(&NO_EXPECTATIONS, span, message);
                self.reader.problem(problem.help(EXAMPLE));
            }
            return Vec::new();
        }
        let mut names: HashMap<String, Span> = HashMap::new();
        let mut expectations = Vec::new();
        for item in items {
            let Some(expectation) = self.expectation(&item) else {
                continue;
            };
            let Spanned { value, span } = expectation.name.clone();
            if let Some(first) = names.get(&value) {
                let message = format!("the name `{}` appears twice", value.shown());
                let problem = Diagnostic::new(&DUPLICATE_EXPECTATION, span, message)
                    .related(*first, "first here")
                    .help("give each expectation its own name: reports tell them apart by it");
                self.reader.problem(problem);
            } else {
                names.insert(value, span);
            }
            expectations.push(expectation);
        }
        expectations
    }

    fn known_keys(&mut self, fields: &[Field], known: &[&str], of: &str) {
        for field in fields {
            if known.contains(&field.key.as_str()) {
                continue;
            }
            let message = format!("{of} has no key `{}`", field.key.shown());
            let help = match nearest(&field.key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys are {}", list(known.iter().copied())),
            };
            let problem = Diagnostic::new(&UNKNOWN_TEST_KEY, field.key_span, message);
            self.reader.problem(problem.help(help));
        }
    }

    fn malformed(&mut self, span: Span, message: impl Into<String>, help: &str) {
        let problem = Diagnostic::new(&MALFORMED_EXPECTATION, span, message);
        self.reader.problem(problem.help(help));
    }

    fn expectation(&mut self, node: &Arc<Node>) -> Option<Expectation> {
        let scope = self.reader.scope();
        self.doubts.clear();
        let fields = self.reader.fields(node)?;
        self.known_keys(&fields, KEYS, "an expectation");
        let fields = fields.into_iter();
        let fields = fields.filter(|field| self.reader.filled(field)).collect();
        let parts = ExpectationFields {
            span: node.whole_span(),
            fields,
        };
        if self.reader.failed(scope) {
            return None;
        }
        let name = self.name(&parts);
        let who = if let Some(field) = parts.get("who") {
            self.selectors(&field.value, SelectorPlace::Who)
        } else {
            let help = "say who is meant: `who: '*'` is everybody";
            self.malformed(parts.span, "the expectation has no `who`", help);
            Vec::new()
        };
        let except = parts.get("except");
        let except = except.map_or_else(Vec::new, |field| {
            self.selectors(&field.value, SelectorPlace::Who)
        });
        let claim = self.claim(&parts);
        let (name, claim) = (name?, claim?);
        (!self.reader.failed(scope)).then(|| {
            let file = self.reader.library.sources.get(name.span.file);
            Expectation {
                line: file.map_or(1, |file| file.position(name.span.start).line),
                name,
                who,
                except,
                claim,
                doubts: std::mem::take(&mut self.doubts),
            }
        })
    }

    fn name(&mut self, parts: &ExpectationFields) -> Option<Spanned<String>> {
        let help = "say in a few words what is expected: `name: nobody deletes a table`";
        let Some(field) = parts.get("name") else {
            self.malformed(parts.span, "the expectation has no `name`", help);
            return None;
        };
        let name = self.reader.text(&field.value)?;
        if name.value.trim().is_empty() {
            self.malformed(name.span, "the name is empty", help);
            return None;
        }
        Some(name)
    }

    /// What is expected.
    fn claim(&mut self, parts: &ExpectationFields) -> Option<ExpectationClaim> {
        let claims: Vec<&Field> = CLAIMS.iter().filter_map(|key| parts.get(key)).collect();
        let claim = match claims.as_slice() {
            [claim] => *claim,
            [] => {
                let help = "write `allowed: ACTION`, `never: ACTION`, or `assumed-only-by: WHO`";
                self.malformed(
                    parts.span,
                    "the expectation does not say what is expected",
                    help,
                );
                return None;
            }
            [first, second, ..] => {
                let message = format!("`{}` and `{}` are two expectations", first.key, second.key);
                let help = "write two expectations, each with a name";
                self.malformed(second.key_span, message, help);
                return None;
            }
        };
        let keys = parts.get("where").map(|field| self.keys(&field.value));
        let keys = keys.unwrap_or_default();
        if claim.key == ASSUMED_ONLY_BY {
            if let Some(field) = parts.get("resources") {
                let help = "leave it out: the resource is the role itself";
                let message = "`resources` does not belong to `assumed-only-by`";
                self.malformed(field.key_span, message, help);
            }
            let by = self.selectors(&claim.value, SelectorPlace::By);
            return Some(ExpectationClaim::AssumedOnlyBy { by, keys });
        }
        let questions = self.questions(parts, claim, &keys);
        Some(if claim.key == "allowed" {
            ExpectationClaim::Allowed(questions)
        } else {
            ExpectationClaim::Never(questions)
        })
    }

    /// One question for each action and resource.
    fn questions(
        &mut self,
        parts: &ExpectationFields,
        claim: &Field,
        keys: &BTreeMap<String, AskedKey>,
    ) -> Vec<AccessQuestion> {
        let actions = self.checked(&claim.value, wrong_action);
        let resources = match parts.get("resources") {
            Some(field) => {
                let resources = self.checked(&field.value, wrong_resource);
                let doubts = resources.iter();
                let doubts = doubts.filter_map(|own| Some(arn_doubt(&own.value)?.at(own.span)));
                self.doubts.extend(doubts);
                resources
            }
            None => vec![Spanned::new("*".to_owned(), claim.value.whole_span())],
        };
        let mut questions = Vec::new();
        let mut possible: Vec<Span> = Vec::new();
        let mut refused: Vec<(Vec<Span>, Diagnostic)> = Vec::new();
        for action in &actions {
            for resource in &resources {
                let question = AccessQuestion {
                    who: Who::Everybody,
                    action: action.value.clone(),
                    resource: resource.value.clone(),
                    keys: keys.clone(),
                    among: Among::default(),
                    chains: Chains::LeftOut,
                };
                match impossible(&question) {
                    None => {
                        possible.extend([action.span, resource.span]);
                        questions.push(question);
                    }
                    Some(problem) => refused.push((vec![action.span, resource.span], problem)),
                }
            }
        }
        // Each action needs a resource that it supports, and each resource an action.
        for (spans, problem) in refused {
            if let Some(span) = spans.into_iter().find(|span| !possible.contains(span)) {
                possible.push(span);
                let help =
                    "each action needs a resource that it supports, and each resource an action";
                self.reader.problem(problem.at(span).help(help));
            }
        }
        questions
    }

    /// The texts of a list, each of which `wrong` may refuse.
    fn checked(
        &mut self,
        node: &Arc<Node>,
        wrong: fn(&str) -> Option<Diagnostic>,
    ) -> Vec<Spanned<String>> {
        let mut texts = self.texts(node);
        texts.retain(|text| {
            let problem = wrong(&text.value).map(|problem| problem.at(text.span));
            let is_right = problem.is_none();
            if let Some(problem) = problem {
                self.reader.problem(problem);
            }
            is_right
        });
        texts
    }

    /// The texts of a list, or a single one; at least one.
    fn texts(&mut self, node: &Arc<Node>) -> Vec<Spanned<String>> {
        let items = self.reader.library.items(node);
        if items.is_empty() {
            self.empty_list(node);
        }
        let texts = items.iter().filter_map(|item| self.reader.text(item));
        texts.collect()
    }

    fn empty_list(&mut self, node: &Arc<Node>) {
        self.reader.problem(empty_list(node));
    }

    /// What requests say of condition keys.
    fn keys(&mut self, node: &Arc<Node>) -> BTreeMap<String, AskedKey> {
        keys(&mut self.reader, node, &mut self.doubts)
    }

    /// Who is meant: a selector, or a list of them.
    fn selectors(&mut self, node: &Arc<Node>, place: SelectorPlace) -> Vec<WhoSelector> {
        let items = self.reader.library.items(node);
        // That nobody can assume a role is something to expect.
        if items.is_empty() && place == SelectorPlace::Who {
            self.empty_list(node);
        }
        let selectors = items.iter().filter_map(|item| self.selector(item, place));
        selectors.collect()
    }

    fn selector(&mut self, node: &Arc<Node>, place: SelectorPlace) -> Option<WhoSelector> {
        let span = node.whole_span();
        let found = self.reader.library.follow(node);
        if !matches!(found.kind, Kind::Mapping(..)) {
            let value = self.reader.text(node)?;
            if value.value.is_empty() {
                self.malformed(span, "the principal is empty", "`'*'` is everybody");
                return None;
            }
            let term = SelectorTerm {
                kind: TermKind::Anything,
                values: vec![value],
            };
            return Some(WhoSelector {
                span,
                terms: vec![term],
                keys: BTreeMap::new(),
            });
        }
        let fields = self.reader.fields(node)?;
        let terms = TERMS.iter();
        let terms =
            terms.filter(|(_, kind)| place == SelectorPlace::By || *kind != TermKind::External);
        let mut known: Vec<&str> = terms.map(|(key, _)| *key).collect();
        if place == SelectorPlace::By {
            known.push("where");
        }
        self.known_keys(&fields, &known, "a principal");
        if fields.is_empty() {
            self.malformed(span, "the principal is empty", "`'*'` is everybody");
        }
        let mut selector = WhoSelector {
            span,
            terms: Vec::new(),
            keys: BTreeMap::new(),
        };
        for field in &fields {
            if !self.reader.filled(field) {
                continue;
            }
            if field.key == "where" {
                selector.keys = self.keys(&field.value);
                continue;
            }
            let Some((_, kind)) = TERMS.iter().find(|(key, _)| *key == field.key) else {
                continue;
            };
            let values = match kind {
                TermKind::Account => self.accounts(&field.value),
                _ => self.texts(&field.value),
            };
            selector.terms.push(SelectorTerm {
                kind: *kind,
                values,
            });
        }
        self.external(&selector);
        Some(selector)
    }

    /// Refuses what can be said only of somebody who is in no template, and the other way round.
    fn external(&mut self, selector: &WhoSelector) {
        let terms = &selector.terms;
        let external = terms.iter().find(|term| term.kind == TermKind::External);
        let Some(external) = external else {
            if !selector.keys.is_empty() {
                let help = "write `principal: token.actions.githubusercontent.com` with it";
                let message = "`where` belongs to a `principal` that is in no template";
                self.malformed(selector.span, message, help);
            }
            return;
        };
        if terms.len() > 1 {
            let message = "`principal` is in no template, so it has no other key but `where`";
            self.malformed(selector.span, message, "write two entries of a list");
        }
        for value in &external.values {
            if !is_external(&value.value) {
                let message = format!(
                    "`{}` is not an ARN, a service, a provider of tokens, or an account id",
                    value.value.shown()
                );
                let help = "write for example `principal: token.actions.githubusercontent.com`, or `role: NAME`";
                self.malformed(value.span, message, help);
            }
        }
    }

    /// Accounts: by name, id, or `!Ref`.
    fn accounts(&mut self, node: &Arc<Node>) -> Vec<Spanned<String>> {
        let items = self.reader.library.items(node);
        if items.is_empty() {
            self.empty_list(node);
        }
        let accounts = items
            .iter()
            .filter_map(|item| match self.reader.library.reference(item) {
                Some(name) => Some(Spanned::new(name, item.whole_span())),
                None => self.reader.text(item),
            });
        accounts.collect()
    }
}

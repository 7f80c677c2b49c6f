//! A policy document, statement by statement.
//!
//! In: the node of a document. Out: a [`WrittenDocument`]. Refuses nothing: a document that cannot be
//! read has no statements.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_yaml::{Mapping, Value};

use crate::iam::document::{DocumentKind, NOT_UNDERSTOOD};
use crate::iam::statement::{Effect, Statement};
use crate::lint::policies::branches::named_in;
use crate::lint::policies::engine::{DocumentHome, PolicyEngine};
use crate::lint::policies::text::{in_text, shown_span};
use crate::lint::written::WrittenMacro;
use crate::source::Span;
use crate::template::read::rendered;
use crate::template::resolve::Reading;
use crate::template::symbol::{Symbol, literal_text};
use crate::template::value::Data;
use crate::yaml::lookup::Library;
use crate::yaml::node::Node;
use crate::yaml::value::value;

/// A policy document.
pub(in crate::lint) struct WrittenDocument {
    /// What holds it: the place of its resource, or none for a macro's.
    pub(in crate::lint) resource: Option<usize>,
    /// The macro that it is an argument of, by its place.
    pub(in crate::lint) of_macro: Option<usize>,
    /// Whether a partial renders it, which may be a copy of a built-in one.
    pub(in crate::lint) is_of_partial: bool,
    pub(in crate::lint) kind: DocumentKind,
    /// What it says, as it is written.
    pub(in crate::lint) value: Value,
    pub(in crate::lint) statements: Vec<WrittenStatement>,
    /// What of it is not known.
    pub(in crate::lint) unread: Vec<UnknownPart>,
}

/// A document, or a statement of one, of which it is not known what it says.
pub(in crate::lint) struct UnknownPart {
    /// Where it is written.
    pub(in crate::lint) span: Span,
    /// Whether it is known in each case of the conditions of the template.
    pub(in crate::lint) is_choice: bool,
    /// What `iam` makes of it.
    pub(in crate::lint) read: Vec<Statement>,
}

/// A statement of a document.
pub(in crate::lint) struct WrittenStatement {
    /// Where it is written.
    pub(in crate::lint) span: Span,
    pub(in crate::lint) effect: Effect,
    pub(in crate::lint) actions: Vec<PolicyItem>,
    pub(in crate::lint) resources: Vec<PolicyItem>,
    /// The principals, each with its kind.
    pub(in crate::lint) principals: Vec<(String, PolicyItem)>,
    /// Where `NotPrincipal` is, if it is there.
    pub(in crate::lint) not_principal: Option<Span>,
    pub(in crate::lint) conditions: Vec<WrittenCondition>,
    /// What `iam` reads: more than one statement for a trust policy.
    pub(in crate::lint) read: Vec<Statement>,
}

/// An action, a resource, or a principal.
pub(in crate::lint) struct PolicyItem {
    pub(in crate::lint) span: Span,
    /// Its text as it is written, before anything in it is resolved.
    pub(in crate::lint) written: Option<String>,
    /// As a pattern.
    pub(in crate::lint) symbols: Vec<Symbol>,
}

/// A key under an operator.
pub(in crate::lint) struct WrittenCondition {
    pub(in crate::lint) operator: String,
    pub(in crate::lint) key: String,
    pub(in crate::lint) span: Span,
    /// What the key is compared with.
    pub(in crate::lint) values: Vec<PolicyItem>,
}

impl PolicyItem {
    /// Its text, if all of it is known and nothing in it is wild.
    pub(in crate::lint) fn text(&self) -> Option<String> {
        literal_text(&self.symbols)
    }

    /// Its text, if all of it is known.
    pub(in crate::lint) fn text_with_wildcards(&self) -> Option<String> {
        let is_known = |symbol: &Symbol| !matches!(symbol, Symbol::Unknown(_));
        self.symbols.iter().all(is_known).then(|| self.pattern())
    }

    /// It as a text in which what is not known is wild.
    pub(in crate::lint) fn pattern(&self) -> String {
        pattern(&self.symbols)
    }
}

/// `symbols` as a text in which what is not known is wild.
pub(in crate::lint) fn pattern(symbols: &[Symbol]) -> String {
    let chars = symbols.iter().map(|symbol| match symbol {
        Symbol::Char(c) => *c,
        Symbol::One => '?',
        Symbol::Any | Symbol::Unknown(_) => '*',
    });
    chars.collect()
}

impl WrittenDocument {
    /// All statements as `iam` reads them: those that are not understood twice, which changes nothing.
    pub(in crate::lint) fn read(&self) -> impl Iterator<Item = &Statement> {
        let of_statements = self.statements.iter().flat_map(|own| &own.read);
        of_statements.chain(self.unread.iter().flat_map(|own| &own.read))
    }
}

impl WrittenStatement {
    /// Whether `iam` understands it.
    pub(in crate::lint) fn is_understood(&self) -> bool {
        let mut read = self.read.iter();
        !self.read.is_empty()
            && read.all(|own| {
                own.conditions
                    .iter()
                    .all(|condition| condition != NOT_UNDERSTOOD)
            })
    }

    /// Whether one of its actions is or matches `action`.
    pub(in crate::lint) fn names_action(&self, action: &str) -> bool {
        let mut actions = self.actions.iter();
        actions.any(|item| {
            let (pattern, action) = (item.pattern().to_lowercase(), action.to_lowercase());
            crate::aws::wildcard::matches(&pattern, &action)
        })
    }

    /// The conditions on `key`.
    pub(in crate::lint) fn conditions_on<'a>(
        &'a self,
        key: &'a str,
    ) -> impl Iterator<Item = &'a WrittenCondition> {
        let conditions = self.conditions.iter();
        conditions.filter(move |condition| condition.key.eq_ignore_ascii_case(key))
    }
}

/// What reads a document.
pub(in crate::lint) struct DocumentReader<'run> {
    pub(in crate::lint) engine: &'run PolicyEngine,
    pub(in crate::lint) library: &'run Library,
    pub(in crate::lint) home: &'run DocumentHome,
    pub(in crate::lint) kind: DocumentKind,
}

impl DocumentReader<'_> {
    /// The document of `node`; `None` if there is none.
    pub(in crate::lint) fn document(&self, node: &Arc<Node>) -> Option<WrittenDocument> {
        let is_given = self.library.reference(node).as_deref() != Some("AWS::NoValue");
        if self.library.follow(node).is_null() || !is_given {
            return None;
        }
        let of_text = in_text(self.library, node);
        let own = self.known_document(of_text.as_ref().unwrap_or(node));
        Some(own.unwrap_or_else(|| WrittenDocument {
            unread: vec![self.unread(node, |data| data)],
            ..self.empty(Value::Null)
        }))
    }

    fn empty(&self, value: Value) -> WrittenDocument {
        WrittenDocument {
            resource: None,
            of_macro: None,
            is_of_partial: false,
            kind: self.kind,
            value,
            statements: Vec::new(),
            unread: Vec::new(),
        }
    }

    fn known_document(&self, node: &Arc<Node>) -> Option<WrittenDocument> {
        let read = value(self.library, node).ok()?;
        let version = read.get("Version").cloned();
        let nodes = self.library.field(node, "Statement").ok()??;
        let mut document = self.empty(read);
        for node in self.library.items(&nodes) {
            let statement = self.statement(&node, version.as_ref());
            if !statement
                .as_ref()
                .is_some_and(WrittenStatement::is_understood)
            {
                let part = self.unread(&node, |data| in_document(data, version.as_ref()));
                document.unread.push(part);
            }
            document.statements.extend(statement);
        }
        Some(document)
    }

    /// A part that is not known; `document` makes a document of what it says.
    fn unread(&self, node: &Arc<Node>, document: impl FnOnce(Value) -> Value) -> UnknownPart {
        let mut conditions = BTreeSet::new();
        named_in(self.library, node, &mut conditions);
        let said = value(self.library, node);
        let said = said.unwrap_or_else(|_| Value::String(NOT_UNDERSTOOD.to_owned()));
        let data = rendered(&document(said));
        UnknownPart {
            span: shown_span(self.library, node),
            is_choice: !conditions.is_empty(),
            read: self.engine.read(self.home, &data, self.kind),
        }
    }

    fn statement(&self, node: &Arc<Node>, version: Option<&Value>) -> Option<WrittenStatement> {
        let fields = self.library.mapping(node).ok()?;
        let field = |key: &str| fields.iter().find(|field| field.key == key);
        let items = |key: &str| {
            let items = field(key).map(|field| self.library.items(&field.value));
            items.unwrap_or_default()
        };
        let effect = match field("Effect")?.value.text()? {
            "Allow" => Effect::Allow,
            "Deny" => Effect::Deny,
            _ => return None,
        };
        let said = value(self.library, node).ok()?;
        let document = rendered(&in_document(said, version));
        let patterns = |key: &str| -> Vec<PolicyItem> {
            let items = items(key);
            items
                .iter()
                .filter_map(|item| self.item(item, Reading::Pattern))
                .collect()
        };
        Some(WrittenStatement {
            span: node.whole_span(),
            effect,
            actions: patterns("Action"),
            resources: patterns("Resource"),
            principals: field("Principal")
                .map_or_else(Vec::new, |field| self.principals(&field.value)),
            not_principal: field("NotPrincipal").map(|field| field.key_span),
            conditions: field("Condition")
                .map_or_else(Vec::new, |field| self.conditions(&field.value)),
            read: self.engine.read(self.home, &document, self.kind),
        })
    }

    fn item(&self, node: &Arc<Node>, reading: Reading) -> Option<PolicyItem> {
        let data = self.data(node)?;
        Some(PolicyItem {
            span: node.whole_span(),
            written: self.library.follow(node).text().map(str::to_owned),
            symbols: self.engine.symbols(self.home, &data, reading),
        })
    }

    /// What `node` says.
    pub(super) fn data(&self, node: &Arc<Node>) -> Option<Data> {
        Some(rendered(&value(self.library, node).ok()?))
    }

    fn principals(&self, node: &Arc<Node>) -> Vec<(String, PolicyItem)> {
        if let Some(text) = node.text() {
            let item = self.item(node, Reading::Plain);
            return item
                .map(|item| (text.to_owned(), item))
                .into_iter()
                .collect();
        }
        let kinds = self.library.mapping(node).unwrap_or_default();
        let of_kind = kinds.iter().flat_map(|field| {
            let items = self.library.items(&field.value);
            items.into_iter().map(|item| (field.key.clone(), item))
        });
        of_kind
            .filter_map(|(kind, node)| Some((kind, self.item(&node, Reading::Plain)?)))
            .collect()
    }

    fn conditions(&self, node: &Arc<Node>) -> Vec<WrittenCondition> {
        let mut found = Vec::new();
        for operator in self.library.mapping(node).unwrap_or_default() {
            for key in self.library.mapping(&operator.value).unwrap_or_default() {
                let reading = reading_of(&operator.key);
                let values = self.library.items(&key.value);
                let values = values.iter().filter_map(|node| self.item(node, reading));
                found.push(WrittenCondition {
                    operator: operator.key.clone(),
                    values: values.collect(),
                    span: key.key_span,
                    key: key.key,
                });
            }
        }
        found
    }
}

/// The document of this version that has this statement alone.
fn in_document(statement: Value, version: Option<&Value>) -> Value {
    let mut document = Mapping::new();
    let statements = Value::Sequence(vec![statement]);
    document.insert(Value::String("Statement".to_owned()), statements);
    if let Some(version) = version {
        document.insert(Value::String("Version".to_owned()), version.clone());
    }
    Value::Mapping(document)
}

/// How an operator reads its values ("Condition operators" of the IAM User Guide).
fn reading_of(operator: &str) -> Reading {
    let operator = operator.to_ascii_lowercase();
    if operator.contains("like") || operator.contains("arn") {
        Reading::Pattern
    } else {
        Reading::Plain
    }
}

/// The documents of the policies that a macro is given.
pub(super) fn of_macro(
    engine: &PolicyEngine,
    library: &Library,
    written: &WrittenMacro<'_>,
) -> Vec<WrittenDocument> {
    let home = engine.home(None, &Arc::default());
    let reader = DocumentReader {
        engine,
        library,
        home: &home,
        kind: DocumentKind::Identity,
    };
    let mut nodes: Vec<Arc<Node>> = Vec::new();
    for key in ["DeployerPolicies", "ExecutionPolicies"] {
        nodes.extend(written.all(key));
    }
    let tests = written.all("TestRole").into_iter();
    nodes.extend(tests.filter_map(|node| library.field(&node, "Policies").ok().flatten()));
    let mut documents = Vec::new();
    for node in nodes {
        for policy in library.items(&node) {
            let document = library.field(&policy, "PolicyDocument").ok().flatten();
            let document = document.and_then(|node| reader.document(&node));
            documents.extend(document.map(|document| WrittenDocument {
                of_macro: Some(written.at),
                ..document
            }));
        }
    }
    documents
}

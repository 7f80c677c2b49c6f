//! The policy documents of a template that are written by hand, with where each part is written.
//!
//! In: a planned template. Out: [`WrittenPolicies`]: the documents of its IAM resources and macros,
//! statement by statement, and its principals with all that applies to them, read by `iam`. Refuses
//! nothing: what cannot be read is not there, so no rule speaks of it.

mod branches;
mod document;
mod engine;
mod names;
mod principals;
mod resources;

use std::rc::Rc;
use std::sync::Arc;

use serde_yaml::Value;

use crate::expand::PlannedTemplate;
use crate::iam::document::DocumentKind;
use crate::iam::evaluate::Decision;
use crate::iam::permissions::Permissions;
use crate::iam::request::Request;
use crate::iam::statement::{Effect, Statement};
use crate::lint::policies::principals::TemplateParts;
use crate::lint::scope::LintScope;
use crate::lint::written::WrittenMacro;
use crate::template::read::rendered;
use crate::template::symbol::Symbol;
use crate::yaml::lookup::Library;

pub(super) use branches::IfBranch;
pub(super) use document::{
    DocumentReader, PolicyItem, WrittenCondition, WrittenDocument, WrittenStatement, pattern,
};
pub(super) use engine::{DocumentHome, PolicyEngine};
pub(super) use principals::WrittenIdentity;
pub(super) use resources::WrittenResource;

/// Every policy document of a template, and its principals.
#[derive(Default)]
pub(super) struct WrittenPolicies {
    /// The IAM resources, in the order of the text.
    pub(super) resources: Vec<WrittenResource>,
    /// The documents of the resources, and then those of macros.
    pub(super) documents: Vec<WrittenDocument>,
    /// The roles and users.
    pub(super) principals: Vec<WrittenIdentity>,
    /// The ARNs of the resources.
    arns: Vec<Vec<Symbol>>,
    engine: PolicyEngine,
}

impl WrittenPolicies {
    /// The policies of `planned`; its principals are only looked for if everything is.
    pub(super) fn of(library: &Library, planned: &PlannedTemplate, scope: LintScope) -> Self {
        let resources = resources::resources(library, planned);
        Self::of_resources(library, planned, resources, scope)
    }

    /// The same with one branch of each `Fn::If`; `None` if there is none.
    pub(super) fn of_branch(
        &self,
        library: &Library,
        planned: &PlannedTemplate,
        branch: IfBranch,
    ) -> Option<Self> {
        let resources = self.resources.iter();
        let chosen = resources.map(|resource| branch.of(library, &resource.properties));
        let chosen: Vec<_> = chosen.collect();
        if chosen.iter().all(Option::is_none) {
            return None;
        }
        let resources = self.resources.iter().cloned().zip(chosen);
        let resources = resources.map(|(resource, chosen)| WrittenResource {
            properties: chosen.unwrap_or_else(|| Arc::clone(&resource.properties)),
            ..resource
        });
        let (resources, scope) = (resources.collect(), LintScope::Everything);
        Some(Self::of_resources(library, planned, resources, scope))
    }

    fn of_resources(
        library: &Library,
        planned: &PlannedTemplate,
        resources: Vec<WrittenResource>,
        scope: LintScope,
    ) -> Self {
        let engine = PolicyEngine::of(&planned.organization);
        let values = Rc::new(names::values(&resources));
        let arns = names::arns(&engine, &resources, &values);
        let mut documents = resources::documents(&engine, library, &resources, &values);
        let parts = TemplateParts {
            engine: &engine,
            library,
            resources: &resources,
            documents: &documents,
            arns: &arns,
        };
        let principals = match scope {
            LintScope::Everything => principals::principals(&parts, &values),
            LintScope::Macros => Vec::new(),
        };
        for written in WrittenMacro::of_macros(library, planned) {
            documents.extend(document::of_macro(&engine, library, &written));
        }
        Self {
            resources,
            documents,
            principals,
            arns,
            engine,
        }
    }

    /// The statements by which what holds `document` is allowed `action` by name.
    pub(super) fn allowing<'a>(
        &'a self,
        document: &'a WrittenDocument,
        action: &'a str,
    ) -> impl Iterator<Item = &'a WrittenStatement> {
        let of_holder = self.statements().filter(|(own, _)| {
            own.resource == document.resource && own.of_macro == document.of_macro
        });
        of_holder
            .map(|(_, statement)| statement)
            .filter(|own| own.effect == Effect::Allow && own.names_action(action))
    }

    /// The trust policy of the resource at this place.
    pub(super) fn trust_of(&self, at: usize) -> Option<&WrittenDocument> {
        let mut documents = self.documents.iter();
        documents.find(|own| own.resource == Some(at) && own.kind == DocumentKind::Trust)
    }

    /// These principals alone, each with its resource; `engine` has read their policies.
    pub(super) fn of_principals(
        engine: PolicyEngine,
        found: Vec<(WrittenResource, WrittenIdentity)>,
    ) -> Self {
        let (resources, principals): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        Self {
            resources,
            documents: Vec::new(),
            arns: principals.iter().map(|own| own.arn.clone()).collect(),
            principals,
            engine,
        }
    }

    /// The same with these documents also.
    pub(super) fn with(mut self, documents: Vec<WrittenDocument>) -> Self {
        self.documents.extend(documents);
        self
    }

    /// What has read the documents.
    pub(super) fn engine(&self) -> &PolicyEngine {
        &self.engine
    }

    /// Whether the template has IAM resources.
    pub(super) fn has_resources(&self) -> bool {
        !self.resources.is_empty()
    }

    /// The statements that allow or deny something, each with its document. Trust policies are not
    /// among them.
    pub(super) fn statements(&self) -> impl Iterator<Item = (&WrittenDocument, &WrittenStatement)> {
        self.of_kind(DocumentKind::Identity)
    }

    /// The statements of trust policies that allow something.
    pub(super) fn trusts(&self) -> impl Iterator<Item = (&WrittenDocument, &WrittenStatement)> {
        let trusts = self.of_kind(DocumentKind::Trust);
        trusts.filter(|(_, statement)| statement.effect == Effect::Allow)
    }

    fn of_kind(
        &self,
        kind: DocumentKind,
    ) -> impl Iterator<Item = (&WrittenDocument, &WrittenStatement)> {
        let documents = self.documents.iter();
        let documents = documents.filter(move |document| document.kind == kind);
        documents.flat_map(|document| document.statements.iter().map(move |own| (document, own)))
    }

    /// What these permissions decide about this request.
    pub(super) fn decides(&self, permissions: &Permissions, request: &Request) -> Decision {
        self.engine.decides(permissions, request)
    }

    /// The ARN of the role, user, group, or managed policy at this place.
    pub(super) fn arn_of(&self, at: usize) -> Vec<Symbol> {
        self.arns.get(at).cloned().unwrap_or_default()
    }

    /// Whether a variable of IAM's is in it.
    pub(super) fn has_variable(&self, symbols: &[Symbol]) -> bool {
        self.engine.has_variable(symbols)
    }

    /// `symbols` as people write them, with the mark of the own account.
    pub(super) fn spelled(&self, symbols: &[Symbol]) -> String {
        self.engine.spelled(symbols)
    }

    /// A region for each that the conditions tell apart.
    pub(super) fn regions(&self) -> impl Iterator<Item = &'static str> {
        self.engine.regions().into_iter()
    }

    /// `symbols` as they are shown.
    pub(super) fn shown(&self, symbols: &[Symbol]) -> String {
        self.engine.shown(symbols)
    }

    /// The statements of a document that is in no resource.
    pub(super) fn statements_of(&self, document: &Value) -> Vec<Statement> {
        let home = self.engine.home(None, &Rc::default());
        let kind = DocumentKind::Identity;
        self.engine.read(&home, &rendered(document), kind)
    }
}

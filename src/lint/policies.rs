//! The policy documents of a template that are written by hand, with where each part is written.
//!
//! In: a planned template. Out: [`WrittenPolicies`]: the documents of its IAM resources and macros,
//! statement by statement, and its principals with all that applies to them, read by `iam`. Refuses
//! nothing: what cannot be read is not there, so no rule speaks of it.

mod branches;
mod cases;
mod document;
mod engine;
mod names;
mod principals;
mod resources;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use serde_yaml::Value;

use crate::aws::managed::managed_policies;
use crate::expand::PlannedTemplate;
use crate::iam::document::DocumentKind;
use crate::iam::evaluate::Decision;
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::request::Request;
use crate::iam::statement::{Effect, Statement};
use crate::lint::policies::branches::ConditionCase;
use crate::lint::policies::principals::TemplateParts;
use crate::lint::policies::resources::is_had;
use crate::lint::scope::LintScope;
use crate::lint::written::WrittenMacro;
use crate::source::Span;
use crate::template::read::rendered;
use crate::template::symbol::Symbol;
use crate::yaml::lookup::Library;
use crate::yaml::value::value;

pub(super) use document::{
    DocumentReader, PolicyItem, WrittenCondition, WrittenDocument, WrittenStatement, pattern,
};
pub(super) use engine::{DocumentHome, PolicyEngine, RequestOrigin};
pub(super) use principals::WrittenIdentity;
pub(super) use resources::{WrittenResource, holder, is_policy};

/// Every policy document of a template, and its principals.
#[derive(Default)]
pub(super) struct WrittenPolicies {
    /// The IAM resources, in the order of the text.
    pub(super) resources: Vec<WrittenResource>,
    /// The documents of the resources, and then those of macros.
    pub(super) documents: Vec<WrittenDocument>,
    /// The roles, users, and permission sets, and the groups and policies that none of them has.
    pub(super) principals: Vec<WrittenIdentity>,
    /// Each managed policy by its place, as what somebody has who has nothing else.
    pub(super) managed: BTreeMap<usize, WrittenIdentity>,
    /// Where the conditions are written, if not each of their cases is looked at.
    pub(super) other_cases: Option<Span>,
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

    /// The same in each case that the conditions of the template make: with one branch of each `Fn::If`, and without
    /// the resources whose condition does not hold.
    pub(super) fn by_case(&mut self, library: &Library, planned: &PlannedTemplate) -> Vec<Self> {
        let mut named = BTreeSet::new();
        for resource in &self.resources {
            named.extend(resource.condition.clone());
            branches::named_in(library, &resource.properties, &mut named);
        }
        if named.is_empty() {
            return Vec::new();
        }
        let root = &planned.template.document.root;
        let fields = library.mapping(root).unwrap_or_default().into_iter();
        let written = fields.into_iter().find(|field| field.key == "Conditions");
        let section = written.as_ref();
        let section = section.and_then(|own| value(library, &own.value).ok());
        let section = section.map(|section| rendered(&section));
        let cases = cases::cases(section.as_ref(), &named);
        self.other_cases = written
            .filter(|_| !cases.are_all)
            .map(|field| field.key_span);
        let all = cases.found.iter();
        all.map(|case| self.of_case(library, planned, case))
            .collect()
    }

    fn of_case(&self, library: &Library, planned: &PlannedTemplate, case: &ConditionCase) -> Self {
        let resources = self.resources.iter();
        let resources = resources.filter(|own| case.creates(own.condition.as_deref()));
        let resources = resources.map(|resource| WrittenResource {
            properties: case
                .of(library, &resource.properties)
                .unwrap_or_else(|| Arc::clone(&resource.properties)),
            ..resource.clone()
        });
        let (resources, scope) = (resources.collect(), LintScope::Everything);
        Self::of_resources(library, planned, resources, scope)
    }

    /// The groups and policies that none of the principals has.
    pub(super) fn without_holders(&self) -> BTreeSet<String> {
        let all = self.principals.iter();
        let resources = all.filter_map(|who| self.resources.get(who.resource));
        let loose = resources.filter(|own| is_had(&own.kind));
        loose.map(|own| own.id.clone()).collect()
    }

    /// Whether it has the resource with this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.resources.iter().any(|own| own.id == id)
    }

    /// The same where of the groups and policies, only those with these ids are looked at by themselves.
    pub(super) fn only_without_holders(&mut self, ids: &BTreeSet<String>) {
        let resources = &self.resources;
        self.principals.retain(|who| {
            let own = resources.get(who.resource);
            own.is_none_or(|own| !is_had(&own.kind) || ids.contains(&own.id))
        });
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
            defaults: &names::defaults(library, planned),
        };
        let (principals, managed) = match scope {
            LintScope::Everything => principals::principals(&parts, &values),
            LintScope::Macros => Default::default(),
        };
        for written in WrittenMacro::of_macros(library, planned) {
            documents.extend(document::of_macro(&engine, library, &written));
        }
        Self {
            resources,
            documents,
            principals,
            managed,
            other_cases: None,
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
            managed: BTreeMap::new(),
            other_cases: None,
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

    /// Times and addresses that conditions tell apart.
    pub(super) fn origins(&self) -> Vec<RequestOrigin> {
        self.engine.origins()
    }

    /// The patterns of managed policies that conditions name.
    pub(super) fn attached_patterns(&self) -> Vec<Glob> {
        self.engine.attached_patterns()
    }

    /// What a managed policy of AWS says, if its text is known.
    pub(super) fn statements_of_aws(&self, arn: &str) -> Option<Vec<Statement>> {
        let text = managed_policies().document(arn)?;
        Some(self.statements_of(&serde_yaml::from_str(&text).ok()?))
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

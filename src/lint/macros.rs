//! The roles of macros that have what the user wrote: policies among the arguments, and partials of their own.
//!
//! In: a planned template with its partials. Out: [`MacroRole`]s, each with and without what the user wrote, and
//! the documents of the user's partials. Refuses nothing: a macro that cannot be rendered has no roles here.

mod relocated;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use serde_yaml::{Mapping, Value};

use crate::expand::pack::Policy;
use crate::expand::{PlannedTemplate, RolePolicies, plain_role_policies, role_policies};
use crate::iam::document::DocumentKind;
use crate::iam::permissions::Permissions;
use crate::iam::statement::Statement;
use crate::lint::policies::{
    DocumentHome, DocumentReader, PolicyEngine, WrittenDocument, WrittenIdentity, WrittenPolicies,
    WrittenResource,
};
use crate::partials::Partials;
use crate::roles::{App, DeployPrincipal, TargetRole};
use crate::source::{FileId, Span};
use crate::template::read::rendered;
use crate::template::resolve::Reading;
use crate::template::value::Data;
use crate::yaml::emit::block;
use crate::yaml::lookup::Library;
use crate::yaml::parse::parse;

/// A role of a macro.
pub(in crate::lint) struct MacroRole {
    /// Its name.
    pub(in crate::lint) name: String,
    /// The roles of its target.
    pub(in crate::lint) policies: WrittenPolicies,
    /// The role as the macro creates it without what the user wrote.
    pub(in crate::lint) without: WrittenIdentity,
    /// The role with everything.
    pub(in crate::lint) with: WrittenIdentity,
    /// The role with one thing that the user wrote, and where that is.
    pub(in crate::lint) each: Vec<(Span, WrittenIdentity)>,
}

/// What a run knows of the partials.
pub(super) struct MacroReader<'run> {
    library: &'run Library,
    planned: &'run PlannedTemplate,
    partials: &'run Partials,
    /// The files of the user's partials.
    own: BTreeSet<FileId>,
    /// Those of the others.
    built_in: BTreeSet<FileId>,
}

impl<'run> MacroReader<'run> {
    pub(super) fn new(
        library: &'run Library,
        planned: &'run PlannedTemplate,
        partials: &'run Partials,
    ) -> Self {
        let own: BTreeSet<FileId> = partials
            .own()
            .map(|name| partials.span(name).file)
            .collect();
        let built_in = crate::partials::built_in();
        let built_in = built_in.iter().map(|(name, _)| partials.span(name).file);
        let built_in = built_in.filter(|file| !own.contains(file)).collect();
        Self {
            library,
            planned,
            partials,
            own,
            built_in,
        }
    }

    /// The roles that have something that the user wrote, and the documents of the user's partials.
    pub(super) fn roles(&self, engine: &PolicyEngine) -> (Vec<MacroRole>, Vec<WrittenDocument>) {
        let (mut roles, mut documents) = (Vec::new(), Vec::new());
        if self.own.is_empty() && !self.has_policies() {
            return (roles, documents);
        }
        let Ok(built_in) = Partials::new(&mut Library::default(), &[]) else {
            return (roles, documents);
        };
        let mut seen = BTreeSet::new();
        for (at, planned) in self.planned.macros.iter().enumerate() {
            let with = role_policies(self.partials, planned);
            for role in &with {
                documents.extend(self.documents(engine, at, role, &mut seen));
            }
            let without = plain_role_policies(&built_in, planned);
            // If the plain macro cannot be rendered, nothing is known of what the user added.
            if with.len() == without.len() {
                let app = planned.plan.app();
                let pairs = with.iter().zip(&without);
                roles.extend(pairs.filter_map(|(with, without)| self.role(app, with, without)));
            }
        }
        (roles, documents)
    }

    fn has_policies(&self) -> bool {
        let targets = self.planned.macros.iter();
        let mut targets = targets.flat_map(|planned| &planned.arguments.targets);
        targets.any(|target| {
            let own = &target.arguments;
            !own.execution_policies.is_empty() || !own.deployer_policies.is_empty()
        })
    }

    /// The documents of the user's partials that none of `seen` has.
    fn documents(
        &self,
        engine: &PolicyEngine,
        at: usize,
        role: &RolePolicies,
        seen: &mut BTreeSet<FileId>,
    ) -> Vec<WrittenDocument> {
        let home = engine.home(None, &Rc::default());
        let reader = DocumentReader {
            engine,
            library: self.library,
            home: &home,
            kind: DocumentKind::Identity,
        };
        let own = role.policies.iter();
        let own = own.filter(|policy| self.own.contains(&policy.span.file));
        own.filter(|policy| seen.insert(policy.span.file))
            .filter_map(|policy| {
                let text = block(&policy.document, 0);
                let parsed = parse(policy.span.file, &text).ok()?;
                let document = reader.document(&parsed.root)?;
                let source = self.library.sources.text(policy.span.file);
                let document = relocated::to(document, source, policy.span);
                Some(WrittenDocument {
                    of_macro: Some(at),
                    is_of_partial: true,
                    ..document
                })
            })
            .collect()
    }

    /// The role, if the user wrote something that it has.
    fn role(&self, app: App<'_>, with: &RolePolicies, without: &RolePolicies) -> Option<MacroRole> {
        let own = with.policies.iter();
        let own = own.filter(|policy| !self.built_in.contains(&policy.span.file));
        let own: Vec<_> = own.filter(|policy| policy.name != "DenyActions").collect();
        if own.is_empty() {
            return None;
        }
        let engine = PolicyEngine::of(&self.planned.organization);
        let home = engine.home(None, &Rc::default());
        let read = |policy: &Policy| statements(&engine, &home, &policy.document);
        let identity = |role, statements| identity(&engine, &home, app.principal(role), statements);
        let plain: Vec<Statement> = without.policies.iter().flat_map(read).collect();
        let each = own.into_iter().map(|policy| {
            let statements = [plain.clone(), read(policy)].concat();
            (self.place(policy), identity(with.role, statements))
        });
        let each = each.collect();
        let all = with.policies.iter().flat_map(read).collect();
        let with_all = identity(with.role, all);
        let without = identity(with.role, plain);
        // The target always has the deployer's role, and the other one unless the CDK has its own.
        let other = match with.role {
            TargetRole::Deployer => TargetRole::Execution,
            TargetRole::Execution | TargetRole::Test => TargetRole::Deployer,
        };
        let both = [with.role, other].into_iter().enumerate();
        let both = both.map(|(at, role)| {
            let own = WrittenIdentity {
                resource: at,
                ..identity(role, Vec::new())
            };
            (self.resource(&app.principal(role).name), own)
        });
        let both = both.collect();
        Some(MacroRole {
            name: app.principal(with.role).name,
            without,
            with: with_all,
            each,
            policies: WrittenPolicies::of_principals(engine, both),
        })
    }

    /// Where the user wrote it.
    fn place(&self, policy: &Policy) -> Span {
        if !self.own.contains(&policy.span.file) {
            return policy.span;
        }
        let source = self.library.sources.text(policy.span.file);
        relocated::named(&policy.name, source, policy.span)
    }

    /// What stands for a role of a macro among resources.
    fn resource(&self, name: &str) -> WrittenResource {
        let document = &self.planned.template.document;
        WrittenResource {
            id: name.to_owned(),
            span: Span::new(document.file, 0, 0),
            kind: "Role".to_owned(),
            accounts: None,
            condition: None,
            properties: Arc::clone(&document.root),
        }
    }
}

/// A role of a macro with these statements.
fn identity(
    engine: &PolicyEngine,
    home: &DocumentHome,
    role: DeployPrincipal,
    statements: Vec<Statement>,
) -> WrittenIdentity {
    let arn = Data::Text(role.arn("aws", "${AWS::AccountId}"));
    let arn = Data::Map(vec![("Fn::Sub".to_owned(), arn)]);
    WrittenIdentity {
        resource: 0,
        arn: engine.symbols(home, &arn, Reading::Plain),
        permissions: Permissions::new(statements, None),
        is_in_template: false,
        groups: Vec::new(),
        attached: BTreeSet::new(),
        aws: BTreeSet::new(),
        boundary: None,
        is_known: true,
        services: BTreeSet::new(),
    }
}

fn statements(engine: &PolicyEngine, home: &DocumentHome, document: &Mapping) -> Vec<Statement> {
    let document = rendered(&Value::Mapping(document.clone()));
    engine.read(home, &document, DocumentKind::Identity)
}

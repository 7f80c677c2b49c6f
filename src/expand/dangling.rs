//! References to what a macro no longer creates.
//!
//! In: the tree of a template, and what its macros create. Out: every reference that names nothing,
//! and a problem for each that named a macro's resource. Refuses those: OrgFormation takes them as
//! they are, and CloudFormation stops in the middle of a deployment (`Unresolved resource
//! dependencies`).
//!
//! The hard part: a wrong error stops a deployment. What a name can mean is more than is known here
//! (transforms also create resources), so only names that a macro gives count: those that begin as
//! one's, end as one's, or were in the generated file before.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use crate::arguments::TAG;
use crate::diagnostic::{Diagnostic, Shown as _, nearest};
use crate::expand::model::call::Template;
use crate::expand::model::rendered::Rendered;
use crate::expand::rules::DANGLING_REFERENCE;
use crate::source::{Span, Spanned};
use crate::template::substitution::{SubstitutionPart, parts};
use crate::yaml::lookup::Library;
use crate::yaml::node::{Kind, Node};

/// The sections in which a reference means a resource of the stack.
const SECTIONS: &[&str] = &["Resources", "Outputs"];

/// The keys whose references OrgFormation resolves: bindings, and what it orders accounts by.
const OF_ORGFORMATION: &[&str] = &[
    "OrganizationBinding",
    "OrganizationBindings",
    "DependsOnAccount",
    "Foreach",
];

/// A reference that names nothing in the template.
#[derive(Clone, Debug, PartialEq)]
pub struct DanglingReference {
    /// The name, and where it is written.
    pub name: Spanned<String>,
    /// The logical id that was probably meant.
    pub near: Option<String>,
}

impl DanglingReference {
    /// The error for it.
    pub fn problem(&self) -> Diagnostic {
        let message = format!(
            "the template has nothing named `{}`, and CloudFormation refuses the reference",
            self.name.value.shown()
        );
        let problem = Diagnostic::new(&DANGLING_REFERENCE, self.name.span, message);
        match &self.near {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(
                "no macro creates it any more: remove the reference, or create the resource again",
            ),
        }
    }
}

/// The references of `template` that name nothing: first those that name what a macro would have
/// created, which are errors, then the others. `known` are the names of the organization.
pub fn dangling(
    template: &Template,
    library: &Library,
    macros: &[Rendered],
    known: &BTreeSet<String>,
) -> (Vec<DanglingReference>, Vec<DanglingReference>) {
    if macros.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let names = TemplateNames::of(template, library, known);
    let mut found = Search::default();
    for section in SECTIONS {
        if let Some(node) = template.document.root.get(section) {
            found.node(node, library);
        }
    }
    let mut unknown = found.references;
    unknown.retain(|reference| !names.has(&reference.value));
    if unknown.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let created = Created::by(macros);
    unknown.retain(|reference| !created.ids.contains(&reference.value));
    let unknown = unknown.into_iter().map(|name| {
        let near = created.near(&name.value);
        let is_of_macro = near.is_some() || created.begins(&name.value);
        let near = near.or_else(|| {
            let ids = created.ids.iter().map(String::as_str);
            nearest(&name.value, ids).map(str::to_owned)
        });
        (is_of_macro, DanglingReference { name, near })
    });
    let (errors, rest): (Vec<_>, Vec<_>) = unknown.partition(|(is_of_macro, _)| *is_of_macro);
    let all = |of: Vec<(bool, DanglingReference)>| of.into_iter().map(|(_, one)| one).collect();
    (all(errors), all(rest))
}

/// Those of `rest` that name a resource of the generated file `previous`.
pub fn of_previous(rest: &[DanglingReference], previous: &str) -> Vec<Diagnostic> {
    if rest.is_empty() {
        return Vec::new();
    }
    let keys: HashSet<&str> = previous
        .lines()
        .filter(|line| line.starts_with([' ', '\t']))
        .filter_map(|line| line.trim_start().split_once(':'))
        .map(|(key, _)| key)
        .collect();
    let gone = rest.iter();
    gone.filter(|reference| keys.contains(reference.name.value.as_str()))
        .map(DanglingReference::problem)
        .collect()
}

/// What the template itself names.
struct TemplateNames<'run> {
    all: HashSet<&'run str>,
    known: &'run BTreeSet<String>,
    /// The resources, if a transform can create others that are named after them.
    transformed: Vec<&'run str>,
}

impl<'run> TemplateNames<'run> {
    fn of(template: &'run Template, library: &Library, known: &'run BTreeSet<String>) -> Self {
        let root = &template.document.root;
        let resources = template.resources.iter();
        let mut all: HashSet<&str> = resources.map(|own| own.logical_id.as_str()).collect();
        all.extend(template.calls.iter().map(|call| call.name.as_str()));
        for section in ["Parameters", "OrganizationBindings", "Organization"] {
            let entries = root.get(section).and_then(|node| node.entries());
            let keys = entries.unwrap_or_default().iter();
            all.extend(keys.filter_map(|entry| entry.key.text()));
        }
        let has_transform = root.get("Transform").is_some()
            || library
                .sources
                .text(template.document.file)
                .contains("Fn::Transform");
        let transformed = template.resources.iter().filter(|_| has_transform);
        TemplateNames {
            all,
            known,
            transformed: transformed.map(|own| own.logical_id.as_str()).collect(),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.all.contains(name)
            || self.known.contains(name)
            || name.contains("::")
            || ["AWSAccount", "CurrentAccount"].contains(&name)
            || self.transformed.iter().any(|own| name.starts_with(own))
    }
}

/// A logical id of a macro.
struct CreatedId<'run> {
    /// The macro's name.
    of: &'run str,
    /// What follows it in the logical id, unless `LogicalIds` names another.
    end: String,
    /// The logical id as it is written.
    id: String,
}

/// What the macros create.
struct Created<'run> {
    ids: HashSet<String>,
    ends: Vec<CreatedId<'run>>,
}

impl<'run> Created<'run> {
    fn by(macros: &'run [Rendered]) -> Self {
        let mut created = Created {
            ids: HashSet::new(),
            ends: Vec::new(),
        };
        for rendered in macros {
            let plan = rendered.plan();
            for unit in &plan.units {
                for resource in rendered.resources(unit.body) {
                    let end = format!("{}{}", unit.id_part, resource.kind);
                    let id = plan.logical_id(unit.id_part.as_str(), &resource.kind);
                    created.ids.insert(id.clone());
                    let of = &plan.name;
                    created.ends.push(CreatedId { of, end, id });
                }
            }
        }
        created
    }

    /// The id of a macro that ends as `name` does: the macro had another name.
    fn near(&self, name: &str) -> Option<String> {
        let ends = self.ends.iter();
        let fits = ends.filter(|known| {
            let end = known.end.as_str();
            name.len() > end.len() && name.ends_with(end)
        });
        let longest = fits.max_by_key(|known| known.end.len());
        longest.map(|known| known.id.clone())
    }

    fn begins(&self, name: &str) -> bool {
        let mut macros = self.ends.iter();
        macros.any(|known| name.starts_with(known.of))
    }
}

/// The references that were found so far, in the order of the text.
#[derive(Default)]
struct Search {
    references: Vec<Spanned<String>>,
}

impl Search {
    /// An alias is passed over: what it stands for is visited where it is written.
    fn node(&mut self, node: &Arc<Node>, library: &Library) {
        let tag = node.tag_name().unwrap_or_default();
        if tag == TAG {
            return;
        }
        if let Some(included) = library.included(node) {
            self.node(&included, library);
            return;
        }
        match &node.kind {
            Kind::Alias(..) => {}
            Kind::Scalar(text, _) => self.scalar(tag, text, node.whole_span()),
            Kind::Sequence(items, _) if tag == "!Sub" => self.substitution(items, library),
            Kind::Sequence(items, _) if tag == "!GetAtt" => self.attribute(items),
            Kind::Sequence(items, _) => items.iter().for_each(|item| self.node(item, library)),
            Kind::Mapping(entries, _) => {
                for entry in entries {
                    self.entry(entry.key.text().unwrap_or_default(), &entry.value, library);
                }
            }
        }
    }

    fn entry(&mut self, key: &str, value: &Arc<Node>, library: &Library) {
        if OF_ORGFORMATION.contains(&key) {
            return;
        }
        let tag = match key {
            "Ref" => "!Ref",
            "Fn::GetAtt" => "!GetAtt",
            "Fn::Sub" => "!Sub",
            "DependsOn" => "DependsOn",
            _ => return self.node(value, library),
        };
        match (&value.kind, tag) {
            (Kind::Scalar(text, _), _) if value.tag.is_none() => {
                self.scalar(tag, text, value.whole_span());
            }
            (Kind::Sequence(items, _), "!Sub") => self.substitution(items, library),
            (Kind::Sequence(items, _), "!GetAtt") => self.attribute(items),
            (Kind::Sequence(items, _), "DependsOn") => {
                for item in items {
                    if let Kind::Scalar(text, _) = &item.kind {
                        self.scalar("DependsOn", text, item.whole_span());
                    }
                }
            }
            _ => self.node(value, library),
        }
    }

    fn scalar(&mut self, tag: &str, text: &str, span: Span) {
        match tag {
            "!Ref" | "DependsOn" => self.add(text, span),
            "!GetAtt" => self.add(text.split('.').next().unwrap_or_default(), span),
            "!Sub" => self.variables(text, span, &[]),
            _ => {}
        }
    }

    fn attribute(&mut self, items: &[Arc<Node>]) {
        if let Some((text, span)) = items
            .first()
            .and_then(|item| Some((item.text()?, item.whole_span())))
        {
            self.add(text, span);
        }
    }

    /// `[text, variables]`.
    fn substitution(&mut self, items: &[Arc<Node>], library: &Library) {
        let own = items.get(1).and_then(|node| node.entries());
        let own = own.unwrap_or_default().iter();
        let own: Vec<&str> = own.filter_map(|entry| entry.key.text()).collect();
        if let Some((text, span)) = items
            .first()
            .and_then(|item| Some((item.text()?, item.whole_span())))
        {
            self.variables(text, span, &own);
        }
        if let Some(values) = items.get(1) {
            self.node(values, library);
        }
    }

    fn variables(&mut self, text: &str, span: Span, own: &[&str]) {
        for part in parts(text) {
            if let SubstitutionPart::Variable(name) = part
                && part.literal().is_none()
            {
                let name = name.split('.').next().unwrap_or_default().trim();
                if !own.contains(&name) {
                    self.add(name, span);
                }
            }
        }
    }

    fn add(&mut self, name: &str, span: Span) {
        let name = Spanned::new(name.to_owned(), span);
        let mut known = self.references.iter();
        if !known.any(|known| known.value == name.value && known.span == span) {
            self.references.push(name);
        }
    }
}

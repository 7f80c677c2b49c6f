//! Which actions can be about which resources.
//!
//! In: an action of a statement, with or without wildcards, and the resources of the statement. Out: the
//! actions of AWS that it names, and whether a request for one may be about such a resource. Refuses
//! nothing: what is not known may be anything.

use crate::aws::actions::{KnownAction, Service, reference};
use crate::aws::arn_forms::forms_of;
use crate::aws::wildcard::{matches, overlap};
use crate::lint::policies::{PolicyItem, WrittenStatement, pattern};
use crate::lint::rules::arn_form;
use crate::template::symbol::Symbol;

/// The actions of API Gateway that are methods of HTTP. They are allowed together, and what the reference
/// lists for each has gaps.
const VERBS: &[&str] = &["DELETE", "GET", "PATCH", "POST", "PUT"];

/// The actions that an entry of `Action` names.
pub(super) struct NamedActions {
    /// As it is written.
    pub(super) written: String,
    /// The service in lower case.
    pub(super) service_name: String,
    service: Service<'static>,
    actions: Vec<KnownAction<'static>>,
}

impl NamedActions {
    /// The actions of `item`; `None` if its text is not known, if it names no service, or if the
    /// service has no such action.
    pub(super) fn of(item: &PolicyItem) -> Option<Self> {
        Self::by_name(&item.text_with_wildcards()?)
    }

    /// The same of a text.
    pub(super) fn by_name(written: &str) -> Option<Self> {
        let (service, name) = written.split_once(':')?;
        if service.contains(['*', '?']) {
            return None;
        }
        let service_name = service.to_ascii_lowercase();
        let service = reference().service(&service_name)?;
        let name = name.to_ascii_lowercase();
        let is_meant =
            |action: &&KnownAction<'_>| matches(&name, &action.name.to_ascii_lowercase());
        let actions: Vec<_> = service.actions.iter().filter(is_meant).copied().collect();
        (!actions.is_empty()).then(|| Self {
            written: written.to_owned(),
            service_name,
            service,
            actions,
        })
    }

    /// How many they are.
    pub(super) fn count(&self) -> usize {
        self.actions.len()
    }

    /// Those that no request for which may be about one of these resources, as far as AWS documents it.
    pub(super) fn unmatched<'a>(
        &'a self,
        resources: &'a [PolicyItem],
    ) -> impl Iterator<Item = &'a KnownAction<'static>> {
        let actions = self.actions.iter();
        actions.filter(|action| !self.fits(action, resources))
    }

    /// Whether AWS may grant one of the actions with these names by one of these resources, though it documents
    /// no resource of it.
    pub(super) fn may_be_granted(&self, names: &[&str], resources: &[PolicyItem]) -> bool {
        let mut actions = self.actions.iter();
        actions.any(|action| names.contains(&action.name) && self.may_be_unnamed(action, resources))
    }

    /// Whether AWS may ask for an action that has no resource type by an ARN of the service that names nothing,
    /// and one of these resources matches that: `arn:aws:s3:::*` may allow `s3:ListAllMyBuckets`.
    fn may_be_unnamed(&self, action: &KnownAction<'_>, resources: &[PolicyItem]) -> bool {
        if action.places != "*" {
            return false;
        }
        let heads = ["$r:$a", ":$a", ":"];
        let heads = heads.map(|head| format!("arn:aws:{}:{head}:%", self.service_name));
        let patterns = self.service.patterns.iter().flat_map(forms_of).copied();
        let mut patterns = patterns.chain(heads.iter().map(String::as_str));
        patterns.any(|pattern| {
            // Nothing is in the place of the name, or what only a wildcard matches.
            ["", NO_NAME].iter().any(|name| {
                let form = form_with(pattern, name);
                resources.iter().any(|own| may_name_nothing(own, &form))
            })
        })
    }

    /// Whether a request for `action` may be about one of these resources.
    fn fits(&self, action: &KnownAction<'_>, resources: &[PolicyItem]) -> bool {
        if !VERBS.contains(&action.name) {
            return self.fits_alone(action, resources);
        }
        let verbs = self.service.actions.iter();
        let mut verbs = verbs.filter(|own| VERBS.contains(&own.name));
        verbs.any(|verb| self.fits_alone(verb, resources))
    }

    fn fits_alone(&self, action: &KnownAction<'_>, resources: &[PolicyItem]) -> bool {
        forms(action, &self.service).iter().any(|form| {
            resources.iter().any(|own| match form.as_str() {
                // A request without a resource is about `*`.
                "*" => own.symbols.iter().all(|symbol| *symbol == Symbol::Any),
                form => may_meet(own, form),
            })
        })
    }

    /// The resources that requests for them can be about, as patterns.
    pub(super) fn forms(&self) -> Vec<String> {
        let actions = self.actions.iter();
        let mut forms: Vec<String> = actions
            .flat_map(|action| forms(action, &self.service))
            .collect();
        forms.sort();
        forms.dedup();
        forms
    }
}

/// Whether all resources of `statement` can be compared with what actions are about.
pub(super) fn has_resources(statement: &WrittenStatement) -> bool {
    // What is wrong with a resource is reported once.
    let is_well_formed = |item: &PolicyItem| arn_form::problem(item).is_none();
    !statement.resources.is_empty() && statement.resources.iter().all(is_well_formed)
}

/// Whether no action that `item` names can be about a resource of its statement, as far as AWS documents it.
pub(super) fn is_unmatched(statement: &WrittenStatement, item: &PolicyItem) -> bool {
    has_resources(statement)
        && NamedActions::of(item)
            .is_some_and(|named| named.unmatched(&statement.resources).count() == named.count())
}

/// Whether an ARN of this form, which has no name, may match the pattern. A value that is not known is a name.
fn may_name_nothing(own: &PolicyItem, form: &str) -> bool {
    let fields: Vec<&[Symbol]> = own
        .symbols
        .splitn(6, |symbol| *symbol == Symbol::Char(':'))
        .collect();
    let forms: Vec<&str> = form.splitn(6, ':').collect();
    let ([heads @ .., own_name], [forms @ .., name]) = (fields.as_slice(), forms.as_slice()) else {
        return false;
    };
    if heads.len() != forms.len() {
        return overlap(&own.pattern(), form);
    }
    let known = own_name.iter().map(|symbol| match symbol {
        Symbol::Unknown(_) => Symbol::Char(A_NAME),
        symbol => *symbol,
    });
    let known: Vec<Symbol> = known.collect();
    let mut pairs = heads.iter().zip(forms);
    // The data is about one partition, and the others have the same forms.
    pairs.all(|(own, form)| *form == "aws" || overlap(&pattern(own), form))
        && overlap(&pattern(&known), name)
}

/// Whether an ARN of this form may match the pattern.
fn may_meet(own: &PolicyItem, form: &str) -> bool {
    // The data is about one partition, and the others have the same forms.
    let form = &form.replacen("arn:aws:", "arn:*:", 1);
    let wild = |symbols: &[Symbol]| symbols.contains(&Symbol::Any);
    let fields: Vec<&[Symbol]> = own
        .symbols
        .splitn(6, |symbol| *symbol == Symbol::Char(':'))
        .collect();
    let forms: Vec<&str> = form.splitn(6, ':').collect();
    let is_whole = |fields: &[&[Symbol]]| fields.iter().take(5).any(|field| wild(field));
    if fields.len() != forms.len() || is_whole(&fields) {
        // A wildcard may stand for several fields.
        return overlap(&own.pattern(), form);
    }
    // A value that is not known, such as a region, is one field.
    let mut pairs = fields.iter().zip(&forms);
    pairs.all(|(own, form)| overlap(&pattern(own), form))
}

/// The resources that a request for this action can be about, as patterns.
fn forms(action: &KnownAction<'_>, service: &Service<'_>) -> Vec<String> {
    let mut forms = Vec::new();
    for place in action.places.split(',') {
        let at = place.parse::<usize>().ok();
        match at.and_then(|at| service.patterns.get(at)) {
            Some(pattern) => forms.extend(forms_of(pattern).iter().map(|pattern| form(pattern))),
            None if place == "*" => forms.push("*".to_owned()),
            None => {}
        }
    }
    forms
}

/// Stands for a name that nobody writes.
const NO_NAME: &str = "\u{1}";

/// Stands for a name that is not known.
const A_NAME: char = '\u{2}';

/// A pattern of the data as one of IAM's.
fn form(pattern: &str) -> String {
    form_with(pattern, "?*")
}

/// The same with `name` in the place of names.
fn form_with(pattern: &str, name: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => out.push_str(name),
            // A region or an account is there.
            '$' => {
                chars.next();
                out.push_str("?*");
            }
            c => out.push(c),
        }
    }
    out
}

//! What references to IAM resources of a template resolve to.
//!
//! In: the resources. Out: [`Values`], with a reference in place of a name that CloudFormation
//! generates: the same resource is the same value, however it is named. Refuses nothing.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::expand::PlannedTemplate;
use crate::iam::references::{NamedType, ReferenceReturns, named_type};
use crate::lint::policies::engine::PolicyEngine;
use crate::lint::policies::resources::{IAM, WrittenResource};
use crate::template::resolve::{Reading, Values};
use crate::template::substitution::{SubstitutionPart, parts};
use crate::template::symbol::Symbol;
use crate::template::value::Data;
use crate::yaml::lookup::Library;
use crate::yaml::node::{Kind, Node};

/// The types of principals and their policies, without `AWS::IAM::`.
const KINDS: [&str; 4] = ["Role", "User", "Group", "ManagedPolicy"];

/// How the ARN of a resource is put together, if it is one of these.
fn known(resource: &WrittenResource) -> Option<&'static NamedType> {
    let is_one = KINDS.contains(&resource.kind.as_str());
    named_type(&format!("{IAM}{}", resource.kind)).filter(|_| is_one)
}

/// What references to `resources` resolve to, as `Fn::Sub` would write it.
pub(super) fn values(resources: &[WrittenResource]) -> Values {
    let ids: BTreeSet<&str> = resources.iter().map(|one| one.id.as_str()).collect();
    let mut values = Values::new();
    for resource in resources {
        if let Some(arn) = arn_of_provider(resource, &ids) {
            values.insert(format!("{}.Arn", resource.id), arn.clone());
            values.insert(resource.id.clone(), arn);
            continue;
        }
        let Some(arn) = arn(resource, &ids) else {
            continue;
        };
        let id = &resource.id;
        let Some(known) = known(resource) else {
            continue;
        };
        let reference = match known.reference {
            ReferenceReturns::Arn => arn.clone(),
            ReferenceReturns::Name => name_of(resource, &ids),
        };
        values.insert(id.clone(), reference);
        values.insert(format!("{id}.{}", known.attribute), arn);
    }
    values
}

/// The defaults of the parameters of `planned`, as `Fn::Sub` would write them. A task may give others, which `lint` does
/// not see.
pub(super) fn defaults(library: &Library, planned: &PlannedTemplate) -> Values {
    let root = &planned.template.document.root;
    let section = library.field(root, "Parameters").ok().flatten();
    let fields = section.and_then(|section| library.mapping(&section).ok());
    let default = |field: crate::yaml::lookup::Field| {
        let node = library.field(&field.value, "Default").ok()??;
        let text = library.follow(&node).text()?.replace("${", "${!");
        Some((field.key, text))
    };
    let fields = fields.unwrap_or_default().into_iter();
    fields.filter_map(default).collect()
}

/// The ARN of each resource; nothing for a resource that has none.
pub(super) fn arns(
    engine: &PolicyEngine,
    resources: &[WrittenResource],
    values: &Rc<Values>,
) -> Vec<Vec<Symbol>> {
    let arn = |resource: &WrittenResource| {
        let name = format!("{}.{}", resource.id, known(resource)?.attribute);
        let data = Data::Map(vec![("Ref".to_owned(), Data::Text(name))]);
        let home = engine.home(resource.accounts.as_deref(), values);
        Some(engine.symbols(&home, &data, Reading::Plain))
    };
    let resources = resources.iter();
    resources
        .map(|resource| arn(resource).unwrap_or_default())
        .collect()
}

/// The ARN of a resource, as `Fn::Sub` would write it; `ids` are those of all.
fn arn(resource: &WrittenResource, ids: &BTreeSet<&str>) -> Option<String> {
    let known = known(resource)?;
    let path = match resource.properties.get("Path") {
        Some(node) => text(node).filter(|text| !refers(text, ids))?,
        None => "/".to_owned(),
    };
    let name = name_of(resource, ids);
    Some(format!(
        "arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:{}{path}{name}",
        known.word
    ))
}

/// The ARN of an OIDC provider, which is named after the URL of its tokens.
fn arn_of_provider(resource: &WrittenResource, ids: &BTreeSet<&str>) -> Option<String> {
    if resource.kind != "OIDCProvider" {
        return None;
    }
    let url = text(resource.properties.get("Url")?).filter(|url| !refers(url, ids))?;
    let issuer = url.strip_prefix("https://").unwrap_or(&url);
    Some(format!(
        "arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/{}",
        issuer.trim_end_matches('/')
    ))
}

/// Its name, as `Fn::Sub` would write it; a reference if CloudFormation generates it.
fn name_of(resource: &WrittenResource, ids: &BTreeSet<&str>) -> String {
    let node = known(resource).and_then(|known| resource.properties.get(known.name));
    // INVARIANT: a value refers to no other one. A circle of names would never end.
    let name = node
        .and_then(|node| text(node))
        .filter(|text| !refers(text, ids));
    name.unwrap_or_else(|| format!("${{{}.Name}}", resource.id))
}

/// Whether `text` refers to one of `ids`.
fn refers(text: &str, ids: &BTreeSet<&str>) -> bool {
    parts(text).any(|part| match part {
        SubstitutionPart::Variable(name) => {
            let id = name.split_once('.').map_or(name, |(id, _)| id);
            ids.contains(id)
        }
        _ => false,
    })
}

/// A text, as `Fn::Sub` would write it.
fn text(node: &Node) -> Option<String> {
    let node = node.resolved();
    let Kind::Scalar(text, _) = &node.kind else {
        return None;
    };
    match node.tag_name() {
        None => Some(text.replace("${", "${!")),
        Some("!Sub") => Some(text.clone()),
        Some("!Ref") => Some(format!("${{{text}}}")),
        _ => None,
    }
}

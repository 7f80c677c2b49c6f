//! Resources that CloudFormation replaces, or would have to replace and cannot.
//!
//! In: what is updated. Out: a finding for each resource of which something changed that can only be
//! set when it is created. Refuses nothing: a type that is not in the schemas has no finding.
//!
//! "If you specify a name, you cannot perform updates that require replacement of this resource"
//! ("Name type", CloudFormation User Guide).

use std::rc::Rc;

use foldhash::{HashMap, HashSet};

use crate::aws::handlers::{ResourceType, handlers};
use crate::deploy::answer::DeployRefusal;
use crate::deploy::facts::{DeployFacts, depends, identity};
use crate::deploy::fold::{Affected, DeployFindings, Happening, HashedRule, Origins};
use crate::deploy::places::{DeployPlan, Update};
use crate::deploy::rules::{NAME_TAKEN, REPLACED, REPLACEMENT_REFUSED};
use crate::deploy::version::Version;
use crate::template::display::shown;
use crate::template::spelling::respelled;
use crate::template::value::{Data, Unordered};

/// What CloudFormation has to do with a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ReplacementKind {
    /// Nothing but an update.
    No,
    /// It would have to change the type.
    OtherType,
    /// It would have to replace it under the same name, because of these properties.
    SameName(Vec<String>),
    /// It may have to do that: these properties may be what they were, or need no replacement.
    MaybeSameName(Vec<String>),
    /// It replaces it, because of these properties.
    Other(Vec<String>),
    /// It may replace it, because of these properties.
    MaybeOther(Vec<String>),
}

/// Adds a finding for each resource that is replaced or cannot be. `taken` has the resources whose
/// new names are taken.
pub(super) fn replaced(
    plan: &DeployPlan<'_>,
    taken: &HashSet<*const crate::deploy::places::Instance<'_>>,
    origins: &dyn Origins,
    findings: &mut DeployFindings,
) {
    let mut known: HashMap<(*const DeployFacts, *const DeployFacts), ReplacementKind> =
        HashMap::default();
    for update in &plan.updated {
        let (old, new) = (update.old.version, update.new.version);
        // With a label on one side alone, the texts decide, account by account.
        let replacement = if old.label.is_some() == new.label.is_some() {
            let key = (Rc::as_ptr(&old.facts), Rc::as_ptr(&new.facts));
            let found = known.entry(key).or_insert_with(|| replacement(update));
            found.clone()
        } else {
            replacement(update)
        };
        if taken.contains(&std::ptr::from_ref(&update.new)) {
            continue;
        }
        if let Some(happening) = happening(&replacement, update) {
            let affected = Affected {
                old: Some(&update.old),
                new: Some(&update.new),
            };
            findings.add(&happening, affected, origins);
        }
    }
}

/// Whether the update replaces the resource under another name.
pub(super) fn is_renamed(update: &Update<'_>) -> bool {
    let [old, new] = [&update.old, &update.new].map(|side| {
        let name = side.version.facts.name.as_ref();
        name.map(|name| side.version.restore(&name.text))
    });
    old != new
}

fn replacement(update: &Update<'_>) -> ReplacementKind {
    let (old, new) = (update.old.version, update.new.version);
    if old.facts.kind != new.facts.kind {
        return ReplacementKind::OtherType;
    }
    let Some(known) = handlers().resource_type(&new.facts.kind) else {
        return ReplacementKind::No;
    };
    let changed = changed(&known, (old, new));
    if changed.is_empty() {
        return ReplacementKind::No;
    }
    let is_certain = changed.iter().any(|(_, is_certain)| *is_certain);
    let names: Vec<String> = changed.into_iter().map(|(name, _)| name).collect();
    let own = identity(&known).map(|(names, _)| names).unwrap_or_default();
    let is_named = new.facts.name.is_some() && old.facts.name.is_some();
    if is_named && !names.iter().any(|name| own.contains(&name.as_str())) {
        return if is_certain {
            ReplacementKind::SameName(names)
        } else {
            ReplacementKind::MaybeSameName(names)
        };
    }
    if is_certain {
        ReplacementKind::Other(names)
    } else {
        ReplacementKind::MaybeOther(names)
    }
}

/// What changed that may only be set when a resource is created, and whether it surely did and surely
/// replaces the resource.
fn changed(known: &ResourceType<'_>, (old, new): (&Version, &Version)) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for property in known.properties.iter().filter(|one| one.is_create_only) {
        let values = [old, new].map(|side| side.facts.property(property.name));
        if values[0] != values[1] && said(old, values[0]) != said(new, values[1]) {
            let is_certain = !values.into_iter().flatten().any(depends);
            found.push((property.name.to_owned(), is_certain));
        }
    }
    for fixed in &known.fixed {
        let top = fixed.path.split('/').next().unwrap_or_default();
        if found.iter().any(|(name, _)| name == top) {
            continue;
        }
        let values = [old, new].map(|side| below(side.facts.property(top), fixed.path));
        let texts = |side: &Version, values: &[&Data]| -> Vec<String> {
            values
                .iter()
                .map(|value| side.restore(&shown(&respelled(value))).into_owned())
                .collect()
        };
        if values[0] != values[1] && texts(old, &values[0]) != texts(new, &values[1]) {
            let depends = values.iter().flatten().any(|value| depends(value));
            // Items that come or go do not change those that are there.
            let is_listed = fixed.path.contains('*');
            let is_certain = !fixed.is_conditional && !depends && !is_listed;
            found.push((fixed.path.replace('/', "."), is_certain));
        }
    }
    found
}

fn said(side: &Version, value: Option<&Data>) -> Option<String> {
    value.map(|value| side.restore(&shown(&respelled(value))).into_owned())
}

/// The values at `path` below the property `value`, whose name the path begins with. A function stands for
/// all that is below it.
fn below<'a>(value: Option<&'a Data>, path: &str) -> Vec<&'a Data> {
    let mut found: Vec<&Data> = value.into_iter().collect();
    for part in path.split('/').skip(1) {
        let step = |value: &'a Data| -> Vec<&'a Data> {
            match value {
                _ if value.is_intrinsic() => vec![value],
                Data::List(items) | Data::Unordered(Unordered(items)) if part == "*" => {
                    items.iter().collect()
                }
                // A mapping with any keys.
                Data::Map(entries) if part == "*" => {
                    entries.iter().map(|(_, value)| value).collect()
                }
                value => value.get(part).into_iter().collect(),
            }
        };
        found = found.into_iter().flat_map(step).collect();
    }
    found
}

fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// What to do if it was refused: the path is in the ARN, and other resources have the new ARN by then.
const AFTER_REFUSAL: &str = "; if it was refused already, deploy the previous file again: accounts that were deployed before the refusal (of a macro, the Tools account) name the new ARNs, which nothing has, so that nobody can use the roles (docs/deploy.md, \"After a refusal\")";

fn happening(replacement: &ReplacementKind, update: &Update<'_>) -> Option<Happening> {
    let facts = &update.new.version.facts;
    let is_certain = [&update.old, &update.new].iter().all(|side| {
        let facts = &side.version.facts;
        !facts.is_conditional && facts.name.as_ref().is_some_and(|name| name.is_unique)
    });
    match replacement {
        ReplacementKind::No => None,
        ReplacementKind::OtherType => Some(other_type(update)),
        ReplacementKind::SameName(names) | ReplacementKind::MaybeSameName(names) => {
            Some(Happening {
                rule: HashedRule(&REPLACEMENT_REFUSED),
                refusal: if is_certain && matches!(replacement, ReplacementKind::SameName(_)) {
                    DeployRefusal::Certain
                } else {
                    DeployRefusal::Maybe
                },
                reason: match replacement {
                    ReplacementKind::MaybeSameName(_) => format!(
                        "{} may change in a way that replaces the resource, and CloudFormation cannot replace a resource that has a name of its own under that name",
                        list(names)
                    ),
                    _ => format!(
                        "{} can only be set when a resource is created, and CloudFormation cannot replace a resource that has a name of its own under that name",
                        list(names)
                    ),
                },
                help: format!(
                    "keep {}; or change the name as well, so that the resource is replaced; or deploy without these resources first, and with the new ones after that: nobody can use them in between{}",
                    list(names),
                    if names.iter().any(|name| name == "Path") {
                        AFTER_REFUSAL
                    } else {
                        ""
                    }
                ),
            })
        }
        ReplacementKind::Other(names) | ReplacementKind::MaybeOther(names)
            if facts.kind == "AWS::CloudFormation::StackSet" =>
        {
            Some(instances_collide(names))
        }
        ReplacementKind::Other(names) => Some(follows(
            &facts.kind,
            names,
            "changed, so CloudFormation creates",
        )),
        ReplacementKind::MaybeOther(names) => Some(follows(
            &facts.kind,
            names,
            "changed, and if that replaces the resource, CloudFormation creates",
        )),
    }
}

fn other_type(update: &Update<'_>) -> Happening {
    Happening {
        rule: HashedRule(&REPLACEMENT_REFUSED),
        refusal: DeployRefusal::Certain,
        reason: format!(
            "the type `{}` becomes `{}`, and CloudFormation does not change the type of a resource",
            update.old.version.facts.kind, update.new.version.facts.kind
        ),
        help: "give the resource of the new type another logical id".to_owned(),
    }
}

/// A stack set is replaced: what its template names is in the same accounts still.
fn instances_collide(names: &[String]) -> Happening {
    Happening {
        rule: HashedRule(&NAME_TAKEN),
        refusal: DeployRefusal::Maybe,
        reason: format!(
            "{} changed, so CloudFormation creates another stack set and then deletes this one: resources of its template that have names of their own are still there when the new instances create them",
            list(names)
        ),
        help: "keep the stack set; or deploy without it first, and with the new one after that: nobody can use its resources in between".to_owned(),
    }
}

/// What follows if resources of this type are replaced.
fn follows(kind: &str, names: &[String], how: &str) -> Happening {
    let (lost, help) = match kind {
        "AWS::IAM::User" => (
            "the new user has no access key and no password, and who trusts the ARN of the old one does not trust it",
            "create an access key for the new user, put it where the old one is used (the secrets of CI), and name the new ARN wherever the old one is trusted",
        ),
        "AWS::IAM::Role" => (
            "who trusts or passes the ARN of the old role does not reach the new one; stacks that were deployed with the old role can be neither changed nor deleted until a call names the new one",
            "name the new ARN wherever the old one is used, and deploy each stack of the app once with the new role (`--role-arn`); what these stacks created is named after the old name, so check that the new role reaches it",
        ),
        _ => (
            "what refers to the old one by its name or ARN, outside of these files, loses it",
            "name the new one wherever the old one is used",
        ),
    };
    Happening {
        rule: HashedRule(&REPLACED),
        refusal: DeployRefusal::None,
        reason: format!(
            "{} {how} another resource and then deletes this one: {lost}",
            list(names)
        ),
        help: help.to_owned(),
    }
}

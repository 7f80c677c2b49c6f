//! What is in a file and may decide about access without being read.
//!
//! In: a file by itself. Out: [`UnreadPart`]s, permission sets, and what may hold the policy of a resource. It is a
//! closed world: a type or a property that is not known may do anything. Refuses nothing.

use crate::aws::effects::{Harmless, PropertyEffect, effects};
use crate::aws::granting::{GrantReach, reach_of};
use crate::diff::access::alone::FileAlone;
use crate::diff::access::assigned::SET;
use crate::diff::access::harmless::is_harmless;
use crate::diff::access::kinds::is_examined;
use crate::diff::access::leaves::{Leaf, leaves};
use crate::diff::access::transforms::{SECTION, calls_macro, macros};
use crate::diff::access::unexamined::UNRESOLVED;
use crate::iam::principals::places_in;
use crate::template::resources::{Resource, has};
use crate::template::value::Data;

/// How the types begin of resources that create principals of their own.
const OF_PRINCIPALS: [&str; 1] = ["AWS::Serverless::"];

/// How the types begin of resources that create what is written elsewhere, or give principals access that have a
/// name.
const OF_OTHERS: [&str; 7] = [
    "AWS::Budgets::BudgetsAction",
    "AWS::CloudFormation::",
    "AWS::ControlTower::",
    "AWS::IAM::UserToGroupAddition",
    "AWS::Proton::",
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
    "Community::IAM::ManagedPolicyStatement",
];

/// Types of resources that only deny.
const OF_LIMITS: [&str; 2] = [
    "AWS::Organizations::Policy",
    "Community::Organizations::Policy",
];

/// Why a policy may be for anybody.
const LOOSE: &str = "it is for principals that cannot be resolved, and may be for any";

/// Why a policy of the organization that cannot be read may deny.
const LIMITING: &str = "which accounts it limits, and how, is not read";

/// A role whose policies no template has.
const LINKED_ROLE: &str = "AWS::IAM::ServiceLinkedRole";

/// Why it is not known what such a role may do.
const LINKED: &str = "AWS writes the policy of a service-linked role";

/// Why nothing is certain.
const TRANSFORMED: &str = "a macro of CloudFormation may change anything in the template";

/// Where a policy names the principals that it is for.
const ATTACHED_TO: [&str; 6] = [
    "GroupName",
    "Groups",
    "RoleName",
    "Roles",
    "UserName",
    "Users",
];

/// What is in a file and not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnreadPart {
    /// Its logical id, or the name of a section.
    pub(crate) name: String,
    /// What it is called.
    pub(crate) word: &'static str,
    /// Why it matters.
    pub(crate) why: &'static str,
    pub(crate) power: UnreadPower,
    /// Where it is created; `None` if that is not known.
    pub(crate) accounts: Option<Vec<UnreadAccount>>,
}

/// An account in which something is created that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnreadAccount {
    /// Its logical id.
    pub(crate) name: String,
    pub(crate) id: Option<String>,
}

impl UnreadAccount {
    /// Whether it is called so.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name == name || self.id.as_deref() == Some(name)
    }
}

/// What something that is not read may do to the principals that are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UnreadPower {
    /// Nothing: it is a principal itself, of a service of AWS.
    IsOfService,
    /// Nothing: it may be a principal itself.
    IsAnother,
    /// It may deny them something.
    Denies,
    /// It may allow or deny them something.
    Grants,
    /// It may replace what is read of them.
    Rewrites,
}

impl<'text> FileAlone<'_, 'text> {
    /// The logical ids of what may hold a policy of a resource that decides about actions of a service that
    /// `is_asked`.
    pub(crate) fn policies_of_resources(&self, is_asked: impl Fn(&str) -> bool) -> Vec<String> {
        let granting = self.granting.get_or_init(|| {
            let resources = self.comparer.new.resources.iter();
            resources.filter_map(|own| self.granting(own)).collect()
        });
        let asked = granting.iter().filter(|(_, reach)| reach.meets(&is_asked));
        asked.map(|(id, _)| id.clone()).collect()
    }

    /// What `resource` may let somebody use, if it does, by a property that is not read.
    fn granting(&self, resource: &Resource<'text>) -> Option<(String, GrantReach)> {
        if is_examined(resource) {
            return None;
        }
        let data = self.comparer.data_of(resource)?;
        let kind = data.get("Type").and_then(Data::text)?;
        let reach = reach_of(kind);
        // Of a type that is not known, the file is not read, which is reported once.
        let effects = effects().resource_type(kind)?;
        let properties = data.get("Properties")?;
        let grants = |leaf: &Leaf<'_>| match leaf.effect {
            Some(PropertyEffect::Grant(Harmless::Never)) | None => true,
            Some(PropertyEffect::Grant(harmless)) => !is_harmless(harmless, Some(leaf.data)),
            // No policy of IAM is about who connects, or is kept out.
            Some(
                PropertyEffect::Entry(_)
                | PropertyEffect::Limit(_)
                | PropertyEffect::LimitIfAny
                | PropertyEffect::Role
                | PropertyEffect::Code
                | PropertyEffect::Inert,
            ) => false,
        };
        let is_granting =
            reach != GrantReach::Nothing && leaves(effects, properties).iter().any(grants);
        is_granting.then(|| (resource.id.clone(), reach))
    }

    /// What is in the file and may give its principals access, or be one, without being read.
    pub(crate) fn unread(&self) -> Vec<UnreadPart> {
        let file = self.comparer.new;
        let macros = macros(file).into_iter().take(1);
        let sections = macros.map(|_| UnreadPart {
            name: SECTION.to_owned(),
            word: "section",
            why: TRANSFORMED,
            power: UnreadPower::Rewrites,
            accounts: None,
        });
        let resources = file.resources.iter().enumerate();
        let resources = resources.filter_map(|(at, resource)| {
            let (why, power) = self
                .unread_type(resource)
                .or_else(|| self.loose(at, resource))?;
            Some(UnreadPart {
                name: resource.id.clone(),
                word: match power {
                    UnreadPower::IsOfService => "service-linked role",
                    _ => "resource",
                },
                why,
                power,
                accounts: self.accounts_of(resource),
            })
        });
        sections.chain(resources).collect()
    }

    /// The accounts that a resource is created in, if they are known.
    fn accounts_of(&self, resource: &Resource<'text>) -> Option<Vec<UnreadAccount>> {
        let data = self.comparer.data_of(resource)?;
        let places = places_in(resource, &data).into_iter();
        let accounts = places.map(|place| {
            Some(UnreadAccount {
                name: place.account()?.to_owned(),
                id: self.comparer.id_of(&place),
            })
        });
        accounts.collect()
    }

    /// Why a policy is not read: one for principals that cannot be resolved may be for anybody.
    fn loose(&self, at: usize, resource: &Resource<'text>) -> Option<(&'static str, UnreadPower)> {
        let is_loose = self.found.loose.contains(&at);
        let data = is_loose
            .then(|| self.comparer.data_of(resource))
            .flatten()?;
        let own = data.get("Properties")?;
        let mut names = ATTACHED_TO.iter();
        names
            .any(|name| own.get(name).is_some())
            .then_some((LOOSE, UnreadPower::Grants))
    }

    /// Why what a resource is cannot be said.
    fn unread_type(&self, resource: &Resource<'text>) -> Option<(&'static str, UnreadPower)> {
        const NOT_KNOWN: (&str, UnreadPower) = (UNRESOLVED, UnreadPower::Grants);
        if resource.id.starts_with("Fn::") {
            return Some((UNRESOLVED, UnreadPower::Rewrites));
        }
        let text = resource.text;
        let is_plain = !text.is_empty() && !has(text, "\\");
        if is_plain && is_examined(resource) && !has(text, "Transform") {
            return None;
        }
        let Some(data) = self.comparer.data_of(resource) else {
            return Some(NOT_KNOWN);
        };
        let Some(kind) = data.get("Type").and_then(Data::text) else {
            return Some(NOT_KNOWN);
        };
        let is = |prefixes: &[&str]| prefixes.iter().any(|prefix| kind.starts_with(prefix));
        if calls_macro(&data) {
            // It may become any resource, but changes no other one.
            return Some(NOT_KNOWN);
        }
        if kind == LINKED_ROLE {
            return Some((LINKED, UnreadPower::IsOfService));
        }
        if is(&OF_PRINCIPALS) {
            return Some((UNRESOLVED, UnreadPower::IsAnother));
        }
        if is(&OF_LIMITS) {
            return Some((LIMITING, UnreadPower::Denies));
        }
        let is_known = effects().resource_type(kind).is_some();
        (is(&OF_OTHERS) || !is_known).then_some(NOT_KNOWN)
    }

    /// The logical ids of the permission sets of the file that are not among its principals.
    pub(crate) fn permission_sets(&self) -> Vec<String> {
        let resources = self.comparer.new.resources.iter();
        let sets = resources.filter(|resource| {
            let may_be = resource.body.is_some() || has(resource.text, SET);
            let is_set = |data: &Data| data.get("Type").and_then(Data::text) == Some(SET);
            may_be
                && !self.is_decided_set(&resource.id)
                && self
                    .comparer
                    .data_of(resource)
                    .is_none_or(|data| is_set(&data))
        });
        sets.map(|resource| resource.id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::actions::reference;
    use crate::diff::access::comparer::AccessContext;
    use crate::diff::access::reading::ReadPair;
    use crate::organization::Organization;

    /// A resource of the type `kind` that has one property, written in one line.
    fn resource(id: usize, kind: &str, path: &[&str], value: &str) -> String {
        let open = path.join("\": {\"");
        let open = format!("{{\"{open}\": ");
        let close = "}".repeat(path.len());
        format!("  X{id}: {{Type: '{kind}', Properties: {open}{value}{close}}}\n")
    }

    #[test]
    fn every_property_that_may_let_somebody_do_more_is_seen() {
        let granting = effects().granting();
        let mut wanted = Vec::new();
        let mut text = "Resources:\n".to_owned();
        for (kind, paths) in &granting {
            for (path, harmless) in paths {
                let value = if *harmless == Harmless::On {
                    "false"
                } else {
                    "true"
                };
                text += &resource(wanted.len(), kind, path, value);
                wanted.push(*kind);
            }
        }
        assert!(wanted.len() > 3000, "{}", wanted.len());
        let organization = Organization::default();
        let known = AccessContext::of(&organization);
        let read = ReadPair::read(None, &text, &known);
        let file = FileAlone::of(&read, &known).unwrap();
        let unread: Vec<String> = file.unread().into_iter().map(|part| part.name).collect();
        for (number, kind) in wanted.into_iter().enumerate() {
            let id = format!("X{number}");
            let services = match reach_of(kind) {
                GrantReach::Services(services) => services,
                GrantReach::Everything => reference().names(),
                GrantReach::Nothing => {
                    let is_made = ["AWS::CloudFormation::", "AWS::Serverless::"];
                    let is_made = is_made.iter().any(|prefix| kind.starts_with(prefix));
                    assert!(!is_made || unread.contains(&id), "{kind}");
                    continue;
                }
            };
            for service in services {
                let found = file.policies_of_resources(|asked| asked == service);
                assert!(found.contains(&id), "{id} {kind} {service}");
            }
        }
    }

    #[test]
    fn a_property_that_lets_nobody_do_more_is_passed_over() {
        let cases = [
            ("AWS::S3::Bucket", &["BucketName"][..], "logs"),
            ("AWS::S3::Bucket", &["AccessControl"], "Private"),
            ("AWS::ECS::Service", &["EnableExecuteCommand"], "false"),
            ("AWS::Lambda::Url", &["AuthType"], "AWS_IAM"),
            ("AWS::SQS::Queue", &["QueueName"], "jobs"),
        ];
        for (kind, path, value) in cases {
            let text = format!("Resources:\n{}", resource(0, kind, path, value));
            let organization = Organization::default();
            let known = AccessContext::of(&organization);
            let read = ReadPair::read(None, &text, &known);
            let file = FileAlone::of(&read, &known).unwrap();
            assert!(file.policies_of_resources(|_| true).is_empty(), "{kind}");
            assert_eq!(file.unread(), [], "{kind}");
        }
    }
}

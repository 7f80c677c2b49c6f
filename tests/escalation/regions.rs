//! No third region: every statement of a macro with `Regions`, asked about each region of AWS.
//!
//! What a statement allows in one of the macro's regions is asked again in regions that the macro
//! does not list, with everything else as the statement wants it. It must be refused, unless the
//! service is global or the statement is for replicas: both are listed here by hand, and not taken
//! from the tool.

use std::collections::BTreeSet;

use deploy_roles::aws::partitions::{REGIONS, partition};

use crate::iam::{Context, Decision, Document, Patterns, Request, Statement, decide};
use crate::world::Account;
use crate::{cases, numbers, planned};

use crate::world::World;

/// So many golden cases have a macro with several regions.
const LEAST: usize = 9;

/// Services whose requests name the region of their one endpoint, or none that says anything.
const GLOBAL: &[(&str, &str)] = &[
    ("cloudfront:", "one endpoint, in us-east-1"),
    ("iam:", "one endpoint, in us-east-1"),
    ("route53:", "one endpoint, in us-east-1"),
    ("s3:listallmybuckets", "lists the buckets of all regions"),
    ("sts:", "a session is the same from any endpoint"),
];

/// Statements that reach any region on purpose, with or without `Regions`.
const ANY_REGION: &[(&str, &str)] = &[
    ("GlobalTables", "replicas are where the template puts them"),
    (
        "GlobalTableReplicaData",
        "replicas are where the template puts them",
    ),
    (
        "SecretReplicas",
        "replicas are where the template puts them",
    ),
    (
        "AnyRegionAndOne2",
        "a partial of the case writes `*` itself",
    ),
];

/// Statements of a case's own partials that ask for fewer regions themselves.
const NARROWER: &[&str] = &["AnotherRegionCompared"];

/// The macro's region in the ARNs of roles and buckets, such as those of the CDK's bootstrap.
const IN_NAMES: &str = "cdk-hnb659fds-";

#[test]
fn no_statement_reaches_a_third_region() {
    let (mut found, mut asked) = (0, Asked::default());
    for (case, folder) in cases() {
        let planned = planned(&folder);
        let text = std::fs::read_to_string(folder.join("expected.yml")).unwrap();
        let world = World::read(&text, &numbers(&planned), &folder);
        for app in &planned.macros {
            let arguments = &app.arguments;
            let others = arguments.other_regions.iter();
            let regions: Vec<&str> = std::iter::once(&arguments.region)
                .chain(others)
                .map(|region| region.0.as_str())
                .collect();
            if regions.len() < 2 {
                continue;
            }
            found += 1;
            let targets = arguments.targets.iter();
            let written: BTreeSet<&str> = targets
                .flat_map(|target| &target.arguments.execution_policies)
                .map(|policy| policy.name.value.as_str())
                .collect();
            let prefix = format!("{}-", arguments.app_id.value);
            for account in &world.accounts {
                for (name, document) in documents(account, &prefix) {
                    let policy = Policy {
                        place: format!("{case}: {name}"),
                        account: &account.id,
                        regions: &regions,
                        is_as_written: written.contains(name.as_str()),
                    };
                    policy.walk(document, &mut asked);
                }
            }
        }
    }
    assert!(found >= LEAST, "only {found} macros with several regions");
    assert!(asked.refused > 5_000, "only {} requests", asked.refused);
    let used: BTreeSet<&str> = asked.exceptions.iter().map(String::as_str).collect();
    for (name, _) in ANY_REGION {
        assert!(used.contains(name), "no statement `{name}` was seen");
    }
}

/// What was asked.
#[derive(Default)]
struct Asked {
    refused: usize,
    exceptions: BTreeSet<String>,
}

/// The policies of the app's users and roles, and those that no role of the file attaches. The
/// boundary of the app's own roles grants nothing.
fn documents<'a>(account: &'a Account, prefix: &str) -> Vec<(String, &'a Document)> {
    let entities = account.entities.iter();
    let own = entities
        .filter(|entity| entity.name.starts_with(prefix))
        .flat_map(|entity| &entity.policies)
        .map(|(name, document)| (name.clone(), document));
    let managed = account
        .policies
        .iter()
        .filter(|policy| policy.name.starts_with(prefix) && !policy.name.ends_with("-AppBoundary"))
        .map(|policy| (policy.name.clone(), &policy.document));
    own.chain(managed).collect()
}

/// A policy of a macro with these regions.
struct Policy<'a> {
    place: String,
    account: &'a str,
    regions: &'a [&'a str],
    /// Whether the author wrote it: `AWS::Region` is then the first region.
    is_as_written: bool,
}

impl Policy<'_> {
    fn walk(&self, document: &Document, asked: &mut Asked) {
        for statement in &document.statements {
            if statement.allows {
                self.allows(document, statement, asked);
            } else {
                self.denies(statement);
            }
        }
    }

    /// The regions of the partition that the macro does not list.
    fn third(&self) -> impl Iterator<Item = &'static str> {
        let own = partition(self.regions[0]);
        let all = REGIONS.iter().copied();
        all.filter(move |region| partition(region) == own && !self.regions.contains(region))
    }

    fn allows(&self, document: &Document, statement: &Statement, asked: &mut Asked) {
        let place = format!("{} {}", self.place, statement.sid);
        let alone = Document {
            statements: vec![statement.clone()],
        };
        let replicas = ANY_REGION.iter().find(|(sid, _)| *sid == statement.sid);
        for action in actions(&statement.actions) {
            let resources = statement.resources.as_ref().unwrap();
            for resource in resources_of(resources, &action) {
                let is_allowed = |document: &Document, region: &str, resource: &str| {
                    let context = wanted(statement, region);
                    let request = Request {
                        action: &action,
                        resource,
                        context: &context,
                    };
                    decide([document], &request) == Decision::Allowed
                };
                let here = |region: &str| in_region(&resource, region, self.account, &action);
                let reached = self
                    .regions
                    .iter()
                    .any(|region| is_allowed(&alone, region, &here(region)));
                assert!(reached, "{place}: {action} on {resource} is never allowed");
                let is_narrower = NARROWER.contains(&statement.sid.as_str());
                if !self.is_as_written && !is_narrower && !names_a_region(&resource) {
                    for region in self.regions {
                        let resource = here(region);
                        let is_reached = is_allowed(&alone, region, &resource);
                        assert!(is_reached, "{place}: {action} on {resource} in {region}");
                    }
                }
                if let Some((sid, _)) = replicas {
                    asked.exceptions.insert((*sid).to_owned());
                    continue;
                }
                let is_global = GLOBAL.iter().any(|(begin, _)| action.starts_with(begin));
                for region in self.third() {
                    // A name that contains a region belongs to that region, also in IAM.
                    let named = self
                        .regions
                        .iter()
                        .fold(resource.clone(), |name, own| name.replace(own, region));
                    if named != resource && resource.contains(IN_NAMES) {
                        let is_open = is_allowed(document, region, &named);
                        assert!(!is_open, "{place}: {action} on {named}");
                    }
                    if is_global {
                        continue;
                    }
                    let resource = moved(&here(region), region);
                    let is_open = is_allowed(&alone, region, &resource);
                    assert!(!is_open, "{place}: {action} on {resource} in {region}");
                    asked.refused += 1;
                }
            }
        }
    }

    /// A statement that denies must do so in all regions.
    fn denies(&self, statement: &Statement) {
        let place = format!("{} {}", self.place, statement.sid);
        let keys = statement.conditions.iter();
        let asks = keys.filter(|condition| !condition.operator.contains("Not"));
        for condition in asks {
            let is_region = condition.key.eq_ignore_ascii_case("aws:RequestedRegion");
            assert!(!is_region, "{place}: denies in some regions only");
        }
        let resources = statement.resources.as_ref().unwrap();
        let patterns = resources.patterns.iter().filter(|_| !resources.negated);
        for pattern in patterns {
            let region = pattern.split(':').nth(3).unwrap_or_default();
            assert!(
                !REGIONS.contains(&region),
                "{place}: denies {pattern} in one region only"
            );
        }
    }
}

/// Actions that the patterns match.
fn actions(patterns: &Patterns) -> Vec<String> {
    if patterns.negated {
        return vec!["lambda:invokefunction".to_owned()];
    }
    let patterns = patterns.patterns.iter();
    patterns
        .map(|pattern| match pattern.as_str() {
            "*" => "lambda:invokefunction".to_owned(),
            pattern => pattern.replace('*', "x"),
        })
        .collect()
}

/// Resources that the patterns match, `*` left where it is.
fn resources_of(patterns: &Patterns, action: &str) -> Vec<String> {
    if patterns.negated {
        let service = action.split(':').next().unwrap();
        return vec![format!("arn:aws:{service}:*:*:anything")];
    }
    patterns.patterns.clone()
}

/// Whether the region is written out in the ARN.
fn names_a_region(resource: &str) -> bool {
    REGIONS.iter().any(|region| resource.contains(region))
}

/// A resource of this region that a pattern matches.
fn in_region(pattern: &str, region: &str, account: &str, action: &str) -> String {
    let service = action.split(':').next().unwrap();
    let pattern = match pattern {
        "*" => format!("arn:aws:{service}:*:*:anything"),
        pattern => pattern.to_owned(),
    };
    let fields: Vec<&str> = pattern.splitn(6, ':').collect();
    let [arn, partition, service, own, owner, rest] = fields[..] else {
        panic!("no ARN: {pattern}");
    };
    let own = if own == "*" { region } else { own };
    let owner = if owner == "*" { account } else { owner };
    let rest = rest.replace('*', "x");
    [arn, partition, service, own, owner, &rest].join(":")
}

/// The same resource in this region, if resources of its kind are in one.
fn moved(resource: &str, region: &str) -> String {
    let mut fields: Vec<&str> = resource.splitn(6, ':').collect();
    if !fields[3].is_empty() {
        fields[3] = region;
    }
    fields.join(":")
}

/// What the conditions of a statement want, for a call to `region`.
fn wanted(statement: &Statement, region: &str) -> Context {
    let mut context = Context::default();
    for condition in &statement.conditions {
        let operator = condition.operator.as_str();
        let value = condition.values[0].as_str();
        let is_missing = operator.contains("Not")
            || operator.contains("IfExists")
            || operator.starts_with("ForAllValues")
            || (operator == "Null" && value == "true");
        if !is_missing {
            let in_arn = |value: &str| {
                let mut fields: Vec<&str> = value.splitn(6, ':').collect();
                if let Some(own @ &mut "*") = fields.get_mut(3) {
                    *own = region;
                }
                fields.join(":").replace('*', "x")
            };
            let value = if operator == "Null" { "x" } else { value };
            context = context.with(&condition.key, &in_arn(value));
        }
    }
    context.with("aws:RequestedRegion", region)
}

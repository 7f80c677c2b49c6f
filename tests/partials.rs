//! The partials against the permission facts, and against the room that is kept for them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

use std::collections::{BTreeMap, BTreeSet};

use deploy_roles::aws::partitions::Region;
use deploy_roles::aws::quotas::{ATTACHED_POLICIES_LIMIT, MANAGED_POLICY_LIMIT};
use deploy_roles::expand::pack::cdk::ORDER;
use deploy_roles::expand::render::{DEPLOYER_RESERVE, EXECUTION_RESERVE, TEST_RESERVE};
use deploy_roles::iam::size::Resolution;
use deploy_roles::partials::front_matter::parse;
use deploy_roles::partials::{Partials, built_in};
use deploy_roles::yaml::lookup::Library;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Clone, Debug, Deserialize)]
struct Fact {
    service: String,
    partial: String,
    role: String,
    sid: String,
    effect: String,
    actions: Vec<String>,
    resources: Vec<String>,
    #[serde(default, rename = "notResources")]
    not_resources: Vec<String>,
    conditions: Option<Value>,
    feature: String,
}

fn facts() -> Vec<Fact> {
    serde_json::from_str(include_str!("reference/statements.json")).unwrap()
}

fn partials() -> Partials {
    Partials::new(&mut Library::default(), &[]).unwrap()
}

/// The file that holds a fact.
fn file_of(fact: &Fact) -> String {
    match (
        fact.role.as_str(),
        fact.partial.as_str(),
        fact.service.as_str(),
    ) {
        (_, "GuardDeployRoles", _) => "guards/deploy-roles".to_owned(),
        ("AppBoundary", ..) => "boundary/app-boundary".to_owned(),
        (_, "DelegateToCloudFormationRole", _) => "deployer/delegate".to_owned(),
        (_, "CloudFormationCli", _) => "frameworks/cloudformation".to_owned(),
        (_, "ServerlessFrameworkCli", _) => "frameworks/serverless".to_owned(),
        (_, "ServerlessFrameworkV4Cli", _) => "frameworks/serverless-v4".to_owned(),
        (_, "SamCli", _) => "frameworks/sam".to_owned(),
        (_, "CdkCli", _) => "frameworks/cdk".to_owned(),
        (_, "GuardCdkRoles", _) => "guards/cdk-roles".to_owned(),
        (_, "ReadDeploymentArtifacts", framework) => format!("artifacts/{framework}"),
        ("CodeBuildRole", ..) => "codebuild/service-role".to_owned(),
        ("TestRole", _, "execute-api") => "tests/apigateway".to_owned(),
        ("TestRole", _, "cloudformation") => "tests/stacks".to_owned(),
        ("TestRole", _, service) => format!("tests/{service}"),
        (_, _, service) => format!("services/{service}"),
    }
}

/// Every file of a policy with its facts; the reference may have none of a new service.
fn files() -> BTreeMap<String, Vec<Fact>> {
    let services = built_in().into_iter().map(|(name, _)| (name, Vec::new()));
    let mut files: BTreeMap<String, Vec<Fact>> = services
        .filter(|(name, _)| name.starts_with("services/"))
        .collect();
    for fact in facts() {
        files.entry(file_of(&fact)).or_default().push(fact);
    }
    files
}

/// The options that a file's facts name; a framework's may be options of services.
fn options(facts: &[Fact]) -> BTreeSet<String> {
    facts
        .iter()
        .filter(|fact| fact.role != "TestRole" || fact.feature == "iamAuth")
        .flat_map(|fact| fact.feature.split(['|', '&']))
        .map(|feature| feature.trim_start_matches('!').to_owned())
        .filter(|feature| !["core", "boundary"].contains(&feature.as_str()))
        .collect()
}

fn context(app_id: &str, on: &BTreeSet<String>, boundary: bool) -> Value {
    let mut flags = Map::new();
    let mut services: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for option in on {
        if let Some((service, option)) = option
            .strip_prefix("services.")
            .and_then(|path| path.split_once('.'))
        {
            services
                .entry(service)
                .or_default()
                .insert(option.to_owned(), true.into());
        } else {
            flags.insert(option.clone(), true.into());
        }
    }
    let mut context = json!({
        "appId": app_id, "appIdLetters": app_id.replace('-', ""), "rolePath": "/", "policyPath": "/managed/", "options": flags, "services": services,
    });
    if boundary {
        context["boundary"] = format!(
            "!Sub 'arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:policy/{app_id}-AppBoundary'"
        )
        .into();
    }
    context
}

/// Rendered statements as JSON, `!Sub x` as its text.
fn statements(partials: &Partials, file: &str, context: &Value) -> Vec<Value> {
    let text = partials.render(file, context).unwrap();
    let value: serde_yaml::Value =
        serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}\n{text}"));
    let json = plain(&value);
    if file.starts_with("artifacts/") && json["Statement"].is_null() {
        return Vec::new();
    }
    json["Statement"].as_array().unwrap().clone()
}

fn plain(value: &serde_yaml::Value) -> Value {
    match value {
        serde_yaml::Value::Tagged(tagged) => {
            assert_eq!(tagged.tag, "!Sub");
            let text = tagged.value.as_str().unwrap();
            assert!(text.contains("${"), "a `!Sub` of nothing: {text}");
            Value::String(text.to_owned())
        }
        serde_yaml::Value::Sequence(items) => items.iter().map(plain).collect(),
        serde_yaml::Value::Mapping(entries) => Value::Object(
            entries
                .iter()
                .map(|(key, value)| (key.as_str().unwrap().to_owned(), plain(value)))
                .collect(),
        ),
        other => serde_json::to_value(other).unwrap(),
    }
}

fn wanted(fact: &Fact, app_id: &str) -> Value {
    let mut statement = json!({
        "Sid": fact.sid, "Effect": fact.effect, "Action": fact.actions,
    });
    if fact.not_resources.is_empty() {
        statement["Resource"] = json!(fact.resources);
    } else {
        statement["NotResource"] = json!(fact.not_resources);
    }
    if let Some(conditions) = &fact.conditions {
        statement["Condition"] = conditions.clone();
    }
    let text = statement
        .to_string()
        .replace("${AppId}", app_id)
        .replace("${AppIdLetters}", &app_id.replace('-', ""));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_partial_says_what_the_facts_say() {
    let partials = partials();
    let mut compared = 0;
    for (file, facts) in files() {
        if facts.is_empty() {
            continue;
        }
        let all = options(&facts);
        let mut choices: Vec<BTreeSet<String>> = vec![BTreeSet::new(), all.clone()];
        choices.extend(all.iter().map(|option| BTreeSet::from([option.clone()])));
        for on in choices {
            for boundary in [false, true] {
                let found = statements(&partials, &file, &context("my-app", &on, boundary));
                let wanted: Vec<Value> = facts
                    .iter()
                    .filter(|fact| match fact.feature.as_str() {
                        "core" => true,
                        "boundary" => boundary,
                        "!boundary" => !boundary,
                        "!nestedStacks" => !on.contains("nestedStacks"),
                        option if fact.role == "TestRole" && option != "iamAuth" => true,
                        feature => feature.split('|').any(|all| {
                            all.split('&').all(|option| match option.strip_prefix('!') {
                                Some(option) => !on.contains(option),
                                None => on.contains(option),
                            })
                        }),
                    })
                    .map(|fact| wanted(fact, "my-app"))
                    .collect();
                assert_eq!(found, wanted, "{file} with {on:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "only {compared} renderings were compared");
}

#[test]
fn every_policy_partial_has_facts_and_every_option_too() {
    let catalog = partials().catalog;
    let files = files();
    for (folder, offered) in [
        ("services", &catalog.services),
        ("frameworks", &catalog.frameworks),
        ("tests", &catalog.tests),
    ] {
        for name in offered.names() {
            let options_of = offered.options(name).unwrap();
            let facts = files
                .get(&format!("{folder}/{name}"))
                .unwrap_or_else(|| panic!("no facts for {folder}/{name}"));
            if facts.is_empty() {
                continue;
            }
            let known: BTreeSet<String> = options(facts)
                .into_iter()
                .filter(|option| !option.starts_with("services."))
                .collect();
            assert_eq!(
                options_of.iter().cloned().collect::<BTreeSet<_>>(),
                known,
                "{folder}/{name}"
            );
        }
    }
}

/// The longest that names can be: an `AppId` of 36 characters in the longest partition and region.
const LONGEST: &str = "abcdefghijklmnopqrstuvwxyz-123456789";

/// A file's policy as it renders with the longest names.
fn longest(file: &str, on: &BTreeSet<String>) -> serde_yaml::Value {
    let text = partials()
        .render(file, &context(LONGEST, on, true))
        .unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// The choices of options among which a file's policy is largest: all, and since an option may
/// also take something away, all but one of those.
fn largest_choices(file: &str, facts: &[Fact]) -> Vec<BTreeSet<String>> {
    let all = all_options(file, facts);
    let without = facts
        .iter()
        .flat_map(|fact| fact.feature.split(['|', '&']))
        .filter_map(|option| option.strip_prefix('!'))
        .filter(|option| *option != "boundary")
        .map(|option| {
            let mut on = all.clone();
            on.remove(option);
            on
        });
    without.chain([all.clone()]).collect()
}

fn size(file: &str, facts: &[Fact]) -> usize {
    let choices = largest_choices(file, facts);
    let sizes = choices.iter().map(|on| size_of(&longest(file, on)));
    sizes.max().unwrap()
}

/// The characters of a policy's document.
fn size_of(policy: &serde_yaml::Value) -> usize {
    let statements = policy["Statement"].as_sequence().cloned();
    document_size(statements.unwrap_or_default())
}

/// Every option of a file, and those that it follows.
fn all_options(file: &str, facts: &[Fact]) -> BTreeSet<String> {
    let mut on = options(facts);
    let texts: BTreeMap<String, &str> = built_in().into_iter().collect();
    on.extend(parse(texts[file]).unwrap().unwrap().option_names());
    if file == "frameworks/serverless" {
        on.extend(
            [
                "services.apigateway.rest",
                "services.lambda.image",
                "services.logs.filters",
            ]
            .map(str::to_owned),
        );
    }
    on
}

/// The characters of one document that holds the statements of these files, all options on.
fn size_of_all<'a>(files: impl IntoIterator<Item = (&'a String, &'a Vec<Fact>)>) -> usize {
    let statements = files
        .into_iter()
        .flat_map(|(file, facts)| {
            longest(file, &all_options(file, facts))["Statement"]
                .as_sequence()
                .cloned()
                .unwrap()
        })
        .collect();
    document_size(statements)
}

fn document_size(statements: serde_yaml::Sequence) -> usize {
    let mut document = serde_yaml::Mapping::new();
    document.insert("Version".into(), "2012-10-17".into());
    document.insert("Statement".into(), statements.into());
    Resolution::new(&Region("us-gov-southeast-1".to_owned()))
        .size(&serde_yaml::Value::Mapping(document))
}

/// Whether a file's policy lives in its role.
fn is_inline(file: &str) -> bool {
    partials()
        .render(file, &context("x", &BTreeSet::new(), false))
        .unwrap()
        .contains("Attach: inline")
}

#[test]
fn inline_policies_with_all_options_fit_into_the_room_kept_for_them() {
    let sizes: BTreeMap<String, usize> = files()
        .iter()
        .map(|(file, facts)| (file.clone(), size(file, facts)))
        .collect();
    let sum = |folders: &[&str]| -> usize {
        sizes
            .iter()
            .filter(|(file, _)| {
                folders.iter().any(|folder| file.starts_with(folder)) && is_inline(file)
            })
            .map(|(_, size)| size)
            .sum()
    };
    let execution = sum(&["services/", "guards/"]);
    let deployer = sum(&["deployer/", "frameworks/"]);
    // The services of a TestRole are one policy.
    let files = files();
    let tests = size_of_all(files.iter().filter(|(file, _)| file.starts_with("tests/")));
    assert!(
        execution <= EXECUTION_RESERVE,
        "execution role: {execution}"
    );
    assert!(deployer <= DEPLOYER_RESERVE, "deployer role: {deployer}");
    assert!(tests <= TEST_RESERVE, "test role: {tests}");
}

/// The managed policies of the services, and the files that live in each.
fn homes() -> BTreeMap<String, Vec<String>> {
    let mut homes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in partials().catalog.services.names() {
        let file = format!("services/{file}");
        if !is_inline(&file) {
            let name = longest(&file, &BTreeSet::new())["PolicyName"]
                .as_str()
                .unwrap()
                .to_owned();
            homes.entry(name).or_default().push(file);
        }
    }
    homes
}

#[test]
fn managed_policies_with_all_options_fit_one_policy_each() {
    let files = files();
    for (home, members) in homes() {
        let size = size_together(&members, &files);
        assert!(size <= MANAGED_POLICY_LIMIT, "{home}: {size}");
    }
    let managed = homes().len();
    assert!(
        (1..ATTACHED_POLICIES_LIMIT).contains(&managed),
        "{managed} managed policies leave no room for those of authors"
    );
}

#[test]
fn policies_live_together_only_where_both_say_so() {
    for (home, members) in homes() {
        let shared = members
            .iter()
            .filter(|file| longest(file, &BTreeSet::new())["Attach"] == "shared")
            .count();
        assert!(
            shared == members.len() || (shared == 0 && members.len() == 1),
            "{home}"
        );
    }
}

/// What a document without statements has.
const FRAME: usize = r#"{"Version":"2012-10-17","Statement":[]}"#.len();

/// The characters of one policy that holds these files, each with the options that make it largest.
fn size_together(members: &[String], files: &BTreeMap<String, Vec<Fact>>) -> usize {
    let room = |file: &String| size(file, &files[file]) - FRAME + 1;
    FRAME + members.iter().map(room).sum::<usize>()
}

/// The files of policies with which CloudFormation deploys an app, by the managed policy that holds
/// them with the CDK.
fn with_cdk() -> BTreeMap<String, Vec<String>> {
    let mut holders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in built_in() {
        let front_matter = parse(text).unwrap().unwrap();
        let is_execution = ["services/", "guards/", "artifacts/"]
            .iter()
            .any(|folder| file.starts_with(folder));
        assert_eq!(front_matter.with_cdk.is_some(), is_execution, "{file}");
        if let Some(holder) = front_matter.with_cdk {
            holders.entry(holder).or_default().push(file);
        }
    }
    holders
}

#[test]
fn with_the_cdk_each_managed_policy_holds_its_policies_with_all_options() {
    let files = files();
    let holders = with_cdk();
    for (holder, members) in &holders {
        let size = size_together(members, &files);
        assert!(size <= MANAGED_POLICY_LIMIT, "{holder}: {size}");
    }
    let listed = ORDER.iter().all(|name| holders.contains_key(*name));
    assert!(listed, "a policy of ORDER holds nothing");
    // Some room is for policies of authors.
    assert!(holders.len() < ATTACHED_POLICIES_LIMIT);
}

#[test]
fn with_the_cdk_no_managed_policy_has_a_sid_twice() {
    let partials = partials();
    let files = files();
    for (holder, members) in with_cdk() {
        let mut sids = BTreeSet::new();
        for file in members {
            let on = all_options(&file, &files[&file]);
            for statement in statements(&partials, &file, &context("app", &on, true)) {
                let sid = statement["Sid"].as_str().unwrap().to_owned();
                assert!(sids.insert(sid.clone()), "{holder} has {sid} twice");
            }
        }
    }
}

/// The statements of all frameworks are one policy before they are held.
#[test]
fn artifacts_are_held_by_one_policy() {
    let holders = with_cdk();
    let of_artifacts = holders
        .values()
        .filter(|members| members.iter().any(|file| file.starts_with("artifacts/")));
    assert_eq!(of_artifacts.count(), 1);
}

#[test]
fn managed_policies_of_the_deployer_fit_one_policy_each() {
    for (file, facts) in files() {
        if file.starts_with("frameworks/") && !is_inline(&file) {
            let size = size(&file, &facts);
            assert!(size <= MANAGED_POLICY_LIMIT, "{file}: {size}");
        }
    }
}

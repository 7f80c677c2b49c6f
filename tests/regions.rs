//! The policies of an app in several regions fit into IAM's limits, and your own stay where they
//! are.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

use std::process::Command;

use deploy_roles::expand::render::{
    DEPLOYER_RESERVE, EXECUTION_RESERVE, STATEMENTS_BY_REGION, TEST_RESERVE,
};
use deploy_roles::partials::Partials;
use deploy_roles::partials::catalog::Offer;
use deploy_roles::yaml::lookup::Library;

/// With all services and options, so many regions fit at least.
const ALL_SERVICES: usize = 2;
/// With the default services and without CodeBuild, so many fit at least.
const DEFAULT_SERVICES: usize = 16;

/// Regions with long names.
const REGIONS: [&str; 16] = [
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-7",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ca-central-1",
    "eu-central-1",
    "eu-central-2",
    "il-central-1",
    "me-central-1",
    "mx-central-1",
    "us-east-1",
];

/// Every choice of a catalog with all of its options, as the value of an argument.
fn all(offer: &Offer) -> String {
    let choices = offer.names().map(|name| {
        let options = offer.options(name).unwrap();
        if options.is_empty() {
            name.to_owned()
        } else {
            format!("{name}: [{}]", options.join(", "))
        }
    });
    format!("[{}]", choices.collect::<Vec<_>>().join(", "))
}

/// What the macro with these lines expands to, or what is wrong with it.
fn expanded(arguments: &[String]) -> Result<serde_yaml::Value, String> {
    let place = tempfile::tempdir().unwrap();
    let organization = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/golden/minimal/organization.yml"
    );
    std::fs::copy(organization, place.path().join("organization.yml")).unwrap();
    let lines = arguments.join("\n    ");
    let template = format!(
        "AWSTemplateFormatVersion: '2010-09-09-OC'\n\
         Organization: !Include ./organization.yml\n\
         Resources:\n  App: !DeployRoles\n    AppId: app-of-some-team\n    \
         ToolsAccount: !Ref ToolsAccount\n    {lines}\n    Targets: {{ dev: !Ref DevAccount }}\n"
    );
    std::fs::write(place.path().join("in.src.yml"), template).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
        .args(["expand", "-o", "-", "in.src.yml"])
        .current_dir(place.path())
        .output()
        .unwrap();
    if run.status.success() {
        Ok(serde_yaml::from_slice(&run.stdout).unwrap())
    } else {
        Err(String::from_utf8(run.stderr).unwrap())
    }
}

fn regions(count: usize) -> String {
    format!("Regions: [{}]", REGIONS[..count].join(", "))
}

/// The characters of the inline policies of a role.
fn inline(template: &serde_yaml::Value, role: &str) -> usize {
    let role = &template["Resources"][format!("AppDevAccount{role}")];
    let policies = role["Properties"]["Policies"].as_sequence().unwrap();
    let sizes = policies.iter().map(|policy| {
        let region = deploy_roles::aws::partitions::Region(REGIONS[0].to_owned());
        deploy_roles::iam::size::Resolution::new(&region).size(&policy["PolicyDocument"])
    });
    sizes.sum()
}

#[test]
fn all_services_fit_in_several_regions() {
    let partials = Partials::new(&mut Library::default(), &[]).unwrap();
    let catalog = &partials.catalog;
    let services = format!("Services: {}", all(&catalog.services));
    let tests = format!("TestRole: {{ Services: {} }}", all(&catalog.tests));
    let frameworks = ["serverless: [listBuckets]", "cdk"];
    for count in 1..=ALL_SERVICES {
        for framework in frameworks {
            let framework = format!("Framework: [{framework}]");
            let arguments = [regions(count), services.clone(), tests.clone(), framework];
            let template = expanded(&arguments).unwrap();
            let more: usize = REGIONS[1..count].iter().map(|name| name.len() + 3).sum();
            let roles = [
                ("CloudFormationExecutionRole", EXECUTION_RESERVE),
                ("DeployerRole", DEPLOYER_RESERVE),
                ("TestRole", TEST_RESERVE),
            ];
            for (role, reserve) in roles {
                let is_there = template["Resources"]
                    .get(format!("AppDevAccount{role}"))
                    .is_some_and(|role| role["Properties"].get("Policies").is_some());
                if is_there {
                    let size = inline(&template, role);
                    let room = reserve + STATEMENTS_BY_REGION * more;
                    assert!(size <= room, "{role} in {count} regions: {size} of {room}");
                }
            }
        }
    }
}

#[test]
fn the_default_services_fit_in_many_regions() {
    let frameworks = "Framework: [serverless: [listBuckets], sam: [resolveS3, resolveImageRepos]]";
    let arguments = [regions(DEFAULT_SERVICES), frameworks.to_owned()];
    expanded(&arguments).unwrap();
}

/// IAM's quotas: managed policies of a role, characters of one, and of all inline policies of a role.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MANAGED_PER_ROLE: usize = 10;
const MANAGED_SIZE: usize = 6_144;
const INLINE_SIZE: usize = 10_240;
/// CloudFormation's quotas: resources of a stack, bytes of a template.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const STACK_RESOURCES: usize = 500;
const TEMPLATE_SIZE: usize = 1_000_000;

/// All services, test services, and options.
fn everything() -> [String; 3] {
    let partials = Partials::new(&mut Library::default(), &[]).unwrap();
    let catalog = &partials.catalog;
    [
        format!("Services: {}", all(&catalog.services)),
        format!("TestRole: {{ Services: {} }}", all(&catalog.tests)),
        "Framework: [serverless: [listBuckets], cdk]".to_owned(),
    ]
}

/// The name of a resource that a policy is attached to, or that a role has.
fn referred(value: &serde_yaml::Value) -> Option<&str> {
    let value = match value {
        serde_yaml::Value::Tagged(tagged) => &tagged.value,
        other => other,
    };
    value.as_str().or_else(|| value["Ref"].as_str())
}

#[test]
fn the_stack_of_everything_stays_within_all_limits() {
    let region = deploy_roles::aws::partitions::Region(REGIONS[0].to_owned());
    for count in 1..=ALL_SERVICES {
        let mut arguments = everything().to_vec();
        arguments.push(regions(count));
        let template = expanded(&arguments).unwrap();
        let resources = template["Resources"].as_mapping().unwrap();
        let of_account = resources
            .iter()
            .filter(|(id, _)| id.as_str().unwrap().starts_with("AppDevAccount"));
        let stack: serde_yaml::Mapping = of_account
            .map(|(id, one)| (id.clone(), one.clone()))
            .collect();
        assert!(stack.len() > 8 && stack.len() <= STACK_RESOURCES);
        let mut largest = 0;
        for (id, resource) in &stack {
            let size = |policy: &serde_yaml::Value| {
                deploy_roles::iam::size::Resolution::new(&region).size(&policy["PolicyDocument"])
            };
            let id = id.as_str().unwrap();
            let properties = &resource["Properties"];
            match resource["Type"].as_str().unwrap() {
                "AWS::IAM::ManagedPolicy" => {
                    let size = size(properties);
                    assert!(size <= MANAGED_SIZE, "{id} in {count} regions: {size}");
                    largest = largest.max(size);
                }
                "AWS::IAM::Role" => {
                    let inline = properties["Policies"].as_sequence();
                    let inline: usize = inline.into_iter().flatten().map(size).sum();
                    assert!(inline <= INLINE_SIZE, "{id} in {count} regions: {inline}");
                    let own = properties["ManagedPolicyArns"].as_sequence();
                    let own = own.map_or(0, Vec::len);
                    let is_it = |role: &serde_yaml::Value| {
                        let name = referred(role).unwrap_or_default();
                        name == id || Some(name) == properties["RoleName"].as_str()
                    };
                    let attached = stack.values().filter(|one| {
                        let roles = one["Properties"]["Roles"].as_sequence();
                        roles.is_some_and(|roles| roles.iter().any(is_it))
                    });
                    let managed = own + attached.count();
                    assert!(managed <= MANAGED_PER_ROLE, "{id}: {managed} policies");
                    if id.ends_with("CloudFormationExecutionRole") {
                        assert!(managed >= 8, "{id}: {managed} policies");
                    }
                }
                _ => {}
            }
        }
        assert!(largest > MANAGED_SIZE / 2, "{largest}");
        // As OrgFormation sends it. It uploads what CloudFormation does not take directly.
        let size = json(&stack).len();
        assert!(size <= TEMPLATE_SIZE / 5, "{count} regions: {size}");
    }
}

/// Resources as a template in JSON. Functions become objects, as they are sent.
fn json(stack: &serde_yaml::Mapping) -> String {
    fn value(of: &serde_yaml::Value) -> serde_json::Value {
        match of {
            serde_yaml::Value::Tagged(tagged) => {
                let name = tagged.tag.to_string();
                let name = name.trim_start_matches('!');
                let name = if name == "Ref" {
                    name.to_owned()
                } else {
                    format!("Fn::{name}")
                };
                serde_json::json!({ name: value(&tagged.value) })
            }
            serde_yaml::Value::Mapping(fields) => fields
                .iter()
                .map(|(key, one)| (key.as_str().unwrap().to_owned(), value(one)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            serde_yaml::Value::Sequence(items) => items.iter().map(value).collect(),
            scalar => serde_json::to_value(scalar).unwrap(),
        }
    }
    let resources = value(&serde_yaml::Value::Mapping(stack.clone()));
    serde_json::to_string_pretty(&serde_json::json!({ "Resources": resources })).unwrap()
}

#[test]
fn what_does_not_fit_says_how_many_regions_do() {
    let mut arguments = everything().to_vec();
    arguments.push(regions(ALL_SERVICES + 1));
    let said = expanded(&arguments).unwrap_err();
    assert!(said.contains("error[limit-exceeded]"), "{said}");
    let fits = format!("the first {ALL_SERVICES} fit");
    assert!(said.contains(&fits), "{said}");
}

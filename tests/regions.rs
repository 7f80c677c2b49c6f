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

//! Writes the CI files of plans that no macro can ask for yet (OIDC, SAM, the CDK, boundaries), and
//! compares them with `tests/workflow/<case>/`, where the oracle finds them, too.
//! `SNAPSHOTS=overwrite` rewrites these. What macros can ask for is tested in `tests/cmd`.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    reason = "a test may fail loudly, and reads its own files"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use deploy_roles::aws::partitions::Region;
use deploy_roles::oidc::provider;
use deploy_roles::partials::{Partials, built_in};
use deploy_roles::roles::ToolsKind;
use deploy_roles::source::{FileId, Span, Spanned};
use deploy_roles::workflow::files;
use deploy_roles::workflow::plan::{
    AccountId, Delivery, SignIn, StagePlan, WorkflowAccount, WorkflowBoundary, WorkflowFramework,
    WorkflowPlan,
};
use deploy_roles::yaml::lookup::Library;

fn known(name: &str, id: &str) -> WorkflowAccount {
    WorkflowAccount {
        logical_id: name.to_owned(),
        id: AccountId::Known(id.to_owned()),
    }
}

fn unknown(name: &str, variable: &str) -> WorkflowAccount {
    WorkflowAccount {
        logical_id: name.to_owned(),
        id: AccountId::Variable(variable.to_owned()),
    }
}

fn framework(name: &str, options: &[&str]) -> WorkflowFramework {
    WorkflowFramework {
        name: Spanned::new(name.to_owned(), Span::new(FileId(0), 0, 0)),
        options: options.iter().map(|option| (*option).to_owned()).collect(),
    }
}

fn delivery(frameworks: Vec<WorkflowFramework>) -> Delivery {
    Delivery {
        frameworks,
        test_role: false,
        session_seconds: None,
        boundary: None,
    }
}

fn tools(stage: Option<&str>, account: WorkflowAccount) -> SignIn {
    SignIn::OidcThroughTools {
        role: ToolsKind::Oidc(provider("GitHubOidc").unwrap(), stage.map(str::to_owned)),
        account,
    }
}

fn stage(
    name: &str,
    accounts: Vec<WorkflowAccount>,
    sign_in: SignIn,
    delivery: &Delivery,
) -> StagePlan {
    StagePlan {
        stage: name.to_owned(),
        branches: Vec::new(),
        environment: Some(name.to_owned()),
        accounts,
        sign_in,
        delivery: delivery.clone(),
    }
}

fn plan(region: &str, role_path: &str, stages: Vec<StagePlan>) -> WorkflowPlan {
    WorkflowPlan {
        name: "Shop".to_owned(),
        app_id: "shop".to_owned(),
        region: Region(region.to_owned()),
        other_regions: Vec::new(),
        role_path: role_path.to_owned(),
        branches: vec!["main".to_owned()],
        stages,
    }
}

fn dev() -> Vec<WorkflowAccount> {
    vec![known("DevAccount", "012345678901")]
}

fn prod() -> Vec<WorkflowAccount> {
    vec![
        known("ProdEuAccount", "222222222222"),
        unknown("ProdUsAccount", "AWS_ACCOUNT_ID_PROD_US_ACCOUNT"),
    ]
}

fn cases() -> Vec<(&'static str, WorkflowPlan)> {
    let serverless = Delivery {
        test_role: true,
        ..delivery(vec![framework("serverless", &[])])
    };
    let sam = Delivery {
        test_role: true,
        session_seconds: Some(7200),
        boundary: Some(WorkflowBoundary::Made("shop-AppBoundary".to_owned())),
        ..delivery(vec![framework("sam", &["resolveS3", "resolveImageRepos"])])
    };
    let own_bucket = delivery(vec![framework("sam", &[])]);
    let bootstrap = Delivery {
        boundary: Some(WorkflowBoundary::Existing(
            "arn:aws:iam::aws:policy/PowerUserAccess".to_owned(),
        )),
        ..delivery(vec![framework("cdk", &["cdkBootstrap"])])
    };
    let direct = delivery(vec![framework("cdk", &["direct"])]);
    let v4 = |boundary: &str| Delivery {
        boundary: Some(WorkflowBoundary::Existing(boundary.to_owned())),
        ..delivery(vec![framework("serverless-v4", &[])])
    };
    let v4_dev = v4("arn:aws:iam::012345678901:policy/dev");
    let v4_prod = v4("arn:aws:iam::222222222222:policy/prod");
    let cloudformation = Delivery {
        test_role: true,
        ..delivery(vec![framework("cloudformation", &[])])
    };
    let two = delivery(vec![
        framework("cloudformation", &[]),
        framework("serverless", &[]),
    ]);
    let role = |stage: &str| {
        let account = unknown("ToolsAccount", "AWS_ACCOUNT_ID_TOOLS_ACCOUNT");
        tools(Some(stage), account)
    };
    let shared = tools(None, known("ToolsAccount", "000000000003"));
    let branch = StagePlan {
        environment: None,
        ..stage("dev", dev(), SignIn::OidcDirect, &cloudformation)
    };
    let renamed = StagePlan {
        environment: Some("live: eu".to_owned()),
        ..stage("prod", prod(), SignIn::OidcDirect, &cloudformation)
    };
    vec![
        (
            "a-branch-and-an-environment-of-another-name",
            WorkflowPlan {
                branches: vec!["main".to_owned(), "release/*".to_owned()],
                ..plan("eu-west-1", "/", vec![branch, renamed])
            },
        ),
        (
            "oidc-through-the-tools-account",
            plan(
                "eu-west-1",
                "/",
                vec![
                    stage("dev", dev(), shared.clone(), &serverless),
                    stage("prod", prod(), shared, &serverless),
                ],
            ),
        ),
        (
            "oidc-direct-with-sam",
            plan(
                "us-gov-west-1",
                "/deploy/",
                vec![
                    stage("dev", dev(), SignIn::OidcDirect, &sam),
                    stage("prod", prod(), SignIn::OidcDirect, &own_bucket),
                ],
            ),
        ),
        (
            "cdk-through-the-bootstrap",
            plan(
                "eu-west-1",
                "/",
                vec![stage("dev", dev(), SignIn::OidcDirect, &bootstrap)],
            ),
        ),
        (
            "cdk-direct",
            plan(
                "cn-north-1",
                "/",
                vec![stage("prod", prod(), role("prod"), &direct)],
            ),
        ),
        (
            "serverless-v4-with-keys",
            plan(
                "eu-west-1",
                "/",
                vec![
                    stage("dev", dev(), SignIn::UserKeys, &v4_dev),
                    stage("on", prod(), SignIn::UserKeys, &v4_prod),
                ],
            ),
        ),
        (
            "a-mix-of-everything",
            plan(
                "eu-west-1",
                "/",
                vec![
                    stage("dev", dev(), role("dev"), &cloudformation),
                    stage("test", dev(), role("test"), &cloudformation),
                    stage("prod", prod(), SignIn::UserKeys, &two),
                ],
            ),
        ),
    ]
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workflow")
}

/// Every file below `folder`, by its path in there.
fn read(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop().filter(|folder| folder.is_dir()) {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap();
                let text = std::fs::read_to_string(&path).unwrap();
                found.insert(name.to_str().unwrap().replace('\\', "/"), text);
            }
        }
    }
    found
}

#[test]
fn every_plan_gives_the_expected_files() {
    let partials = Partials::new(&mut Library::default(), &[]).unwrap();
    let mut names = BTreeSet::new();
    for (name, plan) in cases() {
        let made: BTreeMap<String, String> = files(&partials, &plan)
            .unwrap()
            .into_iter()
            .map(|file| (file.path, file.text))
            .collect();
        let home = folder().join(name);
        if std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
            if home.exists() {
                std::fs::remove_dir_all(&home).unwrap();
            }
            for (path, text) in &made {
                let path = home.join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
        }
        let expected = read(&home);
        assert_eq!(
            made.keys().collect::<Vec<_>>(),
            expected.keys().collect::<Vec<_>>(),
            "{name}"
        );
        for (path, text) in &made {
            snapbox::assert_data_eq!(
                text.as_str(),
                snapbox::Data::text(expected[path].as_str()).raw()
            );
        }
        names.insert(name.to_owned());
    }
    let there = std::fs::read_dir(folder()).unwrap();
    let there: BTreeSet<String> = there
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, names);
}

/// A stage whose jobs can ask for a token is one that needs it; no other can.
#[test]
fn only_oidc_jobs_may_ask_for_a_token() {
    let partials = Partials::new(&mut Library::default(), &[]).unwrap();
    for (name, plan) in cases() {
        let workflow = files(&partials, &plan).unwrap().remove(0).text;
        let workflow: serde_yaml::Value = serde_yaml::from_str(&workflow).unwrap();
        let jobs = workflow["jobs"].as_mapping().unwrap();
        assert_eq!(jobs.len(), plan.stages.len(), "{name}");
        assert!(workflow["permissions"].as_mapping().unwrap().is_empty());
        for (stage, (_, job)) in plan.stages.iter().zip(jobs) {
            let mut wanted = vec!["contents"];
            if stage.sign_in != SignIn::UserKeys {
                wanted.push("id-token");
            }
            let permissions = job["permissions"].as_mapping().unwrap();
            let given: Vec<&str> = permissions
                .keys()
                .map(|key| key.as_str().unwrap())
                .collect();
            assert_eq!(given, wanted, "{name} {}", stage.stage);
            let environment = job.get("environment").and_then(serde_yaml::Value::as_str);
            assert_eq!(environment, stage.environment.as_deref());
        }
    }
}

#[test]
fn actions_are_pinned_alike_wherever_they_are_used() {
    let mut pins: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, text) in built_in() {
        for line in text.lines().filter_map(|line| line.split_once("uses: ")) {
            let Some((action, pin)) = line.1.split_once('@') else {
                continue;
            };
            let (sha, version) = pin.split_once(" # ").unwrap();
            assert!(
                sha.len() == 40 && sha.chars().all(|c| c.is_ascii_hexdigit()),
                "{pin}"
            );
            assert!(version.starts_with('v'), "{pin}");
            pins.entry(action.to_owned())
                .or_default()
                .insert(pin.to_owned());
        }
    }
    assert_eq!(pins.len(), 4);
    assert!(pins.values().all(|pins| pins.len() == 1), "{pins:?}");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/workflow.md");
    let page = std::fs::read_to_string(page).unwrap();
    for (action, pins) in &pins {
        let version = pins.iter().next().unwrap().split(" # ").nth(1).unwrap();
        let row = format!("| `{action}` | {version} |");
        assert!(page.contains(&row), "docs/workflow.md has no row {row}");
    }
}

/// `run:` holds no expression: what a stage is named reaches a shell by its environment only.
#[test]
fn no_script_holds_an_expression() {
    let partials = Partials::new(&mut Library::default(), &[]).unwrap();
    let mut scripts = 0;
    for (name, plan) in cases() {
        for file in files(&partials, &plan).unwrap() {
            if !file.path.ends_with("action.yml") {
                continue;
            }
            let action: serde_yaml::Value = serde_yaml::from_str(&file.text).unwrap();
            for step in action["runs"]["steps"].as_sequence().unwrap() {
                if let Some(script) = step.get("run").and_then(serde_yaml::Value::as_str) {
                    assert!(!script.contains("${{"), "{name}: {script}");
                    scripts += 1;
                }
            }
        }
    }
    assert!(scripts > 20, "{scripts}");
}

#[test]
fn a_framework_without_a_partial_is_refused() {
    let mut library = Library::default();
    let file = library.sources.add("x", "Framework: terraform");
    let partials = Partials::new(&mut library, &[]).unwrap();
    let mut terraform = framework("terraform", &[]);
    terraform.name.span = Span::new(file, 11, 20);
    let delivery = delivery(vec![terraform]);
    let plan = plan(
        "eu-west-1",
        "/",
        vec![stage("dev", dev(), SignIn::UserKeys, &delivery)],
    );
    let problems = files(&partials, &plan).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(
        problems[0].message,
        "no partial says how to deploy with `terraform`"
    );
}

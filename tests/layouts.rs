//! Expands the templates of `tests/golden` in both layouts, and sees that OrgFormation would deploy
//! the same to every account: the same roles, users and policies with the same properties, waiting
//! for the same accounts. Only logical ids may differ.
//!
//! What OrgFormation would deploy is what its own parser and binder make of the files
//! (`tests/oracle/orgformation.js`). This needs node and `tests/oracle/setup`, and fails where they
//! are missing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

#[path = "support/deployed.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::{argument, copy, deployed, golden_cases, root};
use tempfile::TempDir;

/// So many templates there are at least that can be written in both layouts.
const LEAST_CASES: usize = 50;

const LAYOUTS: [&str; 2] = ["per-account", "per-binding"];

/// A golden case in a folder of its own, in both layouts.
struct Case {
    name: String,
    folder: TempDir,
    organization: Option<String>,
}

/// `input` with every macro in `layout`; `None` where its macros are written in some other way.
fn in_layout(input: &str, layout: &str) -> Option<String> {
    // An author who depends on what a macro makes names it as one layout does.
    if input.contains("\n    DependsOn: ") {
        return None;
    }
    if input.contains("Layout: ") {
        let text = LAYOUTS.iter().fold(input.to_owned(), |text, other| {
            text.replace(&format!("Layout: {other}"), &format!("Layout: {layout}"))
        });
        return Some(text);
    }
    let mut text = String::new();
    let mut macros = 0;
    for line in input.split_inclusive('\n') {
        let content = line.trim_start_matches(' ');
        if content.starts_with("AppId: ") {
            let indent = " ".repeat(line.len() - content.len());
            let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
            text.extend([&indent, "Layout: ", layout, end, line]);
            macros += 1;
        } else if let Some((before, after)) = line.split_once("AppId: ")
            && before.trim_end().ends_with('{')
        {
            text.extend([before, "Layout: ", layout, ", AppId: ", after]);
            macros += 1;
        } else {
            text += line;
        }
    }
    (macros > 0 && macros == input.matches(": !DeployRoles").count()).then_some(text)
}

/// Every golden case that can be written in both layouts, expanded.
fn cases() -> Vec<Case> {
    let folders = golden_cases();
    let cases: Vec<Case> = folders.iter().filter_map(|folder| case(folder)).collect();
    assert!(cases.len() >= LEAST_CASES, "only {} cases", cases.len());
    cases
}

fn case(golden: &Path) -> Option<Case> {
    let input = std::fs::read_to_string(golden.join("input.src.yml")).unwrap();
    let read = |name: &str| std::fs::read_to_string(golden.join(name)).unwrap_or_default();
    let organization = read("organization-flag").lines().next().map(str::to_owned);
    // The template names the folder of its case, and `--partials` that of the copy.
    if read("args").contains("--partials") && input.contains("Partials: ../") {
        return None;
    }
    // Ids that are kept are those of one layout.
    if input.contains("LogicalIds:") {
        return None;
    }
    let texts = LAYOUTS.map(|layout| Some((layout, in_layout(&input, layout)?)));
    let folder = tempfile::tempdir().unwrap();
    copy(golden, folder.path());
    for (layout, text) in texts.into_iter().collect::<Option<Vec<_>>>()? {
        let source = format!("{layout}.src.yml");
        std::fs::write(folder.path().join(&source), text).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .current_dir(folder.path())
            .args(["expand", "-o", &format!("{layout}.yml"), &source])
            .args(read("args").lines())
            .args(
                organization
                    .iter()
                    .flat_map(|file| ["--organization", file]),
            )
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", golden.display());
    }
    Some(Case {
        name: golden.file_name().unwrap().to_str().unwrap().to_owned(),
        folder,
        organization,
    })
}

impl Case {
    fn path(&self, layout: &str) -> PathBuf {
        self.folder.path().join(format!("{layout}.yml"))
    }

    /// As `orgformation.js` takes it.
    fn argument(&self, layout: &str) -> String {
        let folder = self.folder.path();
        let organization = self.organization.as_ref().map(|file| folder.join(file));
        argument(&self.path(layout), organization.as_deref())
    }
}

/// What a resource is, whatever its logical id: its type and physical name.
fn identity(logical_id: &str, resource: &Value) -> String {
    let kind = resource["Type"].as_str().unwrap_or_default();
    let name = ["RoleName", "UserName", "ManagedPolicyName", "Url"]
        .iter()
        .find_map(|key| resource["Properties"][key].as_str());
    format!("{kind} {}", name.unwrap_or(logical_id))
}

/// `value` with physical names in place of logical ids, wherever one is referred to.
fn renamed(value: &Value, names: &BTreeMap<&str, String>) -> Value {
    match value {
        Value::String(text) => {
            let whole = names.get(text.as_str()).cloned();
            Value::String(whole.unwrap_or_else(|| {
                names.iter().fold(text.clone(), |text, (id, name)| {
                    text.replace(&format!("${{{id}}}"), &format!("${{{name}}}"))
                        .replace(&format!("${{{id}."), &format!("${{{name}."))
                })
            }))
        }
        Value::Array(items) => items.iter().map(|item| renamed(item, names)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, item)| (key.clone(), renamed(item, names)))
            .collect(),
        other => other.clone(),
    }
}

/// What each account would get, by account and region; nothing of it depends on logical ids.
///
/// # Errors
///
/// Why OrgFormation or CloudFormation would refuse it.
fn by_account(deployed: &Value) -> Result<BTreeMap<String, Value>, String> {
    if deployed["ok"] != true || deployed["warnings"] != serde_json::json!([]) {
        return Err(format!("{} {}", deployed["error"], deployed["warnings"]));
    }
    let mut accounts = BTreeMap::new();
    for target in deployed["targets"].as_array().unwrap() {
        if target["dangling"] != serde_json::json!([]) {
            return Err(target["dangling"].to_string());
        }
        let resources = target["template"]["Resources"].as_object().unwrap();
        let names: BTreeMap<&str, String> = resources
            .iter()
            .map(|(id, resource)| (id.as_str(), identity(id, resource)))
            .collect();
        let distinct: BTreeSet<&String> = names.values().collect();
        if distinct.len() < names.len() {
            return Err("two resources of one name".to_owned());
        }
        let mut template = target["template"].clone();
        template["Resources"] = resources
            .iter()
            .map(|(id, resource)| (names[id.as_str()].clone(), renamed(resource, &names)))
            .collect();
        let mut waits: Vec<&str> = target["dependsOnAccounts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|account| account.as_str().unwrap())
            .collect();
        waits.sort_unstable();
        waits.dedup();
        let place = format!("{}/{}", target["account"], target["region"]);
        let found = serde_json::json!({
            "id": target["accountId"],
            "waits": waits,
            "dependencies": target["dependencies"],
            "template": template,
        });
        assert!(accounts.insert(place, found).is_none());
    }
    Ok(accounts)
}

#[test]
fn accounts_get_the_same_in_both_layouts() {
    let cases = cases();
    let files: Vec<String> = cases
        .iter()
        .flat_map(|case| LAYOUTS.map(|layout| case.argument(layout)))
        .collect();
    let found = deployed(&files);
    let (mut differing, mut targets, mut shared) = (Vec::new(), 0, 0);
    for (case, pair) in cases.iter().zip(found.chunks(2)) {
        let [account, binding] = [&pair[0], &pair[1]].map(|found| by_account(found).unwrap());
        targets += account.len();
        if account != binding {
            differing.push(case.name.as_str());
        }
        let text = std::fs::read_to_string(case.path("per-binding")).unwrap();
        shared += usize::from(text.contains("Account: *"));
    }
    assert!(differing.is_empty(), "{differing:?}");
    // The test would say nothing if the files did not differ, or bound nothing.
    assert!(targets > 100, "{targets}");
    assert!(shared >= LEAST_CASES, "{shared}");
}

/// What is wrong on purpose in a file of bindings, and must show.
#[test]
fn a_difference_shows() {
    let golden = root().join("tests/golden/layout-per-binding-tools-account-as-a-target");
    let case = case(&golden).unwrap();
    let text = std::fs::read_to_string(case.path("per-binding")).unwrap();
    let broken = [
        ("one account less", "        - !Ref StagingAccount\n", ""),
        (
            "one account more",
            "        - !Ref StagingAccount\n",
            "        - !Ref StagingAccount\n        - !Ref ManagementAccount\n",
        ),
        (
            "one action less",
            "                  - ssm:PutParameter\n",
            "",
        ),
        (
            "another region",
            "*AppSharedAccounts\n      Region: eu-west-1",
            "*AppSharedAccounts\n      Region: eu-west-2",
        ),
        ("no order", "    DependsOnAccount: !Ref ToolsAccount\n", ""),
        (
            "a list of another stage",
            "*AppProdAccounts",
            "*AppSharedAccounts",
        ),
        (
            "another name",
            "RoleName: app-TestRole",
            "RoleName: app-OtherRole",
        ),
    ];
    let mut files = vec![case.argument("per-account"), case.argument("per-binding")];
    for (at, (what, from, to)) in broken.iter().enumerate() {
        assert!(text.contains(from), "{what}");
        let path = case.folder.path().join(format!("broken-{at}.yml"));
        std::fs::write(&path, text.replace(from, to)).unwrap();
        files.push(path.display().to_string());
    }
    let found: Vec<_> = deployed(&files).iter().map(by_account).collect();
    assert!(found[0].is_ok() && found[0] == found[1]);
    for ((what, ..), other) in broken.iter().zip(&found[2..]) {
        assert!(*other != found[0], "{what}");
    }
}

/// The expansion of a macro over these accounts.
fn expanded(accounts: &[&str], services: &str) -> String {
    let golden = root().join("tests/golden/layout-per-binding");
    let folder = tempfile::tempdir().unwrap();
    copy(&golden, folder.path());
    let list = accounts.iter().map(|account| format!("!Ref {account}"));
    let input = format!(
        "Organization: !Include ./organization.yml\nResources:\n  App: !DeployRoles\n    AppId: app\n    \
         ToolsAccount: !Ref ToolsAccount\n    Layout: per-binding\n    Region: eu-west-1\n    Targets:\n      \
         prod: !Ref ProdAccount\n      dev:\n        Account: [{}]\n        Services: [{services}]\n",
        list.collect::<Vec<_>>().join(", ")
    );
    std::fs::write(folder.path().join("a.src.yml"), input).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
        .current_dir(folder.path())
        .args(["expand", "-o", "-", "a.src.yml"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The lines of `text` but for its checksum.
fn lines(text: &str) -> Vec<&str> {
    let lines = text.lines();
    lines
        .filter(|line| !line.starts_with("# checksum"))
        .collect()
}

#[test]
fn an_account_that_joins_a_stage_is_one_line_of_its_list() {
    let services = "ssm";
    let before = expanded(&["DevAccount"], services);
    let after = expanded(&["DevAccount", "StagingAccount"], services);
    let joined = [
        "              - !Sub 'arn:${AWS::Partition}:iam::${StagingAccount}:role/app-DeployerRole'",
        "        - !Ref StagingAccount",
    ];
    let mut kept = lines(&after);
    kept.retain(|line| !joined.contains(line));
    assert_eq!(kept, lines(&before));
    assert_eq!(lines(&after).len(), lines(&before).len() + joined.len());
}

/// The logical ids of a text.
fn ids(text: &str) -> Vec<&str> {
    let is_id = |line: &&str| line.starts_with("  App") && line.ends_with(':');
    text.lines().filter(is_id).collect()
}

#[test]
fn a_stage_keeps_its_logical_ids_when_another_stage_changes() {
    let all = "lambda, logs, s3, cloudfront, iam, apigateway, events, sns, dynamodb, sqs, ssm";
    let of_prod = |text: &str| -> Vec<String> {
        let ids = ids(text);
        let prod = ids.iter().filter(|id| id.starts_with("  AppProd"));
        prod.map(|id| (*id).to_owned()).collect()
    };
    // With the same arguments as prod, and with others.
    let same = expanded(&["DevAccount"], all);
    let other = expanded(&["DevAccount"], "ssm");
    assert!(ids(&same).len() > ids(&other).len());
    assert!(!of_prod(&same).is_empty());
    assert_eq!(of_prod(&same), of_prod(&other));
}

/// Asserts that a command shows the same of both layouts of the cases with a list of accounts.
fn assert_same_in_both_layouts(command: &str) {
    for name in [
        "layout-per-binding",
        "layout-per-binding-tools-account-as-a-target",
    ] {
        let case = case(&root().join("tests/golden").join(name)).unwrap();
        let [account, binding] = LAYOUTS.map(|layout| {
            let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
                .current_dir(case.folder.path())
                .args([command, &format!("{layout}.src.yml")])
                .output()
                .unwrap();
            assert!(output.status.success());
            String::from_utf8(output.stdout).unwrap()
        });
        assert!(binding.lines().count() > 4, "{binding}");
        assert_eq!(account, binding);
    }
}

#[test]
fn the_accounts_command_shows_the_same_in_both_layouts() {
    assert_same_in_both_layouts("accounts");
}

#[test]
fn the_graph_command_shows_the_same_in_both_layouts() {
    assert_same_in_both_layouts("graph");
}

#[test]
fn an_alias_is_the_list_for_a_second_reader() {
    let golden = root().join("tests/golden/layout-per-binding-tools-account-as-a-target");
    let text = std::fs::read_to_string(golden.join("expected.yml")).unwrap();
    let template: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    let bound = |id: &str| {
        let resource = template.get("Resources").unwrap().get(id).unwrap();
        let accounts = resource.get("OrganizationBinding").unwrap().get("Account");
        serde_yaml::to_string(accounts.unwrap()).unwrap()
    };
    let list = "- !Ref DevAccount\n- !Ref StagingAccount\n";
    assert_eq!(bound("AppSharedCloudFormationExecutionRole"), list);
    assert_eq!(bound("AppSharedDeployerRole"), list);
    assert_eq!(bound("AppSharedTestRole"), list);
    assert_eq!(bound("AppToolsAccountDeployerRole"), "!Ref ToolsAccount\n");
}

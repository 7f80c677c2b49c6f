//! Exports every macro of `tests/golden`, and sees that each account gets what `expand` gives it: the
//! same resources, as OrgFormation would deploy them. Only logical ids may differ.
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
use std::path::Path;
use std::process::{Command, Output};

use deploy_roles::diff::access::{AccessContext, access};
use deploy_roles::organization::{Account, Organization};
use serde_json::{Value, json};
use support::{argument, copy, deployed, golden_cases, root};
use tempfile::TempDir;

/// So many macros there are at least that can be exported.
const LEAST_MACROS: usize = 100;

/// Cases that cannot be exported, and what the error says.
const REFUSED: &[(&str, &str)] = &[
    ("account-without-an-id-yet", "not-exportable"),
    ("every-service-with-every-option", "limit-exceeded"),
    ("framework-cdk-with-every-service", "limit-exceeded"),
];

/// A golden case in a folder of its own, expanded as it is.
struct Case {
    name: String,
    folder: TempDir,
    flags: Vec<String>,
    organization: Option<String>,
}

impl Case {
    fn of(golden: &Path) -> Option<Self> {
        let read = |name: &str| std::fs::read_to_string(golden.join(name)).unwrap_or_default();
        let flags = read("args");
        // The template names the folder of its case, and `--partials` that of the copy.
        if flags.contains("--partials") && read("input.src.yml").contains("Partials: ../") {
            return None;
        }
        let organization = read("organization-flag").lines().next().map(str::to_owned);
        let mut flags: Vec<String> = flags.lines().map(str::to_owned).collect();
        if let Some(file) = &organization {
            flags.extend(["--organization".to_owned(), file.clone()]);
        }
        let folder = tempfile::tempdir().unwrap();
        copy(golden, folder.path());
        let case = Self {
            name: golden.file_name().unwrap().to_str().unwrap().to_owned(),
            folder,
            flags,
            organization,
        };
        let output = case.run(&["expand", "-o", "expanded.yml", "input.src.yml"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", case.name);
        Some(case)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .current_dir(self.folder.path())
            .args(arguments)
            .args(&self.flags)
            .output()
            .unwrap()
    }

    fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    /// As `orgformation.js` takes it.
    fn argument(&self) -> String {
        let folder = self.folder.path();
        let organization = self.organization.as_ref().map(|file| folder.join(file));
        argument(&folder.join("expanded.yml"), organization.as_deref())
    }

    /// What every account gets of each macro: the rows of `accounts`.
    fn rows(&self) -> Vec<Value> {
        let output = self.run(&["accounts", "--format", "json", "input.src.yml"]);
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn cases() -> Vec<Case> {
    golden_cases()
        .iter()
        .filter_map(|folder| Case::of(folder))
        .collect()
}

/// The templates that an account gets of an exported macro, by the row of `accounts`.
type Exported = BTreeMap<(String, String), Value>;

/// Every macro of a case, exported: the template of each row; `None` if that is refused.
fn exported(case: &Case, rows: &[Value]) -> Option<Exported> {
    let names: BTreeSet<&str> = rows
        .iter()
        .filter_map(|row| row["macro"].as_str())
        .collect();
    let mut found = Exported::new();
    for name in names {
        let folder = format!("exported-{name}");
        let output = case.run(&[
            "export",
            "--macro",
            name,
            "--out-dir",
            &folder,
            "input.src.yml",
        ]);
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let wanted = REFUSED.iter().find(|(refused, _)| *refused == case.name);
            let (_, code) = wanted.unwrap_or_else(|| panic!("{}: {said}", case.name));
            assert!(
                said.contains(&format!("error[{code}]")),
                "{}: {said}",
                case.name
            );
            return None;
        }
        let tools = case.folder.path().join(&folder).join("tools-account.json");
        let tools = tools
            .exists()
            .then(|| case.text(&format!("{folder}/tools-account.json")));
        let in_tools: BTreeSet<&str> = rows
            .iter()
            .filter(|row| row["macro"] == name && row["stage"] == "tools")
            .filter_map(|row| row["account"].as_str())
            .collect();
        for row in rows.iter().filter(|row| row["macro"] == name) {
            let account = row["account"].as_str().unwrap();
            let text = match &tools {
                Some(tools) if in_tools.contains(account) => tools.clone(),
                _ => case.text(&format!(
                    "{folder}/stage-{}.json",
                    row["stage"].as_str().unwrap()
                )),
            };
            assert!(text.len() <= 51_200 || in_tools.contains(account));
            let template = serde_json::from_str(&text).unwrap();
            found.insert((account.to_owned(), name.to_owned()), template);
        }
    }
    Some(found)
}

/// What a resource is, whatever its logical id: its type and physical name.
fn identity(resource: &Value) -> String {
    let kind = resource["Type"].as_str().unwrap_or_default();
    let name = ["RoleName", "UserName", "ManagedPolicyName", "Url"]
        .iter()
        .find_map(|key| resource["Properties"][key].as_str());
    format!("{kind} {}", name.unwrap_or_default())
}

/// `value` with identities in place of logical ids, and in one form.
fn renamed(value: &Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => names
            .get(text)
            .cloned()
            .unwrap_or_else(|| text.clone())
            .into(),
        Value::Array(items) => items.iter().map(|item| renamed(item, names)).collect(),
        Value::Object(fields) => {
            if let (1, Some(Value::String(text))) = (fields.len(), fields.get("Fn::Sub")) {
                // OrgFormation leaves a substitution of which it has filled in everything.
                let text = names.iter().fold(text.clone(), |text, (id, name)| {
                    text.replace(&format!("${{{id}}}"), &format!("${{{name}}}"))
                        .replace(&format!("${{{id}."), &format!("${{{name}."))
                });
                return if text.contains("${") {
                    json!({ "Fn::Sub": text })
                } else {
                    text.into()
                };
            }
            let fields = fields.iter();
            fields
                .map(|(key, item)| (key.clone(), renamed(item, names)))
                .collect()
        }
        other => other.clone(),
    }
}

/// The resources by what they are; nothing of it depends on logical ids.
fn by_identity<'a>(
    resources: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> BTreeMap<String, Value> {
    let resources: Vec<_> = resources.into_iter().collect();
    let names: BTreeMap<String, String> = resources
        .iter()
        .map(|(id, resource)| ((*id).clone(), identity(resource)))
        .collect();
    resources
        .iter()
        .map(|(_, resource)| (identity(resource), renamed(resource, &names)))
        .collect()
}

/// The keys directly under `Resources` of a text, and what else is indented by two where only
/// OrgFormation's reader takes it.
fn keys(text: &str) -> BTreeSet<String> {
    let text = text.trim_start_matches('\u{feff}');
    let Ok(value) = serde_yaml::from_str::<serde_yaml::Value>(text) else {
        let lines = text.lines().filter_map(|line| line.strip_prefix("  "));
        let keys = lines.filter_map(|line| Some(line.split_once(':')?.0.to_owned()));
        return keys.collect();
    };
    let resources = value
        .get("Resources")
        .and_then(serde_yaml::Value::as_mapping);
    let keys = resources.into_iter().flat_map(serde_yaml::Mapping::keys);
    keys.filter_map(|key| Some(key.as_str()?.to_owned()))
        .collect()
}

/// What differs for the accounts of a case, whose file OrgFormation reads as `deployed`.
fn differing(case: &Case, deployed: &Value, exported: &Exported) -> Vec<String> {
    let own = keys(&case.text("input.src.yml"));
    let mut differing = Vec::new();
    let accounts: BTreeSet<&String> = exported.keys().map(|(account, _)| account).collect();
    for account in accounts {
        let mut wanted = BTreeMap::new();
        let targets = deployed["targets"].as_array().unwrap();
        for target in targets
            .iter()
            .filter(|target| target["account"] == **account)
        {
            let resources = target["template"]["Resources"].as_object().unwrap();
            let by_hand = resources.iter().filter(|(id, _)| own.contains(*id));
            let by_hand: BTreeSet<String> =
                by_hand.map(|(_, resource)| identity(resource)).collect();
            let all = by_identity(resources).into_iter();
            wanted.extend(all.filter(|(name, _)| !by_hand.contains(name)));
        }
        let mut found = BTreeMap::new();
        let of_account = exported.iter().filter(|((own, _), _)| own == account);
        for (_, template) in of_account {
            found.extend(by_identity(template["Resources"].as_object().unwrap()));
        }
        if wanted != found {
            let parts = wanted.keys().chain(found.keys());
            let parts: BTreeSet<&String> = parts
                .filter(|part| wanted.get(*part) != found.get(*part))
                .collect();
            differing.push(format!("{}: {account}: {parts:?}", case.name));
        }
    }
    differing
}

/// A template of OrgFormation with what was exported, for the same accounts.
fn as_orgformation(exported: &Exported, region: &str) -> String {
    let mut resources = serde_json::Map::new();
    for ((account, name), template) in exported {
        let own = template["Resources"].as_object().unwrap();
        // Each account's are apart, so that one text is compared with that account alone.
        let id = |id: &str| {
            format!(
                "{id}Of{}",
                account.replace(|c: char| !c.is_ascii_alphanumeric(), "")
            )
        };
        let names = own.keys().map(|key| (key.clone(), id(key))).collect();
        for (key, resource) in own {
            let mut resource = renamed(resource, &names);
            resource["OrganizationBinding"] =
                json!({ "Account": { "Ref": account }, "Region": region });
            assert!(resources.insert(id(key), resource).is_none(), "{name}");
        }
    }
    json!({ "AWSTemplateFormatVersion": "2010-09-09-OC", "Resources": resources }).to_string()
}

/// What `diff` says that a principal of the macros gains from one text to the other.
fn gains(case: &Case, rows: &[Value], (old, new): (&str, &str)) -> Vec<String> {
    let accounts = rows.iter().filter_map(|row| {
        let (name, id) = (row["account"].as_str()?, row["account_id"].as_str()?);
        Some((name, Account::of(name, id)))
    });
    let accounts: BTreeMap<&str, Account> = accounts.collect();
    let organization = Organization::new(accounts.into_values().collect(), Vec::new());
    let found = access(Some(old), new, &AccessContext::of(&organization));
    let arns = rows
        .iter()
        .filter_map(|row| row["arns"].as_array())
        .flatten();
    let own: BTreeSet<&str> = arns
        .filter_map(|arn| arn.as_str()?.rsplit('/').next())
        .collect();
    let changed = found.principals.iter();
    let changed = changed.filter(|change| own.contains(change.name.as_str()));
    changed
        .filter(|change| !change.gains.is_empty())
        .map(|change| format!("{}: {} gains {:?}", case.name, change.name, change.gains))
        .collect()
}

#[test]
fn accounts_get_from_export_what_expand_gives_them() {
    let cases = cases();
    let files: Vec<String> = cases.iter().map(Case::argument).collect();
    let deployed = deployed(&files);
    let (mut wrong, mut macros, mut targets) = (Vec::new(), BTreeSet::new(), 0);
    let mut refused = BTreeSet::new();
    for (case, deployed) in cases.iter().zip(&deployed) {
        let rows = case.rows();
        let Some(exported) = exported(case, &rows) else {
            refused.insert(case.name.as_str());
            continue;
        };
        targets += exported.len();
        macros.extend(
            exported
                .keys()
                .map(|(_, name)| format!("{} {name}", case.name)),
        );
        wrong.extend(differing(case, deployed, &exported));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // No reason is given for what can be exported after all.
    let named: BTreeSet<&str> = REFUSED.iter().map(|(name, _)| *name).collect();
    assert_eq!(refused, named);
    assert!(macros.len() >= LEAST_MACROS, "only {} macros", macros.len());
    assert!(targets > macros.len());
}

/// What is wrong on purpose in what was exported, and must show.
#[test]
fn a_difference_shows() {
    let case = Case::of(&root().join("tests/golden/article-three-stages")).unwrap();
    let rows = case.rows();
    let deployed = deployed(&[case.argument()]);
    let right = exported(&case, &rows).unwrap();
    assert_eq!(differing(&case, &deployed[0], &right), Vec::<String>::new());
    let text = case.text("expanded.yml");
    let broken = [
        (
            "an action more",
            "\"iam:PassRole\"",
            "\"iam:PassRole\",\"iam:DeleteRole\"",
            true,
        ),
        (
            "another name",
            "DeployerRole\",\"Descr",
            "OtherRole\",\"Descr",
            false,
        ),
        (
            "another trusted account",
            "arn:${AWS::Partition}:iam::",
            "arn:${AWS::Partition}:iam::9",
            false,
        ),
        (
            "no boundary of services",
            "cloudformation.amazonaws.com",
            "lambda.amazonaws.com",
            false,
        ),
    ];
    for (what, from, to, gives_access) in broken {
        let mut wrong = right.clone();
        let mut changed = 0;
        for template in wrong.values_mut() {
            let before = template.to_string();
            changed += usize::from(before.contains(from));
            *template = serde_json::from_str(&before.replace(from, to)).unwrap();
        }
        assert!(changed > 0, "{what}");
        assert!(!differing(&case, &deployed[0], &wrong).is_empty(), "{what}");
        if gives_access {
            let new = as_orgformation(&wrong, "eu-west-1");
            assert!(!gains(&case, &rows, (&text, &new)).is_empty(), "{what}");
        }
    }
}

//! Expands macros for hundreds and thousands of accounts, and reads back whom the policies of CI
//! reach: exactly the accounts of the targets, in at most ten policies.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

#[path = "support/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Output;

use deploy_roles::aws::partitions::Region;
use deploy_roles::iam::size::Resolution;
use program::run;
use serde_yaml::Value;
use tempfile::TempDir;

/// What `expand` makes of a macro for so many accounts, every third of which has a `TestRole`.
fn expanded(count: usize) -> Output {
    run(
        written(count).path(),
        &["expand", "-o", "-", "roles.src.yml"],
    )
}

/// A folder with that macro.
fn written(count: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut organization = "Organization:\n".to_owned();
    let mut tested = Vec::new();
    let mut account = |name: &str, kind: &str, id: usize| {
        let _ = writeln!(
            organization,
            "  {name}: {{ Type: OC::ORG::{kind}, Properties: {{ AccountName: {name}, AccountId: '{id:012}' }} }}"
        );
    };
    account("ToolsAccount", "MasterAccount", 999_999_999_999);
    for number in 1..=count {
        let name = format!("Account{number}");
        account(&name, "Account", number);
        if number % 3 == 0 {
            tested.push(format!("!Ref {name}"));
        }
    }
    let tested = tested.join(", ");
    let template = format!(
        "AWSTemplateFormatVersion: '2010-09-09-OC'
Organization: !Include ./organization.yml
DefaultOrganizationBindingRegion: eu-west-1
Resources:
  Shop: !DeployRoles
    AppId: shop
    Services: []
    Layout: per-binding
    ToolsAccount: !Ref ToolsAccount
    Targets:
      dev: {{ Account: '*', ExcludeAccount: [{tested}] }}
      prod: {{ Account: [{tested}], TestRole: true }}
"
    );
    std::fs::write(folder.path().join("organization.yml"), organization).unwrap();
    std::fs::write(folder.path().join("roles.src.yml"), template).unwrap();
    folder
}

/// The role and the account of each pair that a policy reaches.
type Reached = BTreeSet<(String, String)>;

/// What the policies reach, each read by itself.
fn policies(text: &str) -> Vec<Reached> {
    let template: Value = serde_yaml::from_str(text).unwrap();
    let resources = template["Resources"].as_mapping().unwrap().iter();
    let policies = resources.filter(|(id, _)| {
        let id = id.as_str().unwrap();
        id.contains("GithubActionsCrossAccountPolicy")
    });
    let of = |(id, policy): (&Value, &Value)| {
        let document = &policy["Properties"]["PolicyDocument"];
        let size = Resolution::new(&Region("eu-west-1".to_owned())).size(document);
        assert!(size <= 6_144, "{id:?} has {size} characters");
        let statements = document["Statement"].as_sequence().unwrap().iter();
        statements.flat_map(reached).collect()
    };
    policies.map(of).collect()
}

fn inner(value: &Value) -> &str {
    let Value::Tagged(tagged) = value else {
        return "";
    };
    tagged.value.as_str().unwrap()
}

fn reached(statement: &Value) -> Vec<(String, String)> {
    let arns = statement["Resource"].as_sequence().unwrap();
    let of_arn = |arn: &Value| -> Vec<(String, String)> {
        let (before, role) = inner(arn).rsplit_once(":role/").unwrap();
        let account = before.rsplit_once("iam::").unwrap().1;
        if account != "*" {
            let account = account.trim_start_matches("${").trim_end_matches('}');
            return vec![(role.to_owned(), account.to_owned())];
        }
        let condition = statement["Condition"].as_mapping().unwrap();
        assert_eq!(condition.len(), 1);
        let ids = &condition["StringEquals"]["aws:ResourceAccount"];
        let ids = ids.as_sequence().unwrap().iter();
        ids.map(|id| (role.to_owned(), inner(id).to_owned()))
            .collect()
    };
    arns.iter().flat_map(of_arn).collect()
}

fn wanted(count: usize) -> Reached {
    let roles = |number: usize| {
        let account = format!("Account{number}");
        let test =
            (number.is_multiple_of(3)).then(|| ("shop-TestRole".to_owned(), account.clone()));
        std::iter::once(("shop-DeployerRole".to_owned(), account)).chain(test)
    };
    (1..=count).flat_map(roles).collect()
}

#[test]
fn ci_reaches_exactly_the_accounts_however_many_there_are() {
    // By ARNs; by ids in few policies; and in ten that are nearly full.
    for (count, by_id) in [(300, false), (900, true), (2_500, true), (3_700, true)] {
        let output = expanded(count);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success(),
            "{count} accounts: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(
            text.contains("aws:ResourceAccount"),
            by_id,
            "{count} accounts"
        );
        let policies = policies(&text);
        assert!(
            policies.len() <= 10,
            "{} policies for {count} accounts",
            policies.len()
        );
        let sum: usize = policies.iter().map(BTreeSet::len).sum();
        let all: Reached = policies.into_iter().flatten().collect();
        assert_eq!(all, wanted(count), "{count} accounts");
        assert_eq!(sum, all.len(), "an account is in two policies");
    }
}

#[test]
fn too_many_accounts_for_ten_policies_are_refused_with_the_number() {
    let output = expanded(4_000);
    let problem = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(problem.starts_with("error[limit-exceeded]: `shop-GitHubActionsUser` would reach 4000 accounts, and the 10 managed policies that IAM allows by default can list 3"), "{problem}");
    assert!(problem.contains("Direct: true"), "{problem}");
}

/// What is expected of CI, which reaches 760 accounts by their ids.
const EXPECTED: &str = "
expectations:
  - name: CI assumes no other role
    who: { user: shop-GitHubActionsUser }
    never: sts:AssumeRole
    resources:
      - arn:aws:iam::000000000761:role/shop-DeployerRole
      - arn:aws:iam::000000000760:role/shop-TestRole
      - arn:aws:iam::000000000001:role/shop-CloudFormationExecutionRole
      - arn:aws:iam::*:role/admin
  - name: only CI deploys
    who: { role: shop-DeployerRole }
    assumed-only-by: { user: shop-GitHubActionsUser }
";

#[test]
fn questions_about_ci_are_answered_where_a_condition_lists_the_accounts() {
    let folder = written(760);
    let said = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), text)
    };
    let (code, _) = said(&["expand"]);
    assert_eq!(code, Some(0));
    let text = std::fs::read_to_string(folder.path().join("roles.yml")).unwrap();
    assert!(text.contains("aws:ResourceAccount"));
    let asked = |resource: &str| {
        let (code, text) = said(&["can", "shop-GitHubActionsUser", "sts:AssumeRole", resource]);
        assert_eq!(code, Some(0), "{resource}");
        text
    };
    let role = |account: usize, role: &str| format!("arn:aws:iam::{account:012}:role/shop-{role}");
    // One of each policy, and those at the ends.
    for account in [1, 2, 3, 380, 759, 760] {
        let text = asked(&role(account, "DeployerRole"));
        // Its policies allow it, and the role of the other account must trust it.
        assert!(
            text.starts_with("0 principals may, 1 may perhaps\n"),
            "{account}: {text}"
        );
        // The first accounts are named, and the others counted.
        assert!(text.contains(" more\n"), "{text}");
        assert!(text.lines().all(|line| line.len() < 400), "{text}");
    }
    let test_role = asked(&role(759, "TestRole"));
    assert!(test_role.contains("1 may perhaps\n"), "{test_role}");
    let others = [
        role(0, "DeployerRole"),
        role(761, "DeployerRole"),
        role(888_888_888_888, "DeployerRole"),
        role(760, "TestRole"),
        role(759, "CloudFormationExecutionRole"),
        "arn:aws:iam::*:role/admin".to_owned(),
    ];
    for resource in &others {
        let text = asked(resource);
        assert!(
            text.starts_with("0 principals may, 1 may not\n"),
            "{resource}: {text}"
        );
    }
    // In its own account, the trust of a role that is elsewhere may be enough.
    let near = asked(&role(999_999_999_999, "DeployerRole"));
    assert!(near.contains("1 may perhaps\n"), "{near}");
    std::fs::write(folder.path().join("roles.test.yml"), EXPECTED).unwrap();
    let (code, text) = said(&["test"]);
    assert_eq!(code, Some(0), "{text}");
    let wrong = EXPECTED.replace("arn:aws:iam::000000000761:", "arn:aws:iam::000000000757:");
    std::fs::write(folder.path().join("roles.test.yml"), wrong).unwrap();
    let (code, text) = said(&["test"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("000000000757:role/shop-DeployerRole"),
        "{text}"
    );

    let (code, text) = said(&["lint", "--fail-on", "warning"]);
    assert_eq!(
        (code, text.contains("warning[")),
        (Some(0), false),
        "{text}"
    );
}

//! What a change of each argument does to a deployment: the table of docs/deploy.md, row by row.
//! Each row has a template before and after here; what `diff` says of it must be what the row says.
//! An argument of the code without a row fails, and so does a row without a change.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::struct_field_names,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

#[path = "support/git.rs"]
mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use deploy_roles::arguments::table::{ARGUMENTS, OF_THE_TEMPLATE, OVERRIDES, SELECTORS};
use serde_json::Value;
use support::git;

const TEMPLATE: &str = "AWSTemplateFormatVersion: '2010-09-09-OC'
Organization: !Include ./organization.yml
DefaultOrganizationBindingRegion: eu-west-1

Resources:
  Shop: !DeployRoles
    AppId: shop
    ToolsAccount: !Ref ToolsAccount
    Services: [logs, sqs]
    Targets:
      dev:
        Account: !Ref DevAccount
      prod:
        Account: !Ref ProdAccount
";

/// A text, and what is in its place.
type Edit = (&'static str, &'static str);

/// A change: how it is in the table, and the edits that give the template before and after it.
struct Change {
    argument: &'static str,
    change: &'static str,
    before: &'static [Edit],
    after: &'static [Edit],
}

const fn of(
    (argument, change): (&'static str, &'static str),
    before: &'static [Edit],
    after: &'static [Edit],
) -> Change {
    Change {
        argument,
        change,
        before,
        after,
    }
}

/// The lines that arguments are added after, and those of the targets.
const SERVICES: &str = "    Services: [logs, sqs]\n";
const DEV: &str = "        Account: !Ref DevAccount\n";
const PROD: &str = "        Account: !Ref ProdAccount\n";
const STAGE: &str = "      dev:\n";

/// With GitHub's tokens, so that there is no user.
const TOKENS: Edit = (
    SERVICES,
    "    Services: [logs, sqs]\n    TrustedBy:\n      - GitHubOidc: { Repository: acme/shop, RepositoryId: 1, OwnerId: 2 }\n",
);
const PER_BINDING: Edit = (
    SERVICES,
    "    Services: [logs, sqs]\n    Layout: per-binding\n",
);
const STAGING: &str = "        Account: [!Ref DevAccount, !Ref StagingAccount]\n";

const CHANGES: &[Change] = &[
    of(
        ("`AppId`", "another"),
        &[],
        &[("AppId: shop", "AppId: store")],
    ),
    of(
        ("`AppId`", "another, without a user"),
        &[TOKENS],
        &[TOKENS, ("AppId: shop", "AppId: store")],
    ),
    of(
        ("`ToolsAccount`", "another"),
        &[],
        &[("!Ref ToolsAccount", "!Ref StagingAccount")],
    ),
    of(
        ("`ToolsAccount`", "another, without a user"),
        &[TOKENS],
        &[TOKENS, ("!Ref ToolsAccount", "!Ref StagingAccount")],
    ),
    of(
        ("`Targets`", "a stage or an account is added"),
        &[],
        &[(
            PROD,
            "        Account: !Ref ProdAccount\n      staging: !Ref StagingAccount\n",
        )],
    ),
    of(
        ("`Targets`", "a stage or an account is removed"),
        &[],
        &[("      dev:\n        Account: !Ref DevAccount\n", "")],
    ),
    of(
        ("`Targets`", "a stage gets another name"),
        &[],
        &[(STAGE, "      test:\n")],
    ),
    of(
        (
            "`Targets`",
            "a stage gets another name, with `Layout: per-binding`",
        ),
        &[PER_BINDING],
        &[PER_BINDING, (STAGE, "      test:\n")],
    ),
    of(
        ("`Targets`", "an account moves to another stage"),
        &[(DEV, STAGING)],
        &[(
            PROD,
            "        Account: [!Ref ProdAccount, !Ref StagingAccount]\n",
        )],
    ),
    of(
        (
            "`Targets`",
            "an account moves to another stage, with `Layout: per-binding`",
        ),
        &[PER_BINDING, (DEV, STAGING)],
        &[
            PER_BINDING,
            (
                PROD,
                "        Account: [!Ref ProdAccount, !Ref StagingAccount]\n",
            ),
        ],
    ),
    of(
        ("`Framework`", "another, or one more"),
        &[],
        &[(
            SERVICES,
            "    Services: [logs, sqs]\n    Framework: [serverless, sam]\n",
        )],
    ),
    of(
        ("`Framework`", "to or from `cdk` alone"),
        &[],
        &[(SERVICES, "    Services: [logs, sqs]\n    Framework: cdk\n")],
    ),
    of(
        ("`Services`", "added, removed, with other options"),
        &[],
        &[("[logs, sqs]", "[logs: filters, sns]")],
    ),
    of(
        ("`TrustedBy`", "a trust is added"),
        &[],
        &[(
            SERVICES,
            "    Services: [logs, sqs]\n    TrustedBy: [GitHubUser, CodeBuild]\n",
        )],
    ),
    of(("`TrustedBy`", "`GitHubUser` is removed"), &[], &[TOKENS]),
    of(
        ("`TrustedBy`", "another trust is removed or changed"),
        &[TOKENS],
        &[(
            SERVICES,
            "    Services: [logs, sqs]\n    TrustedBy: [CodeBuild]\n",
        )],
    ),
    of(
        ("`TestRole`", "added, removed, changed"),
        &[],
        &[(SERVICES, "    Services: [logs, sqs]\n    TestRole: true\n")],
    ),
    of(
        (
            "`PermissionsBoundary`",
            "`true` or an ARN, where there was none",
        ),
        &[],
        &[(
            SERVICES,
            "    Services: [logs, sqs, iam]\n    PermissionsBoundary: true\n",
        )],
    ),
    of(
        ("`PermissionsBoundary`", "removed"),
        &[(
            SERVICES,
            "    Services: [logs, sqs, iam]\n    PermissionsBoundary: true\n",
        )],
        &[],
    ),
    of(
        (
            "`DeployerPolicies`, `ExecutionPolicies`",
            "added, removed, changed",
        ),
        &[],
        &[(
            SERVICES,
            "    Services: [logs, sqs]\n    DeployerPolicies:\n      - PolicyName: More\n        PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: Allow, Action: 'sns:ListTopics', Resource: '*' }] }\n    ExecutionPolicies:\n      - PolicyName: Other\n        PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: Allow, Action: 'sns:ListTopics', Resource: '*' }] }\n",
        )],
    ),
    of(
        ("`Region`", "another"),
        &[],
        &[(
            SERVICES,
            "    Services: [logs, sqs]\n    Region: eu-central-1\n",
        )],
    ),
    of(
        ("`Regions`", "one more, or one less, after the first"),
        &[(
            SERVICES,
            "    Services: [logs, sqs]\n    Regions: [eu-west-1, eu-central-1]\n",
        )],
        &[(
            SERVICES,
            "    Services: [logs, sqs]\n    Regions: [eu-west-1, us-east-1, eu-north-1]\n",
        )],
    ),
    of(
        ("`Regions`", "another first one"),
        &[(
            SERVICES,
            "    Services: [logs, sqs]\n    Regions: [eu-west-1, eu-central-1]\n",
        )],
        &[(
            SERVICES,
            "    Services: [logs, sqs]\n    Regions: [eu-central-1, eu-west-1]\n",
        )],
    ),
    of(
        ("`Path`", "another"),
        &[],
        &[(SERVICES, "    Services: [logs, sqs]\n    Path: /deploy/\n")],
    ),
    of(
        ("`MaxSessionDuration`, `Tags`", "another"),
        &[],
        &[(
            SERVICES,
            "    Services: [logs, sqs]\n    MaxSessionDuration: 3600\n    Tags: [{ Key: team, Value: shop }]\n",
        )],
    ),
    of(
        ("`TrustShape`", "another"),
        &[],
        &[(
            SERVICES,
            "    Services: [logs, sqs]\n    TrustShape: condition\n",
        )],
    ),
    of(("`Layout`", "another"), &[], &[PER_BINDING]),
    of(
        ("`LogicalIds`", "added or changed for what is deployed"),
        &[],
        &[(
            SERVICES,
            "    Services: [logs, sqs]\n    LogicalIds: { 'ShopDevAccount*': 'Dev*' }\n",
        )],
    ),
    of(
        (
            "`LogicalIds`",
            "together with the new name of the macro, an account, or a stage",
        ),
        &[],
        &[
            ("Shop: !", "Store: !"),
            (
                SERVICES,
                "    Services: [logs, sqs]\n    LogicalIds: { 'Store*': 'Shop*' }\n",
            ),
        ],
    ),
    of(
        ("`Partials`", "other statements"),
        &[],
        &[(
            "Resources:",
            "Definitions:\n  DeployRoles:\n    Partials: ./statements\n\nResources:",
        )],
    ),
    of(
        (
            "`Partials`",
            "another name, path, or description of a managed policy",
        ),
        &[],
        &[(
            "Resources:",
            "Definitions:\n  DeployRoles:\n    Partials: ./description\n\nResources:",
        )],
    ),
    of(
        (
            "`Account`, `ExcludeAccount`, `OrganizationalUnit`, `ExcludeOrganizationalUnit`, `AccountsWithTag`, `IncludeMasterAccount`, `Select`",
            "the same accounts are selected in another way",
        ),
        &[
            (
                DEV,
                "        AccountsWithTag: deploy-target\n        IncludeMasterAccount: false\n",
            ),
            (
                PROD,
                "        OrganizationalUnit: !Ref WorkloadsUnit\n        ExcludeOrganizationalUnit: !Ref NonProdUnit\n",
            ),
        ],
        &[
            (
                DEV,
                "        Account: '*'\n        ExcludeAccount: [!Ref ToolsAccount, !Ref ProdAccount]\n",
            ),
            (
                PROD,
                "        Select: $.Organization[?@.Properties.Tags.stage=='prod']\n",
            ),
        ],
    ),
    of(
        ("`Deny`", "added, removed, changed"),
        &[],
        &[(
            PROD,
            "        Account: !Ref ProdAccount\n        Deny: [sqs:DeleteQueue]\n",
        )],
    ),
    of(
        ("name of the macro", "another"),
        &[],
        &[("Shop: !", "Store: !")],
    ),
    of(
        ("logical id of an account", "another"),
        &[],
        &[("DevAccount", "TestAccount")],
    ),
];

fn edited(edits: &[Edit]) -> String {
    let mut text = TEMPLATE.to_owned();
    for (old, new) in edits {
        assert_eq!(text.matches(old).count(), 1, "{old} in\n{text}");
        text = text.replace(old, new);
    }
    text
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}\n{text}");
    String::from_utf8(output.stdout).unwrap()
}

/// Copies a built-in partial into a folder of its own, with another text in it.
fn partial(folder: &Path, name: &str, own: &str, (old, new): Edit) {
    run(folder, &["partials", "eject", name, "--to", own]);
    let file = folder.join(own).join(format!("{name}.hbs"));
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.matches(old).count(), 1, "{text}");
    std::fs::write(&file, text.replace(old, new)).unwrap();
}

/// What `diff` says: the verdict in the words of the table, and the rules that found something.
fn said(change: &Change) -> (String, BTreeSet<String>) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let organization = root().join("tests/golden/minimal/organization.yml");
    let organization = std::fs::read_to_string(organization).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("organization.yml", &organization);
    let queues = (
        "      - sqs:DeleteQueue\n",
        "      - sqs:DeleteQueue\n      - sqs:PurgeQueue\n",
    );
    partial(folder, "services/sqs", "statements", queues);
    let described = (
        "  Description: {{description}}",
        "  Description: Other words",
    );
    partial(
        folder,
        "tools/cross-account-policy",
        "description",
        described,
    );
    write("roles.src.yml", &edited(change.before));
    run(folder, &["expand", "roles.src.yml"]);
    for arguments in [
        &["init", "-q"][..],
        &["add", "."],
        &["commit", "-qm", "one"],
    ] {
        git(folder, arguments);
    }
    if change.argument == "logical id of an account" {
        write(
            "organization.yml",
            &organization.replace("DevAccount", "TestAccount"),
        );
    }
    write("roles.src.yml", &edited(change.after));
    let diff = [
        "diff",
        "--against",
        "HEAD",
        "--format",
        "json",
        "--only",
        "access",
        "roles.src.yml",
    ];
    let found: Value = serde_json::from_str(&run(folder, &diff)).unwrap();
    let rules: BTreeSet<String> = found["deployment"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap().to_owned())
        .collect();
    let verdict = match found["deploys"].as_str().unwrap() {
        "nothing refused" if rules.contains("replaced") => "replaced",
        "nothing refused" => "in place",
        "maybe refused" => "maybe refused",
        _ => "refused",
    };
    (verdict.to_owned(), rules)
}

/// A row of the table: the argument, the change, what it does, and the rules that it names.
struct Row {
    argument: String,
    change: String,
    verdict: String,
    rules: BTreeSet<String>,
}

fn rows() -> Vec<Row> {
    let page = std::fs::read_to_string(root().join("docs/deploy.md")).unwrap();
    let (_, section) = page
        .split_once("\n## What a change of an argument does\n")
        .unwrap();
    let lines = section.lines().skip_while(|line| !line.starts_with('|'));
    let lines = lines.take_while(|line| line.starts_with('|')).skip(2);
    let row = |line: &str| {
        let cells = line.trim_matches('|').split(" |");
        let cells: Vec<&str> = cells.map(str::trim).collect();
        let [argument, change, verdict, then] = cells.as_slice() else {
            panic!("{line}");
        };
        let links = then.split("](rules/").skip(1);
        let rules = links.map(|rest| rest.split(".md").next().unwrap().to_owned());
        Row {
            argument: (*argument).to_owned(),
            change: (*change).to_owned(),
            verdict: (*verdict).to_owned(),
            rules: rules.collect(),
        }
    };
    lines.map(row).collect()
}

#[test]
fn every_change_deploys_as_the_table_says() {
    let rows = rows();
    assert_eq!(
        rows.len(),
        CHANGES.len(),
        "a row without a change, or the reverse"
    );
    let mut wrong = Vec::new();
    for (row, change) in rows.iter().zip(CHANGES) {
        assert_eq!(
            (row.argument.as_str(), row.change.as_str()),
            (change.argument, change.change)
        );
        let (verdict, rules) = said(change);
        if (&verdict, &rules) != (&row.verdict, &row.rules) {
            let (argument, change) = (change.argument, change.change);
            wrong.push(format!("{argument}, {change}: {verdict}, {rules:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_argument_has_a_row() {
    let known = [ARGUMENTS, OF_THE_TEMPLATE, SELECTORS, OVERRIDES].concat();
    let known: BTreeSet<String> = known.iter().map(|one| one.name.to_owned()).collect();
    let names = |row: Row| -> Vec<String> {
        let names = row.argument.split('`').skip(1).step_by(2);
        names.map(str::to_owned).collect()
    };
    let listed: BTreeSet<String> = rows().into_iter().flat_map(names).collect();
    assert_eq!(listed, known);
    // What the test changes is what the row names.
    for change in CHANGES {
        let before = edited(change.before);
        let after = edited(change.after);
        assert_ne!(before, after, "{}", change.change);
        let names = change.argument.split('`').skip(1).step_by(2);
        let is_there = |name: &&str| before.contains(name) || after.contains(name);
        let missing: Vec<&str> = names.filter(|name| !is_there(name)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", change.change);
    }
}

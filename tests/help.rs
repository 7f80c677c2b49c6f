//! Every example in the help of every command, run in a copy of the shipped example, and compared with what
//! it says it does. Adding an example fails this test until [`EXAMPLES`] says how to tell that it is right.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and makes its own files"
)]

#[path = "support/sandbox.rs"]
mod example;

use std::collections::BTreeSet;
use std::path::Path;

use example::{example_in, run};

/// An example, and how to tell that it does what it says.
struct HelpExample {
    /// As it is typed.
    command: &'static str,
    /// Prepares the copy of the example: a shell script.
    before: &'static str,
    /// The exit code.
    code: i32,
    /// Succeeds if the command did what it says: a shell script, for which `$OUT` and `$ERR` are what was
    /// printed.
    after: &'static str,
}

const fn example(
    command: &'static str,
    before: &'static str,
    code: i32,
    after: &'static str,
) -> HelpExample {
    HelpExample {
        command,
        before,
        code,
        after,
    }
}

/// The source grants less than the generated file.
const LESS: &str = "sed -i 's/apigateway, dynamodb, sqs]/apigateway, dynamodb]/' org/roles.src.yml";
/// The same, and the generated file is current.
const LESS_EXPANDED: &str = "sed -i 's/apigateway, dynamodb, sqs]/apigateway, dynamodb]/' org/roles.src.yml; deploy-roles expand";
/// The source grants more, and the generated file is current.
const MORE_EXPANDED: &str = "sed -i 's/apigateway, dynamodb, sqs]/apigateway, dynamodb, sqs, sns]/' org/roles.src.yml; deploy-roles expand";
/// The bookshop under another name.
const SHOP: &str =
    "sed -i 's/Bookshop/Shop/g; s/bookshop/shop/g' org/roles.*yml; deploy-roles expand --force";
/// The same with the template of its app.
const SHOP_AND_APP: &str = "sed -i 's/Bookshop/Shop/g; s/bookshop/shop/g' org/roles.*yml; deploy-roles expand --force; cp $ROOT/tests/e2e/app/template.yml template.yaml";
/// The example with one macro.
const ONE_MACRO: &str = "sed -i '/# Payments:/,/sqs:DeleteQueue/d' org/roles.src.yml";
const LAUNCHPAD: &str =
    "sed -i 's/Bookshop/Launchpad/g; s/bookshop/slslaunchpad/g' org/roles.src.yml";
const APP: &str = "cp $ROOT/tests/e2e/app/template.yml template.yaml";
const LOG: &str = "cp $ROOT/tests/cmd/denied-of-a-log.in/deploy.log .";
/// A repository of OrgFormation without anything of this tool.
const NEW: &str = "mv org/organization.yml . && rm -r org Makefile";

const EXAMPLES: &[HelpExample] = &[
    example(
        "deploy-roles expand",
        "rm org/roles.yml",
        0,
        "grep -q '^wrote org/roles.yml' $ERR && git diff --quiet",
    ),
    example(
        "deploy-roles expand org/roles.src.yml",
        "rm org/roles.yml",
        0,
        "grep -q '^wrote org/roles.yml' $ERR && git diff --quiet",
    ),
    example(
        "deploy-roles expand --check",
        "",
        0,
        "grep -q 'up to date' $ERR",
    ),
    example(
        "deploy-roles expand --check",
        LESS,
        1,
        "grep -qx 'stale: org/roles.yml' $OUT && git diff --quiet org/roles.yml",
    ),
    example(
        "deploy-roles expand -o - org/roles.src.yml",
        "",
        0,
        "diff $OUT org/roles.yml",
    ),
    example(
        "deploy-roles expand --print-path org roles.src.yml",
        LESS,
        0,
        "test \"$(cat $OUT)\" = roles.yml && ! git diff --quiet org/roles.yml",
    ),
    example(
        "deploy-roles diff",
        LESS,
        0,
        "grep -q 'Bookshop' $OUT && grep -q '^-.*DeploySQS' $OUT && git diff --quiet org/roles.yml",
    ),
    example(
        "deploy-roles diff --against main",
        LESS_EXPANDED,
        0,
        "grep -q '^-.*DeploySQS' $OUT",
    ),
    example(
        "deploy-roles diff --against main --format markdown > comment.md",
        LESS_EXPANDED,
        0,
        "grep -q '^[#*|]' comment.md && grep -q 'DeploySQS' comment.md",
    ),
    example(
        "deploy-roles diff --against main --only access --fail-on widened",
        MORE_EXPANDED,
        1,
        "grep -q 'sns:CreateTopic' $OUT && ! grep -q '^+++' $OUT",
    ),
    example(
        "deploy-roles diff --against main --only access --fail-on widened",
        LESS_EXPANDED,
        0,
        "grep -q 'sqs' $OUT",
    ),
    example(
        "deploy-roles check",
        "",
        0,
        "for stage in generated lint test; do grep -q \"^$stage  *passed\" $OUT || exit 1; done",
    ),
    example(
        "deploy-roles check --against origin/main",
        "",
        0,
        "for stage in generated lint test access deployment; do grep -q \"^$stage  *passed\" $OUT || exit 1; done",
    ),
    example(
        "deploy-roles check --against origin/main --fail-on widened --fail-on warning",
        MORE_EXPANDED,
        1,
        "grep -q '^access  *failed' $OUT",
    ),
    example(
        "deploy-roles check --against main --format markdown > comment.md",
        "",
        0,
        "grep -q 'deployment' comment.md && test ! -s $OUT",
    ),
    example(
        "deploy-roles lint",
        "",
        0,
        "grep -q 'nothing found in 1 template' $ERR",
    ),
    example(
        "deploy-roles lint --fail-on warning",
        "",
        0,
        "grep -q 'nothing found' $ERR",
    ),
    example(
        "deploy-roles lint --fail-on warning",
        "sed -i 's/AppId: payments/AppId: payments-test/' org/roles.src.yml",
        1,
        "grep -q '^warning' $OUT",
    ),
    example(
        "deploy-roles lint --explain unknown-action",
        "",
        0,
        "for title in 'What it finds' 'Why it matters' 'What to write instead'; do grep -qx \"## $title\" $OUT || exit 1; done",
    ),
    example(
        "deploy-roles accounts",
        "",
        0,
        "grep -q '^MACRO  *STAGE  *ACCOUNT' $OUT && grep -q ':role/payments-TestRole' $OUT",
    ),
    example(
        "deploy-roles accounts --format json",
        "",
        0,
        "python3 -m json.tool $OUT >/dev/null && grep -q '\"ProdLibrariesAccount\"' $OUT",
    ),
    example(
        "deploy-roles accounts --select \"$.Organization[?@.Properties.Tags.stage=='prod']\"",
        "",
        0,
        "grep -q ProdAccount $OUT && ! grep -q DevAccount $OUT",
    ),
    example(
        "deploy-roles graph",
        "",
        0,
        "head -1 $OUT | grep -q '^flowchart'",
    ),
    example(
        "deploy-roles graph --format svg > roles.svg",
        "",
        0,
        "diff roles.svg $ROOT/docs/graph.svg",
    ),
    example(
        "deploy-roles graph --format dot",
        "",
        0,
        "head -1 $OUT | grep -q '^digraph'",
    ),
    example(
        "deploy-roles can '*' dynamodb:DeleteTable",
        "",
        0,
        "grep -q '^yes: role bookshop-CloudFormationExecutionRole.* dev ' $OUT",
    ),
    example(
        "deploy-roles can '*' dynamodb:DeleteTable --stage prod",
        "",
        0,
        "grep -q '^yes: .* prod ' $OUT && ! grep -q '^yes: .* dev ' $OUT",
    ),
    example(
        "deploy-roles can shop-DeployerRole s3:GetObject 'arn:aws:s3:::shop-uploads/*'",
        SHOP,
        0,
        "grep -Eq '^(yes|no|maybe): role shop-DeployerRole' $OUT || grep -q '3 may not' $OUT",
    ),
    example(
        "deploy-roles can Shop iam:CreateRole --where aws:RequestedRegion=eu-west-1",
        SHOP,
        0,
        "grep -q '^yes: role shop-CloudFormationExecutionRole' $OUT && ! grep -q payments- $OUT",
    ),
    example(
        "deploy-roles can '*' dynamodb:DeleteTable --through",
        "",
        0,
        "grep -q 'assumed by Service cloudformation.amazonaws.com' $OUT",
    ),
    example(
        "deploy-roles can '*' 'kms:*' --format json",
        "",
        0,
        "python3 -m json.tool $OUT >/dev/null",
    ),
    example(
        "deploy-roles test",
        "",
        0,
        "grep -q '19 expectations: 19 passed' $OUT",
    ),
    example(
        "deploy-roles test org/roles.src.yml",
        "",
        0,
        "grep -q '19 expectations: 19 passed' $OUT",
    ),
    example(
        "deploy-roles test org/organization.test.yml",
        "printf \"expectations:\\n  - name: no user\\n    who: '*'\\n    never: iam:CreateUser\\n\" > org/organization.test.yml",
        0,
        "grep -q '1 expectation: 1 passed' $OUT",
    ),
    example(
        "deploy-roles test --format junit > junit.xml",
        "",
        0,
        "grep -q '<testsuites' junit.xml",
    ),
    example(
        "deploy-roles infer template.yaml",
        APP,
        0,
        "grep -q '^Services: \\[lambda' $OUT && grep -q '^Why' $OUT",
    ),
    example(
        "deploy-roles infer cdk.out",
        "cp -r $ROOT/tests/cmd/infer-of-a-cdk-app.in/cdk.out .",
        0,
        "grep -q '^Services:' $OUT",
    ),
    example(
        "deploy-roles infer .serverless",
        "cp -r $ROOT/tests/cmd/infer-of-a-serverless-app.in/.serverless .",
        0,
        "grep -q '^Services:' $OUT",
    ),
    example(
        "deploy-roles infer template.yaml --macro Shop",
        SHOP_AND_APP,
        0,
        "grep -q sns $OUT && grep -q apigateway $OUT",
    ),
    example(
        "deploy-roles infer template.yaml --macro Shop --write",
        SHOP_AND_APP,
        0,
        "git diff org/roles.src.yml | grep -q '^+ .*Services: .*sns'",
    ),
    example(
        "deploy-roles infer template.yaml --macro Shop --check",
        SHOP_AND_APP,
        1,
        "grep -q sns $OUT",
    ),
    example(
        "deploy-roles infer template.yaml --macro Shop --check",
        "sed -i 's/Bookshop/Shop/g; s/bookshop/shop/g' org/roles.*yml; cp $ROOT/tests/e2e/app/template.yml template.yaml; deploy-roles infer template.yaml --macro Shop --write",
        0,
        "true",
    ),
    example(
        "deploy-roles infer template.yaml --write-partials partials",
        "cp $ROOT/tests/cmd/infer-writes-partials.in/template.yaml .",
        0,
        "ls partials/services/*.hbs",
    ),
    example(
        "deploy-roles partials list",
        "",
        0,
        "grep -q 'services/sqs' $OUT && grep -q 'eventSource' $OUT",
    ),
    example(
        "deploy-roles partials list | grep services/",
        "",
        0,
        "grep -q 'services/sqs' $OUT",
    ),
    example(
        "deploy-roles partials show services/sqs",
        "",
        0,
        "diff $OUT $ROOT/partials/services/sqs.hbs",
    ),
    example(
        "deploy-roles partials show services/sqs | diff partials/services/sqs.hbs -",
        "deploy-roles partials eject services/sqs; echo '# ours' >> partials/services/sqs.hbs",
        1,
        "grep -qx '< # ours' $OUT",
    ),
    example(
        "deploy-roles partials eject services/sqs",
        "",
        0,
        "tail -n +2 partials/services/sqs.hbs | diff - $ROOT/partials/services/sqs.hbs",
    ),
    example(
        "deploy-roles partials eject services/sqs --to ours",
        "",
        0,
        "test -s ours/services/sqs.hbs",
    ),
    example(
        "deploy-roles workflow",
        ONE_MACRO,
        0,
        "grep -q 'runs-on:' $OUT && grep -q 'bookshop' $OUT",
    ),
    example(
        "deploy-roles workflow --macro Shop org/roles.src.yml",
        SHOP,
        0,
        "grep -q 'runs-on:' $OUT && ! grep -q payments $OUT",
    ),
    example(
        "deploy-roles workflow --macro Shop --out-dir ../shop",
        SHOP,
        0,
        "grep -rq 'runs-on:' ../shop/.github/workflows",
    ),
    example(
        "deploy-roles export --macro Launchpad --out-dir stacks",
        LAUNCHPAD,
        0,
        "ls stacks/tools-account.json stacks/stage-dev.json stacks/stage-prod.json",
    ),
    example(
        "deploy-roles export --macro Launchpad --out-dir stacks org/roles.src.yml",
        LAUNCHPAD,
        0,
        "grep -q slslaunchpad-DeployerRole stacks/stage-dev.json",
    ),
    example(
        "deploy-roles schema > deploy-roles.schema.json",
        "",
        0,
        "python3 -m json.tool deploy-roles.schema.json >/dev/null && grep -q ToolsAccount deploy-roles.schema.json",
    ),
    example(
        "deploy-roles schema --organization org/organization.yml",
        "rm org/roles.src.yml",
        0,
        "grep -q ToolsAccount $OUT",
    ),
    example(
        "deploy-roles schema --partials partials",
        "deploy-roles partials eject services/sqs; mv partials/services/sqs.hbs partials/services/ours.hbs",
        0,
        "grep -q '\"ours\"' $OUT",
    ),
    example(
        "deploy-roles denied deploy.log",
        LOG,
        0,
        "grep -q 'sqs:CreateQueue' $OUT",
    ),
    example(
        "sls deploy 2>&1 | tee /dev/tty | deploy-roles denied -",
        "mkdir -p node_modules/.bin; printf '#!/bin/sh\\ncat $ROOT/tests/cmd/denied-of-a-log.in/deploy.log >&2\\n' > node_modules/.bin/sls; chmod +x node_modules/.bin/sls",
        0,
        "grep -q 'sqs:CreateQueue' $OUT",
    ),
    example(
        "aws cloudformation describe-stack-events --stack-name orders-dev | deploy-roles denied -",
        "mkdir -p node_modules/.bin; printf '#!/bin/sh\\ncat events.json\\n' > node_modules/.bin/aws; chmod +x node_modules/.bin/aws; printf '{\"StackEvents\":[{\"ResourceStatus\":\"CREATE_FAILED\",\"LogicalResourceId\":\"Jobs\",\"ResourceType\":\"AWS::SQS::Queue\",\"ResourceStatusReason\":\"User: arn:aws:sts::111122223333:assumed-role/orders-CloudFormationExecutionRole/AWSCloudFormation is not authorized to perform: sqs:CreateQueue on resource: arn:aws:sqs:eu-west-1:111122223333:jobs because no identity-based policy allows the sqs:CreateQueue action\"}]}' > events.json",
        0,
        "grep -q 'sqs:CreateQueue' $OUT",
    ),
    example(
        "deploy-roles denied --macro Orders deploy.log",
        "cp $ROOT/tests/cmd/denied-with-a-macro.in/deploy.log .; sed -i 's/Bookshop/Orders/; s/bookshop/orders/' org/roles.src.yml",
        0,
        "grep -q 'the macro `Orders` already has' $OUT",
    ),
    example(
        "deploy-roles init --dry-run",
        NEW,
        0,
        "grep -q '^--- # roles.src.yml' $OUT && test ! -e roles.src.yml",
    ),
    example(
        "deploy-roles init",
        NEW,
        0,
        "ls roles.src.yml Makefile organization-tasks.yml .github/workflows/deploy-roles.yml .vscode/settings.json .pre-commit-config.yaml && deploy-roles expand",
    ),
    example(
        "deploy-roles init --app-id orders --tools-account ToolsAccount",
        NEW,
        0,
        "grep -q 'AppId: orders' roles.src.yml && grep -q 'ToolsAccount: !Ref ToolsAccount' roles.src.yml",
    ),
    example(
        "deploy-roles init roles makefile",
        NEW,
        0,
        "test -e roles.src.yml && test -e Makefile && test ! -e .github",
    ),
    example(
        "deploy-roles lsp",
        "",
        0,
        "grep -q '\"hoverProvider\":true' $OUT && grep -q '\"unknown-account\"' $OUT",
    ),
    example(
        "deploy-roles lsp --against main",
        "",
        0,
        "grep -q 'no new access since main' $OUT",
    ),
];

/// What an editor sends to `lsp`: it opens a template, one of whose accounts is unknown, and asks for the lines over macros.
const EDITOR: &str = r#"
send() { printf 'Content-Length: %d\r\n\r\n%s' ${#1} "$1"; }
uri="file://$PWD/org/roles.src.yml"
text=$(python3 -c 'import json; print(json.dumps(open("org/roles.src.yml").read().replace("!Ref DevAccount", "!Ref DevAcount")))')
send '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}'
send '{"jsonrpc":"2.0","method":"initialized","params":{}}'
send '{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"'"$uri"'","languageId":"yaml","version":1,"text":'"$text"'}}}'
send '{"jsonrpc":"2.0","id":2,"method":"textDocument/codeLens","params":{"textDocument":{"uri":"'"$uri"'"}}}'
for _ in $(seq 300); do grep -q '"id":2' $OUT && break; sleep 0.1; done
send '{"jsonrpc":"2.0","id":3,"method":"shutdown"}'
send '{"jsonrpc":"2.0","method":"exit"}'
"#;

/// The commands of the help with its examples: `partials eject`, and what follows `Examples:`.
fn helps() -> Vec<(String, String)> {
    let mut command = deploy_roles::cli::command();
    command.build();
    let mut open: Vec<(&clap::Command, String)> = vec![(&command, String::new())];
    let mut found = Vec::new();
    while let Some((command, path)) = open.pop() {
        for inner in command.get_subcommands() {
            if inner.get_name() == "help" {
                continue;
            }
            let path = format!("{path} {}", inner.get_name());
            let help = inner.get_after_help();
            found.push((
                path.clone(),
                help.map(ToString::to_string).unwrap_or_default(),
            ));
            open.push((inner, path));
        }
    }
    found
}

/// The examples of a help, without what is said next to them.
fn examples(help: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_example = false;
    for line in help.lines() {
        is_example = line == "Examples:" || is_example && !line.is_empty();
        if let Some((_, command)) = line.split_once("!Cmd '") {
            found.push(command.trim_end_matches('\'').to_owned());
        } else if let Some(line) = line.strip_prefix("  ").filter(|line| {
            // What is further right goes on with what is said.
            is_example && !line.starts_with(' ')
        }) {
            let command = line.split_once("  ").map_or(line, |(command, _)| command);
            found.push(command.to_owned());
        }
    }
    found
}

#[test]
fn every_command_has_examples() {
    let helps = helps();
    assert!(helps.len() >= 19, "{helps:?}");
    for (path, help) in helps {
        assert!(!examples(&help).is_empty(), "deploy-roles{path}");
    }
}

#[test]
fn every_example_is_tested() {
    let helps = helps();
    let shown = helps.iter().flat_map(|(_, help)| examples(help));
    let shown: BTreeSet<String> = shown.collect();
    let tested = EXAMPLES.iter().map(|one| one.command.to_owned());
    let tested: BTreeSet<String> = tested.collect();
    assert_eq!(shown, tested);
}

#[test]
fn every_example_does_what_it_says() {
    let mut wrong = Vec::new();
    for one in EXAMPLES {
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().join("repository");
        std::fs::create_dir(&repository).unwrap();
        example_in(&repository);
        let known = format!(
            "export ROOT='{}' OUT='{}' ERR='{}'",
            env!("CARGO_MANIFEST_DIR"),
            folder.path().join("out").display(),
            folder.path().join("err").display()
        );
        let in_folder = |script: &str| run(Path::new(&repository), &format!("{known}\n{script}\n"));
        if let (code @ 1.., printed) = in_folder(&format!("git branch -f main\n{}", one.before)) {
            wrong.push(format!("before {}: {code}\n{printed}", one.command));
            continue;
        }
        let typed = if one.command.starts_with("deploy-roles lsp") {
            EDITOR
        } else {
            ":"
        };
        let command = one.command;
        let (code, _) = in_folder(&format!("{{ {typed}\n}} | {{ {command}\n}} > $OUT 2> $ERR"));
        if code != one.code {
            let (_, printed) = in_folder("cat $OUT $ERR");
            wrong.push(format!("{command}: exit code {code}\n{printed}"));
        } else if let (1.., printed) = in_folder(&format!("( {}\n)", one.after)) {
            let (_, shown) = in_folder("cat $OUT $ERR | head -100");
            wrong.push(format!(
                "{command}: not what it says: {}\n{printed}{shown}",
                one.after
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

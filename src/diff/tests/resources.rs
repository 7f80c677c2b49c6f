//! What is a change of a resource, and how it is told.

use snapbox::{IntoData, assert_data_eq, str};

use crate::diff::tests::{ROLE, told};

fn told_of(written: &str, otherwise: &str) -> String {
    assert_eq!(ROLE.matches(written).count(), 1, "{written}");
    told(ROLE, &ROLE.replace(written, otherwise))
}

#[test]
fn tells_actions_resources_and_conditions_of_a_statement() {
    let new = ROLE
        .replace(
            "- s3:DeleteBucket",
            "- s3:GetObject\n                  - s3:*",
        )
        .replace("arn:aws:s3:::b", "arn:aws:s3:::c")
        .replace("[o-1, o-2]", "[o-2, o-3]")
        .replace("Action: [sqs:CreateQueue]", "NotAction: [sqs:CreateQueue]");
    assert_data_eq!(
        told(ROLE, &new),
        str![[r#"
~ LaunchpadDevAccountDeployerRole AWS::IAM::Role [DevAccount] slslaunchpad-DeployerRole
    trust / #1 / Condition StringEquals aws:PrincipalOrgID: +o-3 -o-1
    inline DeployAppBuckets / ManageBuckets / Action: +s3:GetObject +s3:* -s3:DeleteBucket
    inline DeployAppBuckets / ManageBuckets / Resource: +!Sub arn:aws:s3:::c -!Sub arn:aws:s3:::b
    inline DeployQueues / #1 / Action: -sqs:CreateQueue
    inline DeployQueues / #1 / NotAction: +sqs:CreateQueue

"#]]
    );
}

#[test]
fn tells_policies_that_come_and_go() {
    let new = ROLE
        .replace("DeployQueues", "DeployTopics")
        .replace("sqs:CreateQueue", "sns:CreateTopic");
    assert_data_eq!(
        told(ROLE, &new),
        str![[r#"
~ LaunchpadDevAccountDeployerRole AWS::IAM::Role [DevAccount] slslaunchpad-DeployerRole
    inline DeployTopics / *: added
    inline DeployTopics / #1 / *: added Allow
    inline DeployTopics / #1 / Action: +sns:CreateTopic
    inline DeployTopics / #1 / Resource: +!GetAtt Queue.Arn
    inline DeployQueues / *: removed
    inline DeployQueues / #1 / *: removed Allow
    inline DeployQueues / #1 / Action: -sqs:CreateQueue
    inline DeployQueues / #1 / Resource: -!GetAtt Queue.Arn

"#]]
    );
}

#[test]
fn pairs_statements_by_sid_then_by_content_then_by_position() {
    let statements = |text: &str| {
        format!(
            "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      ManagedPolicyName: p\n      PolicyDocument:\n        Statement:\n{text}"
        )
    };
    let old = statements(
        "        - { Sid: A, Effect: Allow, Action: a:1, Resource: '*' }
        - { Sid: B, Effect: Allow, Action: b:1, Resource: '*' }
        - { Effect: Allow, Action: c:1, Resource: '*' }
        - { Sid: D, Effect: Deny, Action: d:1, Resource: '*' }
",
    );
    let new = statements(
        "        - { Effect: Allow, Action: [c:1, c:2], Resource: '*' }
        - { Sid: B2, Effect: Allow, Action: b:1, Resource: '*' }
        - { Sid: A, Effect: Deny, Action: a:1, Resource: '*' }
        - { Sid: E, Effect: Allow, Action: e:1, Resource: x }
",
    );
    assert_data_eq!(
        told(&old, &new),
        str![[r#"
~ P AWS::IAM::ManagedPolicy [] p
    PolicyDocument / #1 / Action: +c:2
    PolicyDocument / B2 / Sid: B -> B2
    PolicyDocument / A / Effect: Allow -> Deny
    PolicyDocument / E / *: added Allow
    PolicyDocument / E / Action: +e:1
    PolicyDocument / E / Resource: +x
    PolicyDocument / D / *: removed Deny
    PolicyDocument / D / Action: -d:1
    PolicyDocument / D / Resource: -*

"#]]
        .raw()
    );
}

#[test]
fn tells_attributes_from_and_to() {
    let new = ROLE
        .replace("MaxSessionDuration: 3600", "Path: /x/")
        .replace("Region: eu-west-1", "Region: eu-central-1")
        .replace("!Ref ToolsAccount", "ToolsAccount")
        .replace("Value: dev", "Value: prod")
        .replace("Key: app", "Key: team")
        .replace(
            "- arn:aws:iam::aws:policy/ReadOnlyAccess\n",
            "- arn:aws:iam::aws:policy/AdministratorAccess\n",
        );
    assert_data_eq!(
        told(ROLE, &new),
        str![[r#"
~ LaunchpadDevAccountDeployerRole AWS::IAM::Role [DevAccount] slslaunchpad-DeployerRole
    DependsOnAccount: !Ref ToolsAccount -> ToolsAccount
    OrganizationBinding.Region: eu-west-1 -> eu-central-1
    ManagedPolicyArns: +arn:aws:iam::aws:policy/AdministratorAccess -arn:aws:iam::aws:policy/ReadOnlyAccess
    MaxSessionDuration: removed 3600
    Path: added /x/
    Tags stage: dev -> prod
    Tags team: added launchpad
    Tags app: removed launchpad

"#]]
    );
}

#[test]
fn tells_data_that_only_look_alike_apart() {
    assert_data_eq!(
        told_of("MaxSessionDuration: 3600", "MaxSessionDuration: '3600'"),
        str![[r#"
~ LaunchpadDevAccountDeployerRole AWS::IAM::Role [DevAccount] slslaunchpad-DeployerRole
    MaxSessionDuration: 3600 -> '3600'

"#]]
    );
    assert_data_eq!(
        told_of(
            "      MaxSessionDuration: 3600\n",
            "      MaxSessionDuration: 3600\n      Path:\n"
        ),
        str![[r#"
~ LaunchpadDevAccountDeployerRole AWS::IAM::Role [DevAccount] slslaunchpad-DeployerRole
    Path: added null

"#]]
    );
    assert_data_eq!(
        told_of("!GetAtt Queue.Arn", "!Sub Queue.Arn"),
        str![[r#"
~ LaunchpadDevAccountDeployerRole AWS::IAM::Role [DevAccount] slslaunchpad-DeployerRole
    inline DeployQueues / #1 / Resource: +!Sub Queue.Arn -!GetAtt Queue.Arn

"#]]
    );
    assert_data_eq!(
        told(
            "Resources:\n  A:\n    X: [1, 2]\n    Y: []\n",
            "Resources:\n  A:\n    X: [2, 1]\n    Y: {}\n"
        ),
        str![[r#"
~ A  [] -
    X: reordered
    Y: [] -> {}

"#]]
    );
}

#[test]
fn tells_empty_parts_that_come_and_go() {
    let role = |rest: &str| {
        format!(
            "Resources:\n  A:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: a\n{rest}"
        )
    };
    for part in [
        "Tags: []",
        "Policies: []",
        "ManagedPolicyArns: []",
        "PolicyDocument: {}",
        "PolicyDocument: { Statement: [] }",
        "Policies: [{ PolicyName: x }]",
        "Policies: [{ PolicyName: x, PolicyDocument: !Include p.yml }]",
        "X: { Statement: { Effect: Allow, Condition: {} } }",
    ] {
        let with = role(&format!("      {part}\n"));
        let found = told(&role(""), &with);
        assert!(found.lines().count() > 1, "{part}: {found}");
        let found = told(&with, &role(""));
        assert!(found.lines().count() > 1, "{part}: {found}");
    }
}

#[test]
fn tells_resources_that_come_go_and_move_to_another_account() {
    let role = |id: &str, account: &str| {
        format!(
            "  {id}:\n    Type: AWS::IAM::User\n    OrganizationBinding:\n      Account: {account}\n    Properties:\n      UserName: {id}\n"
        )
    };
    let old = format!(
        "Resources:\n{}{}",
        role("A", "!Ref One"),
        role("B", "!Ref One")
    );
    let new = format!(
        "Resources:\n{}{}{}",
        role("C", "[!Ref One, !Ref Two]"),
        role("B", "!Ref Two"),
        role("D", "'*'")
    );
    assert_data_eq!(
        told(&old, &new),
        str![[r#"
+ C AWS::IAM::User [One,Two] C
~ B AWS::IAM::User [One,Two] B
    OrganizationBinding.Account: !Ref One -> !Ref Two
+ D AWS::IAM::User [*] D
- A AWS::IAM::User [One] A

"#]]
        .raw()
    );
}

#[test]
fn tells_other_sections_in_one_line_each() {
    let old = "Parameters:\n  a: 1\nOutputs: !Include x\nResources:\n  A:\n    Type: X\nMetadata: { a: 1, b: 2 }\n";
    let new = "Parameters:\n  a: 2\nConditions: {}\nResources:\n  A:\n    Type: X\nMetadata:\n  b: 2\n  a: 1\n";
    let expected = "~ section Parameters\n+ section Conditions\n- section Outputs\n";
    assert_eq!(told(old, new), expected);
    // The same by parsing the texts whole.
    let flow = |text: &str| {
        text.replace(
            "Resources:\n  A:\n    Type: X",
            "Resources: { A: { Type: X } }",
        )
    };
    assert_eq!(told(&flow(old), &flow(new)), expected);
}

#[test]
fn a_list_may_stand_at_the_column_of_its_section() {
    let old = "Regions:\n- a\n# comment\n- b\nResources:\n  A:\n    Type: X\n";
    let scanned = crate::template::blocks::scan(old).blocks.unwrap();
    assert_eq!(scanned.len(), 3);
    assert_eq!(told(old, &old.replace("- b", "- c")), "~ section Regions\n");
    assert_eq!(told(old, &old.replace("- b", "-  b")), "");
}

#[test]
fn tells_each_account_its_own_id() {
    let role = |account: &str, rest: &str| {
        format!(
            "  App{account}Role:\n    Type: AWS::IAM::Role\n    OrganizationBinding:\n      Account: !Ref {account}\n    Properties:\n      RoleName: app\n{rest}"
        )
    };
    let old = format!("Resources:\n{}{}", role("dev", ""), role("prod", ""));
    let new = |account: &str| {
        role(
            account,
            &format!(
                "      Path: !Sub '/${{{account}}}/'\n      Boundary: !GetAtt App{account}Boundary.Arn\n"
            ),
        )
    };
    let new = format!("Resources:\n{}{}", new("dev"), new("prod"));
    assert_data_eq!(
        told(&old, &new),
        str![[r#"
~ AppdevRole AWS::IAM::Role [dev] app
    Boundary: added !GetAtt AppdevBoundary.Arn
    Path: added !Sub /${dev}/
~ AppprodRole AWS::IAM::Role [prod] app
    Boundary: added !GetAtt AppprodBoundary.Arn
    Path: added !Sub /${prod}/

"#]]
    );
}

#[test]
fn an_account_named_like_a_key_or_an_action_changes_nothing() {
    for account in [
        "Type",
        "Ref",
        "Sub",
        "Effect",
        "GetObject",
        "Role",
        "e",
        "null",
        "RoleName",
    ] {
        let text = |action: &str| {
            format!(
                "Resources:\n  App{account}Role:\n    Type: AWS::IAM::Role\n    OrganizationBinding:\n      Account: !Ref {account}\n    Properties:\n      RoleName: x\n      Policies:\n        - PolicyName: p\n          PolicyDocument:\n            Statement:\n              - Effect: Allow\n                Action: {action}\n                Resource: !Sub '${{{account}}}'\n"
            )
        };
        assert_eq!(
            told(&text("s3:GetObject"), &text("s3:getobject")),
            "",
            "{account}"
        );
        let found = told(&text("s3:GetObject"), &text("s3:PutObject"));
        assert_eq!(
            found,
            format!(
                "~ App{account}Role AWS::IAM::Role [{account}] x\n    inline p / #1 / Action: +s3:PutObject -s3:GetObject\n"
            )
        );
    }
}

#[test]
fn an_account_in_an_escape_or_a_special_scalar_changes_nothing() {
    let text = |account: &str, note: &str| {
        format!(
            "Resources:\n  App{account}Role:\n    OrganizationBinding:\n      Account: !Ref {account}\n    Note: {note}\n"
        )
    };
    for (account, from, to) in [
        ("DevAccount", "DevAccount", "\"Dev\\x41ccount\""),
        ("DevAccount", "!Ref DevAccount", "!Ref 'DevAccount'"),
        ("nDev", "\"\\nDev\"", "\"\\x0aDev\""),
        ("ull", "null", "~"),
        ("e5", "1e5", "100000"),
        ("e", "true", "True"),
    ] {
        assert_eq!(
            told(&text(account, from), &text(account, to)),
            "",
            "{account}: {from}, {to}"
        );
    }
    // The same if the removed account is not in the previous resource.
    let note = |account: &str, note: &str| {
        text(account, note).replace(&format!("App{account}Role"), "Role")
    };
    let binding = "OrganizationBinding.Account: !Ref Other -> !Ref DevAccount\n";
    for (from, to, change) in [
        ("\"Dev\\x41ccount\"", "DevAccount", ""),
        (
            "a-\u{e000}",
            "a-DevAccount",
            "    Note: a-\u{e000} -> a-DevAccount\n",
        ),
    ] {
        let found = told(&note("Other", from), &note("DevAccount", to));
        let expected = format!("~ Role  [Other,DevAccount] -\n{change}    {binding}");
        assert_eq!(found, expected);
    }
}

#[test]
fn an_account_whose_id_has_more_than_letters_and_digits() {
    let role = |account: &str, letters: &str, rest: &str| {
        format!(
            "  App{letters}Role:\n    Type: T\n    OrganizationBinding:\n      Account: !Ref {account}\n{rest}"
        )
    };
    let rest = "    Note: App{l}Role in ${{a}}, {l}\n";
    let of = |account: &str| {
        let letters = account.replace(['-', '_'], "");
        let rest = rest.replace("{l}", &letters).replace("{a}", account);
        (role(account, &letters, ""), role(account, &letters, &rest))
    };
    let (first, second) = (of("dev-a"), of("prod_b"));
    let found = told(
        &format!("Resources:\n{}{}", first.0, second.0),
        &format!("Resources:\n{}{}", first.1, second.1),
    );
    assert_data_eq!(
        found,
        str![[r#"
~ AppdevaRole T [dev-a] -
    Note: added AppdevaRole in ${dev-a}, deva
~ AppprodbRole T [prod_b] -
    Note: added AppprodbRole in ${prod_b}, prodb

"#]]
        .raw()
    );
}

#[test]
fn a_resource_named_like_a_key_is_a_resource() {
    let flow = |id: &str, value: &str| {
        format!("Resources: {{ {id}: {value}, B: {{ <<: {{ Type: X }} }} }}\n")
    };
    for id in [
        "Policies",
        "Tags",
        "Statement",
        "ManagedPolicyArns",
        "Properties",
        "Ref",
        "Condition",
    ] {
        let of = |value: &str| format!("Resources:\n  {id}: {value}\n");
        for (from, to) in [
            (
                "[{ PolicyName: a }, { Key: a }]",
                "[{ Key: a }, { PolicyName: a }]",
            ),
            ("1", "2"),
        ] {
            let change = if from == "1" { "1 -> 2" } else { "reordered" };
            let expected = format!("~ {id}  [] -\n    value: {change}\n");
            assert_eq!(told(&of(from), &of(to)), expected);
            assert_eq!(told(&flow(id, from), &flow(id, to)), expected);
        }
    }
}

#[test]
fn everything_is_new_without_a_previous_text() {
    let comparison = crate::diff::tests::compare("roles.yml", None, ROLE);
    assert_eq!(
        crate::diff::tests::shown(&comparison),
        "+ LaunchpadDevAccountDeployerRole AWS::IAM::Role [DevAccount] slslaunchpad-DeployerRole\n+ section AWSTemplateFormatVersion\n+ section Organization\n"
    );
    assert_eq!(comparison.against, None);
    assert_eq!(comparison.hunks.len(), 1);
}

#[test]
fn says_why_a_text_cannot_be_compared() {
    let broken = ROLE.replace("Region: eu-west-1", "Region: [eu-west-1");
    assert!(
        told(&broken, ROLE).starts_with("not compared: the previous file is not a template: line "),
        "{}",
        told(&broken, ROLE)
    );
    assert!(told(ROLE, &broken).starts_with("not compared: the new file is not a template: line "));
    assert_eq!(
        told("- a\n", ROLE),
        "not compared: the previous file is not a template: it is not a mapping\n"
    );
    assert_eq!(
        told("Resources: [a]\n", ROLE),
        "not compared: the previous file has resources that are not a mapping\n"
    );
    assert_eq!(
        told("Resources:\n  A: 1\n  A: 1\n", ROLE),
        "not compared: the previous file is not a template: line 3: the key `A` appears twice in one mapping\n"
    );
}

#[test]
fn is_not_misled_by_quotes_and_brackets_over_several_lines() {
    // The key `B` stands inside of a flow mapping, and of a quoted scalar.
    let old = "Resources:\n  A: { x: 1,\n  B: { y: 1 } }\n  C:\n    z: 1\n";
    let new = old.replace("y: 1", "y: 2");
    assert_eq!(told(old, &new), "~ A  [] -\n    B.y: 1 -> 2\n");
    // A carriage return alone ends a line, of a value as well as of a comment.
    for old in [
        "Resources:\n  A:\n    x: 1\r  B:\n    y: 1\n",
        "Resources:\n  A:\n    x: 1\n  # comment\r  B:\n    y: 1\n",
    ] {
        assert_eq!(
            told(old, &old.replace("y: 1", "y: 2")),
            "~ B  [] -\n    y: 1 -> 2\n"
        );
    }
    let block = "Resources:\n  A:\n    x: |+\n      text\n\n  B:\n    y: 1\n";
    assert_eq!(
        told(block, &block.replace("\n\n  B", "\n  B")),
        "~ A  [] -\n    x: text\n\n -> text\n"
    );
}

#[test]
fn bounds_aliases() {
    let mut bomb = "A: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("A{level}: &a{level} [{aliases}]\n");
    }
    assert_eq!(
        told(&bomb, ROLE),
        "not compared: the previous file has aliases that expand to too many nodes\n"
    );
}

/// A macro's stage in `Layout: per-binding`: two roles bound to `accounts`.
fn stage(accounts: &[&str], action: &str) -> String {
    let items = accounts
        .iter()
        .map(|account| format!("        - !Ref {account}\n"));
    let list = items.collect::<Vec<_>>().concat();
    let role = |kind: &str, accounts: &str| {
        format!(
            "  AppDev{kind}:\n    Type: AWS::IAM::Role\n    OrganizationBinding:\n      Account: {accounts}      Region: eu-west-1\n    Properties:\n      RoleName: app-{kind}\n"
        )
    };
    format!(
        "Resources:\n{}{}      Policies:\n        - PolicyName: p\n          PolicyDocument:\n            Statement:\n              - Effect: Allow\n                Action: {action}\n                Resource: '*'\n",
        role("A", &format!("&AppDevAccounts\n{list}")),
        role("B", "*AppDevAccounts\n")
    )
}

#[test]
fn tells_an_account_that_joins_or_leaves_a_binding_of_that_account() {
    let old = stage(&["One", "Two"], "s3:Get*");
    assert_data_eq!(
        told(&old, &stage(&["One", "Two", "Three"], "s3:Get*")),
        str![[r#"
+ AppDevA AWS::IAM::Role [Three] app-A
+ AppDevB AWS::IAM::Role [Three] app-B

"#]]
        .raw()
    );
    assert_data_eq!(
        told(&old, &stage(&["Three", "One"], "s3:Put*")),
        str![[r#"
+ AppDevA AWS::IAM::Role [Three] app-A
- AppDevA AWS::IAM::Role [Two] app-A
~ AppDevB AWS::IAM::Role [One] app-B
    inline p / #1 / Action: +s3:Put* -s3:Get*
+ AppDevB AWS::IAM::Role [Three] app-B
- AppDevB AWS::IAM::Role [Two] app-B

"#]]
        .raw()
    );
    // The same accounts in another order, or all of them others.
    assert_eq!(told(&old, &stage(&["Two", "One"], "s3:Get*")), "");
    assert_data_eq!(
        told(&old, &stage(&["Three"], "s3:Put*")),
        str![[r#"
+ AppDevA AWS::IAM::Role [Three] app-A
- AppDevA AWS::IAM::Role [One,Two] app-A
+ AppDevB AWS::IAM::Role [Three] app-B
- AppDevB AWS::IAM::Role [One,Two] app-B

"#]]
        .raw()
    );
}

#[test]
fn tells_a_change_of_a_binding_once_for_all_of_its_accounts() {
    assert_data_eq!(
        told(
            &stage(&["One", "Two"], "s3:Get*"),
            &stage(&["One", "Two"], "s3:Put*")
        ),
        str![[r#"
~ AppDevB AWS::IAM::Role [One,Two] app-B
    inline p / #1 / Action: +s3:Put* -s3:Get*

"#]]
        .raw()
    );
}

#[test]
fn tells_a_list_apart_from_what_selects_accounts_otherwise() {
    let role = |binding: &str| {
        format!("Resources:\n  A:\n    Type: T\n    OrganizationBinding: {{ {binding} }}\n")
    };
    assert_data_eq!(
        told(
            &role("Account: !Ref One"),
            &role("Account: [!Ref One, !Ref Two]")
        ),
        str![[r#"
+ A T [Two] -

"#]]
        .raw()
    );
    // Which accounts these are is not in the file.
    for (old, new, expected) in [
        (
            "Account: '*'",
            "Account: [!Ref One]",
            "OrganizationBinding.Account: * -> [!Ref One]",
        ),
        (
            "Account: [!Ref One], OrganizationalUnit: !Ref Unit",
            "Account: [!Ref Two], OrganizationalUnit: !Ref Unit",
            "OrganizationBinding.Account: +!Ref Two -!Ref One",
        ),
        (
            "Account: !Ref One",
            "Account: [!Ref One]",
            "OrganizationBinding.Account: !Ref One -> [!Ref One]",
        ),
    ] {
        let found = told(&role(old), &role(new));
        assert!(found.starts_with("~ A T"), "{found}");
        assert!(found.contains(expected), "{found}");
    }
}

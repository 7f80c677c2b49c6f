//! What does not count as a change of a resource.

use crate::diff::tests::{ROLE, told};

/// `ROLE` against itself with one passage written in another way.
fn is_noise(written: &str, otherwise: &str) {
    assert_eq!(ROLE.matches(written).count(), 1, "{written}");
    let new = ROLE.replace(written, otherwise);
    assert_eq!(told(ROLE, &new), "");
    assert_eq!(told(&new, ROLE), "");
}

#[test]
fn quoting() {
    is_noise(
        "Effect: Allow\n                Action: s3:",
        "Effect: \"Allow\"\n                Action: s3:",
    );
    is_noise("RoleName: slslaunchpad", "'RoleName': slslaunchpad");
}

#[test]
fn comments_and_blank_lines() {
    is_noise(
        "    Properties:\n",
        "\n    # comment\n    Properties: # another\n\n",
    );
    is_noise(
        "  # Launchpad (slslaunchpad): stage dev, account DevAccount\n",
        "",
    );
    is_noise("AWSTemplate", "# checksum: xxh3:0\nAWSTemplate");
}

#[test]
fn the_order_of_keys() {
    is_noise(
        "      RoleName: slslaunchpad-DeployerRole\n      MaxSessionDuration: 3600\n",
        "      MaxSessionDuration: 3600\n      RoleName: slslaunchpad-DeployerRole\n",
    );
}

#[test]
fn the_order_of_actions_resources_and_condition_values() {
    is_noise(
        "- sts:AssumeRole\n              - sts:TagSession",
        "- sts:TagSession\n              - sts:AssumeRole\n              - sts:TagSession",
    );
    is_noise(
        "[o-1, o-2]",
        "\n                  - o-2\n                  - o-1",
    );
    is_noise(
        "- !Sub 'arn:aws:s3:::${DevAccount}-a'\n                  - !Sub arn:aws:s3:::b",
        "- !Sub arn:aws:s3:::b\n                  - !Sub 'arn:aws:s3:::${DevAccount}-a'",
    );
}

#[test]
fn one_value_or_a_list_of_one() {
    is_noise("Resource: '*'", "Resource: ['*']");
    is_noise(
        "Action: s3:ListAllMyBuckets",
        "Action: [s3:ListAllMyBuckets]",
    );
    is_noise("AWS: !Sub", "AWS:\n              - !Sub");
    is_noise(
        "Resource: !GetAtt Queue.Arn",
        "Resource: [!GetAtt Queue.Arn]",
    );
    is_noise(
        "              - Effect: Allow\n                Action: [sqs:CreateQueue]\n                Resource:",
        "                Effect: Allow\n                Action: [sqs:CreateQueue]\n                Resource:",
    );
}

#[test]
fn the_case_of_actions() {
    is_noise("s3:CreateBucket", "S3:createbucket");
}

#[test]
fn the_order_of_statements() {
    let (first, second) = statements();
    is_noise(&format!("{first}{second}"), &format!("{second}{first}"));
}

fn statements() -> (&'static str, &'static str) {
    let start = ROLE.find("              - Sid: ListAllBuckets").unwrap();
    let middle = ROLE.find("              - Sid: ManageBuckets").unwrap();
    let end = ROLE.find("        - PolicyName: DeployQueues").unwrap();
    (part(start, middle), part(middle, end))
}

fn part(start: usize, end: usize) -> &'static str {
    ROLE.get(start..end).unwrap()
}

#[test]
fn the_order_of_policies_managed_policies_and_tags() {
    let start = ROLE.find("        - PolicyName: DeployAppBuckets").unwrap();
    let middle = ROLE.find("        - PolicyName: DeployQueues").unwrap();
    let end = ROLE.find("      Tags:").unwrap();
    let (first, second) = (part(start, middle), part(middle, end));
    is_noise(&format!("{first}{second}"), &format!("{second}{first}"));
    is_noise(
        "- arn:aws:iam::aws:policy/ReadOnlyAccess\n        - !Ref LaunchpadDevAccountPolicy",
        "- !Ref LaunchpadDevAccountPolicy\n        - arn:aws:iam::aws:policy/ReadOnlyAccess",
    );
    is_noise(
        "        - Key: stage\n          Value: dev\n        - Key: app\n          Value: launchpad\n",
        "        - Value: launchpad\n          Key: app\n        - { Key: stage, Value: dev }\n",
    );
}

#[test]
fn short_and_long_forms_of_functions() {
    is_noise("!Sub arn:aws:s3:::b", "Fn::Sub: arn:aws:s3:::b");
    is_noise("Account: !Ref DevAccount", "Account: { Ref: DevAccount }");
    is_noise("!GetAtt Queue.Arn", "{ 'Fn::GetAtt': [Queue, Arn] }");
    is_noise("!GetAtt Queue.Arn", "!GetAtt [Queue, Arn]");
}

#[test]
fn booleans_and_numbers_as_text_in_conditions() {
    let condition = |flag: &str, number: &str| {
        ROLE.replace(
            "aws:PrincipalOrgID: [o-1, o-2]",
            &format!("aws:MultiFactorAuthPresent: {flag}\n                aws:EpochTime: {number}"),
        )
    };
    assert_eq!(
        told(&condition("true", "12"), &condition("'true'", "['12']")),
        ""
    );
}

#[test]
fn line_ends_and_the_byte_order_mark() {
    let crlf = ROLE.replace('\n', "\r\n");
    assert_eq!(told(ROLE, &crlf), "");
    assert_eq!(told(ROLE, &format!("\u{feff}{ROLE}")), "");
    assert_eq!(told(ROLE, ROLE.trim_end()), "");
}

#[test]
fn indentation_and_anchors() {
    let old =
        "Resources:\n  A:\n    Type: X\n    Tags: [{ Key: a, Value: b }]\n  B:\n    Type: X\n";
    let new = "Resources:\n    A: &a\n        Type: X\n        Tags: [{ Value: b, Key: a }]\n    B:\n        Type: X\n";
    assert_eq!(told(old, new), "");
    let merged =
        "Resources:\n  A:\n    <<: &a { Type: X }\n    Tags: [{ Key: a, Value: b }]\n  B: *a\n";
    assert_eq!(told(old, merged), "");
}

#[test]
fn a_resource_that_moved() {
    let a = "  A:\n    Type: X\n";
    let b = "  B:\n    Type: Y\n\n";
    let c = "  # c\n  C:\n    Type: Z\n";
    assert_eq!(
        told(
            &format!("Resources:\n{a}{b}{c}"),
            &format!("Resources:\n{c}{a}{b}")
        ),
        ""
    );
}

/// OrgFormation's parser reads a plain date as a time, and OrgFormation cuts it back if it is a
/// `Version`.
#[test]
fn quotes_of_a_version_are_noise_and_of_another_date_are_not() {
    let plain = ROLE.replace("Version: '2012-10-17'", "Version: 2012-10-17");
    assert_eq!(told(ROLE, &plain), "");
    let other = |version: &str| ROLE.replace("Version: '2012-10-17'", version);
    assert_ne!(
        told(&other("Day: '2012-10-17'"), &other("Day: 2012-10-17")),
        ""
    );
}

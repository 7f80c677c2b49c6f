//! Holes in generated files, each with what finds it.

use super::{Edit, File};

/// A hole that is a change of the text.
pub(crate) struct OwnHole {
    pub(crate) name: &'static str,
    pub(crate) file: File,
    pub(crate) edits: &'static [Edit],
    pub(crate) finds: Finds,
}

/// A hole that is one more statement.
pub(crate) struct Statement {
    pub(crate) role: AddedTo,
    /// What it allows, about everything.
    pub(crate) actions: &'static str,
    pub(crate) finds: Finds,
}

/// Who gets a statement, and the Sid of the statement that it is put before.
pub(crate) type AddedTo = (&'static str, &'static str);

/// Parts of the lines that are then new. If there are none, the command is not asked: it takes time, and
/// `paths` asks `lint` about each row.
#[derive(Clone, Copy)]
pub(crate) struct Finds {
    pub(crate) lint: &'static [&'static str],
    pub(crate) test: &'static [&'static str],
}

pub(crate) const DEPLOYER: AddedTo = ("DeployerRole", "PassExecutionRole");
pub(crate) const EXECUTION: AddedTo = ("CloudFormationExecutionRole", "DenyOwnRoles");
pub(crate) const TESTER: AddedTo = ("TestRole", "ReadOutputs");
pub(crate) const CI: AddedTo = ("CI", "AssumeDeployRoles");

const fn hole(
    name: &'static str,
    file: File,
    edits: &'static [Edit],
    lint: &'static [&'static str],
    test: &'static [&'static str],
) -> OwnHole {
    let finds = Finds { lint, test };
    OwnHole {
        name,
        file,
        edits,
        finds,
    }
}

pub(crate) const fn statement(
    role: AddedTo,
    actions: &'static str,
    lint: &'static [&'static str],
    test: &'static [&'static str],
) -> Statement {
    let finds = Finds { lint, test };
    Statement {
        role,
        actions,
        finds,
    }
}

const OF_THE_APP: &str = "a boundary limits roles of the app, which no template of roles has";

/// Holes that neither command finds: a part of the name of the hole, and why.
pub(crate) const NOT_FOUND: &[(&str, &str)] = &[
    (
        "Golden(\"framework-cdk\"), [Drop(\"DenyOwnRoles\")]",
        "no principal of the template has the policy: the bootstrap of the CDK attaches it",
    ),
    ("[Drop(\"BoundaryDenyAdmin\")]", OF_THE_APP),
    ("[Drop(\"BoundaryDenyDeployRoles\")]", OF_THE_APP),
    ("[Drop(\"BoundaryDenyStacks\")]", OF_THE_APP),
    ("[Drop(\"BoundaryDenyOtherCode\")]", OF_THE_APP),
];

pub(crate) const CHANGES: &[OwnHole] = &[
    hole(
        "guard: the Deny is about another role",
        File::Example,
        &[Edit::Replace(
            "role/payments-TestRole'\n                  - !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/payments-CodeBuildRole'",
            "role/payments-CodeBuildRole'",
        )],
        &[],
        &["nobody changes the deploy roles"],
    ),
    hole(
        "guard: the Deny has a condition",
        File::Example,
        &[Edit::Replace(
            "              - Sid: DenyOwnRoles\n                Effect: Deny\n",
            "              - Sid: DenyOwnRoles\n                Effect: Deny\n                Condition: { Bool: { aws:ViaAWSService: 'false' } }\n",
        )],
        &[],
        &["nobody changes the deploy roles"],
    ),
    hole(
        "guard: the Deny is an Allow",
        File::Example,
        &[Edit::Replace(
            "              - Sid: DenyOwnRoles\n                Effect: Deny\n",
            "              - Sid: DenyOwnRoles\n                Effect: Allow\n",
        )],
        &[],
        &["nobody changes the deploy roles"],
    ),
    hole(
        "Deny of a target without the table",
        File::Example,
        &[Edit::Replace(
            "                  - dynamodb:DeleteTable\n                  - sqs:DeleteQueue\n                Resource:\n                  - '*'",
            "                  - sqs:DeleteQueue\n                Resource:\n                  - '*'",
        )],
        &[],
        &["nobody deletes a table or a queue of payments in production"],
    ),
    hole(
        "condition: PassedToService with another service",
        File::Example,
        &[Edit::Replace(
            "iam:PassedToService: cloudformation.amazonaws.com",
            "iam:PassedToService: [cloudformation.amazonaws.com, ec2.amazonaws.com]",
        )],
        &[],
        &["CI passes no role but to CloudFormation"],
    ),
    hole(
        "condition: PassedToService of any service",
        File::Example,
        &[
            Edit::Replace(
                "iam:PassedToService: cloudformation.amazonaws.com",
                "iam:PassedToService: '*.amazonaws.com'",
            ),
            Edit::Replace(
                "StringEquals:\n                    iam:PassedToService",
                "StringLike:\n                    iam:PassedToService",
            ),
        ],
        &[],
        &["CI passes no role but to CloudFormation"],
    ),
    hole(
        "condition: PassedToService of app roles with another service",
        File::Example,
        &[Edit::Replace(
            "                      - appsync.amazonaws.com\n",
            "                      - appsync.amazonaws.com\n                      - ec2.amazonaws.com\n",
        )],
        &[],
        &["roles of an app are passed to no virtual machine"],
    ),
    hole(
        "condition: second factor gone",
        File::Example,
        &[Edit::Replace(
            "            Condition:\n              Bool:\n                aws:MultiFactorAuthPresent: 'true'\n",
            "",
        )],
        &["trusts-whole-account"],
        &["nobody is on call with access keys alone"],
    ),
    hole(
        "condition: second factor if it exists",
        File::Example,
        &[Edit::Replace(
            "              Bool:\n                aws:MultiFactorAuthPresent",
            "              BoolIfExists:\n                aws:MultiFactorAuthPresent",
        )],
        &[],
        &["nobody is on call with access keys alone"],
    ),
    hole(
        "condition: any role of CloudFormation",
        File::Example,
        &[Edit::Replace(
            "StringEquals:\n                    cloudformation:RoleArn: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/payments-CloudFormationExecutionRole'",
            "StringLikeIfExists:\n                    cloudformation:RoleArn: '*'",
        )],
        &[],
        &["deployers change stacks only with the role of CloudFormation"],
    ),
    hole(
        "trust: anybody",
        File::Example,
        &[Edit::Replace(
            "                - !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:role/payments-CodeBuildRole'\n",
            "                - '*'\n",
        )],
        &["trusts-anyone"],
        &["only the CI of payments deploys"],
    ),
    hole(
        "trust: the whole account of CI",
        File::Example,
        &[Edit::Replace(
            "                - !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:user/bookshop-GitHubActionsUser'\n",
            "                - !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:root'\n",
        )],
        &["trusts-whole-account"],
        &["only the shop's CI deploys the shop"],
    ),
    hole(
        "trust: the whole account",
        File::Example,
        &[Edit::Replace(
            "                - !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:user/bookshop-GitHubActionsUser'\n",
            "                - !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:user/bookshop-GitHubActionsUser'\n                - !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root'\n",
        )],
        &[],
        &["only the shop's CI deploys the shop"],
    ),
    hole(
        "trust: another account",
        File::Example,
        &[Edit::Replace(
            "                - !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:user/bookshop-GitHubActionsUser'\n",
            "                - !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:user/bookshop-GitHubActionsUser'\n                - arn:aws:iam::999999999999:root\n",
        )],
        &[],
        &["only the shop's CI deploys the shop"],
    ),
    hole(
        "trust: a role of another account",
        File::Example,
        &[Edit::Replace(
            "                - !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:role/payments-CodeBuildRole'\n",
            "                - !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:role/payments-CodeBuildRole'\n                - arn:aws:iam::999999999999:role/ci\n",
        )],
        &[],
        &["only the CI of payments deploys and tests payments"],
    ),
    hole(
        "trust: another service deploys",
        File::Example,
        &[Edit::Add(
            "TrustPrincipals",
            "{ Sid: Hole, Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }",
        )],
        &[],
        &["only the CI of payments deploys and tests payments"],
    ),
    hole(
        "trust: people have the execution role",
        File::Example,
        &[Edit::Add(
            "TrustCloudFormation",
            "{ Sid: Hole, Effect: Allow, Principal: { AWS: !Ref ToolsAccount }, Action: sts:AssumeRole }",
        )],
        &["trusts-whole-account"],
        &["only CloudFormation has the execution roles"],
    ),
    hole(
        "trust: CodeBuild of any account",
        File::Example,
        &[
            Edit::Replace(
                "aws:SourceAccount: !Ref AWS::AccountId",
                "aws:SourceAccount: '*'",
            ),
            Edit::Replace(
                "              StringEquals:\n                aws:SourceAccount",
                "              StringLike:\n                aws:SourceAccount",
            ),
        ],
        &[],
        &["only the CI of payments deploys and tests payments"],
    ),
    hole(
        "trust: everybody else",
        File::Example,
        &[Edit::Replace(
            "            Principal:\n              AWS:\n                - !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:role/payments-CodeBuildRole'\n            Action:",
            "            NotPrincipal:\n              AWS:\n                - !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:role/payments-CodeBuildRole'\n            Action:",
        )],
        &[],
        &["only the CI of payments deploys"],
    ),
    hole(
        "trust: on call from another account",
        File::Example,
        &[Edit::Replace(
            "AWS: !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:root'",
            "AWS: !Sub 'arn:${AWS::Partition}:iam::999999999999:root'",
        )],
        &[],
        &["only people of the Tools account are on call"],
    ),
    hole(
        "CI user: any role of the accounts",
        File::Example,
        &[Edit::Replace(
            "${ProdAccount}:role/bookshop-DeployerRole",
            "${ProdAccount}:role/*",
        )],
        &[],
        &["CI signs in to no role but those that deploy and test"],
    ),
    hole(
        "execution role: tables of all apps",
        File::Example,
        &[Edit::Replace("table/bookshop-*", "table/*")],
        &[],
        &["the shop does not touch payments"],
    ),
    hole(
        "execution role: buckets of all apps",
        File::Example,
        &[Edit::Replace("s3:::bookshop-*", "s3:::*")],
        &[],
        &["the shop does not touch payments"],
    ),
    hole(
        "on call: an administrator",
        File::Example,
        &[Edit::Replace(
            "policy/CloudWatchReadOnlyAccess",
            "policy/AdministratorAccess",
        )],
        &[],
        &["whoever is on call changes nothing"],
    ),
    hole(
        "boundary: any boundary",
        File::Golden("permissions-boundary"),
        &[
            Edit::Drop("DenyWithoutBoundary"),
            Edit::Replace(
                "iam:PermissionsBoundary: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/shop-AppBoundary'",
                "iam:PermissionsBoundary: '*'",
            ),
            Edit::Replace(
                "                  StringEquals:\n                    iam:PermissionsBoundary: '*'",
                "                  StringLike:\n                    iam:PermissionsBoundary: '*'",
            ),
        ],
        &["E2:", "E3:", "E13:"],
        &["roles of shop have no other boundary"],
    ),
    hole(
        "boundary: its text can be changed",
        File::Golden("permissions-boundary"),
        &[Edit::Drop("DenyBoundaryEdit")],
        &[],
        &["nobody changes the boundary of wiki"],
    ),
    hole(
        "token: no subject",
        File::Golden("trusted-by-github-oidc"),
        &[Edit::Replace(
            "                token.actions.githubusercontent.com:sub:\n                  - repo:acme/shop:environment:prod\n                  - repo:acme@123456/shop@456789:environment:prod\n",
            "",
        )],
        &[],
        &["only CI deploys shop"],
    ),
    hole(
        "token: no subject and no ids",
        File::Golden("trusted-by-github-oidc"),
        &[Edit::Replace(
            "                token.actions.githubusercontent.com:sub:\n                  - repo:acme/shop:environment:prod\n                  - repo:acme@123456/shop@456789:environment:prod\n                token.actions.githubusercontent.com:repository_id:\n                  - '456789'\n                token.actions.githubusercontent.com:repository_owner_id:\n                  - '123456'\n                token.actions.githubusercontent.com:environment:\n                  - prod\n",
            "",
        )],
        &["token-without-subject"],
        &["only CI deploys shop"],
    ),
    hole(
        "token: no audience",
        File::Golden("trusted-by-github-oidc"),
        &[Edit::Replace(
            "                token.actions.githubusercontent.com:aud:\n                  - sts.amazonaws.com\n",
            "",
        )],
        &[],
        &["only CI deploys shop"],
    ),
    hole(
        "token: any repository",
        File::Golden("trusted-by-github-oidc"),
        &[Edit::Replace(
            "              StringEquals:\n                token.actions.githubusercontent.com:aud:\n                  - sts.amazonaws.com\n                token.actions.githubusercontent.com:sub:\n                  - repo:acme/shop:environment:prod\n                  - repo:acme@123456/shop@456789:environment:prod\n                token.actions.githubusercontent.com:repository_id:\n                  - '456789'\n                token.actions.githubusercontent.com:repository_owner_id:\n                  - '123456'\n                token.actions.githubusercontent.com:environment:\n                  - prod\n",
            "              StringLike:\n                token.actions.githubusercontent.com:aud:\n                  - sts.amazonaws.com\n                token.actions.githubusercontent.com:sub: '*'\n",
        )],
        &[],
        &["only CI deploys shop"],
    ),
    hole(
        "token: any repository of the owner",
        File::Golden("trusted-by-github-oidc"),
        &[Edit::Replace(
            "              StringEquals:\n                token.actions.githubusercontent.com:aud:\n                  - sts.amazonaws.com\n                token.actions.githubusercontent.com:sub:\n                  - repo:acme/shop:environment:prod\n                  - repo:acme@123456/shop@456789:environment:prod\n                token.actions.githubusercontent.com:repository_id:\n                  - '456789'\n                token.actions.githubusercontent.com:repository_owner_id:\n                  - '123456'\n                token.actions.githubusercontent.com:environment:\n                  - prod\n",
            "              StringLike:\n                token.actions.githubusercontent.com:aud:\n                  - sts.amazonaws.com\n                token.actions.githubusercontent.com:sub: 'repo:acme/*'\n",
        )],
        &[],
        &["only CI deploys shop"],
    ),
    hole(
        "token: claims that may be missing",
        File::Golden("trusted-by-github-oidc"),
        &[Edit::Replace(
            "              StringEquals:\n                token.actions.githubusercontent.com:aud:\n                  - sts.amazonaws.com\n                token.actions.githubusercontent.com:sub:\n                  - repo:acme/shop:environment:prod\n                  - repo:acme@123456/shop@456789:environment:prod\n",
            "              StringEqualsIfExists:\n                token.actions.githubusercontent.com:aud:\n                  - sts.amazonaws.com\n                token.actions.githubusercontent.com:sub:\n                  - repo:acme/shop:environment:prod\n                  - repo:acme@123456/shop@456789:environment:prod\n",
        )],
        &["claim-may-be-missing"],
        &["only CI deploys shop"],
    ),
    hole(
        "token: no condition",
        File::Golden("trusted-by-github-oidc"),
        &[Edit::DropCondition("TrustGitHub")],
        &["token-without-subject"],
        &["only CI deploys shop"],
    ),
];

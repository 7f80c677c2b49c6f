//! What a security team expects of the golden cases: test files for `test`.

/// What is expected of an app `APP` of a golden case.
pub(crate) const EXPECTATIONS: &str = "
  - name: only CI deploys APP
    who: { role: APP-DeployerRole }
    assumed-only-by:
TRUSTED

  - name: only CloudFormation has the execution role of APP
    who: { role: APP-CloudFormationExecutionRole }
    assumed-only-by: cloudformation.amazonaws.com

  - name: nobody changes the deploy roles of APP
    who: '*'
    never:
      - iam:AttachRolePolicy
      - iam:DeleteRole
      - iam:DeleteRolePolicy
      - iam:DetachRolePolicy
      - iam:PutRolePolicy
      - iam:UpdateAssumeRolePolicy
    resources:
      - arn:aws:iam::*:role/APP-CloudFormationExecutionRole
      - arn:aws:iam::*:role/APP-DeployerRole
      - arn:aws:iam::*:role/deploy/APP-CloudFormationExecutionRole
      - arn:aws:iam::*:role/deploy/APP-DeployerRole

  - name: roles of APP have its boundary
    who: { role: APP-CloudFormationExecutionRole }
    never: [iam:CreateRole, iam:PutRolePolicy]
    where: { iam:PermissionsBoundary: '' }

  - name: roles of APP have no other boundary
    who: { role: APP-CloudFormationExecutionRole }
    never: [iam:CreateRole, iam:PutRolePolicy]
    where: { iam:PermissionsBoundary: 'arn:aws:iam::aws:policy/AdministratorAccess' }

  - name: roles of APP keep their boundary
    who: { role: APP-CloudFormationExecutionRole }
    never: iam:DeleteRolePermissionsBoundary

  - name: nobody changes the boundary of APP
    who: '*'
    never: [iam:CreatePolicyVersion, iam:DeletePolicy, iam:SetDefaultPolicyVersion]
    resources: arn:aws:iam::*:policy/APP-AppBoundary

  - name: the DeployerRole of APP creates and changes stacks only with the role of CloudFormation
    who: { role: APP-DeployerRole }
    never: [cloudformation:CreateStack, cloudformation:UpdateStack]
    where: { cloudformation:RoleArn: '' }

  - name: the DeployerRole of APP gives stacks no other role
    who: { role: APP-DeployerRole }
    never: [cloudformation:CreateStack, cloudformation:DeleteStack, cloudformation:UpdateStack]
    where: { cloudformation:RoleArn: 'arn:aws:iam::300000000003:role/administrator' }

  - name: the DeployerRole of APP does not touch the stacks of the deploy roles
    who: { role: APP-DeployerRole }
    never: ['cloudformation:Create*', 'cloudformation:Delete*', 'cloudformation:Update*']
    resources: arn:aws:cloudformation:*:*:stack/APP-deploy-roles*/*

  - name: the execution role of APP does not touch the stacks of the deploy roles
    who: { role: APP-CloudFormationExecutionRole }
    never: ['cloudformation:Create*', 'cloudformation:Delete*', 'cloudformation:Update*']
    resources: arn:aws:cloudformation:*:*:stack/APP-deploy-roles*/*

  - name: the DeployerRole of APP opens nothing but through CloudFormation
    who: { role: APP-DeployerRole }
    never: [ecr:SetRepositoryPolicy, s3:PutBucketPolicy]
    where: { aws:CalledVia: '' }

  - name: the DeployerRole of APP changes no stack that SAM has created
    who: { role: APP-DeployerRole }
    never: cloudformation:CreateChangeSet
    resources: arn:aws:cloudformation:*:*:stack/aws-sam-cli-managed-default/*
    where: { aws:ResourceTag/ManagedStackSource: AwsSamCli }

  - name: the DeployerRole of APP executes no other change set of SAM's stack
    who: { role: APP-DeployerRole }
    never: cloudformation:ExecuteChangeSet
    resources: arn:aws:cloudformation:*:*:stack/aws-sam-cli-managed-default/*
    where: { cloudformation:ChangeSetName: another }

  - name: APP leaves alone what has the tag of another app
    who: { role: 'APP-*' }
    never:
      - acm:DeleteCertificate
      - appsync:UpdateGraphqlApi
      - cognito-idp:AdminSetUserPassword
      - cognito-idp:CreateGroup
      - cognito-idp:CreateIdentityProvider
      - cognito-idp:CreateManagedLoginBranding
      - cognito-idp:CreateResourceServer
      - cognito-idp:DeleteUserPool
      - cognito-idp:SetRiskConfiguration
      - ec2:AuthorizeSecurityGroupIngress
    where: { aws:ResourceTag/AppId: another }

  - name: APP gives no subdomain away
    who: { role: APP-CloudFormationExecutionRole }
    never: route53:ChangeResourceRecordSets
    where: { route53:ChangeResourceRecordSetsRecordTypes: NS }
";

/// What else is expected of a golden case.
pub(crate) const FURTHER: &[(&str, &str)] = &[
    (
        "trusted-by-github-oidc",
        "
  - name: only the environment of production deploys to production
    who: { role: shop-DeployerRole, account: !Ref ProdAccount }
    assumed-only-by:
      - { account: !Ref ToolsAccount }
      - principal: token.actions.githubusercontent.com
        where: { token.actions.githubusercontent.com:environment: prod }

  - name: only the environment of development deploys to development
    who: { role: shop-DeployerRole, account: !Ref DevAccount }
    assumed-only-by:
      - { account: !Ref ToolsAccount }
      - principal: token.actions.githubusercontent.com
        where: { token.actions.githubusercontent.com:environment: dev }
",
    ),
    (
        "permissions-boundary",
        "
  - name: roles keep their boundary where there is one
    who: { role: wiki-CloudFormationExecutionRole, account: [!Ref DevAccount, !Ref ProdAccount] }
    never: iam:DeleteRolePermissionsBoundary
    resources: arn:aws:iam::*:role/wiki-*
",
    ),
];

/// Who is trusted in a golden case; in others, it is the Tools account.
pub(crate) const TRUSTED: &[(&str, &str)] = &[
    (
        "trusted-by-github-oidc",
        "      - { account: !Ref ToolsAccount }
      - principal: token.actions.githubusercontent.com
        where:
          token.actions.githubusercontent.com:aud: sts.amazonaws.com
          token.actions.githubusercontent.com:sub: ['repo:acme/shop:*', 'repo:acme@123456/shop@456789:*']",
    ),
    (
        "trust-shape-condition",
        "      - { user: app-GitHubActionsUser, account: ToolsAccount }
      - { role: app-CodeBuildRole, account: ToolsAccount }
      - arn:aws:iam::999999999999:role/ci
      - principal: codebuild.amazonaws.com
        where: { aws:SourceAccount: '200000000002' }",
    ),
];

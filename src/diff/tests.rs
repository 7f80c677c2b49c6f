//! What a comparison finds, what it passes over, and that both ways of comparing agree.

#![allow(
    clippy::needless_raw_string_hashes,
    reason = "snapbox writes snapshots with them"
)]
#![allow(clippy::format_push_string, reason = "a test need not be fast")]

mod noise;
mod properties;
mod resources;
mod text;

use crate::diff::Comparison;
use crate::diff::resources::{Change, ChangeKind, Detail, PolicyDocument};

use crate::diff::compare;

/// The comparison of two texts, one line a resource and a detail.
pub(crate) fn told(old: &str, new: &str) -> String {
    shown(&compare("roles.yml", Some(old), new))
}

fn shown(comparison: &Comparison<'_>) -> String {
    let mut out = String::new();
    for resource in &comparison.resources {
        let accounts = resource.accounts.join(",");
        let name = resource.name.as_deref().unwrap_or("-");
        out += &format!(
            "{} {} {} [{accounts}] {name}\n",
            mark(resource.kind),
            resource.logical_id,
            resource.resource_type
        );
        for detail in &*resource.details {
            out += &format!("    {}\n", detail_text(detail));
        }
    }
    for section in &comparison.sections {
        out += &format!("{} section {}\n", mark(section.kind), section.name);
    }
    if let Some(why) = &comparison.not_compared {
        out += &format!("not compared: {why}\n");
    }
    out
}

fn mark(kind: ChangeKind) -> char {
    match kind {
        ChangeKind::Added => '+',
        ChangeKind::Changed => '~',
        ChangeKind::Removed => '-',
    }
}

fn detail_text(detail: &Detail) -> String {
    let document = match &detail.document {
        None => String::new(),
        Some(PolicyDocument::Trust) => "trust / ".to_owned(),
        Some(PolicyDocument::Inline(name)) => format!("inline {name} / "),
        Some(PolicyDocument::Attribute(path)) => format!("{path} / "),
    };
    let statement = detail
        .statement
        .as_ref()
        .map_or(String::new(), |name| format!("{name} / "));
    let element = detail.element.as_deref().unwrap_or("*");
    let change = match &detail.change {
        Change::Added(value) => format!("added {}", value.as_deref().unwrap_or_default()),
        Change::Removed(value) => format!("removed {}", value.as_deref().unwrap_or_default()),
        Change::Replaced { from, to } => format!("{from} -> {to}"),
        Change::Items { added, removed } => {
            let mut items: Vec<String> = added.iter().map(|item| format!("+{item}")).collect();
            items.extend(removed.iter().map(|item| format!("-{item}")));
            items.join(" ")
        }
        Change::Reordered => "reordered".to_owned(),
    };
    format!("{document}{statement}{element}: {change}")
        .trim_end()
        .to_owned()
}

/// A template as the tool writes it, with one role in one account.
pub(crate) const ROLE: &str = "\
AWSTemplateFormatVersion: '2010-09-09-OC'
Organization: !Include ./organization.yml
Resources:
  # Launchpad (slslaunchpad): stage dev, account DevAccount
  LaunchpadDevAccountDeployerRole:
    Type: AWS::IAM::Role
    OrganizationBinding:
      Account: !Ref DevAccount
      Region: eu-west-1
    DependsOnAccount: !Ref ToolsAccount
    Properties:
      RoleName: slslaunchpad-DeployerRole
      MaxSessionDuration: 3600
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              AWS: !Sub 'arn:aws:iam::${ToolsAccount}:user/slslaunchpad-GitHubActionsUser'
            Action:
              - sts:AssumeRole
              - sts:TagSession
            Condition:
              StringEquals:
                aws:PrincipalOrgID: [o-1, o-2]
      ManagedPolicyArns:
        - arn:aws:iam::aws:policy/ReadOnlyAccess
        - !Ref LaunchpadDevAccountPolicy
      Policies:
        - PolicyName: DeployAppBuckets
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Sid: ListAllBuckets
                Effect: Allow
                Action: s3:ListAllMyBuckets
                Resource: '*'
              - Sid: ManageBuckets
                Effect: Allow
                Action:
                  - s3:CreateBucket
                  - s3:DeleteBucket
                Resource:
                  - !Sub 'arn:aws:s3:::${DevAccount}-a'
                  - !Sub arn:aws:s3:::b
        - PolicyName: DeployQueues
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Action: [sqs:CreateQueue]
                Resource: !GetAtt Queue.Arn
      Tags:
        - Key: stage
          Value: dev
        - Key: app
          Value: launchpad
";

//! Which names are found, and which `AppId` they suggest.

use std::path::{Path, PathBuf};

use super::*;
use crate::infer::read::{AppArgument, read};
use crate::source::{Disk, ReadError, Sources};

/// One template in memory.
struct OneTemplate(String);

impl Disk for OneTemplate {
    fn text(&self, _: &Path) -> std::result::Result<String, ReadError> {
        Ok(self.0.clone())
    }

    fn real(&self, path: &Path) -> PathBuf {
        Path::new("/app").join(path)
    }
}

fn checked(resources: &str, app_id: Option<&str>) -> AppNames {
    let parameters =
        "Parameters: { Name: { Type: String, Default: shop }, Bare: { Type: String } }";
    let text = format!("{parameters}\nMappings: {{}}\nResources:\n{resources}");
    let app = AppArgument {
        path: PathBuf::from("t.yaml"),
        root: PathBuf::from("/app"),
    };
    let (app, _) = read(&mut Sources::default(), &OneTemplate(text), &[app]).unwrap();
    names(&app, app_id)
}

/// The issue with a queue of this name, for the `AppId` `shop`.
fn queue(name: &str) -> Option<NameIssue> {
    issue("AWS::SQS::Queue", &format!("QueueName: {name}"))
}

fn issue(type_name: &str, properties: &str) -> Option<NameIssue> {
    let resource = format!("  R: {{ Type: {type_name}, Properties: {{ {properties} }} }}\n");
    let found = checked(&resource, Some("shop")).findings;
    found.into_iter().next().map(|found| found.issue)
}

fn different(name: &str) -> NameIssue {
    NameIssue::Different {
        name: name.to_owned(),
    }
}

fn unknown(depends_on: &str, hint: Option<&str>) -> NameIssue {
    NameIssue::Unknown {
        depends_on: depends_on.to_owned(),
        hint: hint.map(str::to_owned),
    }
}

#[test]
fn names_are_judged_by_their_beginning() {
    for name in [
        "shop-jobs",
        "!Sub 'shop-${Bare}'",
        "!Sub '${AWS::StackName}-jobs'",
        "!Join ['-', [shop, !Ref Bare]]",
        "!Join ['-', [!Ref AWS::StackName, jobs]]",
        "!If [Is, shop-a, !Ref AWS::NoValue]",
        "!Sub ['${App}-jobs', { App: shop }]",
    ] {
        assert_eq!(queue(name), None, "{name}");
    }
    for (name, shown) in [
        ("jobs", "jobs"),
        ("shops-jobs", "shops-jobs"),
        ("Shop-jobs", "Shop-jobs"),
        ("shop", "shop"),
        ("!Sub 'jobs-${Bare}'", "jobs-${Bare}"),
        ("!Sub '${AWS::Region}-shop'", "${AWS::Region}-shop"),
        ("!If [Is, shop-a, b]", "b"),
        ("!Join ['', [x, !Ref AWS::StackName]]", "x${AWS::StackName}"),
    ] {
        assert_eq!(queue(name), Some(different(shown)), "{name}");
    }
    assert_eq!(
        queue("!Ref Name"),
        Some(unknown("the parameter Name", Some("shop")))
    );
    assert_eq!(
        queue("!Sub '${Bare}-jobs'"),
        Some(unknown("the parameter Bare", None))
    );
    assert_eq!(
        queue("!Sub 'sh${Bare}'"),
        Some(unknown("the parameter Bare", None))
    );
    assert_eq!(queue("!ImportValue x"), Some(unknown("an import", None)));
    assert_eq!(
        queue("!FindInMap [A, b, c]"),
        Some(unknown("a mapping of the template", None))
    );
    assert_eq!(
        queue("'{{resolve:ssm:/x}}'"),
        Some(unknown("a dynamic reference", None))
    );
}

#[test]
fn some_types_have_other_beginnings() {
    let log = |name: &str| issue("AWS::Logs::LogGroup", &format!("LogGroupName: {name}"));
    for name in [
        "shop-x",
        "/aws/lambda/shop-x",
        "/aws/vendedlogs/states/shop-x",
        "/shop-x",
        "aws-waf-logs-shop-x",
        "!Sub '/aws/lambda/${AWS::StackName}-x'",
    ] {
        assert_eq!(log(name), None, "{name}");
    }
    assert_eq!(log("/aws/lambda/x"), Some(different("/aws/lambda/x")));
    let parameter = |name: &str| {
        issue(
            "AWS::SSM::Parameter",
            &format!("Type: String, Value: x, Name: {name}"),
        )
    };
    for name in ["/shop", "/shop/a/b", "!Sub '/shop/${Bare}'"] {
        assert_eq!(parameter(name), None, "{name}");
    }
    for name in ["/shop-x", "shop-x", "/other/shop"] {
        assert_eq!(parameter(name), Some(different(name)), "{name}");
    }
    assert_eq!(
        parameter("!Sub '/${AWS::StackName}/x'"),
        Some(different("/${AWS::StackName}/x"))
    );
    assert_eq!(
        issue("AWS::KMS::Alias", "AliasName: alias/shop-x, TargetKeyId: k"),
        None
    );
    assert_eq!(
        issue("AWS::KMS::Alias", "AliasName: alias/x, TargetKeyId: k"),
        Some(different("alias/x"))
    );
    // Their names are not in ARNs, or cannot begin so.
    assert_eq!(issue("AWS::ApiGateway::RestApi", "Name: x"), None);
    assert_eq!(
        issue("AWS::ApiGateway::DomainName", "DomainName: a.example.com"),
        None
    );
    assert_eq!(
        issue("AWS::Lambda::Alias", "Name: live, FunctionName: f"),
        None
    );
}

#[test]
fn names_that_cloudformation_makes_up_may_have_to_be_set() {
    for type_name in [
        "AWS::StepFunctions::StateMachine",
        "AWS::SecretsManager::Secret",
        "AWS::SSM::Parameter",
    ] {
        assert_eq!(
            issue(type_name, "Tags: []"),
            Some(NameIssue::Missing),
            "{type_name}"
        );
    }
    for type_name in [
        "AWS::SQS::Queue",
        "AWS::S3::Bucket",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
    ] {
        assert_eq!(issue(type_name, "Tags: []"), None, "{type_name}");
    }
}

#[test]
fn names_of_sam_are_the_templates_to_change() {
    let text = "
  Flow: { Type: AWS::Serverless::StateMachine, Properties: { DefinitionUri: x, Role: r } }
  Shared: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: x } }
  Work:
    Type: AWS::Serverless::Function
    Properties: { Events: { Nightly: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 day) } } } }
";
    let found = checked(text, Some("shop")).findings;
    let shown: Vec<(&str, &NameIssue, &str)> = found
        .iter()
        .map(|found| {
            (
                found.property.as_str(),
                &found.issue,
                found.example.as_str(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("Name", &NameIssue::Missing, "shop-Flow"),
            ("LayerName", &different("Shared"), "shop-Shared"),
            ("Name", &different("WorkNightly"), "shop-WorkNightly"),
        ]
    );
}

#[test]
fn names_may_come_from_other_resources() {
    let text = "
  Work: { Type: AWS::Lambda::Function, Properties: { FunctionName: other-work } }
  Made: { Type: AWS::Lambda::Function }
  A: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: !Sub '/aws/lambda/${Work}' } }
  B: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: !Sub '/aws/lambda/${Made}' } }
  Again: { Type: AWS::SQS::Queue, Properties: { QueueName: !Ref Again } }
";
    let found = checked(text, Some("shop")).findings;
    let shown: Vec<(usize, &str)> = found
        .iter()
        .map(|found| (found.resource, found.example.as_str()))
        .collect();
    assert_eq!(
        shown[..2],
        [(0, "shop-other-work"), (2, "/aws/lambda/shop-other-work")]
    );
    assert!(matches!(found[2].issue, NameIssue::Unknown { .. }));
}

#[test]
fn an_app_id_is_proposed_only_if_all_literal_names_share_it() {
    let proposed = |names: &[&str]| {
        let queue = |(at, name): (usize, &&str)| {
            format!("  R{at}: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: {name} }} }}\n")
        };
        let resources: Vec<String> = names.iter().enumerate().map(queue).collect();
        let resources = resources.concat();
        let found = checked(&resources, None);
        assert_eq!(found.is_proposed, found.app_id.is_some());
        (found.app_id, found.findings.len())
    };
    assert_eq!(
        proposed(&["shop-a", "shop-b"]),
        (Some("shop".to_owned()), 0)
    );
    assert_eq!(
        proposed(&["my-shop-a", "!Sub 'my-shop-${Bare}'"]),
        (Some("my-shop".to_owned()), 0)
    );
    assert_eq!(proposed(&["shop-a", "other-b"]), (None, 2));
    assert_eq!(proposed(&["Shop-a"]), (None, 1));
    assert_eq!(proposed(&["!Ref Name"]), (None, 1));
    let mixed = "
  A: { Type: AWS::SSM::Parameter, Properties: { Name: /shop/a, Type: String, Value: x } }
  B: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: /aws/lambda/shop-api-x } }
";
    assert_eq!(checked(mixed, None).app_id.as_deref(), Some("shop"));
    let found = checked(
        "  B: { Type: AWS::S3::Bucket, Properties: { BucketName: Uploads } }\n",
        None,
    );
    assert_eq!(found.findings[0].example, "<AppId>-uploads");
}

//! Which templates an argument means.

use super::*;

#[test]
fn a_file_or_a_folder_with_a_template_is_an_app() {
    for name in ["template.yaml", "template.yml", "template.json"] {
        assert_eq!(resources(&[(name, QUEUE)], name), ["Q AWS::SQS::Queue"]);
        assert_eq!(resources(&[(name, QUEUE)], "."), ["Q AWS::SQS::Queue"]);
    }
    assert_eq!(
        resources(&[("infra/any.cfn", QUEUE)], "infra/any.cfn"),
        ["Q AWS::SQS::Queue"]
    );
}

#[test]
fn the_package_of_the_serverless_framework_comes_before_its_configuration() {
    let packaged = (
        ".serverless/cloudformation-template-update-stack.json",
        r#"{"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}"#,
    );
    let configuration = ("serverless.yml", "service: a\nprovider: { name: aws }\n");
    let files = [packaged, configuration, ("template.yaml", QUEUE)];
    for argument in [".", ".serverless", "serverless.yml"] {
        assert_eq!(
            resources(&files, argument),
            ["Bucket AWS::S3::Bucket"],
            "{argument}"
        );
    }
}

const MANIFEST: &str = r#"{
  "version": "48.0.0",
  "artifacts": {
    "Tree": { "type": "cdk:tree", "properties": { "file": "tree.json" } },
    "App.assets": { "type": "cdk:asset-manifest", "properties": { "file": "App.assets.json" } },
    "App": { "type": "aws:cloudformation:stack", "properties": { "templateFile": "App.template.json" } },
    "Empty": { "type": "aws:cloudformation:stack", "properties": { "templateFile": "Empty.template.json" } },
    "assembly-Prod": { "type": "cdk:cloud-assembly", "properties": { "directoryName": "assembly-Prod" } }
  }
}"#;

const PROD: &str = r#"{
  "version": "48.0.0",
  "artifacts": {
    "App": { "type": "aws:cloudformation:stack", "properties": { "templateFile": "ProdApp.template.json" } }
  }
}"#;

const STACK: &str = r#"{
  "Resources": {
    "Topic": { "Type": "AWS::SNS::Topic" },
    "CDKMetadata": { "Type": "AWS::CDK::Metadata", "Properties": { "Analytics": "x" } },
    "Listed": {
      "Type": "AWS::CloudFormation::Stack",
      "Properties": { "TemplateURL": { "Fn::Join": ["", ["https://s3.", { "Ref": "AWS::Region" }, ".amazonaws.com/b/0a1b.json"]] } }
    },
    "Marked": {
      "Type": "AWS::CloudFormation::Stack",
      "Properties": { "TemplateURL": { "Fn::Sub": "https://s3.${AWS::URLSuffix}/b/ffff.json" } },
      "Metadata": { "aws:asset:path": "Marked.nested.template.json", "aws:asset:property": "TemplateURL" }
    }
  },
  "Parameters": { "BootstrapVersion": { "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/x/version" } },
  "Rules": { "CheckBootstrapVersion": { "Assertions": [] } }
}"#;

const ASSETS: &str = r#"{
  "files": {
    "0a1b": {
      "source": { "path": "Listed.nested.template.json", "packaging": "file" },
      "destinations": { "current_account-current_region": { "bucketName": "b", "objectKey": "0a1b.json" } }
    }
  }
}"#;

#[test]
fn the_output_of_the_cdk_is_read_with_its_nested_templates() {
    let files = [
        ("cdk.json", r#"{"app": "node app.js"}"#),
        ("cdk.out/manifest.json", MANIFEST),
        ("cdk.out/App.template.json", STACK),
        ("cdk.out/App.assets.json", ASSETS),
        ("cdk.out/Empty.template.json", r#"{"Rules": {}}"#),
        ("cdk.out/Listed.nested.template.json", QUEUE),
        (
            "cdk.out/Marked.nested.template.json",
            r#"{"Resources": {"N": {"Type": "AWS::SNS::Topic"}}}"#,
        ),
        ("cdk.out/assembly-Prod/manifest.json", PROD),
        (
            "cdk.out/assembly-Prod/ProdApp.template.json",
            r#"{"Resources": {"P": {"Type": "AWS::S3::Bucket"}}}"#,
        ),
    ];
    let all = [
        "Topic AWS::SNS::Topic",
        "Listed AWS::CloudFormation::Stack",
        "Marked AWS::CloudFormation::Stack",
        "Q AWS::SQS::Queue",
        "N AWS::SNS::Topic",
        "P AWS::S3::Bucket",
    ];
    for argument in [".", "cdk.out", "cdk.out/manifest.json", "cdk.json"] {
        assert_eq!(resources(&files, argument), all, "{argument}");
    }
    let (app, _) = read_files(&files, ".").unwrap();
    assert!(
        app.unseen.is_empty() && app.parameters.is_empty(),
        "{app:?}"
    );
    // One template alone, with the list of uploads next to it.
    assert_eq!(resources(&files, "cdk.out/App.template.json"), all[..5]);
}

#[test]
fn a_manifest_of_a_web_app_is_not_one_of_the_cdk() {
    let files = [
        ("manifest.json", r#"{"name": "x", "icons": []}"#),
        ("template.yaml", QUEUE),
    ];
    assert_eq!(resources(&files, "."), ["Q AWS::SQS::Queue"]);
}

#[test]
fn nested_stacks_are_read_where_they_are_local() {
    let parent = "\
Resources:
  One: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ./nested/one.yaml } }
  Two: { Type: AWS::Serverless::Application, Properties: { Location: nested/two.yaml } }
  Same: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: nested/one.yaml } }
  Far: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: 'https://s3.amazonaws.com/b/k' } }
  Bucket: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: !Sub 'https://${B}.s3.amazonaws.com/k' } }
  Sar:
    Type: AWS::Serverless::Application
    Properties: { Location: { ApplicationId: 'arn:aws:serverlessrepo:x', SemanticVersion: 1.0.0 } }
";
    let files = [
        ("template.yaml", parent),
        (
            "nested/one.yaml",
            "Resources: { Inner: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ../two.yaml } } }",
        ),
        ("two.yaml", QUEUE),
        (
            "nested/two.yaml",
            "Resources: { T: { Type: AWS::SNS::Topic } }",
        ),
    ];
    let (app, _) = read_files(&files, "template.yaml").unwrap();
    let ids: Vec<&str> = app
        .resources
        .iter()
        .map(|found| found.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "One", "Two", "Same", "Far", "Bucket", "Sar", "Inner", "Q", "T"
        ]
    );
    let unseen: Vec<&str> = app
        .unseen
        .iter()
        .map(|unseen| unseen.what.as_str())
        .collect();
    assert_eq!(
        unseen,
        [
            "the template of the nested stack `Far` is not a local file: its resources are not seen",
            "the template of the nested stack `Bucket` is not a local file: its resources are not seen",
            "`Sar` is an application of the Serverless Application Repository: its resources are not seen",
        ]
    );
}

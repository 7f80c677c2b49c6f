//! What is refused, and in which words.

use std::fmt::Write as _;

use super::*;

#[test]
fn other_files_are_called_by_their_names() {
    for (name, text, looks_like) in [
        (
            "main.tf",
            "resource \"aws_sqs_queue\" \"q\" {\n}\n",
            "Terraform",
        ),
        (
            "a.tf.json",
            r#"{"resource": {"aws_sqs_queue": {}}, "provider": {}}"#,
            "Terraform",
        ),
        (
            "plan.json",
            r#"{"format_version": "1.2", "terraform_version": "1.9", "planned_values": {}}"#,
            "Terraform",
        ),
        (
            "k.yaml",
            "apiVersion: v1\nkind: Service\n",
            "a Kubernetes manifest",
        ),
        (
            "k2.yaml",
            "apiVersion: v1\nkind: Service\n---\napiVersion: v1\nkind: Pod\n",
            "a Kubernetes manifest",
        ),
        (
            "docker-compose.yml",
            "services:\n  web: { image: nginx }\n",
            "a Docker Compose file",
        ),
        (
            "package.json",
            r#"{"name": "x", "version": "1.0.0"}"#,
            "a package file, such as `package.json`",
        ),
        ("empty.yaml", "\u{feff} \n", "an empty file"),
        ("b.yaml", "\0\u{1}\u{2}", "a binary file"),
        ("c.yaml", "\0\u{1}\0\u{2}\0\u{1}\0\u{2}", "a binary file"),
        ("d.yaml", "R\0e\0s\0o\0u\0", "a text in UTF-16"),
        ("e.yaml", "\0R\0e\0s\0o\0u", "a text in UTF-16"),
        ("p.html", "<html></html>", "XML or HTML"),
        (
            "app.ts",
            "import * as cdk from 'aws-cdk-lib';\n",
            "source code",
        ),
        (
            "asl.json",
            r#"{"StartAt": "A", "States": {}}"#,
            "a definition of a state machine",
        ),
        (
            "samconfig.toml",
            "version = 0.1\n[default.deploy]\n",
            "a configuration of SAM",
        ),
    ] {
        let wanted =
            format!("not-an-app-template: `{name}` is not a template: it looks like {looks_like}");
        assert_eq!(refused(&[(name, text)], name), [wanted]);
    }
    assert_eq!(
        refused(
            &[(
                "x.yaml",
                "AWSTemplateFormatVersion: 2010-09-09\nParameters: {}\n"
            )],
            "x.yaml"
        ),
        ["not-an-app-template: `x.yaml` is not a template: it has no `Resources`"]
    );
    assert_eq!(
        refused(&[("x.yaml", "- a\n- b\n")], "x.yaml"),
        ["not-an-app-template: `x.yaml` is not a template: it has no `Resources`"]
    );
}

#[test]
fn what_the_serverless_framework_deploys_first_is_not_the_app() {
    const FIRST: &str = ".serverless/cloudformation-template-create-stack.json";
    const APP: &str = ".serverless/cloudformation-template-update-stack.json";
    let bucket = r#"{ "Resources": { "B": { "Type": "AWS::S3::Bucket" } } }"#;
    for argument in [FIRST, ".serverless", "."] {
        let problem = format!(
            "not-packaged: `{FIRST}` is what the Serverless Framework deploys first, the deployment bucket alone, not a template"
        );
        assert_eq!(refused(&[(FIRST, bucket)], argument), [problem]);
        let (app, _) = read_files(&[(FIRST, bucket), (APP, QUEUE)], argument).unwrap();
        assert_eq!(app.resources[0].type_name, "AWS::SQS::Queue");
    }
}

#[test]
fn apps_that_are_not_packaged_are_told_how() {
    let serverless = "service: a\nprovider: { name: aws }\n";
    for (name, argument) in [
        ("serverless.yml", "."),
        ("serverless.yml", "serverless.yml"),
        ("sls.yml", "sls.yml"),
    ] {
        let problems =
            read_files(&[(name, serverless), ("template.yaml", QUEUE)], argument).unwrap_err();
        assert_eq!(
            shown(&problems),
            [format!(
                "not-packaged: `{name}` is a configuration of the Serverless Framework, not a template"
            )]
        );
        assert!(
            problems[0]
                .help
                .as_ref()
                .unwrap()
                .contains("`serverless package`")
        );
    }
    assert_eq!(
        refused(&[("serverless.ts", "export default {}")], "."),
        [
            "not-packaged: `serverless.ts` is a configuration of the Serverless Framework, not a template"
        ]
    );
    for argument in [".", "cdk.json"] {
        let problems =
            read_files(&[("cdk.json", r#"{"app": "x", "context": {}}"#)], argument).unwrap_err();
        assert_eq!(
            shown(&problems),
            ["not-packaged: `cdk.json` is a configuration of the CDK, not a template"]
        );
        assert!(problems[0].help.as_ref().unwrap().contains("`cdk synth`"));
    }
}

#[test]
fn folders_without_a_template_are_refused() {
    assert_eq!(
        refused(&[("app/x.yaml", QUEUE)], "app"),
        ["no-app-template: `app` contains no template of an app"]
    );
    assert_eq!(
        refused(&[("app/main.tf", "terraform {\n}\n")], "app"),
        ["no-app-template: `app` contains no template: it looks like Terraform"]
    );
    assert_eq!(
        refused(&[], "gone"),
        ["unreadable: cannot read `gone`: no such file or directory"]
    );
}

#[test]
fn broken_texts_are_refused_with_their_place() {
    let cut = "{\n  \"Resources\": {\n    \"A\": { \"Type\": ";
    let problems = read_files(&[("t.json", cut)], "t.json").unwrap_err();
    assert_eq!(
        shown(&problems),
        ["invalid-json: invalid JSON: the text ends too early"]
    );
    assert!(problems[0].primary.as_ref().unwrap().span.start + 2 >= cut.len());
    assert_eq!(
        refused(&[("t.json", "{\"Resources\": {\"A\" {}}}")], "t.json"),
        ["invalid-json: invalid JSON: expected `:`"]
    );
    assert_eq!(refused(&[("t", "Resources: [\n")], "t").len(), 1);
    let deep = format!("{{\"Resources\": {}{}}}", "[".repeat(500), "]".repeat(500));
    assert_eq!(
        refused(&[("t", &deep)], "t"),
        ["nested-too-deep: values are nested more than 127 deep"]
    );
    let deep = format!("Resources: {}", "[".repeat(500));
    assert!(refused(&[("t", &deep)], "t")[0].starts_with("nested-too-deep"));
    let jinja = "{% if x %}\nResources: {}\n{% endif %}\n";
    assert!(refused(&[("t", jinja)], "t")[0].starts_with("nunjucks"));
}

#[test]
fn aliases_are_bounded() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        writeln!(text, "a{level}: &a{level} [{alias}]").unwrap();
    }
    text.push_str("Resources: { R: { Type: A::B::C, Properties: { p: *a8 } } }\n");
    assert!(refused(&[("t", &text)], "t")[0].starts_with("too-many-nodes"));
}

#[test]
fn resources_that_cloudformation_refuses_are_refused() {
    let text = "Resources:\n  A: x\n  B: {}\n  C: { Type: '' }\n  D: { Type: A::B::C, Properties: [1] }\n  E: { Type: [1] }\n";
    assert_eq!(
        refused(&[("t", text)], "t"),
        [
            "invalid-app-template: the resource `A` is not a mapping",
            "invalid-app-template: the resource `B` has no `Type`",
            "invalid-app-template: the resource `C` has no `Type`",
            "invalid-app-template: the resource `D` has `Properties` that are not a mapping",
            "invalid-app-template: the resource `E` has no `Type`",
        ]
    );
    assert_eq!(
        refused(&[("t", "Resources: [a]\n")], "t"),
        ["invalid-app-template: `Resources` is not a mapping"]
    );
}

fn stack(path: &str) -> String {
    format!(
        "Resources: {{ N: {{ Type: AWS::CloudFormation::Stack, Properties: {{ TemplateURL: {path} }} }} }}"
    )
}

#[test]
fn nested_templates_may_neither_be_missing_nor_outside_nor_in_a_circle() {
    assert_eq!(
        refused(&[("t", &stack("gone.yaml"))], "t"),
        ["missing-nested-template: cannot read `gone.yaml`: no such file or directory"]
    );
    for path in ["../x.yaml", "/etc/passwd", "a/../../x.yaml"] {
        assert!(
            refused(&[("t", &stack(path)), ("../x.yaml", QUEUE)], "t")[0]
                .starts_with("outside-nested-template"),
            "{path}"
        );
    }
    let circle = [
        ("t", stack("a/b")),
        ("a/b", stack("../c")),
        ("c", stack("./t")),
    ];
    let circle: Vec<(&str, &str)> = circle
        .iter()
        .map(|(path, text)| (*path, text.as_str()))
        .collect();
    assert_eq!(
        refused(&circle, "t"),
        ["cyclic-nested-template: `t` contains itself, directly or through another template"]
    );
    let include = "Fn::Transform: { Name: AWS::Include, Parameters: { Location: ./i } }\n";
    let files = [
        (
            "t",
            "Resources: { Fn::Transform: { Name: AWS::Include, Parameters: { Location: ./i } } }",
        ),
        ("i", include),
    ];
    assert_eq!(
        refused(&files, "t"),
        ["cyclic-nested-template: `i` contains itself, directly or through another template"]
    );
    assert!(
        refused(&[("t", &stack("./folder")), ("folder/x", QUEUE)], "t")[0]
            .starts_with("unreadable")
    );
}

#[test]
fn links_out_of_the_repository_are_not_followed() {
    let mut disk = MemoryDisk::default();
    disk.files.insert(PathBuf::from("/app/t"), stack("./link"));
    disk.files
        .insert(PathBuf::from("/secret"), QUEUE.to_owned());
    disk.files
        .insert(PathBuf::from("/app/f/x"), QUEUE.to_owned());
    disk.links
        .insert(PathBuf::from("/app/link"), PathBuf::from("/secret"));
    disk.links.insert(
        PathBuf::from("/app/f/template.yaml"),
        PathBuf::from("/secret"),
    );
    assert_eq!(
        shown(&read_disk(&disk, "t").unwrap_err()),
        ["outside-nested-template: `link` is outside of the app's repository"]
    );
    assert_eq!(
        shown(&read_disk(&disk, "f").unwrap_err()),
        [
            "outside-nested-template: `f/template.yaml` is a link to `/secret`, which is outside the app's repository"
        ]
    );
}

#[test]
fn huge_files_and_many_files_are_refused() {
    let huge = format!("# {}\n{QUEUE}", "x".repeat(17 << 20));
    assert_eq!(
        refused(&[("t", &huge)], "t"),
        ["app-too-large: cannot read `t`: it has more than 16777216 bytes"]
    );
    let names: Vec<String> = (0..600).map(|number| format!("n{number}.yml")).collect();
    let mut parent = "Resources:\n".to_owned();
    for name in &names {
        writeln!(parent, "  '{name}': {{ Type: AWS::CloudFormation::Stack, Properties: {{ TemplateURL: {name} }} }}").unwrap();
    }
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), QUEUE)).collect();
    files.push(("t", &parent));
    assert_eq!(
        refused(&files, "t"),
        ["app-too-large: the app has more than 500 files"]
    );
    let names: Vec<String> = (0..50).map(|number| format!("n{number}.yml")).collect();
    let texts: Vec<String> = (1..51)
        .map(|number| stack(&format!("n{number}.yml")))
        .collect();
    let chain: Vec<(&str, &str)> = names
        .iter()
        .map(String::as_str)
        .zip(texts.iter().map(String::as_str))
        .collect();
    assert_eq!(
        refused(&chain, "n0.yml"),
        ["app-too-large: templates are nested more than 30 deep"]
    );
}

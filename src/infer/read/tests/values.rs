//! What the texts of templates mean.

use serde_json::{Value as Json, json};

use super::*;

/// The properties of the resource `R`, as JSON.
fn properties(text: &str) -> Json {
    let (app, _) = read_files(&[("t.yaml", text)], "t.yaml").unwrap();
    let resource = app.resources.into_iter().find(|found| found.id == "R");
    Json::Object(resource.unwrap().properties)
}

#[test]
fn short_forms_read_as_long_forms() {
    let yaml = "\
Resources:
  R:
    Type: A::B::C
    Properties:
      Ref: 1
      A: !GetAtt Fn.Arn
      B: !GetAtt [Fn, Arn]
      C: { Fn::GetAtt: Nested.Outputs.Arn }
      D: !Sub 'x-${Y}'
      E: !If [Is, !Ref One, !Ref AWS::NoValue]
      F: !Transform { Name: Other }
";
    assert_eq!(
        properties(yaml),
        json!({
            "Ref": 1,
            "A": {"Fn::GetAtt": ["Fn", "Arn"]},
            "B": {"Fn::GetAtt": ["Fn", "Arn"]},
            "C": {"Fn::GetAtt": ["Nested", "Outputs.Arn"]},
            "D": {"Fn::Sub": "x-${Y}"},
            "E": {"Fn::If": ["Is", {"Ref": "One"}, {"Ref": "AWS::NoValue"}]},
            "F": {}
        })
    );
}

#[test]
fn dates_and_words_are_text() {
    let yaml = "\
Resources:
  R:
    Type: A::B::C
    Properties: { a: 2012-10-17, b: on, c: off, d: yes, e: 012345678901, f: 1.5, g: '1', h: true, i: 0x1F, j: ~, k: 5 }
";
    assert_eq!(
        properties(yaml),
        json!({
            "a": "2012-10-17", "b": "on", "c": "off", "d": "yes", "e": "012345678901", "f": 1.5,
            "g": "1", "h": true, "i": "0x1F", "j": null, "k": 5
        })
    );
}

#[test]
fn aliases_and_merge_keys_are_applied() {
    let yaml = "\
Tags: &tags { a: 1, b: 2 }
Resources:
  R: { Type: A::B::C, Properties: { <<: *tags, b: 3, list: [*tags] } }
";
    assert_eq!(
        properties(yaml),
        json!({"a": 1, "b": 3, "list": [{"a": 1, "b": 2}]})
    );
}

#[test]
fn the_last_of_equal_keys_counts_and_is_reported() {
    let yaml =
        "Resources:\n  R: { Type: A::B::C }\n  R: { Type: D::E::F, Properties: { a: 1, a: 2 } }\n";
    let json = "{\"Resources\": {\"R\": {\"Type\": \"A::B::C\"},\n \"R\": {\"Type\": \"D::E::F\", \"Properties\": {\"a\": 2}}}}";
    for (text, warnings) in [(yaml, 2), (json, 1)] {
        let mut sources = Sources::default();
        let mut disk = MemoryDisk::default();
        disk.files.insert(PathBuf::from("/app/t"), text.to_owned());
        let app = AppArgument {
            path: PathBuf::from("t"),
            root: PathBuf::from("/app"),
        };
        let (app, found) = read(&mut sources, &disk, &[app]).unwrap();
        assert_eq!(app.resources.len(), 1);
        assert_eq!(app.resources[0].type_name, "D::E::F");
        assert_eq!(
            Json::Object(app.resources[0].properties.clone()),
            json!({"a": 2})
        );
        assert_eq!(shown(&found).len(), warnings, "{found:?}");
        let span = app.resources[0].span;
        assert!(span.start > text.find('R').unwrap() + 10, "{text}");
        assert_eq!(
            text.get(span.start..span.end).unwrap().trim_matches('"'),
            "R"
        );
    }
}

#[test]
fn json_is_read_with_marks_tabs_and_long_keys() {
    let key = "k".repeat(2_000);
    let text = format!(
        "\u{feff}{{\r\n\t\"Resources\": {{\r\n\t\t\"R\": {{ \"Type\": \"A::B::C\", \"Properties\": {{ \"{key}\": \"\\ud83d\\ude00\", \"G\": {{ \"Fn::GetAtt\": \"A.Arn\" }} }} }}\r\n\t}}\r\n}}\r\n"
    );
    assert_eq!(
        properties(&text),
        json!({key: "😀", "G": {"Fn::GetAtt": ["A", "Arn"]}})
    );
    // A mapping of YAML may begin with a brace.
    assert_eq!(
        properties("{Resources: {R: {Type: A::B::C, Properties: {a: !Ref B}}}}"),
        json!({"a": {"Ref": "B"}})
    );
}

#[test]
fn places_are_those_of_the_logical_ids() {
    for text in [
        "Resources:\n  Other: { Type: A::B::C }\n  R: { Type: A::B::C }\nParameters:\n  P: { Type: String, Default: 5 }\n",
        "\u{feff}{\"Resources\": {\"Other\": {\"Type\": \"A::B::C\"}, \"R\" :\n {\"Type\": \"A::B::C\"}}, \"Parameters\": {\"P\": {\"Type\": \"String\", \"Default\": 5}}}",
    ] {
        let (app, _) = read_files(&[("t", text)], "t").unwrap();
        let at =
            |span: crate::source::Span| text.get(span.start..span.end).unwrap().trim_matches('"');
        let ids: Vec<&str> = app.resources.iter().map(|found| at(found.span)).collect();
        assert_eq!(ids, ["Other", "R"]);
        assert_eq!(at(app.parameters[0].span), "P");
        assert_eq!(app.parameters[0].default.as_deref(), Some("5"));
    }
}

#[test]
fn loops_count_once_for_their_first_value() {
    let yaml = "\
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Outer:
    - Stage
    - [dev, prod]
    - Fn::ForEach::Inner:
        - Kind
        - !Ref Kinds
        - R:
            Type: A::B::C
            Properties:
              Name: !Sub '${Stage}-${Kind}'
              Stage: !Ref Stage
              Fn::ForEach::Property: [P, [X, Y], { 'Set${P}': '&{P}' }]
";
    assert_eq!(
        properties(yaml),
        json!({"Name": {"Fn::Sub": "dev-${Kind}"}, "Stage": "dev", "SetX": "X"})
    );
}

#[test]
fn local_includes_are_inserted() {
    let template = "\
Transform:
  - AWS::Serverless-2016-10-31
  - { Name: AWS::Include, Parameters: { Location: more/top.yaml } }
Resources:
  Fn::Transform: { Name: AWS::Include, Parameters: { Location: more/resources.yaml } }
  R:
    Type: A::B::C
    Properties:
      Body: { a: 1, Fn::Transform: { Name: AWS::Include, Parameters: { Location: more/body.json } } }
      Far: !Transform { Name: AWS::Include, Parameters: { Location: s3://bucket/key } }
      Gone: !Transform { Name: AWS::Include, Parameters: { Location: gone.yaml } }
      Macro: { Fn::Transform: { Name: Reverse, Parameters: { x: 1 } } }
";
    let files = [
        ("t.yaml", template),
        (
            "more/top.yaml",
            "Resources: { Top: { Type: A::B::C } }\nParameters: { P: { Type: String } }\n",
        ),
        (
            "more/resources.yaml",
            "In: { Type: A::B::C, Properties: { Fn::Transform: { Name: AWS::Include, Parameters: { Location: p.yaml } } } }\n",
        ),
        ("more/p.yaml", "Deep: 1\n"),
        ("more/body.json", r#"{"b": 2}"#),
    ];
    let (app, _) = read_files(&files, "t.yaml").unwrap();
    let ids: Vec<&str> = app
        .resources
        .iter()
        .map(|found| found.id.as_str())
        .collect();
    assert_eq!(ids, ["In", "R", "Top"]);
    assert_eq!(app.parameters.len(), 1);
    assert_eq!(app.resources[0].properties["Deep"], json!(1));
    assert_eq!(
        Json::Object(app.resources[1].properties.clone()),
        json!({"Body": {"a": 1, "b": 2}, "Far": {}, "Gone": {}, "Macro": {}})
    );
    let unseen: Vec<&str> = app
        .unseen
        .iter()
        .map(|unseen| unseen.what.as_str())
        .collect();
    assert_eq!(
        unseen,
        [
            "a text that `AWS::Include` inserts is not a local file: what it adds is not seen",
            "the macro `Reverse` runs in the account: the resources that it adds or changes are not seen",
        ]
    );
}

#[test]
fn what_a_template_does_not_show_is_reported_once() {
    let yaml = "\
Transform: [AWS::LanguageExtensions, AWS::CodeDeployBlueGreen]
Resources:
  A: { Type: Custom::Seed, Properties: { ServiceToken: x } }
  B: { Type: Custom::Seed, Properties: { ServiceToken: x } }
  C: { Type: AWS::CloudFormation::CustomResource }
  D: { Type: My::Own::Thing::MODULE }
  E: { Type: AWS::Serverless::Unheard }
";
    let (app, _) = read_files(&[("t", yaml)], "t").unwrap();
    assert_eq!(app.resources.len(), 5);
    let unseen: Vec<&str> = app
        .unseen
        .iter()
        .map(|unseen| unseen.what.as_str())
        .collect();
    assert_eq!(
        unseen,
        [
            "the macro `AWS::CodeDeployBlueGreen` runs in the account: the resources that it adds or changes are not seen",
            "what the custom resource `Custom::Seed` does is decided by its function, under the role of that function",
            "what the custom resource `AWS::CloudFormation::CustomResource` does is decided by its function, under the role of that function",
            "the module `My::Own::Thing::MODULE` is in the registry: its resources are not seen",
            "the type `AWS::Serverless::Unheard` of SAM is newer than this version of deploy-roles: what it becomes is not seen",
        ]
    );
}

#[test]
fn attributes_are_kept_and_conditions_count() {
    let yaml = "\
Conditions: { Never: !Equals [a, b] }
Resources:
  R: { Type: A::B::C, Condition: Never, DependsOn: X, Metadata: { m: 1 }, UpdatePolicy: { u: 1 }, DeletionPolicy: Retain }
";
    let (app, _) = read_files(&[("t", yaml)], "t").unwrap();
    assert_eq!(
        Json::Object(app.resources[0].attributes.clone()),
        json!({"UpdatePolicy": {"u": 1}, "DeletionPolicy": "Retain"})
    );
}

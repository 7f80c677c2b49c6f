//! What holds for every input: bytes outside of macros survive, the same input gives the same
//! bytes, text of an author never changes the structure, and nothing panics.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on should stop"
)]

mod support;

use proptest::prelude::*;
use serde_yaml::Value;
use support::{ORGANIZATION, expanded};

const MACRO: &str = "!DeployRoles { AppId: APP, ToolsAccount: !Ref ToolsAccount, Targets: { dev: !Ref DevAccount } }";

/// The text without the three lines of the head.
fn body(text: &str) -> &str {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.splitn(4, '\n').nth(3).unwrap()
}

/// An ordinary entry of `Resources:` at two columns, in all kinds of style.
fn ordinary() -> impl Strategy<Value = String> {
    let comment = prop_oneof![
        Just(String::new()),
        Just("  # plain: 'comment'\n".to_owned()),
        Just("      # deep comment\n".to_owned()),
        Just("# at the margin\n".to_owned()),
        Just("\n".to_owned()),
        Just("  #\ttab and é ü 中\n".to_owned()),
    ];
    let value = prop_oneof![
        Just(" { Type: 'AWS::S3::Bucket' }\n".to_owned()),
        Just(
            "\n    Type: AWS::S3::Bucket   # why\n    Properties:\n      BucketName: \"x\\ty\"\n"
                .to_owned()
        ),
        Just(
            "\n    Type: AWS::SNS::Topic\n    Metadata: |\n      a: b\n        # no comment\n\n"
                .to_owned()
        ),
        Just(
            "\n    Type: AWS::SNS::Topic\n    Metadata: >+\n      folded\n      text\n\n\n"
                .to_owned()
        ),
        Just(
            "\n    Type: AWS::SNS::Topic\n    Tags:\n    - Key: k\n      Value: 'it''s'\n"
                .to_owned()
        ),
    ];
    (comment, value).prop_map(|(comment, value)| format!("{comment}  NAME:{value}"))
}

/// A macro entry of `Resources:` in block, flow or short form, with comments that are its own.
fn call() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(format!("  NAME: {MACRO}\n")),
        Just(format!("  NAME: {MACRO} # mine\n      # deeper: mine, too\n")),
        Just("  NAME: !DeployRoles\n    AppId: APP\n    ToolsAccount: !Ref ToolsAccount # mine\n\n    Targets:\n      dev: !Ref DevAccount\n      prod:\n        Account: !Ref ProdAccount\n".to_owned()),
        Just("  NAME:   !DeployRoles   \n    AppId: 'APP'\n    ToolsAccount: {Ref: ToolsAccount}\n    Targets: { dev: !Ref DevAccount,\n prod: !Ref ProdAccount }\n".to_owned()),
    ]
}

/// A template as pieces: `Ok` text that must survive, `Err` a macro.
fn template() -> impl Strategy<Value = Vec<Result<String, String>>> {
    let entry = prop_oneof![2 => ordinary().prop_map(Ok), 1 => call().prop_map(Err)];
    proptest::collection::vec(entry, 1..8).prop_map(|entries| {
        let mut pieces: Vec<Result<String, String>> = vec![Ok("AWSTemplateFormatVersion: '2010-09-09-OC' # head\nDefaultOrganizationBindingRegion: [eu-west-1, us-east-1]\n\nResources:\n".to_owned())];
        for (number, entry) in entries.into_iter().enumerate() {
            let fill = |text: String| text.replace("NAME", &format!("Name{number}X")).replace("APP", &format!("app{number}x"));
            pieces.push(entry.map(fill).map_err(fill));
        }
        pieces.push(Ok("\nOutputs: {} # the end\n".to_owned()));
        pieces
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_124), ..ProptestConfig::default() })]

    #[test]
    fn bytes_outside_of_macros_survive(pieces in template(), crlf in any::<bool>(), bom in any::<bool>(), final_newline in any::<bool>()) {
        let join = |text: &str| if crlf { text.replace('\n', "\r\n") } else { text.to_owned() };
        let mut source: String = pieces.iter().map(|piece| match piece { Ok(text) | Err(text) => join(text) }).collect();
        if !final_newline {
            source.truncate(source.trim_end().len());
        }
        if bom {
            source.insert(0, '\u{feff}');
        }
        let text = expanded(&source, Some(ORGANIZATION)).map_err(|problems| TestCaseError::fail(format!("{problems:?}\n{source}")))?;
        prop_assert_eq!(text.starts_with('\u{feff}'), bom);
        prop_assert_eq!(text.ends_with('\n'), final_newline);
        prop_assert_eq!(expanded(&source, Some(ORGANIZATION)).unwrap(), text.clone());
        prop_assert!(!text.contains("!DeployRoles"));
        if crlf {
            prop_assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        }
        // Each ordinary piece stands in the output, whole and in order.
        let mut rest = body(&text);
        let mut after_macro = false;
        for piece in &pieces {
            if let Ok(kept) = piece {
                let kept = join(kept);
                let mut kept = kept.trim_end();
                if after_macro {
                    // A comment that is indented deeper than the macro's key is the macro's.
                    let own = "      # deep comment";
                    kept = kept.strip_prefix(own).unwrap_or(kept).trim_start_matches(['\r', '\n']);
                }
                let at = rest.find(kept).ok_or_else(|| TestCaseError::fail(format!("lost {kept:?} in\n{rest}")))?;
                rest = &rest[at + kept.len()..];
            }
            after_macro = piece.is_err();
        }
    }

    #[test]
    fn text_of_an_author_never_changes_the_structure(text in "\\PC*|[\\n\\t:#'\"{}!&*%@`|>, \\-\\\\a-z$]*|(\\{\\{resolve:ssm:/a\\}\\})|!Include x|yes|012|2012-10-17|~|<<") {
        let quoted = serde_json::to_string(&text).unwrap();
        let source = format!("DefaultOrganizationBindingRegion: eu-west-1\nResources:\n  A: !DeployRoles\n    AppId: app\n    ToolsAccount: !Ref ToolsAccount\n    Targets: {{ dev: !Ref DevAccount }}\n    DeployerPolicies:\n      - PolicyName: Mine\n        PolicyDocument: {{ Statement: [ {{ Effect: Allow, Action: 'a:B', Resource: '*', Condition: {{ StringEquals: {{ 'a:b': {quoted} }} }} }} ] }}\n");
        match expanded(&source, Some(ORGANIZATION)) {
            Err(problems) => prop_assert!(problems.iter().all(|problem| ["nunjucks", "invalid-value", "invalid-yaml"].contains(&problem.rule.id)), "{:?}", problems),
            Ok(output) => {
                let value: Value = serde_yaml::from_str(&output).unwrap();
                let role = &value["Resources"]["ADevAccountDeployerRole"]["Properties"];
                let policies = role["Policies"].as_sequence().unwrap();
                let found = &policies.last().unwrap()["PolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]["a:b"];
                prop_assert_eq!(found.as_str(), Some(text.as_str()));
                for mark in ["{{", "{%", "{#", "!Include"] {
                    prop_assert!(!output.contains(mark), "{}", mark);
                }
            }
        }
    }

    #[test]
    fn nothing_panics(text in "(\\PC|[\\n :#'\"{}\\[\\]!&*%@`|>,?\\-])*") {
        let _ = expanded(&text, Some(ORGANIZATION));
        let _ = expanded(&format!("Resources:\n  A: !DeployRoles\n    {text}\n"), Some(ORGANIZATION));
    }
}

/// The resources that one more service adds or changes.
#[test]
fn another_service_moves_no_policy() {
    let all = deploy_roles::arguments::SERVICES;
    let policies = |services: &[&str]| {
        let list = services.join(", ");
        let source = format!(
            "DefaultOrganizationBindingRegion: eu-west-1\nResources:\n  A: !DeployRoles\n    AppId: app\n    ToolsAccount: !Ref ToolsAccount\n    Targets: {{ dev: !Ref DevAccount }}\n    Services: [{list}]\n    ExecutionPolicies:\n      - PolicyName: Mine\n        PolicyDocument: {{ Statement: [ {{ Effect: Allow, Action: 'a:B', Resource: '*' }} ] }}\n"
        );
        let value: Value =
            serde_yaml::from_str(&expanded(&source, Some(ORGANIZATION)).unwrap()).unwrap();
        let mut homes: std::collections::BTreeMap<String, Value> =
            std::collections::BTreeMap::new();
        for (id, resource) in value["Resources"].as_mapping().unwrap() {
            let properties = &resource["Properties"];
            for policy in properties["Policies"].as_sequence().into_iter().flatten() {
                homes.insert(
                    format!(
                        "{} in {}",
                        policy["PolicyName"].as_str().unwrap(),
                        id.as_str().unwrap()
                    ),
                    policy.clone(),
                );
            }
            if properties["PolicyDocument"].is_mapping() {
                homes.insert(id.as_str().unwrap().to_owned(), properties.clone());
            }
        }
        homes
    };
    for left_out in all {
        let fewer: Vec<&str> = all
            .iter()
            .copied()
            .filter(|service| service != left_out)
            .collect();
        let (before, after) = (policies(&fewer), policies(all));
        assert_eq!(after.len(), before.len() + 1, "{left_out}");
        for (home, policy) in &before {
            // The Serverless Framework's own policy follows options, and these stay the same.
            assert_eq!(after.get(home), Some(policy), "{left_out} moved {home}");
        }
    }
}

/// Policies for the CDK's bootstrap are shared by services, so here it is the statements that stay
/// where they are.
#[test]
fn another_service_moves_no_statement_for_the_cdk() {
    let all = deploy_roles::arguments::SERVICES;
    let statements = |framework: &str, services: &[&str]| {
        let list = services.join(", ");
        let source = format!(
            "DefaultOrganizationBindingRegion: eu-west-1\nResources:\n  A: !DeployRoles\n    AppId: app\n    ToolsAccount: !Ref ToolsAccount\n    Targets: {{ dev: {{ Account: !Ref DevAccount, Deny: ['a:C'] }} }}\n    Framework: {framework}\n    Services: [{list}]\n    ExecutionPolicies:\n      - PolicyName: Mine\n        PolicyDocument: {{ Statement: [ {{ Effect: Allow, Action: 'a:B', Resource: '*' }} ] }}\n"
        );
        let value: Value =
            serde_yaml::from_str(&expanded(&source, Some(ORGANIZATION)).unwrap()).unwrap();
        let mut homes: Vec<(String, Value)> = Vec::new();
        let mut policies = 0;
        for (id, resource) in value["Resources"].as_mapping().unwrap() {
            let statements = resource["Properties"]["PolicyDocument"]["Statement"].as_sequence();
            policies += usize::from(statements.is_some());
            for statement in statements.into_iter().flatten() {
                homes.push((id.as_str().unwrap().to_owned(), statement.clone()));
            }
        }
        // Those of the Tools account and of the DeployerRole are among them.
        assert!(policies <= 12, "{policies} policies");
        homes
    };
    for framework in ["cdk", "[cdk, cloudformation]"] {
        let after = statements(framework, all);
        for left_out in all {
            let fewer: Vec<&str> = all
                .iter()
                .copied()
                .filter(|service| service != left_out)
                .collect();
            for home in statements(framework, &fewer) {
                assert!(after.contains(&home), "{left_out} moved {}", home.0);
            }
        }
    }
}

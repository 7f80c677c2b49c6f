//! Needs that are written out, and the services that are chosen for them.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::infer::model::{AppResource, AppTemplates, NeedReason};
use crate::source::{FileId, Span};
use crate::yaml::lookup::Library;

/// An app of these resources: a type, and the actions that it needs.
struct Example {
    app: AppTemplates,
    needs: Vec<Need>,
}

const ARN: &str = "aws:eu-west-1:111122223333";

impl Example {
    fn new(resources: &[(&str, &[&str])]) -> Self {
        let mut example = Self {
            app: AppTemplates::default(),
            needs: Vec::new(),
        };
        for (type_name, actions) in resources {
            example.add(type_name, json!({}), actions);
        }
        example
    }

    /// Adds a resource with these needs. Those after its first create nothing.
    fn add(&mut self, type_name: &str, properties: Json, actions: &[&str]) {
        let resource = self.app.resources.len();
        let Json::Object(properties) = properties else {
            return;
        };
        self.app.resources.push(AppResource {
            id: format!("Resource{resource}"),
            type_name: type_name.to_owned(),
            properties,
            attributes: serde_json::Map::new(),
            span: Span::new(FileId(0), 0, 0),
            made_by: None,
        });
        for action in actions {
            let service = type_name.split("::").nth(1).unwrap().to_lowercase();
            let service = service.replace("stepfunctions", "states");
            let kind = match action.split_once(':').unwrap() {
                ("iam", "PassRole") => NeedKind::PassRole,
                ("iam", "CreateServiceLinkedRole") => NeedKind::ServiceLinkedRole,
                (prefix, _) if prefix.replace('-', "") == service => NeedKind::Write,
                _ => NeedKind::OtherService,
            };
            self.needs.push(Need {
                action: (*action).to_owned(),
                resource,
                kind,
                handlers: BTreeSet::from([Handler::Create]),
                reason: NeedReason::Type,
            });
        }
    }

    fn suggestion(&self, partials: &Partials) -> Suggestion {
        self.given(partials, &[])
    }

    fn given(&self, partials: &Partials, given: &[(&str, Option<&str>)]) -> Suggestion {
        let arns = |_: &str, action: &str| {
            let kind = match action {
                "sqs:CreateQueue" => "sqs:",
                "lambda:CreateFunction" => "lambda:function:",
                "iam:PassRole" | "iam:CreateServiceLinkedRole" => {
                    return vec!["arn:aws:iam::111122223333:role/*".to_owned()];
                }
                "dynamodb:CreateTable" => "dynamodb:table/",
                "kms:Decrypt" => "kms:key/",
                "secretsmanager:CreateSecret" => "secretsmanager:secret:",
                "states:CreateStateMachine" => "states:stateMachine:",
                "s3:GetObject" => return vec!["arn:aws:s3:::*/*".to_owned()],
                _ => return vec!["*".to_owned()],
            };
            let (service, resource) = kind.split_once(':').unwrap();
            let (partition, place) = ARN.split_once(':').unwrap();
            vec![format!("arn:{partition}:{service}:{place}:{resource}*")]
        };
        let wanted = AppNeeds {
            app: &self.app,
            needs: &self.needs,
            arns: &arns,
        };
        let given = given.iter().map(|(service, option)| Offering {
            service: (*service).to_owned(),
            option: option.map(str::to_owned),
        });
        let given = GivenServices {
            offerings: given.collect(),
            statements: Vec::new(),
        };
        suggest(wanted, partials, &given).unwrap()
    }
}

use serde_json::Value as Json;

fn built_in() -> Partials {
    Partials::new(&mut Library::default(), &[]).unwrap()
}

/// The built-in partials and these services.
fn with(services: &[(&str, &str)]) -> Partials {
    let mut library = Library::default();
    let added: Vec<(String, FileId)> = services
        .iter()
        .map(|(name, statements)| {
            let text = format!("PolicyName: Own{name}\nAttach: managed\nStatement:\n{statements}");
            let file = library.sources.add(format!("{name}.hbs"), text);
            (format!("services/{name}"), file)
        })
        .collect();
    Partials::new(&mut library, &added).unwrap()
}

fn allow(sid: &str, action: &str, resource: &str) -> String {
    format!(
        "  - Sid: {sid}\n    Effect: Allow\n    Action: ['{action}']\n    Resource: ['{resource}']\n"
    )
}

fn shown(suggestion: &Suggestion) -> String {
    let services = suggestion.services.iter().map(|service| {
        let options: Vec<&str> = service
            .options
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        format!("{}[{}]", service.name, options.join(" "))
    });
    services.collect::<Vec<_>>().join(" ")
}

fn missing(suggestion: &Suggestion) -> String {
    let types = suggestion.uncovered.iter().map(|one| {
        let actions = one.missing.iter().map(|reason| reason.action.as_str());
        let whole = if one.is_whole_type { " whole" } else { "" };
        format!(
            "{}{whole}: {}",
            one.type_name,
            actions.collect::<Vec<_>>().join(" ")
        )
    });
    types.collect::<Vec<_>>().join(", ")
}

#[test]
fn services_come_in_their_order_with_the_options_that_are_needed() {
    let example = Example::new(&[
        ("AWS::SQS::Queue", &["sqs:CreateQueue"]),
        (
            "AWS::Lambda::Function",
            &["lambda:CreateFunction", "iam:PassRole", "ec2:DescribeVpcs"],
        ),
    ]);
    let suggestion = example.suggestion(&built_in());
    assert_eq!(shown(&suggestion), "lambda[vpc] iam[] sqs[]");
    assert_eq!(missing(&suggestion), "");
    let vpc = &suggestion.services[0].options[0];
    assert_eq!(vpc.reasons[0].action, "ec2:DescribeVpcs");
}

#[test]
fn a_type_that_nothing_creates_asks_for_no_option() {
    let example = Example::new(&[(
        "AWS::EC2::SecurityGroup",
        &["ec2:CreateSecurityGroup", "kms:Decrypt"],
    )]);
    let suggestion = example.suggestion(&built_in());
    assert_eq!(shown(&suggestion), "");
    assert_eq!(
        missing(&suggestion),
        "AWS::EC2::SecurityGroup whole: ec2:CreateSecurityGroup kms:Decrypt"
    );
}

#[test]
fn a_role_is_passed_only_to_the_services_of_a_statement() {
    let passed = |type_name: &str| {
        let mut example = Example::new(&[("AWS::SQS::Queue", &["sqs:CreateQueue"])]);
        example.add(type_name, json!({}), &["iam:PassRole"]);
        let suggestion = example.suggestion(&built_in());
        (shown(&suggestion), missing(&suggestion))
    };
    let granted = ("iam[] sqs[]".to_owned(), String::new());
    assert_eq!(passed("AWS::Scheduler::Schedule"), granted);
    let (services, missing) = passed("AWS::Glue::Job");
    assert_eq!(services, "sqs[]");
    assert_eq!(missing, "AWS::Glue::Job: iam:PassRole");
}

#[test]
fn scaling_belongs_to_the_service_that_is_scaled() {
    let scaled = |properties: Json| {
        let mut example = Example::new(&[("AWS::DynamoDB::Table", &["dynamodb:CreateTable"])]);
        let action = "application-autoscaling:RegisterScalableTarget";
        example.add(
            "AWS::ApplicationAutoScaling::ScalableTarget",
            properties,
            &[action],
        );
        shown(&example.suggestion(&built_in()))
    };
    assert_eq!(
        scaled(json!({"ServiceNamespace": "dynamodb"})),
        "dynamodb[autoscaling]"
    );
    assert_eq!(scaled(json!({"ServiceNamespace": "ecs"})), "dynamodb[]");
    assert_eq!(
        scaled(json!({"ServiceNamespace": {"Ref": "Which"}})),
        "dynamodb[]"
    );
    let dimension = json!({"ScalableDimension": "dynamodb:table:ReadCapacityUnits"});
    assert_eq!(scaled(dimension), "dynamodb[autoscaling]");
}

#[test]
fn a_policy_scales_what_its_target_scales() {
    let mut example = Example::new(&[("AWS::DynamoDB::Table", &["dynamodb:CreateTable"])]);
    example.add(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        json!({"ServiceNamespace": "dynamodb"}),
        &[],
    );
    example.add(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        json!({"ScalingTargetId": {"Ref": "Resource1"}}),
        &["application-autoscaling:PutScalingPolicy"],
    );
    assert_eq!(
        shown(&example.suggestion(&built_in())),
        "dynamodb[autoscaling]"
    );
}

#[test]
fn the_service_of_the_type_comes_first() {
    // `kms: encrypt` would do as well.
    let example = Example::new(&[
        (
            "AWS::Lambda::Function",
            &["lambda:CreateFunction", "kms:Decrypt"],
        ),
        ("AWS::KMS::Key", &["kms:CreateKey"]),
    ]);
    let suggestion = example.suggestion(&built_in());
    assert_eq!(shown(&suggestion), "lambda[kms] kms[]");
    let instead = &suggestion.services[0].options[0].instead;
    assert!(
        instead.iter().any(|one| one.service == "kms"),
        "{instead:?}"
    );
    // A macro that has it keeps it.
    let given = [("lambda", None), ("kms", Some("encrypt"))];
    assert_eq!(
        shown(&example.given(&built_in(), &given)),
        "lambda[] kms[encrypt]"
    );
}

#[test]
fn a_service_that_is_needed_anyway_comes_before_an_option() {
    let machine = (
        "AWS::StepFunctions::StateMachine",
        &["states:CreateStateMachine", "s3:GetObject"][..],
    );
    let alone = Example::new(&[machine]);
    assert_eq!(
        shown(&alone.suggestion(&built_in())),
        "states[s3Definition]"
    );
    let example = Example::new(&[
        machine,
        ("AWS::Lambda::Function", &["lambda:CreateFunction"]),
    ]);
    assert_eq!(shown(&example.suggestion(&built_in())), "lambda[] states[]");
    // A macro that has it keeps it.
    let given = [("lambda", None), ("states", Some("s3Definition"))];
    assert_eq!(
        shown(&example.given(&built_in(), &given)),
        "lambda[] states[s3Definition]"
    );
    // One that has neither needs no option either.
    assert_eq!(
        shown(&example.given(&built_in(), &[("states", None)])),
        "lambda[] states[]"
    );
}

#[test]
fn an_option_is_needed_where_a_service_reaches_less_far() {
    let own = |resource: &str| {
        let option = allow("Read", "s3:GetObject", resource);
        let base = allow("Base", "own:Create", "*");
        format!("{{{{#if options.read}}}}\n{option}{{{{/if}}}}\n{base}")
    };
    let example = Example::new(&[
        ("AWS::Own::Thing", &["own:Create", "s3:GetObject"]),
        ("AWS::Lambda::Function", &["lambda:CreateFunction"]),
    ]);
    // Lambda reads `acme-*/*`.
    for (resource, wanted) in [
        ("arn:aws:s3:::{{appId}}-*/*", "lambda[] own[]"),
        ("arn:aws:s3:::{{appId}}-things/*", "lambda[] own[]"),
        ("arn:aws:s3:::*/*", "lambda[] own[read]"),
        ("arn:aws:s3:::things/*", "lambda[] own[read]"),
    ] {
        let partials = with(&[("own", &own(resource))]);
        assert_eq!(shown(&example.suggestion(&partials)), wanted, "{resource}");
        // Nor is it enough if the macro has that service.
        let given = example.given(&partials, &[("lambda", None), ("own", None)]);
        assert_eq!(shown(&given), wanted, "{resource}");
    }
}

#[test]
fn keys_are_used_through_the_service_of_the_resource() {
    let example = Example::new(&[
        (
            "AWS::SecretsManager::Secret",
            &["secretsmanager:CreateSecret", "kms:Decrypt"],
        ),
        ("AWS::Lambda::Function", &["lambda:CreateFunction"]),
    ]);
    let given = |all: &[(&str, Option<&str>)]| shown(&example.given(&built_in(), all));
    let services = [("lambda", None), ("secretsmanager", None)];
    // The option of another service does not let Secrets Manager use a key.
    for own in [("lambda", "kms"), ("states", "kms")] {
        let all = [&services[..], &[(own.0, Some(own.1))]].concat();
        assert_eq!(given(&all), "lambda[] secretsmanager[kms]", "{own:?}");
    }
    // That of KMS lets every service.
    let all = [&services[..], &[("kms", Some("encrypt"))]].concat();
    assert_eq!(given(&all), "lambda[] kms[encrypt] secretsmanager[]");
}

#[test]
fn what_leaves_no_choice_decides_what_does() {
    let statements = format!(
        "{{{{#if options.first}}}}\n{}{{{{/if}}}}\n{{{{#if options.second}}}}\n{}{}{{{{/if}}}}\n{}",
        allow("First", "own:Both", "*"),
        allow("Second", "own:Both", "*"),
        allow("Third", "own:One", "*"),
        allow("Base", "own:Create", "*"),
    );
    let partials = with(&[("own", &statements)]);
    let both = Example::new(&[("AWS::Own::Thing", &["own:Create", "own:Both"])]);
    assert_eq!(shown(&both.suggestion(&partials)), "own[first]");
    let one = Example::new(&[("AWS::Own::Thing", &["own:Create", "own:Both", "own:One"])]);
    assert_eq!(shown(&one.suggestion(&partials)), "own[second]");
}

#[test]
fn what_a_deny_refuses_is_not_granted() {
    let deny = allow("No", "own:Create", "*").replace("Allow", "Deny");
    let statements = format!(
        "{}{}{deny}",
        allow("Yes", "own:*", "*"),
        allow("Also", "b:Do", "*")
    );
    let example = Example::new(&[("AWS::Own::Thing", &["own:Create", "own:Other"])]);
    let suggestion = example.suggestion(&with(&[("own", &statements)]));
    assert_eq!(shown(&suggestion), "own[]");
    assert_eq!(missing(&suggestion), "AWS::Own::Thing: own:Create");
}

#[test]
fn an_option_that_takes_a_grant_away_is_found_out() {
    let statements = format!(
        "{{{{#if options.narrow}}}}\n{}{{{{else}}}}\n{}{{{{/if}}}}\n",
        allow("Narrow", "own:Narrow", "*"),
        allow("Wide", "own:Create", "*"),
    );
    let example = Example::new(&[("AWS::Own::Thing", &["own:Create", "own:Narrow"])]);
    let suggestion = example.suggestion(&with(&[("own", &statements)]));
    assert_eq!(shown(&suggestion), "own[narrow]");
    assert_eq!(missing(&suggestion), "AWS::Own::Thing: own:Create");
}

#[test]
fn an_action_without_a_resource_needs_a_star() {
    let statements = format!(
        "{}{}",
        allow("Create", "own:Create", "*"),
        allow("Things", "own:List", "arn:aws:own:::thing/*"),
    );
    let example = Example::new(&[("AWS::Own::Thing", &["own:Create", "own:List"])]);
    let suggestion = example.suggestion(&with(&[("own", &statements)]));
    assert_eq!(missing(&suggestion), "AWS::Own::Thing: own:List");
}

#[test]
fn a_service_linked_role_turns_nothing_on() {
    let example = Example::new(&[(
        "AWS::DynamoDB::Table",
        &["dynamodb:CreateTable", "iam:CreateServiceLinkedRole"],
    )]);
    let suggestion = example.suggestion(&built_in());
    assert_eq!(
        (shown(&suggestion).as_str(), missing(&suggestion).as_str()),
        ("dynamodb[]", "")
    );
}

#[test]
fn the_linked_role_of_a_target_is_that_of_what_is_scaled() {
    let actions = [
        "application-autoscaling:RegisterScalableTarget",
        "iam:CreateServiceLinkedRole",
    ];
    let created = |namespace: &str| {
        let mut example = Example::new(&[("AWS::DynamoDB::Table", &["dynamodb:CreateTable"])]);
        let properties = json!({ "ServiceNamespace": namespace });
        let target = "AWS::ApplicationAutoScaling::ScalableTarget";
        example.add(target, properties, &actions);
        example.suggestion(&built_in()).linked_roles
    };
    assert_eq!(created("dynamodb"), BTreeSet::from([1]));
    assert_eq!(created("ecs"), BTreeSet::new());
}

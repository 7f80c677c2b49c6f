//! Partials for types of all services.
//!
//! What inference must not grant is written here once more, as INFER.md's table of kinds: the code
//! decides by reasons, and these tests look at the statements.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::json;
use serde_yaml::Value;

use super::*;
use crate::aws::actions::{AccessLevel, reference};
use crate::aws::handlers::Handler;
use crate::aws::quotas::MANAGED_POLICY_LIMIT;
use crate::aws::wildcard::overlap;
use crate::infer::model::{AppResource, NeedKind};
use crate::partials::Partials;
use crate::source::{FileId, Span};
use crate::yaml::lookup::Library;

thread_local!(static ARNS: Arns = Arns::default());

/// An app with one resource of each type, which needs everything that the type's handlers call.
fn everything(types: &[&str]) -> (AppTemplates, Vec<Need>) {
    let (mut app, mut needs) = (AppTemplates::default(), Vec::new());
    for (resource, name) in types.iter().enumerate() {
        app.resources.push(AppResource {
            id: format!("Resource{resource}"),
            type_name: (*name).to_owned(),
            properties: serde_json::Map::new(),
            attributes: serde_json::Map::new(),
            span: Span::new(FileId(0), 0, 0),
            made_by: None,
        });
        let known = handlers().resource_type(name).unwrap();
        needs.extend(known.actions.iter().map(|action| Need {
            action: action.name.to_owned(),
            resource,
            kind: NeedKind::Write,
            handlers: Handler::ALL.into_iter().collect(),
            reason: NeedReason::Type,
        }));
    }
    (app, needs)
}

/// What is generated for one resource of each type.
fn generated(types: &[&str], allowed: &[&str]) -> Generated {
    let (app, needs) = everything(types);
    let allowed = allowed.iter().map(|action| (*action).to_owned()).collect();
    ARNS.with(|arns| {
        generate(Lacking {
            app: &app,
            arns,
            needs: &needs,
            allowed: &allowed,
            is_taken: &|name| name == "lambda",
        })
    })
}

/// A statement of a rendered partial.
struct Rendered {
    sid: String,
    actions: Vec<String>,
    resources: Vec<String>,
    condition: String,
    size: usize,
}

impl Rendered {
    fn limits(&self, key: &str, value: &str) -> bool {
        self.condition.contains(&format!("\"{key}\":\"{value}\""))
    }

    fn is_tagged(&self) -> bool {
        self.limits("aws:RequestTag/AppId", "acme") || self.limits("aws:ResourceTag/AppId", "acme")
    }
}

/// The statements of generated partials, rendered as a macro with all of these services would.
fn rendered(found: &[Generated]) -> Vec<Rendered> {
    let mut library = Library::default();
    let files: Vec<(String, FileId)> = found
        .iter()
        .flat_map(|found| &found.partials)
        .map(|partial| {
            let path = format!("{}.hbs", partial.name);
            let file = library.sources.add(path, partial.text.as_str());
            (format!("services/{}", partial.name), file)
        })
        .collect();
    let partials = Partials::new(&mut library, &files).unwrap();
    let mut statements = Vec::new();
    for (name, _) in &files {
        let context = json!({ "appId": "acme", "options": {}, "services": {} });
        let text = partials.render(name, &context).unwrap();
        let policy: Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(policy["Attach"], "shared", "{name}");
        for statement in policy["Statement"].as_sequence().unwrap() {
            statements.push(statement_of(statement));
        }
    }
    statements
}

fn statement_of(value: &Value) -> Rendered {
    assert_eq!(value["Effect"], "Allow");
    let text = |value: &Value| match value {
        Value::Tagged(tagged) => tagged.value.as_str().unwrap().to_owned(),
        value => value.as_str().unwrap().to_owned(),
    };
    let list = |key: &str| value[key].as_sequence().unwrap().iter().map(text).collect();
    let condition: Option<Value> = value.get("Condition").cloned();
    let condition = condition.map(|condition| {
        let written = serde_yaml::to_string(&condition)
            .unwrap()
            .replace("!Sub ", "");
        let plain: serde_json::Value = serde_yaml::from_str(&written).unwrap();
        plain.to_string()
    });
    Rendered {
        sid: value["Sid"].as_str().unwrap().to_owned(),
        actions: list("Action"),
        resources: list("Resource"),
        condition: condition.unwrap_or_default(),
        size: serde_yaml::to_string(value).unwrap().len(),
    }
}

/// What the reference says about actions, looked up once: a test asks for many of them often.
#[derive(Default)]
struct Known {
    levels: RefCell<HashMap<String, AccessLevel>>,
    resources: RefCell<HashMap<String, Rc<Vec<String>>>>,
}

thread_local!(static KNOWN: Known = Known::default());

fn level(action: &str) -> AccessLevel {
    KNOWN.with(|known| {
        let mut levels = known.levels.borrow_mut();
        let level = levels.entry(action.to_owned());
        *level.or_insert_with(|| reference().level(action).unwrap())
    })
}

fn is_read(action: &str) -> bool {
    let name = action.split_once(':').unwrap().1;
    let named = ["Get", "Describe", "List", "BatchGet", "Head", "Search"];
    match level(action) {
        AccessLevel::Read | AccessLevel::List => true,
        AccessLevel::Unknown => named.iter().any(|verb| name.starts_with(verb)),
        _ => false,
    }
}

/// The patterns that the reference has for an action.
fn known_resources(action: &str) -> Rc<Vec<String>> {
    KNOWN.with(|known| {
        let mut resources = known.resources.borrow_mut();
        if !resources.contains_key(&action.to_lowercase()) {
            let (prefix, _) = action.split_once(':').unwrap();
            let service = reference().service(prefix).unwrap();
            for known in &service.actions {
                let places = known.places.split(',').map(|place| match place {
                    "*" => "*".to_owned(),
                    at => plain_pattern(service.patterns[at.parse::<usize>().unwrap()]),
                });
                let places = Rc::new(places.collect());
                resources.insert(format!("{prefix}:{}", known.name).to_lowercase(), places);
            }
        }
        Rc::clone(&resources[&action.to_lowercase()])
    })
}

fn plain_pattern(pattern: &str) -> String {
    pattern
        .replace("$r", "eu-west-1")
        .replace("$a", "111122223333")
        .replace('%', "*")
}

fn plain(resource: &str) -> String {
    resource
        .replace("${AWS::Partition}", "aws")
        .replace("${AWS::Region}", "eu-west-1")
        .replace("${AWS::AccountId}", "111122223333")
}

/// What is wrong with statements that nobody allowed anything for.
fn faults(statements: &[Rendered]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut sids = BTreeSet::new();
    for one in statements {
        let mut fault = |what: &str| faults.push(format!("{}: {what}", one.sid));
        if !sids.insert(one.sid.clone()) || !one.sid.chars().all(|c| c.is_ascii_alphanumeric()) {
            fault("is not a Sid of its own");
        }
        if one.size > MANAGED_POLICY_LIMIT {
            fault("is too long for a policy");
        }
        let reads = one.actions.iter().filter(|action| is_read(action)).count();
        if reads != 0 && reads != one.actions.len() {
            fault("reads and writes");
        }
        for action in &one.actions {
            if let Some(what) = never(action, one) {
                fault(&format!("{action} {what}"));
            }
            let known = known_resources(action);
            for resource in &one.resources {
                let arn = plain(resource);
                if !known.iter().any(|pattern| overlap(pattern, &arn)) {
                    fault(&format!("{action} cannot match {resource}"));
                }
            }
        }
    }
    faults
}

/// What is never granted, whoever allows it.
fn never(action: &str, one: &Rendered) -> Option<&'static str> {
    let (service, name) = action.split_once(':').unwrap();
    let reaches = |text: &str| one.resources.iter().any(|resource| resource.contains(text));
    let is_app = one
        .resources
        .iter()
        .all(|arn| arn.contains("acme-*") || arn.contains("acme/*") || arn.ends_with("/acme"));
    match (service, name) {
        ("iam", "PassRole") if !is_app => Some("is wider than the app"),
        ("iam", "PassRole") if !one.condition.contains("iam:PassedToService") => {
            Some("passes anywhere")
        }
        ("iam", "CreateServiceLinkedRole") if !one.condition.contains("iam:AWSServiceName") => {
            Some("is for any service")
        }
        ("iam", "PassRole" | "CreateServiceLinkedRole") => None,
        ("iam", _) if reaches(":role/") => Some("reaches roles"),
        (
            "iam",
            "AttachUserPolicy"
            | "AttachGroupPolicy"
            | "DeleteRolePermissionsBoundary"
            | "DeleteUserPermissionsBoundary"
            | "DeleteServiceLinkedRole",
        ) => Some("is never granted"),
        ("sts", _) => Some("takes on another identity"),
        ("cloudformation", _) if reaches(":stack/") => Some("reaches stacks"),
        ("kms", "CreateGrant") if !one.limits("kms:GrantIsForAWSResource", "true") => {
            Some("grants to anybody")
        }
        ("kms", "PutKeyPolicy") if !one.condition.contains("BypassPolicyLockoutSafetyCheck") => {
            Some("can lock everybody out")
        }
        ("lambda", "CreateFunctionUrlConfig" | "UpdateFunctionUrlConfig")
            if !one.limits("lambda:FunctionUrlAuthType", "AWS_IAM") =>
        {
            Some("opens URLs")
        }
        _ => None,
    }
}

/// What needs a person's word.
fn held(action: &str, one: &Rendered) -> Option<&'static str> {
    let (service, name) = action.split_once(':').unwrap();
    let is_whole = one.resources.iter().any(|resource| resource == "*");
    let is_app = one
        .resources
        .iter()
        .all(|arn| arn.contains("acme-") || arn.contains("acme/"));
    let runs = [
        "glue",
        "codebuild",
        "codepipeline",
        "ecs-tasks",
        "ec2.",
        "sagemaker",
        "batch",
        "iot",
        "ssm",
        "firehose",
        "logs",
        "osis",
        "bedrock",
    ];
    match (service, name) {
        ("iam", "PassRole") => runs
            .iter()
            .any(|one_of| one.condition.contains(&format!("\"{one_of}")))
            .then_some("runs code"),
        ("iam", _) if !is_read(action) => Some("writes in IAM"),
        ("organizations" | "account" | "sso" | "identitystore" | "ram" | "sts", _) => {
            Some("reaches others")
        }
        _ if level(action) == AccessLevel::Permissions => Some("manages permissions"),
        ("kms", "PutKeyPolicy" | "ScheduleKeyDeletion" | "CreateGrant") => Some("is about keys"),
        ("dynamodb", "Scan" | "GetItem") | ("logs", "GetLogEvents") => Some("reads data"),
        ("s3", "GetObject") | ("secretsmanager", "GetSecretValue") if !is_app => Some("reads data"),
        _ if !is_read(action) && is_whole && !one.is_tagged() => Some("writes anywhere"),
        _ => None,
    }
}

/// Every type, by service: a partial is for all types of its service.
fn by_service() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut services: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in handlers().type_names() {
        let known = handlers().resource_type(name).unwrap();
        services.entry(known.service).or_default().push(known.name);
    }
    services
}

#[test]
fn no_partial_of_any_service_grants_what_needs_a_word() {
    let all: Vec<Generated> = by_service()
        .into_values()
        .map(|types| generated(&types, &[]))
        .collect();
    let statements = rendered(&all);
    let mut found = faults(&statements);
    for one in &statements {
        let actions = one.actions.iter();
        let held = actions.filter_map(|action| Some((action, held(action, one)?)));
        found.extend(held.map(|(action, what)| format!("{}: {action} {what}", one.sid)));
    }
    assert_eq!(found.join("\n"), "");
    assert!(statements.len() > 5000, "only {}", statements.len());
}

#[test]
fn what_a_person_allows_is_granted_and_no_more() {
    let mut found = Vec::new();
    let mut all = Vec::new();
    let mut allowed = BTreeSet::new();
    for types in by_service().into_values() {
        let held = generated(&types, &[]).held;
        let names: Vec<&str> = held.iter().map(|one| one.action.as_str()).collect();
        let granted = generated(&types, &names);
        // What nobody can allow stays held back, and nothing else.
        let never: Vec<&HeldBack> = held.iter().filter(|one| !one.can_be_allowed).collect();
        if granted.held.iter().collect::<Vec<_>>() != never {
            found.push(format!("{types:?} hold back {:?}", granted.held));
        }
        let actions: BTreeSet<&String> = granted
            .partials
            .iter()
            .flat_map(|partial| &partial.actions)
            .collect();
        for one in held.iter().filter(|one| one.can_be_allowed) {
            if !actions.contains(&one.action) {
                found.push(format!("{types:?}: {} was allowed", one.action));
            }
            allowed.insert(one.action.clone());
        }
        all.push(granted);
    }
    found.extend(faults(&rendered(&all)));
    assert_eq!(found.join("\n"), "");
    assert!(allowed.len() > 900, "only {}", allowed.len());
}

/// The golden cases with generated partials: the types that ask, and what a person allowed.
const GOLDEN: &[(&str, &[&str], &[&str])] = &[
    (
        "generated-partials-by-name",
        &[
            "AWS::ECR::Repository",
            "AWS::ECS::Cluster",
            "AWS::ECS::Service",
            "AWS::ECS::TaskDefinition",
        ],
        &[],
    ),
    (
        "generated-partials-by-tag",
        &[
            "AWS::EC2::Subnet",
            "AWS::EC2::VPC",
            "AWS::EC2::VPCEndpoint",
            "AWS::Kendra::DataSource",
            "AWS::Kendra::Index",
            "AWS::SES::EmailIdentity",
        ],
        &[],
    ),
    (
        "generated-partials-allowed",
        &[
            "AWS::ECS::Service",
            "AWS::ECS::TaskDefinition",
            "AWS::Glue::Database",
            "AWS::Glue::Table",
        ],
        &[
            "ecs:DeregisterTaskDefinition",
            "iam:CreateServiceLinkedRole",
            "iam:PassRole",
        ],
    ),
];

/// The other oracles (the walk, OrgFormation, cfn-lint) read the golden cases, so these must hold
/// what is generated today. With `SNAPSHOTS=overwrite`, it writes them.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test reads and writes its own files"
)]
fn the_golden_partials_are_those_of_today() {
    for (case, types, allowed) in GOLDEN {
        let found = generated(types, allowed);
        assert_eq!(found, generated(types, allowed), "{case}");
        for file in files::files(&found.partials, "template.yaml", |_| Ok(None)).unwrap() {
            let path = format!(
                "{}/tests/golden/{case}/partials/{}",
                env!("CARGO_MANIFEST_DIR"),
                file.path
            );
            if std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
                std::fs::write(&path, &file.text).unwrap();
            }
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(written == file.text, "{path} is not what is generated");
        }
    }
}

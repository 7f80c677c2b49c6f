//! The resources that an action is asked for when CloudFormation handles a resource of some type.
//!
//! In: a resource type and an action. Out: ARN patterns as partials write them, with
//! `${AWS::Partition}` and the like: all that can be one of that type ([`Arns::possible`]), or the
//! same narrowed to the app's names ([`Arns::narrowed`]). Refuses nothing: an action that AWS
//! cannot limit, or that no handler calls, has the pattern `*`.
//!
//! The hard part is that two sources have to be joined. The reference says for which ARN formats an
//! action may be asked, and CloudFormation says which ARN format a type has. They name the variables
//! differently, so what is compared is the shape: the text without the names of its variables.

mod api_gateway;
mod format;
mod names;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::aws::handlers::{ArnFormat, CalledAction, Handler, ResourceType, handlers};
use crate::infer::arns::format::{APP, ParsedArn, letters};
use crate::infer::arns::names::ServiceNames;

/// How far a pattern reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ArnReach {
    /// What is named after the app.
    App,
    /// A kind of resource, whatever the name.
    Kind,
    /// Everything: the action cannot be limited.
    Any,
}

/// What a resource that an action is asked for has to do with the type that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ArnShare {
    /// It is one of that type, or its parent.
    Own,
    /// The same call is always asked for it, too, as the VPC of a security group.
    Required,
    /// The same call is asked for it if the template names one, as the subnets of an endpoint.
    Optional,
}

/// One pattern of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArnPattern {
    /// The pattern, as partials write it.
    pub text: String,
    /// How far it reaches.
    pub reach: ArnReach,
    /// What the resources have to do with the type that asks.
    pub share: ArnShare,
    /// Whether the condition key `aws:ResourceTag` works for them.
    pub has_resource_tags: bool,
    /// What the reference calls such a resource, in lower-case letters and digits.
    pub kind: String,
}

/// The ARNs of resource types. It remembers what it has looked up.
#[derive(Default)]
pub struct Arns {
    services: RefCell<HashMap<String, Rc<ServiceNames>>>,
}

impl Arns {
    /// The patterns of all resources of the type `type_name`, or of their parents, that `action`
    /// can be asked for, sorted. Without what the same call also touches.
    pub fn possible(&self, type_name: &str, action: &str) -> Vec<String> {
        let open = |format: &ArnFormat<'_>| ParsedArn::parse(format.arn).map(|arn| arn.opened());
        let mut found: Vec<String> = match asked(type_name, action) {
            AskedFor::Paths(paths) => paths,
            AskedFor::Formats(formats) => formats
                .iter()
                .filter(|(_, share)| *share == ArnShare::Own)
                .map(|(format, _)| open(format).unwrap_or_else(any))
                .collect(),
        };
        if found.is_empty() {
            found.push(any());
        }
        found.sort();
        found.dedup();
        found
    }

    /// The same, narrowed to what is named after the app, as far as the ARNs hold names. Also what
    /// else the call can touch ([`ArnShare::Optional`]). Sorted.
    pub fn narrowed(&self, type_name: &str, action: &str) -> Vec<ArnPattern> {
        let mut found: BTreeSet<ArnPattern> = match asked(type_name, action) {
            AskedFor::Paths(mut paths) => {
                if is_tagging(type_name, action) {
                    paths.extend(api_gateway::tags(action));
                }
                paths.into_iter().map(path).collect()
            }
            AskedFor::Formats(formats) => formats
                .iter()
                .flat_map(|(format, share)| self.narrow(type_name, format, *share))
                .collect(),
        };
        if found.is_empty() {
            found.insert(unlimited());
        }
        found.into_iter().collect()
    }

    /// The patterns of one format.
    fn narrow(&self, type_name: &str, format: &ArnFormat<'_>, share: ArnShare) -> Vec<ArnPattern> {
        let Some(arn) = ParsedArn::parse(format.arn) else {
            return vec![unlimited()];
        };
        let pattern = |text: String, reach| ArnPattern {
            text,
            reach,
            share,
            has_resource_tags: format.has_resource_tags,
            kind: letters(format.kind),
        };
        if let Some(resources) = exception(type_name, arn.service, &arn.shape()) {
            let texts = resources.iter().map(|resource| arn.with_resource(resource));
            return texts.map(|text| pattern(text, ArnReach::App)).collect();
        }
        let names = self.names(arn.service);
        let (text, is_app) = arn.narrowed(|shape, variable| names.of_variable(shape, variable));
        let reach = if is_app {
            ArnReach::App
        } else {
            ArnReach::Kind
        };
        vec![pattern(text, reach)]
    }

    fn names(&self, service: &str) -> Rc<ServiceNames> {
        let mut services = self.services.borrow_mut();
        let names = services
            .entry(service.to_owned())
            .or_insert_with(|| Rc::new(ServiceNames::of(service)));
        Rc::clone(names)
    }
}

/// What an action is asked for.
enum AskedFor<'a> {
    /// ARN formats of the reference.
    Formats(Vec<(ArnFormat<'a>, ArnShare)>),
    /// Patterns of API Gateway.
    Paths(Vec<String>),
}

/// What `action` is asked for when a resource of the type `type_name` is handled; no formats if it
/// cannot be limited.
fn asked(type_name: &str, action: &str) -> AskedFor<'static> {
    let Some(called) = handlers().action(action) else {
        return AskedFor::Formats(Vec::new());
    };
    let known = handlers().resource_type(type_name);
    let service = called.name.split(':').next().unwrap_or_default();
    let has_required = called.formats.iter().any(|format| format.is_required);
    // Neither version's methods say which of their paths they are for.
    if service == "apigateway"
        && !has_required
        && let Some(paths) = api_gateway::patterns(type_name)
    {
        return AskedFor::Paths(paths);
    }
    let formats = without_access_points(service, called.formats.clone());
    match known {
        Some(known) if serves(&known, service) => {
            AskedFor::Formats(shares(&known, &called, formats))
        }
        _ => AskedFor::Formats(
            formats
                .into_iter()
                .map(|format| (format, ArnShare::Own))
                .collect(),
        ),
    }
}

/// Whether `action` is one of the tagging permissions of a type.
fn is_tagging(type_name: &str, action: &str) -> bool {
    let known = handlers().resource_type(type_name);
    let mut actions = known.into_iter().flat_map(|known| known.actions);
    actions.any(|known| known.is_tagging && known.name == action)
}

/// Whether the resources of a type are among those of `service`.
fn serves(known: &ResourceType<'_>, service: &str) -> bool {
    let arn = known.arn.and_then(ParsedArn::parse);
    known.service == service || arn.is_some_and(|arn| arn.service == service)
}

/// The formats with what each has to do with the type.
fn shares<'a>(
    known: &ResourceType<'_>,
    called: &CalledAction<'_>,
    formats: Vec<ArnFormat<'a>>,
) -> Vec<(ArnFormat<'a>, ArnShare)> {
    let own = own_formats(known, &formats);
    if own.is_empty() {
        return formats
            .into_iter()
            .map(|format| (format, ArnShare::Own))
            .collect();
    }
    // Where the reference requires none of the type's own formats, the others are alternatives to
    // them, such as the many kinds of resources that can be tagged.
    let is_one_call = own
        .iter()
        .any(|at| formats.get(*at).is_some_and(|format| format.is_required));
    let is_tagging = known
        .actions
        .iter()
        .any(|action| action.name == called.name && action.is_tagging);
    let share = |at: usize, format: &ArnFormat<'_>| {
        if own.contains(&at) {
            Some(ArnShare::Own)
        } else if format.is_required {
            Some(ArnShare::Required)
        } else {
            (is_one_call && !is_tagging).then_some(ArnShare::Optional)
        }
    };
    let shared = formats.into_iter().enumerate();
    shared
        .filter_map(|(at, format)| share(at, &format).map(|share| (format, share)))
        .collect()
}

/// Which of the formats are those of the type: of the same shape, else below it (an alias below its
/// function), else above it, else of the type's name.
fn own_formats(known: &ResourceType<'_>, formats: &[ArnFormat<'_>]) -> BTreeSet<usize> {
    let places = |holds: &dyn Fn(&ArnFormat<'_>) -> bool| -> BTreeSet<usize> {
        let places = formats.iter().enumerate();
        places
            .filter(|(_, format)| holds(format))
            .map(|(at, _)| at)
            .collect()
    };
    let shape_of =
        |text: &str| ParsedArn::parse(text).map(|arn| (arn.service.to_owned(), arn.shape()));
    let related = |relation: &dyn Fn(&str, &str) -> bool, own: &(String, String)| {
        places(&|format| {
            shape_of(format.arn)
                .is_some_and(|(service, shape)| service == own.0 && relation(&shape, &own.1))
        })
    };
    let own = known.arn.and_then(shape_of).or_else(|| parent_shape(known));
    let by_shape = own.into_iter().flat_map(|own| {
        [
            related(&|shape, own| shape == own, &own),
            related(&|shape, own| is_below(shape, own), &own),
            related(&|shape, own| is_below(own, shape), &own),
        ]
    });
    let short = letters(known.name.rsplit("::").next().unwrap_or_default());
    let by_name =
        places(&|format| letters(format.kind.split('/').next().unwrap_or_default()) == short);
    by_shape
        .chain([by_name])
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// A type without an ARN of its own belongs to another: the one that its creation is asked for, if
/// there is one only. A function's permission belongs to the function.
fn parent_shape(known: &ResourceType<'_>) -> Option<(String, String)> {
    let created = known
        .actions
        .iter()
        .filter(|action| action.is_called_by(Handler::Create) && !action.is_tagging)
        .filter(|action| action.name.split(':').next() == Some(known.service))
        .filter(|action| !is_read(action.name));
    let shapes: BTreeSet<(String, String)> = created
        .filter_map(|action| handlers().action(action.name))
        .flat_map(|action| action.formats)
        .filter_map(|format| ParsedArn::parse(format.arn))
        .map(|arn| (arn.service.to_owned(), arn.shape()))
        .collect();
    let mut shapes = shapes.into_iter();
    shapes.next().filter(|_| shapes.next().is_none())
}

/// Whether the action's name says that it reads.
fn is_read(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    ["Get", "Describe", "List", "BatchGet", "Head"]
        .iter()
        .any(|verb| name.starts_with(verb))
}

/// Whether `shape` begins with `other` and goes on after a separator.
fn is_below(shape: &str, other: &str) -> bool {
    shape
        .strip_prefix(other)
        .is_some_and(|rest| rest.starts_with(['/', ':']))
}

/// The formats without access points and the like, if a bucket or an object will do: a template
/// that uses them names them with types of their own.
fn without_access_points<'a>(service: &str, formats: Vec<ArnFormat<'a>>) -> Vec<ArnFormat<'a>> {
    let is_bucket = |format: &&ArnFormat<'a>| matches!(format.kind, "bucket" | "object");
    if service != "s3" || !formats.iter().any(|format| is_bucket(&format)) {
        return formats;
    }
    formats.iter().filter(is_bucket).copied().collect()
}

/// The resources that are the app's, where a name is not simply the first thing that can be one.
fn exception(type_name: &str, service: &str, shape: &str) -> Option<Vec<String>> {
    // A log group belongs to the app if the app's prefix follows one of these, as in the service
    // `logs`.
    const LOG_GROUPS: [&str; 6] = [
        "/aws/lambda/",
        "/aws/http-api/",
        "/aws/api-gateway/",
        "/aws/websocket/",
        "/aws/vendedlogs/",
        "",
    ];
    match (service, shape) {
        ("logs", shape) if shape.starts_with("log-group:{}") => {
            let group = |prefix: &&str| format!("log-group:{prefix}{APP}");
            Some(LOG_GROUPS.iter().map(group).collect())
        }
        // Parameters form paths.
        ("ssm", "parameter/{}") => Some(vec![
            "parameter/{{appId}}".to_owned(),
            "parameter/{{appId}}/*".to_owned(),
        ]),
        // The group comes first, and is usually `default`.
        ("scheduler", "schedule/{}/{}") => Some(vec![format!("schedule/*/{APP}")]),
        // EventBridge keeps a connection's credentials in a secret named after it.
        ("secretsmanager", "secret:{}") if type_name == "AWS::Events::Connection" => {
            Some(vec![format!("secret:events!connection/{APP}")])
        }
        _ => None,
    }
}

/// A pattern of API Gateway. Its paths hold no names of the app.
fn path(text: String) -> ArnPattern {
    ArnPattern {
        text,
        reach: ArnReach::Kind,
        share: ArnShare::Own,
        has_resource_tags: false,
        kind: String::new(),
    }
}

fn unlimited() -> ArnPattern {
    ArnPattern {
        text: any(),
        reach: ArnReach::Any,
        share: ArnShare::Own,
        has_resource_tags: false,
        kind: String::new(),
    }
}

fn any() -> String {
    "*".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQS: &str = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:";

    /// The last fields of the patterns, and for those that are not the app's, a mark.
    fn narrowed(type_name: &str, action: &str) -> Vec<String> {
        let patterns = Arns::default().narrowed(type_name, action);
        let shown = |pattern: &ArnPattern| {
            let text = ["Partition", "Region", "AccountId"]
                .iter()
                .fold(pattern.text.clone(), |text, name| {
                    text.replace(&format!("${{AWS::{name}}}"), name)
                });
            let text = text.splitn(6, ':').last().unwrap();
            let reach = match pattern.reach {
                ArnReach::App => "",
                ArnReach::Kind => " kind",
                ArnReach::Any => " any",
            };
            let share = match pattern.share {
                ArnShare::Own => "",
                ArnShare::Required => " required",
                ArnShare::Optional => " optional",
            };
            format!("{text}{reach}{share}")
        };
        patterns.iter().map(shown).collect()
    }

    #[test]
    fn names_become_the_apps() {
        for (type_name, action, expected) in [
            ("AWS::SQS::Queue", "sqs:CreateQueue", "{{appId}}-*"),
            ("AWS::Pipes::Pipe", "pipes:CreatePipe", "pipe/{{appId}}-*"),
            (
                "AWS::Lambda::Alias",
                "lambda:CreateAlias",
                "function:{{appId}}-*",
            ),
            (
                "AWS::Lambda::Permission",
                "lambda:AddPermission",
                "function:{{appId}}-*",
            ),
            (
                "AWS::CodeDeploy::DeploymentGroup",
                "codedeploy:CreateDeploymentGroup",
                "deploymentgroup:{{appId}}-*",
            ),
            (
                "AWS::Scheduler::Schedule",
                "scheduler:CreateSchedule",
                "schedule/*/{{appId}}-*",
            ),
            (
                "AWS::ECS::Service",
                "ecs:DeleteService",
                "service/{{appId}}-*",
            ),
            (
                "AWS::ECS::TaskDefinition",
                "ecs:TagResource",
                "task-definition/{{appId}}-*",
            ),
            ("AWS::S3::Bucket", "s3:PutBucketPolicy", "{{appId}}-*"),
            (
                "AWS::ECR::Repository",
                "ecr:CreateRepository",
                "repository/{{appId}}-*",
            ),
            (
                "AWS::ElasticLoadBalancingV2::TargetGroup",
                "elasticloadbalancing:ModifyTargetGroup",
                "targetgroup/{{appId}}-*",
            ),
            (
                "AWS::AutoScaling::AutoScalingGroup",
                "autoscaling:DeleteAutoScalingGroup",
                "autoScalingGroup:*:autoScalingGroupName/{{appId}}-*",
            ),
            // Other services' resources are narrowed by their own names.
            (
                "AWS::KinesisFirehose::DeliveryStream",
                "iam:PassRole",
                "role/{{appId}}-*",
            ),
            (
                "AWS::Events::Connection",
                "secretsmanager:CreateSecret",
                "secret:events!connection/{{appId}}-*",
            ),
        ] {
            assert_eq!(
                narrowed(type_name, action),
                [expected],
                "{type_name} {action}"
            );
        }
        assert_eq!(
            narrowed("AWS::SSM::Parameter", "ssm:PutParameter"),
            ["parameter/{{appId}}", "parameter/{{appId}}/*"]
        );
        assert_eq!(
            narrowed("AWS::Logs::LogGroup", "logs:PutRetentionPolicy").len(),
            6
        );
    }

    #[test]
    fn ids_that_aws_chooses_stay_open() {
        for (type_name, action, expected) in [
            ("AWS::AppSync::GraphQLApi", "kms:DescribeKey", "key/* kind"),
            ("AWS::EC2::VPC", "ec2:DeleteVpc", "vpc/* kind"),
            ("AWS::EC2::VPC", "ec2:CreateTags", "vpc/* kind"),
            (
                "AWS::CertificateManager::Certificate",
                "acm:DeleteCertificate",
                "certificate/* kind",
            ),
            // Its name allows no dash.
            ("AWS::IoT::TopicRule", "iot:DeleteTopicRule", "rule/* kind"),
            (
                "AWS::CertificateManager::Certificate",
                "acm:RequestCertificate",
                "* any",
            ),
            ("AWS::SQS::Queue", "nothing:LikeThis", "* any"),
        ] {
            assert_eq!(
                narrowed(type_name, action),
                [expected],
                "{type_name} {action}"
            );
        }
    }

    #[test]
    fn what_else_a_call_touches_is_there() {
        assert_eq!(
            narrowed("AWS::EC2::SecurityGroup", "ec2:CreateSecurityGroup"),
            ["security-group/* kind", "vpc/* kind optional"]
        );
        assert_eq!(
            narrowed("AWS::Batch::JobQueue", "batch:CreateJobQueue"),
            [
                "compute-environment/{{appId}}-* optional",
                "job-queue/{{appId}}-*",
                "scheduling-policy/{{appId}}-* optional",
                "service-environment/{{appId}}-* optional",
            ]
        );
        assert_eq!(
            Arns::default().possible("AWS::EC2::SecurityGroup", "ec2:CreateSecurityGroup"),
            ["arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:security-group/*"]
        );
    }

    #[test]
    fn api_gateway_has_paths_and_tags() {
        assert_eq!(
            narrowed("AWS::ApiGatewayV2::Api", "apigateway:PUT"),
            [
                "/apis kind",
                "/apis/* kind",
                "/tags/* kind",
                "/v2/tags/* kind"
            ]
        );
        assert_eq!(
            narrowed("AWS::ApiGatewayV2::Route", "apigateway:PATCH"),
            ["/apis kind", "/apis/* kind"]
        );
        assert_eq!(
            narrowed(
                "AWS::ApiGatewayV2::PortalProduct",
                "apigateway:CreatePortalProduct"
            ),
            ["/portalproducts/* kind"]
        );
    }

    #[test]
    fn possible_patterns_are_not_narrowed() {
        let arns = Arns::default();
        assert_eq!(
            arns.possible("AWS::SQS::Queue", "sqs:CreateQueue"),
            [format!("{SQS}*")]
        );
        assert_eq!(arns.possible("AWS::SQS::Queue", "nothing:LikeThis"), ["*"]);
    }
}

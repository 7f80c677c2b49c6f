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
mod exceptions;
mod facts;
mod format;
mod names;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::aws::handlers::{ArnFormat, handlers};
use crate::infer::arns::exceptions::{
    exception, has_defaults, has_tags_after_all, without_access_points,
};
pub use crate::infer::arns::facts::ArnShare;
use crate::infer::arns::facts::TypeFacts;
use crate::infer::arns::format::{APP, ParsedArn};
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
    /// What the reference calls such a resource, such as `security-group`; may be empty.
    pub kind: String,
    /// The ARN format that it stands for; may be empty.
    pub format: String,
}

/// The ARNs of resource types. It remembers what it has looked up.
#[derive(Default)]
pub struct Arns {
    services: RefCell<HashMap<String, Rc<ServiceNames>>>,
    types: RefCell<HashMap<String, Rc<TypeFacts>>>,
}

impl Arns {
    /// The patterns of all resources of the type `type_name`, or of their parents, that `action`
    /// can be asked for, sorted. Without what the same call also touches.
    pub fn possible(&self, type_name: &str, action: &str) -> Vec<String> {
        let open = |format: &ArnFormat<'_>| ParsedArn::parse(format.arn).map(|arn| arn.opened());
        let mut found: Vec<String> = match self.asked(type_name, action) {
            AskedFor::Paths(paths) => paths,
            AskedFor::Formats(formats) => formats
                .iter()
                .filter(|(_, share)| !matches!(share, ArnShare::Required | ArnShare::Optional))
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
        let mut found: BTreeSet<ArnPattern> = match self.asked(type_name, action) {
            AskedFor::Paths(mut paths) => {
                if self.facts(type_name).is_tagging(action) {
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

    /// What `action` is asked for when a resource of the type `type_name` is handled; no formats if
    /// it cannot be limited.
    fn asked(&self, type_name: &str, action: &str) -> AskedFor<'static> {
        let Some(called) = handlers().action(action) else {
            return AskedFor::Formats(Vec::new());
        };
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
        let facts = self.facts(type_name);
        AskedFor::Formats(if facts.serves(service) {
            facts.shares(&called, formats)
        } else {
            let others = formats.into_iter();
            others.map(|format| (format, ArnShare::Other)).collect()
        })
    }

    /// The patterns of one format.
    fn narrow(&self, type_name: &str, format: &ArnFormat<'_>, share: ArnShare) -> Vec<ArnPattern> {
        let Some(arn) = ParsedArn::parse(format.arn) else {
            return vec![unlimited()];
        };
        let shape = arn.shape();
        let has_resource_tags = format.has_resource_tags || has_tags_after_all(arn.service, &shape);
        let pattern = |text: String, reach| ArnPattern {
            text,
            reach,
            share,
            has_resource_tags,
            kind: format.kind.to_owned(),
            format: format.arn.to_owned(),
        };
        if let Some(resources) = exception(type_name, arn.service, &shape) {
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
        let mut found = vec![pattern(text.clone(), reach)];
        if share != ArnShare::Own && has_defaults(arn.service, &shape) {
            found.push(pattern(text.replace(APP, "default*"), reach));
        }
        found
    }

    /// Whether resources of the type `type_name` are what `pattern` stands for.
    pub(crate) fn has(&self, type_name: &str, pattern: &ArnPattern) -> bool {
        self.facts(type_name).has(&pattern.format, &pattern.kind)
    }

    /// What is known about a type.
    pub(crate) fn facts(&self, type_name: &str) -> Rc<TypeFacts> {
        let mut types = self.types.borrow_mut();
        if let Some(facts) = types.get(type_name) {
            return Rc::clone(facts);
        }
        let facts = Rc::new(TypeFacts::of(type_name));
        types.insert(type_name.to_owned(), Rc::clone(&facts));
        facts
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

/// A pattern of API Gateway. Its paths hold no names of the app.
fn path(text: String) -> ArnPattern {
    ArnPattern {
        text,
        reach: ArnReach::Kind,
        share: ArnShare::Own,
        has_resource_tags: false,
        kind: String::new(),
        format: String::new(),
    }
}

fn unlimited() -> ArnPattern {
    ArnPattern {
        text: any(),
        reach: ArnReach::Any,
        share: ArnShare::Own,
        has_resource_tags: false,
        kind: String::new(),
        format: String::new(),
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
                ArnShare::Parent => " parent",
                ArnShare::Other => " other",
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
                "function:{{appId}}-* parent",
            ),
            (
                "AWS::Lambda::Permission",
                "lambda:AddPermission",
                "function:{{appId}}-* parent",
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
                "role/{{appId}}-* other",
            ),
            (
                "AWS::Events::Connection",
                "secretsmanager:CreateSecret",
                "secret:events!connection/{{appId}}-* other",
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
            8
        );
    }

    #[test]
    fn ids_that_aws_chooses_stay_open() {
        for (type_name, action, expected) in [
            (
                "AWS::AppSync::GraphQLApi",
                "kms:DescribeKey",
                "key/* kind other",
            ),
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
            narrowed("AWS::RDS::DBCluster", "rds:ModifyDBCluster"),
            [
                "cluster-pg:default* optional",
                "cluster-pg:{{appId}}-* optional",
                "cluster:{{appId}}-*",
                "og:default* optional",
                "og:{{appId}}-* optional",
                "pg:default* optional",
                "pg:{{appId}}-* optional",
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

//! Which properties of `CloudFormation` resources are policies that say who may use a resource.
//!
//! In: nothing. Out: a [`PolicyHolder`] per type, written by hand after the types' pages in the
//! `CloudFormation` Template Reference and the Service Authorization Reference. Refuses nothing: what
//! is not listed here is not decided. Policies that are no grants but limits (of VPC endpoints), and
//! those without which a resource is open (of file systems, of APIs), are left out on purpose.

/// A resource type that holds a policy of a resource.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PolicyHolder {
    /// The type, such as `AWS::S3::BucketPolicy`.
    pub(crate) kind: &'static str,
    /// What the policy is.
    pub(crate) form: PolicyForm,
    /// Which resource it is about.
    pub(crate) target: PolicyTargetForm,
    /// What that resource is called in reports.
    pub(crate) word: &'static str,
    /// The services whose actions it decides about.
    pub(crate) services: &'static [&'static str],
    /// How the resources are named that it decides about, if that is known.
    pub(crate) arn: Option<TargetArn>,
    /// Whether other policies have a say in the resource's own account.
    pub(crate) account: OwnAccount,
    /// Whether a resource has one such policy, or the sum of all.
    pub(crate) number: PolicyNumber,
}

/// What a policy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyForm {
    /// The document at this path of properties.
    Document(&'static [&'static str]),
    /// A statement in properties of their own, as in `AWS::Lambda::Permission`.
    Function,
    /// The same in `AWS::Lambda::LayerVersionPermission`.
    Layer,
    /// The same in `AWS::Events::EventBusPolicy`, unless it has a `Statement`.
    Bus,
}

/// Which resource a policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyTargetForm {
    /// The resource that holds it, which has its name in this property.
    Itself(&'static str),
    /// The one that this property names; without it, the one of this name.
    Named(&'static str, Option<&'static str>),
    /// Each one that this property lists.
    Listed(&'static str),
    /// All of an account, of which this property names a part.
    Account(&'static str),
}

/// How the resources are named that a policy decides about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TargetArn {
    /// What precedes the name, as `Fn::Sub` writes it.
    pub(crate) before: &'static str,
    /// What may follow it, as patterns.
    pub(crate) after: &'static [&'static str],
    /// What other resources it decides about, as `Fn::Sub` writes how their ARNs begin.
    pub(crate) beside: &'static [&'static str],
}

/// Whether a policy of its own lets a principal of the resource's account use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnAccount {
    /// It does: the user guide of IAM, "Policy evaluation logic", adds up both in one account. The
    /// root user needs no policy.
    Adds,
    /// It does not, unless the policy of the resource says so; without one, that one lets the account
    /// do everything ("Default key policy" of the KMS developer guide).
    NeedsKeyPolicy,
}

/// Whether a resource has one such policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyNumber {
    /// Another one takes its place.
    One,
    /// All of them hold.
    Sum,
}

use OwnAccount::{Adds, NeedsKeyPolicy};
use PolicyForm::Document;
use PolicyNumber::{One, Sum};
use PolicyTargetForm::{Account, Itself, Listed, Named};

const fn holder(
    kind: &'static str,
    document: &'static [&'static str],
    target: PolicyTargetForm,
    word: &'static str,
    services: &'static [&'static str],
) -> PolicyHolder {
    PolicyHolder {
        kind,
        form: Document(document),
        target,
        word,
        services,
        arn: None,
        account: Adds,
        number: One,
    }
}

impl PolicyHolder {
    /// The same about resources that are named like this.
    const fn named(self, before: &'static str, after: &'static [&'static str]) -> Self {
        Self {
            arn: Some(TargetArn {
                before,
                after,
                beside: &[],
            }),
            ..self
        }
    }

    /// The same of an event bus, which also decides about its rules (user guide of `EventBridge`,
    /// "Permissions for event buses").
    const fn of_bus(self) -> Self {
        Self {
            arn: Some(TargetArn {
                before: BUS,
                after: &[""],
                beside: &[RULES],
            }),
            ..self
        }
    }

    /// The same of which a resource may have several.
    const fn summed(self) -> Self {
        Self {
            number: Sum,
            ..self
        }
    }

    const fn with(self, form: PolicyForm) -> Self {
        Self { form, ..self }
    }

    const fn of_key(self) -> Self {
        Self {
            account: NeedsKeyPolicy,
            ..self
        }
    }

    /// The properties that make the policy: these are decided with it.
    pub(crate) fn properties(&self) -> Vec<&'static str> {
        let mut names = match self.form {
            Document(path) => path.iter().take(1).copied().collect(),
            PolicyForm::Function => FUNCTION.to_vec(),
            PolicyForm::Layer => vec!["Action", "OrganizationId", "Principal"],
            PolicyForm::Bus => vec![
                "Action",
                "Condition",
                "Principal",
                "Statement",
                "StatementId",
            ],
        };
        match self.target {
            Named(name, _) | Listed(name) | Account(name) => names.push(name),
            Itself(_) => {}
        }
        names
    }
}

/// The properties of `AWS::Lambda::Permission`, but for the function.
const FUNCTION: &[&str] = &[
    "Action",
    "EventSourceToken",
    "FunctionUrlAuthType",
    "InvokedViaFunctionUrl",
    "Principal",
    "PrincipalOrgID",
    "SourceAccount",
    "SourceArn",
];

const S3: &[&str] = &["s3"];
const SQS: &[&str] = &["sqs"];
const SNS: &[&str] = &["sns"];
const KMS: &[&str] = &["kms"];
const ECR: &[&str] = &["ecr"];
const EVENTS: &[&str] = &["events"];
const LAMBDA: &[&str] = &["lambda"];
const BACKUP: &[&str] = &["backup"];
const CODE: &[&str] = &["codeartifact"];
const DYNAMODB: &[&str] = &["dynamodb"];
const SEARCH: &[&str] = &["es"];
const TABLES: &[&str] = &["s3tables"];

const POLICY: &[&str] = &["Policy"];
const POLICY_DOCUMENT: &[&str] = &["PolicyDocument"];
const RESOURCE_POLICY: &[&str] = &["ResourcePolicy"];
const ACCESS_POLICY: &[&str] = &["AccessPolicy"];
const ACCESS_POLICIES: &[&str] = &["AccessPolicies"];
const PERMISSIONS: &[&str] = &["PermissionsPolicyDocument"];

const BUS: &str = "arn:aws:events:${AWS::Region}:${AWS::AccountId}:event-bus/";
const RULES: &str = "arn:aws:events:${AWS::Region}:${AWS::AccountId}:rule/";
const FUNCTION_ARN: &str = "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:";

/// Every holder, sorted by type.
pub(crate) const HOLDERS: &[PolicyHolder] = &[
    holder(
        "AWS::Backup::BackupVault",
        ACCESS_POLICY,
        Itself("BackupVaultName"),
        "vault",
        BACKUP,
    ),
    holder(
        "AWS::Backup::LogicallyAirGappedBackupVault",
        ACCESS_POLICY,
        Itself("BackupVaultName"),
        "vault",
        BACKUP,
    ),
    holder(
        "AWS::CloudTrail::ResourcePolicy",
        RESOURCE_POLICY,
        Named("ResourceArn", None),
        "trail resource",
        &["cloudtrail", "cloudtrail-data"],
    ),
    holder(
        "AWS::CodeArtifact::Domain",
        PERMISSIONS,
        Itself("DomainName"),
        "domain",
        CODE,
    ),
    holder(
        "AWS::CodeArtifact::Repository",
        PERMISSIONS,
        Itself("RepositoryName"),
        "repository",
        CODE,
    ),
    holder(
        "AWS::DynamoDB::Table",
        RESOURCE_POLICY_DOCUMENT,
        Itself("TableName"),
        "table",
        DYNAMODB,
    ),
    holder(
        "AWS::ECR::PublicRepository",
        &["RepositoryPolicyText"],
        Itself("RepositoryName"),
        "repository",
        &["ecr-public"],
    ),
    holder(
        "AWS::ECR::RegistryPolicy",
        &["PolicyText"],
        Account(""),
        "registry",
        ECR,
    ),
    holder(
        "AWS::ECR::Repository",
        &["RepositoryPolicyText"],
        Itself("RepositoryName"),
        "repository",
        ECR,
    ),
    holder(
        "AWS::Elasticsearch::Domain",
        ACCESS_POLICIES,
        Itself("DomainName"),
        "domain",
        SEARCH,
    ),
    holder(
        "AWS::EventSchemas::RegistryPolicy",
        POLICY,
        Named("RegistryName", None),
        "registry",
        &["schemas"],
    ),
    holder(
        "AWS::Events::EventBus",
        POLICY,
        Itself("Name"),
        "event bus",
        EVENTS,
    )
    .of_bus()
    .summed(),
    holder(
        "AWS::Events::EventBusPolicy",
        &["Statement"],
        Named("EventBusName", Some("default")),
        "event bus",
        EVENTS,
    )
    .with(PolicyForm::Bus)
    .of_bus()
    .summed(),
    holder("AWS::KMS::Key", &["KeyPolicy"], Itself(""), "key", KMS).of_key(),
    holder(
        "AWS::KMS::ReplicaKey",
        &["KeyPolicy"],
        Itself(""),
        "key",
        KMS,
    )
    .of_key(),
    holder(
        "AWS::Kinesis::ResourcePolicy",
        RESOURCE_POLICY,
        Named("ResourceArn", None),
        "stream",
        &["kinesis"],
    ),
    holder(
        "AWS::Lambda::LayerVersionPermission",
        &[],
        Named("LayerVersionArn", None),
        "layer",
        LAMBDA,
    )
    .with(PolicyForm::Layer)
    .summed(),
    holder(
        "AWS::Lambda::Permission",
        &[],
        Named("FunctionName", None),
        "function",
        LAMBDA,
    )
    .with(PolicyForm::Function)
    .named(FUNCTION_ARN, &["", ":*"])
    .summed(),
    holder(
        "AWS::Logs::ResourcePolicy",
        POLICY_DOCUMENT,
        Account("PolicyName"),
        "log policy",
        &["logs"],
    )
    .summed(),
    holder(
        "AWS::MSK::ClusterPolicy",
        POLICY,
        Named("ClusterArn", None),
        "cluster",
        &["kafka", "kafka-cluster"],
    ),
    holder(
        "AWS::OpenSearchService::Domain",
        ACCESS_POLICIES,
        Itself("DomainName"),
        "domain",
        SEARCH,
    ),
    holder(
        "AWS::S3::AccessPoint",
        POLICY,
        Itself("Name"),
        "access point",
        S3,
    ),
    holder(
        "AWS::S3::BucketPolicy",
        POLICY_DOCUMENT,
        Named("Bucket", None),
        "bucket",
        S3,
    )
    .named("arn:aws:s3:::", &["", "/*"]),
    holder(
        "AWS::S3Express::BucketPolicy",
        POLICY_DOCUMENT,
        Named("Bucket", None),
        "bucket",
        &["s3express"],
    ),
    holder(
        "AWS::S3Tables::TableBucketPolicy",
        RESOURCE_POLICY,
        Named("TableBucketARN", None),
        "table bucket",
        TABLES,
    ),
    holder(
        "AWS::S3Tables::TablePolicy",
        RESOURCE_POLICY,
        Named("TableARN", None),
        "table",
        TABLES,
    ),
    holder(
        "AWS::SNS::TopicInlinePolicy",
        POLICY_DOCUMENT,
        Named("TopicArn", None),
        "topic",
        SNS,
    )
    .named("", &[""]),
    holder(
        "AWS::SNS::TopicPolicy",
        POLICY_DOCUMENT,
        Listed("Topics"),
        "topic",
        SNS,
    )
    .named("", &[""]),
    holder(
        "AWS::SQS::QueueInlinePolicy",
        POLICY_DOCUMENT,
        Named("Queue", None),
        "queue",
        SQS,
    )
    .named("", &[""]),
    holder(
        "AWS::SQS::QueuePolicy",
        POLICY_DOCUMENT,
        Listed("Queues"),
        "queue",
        SQS,
    )
    .named("", &[""]),
    holder(
        "AWS::SageMaker::ModelPackageGroup",
        &["ModelPackageGroupPolicy"],
        Itself("ModelPackageGroupName"),
        "model package group",
        &["sagemaker"],
    ),
    holder(
        "AWS::SecretsManager::ResourcePolicy",
        RESOURCE_POLICY,
        Named("SecretId", None),
        "secret",
        &["secretsmanager"],
    ),
    holder(
        "AWS::XRay::ResourcePolicy",
        POLICY_DOCUMENT,
        Account("PolicyName"),
        "trace policy",
        &["xray"],
    )
    .summed(),
];

const RESOURCE_POLICY_DOCUMENT: &[&str] = &["ResourcePolicy", "PolicyDocument"];

/// The holder that this type is.
pub(crate) fn holder_of(kind: &str) -> Option<&'static PolicyHolder> {
    let at = HOLDERS.binary_search_by(|holder| holder.kind.cmp(kind));
    at.ok().and_then(|at| HOLDERS.get(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::actions::reference;
    use crate::aws::effects::effects;

    #[test]
    fn every_holder_is_a_type_with_such_properties() {
        assert!(HOLDERS.is_sorted_by_key(|holder| holder.kind));
        for holder in HOLDERS {
            let known = effects().resource_type(holder.kind).unwrap();
            let itself = match holder.target {
                Itself(name) => name,
                _ => "",
            };
            for name in holder.properties().into_iter().chain([itself]) {
                let is_known = known.at([name]).is_some() || known.has_parts([name]);
                assert!(name.is_empty() || is_known, "{} {name}", holder.kind);
            }
            if let Document(path) = holder.form {
                let path = || path.iter().copied();
                let is_known = known.at(path()).is_some() || known.has_parts(path());
                assert!(is_known, "{}", holder.kind);
            }
            for service in holder.services {
                assert!(reference().service(service).is_some(), "{service}");
            }
            assert_eq!(holder_of(holder.kind), Some(holder));
        }
    }
}

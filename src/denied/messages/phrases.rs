//! The phrases of messages, without blanks. Plain data.

use crate::denied::model::LookalikeKind;
use crate::denied::sentence::AUTHORIZED;

/// What a phrase of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phrase {
    /// `is not authorized to perform`
    Authorized,
    /// `Access Denied`
    Denied,
    /// `(403) when calling the HeadObject operation: Forbidden`
    Forbidden,
    /// `Your access has been denied by S3`
    ByS3,
    /// `could not be used to assume`
    Assume,
    /// `Insufficient permissions to enable logging`
    Logging,
    /// `does not have permissions to create a Service Linked Role`
    LinkedRole,
    /// `permissions error performing a tagging operation`
    Tagging,
    /// `Lambda does not have permission to access the ECR image`
    Image,
    /// `Role ARN is invalid or cannot be assumed`
    DeployRole,
    /// `Encoded authorization failure message`
    Encoded,
    /// A phrase of [`LOOKALIKES`].
    Lookalike,
    /// The code of a handler that was denied something.
    Code,
}

/// Lambda cannot read the image of a function.
pub(super) const IMAGE: &str = "ambdadoesnothavepermissiontoaccesstheECRimage";
/// CloudFormation cannot assume the role of a deployment.
pub(super) const DEPLOY_ROLE: &str = "isinvalidorcannotbeassumed";

/// The phrases, without blanks.
pub(super) const PHRASES: &[(&str, Phrase)] = &[
    (AUTHORIZED, Phrase::Authorized),
    ("ccessDenied", Phrase::Denied),
    ("ccessdenied", Phrase::Denied),
    ("operation:Forbidden", Phrase::Forbidden),
    ("ouraccesshasbeendeniedby", Phrase::ByS3),
    ("couldnotbeusedtoassume", Phrase::Assume),
    ("nsufficientpermissionstoenablelogging", Phrase::Logging),
    ("ermissionstocreateaServiceLinkedRole", Phrase::LinkedRole),
    ("ermissiontocreateaServiceLinkedRole", Phrase::LinkedRole),
    ("ermissiontocreateservicelinkedrole", Phrase::LinkedRole),
    (
        "permissionserrorperformingataggingoperation",
        Phrase::Tagging,
    ),
    (IMAGE, Phrase::Image),
    (DEPLOY_ROLE, Phrase::DeployRole),
    ("Encodedauthorizationfailuremessage", Phrase::Encoded),
    ("HandlerErrorCode:AccessDenied", Phrase::Code),
    ("HandlerErrorCode:Unauthorized", Phrase::Code),
];

/// Phrases, without blanks, and what they mean.
pub(super) const LOOKALIKES: &[(&str, LookalikeKind)] = &[
    ("ccountmustbeverified", LookalikeKind::Account),
    (
        "ccountisnotauthorizedtousethisservice",
        LookalikeKind::Account,
    ),
    ("needsasubscriptionfortheservice", LookalikeKind::Account),
    (
        "RoleisnotauthorizedtoaccesstheLogDestination",
        LookalikeKind::AppRole,
    ),
    (
        "isnotauthorizedtocreatemanaged-rule",
        LookalikeKind::AppRole,
    ),
    ("cannotbeassumedbyLambda", LookalikeKind::AppRole),
    (
        "executionroledoesnothavepermissions",
        LookalikeKind::AppRole,
    ),
    (
        "isauthorizedtoassumetheprovidedrole",
        LookalikeKind::AppRole,
    ),
    ("ensuretherolecanperform", LookalikeKind::AppRole),
    (
        "doesnothavepermissiontoassumetheprovidedrole",
        LookalikeKind::AppRole,
    ),
    (
        "securitytokenincludedintherequestisexpired",
        LookalikeKind::Credentials,
    ),
    (
        "securitytokenincludedintherequestisinvalid",
        LookalikeKind::Credentials,
    ),
    ("nabletolocatecredentials", LookalikeKind::Credentials),
    (
        "ouldnotloadcredentialsfromanyproviders",
        LookalikeKind::Credentials,
    ),
    (
        "notabletovalidatetheprovidedaccesscredentials",
        LookalikeKind::Credentials,
    ),
    (
        "ourauthorizationtokenhasexpired",
        LookalikeKind::Credentials,
    ),
    ("nobasicauthcredentials", LookalikeKind::Credentials),
    (
        "ross-accountpassroleisnotallowed",
        LookalikeKind::CrossAccountRole,
    ),
    ("NoOpenIDConnectproviderfound", LookalikeKind::Provider),
    (
        "LogsroleARNmustbesetinaccountsettings",
        LookalikeKind::LogRole,
    ),
    // API Gateway's account, and what it integrates with.
    (
        "roleARNdoesnothaverequiredpermissionsconfigured",
        LookalikeKind::AppRole,
    ),
    // EventBridge Scheduler.
    ("executionroleyouprovidemustallow", LookalikeKind::AppRole),
    // Firehose, Glue, Secrets Manager, and others.
    ("isunabletoassumerole", LookalikeKind::AppRole),
    ("isunabletoassumeprovidedrole", LookalikeKind::AppRole),
    ("isunabletoassumetheprovidedrole", LookalikeKind::AppRole),
    // IoT.
    ("isunabletoperform:sts:AssumeRole", LookalikeKind::AppRole),
    // CodeDeploy.
    ("permissionsrequiredtoassumetherole", LookalikeKind::AppRole),
    // EventBridge.
    ("cannotbeassumedbyprincipal", LookalikeKind::AppRole),
    // ECS.
    ("wasunabletoassumetherole", LookalikeKind::AppRole),
    (
        "trustrelationshipallowingCognitotoassumetherole",
        LookalikeKind::AppRole,
    ),
    // A container that starts.
    ("CannotPullContainerError", LookalikeKind::AppRole),
    // S3, CloudWatch Logs: what they notify must let them in.
    (
        "nabletovalidatethefollowingdestinationconfigurations",
        LookalikeKind::AppPolicy,
    ),
    (
        "givenCloudWatchLogspermissiontoexecuteyourfunction",
        LookalikeKind::AppPolicy,
    ),
    (
        "KMSkeydoesnotexistorisnotallowedtobeusedwith",
        LookalikeKind::AppPolicy,
    ),
];

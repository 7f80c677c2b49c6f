//! Records of CloudTrail.
//!
//! In: a record. Out: a denial, if its error code says so, or its message is one. Refuses records
//! of calls that were allowed.

use serde_json::{Map, Value};

use crate::denied::actions::{self, services};
use crate::denied::found::FoundDenials;
use crate::denied::lines::squashed;
use crate::denied::messages::{MessageContext, scan};
use crate::denied::model::{Denial, DenialForm};
use crate::denied::names::{LONGEST, is_arn_char};
use crate::denied::secrets::without_secrets;

/// Whether an object is a record.
pub(super) fn is_record(fields: &Map<String, Value>) -> bool {
    let has = |name: &str| fields.get(name).is_some_and(Value::is_string);
    has("eventSource")
        && has("eventName")
        && (has("errorCode") || has("eventTime") || has("awsRegion"))
}

/// Adds the denial of a record.
pub(super) fn record(fields: &Map<String, Value>, found: &mut FoundDenials) {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let code = text("errorCode");
    let message = text("errorMessage");
    let service = services::prefix(text("eventSource"));
    let context = MessageContext {
        service: service.clone(),
        ..MessageContext::default()
    };
    let mut said = FoundDenials::default();
    scan(message, &context, &mut said);
    let said = said.finish();
    let says_action = said.denials.iter().any(|denial| denial.action.is_some());
    let principal = principal(fields);
    if says_action {
        for mut denial in said.denials {
            denial.principal = denial.principal.or_else(|| principal.clone());
            found.push(denial);
        }
        return;
    }
    if !is_denial(code) {
        for lookalike in said.lookalikes {
            found.push_lookalike(lookalike);
        }
        return;
    }
    let action = service.and_then(|service| actions::of_call(&service, text("eventName")));
    let is_encoded = squashed(message)
        .find_all("Encodedauthorizationfailuremessage")
        .next()
        .is_some();
    found.push(Denial {
        principal,
        resource: resource(fields, action.as_deref()),
        action,
        form: if is_encoded {
            DenialForm::Encoded
        } else {
            DenialForm::Bare
        },
        ..Denial::default()
    });
}

/// Whether an error code is that of a denial: `AccessDenied`, `AccessDeniedException`,
/// `Client.UnauthorizedOperation`, `AuthorizationError`, and the like.
fn is_denial(code: &str) -> bool {
    const CODES: &[&str] = &[
        "accessdenied",
        "unauthorizedoperation",
        "notauthorized",
        "authorizationerror",
        "unauthorizedaccess",
        "unauthorizedexception",
        "insufficientprivileges",
        "forbidden",
    ];
    let code = code.to_ascii_lowercase();
    // Cognito says so of the app's own users.
    code != "notauthorizedexception" && CODES.iter().any(|known| code.contains(known))
}

/// Who made the call.
fn principal(fields: &Map<String, Value>) -> Option<String> {
    let identity = fields.get("userIdentity")?;
    let of_session = identity
        .get("sessionContext")
        .and_then(|session| session.get("sessionIssuer"));
    let arn = identity
        .get("arn")
        .or_else(|| of_session.and_then(|issuer| issuer.get("arn")))?;
    name(arn)
}

/// A value, if it has the shape of an ARN.
fn name(value: &Value) -> Option<String> {
    let arn = value.as_str()?;
    let is_arn = arn.starts_with("arn:") && arn.len() <= LONGEST && arn.chars().all(is_arn_char);
    is_arn.then(|| without_secrets(arn))
}

/// What the call was about: `resources`, or what the request names.
fn resource(fields: &Map<String, Value>, action: Option<&str>) -> Option<String> {
    let listed = fields.get("resources").and_then(Value::as_array);
    let arns = listed
        .into_iter()
        .flatten()
        .filter_map(|resource| name(resource.get("ARN").or_else(|| resource.get("arn"))?));
    let arns: Vec<String> = arns.collect();
    let is_object =
        action.is_some_and(|action| action.starts_with("s3:") && action.contains("Object"));
    let object = arns.iter().find(|arn| !is_object || arn.contains('/'));
    object
        .cloned()
        .or_else(|| arns.first().cloned())
        .or_else(|| {
            let parameters = fields.get("requestParameters")?;
            of_request(fields, parameters, action?)
        })
}

/// Where the name of a resource is in a request, and what its ARN is.
const NAMES: &[(&str, &str, &str)] = &[
    ("lambda", "functionName", "function:"),
    ("dynamodb", "tableName", "table/"),
    ("events", "rule", "rule/"),
    ("states", "stateMachineName", "stateMachine:"),
    ("kinesis", "streamName", "stream/"),
    ("firehose", "deliveryStreamName", "deliverystream/"),
    ("logs", "logGroupName", "log-group:"),
    ("secretsmanager", "secretName", "secret:"),
    ("sqs", "queueName", ""),
    ("cloudformation", "stackName", "stack/"),
    ("ecr", "repositoryName", "repository/"),
    ("iam", "roleName", "role/"),
    ("iam", "userName", "user/"),
    ("iam", "groupName", "group/"),
    ("iam", "instanceProfileName", "instance-profile/"),
    ("iam", "policyName", "policy/"),
];

/// The resource that a request names.
fn of_request(fields: &Map<String, Value>, parameters: &Value, action: &str) -> Option<String> {
    let (service, _) = action.split_once(':')?;
    let given = parameters.as_object()?;
    // A role that is passed is not what the call is about.
    let about = |name: &str| !matches!(name, "roleArn" | "role" | "policyArn" | "kmsKeyId");
    let arn = given.iter().find_map(|(key, value)| {
        let is_arn =
            key.to_ascii_lowercase().ends_with("arn") || key == "resource" || key == "functionName";
        let name = name(value)?;
        let is_own = name.split(':').nth(2) == Some(service);
        (is_arn && is_own && about(key)).then_some(name)
    });
    if arn.is_some() {
        return arn;
    }
    let text = |key: &str| {
        let text = given.get(key)?.as_str()?;
        let is_name = !text.is_empty() && text.len() <= LONGEST && text.chars().all(is_arn_char);
        is_name.then(|| without_secrets(text))
    };
    let region = fields
        .get("awsRegion")
        .and_then(Value::as_str)
        .filter(|region| is_word(region));
    let partition = crate::aws::partitions::partition(region.unwrap_or_default());
    if service == "s3" {
        let bucket = text("bucketName")?;
        let key = text("key").filter(|_| action.contains("Object"));
        let key = key.map(|key| format!("/{key}")).unwrap_or_default();
        return Some(format!("arn:{partition}:s3:::{bucket}{key}"));
    }
    let (_, key, part) = NAMES
        .iter()
        .find(|(of, key, _)| *of == service && given.contains_key(*key))?;
    let name = text(key)?;
    let account = fields.get("recipientAccountId").and_then(Value::as_str);
    let identity = fields
        .get("userIdentity")
        .and_then(|identity| identity.get("accountId"));
    let account = account
        .or(identity.and_then(Value::as_str))
        .filter(|account| is_word(account))?;
    let region = if service == "iam" { "" } else { region? };
    Some(format!(
        "arn:{partition}:{service}:{region}:{account}:{part}{name}"
    ))
}

fn is_word(text: &str) -> bool {
    let is_in = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !text.is_empty() && text.len() <= 32 && text.chars().all(is_in)
}

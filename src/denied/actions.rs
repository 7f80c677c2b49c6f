//! Names of actions: in IAM's usual form, and what an API call asks for.
//!
//! In: an action, or a service and the name of one of its API calls, as a log has them. Out: the
//! action in its usual form. Refuses what has not the shape of an action. A name that AWS's
//! reference does not have stays as it is: it can be newer than the reference.

mod calls;
pub(super) mod services;

use crate::aws::actions::reference;

use crate::denied::secrets::without_secrets;
use calls::CALLS;

/// An action in its usual form: `SNS:tagresource` is `sns:TagResource`.
pub(super) fn canonical(action: &str) -> Option<String> {
    let (service, name) = action.split_once(':')?;
    let service = service.to_ascii_lowercase();
    let is_service = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let is_shape = !service.is_empty()
        && service.len() <= 40
        && service.chars().all(is_service)
        && !name.is_empty()
        && name.len() <= 80
        && name.chars().all(|c| c.is_ascii_alphanumeric());
    if !is_shape {
        return None;
    }
    known(&service, name).or_else(|| {
        // A name that the reference does not have can also be a credential.
        let action = format!("{service}:{name}");
        (without_secrets(&action) == action).then_some(action)
    })
}

/// Whether the reference has this action.
pub(super) fn is_known(action: &str) -> bool {
    let parts = action.split_once(':');
    parts.is_some_and(|(service, name)| known(service, name).is_some())
}

/// The action of the reference with this name.
pub(super) fn known(service: &str, name: &str) -> Option<String> {
    let actions = reference().service(service)?.actions;
    let action = actions
        .iter()
        .find(|action| action.name.eq_ignore_ascii_case(name))?;
    Some(format!("{service}:{}", action.name))
}

/// The action that the API call `call` of `service` (the prefix of its actions) asks for.
pub(super) fn of_call(service: &str, call: &str) -> Option<String> {
    let call = without_version(call);
    if service == "apigateway" {
        return method(call).map(|method| format!("apigateway:{method}"));
    }
    let special = CALLS.iter().find(|(of, api, _)| {
        *of == service && api.split(' ').any(|api| api.eq_ignore_ascii_case(call))
    });
    if let Some((_, _, action)) = special {
        return canonical(action);
    }
    known(service, call)
        // Both kinds of scaling have one source of events.
        .or_else(|| (service == "autoscaling").then(|| known("application-autoscaling", call))?)
        .or_else(|| canonical(&format!("{service}:{call}")))
}

/// The action that an API call asks for, if only one service has a call of this name. S3 comes
/// first: it is the one that says little else.
pub(super) fn of_call_alone(call: &str) -> Option<String> {
    let call = without_version(call);
    let is_call = call.len() > 2 && call.len() <= 80 && call.chars().all(char::is_alphanumeric);
    if !is_call {
        return None;
    }
    let mut special = CALLS
        .iter()
        .filter(|(_, api, _)| api.split(' ').any(|api| api.eq_ignore_ascii_case(call)));
    let found = match (known("s3", call), special.next(), special.next()) {
        (Some(action), ..) => return Some(action),
        (None, Some((_, _, action)), None) => Some(canonical(action)?),
        _ => None,
    };
    let reference = reference();
    let mut names = reference.names().into_iter();
    let mut all = names.by_ref().filter_map(|service| known(service, call));
    match (found, all.next(), all.next()) {
        (Some(found), None, _) => Some(found),
        (None, Some(action), None) => Some(action),
        _ => None,
    }
}

/// The name of a call without the version of its API: `CreateFunction20150331v2`,
/// `CreateDistribution2020_05_31`.
fn without_version(call: &str) -> &str {
    let is_version = |c: char| c.is_ascii_digit() || c == '_';
    let bare = match call.rsplit_once('v') {
        Some((before, number)) if before.ends_with(is_version) && number.len() == 1 => before,
        _ => call,
    };
    let name = bare.trim_end_matches(is_version);
    // `ListObjectsV2` has a digit of its own.
    if bare.len() - name.len() >= 8 {
        name
    } else {
        call
    }
}

/// What API Gateway asks for: the method of the request.
fn method(call: &str) -> Option<&'static str> {
    const METHODS: &[(&str, &str)] = &[
        ("Create", "POST"),
        ("Generate", "POST"),
        ("ImportDocumentation", "PUT"),
        ("Import", "POST"),
        ("TestInvoke", "POST"),
        ("Get", "GET"),
        ("Export", "GET"),
        ("List", "GET"),
        ("Update", "PATCH"),
        ("Put", "PUT"),
        ("Reimport", "PUT"),
        ("TagResource", "PUT"),
        ("UntagResource", "DELETE"),
        ("Delete", "DELETE"),
        ("Flush", "DELETE"),
        ("Reset", "DELETE"),
    ];
    METHODS
        .iter()
        .find(|(verb, _)| call.starts_with(verb))
        .map(|(_, method)| *method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_leads_to_an_action_and_is_none() {
        let mut wrong = Vec::new();
        for (service, api, action) in CALLS {
            let (prefix, name) = action.split_once(':').unwrap();
            if known(prefix, name).as_deref() != Some(*action) {
                wrong.push((*action).to_owned());
            }
            let actions = api.split(' ').filter_map(|api| known(service, api));
            wrong.extend(actions.map(|action| format!("{action} is an action")));
        }
        assert_eq!(wrong, Vec::<String>::new());
    }

    #[test]
    fn calls_are_not_actions() {
        for (service, call, action) in [
            ("s3", "DeleteBucketCors", "s3:PutBucketCORS"),
            ("s3", "ListObjectsV2", "s3:ListBucket"),
            (
                "s3",
                "PutBucketOwnershipControls",
                "s3:PutBucketOwnershipControls",
            ),
            ("lambda", "Invoke", "lambda:InvokeFunction"),
            ("lambda", "CreateFunction20150331", "lambda:CreateFunction"),
            (
                "lambda",
                "UpdateFunctionCode20150331v2",
                "lambda:UpdateFunctionCode",
            ),
            (
                "cloudfront",
                "CreateDistribution2020_05_31",
                "cloudfront:CreateDistribution",
            ),
            ("apigateway", "UpdateStage", "apigateway:PATCH"),
            ("apigateway", "CreateRestApi", "apigateway:POST"),
            (
                "autoscaling",
                "RegisterScalableTarget",
                "application-autoscaling:RegisterScalableTarget",
            ),
            ("sqs", "SendMessageBatch", "sqs:SendMessage"),
            (
                "lambda",
                "CreateThingOfTomorrow",
                "lambda:CreateThingOfTomorrow",
            ),
        ] {
            assert_eq!(of_call(service, call).as_deref(), Some(action));
        }
        assert_eq!(
            of_call_alone("CreateChangeSet"),
            of_call("cloudformation", "CreateChangeSet")
        );
        assert_eq!(of_call_alone("HeadObject").as_deref(), Some("s3:GetObject"));
        assert_eq!(
            of_call_alone("CreateFunction"),
            None,
            "two services have it"
        );
        assert_eq!(of_call_alone("Nothing"), None);
    }

    #[test]
    fn actions_have_one_form() {
        for (action, form) in [
            ("SNS:TagResource", Some("sns:TagResource")),
            ("s3:putbucketcors", Some("s3:PutBucketCORS")),
            ("apigateway:POST", Some("apigateway:POST")),
            ("new-service:DoIt", Some("new-service:DoIt")),
            ("s3:*", None),
            ("s3:", None),
            ("s3", None),
            ("s3:Get Object", None),
            ("s3:AKIAIOSFODNN7EXAMPLE", None),
            ("akiaiosfodnn7example:Get", Some("akiaiosfodnn7example:Get")),
        ] {
            assert_eq!(canonical(action).as_deref(), form);
        }
    }
}

//! `AppId`: how every name begins.
//!
//! In: the value. Out: an [`AppId`]. Refuses what cannot begin the names of roles and buckets, and
//! what others' names begin with.

use crate::arguments::argument::{Argument, DefaultValue, TextForm, ValueKind};
use crate::arguments::decoder::{Decoder, Fields};
use crate::arguments::rules::{INVALID_APP_ID, NAME_TOO_LONG};
use crate::diagnostic::{Diagnostic, Shown as _};
use crate::oidc::rules::MISSING_ARGUMENT;
use crate::source::{Span, Spanned};

/// `AppId`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "AppId",
    kind: ValueKind::Form(TextForm {
        pattern: "^[a-z]([a-z0-9-]*[a-z0-9])?$",
        most: LIMIT,
    }),
    default: DefaultValue::Required,
    summary: "The beginning of the names of the roles, and of all that the app's stacks create.",
};

/// The longest `AppId`: a role name's 64 characters less `-CloudFormationExecutionRole`.
const LIMIT: usize = 36;

/// Roles, buckets and stacks that many apps or all of an account share, and who they belong to;
/// named as the documentation of AWS and of the Serverless Framework, version 4, names them.
const SHARED: &[(&str, &str)] = &[
    (
        "cdk-hnb659fds-cfn-exec-role-ACCOUNT-REGION",
        "a role of the CDK's bootstrap",
    ),
    (
        "aws-sam-cli-managed-default-samclisourcebucket",
        "the bucket of the SAM CLI",
    ),
    ("aws-cloudtrail-logs-ACCOUNT", "the bucket of a trail"),
    (
        "serverless-framework-deployments-REGION",
        "the bucket of the Serverless Framework",
    ),
    (
        "cf-templates-ID-REGION",
        "the bucket of CloudFormation's console",
    ),
    ("stacksets-exec-ID", "the roles of stack sets"),
    ("codepipeline-REGION-ID", "the bucket of pipelines"),
    (
        "elasticbeanstalk-REGION-ACCOUNT",
        "the bucket of Elastic Beanstalk",
    ),
    ("config-bucket-ACCOUNT", "the bucket of AWS Config"),
];

pub(super) fn decode(decoder: &mut Decoder<'_>, fields: &Fields) -> Option<Spanned<String>> {
    let Some(field) = fields.get(ARGUMENT.name) else {
        if !decoder.is_given(fields, &ARGUMENT) {
            decoder.reader.problem(missing(decoder.call_span));
        }
        return None;
    };
    let app_id = decoder.reader.text(&field.value)?;
    match refused(&app_id) {
        Some(problem) => {
            decoder.reader.problem(problem);
            None
        }
        None => Some(app_id),
    }
}

fn refused(app_id: &Spanned<String>) -> Option<Diagnostic> {
    let text = &app_id.value;
    if !begins_names(text) {
        return Some(no_beginning(app_id));
    }
    if text.ends_with('-') {
        return Some(ends_in_dash(app_id));
    }
    if text.len() > LIMIT {
        return Some(too_long(app_id));
    }
    let is_taken = |(name, _): &&(&str, &str)| {
        let rest = name.strip_prefix(text.as_str());
        rest.is_some_and(|rest| rest.starts_with('-'))
    };
    let (name, whose) = SHARED.iter().find(is_taken)?;
    Some(takes_over(app_id, name, whose))
}

fn begins_names(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn missing(place: Span) -> Diagnostic {
    Diagnostic::new(&MISSING_ARGUMENT, place, "the argument `AppId` is missing")
        .help("add `AppId: my-app`, the prefix of every name that the app's stacks create")
}

fn no_beginning(app_id: &Spanned<String>) -> Diagnostic {
    let shown = app_id.value.shown();
    let lower = app_id.value.to_lowercase();
    let help = "use lower-case letters, digits, and dashes, beginning with a letter: bucket names are lower case, and IAM compares them letter by letter";
    Diagnostic::new(
        &INVALID_APP_ID,
        app_id.span,
        format!("`{shown}` cannot be an AppId"),
    )
    .help(if begins_names(&lower) {
        format!("write `{lower}`; {help}")
    } else {
        help.to_owned()
    })
}

fn ends_in_dash(app_id: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        &INVALID_APP_ID,
        app_id.span,
        format!("the AppId `{}` ends in a dash", app_id.value.shown()),
    )
    .help("remove the dash: names are written as `<AppId>-...`")
}

fn too_long(app_id: &Spanned<String>) -> Diagnostic {
    let (shown, length) = (app_id.value.shown(), app_id.value.len());
    Diagnostic::new(
        &NAME_TOO_LONG,
        app_id.span,
        format!("the AppId `{shown}` has {length} characters, and {LIMIT} is the maximum"),
    )
    .help(format!(
        "shorten it: `{shown}-CloudFormationExecutionRole` would have {} characters, and IAM allows 64",
        length + 28
    ))
}

fn takes_over(app_id: &Spanned<String>, name: &str, whose: &str) -> Diagnostic {
    let shown = app_id.value.shown();
    Diagnostic::new(
        &INVALID_APP_ID,
        app_id.span,
        format!("the AppId `{shown}` would take over names that others share: `{name}`, {whose}"),
    )
    .help("the app's stacks can change everything that is named after it, followed by a dash: choose another AppId")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::argument::tests::form_agrees;
    use crate::source::FileId;

    fn spanned(text: &str) -> Spanned<String> {
        Spanned::new(text.to_owned(), Span::new(FileId(0), 0, 0))
    }

    #[test]
    fn the_form_has_what_decoding_accepts() {
        form_agrees(&ARGUMENT.kind, |text| refused(&spanned(text)).is_none());
    }
}

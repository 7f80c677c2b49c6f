//! What `aws sts decode-authorization-message` answers.
//!
//! In: the object inside of `DecodedMessage`. Out: a denial. Refuses objects of another shape, and
//! those that say that the request is allowed.

use serde_json::{Map, Value};

use crate::denied::actions;
use crate::denied::model::{Denial, DenialEffect, DenialForm};
use crate::denied::names::{LONGEST, is_arn_char};
use crate::denied::secrets::without_secrets;

/// Whether an object is a decoded message.
pub(super) fn is_decoded(fields: &Map<String, Value>) -> bool {
    fields.contains_key("explicitDeny") && fields.get("context").is_some_and(Value::is_object)
}

/// The denial of a decoded message.
pub(super) fn denial(fields: &Map<String, Value>) -> Option<Denial> {
    if fields.get("allowed").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let context = fields.get("context")?;
    let principal = context
        .get("principal")
        .and_then(|principal| principal.get("arn"));
    let action = context.get("action").and_then(Value::as_str);
    let is_explicit = fields.get("explicitDeny").and_then(Value::as_bool)?;
    Some(Denial {
        principal: principal.and_then(name),
        action: action.and_then(actions::canonical),
        resource: context.get("resource").and_then(name),
        effect: if is_explicit {
            DenialEffect::Explicit
        } else {
            DenialEffect::Implicit
        },
        form: DenialForm::Decoded,
        sid: is_explicit.then(|| sid(fields)).flatten(),
        passed_to: passed_to(context),
        ..Denial::default()
    })
}

fn name(value: &Value) -> Option<String> {
    let name = value.as_str()?;
    let is_name = !name.is_empty() && name.len() <= LONGEST && name.chars().all(is_arn_char);
    is_name.then(|| without_secrets(name))
}

/// The items of a list of this format.
fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let items = value.and_then(|value| value.get("items"));
    items.and_then(Value::as_array).into_iter().flatten()
}

/// The statement that denied the request.
fn sid(fields: &Map<String, Value>) -> Option<String> {
    items(fields.get("matchedStatements"))
        .filter(|statement| statement.get("effect").and_then(Value::as_str) != Some("ALLOW"))
        .find_map(|statement| {
            let sid = statement.get("statementId")?.as_str()?;
            let is_sid = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '\\' | '`');
            let is_sid = !sid.is_empty() && sid.len() <= 128 && sid.chars().all(is_sid);
            is_sid.then(|| without_secrets(sid))
        })
}

/// The service that gets the role.
fn passed_to(context: &Value) -> Option<String> {
    let condition = items(context.get("conditions")).find(|condition| {
        condition.get("key").and_then(Value::as_str) == Some("iam:PassedToService")
    })?;
    let value = items(condition.get("values"))
        .next()?
        .get("value")?
        .as_str()?;
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    (value.len() <= 128 && value.chars().all(is_host)).then(|| value.to_owned())
}

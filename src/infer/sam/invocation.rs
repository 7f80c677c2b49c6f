//! Who may call a function.
//!
//! In: a function and a service. Out: the properties of a permission. Refuses nothing.

use serde_json::{Value as Json, json};

use crate::infer::sam::source::reference;

/// The type of a permission.
pub(super) const PERMISSION: &str = "AWS::Lambda::Permission";

/// Lets `principal` call the function with the logical id `function`. `limit` is the property that
/// says for which source, such as `SourceArn`.
pub(super) fn permission(function: &str, principal: &str, limit: &str) -> Json {
    permission_for(reference(function), principal, limit)
}

/// As [`permission`], with the name or ARN of the function.
pub(super) fn permission_for(function: Json, principal: &str, limit: &str) -> Json {
    json!({
        "Action": "lambda:InvokeFunction",
        "FunctionName": function,
        "Principal": principal,
        limit: {"Fn::Sub": "${AWS::AccountId}"},
    })
}

//! Which types have a name that their ARN contains.
//!
//! In: a type. Out: the property with its name, and whether CloudFormation makes up names that do not
//! begin with the stack's. Refuses nothing.

use crate::aws::handlers::handlers;

/// Types with a name in their ARN that the data of handlers does not know as one.
const MORE: &[(&str, &str)] = &[
    ("AWS::Lambda::LayerVersion", "LayerName"),
    ("AWS::Lambda::WebFunction", "FunctionName"),
    ("AWS::Scheduler::Schedule", "Name"),
    ("AWS::EventSchemas::Schema", "SchemaName"),
    ("AWS::WAFv2::IPSet", "Name"),
    ("AWS::WAFv2::RegexPatternSet", "Name"),
    ("AWS::WAFv2::RuleGroup", "Name"),
    ("AWS::WAFv2::WebACL", "Name"),
];

/// The property with the name of a type, if its ARN contains the name and the name may begin with
/// `<AppId>-`; and whether it must be in lower case.
pub(super) fn name_property(type_name: &str) -> Option<(&'static str, bool)> {
    if let Some((_, property)) = MORE.iter().find(|(name, _)| *name == type_name) {
        return Some((property, false));
    }
    let known = handlers().resource_type(type_name)?;
    let name = known.name_property?;
    let is_in_arn = name.variable.is_some() && name.allows_dash;
    is_in_arn.then_some((name.property, name.is_lower_case))
}

/// Whether CloudFormation begins the name that it makes up with something else than the stack's
/// name: the logical id, or `CFN-` for parameters.
pub(super) fn is_named_after_the_logical_id(type_name: &str) -> bool {
    matches!(
        type_name,
        "AWS::StepFunctions::StateMachine" | "AWS::SecretsManager::Secret" | "AWS::SSM::Parameter"
    )
}

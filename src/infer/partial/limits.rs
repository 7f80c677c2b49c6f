//! The conditions of generated statements.
//!
//! In: limits. Out: a statement's `Condition`, as a partial writes it. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

/// One thing that a condition asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Limit {
    /// The request sets the app's tag.
    RequestTag,
    /// The resource has the app's tag.
    ResourceTag,
    /// The resource has no such tag yet.
    NoResourceTag,
    /// The role is passed to one of these services.
    PassedTo(BTreeSet<String>),
    /// The role that is created is that of one of these services.
    LinkedTo(BTreeSet<String>),
    /// A service makes the call for the role: it is never made directly.
    ThroughService,
    /// The grant is for a resource of a service, not for a person.
    ForService,
    /// KMS checks that somebody can still manage the key.
    KeepsManageable,
    /// Whoever calls the function's URL must sign in.
    SignedUrl,
    /// The resource policy is refused if it lets the public in.
    NotPublic,
}

impl Limit {
    /// The operator, the key, and the values.
    fn parts(&self) -> (&'static str, &'static str, Vec<String>) {
        let one = |value: &str| vec![value.to_owned()];
        match self {
            Self::RequestTag => ("StringEquals", "aws:RequestTag/AppId", one("'{{appId}}'")),
            Self::ResourceTag => ("StringEquals", "aws:ResourceTag/AppId", one("'{{appId}}'")),
            Self::NoResourceTag => ("'Null'", "aws:ResourceTag/AppId", one("'true'")),
            Self::PassedTo(services) => ("StringEquals", "iam:PassedToService", scalars(services)),
            Self::LinkedTo(services) => ("StringLike", "iam:AWSServiceName", scalars(services)),
            Self::ThroughService => ("StringLike", "kms:ViaService", one("'*.amazonaws.com'")),
            Self::ForService => ("Bool", "kms:GrantIsForAWSResource", one("'true'")),
            Self::KeepsManageable => (
                "BoolIfExists",
                "kms:BypassPolicyLockoutSafetyCheck",
                one("'false'"),
            ),
            Self::SignedUrl => ("StringEquals", "lambda:FunctionUrlAuthType", one("AWS_IAM")),
            Self::NotPublic => ("Bool", "secretsmanager:BlockPublicPolicy", one("'true'")),
        }
    }
}

/// The services as YAML: one with a region in its name is substituted.
fn scalars(services: &BTreeSet<String>) -> Vec<String> {
    let scalar = |service: &String| {
        if service.contains('$') {
            format!("!Sub '{service}'")
        } else if service.contains('*') {
            format!("'{service}'")
        } else {
            service.clone()
        }
    };
    services.iter().map(scalar).collect()
}

/// The lines of `Condition:` for these limits, indented as a key of a statement; none without
/// limits.
pub(crate) fn condition(limits: &BTreeSet<Limit>) -> String {
    let mut operators: BTreeMap<&str, Vec<(&str, Vec<String>)>> = BTreeMap::new();
    for limit in limits {
        let (operator, key, values) = limit.parts();
        operators.entry(operator).or_default().push((key, values));
    }
    let mut text = String::new();
    if !operators.is_empty() {
        text.push_str("    Condition:\n");
    }
    for (operator, keys) in operators {
        push(&mut text, &["      ", operator, ":\n"]);
        for (key, values) in keys {
            match values.as_slice() {
                [value] => push(&mut text, &["        ", key, ": ", value, "\n"]),
                values => {
                    push(&mut text, &["        ", key, ":\n"]);
                    for value in values {
                        push(&mut text, &["          - ", value, "\n"]);
                    }
                }
            }
        }
    }
    text
}

/// Adds `parts` to `text`.
pub(crate) fn push(text: &mut String, parts: &[&str]) {
    for part in parts {
        text.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_one_operator_are_together() {
        let services = ["lambda.amazonaws.com", "logs.${AWS::Region}.amazonaws.com"];
        let limits = BTreeSet::from([
            Limit::RequestTag,
            Limit::NoResourceTag,
            Limit::PassedTo(services.map(str::to_owned).into()),
        ]);
        assert_eq!(
            condition(&limits),
            "    Condition:
      'Null':
        aws:ResourceTag/AppId: 'true'
      StringEquals:
        aws:RequestTag/AppId: '{{appId}}'
        iam:PassedToService:
          - lambda.amazonaws.com
          - !Sub 'logs.${AWS::Region}.amazonaws.com'
"
        );
        assert_eq!(condition(&BTreeSet::new()), "");
    }
}

//! How long a policy document is once it is resolved, and what IAM and CloudFormation allow.
//!
//! IAM does not count white space, so a document is measured as minified JSON. Pseudo parameters
//! and accounts are resolved first: an account id has twelve digits, and the partition follows from
//! the region. Sources of the limits: the IAM quotas page, the IAM API model, and the
//! CloudFormation quotas page.

use serde_yaml::Value;

use crate::arguments::Region;
use crate::expand::model::plan::Reach;

/// Characters of a customer managed policy.
pub const MANAGED_POLICY_LIMIT: usize = 6_144;
/// Characters of all inline policies of a role together.
pub const ROLE_INLINE_LIMIT: usize = 10_240;
/// Characters of a trust policy; accounts may raise it, and this does not count on that.
pub const TRUST_POLICY_LIMIT: usize = 2_048;
/// Managed policies attached to one user or role; accounts may raise it, and this does not count
/// on that.
pub const ATTACHED_POLICIES_LIMIT: usize = 10;
/// Characters of a role's or user's name.
pub const ROLE_NAME_LIMIT: usize = 64;
/// Characters of a policy's name.
pub const POLICY_NAME_LIMIT: usize = 128;
/// Characters of a logical id.
pub const LOGICAL_ID_LIMIT: usize = 255;
/// Resources of one stack.
pub const STACK_RESOURCES_LIMIT: usize = 500;
/// Bytes of a template that CloudFormation reads from S3, where OrgFormation puts large ones.
pub const TEMPLATE_LIMIT: usize = 1_000_000;

/// What pseudo parameters will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    partition: usize,
    region: usize,
}

impl Resolution {
    /// The resolution in the stack of `region`.
    pub fn new(region: &Region) -> Self {
        Self {
            partition: partition(&region.0).len(),
            region: region.0.len(),
        }
    }

    /// The characters of `value` as minified JSON, resolved. Intrinsic functions whose value
    /// cannot be known count as if they were empty.
    pub fn size(self, value: &Value) -> usize {
        match value {
            Value::Null => 4,
            Value::Bool(flag) => flag.to_string().len(),
            Value::Number(number) => number.to_string().len(),
            Value::String(text) => json_length(text, text.chars().count()),
            Value::Sequence(items) => {
                2 + separators(items.len())
                    + items.iter().map(|item| self.size(item)).sum::<usize>()
            }
            Value::Mapping(entries) => {
                2 + separators(entries.len())
                    + entries
                        .iter()
                        .map(|(key, item)| self.size(key) + 1 + self.size(item))
                        .sum::<usize>()
            }
            Value::Tagged(tagged) => match &tagged.value {
                Value::String(text) if tagged.tag == "!Sub" => {
                    json_length(text, self.substituted(text))
                }
                Value::String(text) if tagged.tag == "!Ref" => 2 + self.variable(text),
                Value::Sequence(items) if tagged.tag == "!Sub" => self.substituted_list(items),
                Value::Sequence(items) if tagged.tag == "!Join" => self.joined(items),
                _ => 2,
            },
        }
    }

    /// The size of `!Sub [text, {name: value}]`.
    fn substituted_list(self, items: &[Value]) -> usize {
        let [Value::String(text), Value::Mapping(values)] = items else {
            return 2;
        };
        let mut length = json_length(text, self.substituted(text));
        for (name, value) in values {
            let uses = text
                .matches(&format!("${{{}}}", name.as_str().unwrap_or_default()))
                .count();
            // The name was counted as an account's twelve digits.
            length = (length + uses * self.content(value)).saturating_sub(uses * 12);
        }
        length
    }

    /// The size of `!Join [separator, [values]]`.
    fn joined(self, items: &[Value]) -> usize {
        let [Value::String(separator), Value::Sequence(values)] = items else {
            return 2;
        };
        let between = separators(values.len()) * separator.chars().count();
        2 + between
            + values
                .iter()
                .map(|value| self.content(value))
                .sum::<usize>()
    }

    /// The size of a text without its quotes.
    fn content(self, value: &Value) -> usize {
        self.size(value).saturating_sub(2)
    }

    /// The characters of `text` after substitution of its `${...}`.
    fn substituted(self, text: &str) -> usize {
        let mut length = 0;
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            length += before.chars().count();
            let Some((name, behind)) = after.split_once('}') else {
                return length + 2 + after.chars().count();
            };
            length += match name.strip_prefix('!') {
                Some(literal) => literal.chars().count() + 3,
                None => self.variable(name.trim()),
            };
            rest = behind;
        }
        length + rest.chars().count()
    }

    fn variable(self, name: &str) -> usize {
        match name {
            "AWS::Partition" => self.partition,
            "AWS::Region" => self.region,
            // Twelve digits: the account, or a logical id of one.
            _ if name == "AWS::AccountId" || !name.contains(['.', ':']) => 12,
            _ => 0,
        }
    }

    /// The size of a cross-account policy over `accounts`; see `tools/cross-account-policy.hbs`.
    pub fn cross_account_size(self, app_id: &str, path: &str, accounts: &[Reach]) -> usize {
        let arn = |role: &str| {
            "arn::iam::".len()
                + self.partition
                + 12
                + ":role".len()
                + path.len()
                + app_id.len()
                + role.len()
                + 3
        };
        let arns: usize = accounts
            .iter()
            .map(|reach| arn("-DeployerRole") + if reach.test_role { arn("-TestRole") } else { 0 })
            .sum();
        let frame = r#"{"Version":"2012-10-17","Statement":[{"Sid":"AssumeDeployRoles","Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Resource":[]}]}"#;
        frame.len() + arns.saturating_sub(1)
    }
}

/// The bytes of `value` as JSON with an indentation of two at `depth`, as OrgFormation writes a
/// template (`src/cfn-binder/cfn-template.ts`, `createTemplateBody`).
pub fn pretty_size(value: &Value, depth: usize) -> usize {
    let lines = |count: usize| {
        if count == 0 {
            2
        } else {
            2 + count * (2 * (depth + 1) + 2) + 2 * depth
        }
    };
    match value {
        Value::Sequence(items) => {
            lines(items.len())
                + items
                    .iter()
                    .map(|item| pretty_size(item, depth + 1))
                    .sum::<usize>()
        }
        Value::Mapping(entries) => {
            lines(entries.len())
                + entries
                    .iter()
                    .map(|(key, item)| pretty_size(key, 0) + 2 + pretty_size(item, depth + 1))
                    .sum::<usize>()
        }
        // `{ "Fn::Sub": ... }` on three lines.
        Value::Tagged(tagged) => {
            lines(1) + tagged.tag.to_string().len() + 8 + pretty_size(&tagged.value, depth + 1)
        }
        Value::String(text) => json_length(text, text.len()),
        Value::Null => 4,
        Value::Bool(flag) => flag.to_string().len(),
        Value::Number(number) => number.to_string().len(),
    }
}

/// The partition that holds a region.
pub fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("us-isob-") => "aws-iso-b",
        _ if region.starts_with("us-isof-") => "aws-iso-f",
        _ if region.starts_with("us-iso-") => "aws-iso",
        _ if region.starts_with("eu-isoe-") => "aws-iso-e",
        _ if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}

fn separators(items: usize) -> usize {
    items.saturating_sub(1)
}

/// The length of a JSON string whose content has `length` characters and the escapes of `text`;
/// white space inside of it is not counted by IAM either, but to count it is safe.
fn json_length(text: &str, length: usize) -> usize {
    2 + length
        + text
            .chars()
            .filter(|c| matches!(c, '"' | '\\' | '\n' | '\r' | '\t'))
            .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(yaml: &str) -> usize {
        Resolution::new(&Region("eu-west-1".to_owned())).size(&serde_yaml::from_str(yaml).unwrap())
    }

    #[test]
    fn counts_minified_json() {
        let json = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B","c:D"],"Resource":"*"}]}"#;
        assert_eq!(size(json), json.len());
    }

    #[test]
    fn resolves_pseudo_parameters_and_accounts() {
        assert_eq!(
            size("!Sub 'arn:${AWS::Partition}:x:${AWS::Region}:${AWS::AccountId}:y'"),
            "'arn:aws:x:eu-west-1:123456789012:y'".len()
        );
        assert_eq!(
            size("!Sub '${DevAccount}:${!Literal}'"),
            "'123456789012:${Literal}'".len()
        );
        assert_eq!(size("!Ref DevAccount"), 14);
        assert_eq!(
            size("!Sub ['a:${x}:${x}:${Dev}', {x: bcd}]"),
            "'a:bcd:bcd:123456789012'".len()
        );
        assert_eq!(
            size("!Join [':', [a, !Ref Dev, 'b']]"),
            "'a:123456789012:b'".len()
        );
    }

    #[test]
    fn knows_the_partitions() {
        assert_eq!(partition("us-gov-west-1"), "aws-us-gov");
        assert_eq!(partition("cn-north-1"), "aws-cn");
        assert_eq!(partition("eu-west-1"), "aws");
    }
}

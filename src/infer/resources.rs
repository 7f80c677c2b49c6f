//! What the resource of an action can be when CloudFormation handles a resource of some type.
//!
//! In: a resource type and an action. Out: ARN patterns, with values in place of the partition, the
//! region, and the account, so that they can be compared with those of statements. Refuses nothing:
//! what is not known is any ARN.

use crate::aws::handlers::handlers;
use crate::infer::arns::Arns;
use crate::partials::statements::normal;

/// An action without a resource, which only `*` grants.
const NONE: &str = "*";
/// An action whose resource is not known.
const ANY: &str = "arn:*";
/// Where the tags of an API Gateway resource are.
const API_TAGS: &str = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/tags/*";

/// The patterns.
pub fn resources(arns: &Arns, type_name: &str, action: &str) -> Vec<String> {
    let Some(known) = handlers().action(action) else {
        return vec![ANY.to_owned()];
    };
    let mut possible = arns.possible(type_name, action);
    if possible.iter().all(|arn| arn == NONE) && !known.formats.is_empty() {
        // It is asked for the resource of another type.
        if !known.allows_no_resource {
            possible.clear();
        }
        possible.extend(known.formats.iter().map(|format| format.arn.to_owned()));
    }
    // Of a method that also replaces tags: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-iam-policy.html
    if action == "apigateway:PUT" {
        possible.push(API_TAGS.to_owned());
    }
    possible.iter().map(|arn| normal(arn)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(type_name: &str, action: &str) -> String {
        resources(&Arns::default(), type_name, action).join(" ")
    }

    #[test]
    fn a_resource_is_one_of_the_type_or_of_another() {
        let of = |rest: &str| format!("arn:aws:lambda:eu-west-1:111122223333:{rest}");
        assert_eq!(
            shown("AWS::Lambda::Function", "lambda:CreateFunction"),
            of("function:*")
        );
        assert_eq!(
            shown("AWS::Lambda::Function", "lambda:GetCodeSigningConfig"),
            of("code-signing-config:*")
        );
        assert_eq!(shown("AWS::Lambda::Function", "ec2:DescribeVpcs"), "*");
        assert_eq!(shown("AWS::Lambda::Function", "made:Up"), "arn:*");
    }

    #[test]
    fn tags_of_an_api_have_a_path_of_their_own() {
        let paths = shown("AWS::ApiGateway::ApiKey", "apigateway:PUT");
        assert!(
            paths.ends_with("arn:aws:apigateway:eu-west-1::/tags/*"),
            "{paths}"
        );
        let paths = shown("AWS::ApiGateway::ApiKey", "apigateway:POST");
        assert!(!paths.contains("/tags/"), "{paths}");
    }
}

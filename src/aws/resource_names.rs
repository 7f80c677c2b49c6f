//! What references to resources resolve to that have a policy.
//!
//! In: nothing. Out: a [`ResourceName`] per type, written by hand after "Return values" of the types'
//! pages in the `CloudFormation` Template Reference. Refuses nothing.

/// How references to a resource are resolved.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ResourceName {
    /// The type.
    pub(crate) kind: &'static str,
    /// The property with its name.
    pub(crate) property: &'static str,
    /// What a name is called that `CloudFormation` chooses, if it is not what `Ref` returns.
    pub(crate) attribute: Option<&'static str>,
    /// What `Ref` returns, as `Fn::Sub` writes it: `{}` stands for the name.
    pub(crate) reference: &'static str,
    /// The attributes with the ARN.
    pub(crate) arns: &'static [&'static str],
    /// The ARN.
    pub(crate) arn: &'static str,
}

/// How references to resources are resolved that have a policy, after "Return values" of each
/// type's page.
pub(crate) const NAMES: &[ResourceName] = &[
    ResourceName {
        kind: "AWS::S3::Bucket",
        property: "BucketName",
        attribute: None,
        reference: "{}",
        arns: &["Arn"],
        arn: "arn:aws:s3:::{}",
    },
    ResourceName {
        kind: "AWS::SQS::Queue",
        property: "QueueName",
        attribute: Some("QueueName"),
        reference: "https://sqs.${AWS::Region}.amazonaws.com/${AWS::AccountId}/{}",
        arns: &["Arn"],
        arn: "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:{}",
    },
    ResourceName {
        kind: "AWS::SNS::Topic",
        property: "TopicName",
        attribute: Some("TopicName"),
        reference: "arn:aws:sns:${AWS::Region}:${AWS::AccountId}:{}",
        arns: &["TopicArn"],
        arn: "arn:aws:sns:${AWS::Region}:${AWS::AccountId}:{}",
    },
    ResourceName {
        kind: "AWS::Lambda::Function",
        property: "FunctionName",
        attribute: None,
        reference: "{}",
        arns: &["Arn"],
        arn: "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:{}",
    },
    ResourceName {
        kind: "AWS::Events::EventBus",
        property: "Name",
        attribute: None,
        reference: "{}",
        arns: &["Arn"],
        arn: "arn:aws:events:${AWS::Region}:${AWS::AccountId}:event-bus/{}",
    },
    ResourceName {
        kind: "AWS::ECR::Repository",
        property: "RepositoryName",
        attribute: None,
        reference: "{}",
        arns: &["Arn"],
        arn: "arn:aws:ecr:${AWS::Region}:${AWS::AccountId}:repository/{}",
    },
    ResourceName {
        kind: "AWS::DynamoDB::Table",
        property: "TableName",
        attribute: None,
        reference: "{}",
        arns: &["Arn"],
        arn: "arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/{}",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::effects::effects;

    #[test]
    fn every_name_is_a_property() {
        for name in NAMES {
            let known = effects().resource_type(name.kind).unwrap();
            assert!(known.at([name.property]).is_some(), "{}", name.kind);
        }
    }
}

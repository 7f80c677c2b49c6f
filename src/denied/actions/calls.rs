//! API calls whose name is not that of an action. Plain data.
//!
//! Source: for each service, the page "Actions, resources, and condition keys" of the Service
//! Authorization Reference, and for S3 <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html>,
//! which names the permission of each call. A test checks that every action exists, and that no call
//! is an action.

/// The service, its calls, and the action that they ask for.
pub(super) const CALLS: &[(&str, &str, &str)] = &[
    (
        "s3",
        "ListObjects ListObjectsV2 HeadBucket",
        "s3:ListBucket",
    ),
    ("s3", "ListObjectVersions", "s3:ListBucketVersions"),
    ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
    ("s3", "HeadObject SelectObjectContent", "s3:GetObject"),
    (
        "s3",
        "CopyObject PostObject UploadPart UploadPartCopy CreateMultipartUpload CompleteMultipartUpload",
        "s3:PutObject",
    ),
    ("s3", "DeleteObjects", "s3:DeleteObject"),
    (
        "s3",
        "ListMultipartUploads",
        "s3:ListBucketMultipartUploads",
    ),
    ("s3", "ListParts", "s3:ListMultipartUploadParts"),
    ("s3", "DeleteBucketCors", "s3:PutBucketCORS"),
    ("s3", "DeleteBucketTagging", "s3:PutBucketTagging"),
    (
        "s3",
        "GetBucketLifecycle GetBucketLifecycleConfiguration",
        "s3:GetLifecycleConfiguration",
    ),
    (
        "s3",
        "PutBucketLifecycle PutBucketLifecycleConfiguration DeleteBucketLifecycle DeleteBucketLifecycleConfiguration",
        "s3:PutLifecycleConfiguration",
    ),
    ("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    (
        "s3",
        "PutBucketEncryption DeleteBucketEncryption",
        "s3:PutEncryptionConfiguration",
    ),
    (
        "s3",
        "GetBucketReplication",
        "s3:GetReplicationConfiguration",
    ),
    (
        "s3",
        "PutBucketReplication DeleteBucketReplication",
        "s3:PutReplicationConfiguration",
    ),
    (
        "s3",
        "GetPublicAccessBlock",
        "s3:GetBucketPublicAccessBlock",
    ),
    (
        "s3",
        "PutPublicAccessBlock DeletePublicAccessBlock DeleteBucketPublicAccessBlock",
        "s3:PutBucketPublicAccessBlock",
    ),
    (
        "s3",
        "DeleteAccountPublicAccessBlock",
        "s3:PutAccountPublicAccessBlock",
    ),
    (
        "s3",
        "GetBucketAccelerateConfiguration",
        "s3:GetAccelerateConfiguration",
    ),
    (
        "s3",
        "PutBucketAccelerateConfiguration",
        "s3:PutAccelerateConfiguration",
    ),
    (
        "s3",
        "GetBucketAnalyticsConfiguration ListBucketAnalyticsConfigurations",
        "s3:GetAnalyticsConfiguration",
    ),
    (
        "s3",
        "PutBucketAnalyticsConfiguration DeleteBucketAnalyticsConfiguration",
        "s3:PutAnalyticsConfiguration",
    ),
    (
        "s3",
        "GetBucketInventoryConfiguration ListBucketInventoryConfigurations",
        "s3:GetInventoryConfiguration",
    ),
    (
        "s3",
        "PutBucketInventoryConfiguration DeleteBucketInventoryConfiguration",
        "s3:PutInventoryConfiguration",
    ),
    (
        "s3",
        "GetBucketMetricsConfiguration ListBucketMetricsConfigurations",
        "s3:GetMetricsConfiguration",
    ),
    (
        "s3",
        "PutBucketMetricsConfiguration DeleteBucketMetricsConfiguration",
        "s3:PutMetricsConfiguration",
    ),
    (
        "s3",
        "GetBucketIntelligentTieringConfiguration ListBucketIntelligentTieringConfigurations",
        "s3:GetIntelligentTieringConfiguration",
    ),
    (
        "s3",
        "PutBucketIntelligentTieringConfiguration DeleteBucketIntelligentTieringConfiguration",
        "s3:PutIntelligentTieringConfiguration",
    ),
    (
        "s3",
        "GetBucketNotificationConfiguration",
        "s3:GetBucketNotification",
    ),
    (
        "s3",
        "PutBucketNotificationConfiguration",
        "s3:PutBucketNotification",
    ),
    (
        "s3",
        "DeleteBucketOwnershipControls",
        "s3:PutBucketOwnershipControls",
    ),
    (
        "s3",
        "GetObjectLockConfiguration",
        "s3:GetBucketObjectLockConfiguration",
    ),
    (
        "s3",
        "PutObjectLockConfiguration",
        "s3:PutBucketObjectLockConfiguration",
    ),
    (
        "lambda",
        "Invoke InvokeWithResponseStream",
        "lambda:InvokeFunction",
    ),
    ("lambda", "GetLayerVersionByArn", "lambda:GetLayerVersion"),
    (
        "lambda",
        "GetLayerVersionByArnInternal",
        "lambda:GetLayerVersion",
    ),
    (
        "cloudfront",
        "CreateDistributionWithTags",
        "cloudfront:CreateDistribution",
    ),
    (
        "cloudfront",
        "CopyDistributionInternal",
        "cloudfront:CopyDistribution",
    ),
    ("dynamodb", "TransactGetItems", "dynamodb:GetItem"),
    ("dynamodb", "TransactWriteItems", "dynamodb:PutItem"),
    ("sqs", "SendMessageBatch", "sqs:SendMessage"),
    ("sqs", "DeleteMessageBatch", "sqs:DeleteMessage"),
    (
        "sqs",
        "ChangeMessageVisibilityBatch",
        "sqs:ChangeMessageVisibility",
    ),
    ("sns", "PublishBatch", "sns:Publish"),
    ("kms", "ReEncrypt", "kms:ReEncryptFrom"),
    ("bedrock", "Converse", "bedrock:InvokeModel"),
    (
        "bedrock",
        "ConverseStream",
        "bedrock:InvokeModelWithResponseStream",
    ),
    ("ssm", "GetParameterInternal", "ssm:GetParameter"),
    ("ecr", "PutImageScan", "ecr:PutImageScanningConfiguration"),
];

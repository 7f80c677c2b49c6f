//! What is known of condition keys.
//!
//! In: a key in lower case. Out: whether each request has it, and whether it has one value. What is
//! not listed is not known. Refuses nothing.

/// Keys that every request has. "AWS global condition context keys" of the IAM User Guide says
/// where each is available.
pub(super) fn is_always_given(key: &str) -> bool {
    key == "aws:requestedregion"
}

/// Keys that are known to have one value in a request.
pub(crate) fn is_single(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:principaltype",
        "aws:requestedregion",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:referer",
        "aws:securetransport",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:currenttime",
        "aws:epochtime",
        "aws:federatedprovider",
        "aws:tokenissuetime",
        "aws:useragent",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceidentity",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:vpcsourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:username",
        "aws:viaawsservice",
        "cloudformation:rolearn",
        "iam:passedtoservice",
        "iam:permissionsboundary",
        "iam:policyarn",
        "iam:awsservicename",
        "lambda:functionarn",
        "lambda:functionurlauthtype",
        "s3:prefix",
        "s3:x-amz-acl",
        "sts:externalid",
        "sts:rolesessionname",
    ];
    // No claim that IAM compares for GitHub and GitLab is a list.
    const PREFIXES: &[&str] = &[
        "aws:principaltag/",
        "aws:requesttag/",
        "aws:resourcetag/",
        "token.actions.githubusercontent.com:",
        "gitlab.com:",
    ];
    KEYS.contains(&key)
        || PREFIXES.iter().any(|prefix| key.starts_with(prefix))
        || key.ends_with(":sub")
        || (key.ends_with(":aud") && !key.starts_with("accounts.google.com"))
}

/// Keys whose value is a number, a time or an address in each request that has them: those that AWS's
/// service authorization reference lists as such, and that policies use.
pub(super) fn is_ordered(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "autoscaling:maxsize",
        "autoscaling:minsize",
        "aws:currenttime",
        "aws:epochtime",
        "aws:multifactorauthage",
        "aws:sourceip",
        "aws:tokenissuetime",
        "aws:vpcsourceip",
        "batch:schedulingpriority",
        "ec2:instancecount",
        "ec2:metadatahttpputresponsehoplimit",
        "ec2:quantity",
        "ec2:roledelivery",
        "ec2:snapshotcooloffperiod",
        "ec2:snapshotlockduration",
        "ec2:volumeiops",
        "ec2:volumesize",
        "ec2:volumethroughput",
        "kms:rotationperiodindays",
        "kms:schedulekeydeletionpendingwindowindays",
        "kms:trailingdayswithoutkeyusage",
        "kms:validto",
        "rds:piops",
        "rds:storagesize",
        "s3:existingjobpriority",
        "s3:max-keys",
        "s3:object-lock-remaining-retention-days",
        "s3:object-lock-retain-until-date",
        "s3:requestjobpriority",
        "s3:signatureage",
        "s3:tlsversion",
        "secretsmanager:recoverywindowindays",
        "sts:durationseconds",
    ];
    KEYS.contains(&key)
}

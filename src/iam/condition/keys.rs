//! What is known of condition keys.
//!
//! In: a key in lower case. Out: whether each request has it, whether it has one value, and what that is.
//! What is not listed is not known. Refuses nothing.

use std::net::IpAddr;

use crate::iam::condition::date;
use crate::iam::condition::passes::number;

/// How the keys begin of the caller's own tags.
pub(crate) const PRINCIPAL_TAG: &str = "aws:principaltag/";

/// Keys that every request has. "AWS global condition context keys" of the IAM User Guide says
/// where each is available.
pub(crate) fn is_always_given(key: &str) -> bool {
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
        PRINCIPAL_TAG,
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

/// What each value of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    Number,
    Time,
    Address,
    /// `true` or `false`.
    Flag,
}

impl KeyKind {
    /// Values of this kind that nothing speaks of: the addresses are those of documents (RFC 5737 and 3849).
    pub(super) fn examples(self) -> &'static [&'static str] {
        match self {
            KeyKind::Number => &["1", "0", "2"],
            KeyKind::Time => &["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
            KeyKind::Address => &["192.0.2.1", "192.0.2.2", "2001:db8::1"],
            KeyKind::Flag => &["true", "false"],
        }
    }

    /// What people call such a value.
    pub(super) fn called(self) -> &'static str {
        match self {
            KeyKind::Number => "a number",
            KeyKind::Time => "a time",
            KeyKind::Address => "an address",
            KeyKind::Flag => "`true` or `false`",
        }
    }

    /// Whether a value is of this kind.
    pub(super) fn has(self, value: &str) -> bool {
        match self {
            KeyKind::Number => number(value).is_some(),
            KeyKind::Time => date::seconds(value).is_some(),
            KeyKind::Address => value.parse::<IpAddr>().is_ok(),
            KeyKind::Flag => matches!(value, "true" | "false"),
        }
    }
}

/// What the value of a key is in each request that has it: of those keys that AWS's service
/// authorization reference lists as such, and that policies use.
pub(super) fn kind(key: &str) -> Option<KeyKind> {
    const ADDRESSES: &[&str] = &["aws:sourceip", "aws:vpcsourceip"];
    const FLAGS: &[&str] = &[
        "aws:multifactorauthpresent",
        "aws:principalisawsservice",
        "aws:securetransport",
        "aws:viaawsservice",
    ];
    const TIMES: &[&str] = &[
        "aws:currenttime",
        "aws:epochtime",
        "aws:tokenissuetime",
        "kms:validto",
        "s3:object-lock-retain-until-date",
    ];
    const NUMBERS: &[&str] = &[
        "autoscaling:maxsize",
        "autoscaling:minsize",
        "aws:multifactorauthage",
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
        "rds:piops",
        "rds:storagesize",
        "s3:existingjobpriority",
        "s3:max-keys",
        "s3:object-lock-remaining-retention-days",
        "s3:requestjobpriority",
        "s3:signatureage",
        "s3:tlsversion",
        "secretsmanager:recoverywindowindays",
        "sts:durationseconds",
    ];
    let kinds = [
        (KeyKind::Address, ADDRESSES),
        (KeyKind::Flag, FLAGS),
        (KeyKind::Time, TIMES),
        (KeyKind::Number, NUMBERS),
    ];
    let mut kinds = kinds.into_iter();
    kinds.find_map(|(kind, keys)| keys.contains(&key).then_some(kind))
}

/// Whether the value of a key is a text in each request that has it ("AWS global condition context keys" of the
/// IAM User Guide: their type is string or ARN). What an operator for numbers, times, or addresses makes of a text,
/// the manual does not say.
pub(crate) fn is_text(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:federatedprovider",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "aws:principaltype",
        "aws:referer",
        "aws:requestedregion",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:resourceorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceidentity",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:tagkeys",
        "aws:useragent",
        "aws:userid",
        "aws:username",
        "iam:awsservicename",
        "iam:passedtoservice",
        "iam:permissionsboundary",
        "iam:policyarn",
        "s3:prefix",
        "sts:externalid",
        "sts:rolesessionname",
    ];
    KEYS.contains(&key) || key.ends_with(":sub") || key.ends_with(":aud")
}

/// Whether each value of a key is a number, a time or an address.
pub(super) fn is_ordered(key: &str) -> bool {
    matches!(
        kind(key),
        Some(KeyKind::Number | KeyKind::Time | KeyKind::Address)
    )
}

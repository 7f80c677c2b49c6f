//! Condition keys, values, and regions of a question that no request has.
//!
//! In: a key and a value as a question has them. Out: what is wrong with them, or a [`QuestionDoubt`], which is wrong
//! unless a template speaks of the same. Refuses what AWS cannot send, whatever its data lacks.
//!
//! No policy allows what no request has, so a slip would turn an answer into "no". But AWS gains keys, regions, and
//! services, tokens have claims of their own, and the data has a date: a text that the templates have too is
//! right.

use std::net::IpAddr;

use serde_yaml::Value;

use crate::aws::actions::reference;
use crate::aws::keys::{ConditionType, condition_keys};
use crate::aws::partitions::{REGIONS, is_partition, partition};
use crate::aws::wildcard::{is_pattern, matches};
use crate::diagnostic::{Diagnostic, Shown as _, nearest, slip};
use crate::iam::condition::{network, number, seconds};
use crate::organization::Organization;
use crate::query::rules::{IMPOSSIBLE_VALUE, UNKNOWN_CONDITION_KEY};
use crate::source::Span;
use crate::template::resources::is_account_id;

/// A text of a question that is wrong unless a template has it.
#[derive(Clone, Debug)]
pub struct QuestionDoubt {
    text: String,
    case: TextCase,
    problem: Diagnostic,
}

/// How a text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextCase {
    Kept,
    Ignored,
}

/// Keys whose values are regions.
const REGION_KEYS: &[&str] = &["aws:requestedregion", "ec2:region"];

/// Keys whose values are account ids.
const ACCOUNT_KEYS: &[&str] = &[
    "aws:principalaccount",
    "aws:resourceaccount",
    "aws:sourceaccount",
    "aws:vpceaccount",
    "kms:calleraccount",
    "s3:resourceaccount",
];

/// Keys whose values are services, as principals are written.
const SERVICE_KEYS: &[&str] = &[
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "iam:awsservicename",
    "iam:passedtoservice",
];

/// What any provider's tokens say that IAM compares ("Available keys for AWS OIDC federation" of the IAM User Guide).
const CLAIMS: &[&str] = &["amr", "aud", "azp", "email", "oaud", "sub"];

const SERVICE_SUFFIX: &str = ".amazonaws.com";

impl QuestionDoubt {
    fn new(text: &str, problem: Diagnostic) -> Self {
        Self {
            text: text.to_owned(),
            case: TextCase::Kept,
            problem,
        }
    }

    /// The same about what is written here.
    pub(super) fn at(self, span: Span) -> Self {
        Self {
            problem: self.problem.at(span),
            ..self
        }
    }

    /// What is wrong if no template has it.
    pub fn problem(&self) -> &Diagnostic {
        &self.problem
    }

    /// Whether the text of a template, or a policy of its organization, has it.
    pub fn is_settled_by(&self, template: &str, organization: &Organization) -> bool {
        let has = |text: &str| match self.case {
            TextCase::Kept => has_word(text, &self.text),
            TextCase::Ignored => {
                has_word(&text.to_ascii_lowercase(), &self.text.to_ascii_lowercase())
            }
        };
        let policies = organization.control.policies.iter();
        let mut documents = policies.filter_map(|policy| policy.document.as_ref());
        has(template) || documents.any(|document| has_text(document, &has))
    }
}

/// Whether `text` has these characters where no longer name has them.
fn has_word(text: &str, word: &str) -> bool {
    let is_of_name = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text
            .get(at + word.len()..)
            .and_then(|text| text.chars().next());
        !before.is_some_and(is_of_name) && !after.is_some_and(is_of_name)
    })
}

fn has_text(value: &Value, has: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => has(text),
        Value::Sequence(items) => items.iter().any(|item| has_text(item, has)),
        Value::Mapping(fields) => fields
            .iter()
            .any(|(key, item)| has_text(key, has) || has_text(item, has)),
        Value::Tagged(tagged) => has_text(&tagged.value, has),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The doubt whether AWS has the condition key, if it is not known.
pub(super) fn key_doubt(name: &str) -> Option<QuestionDoubt> {
    let keys = condition_keys();
    let lower = name.to_ascii_lowercase();
    if keys.kind(&lower).is_some() {
        return None;
    }
    let (prefix, claim) = lower.split_once(':')?;
    let mut near = keys.near(name).map(str::to_owned);
    if prefix.contains('.') {
        if keys.has_prefix(prefix) {
            if CLAIMS.contains(&claim) {
                return None;
            }
            let of_any = nearest(claim, CLAIMS.iter().copied());
            near = of_any.map(|claim| format!("{prefix}:{claim}")).or(near);
        } else {
            // Anybody can have a provider of tokens.
            near = Some(format!("{}:{claim}", slip(prefix, keys.prefixes())?));
        }
    }
    let date = keys.date();
    let shown = name.shown();
    let message =
        format!("AWS had no condition key `{shown}` on {date}, and the templates do not have it");
    let help = match near {
        Some(near) => format!("did you mean `{}`?", near.shown()),
        None => "write it as the Service Authorization Reference does, for example `aws:RequestedRegion`"
            .to_owned(),
    };
    let problem = Diagnostic::without_place(&UNKNOWN_CONDITION_KEY, message).help(help);
    Some(QuestionDoubt {
        case: TextCase::Ignored,
        ..QuestionDoubt::new(name, problem)
    })
}

/// The condition key of all services that `name` is without its prefix, or nearly is.
pub(super) fn with_prefix(name: &str) -> Option<String> {
    let near = condition_keys().near(&format!("aws:{name}"))?;
    near.starts_with("aws:").then(|| near.shown())
}

/// What is wrong with a value that no request has in the condition key `name`.
pub(super) fn wrong_value(name: &str, value: &str) -> Option<Diagnostic> {
    let key = name.to_ascii_lowercase();
    let kind = condition_keys().kind(&key);
    if kind == Some(ConditionType::Arn) {
        return wrong_arn(name, value);
    }
    if is_pattern(value) {
        return None;
    }
    if ACCOUNT_KEYS.contains(&key.as_str()) {
        let help = "write 12 digits";
        return (!is_account_id(value)).then(|| not_a("an account id", name, value).help(help));
    }
    let is_kind =
        |is: bool, what: &str, help: String| (!is).then(|| not_a(what, name, value).help(help));
    match kind? {
        ConditionType::Number => is_kind(
            number(value).is_some(),
            "a number",
            "write digits".to_owned(),
        ),
        ConditionType::Flag => {
            let lower = value.to_ascii_lowercase();
            let help = match lower.as_str() {
                "true" | "false" => format!("write `{lower}`"),
                _ => "write `true`, `false`, or nothing for a request without the key".to_owned(),
            };
            is_kind(matches!(value, "true" | "false"), "`true` or `false`", help)
        }
        ConditionType::Time => {
            let help = "write it for example as `2026-01-31T12:00:00Z`".to_owned();
            is_kind(seconds(value).is_some(), "a time", help)
        }
        ConditionType::Address => {
            let help = if network(value).is_some() {
                "a request comes from one address: write one of this range"
            } else {
                "write it for example as `192.0.2.1`"
            };
            let is_address = value.parse::<IpAddr>().is_ok();
            is_kind(is_address, "an address", help.to_owned())
        }
        ConditionType::Text | ConditionType::Arn => None,
    }
}

/// What is wrong with an ARN in the condition key `name`.
fn wrong_arn(name: &str, arn: &str) -> Option<Diagnostic> {
    let help = "write 12 digits, or `*` for any account";
    let account = wrong_account(arn);
    let account = account.map(|account| not_a("an account id", name, account).help(help));
    account.or_else(|| wrong_partition(arn))
}

fn not_a(what: &str, name: &str, value: &str) -> Diagnostic {
    let (name, value) = (name.shown(), value.shown());
    let message = format!("`{value}` is not {what}, which is what `{name}` has");
    Diagnostic::without_place(&IMPOSSIBLE_VALUE, message)
}

/// The doubt whether a request can have this value in the condition key `name`.
pub(super) fn value_doubt(name: &str, value: &str) -> Option<QuestionDoubt> {
    let key = name.to_ascii_lowercase();
    if REGION_KEYS.contains(&key.as_str()) {
        return region_doubt(value);
    }
    if SERVICE_KEYS.contains(&key.as_str()) {
        return service_doubt(name, value);
    }
    if condition_keys().kind(&key) != Some(ConditionType::Arn) {
        return None;
    }
    if !value.starts_with("arn:") && !value.starts_with(['*', '?']) {
        let problem = not_a("an ARN", name, value);
        let help = "write all of it, with `*` for what can be anything";
        return Some(QuestionDoubt::new(value, problem.help(help)));
    }
    arn_doubt(value)
}

/// The doubt whether AWS has the region of an ARN.
pub(super) fn arn_doubt(arn: &str) -> Option<QuestionDoubt> {
    let region = arn.strip_prefix("arn:")?.split(':').nth(2)?;
    if region.is_empty() {
        return None;
    }
    region_doubt(region)
}

/// The account of an ARN that is no account's, and so matches nothing.
pub(super) fn wrong_account(resource: &str) -> Option<&str> {
    // The policies that AWS manages are in an account called `aws`.
    let account = resource.strip_prefix("arn:")?.split(':').nth(3)?;
    let is_open = account.is_empty() || account == "aws" || account.contains(['*', '?']);
    (!is_open && !is_account_id(account)).then_some(account)
}

/// What is wrong with the partition of an ARN, if AWS has none of this name.
pub(super) fn wrong_partition(arn: &str) -> Option<Diagnostic> {
    let name = arn.strip_prefix("arn:")?.split(':').next()?;
    if is_pattern(name) || is_partition(name) {
        return None;
    }
    let names = REGIONS.iter().map(|region| partition(region));
    let help = match nearest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write `aws`".to_owned(),
    };
    let message = format!("AWS has no partition `{}`", name.shown());
    Some(Diagnostic::without_place(&IMPOSSIBLE_VALUE, message).help(help))
}

/// The doubt whether AWS has a region, or one that a pattern matches.
fn region_doubt(region: &str) -> Option<QuestionDoubt> {
    let is_known = |known: &&str| matches(region, known);
    if REGIONS.iter().any(is_known) {
        return None;
    }
    let shown = region.shown();
    let message =
        format!("AWS is not known to have a region `{shown}`, and the templates do not have it");
    let help = match nearest(region, REGIONS.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write one such as `eu-west-1`, or a pattern such as `eu-*`".to_owned(),
    };
    let problem = Diagnostic::without_place(&IMPOSSIBLE_VALUE, message).help(help);
    Some(QuestionDoubt::new(region, problem))
}

/// The doubt whether a value is a service, as principals are written.
fn service_doubt(name: &str, value: &str) -> Option<QuestionDoubt> {
    if is_pattern(value) {
        return None;
    }
    let names = reference().names();
    let is_service = [SERVICE_SUFFIX, ".amazon.com", ".aws"]
        .into_iter()
        .any(|suffix| value.contains(suffix));
    let near = if is_service {
        // Services have names that no action begins with, such as `ecs-tasks`.
        let own = value.strip_suffix(SERVICE_SUFFIX)?;
        if own.contains('.') || own.len() < 5 || names.contains(&own) {
            return None;
        }
        let near = slip(own, names.iter().copied())?;
        let is_letter = |c: &char| !c.is_ascii_digit();
        // `macie` and `macie2` are two services.
        if near
            .chars()
            .filter(is_letter)
            .eq(own.chars().filter(is_letter))
        {
            return None;
        }
        Some(near)
    } else {
        names.contains(&value).then_some(value)
    };
    let help = match near {
        Some(near) => format!("did you mean `{near}{SERVICE_SUFFIX}`?"),
        None => format!("write it as in a trust policy, for example `lambda{SERVICE_SUFFIX}`"),
    };
    let problem = not_a("a service that AWS is known to have", name, value);
    Some(QuestionDoubt::new(value, problem.help(help)))
}

/// The doubts about what requests say of a condition key.
pub(super) fn doubts_of(name: &str, values: &[String]) -> Vec<QuestionDoubt> {
    let values = values.iter();
    let values = values.filter_map(|value| value_doubt(name, value));
    key_doubt(name).into_iter().chain(values).collect()
}

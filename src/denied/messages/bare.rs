//! Messages that say little more than that access was denied.
//!
//! In: `Access Denied`, and the like. Out: a denial, if what is around it says that it is one of
//! AWS. Refuses others: a page of the app can say the same.

use crate::denied::actions::{self, services};
use crate::denied::around;
use crate::denied::messages::Messages;
use crate::denied::model::{Denial, DenialForm, LookalikeKind};
use crate::denied::names;
use crate::denied::secrets::without_secrets;
use crate::denied::squash::{Gap, SquashedText};

/// So far before a message the call can be named.
const NEAR: usize = 400;

/// What the text around a bare message says.
#[derive(Debug, Default)]
struct Evidence {
    /// The action.
    action: Option<String>,
    /// The resource.
    resource: Option<String>,
    /// Where the message begins.
    start: Option<usize>,
    /// Whether it is a message of AWS.
    is_of_aws: bool,
}

impl Messages<'_> {
    /// `Access Denied`, or the code `AccessDenied`, whose `c` is at `at`.
    pub(super) fn denied(&mut self, at: usize) {
        let start = at.saturating_sub(1);
        let text = self.text;
        let before = text.before(start, 24);
        let is_code = [
            "ErrorCode:",
            "errorCode:",
            "(",
            "Code>",
            "errorCode\":\"",
            "code=",
        ];
        if is_code.iter().any(|mark| before.ends_with(mark)) {
            return;
        }
        let mut end = at + "ccessdenied".len();
        for suffix in ["Exception", "Fault"] {
            if text.has(end, suffix) {
                end += suffix.len();
            }
        }
        if text.has(end, "foroperation") {
            self.for_operation(start, end + "foroperation".len());
            return;
        }
        let tail = text
            .after(end, 40)
            .trim_start_matches([':', '-', '"', '\'', '.', ',']);
        let follows = [
            "User:",
            "Youarenot",
            "arn:",
            "AccessDenied",
            "Accessdenied",
            "Notauthorized",
        ];
        if follows.iter().any(|phrase| tail.starts_with(phrase)) {
            return;
        }
        // An inner part of a message that another phrase has covered.
        if start < self.floor || text.before(start, 20).ends_with("S3ErrorMessage:") {
            return;
        }
        let mut evidence = evidence(text, start, "s3");
        let is_handler = before.ends_with("returnedmessage:\"") || tail.starts_with("(Service:");
        let is_go = tail.starts_with("statuscode:403");
        let resource = around::resource(text, self.floor, start, end);
        let is_event = self.context.is_failure
            || resource.type_name.is_some() && is_failure(text, start)
            || resource.logical_id.is_some() && resource.type_name.is_none();
        evidence.is_of_aws |= is_handler || is_go || is_event;
        self.push_bare(evidence, DenialForm::Bare, start, end);
    }

    /// `An error occurred (403) when calling the HeadObject operation: Forbidden`
    pub(super) fn forbidden(&mut self, at: usize) {
        let from = at + "operation:".len();
        let evidence = evidence(self.text, from, "s3");
        self.push_bare(evidence, DenialForm::Bare, at, from + "Forbidden".len());
    }

    /// `You are not authorized to perform this operation.`: EC2.
    pub(super) fn of_ec2(&mut self, at: usize) {
        let text = self.text;
        let operation = "otauthorizedtoperformthisoperation";
        if !text.has(at, operation) {
            return;
        }
        let start = at.saturating_sub("Youaren".len());
        let end = at + operation.len();
        let tail = text
            .after(end, 60)
            .trim_start_matches(['.', ':', '"', '\'']);
        if tail.starts_with("User:") {
            return;
        }
        let mut evidence = evidence(text, start, "ec2");
        let is_encoded = tail.starts_with("Encodedauthorizationfailuremessage");
        evidence.is_of_aws |= is_encoded
            || tail.starts_with("(Service:")
            || text.before(start, NEAR).contains("UnauthorizedOperation");
        let form = if is_encoded {
            DenialForm::Encoded
        } else {
            DenialForm::Bare
        };
        self.push_bare(evidence, form, start, end);
    }

    /// An encoded message without the words before it.
    pub(super) fn encoded(&mut self, at: usize) {
        let is_part = self.noticed.is_some() && at.saturating_sub(self.floor) < 1200;
        if !is_part {
            let evidence = Evidence {
                is_of_aws: true,
                ..evidence(self.text, at, "ec2")
            };
            self.push_bare(evidence, DenialForm::Encoded, at, at + 1);
        }
    }

    /// `Access denied for operation 'AWS::X::Y'`: only the type. With a text after the type, it is
    /// something else.
    fn for_operation(&mut self, start: usize, from: usize) {
        let from = names::after_quotes(self.text, from);
        let Some((type_name, end)) = around::type_at(self.text, from) else {
            return;
        };
        let tail = self.text.after(end, 400);
        let is_alone = !tail.starts_with(':') && self.text.before(end, 1) != ":";
        let own = tail.split(['\'', '"']).next().unwrap_or_default();
        if is_alone {
            let logical_id = around::resource(self.text, self.floor, start, end).logical_id;
            let denial = Denial {
                logical_id: logical_id.or(self.context.resource.logical_id.clone()),
                type_name: Some(type_name),
                ..Denial::default()
            };
            self.push(denial, start, end);
        } else if !own.contains("otauthorized") && !own.contains("ccountmustbeverified") {
            self.push_lookalike(LookalikeKind::Unrecognized, start, end);
        }
    }

    fn push_bare(&mut self, evidence: Evidence, form: DenialForm, start: usize, end: usize) {
        if !evidence.is_of_aws {
            return;
        }
        let denial = Denial {
            action: evidence.action,
            resource: evidence.resource,
            form,
            ..Denial::default()
        };
        self.push(denial, evidence.start.unwrap_or(start), end);
    }
}

/// Whether an event that failed is near before `at`.
fn is_failure(text: &SquashedText, at: usize) -> bool {
    let window = text.before(at, NEAR);
    window.contains("_FAILED") || window.contains("ResourceName:")
}

/// What the text before `at` says about the call that was denied.
fn evidence(text: &SquashedText, at: usize, service: &str) -> Evidence {
    let window = text.before(at, NEAR);
    let base = at - window.len();
    of_api(text, at)
        .or_else(|| of_template(window))
        .or_else(|| of_cli(window, base, service))
        .or_else(|| of_go(text, window, base))
        .or_else(|| of_cdk(window, base))
        .or_else(|| of_prose(text, at, service))
        .unwrap_or_default()
}

/// `API: s3:PutBucketPolicy Access Denied`
fn of_api(text: &SquashedText, at: usize) -> Option<Evidence> {
    let window = text.before(at, 120);
    let api = window.rfind("API:")?;
    let from = at - window.len() + api + "API:".len();
    let action = actions::canonical(text.slice(from, at))?;
    Some(Evidence {
        action: Some(action),
        start: Some(from - "API:".len()),
        is_of_aws: true,
        ..Evidence::default()
    })
}

/// `S3 error: Access Denied`: CloudFormation could not read a template.
fn of_template(window: &str) -> Option<Evidence> {
    window.ends_with("S3error:").then(|| Evidence {
        action: actions::canonical("s3:GetObject"),
        is_of_aws: true,
        ..Evidence::default()
    })
}

/// `when calling the ListObjectsV2 operation: Access Denied`
fn of_cli(window: &str, base: usize, service: &str) -> Option<Evidence> {
    let calling = "whencallingthe";
    let at = window.rfind(calling)?;
    let call = window.get(at + calling.len()..)?;
    let call = call.strip_suffix("operation:").or_else(|| {
        // `(reached max retries: 4): ...`
        let (call, rest) = call.split_once("operation(")?;
        rest.ends_with("):").then_some(call)
    })?;
    let action = if service == "ec2" {
        actions::of_call("ec2", call)
    } else {
        actions::of_call_alone(call)
    };
    Some(Evidence {
        action,
        start: Some(base + at),
        is_of_aws: true,
        ..Evidence::default()
    })
}

/// The SDK for Go: `operation error S3: PutBucketPolicy, https response error StatusCode: 403, ...,
/// api error AccessDenied: Access Denied`
fn of_go(text: &SquashedText, window: &str, base: usize) -> Option<Evidence> {
    let mark = "operationerror";
    let at = window.rfind(mark)?;
    let (service, rest) = window.get(at + mark.len()..)?.split_once(':')?;
    let call = rest.split([',', ':']).next()?;
    let prefix = services::prefix(service)?;
    let start = words_start(text, base + at);
    Some(Evidence {
        action: actions::of_call(&prefix, call),
        start: Some(start),
        is_of_aws: true,
        ..Evidence::default()
    })
}

/// Where the line of `at` begins.
fn words_start(text: &SquashedText, at: usize) -> usize {
    let mut start = at;
    while start > 0 && at - start < NEAR && text.gap(start) != Gap::Line {
        start -= 1;
    }
    start
}

/// The CDK's own log: `Call failed: getBucketLocation({"Bucket":"B"}) => Access Denied`
fn of_cdk(window: &str, base: usize) -> Option<Evidence> {
    let mark = "Callfailed:";
    let at = window.rfind(mark)?;
    let (call, rest) = window.get(at + mark.len()..)?.split_once('(')?;
    let (given, arrow) = rest.rsplit_once(')')?;
    if arrow != "=>" {
        return None;
    }
    let bucket = given
        .split_once("\"Bucket\":\"")
        .and_then(|(_, rest)| rest.split('"').next());
    let action = match bucket {
        Some(_) => actions::of_call("s3", call),
        None => actions::of_call_alone(call),
    };
    let is_bucket = |name: &&str| name.len() <= 63 && name.chars().all(names::is_arn_char);
    let bucket = bucket.filter(is_bucket);
    Some(Evidence {
        action,
        resource: bucket.map(|bucket| format!("arn:aws:s3:::{}", without_secrets(bucket))),
        start: Some(base + at),
        is_of_aws: true,
    })
}

/// What terraform says it was doing, and what the call begins with.
const VERBS: &[(&str, &[&str])] = &[
    ("creating", &["Create", "Put", "Register"]),
    ("reading", &["Get", "Describe"]),
    ("describing", &["Describe"]),
    ("getting", &["Get", "Describe"]),
    ("listing", &["List", "Describe"]),
    ("updating", &["Update", "Modify", "Put"]),
    ("modifying", &["Modify", "Update"]),
    ("putting", &["Put"]),
    ("setting", &["Set", "Put"]),
    ("deleting", &["Delete"]),
    ("attaching", &["Attach"]),
    ("detaching", &["Detach"]),
];

/// terraform: `error creating Lambda Function (1): AccessDeniedException:`
fn of_prose(text: &SquashedText, at: usize, service: &str) -> Option<Evidence> {
    let words = words_before(text, at, 16);
    let verb = |word: &str| {
        let word = word.to_ascii_lowercase();
        VERBS.iter().find(|(verb, _)| *verb == word)
    };
    let (place, verbs) = words
        .iter()
        .enumerate()
        .rev()
        .find_map(|(place, (_, word))| Some((place, verb(word)?.1)))?;
    let start = words.get(place).map(|(start, _)| *start)?;
    let nouns = words
        .get(place + 1..)?
        .iter()
        .map(|(_, word)| word.as_str());
    let nouns: Vec<&str> = nouns
        .take_while(|word| !word.starts_with('(') && !word.starts_with('"'))
        .map(|word| word.trim_end_matches(':'))
        .filter(|word| !word.is_empty())
        .collect();
    Some(Evidence {
        action: call_of_prose(verbs, &nouns, service),
        start: Some(start),
        // The code after it is that of an SDK.
        is_of_aws: text.after(at, 30).starts_with("AccessDenied"),
        ..Evidence::default()
    })
}

/// The action of `creating Lambda Function`, if there is one.
fn call_of_prose(verbs: &[&str], nouns: &[&str], service: &str) -> Option<String> {
    let of = |service: &str, things: &[&str]| {
        let thing: String = things.concat();
        let names = verbs.iter().map(|verb| format!("{verb}{thing}"));
        names
            .into_iter()
            .find_map(|name| actions::known(service, &name))
    };
    for count in (1..=3.min(nouns.len())).rev() {
        let (name, things) = nouns.split_at(count);
        if let Some(prefix) = services::prefix(&name.concat())
            && !things.is_empty()
        {
            return of(&prefix, things);
        }
    }
    (service == "ec2").then(|| of("ec2", nouns)).flatten()
}

/// The last words before `at`, with their positions.
fn words_before(text: &SquashedText, at: usize, most: usize) -> Vec<(usize, String)> {
    let mut words = Vec::new();
    let mut end = at;
    let mut from = at;
    while from > 0 && at - from < NEAR && words.len() < most {
        from -= 1;
        if matches!(text.gap(from), Gap::Blank | Gap::Line) {
            let word = text.slice(from, end);
            if !word.is_empty() {
                words.push((from, word.to_owned()));
            }
            end = from;
        }
    }
    words.reverse();
    words
}

//! A question: who, which actions, on which resources, under which conditions.
//!
//! In: the texts of a question. Out: a [`AccessQuestion`]. Refuses texts that are no ARN, no action that AWS
//! has, or no condition key.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::actions::reference;
use crate::aws::wildcard::{is_pattern, matches, overlap};
use crate::diagnostic::{Diagnostic, Problems, Result, Shown as _, nearest};
use crate::iam::request::RequestReach;
use crate::query::conditions::{
    QuestionDoubt, arn_doubt, doubts_of, with_prefix, wrong_account, wrong_partition, wrong_value,
};
use crate::query::rules::{INVALID_QUESTION, UNKNOWN_ASKED_ACTION};

/// A question about a set of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessQuestion {
    /// Who.
    pub who: Who,
    /// The action, with `*` and `?` for any that matches.
    pub action: String,
    /// The resource: an ARN, with `*` and `?` for any that matches; `*` is any.
    pub resource: String,
    /// What requests say of condition keys, by key in lower case. A key that is not here is open.
    pub keys: BTreeMap<String, AskedKey>,
    /// Only principals of this kind of place.
    pub among: Among,
    /// Whether to say who can assume those who may.
    pub chains: Chains,
}

/// Whether an answer says who can assume a principal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chains {
    /// It says who may, and no more.
    #[default]
    LeftOut,
    /// It also says who can assume those, directly or through others.
    Followed,
}

/// Who is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody.
    Everybody,
    /// Those with this name, logical id, or ARN, and those of the macro of this name. `*` and `?` are
    /// wildcards.
    Named(String),
}

/// A condition key in a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedKey {
    /// As it was written.
    pub name: String,
    /// Each value of the request is one of these, with `*` and `?` as wildcards; none if the request
    /// lacks the key.
    pub values: Vec<String>,
}

/// Which principals are asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Among {
    /// Those of this stage.
    pub stage: Option<String>,
    /// Those of this account, by its logical id or its account id.
    pub account: Option<String>,
    /// Those of this macro.
    pub macro_name: Option<String>,
}

/// What a role's trust policy must allow, in lower case.
pub(super) const ROLE_ACTIONS: [&str; 3] =
    ["sts:assumerole*", "sts:tagsession", "sts:setsourceidentity"];

/// The action that assumes a role.
pub(super) const ASSUME: &str = "sts:AssumeRole";

impl AccessQuestion {
    /// Whose resources are meant: those of the principal's own account, unless the ARN names another, or none, as
    /// what AWS itself owns does. To assume a role is to reach into another account.
    pub(super) fn reach(&self, id: &str) -> RequestReach {
        let mut fields = self.resource.split(':').skip(2);
        let (service, region, account) = (fields.next(), fields.next(), fields.next());
        let action = self.action.to_ascii_lowercase();
        match account {
            _ if action.starts_with("sts:") => RequestReach::Anywhere,
            // Whatever IAM has is in an account.
            _ if service == Some("iam")
                && account.is_none_or(|own| own.is_empty() || own == id) =>
            {
                RequestReach::OwnAccount
            }
            None | Some("*") => RequestReach::OwnAccount,
            Some(account) if account == id && region != Some("") => RequestReach::OwnAccount,
            Some(_) => RequestReach::Anywhere,
        }
    }

    /// Whether an action may be meant that a role's trust policy must allow.
    pub(super) fn is_about_roles(&self) -> bool {
        let own = self.action.to_ascii_lowercase();
        ROLE_ACTIONS.iter().any(|action| overlap(&own, action))
    }

    /// Whether other actions than those may be meant as well.
    pub(super) fn is_about_others_than_roles(&self) -> bool {
        let own = self.action.to_ascii_lowercase();
        is_pattern(&own) && self.is_about_roles() && !own.starts_with("sts:assumerole")
    }

    /// Whether an action of `service` may be meant.
    pub(crate) fn is_about(&self, service: &str) -> bool {
        let own = self.action.split(':').next().unwrap_or_default();
        matches(&own.to_ascii_lowercase(), service)
    }

    /// The same about assuming the role with this ARN.
    pub(super) fn of_role(&self, arn: String) -> Self {
        Self {
            action: ASSUME.to_owned(),
            resource: arn,
            ..self.clone()
        }
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let values = self.keys.values().flat_map(|key| &key.values);
        let values = values.map(String::as_str);
        [self.resource.as_str()].into_iter().chain(values)
    }

    /// Whether it has this account id.
    pub(super) fn mentions(&self, id: &str) -> bool {
        self.texts().any(|text| text.contains(id))
    }

    /// Whether a text of the question may match an account id by some of its digits.
    pub(super) fn has_parts_of_ids(&self) -> bool {
        self.texts().any(|text| {
            let is_wild = |c: char| c == '*' || c == '?';
            let is_digit = |c: char| c.is_ascii_digit();
            let mut parts = text.split(|c: char| !is_wild(c) && !is_digit(c));
            let fields: Vec<&str> = text.split(':').collect();
            match (text.starts_with("arn:"), fields.get(4)) {
                (true, Some(account)) => {
                    account.contains(is_wild) && account.contains(|c| is_digit(c) || c == '?')
                }
                _ => parts.any(|part| {
                    part.contains(is_wild) && part.contains(|c| is_digit(c) || c == '?')
                }),
            }
        })
    }

    /// What is wrong with it, unless a template has the same text.
    pub fn doubts(&self) -> Vec<QuestionDoubt> {
        let keys = self
            .keys
            .values()
            .flat_map(|key| doubts_of(&key.name, &key.values));
        arn_doubt(&self.resource).into_iter().chain(keys).collect()
    }

    /// The question that these texts are; each of `keys` is `KEY=VALUE`.
    ///
    /// # Errors
    ///
    /// `invalid-question`, `unknown-asked-action`, and `impossible-value`.
    pub fn of(
        who: &str,
        action: &str,
        resource: Option<&str>,
        keys: &[String],
        among: Among,
    ) -> Result<Self> {
        let mut problems = Problems::default();
        problems.extend(wrong_order(who, action).or_else(|| wrong_action(action)));
        let resource = resource.unwrap_or("*");
        problems.extend(wrong_resource(resource));
        let mut absent: BTreeSet<String> = BTreeSet::new();
        let mut asked: BTreeMap<String, AskedKey> = BTreeMap::new();
        for text in keys {
            let Some((name, value)) = text.split_once('=').filter(|(name, _)| is_key(name)) else {
                problems.push(not_a_key(text));
                continue;
            };
            let key = asked
                .entry(name.to_ascii_lowercase())
                .or_insert_with(|| AskedKey {
                    name: name.to_owned(),
                    values: Vec::new(),
                });
            if value.is_empty() {
                absent.insert(name.to_ascii_lowercase());
            } else {
                problems.extend(wrong_value(name, value));
                key.values.push(value.to_owned());
            }
        }
        for key in asked.values() {
            if !key.values.is_empty() && absent.contains(&key.name.to_ascii_lowercase()) {
                let shown = key.name.shown();
                let message = format!(
                    "`{shown}=` is a request without the key, and cannot be one of several values"
                );
                let help = "ask twice";
                problems.push(Diagnostic::without_place(&INVALID_QUESTION, message).help(help));
            }
        }
        if who.is_empty() {
            let message = "the principal is empty";
            let help = "name a principal or a macro, or ask about everybody with `'*'`";
            problems.push(Diagnostic::without_place(&INVALID_QUESTION, message).help(help));
        }
        problems.finish(Self {
            who: match who {
                "*" => Who::Everybody,
                name => Who::Named(name.to_owned()),
            },
            action: action.to_owned(),
            resource: resource.to_owned(),
            keys: asked,
            among,
            chains: Chains::default(),
        })
    }
}

/// Whether it is written as a condition key.
pub(super) fn is_key(name: &str) -> bool {
    let parts = name.split_once(':');
    parts.is_some_and(|(service, key)| !service.is_empty() && !key.is_empty())
}

/// What is wrong with a value of `--where` that is no condition key with a value.
fn not_a_key(text: &str) -> Diagnostic {
    const EXAMPLE: &str = "`--where aws:RequestedRegion=eu-west-1`";
    let name = text.split_once('=').map(|(name, _)| name);
    let shown = name.unwrap_or(text).shown();
    let (message, help) = match name {
        None if is_key(text) => (
            format!("the condition key `{shown}` has no value"),
            format!(
                "write `--where {shown}=VALUE`; `--where {shown}=` is a request without the key"
            ),
        ),
        None => (
            format!("`{shown}` is not a condition key with a value"),
            format!("write both, as in {EXAMPLE}"),
        ),
        Some(name) => (
            format!("`{shown}` is not a condition key"),
            match with_prefix(name) {
                Some(key) => format!("did you mean `{key}`?"),
                None => {
                    format!("write its prefix too, which is `aws:` or that of a service: {EXAMPLE}")
                }
            },
        ),
    };
    Diagnostic::without_place(&INVALID_QUESTION, message).help(help)
}

/// Why it is no resource, if it is not.
pub(super) fn wrong_resource(resource: &str) -> Option<Diagnostic> {
    let is_pattern = resource == "*" || resource.starts_with("arn:");
    // Whatever begins with a wildcard may be an ARN.
    if let Some(problem) = wrong_partition(resource) {
        return Some(problem);
    }
    if let Some(account) = wrong_account(resource) {
        let message = format!("`{}` is not an account id", account.shown());
        let help = "write 12 digits, or `*` for any account; `--account` and `account` take names";
        return Some(Diagnostic::without_place(&INVALID_QUESTION, message).help(help));
    }
    (!is_pattern && !resource.starts_with(['*', '?'])).then(|| {
        let message = format!("`{}` is not an ARN", resource.shown());
        Diagnostic::without_place(&INVALID_QUESTION, message).help(
            "write `arn:aws:dynamodb:*:*:table/NAME`, or leave the resource out to ask about any",
        )
    })
}

/// The error if the action is where it should say who, and who is where the action should be.
fn wrong_order(who: &str, action: &str) -> Option<Diagnostic> {
    let is_action = who.contains(':') && !who.starts_with("arn:") && wrong_action(who).is_none();
    if !is_action || action.contains(':') {
        return None;
    }
    let help = "name first who it is, and then the action: `deploy-roles can WHO ACTION`";
    wrong_action(action).map(|problem| problem.help(help))
}

/// Why AWS does not have the action, if it does not.
pub(super) fn wrong_action(action: &str) -> Option<Diagnostic> {
    if action == "*" {
        return None;
    }
    let Some((service, name)) = action.split_once(':') else {
        let message = format!("`{}` is not an action", action.shown());
        let help = "write `service:Action`, for example `dynamodb:DeleteTable`";
        return Some(Diagnostic::without_place(&INVALID_QUESTION, message).help(help));
    };
    let reference = reference();
    let known = reference.service(&service.to_ascii_lowercase());
    let Some(known) = known else {
        let names = reference.names();
        let near = nearest(service, names);
        return Some(unknown_action(
            action,
            near.map(|near| format!("{near}:{name}")),
        ));
    };
    let lower = name.to_ascii_lowercase();
    let mut actions = known.actions.iter();
    if actions.any(|own| matches(&lower, &own.name.to_ascii_lowercase())) {
        return None;
    }
    let near = nearest(name, known.actions.iter().map(|own| own.name));
    Some(unknown_action(
        action,
        near.map(|near| format!("{service}:{near}")),
    ))
}

fn unknown_action(action: &str, near: Option<String>) -> Diagnostic {
    let date = reference().date();
    let message = format!("AWS had no action `{}` on {date}", action.shown());
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write it as the Service Authorization Reference does, for example `dynamodb:DeleteTable`".to_owned(),
    };
    Diagnostic::without_place(&UNKNOWN_ASKED_ACTION, message).help(help)
}

/// Whether a value is this text, or a pattern that matches it.
pub(super) fn is_text(value: &str, text: &str) -> bool {
    if is_pattern(value) {
        matches(value, text)
    } else {
        value == text
    }
}

//! Policies, tags and the rest that goes to IAM as the author wrote it.
//!
//! Refuses what IAM would refuse; a document's statements are taken over as they are.

use std::rc::Rc;

use serde_yaml::Value;

use crate::arguments::rules::{LIMIT_EXCEEDED, NAME_CLASH, UNKNOWN_ACTION};
use crate::arguments::{Boundary, RoleTag, Target, UserPolicy};
use crate::aws::actions::reference;
use crate::aws::partitions::{Region, partition};
use crate::diagnostic::{Diagnostic, Shown as _, shorten};
use crate::oidc::rules::MISSING_ARGUMENT;
use crate::source::{Span, Spanned};
use crate::yaml::node::{Kind, Node};
use crate::yaml::rules::INVALID_VALUE;

use crate::arguments::decoder::Decoder;

impl Decoder<'_> {
    pub(crate) fn policies(&mut self, node: &Rc<Node>) -> Vec<UserPolicy> {
        let mut policies: Vec<UserPolicy> = Vec::new();
        for item in self.reader.library.items(node) {
            let Some(fields) = self.reader.fields(&item) else {
                continue;
            };
            let (mut name, mut document) = (None, None);
            for field in &fields {
                if !self.check_key(field, &["PolicyName", "PolicyDocument"], "key of a policy") {
                    continue;
                }
                if field.key == "PolicyName" {
                    name = self.policy_name(&field.value);
                } else {
                    document = self.policy_document(&field.value);
                    if document.is_some() {
                        self.policy_actions(&field.value);
                    }
                }
            }
            for key in ["PolicyName", "PolicyDocument"] {
                if !fields.iter().any(|field| field.key == key) {
                    self.reader.problem(
                        Diagnostic::new(
                            &MISSING_ARGUMENT,
                            item.whole_span(),
                            format!("the policy has no `{key}`"),
                        )
                        .help("a policy is `{ PolicyName: ..., PolicyDocument: ... }`"),
                    );
                }
            }
            let (Some(name), Some(document)) = (name, document) else {
                continue;
            };
            if policies
                .iter()
                .any(|policy| policy.name.value.eq_ignore_ascii_case(&name.value))
            {
                self.reader.problem(
                    Diagnostic::new(
                        &NAME_CLASH,
                        name.span,
                        format!("two policies of one role are named `{}`", name.value),
                    )
                    .help("rename one"),
                );
                continue;
            }
            policies.push(UserPolicy { name, document });
        }
        policies
    }

    pub(crate) fn policy_name(&mut self, node: &Rc<Node>) -> Option<Spanned<String>> {
        let name = self.reader.text(node)?;
        // The characters that IAM allows; see IamPolicyName in the IAM API model.
        let valid = !name.value.is_empty()
            && name.value.len() <= 80
            && name
                .value
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c));
        if valid {
            return Some(name);
        }
        self.reader.problem(
            Diagnostic::new(
                &INVALID_VALUE,
                name.span,
                format!("`{}` is no name of a policy", shorten(&name.value)),
            )
            .help("use letters, digits and `_+=,.@-`, at most 80 characters"),
        );
        None
    }

    pub(crate) fn policy_document(&mut self, node: &Rc<Node>) -> Option<Value> {
        let document = self.reader.value(node)?;
        let Value::Mapping(mapping) = &document else {
            self.reader.wrong_type(
                node,
                "a policy document",
                "write `Version: '2012-10-17'` and `Statement:`",
            );
            return None;
        };
        match mapping.get("Statement") {
            Some(Value::Mapping(_)) => {}
            Some(Value::Sequence(items)) if !items.is_empty() => {}
            _ => {
                self.reader.problem(
                    Diagnostic::new(
                        &MISSING_ARGUMENT,
                        node.whole_span(),
                        "the policy document has no `Statement`",
                    )
                    .help("give it one or more statements"),
                );
                return None;
            }
        }
        match mapping.get("Version") {
            None => {}
            Some(Value::String(version)) if version == "2012-10-17" || version == "2008-10-17" => {}
            Some(_) => {
                self.reader.problem(
                    Diagnostic::new(
                        &INVALID_VALUE,
                        node.whole_span(),
                        "the policy document has a `Version` that IAM does not know",
                    )
                    .help("write `Version: '2012-10-17'`"),
                );
                return None;
            }
        }
        if let Some((span, character)) = self.foreign_character(node) {
            self.reader.problem(
                Diagnostic::new(
                    &INVALID_VALUE,
                    span,
                    format!(
                        "IAM does not allow the character U+{:04X} in a policy",
                        u32::from(character)
                    ),
                )
                .help("use characters up to U+00FF, or `*` or `?` in their place"),
            );
            return None;
        }
        Some(document)
    }

    /// Warns of actions in a policy document that AWS does not have.
    fn policy_actions(&mut self, document: &Rc<Node>) {
        let field =
            |node: &Rc<Node>, key: &str| self.reader.library.field(node, key).ok().flatten();
        let mut found = Vec::new();
        for statement in field(document, "Statement")
            .map_or_else(Vec::new, |node| self.reader.library.items(&node))
        {
            for action in field(&statement, "Action")
                .map_or_else(Vec::new, |node| self.reader.library.items(&node))
            {
                let followed = self.reader.library.follow(&action);
                if let (Kind::Scalar(text, _), None) = (&followed.kind, &followed.tag) {
                    found.push((text.clone(), action.whole_span()));
                }
            }
        }
        for (text, span) in found {
            self.known_action(&text, span);
        }
    }

    /// Warns of an action, or a pattern of actions, that AWS does not have: a denial of it would
    /// protect nothing.
    fn known_action(&mut self, action: &str, span: Span) {
        let Some(stray) = reference().stray(action) else {
            return;
        };
        let help = match stray.near {
            Some(near) => format!("did you mean `{}`?", near.shown()),
            None => "it has no effect, unless AWS has added it since".to_owned(),
        };
        self.reader
            .problem(Diagnostic::new(&UNKNOWN_ACTION, span, stray.message).help(help));
    }

    /// The first character below `node` that no policy may hold; see policyDocumentType in the
    /// IAM API model.
    fn foreign_character(&self, node: &Rc<Node>) -> Option<(Span, char)> {
        let target = self.reader.library.follow(node);
        match &target.kind {
            Kind::Scalar(text, _) => text
                .chars()
                .find(|c| *c > '\u{ff}')
                .map(|c| (target.whole_span(), c)),
            Kind::Sequence(items, _) => items.iter().find_map(|item| self.foreign_character(item)),
            Kind::Mapping(entries, _) => entries
                .iter()
                .flat_map(|entry| [&entry.key, &entry.value])
                .find_map(|node| self.foreign_character(node)),
            Kind::Alias(..) => None,
        }
    }

    /// `true`, or the ARN of a policy that exists in each target account.
    pub(crate) fn boundary(&mut self, node: &Rc<Node>) -> Option<Boundary> {
        let found = self.reader.value(node)?;
        let text = match &found {
            Value::Bool(true) => return Some(Boundary::Made),
            Value::Bool(false) | Value::Null => return None,
            Value::String(text) => text.as_str(),
            Value::Tagged(tagged) if tagged.tag == "!Sub" => {
                tagged.value.as_str().unwrap_or_default()
            }
            _ => "",
        };
        if text.is_empty() {
            self.reader.wrong_type(
                node,
                "`true`, or the ARN of a policy",
                "write `PermissionsBoundary: true`, or the ARN of a policy that each target account has",
            );
            return None;
        }
        if let Some(problem) = refused_boundary(text, matches!(found, Value::String(_))) {
            self.reader.problem(
                Diagnostic::new(
                    &INVALID_VALUE,
                    node.whole_span(),
                    format!("`{}` cannot be the boundary of a role: {problem}", text.shown()),
                )
                .help(if text == "true" {
                    "write `true` without quotes"
                } else {
                    "write `true`, the ARN of an AWS managed policy, or `!Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/NAME'`"
                }),
            );
            return None;
        }
        Some(Boundary::Existing(Spanned::new(found, node.whole_span())))
    }

    /// Refuses a boundary of another partition than the region's.
    pub(crate) fn boundary_partition(&mut self, region: &Region, targets: &[Target]) {
        let partition = partition(&region.0);
        let mut seen: Vec<Span> = Vec::new();
        for target in targets {
            let Some(Boundary::Existing(arn)) = &target.arguments.boundary else {
                continue;
            };
            let text = match &arn.value {
                Value::Tagged(tagged) => tagged.value.as_str(),
                value => value.as_str(),
            };
            let own = text.and_then(|text| text.split(':').nth(1));
            let foreign = own.is_some_and(|own| own.starts_with("aws") && own != partition);
            if foreign && !seen.contains(&arn.span) {
                seen.push(arn.span);
                self.reader.problem(
                    Diagnostic::new(
                        &INVALID_VALUE,
                        arn.span,
                        format!(
                            "the boundary is of another partition than the region `{}`",
                            region.0
                        ),
                    )
                    .help(format!(
                        "write `arn:{partition}:...`, or `!Sub 'arn:${{AWS::Partition}}:...'`"
                    )),
                );
            }
        }
    }

    pub(crate) fn deny(&mut self, node: &Rc<Node>) -> Vec<Spanned<String>> {
        let mut actions: Vec<Spanned<String>> = Vec::new();
        for item in self.reader.library.items(node) {
            let Some(action) = self.reader.text(&item) else {
                continue;
            };
            let valid = action.value.split_once(':').is_some_and(|(service, name)| {
                !service.is_empty()
                    && service
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || c == '-')
                    && !name.is_empty()
                    && name
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "*?-".contains(c))
            });
            if valid {
                self.known_action(&action.value, action.span);
                if !actions.contains(&action) {
                    actions.push(action);
                }
            } else {
                self.reader.problem(
                    Diagnostic::new(&INVALID_VALUE, action.span, format!("`{}` is no action", shorten(&action.value)))
                        .help("write `service:Action`, such as `dynamodb:DeleteTable`; `*` may stand in the action"),
                );
            }
        }
        actions
    }

    pub(crate) fn tags(&mut self, node: &Rc<Node>) -> Vec<RoleTag> {
        let mut tags: Vec<RoleTag> = Vec::new();
        let items = self.reader.library.items(node);
        if items.len() > 50 {
            self.reader.problem(
                Diagnostic::new(
                    &LIMIT_EXCEEDED,
                    node.whole_span(),
                    format!("{} tags, and IAM allows 50", items.len()),
                )
                .help("take some out"),
            );
        }
        for item in items {
            let Some(fields) = self.reader.fields(&item) else {
                continue;
            };
            let (mut key, mut tag_value) = (None, None);
            for field in &fields {
                if !self.check_key(field, &["Key", "Value"], "key of a tag") {
                    continue;
                }
                if field.key == "Key" {
                    key = self.reader.text(&field.value);
                } else {
                    tag_value = self.reader.value(&field.value);
                }
            }
            let has = |name: &str| fields.iter().any(|field| field.key == name);
            let (Some(key), Some(tag_value)) = (key, tag_value) else {
                if has("Key") && has("Value") {
                    continue;
                }
                self.reader.problem(
                    Diagnostic::new(
                        &MISSING_ARGUMENT,
                        item.whole_span(),
                        "a tag has a `Key` and a `Value`",
                    )
                    .help("write `- { Key: team, Value: web }`, as in AWS::IAM::Role"),
                );
                continue;
            };
            let tag_value = match tag_value {
                Value::Number(number) => Value::String(number.to_string()),
                Value::Bool(flag) => Value::String(flag.to_string()),
                other => other,
            };
            if tag_value.is_null() {
                continue;
            }
            if let Some(help) = refused_tag(&key.value, &tag_value) {
                self.reader.problem(
                    Diagnostic::new(
                        &INVALID_VALUE,
                        item.whole_span(),
                        "IAM does not allow this tag",
                    )
                    .help(help),
                );
                continue;
            }
            if tags
                .iter()
                .any(|tag| tag.key.eq_ignore_ascii_case(&key.value))
            {
                self.reader.problem(
                    Diagnostic::new(
                        &INVALID_VALUE,
                        key.span,
                        format!("the tag `{}` is given twice", shorten(&key.value)),
                    )
                    .help("IAM does not tell upper from lower case here: rename or remove one"),
                );
                continue;
            }
            tags.push(RoleTag {
                key: key.value,
                value: tag_value,
            });
        }
        tags
    }

    pub(crate) fn max_session_duration(&mut self, node: &Rc<Node>) -> Option<u32> {
        let value = self.reader.value(node)?;
        let seconds = if let Value::Number(number) = &value {
            number.as_u64()
        } else {
            self.reader.wrong_type(
                node,
                "a number of seconds",
                "write a number from 3600 to 43200",
            );
            return None;
        };
        if let Some(seconds) = seconds
            .and_then(|seconds| u32::try_from(seconds).ok())
            .filter(|seconds| (3600..=43200).contains(seconds))
        {
            Some(seconds)
        } else {
            self.reader.problem(
                Diagnostic::new(
                    &INVALID_VALUE,
                    node.whole_span(),
                    "a session lasts 3600 to 43200 seconds",
                )
                .help("write a number from 3600 to 43200"),
            );
            None
        }
    }
}

/// Why a role of each target account cannot have this boundary.
fn refused_boundary(text: &str, literal: bool) -> Option<&'static str> {
    let plain = if literal {
        text.to_owned()
    } else {
        text.replace("${AWS::Partition}", "aws")
            .replace("${AWS::AccountId}", "ACCOUNT")
    };
    let fields: Vec<&str> = plain.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = fields.as_slice() else {
        return Some("it is not the ARN of a policy");
    };
    let name = resource.strip_prefix("policy/").unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c);
    if name.contains("${") {
        return Some("only `AWS::Partition` and `AWS::AccountId` may stand in it");
    }
    if name.is_empty() || name.ends_with('/') || !name.chars().all(allowed) {
        return Some("it is not the ARN of one policy");
    }
    if !partition.starts_with("aws") {
        return Some("it names no partition of AWS");
    }
    match *account {
        "aws" => None,
        "ACCOUNT" if !literal => None,
        _ => {
            Some("a boundary lives in the account of the role, and this names one account for all")
        }
    }
}

/// What to write instead of a tag that IAM would refuse; see tagKeyType and tagValueType in the
/// IAM API model.
fn refused_tag(key: &str, value: &Value) -> Option<&'static str> {
    let allowed = |c: char| {
        c.is_alphanumeric() || "_.:/=+-@".contains(c) || (c.is_whitespace() && !c.is_control())
    };
    let text = match value {
        // CloudFormation resolves this before IAM sees it.
        Value::String(text) if text.contains("{{resolve:") => "",
        Value::String(text) => text.as_str(),
        Value::Tagged(_) | Value::Mapping(_) => "",
        _ => return Some("give it text, or an intrinsic function"),
    };
    if key.is_empty()
        || key.chars().count() > 128
        || key.to_ascii_lowercase().starts_with("aws:")
        || text.chars().count() > 256
    {
        return Some(
            "a key has 1 to 128 characters and does not begin with `aws:`; a value has at most 256",
        );
    }
    (!key.chars().chain(text.chars()).all(allowed))
        .then_some("a key and a value are made of letters, digits, spaces and `_.:/=+-@`")
}

//! `TrustedBy`: who may become the deploy roles.
//!
//! Refuses principals that IAM would refuse, and any that stands for more than one.

use std::rc::Rc;

use serde_yaml::Value;

use crate::arguments::rules::{OWN_PRINCIPAL, TRUSTS_WHOLE_ACCOUNT, UNKNOWN_TRUST};
use crate::arguments::{Target, Trust};
use crate::diagnostic::{Diagnostic, Shown as _, list, nearest};
use crate::oidc::rules::MISSING_ARGUMENT;
use crate::oidc::{self, OidcTrust, PROVIDERS, Provider, StageContext, Written};
use crate::source::{Span, Spanned};
use crate::yaml::node::Node;
use crate::yaml::rules::INVALID_VALUE;

use crate::arguments::decoder::{Decoder, Fields, Stage};

impl Decoder<'_> {
    pub(crate) fn trusts(&mut self, node: &Rc<Node>, stage: Stage<'_>) -> Vec<Spanned<Trust>> {
        let items = self.reader.library.items(node);
        if items.is_empty() {
            self.reader.problem(
                Diagnostic::new(&INVALID_VALUE, node.whole_span(), "`TrustedBy` is empty: nobody could deploy")
                    .help("name `GitHubOidc`, `GitHubUser`, `CodeBuild` or a `Principal`, or leave it out for `GitHubUser`"),
            );
        }
        let mut trusts: Vec<Spanned<Trust>> = Vec::new();
        for item in items {
            if let Some(trust) = self.trust(&item, stage) {
                if trusts.contains(&trust) {
                    self.reader.problem(
                        Diagnostic::new(&INVALID_VALUE, trust.span, "this trust is listed twice")
                            .help("list it once"),
                    );
                } else {
                    trusts.push(trust);
                }
            }
        }
        trusts
    }

    pub(crate) fn trust(&mut self, item: &Rc<Node>, stage: Stage<'_>) -> Option<Spanned<Trust>> {
        let followed = self.reader.library.follow(item);
        let (name, argument) = if followed.tag.is_none() && followed.entries().is_some() {
            let fields = self.reader.fields(item)?;
            let [field] = fields.as_slice() else {
                self.reader.wrong_type(
                    item,
                    "one trust",
                    "write one trust an item, such as `- Principal: arn:aws:iam::...`",
                );
                return None;
            };
            if field.key == "Principal" {
                self.reader.filled(field);
            }
            (
                Spanned::new(field.key.clone(), field.key_span),
                Some(Rc::clone(&field.value)),
            )
        } else {
            (self.reader.text(item)?, None)
        };
        let span = item.whole_span();
        match (name.value.as_str(), argument) {
            ("GitHubUser", argument) => {
                if let Some(argument) =
                    argument.filter(|node| !self.reader.library.follow(node).is_null())
                {
                    self.reader.wrong_type(
                        &argument,
                        "nothing behind `GitHubUser`",
                        "write `- GitHubUser`",
                    );
                    return None;
                }
                Some(Spanned::new(Trust::GitHubUser, span))
            }
            ("CodeBuild", argument) => {
                let offered = self
                    .catalog
                    .codebuild
                    .options("service-role")
                    .unwrap_or_default();
                let options = argument
                    .map(|node| self.options(&node, offered, "CodeBuild"))
                    .unwrap_or_default();
                Some(Spanned::new(Trust::CodeBuild(options), span))
            }
            ("Principal", Some(argument)) => self
                .principal(&argument)
                .map(|principal| Spanned::new(Trust::Principal(principal), span)),
            ("Principal", None) => {
                self.reader.problem(
                    Diagnostic::new(&MISSING_ARGUMENT, name.span, "`Principal` of whom?")
                        .help("write `- Principal: arn:aws:iam::123456789012:role/ci`"),
                );
                None
            }
            (other, argument) => {
                let oidc = oidc::provider(other);
                if let Some(provider) = oidc {
                    return self
                        .oidc(provider, &name, argument.as_ref(), stage)
                        .map(|trust| Spanned::new(Trust::Oidc(Box::new(trust)), span));
                }
                let known = ["GitHubUser", "CodeBuild", "Principal"];
                let known: Vec<&str> = known
                    .into_iter()
                    .chain(PROVIDERS.iter().map(|provider| provider.key))
                    .collect();
                let problem = Diagnostic::new(
                    &UNKNOWN_TRUST,
                    name.span,
                    format!("unknown trust `{}`", other.shown()),
                );
                let problem = match nearest(other, known.iter().copied()) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None if other.starts_with("arn:") => {
                        problem.help(format!("write `- Principal: {}`", other.shown()))
                    }
                    None => problem.help(format!("known are {}", list(known))),
                };
                self.reader.problem(problem);
                None
            }
        }
    }

    /// The tokens of a CI system.
    fn oidc(
        &mut self,
        provider: &'static Provider,
        name: &Spanned<String>,
        argument: Option<&Rc<Node>>,
        stage: Stage<'_>,
    ) -> Option<OidcTrust> {
        let scope = self.reader.scope();
        let mut fields = Fields::new();
        if let Some(node) = argument.filter(|node| !self.reader.library.follow(node).is_null()) {
            let known = provider.all_keys();
            let what = format!("key of `{}`", provider.key);
            for field in self.reader.fields(node)? {
                if self.check_key(&field, &known, &what) {
                    fields.insert(field.key.clone(), field);
                }
            }
        }
        let written = Written {
            provider,
            key_span: name.span,
            fields,
        };
        let definitions = self.template.root.get("Definitions");
        let stage = StageContext {
            name: stage.name,
            is_own: stage.own,
            all: &self.stages,
            defaults: definitions.map(|node| node.whole_span()),
        };
        let trust = oidc::decode(&mut self.reader, written, stage)?;
        (!self.reader.failed(scope)).then_some(trust)
    }

    /// A principal's ARN as text, or an intrinsic function that gives one.
    pub(crate) fn principal(&mut self, node: &Rc<Node>) -> Option<Value> {
        let principal = self.reader.value(node)?;
        if !matches!(principal, Value::String(_) | Value::Tagged(_)) {
            self.reader
                .wrong_type(node, "the ARN of a principal", PRINCIPAL_HELP);
            return None;
        }
        if let Some(message) = self.not_a_principal(&principal) {
            let problem = Diagnostic::new(&INVALID_VALUE, node.whole_span(), message);
            self.reader.problem(problem.help(PRINCIPAL_HELP));
            return None;
        }
        let text = match &principal {
            Value::String(text) => Some(text.as_str()),
            Value::Tagged(tagged) => tagged.value.as_str(),
            _ => None,
        };
        if text.is_some_and(|text| text.ends_with(":root")) {
            self.reader.problem(
                Diagnostic::new(
                    &TRUSTS_WHOLE_ACCOUNT,
                    node.whole_span(),
                    "this trusts everybody in the account whom its own policies let assume roles",
                )
                .help("name the role or user that deploys"),
            );
        }
        Some(principal)
    }

    /// Warns of trusted principals that are named after the app: its own stacks may edit those.
    pub(crate) fn own_principals(&mut self, app_id: &str, targets: &[Target]) {
        let mut seen: Vec<Span> = Vec::new();
        let trusts = targets
            .iter()
            .flat_map(|target| &target.arguments.trusted_by);
        for trust in trusts {
            let Trust::Principal(principal) = &trust.value else {
                continue;
            };
            let text = match principal {
                Value::String(text) => text.as_str(),
                Value::Tagged(tagged) => tagged.value.as_str().unwrap_or_default(),
                _ => "",
            };
            let name = text.rsplit('/').next().unwrap_or_default();
            let own = text.contains(":role/") && name.starts_with(&format!("{app_id}-"));
            if !own || seen.contains(&trust.span) {
                continue;
            }
            seen.push(trust.span);
            self.reader.problem(
                Diagnostic::new(
                    &OWN_PRINCIPAL,
                    trust.span,
                    format!(
                        "the app's own stacks may edit the role `{}` where they reach its account",
                        name.shown()
                    ),
                )
                .help(format!(
                    "trust a role whose name does not begin with `{app_id}-`"
                )),
            );
        }
    }

    /// Why IAM would take `principal` for nobody, or for more than one.
    fn not_a_principal(&self, principal: &Value) -> Option<String> {
        let tagged = match principal {
            Value::String(text) => return refused_arn(text),
            Value::Tagged(tagged) => tagged,
            _ => return Some("a principal is text".to_owned()),
        };
        let tag = tagged.tag.to_string();
        match (tag.as_str(), &tagged.value) {
            ("!Sub", Value::String(text)) => self.refused_sub(text),
            ("!Sub", Value::Sequence(items)) => match items.as_slice() {
                [Value::String(text), Value::Mapping(values)] => self.refused_sub(text).or_else(|| {
                    let wildcard = values.iter().any(|(_, value)| holds_wildcard(value));
                    wildcard.then(|| "a value of the `!Sub` has a wildcard, which would trust more than one".to_owned())
                }),
                _ => Some("`!Sub` takes a text, or a text and a mapping".to_owned()),
            },
            ("!Ref", Value::String(name)) => self.refused_parameter(name),
            ("!GetAtt", Value::String(name)) if name.ends_with(".Arn") => None,
            ("!ImportValue" | "!CopyValue", _) => None,
            (tag, _) => Some(format!("`{tag}` of this is not the ARN of a principal")),
        }
    }

    fn refused_sub(&self, text: &str) -> Option<String> {
        let alone = text
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'));
        match alone.filter(|name| !name.contains(['{', '}'])) {
            Some(name) if name.ends_with(".Arn") => None,
            Some(name) => self.refused_parameter(name),
            None if text.starts_with("${") => refused_text(text),
            None => refused_arn(text),
        }
    }

    /// A parameter may hold the ARN; an account or a pseudo parameter is a whole account.
    fn refused_parameter(&self, name: &str) -> Option<String> {
        let parameters = self.template.root.get("Parameters");
        let parameter =
            parameters.and_then(|node| self.reader.library.field(node, name).ok().flatten());
        let Some(parameter) = parameter else {
            return Some(format!(
                "`{}` is no parameter that could hold the ARN of a principal",
                name.shown()
            ));
        };
        let default = self
            .reader
            .library
            .field(&parameter, "Default")
            .ok()
            .flatten();
        let default = default.as_ref().map(|node| {
            (
                self.reader.library.reference(node),
                node.text().unwrap_or_default().to_owned(),
            )
        });
        match default {
            Some((Some(_), _)) => Some(format!(
                "the parameter `{}` stands for an account, which is not one principal",
                name.shown()
            )),
            Some((None, text)) if !text.is_empty() => refused_arn(&text),
            _ => None,
        }
    }
}

const PRINCIPAL_HELP: &str = "write the ARN of a role or user, such as `arn:aws:iam::123456789012:role/ci`, or a `!Sub` of one";

fn refused_text(text: &str) -> Option<String> {
    let shown = text.shown();
    if text.contains(['*', '?']) {
        return Some(format!(
            "the principal `{shown}` has a wildcard, which would trust more than one"
        ));
    }
    let graphic = text.chars().all(|c| c.is_ascii_graphic());
    (!graphic).then(|| format!("`{shown}` is not the ARN of a principal"))
}

/// The text with an `x` for each `${...}`, whose names may hold colons.
fn without_variables(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        out.push('x');
        rest = after.split_once('}').map_or("", |(_, behind)| behind);
    }
    out + rest
}

fn refused_arn(text: &str) -> Option<String> {
    let plain = without_variables(text);
    let fields: Vec<&str> = plain.splitn(6, ':').collect();
    let kinds = ["user/", "role/", "assumed-role/", "federated-user/"];
    let is_arn = match fields.as_slice() {
        ["arn", _, "iam" | "sts", _, account, resource] => {
            !account.is_empty()
                && (*resource == "root"
                    || kinds
                        .iter()
                        .any(|kind| resource.starts_with(kind) && resource.len() > kind.len())
                    || *resource == "x")
        }
        _ => false,
    };
    refused_text(text)
        .or_else(|| (!is_arn).then(|| format!("`{}` is not the ARN of a principal", text.shown())))
}

fn holds_wildcard(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(['*', '?']),
        Value::Sequence(items) => items.iter().any(holds_wildcard),
        Value::Mapping(entries) => entries.iter().any(|(_, value)| holds_wildcard(value)),
        Value::Tagged(tagged) => holds_wildcard(&tagged.value),
        _ => false,
    }
}

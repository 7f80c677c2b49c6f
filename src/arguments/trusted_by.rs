//! `TrustedBy`: which principals and tokens the deploy roles trust.
//!
//! Refuses unknown trusts, and those that are listed twice.

use std::sync::Arc;

use serde_yaml::Value;

use crate::arguments::argument::{Argument, DefaultValue, ListForm, ValueKind, Word};
use crate::arguments::decoder::{Decoder, Fields};
use crate::arguments::principal;
use crate::arguments::rules::UNKNOWN_TRUST;
use crate::arguments::services::options;
use crate::diagnostic::{Diagnostic, Shown as _, list, nearest};
use crate::oidc::rules::MISSING_ARGUMENT;
use crate::oidc::{self, OidcTrust, PROVIDERS, Provider, StageContext, Written};
use crate::source::Spanned;
use crate::yaml::node::Node;
use crate::yaml::rules::INVALID_VALUE;

/// An IAM user of the Tools account.
pub const GITHUB_USER: &str = "GitHubUser";
/// A role of the Tools account for CodeBuild.
pub const CODEBUILD: &str = "CodeBuild";
/// A principal that exists already.
const PRINCIPAL: &str = "Principal";

/// The trusts that need no CI system.
pub const PRINCIPALS: &[Word] = &[
    Word {
        name: GITHUB_USER,
        summary: "An IAM user of the Tools account, whose access key does not expire.",
    },
    Word {
        name: CODEBUILD,
        summary: "A role of the Tools account that the app's CodeBuild projects run as.",
    },
    Word {
        name: PRINCIPAL,
        summary: "A role or user that exists already, by its ARN.",
    },
];

/// `TrustedBy`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "TrustedBy",
    kind: ValueKind::List(ListForm {
        least: 1,
        ..ListForm::of(&ValueKind::Trust)
    }),
    default: DefaultValue::List(&[GITHUB_USER]),
    summary: "The principals and tokens that can deploy.",
};

/// Who can assume the `DeployerRole` and the `TestRole`.
#[derive(Clone, Debug, PartialEq)]
pub enum Trust {
    /// An IAM user of the Tools account.
    GitHubUser,
    /// A role of the Tools account for CodeBuild, with options of its service role.
    CodeBuild(Vec<Spanned<String>>),
    /// A CI system's tokens, for the stage whose arguments these are.
    Oidc(Box<OidcTrust>),
    /// A principal that exists already, as written: text, or an intrinsic function.
    Principal(Spanned<Value>),
}

impl Trust {
    /// Whether the macro creates this principal in the Tools account.
    pub fn needs_tools_account(&self) -> bool {
        match self {
            Trust::GitHubUser | Trust::CodeBuild(_) => true,
            Trust::Oidc(trust) => !trust.direct,
            Trust::Principal(_) => false,
        }
    }
}

/// The stage that trusts are decoded for.
#[derive(Clone, Copy)]
pub(super) struct TrustingStage<'a> {
    pub(super) name: &'a str,
    /// Whether the trusts are written in the target, and apply to no other stage.
    pub(super) is_own: bool,
}

/// Every entry that there is.
pub fn names() -> Vec<&'static str> {
    let providers = PROVIDERS.iter().map(|provider| provider.key);
    let principals = PRINCIPALS.iter().map(|word| word.name);
    principals.chain(providers).collect()
}

pub(super) fn default(decoder: &Decoder<'_>) -> Vec<Spanned<Trust>> {
    vec![Spanned::new(Trust::GitHubUser, decoder.call_span)]
}

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    node: &Arc<Node>,
    stage: TrustingStage<'_>,
) -> Vec<Spanned<Trust>> {
    let items = decoder.reader.library.items(node);
    if items.is_empty() {
        decoder.reader.problem(empty(node));
    }
    let mut trusts: Vec<Spanned<Trust>> = Vec::new();
    for item in items {
        let Some(trust) = trust(decoder, &item, stage) else {
            continue;
        };
        let trust = Spanned::new(trust, item.whole_span());
        if trusts.contains(&trust) {
            let message = "this trust is listed twice";
            let problem = Diagnostic::new(&INVALID_VALUE, trust.span, message);
            decoder.reader.problem(problem.help("list it once"));
        } else {
            trusts.push(trust);
        }
    }
    trusts
}

/// The name of a trust, and what follows it.
type NamedTrust = (Spanned<String>, Option<Arc<Node>>);

fn trust(decoder: &mut Decoder<'_>, item: &Arc<Node>, stage: TrustingStage<'_>) -> Option<Trust> {
    let (name, argument) = named(decoder, item)?;
    match (name.value.as_str(), argument) {
        (GITHUB_USER, argument) => github_user(decoder, argument.as_ref()),
        (CODEBUILD, argument) => Some(codebuild(decoder, argument.as_ref())),
        (PRINCIPAL, Some(argument)) => principal::decode(decoder, &argument).map(Trust::Principal),
        (PRINCIPAL, None) => {
            decoder.reader.problem(of_whom(&name));
            None
        }
        (other, argument) => {
            let Some(provider) = oidc::provider(other) else {
                decoder.reader.problem(unknown(&name));
                return None;
            };
            let trust = tokens(decoder, provider, &name, argument.as_ref(), stage)?;
            Some(Trust::Oidc(Box::new(trust)))
        }
    }
}

fn named(decoder: &mut Decoder<'_>, item: &Arc<Node>) -> Option<NamedTrust> {
    let followed = decoder.reader.library.follow(item);
    if followed.tag.is_some() || followed.entries().is_none() {
        return Some((decoder.reader.text(item)?, None));
    }
    let fields = decoder.reader.fields(item)?;
    let [field] = fields.as_slice() else {
        decoder.reader.wrong_type(
            item,
            "one trust",
            "write one trust per item, such as `- Principal: arn:aws:iam::...`",
        );
        return None;
    };
    if field.key == PRINCIPAL {
        decoder.reader.filled(field);
    }
    let name = Spanned::new(field.key.clone(), field.key_span);
    Some((name, Some(Arc::clone(&field.value))))
}

fn github_user(decoder: &mut Decoder<'_>, argument: Option<&Arc<Node>>) -> Option<Trust> {
    let is_null = |node: &Arc<Node>| decoder.reader.library.follow(node).is_null();
    if let Some(argument) = argument.filter(|node| !is_null(node)) {
        let expected = "nothing after `GitHubUser`";
        decoder
            .reader
            .wrong_type(argument, expected, "write `- GitHubUser`");
        return None;
    }
    Some(Trust::GitHubUser)
}

fn codebuild(decoder: &mut Decoder<'_>, argument: Option<&Arc<Node>>) -> Trust {
    let offered = decoder.catalog.codebuild.options("service-role");
    let options = argument
        .map(|node| options(decoder, node, offered.unwrap_or_default(), CODEBUILD))
        .unwrap_or_default();
    Trust::CodeBuild(options)
}

/// The tokens of a CI system.
fn tokens(
    decoder: &mut Decoder<'_>,
    provider: &'static Provider,
    name: &Spanned<String>,
    argument: Option<&Arc<Node>>,
    stage: TrustingStage<'_>,
) -> Option<OidcTrust> {
    let scope = decoder.reader.scope();
    let mut fields = Fields::new();
    let is_null = |node: &Arc<Node>| decoder.reader.library.follow(node).is_null();
    if let Some(node) = argument.filter(|node| !is_null(node)) {
        let known = provider.all_keys();
        let what = format!("key of `{}`", provider.key);
        for field in decoder.reader.fields(node)? {
            if decoder.check_key(&field, &known, &what) {
                fields.insert(field.key.clone(), field);
            }
        }
    }
    let written = Written {
        provider,
        key_span: name.span,
        fields,
    };
    let definitions = decoder.template.root.get("Definitions");
    let stage = StageContext {
        name: stage.name,
        is_own: stage.is_own,
        all: &decoder.stages,
        defaults: definitions.map(|node| node.whole_span()),
    };
    let trust = oidc::decode(&mut decoder.reader, written, stage)?;
    (!decoder.reader.failed(scope)).then_some(trust)
}

fn empty(node: &Node) -> Diagnostic {
    Diagnostic::new(&INVALID_VALUE, node.whole_span(), "`TrustedBy` is empty: nobody could deploy")
        .help("name `GitHubOidc`, `GitHubUser`, `CodeBuild`, or a `Principal`, or omit it for `GitHubUser`")
}

fn of_whom(name: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(&MISSING_ARGUMENT, name.span, "`Principal` has no value")
        .help("write `- Principal: arn:aws:iam::123456789012:role/ci`")
}

fn unknown(name: &Spanned<String>) -> Diagnostic {
    let shown = name.value.shown();
    let problem = Diagnostic::new(
        &UNKNOWN_TRUST,
        name.span,
        format!("unknown trust `{shown}`"),
    );
    let known = names();
    match nearest(&name.value, known.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if name.value.starts_with("arn:") => {
            problem.help(format!("write `- Principal: {shown}`"))
        }
        None => problem.help(format!("use one of {}", list(known))),
    }
}

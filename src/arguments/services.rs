//! `Services`: what the app's stacks may use, and how names of partials are read.
//!
//! Refuses names and options that no partial has, with the nearest one.

use std::sync::Arc;

use crate::arguments::argument::{Argument, DefaultValue, Offered, ValueKind};
use crate::arguments::decoder::Decoder;
use crate::arguments::rules::{UNKNOWN_OPTION, UNKNOWN_SERVICE};
use crate::diagnostic::{Diagnostic, Rule, Shown as _, list, nearest};
use crate::partials::catalog::Offer;
use crate::source::Spanned;
use crate::yaml::node::Node;
use crate::yaml::rules::INVALID_VALUE;

/// `Services`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "Services",
    kind: ValueKind::Choices(Offered::Services),
    default: DefaultValue::List(SERVICES),
    summary: "The services whose resources the app's stacks can create.",
};

/// The services that a macro without `Services` gets, in the order of the output.
pub const SERVICES: &[&str] = &[
    "lambda",
    "logs",
    "s3",
    "cloudfront",
    "iam",
    "apigateway",
    "events",
    "sns",
    "dynamodb",
    "sqs",
    "ssm",
];

/// A service or framework with the options that are switched on.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Its name, for example `lambda`.
    pub name: Spanned<String>,
    /// Its options, for example `layer`.
    pub options: Vec<Spanned<String>>,
}

/// What there is to choose from, and what to report for anything else.
#[derive(Clone, Copy)]
pub(super) struct Menu<'a> {
    pub(super) offer: &'a Offer,
    pub(super) unknown: &'static Rule,
    /// The word for one of them.
    pub(super) what: &'static str,
}

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Vec<Choice> {
    let menu = Menu {
        offer: &decoder.catalog.services,
        unknown: &UNKNOWN_SERVICE,
        what: "service",
    };
    choices(decoder, node, menu)
}

/// The choice of a default: without options, and written where the macro's tag is.
pub(super) fn default_choice(decoder: &Decoder<'_>, name: &str) -> Choice {
    Choice {
        name: Spanned::new(name.to_owned(), decoder.call_span),
        options: Vec::new(),
    }
}

/// A list of names, each alone or with options: `lambda`, or `lambda: [layer, url]`.
pub(super) fn choices(decoder: &mut Decoder<'_>, node: &Arc<Node>, menu: Menu<'_>) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for item in decoder.reader.library.items(node) {
        for (name, options) in named(decoder, &item) {
            let Some(offered) = menu.offer.options(&name.value) else {
                decoder.reader.problem(unknown(&name, menu));
                continue;
            };
            if choices.iter().any(|choice| choice.name.value == name.value) {
                decoder.reader.problem(listed_twice(&name, menu.what));
                continue;
            }
            let options = options
                .map(|node| self::options(decoder, &node, offered, &name.value))
                .unwrap_or_default();
            choices.push(Choice { name, options });
        }
    }
    choices
}

/// The names of an item, with the nodes of their options.
fn named(decoder: &mut Decoder<'_>, item: &Arc<Node>) -> Vec<(Spanned<String>, Option<Arc<Node>>)> {
    let followed = decoder.reader.library.follow(item);
    if followed.tag.is_some() || followed.entries().is_none() {
        let name = decoder.reader.text(item);
        return name.map(|name| (name, None)).into_iter().collect();
    }
    let fields = decoder.reader.fields(item).unwrap_or_default();
    fields
        .into_iter()
        .map(|field| (Spanned::new(field.key, field.key_span), Some(field.value)))
        .collect()
}

fn unknown(name: &Spanned<String>, menu: Menu<'_>) -> Diagnostic {
    let problem = Diagnostic::new(
        menu.unknown,
        name.span,
        format!("unknown {} `{}`", menu.what, name.value.shown()),
    );
    match nearest(&name.value, menu.offer.names()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if name.value.contains(',') => {
            problem.help(format!("write a list: `[{}]`", name.value.shown()))
        }
        None => problem.help(format!(
            "use one of {}; your own partials add others (`Definitions.DeployRoles.Partials`, or `--partials DIR`)",
            list(menu.offer.names())
        )),
    }
}

fn listed_twice(name: &Spanned<String>, what: &str) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        name.span,
        format!("the {what} `{}` is listed twice", name.value),
    )
    .help("list it once, with all its options")
}

/// A list of options of `owner`, sorted.
pub(super) fn options(
    decoder: &mut Decoder<'_>,
    node: &Arc<Node>,
    offered: &[String],
    owner: &str,
) -> Vec<Spanned<String>> {
    let mut options: Vec<Spanned<String>> = Vec::new();
    for item in decoder.reader.library.items(node) {
        let Some(option) = decoder.reader.text(&item) else {
            continue;
        };
        if !offered.contains(&option.value) {
            decoder.reader.problem(no_option(&option, offered, owner));
        } else if !options.contains(&option) {
            options.push(option);
        }
    }
    options.sort_by(|a, b| a.value.cmp(&b.value));
    options
}

fn no_option(option: &Spanned<String>, offered: &[String], owner: &str) -> Diagnostic {
    let problem = Diagnostic::new(
        &UNKNOWN_OPTION,
        option.span,
        format!("`{owner}` has no option `{}`", option.value.shown()),
    );
    let names = || offered.iter().map(String::as_str);
    match nearest(&option.value, names()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if offered.is_empty() => {
            problem.help(format!("`{owner}` has no options: write its name alone"))
        }
        None => problem.help(format!("its options are {}", list(names()))),
    }
}

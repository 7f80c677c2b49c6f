//! `reads-everything`.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::iam::evaluate::Decision;
use crate::iam::request::Request;
use crate::iam::statement::Effect;
use crate::lint::escalation::{Examples, regional};
use crate::lint::policies::{PolicyItem, WrittenDocument, WrittenStatement};
use crate::lint::subject::Subject;
use crate::source::Span;
use crate::template::symbol::Symbol;

pub(crate) const RULE: Rule = Rule {
    id: "reads-everything",
    level: Level::Note,
    summary: "A statement reads what every app of the account keeps in a service",
    explanation: include_str!("../../../docs/rules/reads-everything.md"),
};

/// What can be read.
struct KeptContents {
    /// The actions that return it, and that can be limited to some resources.
    actions: &'static [&'static str],
    of: Examples,
    words: &'static str,
}

const fn contents(
    actions: &'static [&'static str],
    of: Examples,
    words: &'static str,
) -> KeptContents {
    KeptContents { actions, of, words }
}

const BUCKETS: Examples = Examples {
    service: "s3",
    region: "",
    account: "",
    word: "",
    end: "",
};

const OBJECTS: Examples = Examples {
    end: "/anything",
    ..BUCKETS
};

const STREAMS: Examples = Examples {
    end: ":log-stream:anything",
    ..regional("logs", "log-group:")
};

/// Actions that return what apps keep, as of November 2026.
const KEPT: &[KeptContents] = &[
    contents(
        &[
            "dynamodb:BatchGetItem",
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:Scan",
        ],
        regional("dynamodb", "table/"),
        "the items of every table",
    ),
    contents(
        &["kinesis:GetRecords"],
        regional("kinesis", "stream/"),
        "the records of every stream",
    ),
    contents(
        &["kms:Decrypt"],
        regional("kms", "key/"),
        "what every key has encrypted",
    ),
    contents(
        &["lambda:GetFunction", "lambda:GetFunctionConfiguration"],
        regional("lambda", "function:"),
        "the code and the environment variables of every function",
    ),
    contents(&["logs:GetLogEvents"], STREAMS, "every log"),
    contents(&["s3:GetObject"], OBJECTS, "the objects of every bucket"),
    contents(&["s3:ListBucket"], BUCKETS, "the keys of every bucket"),
    contents(
        &["secretsmanager:GetSecretValue"],
        regional("secretsmanager", "secret:"),
        "every secret",
    ),
    contents(
        &["sqs:ReceiveMessage"],
        regional("sqs", ""),
        "the messages of every queue",
    ),
    contents(
        &[
            "ssm:GetParameter",
            "ssm:GetParameters",
            "ssm:GetParametersByPath",
        ],
        regional("ssm", "parameter/"),
        "every parameter",
    ),
];

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let principals = subject.policies.principals.iter();
    let holders: BTreeMap<usize, usize> = principals
        .enumerate()
        .map(|(at, who)| (who.resource, at))
        .collect();
    for (document, statement) in subject.policies.statements() {
        // A condition may limit it to what belongs to the app.
        if statement.effect == Effect::Deny || !statement.conditions.is_empty() {
            continue;
        }
        let found = KEPT.iter().filter_map(|contents| {
            let (item, action) = reading(statement, contents)?;
            let target = everything(statement, contents)?;
            let is_stopped = is_stopped(subject, &holders, (document, action, &target));
            (!is_stopped).then_some((item.span, contents))
        });
        let found: Vec<(Span, &KeptContents)> = found.collect();
        problems.extend(reads(&found));
    }
}

/// The entry of the statement that names one of the actions, with the action. Who may do everything
/// means it.
fn reading<'run>(
    statement: &'run WrittenStatement,
    contents: &KeptContents,
) -> Option<(&'run PolicyItem, &'static str)> {
    statement.actions.iter().find_map(|item| {
        let written = item.text_with_wildcards()?.to_ascii_lowercase();
        let (service, _) = written.split_once(':')?;
        let mut actions = contents.actions.iter();
        let is_named =
            |action: &&&str| crate::aws::wildcard::matches(&written, &action.to_ascii_lowercase());
        let found = actions.find(is_named)?;
        (service == contents.of.service).then_some((item, *found))
    })
}

/// An example of what the statement is about, if that is everything of the service.
fn everything(statement: &WrittenStatement, contents: &KeptContents) -> Option<Vec<Symbol>> {
    let word = contents.of.word;
    statement.resources.iter().find_map(|item| {
        if item.symbols.iter().all(|symbol| *symbol == Symbol::Any) {
            return Some(contents.of.any());
        }
        let example = contents.of.of_pattern(&item.symbols)?;
        let rest = item
            .symbols
            .splitn(6, |symbol| *symbol == Symbol::Char(':'))
            .nth(5)?;
        let mut name = rest.iter().skip(word.chars().count());
        let is_open = |symbol: &Symbol| matches!(symbol, Symbol::Any | Symbol::Char('/' | ':'));
        name.all(is_open).then_some(example)
    })
}

/// Whether a Deny or the boundary of the principal that has the document stops it.
fn is_stopped(
    subject: &Subject<'_>,
    holders: &BTreeMap<usize, usize>,
    (document, action, target): (&WrittenDocument, &str, &[Symbol]),
) -> bool {
    let holder = document.resource.and_then(|at| holders.get(&at));
    let Some(who) = holder.and_then(|at| subject.policies.principals.get(*at)) else {
        return false;
    };
    let request = Request {
        action: action.to_owned(),
        target: target.to_vec(),
        context: BTreeMap::new(),
        given: Vec::new(),
    };
    let decision = subject.policies.decides(&who.permissions, &request);
    matches!(decision, Decision::Denied(_) | Decision::NotAllowed)
}

/// One finding per statement.
fn reads(found: &[(Span, &KeptContents)]) -> Option<Diagnostic> {
    let (first, rest) = found.split_first()?;
    let span = found
        .iter()
        .map(|(span, _)| *span)
        .min_by_key(|span| span.start)?;
    let words = match rest.split_last() {
        None => first.1.words.to_owned(),
        Some((last, between)) => {
            let between = between.iter().map(|(_, contents)| contents.words);
            let words: Vec<&str> = std::iter::once(first.1.words).chain(between).collect();
            format!("{} and {}", words.join(", "), last.1.words)
        }
    };
    let message = format!("this reads {words} of the account");
    let Examples {
        service,
        region,
        account,
        word,
        ..
    } = &first.1.of;
    let open = |field: &str| if field.is_empty() { "" } else { "*" };
    let help = format!(
        "name what belongs to the app, such as `arn:aws:{service}:{}:{}:{word}shop-*`",
        open(region),
        open(account)
    );
    Some(Diagnostic::new(&RULE, span, message).help(help))
}

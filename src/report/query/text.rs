//! Answers to questions as text. Refuses nothing.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::diff::access::changes::{Finding, asked};
use crate::query::answer::{
    AllowedExtent, Permitted, PrincipalAnswer, QueryAnswer, QueryRefusal, RefusalKind,
};
use crate::query::question::{AccessQuestion, Who};
use crate::report::access;
use crate::report::count::{count, thousands};
use crate::report::escape::visible;
use crate::report::fold::listed;
use crate::report::paint::{Color, Paint, paint};

/// How many statements that allow it are shown.
const STATEMENTS: usize = 3;

/// An answer as text.
pub fn query_text(question: &AccessQuestion, answer: &QueryAnswer, color: Color) -> String {
    let mut out = format!("{}\n", paint(color, Paint::Title, &verdict(answer)));
    for one in &answer.principals {
        let is_left_out = one.permitted == Permitted::No && question.who == Who::Everybody;
        if !is_left_out {
            principal(&mut out, one, color);
        }
    }
    out
}

/// How many may.
fn verdict(answer: &QueryAnswer) -> String {
    let [yes, maybe, no] = answer.tally();
    let mut parts = vec![format!("{} may", count(yes, "principal"))];
    if maybe > 0 {
        parts.push(format!("{} may perhaps", thousands(maybe)));
    }
    if no > 0 {
        parts.push(format!("{} may not", thousands(no)));
    }
    parts.join(", ")
}

fn principal(out: &mut String, answer: &PrincipalAnswer, color: Color) {
    let (word, how) = match answer.permitted {
        Permitted::Yes => ("yes", Paint::Added),
        Permitted::Maybe => ("maybe", Paint::Changed),
        Permitted::No => ("no", Paint::Removed),
    };
    let _ = writeln!(out, "\n{}: {}", paint(color, how, word), who(answer, color));
    places(out, answer);
    grounds(out, answer);
    assumers(out, answer);
}

/// Who a principal is, and where in the source it comes from.
pub(in crate::report) fn who(answer: &PrincipalAnswer, color: Color) -> String {
    let name = format!("{} {}", answer.kind.word(), visible(&answer.name));
    let name = paint(color, Paint::Title, &name);
    let Some(line) = answer.line else {
        return name;
    };
    let stage = answer.origin.as_ref().map(|origin| match &origin.stage {
        Some(stage) => format!("{} {stage} ", visible(&origin.name)),
        None => format!("{} ", visible(&origin.name)),
    });
    let source = visible(&answer.source);
    format!("{name}  {}({source}:{line})", stage.unwrap_or_default())
}

/// The accounts of a principal.
pub(in crate::report) fn places(out: &mut String, answer: &PrincipalAnswer) {
    let accounts: Vec<&str> = answer.accounts.iter().map(String::as_str).collect();
    let named = listed(&accounts, |name| visible(name).into_owned());
    match accounts.len() {
        0 => {}
        1 => line(out, 4, &format!("in {named}")),
        number => line(out, 4, &format!("in {}: {named}", count(number, "account"))),
    }
}

/// Why an answer is what it is.
pub(in crate::report) fn grounds(out: &mut String, answer: &PrincipalAnswer) {
    for reason in &answer.reasons {
        let is_why = answer.permitted == Permitted::Maybe;
        let head = if is_why { "not decided: " } else { "" };
        line(out, 4, &format!("{head}{reason}"));
    }
    match answer.permitted {
        Permitted::No => refused(out, answer),
        Permitted::Yes | Permitted::Maybe => allowed(out, answer),
    }
}

/// Who can assume a principal.
pub(in crate::report) fn assumers(out: &mut String, answer: &PrincipalAnswer) {
    for assumer in &answer.assumers {
        let indent = 4 + 4 * assumer.depth;
        let perhaps = match assumer.permitted {
            Permitted::Maybe => "perhaps ",
            Permitted::Yes | Permitted::No => "",
        };
        let account = assumer.account.as_ref();
        let account = account.map_or(String::new(), |account| format!(" in {account}"));
        let text = format!("assumed {perhaps}by {}{account}", assumer.who);
        line(out, indent, &text);
        for condition in &assumer.conditions {
            line(out, indent + 4, &format!("if {}", shortened(condition)));
        }
        for reason in &assumer.reasons {
            line(out, indent + 4, &format!("not decided: {reason}"));
        }
    }
}

/// A condition with the first of its values, if they are many.
fn shortened(condition: &str) -> Cow<'_, str> {
    let Some((operator, key, values)) = asked(condition) else {
        return condition.into();
    };
    let values: Vec<&str> = values.split(", ").collect();
    format!("{operator} {key}: {}", listed(&values, str::to_owned)).into()
}

/// A line, indented.
pub(in crate::report) fn line(out: &mut String, indent: usize, text: &str) {
    let _ = writeln!(out, "{:indent$}{}", "", visible(text));
}

/// What allows it, and what does not.
fn allowed(out: &mut String, answer: &PrincipalAnswer) {
    for (at, finding) in answer.by.iter().enumerate().take(STATEMENTS) {
        let partial = answer.partials.get(at).and_then(Option::as_deref);
        statement(out, finding, partial);
    }
    let more = answer.by.len().saturating_sub(STATEMENTS);
    if more > 0 {
        line(out, 4, &format!("and by {}", count(more, "more statement")));
    }
    for refusal in &answer.refusals {
        line(out, 4, &format!("unless {}", denies(refusal)));
        for condition in &refusal.conditions {
            line(out, 8, &format!("if {}", shortened(condition)));
        }
    }
    let extent = answer.extent.map(|extent| match extent {
        AllowedExtent::All => "every request that matches is allowed",
        AllowedExtent::Some => "other requests that match are not allowed",
        AllowedExtent::AtLeastSome => {
            "whether every request that matches is allowed is not decided"
        }
    });
    if let Some(extent) = extent {
        line(out, 4, extent);
    }
}

/// A statement that allows it, with an example.
fn statement(out: &mut String, finding: &Finding, partial: Option<&str>) {
    line(out, 4, &format!("by {}", named(finding, partial)));
    for condition in &finding.conditions {
        line(out, 8, &format!("if {}", shortened(condition)));
    }
    let Some((action, target, context)) = access::witness(finding) else {
        return;
    };
    let mut text = format!("for example {action} on {target}");
    if !context.is_empty() {
        text = format!("{text} with {}", context.join(", "));
    }
    text += &access::unspelled(finding);
    line(out, 8, &text);
}

/// The statement and policy of a finding.
fn named(finding: &Finding, partial: Option<&str>) -> String {
    let (statement, policy) = access::statement(finding);
    let partial = partial.map_or(String::new(), |partial| format!(" (partial {partial})"));
    if statement.is_empty() {
        return format!("policy {}{partial}", finding.policy);
    }
    format!("statement {statement} of {policy}{partial}")
}

/// What refuses it.
fn refused(out: &mut String, answer: &PrincipalAnswer) {
    for refusal in &answer.refusals {
        line(out, 4, &denies(refusal));
        for condition in &refusal.conditions {
            line(out, 8, &format!("if {}", shortened(condition)));
        }
    }
    for (at, finding) in answer.by.iter().enumerate().take(STATEMENTS) {
        let partial = answer.partials.get(at).and_then(Option::as_deref);
        line(
            out,
            4,
            &format!("although {} allows it", named(finding, partial)),
        );
    }
}

/// Which statement denies it, or does not allow it.
fn denies(refusal: &QueryRefusal) -> String {
    let QueryRefusal {
        policy, statement, ..
    } = refusal;
    match refusal.kind {
        RefusalKind::Deny => format!("statement {statement} of {policy} denies it"),
        RefusalKind::BoundaryDeny => {
            format!("statement {statement} of its permissions boundary {policy} denies it")
        }
        RefusalKind::Boundary => format!("its permissions boundary {policy} does not allow it"),
        RefusalKind::Organization => format!("statement {statement} of the {policy} denies it"),
    }
}

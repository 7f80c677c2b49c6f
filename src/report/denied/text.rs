//! Denials as text. Refuses nothing.

use std::fmt::Write as _;

use crate::denied::model::{Denial, DenialEffect, DenialLayer, DenialLookalike};
use crate::denied::who::DeniedWho;
use crate::report::denied::answered::{AnsweredDenial, meaning};
use crate::report::paint::{Color, Paint, paint};

/// So many of the next actions are shown.
const NEXT: usize = 8;

/// Denials and lookalikes as text.
pub fn denied_text(
    denials: &[AnsweredDenial],
    lookalikes: &[DenialLookalike],
    color: Color,
) -> String {
    let mut out = String::new();
    for answered in denials {
        if !out.is_empty() {
            out.push('\n');
        }
        denial(&mut out, answered, color);
    }
    for lookalike in lookalikes {
        if !out.is_empty() {
            out.push('\n');
        }
        let about = about(
            lookalike.type_name.as_deref(),
            lookalike.logical_id.as_deref(),
        );
        let title = format!("not a denial of a permission{about}");
        let _ = writeln!(out, "{}", paint(color, Paint::Title, &title));
        let _ = writeln!(out, "  {}", meaning(lookalike));
    }
    if out.is_empty() {
        out.push_str("no denial found\n");
    }
    out
}

fn denial(out: &mut String, answered: &AnsweredDenial, color: Color) {
    let AnsweredDenial { denial, advice } = answered;
    let action = denial
        .action
        .as_deref()
        .unwrap_or("an action that the message does not name");
    let title = format!(
        "{action} was denied{}",
        about(denial.type_name.as_deref(), denial.logical_id.as_deref())
    );
    let _ = writeln!(out, "{}", paint(color, Paint::Title, &title));
    let mut field = |name: &str, value: &str| {
        let _ = writeln!(out, "  {name:<9} {value}");
    };
    if let Some(principal) = &denial.principal {
        field("to", &format!("{principal}{}", whose(&advice.who)));
    }
    if let Some(resource) = &denial.resource {
        field("on", resource);
    }
    if let Some(service) = &denial.passed_to {
        field("for", service);
    }
    field("because", &why(denial));
    if let Some(policy) = &denial.policy {
        field("policy", policy);
    }
    if let Some((sid, partial)) = &advice.statement {
        field("statement", &format!("{sid} in {partial}"));
    } else if let Some(sid) = &denial.sid {
        field("statement", sid);
    }
    for step in &advice.steps {
        let step = paint(color, Paint::Added, &format!("-> {step}"));
        let _ = writeln!(out, "  {step}");
    }
    if !advice.next.is_empty() {
        let kind = denial.type_name.as_deref().unwrap_or("the resource");
        let shown: Vec<&str> = advice.next.iter().take(NEXT).map(String::as_str).collect();
        let more = advice.next.len().saturating_sub(NEXT);
        let more = if more > 0 {
            format!(", and {more} more")
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "  A deployment stops at the first denial. {kind} can also need: {}{more}",
            shown.join(", ")
        );
    }
}

/// The resource that a message is about.
fn about(type_name: Option<&str>, logical_id: Option<&str>) -> String {
    match (type_name, logical_id) {
        (Some(kind), Some(id)) => format!(", for {id} ({kind})"),
        (Some(one), None) | (None, Some(one)) => format!(", for {one}"),
        (None, None) => String::new(),
    }
}

/// Whose a principal is.
fn whose(who: &DeniedWho) -> String {
    match who {
        DeniedWho::Execution(app) => format!(" (the execution role of `{app}`)"),
        DeniedWho::CdkExecution => " (the execution role of the CDK's bootstrap)".to_owned(),
        DeniedWho::Deployer(app) => format!(" (the DeployerRole of `{app}`)"),
        DeniedWho::Test(app) => format!(" (the TestRole of `{app}`)"),
        DeniedWho::Ci(app) => format!(" (the CI of `{app}`)"),
        DeniedWho::CdkBootstrap => " (a role of the CDK's bootstrap)".to_owned(),
        DeniedWho::AppRole => " (a role of the app)".to_owned(),
        DeniedWho::Other => " (not a principal of a macro)".to_owned(),
        DeniedWho::Unknown => String::new(),
    }
}

/// Why it was denied.
fn why(denial: &Denial) -> String {
    let policy = match denial.layer {
        DenialLayer::Identity => "policy of the principal",
        DenialLayer::Boundary => "permissions boundary",
        DenialLayer::Scp => "service control policy",
        DenialLayer::Rcp => "resource control policy",
        DenialLayer::Session => "session policy",
        DenialLayer::VpcEndpoint => "policy of a VPC endpoint",
        DenialLayer::Resource => "policy of the resource",
        DenialLayer::Trust => "trust policy",
        DenialLayer::Unknown => {
            return match denial.effect {
                DenialEffect::Explicit => "a statement denies it",
                DenialEffect::Implicit => {
                    "nothing allows it; the message does not say which policy"
                }
                DenialEffect::Unknown => "the message does not say why",
            }
            .to_owned();
        }
    };
    match denial.effect {
        DenialEffect::Explicit => format!("a {policy} denies it"),
        DenialEffect::Implicit => format!("no {policy} allows it"),
        DenialEffect::Unknown => {
            format!("no {policy} allows it, or one denies it, or the resource does not exist")
        }
    }
}

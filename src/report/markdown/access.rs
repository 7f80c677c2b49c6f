//! Who gains and who loses access, as Markdown. Refuses nothing.

use std::fmt::Write as _;

use crate::deploy::Deployment;
use crate::diff::Comparison;
use crate::diff::access::changes::{CodeChange, Finding, PrincipalChange};
use crate::iam::Certainty;

use crate::report::access;
use crate::report::count::{count, thousands};
use crate::report::deployment::verdicts;
use crate::report::escape::{code, sentence};
use crate::report::fold::listed;
use crate::report::markdown::MarkdownPage;
use crate::report::picture::trust::trust_picture;

/// The most arrows of the picture.
const ARROWS: usize = 30;
/// How long the page may be after the access.
const ACCESS_LIMIT: usize = 30_000;

impl MarkdownPage {
    /// Both verdicts, what decides about the deployment, and who gains and who loses access, by
    /// principal.
    pub(super) fn access(
        &mut self,
        comparisons: &[Comparison<'_>],
        deployment: Option<&Deployment>,
    ) {
        for (at, (_, verdict)) in verdicts(comparisons, deployment).iter().enumerate() {
            let paragraph = if at == 0 { "" } else { "\n" };
            let _ = writeln!(self.out, "{paragraph}**deploy-roles: {verdict}**");
        }
        if let Some(deployment) = deployment {
            self.deployment(deployment);
        }
        if let Some((picture, more)) = trust_picture(access::accesses(comparisons), ARROWS) {
            let mut piece = format!("\n```mermaid\n{}```\n", picture.mermaid());
            if more > 0 {
                let _ = writeln!(piece, "\nand {} arrows more", thousands(more));
            }
            self.push(&piece, ACCESS_LIMIT);
        }
        for access in access::accesses(comparisons) {
            for change in &access.principals {
                let piece = principal(change, &access.source);
                if !self.push(&piece, ACCESS_LIMIT) {
                    self.left_out.principals += change.count();
                }
            }
            for undecided in &access.undecided {
                let why = sentence(&undecided.why);
                let piece = format!("\n**?** {}: {why}\n", code(&undecided.what));
                if !self.push(&piece, ACCESS_LIMIT) {
                    self.left_out.principals += 1;
                }
            }
            for settled in &access.settled {
                let (why, reason) = (sentence(&settled.why), sentence(&settled.reason));
                let what = code(&settled.what);
                let piece = format!("\n**=** {what}: {why}; settled by a comment: {reason}\n");
                if !self.push(&piece, ACCESS_LIMIT) {
                    self.left_out.settled += 1;
                }
            }
            for change in &access.code {
                if !self.push(&changed_code(change, &access.source), ACCESS_LIMIT) {
                    self.left_out.code += change.roles;
                }
            }
            for used in &access.parameters {
                let (name, values) = access::parameter(used);
                let values = values
                    .iter()
                    .map(|(value, giver)| format!("{} ({giver})", code(value)));
                let values: Vec<String> = values.collect();
                let piece = format!("\nwith parameter {} = {}\n", code(&name), values.join(", "));
                self.push(&piece, ACCESS_LIMIT);
            }
        }
    }
}

/// A role under which other code runs.
fn changed_code(change: &CodeChange, source: &str) -> String {
    let mut out = format!("\ncode changed under role {}", code(&change.role));
    if let Some(line) = change.line {
        let _ = write!(out, ", at {}", code(&format!("{source}:{line}")));
    }
    out.push_str(&places(&change.accounts));
    let names: Vec<&str> = change.resources.iter().map(String::as_str).collect();
    let _ = writeln!(out, ": {}", listed(&names, code));
    out
}

/// Where something is, unless that is not known.
fn places(accounts: &[String]) -> String {
    let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
    let named = listed(&accounts, code);
    match accounts.len() {
        0 => String::new(),
        1 => format!(", in {named}"),
        number => format!(", in {}: {named}", count(number, "account")),
    }
}

/// A principal with what it gains and loses.
fn principal(change: &PrincipalChange, source: &str) -> String {
    let mut out = format!("\n{} {}", change.kind.word(), code(&change.name));
    if let Some(fate) = access::fate(change.fate) {
        let _ = write!(out, " ({fate})");
    }
    if let Some(line) = change.line {
        let stage = access::stage(change).map_or(String::new(), |stage| code(&stage) + " ");
        let place = format!("{source}:{line}");
        let _ = write!(out, ", {stage}at {}", code(&place));
    }
    if let Some(anywhere) = access::anywhere(change) {
        let _ = write!(out, ", {anywhere}");
    }
    out.push_str(&places(&change.accounts));
    out.push('\n');
    for (word, findings) in [("gains", &change.gains), ("loses", &change.loses)] {
        let (told, sum) = access::told(change, findings);
        for found in told {
            finding(word, found, &mut out);
        }
        if let Some(sum) = sum {
            let _ = writeln!(out, "- **{word}** {sum}");
        }
    }
    out
}

fn finding(word: &str, finding: &Finding, out: &mut String) {
    let codes = |(items, more): (Vec<String>, Option<String>)| {
        let mut items: Vec<String> = items.iter().map(|item| code(item)).collect();
        items.extend(more);
        items.join(", ")
    };
    let on = access::preposition(finding);
    let actions = codes(access::actions(&finding.actions));
    let _ = write!(out, "- **{word}** {}: {actions}", access::head(finding));
    if !finding.principals.is_empty() {
        let _ = write!(out, " by {}", codes(access::principals(finding)));
    }
    if !finding.resources.is_empty() {
        let _ = write!(out, " {on} {}", codes(access::resources(finding)));
    }
    for condition in &finding.conditions {
        let _ = write!(out, ", if {}", code(condition));
    }
    out.push('\n');
    let (statement, policy) = access::statement(finding);
    if !statement.is_empty() {
        let (statement, policy) = (code(&statement), code(&policy));
        let _ = writeln!(out, "  - statement {statement} of {policy}");
    }
    if let Certainty::Maybe(why) = &finding.certainty {
        let _ = writeln!(out, "  - maybe: {}", sentence(why));
    }
    if let Some((action, target, context)) = access::witness(finding) {
        let verb = access::verb(finding, word != "loses");
        let (action, target) = (code(&action), code(&target));
        let by = access::caller(finding);
        let by = by.map_or(String::new(), |caller| format!(" by {}", code(caller)));
        let _ = write!(out, "  - {verb}: {action}{by} {on} {target}");
        let context: Vec<String> = context.iter().map(|item| code(item)).collect();
        if !context.is_empty() {
            let _ = write!(out, " with {}", context.join(", "));
        }
        out.push_str(&sentence(&access::unspelled(finding)));
        out.push('\n');
    }
}

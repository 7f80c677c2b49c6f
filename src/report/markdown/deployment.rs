//! Whether the change can be deployed, as Markdown. Refuses nothing.

use std::fmt::Write as _;

use crate::deploy::{DeployFinding, Deployment, KeptIds};

use crate::report::deployment::{ASSUMED, argument, keep, named, rename, subject};
use crate::report::escape::{code, sentence};
use crate::report::markdown::MarkdownPage;

/// How long the page may be after the findings about the deployment.
const DEPLOYMENT_LIMIT: usize = 15_000;

impl MarkdownPage {
    /// What the verdict is about: one item per finding.
    pub(super) fn deployment(&mut self, deployment: &Deployment) {
        for finding in &deployment.findings {
            if !self.push(&item(finding), DEPLOYMENT_LIMIT) {
                self.left_out.deployment += 1;
            }
        }
        for ids in &deployment.kept_ids {
            if !self.push(&kept(ids), DEPLOYMENT_LIMIT) {
                self.left_out.deployment += 1;
            }
        }
        if !deployment.findings.is_empty() {
            let _ = writeln!(self.out, "\n{}", sentence(ASSUMED));
        }
    }
}

fn kept(ids: &KeptIds) -> String {
    let mut out = format!("\n{}\n", keep(ids, code, sentence));
    let lines = argument(ids);
    if !lines.is_empty() {
        // Logical ids and `*`: nothing that could end the block.
        let _ = writeln!(out, "\n```yaml\n{}\n```", lines.join("\n"));
    }
    out
}

fn item(finding: &DeployFinding) -> String {
    let mut out = format!("\n{}: {}\n", code(finding.rule.id), subject(finding, code));
    let _ = writeln!(out, "- {}", sentence(&finding.reason));
    let (names, more) = named(finding);
    for name in names {
        let rename = match rename(name).strip_prefix(": ") {
            Some(rename) => format!(": {}", code(rename)),
            None => String::new(),
        };
        let _ = writeln!(
            out,
            "  - {} {}{rename}",
            code(&name.resource_type),
            code(&name.name)
        );
    }
    if let Some(more) = more {
        let _ = writeln!(out, "  - and {more}");
    }
    let _ = writeln!(out, "- to do: {}", sentence(&finding.help));
    out
}

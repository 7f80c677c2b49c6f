//! Who gains and who loses access, as text. Refuses nothing.

use std::io;

use crate::deploy::Deployment;
use crate::diff::Comparison;
use crate::diff::access::changes::{Access, CodeChange, Finding, PrincipalChange};
use crate::diff::resources::ChangeKind;
use crate::iam::Certainty;

use crate::report::access;
use crate::report::count::count;
use crate::report::deployment::verdicts;
use crate::report::escape::visible;
use crate::report::fold::listed;
use crate::report::paint::Paint;
use crate::report::text::{TextPage, paint_of};

impl TextPage<'_> {
    /// Both verdicts, then what decides about them.
    pub(super) fn access(
        &mut self,
        comparisons: &[Comparison<'_>],
        deployment: Option<&Deployment>,
    ) -> io::Result<()> {
        for (_, verdict) in verdicts(comparisons, deployment) {
            let verdict = self.paint(Paint::Title, &verdict);
            writeln!(self.out, "{verdict}")?;
        }
        if let Some(deployment) = deployment {
            self.deployment(deployment)?;
        }
        for access in access::accesses(comparisons) {
            for change in &access.principals {
                self.principal(change, access)?;
            }
            for undecided in &access.undecided {
                let what = self.paint(Paint::Changed, &format!("? {}", visible(&undecided.what)));
                writeln!(self.out, "\n{what}\n    {}", visible(&undecided.why))?;
            }
            for settled in &access.settled {
                let (what, why) = (visible(&settled.what), visible(&settled.why));
                let reason = visible(&settled.reason);
                writeln!(self.out, "\n= {what}\n    {why}")?;
                writeln!(self.out, "    settled by a comment: {reason}")?;
            }
            for code in &access.code {
                self.code(code, access)?;
            }
            self.parameters(access)?;
        }
        Ok(())
    }

    /// A role under which other code runs.
    fn code(&mut self, change: &CodeChange, access: &Access) -> io::Result<()> {
        let role = format!("~ code under role {}", visible(&change.role));
        let role = self.paint(Paint::Changed, &role);
        write!(self.out, "\n{role}")?;
        if let Some(line) = change.line {
            write!(self.out, "  ({}:{line})", visible(&access.source))?;
        }
        writeln!(self.out)?;
        self.placed(&change.accounts)?;
        let names: Vec<&str> = change.resources.iter().map(String::as_str).collect();
        let named = listed(&names, |name| visible(name).into_owned());
        writeln!(self.out, "    {named}")
    }

    /// The values that parameters are taken to have.
    fn parameters(&mut self, access: &Access) -> io::Result<()> {
        if access.parameters.is_empty() {
            return Ok(());
        }
        writeln!(self.out)?;
        for used in &access.parameters {
            let (name, values) = access::parameter(used);
            let values = values
                .iter()
                .map(|(value, giver)| format!("{} ({giver})", visible(value)));
            let values: Vec<String> = values.collect();
            writeln!(
                self.out,
                "with parameter {} = {}",
                visible(&name),
                values.join(", ")
            )?;
        }
        Ok(())
    }

    /// Where something is, unless that is not known.
    fn placed(&mut self, accounts: &[String]) -> io::Result<()> {
        let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
        let named = listed(&accounts, |name| visible(name).into_owned());
        match accounts.len() {
            0 => Ok(()),
            1 => writeln!(self.out, "    in {named}"),
            number => writeln!(self.out, "    in {}: {named}", count(number, "account")),
        }
    }

    fn principal(&mut self, change: &PrincipalChange, access: &Access) -> io::Result<()> {
        let kind = change.kind.word();
        let name = self.paint(Paint::Title, &format!("{kind} {}", visible(&change.name)));
        write!(self.out, "\n{name}")?;
        if let Some(fate) = access::fate(change.fate) {
            write!(self.out, " ({fate})")?;
        }
        if let Some(line) = change.line {
            let stage = access::stage(change).map_or(String::new(), |stage| format!("{stage} "));
            let source = visible(&access.source);
            write!(self.out, "  {}({source}:{line})", visible(&stage))?;
        }
        writeln!(self.out)?;
        if let Some(anywhere) = access::anywhere(change) {
            writeln!(self.out, "    {anywhere}")?;
        }
        self.placed(&change.accounts)?;
        let sides = [
            (ChangeKind::Added, &change.gains),
            (ChangeKind::Removed, &change.loses),
        ];
        for (kind, findings) in sides {
            let (told, sum) = access::told(change, findings);
            for finding in told {
                self.finding(kind, finding)?;
            }
            if let Some(sum) = sum {
                let (what, mark) = paint_of(kind);
                let sum = self.paint(what, &format!("{mark} {sum}"));
                writeln!(self.out, "  {sum}")?;
            }
        }
        Ok(())
    }

    fn finding(&mut self, kind: ChangeKind, finding: &Finding) -> io::Result<()> {
        let (what, mark) = paint_of(kind);
        let joined = |(mut items, more): (Vec<String>, Option<String>)| {
            items.extend(more);
            items.join(", ")
        };
        let actions = joined(access::actions(&finding.actions));
        let line = format!("{mark} {}: {}", access::head(finding), visible(&actions));
        let line = self.paint(what, &line);
        writeln!(self.out, "  {line}")?;
        let (principals, more) = access::principals(finding);
        for principal in principals.iter().chain(&more) {
            writeln!(self.out, "      by {}", visible(principal))?;
        }
        let on = access::preposition(finding);
        let (resources, more) = access::resources(finding);
        for resource in resources.iter().chain(&more) {
            writeln!(self.out, "      {on} {}", visible(resource))?;
        }
        for condition in &finding.conditions {
            writeln!(self.out, "      if {}", visible(condition))?;
        }
        let (statement, policy) = access::statement(finding);
        if !statement.is_empty() {
            let policy = visible(&policy).into_owned();
            writeln!(
                self.out,
                "      statement {} of {policy}",
                visible(&statement)
            )?;
        }
        if let Certainty::Maybe(why) = &finding.certainty {
            writeln!(self.out, "      maybe: {}", visible(why))?;
        }
        if let Some((action, target, context)) = access::witness(finding) {
            let verb = access::verb(finding, kind != ChangeKind::Removed);
            let by =
                access::caller(finding).map_or(String::new(), |caller| format!(" by {caller}"));
            let mut line = format!("{verb}: {action}{by} {on} {target}");
            if !context.is_empty() {
                line = format!("{line} with {}", context.join(", "));
            }
            line += &access::unspelled(finding);
            writeln!(self.out, "      {}", visible(&line))?;
        }
        Ok(())
    }
}

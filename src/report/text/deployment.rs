//! Whether the change can be deployed, as text. Refuses nothing.

use std::io;

use crate::deploy::{DeployFinding, Deployment};

use crate::report::deployment::{ASSUMED, argument, head, keep, named, rename};
use crate::report::escape::visible;
use crate::report::paint::Paint;
use crate::report::text::TextPage;

impl TextPage<'_> {
    /// What the verdict is about: one paragraph per finding.
    pub(super) fn deployment(&mut self, deployment: &Deployment) -> io::Result<()> {
        for finding in &deployment.findings {
            self.deploy_finding(finding)?;
        }
        for ids in &deployment.kept_ids {
            let text = |text: &str| visible(text).into_owned();
            let keep = keep(ids, text, text);
            writeln!(self.out, "\n{keep}")?;
            for line in argument(ids) {
                writeln!(self.out, "    {}", visible(&line))?;
            }
        }
        if !deployment.findings.is_empty() {
            writeln!(self.out, "\n{ASSUMED}")?;
        }
        Ok(())
    }

    fn deploy_finding(&mut self, finding: &DeployFinding) -> io::Result<()> {
        let head = head(finding, |name| visible(name).into_owned());
        let head = self.paint(Paint::Title, &head);
        writeln!(self.out, "\n{head}\n    {}", visible(&finding.reason))?;
        let (names, more) = named(finding);
        for name in names {
            let line = format!("{} {}{}", name.resource_type, name.name, rename(name));
            writeln!(self.out, "      {}", visible(&line))?;
        }
        if let Some(more) = more {
            writeln!(self.out, "      and {more}")?;
        }
        writeln!(self.out, "    to do: {}", visible(&finding.help))
    }
}

//! Whether the change can be deployed, as HTML: a fold per finding. Refuses nothing.

use std::io::{self, Write};

use crate::deploy::{DeployFinding, DeployRefusal, Deployment};

use crate::report::deployment::{ASSUMED, argument, keep, rename, subject};
use crate::report::escape::markup;

pub(super) fn deployment_section(deployment: &Deployment, out: &mut dyn Write) -> io::Result<()> {
    for finding in &deployment.findings {
        fold(finding, out)?;
    }
    for ids in &deployment.kept_ids {
        let keep = markup(&keep(ids, str::to_owned, str::to_owned));
        writeln!(out, "<p>{keep}</p>")?;
        let lines = argument(ids);
        if !lines.is_empty() {
            writeln!(out, "<pre>{}</pre>", markup(&lines.join("\n")))?;
        }
    }
    if !deployment.findings.is_empty() {
        writeln!(out, "<p class=\"soft\">{}</p>", markup(ASSUMED))?;
    }
    Ok(())
}

fn fold(finding: &DeployFinding, out: &mut dyn Write) -> io::Result<()> {
    let open = match finding.refusal {
        DeployRefusal::Certain | DeployRefusal::Maybe => " open",
        DeployRefusal::None => "",
    };
    writeln!(
        out,
        "<details{open}><summary><code>{}</code> {}</summary>\n<p>{}</p>\n<ul>",
        markup(finding.rule.id),
        markup(&subject(finding, str::to_owned)),
        markup(&finding.reason)
    )?;
    for name in &finding.names {
        writeln!(
            out,
            "<li>{} <code>{}</code>{}",
            markup(&name.resource_type),
            markup(&name.name),
            markup(&rename(name))
        )?;
    }
    writeln!(
        out,
        "</ul>\n<p>To do: {}</p>\n</details>",
        markup(&finding.help)
    )
}

//! Access gained to annotations in a log of GitHub Actions.
//!
//! In: the comparisons of a run. Out: one workflow command a principal that gains access or may,
//! at its macro's line, and the verdict. GitHub shows them beside the changed lines.
//!
//! The hard thing: such a command ends where its line does, so line ends and percent signs are
//! written as GitHub escapes them.

use std::io::{self, Write};

use crate::diff::comparison::Comparison;

use crate::report::access::{access_verdict, accesses};
use crate::report::sarif::{Result, results};

/// Writes the access gained as workflow commands.
///
/// # Errors
///
/// Those of `out`.
pub fn github(comparisons: &[Comparison<'_>], out: &mut dyn Write) -> io::Result<()> {
    for access in accesses(comparisons) {
        for Result {
            level,
            line,
            message,
            ..
        } in results(access)
        {
            let file = property(&access.source);
            writeln!(
                out,
                "::{level} file={file},line={line},title=Access::{}",
                data(&message)
            )?;
        }
    }
    writeln!(out, "{}", data(&access_verdict(comparisons)))
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

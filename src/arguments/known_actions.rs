//! Actions that AWS does not have, in what an author wrote.

use crate::arguments::decoder::Decoder;
use crate::arguments::rules::UNKNOWN_ACTION;
use crate::aws::actions::reference;
use crate::diagnostic::{Diagnostic, Shown as _};
use crate::source::Span;

/// Warns of an action, or a pattern of actions, that AWS does not have: a denial of it would
/// protect nothing.
pub(super) fn check(decoder: &mut Decoder<'_>, action: &str, span: Span) {
    let Some(stray) = reference().stray(action) else {
        return;
    };
    let help = match stray.near {
        Some(near) => format!("did you mean `{}`?", near.shown()),
        None => "it has no effect, unless AWS has added it since".to_owned(),
    };
    let problem = Diagnostic::new(&UNKNOWN_ACTION, span, stray.message);
    decoder.reader.problem(problem.help(help));
}

//! `Path`: the path of the roles. Refuses paths that IAM would refuse.

use crate::arguments::argument::{Argument, DefaultValue, TextForm, ValueKind};
use crate::arguments::decoder::{Decoder, Fields};
use crate::diagnostic::{Diagnostic, Shown as _};
use crate::source::Spanned;
use crate::yaml::rules::INVALID_VALUE;

const ROOT: &str = "/";

/// The longest path.
const LIMIT: usize = 512;

/// `Path`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "Path",
    kind: ValueKind::Form(TextForm {
        pattern: "^/([A-Za-z0-9_+=,.@-]+/)*$",
        most: LIMIT,
    }),
    default: DefaultValue::Value(ROOT),
    summary: "The path of the roles.",
};

pub(super) fn decode(decoder: &mut Decoder<'_>, fields: &Fields) -> String {
    let field = fields.get(ARGUMENT.name);
    let Some(path) = field.and_then(|field| decoder.reader.text(&field.value)) else {
        return ROOT.to_owned();
    };
    if is_path(&path.value) {
        return path.value;
    }
    decoder.reader.problem(not_a_path(&path));
    ROOT.to_owned()
}

fn is_path(text: &str) -> bool {
    text.starts_with('/')
        && text.ends_with('/')
        && text.len() <= LIMIT
        && !text.contains("//")
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/_+=,.@-".contains(c))
}

fn not_a_path(path: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        path.span,
        format!("`{}` is not a path for roles", path.value.shown()),
    )
    .help("write one such as `/deploy/`: a slash at both ends, with letters, digits, and `_+=,.@-` between them, at most 512 characters")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::argument::tests::form_agrees;

    #[test]
    fn the_form_has_what_decoding_accepts() {
        form_agrees(&ARGUMENT.kind, is_path);
    }
}

//! `Partials`: the template's own folder of partials. Only `Definitions.DeployRoles` can have it: the
//! partials are read before a macro is decoded.
//!
//! Refuses what is not the name of a folder. Whether there is such a folder is for the workspace.

use crate::arguments::argument::{Argument, DefaultValue, TextForm, ValueKind};
use crate::arguments::defaults::defaults;
use crate::diagnostic::{Diagnostic, Result};
use crate::source::Spanned;
use crate::yaml::lookup::{Field, Library};
use crate::yaml::node::{Document, Kind};
use crate::yaml::rules::INVALID_VALUE;
use crate::yaml::typed::TypedReader;

/// `Partials`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "Partials",
    kind: ValueKind::Form(TextForm {
        pattern: ".",
        most: 4096,
    }),
    default: DefaultValue::Words("the built-in partials"),
    summary: "The folder of the template's own partials, relative to the file that names it.",
};

/// The folder of partials that `template` names, as it is written.
///
/// # Errors
///
/// `wrong-type`, `invalid-value`.
pub fn partials_folder(library: &Library, template: &Document) -> Result<Option<Spanned<String>>> {
    // What is wrong with the mapping itself is reported when a macro is decoded.
    let fields = defaults(library, template)
        .and_then(|node| node.map_or(Ok(Vec::new()), |node| library.mapping(&node)))
        .unwrap_or_default();
    let Some(field) = fields.iter().find(|field| field.key == ARGUMENT.name) else {
        return Ok(None);
    };
    let mut reader = TypedReader::new(library);
    let folder = text(&mut reader, field);
    if let Some(folder) = folder.as_ref().filter(|folder| folder.value.is_empty()) {
        reader.problem(no_folder(folder));
    }
    let problems = reader.into_problems();
    if problems.is_empty() {
        Ok(folder)
    } else {
        Err(problems)
    }
}

fn text(reader: &mut TypedReader<'_>, field: &Field) -> Option<Spanned<String>> {
    if !reader.filled(field) {
        return None;
    }
    if let Kind::Scalar(..) = reader.library.follow(&field.value).kind {
        return reader.text(&field.value);
    }
    let help = "write one path, such as `./partials`; a template has one folder of partials";
    reader.wrong_type(&field.value, "the path of a folder", help);
    None
}

fn no_folder(folder: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(&INVALID_VALUE, folder.span, "`Partials` names no folder")
        .help("write the path of a folder, such as `./partials`")
}

//! What was read of an app that needs no service: it may be the wrong template.
//!
//! In: an app. Out: each of its templates with what it has. Refuses nothing.

use std::collections::BTreeSet;

use crate::infer::model::AppTemplates;
use crate::report::count::count;
use crate::source::{FileId, Sources};

/// How many types of a template are named.
const TYPES_PER_FILE: usize = 5;

/// Each template of `app` with what it has, names as `shown`.
pub(crate) fn read_templates(
    app: &AppTemplates,
    sources: &Sources,
    shown: impl Fn(&str) -> String,
) -> Vec<(String, String)> {
    let files = app.files.iter().map(|file| {
        let path = sources.path(*file).display().to_string();
        (shown(&path), resources_of(app, *file, &shown))
    });
    files.collect()
}

/// `2 resources: AWS::IoT::Thing`.
fn resources_of(app: &AppTemplates, file: FileId, shown: impl Fn(&str) -> String) -> String {
    let resources = app.resources.iter().filter(|one| one.span.file == file);
    let types: Vec<&str> = resources.map(|one| one.type_name.as_str()).collect();
    let number = types.len();
    if number == 0 {
        return "no resources".to_owned();
    }
    let types: BTreeSet<&str> = types.into_iter().collect();
    let named: Vec<String> = types
        .iter()
        .take(TYPES_PER_FILE)
        .map(|name| shown(name))
        .collect();
    let more = match types.len().saturating_sub(TYPES_PER_FILE) {
        0 => String::new(),
        more => format!(" and {}", count(more, "other type")),
    };
    format!("{}: {}{more}", count(number, "resource"), named.join(", "))
}

//! The templates of an app, whichever framework it uses.
//!
//! In: the files and folders that the command line names, and a [`Disk`] to read them from. Out:
//! every resource of the app's templates, nested ones included, in CloudFormation's terms, and what
//! the templates leave open. Refuses what is not a template, and reports what it looks like;
//! templates that contain themselves or are outside of the app's repository; and what is too large
//! or nested too deeply for a stack.
//!
//! Conditions are not evaluated: what is off today may be on tomorrow. Both branches of an `Fn::If`
//! stay, and the body of an `Fn::ForEach` counts once.

mod assembly;
mod form;
mod fragments;
mod json;
mod lookalike;
mod nested;
mod parsed;
mod problems;
mod reader;
mod template;
mod text;

use std::path::PathBuf;

use crate::diagnostic::{Diagnostic, Result};
use crate::infer::model::AppTemplates;
use crate::source::{Disk, Sources};

/// An app as the command line names it.
#[derive(Clone, Debug)]
pub struct AppArgument {
    /// A template, or a folder that contains one.
    pub path: PathBuf,
    /// The folder that the app's other files must be in, without links: its git repository, or the
    /// current folder.
    pub root: PathBuf,
}

/// Reads every template of `apps` from `disk`. The texts go to `sources`, which the places of
/// resources and problems refer to. Returns warnings also.
///
/// # Errors
///
/// The rules of [`crate::infer::rules`], `unreadable`, `invalid-yaml`, `nunjucks`,
/// `second-document`, `nested-too-deep`, `too-many-nodes`, `wrong-type`.
pub fn read(
    sources: &mut Sources,
    disk: &dyn Disk,
    apps: &[AppArgument],
) -> Result<(AppTemplates, Vec<Diagnostic>)> {
    let mut reader = reader::AppReader::new(sources, disk);
    for app in apps {
        reader.begin(&app.root);
        match form::app_form(&mut reader, &app.path) {
            Ok(form::AppForm::Template(file)) => reader.template(file),
            Ok(form::AppForm::Assembly(manifest)) => assembly::read(&mut reader, manifest),
            Err(problem) => reader.problems.push(problem),
        }
    }
    reader.finish()
}

#[cfg(test)]
mod tests;

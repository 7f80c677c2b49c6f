//! Which template an argument means.
//!
//! In: a file or folder. Out: the template, or the list of templates that the CDK wrote. Refuses
//! folders without a template, and apps whose framework has not written one yet.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::diagnostic::Diagnostic;
use crate::infer::read::lookalike::{self, CDK, SERVERLESS};
use crate::infer::read::reader::{AppReader, TemplateFile, TemplateOrigin};
use crate::infer::read::{assembly, problems};
use crate::source::path::{clean, folder_of};
use crate::source::{Obstacle, ReadError};

/// What the Serverless Framework writes to `.serverless`.
const PACKAGED: &str = "cloudformation-template-update-stack.json";

/// What a template in a folder may be called.
const TEMPLATES: &[&str] = &["template.yaml", "template.yml", "template.json"];

/// What configures the Serverless Framework.
const CONFIGURATIONS: &[&str] = &[
    "serverless.yml",
    "serverless.yaml",
    "serverless.ts",
    "serverless.js",
    "serverless.cjs",
    "serverless.mjs",
    "serverless.json",
];

/// What an argument means.
pub(super) enum AppForm {
    /// One template, which may contain others.
    Template(TemplateFile),
    /// The manifest of the CDK, which lists templates.
    Assembly(TemplateFile),
}

/// What the argument `path` means.
///
/// # Errors
///
/// `unreadable`, `no-app-template`, `not-packaged`, `app-too-large`.
pub(super) fn app_form(reader: &mut AppReader<'_>, path: &Path) -> Result<AppForm, Diagnostic> {
    match reader.text(path) {
        Err(error) if error.obstacle == Obstacle::Folder => folder(reader, path),
        Err(error) => Err(unreadable(path, &error)),
        Ok(text) => Ok(file(reader, path, text)),
    }
}

fn unreadable(path: &Path, error: &ReadError) -> Diagnostic {
    match lookalike::by_name(path).filter(|_| error.obstacle == Obstacle::Encoding) {
        Some(other) => problems::no_template(path, Some(other)),
        None => problems::unreadable(path, error),
    }
}

fn file(reader: &mut AppReader<'_>, path: &Path, text: String) -> AppForm {
    let named = TemplateFile {
        path: clean(path),
        text,
        origin: TemplateOrigin::Named,
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name == assembly::MANIFEST && assembly::is_manifest(&named.text) {
        return AppForm::Assembly(named);
    }
    // What one stack of the CDK uploads is listed next to its template.
    if let Some(stack) = name.strip_suffix(".template.json") {
        let list = format!("{stack}.assets.json");
        assembly::assets(reader, &folder_of(path), Some(&list));
    }
    // Next to its configuration, the framework may have written the template.
    let folder = folder_of(path);
    if CONFIGURATIONS.contains(&name.as_ref())
        && let Some(packaged) = probe(reader, folder.join(".serverless").join(PACKAGED))
    {
        return AppForm::Template(packaged);
    }
    if name == "cdk.json"
        && let Some(manifest) = probe(reader, folder.join("cdk.out").join(assembly::MANIFEST))
    {
        return AppForm::Assembly(manifest);
    }
    AppForm::Template(named)
}

fn folder(reader: &AppReader<'_>, folder: &Path) -> Result<AppForm, Diagnostic> {
    for manifest in [
        folder.join(assembly::MANIFEST),
        folder.join("cdk.out").join(assembly::MANIFEST),
    ] {
        // Web apps also have files of this name.
        let manifest = probe(reader, manifest);
        if let Some(manifest) = manifest.filter(|file| assembly::is_manifest(&file.text)) {
            return within(reader, manifest).map(AppForm::Assembly);
        }
    }
    for packaged in [
        folder.join(PACKAGED),
        folder.join(".serverless").join(PACKAGED),
    ] {
        if let Some(packaged) = probe(reader, packaged) {
            return within(reader, packaged).map(AppForm::Template);
        }
    }
    // Their own templates say more than another template in the same folder.
    for name in CONFIGURATIONS {
        if let Some(file) = probe(reader, folder.join(name)) {
            return Err(problems::not_packaged(&file.path, SERVERLESS));
        }
    }
    if let Some(file) = probe(reader, folder.join("cdk.json")) {
        return Err(problems::not_packaged(&file.path, CDK));
    }
    for name in TEMPLATES {
        match reader.text(&folder.join(name)) {
            Ok(text) => {
                let file = TemplateFile {
                    path: clean(&folder.join(name)),
                    text,
                    origin: TemplateOrigin::Named,
                };
                return within(reader, file).map(AppForm::Template);
            }
            Err(error) if error.obstacle == Obstacle::Missing => {}
            Err(error) => return Err(problems::unreadable(&folder.join(name), &error)),
        }
    }
    let mut other = OTHERS.iter().map(|name| folder.join(name));
    let other = other.find_map(|path| probe(reader, path));
    let other = other.and_then(|file| {
        let fields: Option<Json> = serde_json::from_str(&file.text).ok();
        let by_keys = fields
            .as_ref()
            .and_then(Json::as_object)
            .and_then(lookalike::by_keys);
        by_keys.or_else(|| lookalike::by_text(&file.path, &file.text))
    });
    Err(problems::no_template(folder, other))
}

/// Files that show what else a folder is.
const OTHERS: &[&str] = &["main.tf", "main.tf.json", "samconfig.toml", "package.json"];

/// The file at `path`, if it can be read.
fn probe(reader: &AppReader<'_>, path: PathBuf) -> Option<TemplateFile> {
    let text = reader.text(&path).ok()?;
    Some(TemplateFile {
        path: clean(&path),
        text,
        origin: TemplateOrigin::Named,
    })
}

/// `file`, unless it is a link to somewhere outside of the repository.
fn within(reader: &AppReader<'_>, file: TemplateFile) -> Result<TemplateFile, Diagnostic> {
    if reader.disk.real(&file.path).starts_with(&reader.root) {
        Ok(file)
    } else {
        Err(problems::link_outside(&file.path))
    }
}

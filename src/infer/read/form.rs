//! Which template an argument means.
//!
//! In: a file or folder. Out: the template, or the list of templates that the CDK wrote. Refuses
//! folders without a template, and apps whose framework has not written one yet.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::diagnostic::Diagnostic;
use crate::infer::read::lookalike::{self, CDK, Lookalike, SERVERLESS, SERVERLESS_FIRST_STEP};
use crate::infer::read::reader::{AppReader, TemplateFile, TemplateOrigin};
use crate::infer::read::{assembly, problems};
use crate::source::path::{clean, folder_of};
use crate::source::{Obstacle, ReadError, Span, link_out};

/// What the Serverless Framework writes to `.serverless`.
pub(super) const PACKAGED: &str = "cloudformation-template-update-stack.json";

/// What it writes next to it: the deployment bucket alone, for the first deployment.
const FIRST_STEP: &str = "cloudformation-template-create-stack.json";

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
        Err(error) => {
            let other = lookalike::by_name(path).filter(|_| error.obstacle == Obstacle::Encoding);
            Err(match other {
                Some(other) => problems::no_template(path, Some(other)),
                None => unreadable(reader, path, &error),
            })
        }
        Ok(text) => file(reader, path, text),
    }
}

/// The problem with a file that cannot be read, at its place in it if that can be shown.
fn unreadable(reader: &mut AppReader<'_>, path: &Path, error: &ReadError) -> Diagnostic {
    let problem = problems::unreadable(path, error);
    match reader.sources.place(clean(path), error) {
        Some(span) => problem.at(span),
        None => problem,
    }
}

fn file(reader: &mut AppReader<'_>, path: &Path, text: String) -> Result<AppForm, Diagnostic> {
    let named = TemplateFile {
        path: clean(path),
        text,
        origin: TemplateOrigin::Named,
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name == assembly::MANIFEST && assembly::is_manifest(&named.text) {
        return Ok(AppForm::Assembly(named));
    }
    // What one stack of the CDK uploads is listed next to its template.
    if let Some(stack) = name.strip_suffix(".template.json") {
        let list = format!("{stack}.assets.json");
        assembly::assets(reader, &folder_of(path), Some(&list));
    }
    let folder = folder_of(path);
    if name == FIRST_STEP {
        return match probe(reader, folder.join(PACKAGED))? {
            Some(packaged) => Ok(AppForm::Template(packaged)),
            None => Err(not_packaged(reader, named, SERVERLESS_FIRST_STEP)),
        };
    }
    // Next to its configuration, the framework may have written the template.
    if CONFIGURATIONS.contains(&name.as_ref())
        && let Some(packaged) = probe(reader, folder.join(".serverless").join(PACKAGED))?
    {
        return Ok(AppForm::Template(packaged));
    }
    if name == "cdk.json"
        && let Some(manifest) = probe(reader, folder.join("cdk.out").join(assembly::MANIFEST))?
    {
        return Ok(AppForm::Assembly(manifest));
    }
    Ok(AppForm::Template(named))
}

/// What the Serverless Framework wrote as `name`, in `folder` or in its `.serverless`.
fn of_serverless(
    reader: &mut AppReader<'_>,
    folder: &Path,
    name: &str,
) -> Result<Option<TemplateFile>, Diagnostic> {
    match probe(reader, folder.join(name))? {
        None => probe(reader, folder.join(".serverless").join(name)),
        found => Ok(found),
    }
}

fn folder(reader: &mut AppReader<'_>, folder: &Path) -> Result<AppForm, Diagnostic> {
    for manifest in [
        folder.join(assembly::MANIFEST),
        folder.join("cdk.out").join(assembly::MANIFEST),
    ] {
        // Web apps also have files of this name.
        let manifest = probe(reader, manifest)?;
        if let Some(manifest) = manifest.filter(|file| assembly::is_manifest(&file.text)) {
            return within(reader, manifest).map(AppForm::Assembly);
        }
    }
    if let Some(packaged) = of_serverless(reader, folder, PACKAGED)? {
        return within(reader, packaged).map(AppForm::Template);
    }
    if let Some(file) = of_serverless(reader, folder, FIRST_STEP)? {
        return Err(not_packaged(reader, file, SERVERLESS_FIRST_STEP));
    }
    // Their own templates say more than another template in the same folder.
    for name in CONFIGURATIONS {
        if let Some(file) = probe(reader, folder.join(name))? {
            return Err(not_packaged(reader, file, SERVERLESS));
        }
    }
    if let Some(file) = probe(reader, folder.join("cdk.json"))? {
        return Err(not_packaged(reader, file, CDK));
    }
    for name in TEMPLATES {
        if let Some(file) = probe(reader, folder.join(name))? {
            return within(reader, file).map(AppForm::Template);
        }
    }
    let mut other = OTHERS.iter().map(|name| folder.join(name));
    let other = other.find_map(|path| probe(reader, path).ok().flatten());
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

/// Refuses `file`, which is `form`, at its place.
fn not_packaged(reader: &mut AppReader<'_>, file: TemplateFile, form: Lookalike) -> Diagnostic {
    let problem = problems::not_packaged(&file.path, form);
    let file = reader.sources.add(file.path, file.text);
    problem.at(Span::new(file, 0, 0))
}

/// The file at `path`, if there is one.
///
/// # Errors
///
/// `unreadable`, `app-too-large`: to look elsewhere would answer about another template.
fn probe(reader: &mut AppReader<'_>, path: PathBuf) -> Result<Option<TemplateFile>, Diagnostic> {
    match reader.text(&path) {
        Ok(text) => Ok(Some(TemplateFile {
            path: clean(&path),
            text,
            origin: TemplateOrigin::Named,
        })),
        Err(error) if matches!(error.obstacle, Obstacle::Missing | Obstacle::Folder) => Ok(None),
        Err(error) => Err(unreadable(reader, &path, &error)),
    }
}

/// `file`, unless it is a link to somewhere outside of the repository.
fn within(reader: &AppReader<'_>, file: TemplateFile) -> Result<TemplateFile, Diagnostic> {
    if reader.disk.real(&file.path).starts_with(&reader.root) {
        return Ok(file);
    }
    let link = link_out(reader.disk, &file.path, &reader.root);
    Err(problems::link_outside(&file.path, link))
}

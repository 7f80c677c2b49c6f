//! What the CDK writes to `cdk.out`.
//!
//! In: its manifest. Out: the templates of its stacks and of the assemblies in it, and the path of
//! each file that a deployment uploads. Refuses what the manifest names, but the folder lacks.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::infer::model::AppFramework;
use crate::infer::read::problems::{self, DEPTH_LIMIT};
use crate::infer::read::reader::{AppReader, TemplateFile, TemplateOrigin};
use crate::source::Span;
use crate::source::path::folder_of;

/// What the CDK calls its list of templates.
pub(super) const MANIFEST: &str = "manifest.json";

/// Whether `text` is a manifest of the CDK.
pub(super) fn is_manifest(text: &str) -> bool {
    let value: Option<Json> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok();
    // A broken one is reported where it is parsed.
    value.map_or_else(
        || text.contains("\"artifacts\""),
        |value| value.get("artifacts").is_some_and(Json::is_object),
    )
}

/// Reads the templates that a manifest lists.
pub(super) fn read(reader: &mut AppReader<'_>, manifest: TemplateFile) {
    let folder = folder_of(&manifest.path);
    let real = reader.disk.real(&manifest.path);
    let Some((file, parsed)) = reader.parse(&manifest.path, manifest.text) else {
        return;
    };
    reader.found.frameworks.insert(AppFramework::Cdk);
    let artifacts = parsed.value.get("artifacts").and_then(Json::as_object);
    let artifacts: Vec<(&String, &Json)> = artifacts.into_iter().flatten().collect();
    reader.trail.push(real);
    for (_, artifact) in &artifacts {
        if kind(artifact) == "cdk:asset-manifest" {
            assets(reader, &folder, property(artifact, "file"));
        }
    }
    for (id, artifact) in artifacts {
        let span = parsed.places.key("artifacts", id);
        let span = span.unwrap_or(Span::new(file, 0, 0));
        match kind(artifact) {
            "aws:cloudformation:stack" => {
                let Some(name) = property(artifact, "templateFile") else {
                    continue;
                };
                if let Some(path) = reader.local(&folder.join(name), span)
                    && let Some(file) = reader.wanted(path, span, TemplateOrigin::Listed)
                {
                    reader.template(file);
                }
            }
            "cdk:cloud-assembly" => {
                if let Some(name) = property(artifact, "directoryName") {
                    inner(reader, &folder.join(name).join(MANIFEST), span);
                }
            }
            _ => {}
        }
    }
    reader.trail.pop();
}

fn inner(reader: &mut AppReader<'_>, path: &Path, span: Span) {
    if reader.trail.len() > DEPTH_LIMIT {
        reader.problems.push(problems::too_deep(span));
        return;
    }
    if let Some(path) = reader.local(path, span)
        && let Some(file) = reader.wanted(path, span, TemplateOrigin::Listed)
    {
        read(reader, file);
    }
}

fn kind(artifact: &Json) -> &str {
    artifact
        .get("type")
        .and_then(Json::as_str)
        .unwrap_or_default()
}

fn property<'a>(artifact: &'a Json, name: &str) -> Option<&'a str> {
    artifact.get("properties")?.get(name)?.as_str()
}

/// Notes which file is uploaded under which name.
pub(super) fn assets(reader: &mut AppReader<'_>, folder: &Path, name: Option<&str>) {
    let path = name.map(|name| folder.join(name));
    let text = path.and_then(|path| reader.text(&path).ok());
    let list: Option<Json> = text.and_then(|text| serde_json::from_str(&text).ok());
    let Some(list) = list else { return };
    let files = list.get("files").and_then(Json::as_object);
    for asset in files.into_iter().flat_map(|files| files.values()) {
        let source = asset.get("source").and_then(|source| source.get("path"));
        let Some(source) = source.and_then(Json::as_str) else {
            continue;
        };
        let targets = asset.get("destinations").and_then(Json::as_object);
        for target in targets.into_iter().flat_map(|targets| targets.values()) {
            if let Some(key) = target.get("objectKey").and_then(Json::as_str) {
                let path: PathBuf = folder.join(source);
                reader.assets.insert(key.to_owned(), path);
            }
        }
    }
}

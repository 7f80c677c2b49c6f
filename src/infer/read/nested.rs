//! Templates that a template contains.
//!
//! In: a resource that is a stack of its own. Out: the local file that it is made from, read.
//! Refuses files that do not exist, that are outside of the repository, and cycles.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::infer::read::problems::{self, DEPTH_LIMIT};
use crate::infer::read::reader::{AppReader, RawResource, TemplateOrigin};
use crate::source::Span;

impl AppReader<'_> {
    /// Reads the template that `found` is made from, if it is a local file in `folder` or below.
    pub(super) fn nested(&mut self, folder: &Path, found: &RawResource) {
        let resource = &found.resource;
        let property = match resource.type_name.as_str() {
            "AWS::CloudFormation::Stack" => "TemplateURL",
            "AWS::Serverless::Application" => "Location",
            _ => return,
        };
        let Some(value) = resource.properties.get(property) else {
            return;
        };
        if value.get("ApplicationId").is_some() {
            return self.unseen(problems::unseen_application(&resource.id), resource.span);
        }
        let path = match value.as_str().filter(|text| is_path(text)) {
            Some(path) => Some(folder.join(path)),
            None => self.asset(folder, found, value),
        };
        match path {
            Some(path) => self.nested_file(&path, resource.span),
            None => self.unseen(problems::unseen_nested(&resource.id), resource.span),
        }
    }

    /// The file that the CDK uploads for the nested stack `found`, whose URL is `url`.
    fn asset(&mut self, folder: &Path, found: &RawResource, url: &Json) -> Option<PathBuf> {
        let path = found.metadata.as_ref();
        let path = path.and_then(|data| data.get("aws:asset:path")?.as_str());
        if let Some(path) = path {
            return Some(folder.join(path));
        }
        let mut texts = Vec::new();
        strings(url, &mut texts);
        let is_named = |key: &&String| texts.iter().any(|text| text.ends_with(key.as_str()));
        let mut keys: Vec<&String> = self.assets.keys().filter(is_named).collect();
        keys.sort();
        self.assets.get(*keys.first()?).cloned()
    }

    fn nested_file(&mut self, path: &Path, span: Span) {
        if self.trail.len() > DEPTH_LIMIT {
            self.problems.push(problems::too_deep(span));
            return;
        }
        if let Some(path) = self.local(path, span)
            && let Some(file) = self.wanted(path, span, TemplateOrigin::Named)
        {
            self.template(file);
        }
    }
}

/// Whether `text` is the path of a file, and neither a URL nor a word such as a placeholder.
pub(super) fn is_path(text: &str) -> bool {
    text.contains(['.', '/']) && !text.contains("://") && !text.contains("{{")
}

fn strings<'a>(value: &'a Json, found: &mut Vec<&'a str>) {
    match value {
        Json::String(text) => found.push(text),
        Json::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Json::Object(fields) => fields.values().for_each(|value| strings(value, found)),
        _ => {}
    }
}

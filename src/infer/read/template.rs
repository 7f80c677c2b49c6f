//! One template: its parameters, its resources, and what it leaves open.
//!
//! In: the text of a template. Out: what it holds, added to the run. Refuses files that are not
//! templates.

use std::path::Path;

use serde_json::{Map, Value as Json};

use crate::arguments::has_macro;
use crate::infer::model::{AppFramework, AppParameter};
use crate::infer::read::form::PACKAGED;
use crate::infer::read::fragments::items;
use crate::infer::read::lookalike::DEPLOY_ROLES;
use crate::infer::read::parsed::ParsedText;
use crate::infer::read::reader::{AppReader, RawResource, TemplateFile, TemplateOrigin};
use crate::infer::read::{lookalike, problems};
use crate::infer::sam;
use crate::source::Span;
use crate::source::path::folder_of;

/// The macros that are read here. What `AWS::Include` inserts is reported where it is inserted.
const KNOWN: &[&str] = &[SAM_TRANSFORM, "AWS::LanguageExtensions", "AWS::Include"];

/// The macro that makes a template one of SAM.
const SAM_TRANSFORM: &str = "AWS::Serverless-2016-10-31";

/// The parameter of each template of the CDK that only asks for the version of its bootstrap stack.
const BOOTSTRAP_VERSION: &str = "BootstrapVersion";

impl AppReader<'_> {
    /// Reads a template, with those that it contains.
    pub(super) fn template(&mut self, file: TemplateFile) {
        let real = self.disk.real(&file.path);
        if !self.seen.insert(real.clone()) {
            return;
        }
        let Some((id, parsed)) = self.parse(&file.path, file.text) else {
            return;
        };
        if has_macro(self.sources.text(id)) {
            let problem = problems::not_a_template(id, &file.path, Some(DEPLOY_ROLES));
            self.problems.push(problem);
            return;
        }
        let folder = folder_of(&file.path);
        self.trail.push(real);
        let whole = Span::new(id, 0, 0);
        let fields = match &parsed.value {
            Json::Object(fields) => self.with_inserted_sections(&folder, fields, whole),
            _ => Map::new(),
        };
        if fields.get("Resources").is_some_and(Json::is_object) {
            self.found.files.push(id);
            if file.path.file_name().is_some_and(|name| name == PACKAGED) {
                self.found.frameworks.insert(AppFramework::Serverless);
            }
            self.sections(&folder, &fields, &parsed, whole);
        } else if let Some(span) = parsed.places.section("Resources") {
            self.problems.push(problems::resources_are_no_mapping(span));
        } else if file.origin == TemplateOrigin::Named || fields.is_empty() {
            let text = self.sources.text(id);
            let other =
                lookalike::by_keys(&fields).or_else(|| lookalike::by_text(&file.path, text));
            let problem = problems::not_a_template(id, &file.path, other);
            self.problems.push(problem);
        }
        self.trail.pop();
    }

    fn sections(
        &mut self,
        folder: &Path,
        fields: &Map<String, Json>,
        parsed: &ParsedText,
        whole: Span,
    ) {
        let span = parsed.places.section("Transform").unwrap_or(whole);
        self.transforms(fields.get("Transform"), span);
        self.parameters(fields.get("Parameters"), parsed, whole);
        let resources = self.resources(folder, fields, parsed, whole);
        let own = resources.iter().map(|found| found.resource.clone());
        let own = sam::expanded(own.collect(), fields.get("Globals"));
        self.found.resources.extend(own);
        for resource in &resources {
            self.unseen_of(resource);
            self.nested(folder, resource);
        }
    }

    /// Reports the macros that a template runs through, less those that are read here.
    fn transforms(&mut self, transforms: Option<&Json>, span: Span) {
        for name in items(transforms) {
            let name = name
                .get("Name")
                .unwrap_or(name)
                .as_str()
                .unwrap_or_default();
            if name == SAM_TRANSFORM {
                self.found.frameworks.insert(AppFramework::Sam);
            }
            if !name.is_empty() && !KNOWN.contains(&name) {
                self.unseen(problems::unseen_macro(name), span);
            }
        }
    }

    fn parameters(&mut self, section: Option<&Json>, parsed: &ParsedText, whole: Span) {
        for (name, parameter) in section.and_then(Json::as_object).into_iter().flatten() {
            let text = |key: &str| match parameter.get(key)? {
                Json::String(text) => Some(text.clone()),
                Json::Null | Json::Array(_) | Json::Object(_) => None,
                other => Some(other.to_string()),
            };
            if name == BOOTSTRAP_VERSION {
                self.found.frameworks.insert(AppFramework::Cdk);
                continue;
            }
            self.found.parameters.push(AppParameter {
                name: name.clone(),
                type_name: text("Type").unwrap_or_else(|| "String".to_owned()),
                default: text("Default"),
                span: parsed.places.key("Parameters", name).unwrap_or(whole),
            });
        }
    }

    /// Reports what a resource does that its template does not show.
    fn unseen_of(&mut self, found: &RawResource) {
        let resource = &found.resource;
        let name = &resource.type_name;
        if name.starts_with("Custom::") || name == "AWS::CloudFormation::CustomResource" {
            self.unseen(problems::unseen_custom_resource(name), resource.span);
        } else if sam::is_unknown(name) {
            self.unseen(problems::unseen_sam_type(name), resource.span);
        } else if name.ends_with("::MODULE") {
            self.unseen(problems::unseen_module(name), resource.span);
        }
    }
}

//! The resources of a template, with what CloudFormation inserts before it creates them.
//!
//! In: the sections of a template. Out: its resources; the body of each `Fn::ForEach` once, for the
//! first value of its list, and local files of `AWS::Include` inserted. Refuses resources that
//! CloudFormation would refuse, and files that insert themselves.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use crate::infer::model::AppResource;
use crate::infer::read::nested::is_path;
use crate::infer::read::parsed::ParsedText;
use crate::infer::read::problems;
use crate::infer::read::reader::{AppReader, RawResource, TemplateOrigin};
use crate::source::Span;
use crate::source::path::folder_of;

/// How deep loops and inserted files may be nested. CloudFormation allows five loops.
const DEPTH_LIMIT: usize = 10;

/// The macro that inserts a file.
const INCLUDE: &str = "AWS::Include";

/// Attributes that say nothing about what is created.
const IGNORED: &[&str] = &["Type", "Properties", "Metadata", "DependsOn", "Condition"];

/// Where a fragment is written.
#[derive(Clone)]
struct FragmentPlace {
    /// The folder of its file.
    folder: PathBuf,
    /// The resource that it belongs to, or the section.
    span: Span,
    /// The files that were inserted to get here, without links.
    files: Vec<PathBuf>,
    depth: usize,
}

/// A value of a template that may be one or a list of them.
pub(super) fn items(value: Option<&Json>) -> Vec<&Json> {
    match value {
        Some(Json::Array(items)) => items.iter().collect(),
        Some(item) => vec![item],
        None => Vec::new(),
    }
}

impl AppReader<'_> {
    /// The sections of a template, with those that `AWS::Include` adds to them.
    pub(super) fn with_inserted_sections(
        &mut self,
        folder: &Path,
        sections: &Map<String, Json>,
        span: Span,
    ) -> Map<String, Json> {
        let mut whole = sections.clone();
        let transforms = items(sections.get("Transform")).into_iter();
        let transforms = transforms.chain(sections.get("Fn::Transform"));
        for transform in transforms.filter(|value| name_of(value) == INCLUDE) {
            let mut place = FragmentPlace {
                folder: folder.to_owned(),
                span,
                files: Vec::new(),
                depth: 0,
            };
            for (key, value) in self.included(transform, &mut place).unwrap_or_default() {
                match (whole.get_mut(&key), value) {
                    (Some(Json::Object(section)), Json::Object(more)) => section.extend(more),
                    (Some(_), _) => {}
                    (None, value) => {
                        whole.insert(key, value);
                    }
                }
            }
        }
        whole
    }

    /// The resources of a template with these sections.
    pub(super) fn resources(
        &mut self,
        folder: &Path,
        sections: &Map<String, Json>,
        parsed: &ParsedText,
        whole: Span,
    ) -> Vec<RawResource> {
        let section = sections.get("Resources").and_then(Json::as_object);
        let mut found = Vec::new();
        for (id, value) in section.into_iter().flatten() {
            let place = FragmentPlace {
                folder: folder.to_owned(),
                span: parsed.places.key("Resources", id).unwrap_or(whole),
                files: Vec::new(),
                depth: 0,
            };
            self.entry(id, value, &place, &mut found);
        }
        found
    }

    /// Adds what one key of `Resources` stands for.
    fn entry(
        &mut self,
        id: &str,
        value: &Json,
        place: &FragmentPlace,
        found: &mut Vec<RawResource>,
    ) {
        if let Some(parts) = self.inserted(id, value, place) {
            for (id, value, place) in parts {
                self.entry(&id, &value, &place, found);
            }
            return;
        }
        found.extend(self.resource(id, value, place));
    }

    /// What a loop or an inserted file stands for; `None` if `key` is an ordinary key.
    fn inserted(
        &mut self,
        key: &str,
        value: &Json,
        place: &FragmentPlace,
    ) -> Option<Vec<(String, Json, FragmentPlace)>> {
        let is_loop = key.starts_with("Fn::ForEach");
        if !is_loop && key != "Fn::Transform" {
            return None;
        }
        if place.depth >= DEPTH_LIMIT {
            self.problems.push(problems::too_deep(place.span));
            return Some(Vec::new());
        }
        let mut inner = place.clone();
        inner.depth += 1;
        let fields = if is_loop {
            body_of_loop(value)
        } else {
            self.included(value, &mut inner)
        };
        let parts = fields.unwrap_or_default().into_iter();
        Some(
            parts
                .map(|(key, value)| (key, value, inner.clone()))
                .collect(),
        )
    }

    /// The mapping that an `Fn::Transform` inserts, if it is a local file.
    fn included(&mut self, value: &Json, place: &mut FragmentPlace) -> Option<Map<String, Json>> {
        let name = name_of(value);
        if name != INCLUDE {
            self.unseen(problems::unseen_macro(name), place.span);
            return None;
        }
        let location = value
            .get("Parameters")
            .and_then(|value| value.get("Location"));
        let location = location.and_then(Json::as_str).filter(|text| is_path(text));
        let path = location.map(|location| place.folder.join(location));
        let Some(path) = path.filter(|path| self.text(path).is_ok()) else {
            self.unseen(problems::unseen_include(), place.span);
            return None;
        };
        let path = self.local(&path, place.span)?;
        let real = self.disk.real(&path);
        if place.files.contains(&real) {
            self.problems.push(problems::cyclic(&path, place.span));
            return None;
        }
        place.files.push(real);
        let file = self.wanted(path, place.span, TemplateOrigin::Named)?;
        let (_, parsed) = self.parse(&file.path, file.text)?;
        place.folder = folder_of(&file.path);
        match parsed.value {
            Json::Object(fields) => Some(fields),
            _ => None,
        }
    }

    fn resource(&mut self, id: &str, value: &Json, place: &FragmentPlace) -> Option<RawResource> {
        let fields = match value.as_object() {
            Some(fields) => self.whole(fields, place),
            None => return self.refuse(id, "is not a mapping", place),
        };
        let type_name = fields.get("Type").and_then(Json::as_str);
        let Some(type_name) = type_name.filter(|name| !name.is_empty()) else {
            return self.refuse(id, "has no `Type`", place);
        };
        let properties = match fields.get("Properties") {
            None | Some(Json::Null) => Map::new(),
            Some(Json::Object(properties)) => properties.clone(),
            Some(_) => return self.refuse(id, "has `Properties` that are not a mapping", place),
        };
        if type_name == "AWS::CDK::Metadata" {
            return None;
        }
        Some(RawResource {
            resource: AppResource {
                id: id.to_owned(),
                type_name: type_name.to_owned(),
                properties,
                attributes: fields
                    .iter()
                    .filter(|(key, _)| !IGNORED.contains(&key.as_str()))
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect(),
                span: place.span,
                made_by: None,
            },
            metadata: fields.get("Metadata").cloned(),
        })
    }

    fn refuse(&mut self, id: &str, what: &str, place: &FragmentPlace) -> Option<RawResource> {
        let problem = problems::invalid_resource(id, what, place.span);
        self.problems.push(problem);
        None
    }

    /// `fields` with all loops and inserted files at any depth.
    fn whole(&mut self, fields: &Map<String, Json>, place: &FragmentPlace) -> Map<String, Json> {
        let mut whole = Map::new();
        for (key, value) in fields {
            let Some(parts) = self.inserted(key, value, place) else {
                let value = self.whole_value(value, place);
                whole.insert(key.clone(), value);
                continue;
            };
            for (key, value, place) in parts {
                let inner = Map::from_iter([(key, value)]);
                for (key, value) in self.whole(&inner, &place) {
                    whole.entry(key).or_insert(value);
                }
            }
        }
        whole
    }

    fn whole_value(&mut self, value: &Json, place: &FragmentPlace) -> Json {
        match value {
            Json::Object(fields) => Json::Object(self.whole(fields, place)),
            Json::Array(items) => {
                let items = items.iter().map(|item| self.whole_value(item, place));
                Json::Array(items.collect())
            }
            other => other.clone(),
        }
    }
}

/// The name of the macro that a transform runs.
fn name_of(transform: &Json) -> &str {
    let name = transform.get("Name").and_then(Json::as_str);
    name.unwrap_or_default()
}

/// The body of an `Fn::ForEach`, for the first value of its list if that is written there.
fn body_of_loop(value: &Json) -> Option<Map<String, Json>> {
    let [name, list, body] = value.as_array()?.as_slice() else {
        return None;
    };
    let body = body.as_object()?;
    let first = list.as_array().and_then(|items| items.first());
    match (name.as_str(), first.and_then(Json::as_str)) {
        (Some(name), Some(first)) => {
            let marks = [format!("${{{name}}}"), format!("&{{{name}}}")];
            Some(replaced_fields(body, name, first, &marks))
        }
        _ => Some(body.clone()),
    }
}

fn replaced_fields(
    fields: &Map<String, Json>,
    name: &str,
    first: &str,
    marks: &[String; 2],
) -> Map<String, Json> {
    let replace = |text: &str| {
        marks
            .iter()
            .fold(text.to_owned(), |text, mark| text.replace(mark, first))
    };
    let fields = fields.iter();
    fields
        .map(|(key, value)| (replace(key), replaced(value, name, first, marks)))
        .collect()
}

fn replaced(value: &Json, name: &str, first: &str, marks: &[String; 2]) -> Json {
    match value {
        Json::String(text) => Json::String(
            marks
                .iter()
                .fold(text.clone(), |text, mark| text.replace(mark, first)),
        ),
        Json::Array(items) => {
            let items = items.iter().map(|item| replaced(item, name, first, marks));
            Json::Array(items.collect())
        }
        Json::Object(fields) => match fields.get("Ref").and_then(Json::as_str) {
            Some(reference) if reference == name => Json::String(first.to_owned()),
            _ => Json::Object(replaced_fields(fields, name, first, marks)),
        },
        other => other.clone(),
    }
}

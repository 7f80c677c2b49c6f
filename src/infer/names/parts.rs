//! A name as its parts.
//!
//! In: the value of a property. Out: for each branch of `Fn::If`, what the name is made of: text, the
//! name of the stack, and what is not known here. Refuses nothing.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::infer::model::{AppResource, AppTemplates};
use crate::infer::names::types::name_property;
use crate::source::FileId;

/// A part of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NamePart {
    /// Text.
    Text(String),
    /// The name of the stack, or a name that begins with it.
    Stack,
    /// Something that is not known here.
    Open {
        /// What it is, such as `the parameter Name`.
        what: String,
        /// Its default.
        hint: Option<String>,
    },
}

/// How deep names may refer to other names, and the most names that branches may give.
const DEPTH_LIMIT: usize = 8;
const NAME_LIMIT: usize = 16;

/// Reads the names of an app.
pub(super) struct NameReader<'a> {
    resources: HashMap<(FileId, &'a str), &'a AppResource>,
    defaults: HashMap<(FileId, &'a str), Option<&'a str>>,
}

impl<'a> NameReader<'a> {
    pub(super) fn new(app: &'a AppTemplates) -> Self {
        let resources = app.resources.iter().rev();
        let parameters = app.parameters.iter();
        Self {
            resources: resources
                .map(|found| ((found.span.file, found.id.as_str()), found))
                .collect(),
            defaults: parameters
                .map(|found| {
                    (
                        (found.span.file, found.name.as_str()),
                        found.default.as_deref(),
                    )
                })
                .collect(),
        }
    }

    /// Every name that `value`, in `file`, may give. `!Ref AWS::NoValue` gives none.
    pub(super) fn names(&self, value: &Json, file: FileId) -> Vec<Vec<NamePart>> {
        self.read(value, file, DEPTH_LIMIT)
    }

    fn read(&self, value: &Json, file: FileId, depth: usize) -> Vec<Vec<NamePart>> {
        let Some(depth) = depth.checked_sub(1) else {
            return vec![vec![open("a name that refers to too many others")]];
        };
        match value {
            Json::String(text) => vec![literal(text)],
            Json::Number(number) => vec![literal(&number.to_string())],
            Json::Object(fields) if fields.len() == 1 => {
                let Some((function, argument)) = fields.iter().next() else {
                    return Vec::new();
                };
                self.function(function, argument, file, depth)
            }
            _ => Vec::new(),
        }
    }

    fn function(&self, name: &str, value: &Json, file: FileId, depth: usize) -> Vec<Vec<NamePart>> {
        match (name, value) {
            ("Ref", Json::String(id)) if id == "AWS::NoValue" => Vec::new(),
            ("Ref", Json::String(id)) => self.reference(id, file, depth),
            ("Fn::Sub", Json::String(text)) => self.substituted(text, &Json::Null, file, depth),
            ("Fn::Sub", Json::Array(items)) => match items.as_slice() {
                [Json::String(text), more] => self.substituted(text, more, file, depth),
                _ => vec![vec![open("a substitution")]],
            },
            ("Fn::Join", Json::Array(items)) => match items.as_slice() {
                [Json::String(between), Json::Array(items)] => {
                    let mut found = vec![Vec::new()];
                    for (at, item) in items.iter().enumerate() {
                        if at > 0 {
                            found = product(found, &[literal(between)]);
                        }
                        found = product(found, &self.read(item, file, depth));
                    }
                    found
                }
                _ => vec![vec![open("a joined list")]],
            },
            ("Fn::If", Json::Array(items)) => {
                let branches = items.iter().skip(1);
                let mut found: Vec<_> = branches
                    .flat_map(|item| self.read(item, file, depth))
                    .collect();
                found.truncate(NAME_LIMIT);
                found
            }
            ("Fn::ImportValue", _) => vec![vec![open("an import")]],
            ("Fn::FindInMap", _) => vec![vec![open("a mapping of the template")]],
            ("Fn::GetAtt", _) => vec![vec![open("an attribute of another resource")]],
            _ => vec![vec![open(&format!("the function {name}"))]],
        }
    }

    fn reference(&self, id: &str, file: FileId, depth: usize) -> Vec<Vec<NamePart>> {
        if id == "AWS::StackName" {
            return vec![vec![NamePart::Stack]];
        }
        if id.starts_with("AWS::") {
            // Neither an account nor a region begins as an app does.
            return vec![literal(&format!("${{{id}}}"))];
        }
        if let Some(default) = self.defaults.get(&(file, id)) {
            let what = format!("the parameter {id}");
            let hint = default.map(str::to_owned);
            return vec![vec![NamePart::Open { what, hint }]];
        }
        let Some(other) = self.resources.get(&(file, id)) else {
            return vec![vec![open(&format!("`{id}`"))]];
        };
        // For most types, `Ref` gives the name.
        let name = name_property(&other.type_name)
            .and_then(|(property, _)| other.properties.get(property));
        match name {
            Some(name) => self.read(name, file, depth),
            None => vec![vec![NamePart::Stack]],
        }
    }

    fn substituted(
        &self,
        text: &str,
        more: &Json,
        file: FileId,
        depth: usize,
    ) -> Vec<Vec<NamePart>> {
        let mut found = vec![Vec::new()];
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            found = product(found, &[literal(before)]);
            let value = more.get(name);
            let parts = match (value, name.strip_prefix('!')) {
                (_, Some(literally)) => vec![literal(&format!("${{{literally}}}"))],
                (Some(value), None) => self.read(value, file, depth),
                (None, None) if name.contains('.') => {
                    vec![vec![open("an attribute of another resource")]]
                }
                (None, None) => self.reference(name, file, depth),
            };
            found = product(found, &parts);
            rest = after;
        }
        product(found, &[literal(rest)])
    }
}

fn open(what: &str) -> NamePart {
    NamePart::Open {
        what: what.to_owned(),
        hint: None,
    }
}

fn literal(text: &str) -> Vec<NamePart> {
    if text.is_empty() {
        return Vec::new();
    }
    if text.starts_with("{{resolve:") {
        return vec![open("a dynamic reference")];
    }
    vec![NamePart::Text(text.to_owned())]
}

/// Each of `heads` with each of `tails` after it. Without tails, the heads.
fn product(heads: Vec<Vec<NamePart>>, tails: &[Vec<NamePart>]) -> Vec<Vec<NamePart>> {
    if tails.is_empty() {
        return heads;
    }
    let pairs = heads
        .iter()
        .flat_map(|head| tails.iter().map(move |tail| (head, tail)));
    pairs
        .take(NAME_LIMIT)
        .map(|(head, tail)| joined(head, tail))
        .collect()
}

/// `head` and `tail`, with texts that meet joined.
fn joined(head: &[NamePart], tail: &[NamePart]) -> Vec<NamePart> {
    let mut whole = head.to_vec();
    for part in tail {
        match (whole.last_mut(), part) {
            (Some(NamePart::Text(text)), NamePart::Text(more)) => text.push_str(more),
            _ => whole.push(part.clone()),
        }
    }
    whole
}

/// A name as text, with `${...}` for what is not known here.
pub(super) fn text(name: &[NamePart]) -> String {
    let part = |part: &NamePart| match part {
        NamePart::Text(text) => text.clone(),
        NamePart::Stack => "${AWS::StackName}".to_owned(),
        NamePart::Open { what, .. } => {
            let name = what.rsplit(' ').next().unwrap_or_default();
            format!("${{{}}}", name.trim_matches('`'))
        }
    };
    name.iter().map(part).collect()
}

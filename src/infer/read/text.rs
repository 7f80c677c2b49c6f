//! The text of one file of an app, as JSON with places.
//!
//! In: YAML or JSON as CloudFormation reads it: of equal keys the last one counts, dates are text,
//! and short forms of intrinsic functions are allowed. Out: its value with intrinsic functions in
//! their long form, and where the keys of its first two levels are written. Refuses what is neither
//! YAML nor JSON, what is nested too deeply, and aliases that expand to too much.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::diagnostic::{Diagnostic, Result};
use crate::infer::read::json;
use crate::infer::read::parsed::{ParsedText, Places, long_forms, repeated_key};
use crate::source::FileId;
use crate::yaml::lookup::Library;
use crate::yaml::node::{Kind, Node};
use crate::yaml::parse::{NESTING_LIMIT, parse_with_duplicates};
use crate::yaml::rules::{NUNJUCKS, SECOND_DOCUMENT, TOO_MANY_NODES};
use crate::yaml::scalar::{PlainScalar, has_leading_zero, plain_scalar};

/// The most values that one file may expand to. A template of a stack has at most a megabyte.
const NODE_LIMIT: usize = 1_000_000;

/// Reads `text`, the content of `file`.
///
/// # Errors
///
/// `invalid-json`, `invalid-yaml`, `second-document`, `nunjucks`, `nested-too-deep`,
/// `too-many-nodes`, `wrong-type`.
pub(super) fn parsed(file: FileId, text: &str) -> Result<ParsedText> {
    let body = text.trim_start_matches('\u{feff}').trim_start();
    if !body.starts_with(['{', '[']) {
        return yaml(file, text);
    }
    // YAML takes longer, and not all JSON is YAML. Mappings of YAML may begin with a brace also.
    json::parsed(file, text).or_else(|problem| {
        yaml(file, text).map_err(|problems| {
            let is_nunjucks = problems.iter().any(|problem| problem.rule == &NUNJUCKS);
            if is_nunjucks { problems } else { vec![problem] }
        })
    })
}

fn yaml(file: FileId, text: &str) -> Result<ParsedText> {
    let (document, repeated) = parse_with_duplicates(file, text).map_err(for_apps)?;
    let library = Library::default();
    let mut budget = NODE_LIMIT;
    let mut value = to_json(&library, &document.root, &mut budget, 0)?;
    long_forms(&mut value);
    Ok(ParsedText {
        value,
        places: places(&library, &document.root)?,
        warnings: repeated.iter().map(repeated_key).collect(),
    })
}

/// The problems of a parser that speaks of OrgFormation, for the template of an app.
fn for_apps(problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let with_help = |problem: Diagnostic| {
        if problem.rule == &SECOND_DOCUMENT {
            problem
                .help("CloudFormation reads one document per file: move this one to its own file")
        } else if problem.rule == &NUNJUCKS {
            problem.help("render the template first, and give the result")
        } else {
            problem
        }
    };
    problems.into_iter().map(with_help).collect()
}

fn places(library: &Library, root: &Arc<Node>) -> Result<Places> {
    let mut places = Places::default();
    if !is_mapping(library, root) {
        return Ok(places);
    }
    for section in library.mapping(root)? {
        if is_mapping(library, &section.value) {
            for field in library.mapping(&section.value)? {
                places.put_key(&section.key, &field.key, field.key_span);
            }
        }
        places.put_section(&section.key, section.key_span);
    }
    Ok(places)
}

fn is_mapping(library: &Library, node: &Arc<Node>) -> bool {
    matches!(library.follow(node).kind, Kind::Mapping(..))
}

fn to_json(library: &Library, node: &Arc<Node>, budget: &mut usize, depth: usize) -> Result<Json> {
    let left = budget.checked_sub(1).filter(|_| depth <= 2 * NESTING_LIMIT);
    *budget = left.ok_or_else(|| vec![too_many(node)])?;
    let node = library.follow(node);
    let value = match &node.kind {
        Kind::Scalar(text, is_plain) => scalar(text, *is_plain),
        Kind::Sequence(items, _) => Json::Array(
            items
                .iter()
                .map(|item| to_json(library, item, budget, depth + 1))
                .collect::<Result<_>>()?,
        ),
        Kind::Mapping(..) => {
            let mut fields = Map::new();
            for field in library.mapping(&node)? {
                let value = to_json(library, &field.value, budget, depth + 1)?;
                fields.insert(field.key, value);
            }
            Json::Object(fields)
        }
        Kind::Alias(..) => Json::Null,
    };
    Ok(match node.tag_name() {
        None => value,
        Some(tag) => Json::Object(Map::from_iter([(function(tag), value)])),
    })
}

/// The long form of a tag's name: `!Ref` is `Ref`, `!Sub` is `Fn::Sub`.
fn function(tag: &str) -> String {
    match tag.trim_start_matches('!') {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    }
}

fn scalar(text: &str, is_plain: bool) -> Json {
    let kind = if is_plain {
        plain_scalar(text)
    } else {
        PlainScalar::Text
    };
    let as_text = || Json::String(text.to_owned());
    match kind {
        PlainScalar::Null => Json::Null,
        PlainScalar::Bool(flag) => Json::Bool(flag),
        // The id of an account may begin with a zero.
        PlainScalar::Integer if !has_leading_zero(text) => text
            .parse()
            .map_or_else(|_| as_text(), |number: i64| Json::from(number)),
        PlainScalar::Float(number) => Json::from(number),
        PlainScalar::Integer | PlainScalar::OtherNumber | PlainScalar::Text => as_text(),
    }
}

fn too_many(node: &Node) -> Diagnostic {
    let message =
        format!("the file expands to more than {NODE_LIMIT} values, or is nested too deeply");
    Diagnostic::new(&TOO_MANY_NODES, node.whole_span(), message)
        .help("use fewer or smaller aliases; no stack can have a template of this size")
}

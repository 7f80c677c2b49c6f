//! A tree to a plain value, as OrgFormation would read it, or to JSON.
//!
//! In: a node. Out: a [`serde_yaml::Value`] with aliases and includes expanded and merge keys
//! applied; tags are kept. JSON is the same, with tags as functions. Refuses tags that OrgFormation
//! does not know, and numbers that it would change.

use std::sync::Arc;

use serde_json::Value as Json;
use serde_yaml::value::{Tag, TaggedValue};
use serde_yaml::{Mapping, Value};

use crate::diagnostic::{Diagnostic, Label, Result, Shown as _, nearest};
use crate::source::Span;
use crate::yaml::lookup::{INCLUDE, Library};
use crate::yaml::node::{Kind, Node};
use crate::yaml::nunjucks::nunjucks;
use crate::yaml::parse::NESTING_LIMIT;
use crate::yaml::rules::{INVALID_VALUE, NUNJUCKS, TOO_MANY_NODES};
use crate::yaml::scalar::{PlainScalar, has_leading_zero, plain_scalar};
use crate::yaml::tags::TAGS;

/// The most nodes that one macro's arguments may expand to.
const NODE_LIMIT: usize = 100_000;

/// The value of `node`.
///
/// # Errors
///
/// `too-many-nodes`, `invalid-value`, `wrong-type`, `nunjucks`.
pub fn value(library: &Library, node: &Arc<Node>) -> Result<Value> {
    let mut budget = NODE_LIMIT;
    convert(library, node, &mut budget, 0).map_err(|mut problems| {
        // Where the template uses it, and not where in it the limit was reached.
        for problem in &mut problems {
            if problem.rule == &TOO_MANY_NODES {
                problem.primary = Some(Label {
                    span: node.whole_span(),
                    text: String::new(),
                });
            }
        }
        problems
    })
}

fn convert(library: &Library, node: &Arc<Node>, budget: &mut usize, depth: usize) -> Result<Value> {
    if depth > 2 * NESTING_LIMIT {
        return Err(vec![too_many(node)]);
    }
    let left = budget.checked_sub(1);
    *budget = left.ok_or_else(|| vec![too_many(node)])?;
    let target = library.follow(node);
    if target.tag_name() == Some(INCLUDE) {
        let message = "`!Include` takes the path of a file";
        return Err(vec![
            Diagnostic::new(&INVALID_VALUE, target.whole_span(), message)
                .help("write `!Include ./file.yml`"),
        ]);
    }
    let value = match &target.kind {
        Kind::Scalar(text, is_plain) => scalar(&target, text, *is_plain)?,
        Kind::Sequence(items, _) => Value::Sequence(
            items
                .iter()
                .map(|item| convert(library, item, budget, depth + 1))
                .collect::<Result<_>>()?,
        ),
        Kind::Mapping(..) => {
            let mut mapping = Mapping::new();
            for field in library.mapping(&target)? {
                mapping.insert(
                    Value::String(field.key),
                    convert(library, &field.value, budget, depth + 1)?,
                );
            }
            Value::Mapping(mapping)
        }
        Kind::Alias(..) => Value::Null,
    };
    let Some(tag) = &target.tag else {
        return Ok(value);
    };
    if !TAGS.iter().any(|known| known.name == tag.name) {
        return Err(vec![unknown_tag(&tag.name, tag.span)]);
    }
    Ok(Value::Tagged(Box::new(TaggedValue {
        tag: Tag::new(tag.name.clone()),
        value,
    })))
}

fn scalar(node: &Node, text: &str, is_plain: bool) -> Result<Value> {
    if nunjucks(text).is_some() {
        return Err(vec![
            Diagnostic::new(&NUNJUCKS, node.span, "nunjucks inside of a macro").help(
                "deploy-roles runs before OrgFormation renders nunjucks: write the value itself",
            ),
        ]);
    }
    if !is_plain {
        return Ok(Value::String(text.to_owned()));
    }
    plain(text).ok_or_else(|| vec![changed_number(node, text)])
}

fn too_many(node: &Node) -> Diagnostic {
    let message = format!("the value expands to more than {NODE_LIMIT} nodes");
    Diagnostic::new(&TOO_MANY_NODES, node.whole_span(), message)
        .help("use fewer or smaller aliases and includes")
}

fn unknown_tag(name: &str, span: Span) -> Diagnostic {
    let message = format!("OrgFormation does not know the tag `{}`", name.shown());
    let problem = Diagnostic::new(&INVALID_VALUE, span, message);
    match nearest(name, TAGS.iter().map(|tag| tag.name)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("use one of CloudFormation's intrinsic functions"),
    }
}

/// The value of a plain scalar as js-yaml's default schema reads it (`js-yaml/lib/schema/default`);
/// `None` for a number that OrgFormation would change. Dates stay text: OrgFormation turns them
/// back into text only under the key `Version`.
pub fn plain(text: &str) -> Option<Value> {
    Some(match plain_scalar(text) {
        PlainScalar::Null => Value::Null,
        PlainScalar::Bool(flag) => Value::Bool(flag),
        PlainScalar::Text => Value::String(text.to_owned()),
        PlainScalar::Integer => {
            let is_changed = has_leading_zero(text) || text.starts_with('+');
            let number: i64 = text.parse().ok().filter(|_| !is_changed)?;
            let is_exact = number.unsigned_abs() < (1 << 53);
            Value::Number(is_exact.then_some(number)?.into())
        }
        // Written back as it was written, it must stay the same text.
        PlainScalar::Float(number) if number.is_finite() && number.to_string() == text => {
            Value::Number(number.into())
        }
        PlainScalar::Float(_) | PlainScalar::OtherNumber => return None,
    })
}

fn changed_number(node: &Node, text: &str) -> Diagnostic {
    let message = format!("OrgFormation reads `{text}` as a number, and changes it");
    Diagnostic::new(&INVALID_VALUE, node.span, message).help(format!(
        "quote it if it is text, such as an account id: `'{text}'`"
    ))
}

/// `node` as JSON: `!Ref X` is `{"Ref": "X"}`, another tag `{"Fn::X": ...}`. The scalars under
/// `texts` stay text. `None` if its aliases expand to more than `limit` nodes, or deeper than the
/// parser follows.
pub fn json(library: &Library, node: &Arc<Node>, limit: usize, texts: &[&str]) -> Option<Json> {
    let mut left = limit;
    to_json(library, node, 0, (&mut left, texts))
}

fn to_json(
    library: &Library,
    node: &Arc<Node>,
    depth: usize,
    (left, texts): (&mut usize, &[&str]),
) -> Option<Json> {
    *left = left.checked_sub(1)?;
    if depth > NESTING_LIMIT {
        return None;
    }
    let node = library.follow(node);
    let value = match &node.kind {
        Kind::Scalar(text, plain) => scalar_json(text, *plain),
        Kind::Sequence(items, _) => items
            .iter()
            .map(|item| to_json(library, item, depth + 1, (left, texts)))
            .collect::<Option<_>>()
            .map(Json::Array)?,
        Kind::Mapping(..) => {
            let mut fields = serde_json::Map::new();
            for field in library.mapping(&node).ok()? {
                let is_text = texts.contains(&field.key.as_str());
                let value = match field.value.text().filter(|_| is_text) {
                    Some(text) => Json::String(text.to_owned()),
                    None => to_json(library, &field.value, depth + 1, (left, texts))?,
                };
                fields.insert(field.key, value);
            }
            Json::Object(fields)
        }
        Kind::Alias(..) => Json::Null,
    };
    let key = match node.tag_name() {
        None => return Some(value),
        Some("!Ref") => "Ref".to_owned(),
        Some(tag) => format!("Fn::{}", tag.trim_start_matches('!')),
    };
    Some(Json::Object(serde_json::Map::from_iter([(key, value)])))
}

fn scalar_json(text: &str, is_plain: bool) -> Json {
    let as_text = || Json::String(text.to_owned());
    if !is_plain {
        return as_text();
    }
    match plain_scalar(text) {
        PlainScalar::Null => Json::Null,
        PlainScalar::Bool(flag) => Json::Bool(flag),
        PlainScalar::Integer => text
            .parse()
            .map_or_else(|_| as_text(), |n: i64| Json::from(n)),
        PlainScalar::Float(_) | PlainScalar::OtherNumber | PlainScalar::Text => as_text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn merged(text: &str, key: &str) -> Vec<String> {
        let document = crate::yaml::parse::parse(FileId(0), text).unwrap();
        let library = Library::default();
        let fields = library.mapping(document.root.get(key).unwrap()).unwrap();
        fields
            .iter()
            .map(|field| format!("{}={}", field.key, field.value.text().unwrap()))
            .collect()
    }

    #[test]
    fn merges_as_js_yaml_does() {
        let text = "\
c: &c {k: c, l: c}
b: &b {<<: *c, k: b, m: b}
a: {x: a, <<: *b, m: a, l: a}
two: {<<: [*b, *c], n: 2}
quoted: {'<<': 1, k: 2}
";
        assert_eq!(merged(text, "b"), ["k=b", "l=c", "m=b"]);
        assert_eq!(merged(text, "a"), ["x=a", "k=b", "l=a", "m=a"]);
        assert_eq!(merged(text, "two"), ["k=b", "l=c", "m=b", "n=2"]);
        assert_eq!(merged(text, "quoted"), ["<<=1", "k=2"]);
    }
}

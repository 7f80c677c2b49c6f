//! A tree to a plain value, as OrgFormation would read it.
//!
//! In: a node. Out: a [`serde_yaml::Value`] with aliases and includes expanded and merge keys
//! applied; tags are kept. Refuses tags that OrgFormation does not know, and numbers that it
//! would change.

use std::rc::Rc;

use serde_yaml::value::{Tag, TaggedValue};
use serde_yaml::{Mapping, Value};

use crate::diagnostic::{Diagnostic, Label, Result, Shown as _, nearest};
use crate::yaml::lookup::{INCLUDE, Library};
use crate::yaml::node::{Kind, Node};
use crate::yaml::rules::{INVALID_VALUE, NUNJUCKS, TOO_MANY_NODES};

/// The most nodes that one macro's arguments may expand to.
const NODE_LIMIT: usize = 100_000;

/// The tags that OrgFormation registers (`src/yaml-cfn/index.ts`), less `!Include`, which is
/// replaced before.
const TAGS: &[&str] = &[
    "!Base64",
    "!Cidr",
    "!FindInMap",
    "!GetAtt",
    "!GetAZs",
    "!ImportValue",
    "!Join",
    "!Select",
    "!Split",
    "!Sub",
    "!Transform",
    "!Ref",
    "!Condition",
    "!And",
    "!Equals",
    "!If",
    "!Not",
    "!Or",
    "!CopyValue",
    "!ReadFile",
    "!Cmd",
    "!MD5",
    "!MD5Dir",
    "!MD5File",
    "!JsonString",
    "!ToJsonString",
    "!Length",
];

/// The value of `node`.
///
/// # Errors
///
/// `too-many-nodes`, `invalid-value`, `wrong-type`, `nunjucks`.
pub fn value(library: &Library, node: &Rc<Node>) -> Result<Value> {
    let mut budget = NODE_LIMIT;
    convert(library, node, &mut budget, 0).map_err(|mut problems| {
        // Where the author uses it, and not where in it the limit was reached.
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

fn convert(library: &Library, node: &Rc<Node>, budget: &mut usize, depth: usize) -> Result<Value> {
    let too_many = || {
        vec![
            Diagnostic::new(
                &TOO_MANY_NODES,
                node.whole_span(),
                format!("the value expands to more than {NODE_LIMIT} nodes"),
            )
            .help("use fewer or smaller aliases and includes"),
        ]
    };
    if depth > 2 * crate::yaml::parse::NESTING_LIMIT {
        return Err(too_many());
    }
    *budget = budget.checked_sub(1).ok_or_else(too_many)?;
    let target = library.follow(node);
    if target.tag_name() == Some(INCLUDE) {
        return Err(vec![
            Diagnostic::new(
                &INVALID_VALUE,
                target.whole_span(),
                "`!Include` takes the path of a file",
            )
            .help("write `!Include ./file.yml`"),
        ]);
    }
    let value = match &target.kind {
        Kind::Scalar(text, plain) => {
            refuse_nunjucks(&target, text)?;
            if *plain {
                plain_scalar(&target, text)?
            } else {
                Value::String(text.clone())
            }
        }
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
    if !TAGS.contains(&tag.name.as_str()) {
        let mut problem = Diagnostic::new(
            &INVALID_VALUE,
            tag.span,
            format!("OrgFormation does not know the tag `{}`", tag.name.shown()),
        );
        if let Some(near) = nearest(&tag.name, TAGS.iter().copied()) {
            problem = problem.help(format!("did you mean `{near}`?"));
        } else {
            problem = problem.help("use one of CloudFormation's intrinsic functions");
        }
        return Err(vec![problem]);
    }
    Ok(Value::Tagged(Box::new(TaggedValue {
        tag: Tag::new(tag.name.clone()),
        value,
    })))
}

fn refuse_nunjucks(node: &Node, text: &str) -> Result<()> {
    let template = text
        .match_indices('{')
        .filter_map(|(at, _)| text.get(at..))
        .any(|rest| {
            rest.starts_with("{%")
                || rest.starts_with("{#")
                || (rest.starts_with("{{") && !rest.starts_with("{{resolve:"))
        });
    if template {
        return Err(vec![
            Diagnostic::new(&NUNJUCKS, node.span, "nunjucks inside of a macro").help(
                "deploy-roles runs before OrgFormation renders nunjucks: write the value itself",
            ),
        ]);
    }
    Ok(())
}

/// A plain scalar as js-yaml's default schema reads it (`js-yaml/lib/schema/default`), with dates
/// kept as text: OrgFormation turns them back into text only under the key `Version`.
fn plain_scalar(node: &Node, text: &str) -> Result<Value> {
    plain(text).ok_or_else(|| changed_number(node, text))
}

/// The value of a plain scalar; `None` for a number that OrgFormation would change.
pub fn plain(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if is_digits {
        let changes = (digits.len() > 1 && digits.starts_with('0')) || text.starts_with('+');
        return match text.parse::<i64>() {
            Ok(number) if !changes && number.unsigned_abs() < (1 << 53) => {
                Some(Value::Number(number.into()))
            }
            _ => None,
        };
    }
    if let Some(radix) = [("0x", 16), ("0o", 8), ("0b", 2)]
        .iter()
        .find_map(|(prefix, radix)| Some((digits.strip_prefix(prefix)?, *radix)))
        && i64::from_str_radix(radix.0, radix.1).is_ok()
    {
        return None;
    }
    let float_like = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().any(|b| b.is_ascii_digit())
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'));
    if let (true, Ok(number)) = (float_like, text.parse::<f64>()) {
        // Written back as it was written, it must stay the same text.
        return if number.is_finite() && number.to_string() == text {
            Some(Value::Number(number.into()))
        } else {
            None
        };
    }
    if matches!(digits.to_ascii_lowercase().as_str(), ".inf" | ".nan") {
        return None;
    }
    Some(Value::String(text.to_owned()))
}

fn changed_number(node: &Node, text: &str) -> Vec<Diagnostic> {
    vec![
        Diagnostic::new(
            &INVALID_VALUE,
            node.span,
            format!("OrgFormation reads `{text}` as a number, and changes it"),
        )
        .help(format!(
            "quote it if it is text, such as an account id: `'{text}'`"
        )),
    ]
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

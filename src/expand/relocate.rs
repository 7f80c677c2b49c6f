//! Relative paths of a template that is written to another folder.
//!
//! OrgFormation reads `!Include`, `!ReadFile`, `!MD5File` and `!MD5Dir` relative to the template's
//! folder (`src/parser/parser.ts`, `src/core/cfn-functions/cfn-read-file.ts`, `cfn-md5.ts`). A
//! file that is written elsewhere must name them from there.
//!
//! In: a template and two folders. Out: rewritten scalars. Refuses paths that cannot be written.

use std::path::Path;
use std::sync::Arc;

use serde_yaml::Value;

use crate::arguments::TAG;
use crate::diagnostic::{Diagnostic, Result, Shown as _};
use crate::expand::model::call::Template;
use crate::expand::model::rendered::Rendered;
use crate::source::path::clean;
use crate::yaml::emit;
use crate::yaml::lookup::INCLUDE;
use crate::yaml::node::{Kind, Node};
use crate::yaml::rules::INVALID_VALUE;

const TAGS: &[&str] = &[INCLUDE, "!ReadFile", "!MD5File", "!MD5Dir"];
const FUNCTIONS: &[&str] = &["Fn::ReadFile", "Fn::MD5File", "Fn::MD5Dir"];

/// A rewritten scalar: the place of the old one, and the new text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// First byte of the old scalar.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// The new scalar as YAML.
    pub text: String,
}

/// The rewrites that `template` needs if its folder is at `prefix`, seen from the output's
/// folder. Paths inside of macros are not among them.
///
/// # Errors
///
/// `invalid-value` if the new path could not be written so that OrgFormation reads it.
pub fn rewrites(template: &Template, prefix: &Path) -> Result<Vec<Rewrite>> {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    let mut stack: Vec<(&Arc<Node>, bool)> = vec![(&template.document.root, false)];
    while let Some((node, is_path)) = stack.pop() {
        if node.tag_name() == Some(TAG) {
            continue;
        }
        match &node.kind {
            Kind::Scalar(path, plain)
                if is_path || node.tag_name().is_some_and(|tag| TAGS.contains(&tag)) =>
            {
                match rewrite(node, path, *plain, prefix) {
                    Ok(rewrite) => found.extend(rewrite),
                    Err(problem) => problems.push(*problem),
                }
            }
            Kind::Scalar(..) | Kind::Alias(..) => {}
            Kind::Sequence(items, _) => stack.extend(items.iter().map(|item| (item, false))),
            Kind::Mapping(entries, _) => stack.extend(entries.iter().map(|entry| {
                (
                    &entry.value,
                    entry.key.text().is_some_and(|key| FUNCTIONS.contains(&key)),
                )
            })),
        }
    }
    found.sort_by_key(|rewrite| rewrite.start);
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}

fn rewrite(
    node: &Node,
    path: &str,
    plain: bool,
    prefix: &Path,
) -> std::result::Result<Option<Rewrite>, Box<Diagnostic>> {
    if Path::new(path).is_absolute() || path.is_empty() {
        return Ok(None);
    }
    let moved = join(prefix, path);
    if node.tag_name() == Some(INCLUDE) && moved.contains(['\'', '"', ' ', '\t']) {
        return Err(Box::new(
            Diagnostic::new(&INVALID_VALUE, node.whole_span(), format!("from the output's folder this file is `{}`, and OrgFormation's `!Include` takes no blanks or quotes", moved.shown()))
                .help("write the output into a folder whose path to the source has none"),
        ));
    }
    let text = if plain && node.tag_name() == Some(INCLUDE) {
        moved
    } else {
        emit::scalar(&moved)
    };
    Ok(Some(Rewrite {
        start: node.span.start,
        end: node.span.end,
        text,
    }))
}

/// The macro with the paths inside of its bodies rewritten (they are in policies that you
/// gave).
pub fn rendered(mut rendered: Rendered, prefix: &Path) -> Rendered {
    for resource in rendered
        .bodies
        .iter_mut()
        .flat_map(|body| &mut body.resources)
    {
        let mut content = Value::Mapping(std::mem::take(&mut resource.content));
        value(&mut content, prefix);
        if let Value::Mapping(mapping) = content {
            resource.content = mapping;
        }
    }
    rendered
}

fn value(node: &mut Value, prefix: &Path) {
    match node {
        Value::Sequence(items) => items.iter_mut().for_each(|item| value(item, prefix)),
        Value::Mapping(entries) => {
            for (key, item) in entries.iter_mut() {
                match item {
                    Value::String(path)
                        if key.as_str().is_some_and(|key| FUNCTIONS.contains(&key)) =>
                    {
                        *path = join(prefix, path);
                    }
                    other => value(other, prefix),
                }
            }
        }
        Value::Tagged(tagged) => {
            let is_path = TAGS.iter().any(|tag| tagged.tag == *tag);
            match &mut tagged.value {
                Value::String(path) if is_path => *path = join(prefix, path),
                other => value(other, prefix),
            }
        }
        _ => {}
    }
}

/// `prefix/path` without `.` and inner `..`, with forward slashes; `path` itself if it is absolute.
pub fn join(prefix: &Path, path: &str) -> String {
    if Path::new(path).is_absolute() {
        return path.to_owned();
    }
    let text = clean(&prefix.join(path))
        .to_string_lossy()
        .replace('\\', "/");
    if text.starts_with("../") || text.starts_with('/') {
        text
    } else {
        format!("./{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::path::between;

    #[test]
    fn names_a_file_from_another_folder() {
        let prefix = between(Path::new("/a/out/x"), Path::new("/a/org"));
        assert_eq!(prefix, Path::new("../../org"));
        assert_eq!(
            join(&prefix, "./organization.yml"),
            "../../org/organization.yml"
        );
        assert_eq!(join(&prefix, "../shared/a.yml"), "../../shared/a.yml");
        assert_eq!(join(Path::new(""), "a.yml"), "./a.yml");
        assert_eq!(join(&prefix, "/etc/a.yml"), "/etc/a.yml");
    }
}

//! The marks of nunjucks, which OrgFormation renders before it reads YAML.
//!
//! In: texts. Out: whether nunjucks would find something in them, and where
//! (`src/yaml-cfn/nunjucks-parse-includes.ts`). Refuses nothing.

/// How an expression, a statement and a comment begin.
const OPENING: [&str; 3] = ["{{", "{%", "{#"];
/// How they end.
const CLOSING: [&str; 3] = ["}}", "%}", "#}"];
/// How a dynamic reference of CloudFormation begins, which looks like an expression.
const DYNAMIC_REFERENCE: &str = "{{resolve:";

/// Where nunjucks first begins in `text`; CloudFormation's `{{resolve:` does not count.
pub fn nunjucks(text: &str) -> Option<usize> {
    let braces = text.match_indices('{').map(|(at, _)| at);
    braces.into_iter().find(|at| {
        let rest = text.get(*at..).unwrap_or_default();
        let is_open = OPENING.iter().any(|mark| rest.starts_with(mark));
        is_open && !rest.starts_with(DYNAMIC_REFERENCE)
    })
}

/// Whether some mark of nunjucks begins in `text`, for whatever it is meant.
pub fn has_opening(text: &str) -> bool {
    OPENING.iter().any(|mark| text.contains(mark))
}

/// Whether some mark of nunjucks is in `text`, for whatever it is meant.
pub fn has_mark(text: &str) -> bool {
    has_opening(text) || CLOSING.iter().any(|mark| text.contains(mark))
}

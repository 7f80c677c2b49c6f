//! `Select`: the accounts that a JSONPath query of the organization returns.
//!
//! In: the query. Out: the accounts, in the organization's order. Refuses what is not a query, and
//! results that are not accounts.

use std::collections::{BTreeSet, HashMap};

use jsonpath_rust::JsonPath as _;
use jsonpath_rust::parser::errors::JsonPathError;
use serde_json::Value as Json;

use super::Directory;
use crate::diagnostic::{Diagnostic, Result, Shown as _};
use crate::expand::rules::INVALID_JSON_PATH;
use crate::source::{Span, Spanned};
use crate::yaml::rules::{INVALID_VALUE, TOO_MANY_NODES};
use crate::yaml::value::json;

/// The most nodes that an organization may expand to for a query.
const NODE_LIMIT: usize = 5_000_000;

impl Directory<'_> {
    pub(super) fn query(&self, path: &Spanned<String>) -> Result<Vec<String>> {
        // OrgFormation turns an unquoted id back into text.
        let section = json(self.library, self.section, NODE_LIMIT, &["AccountId"]);
        let Some(section) = section else {
            return Err(vec![
                Diagnostic::new(
                    &TOO_MANY_NODES,
                    path.span,
                    format!(
                        "the organization expands to more than {NODE_LIMIT} nodes, or is nested too deep"
                    ),
                )
                .help("use fewer aliases and includes in it"),
            ]);
        };
        let document = Json::Object(serde_json::Map::from_iter([(
            "Organization".to_owned(),
            section,
        )]));
        let found = document
            .query_with_path(&path.value)
            .map_err(|error| vec![self.path_error(path, &error)])?;
        let mut names = BTreeSet::new();
        let order: HashMap<&str, usize> = self
            .organization
            .accounts
            .iter()
            .enumerate()
            .map(|(index, account)| (account.logical_id.as_str(), index))
            .collect();
        for node in found {
            let location = node.clone().path();
            let name = account_of(&location, node.val());
            match name.as_deref().and_then(|name| order.get(name)) {
                Some(index) => {
                    names.insert(*index);
                }
                None => {
                    return Err(vec![
                        Diagnostic::new(&INVALID_VALUE, path.span, format!("the query returns `{}`, which is not an account", location.shown().replace("\\'", "'")))
                            .help("let it return the accounts themselves, such as `$.Organization[?@.Type=='OC::ORG::Account']`"),
                    ]);
                }
            }
        }
        Ok(names
            .into_iter()
            .filter_map(|index| self.organization.accounts.get(index))
            .map(|account| account.logical_id.clone())
            .collect())
    }

    fn path_error(&self, path: &Spanned<String>, error: &JsonPathError) -> Diagnostic {
        let text = error.to_string();
        let expected = text
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("= "))
            .next_back()
            .map_or_else(
                || text.lines().next().unwrap_or_default().to_owned(),
                plainly,
            );
        let column = text
            .split("--> 1:")
            .nth(1)
            .and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next())
            .and_then(|digits| digits.parse::<usize>().ok());
        let source = self.library.sources.text(path.span.file);
        let written = source
            .get(path.span.start..path.span.end)
            .unwrap_or_default();
        // The location is exact if the scalar is written without escapes.
        let offset = written.find(path.value.as_str());
        let mut span = path.span;
        let mut place = String::new();
        if let Some(column) = column {
            place = format!(" at character {column}");
            let into = path
                .value
                .char_indices()
                .nth(column.saturating_sub(1))
                .map_or(path.value.len(), |(at, _)| at);
            if let Some(offset) = offset {
                let at = path.span.start + offset + into;
                span = Span::new(path.span.file, at, at);
            }
        }
        Diagnostic::new(
            &INVALID_JSON_PATH,
            span,
            format!("`Select` is not a JSONPath{place}: {expected}"),
        )
        .help("write an RFC 9535 query, such as `$.Organization[?@.Properties.Tags.stage=='prod']`")
    }
}

/// What the parser of queries expected, without the names of its grammar's rules.
fn plainly(expected: &str) -> String {
    [
        ("jp_query", "a query that begins with `$`"),
        ("atom_expr", "a comparison or a query"),
        ("comparable", "a literal or a query"),
        ("comp_op", "a comparison such as `==`"),
        ("name_segment", "`.name`"),
        ("index_segment", "`[...]`"),
        ("segment, ", ""),
        ("ALPHA", "a letter"),
        ("EOI", "the end"),
    ]
    .iter()
    .fold(expected.to_owned(), |text, (rule, words)| {
        text.replace(rule, words)
    })
}

/// The account that a result of a query means: the key of `$['Organization'][key]`, or the name
/// of a `{"Ref": name}`.
fn account_of(path: &str, value: &Json) -> Option<String> {
    if let Json::Object(fields) = value
        && let (1, Some(Json::String(name))) = (fields.len(), fields.get("Ref"))
    {
        return Some(name.clone());
    }
    let key = path
        .strip_prefix("$['Organization']['")?
        .strip_suffix("']")?;
    if key.contains("']['") || key.contains("'][") {
        return None;
    }
    Some(key.replace("\\'", "'").replace("\\\\", "\\"))
}

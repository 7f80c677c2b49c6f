//! The texts of AWS's managed policies.
//!
//! In: the packed data that `managed/make.py` writes, from a copy of the policies that moto ships. Out:
//! a policy's document as JSON, and the date of the texts. Refuses nothing: a policy that the data does
//! not have has no text that is known. It is unpacked when it is first asked for.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use crate::aws::packed::unpack;

static PACKED: &[u8] = include_bytes!("managed/managed.z");

/// How the ARN of each begins, whatever the account.
pub(crate) const PREFIX: &str = "arn:aws:iam::aws:policy/";

/// The data.
pub(crate) struct ManagedPolicies {
    text: String,
    /// Where the lines of a policy begin and end, by its path and name.
    policies: HashMap<String, (usize, usize)>,
}

/// The data, unpacked once.
pub(crate) fn managed_policies() -> &'static ManagedPolicies {
    static POLICIES: OnceLock<ManagedPolicies> = OnceLock::new();
    POLICIES.get_or_init(|| ManagedPolicies::of(unpack(PACKED)))
}

impl ManagedPolicies {
    fn of(text: String) -> Self {
        let mut policies = HashMap::new();
        let starts = text.match_indices("\n=").map(|(at, _)| at + 1);
        let ends = starts.clone().skip(1).chain([text.len() + 1]);
        for (start, end) in starts.zip(ends) {
            let block = text.get(start..end - 1).unwrap_or_default();
            let (head, _) = block.split_once('\n').unwrap_or((block, ""));
            let name = head.trim_start_matches('=');
            policies.insert(name.to_owned(), (start + head.len(), end - 1));
        }
        Self { text, policies }
    }

    /// The date of the newest text.
    pub(crate) fn date(&self) -> &str {
        let head = self.text.lines().next().unwrap_or_default();
        head.split_once('\t').map_or("", |(_, date)| date)
    }

    /// The document of the policy with this ARN, as JSON.
    pub(crate) fn document(&self, arn: &str) -> Option<String> {
        let (start, end) = self.policies.get(arn.strip_prefix(PREFIX)?)?;
        let lines = self.text.get(*start..*end)?.lines();
        let statements: Vec<String> = lines.filter_map(statement).collect();
        let statements = statements.join(",");
        Some(format!(
            r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#
        ))
    }
}

/// A statement as JSON; `None` for a line without one. No text of the data has to be escaped.
fn statement(line: &str) -> Option<String> {
    let mut fields = line.split('\t');
    let (head, actions) = (fields.next()?, fields.next()?);
    let (resources, condition) = (fields.next()?, fields.next()?);
    let (effect, sid) = match head.strip_prefix('A') {
        Some(sid) => ("Allow", sid),
        None => ("Deny", head.strip_prefix('D')?),
    };
    let mut service = "";
    let actions = actions
        .split(' ')
        .map(|action| match action.split_once(':') {
            Some((own, _)) => {
                service = own;
                action.to_owned()
            }
            None if ["!", "*"].contains(&action) && service.is_empty() => action.to_owned(),
            None => format!("{service}:{action}"),
        });
    let actions = member("Action", &actions.collect::<Vec<String>>());
    let resources = resources.split(' ').map(str::to_owned);
    let resources = member("Resource", &resources.collect::<Vec<String>>());
    let mut out = format!(r#"{{"Effect":"{effect}",{actions},{resources}"#);
    if !sid.is_empty() {
        let _ = write!(out, r#","Sid":"{sid}""#);
    }
    if !condition.is_empty() {
        let _ = write!(out, r#","Condition":{condition}"#);
    }
    out.push('}');
    Some(out)
}

/// A member with these patterns or, after `!`, everything but them.
fn member(key: &str, patterns: &[String]) -> String {
    let (not, patterns) = match patterns {
        [first, rest @ ..] if first == "!" => ("Not", rest),
        all => ("", all),
    };
    format!(r#""{not}{key}":["{}"]"#, patterns.join("\",\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Set by hand from what `managed/make.py` prints.
    const COUNT: usize = 1061;

    #[test]
    fn every_policy_is_there_and_is_json() {
        let all = managed_policies();
        assert_eq!(all.policies.len(), COUNT);
        let mut names: Vec<&String> = all.policies.keys().collect();
        names.sort();
        for name in names {
            let document = all.document(&format!("{PREFIX}{name}")).unwrap();
            let document: serde_json::Value = serde_json::from_str(&document).unwrap();
            let statements = document["Statement"].as_array().unwrap();
            assert!(!statements.is_empty(), "{name}");
            for statement in statements {
                for key in ["Action", "Resource"] {
                    let patterns = statement[key].as_array();
                    let patterns = patterns.or(statement[format!("Not{key}")].as_array());
                    let patterns = patterns.unwrap().iter().map(|text| text.as_str().unwrap());
                    for pattern in patterns {
                        let is_whole = pattern == "*" || pattern.contains(':');
                        assert!(is_whole, "{name}: {key} {pattern}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_texts_are_those_that_aws_publishes() {
        let document = |name: &str| managed_policies().document(&format!("{PREFIX}{name}"));
        assert_eq!(
            document("AdministratorAccess").unwrap(),
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["*"],"Resource":["*"]}]}"#
        );
        let power = document("PowerUserAccess").unwrap();
        assert!(power.contains(r#""NotAction":["iam:*","organizations:*","account:*"]"#));
        assert!(power.contains(r#""iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole""#));
        assert!(document("service-role/AWSLambdaBasicExecutionRole").is_some());
        assert_eq!(document("NoSuchPolicy"), None);
        assert_eq!(managed_policies().date(), "2026-09-30");
    }

    #[test]
    fn the_data_is_small() {
        assert!(PACKED.len() < 150_000);
    }
}

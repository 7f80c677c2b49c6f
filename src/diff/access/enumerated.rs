//! The accounts and the regions of a binding in place of what enumerates them.
//!
//! In: data, and what bindings reach. Out: the data with `Fn::EnumTargetAccounts` and
//! `Fn::EnumTargetRegions` worked out, as OrgFormation does (`src/cfn-binder/cfn-template.ts`,
//! `resolveEnumExpression`). Refuses nothing: what cannot be worked out stays as it is written.

use crate::organization::Account;
use crate::template::substitution::{SubstitutionPart, parts};
use crate::template::value::{Data, Unordered};

/// How a text begins that enumerates something.
const ACCOUNTS: &str = "Fn::EnumTargetAccounts";
const REGIONS: &str = "Fn::EnumTargetRegions";

/// What a text has that enumerates something, in every way of writing it.
pub(super) const MARK: &str = "EnumTarget";

/// What has several values in a statement, and in its principal.
const SETS: [&str; 6] = [
    "AWS",
    "CanonicalUser",
    "Federated",
    "NotResource",
    "Resource",
    "Service",
];

/// What bindings reach; without a name, it is the default one.
pub(super) struct Reached<'a> {
    pub(super) accounts: &'a dyn Fn(Option<&str>) -> Option<Vec<&'a Account>>,
    pub(super) regions: &'a dyn Fn(Option<&str>) -> Option<Vec<String>>,
}

/// Whether anything in `data` may enumerate something. Hardly any template does: this walk is all that the
/// others pay.
pub(super) fn may_enumerate(data: &Data) -> bool {
    match data {
        Data::Text(text) => text.contains(MARK),
        Data::List(items) | Data::Unordered(Unordered(items)) => items.iter().any(may_enumerate),
        Data::Map(entries) => entries
            .iter()
            .any(|(key, value)| key.contains(MARK) || may_enumerate(value)),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Action(_) => false,
    }
}

/// `data` with what it enumerates; `None` if that is nothing, or not known.
pub(super) fn enumerated(data: &Data, reached: &Reached<'_>) -> Option<Data> {
    match data {
        Data::List(items) => all(items, reached).map(Data::List),
        Data::Unordered(items) => {
            all(&items.0, reached).map(|items| Data::Unordered(Unordered(items)))
        }
        Data::Text(_) => one(data, reached).map(single),
        Data::Map(entries) => {
            if let Some(found) = one(data, reached) {
                return Some(single(found));
            }
            let new: Vec<Option<Data>> = entries
                .iter()
                .map(|(key, value)| match one(value, reached) {
                    Some(found) if SETS.contains(&key.as_str()) => {
                        Some(Data::Unordered(Unordered(found)))
                    }
                    Some(found) => Some(single(found)),
                    None => enumerated(value, reached),
                })
                .collect();
            if new.iter().all(Option::is_none) {
                return None;
            }
            let entries = entries.iter().zip(new);
            let entries =
                entries.map(|((key, old), new)| (key.clone(), new.unwrap_or_else(|| old.clone())));
            Some(Data::Map(entries.collect()))
        }
        _ => None,
    }
}

/// One value is no list: so OrgFormation writes it.
fn single(mut found: Vec<Data>) -> Data {
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => one,
        (last, _) => {
            found.extend(last);
            Data::List(found)
        }
    }
}

/// Items, with what they enumerate in place of them.
fn all(items: &[Data], reached: &Reached<'_>) -> Option<Vec<Data>> {
    let mut is_changed = false;
    let mut found = Vec::new();
    for item in items {
        if let Some(several) = one(item, reached) {
            is_changed = true;
            found.extend(several);
            continue;
        }
        let new = enumerated(item, reached);
        is_changed |= new.is_some();
        found.push(new.unwrap_or_else(|| item.clone()));
    }
    is_changed.then_some(found)
}

/// What one value enumerates.
fn one(data: &Data, reached: &Reached<'_>) -> Option<Vec<Data>> {
    let written = match data {
        Data::Text(text) => text.trim().to_owned(),
        // The name of a function is what such a text begins with.
        Data::Map(entries) => match entries.as_slice() {
            [(key, Data::Text(text))] if key == ACCOUNTS || key == REGIONS => {
                format!("{key} {}", text.trim())
            }
            _ => return None,
        },
        _ => return None,
    };
    if written.starts_with(ACCOUNTS) {
        let (binding, expression) = asked(&written)?;
        let accounts = (reached.accounts)(binding.as_deref())?;
        let values = accounts.iter();
        return values
            .map(|account| filled(&expression, &|name| of_account(account, name)))
            .collect();
    }
    if !written.starts_with(REGIONS) {
        return None;
    }
    let (binding, expression) = asked(&written)?;
    let regions = (reached.regions)(binding.as_deref())?;
    let values = regions.iter();
    values
        .map(|region| filled(&expression, &|name| of_region(region, name)))
        .collect()
}

/// The binding and the expression of a text.
fn asked(written: &str) -> Option<(Option<String>, String)> {
    let words: Vec<&str> = written.split_whitespace().collect();
    if let Some(rest) = written.strip_suffix('\'') {
        let (_, expression) = rest.split_once('\'')?;
        let binding = words.get(1).filter(|word| !word.starts_with('\''));
        return Some((
            binding.map(|name| (*name).to_owned()),
            expression.to_owned(),
        ));
    }
    match words.as_slice() {
        // One word is the expression.
        [_, expression] if expression.contains("${") => Some((None, (*expression).to_owned())),
        [_, binding, expression] => Some((Some((*binding).to_owned()), (*expression).to_owned())),
        _ => None,
    }
}

/// What a variable of the expression is.
enum Enumerated {
    Text(String),
    Reference(String),
    /// It is one of CloudFormation's.
    Other,
}

/// What a name is about an account; `None` if that is not known.
fn of_account(account: &Account, name: &str) -> Option<Enumerated> {
    match name {
        "account" | "AccountId" => Some(Enumerated::Reference(account.logical_id.clone())),
        "LogicalId" => Some(Enumerated::Text(account.logical_id.clone())),
        "AccountName" | "Alias" | "RootEmail" => {
            let value = account.attribute(name)?;
            // What is written for none is not an empty text.
            let text = value.text().filter(|text| !text.is_empty())?;
            Some(Enumerated::Text(text.to_owned()))
        }
        name if name.starts_with("Tags.") => {
            let value = account.attribute(name)?;
            Some(Enumerated::Text(value.text()?.to_owned()))
        }
        _ => Some(Enumerated::Other),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is asked like `of_account`")]
fn of_region(region: &str, name: &str) -> Option<Enumerated> {
    Some(match name {
        "region" => Enumerated::Text(region.to_owned()),
        _ => Enumerated::Other,
    })
}

/// The expression with values in place of its variables.
fn filled(expression: &str, value: &dyn Fn(&str) -> Option<Enumerated>) -> Option<Data> {
    let mut out = String::new();
    let mut has_variables = false;
    let mut seen: Vec<&str> = Vec::new();
    for part in parts(expression) {
        let name = match (part, part.literal()) {
            (SubstitutionPart::Text(text), _) => {
                out.push_str(text);
                continue;
            }
            (SubstitutionPart::Variable(name), None) => name,
            _ => return None,
        };
        match value(name)? {
            // OrgFormation replaces the first one of a name only.
            Enumerated::Text(_) | Enumerated::Reference(_) if seen.contains(&name) => return None,
            Enumerated::Text(text) => out.push_str(&text),
            Enumerated::Reference(name) => {
                has_variables = true;
                out.extend(["${", name.as_str(), "}"]);
            }
            Enumerated::Other => {
                has_variables = true;
                out.extend(["${", name, "}"]);
            }
        }
        seen.push(name);
    }
    Some(if has_variables {
        Data::Map(vec![("Fn::Sub".to_owned(), Data::Text(out))])
    } else {
        Data::Text(out)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<Vec<String>> {
        let mut dev = Account::of("Dev", "111111111111");
        dev.tags.push(("stage".to_owned(), "dev".to_owned()));
        let prod = Account::of("Prod", "222222222222");
        let accounts = |binding: Option<&str>| match binding {
            Some("Both") => Some(vec![&dev, &prod]),
            Some("None") => Some(Vec::new()),
            None => Some(vec![&dev]),
            Some(_) => None,
        };
        let regions = |_: Option<&str>| Some(vec!["eu-west-1".to_owned()]);
        let reached = Reached {
            accounts: &accounts,
            regions: &regions,
        };
        let data = Data::List(vec![Data::Text(text.to_owned())]);
        let Data::List(items) = enumerated(&data, &reached)? else {
            return None;
        };
        let text = |data: &Data| match data.get("Fn::Sub") {
            Some(sub) => format!("sub {}", sub.text().unwrap()),
            None => data.text().unwrap().to_owned(),
        };
        Some(items.iter().map(text).collect())
    }

    #[test]
    fn expressions_are_read_as_orgformation_does() {
        for (text, wanted) in [
            (
                "Fn::EnumTargetAccounts Both arn:aws:iam::${account}:root",
                Some(vec![
                    "sub arn:aws:iam::${Dev}:root",
                    "sub arn:aws:iam::${Prod}:root",
                ]),
            ),
            (
                "Fn::EnumTargetAccounts Both 'a b ${LogicalId}'",
                Some(vec!["a b Dev", "a b Prod"]),
            ),
            (
                "Fn::EnumTargetAccounts '${AccountId} x'",
                Some(vec!["sub ${Dev} x"]),
            ),
            (
                "Fn::EnumTargetAccounts ${account}",
                Some(vec!["sub ${Dev}"]),
            ),
            (
                "Fn::EnumTargetAccounts Both arn:${AWS::Partition}:${LogicalId}",
                Some(vec![
                    "sub arn:${AWS::Partition}:Dev",
                    "sub arn:${AWS::Partition}:Prod",
                ]),
            ),
            ("Fn::EnumTargetAccounts None ${account}", Some(vec![])),
            (
                "Fn::EnumTargetRegions Both r-${region}",
                Some(vec!["r-eu-west-1"]),
            ),
            // What is not known, or is an error.
            ("Fn::EnumTargetAccounts Both ${Tags.stage}", None),
            ("Fn::EnumTargetAccounts Both ${Alias}", None),
            ("Fn::EnumTargetAccounts Other ${account}", None),
            ("Fn::EnumTargetAccounts Both a b", None),
            ("Fn::EnumTargetAccounts Both ${account}${account}", None),
            ("Fn::TargetCount Both", None),
        ] {
            let wanted = wanted.map(|all| all.into_iter().map(str::to_owned).collect());
            assert_eq!(found(text), wanted, "{text}");
        }
        assert_eq!(
            found("Fn::EnumTargetAccounts '${Tags.stage}'"),
            Some(vec!["dev".to_owned()])
        );
    }
}

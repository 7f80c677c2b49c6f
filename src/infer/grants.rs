//! What each service grants, and what each of its options adds.
//!
//! In: the partials of a run. Out: [`Grants`], the statements of each service with the option that
//! adds them, so that a service or option that somebody ejects or adds counts like any other.
//! Refuses a partial that does not render to YAML.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_yaml::{Mapping, Value};

use crate::aws::wildcard::{matches, overlap};
use crate::diagnostic::Result;
use crate::partials::Partials;
use crate::partials::statements::{self, arn, listed, normal};

const NO_OPTIONS: &[&str] = &[];

/// A service, or one option of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Offering {
    /// The service: the name of its partial, such as `lambda`.
    pub service: String,
    /// The option, such as `layer`.
    pub option: Option<String>,
}

/// The statements of all services.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    statements: Vec<OfferedStatement>,
    /// The statements that may grant an action with this prefix, such as `sqs`, by index.
    by_prefix: HashMap<String, Vec<usize>>,
    /// Those that may grant an action with any prefix.
    of_any: Vec<usize>,
}

/// A statement of a partial, with what adds it.
#[derive(Clone, Debug)]
pub struct OfferedStatement {
    /// What adds it.
    pub offering: Offering,
    text: StatementText,
}

/// What a statement says, as far as it decides which actions are granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementText {
    is_deny: bool,
    actions: NamedPatterns,
    resources: NamedPatterns,
    /// The services that a role may be passed to, or whose linked role may be created, in small
    /// letters; `None` if no condition limits them.
    services: Option<Vec<String>>,
    /// The services through which keys may be used, such as `lambda.*.amazonaws.com`; `None` if no
    /// condition limits them.
    through: Option<Vec<String>>,
    has_condition: bool,
}

/// `Action` or `NotAction`, and the like for resources.
#[derive(Clone, Debug, PartialEq, Eq)]
struct NamedPatterns {
    is_negated: bool,
    patterns: Vec<String>,
}

/// An action on one kind of resource.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The action, such as `sqs:CreateQueue`.
    pub action: &'a str,
    /// What its resource can be; `*` alone if the action has no resource.
    pub arns: &'a [String],
    /// The services that a role is passed to, such as `lambda.amazonaws.com`; `None` for other
    /// actions.
    pub services: Option<&'a [&'a str]>,
    /// The service that uses keys for the resource, such as `lambda`; `None` if it is not known.
    pub through: Option<&'a str>,
}

/// What grants an action on one kind of resource.
#[derive(Clone, Debug)]
pub struct Granting {
    /// The service or option.
    pub offering: Offering,
    /// The resources of its statements that do.
    resources: Vec<NamedPatterns>,
    /// Whether each of them has a condition.
    is_conditional: bool,
}

impl Granting {
    /// Whether it grants the action wherever `other` does, if its conditions hold.
    pub fn covers(&self, other: &Self) -> bool {
        let mut resources = other.resources.iter();
        resources.all(|wanted| self.resources.iter().any(|own| own.covers(wanted)))
    }

    /// The same, under no condition.
    pub fn surely_covers(&self, other: &Self) -> bool {
        !self.is_conditional && self.covers(other)
    }
}

impl Grants {
    /// The statements of every service in `partials` whose text has one of these `prefixes` of
    /// actions, such as `sqs:`. Other services cannot grant what is asked.
    ///
    /// # Errors
    ///
    /// `broken-partial`.
    pub fn new(partials: &Partials, prefixes: &BTreeSet<String>) -> Result<Self> {
        let mut statements = Vec::new();
        for service in partials.catalog.services.names() {
            if !names_one(partials, service, prefixes) {
                continue;
            }
            let (base, text) = rendered(partials, service, NO_OPTIONS)?;
            let options = partials.catalog.services.options(service);
            for option in options.unwrap_or_default() {
                let added = added(partials, service, option, (&base, &text))?;
                let added = added.into_iter().filter(|one| !base.contains(one));
                let offering = Offering {
                    service: service.to_owned(),
                    option: Some(option.clone()),
                };
                statements.extend(added.map(|text| OfferedStatement {
                    offering: offering.clone(),
                    text,
                }));
            }
            let offering = Offering {
                service: service.to_owned(),
                option: None,
            };
            statements.extend(base.into_iter().map(|text| OfferedStatement {
                offering: offering.clone(),
                text,
            }));
        }
        Ok(Self::indexed(statements))
    }

    fn indexed(statements: Vec<OfferedStatement>) -> Self {
        let mut grants = Self::default();
        for (index, statement) in statements.iter().enumerate() {
            match statement.text.actions.prefixes() {
                Some(prefixes) => {
                    for prefix in prefixes {
                        let of_it = grants.by_prefix.entry(prefix.to_owned());
                        of_it.or_default().push(index);
                    }
                }
                None => grants.of_any.push(index),
            }
        }
        grants.statements = statements;
        grants
    }

    /// The statements that `offering` adds.
    pub fn statements_of<'a>(
        &'a self,
        offering: &'a Offering,
    ) -> impl Iterator<Item = &'a StatementText> {
        let statements = self.statements.iter();
        let of_it = statements.filter(move |one| one.offering == *offering);
        of_it.map(|one| &one.text)
    }

    /// Everything that grants `asked`, each once, sorted.
    pub fn granting(&self, asked: Asked<'_>) -> Vec<Granting> {
        let prefix = asked.action.split(':').next().unwrap_or_default();
        let of_it = self.by_prefix.get(&prefix.to_ascii_lowercase());
        let possible = of_it.into_iter().flatten().chain(&self.of_any);
        let granting = possible
            .filter_map(|index| self.statements.get(*index))
            .filter(|statement| statement.text.allows(asked));
        let mut found: BTreeMap<&Offering, Vec<&StatementText>> = BTreeMap::new();
        for statement in granting {
            let of_it = found.entry(&statement.offering).or_default();
            of_it.push(&statement.text);
        }
        let found = found.into_iter();
        found
            .map(|(offering, statements)| Granting {
                offering: offering.clone(),
                resources: statements.iter().map(|one| one.resources.clone()).collect(),
                is_conditional: statements.iter().any(|one| one.has_condition),
            })
            .collect()
    }
}

/// Whether the text of a service's partial names an action of one of `prefixes`, or may take its
/// actions from elsewhere.
fn names_one(partials: &Partials, service: &str, prefixes: &BTreeSet<String>) -> bool {
    let text = partials.text(&partial(service)).unwrap_or_default();
    let text = text.to_ascii_lowercase();
    let is_plain = !text.contains("notaction") && !text.contains("{{>");
    !is_plain || prefixes.iter().any(|prefix| text.contains(prefix.as_str()))
}

fn partial(service: &str) -> String {
    format!("services/{service}")
}

/// The statements of `service` with these options on.
///
/// # Errors
///
/// `broken-partial`.
pub fn of_service(
    partials: &Partials,
    service: &str,
    options: &[impl AsRef<str>],
) -> Result<Vec<StatementText>> {
    rendered(partials, service, options).map(|(statements, _)| statements)
}

/// The statements of `service` with one option on: all of them, or those that it adds to `base`, the
/// statements and the text without it.
fn added(
    partials: &Partials,
    service: &str,
    option: &str,
    (base, before): (&[StatementText], &str),
) -> Result<Vec<StatementText>> {
    let name = partial(service);
    let after = statements::text(partials, &name, &[option])?;
    if after == before {
        return Ok(base.to_vec());
    }
    // Most options add lines in one place, and only these are parsed.
    if let Some(lines) = inserted(before, &after)
        && lines.trim_start().starts_with("- ")
        && let Ok(Value::Sequence(items)) = serde_yaml::from_str(lines)
        && let Some(statements) = items.iter().map(statement).collect::<Option<Vec<_>>>()
    {
        return Ok(statements);
    }
    parsed(partials, &name, &after)
}

/// The lines that `after` has in one place in addition to those of `before`; `None` if they differ in
/// another way.
fn inserted<'a>(before: &str, after: &'a str) -> Option<&'a str> {
    let same = |(own, other): &(&str, &str)| own == other;
    let own = before.split_inclusive('\n');
    let start = own.zip(after.split_inclusive('\n')).take_while(same);
    let start: usize = start.map(|(line, _)| line.len()).sum();
    let (_, rest) = before.split_at_checked(start)?;
    let more = after.get(start..)?.strip_suffix(rest)?;
    let is_whole = rest.is_empty() || more.ends_with('\n');
    is_whole.then_some(more)
}

/// The statements of `service` with these options on, and the text that they are read from.
fn rendered(
    partials: &Partials,
    service: &str,
    options: &[impl AsRef<str>],
) -> Result<(Vec<StatementText>, String)> {
    let name = partial(service);
    let text = statements::text(partials, &name, options)?;
    let statements = parsed(partials, &name, &text)?;
    Ok((statements, text))
}

/// The statements of a rendered text.
fn parsed(partials: &Partials, name: &str, text: &str) -> Result<Vec<StatementText>> {
    let items = statements::parsed(partials, name, text)?;
    let read: Option<Vec<StatementText>> = items.iter().map(statement).collect();
    read.ok_or_else(|| statements::broken(partials, name))
}

/// The statements of a policy document that a macro gives the role, such as one of
/// `ExecutionPolicies`. What is not understood is left out.
pub fn of_document(document: &Value) -> Vec<StatementText> {
    let statements = document.get("Statement");
    listed(statements).filter_map(statement).collect()
}

fn statement(value: &Value) -> Option<StatementText> {
    let fields = value.as_mapping()?;
    let condition = fields.get("Condition");
    Some(StatementText {
        is_deny: fields.get("Effect").and_then(Value::as_str) == Some("Deny"),
        actions: patterns(fields, "Action", "NotAction", |text| {
            text.to_ascii_lowercase()
        })?,
        resources: patterns(fields, "Resource", "NotResource", normal)?,
        services: condition.and_then(limited_services),
        through: condition.and_then(limited_through),
        has_condition: condition.is_some(),
    })
}

fn patterns(
    fields: &Mapping,
    key: &str,
    negated: &str,
    read: impl Fn(&str) -> String,
) -> Option<NamedPatterns> {
    let is_negated = !fields.contains_key(key);
    let value = fields.get(if is_negated { negated } else { key })?;
    let patterns = listed(Some(value)).map(|item| read(&arn(item)));
    Some(NamedPatterns {
        is_negated,
        patterns: patterns.collect(),
    })
}

/// The services of `iam:PassedToService` or `iam:AWSServiceName`, if the condition names any.
fn limited_services(condition: &Value) -> Option<Vec<String>> {
    let operators = condition.as_mapping()?;
    let keys = operators.iter().filter_map(|(_, keys)| keys.as_mapping());
    let named = keys.flatten().find(|(key, _)| {
        let key = key.as_str().unwrap_or_default();
        key.eq_ignore_ascii_case("iam:PassedToService")
            || key.eq_ignore_ascii_case("iam:AWSServiceName")
    });
    let (_, services) = named?;
    let services = listed(Some(services)).map(|service| normal(&arn(service)).to_ascii_lowercase());
    Some(services.collect())
}

/// The services of `kms:ViaService`, if the condition names any.
fn limited_through(condition: &Value) -> Option<Vec<String>> {
    let operators = ["StringEquals", "StringLike"].into_iter();
    let mut keys = operators.filter_map(|operator| condition.get(operator)?.as_mapping());
    let services = keys.find_map(|keys| {
        let mut named = keys.iter();
        let is_it = |key: &str| key.eq_ignore_ascii_case("kms:ViaService");
        named.find_map(|(key, services)| key.as_str().is_some_and(is_it).then_some(services))
    })?;
    let services = listed(Some(services)).map(|service| normal(&arn(service)).to_ascii_lowercase());
    Some(services.collect())
}

impl StatementText {
    /// Whether it is a Deny.
    pub fn is_deny(&self) -> bool {
        self.is_deny
    }

    /// Whether it has a condition.
    pub fn has_condition(&self) -> bool {
        self.has_condition
    }

    /// The prefixes of its actions, in small letters; `None` if it may have any.
    pub fn prefixes(&self) -> Option<BTreeSet<&str>> {
        self.actions.prefixes()
    }

    /// Whether `action` is one of its actions.
    pub fn has_action(&self, action: &str) -> bool {
        self.actions.has_action(action)
    }

    /// The patterns of its resources; none if it names those that it leaves out.
    pub fn resources(&self) -> &[String] {
        let patterns = self.resources.patterns.as_slice();
        if self.resources.is_negated {
            &[]
        } else {
            patterns
        }
    }

    /// The services that a role may be passed to, in small letters; none if they are not limited.
    pub fn services(&self) -> &[String] {
        self.services.as_deref().unwrap_or_default()
    }

    /// Whether it grants `asked`, if its other conditions hold.
    pub fn allows(&self, asked: Asked<'_>) -> bool {
        !self.is_deny
            && self.actions.has_action(asked.action)
            && self.reaches(asked.arns)
            && self.lets_pass(asked.services)
            && self.lets_through(asked.through)
    }

    /// Whether it always refuses `asked`.
    pub fn denies(&self, asked: Asked<'_>) -> bool {
        let resources = &self.resources;
        let covers = |arn: &String| {
            let mut patterns = resources.patterns.iter();
            patterns.any(|pattern| matches(pattern, arn))
        };
        self.is_deny
            && !self.has_condition
            && self.actions.has_action(asked.action)
            && !resources.is_negated
            && asked.arns.iter().all(covers)
    }

    /// Whether one of `arns` can be one of its resources. An action without a resource is granted
    /// only on `*`.
    fn reaches(&self, arns: &[String]) -> bool {
        let patterns = &self.resources.patterns;
        if self.resources.is_negated {
            let is_left_out = |arn: &String| patterns.iter().any(|pattern| matches(pattern, arn));
            return arns.iter().any(|arn| !is_left_out(arn));
        }
        arns.iter().any(|arn| {
            let mut patterns = patterns.iter();
            if arn == "*" {
                patterns.any(|pattern| pattern == "*")
            } else {
                patterns.any(|pattern| overlap(pattern, arn))
            }
        })
    }

    fn lets_pass(&self, services: Option<&[&str]>) -> bool {
        let (Some(limited), Some(services)) = (&self.services, services) else {
            return true;
        };
        let is_limited = |service: &&str| limited.iter().any(|one| overlap(one, service));
        services.iter().any(is_limited)
    }

    /// Whether keys may be used through this service: `kms:ViaService` is then its name, the region, and
    /// `amazonaws.com`.
    fn lets_through(&self, service: Option<&str>) -> bool {
        let (Some(limited), Some(service)) = (&self.through, service) else {
            return true;
        };
        let through = format!("{}.*.amazonaws.com", service.to_ascii_lowercase());
        limited.iter().any(|one| overlap(one, &through))
    }
}

impl NamedPatterns {
    /// Whether it has everything that `other` has, as far as their patterns show it.
    fn covers(&self, other: &Self) -> bool {
        let has = |wanted: &String| self.patterns.iter().any(|own| matches(own, wanted));
        self == other || !self.is_negated && !other.is_negated && other.patterns.iter().all(has)
    }

    /// The prefixes of the actions that are named; `None` if there may be others.
    fn prefixes(&self) -> Option<BTreeSet<&str>> {
        let has_prefix = |pattern: &String| {
            let (prefix, _) = pattern.split_once(':').unwrap_or_default();
            !prefix.is_empty() && !prefix.contains(['*', '?'])
        };
        if self.is_negated || !self.patterns.iter().all(has_prefix) {
            return None;
        }
        let patterns = self.patterns.iter();
        Some(patterns.filter_map(|one| one.split(':').next()).collect())
    }

    fn has_action(&self, action: &str) -> bool {
        // Most patterns are plain names of other services: no text is copied for these.
        let is_it = |pattern: &String| match pattern.find(['*', '?']) {
            None => pattern.eq_ignore_ascii_case(action),
            Some(end) => {
                let begins = pattern.get(..end).zip(action.get(..end));
                begins.is_some_and(|(own, other)| own.eq_ignore_ascii_case(other))
                    && matches(pattern, &action.to_ascii_lowercase())
            }
        };
        self.patterns.iter().any(is_it) != self.is_negated
    }
}

#[cfg(test)]
mod tests;

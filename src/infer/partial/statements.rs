//! Grants to statements.
//!
//! In: what each type needs of each action. Out: statements, each with its reasons: actions that
//! are granted on the same ARNs with the same limits are one. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::wildcard::matches;
use crate::infer::arns::{ArnPattern, ArnReach};
use crate::infer::partial::grant::{GrantClass, NarrowGrant};
use crate::infer::partial::held::Hold;
use crate::infer::partial::limits::Limit;

/// How long the actions of a statement may be together, and how long its ARNs: a policy must have
/// room for any statement.
const LONGEST: usize = 2_400;

/// Which types ask for something, each with the properties that do; none if the type always does.
pub(crate) type Askers = BTreeMap<String, BTreeSet<String>>;

/// A statement of a generated partial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GeneratedStatement {
    pub(crate) key: StatementKey,
    /// The ARNs, as partials write them.
    pub(crate) resources: BTreeSet<String>,
    /// What the resources are called, as far as that is known.
    pub(crate) kinds: BTreeSet<String>,
    /// The actions, and who asks for each.
    pub(crate) actions: BTreeMap<String, Askers>,
}

/// What all grants of a statement have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StatementKey {
    /// Whether its actions are those of another service than the partial's.
    pub(crate) is_other: bool,
    pub(crate) service: String,
    pub(crate) class: GrantClass,
    pub(crate) reach: ArnReach,
    /// Whether the ARNs are not what the actions are about: their calls are also checked on them.
    pub(crate) is_beside: bool,
    pub(crate) limits: BTreeSet<Limit>,
    /// Why a person had to name the actions.
    pub(crate) hold: Option<Hold>,
    /// The action, if it must be in a statement of its own.
    alone: Option<String>,
}

/// Collects grants.
pub(crate) struct Collector {
    /// The prefix of the partial's own actions.
    service: String,
    /// What is granted, by what it has in common and by action.
    found: BTreeMap<(StatementKey, String), (BTreeSet<ArnPattern>, Askers)>,
}

impl Collector {
    /// For the partial of the service with the prefix `service`.
    pub(crate) fn new(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            found: BTreeMap::new(),
        }
    }

    /// Adds what `asker` needs of `action`, because of `property` if one asks for it.
    pub(crate) fn add(
        &mut self,
        action: &str,
        grant: &NarrowGrant,
        hold: Option<Hold>,
        asker: (&str, Option<&str>),
    ) {
        let service = action.split(':').next().unwrap_or_default();
        let writes = grant.class != GrantClass::Read;
        let key = StatementKey {
            is_other: service != self.service,
            service: service.to_owned(),
            class: grant.class,
            reach: grant.reach,
            is_beside: grant.is_beside,
            limits: grant.limits.clone(),
            hold,
            alone: (writes && grant.reach == ArnReach::Any).then(|| action.to_owned()),
        };
        let known = self.found.entry((key, action.to_owned())).or_default();
        known.0.extend(grant.arns.iter().cloned());
        let properties = known.1.get_mut(asker.0);
        match (properties, asker.1) {
            // What is always needed needs no property.
            (Some(properties), Some(property)) if !properties.is_empty() => {
                properties.insert(property.to_owned());
            }
            (Some(properties), None) => properties.clear(),
            (Some(_), Some(_)) => {}
            (None, property) => {
                let properties = property.into_iter().map(str::to_owned);
                known.1.insert(asker.0.to_owned(), properties.collect());
            }
        }
    }

    /// The statements, in their order.
    pub(crate) fn statements(self) -> Vec<GeneratedStatement> {
        let mut statements: BTreeMap<(StatementKey, BTreeSet<String>), GeneratedStatement> =
            BTreeMap::new();
        for ((key, action), (arns, askers)) in self.found {
            let resources = without_covered(&arns);
            let kinds = arns.iter().map(|arn| arn.kind.clone());
            let statement = statements
                .entry((key.clone(), resources.clone()))
                .or_insert_with(|| GeneratedStatement {
                    key,
                    resources,
                    kinds: BTreeSet::new(),
                    actions: BTreeMap::new(),
                });
            statement
                .kinds
                .extend(kinds.filter(|kind| !kind.is_empty()));
            statement.actions.insert(action, askers);
        }
        let statements = merged(statements.into_values().collect());
        statements.into_iter().flat_map(split).collect()
    }
}

/// The statements, with those that pass the same roles joined: what a role may be passed to is one
/// list.
fn merged(statements: Vec<GeneratedStatement>) -> Vec<GeneratedStatement> {
    let mut kept: Vec<GeneratedStatement> = Vec::new();
    for statement in statements {
        let services = passed_to(&statement);
        let same = |one: &&mut GeneratedStatement| {
            one.key.class == GrantClass::PassRole
                && one.key.hold == statement.key.hold
                && one.resources == statement.resources
        };
        let (Some(services), Some(one)) = (services, kept.iter_mut().find(same)) else {
            kept.push(statement);
            continue;
        };
        let mut all = passed_to(one).unwrap_or_default();
        all.extend(services);
        one.key.limits = BTreeSet::from([Limit::PassedTo(all)]);
        for (action, askers) in statement.actions {
            one.actions.entry(action).or_default().extend(askers);
        }
    }
    kept
}

/// The services that the statement passes roles to, if it does.
fn passed_to(statement: &GeneratedStatement) -> Option<BTreeSet<String>> {
    statement.key.limits.iter().find_map(|limit| match limit {
        Limit::PassedTo(services) => Some(services.clone()),
        _ => None,
    })
}

/// The texts of the ARNs, without those that another covers.
fn without_covered(arns: &BTreeSet<ArnPattern>) -> BTreeSet<String> {
    let texts: BTreeSet<&str> = arns.iter().map(|arn| arn.text.as_str()).collect();
    let is_covered = |text: &str| {
        let mut others = texts.iter().filter(|other| **other != text);
        others.any(|other| matches(other, text))
    };
    let kept = texts.iter().filter(|text| !is_covered(text));
    kept.map(|text| (*text).to_owned()).collect()
}

/// The statement, or several if it is long.
fn split(statement: GeneratedStatement) -> Vec<GeneratedStatement> {
    let actions: Vec<(String, Askers)> = statement.actions.clone().into_iter().collect();
    let resources: Vec<String> = statement.resources.iter().cloned().collect();
    let mut found = Vec::new();
    for actions in chunks(&actions, |(action, _)| action.len()) {
        for resources in chunks(&resources, String::len) {
            found.push(GeneratedStatement {
                actions: actions.iter().cloned().collect(),
                resources: resources.iter().cloned().collect(),
                ..statement.clone()
            });
        }
    }
    found
}

/// `items` in parts of at most [`LONGEST`] characters.
fn chunks<T>(items: &[T], length: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut parts = Vec::new();
    let (mut start, mut taken) = (0, 0);
    for (at, item) in items.iter().enumerate() {
        // Also the quotes and the comma.
        let more = length(item) + 3;
        if taken + more > LONGEST && at > start {
            parts.extend(items.get(start..at));
            (start, taken) = (at, 0);
        }
        taken += more;
    }
    parts.extend(items.get(start..));
    parts
}

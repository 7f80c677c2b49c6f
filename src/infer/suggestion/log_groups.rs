//! Log groups whose names begin in a way that only an option of the service `logs` reaches.
//!
//! In: an app, and the services that were chosen for it whatever its log groups are called. Out: the
//! options without which these do not reach them. Refuses partials that do not render: a group whose
//! name depends on something else can have any name.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use crate::diagnostic::Result;
use crate::infer::grants::{Asked, Offering, StatementText, of_service};
use crate::infer::model::NeedReason;
use crate::infer::names::log_group_prefixes;
use crate::infer::suggestion::model::{AppNeeds, ServiceReason, services_of};
use crate::partials::Partials;
use crate::partials::statements::{APP, normal};

/// What the name of a log group follows in an ARN.
const LOG_GROUP: &str = ":log-group:";

/// Options that are needed for names, with their reasons.
pub(super) type NamedOptions = BTreeMap<Offering, Vec<ServiceReason>>;

/// The options without which the services `chosen` for each need do not reach the log groups.
///
/// Only together with others does such an option grant all that is needed, as for a filter of such a
/// group. So it is not among what is chosen from.
pub(super) fn options_for_names(
    wanted: AppNeeds<'_>,
    chosen: &[Option<Offering>],
    partials: &Partials,
) -> Result<NamedOptions> {
    let mut found = NamedOptions::new();
    let prefixes = log_group_prefixes(wanted.app);
    if prefixes.is_empty() {
        return Ok(found);
    }
    let services = ChosenServices::of(chosen, partials)?;
    let mut known: HashMap<(&str, &str, &str), Option<Offering>> = HashMap::new();
    for (need, chosen) in wanted.needs.iter().zip(chosen) {
        let (Some(chosen), Some(prefix)) = (chosen, prefixes.get(&need.resource)) else {
            continue;
        };
        let key = (
            chosen.service.as_str(),
            need.action.as_str(),
            prefix.as_str(),
        );
        let option = match known.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let arns = with_prefix(&possible(wanted, need.resource, &need.action), prefix);
                new.insert(services.option_for(&chosen.service, &need.action, &arns)?)
            }
        };
        if let Some(option) = option {
            found
                .entry(option.clone())
                .or_default()
                .push(ServiceReason {
                    resource: need.resource,
                    action: need.action.clone(),
                    because: NeedReason::Property("LogGroupName".to_owned()),
                });
        }
    }
    Ok(found)
}

/// What the resource of an action can be, whatever its name is.
fn possible(wanted: AppNeeds<'_>, resource: usize, action: &str) -> Vec<String> {
    let resource = wanted.app.resources.get(resource);
    resource.map_or_else(Vec::new, |one| (wanted.arns)(&one.type_name, action))
}

/// The services that were chosen, with their options.
struct ChosenServices<'a> {
    partials: &'a Partials,
    options: BTreeMap<&'a str, Vec<&'a str>>,
    statements: Vec<StatementText>,
}

impl<'a> ChosenServices<'a> {
    fn of(chosen: &'a [Option<Offering>], partials: &'a Partials) -> Result<Self> {
        let mut statements = Vec::new();
        let mut all = BTreeMap::new();
        for (service, options) in services_of(chosen.iter().flatten()) {
            let options: Vec<&str> = options.into_iter().collect();
            statements.extend(of_service(partials, service, &options)?);
            all.insert(service, options);
        }
        Ok(Self {
            partials,
            options: all,
            statements,
        })
    }

    /// The option of `service` with which `action` is allowed on one of `arns`; none if it is allowed
    /// anyway, or with no option.
    fn option_for(&self, service: &str, action: &str, arns: &[String]) -> Result<Option<Offering>> {
        let asked = Asked {
            action,
            arns,
            services: None,
            through: None,
        };
        if arns.is_empty() || self.statements.iter().any(|one| one.allows(asked)) {
            return Ok(None);
        }
        let on = self.options.get(service).map_or(&[][..], Vec::as_slice);
        let options = self.partials.catalog.services.options(service);
        for option in options.unwrap_or_default() {
            let with = [on, &[option.as_str()]].concat();
            let statements = of_service(self.partials, service, &with)?;
            if statements.iter().any(|one| one.allows(asked)) {
                return Ok(Some(Offering {
                    service: service.to_owned(),
                    option: Some(option.clone()),
                }));
            }
        }
        Ok(None)
    }
}

/// The ARNs of log groups among `arns`, with `prefix` before the app's name. None if none is of a log
/// group.
fn with_prefix(arns: &[String], prefix: &str) -> Vec<String> {
    let own = |arn: &String| {
        // What follows is open, since the type alone says nothing about its names.
        let (before, _) = arn.split_once(LOG_GROUP)?;
        Some(format!("{before}{LOG_GROUP}{}{APP}-*", normal(prefix)))
    };
    let mut found: Vec<String> = arns.iter().filter_map(own).collect();
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_group_follows_its_prefix() {
        let arns = |arn: &str| vec![format!("arn:aws:logs:eu-west-1:111122223333:{arn}")];
        for open in ["log-group:*", "log-group:*:log-stream:*"] {
            assert_eq!(
                with_prefix(&arns(open), "/aws/apigateway/"),
                arns("log-group:/aws/apigateway/app-*")
            );
        }
        assert_eq!(
            with_prefix(&arns("log-group:*"), "/aws/${AWS::Region}/"),
            arns("log-group:/aws/eu-west-1/app-*")
        );
        assert_eq!(with_prefix(&["*".to_owned()], "/"), Vec::<String>::new());
    }
}

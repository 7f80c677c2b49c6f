//! What comes first when services are chosen.
//!
//! In: needs. Out: how near an offering is to a need, how much an action decides about its type, and
//! the service of each type. Refuses nothing.

use std::collections::{BTreeMap, HashMap};

use crate::infer::model::{AppTemplates, Need, NeedKind, NeedReason};

/// How near an offering is to a need. Smaller is nearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nearness {
    OwnService,
    OwnOption,
    OtherService,
    OtherOption,
}

/// How much an action says about whether a resource can be created. Smaller is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Decisive {
    Creates,
    Always,
    Sometimes,
}

impl Decisive {
    pub(super) fn of(need: &Need) -> Self {
        let name = need.action.split_once(':').map_or("", |(_, name)| name);
        match (&need.reason, name.starts_with("Create")) {
            (NeedReason::Type, true) => Decisive::Creates,
            (NeedReason::Type, false) => Decisive::Always,
            _ => Decisive::Sometimes,
        }
    }
}

/// The IAM prefix that most own actions of each type have.
pub(super) fn own_services<'a>(
    app: &'a AppTemplates,
    needs: &'a [Need],
) -> HashMap<&'a str, &'a str> {
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for need in needs {
        let resource = app.resources.get(need.resource);
        if let (NeedKind::Read | NeedKind::Write, Some(resource), Some((prefix, _))) =
            (need.kind, resource, need.action.split_once(':'))
        {
            let of_type = counts.entry(&resource.type_name).or_default();
            *of_type.entry(prefix).or_default() += 1;
        }
    }
    let mut own = HashMap::new();
    for (type_name, counts) in counts {
        let most = counts
            .iter()
            .max_by_key(|(prefix, count)| (**count, std::cmp::Reverse(**prefix)));
        if let Some((prefix, _)) = most {
            own.insert(type_name, *prefix);
        }
    }
    own
}

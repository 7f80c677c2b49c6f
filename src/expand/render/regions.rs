//! Statements for one region to statements for several.
//!
//! In: the statements that a partial renders to, which name their region as `AWS::Region`, and the
//! macro's regions. Out: statements that reach the resources of these regions and of no others: an
//! `Allow` has `*` in the region of its ARNs and a condition on `aws:RequestedRegion`, unless the
//! service is global; a `Deny` has `*` and no condition, so that it denies no less. With one region,
//! statements are as they were. Refuses a `Condition` that nothing can be added to.
//!
//! The hard thing: an `Allow` must not reach a third region, and a `Deny` must not reach fewer. So
//! where a region is part of a name, or of a condition's value, there is one value per region.

mod merge;
mod values;

use std::collections::HashSet;

use serde_yaml::{Mapping, Value};

use crate::aws::global::is_global;
use crate::aws::partitions::Region;
use crate::expand::model::plan::MacroPlan;
use crate::expand::pack::{Attach, Policy};

use values::RegionValues;

/// The inline policies of a role have at most so many statements with a condition on the region: if
/// the app is in several, each further one takes its room so many times. A test checks this for the
/// partials.
pub const STATEMENTS_BY_REGION: usize = 24;

/// The condition key.
const KEY: &str = "aws:RequestedRegion";

/// The operators that can hold the condition; the next one is for a statement that compares the
/// key already.
const OPERATORS: &[&str] = &["StringEquals", "StringLike", "StringEqualsIgnoreCase"];

/// Why a statement cannot be written for several regions.
pub(crate) const CONDITION: &str =
    "renders to a `Condition` that `aws:RequestedRegion` cannot be added to";

/// Which statements get the condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policies {
    /// Those that grant something.
    OfRoles,
    /// Those of a boundary, which grants nothing: only those that name a region.
    Boundary,
}

/// How a condition's values name the regions.
enum Compared {
    /// One value per region.
    PerRegion,
    /// ARNs that are patterns have `*`.
    AnyRegion,
    /// The same for ARNs of this service: the service accepts those of the region that it is called
    /// in, and another condition says which that may be.
    OfService(Option<String>),
}

/// The regions of a macro that has several.
pub(crate) struct SeveralRegions<'a> {
    all: Vec<&'a str>,
}

impl<'a> SeveralRegions<'a> {
    /// The regions of `plan`; `None` if it has only one.
    pub(crate) fn of(plan: &'a MacroPlan) -> Option<Self> {
        let others = plan.other_regions.iter();
        let all: Vec<&str> = std::iter::once(&plan.region)
            .chain(others)
            .map(|Region(name)| name.as_str())
            .collect();
        (all.len() > 1).then_some(Self { all })
    }

    /// The statements of a policy, for all regions.
    ///
    /// # Errors
    ///
    /// [`CONDITION`].
    pub(crate) fn statements(
        &self,
        statements: &[Value],
        policies: Policies,
    ) -> Result<Vec<Value>, &'static str> {
        let fields = statements.iter().filter_map(Value::as_mapping);
        let mut sids: HashSet<String> = fields.clone().filter_map(merge::sid).collect();
        let mut all = Vec::new();
        for fields in fields {
            let names_region = RegionValues::is_in(&Value::Mapping(fields.clone()));
            let denies = fields.get("Effect").and_then(Value::as_str) == Some("Deny");
            let found = match policies {
                _ if denies => vec![self.denying(fields)],
                Policies::Boundary if !names_region => vec![fields.clone()],
                _ => self.allowing(fields)?,
            };
            for (index, mut fields) in found.into_iter().enumerate() {
                if index > 0 {
                    merge::rename(&mut fields, &mut sids);
                }
                all.push(Value::Mapping(fields));
            }
        }
        Ok(all)
    }

    /// The policies of a role with fewer statements that allow the same: the condition takes room in
    /// each. Your own policies stay as they are.
    pub(crate) fn compact(policies: Vec<Policy>) -> Vec<Policy> {
        let compact = |policy: Policy| match policy.document.get("Statement") {
            Some(Value::Sequence(statements)) if policy.attach != Attach::IfItFits => {
                let mut document = policy.document.clone();
                document.insert("Statement".into(), merge::compact(statements).into());
                Policy { document, ..policy }
            }
            _ => policy,
        };
        policies.into_iter().map(compact).collect()
    }

    /// How many characters more than in one region the built-in inline policies of a role can need.
    pub(crate) fn reserve(&self) -> usize {
        let further = self.all.iter().skip(1);
        let list: usize = further.map(|region| region.len() + 3).sum();
        STATEMENTS_BY_REGION * list
    }

    /// A trust policy for principals and sources in all regions. Whoever assumes a role does so in
    /// no region.
    pub(crate) fn trust(&self, document: &mut Value) {
        let Some(Value::Sequence(statements)) = document.get_mut("Statement") else {
            return;
        };
        for fields in statements.iter_mut().filter_map(Value::as_mapping_mut) {
            if let Some(Value::Mapping(principals)) = fields.get_mut("Principal") {
                for (_, principal) in principals.iter_mut() {
                    *principal = self.values().one_per_region(principal);
                }
            }
            self.expand_condition(fields, &Compared::PerRegion);
        }
    }

    fn values(&self) -> RegionValues<'_> {
        RegionValues { regions: &self.all }
    }

    /// A `Deny`, in every region.
    fn denying(&self, statement: &Mapping) -> Mapping {
        let mut fields = statement.clone();
        if let Some(resources) = fields.get_mut("Resource") {
            *resources = self.values().any_region(resources);
        }
        // What it leaves out is left out in the regions of the app alone.
        if let Some(exceptions) = fields.get_mut("NotResource") {
            *exceptions = self.values().one_per_region(exceptions);
        }
        self.expand_condition(&mut fields, &Compared::AnyRegion);
        fields
    }

    /// An `Allow`, in the regions of the app. Global actions and resources of any region are in
    /// statements of their own.
    fn allowing(&self, statement: &Mapping) -> Result<Vec<Mapping>, &'static str> {
        let base = statement;
        let (global, regional) = split(base.get("Action"), |action| {
            action.as_str().is_some_and(is_global)
        });
        let named = |actions: &[Value]| {
            let mut fields = base.clone();
            if !(global.is_empty() || regional.is_empty()) {
                fields.insert("Action".into(), Value::Sequence(actions.to_vec()));
            }
            fields
        };
        let mut found = Vec::new();
        // A statement with `NotAction` has neither, and surely covers regional actions.
        if !regional.is_empty() || global.is_empty() {
            let regional = named(&regional);
            let (anywhere, limited) = split(base.get("Resource"), values::names_its_region);
            if anywhere.is_empty() || !limited.is_empty() {
                found.push(self.limited(&regional, &limited)?);
            }
            if !anywhere.is_empty() {
                let mut fields = regional;
                let anywhere = self.values().one_per_region(&Value::Sequence(anywhere));
                fields.insert("Resource".into(), anywhere);
                self.expand_condition(&mut fields, &Compared::PerRegion);
                found.push(fields);
            }
        }
        if !global.is_empty() {
            let mut fields = named(&global);
            if let Some(resources) = fields.get_mut("Resource") {
                *resources = self.values().one_per_region(resources);
            }
            self.expand_condition(&mut fields, &Compared::PerRegion);
            found.push(fields);
        }
        Ok(found)
    }

    /// The statement with the condition, for these resources.
    fn limited(&self, statement: &Mapping, resources: &[Value]) -> Result<Mapping, &'static str> {
        let mut fields = statement.clone();
        let service = service(&fields);
        self.expand_condition(&mut fields, &Compared::OfService(service));
        self.add_condition(&mut fields)?;
        if let Some(exceptions) = fields.get_mut("NotResource") {
            *exceptions = self.values().any_region(exceptions);
        }
        let Some(Value::Sequence(_) | Value::String(_) | Value::Tagged(_) | Value::Mapping(_)) =
            fields.get("Resource")
        else {
            return Ok(fields);
        };
        let resources = resources.iter();
        let wide: Vec<Value> = resources.flat_map(|arn| self.values().wide(arn)).collect();
        let is_list = matches!(fields.get("Resource"), Some(Value::Sequence(_)));
        let resource = match <[Value; 1]>::try_from(wide) {
            Ok([only]) if !is_list => only,
            Ok(only) => Value::Sequence(only.into()),
            Err(several) => Value::Sequence(several),
        };
        fields.insert("Resource".into(), resource);
        Ok(fields)
    }

    /// Adds the condition to those that the statement has.
    fn add_condition(&self, fields: &mut Mapping) -> Result<(), &'static str> {
        let regions = self.all.iter().map(|region| Value::from(*region));
        let regions = Value::Sequence(regions.collect());
        let condition = fields
            .entry("Condition".into())
            .or_insert_with(|| Mapping::new().into());
        let Value::Mapping(condition) = condition else {
            return Err(CONDITION);
        };
        for operator in OPERATORS {
            let tests = condition
                .entry((*operator).into())
                .or_insert_with(|| Mapping::new().into());
            let Value::Mapping(tests) = tests else {
                continue;
            };
            let is_key = |key: &&Value| {
                key.as_str()
                    .is_some_and(|key| key.eq_ignore_ascii_case(KEY))
            };
            match tests.keys().find(is_key).and_then(|key| tests.get(key)) {
                None => {
                    tests.insert(KEY.into(), regions);
                    return Ok(());
                }
                Some(same) if *same == regions => return Ok(()),
                Some(_) => {}
            }
        }
        Err(CONDITION)
    }

    /// Writes what conditions compare with for all regions.
    fn expand_condition(&self, fields: &mut Mapping, how: &Compared) {
        let Some(Value::Mapping(condition)) = fields.get_mut("Condition") else {
            return;
        };
        let values = self.values();
        for (operator, tests) in condition.iter_mut() {
            let is_pattern = operator.as_str().is_some_and(values::compares_patterns);
            let Value::Mapping(tests) = tests else {
                continue;
            };
            for (_, compared) in tests.iter_mut() {
                *compared = match how {
                    Compared::AnyRegion if is_pattern => values.any_region(compared),
                    Compared::OfService(service) if is_pattern => {
                        values.any_region_of(service.as_deref(), compared)
                    }
                    _ => values.one_per_region(compared),
                };
            }
        }
    }
}

/// The one service of all actions of a statement.
fn service(statement: &Mapping) -> Option<String> {
    let (mut services, _) = split(statement.get("Action"), |_| true);
    let service = |action: &Value| {
        let service = action.as_str().and_then(|action| action.split_once(':'));
        service.map(|(service, _)| service.to_owned())
    };
    let first = service(&services.pop()?)?;
    let is_same = |action: &Value| service(action).as_ref() == Some(&first);
    services.iter().all(is_same).then_some(first)
}

/// The items of a list, or a single one: those that are as asked, and the others.
fn split(list: Option<&Value>, is_asked: impl Fn(&Value) -> bool) -> (Vec<Value>, Vec<Value>) {
    let items = match list {
        Some(Value::Sequence(items)) => items.clone(),
        Some(single) => vec![single.clone()],
        None => Vec::new(),
    };
    items.into_iter().partition(is_asked)
}

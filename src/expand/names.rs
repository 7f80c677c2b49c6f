//! Logical ids and physical names that clash, with each other or with the template's own.
//!
//! In: every macro of a template, rendered, and the template's own resources. Out: a diagnostic for
//! each name that two would have. Refuses those.

mod kept;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_yaml::Value;

use crate::arguments::rules::{NAME_CLASH, NAME_TOO_LONG};
use crate::aws::quotas::LOGICAL_ID_LIMIT;
use crate::diagnostic::{Diagnostic, Level, Shown as _};
use crate::expand::model::call::{OrdinaryResource, PhysicalName};
use crate::expand::model::plan::MacroPlan;
use crate::expand::model::rendered::{Placeholders, Rendered, RenderedBody};
use crate::expand::model::unit::{Unit, UnitAccounts};
use crate::expand::rules::LOGICAL_ID_CLASH;
use crate::organization::Organization;
use crate::organization::binding::ResourceBinding;
use crate::source::Span;
use crate::yaml::rules::INVALID_VALUE;

/// Adds a problem for each name that clashes, or a warning if it may: `logical-id-clash`, `name-clash`, `name-too-long`,
/// `invalid-value` (what a resource depends on), `unknown-logical-id`, `invalid-logical-id`.
pub fn check(
    macros: &[Rendered],
    (resources, organization): (&[OrdinaryResource], &Organization),
    placeholders: &Placeholders,
    problems: &mut Vec<Diagnostic>,
) {
    logical_ids(macros, resources, problems);
    kept::check(macros, resources, problems);
    for rendered in macros {
        within_bodies(rendered, placeholders, problems);
    }
    physical_names(macros, (resources, organization), problems);
    dependencies(macros, resources, problems);
}

/// What is before the kind in the logical ids of a unit.
struct Prefix<'run> {
    text: String,
    /// The macro's position in the template.
    index: usize,
    rendered: &'run Rendered,
    unit: &'run Unit,
}

impl Prefix<'_> {
    /// The logical ids of the unit.
    fn ids(&self) -> impl Iterator<Item = String> {
        let resources = self.rendered.resources(self.unit.body).iter();
        resources.map(|resource| format!("{}{}", self.text, resource.kind))
    }
}

/// No two resources of a template may share a logical id, and CloudFormation accepts letters and
/// digits only. Only if one prefix begins with another, or an ordinary resource begins with one,
/// can two logical ids be the same.
fn logical_ids(
    macros: &[Rendered],
    resources: &[OrdinaryResource],
    problems: &mut Vec<Diagnostic>,
) {
    let mut prefixes = prefixes(macros, problems);
    prefixes.sort_unstable_by(|a, b| {
        let key = |prefix: &Prefix<'_>| (prefix.index, prefix.unit.body);
        a.text.cmp(&b.text).then_with(|| key(a).cmp(&key(b)))
    });
    let mut clashes = IdClashes {
        seen: HashSet::new(),
        problems,
    };
    between_units(&prefixes, &mut clashes);
    with_resources(&prefixes, resources, &mut clashes);
}

fn prefixes<'run>(macros: &'run [Rendered], problems: &mut Vec<Diagnostic>) -> Vec<Prefix<'run>> {
    let mut prefixes = Vec::new();
    for (index, rendered) in macros.iter().enumerate() {
        let plan = rendered.plan();
        for unit in &plan.units {
            let text = format!("{}{}", plan.name, unit.id_part);
            let is_first = || {
                !problems
                    .iter()
                    .any(|problem| problem.rule == &NAME_TOO_LONG)
            };
            if text.len() + 60 > LOGICAL_ID_LIMIT && is_first() {
                problems.push(
                    Diagnostic::new(&NAME_TOO_LONG, plan.name_span, format!("logical ids that begin with `{text}` would have more than {LOGICAL_ID_LIMIT} characters"))
                        .help("give the macro a shorter name"),
                );
            }
            prefixes.push(Prefix {
                text,
                index,
                rendered,
                unit,
            });
        }
    }
    prefixes
}

/// Logical ids that two units have.
fn between_units(prefixes: &[Prefix<'_>], clashes: &mut IdClashes<'_>) {
    let mut created: BTreeMap<String, &Prefix<'_>> = BTreeMap::new();
    let mut before: Option<&Prefix<'_>> = None;
    for prefix in prefixes {
        let Some(shorter) = before.filter(|before| prefix.text.starts_with(&before.text)) else {
            before = Some(prefix);
            continue;
        };
        for id in shorter.ids() {
            created.entry(id).or_insert(shorter);
        }
        for id in prefix.ids() {
            if let Some(other) = created.get(&id) {
                let span = other.rendered.plan().name_span;
                clashes.report(prefix, &id, (span, "also created by this macro"));
            } else {
                created.insert(id, prefix);
            }
        }
    }
}

/// Logical ids that a unit and a resource of the template have.
fn with_resources(
    prefixes: &[Prefix<'_>],
    resources: &[OrdinaryResource],
    clashes: &mut IdClashes<'_>,
) {
    for resource in resources {
        let id = resource.logical_id.as_str();
        let start = prefixes.partition_point(|prefix| prefix.text.as_str() <= id);
        let candidates = prefixes
            .get(..start)
            .unwrap_or_default()
            .iter()
            .rev()
            .take_while(|prefix| prefix.text.as_bytes().first() == id.as_bytes().first());
        for prefix in candidates.filter(|prefix| id.starts_with(&prefix.text)) {
            // What another id is kept for does not have this one.
            let ids = &prefix.rendered.plan().logical_ids;
            if ids.kept(id).is_none() && prefix.ids().any(|created| created == id) {
                clashes.report(prefix, id, (resource.span, "defined here"));
            }
        }
    }
}

/// The clashes that were reported: two macros that clash in one logical id mostly clash in many.
struct IdClashes<'run> {
    seen: HashSet<(usize, usize)>,
    problems: &'run mut Vec<Diagnostic>,
}

impl IdClashes<'_> {
    fn report(&mut self, prefix: &Prefix<'_>, id: &str, (span, text): (Span, &str)) {
        if !self.seen.insert((prefix.index, span.start)) {
            return;
        }
        let plan = prefix.rendered.plan();
        let problem = alike(plan, id).unwrap_or_else(|| {
            Diagnostic::new(
                &LOGICAL_ID_CLASH,
                plan.name_span,
                format!("the macro creates the logical id `{id}`, which the template already has"),
            )
            .related(span, text)
            .help("rename the macro, or the other resource")
        });
        self.problems.push(problem);
    }
}

/// The problem of accounts or stages of `plan` that differ, and whose names are the same in the
/// logical id `id`.
fn alike(plan: &MacroPlan, id: &str) -> Option<Diagnostic> {
    let rest = id.strip_prefix(plan.name.as_str())?;
    let mut alike: BTreeMap<&str, BTreeSet<IdSource<'_>>> = BTreeMap::new();
    for unit in &plan.units {
        let id_part = unit.id_part.as_str();
        if rest.starts_with(id_part) {
            alike.entry(id_part).or_default().insert(IdSource::of(unit));
        }
    }
    let found = alike.into_values().find(|names| names.len() > 1)?;
    let mut found = found.into_iter();
    let (first, second) = (found.next()?, found.next()?);
    let (message, help) = match (first, second) {
        (IdSource::Account(first), IdSource::Account(second)) => (
            format!("the accounts `{first}` and `{second}`"),
            "rename one of the accounts in the organization, or use two macros",
        ),
        (IdSource::Account(account), IdSource::Stage(stage))
        | (IdSource::Stage(stage), IdSource::Account(account)) => (
            format!("the Tools account `{account}` and the stage `{stage}`"),
            "rename the stage",
        ),
        (IdSource::Stage(first), IdSource::Stage(second)) => (
            format!("the stages `{first}` and `{second}`"),
            "rename one of the stages",
        ),
    };
    Some(
        Diagnostic::new(
            &LOGICAL_ID_CLASH,
            plan.name_span,
            format!("{message} would have the same logical ids, such as `{id}`"),
        )
        .help(format!("only letters and digits count: {help}")),
    )
}

/// What a logical id is named after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum IdSource<'run> {
    Account(&'run str),
    Stage(&'run str),
}

impl<'run> IdSource<'run> {
    fn of(unit: &'run Unit) -> Self {
        match &unit.accounts {
            UnitAccounts::One(account) => IdSource::Account(account),
            UnitAccounts::Listed(_) => IdSource::Stage(unit.stage.as_deref().unwrap_or_default()),
        }
    }
}

fn within_bodies(rendered: &Rendered, placeholders: &Placeholders, problems: &mut Vec<Diagnostic>) {
    let plan = rendered.plan();
    for body in &rendered.bodies {
        let mut seen = BTreeSet::new();
        let mut names: BTreeMap<(bool, String), &str> = BTreeMap::new();
        for resource in &body.resources {
            let name = resource.physical_name();
            let key = (resource.is_managed_policy(), name.to_ascii_lowercase());
            let other = names.insert(key, name).unwrap_or(name);
            if other != name {
                problems.push(
                    Diagnostic::new(&NAME_CLASH, plan.name_span, format!("`{other}` and `{name}` differ only in case, and IAM treats them as one name"))
                        .help("rename one of the stages"),
                );
            }
            if !seen.insert(&resource.logical_id) {
                let id = resource
                    .logical_id
                    .replace(&placeholders.id_part, "<Account>");
                problems.push(
                    Diagnostic::new(&LOGICAL_ID_CLASH, plan.name_span, format!("the macro creates the logical id `{id}` twice"))
                        .help("rename one of the policies or stages: in logical ids, only the letters and digits of their names count"),
                );
            }
        }
    }
}

/// An account has one role, user or policy per name, whatever its path and case, and one OIDC provider
/// per issuer.
fn physical_names(
    macros: &[Rendered],
    (resources, organization): (&[OrdinaryResource], &Organization),
    problems: &mut Vec<Diagnostic>,
) {
    for own in resources
        .iter()
        .filter_map(|resource| resource.physical.as_ref())
    {
        let created: Vec<(&Rendered, &Unit)> = macros
            .iter()
            .flat_map(|rendered| created_by(rendered, own))
            .collect();
        let binding = own.binding.as_ref().filter(|_| !created.is_empty());
        let Some((binding, bound)) =
            binding.and_then(|binding| Some((binding, binding.reached(organization)?)))
        else {
            continue;
        };
        let mut told: Vec<&str> = Vec::new();
        for (rendered, unit) in created {
            let plan = rendered.plan();
            let mut accounts = unit.accounts.names().iter();
            let shared = accounts.find(|account| bound.contains(account));
            if let Some(account) = shared.filter(|_| !told.contains(&plan.name.as_str())) {
                told.push(&plan.name);
                let problem = also_created((own, binding), plan, account);
                problems.push(problem.level(clash_level(binding.is_certain)));
            }
        }
    }
}

/// The level of a problem with two names that surely clash, or may.
pub fn clash_level(is_certain: bool) -> Level {
    if is_certain {
        Level::Error
    } else {
        Level::Warning
    }
}

/// The units of a macro that create what `own` is.
fn created_by<'run>(
    rendered: &'run Rendered,
    own: &PhysicalName,
) -> Vec<(&'run Rendered, &'run Unit)> {
    let creates = |body: &RenderedBody| {
        body.resources.iter().any(|resource| {
            let name = resource.property(own.property).and_then(Value::as_str);
            name.is_some_and(|name| match own.property {
                "Url" => name == own.text,
                _ => name.eq_ignore_ascii_case(&own.text),
            })
        })
    };
    // Thousands of units share a body.
    let creating: Vec<bool> = rendered.bodies.iter().map(creates).collect();
    let units = rendered.plan().units.iter();
    let units = units.filter(|unit| creating.get(unit.body.0) == Some(&true));
    units.map(|unit| (rendered, unit)).collect()
}

fn also_created(
    (own, binding): (&PhysicalName, &ResourceBinding),
    plan: &MacroPlan,
    account: &str,
) -> Diagnostic {
    let help = match own.property {
        "Url" => {
            "an account can have only one provider for this issuer: remove this resource, or write `Provider: expect` in the macro"
        }
        _ => "an account can have only one with this name: rename this resource, or remove it",
    };
    let message = format!(
        "the macro `{}` also creates `{}` in the account `{account}`",
        plan.name,
        own.text.shown(),
    );
    Diagnostic::new(&NAME_CLASH, own.span, message)
        .related(plan.name_span, "the macro")
        .help(may_be_elsewhere(help, binding.is_certain))
}

/// `help`, or what to do if a resource is not where it seems to be.
pub fn may_be_elsewhere(help: &str, is_certain: bool) -> String {
    if is_certain {
        return help.to_owned();
    }
    format!(
        "{help}; if a task binds the resource to other accounts, or its condition never holds there, ignore this"
    )
}

/// OrgFormation refuses a `DependsOn` of what is not a resource, and a macro is not one after it is
/// expanded.
fn dependencies(
    macros: &[Rendered],
    resources: &[OrdinaryResource],
    problems: &mut Vec<Diagnostic>,
) {
    for (name, span) in resources.iter().flat_map(|resource| &resource.depends_on) {
        let Some(rendered) = macros.iter().find(|rendered| rendered.plan().name == *name) else {
            continue;
        };
        let plan = rendered.plan();
        let created = plan.units.iter().flat_map(|unit| {
            let resources = rendered.resources(unit.body).iter();
            resources.map(move |resource| (&unit.id_part, resource))
        });
        let mut roles = created
            .clone()
            .filter(|(_, resource)| resource.resource_type() == "AWS::IAM::Role");
        let example = roles.next().or_else(|| created.clone().next());
        let example = example.map_or_else(String::new, |(id_part, resource)| {
            let id = plan.logical_id(id_part.as_str(), &resource.kind);
            format!(", such as `{id}`")
        });
        problems.push(
            Diagnostic::new(
                &INVALID_VALUE,
                *span,
                format!("`{name}` is a macro, and OrgFormation finds no resource with this name"),
            )
            .related(plan.name_span, "the macro")
            .help(format!(
                "depend on a resource that it creates in the same account{example}"
            )),
        );
    }
}

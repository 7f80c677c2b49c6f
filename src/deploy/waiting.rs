//! Stacks that wait for each other, and stacks that are too large.
//!
//! In: what is known of the new stacks, and what is created, deleted, and updated. Out: a finding for each
//! circle, and for each limit that stacks exceed. Refuses nothing.
//!
//! OrgFormation deploys only stacks whose template differs, and a stack waits only for those that are
//! deployed in the same run (`src/cfn-binder/cfn-binder.ts`, `src/core/generic-task-runner.ts`). So a circle
//! is refused for sure if every stack in it differs. Of others, the next run that has them all is refused.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use crate::deploy::ambiguous::ambiguous;
use crate::deploy::answer::DeployRefusal;
use crate::deploy::fold::{Affected, DeployFindings, Happening, HashedRule, Origins};
use crate::deploy::places::{DeployPlan, Instance, StackAccount, StackPlace};
use crate::deploy::rules::{STACK_TOO_LARGE, WAITS_IN_CIRCLE};
use crate::deploy::sizes::StackLimit;
use crate::deploy::stack_facts::{LargeStack, StackFacts, StackWait, WaitedFor};
use crate::template::referred::referred;
use crate::template::value::Data;

/// What of a resource is not in the template of a stack.
const BINDINGS: &[&str] = &["OrganizationBinding", "DependsOnAccount", "DependsOnRegion"];

/// The stacks of an output that are not what they were.
struct ChangedStacks<'run> {
    places: HashSet<&'run StackPlace>,
    /// The resources that are new somewhere, or wait for something new.
    begun: HashSet<&'run str>,
    all: bool,
}

/// Adds the findings about the stacks of the output `file`.
pub(super) fn waiting(
    plan: &DeployPlan<'_>,
    (file, stacks): (usize, &StackFacts),
    origins: &dyn Origins,
    findings: &mut DeployFindings,
) {
    if stacks.waits.is_empty() && stacks.large.is_empty() && stacks.ambiguous.is_empty() {
        return;
    }
    let changed = ChangedStacks::of(plan, file, stacks.all_differ);
    let has_begun = |id: &str| changed.begun.contains(id);
    ambiguous((file, &stacks.ambiguous), &has_begun, origins, findings);
    for circle in circles(&stacks.waits) {
        let is_certain = circle.iter().all(|wait| changed.has(&wait.from));
        if !is_certain && !circle.iter().any(|wait| changed.begins(wait)) {
            continue;
        }
        let happening = circular(&circle, is_certain);
        for wait in circle {
            let instance = Instance {
                file,
                id: &wait.id,
                version: &wait.version,
                place: wait.from.clone(),
                account: wait.account.clone(),
            };
            let affected = Affected {
                old: None,
                new: Some(&instance),
            };
            findings.add(&happening, affected, origins);
        }
    }
    too_large((file, stacks), &changed, origins, findings);
}

impl<'run> ChangedStacks<'run> {
    fn of(plan: &'run DeployPlan<'_>, file: usize, all: bool) -> Self {
        let own = |one: &&Instance<'_>| one.file == file;
        let created = plan.created.iter().filter(own);
        let deleted = plan.deleted.iter().filter(own);
        let mut begun: HashSet<&str> = created.clone().map(|one| one.id).collect();
        let mut places: HashSet<&StackPlace> =
            created.chain(deleted).map(|one| &one.place).collect();
        let mut known: HashMap<[*const Data; 2], (bool, bool)> = HashMap::default();
        for update in plan.updated.iter().filter(|one| own(&&one.new)) {
            let sides = [&update.old, &update.new].map(|side| &side.version.facts.data);
            let key = sides.map(Arc::as_ptr);
            let (is_changed, has_begun) = *known
                .entry(key)
                .or_insert_with(|| (differs_in_stack(sides), !waits_less(sides)));
            let is_relabeled = update.old.version.label != update.new.version.label;
            if is_changed || is_relabeled {
                places.insert(&update.new.place);
            }
            if has_begun || is_relabeled {
                begun.insert(update.new.id);
            }
        }
        Self { places, begun, all }
    }

    fn has(&self, place: &StackPlace) -> bool {
        self.all || self.places.contains(place)
    }

    /// Whether the stack may not have waited before.
    fn begins(&self, wait: &StackWait) -> bool {
        let target = wait.target.as_deref();
        self.begun.contains(wait.id.as_str()) || target.is_some_and(|id| self.begun.contains(id))
    }
}

/// Whether what is in the template of the stack differs.
fn differs_in_stack(sides: [&Arc<Data>; 2]) -> bool {
    let [old, new] = sides.map(|data| {
        let fields = data.fields().unwrap_or_default().iter();
        let fields = fields.filter(|(key, _)| !BINDINGS.contains(&key.as_str()));
        fields.collect::<Vec<_>>()
    });
    old != new
}

/// Whether the new one names nothing that the old one does not, so that it waits for nothing new.
fn waits_less(sides: [&Arc<Data>; 2]) -> bool {
    let [old, new] = sides.map(|data| {
        let mut names = BTreeSet::new();
        let waits = data.get("DependsOnAccount").into_iter();
        let waits = waits.chain(data.get("DependsOnRegion"));
        let waits: Vec<&Data> = waits.flat_map(Data::items).collect();
        referred(data, &mut names);
        (waits, names)
    });
    new.0.iter().all(|wait| old.0.contains(wait)) && new.1.is_subset(&old.1)
}

/// The ways on which stacks come back to themselves, each stack in at most one of them.
fn circles(waits: &[StackWait]) -> Vec<Vec<&StackWait>> {
    let mut by_from: BTreeMap<&StackPlace, Vec<&StackWait>> = BTreeMap::new();
    for wait in waits {
        by_from.entry(&wait.from).or_default().push(wait);
    }
    let mut found = Vec::new();
    let mut known: BTreeSet<&StackPlace> = BTreeSet::new();
    for start in by_from.keys() {
        if known.contains(start) {
            continue;
        }
        if let Some(circle) = way_back(start, &by_from) {
            known.extend(circle.iter().map(|wait| &wait.from));
            found.push(circle);
        }
    }
    found
}

/// The shortest way from `start` to itself.
fn way_back<'run>(
    start: &StackPlace,
    by_from: &BTreeMap<&'run StackPlace, Vec<&'run StackWait>>,
) -> Option<Vec<&'run StackWait>> {
    // How each stack was reached.
    let mut from: HashMap<&StackPlace, &StackWait> = HashMap::default();
    let mut asked: HashSet<&WaitedFor> = HashSet::default();
    let mut left = VecDeque::from([start]);
    while let Some(at) = left.pop_front() {
        for wait in by_from.get(at).into_iter().flatten().copied() {
            if wait.to.is(start) {
                let mut way = vec![wait];
                while let Some(before) = way.last().filter(|last| last.from != *start) {
                    way.push(from.get(&before.from)?);
                }
                way.reverse();
                return Some(way);
            }
            if !asked.insert(&wait.to) {
                continue;
            }
            for next in by_from.keys().copied().filter(|next| wait.to.is(next)) {
                if next != start && !from.contains_key(next) {
                    from.insert(next, wait);
                    left.push_back(next);
                }
            }
        }
    }
    None
}

impl WaitedFor {
    /// Whether this is the stack at `place`, or has it.
    fn is(&self, place: &StackPlace) -> bool {
        match self {
            WaitedFor::Account(account) => place.account == *account,
            WaitedFor::Region(region) => place.region == *region,
            WaitedFor::Stack(stack) => place == stack,
        }
    }
}

fn circular(circle: &[&StackWait], is_certain: bool) -> Happening {
    let has_regions = {
        let accounts: BTreeSet<&StackAccount> =
            circle.iter().map(|one| &one.from.account).collect();
        accounts.len() < circle.len()
    };
    let shown = |wait: &StackWait| {
        if has_regions {
            format!("`{}` in {}", wait.account, wait.from.region)
        } else {
            format!("`{}`", wait.account)
        }
    };
    let next = circle.iter().cycle().skip(1);
    let ways: Vec<String> = circle
        .iter()
        .zip(next)
        .map(|(one, next)| format!("{} waits for {}", shown(one), shown(next)))
        .collect();
    let ways = ways.join(", ");
    Happening {
        rule: HashedRule(&WAITS_IN_CIRCLE),
        refusal: if is_certain {
            DeployRefusal::Certain
        } else {
            DeployRefusal::Maybe
        },
        reason: match (circle, is_certain) {
            ([one], true) => format!(
                "the stack of {} waits for its own account, and OrgFormation refuses that (`has dependency on self`)",
                shown(one)
            ),
            ([one], false) => format!(
                "the stack of {} waits for its own account, and OrgFormation refuses to deploy it the next time it changes (`has dependency on self`)",
                shown(one)
            ),
            (_, true) => format!(
                "the stack of {ways}: OrgFormation can begin with none of them (`Circular dependency detected with tasks`)"
            ),
            (_, false) => format!(
                "the stack of {ways}: OrgFormation can begin with none of them in a run that has to deploy all of them (`Circular dependency detected with tasks`)"
            ),
        },
        help: "write out one of the names: `!Sub 'arn:aws:iam::${Account}:role/NAME'` needs no order, `!GetAtt` and `DependsOnAccount` do; or bind the resource that waits to other accounts".to_owned(),
    }
}

fn too_large(
    (file, stacks): (usize, &StackFacts),
    changed: &ChangedStacks<'_>,
    origins: &dyn Origins,
    findings: &mut DeployFindings,
) {
    let mut by_limit: BTreeMap<(StackLimit, bool), Vec<&LargeStack>> = BTreeMap::new();
    for stack in stacks.large.iter().filter(|one| changed.has(&one.place)) {
        let exceeded = &stack.exceeded;
        let key = (exceeded.limit, exceeded.is_certain);
        by_limit.entry(key).or_default().push(stack);
    }
    for ((limit, is_certain), stacks) in by_limit {
        let most = stacks.iter().map(|one| one.exceeded.found).max();
        let happening = exceeded(limit, most.unwrap_or_default(), is_certain);
        let mut accounts: Vec<String> = stacks.iter().map(|one| one.account.clone()).collect();
        // Those of one account are next to each other.
        accounts.dedup();
        let resources = stacks.iter().map(|one| one.resources).sum();
        let of = (accounts, resources);
        findings.add_stacks(&happening, of, origins.source(file));
    }
}

fn exceeded(limit: StackLimit, most: usize, is_certain: bool) -> Happening {
    let (reason, help) = match limit {
        StackLimit::Resources => (
            format!("a stack can have 500 resources, and one of these would have {most}"),
            SPREAD,
        ),
        StackLimit::Parameters => (
            format!("a template can have 200 parameters, and this one has {most}"),
            "write some of the values into the template: OrgFormation gives all parameters to each stack",
        ),
        StackLimit::Outputs => (
            format!(
                "a template can have 200 outputs, and that of one of these stacks would have {most}"
            ),
            SPREAD,
        ),
        StackLimit::Bytes => (
            format!(
                "a template can have 1 MB, and that of one of these stacks would have about {most} bytes"
            ),
            SPREAD,
        ),
        StackLimit::DirectBytes => (
            format!(
                "OrgFormation sends a template of at most 50,000 characters as it is, CloudFormation takes 51,200 bytes, and that of one of these stacks would have about {most}: letters that are not ASCII have several"
            ),
            "write descriptions in ASCII, or make the template longer than 50,000 characters, so that it is sent through a bucket",
        ),
    };
    Happening {
        rule: HashedRule(&STACK_TOO_LARGE),
        refusal: if is_certain {
            DeployRefusal::Certain
        } else {
            DeployRefusal::Maybe
        },
        reason,
        help: help.to_owned(),
    }
}

const SPREAD: &str =
    "spread the resources over several templates: OrgFormation creates one stack from each";

//! Names that two resources would have while CloudFormation deploys.
//!
//! In: what is created, deleted, and updated. Out: a finding for each resource that gets a name
//! which another deployed resource has at that time. Refuses nothing.
//!
//! The hard part is when the other one goes. In a stack, CloudFormation creates everything before it
//! deletes anything. OrgFormation deletes a template's stacks after it has updated the others. Only
//! between templates does it depend on their order.

use std::borrow::Cow;

use foldhash::{HashMap, HashSet};

use crate::deploy::answer::DeployRefusal;
use crate::deploy::fold::{Affected, DeployFindings, Happening, HashedRule, Origins};
use crate::deploy::names::{NameKey, is_certain, keys};
use crate::deploy::places::{DeployPlan, Instance, Renamed, StackAccount};
use crate::deploy::rules::NAME_TAKEN;
use crate::deploy::twice::twice;

/// A deployed resource that has a name.
#[derive(Clone, Copy)]
struct NameHolder<'run> {
    instance: &'run Instance<'run>,
    /// Whether it also has the name after this change.
    keeps: bool,
}

type NameHolders<'run> = HashMap<NameKey<'run>, NameHolder<'run>>;

/// Resources of which nothing comes, as the change is refused.
#[derive(Default)]
pub(super) struct RolledBack<'run> {
    /// Those that are not created or updated, and those that stay as they are.
    pub(super) instances: HashSet<*const Instance<'run>>,
    /// Those that get another logical id in their stack.
    pub(super) renamed: Vec<Renamed<'run>>,
}

/// Adds a finding for each name that is taken. Returns the resources that this is about, unless it
/// is a maybe.
pub(super) fn taken<'run>(
    plan: &'run DeployPlan<'run>,
    origins: &dyn Origins,
    findings: &mut DeployFindings,
) -> RolledBack<'run> {
    let (holders, claims) = holders(plan);
    let mut rolled_back = RolledBack::default();
    let mut happenings: HashMap<HappeningKey<'run>, Happening> = HashMap::default();
    let mut unmatched = Vec::new();
    for claim in claims {
        let keys = keys(claim);
        let mut found = keys.iter().filter_map(|key| holders.get(key));
        // A name that it may have had before, if a condition decides, is its own.
        let is_other = |holder: &&NameHolder<'_>| {
            let is_own = holder.instance.id == claim.id && holder.instance.file == claim.file;
            let is_same = || self::keys(holder.instance).first() == keys.first();
            !holder.keeps || !is_own || is_same()
        };
        let Some(holder) = found.find(is_other) else {
            unmatched.push(claim);
            continue;
        };
        let (old, new) = (holder.instance, claim);
        let affected = Affected {
            old: Some(old),
            new: Some(new),
        };
        let known = happenings.entry(HappeningKey::of(*holder, claim));
        let happening = known.or_insert_with(|| happening(*holder, claim, origins));
        if !holder.keeps && old.file == new.file && old.place == new.place && old.id != new.id {
            rolled_back.renamed.push(Renamed { old, new });
        }
        if happening.refusal == DeployRefusal::Certain {
            rolled_back
                .instances
                .extend([old, new].map(std::ptr::from_ref));
        }
        findings.add(happening, affected, origins);
    }
    let same = same_accounts(plan, &unmatched, origins, findings);
    rolled_back.renamed.extend(same);
    twice(&unmatched, origins, findings);
    rolled_back
}

/// Who has which name while the change is deployed, and the resources that get a name.
fn holders<'run>(plan: &'run DeployPlan<'run>) -> (NameHolders<'run>, Vec<&'run Instance<'run>>) {
    let mut holders = NameHolders::default();
    let mut claims: Vec<&Instance<'run>> = plan.created.iter().collect();
    let keeps = false;
    for instance in &plan.deleted {
        let keys = keys(instance).into_iter();
        holders.extend(keys.map(|key| (key, NameHolder { instance, keeps })));
    }
    for update in &plan.updated {
        let (before, after) = (keys(&update.old), keys(&update.new));
        let is_renamed = text(&update.old) != text(&update.new) || before != after;
        if is_renamed && !after.is_empty() {
            claims.push(&update.new);
        }
        for key in before {
            let keeps = after.contains(&key);
            let instance = &update.old;
            holders.insert(key, NameHolder { instance, keeps });
        }
    }
    (holders, claims)
}

/// Adds a maybe for each name that is taken if an account only got another logical id. The previous
/// organization is not known then, so that nobody can tell it from another account. Returns the resources that
/// would get another logical id.
fn same_accounts<'run>(
    plan: &'run DeployPlan<'run>,
    unmatched: &[&'run Instance<'run>],
    origins: &dyn Origins,
    findings: &mut DeployFindings,
) -> Vec<Renamed<'run>> {
    let mut renamed = Vec::new();
    let mut gone: HashMap<NameKey<'run>, &'run Instance<'run>> = HashMap::default();
    for instance in &plan.deleted {
        if matches!(instance.place.account, StackAccount::Gone(_))
            && let Some(key) = keys(instance).into_iter().next()
        {
            let account = None;
            gone.insert(NameKey { account, ..key }, instance);
        }
    }
    if gone.is_empty() {
        return renamed;
    }
    let mut bound: HashMap<(usize, &str), bool> = HashMap::default();
    for claim in unmatched {
        let Some(key) = keys(claim).into_iter().next() else {
            continue;
        };
        let account = None;
        let Some(&old) = gone.get(&NameKey { account, ..key }) else {
            continue;
        };
        let was_bound = bound
            .entry((claim.file, &claim.account))
            .or_insert_with(|| origins.was_bound(claim.file, &claim.account));
        let is_same_stack = old.file == claim.file && old.place.region == claim.place.region;
        // In the same account, it is the same resource.
        let stays = is_same_stack && old.id == claim.id;
        if *was_bound || stays {
            continue;
        }
        if is_same_stack {
            renamed.push(Renamed { old, new: claim });
        }
        let affected = Affected {
            old: Some(old),
            new: Some(claim),
        };
        findings.add(&same_account(old, claim), affected, origins);
    }
    renamed
}

fn same_account(old: &Instance<'_>, new: &Instance<'_>) -> Happening {
    let (before, after) = (&old.account, &new.account);
    Happening {
        rule: HashedRule(&NAME_TAKEN),
        refusal: DeployRefusal::Maybe,
        reason: format!(
            "`{before}` is not in the organization any more, and nothing was in `{after}` before: if both are the same account, by its id, it has resources with these names already"
        ),
        help: format!(
            "if it is the same account, keep the logical ids with `LogicalIds`, or keep the logical id `{before}` in the organization file, or {TWO_STEPS}; compare with a git revision (`--against`), so that the account ids of both sides are known"
        ),
    }
}

fn text<'run>(instance: &'run Instance<'_>) -> Option<Cow<'run, str>> {
    let name = instance.version.facts.name.as_ref()?;
    Some(instance.version.restore(&name.text))
}

const TWO_STEPS: &str = "deploy without these resources first, and with the new ones after that: nobody can use them in between";

/// All that decides what happens to a name.
#[derive(PartialEq, Eq, Hash)]
struct HappeningKey<'run> {
    files: [usize; 2],
    kind: &'run str,
    /// Whether both are in the same stack, and have the same logical id.
    is_same: (bool, bool),
    keeps: bool,
    is_certain: bool,
}

impl<'run> HappeningKey<'run> {
    fn of(holder: NameHolder<'run>, claim: &Instance<'run>) -> Self {
        let old = holder.instance;
        Self {
            files: [old.file, claim.file],
            kind: old.kind(),
            is_same: (old.place == claim.place, old.id == claim.id),
            keeps: holder.keeps,
            is_certain: is_certain(old) && is_certain(claim),
        }
    }
}

fn happening(holder: NameHolder<'_>, claim: &Instance<'_>, origins: &dyn Origins) -> Happening {
    let old = holder.instance;
    let (mut refusal, reason, help) = if old.file == claim.file {
        let (reason, help) = in_one_template(holder, claim);
        (DeployRefusal::Certain, reason.to_owned(), help)
    } else {
        between_templates(holder, origins)
    };
    if refusal == DeployRefusal::Certain && !(is_certain(old) && is_certain(claim)) {
        refusal = DeployRefusal::Maybe;
    }
    Happening {
        rule: HashedRule(&NAME_TAKEN),
        refusal,
        reason,
        help,
    }
}

/// What happens to a name that a resource of another template has.
fn between_templates(
    holder: NameHolder<'_>,
    origins: &dyn Origins,
) -> (DeployRefusal, String, String) {
    let file = holder.instance.file;
    let source = origins.source(file);
    if holder.keeps {
        (
            DeployRefusal::Certain,
            format!("`{source}` has resources with these names, and keeps them"),
            "give the resources other names, or remove one of the two".to_owned(),
        )
    } else if origins.is_gone(file) {
        (
            DeployRefusal::Maybe,
            format!(
                "`{source}` is gone, and its stacks have resources with these names until they are deleted"
            ),
            "delete its stacks first: nobody can use the resources until the other template is deployed; or keep the names of the stacks, and change only the `Template` of their tasks, so that the same stacks are updated".to_owned(),
        )
    } else {
        (
            DeployRefusal::Maybe,
            format!(
                "the stacks of `{source}` have resources with these names until `{source}` is deployed"
            ),
            format!(
                "deploy `{source}` first, which deletes them: nobody can use them until the other template is deployed"
            ),
        )
    }
}

/// What happens to a name that a resource of the same template has.
fn in_one_template(holder: NameHolder<'_>, claim: &Instance<'_>) -> (&'static str, String) {
    let old = holder.instance;
    match (old.place == claim.place, old.id == claim.id, holder.keeps) {
        (false, _, true) => (
            "the stacks of another region or account have resources with these names, and keep them",
            "give the resources other names, or create them in one place only".to_owned(),
        ),
        (false, _, false) => (
            "the stacks of another region or account have resources with these names, and OrgFormation deletes them after it has created the new ones",
            TWO_STEPS.to_owned(),
        ),
        (true, true, _) if old.kind() == "AWS::IAM::OIDCProvider" => (
            "the new URLs differ from the old ones in a slash or in the case of the host only, and IAM does not tell them apart",
            "keep the URLs".to_owned(),
        ),
        (true, true, _) => (
            "the new names differ from the old ones in case only, and IAM does not tell them apart",
            "keep the names, or choose names that differ in more than case".to_owned(),
        ),
        (true, false, true) => (
            "resources with other logical ids have these names, and keep them",
            "give the resources other names, or remove one of the two".to_owned(),
        ),
        (true, false, false) => (
            "resources with other logical ids have these names, and CloudFormation deletes them after it has created the new ones",
            format!(
                "keep the logical ids (the name of the macro, the stage, and the account, and `Layout`, are part of them); or {TWO_STEPS} (docs/layouts.md, \"How to switch\")"
            ),
        ),
    }
}

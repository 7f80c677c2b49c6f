//! Asks what a principal may do.
//!
//! In: a principal with all that applies to it. Out: [`ChainStep`]s that are allowed for certain. Refuses
//! nothing.

use std::collections::BTreeMap;

use crate::aws::global::is_global;
use crate::iam::evaluate::Decision;
use crate::iam::pattern::Glob;
use crate::iam::request::Request;
use crate::iam::statement::Statement;
use crate::lint::escalation::examples::{Examples, NAME, in_region, literal, region};
use crate::lint::policies::{WrittenIdentity, WrittenPolicies, WrittenResource};
use crate::template::resolve::OWN;
use crate::template::symbol::Symbol;

/// One request of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lint) struct ChainStep {
    pub(super) action: &'static str,
    pub(super) target: Vec<Symbol>,
}

impl ChainStep {
    /// The request in one line.
    pub(in crate::lint) fn shown(&self, policies: &WrittenPolicies) -> String {
        format!("{} on {}", self.action, policies.shown(&self.target))
    }
}

/// How much a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) enum PathReach {
    /// Permissions that nobody gave.
    Any,
    /// What belongs to somebody else, as far as the names in the policy go.
    Named,
}

/// A way to get more.
#[derive(Clone, Debug)]
pub(in crate::lint) struct EscalationPath {
    /// The row of the table in `docs/security.md`.
    pub(in crate::lint) row: &'static str,
    pub(in crate::lint) reach: PathReach,
    /// What it leads to.
    pub(in crate::lint) words: String,
    pub(in crate::lint) steps: Vec<ChainStep>,
}

impl EscalationPath {
    /// What of it none of `known` is: all of a chain, or those of its calls each of which is enough.
    pub(super) fn beyond(&self, known: &[Self]) -> Option<Self> {
        let same = known
            .iter()
            .filter(|own| own.row == self.row && own.words == self.words);
        let mut left = self.clone();
        if self.row == OPENINGS {
            let same: Vec<&Self> = same.collect();
            let is_known = |step: &ChainStep| same.iter().any(|own| own.steps.contains(step));
            left.steps.retain(|step| !is_known(step));
        } else if same.into_iter().any(|own| own.steps == self.steps) {
            return None;
        }
        (!left.steps.is_empty()).then_some(left)
    }

    /// The path on one line per request.
    pub(in crate::lint) fn shown(&self, policies: &WrittenPolicies) -> String {
        let mut lines = vec![format!("{}: {}", self.row, self.words)];
        let steps = self.steps.iter();
        lines.extend(steps.map(|step| format!("  {}", step.shown(policies))));
        lines.join("\n")
    }
}

/// The row whose paths are no chains: each of its calls opens something.
pub(super) const OPENINGS: &str = "E8";

/// The policy that gives everything.
pub(in crate::lint) const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// A condition key, in lower case, with its value; `None` if the request lacks it.
pub(in crate::lint) type KeyValue = (&'static str, Option<&'static str>);

/// What no boundary is set on.
pub(in crate::lint) const UNBOUNDED: KeyValue = ("iam:permissionsboundary", None);

/// A principal whose paths are looked for.
pub(in crate::lint) struct Walker<'run> {
    pub(in crate::lint) policies: &'run WrittenPolicies,
    pub(in crate::lint) who: &'run WrittenIdentity,
    /// Its resource.
    pub(in crate::lint) own: &'run WrittenResource,
    /// Regions to try: that of the examples, and one for each that a condition tells apart.
    regions: Vec<&'static str>,
}

impl<'run> Walker<'run> {
    /// The walker of a principal, unless one of its policies is not known: that may deny anything.
    pub(in crate::lint) fn of(
        policies: &'run WrittenPolicies,
        who: &'run WrittenIdentity,
    ) -> Option<Self> {
        let own = policies.resources.get(who.resource)?;
        let mut regions = vec![REGION];
        regions.extend(policies.regions().filter(|region| *region != REGION));
        let walker = Self {
            policies,
            who,
            own,
            regions,
        };
        who.is_known.then_some(walker)
    }

    /// Whether it may do everything, or may change the policies that keep it from something.
    pub(in crate::lint) fn is_administrator(&self) -> bool {
        let permissions = &self.who.permissions;
        permissions.boundary.is_none()
            && permissions.allow.iter().any(allows_everything)
            && (permissions.deny.is_empty() || self.gives(&self.own.kind, &self.who.arn).is_some())
    }

    /// Whether it may do this for certain.
    pub(in crate::lint) fn may(&self, action: &str, target: &[Symbol], keys: &[KeyValue]) -> bool {
        self.sent(action, target, keys).is_some()
    }

    /// What the call is about, in a region in which it may do this for certain.
    fn sent(&self, action: &str, target: &[Symbol], keys: &[KeyValue]) -> Option<Vec<Symbol>> {
        let mut calls = self.calls(action, target);
        let call = calls.find(|(target, region)| {
            let decision = self.decision(action, (target, region), keys);
            matches!(decision, Decision::Allowed(_))
        });
        call.map(|(target, _)| target)
    }

    /// The call in each region to try, with what it is about. Calls to a global service are made to one region.
    fn calls<'a>(
        &'a self,
        action: &'a str,
        target: &'a [Symbol],
    ) -> impl Iterator<Item = (Vec<Symbol>, Vec<Symbol>)> + 'a {
        let own = region(target);
        let is_global = is_global(action) && !action.starts_with("sts:");
        let is_fixed = !own.is_empty() && own != literal(REGION);
        let regions = match (is_fixed, is_global) {
            (true, _) => vec![own.to_vec()],
            (false, true) => vec![literal(REGION)],
            (false, false) => self.regions.iter().map(|name| literal(name)).collect(),
        };
        regions
            .into_iter()
            .map(move |region| (in_region(target, &region), region))
    }

    /// The step, if for certain nothing denies it.
    pub(super) fn unless_denied(
        &self,
        action: &'static str,
        target: &[Symbol],
    ) -> Option<ChainStep> {
        let mut calls = self.calls(action, target);
        let is_open = |(target, region): &(Vec<Symbol>, Vec<Symbol>)| {
            let decision = self.decision(action, (target, region), &[]);
            matches!(decision, Decision::Allowed(_) | Decision::NotAllowed)
        };
        let (target, _) = calls.find(is_open)?;
        Some(ChainStep { action, target })
    }

    /// What is decided about a call to a region.
    fn decision(
        &self,
        action: &str,
        (target, region): (&[Symbol], &[Symbol]),
        keys: &[KeyValue],
    ) -> Decision {
        let mut context: BTreeMap<String, Vec<Vec<Symbol>>> = BTreeMap::new();
        for (key, value) in keys {
            let values = value.map(literal).into_iter().collect();
            context.insert((*key).to_owned(), values);
        }
        context.insert("aws:principalarn".to_owned(), vec![self.who.arn.clone()]);
        // What every request of its own has.
        let always = [
            ("aws:principalaccount", OWN),
            ("aws:resourceaccount", OWN),
            ("aws:securetransport", "true"),
            ("aws:viaawsservice", "false"),
        ];
        for (key, value) in always {
            let values = vec![literal(value)];
            context.entry(key.to_owned()).or_insert(values);
        }
        context.insert("aws:requestedregion".to_owned(), vec![region.to_vec()]);
        // Nobody needs to send tags along, and `ForAllValues` holds without any.
        if !action.contains(":Tag") {
            context.entry("aws:tagkeys".to_owned()).or_default();
        }
        let request = Request {
            action: action.to_owned(),
            target: target.to_vec(),
            context,
            given: Vec::new(),
        };
        self.policies.decides(&self.who.permissions, &request)
    }

    /// The step, if it may do it for certain.
    pub(in crate::lint) fn step(
        &self,
        action: &'static str,
        target: &[Symbol],
        keys: &[KeyValue],
    ) -> Option<ChainStep> {
        let target = self.sent(action, target, keys)?;
        Some(ChainStep { action, target })
    }

    /// The first of these actions that it may do for certain.
    pub(in crate::lint) fn first_of(
        &self,
        actions: &[&'static str],
        target: &[Symbol],
        keys: &[KeyValue],
    ) -> Option<ChainStep> {
        let mut steps = actions
            .iter()
            .filter_map(|action| self.step(action, target, keys));
        steps.next()
    }

    /// Whether it gives `target` permissions of its choice.
    pub(in crate::lint) fn gives(&self, kind: &str, target: &[Symbol]) -> Option<ChainStep> {
        self.first_of(
            giving(kind),
            target,
            &[UNBOUNDED, ("iam:policyarn", Some(ADMINISTRATOR))],
        )
    }

    /// Whether it may do one of these actions to anything.
    pub(super) fn may_any(&self, actions: &[&str]) -> bool {
        let mut actions = actions.iter().map(|action| literal(action));
        actions.any(|action| {
            let mut allow = self.who.permissions.allow.iter();
            allow.any(|statement| statement.grant.actions.match_known(&action))
        })
    }

    /// Examples of what statements that allow `action` are about.
    pub(in crate::lint) fn examples(&self, action: &str, of: &Examples) -> Vec<Vec<Symbol>> {
        let name = literal(action);
        let allow = self.who.permissions.allow.iter();
        let about = allow.filter(|statement| {
            let actions = &statement.grant.actions;
            actions.match_known(&name)
        });
        let globs = about.filter(|statement| !statement.grant.resources.negated);
        let globs = globs.flat_map(|statement| &statement.grant.resources.globs);
        let mut found = vec![of.any()];
        // A name with a variable of IAM's is that of the caller.
        let named = globs.filter_map(|glob| of.of_pattern(&glob.symbols));
        found.extend(named.filter(|example| !self.policies.has_variable(example)));
        found.dedup();
        found
    }

    /// The same of several actions, and what the patterns of two of them match.
    pub(super) fn examples_of_all(&self, actions: &[&str], of: &Examples) -> Vec<Vec<Symbol>> {
        let mut found: Vec<Vec<Symbol>> = Vec::new();
        for action in actions {
            for example in self.examples(action, of) {
                if !found.contains(&example) {
                    found.push(example);
                }
            }
        }
        let pairs = found.iter().flat_map(|first| {
            let others = found.iter().filter(move |other| *other != first);
            others.filter_map(move |other| joined(first, other))
        });
        let pairs: Vec<Vec<Symbol>> = pairs.take(PAIRS).collect();
        found.extend(pairs);
        found
    }

    /// The names with a variable that stands for its own name, in statements that allow one of the actions.
    pub(super) fn own_names(&self, actions: &[&str], of: &Examples) -> Vec<Vec<Symbol>> {
        if self.own.kind != "User" {
            return Vec::new();
        }
        let allow = self.who.permissions.allow.iter();
        let about = allow.filter(|statement| {
            let mut actions = actions.iter().map(|action| literal(action));
            actions.any(|action| statement.grant.actions.match_known(&action))
        });
        let globs = about.flat_map(|statement| &statement.grant.resources.globs);
        let named = globs.filter_map(|glob| of.of_pattern(&glob.symbols));
        let is_own = |name: &Vec<Symbol>| self.policies.spelled(name).ends_with("${aws:username}");
        named.filter(is_own).collect()
    }

    /// The groups of the template that are created where it is and that it is not in, if it may do one of
    /// these actions.
    pub(super) fn other_groups(&self, actions: &[&str]) -> impl Iterator<Item = Vec<Symbol>> {
        let may = self.may_any(actions);
        let resources = self.policies.resources.iter().enumerate();
        let groups = resources.filter(move |(at, other)| {
            let is_other = !self.who.groups.contains(at) && other.is_near(self.own);
            may && other.kind == "Group" && is_other
        });
        groups.map(|(at, _)| self.policies.arn_of(at))
    }

    /// The other roles and users of the template that are created where it is, with their ARNs, as far as it may do
    /// one of the actions that are `of` their kind: for nearly every principal, there is none to ask about.
    pub(in crate::lint) fn others(
        &self,
        of: fn(&str) -> &'static [&'static str],
    ) -> impl Iterator<Item = (&'run WrittenResource, &'run [Symbol])> {
        let policies = self.policies;
        let own = self.own;
        let kinds = ["Role", "User"].map(|kind| (kind, self.may_any(of(kind))));
        let principals = policies.principals.as_slice();
        let is_any = kinds.iter().any(|(_, may)| *may);
        let principals = if is_any { principals } else { &[] };
        principals.iter().filter_map(move |other| {
            let resource = policies.resources.get(other.resource)?;
            let may = kinds.contains(&(resource.kind.as_str(), true));
            let is_other = resource.id != own.id && resource.is_near(own);
            (may && is_other).then_some((resource, other.arn.as_slice()))
        })
    }
}

/// Whether a statement allows every request: `*` and `*:*` are all actions.
fn allows_everything(statement: &Statement) -> bool {
    let is_colon = |symbol: &Symbol| matches!(symbol, Symbol::Any | Symbol::Char(':'));
    let is_all_actions = |glob: &Glob| {
        let ends = [glob.symbols.first(), glob.symbols.last()];
        let colons = glob.symbols.iter().filter(|own| **own != Symbol::Any);
        ends == [Some(&Symbol::Any); 2] && glob.symbols.iter().all(is_colon) && colons.count() <= 1
    };
    let grant = &statement.grant;
    grant.literals.is_empty()
        && !grant.actions.negated
        && !grant.resources.negated
        && grant.actions.globs.iter().any(is_all_actions)
        && grant.resources.globs.iter().any(Glob::is_any)
}

/// So many names that two patterns match are tried.
const PAIRS: usize = 16;

/// The beginning of one example and the end of another, around what stands for a wildcard in both.
fn joined(first: &[Symbol], second: &[Symbol]) -> Option<Vec<Symbol>> {
    let name = literal(NAME);
    let place = |of: &[Symbol]| of.windows(name.len()).position(|part| part == name);
    let begin = first.get(..place(first)?)?;
    let end = second.get(place(second)?..)?;
    Some([begin, end].concat())
}

/// The region of the examples, and of global services.
const REGION: &str = "us-east-1";

/// The actions that give a principal of this kind permissions.
pub(in crate::lint) fn giving(kind: &str) -> &'static [&'static str] {
    match kind {
        "User" => &["iam:PutUserPolicy", "iam:AttachUserPolicy"],
        "Group" => &["iam:PutGroupPolicy", "iam:AttachGroupPolicy"],
        _ => &["iam:PutRolePolicy", "iam:AttachRolePolicy"],
    }
}
